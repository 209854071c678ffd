//! Portcullis in the browser: the classes that JavaScript sees.
//!
//! `types.d.ts` says what each method takes and gives; here values only change their form. What is done is in
//! [`Session`], which runs without a browser.

mod answer;
mod asked;
mod assertions;
mod connections;
mod fix;
mod inventory;
mod lint;
mod load;
mod locate;
mod place;
mod plugins;
mod replay;
mod session;
mod settings;
mod steps;
mod why;

use js_sys::{JSON, Reflect, Uint32Array};
use portcullis::{Line, Packet, PacketDecision};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

pub use session::Session;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"import type * as types from "../types.js";"#;

/// Texts, and what they say of flows.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Portcullis {
    session: Session,
}

/// Why a method throws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl From<Refusal> for JsError {
    fn from(Refusal(message): Refusal) -> Self {
        Self::new(&message)
    }
}

/// A value of JavaScript's, as one of ours.
fn take<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsError> {
    let text =
        JSON::stringify(value).map(String::from).map_err(|_| JsError::new("the argument is no data"))?;
    serde_json::from_str(&text).map_err(|error| JsError::new(&format!("the argument: {error}")))
}

/// An object of these fields as they are; `json!` copies each.
pub(crate) fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
}

/// A value of ours, as one of JavaScript's.
fn give(value: &Value) -> Result<JsValue, JsError> {
    JSON::parse(&value.to_string()).map_err(|_| JsError::new("the answer is no JSON"))
}

#[wasm_bindgen]
impl Portcullis {
    /// A session without texts.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_optional_param_type = "types.Settings")] settings: &JsValue,
    ) -> Result<Self, JsError> {
        let settings = if settings.is_undefined() { settings::Settings::default() } else { take(settings)? };
        Ok(Self { session: Session::new(settings)? })
    }

    /// Puts these texts in place of all others.
    #[wasm_bindgen(unchecked_return_type = "types.LoadResult")]
    pub fn load(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "types.TextDocument[]")] documents: &JsValue,
    ) -> Result<JsValue, JsError> {
        give(&self.session.load(take(documents)?)?)
    }

    /// Puts a text in place of the one of that name, or adds it.
    #[wasm_bindgen(js_name = setText, unchecked_return_type = "types.LoadResult")]
    pub fn set_text(&mut self, name: &str, text: &str) -> Result<JsValue, JsError> {
        give(&self.session.set_text(name, text))
    }

    /// Changes a text.
    #[wasm_bindgen(unchecked_return_type = "types.LoadResult")]
    pub fn edit(
        &mut self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "types.TextChange[]")] changes: &JsValue,
    ) -> Result<JsValue, JsError> {
        give(&self.session.edit(name, take(changes)?)?)
    }

    /// Removes a text.
    #[wasm_bindgen(unchecked_return_type = "types.LoadResult")]
    pub fn remove(&mut self, name: &str) -> Result<JsValue, JsError> {
        give(&self.session.remove(name)?)
    }

    /// Takes other settings.
    #[wasm_bindgen(unchecked_return_type = "types.LoadResult")]
    pub fn configure(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "types.Settings")] settings: &JsValue,
    ) -> Result<JsValue, JsError> {
        give(&self.session.configure(take(settings)?)?)
    }

    /// What the newest API server would say.
    #[wasm_bindgen(unchecked_return_type = "types.Diagnostic[]")]
    pub fn validate(&self) -> Result<JsValue, JsError> {
        give(&self.session.validate())
    }

    /// The part of a text that a field is.
    #[wasm_bindgen(unchecked_return_type = "types.Span | null")]
    pub fn locate(&self, document: &str, line: u32, field: &str) -> Result<JsValue, JsError> {
        give(&self.session.locate(document, line, field))
    }

    /// The namespaces.
    #[wasm_bindgen(unchecked_return_type = "types.NamespaceInfo[]")]
    pub fn namespaces(&self) -> Result<JsValue, JsError> {
        give(&self.session.namespaces())
    }

    /// The nodes.
    #[wasm_bindgen(unchecked_return_type = "types.NodeInfo[]")]
    pub fn nodes(&self) -> Result<JsValue, JsError> {
        give(&self.session.nodes())
    }

    /// The workloads.
    #[wasm_bindgen(unchecked_return_type = "types.WorkloadInfo[]")]
    pub fn workloads(&self) -> Result<JsValue, JsError> {
        give(&self.session.workloads())
    }

    /// The services.
    #[wasm_bindgen(unchecked_return_type = "types.ServiceInfo[]")]
    pub fn services(&self) -> Result<JsValue, JsError> {
        give(&self.session.services())
    }

    /// The policies.
    #[wasm_bindgen(unchecked_return_type = "types.PolicyInfo[]")]
    pub fn policies(&self) -> Result<JsValue, JsError> {
        give(&self.session.policies())
    }

    /// Answers a question.
    #[wasm_bindgen(unchecked_return_type = "types.Answer")]
    pub fn decide(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "types.Asked")] question: &JsValue,
    ) -> Result<JsValue, JsError> {
        give(&self.session.decide(&take(question)?))
    }

    /// Says how an answer came about.
    #[wasm_bindgen(unchecked_return_type = "types.Explanation")]
    pub fn why(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "types.Asked")] question: &JsValue,
    ) -> Result<JsValue, JsError> {
        give(&self.session.why(&take(question)?))
    }

    /// Answers lines, as `portcullis replay` does.
    pub fn replay(&self, lines: &str) -> String {
        self.session.replay(lines)
    }

    /// Who can reach whom.
    #[wasm_bindgen(unchecked_return_type = "types.Connections")]
    pub fn list(&self) -> Result<JsValue, JsError> {
        give(&self.session.list())
    }

    /// Who can reach whom, cell by cell.
    #[wasm_bindgen(unchecked_return_type = "types.Matrix")]
    pub fn matrix(&self) -> Result<JsValue, JsError> {
        let (table, rest) = self.session.matrix();
        let matrix = give(&rest)?;
        for (key, numbers) in
            [("rowOf", &table.row_of), ("columnOf", &table.column_of), ("cells", &table.cells)]
        {
            let numbers = Uint32Array::from(numbers.as_slice());
            Reflect::set(&matrix, &key.into(), &numbers)
                .map_err(|_| JsError::new("the matrix is no object"))?;
        }
        Ok(matrix)
    }

    /// Keeps what is loaded, for `diff`.
    pub fn pin(&mut self) {
        self.session.pin();
    }

    /// Forgets what was kept.
    pub fn unpin(&mut self) {
        self.session.unpin();
    }

    /// What has changed since `pin`.
    #[wasm_bindgen(unchecked_return_type = "types.Difference | null")]
    pub fn diff(&self) -> Result<JsValue, JsError> {
        give(&self.session.diff())
    }

    /// What named checks find.
    #[wasm_bindgen(unchecked_return_type = "types.Finding[]")]
    pub fn lint(&self) -> Result<JsValue, JsError> {
        give(&self.session.lint())
    }

    /// What became of the assertions.
    #[wasm_bindgen(unchecked_return_type = "types.AssertionResult[]")]
    pub fn test(&self) -> Result<JsValue, JsError> {
        give(&self.session.test())
    }

    /// Changes that bring a verdict about.
    #[wasm_bindgen(unchecked_return_type = "types.Fix[]")]
    pub fn fix(
        &self,
        #[wasm_bindgen(unchecked_param_type = "types.Question")] question: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "\"allow\" | \"deny\"")] expect: &str,
    ) -> Result<JsValue, JsError> {
        give(&self.session.fix(&take(question)?, expect)?)
    }

    /// The network plugins.
    #[wasm_bindgen(unchecked_return_type = "types.Plugin[]")]
    pub fn plugins(&self) -> Result<JsValue, JsError> {
        give(&plugins::plugins())
    }

    /// What plugins make of each policy.
    #[wasm_bindgen(unchecked_return_type = "types.ReviewRow[]")]
    pub fn review(&self, profiles: Vec<String>) -> Result<JsValue, JsError> {
        give(&self.session.review(&profiles)?)
    }

    /// One answer a profile.
    #[wasm_bindgen(unchecked_return_type = "types.Answer[]")]
    pub fn compare(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "types.Question")] question: &JsValue,
        profiles: Vec<String>,
    ) -> Result<JsValue, JsError> {
        give(&self.session.compare(&take(question)?, profiles))
    }

    /// The options of the specification.
    #[wasm_bindgen(unchecked_return_type = "types.OptionInfo[]")]
    pub fn options(&self) -> Result<JsValue, JsError> {
        give(&self.session.options())
    }

    /// The compiled image.
    pub fn image(&self) -> Vec<u8> {
        self.session.image()
    }
}

/// A compiled image.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Image {
    lines: Vec<Line>,
}

#[wasm_bindgen]
impl Image {
    /// Opens an image.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Self, JsError> {
        // Images lie on lines of their own, which a host's bytes need not.
        let lines: Vec<Line> = bytemuck::allocation::pod_collect_to_vec(bytes);
        let image = Self { lines };
        image.open(bytes.len()).map_err(|error| JsError::new(&error))?;
        Ok(image)
    }

    fn open(&self, length: usize) -> Result<portcullis::Image<'_>, String> {
        let bytes: &[u8] = bytemuck::cast_slice(&self.lines);
        let bytes = bytes.get(..length).unwrap_or(bytes);
        portcullis::Image::open(bytes).map_err(|error| error.to_string())
    }

    fn verified(&self) -> Result<portcullis::Image<'_>, JsError> {
        let opened = portcullis::Image::open_verified(bytemuck::cast_slice(&self.lines));
        opened.map_err(|error| JsError::new(&error.to_string()))
    }

    /// The generation.
    #[wasm_bindgen(getter)]
    pub fn generation(&self) -> Result<u32, JsError> {
        Ok(self.verified()?.generation())
    }

    /// Decides records of 40 bytes.
    #[wasm_bindgen(js_name = decideBatch)]
    pub fn decide_batch(&self, packets: &[u8]) -> Result<Vec<u8>, JsError> {
        if !packets.len().is_multiple_of(size_of::<Packet>()) {
            return Err(JsError::new("a packet has 40 bytes"));
        }
        let packets: Vec<Packet> = bytemuck::allocation::pod_collect_to_vec(packets);
        let mut decisions = vec![PacketDecision::default(); packets.len()];
        self.verified()?.decide_batch(&packets, &mut decisions);
        Ok(bytemuck::cast_slice(&decisions).to_vec())
    }
}

/// The version of the package.
#[wasm_bindgen(js_name = version)]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_string()
}
