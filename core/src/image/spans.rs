//! Rows read whole: what they say of all traffic, for analyses that look at every flow at once.

use alloc::vec::Vec;

use super::Image;
use super::format::{Line, NO_BOUND, NONE, place, record_place, value};
use super::look_up::{RawSide, half_of};
use crate::decision::Reason;
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
        let mut waiting = alloc::vec![(at.row, 0, NO_BOUND.wrapping_sub(1))];
        while let Some((number, first, last)) = waiting.pop() {
            let Some(line) = self.rows.get(place(number)) else { continue };
            let mut links = Vec::new();
            for (from, to, found) in stretches(line, first, last) {
                if (value::FIRST_LINK..value::FIRST_ANSWER).contains(&found) {
                    links.push((found.wrapping_sub(value::FIRST_LINK), from, to));
                } else {
                    spans.push(Span { first: from, last: to, side: self.answer(found, at.base) });
                }
            }
            waiting.extend(links);
        }
        spans.sort_unstable_by_key(|span| span.first);
        spans
    }

    /// What a row's value says, where its rules are relative to `base`.
    fn answer(&self, found: u32, base: u32) -> RawSide {
        let [reason, ..] = found.to_le_bytes();
        if found >= value::FIRST_ANSWER {
            RawSide { reason, rule: NONE }
        } else {
            let denies = found & value::DENY != 0;
            let reason = if denies { Reason::DenyRule } else { Reason::Rule };
            RawSide { reason: reason.number(), rule: base.wrapping_add(found & !value::DENY) }
        }
    }
}

/// The bounds of a line between two keys, each with the last key before the next one, and its value.
fn stretches(line: &Line, first: u32, last: u32) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
    let nexts = line.low.iter().skip(1).copied().chain([NO_BOUND]);
    line.low.iter().zip(nexts).zip(&line.high).filter_map(move |((bound, next), found)| {
        let from = (*bound).max(first);
        let to = next.wrapping_sub(1).min(last);
        (*bound < NO_BOUND && from <= to && next > first).then_some((from, to, *found))
    })
}
