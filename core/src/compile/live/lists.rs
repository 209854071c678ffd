//! Lists of blocks that come: which addresses they hold, and the lines that say so.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::addresses::Tries;
use super::super::classes::NO_IDENTITY;
use super::super::intervals::{Range, hold};
use super::Live;
use crate::image::{Section, place};

impl Live {
    /// Makes the sets of lists known that are new.
    pub(super) fn note_lists(&mut self) {
        let lists = self.conditions.block_lists().len();
        self.of_lists.resize(lists, Vec::new());
        self.peers_of_lists.resize(lists, Vec::new());
        let noted = u32::try_from(self.of_sets.len()).unwrap_or(u32::MAX);
        for set in noted..self.intervals.set_count() {
            self.of_sets.push(Vec::new());
            for list in self.intervals.lists(set) {
                if let Some(sets) = self.of_lists.get_mut(place(*list)) {
                    sets.push(set);
                }
            }
        }
    }

    /// Takes a new list in: the addresses that it holds are others than before.
    pub(super) fn add_list(&mut self, number: u32) {
        let Some(blocks) = self.conditions.block_lists().get(place(number)) else { return };
        let [four, six] = self.intervals.add(number, blocks);
        self.note_lists();
        self.renew_roots(true, &four);
        self.renew_roots(false, &six);
        let moved =
            self.directory.pods_at(|address| hold(if address.is_ipv4() { &four } else { &six }, address));
        for id in moved {
            let group = self.pods.get(place(id.0)).copied().flatten().and_then(|state| state.group);
            let class =
                group.and_then(|group| self.groups.get(group)).map_or(NO_IDENTITY, |group| group.class);
            self.renew_atoms(id, class);
        }
    }

    /// Writes what a family's root leads to for ranges of addresses.
    fn renew_roots(&mut self, v4: bool, ranges: &[Range]) {
        let (root, width, any) = if v4 {
            (Section::Root4, 32_u32, IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        } else {
            (Section::Root6, 128, IpAddr::V6(Ipv6Addr::UNSPECIFIED))
        };
        let [four, six] = self.root_bits;
        let shift = width.wrapping_sub(if v4 { four } else { six });
        let mut chunks: Vec<u128> = Vec::new();
        for range in ranges {
            chunks.extend(range.first.wrapping_shr(shift)..=range.last.wrapping_shr(shift));
        }
        chunks.sort_unstable();
        chunks.dedup();
        let mut tries = Tries {
            first_node: self.arena.used(Section::Nodes).saturating_mul(2),
            first_leaf: self.arena.used(Section::Leaves).saturating_mul(16),
            ..Tries::default()
        };
        for chunk in chunks {
            let first = chunk.wrapping_shl(shift);
            let last = first | 1_u128.wrapping_shl(shift).wrapping_sub(1);
            let sets = self.intervals.between(v4, first, last).to_vec();
            let atom = |(start, set): (u128, u32)| (start, self.atom(NO_IDENTITY, Some((any, set))));
            let intervals: Vec<(u128, u32)> = sets.into_iter().map(atom).collect();
            let entry = tries.entry(&intervals, chunk, shift);
            self.arena.set_word(root, u32::try_from(chunk).unwrap_or(u32::MAX), entry);
        }
        let (nodes, leaves) = tries.into_lines();
        self.arena.push(Section::Nodes, &nodes);
        self.arena.push(Section::Leaves, &leaves);
    }
}
