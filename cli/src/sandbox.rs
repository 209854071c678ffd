//! `--engine wasm`: flows are decided by the guest, which has loaded the same manifests.

use std::cell::OnceCell;

use portcullis::ask::failure::Failure;
use portcullis::flow::Flow;
use portcullis::{Decide, Decision, Options, Reason, Side};
use portcullis_host::{Control, Engine, Settings, Template};
use serde_json::{Map, Value, json};

use crate::args::InputArgs;
use crate::session::Session;

/// Guests that hold the cluster.
#[derive(Debug)]
pub(crate) struct Sandbox {
    template: Template,
    control: Control,
    /// What the guest was given.
    request: Value,
    /// The guest to which a pod of a workload is another pod than itself; nothing where it could not be made.
    between_siblings: OnceCell<Option<Control>>,
}

impl Sandbox {
    /// Loads what the session has loaded once more, in a guest.
    pub(crate) fn open(session: &Session, input: &InputArgs) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::new("wasm", format!("the guest: {error}"));
        // Loading is deep in places, and no dataplane waits for it.
        let settings =
            Settings { stack_bytes: 1 << 20, memory_bytes: 1 << 30, deadlines: None, ..Settings::default() };
        let engine = Engine::new(settings).map_err(|error| failed(&error))?;
        let template = Template::full(&engine).map_err(|error| failed(&error))?;
        let sources: Vec<Value> = session
            .documents
            .iter()
            .filter_map(|document| {
                Some(json!({ "name": document.name, "text": document.text.as_ref().ok()? }))
            })
            .collect();
        // What is left as it is need not be known to a guest that was built before the option came.
        let entries = session.engine.options().entries().into_iter().zip(Options::default().entries());
        let changed = entries.filter(|(entry, default)| entry.value != default.value);
        let options: Map<String, Value> =
            changed.map(|(entry, _)| (entry.key.to_string(), json!(entry.value))).collect();
        let request = json!({ "sources": sources, "namespace": input.namespace, "options": options });
        let control = load(&template, &request).map_err(|error| failed(&error))?;
        Ok(Self { template, control, request, between_siblings: OnceCell::new() })
    }

    pub(crate) fn decide(&self, flow: &Flow, between_siblings: bool) -> Decision {
        if !between_siblings {
            return self.control.decide(flow);
        }
        let control = self.between_siblings.get_or_init(|| {
            let mut request = self.request.clone();
            if let Some(options) = request.get_mut("options") {
                options["loopback"] = json!("evaluated");
            }
            load(&self.template, &request).ok()
        });
        let denied = Side::without_rule(Reason::NotEvaluated);
        control.as_ref().map_or(Decision { egress: denied, ingress: denied }, |control| control.decide(flow))
    }
}

fn load(template: &Template, request: &Value) -> Result<Control, portcullis_host::HostError> {
    let mut control = Control::new(template)?;
    control.load(request.to_string().as_bytes())?;
    Ok(control)
}
