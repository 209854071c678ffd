//! Rows read whole: what they say of all traffic, for analyses that look at every flow at once.

use alloc::vec::Vec;

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
