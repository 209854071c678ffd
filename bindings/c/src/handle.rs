//! What callers hold and decide by.

use portcullis::{Packet, PacketDecision};

use crate::input::Packets;
use crate::status::Poison;

/// Something that decides, and that a panic may have left in a state that nobody knows.
pub(crate) trait Handle {
    /// Whether that has happened.
    fn poison(&self) -> &Poison;

    /// Decides one packet.
    fn decide(&self, packet: &Packet) -> PacketDecision;

    /// Decides packets by one image; there is a place for each.
    fn decide_batch(&self, packets: Packets<'_>, decisions: &mut [PacketDecision]);
}
