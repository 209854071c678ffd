//! `--engine wasm` in a build without WebAssembly.

use std::convert::Infallible;

use portcullis::Decision;
use portcullis::ask::failure::Failure;
use portcullis::flow::Flow;

use crate::args::InputArgs;
use crate::session::Session;

/// There is none.
#[derive(Debug)]
pub(crate) struct Sandbox(Infallible);

impl Sandbox {
    pub(crate) fn open(_: &Session, _: &InputArgs) -> Result<Self, Failure> {
        let message = "this build runs no WebAssembly; build one that does: \
                       `cargo build --release -p portcullis-cli --features wasm`";
        Err(Failure::new("no-wasm", message))
    }

    pub(crate) fn decide(&self, _: &Flow, _: bool) -> Decision {
        match self.0 {}
    }
}
