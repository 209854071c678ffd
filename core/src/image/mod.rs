//! The compiled image: flat, relocatable lines that a decision reads in place.
//!
//! An image is built by the engine, written and read as bytes, and never changes. [`Image::open`] checks every index in
//! it once, so that deciding has nothing that can fail: a corrupt image is an error, a hostile one cannot make a read
//! leave its bounds, and what it does not know is denied.

mod addresses;
mod batch;
mod decide;
mod format;
mod look_up;
mod open;
mod packet;
mod patch;
mod seek;
mod spans;
mod unusual;

use core::net::IpAddr;

pub use format::Line;
#[cfg(test)]
pub(crate) use format::UNKNOWN_ATOM;
#[cfg(feature = "gen")]
use format::checksum;
pub(crate) use format::{
    FORMAT_VERSION, HEADER_LINES, HalfRecord, MAGIC, NO_BOUND, NONE, POINT, REGIONS, SECTIONS,
    SEMANTICS_VERSION, Section, atom_number, bucket, hash, hash6, header, is_pod, kind, kind_of, line_sum,
    line_sums, option_bit, place, record_place, region_of, value, words6,
};
pub(crate) use look_up::RawSide;
#[cfg(test)]
pub(crate) use look_up::{is_link, value_at};
pub use open::ImageError;
pub use packet::{Packet, PacketDecision, packet_flag};
pub use patch::{ImagePatch, PatchError};
pub(crate) use spans::{PeerList, RowPlace, Span};

use crate::decision::{Decision, Reason, Side};
use crate::flow::Transport;
use crate::net::L4Protocol;
use crate::policy::RuleId;

/// A view of an image's bytes.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    lines: &'a [Line],
    records: &'a [Line],
    buckets: &'a [Line],
    rows: &'a [Line],
    pods4: &'a [Line],
    pods6: &'a [Line],
    root4: &'a [u32],
    root6: &'a [u32],
    nodes: &'a [[u32; 8]],
    leaves: &'a [u32],
    rule_lists: &'a [u32],
    defaults: &'a [u32],
    beneath: &'a [[u32; 8]],
    root4_bits: u32,
    root6_bits: u32,
    /// How many bits of an address's first word come after those that the root looks at.
    root4_shift: u32,
    root6_shift: u32,
    row_bits: u32,
    row_mask: u32,
    options: u32,
    /// From which key on something beside the tables has a say in whatever is of it.
    unusual_from: u32,
    /// The key of the tunnels that the options drop; one that no packet has, where they drop none.
    tunnel_key: u32,
    generation: u32,
}

/// How large an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// All bytes.
    pub bytes: usize,
    /// Kinds of ends that policies can tell apart.
    pub atoms: usize,
    /// Peers with slots of their own, over all tables.
    pub slots: usize,
    /// Lines of peers, over all tables.
    pub buckets: usize,
    /// Lines of ports.
    pub rows: usize,
    /// Bytes of the address tables.
    pub address_bytes: usize,
}

impl<'a> Image<'a> {
    /// The image of lines that the compiler has just made; of any others, one that knows no end.
    pub(crate) fn of_own_lines(lines: &'a [Line]) -> Self {
        Self::lay_out(lines).unwrap_or(Self::NOTHING)
    }

    /// The image that knows no end.
    const NOTHING: Self = Self {
        lines: &[],
        records: &[],
        buckets: &[],
        rows: &[],
        pods4: &[],
        pods6: &[],
        root4: &[],
        root6: &[],
        nodes: &[],
        leaves: &[],
        rule_lists: &[],
        defaults: &[],
        beneath: &[],
        root4_bits: 8,
        root6_bits: 8,
        root4_shift: 24,
        root6_shift: 24,
        row_bits: 31,
        row_mask: 0,
        options: 0,
        unusual_from: other_protocols(),
        tunnel_key: NO_BOUND,
        generation: 0,
    };

    /// An image of pods' addresses alone.
    #[cfg(test)]
    pub(crate) fn of_pods(pods4: &'a [Line], pods6: &'a [Line]) -> Self {
        Self { pods4, pods6, ..Self::NOTHING }
    }

    /// The image as bytes, to be stored or handed on, and read with [`Image::open`].
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        bytemuck::cast_slice(self.lines)
    }

    /// The decision that a packet's answer stands for, with the rules that it names.
    #[must_use]
    pub fn decision(&self, answer: &PacketDecision) -> Decision {
        let side =
            |reason: u8, place: u32| Side { reason: Reason::from_number(reason), rule: self.rule(place) };
        Decision {
            egress: side(answer.egress_reason, answer.egress_rule),
            ingress: side(answer.ingress_reason, answer.ingress_rule),
        }
    }

    /// The rule at a place of the rule lists.
    pub(crate) fn rule(&self, at: u32) -> Option<RuleId> {
        self.rule_lists.get(place(at)).copied().map(RuleId)
    }

    /// The number of the version of the cluster that the image was compiled from.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// How large the image and its parts are.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let words_of_header: &[u32] = bytemuck::cast_slice(self.lines.get(..HEADER_LINES).unwrap_or(&[]));
        let lines = self.pods4.len().saturating_add(self.pods6.len());
        let words =
            [self.root4.len(), self.root6.len(), self.nodes.len().saturating_mul(8), self.leaves.len()];
        let words = words.into_iter().fold(0, usize::saturating_add);
        Sizes {
            bytes: size_of_val(self.lines),
            atoms: place(words_of_header.get(header::ATOMS).copied().unwrap_or(0)),
            slots: self.buckets.iter().flat_map(|line| line.low).filter(|peer| *peer != NONE).count(),
            buckets: self.buckets.len(),
            rows: self.rows.len(),
            address_bytes: lines.saturating_mul(64).saturating_add(words.saturating_mul(4)),
        }
    }

    /// The atom of an address that no pod owns.
    pub(crate) fn outside(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => self.outside4(address.to_bits()),
            IpAddr::V6(address) => self.outside6(address.to_bits()),
        }
    }
}

/// Gives lines the checksum of what they hold: for tests that change an image on purpose.
#[cfg(feature = "gen")]
pub fn reseal(lines: &mut [Line]) {
    let [low, high] = checksum(lines.get(HEADER_LINES..).unwrap_or(&[]));
    let words: &mut [u32] = bytemuck::cast_slice_mut(lines);
    for (at, half) in [(header::CHECKSUM_LOW, low), (header::CHECKSUM_HIGH, high)] {
        if let Some(word) = words.get_mut(at) {
            *word = half;
        }
    }
}

/// The key of a port in a row.
pub(crate) const fn port_key(protocol: L4Protocol, port: u16) -> u32 {
    let [low, high] = port.to_le_bytes();
    let protocol = match protocol {
        L4Protocol::Tcp => 0,
        L4Protocol::Udp => 1,
        L4Protocol::Sctp => 2,
    };
    u32::from_le_bytes([low, high, protocol, 0])
}

/// The key of all protocols without ports (NP-021).
pub(crate) const fn other_protocols() -> u32 {
    0x3_0000
}

/// The key of a flow's traffic in a row.
pub(crate) fn transport_key(transport: Transport) -> u32 {
    match transport {
        Transport::Other { .. } => other_protocols(),
        Transport::Ports { protocol, port, .. } => port_key(protocol, port),
    }
}
