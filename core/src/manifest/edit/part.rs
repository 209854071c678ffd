//! Parts of documents: values with the bytes in which they stand.

use alloc::string::String;
use alloc::vec::Vec;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::source::Position;

/// A value in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it starts, as loading says it.
    pub at: Position,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The column of its first character, from 0.
    pub(super) column: usize,
    pub(super) content: Content,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// An alias, behind which something else stands.
    Alias,
    Mapping {
        is_flow: bool,
        entries: Vec<Entry>,
    },
    Scalar(String),
    Sequence {
        is_flow: bool,
        items: Vec<Part>,
    },
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_part: Part,
    pub(super) value: Part,
}

/// One step from a value into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'s> {
    /// To an item of a list, by its place.
    Item(usize),
    /// To the value of a key.
    Key(&'s str),
}

/// A container that is being read.
struct Open {
    part: Part,
    key: Option<(String, Part)>,
}

impl Part {
    /// What some steps lead to; the last of equal keys counts, as for the API server.
    #[must_use]
    pub fn go(&self, steps: &[Step<'_>]) -> Option<&Self> {
        let Some((first, rest)) = steps.split_first() else { return Some(self) };
        let next = match (first, &self.content) {
            (Step::Item(index), Content::Sequence { items, .. }) => items.get(*index)?,
            (Step::Key(key), Content::Mapping { .. }) => &self.entry(key)?.value,
            _ => return None,
        };
        next.go(rest)
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Mapping { entries, .. } => entries.iter().rev().find(|entry| entry.key == key),
            _ => None,
        }
    }

    pub(super) fn find(&self, at: Position) -> Option<&Self> {
        match &self.content {
            Content::Mapping { .. } if self.at == at => Some(self),
            Content::Mapping { entries, .. } => entries.iter().find_map(|entry| entry.value.find(at)),
            Content::Sequence { items, .. } => items.iter().find_map(|item| item.find(at)),
            Content::Alias | Content::Scalar(_) => None,
        }
    }

    /// By how much each list in block style is indented below its key.
    pub(super) fn list_indents(&self, text: &str, found: &mut Vec<usize>) {
        match &self.content {
            Content::Mapping { entries, is_flow } => {
                for entry in entries {
                    if let (false, Some(dash)) = (is_flow, entry.value.dash(text)) {
                        found.push(dash.saturating_sub(self.column));
                    }
                    entry.value.list_indents(text, found);
                }
            }
            Content::Sequence { items, .. } => items.iter().for_each(|item| item.list_indents(text, found)),
            Content::Alias | Content::Scalar(_) => {}
        }
    }

    /// The column of the dashes of a list in block style, where its first item stands beside one.
    pub(super) fn dash(&self, text: &str) -> Option<usize> {
        let Content::Sequence { is_flow: false, items } = &self.content else { return None };
        let before = text.get(..items.first()?.start)?;
        let before = before.trim_end_matches([' ', '\t']).strip_suffix('-')?;
        let line = before.rsplit(['\n', '\r']).next()?;
        Some(line.chars().count())
    }
}

/// Reads one document; nothing where the parser refuses it.
pub(super) fn read(text: &str, line: u32, offset: usize) -> Option<Part> {
    let starts: Vec<usize> = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
    let byte =
        |marker: &Marker| offset.saturating_add(starts.get(marker.index()).copied().unwrap_or(text.len()));
    let position = |marker: &Marker| {
        let below = u32::try_from(marker.line()).unwrap_or(u32::MAX).saturating_sub(1);
        let column = u32::try_from(marker.col()).unwrap_or(u32::MAX).saturating_add(1);
        Position { line: line.saturating_add(below), column }
    };
    // What is in brackets starts with one; a block starts with its first item or key.
    let is_flow = |start: usize, end: usize| {
        let own = text.get(start.saturating_sub(offset)..).unwrap_or_default();
        end > start && own.starts_with(['[', '{'])
    };
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut last_end = offset;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.ok()?;
        let (start, end) = (byte(&span.start), byte(&span.end));
        let part =
            |content| Part { at: position(&span.start), start, end, column: span.start.col(), content };
        let (finished, key) = match event {
            Event::Scalar(value, style, ..) => {
                let mut part = part(Content::Scalar(value.clone().into_owned()));
                if value.is_empty() && style == ScalarStyle::Plain {
                    // What is not there ends with what it is not behind.
                    let after = after_colon(text, last_end.saturating_sub(offset), offset);
                    (part.start, part.end) = (after, after);
                }
                (part, Some(value.into_owned()))
            }
            Event::Alias(_) => (part(Content::Alias), None),
            Event::SequenceStart(..) => {
                let content = Content::Sequence { is_flow: is_flow(start, end), items: Vec::new() };
                open.push(Open { part: part(content), key: None });
                last_end = start;
                continue;
            }
            Event::MappingStart(..) => {
                let content = Content::Mapping { is_flow: is_flow(start, end), entries: Vec::new() };
                open.push(Open { part: part(content), key: None });
                last_end = start;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let mut done = open.pop()?.part;
                let closed = match &done.content {
                    Content::Mapping { is_flow, .. } | Content::Sequence { is_flow, .. } => *is_flow,
                    _ => false,
                };
                // The parser takes what stands behind a closing bracket for a part of it.
                done.end = if closed { start.saturating_add(1) } else { last_end };
                (done, None)
            }
            _ => continue,
        };
        last_end = finished.end;
        match open.last_mut() {
            None => root = root.or(Some(finished)),
            Some(outer) => attach(outer, finished, key)?,
        }
    }
    root
}

/// Puts a finished part into the container that it is in; nothing for keys that are no text.
fn attach(outer: &mut Open, finished: Part, text: Option<String>) -> Option<()> {
    match &mut outer.part.content {
        Content::Sequence { items, .. } => items.push(finished),
        Content::Mapping { entries, .. } => match outer.key.take() {
            None => outer.key = Some((text?, finished)),
            Some((key, key_part)) => entries.push(Entry { key, key_part, value: finished }),
        },
        Content::Alias | Content::Scalar(_) => {}
    }
    Some(())
}

/// The byte after the colon that follows, else the place itself.
fn after_colon(text: &str, at: usize, offset: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let blank = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
    let colon = rest.get(blank..).is_some_and(|rest| rest.starts_with(':'));
    let after = if colon { at.saturating_add(blank).saturating_add(1) } else { at };
    offset.saturating_add(after)
}
