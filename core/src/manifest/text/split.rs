//! Cuts a text into documents, so that a broken one does not take the others with it.

use alloc::vec::Vec;

/// A piece of text that holds one document, and where it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    /// Whole lines.
    pub(crate) text: &'a str,
    /// The first line's number, from 1.
    pub(crate) line: u32,
}

/// Cuts before each line that starts a document (`---`) and after each that ends one (`...`).
///
/// In YAML both end whatever was open, quoted and block scalars included, so a cut there never
/// changes what a sound text says. Directives and comments before a `---` stay with it.
pub(crate) fn split(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut cut = |start: usize, end: usize, line: u32| {
        if let Some(text) = text.get(start..end).filter(|text| !text.is_empty()) {
            segments.push(Segment { text, line });
        }
    };
    let (mut start, mut start_line) = (0, 1);
    let mut only_head = true;
    let (mut end, mut line) = (0_usize, 1_u32);
    for content in lines(text) {
        let next = end.saturating_add(content.len());
        let next_line = line.saturating_add(1);
        if is_marker(content, "---") {
            if !only_head {
                cut(start, end, start_line);
                (start, start_line) = (end, line);
            }
            only_head = false;
        } else if is_marker(content, "...") {
            cut(start, next, start_line);
            (start, start_line) = (next, next_line);
            only_head = true;
        } else if !is_head(content) {
            only_head = false;
        }
        (end, line) = (next, next_line);
    }
    cut(start, text.len(), start_line);
    segments
}

/// The lines of a text with their ends: LF, CR, or both as one.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        let stop = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let length = match stop {
            None => bytes.len(),
            Some(stop) => {
                let ends_with_both = bytes.get(stop..).is_some_and(|end| end.starts_with(b"\r\n"));
                stop.saturating_add(if ends_with_both { 2 } else { 1 })
            }
        };
        let (line, tail) = rest.split_at_checked(length)?;
        rest = tail;
        Some(line).filter(|line| !line.is_empty())
    })
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

/// Whether a line may stand before the start of its document: blank, a comment, a directive.
fn is_head(line: &str) -> bool {
    line.starts_with('%') || {
        let content = line.trim_ascii_start();
        content.is_empty() || content.starts_with('#')
    }
}
