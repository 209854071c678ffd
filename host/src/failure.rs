//! What is answered where the guest does not answer.

use portcullis::{Image, Packet, PacketDecision, Reason};

/// A bit of [`PacketDecision::flags`]: the failure policy answered, and not the guest.
pub const FALLBACK: u8 = 0x80;

/// What becomes of packets that the guest does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// They pass.
    Allow,
    /// They are dropped.
    #[default]
    Deny,
    /// As the last time that the same packet was decided; dropped where that is not remembered.
    LastVerdict,
    /// The native engine decides by the newest image.
    Native,
}

/// How many packets are remembered for [`FailurePolicy::LastVerdict`].
const REMEMBERED: usize = 8_192;

/// The last answers to packets, each at the place that its hash gives.
#[derive(Debug, Default)]
pub(crate) struct LastVerdicts {
    places: Vec<(Packet, PacketDecision)>,
}

impl LastVerdicts {
    pub(crate) fn remember(&mut self, packets: &[Packet], decisions: &[PacketDecision]) {
        self.places.resize(REMEMBERED, (Packet::default(), PacketDecision::default()));
        for (packet, decision) in packets.iter().zip(decisions) {
            if let Some(place) = self.places.get_mut(place_of(packet)) {
                *place = (*packet, *decision);
            }
        }
    }

    fn last(&self, packet: &Packet) -> PacketDecision {
        let known = self.places.get(place_of(packet)).filter(|(other, _)| other == packet);
        known.map_or(DENIED, |(_, decision)| *decision)
    }
}

fn place_of(packet: &Packet) -> usize {
    let bytes = bytemuck::bytes_of(packet).as_chunks::<8>().0;
    let step = |hash: u64, bytes: &[u8; 8]| {
        (hash ^ u64::from_le_bytes(*bytes)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    };
    let hash = bytes.iter().fold(0, step);
    usize::try_from(hash >> 32).unwrap_or(0) % REMEMBERED
}

/// The answer that drops.
const DENIED: PacketDecision = PacketDecision {
    verdict: 0,
    egress_reason: Reason::NotEvaluated.number(),
    ingress_reason: Reason::NotEvaluated.number(),
    flags: FALLBACK,
    egress_rule: u32::MAX,
    ingress_rule: u32::MAX,
    generation: 0,
};

impl FailurePolicy {
    /// Answers packets.
    pub(crate) fn answer(
        self,
        packets: &[Packet],
        decisions: &mut [PacketDecision],
        last: &LastVerdicts,
        image: &Image<'_>,
    ) {
        for (packet, decision) in packets.iter().zip(decisions) {
            let answer = match self {
                Self::Allow => PacketDecision { verdict: 1, ..DENIED },
                Self::Deny => DENIED,
                Self::LastVerdict => last.last(packet),
                Self::Native => image.decide(packet),
            };
            *decision = PacketDecision { flags: answer.flags | FALLBACK, ..answer };
        }
    }
}
