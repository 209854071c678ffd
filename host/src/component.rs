//! The full module as a component, for hosts whose other guests are components as well.

use portcullis_wasm_modules::COMPONENT;
use wasmtime::component::{
    Component as Code, ComponentNamedList, ComponentType, Instance, Lift, Linker, Lower,
};
use wasmtime::{Store, StoreLimits};

use crate::engine::Engine;
use crate::fault::{Fault, HostError, TrapKind};
use crate::template::check_allowed;

/// The interface of `wasm/wit/portcullis.wit`.
const INTERFACE: &str = "portcullis:engine/control@0.1.0";

/// Why a request has no answer, as the component says it.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
struct Refusal {
    code: i32,
    message: String,
}

/// An instance of the component: told in JSON what the cluster is, asked in JSON about flows.
///
/// Requests and answers are those of `portcullis_wasm::full`. After a [`Fault::Trap`] it is of no use any more, and says
/// so at each call: take [another](Component::another) and load again, which is what [`Control`](crate::Control) does by itself.
pub struct Component {
    engine: Engine,
    code: Code,
    store: Store<StoreLimits>,
    instance: Instance,
    ticks: Option<u64>,
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component").finish_non_exhaustive()
    }
}

impl Component {
    /// The component as it was built with this crate.
    ///
    /// # Errors
    /// As [`Component::new`].
    pub fn built_in(engine: &Engine) -> Result<Self, HostError> {
        Self::new(engine, COMPONENT.bytes)
    }

    /// Checks a component and makes an instance of it, with the engine's limits and deadlines.
    ///
    /// # Errors
    /// When it is not one that may be run, imports anything, has another interface, or cannot be compiled.
    pub fn new(engine: &Engine, bytes: &[u8]) -> Result<Self, HostError> {
        check_allowed(engine, bytes)?;
        let code = Code::from_binary(engine.wasmtime(), bytes);
        let code = code.map_err(|error| HostError::Code(format!("{error:#}")))?;
        if let Some((name, _)) = code.component_type().imports(engine.wasmtime()).next() {
            return Err(HostError::Imports(name.to_string()));
        }
        let mut new = Self::instantiate(engine, &code)?;
        new.ask("validate", b"{}")?;
        Ok(new)
    }

    /// Another instance of the same code, which has loaded nothing.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn another(&self) -> Result<Self, HostError> {
        Self::instantiate(&self.engine, &self.code)
    }

    fn instantiate(engine: &Engine, code: &Code) -> Result<Self, HostError> {
        let mut store = Store::new(engine.wasmtime(), engine.settings().limits(MODULES));
        store.limiter(|limits| limits);
        let ticks = engine.deadlines().map(|deadlines| deadlines.load_ticks);
        if let Some(ticks) = ticks {
            store.set_epoch_deadline(ticks);
        }
        if let Some(fuel) = engine.settings().fuel {
            store.set_fuel(fuel).map_err(|error| HostError::Engine(error.to_string()))?;
        }
        let instance = Linker::new(engine.wasmtime()).instantiate(&mut store, code);
        let instance = instance.map_err(|error| HostError::Interface(format!("{error:#}")))?;
        Ok(Self { engine: engine.clone(), code: code.clone(), store, instance, ticks })
    }

    /// Asks a function that takes a request: `load`, `apply`, `validate`, `eval`, `explain`, `list`, `diff`, `decide`
    /// or `decide-flow`.
    ///
    /// # Errors
    /// When the component refuses the request, or does not answer.
    pub fn ask(&mut self, function: &str, request: &[u8]) -> Result<Vec<u8>, HostError> {
        self.call(function, (request,))
    }

    /// The name of the rule at a place that a decision names.
    ///
    /// # Errors
    /// When there is none, or the component does not answer.
    pub fn rule(&mut self, place: u32) -> Result<Vec<u8>, HostError> {
        self.call("rule", (place,))
    }

    /// The bytes of the image, for guests that decide.
    ///
    /// # Errors
    /// When nothing was loaded, or the component does not answer.
    pub fn image(&mut self) -> Result<Vec<u8>, HostError> {
        self.call("image", ())
    }

    /// What the last transaction changed in the image; empty where there was none.
    ///
    /// # Errors
    /// When nothing was loaded, or the component does not answer.
    pub fn patch(&mut self) -> Result<Vec<u8>, HostError> {
        self.call("patch", ())
    }

    fn call<P: ComponentNamedList + Lower>(&mut self, name: &str, given: P) -> Result<Vec<u8>, HostError> {
        let Self { store, instance, ticks, .. } = self;
        let other = || HostError::Interface(format!("the component has no function `{name}` of {INTERFACE}"));
        let interface = instance.get_export_index(&mut *store, None, INTERFACE).ok_or_else(other)?;
        let index = instance.get_export_index(&mut *store, Some(&interface), name).ok_or_else(other)?;
        let function = instance.get_typed_func::<P, (Result<Vec<u8>, Refusal>,)>(&mut *store, &index);
        let function = function.map_err(|error| HostError::Interface(format!("{error:#}")))?;
        if let Some(ticks) = *ticks {
            store.set_epoch_deadline(ticks);
        }
        let answer = function.call(store, given).map_err(|error| {
            let text =
                if TrapKind::of(&error) == TrapKind::Other { format!("{error:#}") } else { String::new() };
            Fault::Trap { kind: TrapKind::of(&error), text }
        })?;
        let (answer,) = answer;
        answer.map_err(|Refusal { code, message: text }| Fault::Refused { code, text }.into())
    }
}

/// How many core modules there may be in the component, with what its encoder adds.
const MODULES: usize = 4;
