//! What the agent asks: the native engine, or one that fails.

use portcullis::{Engine, Packet, PacketDecision, Reader};

/// Whatever decides packets, and may fail.
pub(crate) trait Decider: Send {
    /// Decides one packet; an error counts as "denied".
    fn decide(&mut self, packet: &Packet) -> Result<PacketDecision, String>;
}

/// The engine of this process, which is updated elsewhere while the agent decides.
pub(crate) struct Native {
    reader: Reader,
}

impl Native {
    pub(crate) fn new(engine: &mut Engine) -> Self {
        Self { reader: engine.reader() }
    }
}

impl Decider for Native {
    fn decide(&mut self, packet: &Packet) -> Result<PacketDecision, String> {
        Ok(self.reader.pin().image().decide(packet))
    }
}

/// One that has no answer.
pub(crate) struct Failing;

impl Decider for Failing {
    fn decide(&mut self, _: &Packet) -> Result<PacketDecision, String> {
        Err("it has crashed".to_string())
    }
}
