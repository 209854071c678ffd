//! Text to trees: YAML exactly as the Kubernetes API server reads it, JSON as JSON.
//!
//! [`parse`] takes a text of any number of documents and gives their trees, with positions, and
//! everything that is wrong with it. A broken document does not take the others with it.
//!
//! What reading as the server means: YAML 1.1's scalars (`yes` is a boolean, `0777` is 511, `08` is 8,
//! `1:30` and `2001-01-01` are text), numbers that passed through JSON (`1e3` and `1.0` are whole),
//! keys that become text, merge keys in the order they are written, and the last of two equal keys.
//! Where this reader and the server differ, it is this one that refuses: what follows a document
//! without `---`, and line ends that only YAML 1.1 knows.

mod base64;
mod builder;
mod float;
mod json;
mod limits;
mod plain;
mod problem;
mod scalar;
mod split;
#[cfg(test)]
mod tests;
mod yaml;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use self::limits::Limits;
pub use self::problem::{Code, Problem, Severity};

use self::builder::Budget;
pub(crate) use self::split::{Segment, lines, split};
use crate::manifest::tree::{Node, Position, Value};

/// One document.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// Its tree; never null, since documents without content are dropped.
    pub root: Node,
}

/// What a text holds.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Parsed {
    /// The documents that could be read, in the order of the text.
    pub documents: Vec<Document>,
    /// Everything that is wrong, in the order of the text; each error stands for a document that is
    /// not among [`Parsed::documents`].
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// Whether some document could not be read.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity() == Severity::Error)
    }

    /// Adds a document, if it has content.
    fn keep(&mut self, root: Option<Node>) {
        let root = root.filter(|root| root.value != Value::Null);
        self.documents.extend(root.map(|root| Document { root }));
    }

    fn failed(code: Code, at: Position, message: String) -> Self {
        let problems = alloc::vec![Problem::new(code, at, String::new(), message)];
        Self { documents: Vec::new(), problems }
    }
}

/// Reads a text: YAML documents, JSON values one after the other, or both.
///
/// A leading byte order mark is skipped; lines end with LF, CR LF or CR. A document that starts with
/// `{` or `[` is read as JSON, and as YAML in flow style if it is not JSON.
///
/// Never panics, whatever the text.
///
/// # Complexity
/// Linear in the text, up to a logarithm in the number of keys of one mapping.
#[must_use]
pub fn parse(text: &str, limits: &Limits) -> Parsed {
    let mut documents = Vec::new();
    let problems = parse_each(text, limits, |document| documents.push(document));
    Parsed { documents, problems }
}

/// As [`parse`], with each document handed over as soon as it is read; gives what is wrong.
pub(crate) fn parse_each(text: &str, limits: &Limits, mut take: impl FnMut(Document)) -> Vec<Problem> {
    if text.len() > limits.bytes {
        let message = format!("the text has more than {} bytes; split it", limits.bytes);
        return Parsed::failed(Code::TooLarge, Position { line: 1, column: 1 }, message).problems;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut budget = Budget::new(*limits);
    let mut problems = Vec::new();
    for segment in split(text) {
        let part = document(&segment, &mut budget);
        let ends = part.problems.iter().any(|problem| problem.code.ends_text());
        part.documents.into_iter().for_each(&mut take);
        problems.extend(part.problems);
        if ends {
            break;
        }
    }
    problems
}

/// Reads bytes: UTF-8, or UTF-16 with a byte order mark (as some shells redirect output to files);
/// otherwise as [`parse`].
#[must_use]
pub fn parse_bytes(bytes: &[u8], limits: &Limits) -> Parsed {
    match decode(bytes) {
        Ok(text) => parse(&text, limits),
        Err(at) => {
            let message = "the bytes are not UTF-8; convert the file";
            Parsed::failed(Code::NotUtf8, at, message.to_string())
        }
    }
}

/// The text of bytes: UTF-8, or UTF-16 with a byte order mark.
///
/// # Errors
/// The place of the first bytes that are no text.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Position> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => {
            return match str::from_utf8(bytes) {
                Ok(text) => Ok(Cow::Borrowed(text)),
                Err(error) => {
                    let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
                    Err(end(str::from_utf8(sound).unwrap_or_default(), 1))
                }
            };
        }
    };
    let pairs = bytes.chunks(2).map(|pair| match pair {
        [first, second] => unit([*first, *second]),
        // Half a unit: half a surrogate pair, so that it is refused.
        _ => 0xd800,
    });
    let mut text = String::new();
    for character in char::decode_utf16(pairs) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(end(&text, 1)),
        }
    }
    Ok(Cow::Owned(text))
}

/// The position after a text that starts at a line.
fn end(text: &str, first: u32) -> Position {
    let (mut line, mut last) = (first, "");
    for content in lines(text) {
        if content.ends_with(['\n', '\r']) {
            line = line.saturating_add(1);
            last = "";
        } else {
            last = content;
        }
    }
    let column = u32::try_from(last.chars().count()).unwrap_or(u32::MAX);
    Position { line, column: column.saturating_add(1) }
}

/// Reads one segment: as JSON if it looks like that, else or then as YAML.
fn document(segment: &Segment<'_>, budget: &mut Budget) -> Parsed {
    let Some(candidate) = json_part(segment) else {
        return yaml::read(segment, budget);
    };
    let unused = budget.clone();
    let (problem, partial) = match json::read(&candidate, budget) {
        Ok(parsed) => return parsed,
        Err(stopped) => stopped,
    };
    let with = |mut partial: Parsed, problem: Problem| {
        partial.problems.push(problem);
        partial
    };
    if problem.code != Code::JsonSyntax {
        return with(partial, problem);
    }
    *budget = unused;
    let flow = yaml::read(segment, budget);
    // Of the two refusals, the one that got farther is about what the text was meant to be.
    match flow.problems.iter().filter(|flow| flow.severity() == Severity::Error).max_by_key(|p| p.at) {
        Some(error) if error.at <= problem.at => with(partial, problem),
        _ => flow,
    }
}

/// The part of a segment that could be JSON: from a first brace or bracket that only blanks,
/// comments and a bare `---` stand before.
fn json_part<'a>(segment: &Segment<'a>) -> Option<Segment<'a>> {
    let mut start = 0_usize;
    for (line, content) in (segment.line..).zip(lines(segment.text)) {
        let blank = content.trim_ascii();
        if blank.starts_with(['{', '[']) {
            return segment.text.get(start..).map(|text| Segment { text, line });
        }
        if !(blank.is_empty() || blank.starts_with('#') || blank == "---") {
            return None;
        }
        start = start.saturating_add(content.len());
    }
    None
}
