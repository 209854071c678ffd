//! Room made ahead: the lines of an image once more, in sections with more room, written a few at a time while the others
//! are still those that count.
//!
//! Moving all lines at once is what would take long when a section is full. So it begins while there is room left, and
//! goes on with every line that takes some of it, at a pace at which all lines have moved before the room is gone.

use alloc::vec::Vec;

use super::arena::Extent;
use crate::image::{HEADER_LINES, Line, SECTIONS, line_sum, line_sums, place};

/// Lines on their way to where sections have more room.
#[derive(Clone, Debug)]
pub(super) struct Ahead {
    pub(super) extents: [Extent; SECTIONS],
    /// The first of the lines, as many as have moved.
    pub(super) lines: Vec<Line>,
    /// The same for the other of two images, where there are two.
    pub(super) twin: Option<Vec<Line>>,
    pub(super) sum: u64,
    total: usize,
}

impl Ahead {
    /// Plans room for sections: one gets half as much again as it has or needs, others that grow as they use.
    pub(super) fn new(before: &[Extent; SECTIONS], grown: usize, needed: u32, is_twin: bool) -> Self {
        let mut extents = *before;
        let mut total = HEADER_LINES;
        for (extent, at) in extents.iter_mut().zip(0_usize..) {
            extent.first = u32::try_from(total).unwrap_or(u32::MAX);
            if at == grown {
                *extent = extent.with_room(with_room(extent.room.max(needed)));
            } else if extent.grows {
                *extent = extent.with_room(extent.room.max(with_room(extent.used)));
            }
            total = total.saturating_add(place(extent.room));
        }
        let lines = Vec::with_capacity(total);
        let twin = is_twin.then(|| Vec::with_capacity(total));
        Self { extents, lines, twin, sum: 0, total }
    }

    /// How many lines have not moved yet.
    pub(super) fn remaining(&self) -> usize {
        self.total.saturating_sub(self.lines.len())
    }

    /// Moves more lines; `before` says where they are now.
    pub(super) fn advance(&mut self, mut count: usize, before: &[Extent; SECTIONS], lines: &[Line]) {
        count = count.min(self.remaining());
        let header = HEADER_LINES.saturating_sub(self.lines.len()).min(count);
        self.add_zeros(header);
        count = count.saturating_sub(header);
        for (to, from) in self.extents.into_iter().zip(before) {
            let first = place(to.first);
            let end = first.saturating_add(place(to.room));
            if count == 0 || self.lines.len() >= end {
                continue;
            }
            let done = self.lines.len().saturating_sub(first);
            let used = place(from.used).saturating_sub(done).min(count);
            let start = place(from.first).saturating_add(done);
            let moved = lines.get(start..start.saturating_add(used)).unwrap_or(&[]);
            self.add(moved);
            let zeros = end.saturating_sub(self.lines.len()).min(count.saturating_sub(used));
            self.add_zeros(zeros);
            count = count.saturating_sub(used).saturating_sub(zeros);
        }
    }

    /// Writes a line of a section, if its place is among those that have moved.
    pub(super) fn write(&mut self, section: usize, at: u32, line: &Line) {
        let Some(extent) = self.extents.get(section) else { return };
        let number = extent.first.saturating_add(at);
        let Some(own) = self.lines.get_mut(place(number)) else { return };
        self.sum = self.sum.wrapping_sub(line_sum(number, own)).wrapping_add(line_sum(number, line));
        *own = *line;
        if let Some(own) = self.twin.as_mut().and_then(|twin| twin.get_mut(place(number))) {
            *own = *line;
        }
    }

    fn add(&mut self, moved: &[Line]) {
        let first = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.sum = self.sum.wrapping_add(line_sums(first, moved));
        self.lines.extend_from_slice(moved);
        if let Some(twin) = &mut self.twin {
            twin.extend_from_slice(moved);
        }
    }

    /// Lines that no section uses are zeros, and add nothing to the sum.
    fn add_zeros(&mut self, count: usize) {
        let length = self.lines.len().saturating_add(count);
        self.lines.resize(length, Line::default());
        if let Some(twin) = &mut self.twin {
            twin.resize(length, Line::default());
        }
    }
}

/// Room for half as much again, and a little more: for what has shown that it grows.
pub(super) fn with_room(lines: u32) -> u32 {
    lines.saturating_add(lines.wrapping_shr(1)).saturating_add(16)
}
