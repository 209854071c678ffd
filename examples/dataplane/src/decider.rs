//! What the agent asks: the engine as a guest under wasmtime, or one that fails.

use portcullis::{Engine, Packet, PacketDecision};
use portcullis_host::{FailurePolicy, HostError, Images, Settings, Template, Worker};

/// Whatever decides packets, and may fail.
pub(crate) trait Decider: Send {
    /// Decides one packet; an error counts as "denied".
    fn decide(&mut self, packet: &Packet) -> Result<PacketDecision, String>;
}

/// The images that guests decide by, which follow the engine of this process.
pub(crate) struct Sandbox {
    images: Images,
}

impl Sandbox {
    pub(crate) fn new(engine: &Engine) -> Result<Self, String> {
        let start = || -> Result<Images, HostError> {
            let host = portcullis_host::Engine::new(Settings::default())?;
            Images::new(&Template::decide(&host)?, engine.image().as_bytes())
        };
        Ok(Self { images: start().map_err(|error| error.to_string())? })
    }

    /// Publishes what the engine's last transaction has changed.
    pub(crate) fn follow(&self, engine: &Engine) -> Result<(), String> {
        let patched = engine.patch().is_some_and(|patch| self.images.publish_patch(&patch).is_ok());
        if patched {
            return Ok(());
        }
        self.images.publish(engine.image().as_bytes()).map_err(|error| error.to_string())
    }

    /// A guest that takes each image between two packets.
    pub(crate) fn guest(&self) -> Result<Box<dyn Decider>, String> {
        let worker = Worker::new(&self.images, FailurePolicy::Deny).map_err(|error| error.to_string())?;
        Ok(Box::new(Guest { worker }))
    }
}

struct Guest {
    worker: Worker,
}

impl Decider for Guest {
    fn decide(&mut self, packet: &Packet) -> Result<PacketDecision, String> {
        let mut decisions = [PacketDecision::default()];
        match (self.worker.decide_batch(&[*packet], &mut decisions), decisions) {
            (0, [decision]) => Ok(decision),
            _ => Err("the guest has not answered".to_string()),
        }
    }
}

/// One that has no answer.
pub(crate) struct Failing;

impl Decider for Failing {
    fn decide(&mut self, _: &Packet) -> Result<PacketDecision, String> {
        Err("it has crashed".to_string())
    }
}
