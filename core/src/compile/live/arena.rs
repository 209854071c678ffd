//! The lines of an image that is written in place: sections with room to grow, and which lines have changed.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ahead::{Ahead, with_room};
use crate::image::{HEADER_LINES, ImagePatch, Line, SECTIONS, Section, header, line_sum, line_sums, place};

/// Where a section lies, how much of it is used, and how much it has room for, in lines.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) first: u32,
    pub(super) used: u32,
    pub(super) room: u32,
    pub(super) grows: bool,
    /// How much of the room is left when it is time to make more.
    reserve: u32,
}

impl Extent {
    /// The same with so much room.
    pub(super) fn with_room(self, room: u32) -> Self {
        let left = room.saturating_sub(self.used);
        Self { room, reserve: left.saturating_sub(left.wrapping_shr(2)), ..self }
    }

    fn left(&self) -> u32 {
        self.room.saturating_sub(self.used)
    }
}

/// An image under construction.
#[derive(Clone, Debug)]
pub(super) struct Arena {
    /// Every section by itself, until the image is first laid out.
    staged: Option<[Vec<Line>; SECTIONS]>,
    extents: [Extent; SECTIONS],
    /// The lines, while a transaction writes them; else they are in `done`.
    lines: Vec<Line>,
    done: Arc<Vec<Line>>,
    /// The lines of the transaction before, if readers may have them, and the lines in which these have changed since.
    spare: Option<Arc<Vec<Line>>>,
    behind: Vec<u32>,
    /// Whether readers have the finished lines, so that a transaction has to write others.
    shared: bool,
    /// Lines written in this transaction, in order, perhaps more than once.
    written: Vec<u32>,
    /// Whether sections have moved, so that nothing of the lines before is of use.
    moved: bool,
    /// Lines on their way to where there is more room, and those for the next transaction once they are all there.
    ahead: Option<Ahead>,
    twin: Option<Vec<Line>>,
    sum: u64,
}

/// Room for a little more: for what may never grow.
fn with_little_room(lines: u32) -> u32 {
    lines.saturating_add(lines.wrapping_shr(4)).saturating_add(16)
}

impl Arena {
    pub(super) fn new() -> Self {
        Self {
            staged: Some(Default::default()),
            extents: [Extent::default(); SECTIONS],
            lines: Vec::new(),
            done: Arc::new(Vec::new()),
            spare: None,
            behind: Vec::new(),
            shared: false,
            written: Vec::new(),
            moved: true,
            ahead: None,
            twin: None,
            sum: 0,
        }
    }

    /// The finished lines.
    pub(super) fn done(&self) -> &Arc<Vec<Line>> {
        &self.done
    }

    /// What the last transaction has changed.
    pub(super) fn patch(&self, whole: bool) -> ImagePatch {
        let words: &[u32] = bytemuck::cast_slice(&self.done);
        let generation = words.get(header::GENERATION).copied().unwrap_or(0);
        if whole || self.moved {
            ImagePatch::of_image(generation, &self.done)
        } else {
            ImagePatch::of_lines(generation.wrapping_sub(1), generation, &self.written, &self.done)
        }
    }

    /// How many lines of a section are in use.
    pub(super) fn used(&self, section: Section) -> u32 {
        match &self.staged {
            Some(staged) => {
                staged.get(number(section)).map_or(0, |lines| u32::try_from(lines.len()).unwrap_or(u32::MAX))
            }
            None => self.extents.get(number(section)).map_or(0, |extent| extent.used),
        }
    }

    /// A line of a section.
    pub(super) fn line(&self, section: Section, at: u32) -> Line {
        let line = match &self.staged {
            Some(staged) => staged.get(number(section)).and_then(|lines| lines.get(place(at))),
            None => self.lines.get(place(self.absolute(section, at))),
        };
        line.copied().unwrap_or_default()
    }

    /// Writes a line of a section.
    pub(super) fn set_line(&mut self, section: Section, at: u32, line: Line) {
        match &mut self.staged {
            Some(staged) => {
                if let Some(place) =
                    staged.get_mut(number(section)).and_then(|lines| lines.get_mut(place(at)))
                {
                    *place = line;
                }
            }
            None => self.write(number(section), at, line),
        }
    }

    /// Writes a word of a section that consists of words.
    pub(super) fn set_word(&mut self, section: Section, at: u32, value: u32) {
        let line_number = at.wrapping_shr(4);
        let mut line = self.line(section, line_number);
        let word = line.low.iter_mut().chain(&mut line.high).nth(place(at & 15));
        if let Some(word) = word {
            *word = value;
        }
        self.set_line(section, line_number, line);
    }

    /// Adds lines to the end of a section and gives the number of the first.
    pub(super) fn push(&mut self, section: Section, lines: &[Line]) -> u32 {
        if let Some(staged) = &mut self.staged {
            let Some(section) = staged.get_mut(number(section)) else { return 0 };
            let first = u32::try_from(section.len()).unwrap_or(u32::MAX);
            section.extend_from_slice(lines);
            return first;
        }
        let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let section = number(section);
        self.make_room(section, count);
        let Some(extent) = self.extents.get_mut(section) else { return 0 };
        let first = extent.used;
        extent.used = first.saturating_add(count);
        let used = extent.used;
        for (line, at) in lines.iter().zip(first..) {
            self.write(section, at, *line);
        }
        self.set_header(section_word(section).saturating_add(1), used);
        first
    }

    /// Writes a word of the header, which no sum covers.
    pub(super) fn set_header(&mut self, at: usize, value: u32) {
        let line_number = at.wrapping_shr(4);
        if let Some(line) = self.lines.get_mut(line_number) {
            let word = line.low.iter_mut().chain(&mut line.high).nth(at & 15);
            if let Some(word) = word.filter(|word| **word != value) {
                *word = value;
                self.written.push(u32::try_from(line_number).unwrap_or(0));
            }
        }
    }

    /// Lays the staged sections out, each with room, with more where they are known to grow; `whole` are those that do not.
    pub(super) fn flatten(&mut self, whole: &[Section], grows: bool) {
        let Some(staged) = self.staged.take() else { return };
        let fixed = |place: usize| whole.iter().any(|section| number(*section) == place);
        let mut total = HEADER_LINES;
        for ((lines, extent), at) in staged.iter().zip(&mut self.extents).zip(0..) {
            let used = u32::try_from(lines.len()).unwrap_or(u32::MAX);
            let room = match (fixed(at), grows) {
                (true, _) => used,
                (false, false) => with_little_room(used),
                (false, true) => with_room(used),
            };
            let first = u32::try_from(total).unwrap_or(u32::MAX);
            *extent = Extent { first, used, grows: !fixed(at), ..Extent::default() }.with_room(room);
            total = total.saturating_add(place(room));
        }
        self.lines = Vec::with_capacity(total);
        self.lines.resize(HEADER_LINES, Line::default());
        for (lines, extent) in staged.iter().zip(self.extents) {
            self.lines.extend_from_slice(lines);
            self.lines.resize(place(extent.first.saturating_add(extent.room)), Line::default());
        }
        // Lines that no section uses are zeros, and add nothing.
        self.sum = self.extents.iter().fold(0, |sum, extent| {
            let used = place(extent.first)..place(extent.first.saturating_add(extent.used));
            sum.wrapping_add(line_sums(extent.first, self.lines.get(used).unwrap_or(&[])))
        });
        self.describe();
    }

    /// From now on readers have the finished lines: no transaction writes lines that one of them may see.
    pub(super) fn share(&mut self) {
        if !self.shared {
            self.shared = true;
            self.ahead = None;
        }
    }

    /// Whether readers have the finished lines.
    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }

    /// Sees to it that the next transaction has lines to write, where readers have the finished ones.
    #[cfg(feature = "std")]
    pub(super) fn spare(&mut self) {
        if self.spare.is_none() {
            self.spare = Some(Arc::new(self.done.as_ref().clone()));
            self.behind.clear();
        }
    }

    /// Begins a transaction with the lines as they are: in place, where nobody reads them; else in the spare ones, which
    /// are brought up to date; else, where somebody still reads those, in a copy.
    pub(super) fn begin(&mut self) {
        self.moved = false;
        self.written.clear();
        let own = if self.shared { self.spare.as_mut() } else { Some(&mut self.done) };
        match own.and_then(Arc::get_mut) {
            Some(lines) => self.lines = core::mem::take(lines),
            None => {
                self.lines = self.done.as_ref().clone();
                self.spare = None;
                self.behind.clear();
            }
        }
        for at in self.behind.drain(..).map(place) {
            if let (Some(line), Some(from)) = (self.lines.get_mut(at), self.done.get(at)) {
                *line = *from;
            }
        }
    }

    /// Ends a transaction.
    pub(super) fn end(&mut self, generation: u32) {
        self.set_header(header::GENERATION, generation);
        let half = |shift: u32| u32::try_from(self.sum.wrapping_shr(shift) & 0xffff_ffff).unwrap_or(0);
        let (low, high) = (half(0), half(32));
        self.set_header(header::CHECKSUM_LOW, low);
        self.set_header(header::CHECKSUM_HIGH, high);
        self.written.sort_unstable();
        self.written.dedup();
        let lines = core::mem::take(&mut self.lines);
        if !self.shared {
            put(&mut self.done, lines);
            return;
        }
        let mut next = self.spare.take().unwrap_or_default();
        put(&mut next, lines);
        let before = core::mem::replace(&mut self.done, next);
        // Where sections have moved, what was written before is of no use.
        self.spare = if self.moved { self.twin.take().map(Arc::new) } else { Some(before) };
        self.behind.clone_from(&self.written);
    }

    fn absolute(&self, section: Section, at: u32) -> u32 {
        self.extents.get(number(section)).map_or(u32::MAX, |extent| extent.first.saturating_add(at))
    }

    fn write(&mut self, section: usize, at: u32, line: Line) {
        let Some(extent) = self.extents.get(section) else { return };
        let number = extent.first.saturating_add(at);
        let Some(place) = self.lines.get_mut(place(number)) else { return };
        if *place == line {
            return;
        }
        self.sum = self.sum.wrapping_sub(line_sum(number, place)).wrapping_add(line_sum(number, &line));
        *place = line;
        self.written.push(number);
        if let Some(ahead) = &mut self.ahead {
            ahead.write(section, at, &line);
        }
    }

    /// Sees to it that a section has room for so many more lines, and that there is more when that is gone.
    fn make_room(&mut self, section: usize, count: u32) {
        let Some(extent) = self.extents.get(section).copied() else { return };
        let needed = extent.used.saturating_add(count);
        let is_short = |ahead: &Ahead| ahead.extents.get(section).is_none_or(|extent| extent.room < needed);
        if self.ahead.as_ref().is_some_and(is_short) {
            self.ahead = None;
        }
        if self.ahead.is_none() && (extent.left() < extent.reserve || needed > extent.room) {
            self.ahead = Some(Ahead::new(&self.extents, section, needed, self.shared));
        }
        let Some(ahead) = &mut self.ahead else { return };
        // All have moved when this section is full, however many lines at a time take its room.
        let (remaining, left) = (ahead.remaining(), place(extent.left()).max(1));
        let due = if needed > extent.room {
            remaining
        } else {
            remaining.div_ceil(left).saturating_mul(place(count))
        };
        ahead.advance(due, &self.extents, &self.lines);
        if ahead.remaining() == 0 {
            self.switch();
        }
    }

    /// Goes on with the lines that have moved.
    fn switch(&mut self) {
        let Some(ahead) = self.ahead.take() else { return };
        let before = core::mem::replace(&mut self.lines, ahead.lines);
        let header = 0..HEADER_LINES;
        if let (Some(target), Some(source)) = (self.lines.get_mut(header.clone()), before.get(header)) {
            target.copy_from_slice(source);
        }
        for (extent, to) in self.extents.iter_mut().zip(ahead.extents) {
            *extent = Extent { used: extent.used, ..to }.with_room(to.room);
        }
        self.twin = ahead.twin;
        self.sum = ahead.sum;
        self.moved = true;
        // The twin has everything but the header.
        self.written.clear();
        self.written.extend((0_u32..).take(HEADER_LINES));
        self.describe();
    }

    /// Writes down where sections lie.
    fn describe(&mut self) {
        for (extent, at) in self.extents.into_iter().zip(0_usize..) {
            self.set_header(section_word(at), extent.first);
            self.set_header(section_word(at).saturating_add(1), extent.used);
        }
        self.set_header(header::LINES, u32::try_from(self.lines.len()).unwrap_or(u32::MAX));
    }
}

/// Puts lines into their place, which nobody else has or which is not theirs alone.
fn put(place: &mut Arc<Vec<Line>>, lines: Vec<Line>) {
    match Arc::get_mut(place) {
        Some(place) => *place = lines,
        None => *place = Arc::new(lines),
    }
}

const fn number(section: Section) -> usize {
    section.number()
}

const fn section_word(at: usize) -> usize {
    header::SECTION_TABLE.saturating_add(at.saturating_mul(2))
}

#[cfg(test)]
mod tests;
