//! The lines of an image that is written in place: sections with room to grow, and which lines have changed.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::image::{HEADER_LINES, ImagePatch, Line, SECTIONS, Section, header, line_sum, place};

/// Where a section lies, how much of it is used, and how much it has room for, in lines.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    first: u32,
    used: u32,
    room: u32,
    grows: bool,
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
    sum: u64,
}

/// Room for half as much again, and a little more: for what has shown that it grows.
fn with_room(lines: u32) -> u32 {
    lines.saturating_add(lines.wrapping_shr(1)).saturating_add(16)
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
            None => self.write(self.absolute(section, at), line),
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
        let Some(extent) = self.extents.get(number(section)).copied() else { return 0 };
        let used = extent.used.saturating_add(count);
        if used > extent.room {
            self.lay_out(number(section), used);
        }
        if let Some(extent) = self.extents.get_mut(number(section)) {
            extent.used = used;
        }
        for (line, at) in lines.iter().zip(extent.used..) {
            self.set_line(section, at, *line);
        }
        self.set_header(section_word(number(section)).saturating_add(1), used);
        extent.used
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
            *extent =
                Extent { first: u32::try_from(total).unwrap_or(u32::MAX), used, room, grows: !fixed(at) };
            total = total.saturating_add(place(room));
        }
        self.lines = bytemuck::zeroed_vec(total);
        for (lines, extent) in staged.iter().zip(self.extents) {
            let start = place(extent.first);
            if let Some(target) = self.lines.get_mut(start..start.saturating_add(lines.len())) {
                target.copy_from_slice(lines);
            }
        }
        self.describe();
    }

    /// From now on readers have the finished lines: no transaction writes lines that one of them may see.
    pub(super) fn share(&mut self) {
        self.shared = true;
    }

    /// Whether readers have the finished lines.
    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }

    /// Whether half of the little room is taken that a section has at first.
    pub(super) fn is_nearly_full(&self) -> bool {
        let is_full = |extent: &Extent| {
            let left = extent.room.saturating_sub(extent.used);
            extent.grows && left < extent.room.wrapping_shr(5).saturating_add(4)
        };
        self.extents.iter().any(is_full)
    }

    /// Sees to it that the next transaction has lines to write, where readers have the finished ones.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
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
        let own = if self.shared { &mut self.spare } else { &mut Some(core::mem::take(&mut self.done)) };
        let lines = own.take().map(Arc::try_unwrap);
        self.lines = match lines {
            Some(Ok(mut lines)) => {
                for at in self.behind.drain(..).map(place) {
                    if let (Some(line), Some(from)) = (lines.get_mut(at), self.done.get(at)) {
                        *line = *from;
                    }
                }
                lines
            }
            Some(Err(read)) if !self.shared => read.as_ref().clone(),
            Some(Err(_)) | None => self.done.as_ref().clone(),
        };
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
        let before = core::mem::replace(&mut self.done, Arc::new(core::mem::take(&mut self.lines)));
        if self.shared {
            // Where sections have moved, what was written before is of no use.
            self.spare = (!self.moved).then_some(before);
            self.behind = self.written.clone();
        }
    }

    fn absolute(&self, section: Section, at: u32) -> u32 {
        self.extents.get(number(section)).map_or(u32::MAX, |extent| extent.first.saturating_add(at))
    }

    fn write(&mut self, at: u32, line: Line) {
        let Some(place) = self.lines.get_mut(place(at)) else { return };
        if *place == line {
            return;
        }
        self.sum = self.sum.wrapping_sub(line_sum(at, place)).wrapping_add(line_sum(at, &line));
        *place = line;
        self.written.push(at);
    }

    /// Moves everything to where one section has room for what it needs, and all that grow have much: moving is what takes
    /// long, and room that nobody uses is memory that nobody touches.
    fn lay_out(&mut self, grown: usize, needed: u32) {
        let before = self.extents;
        let mut total = u32::try_from(HEADER_LINES).unwrap_or(0);
        for (extent, at) in self.extents.iter_mut().zip(0..) {
            extent.first = total;
            let used = if at == grown { needed } else { extent.used };
            if at == grown || extent.grows {
                extent.room = extent.room.max(used.saturating_mul(2).saturating_add(16));
            }
            total = total.saturating_add(extent.room);
        }
        let old = core::mem::replace(&mut self.lines, bytemuck::zeroed_vec(place(total)));
        let header = 0..HEADER_LINES;
        if let (Some(target), Some(source)) = (self.lines.get_mut(header.clone()), old.get(header)) {
            target.copy_from_slice(source);
        }
        for (to, from) in self.extents.iter().zip(before) {
            let range = |first: u32| place(first)..place(first.saturating_add(from.used));
            if let (Some(target), Some(source)) =
                (self.lines.get_mut(range(to.first)), old.get(range(from.first)))
            {
                target.copy_from_slice(source);
            }
        }
        self.describe();
    }

    /// Writes down where sections lie, and sums all lines up.
    fn describe(&mut self) {
        self.moved = true;
        for (extent, at) in self.extents.into_iter().zip(0_usize..) {
            self.set_header(section_word(at), extent.first);
            self.set_header(section_word(at).saturating_add(1), extent.used);
        }
        self.set_header(header::LINES, u32::try_from(self.lines.len()).unwrap_or(u32::MAX));
        // Lines that no section uses are zeros, and add nothing.
        self.sum = self.extents.iter().fold(0, |sum, extent| {
            let used = place(extent.first)..place(extent.first.saturating_add(extent.used));
            let lines = self.lines.get(used).unwrap_or(&[]).iter().zip(extent.first..);
            lines.fold(sum, |sum, (line, at)| sum.wrapping_add(line_sum(at, line)))
        });
    }
}

const fn number(section: Section) -> usize {
    section.number()
}

const fn section_word(at: usize) -> usize {
    header::SECTION_TABLE.saturating_add(at.saturating_mul(2))
}
