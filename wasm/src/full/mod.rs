//! The full module: an engine inside of the guest, told in JSON what to load, and asked in JSON about flows.
//!
//! Functions beside those of [`abi`](crate::abi); each takes a request at an address of the host's and gives the length
//! of its answer, which lies at `result()` until the next of these calls. A negative number is a
//! [`code`].
//!
//! | function | request | answer |
//! |---|---|---|
//! | `load(ptr, len) -> i32` | [`LoadRequest`]: the whole state, but for what names resolve to and the request does not say; deltas lead there where an engine with the same options is loaded | `{"generation", "report"}`; with `"valid": false` in the report nothing has changed |
//! | `apply(ptr, len) -> i32` | [`ApplyRequest`]: objects that are put or removed, and what domain names resolve to, as one transaction | as `load` |
//! | `validate(ptr, len) -> i32` | [`LoadRequest`]: would the newest API server accept the objects? | the report |
//! | `eval(ptr, len) -> i32` | a question, as a line of `portcullis replay` | `{"answers": [{"allowed", "egress", "ingress"}]}`, one for each pod that an end stands for; to a service, one for each path, with its `endpoint`, `port` and `source` as the endpoint sees it, and under `refused` why there is none |
//! | `explain(ptr, len) -> i32` | a question | as `eval`, with how each answer came about under `why` |
//! | `list(ptr, len) -> i32` | [`ListRequest`] | who can reach whom, over all flows: `{"workloads", "connections"}`, as `portcullis list -o json` says it |
//! | `diff(ptr, len) -> i32` | [`LoadRequest`]: what would connections be if it were loaded? | `{"report", "added", "removed"}`, the last two as `portcullis diff -o json --brief` says them; with `"valid": false` in the report they are missing |
//! | `rule(place) -> i32` | the rule of a decision | its name, such as `shop/db spec.ingress[0]` |
//! | `image() -> i32`, `patch() -> i32` | | the bytes of the image, and of the last transaction's patch (none: 0) |
//! | `decide_flow(ptr) -> i32` | a [`FlowRecord`](crate::record::FlowRecord) | a [`FlowDecision`](crate::record::FlowDecision) |
//! | `result() -> ptr` | | where the answer lies |
//!
//! `list` and `diff` compare all ends and ports, and `diff` compiles another cluster beside the one that is loaded: they take
//! as long as [`Connectivity::of`] and twice the memory, and are to have a deadline as `load` has.
//!
//! What is loaded is also what `decide` and `decide_batch` decide by.
//!
//! For hosts of the component model the same module is wrapped in a component, with the interface of
//! `wit/portcullis.wit`: the same requests and answers, as lists of bytes.

mod answer;
#[cfg(target_family = "wasm")]
mod component;
#[cfg(target_family = "wasm")]
mod exports;
mod record;
mod request;

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use portcullis::analyze::{Connectivity, Difference, Entry, difference};
use portcullis::cluster::Cluster;
use portcullis::manifest::{LoadOptions, Loaded, Report, Strength, load};
use portcullis::policy::{PolicySet, RuleId};
use portcullis::{Delta, Engine, Options, Packet, PacketDecision};

use crate::abi::code;
#[cfg(target_family = "wasm")]
pub(crate) use exports::forget;
pub use request::{ApplyRequest, ListRequest, LoadRequest, ObjectName, SourceText};

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The number that the host sees.
    pub code: i32,
    /// What is wrong.
    pub message: String,
}

impl Refusal {
    pub(crate) fn request(message: impl ToString) -> Self {
        Self { code: code::REQUEST, message: message.to_string() }
    }
}

/// What a request says the whole state is, and how it is to be decided.
type State = (Cluster, PolicySet, Options);

/// What a request changed in the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// A patch leads there.
    Patch,
    /// It is another image.
    Whole,
}

/// The engine in the guest, and its last answer.
#[derive(Debug, Default)]
pub struct Full {
    engine: Option<Engine>,
    answer: Vec<u8>,
}

impl Full {
    /// Without an engine so far.
    #[must_use]
    pub const fn new() -> Self {
        Self { engine: None, answer: Vec::new() }
    }

    /// The last answer.
    #[must_use]
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }

    /// The engine, once something was loaded.
    ///
    /// # Errors
    /// When nothing was.
    pub fn engine(&self) -> Result<&Engine, Refusal> {
        let missing = || Refusal { code: code::NO_IMAGE, message: "nothing has been loaded".to_string() };
        self.engine.as_ref().ok_or_else(missing)
    }

    /// Keeps an answer and gives its length.
    fn keep(&mut self, answer: Vec<u8>) -> i32 {
        self.answer = answer;
        i32::try_from(self.answer.len()).unwrap_or(i32::MAX)
    }

    fn keep_json(&mut self, answer: &serde_json::Value) -> i32 {
        self.keep(answer.to_string().into_bytes())
    }

    /// Loads a whole state.
    ///
    /// # Errors
    /// When the request cannot be read.
    pub fn load(&mut self, request: &[u8]) -> Result<(i32, Change), Refusal> {
        let (loaded, report) = self.read(request)?;
        let mut change = Change::None;
        if let Some((cluster, policies, options)) = loaded {
            match self.engine.as_mut().filter(|engine| engine.options() == options) {
                Some(engine) => {
                    let deltas = engine.deltas_to(&cluster, &policies);
                    change = transact(engine, deltas)?;
                }
                None => {
                    self.engine = Some(Engine::new(cluster, policies, options));
                    change = Change::Whole;
                }
            }
        }
        Ok((self.loaded(&report), change))
    }

    /// What a request says the whole state is, unless its manifests are wrong.
    fn read(&self, request: &[u8]) -> Result<(Option<State>, Report), Refusal> {
        let request: LoadRequest = request::read(request)?;
        let (options, resolved) = (request.options()?, request::resolved(&request.resolved)?);
        let Loaded { cluster, policies, report } =
            match load(&request.sources(), &request.load_options(Strength::Stored)) {
                Ok(loaded) => loaded,
                Err(report) => return Ok((None, report)),
            };
        // Manifests cannot say what names resolve to: what is known of them stays.
        let known = self.engine.as_ref().map(|engine| engine.cluster().resolved());
        let known = known.into_iter().flatten().map(|(name, own)| (name.clone(), own.to_vec()));
        let cluster = cluster.with_resolved(known.collect::<Vec<_>>()).with_resolved(resolved);
        Ok((Some((cluster, policies, options)), report))
    }

    /// Lists who can reach whom.
    ///
    /// # Errors
    /// When the request cannot be read, or nothing was loaded.
    pub fn list(&mut self, request: &[u8]) -> Result<i32, Refusal> {
        let ListRequest {} = request::read(request)?;
        let connections = Connectivity::of(self.engine()?).to_json();
        Ok(self.keep_json(&connections))
    }

    /// Says what a request to load would change; nothing is.
    ///
    /// # Errors
    /// When the request cannot be read, or nothing was loaded before.
    pub fn diff(&mut self, request: &[u8]) -> Result<i32, Refusal> {
        let old = self.engine()?;
        let (loaded, report) = self.read(request)?;
        let mut answer = serde_json::json!({ "report": report.to_json() });
        if let Some((cluster, policies, options)) = loaded {
            let Difference { added, removed } = difference(old, &Engine::new(cluster, policies, options));
            answer["added"] = added.iter().map(Entry::to_json).collect();
            answer["removed"] = removed.iter().map(Entry::to_json).collect();
        }
        Ok(self.keep_json(&answer))
    }

    /// Puts and removes objects.
    ///
    /// # Errors
    /// When the request cannot be read, nothing was loaded before, or what is to be removed is not there.
    pub fn apply(&mut self, request: &[u8]) -> Result<(i32, Change), Refusal> {
        let request: ApplyRequest = request::read(request)?;
        self.engine()?;
        let resolved = request::resolved(&request.resolved)?;
        let put =
            LoadRequest { sources: request.put, namespace: request.namespace, ..LoadRequest::default() };
        let mut deltas = Vec::new();
        for object in &request.remove {
            deltas.push(object.removal()?);
        }
        deltas.extend(resolved.into_iter().map(|(name, addresses)| Delta::Resolved { name, addresses }));
        let report = match load(&put.sources(), &put.load_options(Strength::Stored)) {
            Ok(loaded) => {
                deltas.extend(Delta::puts(&loaded.cluster, &loaded.policies));
                loaded.report
            }
            Err(report) => return Ok((self.loaded(&report), Change::None)),
        };
        let change = match self.engine.as_mut() {
            Some(engine) => transact(engine, deltas)?,
            None => Change::None,
        };
        Ok((self.loaded(&report), change))
    }

    fn loaded(&mut self, report: &Report) -> i32 {
        let generation = self.engine.as_ref().map(|engine| engine.image().generation());
        self.keep_json(&serde_json::json!({ "generation": generation, "report": report.to_json() }))
    }

    /// Whether the newest API server would accept objects.
    ///
    /// # Errors
    /// When the request cannot be read.
    pub fn validate(&mut self, request: &[u8]) -> Result<i32, Refusal> {
        let request: LoadRequest = request::read(request)?;
        let report = match load(&request.sources(), &request.load_options(Strength::Create)) {
            Ok(loaded) => loaded.report,
            Err(report) => report,
        };
        Ok(self.keep_json(&report.to_json()))
    }

    /// Answers a question; explained, with all that was considered.
    ///
    /// # Errors
    /// When the question cannot be read, or names what is not there.
    pub fn eval(&mut self, question: &[u8], explained: bool) -> Result<i32, Refusal> {
        let engine = self.engine()?;
        let probe = request::question(question)?;
        let answers = answer::answers(engine, &probe, explained)?;
        Ok(self.keep_json(&answers))
    }

    /// The name of the rule at a place that a decision names.
    ///
    /// # Errors
    /// When there is none.
    pub fn rule(&mut self, place: u32) -> Result<i32, Refusal> {
        let engine = self.engine()?;
        let answer = PacketDecision {
            egress_rule: place,
            egress_reason: portcullis::Reason::Rule.number(),
            ..Default::default()
        };
        let rule: Option<RuleId> = engine.image().decision(&answer).egress.rule;
        let rule = rule.and_then(|id| engine.policies().rule(id));
        let name = rule.map(|rule| rule.to_string());
        let name = name.ok_or_else(|| Refusal::request(format!("there is no rule at {place}")))?;
        Ok(self.keep(name.into_bytes()))
    }

    /// The image as bytes.
    ///
    /// # Errors
    /// When nothing was loaded.
    pub fn image(&mut self) -> Result<i32, Refusal> {
        let bytes = self.engine()?.image().as_bytes().to_vec();
        Ok(self.keep(bytes))
    }

    /// What the last transaction changed, as bytes.
    ///
    /// # Errors
    /// When nothing was loaded.
    pub fn patch(&mut self) -> Result<i32, Refusal> {
        let patch = self.engine()?.patch();
        Ok(self.keep(patch.map(|patch| patch.to_bytes()).unwrap_or_default()))
    }

    /// Decides packets, records of 40 bytes, to records of 16 bytes.
    ///
    /// # Errors
    /// When nothing was loaded, or the last packet is cut off.
    pub fn decide(&mut self, packets: &[u8]) -> Result<i32, Refusal> {
        let image = self.engine()?.image();
        if !packets.len().is_multiple_of(size_of::<Packet>()) {
            return Err(Refusal { code: code::ARGUMENT, message: "a packet has 40 bytes".to_string() });
        }
        let packets: Vec<Packet> = bytemuck::allocation::pod_collect_to_vec(packets);
        let mut decisions = std::vec![PacketDecision::default(); packets.len()];
        image.decide_batch(&packets, &mut decisions);
        Ok(self.keep(bytemuck::cast_slice(&decisions).to_vec()))
    }

    /// Decides a flow as the engine does, ends without addresses included.
    ///
    /// # Errors
    /// When nothing was loaded, or the record names no flow of the cluster.
    pub fn decide_flow(&mut self, record: &[u8]) -> Result<i32, Refusal> {
        let decision = record::decide(self.engine()?, record)?;
        Ok(self.keep(bytemuck::bytes_of(&decision).to_vec()))
    }
}

/// Applies deltas, if there are any.
fn transact(engine: &mut Engine, deltas: Vec<Delta>) -> Result<Change, Refusal> {
    if deltas.is_empty() {
        return Ok(Change::None);
    }
    engine.apply_all(deltas).map_err(Refusal::request)?;
    Ok(Change::Patch)
}

/// The options of a request.
fn options(settings: &[(String, String)]) -> Result<Options, Refusal> {
    let mut options = Options::default();
    for (key, value) in settings {
        options.set(key, value).map_err(Refusal::request)?;
    }
    Ok(options)
}

/// How a request's manifests are read.
fn load_options(namespace: Option<&String>, strength: Strength) -> LoadOptions {
    LoadOptions { namespace: namespace.cloned(), strength }
}
