//! Rows read whole: what they say of all traffic, for analyses that look at every flow at once.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::Image;
use super::format::{Line, NO_BOUND, NONE, POINT, place, record_place, value};
use super::look_up::{RawSide, half_of, is_link, value_at};
use crate::policy::Direction;

/// The row that decides for a subject and a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RowPlace {
    /// The row's number: equal rows have the same verdicts.
    pub(crate) row: u32,
    /// What the row's rules are relative to.
    pub(crate) base: u32,
}

/// Peers that many subjects are asked about.
#[derive(Clone, Debug, Default)]
pub(crate) struct PeerList {
    atoms: Vec<u32>,
    /// Where each atom is in the list.
    places: HashMap<u32, Vec<usize>>,
}

impl PeerList {
    /// A list of atoms; nothing where one of them is nobody's, whom no table can list.
    pub(crate) fn new(atoms: Vec<u32>) -> Option<Self> {
        let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
        for (at, atom) in atoms.iter().enumerate() {
            places.entry(*atom).or_default().push(at);
        }
        (!places.contains_key(&NONE)).then_some(Self { atoms, places })
    }
}

/// Traffic that a row gives one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first key.
    pub(crate) first: u32,
    /// The last key.
    pub(crate) last: u32,
    /// The answer.
    pub(crate) side: RawSide,
}

impl Image<'_> {
    /// How many rows there are.
    pub(crate) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The row that decides for a subject and a peer; nothing where the image does not know the subject.
    ///
    /// # Complexity
    /// Constant, as a decision.
    pub(crate) fn row_place(&self, subject: u32, peer: u32, direction: Direction) -> Option<RowPlace> {
        let half = half_of(self.records.get(place(record_place(subject)))?, direction);
        let located = Self::locate(half, peer);
        let slot = self.slot(half, located, peer);
        let delta = slot.wrapping_shr(self.row_bits);
        (slot != NONE)
            .then(|| RowPlace { row: slot & self.row_mask, base: located.base().wrapping_add(delta) })
    }

    /// The part of a subject's record for a direction: those whose parts are equal have the same rows for every peer.
    pub(crate) fn record_half(&self, subject: u32, direction: Direction) -> Option<&[u32; 8]> {
        Some(half_of(self.records.get(place(record_place(subject)))?, direction))
    }

    /// The numbers of the rows that decide for a part of a record and each of some peers, as [`Image::row_place`] has
    /// them: the table is read once, and not once for each of them.
    ///
    /// # Complexity
    /// Linear in the peers and in what the table lists.
    pub(crate) fn rows_of(&self, half: &[u32; 8], peers: &PeerList, rows: &mut Vec<Option<u32>>) {
        let row = |slot: u32| (slot != NONE).then_some(slot & self.row_mask);
        rows.clear();
        rows.extend(peers.atoms.iter().map(|peer| row(self.default_of(half, *peer))));
        let [table, buckets, ..] = *half;
        let lines = place(table)..place(table.saturating_add(buckets));
        for line in self.buckets.get(lines).unwrap_or_default() {
            let listed = line.low.iter().zip(&line.high).filter(|(peer, _)| **peer != NONE);
            for (peer, slot) in listed {
                for at in peers.places.get(peer).into_iter().flatten() {
                    if let Some(place) = rows.get_mut(*at) {
                        *place = row(*slot);
                    }
                }
            }
        }
    }

    /// What a row says, in ascending order of keys, without a gap.
    ///
    /// # Complexity
    /// Linear in the row's bounds.
    pub(crate) fn spans(&self, at: RowPlace) -> Vec<Span> {
        let mut spans = Vec::new();
        // Links lead to earlier lines, so no more lines than there are can follow one another.
        let mut waiting = alloc::vec![(at.row, 0, POINT.wrapping_sub(1))];
        while let Some((number, first, last)) = waiting.pop() {
            let Some(line) = self.rows.get(place(number)) else { continue };
            let mut links = Vec::new();
            for (from, to, found) in stretches(line, first, last) {
                if is_link(found) {
                    links.push((found.wrapping_sub(value::FIRST_LINK), from, to));
                } else {
                    spans.push(Span { first: from, last: to, side: RawSide::new(found, at.base) });
                }
            }
            waiting.extend(links);
        }
        spans.sort_unstable_by_key(|span| span.first);
        spans
    }
}

/// The stretches of a line between two keys that have one value: the first and the last key of each, and its value.
fn stretches(line: &Line, first: u32, last: u32) -> Vec<(u32, u32, u32)> {
    let mut starts = alloc::vec![first];
    for bound in line.low.into_iter().filter(|bound| *bound < NO_BOUND) {
        let start = bound & !POINT;
        starts.push(start);
        if bound & POINT != 0 {
            starts.push(start.wrapping_add(1));
        }
    }
    starts.retain(|start| (first..=last).contains(start));
    starts.sort_unstable();
    starts.dedup();
    let nexts: Vec<u32> = starts.iter().skip(1).copied().chain([last.wrapping_add(1)]).collect();
    let stretch = |(start, next): (u32, u32)| (start, next.wrapping_sub(1), value_at(line, start));
    starts.into_iter().zip(nexts).map(stretch).collect()
}
