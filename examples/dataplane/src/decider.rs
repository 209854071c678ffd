//! What the agent asks: the engine as a guest under wasmtime, or a guest that is broken.

use std::time::Duration;

use portcullis::{Engine, Packet, PacketDecision};
use portcullis_host::{
    Deadlines, FailurePolicy, HostError, Images, Modules, Settings, Template, TrapKind, Worker,
};

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

/// A way in which a guest fails.
#[derive(Clone, Copy)]
pub(crate) enum Failure {
    /// It gives up, as at a panic.
    Panics,
    /// It leaves its memory.
    Strays,
    /// It never ends.
    Spins,
}

impl Failure {
    pub(crate) const ALL: [Self; 3] = [Self::Panics, Self::Strays, Self::Spins];

    /// What it does instead of an answer, and the trap that this is.
    const fn code(self) -> (&'static str, TrapKind) {
        match self {
            Self::Panics => ("unreachable", TrapKind::Unreachable),
            Self::Strays => ("(i32.store (i32.const -8) (i32.const 1))", TrapKind::Memory),
            Self::Spins => ("(loop (br 0))", TrapKind::Deadline),
        }
    }
}

/// A guest that allows everything until it is asked about a real packet, and then fails.
pub(crate) struct Broken {
    host: portcullis_host::Engine,
    kind: TrapKind,
    images: Images,
}

impl Broken {
    /// Gives it an image that allows everything, so that its canary finds nothing wrong.
    pub(crate) fn new(failure: Failure) -> Result<Self, String> {
        let (code, kind) = failure.code();
        let module = wat::parse_str(include_str!("broken.wat").replace("FAIL", code));
        let module = module.map_err(|error| error.to_string())?;
        let deadlines = Deadlines { tick: Duration::from_millis(2), decide_ticks: 10, load_ticks: 1_000 };
        let settings = Settings { deadlines: Some(deadlines), modules: Modules::Any, ..Settings::default() };
        let open = Engine::new(Default::default(), Default::default(), Default::default());
        let start = || -> Result<Self, HostError> {
            let host = portcullis_host::Engine::new(settings)?;
            let template = Template::new(&host, &module, None)?;
            Ok(Self { host, kind, images: Images::new(&template, open.image().as_bytes())? })
        };
        start().map_err(|error| error.to_string())
    }

    pub(crate) fn guest(&self) -> Result<Box<dyn Decider>, String> {
        let worker = Worker::new(&self.images, FailurePolicy::Deny).map_err(|error| error.to_string())?;
        Ok(Box::new(Guest { worker }))
    }

    /// How often it was stopped by the trap that is meant, and how often it was replaced.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let metrics = self.host.metrics();
        (metrics.traps(self.kind), metrics.replacements.get())
    }
}
