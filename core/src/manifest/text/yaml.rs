//! Reads one YAML document: `saphyr-parser`'s events, the API server's rules above them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use super::builder::{Budget, Builder, Place};
use super::plain;
use super::scalar::{MERGE_TAG, Scalar, resolve};
use super::split::{Segment, lines};
use super::{Code, Parsed, Problem, end};
use crate::manifest::tree::{Position, Value};

/// Bytes that may be read again because of tabs after colons; see [`read_any`].
const REREAD: usize = 64 << 20;

/// Reads a segment: by itself where it is plain, else with the parser.
pub(super) fn read(segment: &Segment<'_>, budget: &mut Budget) -> Parsed {
    let unused = budget.clone();
    if let Some(parsed) = plain::read(segment, budget) {
        return parsed;
    }
    *budget = unused;
    read_any(segment, budget)
}

/// Reads a segment with the parser.
///
/// The parser refuses `name:<tab>value`, which the server takes. Each time it does so, the tabs
/// at that place become blanks (so no position moves) and the segment is read again. Only the parser
/// knows that the place is no part of a quoted or block scalar. The work is bounded: a text with
/// too many such tabs keeps the parser's refusal.
pub(super) fn read_any(segment: &Segment<'_>, budget: &mut Budget) -> Parsed {
    let mut parsed = Parsed::default();
    let refused = directives(segment).and_then(|()| characters(segment));
    if let Err(problem) = refused {
        parsed.problems.push(problem);
        return parsed;
    }
    let mut text = Cow::Borrowed(segment.text);
    let mut left = REREAD;
    let unused = budget.clone();
    loop {
        let (read, tab) = attempt(&text, segment.line, budget);
        let repaired = tab.and_then(|tab| {
            left = left.checked_sub(text.len())?;
            without_tab(&text, tab)
        });
        match repaired {
            Some(repaired) => {
                text = Cow::Owned(repaired);
                *budget = unused.clone();
            }
            None => return read,
        }
    }
}

/// Reads a text as it stands; where a tab after a colon was refused, tells up to which character.
fn attempt(text: &str, line: u32, budget: &mut Budget) -> (Parsed, Option<usize>) {
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::new(budget);
    let mut tab = None;
    let mut ended = false;
    // At the end of the text the parser counts a line end that may not be there.
    let last = end(text, line);
    let place = |marker: &Marker| position(marker, line).min(last);
    let stopped = loop {
        let step = match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break None,
            Some(Ok((Event::DocumentStart(_), span))) if ended => {
                let message = "a document ended before this; start the next with `---`";
                Err(builder.fatal(Code::YamlSyntax, place(&span.start), message.to_string()))
            }
            Some(Ok((event, span))) => {
                ended |= event == Event::DocumentEnd;
                take(event, place(&span.start), &mut builder)
            }
            Some(Err(error)) => {
                tab = (error.info() == TAB_AFTER_COLON).then(|| error.marker().index());
                Err(syntax(&error, place(error.marker())))
            }
        };
        if let Err(problem) = step {
            break Some(problem);
        }
    };
    let (root, problems) = builder.finish();
    let mut parsed = Parsed { documents: Vec::new(), problems };
    match stopped {
        Some(problem) => parsed.problems.push(problem),
        None => parsed.keep(root),
    }
    (parsed, tab)
}

/// The parser's words for a tab after a colon.
const TAB_AFTER_COLON: &str = "':' must be followed by a valid YAML whitespace";

/// Replaces the tabs that end at a character by blanks; none if there is no such tab.
fn without_tab(text: &str, character: usize) -> Option<String> {
    let end = match text.char_indices().nth(character) {
        Some((end, _)) => end,
        None => text.len(),
    };
    let (head, tail) = text.split_at_checked(end)?;
    let kept = head.trim_end_matches('\t');
    let tabs = head.len().checked_sub(kept.len()).filter(|tabs| *tabs > 0)?;
    Some(format!("{kept}{}{tail}", " ".repeat(tabs)))
}

/// Hands one event to the builder.
fn take(event: Event<'_>, at: Position, builder: &mut Builder<'_>) -> Result<(), Problem> {
    match event {
        Event::Scalar(text, style, anchor, tag) => {
            let plain = style == ScalarStyle::Plain;
            scalar(text, plain, anchor, tag.as_deref(), at, builder)
        }
        Event::SequenceStart(anchor, _) => builder.start_sequence(at, anchor),
        Event::MappingStart(anchor, _) => builder.start_mapping(at, anchor),
        Event::SequenceEnd | Event::MappingEnd => builder.end(),
        Event::Alias(anchor) => builder.alias(anchor, at),
        Event::Nothing
        | Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(_)
        | Event::DocumentEnd => Ok(()),
    }
}

/// Hands a scalar to the builder.
pub(super) fn scalar(
    text: Cow<'_, str>,
    plain: bool,
    anchor: usize,
    tag: Option<&Tag>,
    at: Position,
    builder: &mut Builder<'_>,
) -> Result<(), Problem> {
    let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix));
    let place = builder.place();
    // A value that is not there has no place of its own: its key's is the one to show.
    let at = match place {
        Place::Value(key) if plain && text.is_empty() => key,
        _ => at,
    };
    let is_merge = text == "<<" && tag.as_deref().map_or(plain, |tag| tag == MERGE_TAG);
    if place == Place::Key && is_merge {
        builder.merge_key(at);
        return Ok(());
    }
    let scalar = match resolve(tag.as_deref(), plain, text) {
        Ok(scalar) => scalar,
        Err(message) => {
            builder.report(Code::Tag, at, message);
            Scalar::Text(Cow::Borrowed(""))
        }
    };
    if place == Place::Key {
        if anchor != 0 {
            let value = scalar.clone().into_value().unwrap_or(Value::Null);
            builder.keep_scalar(anchor, value, at)?;
        }
        return match scalar.into_key() {
            Some(key) => builder.key(key, at),
            None => {
                let message = "a key cannot be null or a number over 64 bits; put it in quotes";
                builder.refuse_key(at, message.to_string());
                Ok(())
            }
        };
    }
    let value = match scalar.into_value() {
        Some(value) => value,
        None => {
            let message = "JSON has no infinity and no NaN; put the value in quotes if it is text";
            builder.report(Code::Number, at, message.to_string());
            Value::Null
        }
    };
    builder.scalar(value, at, anchor)
}

/// A refusal of the parser, with its code.
fn syntax(error: &ScanError, at: Position) -> Problem {
    let info = error.info();
    let code = if info.contains("recursion limit") {
        Code::TooDeep
    } else if info.contains("unknown anchor") {
        Code::Alias
    } else {
        Code::YamlSyntax
    };
    Problem::new(code, at, String::new(), format!("not valid YAML: {info}"))
}

/// Checks the directives of a segment: the server knows `%YAML 1.1` and `%TAG`, nothing else.
fn directives(segment: &Segment<'_>) -> Result<(), Problem> {
    for (line, content) in (segment.line..).zip(lines(segment.text)) {
        if content.starts_with("---") {
            break;
        }
        let Some(directive) = content.strip_prefix('%') else {
            continue;
        };
        let mut words = directive.split_ascii_whitespace();
        let (code, message) = match (words.next(), words.next()) {
            (Some("YAML"), Some("1.1")) | (Some("TAG"), _) => continue,
            (Some("YAML"), version) => (
                Code::YamlVersion,
                format!(
                    "the API server reads `%YAML 1.1` only, found `{}`; remove the line",
                    version.unwrap_or_default()
                ),
            ),
            (name, _) => (
                Code::YamlSyntax,
                format!("`%{}` is no directive of YAML; remove the line", name.unwrap_or_default()),
            ),
        };
        return Err(Problem::new(code, Position { line, column: 1 }, String::new(), message));
    }
    Ok(())
}

/// Checks that every character is one that YAML takes, and none ends a line for the server alone.
fn characters(segment: &Segment<'_>) -> Result<(), Problem> {
    let allowed = |character: char| match character {
        '\t' | '\n' | '\r' | ' '..='~' => true,
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => character >= '\u{a0}',
    };
    let Some((line, content)) =
        (segment.line..).zip(lines(segment.text)).find(|(_, content)| !content.chars().all(allowed))
    else {
        return Ok(());
    };
    let before = content.chars().take_while(|character| allowed(*character)).count();
    let column = u32::try_from(before.saturating_add(1)).unwrap_or(u32::MAX);
    let found = content.chars().nth(before).unwrap_or_default();
    let name = format!("U+{:04X}", u32::from(found));
    let (code, message) = match found {
        '\u{85}' | '\u{2028}' | '\u{2029}' => (
            Code::LineBreak,
            format!("{name} ends a line for the API server; write it as an escape in double quotes"),
        ),
        _ => (
            Code::ControlCharacter,
            format!("{name} cannot stand in YAML; write it as an escape in double quotes"),
        ),
    };
    Err(Problem::new(code, Position { line, column }, String::new(), message))
}

/// The place of a marker of a segment that starts at a line.
fn position(marker: &Marker, first: u32) -> Position {
    let line = u32::try_from(marker.line()).unwrap_or(u32::MAX).saturating_sub(1);
    let column = u32::try_from(marker.col()).unwrap_or(u32::MAX);
    Position { line: first.saturating_add(line), column: column.saturating_add(1) }
}
