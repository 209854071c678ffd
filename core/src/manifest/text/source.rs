//! A segment as the YAML parser gets it: repaired where the parser is stricter than the server.
//!
//! The parser follows YAML 1.2, the server YAML 1.1. Where the parser refuses blanks that the server
//! takes, other blanks that mean the same go in their place and the segment is read again. Only the
//! parser knows whether a place is part of a text, so a repair follows its refusal and is never a guess.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use saphyr_parser::{Marker, ScanError, Span};

use super::split::{Segment, lines};
use crate::manifest::tree::Position;

/// Bytes that may be read again for repairs of one segment, so that the work stays in proportion.
const REREAD: usize = 64 << 20;

/// The text of a segment, with what is needed to tell positions in the original.
#[derive(Debug)]
pub(super) struct Source<'a> {
    text: Cow<'a, str>,
    /// The number of the first line.
    first: u32,
    /// Where each line starts, in bytes.
    starts: Vec<usize>,
    /// Blanks put before lines (counted from 1).
    added: BTreeMap<usize, usize>,
    /// Bytes that may still be read again.
    left: usize,
    has_tabs: bool,
}

impl<'a> Source<'a> {
    pub(super) fn new(segment: &Segment<'a>) -> Self {
        let text = Cow::Borrowed(segment.text);
        let starts = starts(&text);
        let has_tabs = text.contains('\t');
        Self { text, first: segment.line, starts, added: BTreeMap::new(), left: REREAD, has_tabs }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Repairs what the parser refused; whether there is a reason to read again.
    pub(super) fn repair(&mut self, error: &ScanError) -> bool {
        let Some(left) = self.left.checked_sub(self.text.len()) else {
            return false;
        };
        self.left = left;
        let place = error.marker();
        match error.info() {
            // `name:<tab>value`, which the server takes: a blank separates as well.
            "':' must be followed by a valid YAML whitespace" => self.tabs_to_blanks(place),
            // Lists and mappings in flow style, and quoted texts, may go on at any column for the server.
            "invalid indentation"
            | "invalid indentation in flow construct"
            | "tab cannot be used as indentation" => self.indent(place.line()),
            // The place is the first quote; the line in question is one of those that follow, and blanks
            // before any of them mean nothing. They are tried in turn.
            "invalid indentation in quoted scalar" => {
                let after = place.line().saturating_add(1);
                (after..=self.starts.len())
                    .find(|line| !self.added.contains_key(line))
                    .is_some_and(|line| self.indent(line))
            }
            _ => false,
        }
    }

    /// Replaces the tabs before a place by blanks, and those after colons on the lines that follow as
    /// long as no quoted or block scalar can start there, lest each of them take a reading.
    fn tabs_to_blanks(&mut self, place: &Marker) -> bool {
        let line = self.line(place.line());
        let end = line.char_indices().nth(place.col()).map_or(line.len(), |(end, _)| end);
        let (before, after) = line.split_at_checked(end).unwrap_or((line, ""));
        let kept = before.trim_end_matches('\t').len();
        let tabs = before.len().saturating_sub(kept);
        let Some(start) = self.start(place.line()).and_then(|start| start.checked_add(kept)) else {
            return false;
        };
        let may_start_text = |line: &str| line.contains(['\'', '"', '|', '>']);
        let mut blanks = " ".repeat(tabs);
        let following = (place.line().saturating_add(1)..=self.starts.len()).map(|line| self.line(line));
        for line in core::iter::once(after).chain(following).take_while(|line| !may_start_text(line)) {
            let mut follows_colon = false;
            blanks.extend(line.chars().map(|character| {
                let is_separator = follows_colon && character == '\t';
                follows_colon = character == ':' || is_separator;
                if is_separator { ' ' } else { character }
            }));
        }
        tabs > 0 && self.put(start, start.saturating_add(blanks.len()), &blanks)
    }

    /// Puts blanks before a line, more than any block is indented by.
    fn indent(&mut self, line: usize) -> bool {
        if self.added.contains_key(&line) {
            return false;
        }
        let deepest = lines(&self.text).map(|line| {
            line.bytes().take_while(|byte| matches!(byte, b' ' | b'-' | b'?' | b':' | b'\t')).count()
        });
        let blanks = deepest.max().unwrap_or_default().saturating_add(1);
        let Some(start) = self.start(line) else {
            return false;
        };
        self.added.insert(line, blanks);
        self.put(start, start, &" ".repeat(blanks))
    }

    /// Puts other text in the place of some bytes.
    fn put(&mut self, start: usize, end: usize, other: &str) -> bool {
        let (Some(head), Some(tail)) = (self.text.get(..start), self.text.get(end..)) else {
            return false;
        };
        let mut text = String::with_capacity(self.text.len().saturating_add(other.len()));
        text.push_str(head);
        text.push_str(other);
        text.push_str(tail);
        self.starts = starts(&text);
        self.text = Cow::Owned(text);
        true
    }

    /// The position of a marker in the original.
    pub(super) fn position(&self, place: &Marker) -> Position {
        // At the end of the text the parser counts a line end that may not be there.
        let (line, column) = if place.line() > self.starts.len() {
            (self.starts.len().max(1), self.line(self.starts.len()).chars().count())
        } else {
            (place.line(), place.col())
        };
        let column = column.saturating_sub(self.added.get(&line).copied().unwrap_or_default());
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Position {
            line: self.first.saturating_add(number(line).saturating_sub(1)),
            column: number(column).saturating_add(1),
        }
    }

    /// Whether a tab indents what starts at a place, which the server refuses outside of flow style.
    pub(super) fn is_indented_by_tab(&self, place: &Marker) -> bool {
        if !self.has_tabs {
            return false;
        }
        let line = self.line(place.line());
        let end = line.char_indices().nth(place.col()).map_or(line.len(), |(end, _)| end);
        let before = line.get(..end).unwrap_or_default();
        // What follows the start of a document on its line is not indented.
        let before = before.strip_prefix("---").map_or(before, |rest| rest.trim_start());
        before.contains('\t') && before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'?' | b':'))
    }

    /// Whether a list or mapping that starts at a place is in flow style.
    pub(super) fn is_flow(&self, place: &Marker) -> bool {
        self.line(place.line()).chars().nth(place.col()).is_some_and(|first| matches!(first, '[' | '{'))
    }

    /// Whether a block scalar holds the last line of a text that does not end that line.
    ///
    /// The parser ends it with a line end, the server does not.
    pub(super) fn is_cut_short(&self, block: &Span) -> bool {
        let last = self.line(self.starts.len());
        let blanks = last.bytes().take_while(|byte| *byte == b' ').count();
        let is_open = !last.is_empty() && !last.ends_with(['\n', '\r']);
        is_open && block.end.line() >= self.starts.len() && blanks >= self.indent_of(block)
    }

    /// How far the text of a block scalar is indented.
    fn indent_of(&self, block: &Span) -> usize {
        let has_properties = self
            .line(block.start.line())
            .chars()
            .nth(block.start.col())
            .is_some_and(|c| matches!(c, '&' | '!'));
        if !has_properties {
            return block.start.col();
        }
        (block.start.line().saturating_add(1)..=self.starts.len())
            .map(|line| self.line(line))
            .find(|line| !line.trim_ascii().is_empty())
            .map_or(0, |line| line.bytes().take_while(|byte| *byte == b' ').count())
    }

    fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }

    /// A line (counted from 1) with its end.
    fn line(&self, line: usize) -> &str {
        let end = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.start(line).and_then(|start| self.text.get(start..end)).unwrap_or_default()
    }
}

/// Finds bytes by character; it only goes forward, so that all its steps together pass a text once.
#[derive(Debug)]
pub(super) struct Walker<'t> {
    /// The text from `character` on.
    rest: &'t str,
    character: usize,
}

impl<'t> Walker<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text, character: 0 }
    }

    /// The text from a place on; empty for a place before the last one asked for.
    pub(super) fn from(&mut self, place: &Marker) -> &'t str {
        let Some(steps) = place.index().checked_sub(self.character) else {
            return "";
        };
        let byte = self.rest.char_indices().nth(steps).map_or(self.rest.len(), |(byte, _)| byte);
        self.rest = self.rest.get(byte..).unwrap_or_default();
        self.character = place.index();
        self.rest
    }
}

fn starts(text: &str) -> Vec<usize> {
    let mut next = 0_usize;
    let start = |line: &str| {
        let start = next;
        next = next.saturating_add(line.len());
        start
    };
    // A text that ends its last line has an empty one after it, as far as positions go.
    let ended = text.ends_with(['\n', '\r']).then_some("");
    lines(text).chain(ended).map(start).collect()
}
