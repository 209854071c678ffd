//! `--engine`: who decides in place of this program.

use portcullis::Decision;
use portcullis::ask::answer::Deputy;
use portcullis::ask::failure::Failure;
use portcullis::flow::Flow;

use crate::args::{EngineArgs, EngineKind, InputArgs};
use crate::sandbox::Sandbox;
use crate::session::Session;

/// The guest, where the arguments ask for it.
pub(crate) fn of(session: &Session, input: &InputArgs, args: EngineArgs) -> Result<Option<Sandbox>, Failure> {
    match args.engine {
        EngineKind::Native => Ok(None),
        EngineKind::Wasm if session.profile.is_some() => {
            let message = "the guest answers by the specification's options, and is not asked what a plugin does; \
                           leave `--engine wasm` or `--profile` out";
            Err(Failure::new("no-profiles-in-guest", message))
        }
        EngineKind::Wasm => Sandbox::open(session, input).map(Some),
    }
}

impl Deputy for Sandbox {
    fn decide(&self, flow: &Flow, between_siblings: bool) -> Decision {
        Sandbox::decide(self, flow, between_siblings)
    }

    fn no_paths(&self) -> Failure {
        // A record of a flow does not say in which family a path is, nor that nobody knows its source.
        let message = "the guest is not asked about paths through services; leave `--engine wasm` out";
        Failure::new("no-paths-in-guest", message)
    }
}
