//! Deciding many packets at a time, so that the lines of all are on their way from memory together.

use super::Image;
use super::addresses::{End, place_among};
use super::decide::{Prepared, ends4, words_of};
use super::format::{hash, place};
use super::look_up::{Located, UNKNOWN_HALF, at8, half_of};
use super::packet::{Packet, PacketDecision};
use crate::policy::Direction;

/// How many packets are looked up side by side: enough to keep the memory busy, few enough to stay in the first cache.
const IN_FLIGHT: usize = 16;

/// Lines from which on an image is too large for any cache that a core can count on: 16 MB.
const LARGE: usize = 1 << 18;

/// Lines up to which packets are looked up one by one in WebAssembly: 512 KB. What a step has found goes through memory
/// there, with a check of its address in some runtimes, and each step's loop asks for the deadline: that takes longer than
/// waiting for what lies in a core's second cache.
const SMALL: usize = 1 << 13;

/// One side on its way through the tables.
#[derive(Clone, Copy, Default)]
struct Passing {
    located: Located,
    slot: u32,
}

impl Image<'_> {
    /// Decides packets in order, many in flight; as many as the shorter of the two slices has.
    ///
    /// # Complexity
    /// Linear in the packets. Allocates nothing.
    pub fn decide_batch(&self, packets: &[Packet], decisions: &mut [PacketDecision]) {
        if packets.len() == 1 || (cfg!(target_family = "wasm") && self.lines.len() < SMALL) {
            for (decision, packet) in decisions.iter_mut().zip(packets) {
                *decision = self.decide(packet);
            }
            return;
        }
        // Once for all: where filling takes a loop, it would be as long as a step.
        let mut places = [Prepared::default(); IN_FLIGHT];
        let mut egress = [Passing::default(); IN_FLIGHT];
        let mut ingress = [Passing::default(); IN_FLIGHT];
        for (packets, decisions) in packets.chunks(IN_FLIGHT).zip(decisions.chunks_mut(IN_FLIGHT)) {
            // Each step is a loop of its own, so that the processor fetches the lines of all packets at once.
            if self.lines.len() >= LARGE {
                self.touch_addresses(packets);
            }
            for (place, packet) in places.iter_mut().zip(packets) {
                *place = self.prepare(packet);
            }
            let prepared = places.get(..packets.len()).unwrap_or(&[]);
            for ((out, into), at) in egress.iter_mut().zip(&mut ingress).zip(prepared) {
                let (from, to) = (at.source, at.destination);
                out.located = Self::locate(self.half(from, Direction::Egress), to.atom);
                into.located = Self::locate(self.half(to, Direction::Ingress), from.atom);
            }
            for ((out, into), at) in egress.iter_mut().zip(&mut ingress).zip(prepared) {
                let (from, to) = (at.source, at.destination);
                out.slot = self.slot(self.half(from, Direction::Egress), out.located, to.atom);
                into.slot = self.slot(self.half(to, Direction::Ingress), into.located, from.atom);
            }
            let sides = egress.iter().zip(&ingress);
            for (((decision, packet), at), (out, into)) in
                decisions.iter_mut().zip(packets).zip(prepared).zip(sides)
            {
                let egress = self.row_of(out.slot, out.located.base(), at.key);
                let ingress = self.row_of(into.slot, into.located.base(), at.key);
                *decision = self.conclude(|| *packet, *at, egress, ingress);
            }
        }
    }

    /// Reads what looking packets' addresses up will read first, and does nothing with it: so many reads, with little
    /// between them, are on their way together. Looking up takes branches that nobody foresees, each of which would
    /// have the processor begin again with what it had fetched ahead.
    #[inline(always)]
    fn touch_addresses(&self, packets: &[Packet]) {
        let mut entries = [[0_u32; 2]; IN_FLIGHT];
        let mut read = 0;
        for (entries, packet) in entries.iter_mut().zip(packets) {
            let mut touch = |address: u32| {
                let line = self.pods4.get(place_among(hash(address), self.pods4.len()));
                read ^= line.map_or(0, |line| at8(&line.high, 7));
                self.root4.get(place(address.wrapping_shr(self.root4_shift))).copied().unwrap_or(0)
            };
            let (from, to) = ends4(&words_of(packet));
            *entries = [touch(from), touch(to)];
        }
        let last = u32::try_from(self.nodes.len().saturating_sub(1)).unwrap_or(0);
        for entry in entries.iter().take(packets.len()).flatten() {
            // An atom in place of a node reads the last one.
            let [word, ..] = self.nodes.get(place((*entry).min(last))).copied().unwrap_or_default();
            read ^= word;
        }
        core::hint::black_box(read);
    }

    /// Half the record of an end; of one that the image does not know, a half that leads to no answer.
    #[inline(always)]
    fn half(&self, end: End, direction: Direction) -> &[u32; 8] {
        self.records.get(place(end.record)).map_or(&UNKNOWN_HALF, |record| half_of(record, direction))
    }
}
