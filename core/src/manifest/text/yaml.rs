//! Reads one YAML document: `saphyr-parser`'s events, the API server's rules above them.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::builder::{Budget, Builder, Place};
use super::scalar::{MERGE_TAG, Scalar, resolve};
use super::source::{Source, Walker};
use super::split::{Segment, lines};
use super::{Code, Parsed, Problem};
use crate::manifest::tree::{Position, Value};

/// Reads a segment, again where [`Source`] could repair what the parser refused.
pub(super) fn read(segment: &Segment<'_>, budget: &mut Budget) -> Parsed {
    let refused = directives(segment).and_then(|()| characters(segment));
    if let Err(problem) = refused {
        return Parsed { documents: Vec::new(), problems: alloc::vec![problem] };
    }
    let mut source = Source::new(segment);
    let unused = budget.clone();
    loop {
        let (parsed, refusal) = attempt(&source, budget);
        if !refusal.is_some_and(|error| source.repair(&error)) {
            return parsed;
        }
        *budget = unused.clone();
    }
}

/// Reads a text as it stands; if the parser refused it, with its refusal.
fn attempt(source: &Source<'_>, budget: &mut Budget) -> (Parsed, Option<ScanError>) {
    let mut parser = Parser::new_from_str(source.text());
    let mut builder = Builder::new(budget);
    let mut walker = Walker::new(source.text());
    let mut refusal = None;
    let mut ended = false;
    let mut flow = 0_usize;
    let stopped = loop {
        let step = match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break None,
            Some(Ok((Event::DocumentStart(_), span))) if ended => {
                let message = "a document ended before this; start the next with `---`";
                let at = source.position(&span.start);
                Err(builder.fatal(Code::YamlSyntax, at, message.to_string()))
            }
            Some(Ok((mut event, span))) => {
                ended |= event == Event::DocumentEnd;
                let at = source.position(&span.start);
                let starts = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
                let starts_flow = starts && (flow > 0 || source.is_flow(&span.start));
                if flow == 0 && (starts_flow || is_visible(&event)) && source.is_indented_by_tab(&span.start)
                {
                    let message = "a tab cannot indent in YAML; use blanks";
                    builder.report(Code::YamlSyntax, at, message.to_string());
                }
                if flow > 0
                    && let Event::Scalar(text, ScalarStyle::Plain, ..) = &event
                    && (is_ambiguous(text)
                        || builder.place() == Place::Key && is_colon_part(walker.from(&span.end)))
                {
                    let message = "the API server reads another text here; \
                                   put it in quotes, and a blank after the colon of a key";
                    builder.report(Code::YamlSyntax, at, message.to_string());
                }
                if starts_flow {
                    flow = flow.saturating_add(1);
                } else if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
                    flow = flow.saturating_sub(1);
                }
                if let Event::Scalar(text, ScalarStyle::Literal | ScalarStyle::Folded, ..) = &mut event
                    && text.ends_with('\n')
                    && source.is_cut_short(&span)
                {
                    text.to_mut().pop();
                }
                take(event, at, &mut builder)
            }
            Some(Err(error)) => {
                let problem = syntax(&error, source.position(error.marker()));
                refusal = Some(error);
                Err(problem)
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
    (parsed, refusal)
}

/// Whether an event is a scalar or an alias that stands in the text.
fn is_visible(event: &Event<'_>) -> bool {
    match event {
        Event::Scalar(text, style, ..) => *style != ScalarStyle::Plain || !text.is_empty(),
        _ => matches!(event, Event::Alias(_)),
    }
}

/// Whether the server may find an indicator in a plain scalar in flow style, where the parser finds none.
fn is_ambiguous(text: &str) -> bool {
    text.starts_with(['?', ':']) || text.ends_with('?') || text.contains("? ")
}

/// Whether the server takes the colon after a plain key in flow style as part of the key.
fn is_colon_part(after: &str) -> bool {
    let after = after.trim_start_matches(' ');
    after.strip_prefix(':').is_some_and(|after| after.starts_with([',', ']', '}']))
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

fn scalar(
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
