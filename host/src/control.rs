//! The full module: loads manifests in the sandbox and decides flows as the engine does.

use std::sync::{Mutex, PoisonError};

use portcullis::flow::Flow;
use portcullis::{Decide, Decision, Reason, Side};
use portcullis_wasm::record::{FlowDecision, FlowRecord};
use wasmtime::TypedFunc;

use crate::fault::{Fault, HostError};
use crate::instance::{Allowed, Instance};
use crate::template::Template;

/// An instance of the full module; any thread may ask it, one at a time.
///
/// Flows that it cannot decide, because the guest traps twice or knows their ends not, are denied as not evaluated.
#[derive(Debug)]
pub struct Control {
    template: Template,
    /// The last state that was loaded, for the next instance.
    loaded: Vec<u8>,
    running: Mutex<Option<Running>>,
}

struct Running {
    instance: Instance,
    decide_flow: TypedFunc<u32, i32>,
    result: TypedFunc<(), u32>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.instance.fmt(f)
    }
}

impl Running {
    fn new(template: &Template) -> Result<Self, HostError> {
        let mut instance = Instance::new(template)?;
        let decide_flow = instance.function("portcullis_decide_flow")?;
        let result = instance.function("portcullis_result")?;
        Ok(Self { instance, decide_flow, result })
    }

    /// Calls a function that takes a request and leaves an answer.
    fn ask(&mut self, function: &str, request: &[u8]) -> Result<Vec<u8>, HostError> {
        let function: TypedFunc<(u32, u32), i32> = self.instance.function(function)?;
        let len = self.instance.with_block(request, |instance, at, len| {
            let answer = instance.call(&function, (at, len), Allowed::Load)?;
            if answer < 0 { Err(instance.refused(answer)) } else { Ok(answer) }
        })?;
        Ok(self.answer(len)?)
    }

    fn decide(&mut self, record: &FlowRecord) -> Result<FlowDecision, Fault> {
        let function = self.decide_flow.clone();
        let len = self.instance.with_block(bytemuck::bytes_of(record), |instance, at, _| {
            let answer = instance.call(&function, at, Allowed::Decide)?;
            if answer < 0 { Err(instance.refused(answer)) } else { Ok(answer) }
        })?;
        let answer = self.answer(len)?;
        bytemuck::try_pod_read_unaligned(&answer).map_err(|_| Fault::Garbage("a decision of another length"))
    }

    fn answer(&mut self, len: i32) -> Result<Vec<u8>, Fault> {
        let result = self.result.clone();
        let at = self.instance.call(&result, (), Allowed::Decide)?;
        self.instance.bytes_at(at, len)
    }
}

impl Control {
    /// An instance that has loaded nothing yet.
    ///
    /// # Errors
    /// When there is no memory for it, or the module is not the full one.
    pub fn new(template: &Template) -> Result<Self, HostError> {
        let running = Running::new(template)?;
        Ok(Self { template: template.clone(), loaded: Vec::new(), running: Mutex::new(Some(running)) })
    }

    /// Loads a state: the JSON of a `LoadRequest` of `portcullis_wasm::full`. Gives the JSON of what came of it.
    ///
    /// # Errors
    /// When the guest refuses the request, or does not answer.
    pub fn load(&mut self, request: &[u8]) -> Result<String, HostError> {
        let answer = self.ask("portcullis_load", request)?;
        self.loaded = request.to_vec();
        Ok(answer)
    }

    /// Asks one of the functions of the full module that take a request, such as `portcullis_explain`.
    ///
    /// # Errors
    /// When the guest refuses the request, or does not answer.
    pub fn ask(&self, function: &str, request: &[u8]) -> Result<String, HostError> {
        let answer = self.with(|running| running.ask(function, request))?;
        String::from_utf8(answer).map_err(|_| Fault::Garbage("text that is no UTF-8").into())
    }

    /// Asks the instance; one that traps is gone, and the next call has a fresh one with the same state.
    fn with<R>(&self, ask: impl FnOnce(&mut Running) -> Result<R, HostError>) -> Result<R, HostError> {
        let mut slot = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = match slot.take() {
            Some(running) => running,
            None => self.again()?,
        };
        let outcome = ask(&mut running);
        if !matches!(&outcome, Err(error) if is_trap(error)) {
            *slot = Some(running);
        }
        outcome
    }

    fn again(&self) -> Result<Running, HostError> {
        self.template.engine().metrics().replacements.add(1);
        let mut running = Running::new(&self.template)?;
        if !self.loaded.is_empty() {
            running.ask("portcullis_load", &self.loaded)?;
        }
        Ok(running)
    }
}

/// Whether an instance is of no use after an error.
fn is_trap(error: &HostError) -> bool {
    matches!(error, HostError::Fault(Fault::Trap { .. } | Fault::Garbage(_)))
}

impl Decide for Control {
    fn decide(&self, flow: &Flow) -> Decision {
        let record = FlowRecord::new(flow);
        let ask = || self.with(|running| running.decide(&record).map_err(HostError::from));
        let answered = ask().or_else(|error| if is_trap(&error) { ask() } else { Err(error) });
        let denied = Side::without_rule(Reason::NotEvaluated);
        answered.map_or(Decision { egress: denied, ingress: denied }, |found| found.decision())
    }
}
