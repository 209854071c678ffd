//! Patches: what a transaction changes in an image, for those who keep a copy of it elsewhere.

use alloc::vec::Vec;

use super::format::{HEADER_LINES, Line, header, line_sum, line_sums, place};

/// `PCLD`: the first word of every patch.
const MAGIC: u32 = u32::from_le_bytes(*b"PCLD");
/// The version of this format.
const VERSION: u32 = 1;
/// Words before the first run.
const HEAD: usize = 7;
/// The base of a patch that replaces the whole image.
const WHOLE: u32 = 1;

/// Why bytes are no patch, or why a patch does not fit an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatchError {
    /// The patch is for an image of another generation.
    #[error("the patch is for generation {expected}, the image has generation {found}")]
    Base {
        /// The generation that the patch is for.
        expected: u32,
        /// The generation of the image.
        found: u32,
    },
    /// What comes out is not what the patch was made of.
    #[error("the image that the patch makes has another checksum than it says: one of the two is damaged")]
    Checksum,
    /// The bytes are no patch.
    #[error("these bytes are no patch of this version, or they are cut off")]
    Format,
    /// A run of lines lies outside the image, or before the run before it.
    #[error("the patch writes lines that the image does not have, or out of order")]
    Runs,
}

/// The lines in which an image differs from the one of the transaction before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImagePatch {
    /// The generation that it is for; of no meaning where the whole image is replaced.
    base: u32,
    /// The generation that it makes.
    generation: u32,
    /// Whether it replaces the image, whatever that was.
    whole: bool,
    /// How many lines the image has.
    lines: u32,
    /// Runs of lines, each with the number of its first, in order.
    runs: Vec<(u32, Vec<Line>)>,
}

impl ImagePatch {
    /// The patch that writes some lines of an image, sorted by number.
    pub(crate) fn of_lines(base: u32, generation: u32, written: &[u32], image: &[Line]) -> Self {
        let mut runs = Vec::new();
        for run in written.chunk_by(|a, b| a.wrapping_add(1) == *b) {
            let Some(first) = run.first().copied() else { continue };
            let end = place(first).saturating_add(run.len());
            runs.extend(image.get(place(first)..end).map(|lines| (first, lines.to_vec())));
        }
        let lines = u32::try_from(image.len()).unwrap_or(u32::MAX);
        Self { base, generation, whole: false, lines, runs }
    }

    /// The patch that replaces the whole image.
    pub(crate) fn of_image(generation: u32, image: &[Line]) -> Self {
        let lines = u32::try_from(image.len()).unwrap_or(u32::MAX);
        Self { base: 0, generation, whole: true, lines, runs: alloc::vec![(0, image.to_vec())] }
    }

    /// The generation that the patch makes.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether the patch replaces the whole image.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The patch as bytes: little-endian words, then for each run its first line, its length in lines, and the lines;
    /// last a sum of all of it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        let whole = if self.whole { WHOLE } else { 0 };
        let head: [u32; HEAD] = [MAGIC, VERSION, self.base, self.generation, whole, self.lines, count];
        let mut bytes: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).collect();
        for (first, lines) in &self.runs {
            bytes.extend(first.to_le_bytes());
            bytes.extend(u32::try_from(lines.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend_from_slice(bytemuck::cast_slice(lines));
        }
        let sum = sum_of(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes
    }

    /// Reads a patch.
    ///
    /// # Errors
    /// When the bytes are none, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PatchError> {
        let (body, sum) = bytes.split_last_chunk::<8>().ok_or(PatchError::Format)?;
        if sum_of(body) != u64::from_le_bytes(*sum) {
            return Err(PatchError::Checksum);
        }
        let mut rest = body;
        let mut word = || -> Result<u32, PatchError> {
            let (word, after) = rest.split_first_chunk::<4>().ok_or(PatchError::Format)?;
            rest = after;
            Ok(u32::from_le_bytes(*word))
        };
        let head: [u32; HEAD] = [word()?, word()?, word()?, word()?, word()?, word()?, word()?];
        let [magic, version, base, generation, whole, lines, count] = head;
        if (magic, version) != (MAGIC, VERSION) || whole > WHOLE {
            return Err(PatchError::Format);
        }
        let mut runs = Vec::new();
        for _ in 0..count {
            let (head, after) = rest.split_first_chunk::<8>().ok_or(PatchError::Format)?;
            let [a, b, c, d, e, f, g, h] = *head;
            let (first, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            let size = place(length).checked_mul(size_of::<Line>()).ok_or(PatchError::Format)?;
            let (run, after) = after.split_at_checked(size).ok_or(PatchError::Format)?;
            let line = |bytes: &[u8]| bytemuck::pod_read_unaligned(bytes);
            runs.push((first, run.chunks_exact(size_of::<Line>()).map(line).collect()));
            rest = after;
        }
        if rest.is_empty() {
            Ok(Self { base, generation, whole: whole == WHOLE, lines, runs })
        } else {
            Err(PatchError::Format)
        }
    }

    /// Applies the patch to the lines of an image: all of it or nothing.
    ///
    /// Checks that it fits and that what it makes has the checksum that it says. Whoever does not trust its source opens
    /// the image once more with [`Image::open`](super::Image::open).
    ///
    /// # Errors
    /// When it is for another image, or damaged.
    pub fn apply(&self, image: &mut Vec<Line>) -> Result<(), PatchError> {
        if self.whole {
            return self.replace(image);
        }
        if place(self.lines) != image.len() {
            return Err(PatchError::Runs);
        }
        let found = word_of(image, header::GENERATION);
        if found != self.base {
            return Err(PatchError::Base { expected: self.base, found });
        }
        let mut sum = stored(image);
        let mut head: Vec<Line> = image.get(..HEADER_LINES).ok_or(PatchError::Runs)?.to_vec();
        let mut after = 0_usize;
        for (first, lines) in &self.runs {
            let start = place(*first);
            let end = start.checked_add(lines.len()).ok_or(PatchError::Runs)?;
            let old = image.get(start..end).ok_or(PatchError::Runs)?;
            if start < after {
                return Err(PatchError::Runs);
            }
            after = end;
            for ((at, new), old) in (*first..).zip(lines).zip(old) {
                match head.get_mut(place(at)) {
                    Some(line) => *line = *new,
                    None => sum = sum.wrapping_sub(line_sum(at, old)).wrapping_add(line_sum(at, new)),
                }
            }
        }
        if stored(&head) != sum || word_of(&head, header::GENERATION) != self.generation {
            return Err(PatchError::Checksum);
        }
        for (first, lines) in &self.runs {
            let start = place(*first);
            if let Some(target) = image.get_mut(start..start.saturating_add(lines.len())) {
                target.copy_from_slice(lines);
            }
        }
        Ok(())
    }

    fn replace(&self, image: &mut Vec<Line>) -> Result<(), PatchError> {
        let [(0, lines)] = self.runs.as_slice() else { return Err(PatchError::Runs) };
        if lines.len() != place(self.lines) || lines.len() < HEADER_LINES {
            return Err(PatchError::Runs);
        }
        let first = u32::try_from(HEADER_LINES).unwrap_or(0);
        if stored(lines) != line_sums(first, lines.get(HEADER_LINES..).unwrap_or(&[]))
            || word_of(lines, header::GENERATION) != self.generation
        {
            return Err(PatchError::Checksum);
        }
        image.clone_from(lines);
        Ok(())
    }
}

/// A sum in which every word counts by its place.
fn sum_of(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(4).filter_map(|word| Some(u32::from_le_bytes(*word.first_chunk::<4>()?)));
    let step =
        |sum: u64, word: u32| (sum ^ u64::from(word)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    words.fold(0xcbf2_9ce4_8422_2325, step)
}

fn word_of(lines: &[Line], at: usize) -> u32 {
    bytemuck::cast_slice::<Line, u32>(lines).get(at).copied().unwrap_or(0)
}

fn stored(lines: &[Line]) -> u64 {
    let (low, high) = (word_of(lines, header::CHECKSUM_LOW), word_of(lines, header::CHECKSUM_HIGH));
    u64::from(high).wrapping_shl(32) | u64::from(low)
}
