//! What can go wrong: in a guest, and on the way to one.

use std::fmt;

use portcullis::{ImageError, PatchError};

/// Why a guest did not answer a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The guest gave what no guest of ours gives.
    #[error("the guest answered what cannot be: {0}")]
    Garbage(&'static str),
    /// The guest refused the call.
    #[error("the guest refused ({code}): {text}")]
    Refused {
        /// The number; see `portcullis_wasm::abi::code`.
        code: i32,
        /// What the guest says.
        text: String,
    },
    /// The guest was stopped.
    #[error("the guest was stopped: {kind}{}{text}", if .text.is_empty() { "" } else { ": " })]
    Trap {
        /// By what.
        kind: TrapKind,
        /// What it said last.
        text: String,
    },
}

/// What stopped a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TrapKind {
    /// It ran longer than it may.
    Deadline,
    /// It used up its fuel.
    Fuel,
    /// It left its memory.
    Memory,
    /// Anything else.
    Other,
    /// It used up its stack.
    Stack,
    /// It gave up: a panic, usually.
    Unreachable,
}

impl TrapKind {
    /// All kinds, in the order of their counters.
    pub const ALL: [Self; 6] =
        [Self::Deadline, Self::Fuel, Self::Memory, Self::Other, Self::Stack, Self::Unreachable];

    pub(crate) fn of(error: &wasmtime::Error) -> Self {
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::Interrupt) => Self::Deadline,
            Some(wasmtime::Trap::MemoryOutOfBounds | wasmtime::Trap::HeapMisaligned) => Self::Memory,
            Some(wasmtime::Trap::OutOfFuel) => Self::Fuel,
            Some(wasmtime::Trap::StackOverflow) => Self::Stack,
            Some(wasmtime::Trap::UnreachableCodeReached) => Self::Unreachable,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deadline => "it ran longer than it may",
            Self::Fuel => "it used up its fuel",
            Self::Memory => "it left its memory",
            Self::Other => "a trap",
            Self::Stack => "it used up its stack",
            Self::Unreachable => "it gave up",
        })
    }
}

/// Why there is no engine, template, image or worker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A canary's answers differ from the native engine's.
    #[error("a canary answers otherwise than the native engine: {0}")]
    Canary(String),
    /// The module cannot be compiled, or its code not loaded.
    #[error("the module cannot be made ready: {0}")]
    Code(String),
    /// wasmtime does not take the settings.
    #[error("wasmtime cannot be set up: {0}")]
    Engine(String),
    /// The guest did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The bytes are no image.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The module wants something from the host.
    #[error("the module imports `{0}`; a guest has no imports")]
    Imports(String),
    /// The module has another interface.
    #[error("the module is no guest of this version: {0}")]
    Interface(String),
    /// The patch does not fit.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// The digest is not one that is allowed.
    #[error("the module with SHA-256 {0} is not among those that may be run")]
    UnknownModule(String),
}
