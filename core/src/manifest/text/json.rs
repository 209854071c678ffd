//! Reads JSON, in one pass and without recursion, with the position of every value and key.

use alloc::format;
use alloc::string::{String, ToString};

use super::builder::{Budget, Builder, Place};
use super::float;
use super::scalar::float_value;
use super::split::Segment;
use super::{Code, Parsed, Problem};
use crate::manifest::tree::{Position, Value};

/// Reads one JSON value after the other until the segment ends.
///
/// # Errors
/// The first problem that stops it, with what was read up to there.
///
/// # Complexity
/// Linear in the text (logarithmic in a mapping's size for its keys).
pub(super) fn read(segment: &Segment<'_>, budget: &mut Budget) -> Result<Parsed, (Problem, Parsed)> {
    let mut parsed = Parsed::default();
    let mut cursor = Cursor::new(segment);
    loop {
        cursor.skip_blank();
        if cursor.peek().is_none() {
            return Ok(parsed);
        }
        let mut builder = Builder::new(budget);
        let stopped = value(&mut cursor, &mut builder).err();
        let (root, problems) = builder.finish();
        parsed.problems.extend(problems);
        if let Some(problem) = stopped {
            return Err((problem, parsed));
        }
        parsed.keep(root);
    }
}

/// What may come next.
#[derive(Clone, Copy)]
enum Next {
    Value,
    /// A value, or the end of a list that has none.
    FirstItem,
    Key,
    /// A key, or the end of a mapping that has none.
    FirstKey,
    /// A comma or an end.
    Separator,
}

/// Reads one value, however deep.
fn value(cursor: &mut Cursor<'_>, builder: &mut Builder<'_>) -> Result<(), Problem> {
    let mut next = Next::Value;
    loop {
        cursor.skip_blank();
        let at = cursor.position();
        let unexpected = |expected: &str, cursor: &mut Cursor<'_>, builder: &Builder<'_>| {
            let at = cursor.position();
            let found = cursor.describe();
            Err(builder.fatal(Code::JsonSyntax, at, format!("expected {expected}, found {found}")))
        };
        next = match (next, cursor.peek()) {
            (Next::FirstItem, Some(b']')) | (Next::FirstKey, Some(b'}')) => {
                cursor.step();
                builder.end()?;
                Next::Separator
            }
            (Next::Value | Next::FirstItem, Some(b'{')) => {
                cursor.step();
                builder.start_mapping(at, 0)?;
                Next::FirstKey
            }
            (Next::Value | Next::FirstItem, Some(b'[')) => {
                cursor.step();
                builder.start_sequence(at, 0)?;
                Next::FirstItem
            }
            (Next::Value | Next::FirstItem, _) => {
                let fault = |(at, message)| builder.fatal(Code::JsonSyntax, at, message);
                let Some(scalar) = scalar(cursor, at).map_err(fault)? else {
                    return unexpected("a value", cursor, builder);
                };
                builder.scalar(scalar, at, 0)?;
                Next::Separator
            }
            (Next::Key | Next::FirstKey, Some(b'"')) => {
                let fault = |(at, message)| builder.fatal(Code::JsonSyntax, at, message);
                let key = string(cursor).map_err(fault)?;
                cursor.skip_blank();
                if cursor.peek() != Some(b':') {
                    return unexpected("`:` after the key", cursor, builder);
                }
                cursor.step();
                builder.key(key, at)?;
                Next::Value
            }
            (Next::Key | Next::FirstKey, _) => {
                return unexpected("a key in double quotes", cursor, builder);
            }
            (Next::Separator, found) => match (builder.place(), found) {
                (Place::Item, Some(b',')) => {
                    cursor.step();
                    Next::Value
                }
                (Place::Key | Place::Value(_), Some(b',')) => {
                    cursor.step();
                    Next::Key
                }
                (Place::Item, Some(b']')) | (Place::Key | Place::Value(_), Some(b'}')) => {
                    cursor.step();
                    builder.end()?;
                    Next::Separator
                }
                (Place::Item, _) => return unexpected("`,` or `]`", cursor, builder),
                (Place::Key | Place::Value(_), _) => {
                    return unexpected("`,` or `}`", cursor, builder);
                }
                (Place::Root, _) => return Ok(()),
            },
        };
        if matches!(next, Next::Separator) && builder.place() == Place::Root {
            return Ok(());
        }
    }
}

/// What is wrong inside a scalar, and where.
type Fault = (Position, String);

fn fault(cursor: &Cursor<'_>, message: String) -> Fault {
    (cursor.clone().position(), message)
}

/// The scalar at a position; none if something else stands there.
fn scalar(cursor: &mut Cursor<'_>, at: Position) -> Result<Option<Value>, Fault> {
    let word = match cursor.peek() {
        Some(b'"') => return string(cursor).map(Value::String).map(Some),
        Some(b'-' | b'0'..=b'9' | b'a'..=b'z') => cursor.word(),
        _ => return Ok(None),
    };
    Ok(Some(match word {
        "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => number(word).map_err(|message| (at, message))?,
    }))
}

/// A number in JSON's grammar, as the server decodes it.
fn number(word: &str) -> Result<Value, String> {
    let refused = || format!("`{word}` is no JSON value; put text in double quotes");
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let whole = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if whole == 0 || (whole > 1 && unsigned.starts_with('0')) {
        return Err(refused());
    }
    if whole == unsigned.len() {
        if let Ok(number) = word.parse() {
            return Ok(Value::Integer(number));
        }
    } else {
        // YAML has `1.` and `1.e5` as well.
        let fraction = unsigned.get(whole..).unwrap_or_default();
        if fraction.starts_with('.') && !fraction.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
            return Err(refused());
        }
    }
    let number = float::parse(word).ok_or_else(refused)?;
    float_value(number).ok_or_else(|| format!("`{word}` is too great for a number"))
}

/// A string; the cursor stands on its first quote.
fn string(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    cursor.step();
    let mut text = String::new();
    loop {
        text.push_str(cursor.run());
        match cursor.peek() {
            Some(b'"') => {
                cursor.step();
                return Ok(text);
            }
            Some(b'\\') => {
                cursor.step();
                text.push(escape(cursor)?);
            }
            Some(_) => {
                return Err(fault(
                    cursor,
                    format!("a string cannot hold {} as it is; escape it", cursor.describe()),
                ));
            }
            None => return Err(fault(cursor, "this string has no end; close it with `\"`".to_string())),
        }
    }
}

/// What follows a backslash.
fn escape(cursor: &mut Cursor<'_>) -> Result<char, Fault> {
    let Some(byte) = cursor.peek() else {
        return Err(fault(cursor, "this string has no end; close it with `\"`".to_string()));
    };
    let character = match byte {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            cursor.step();
            return unicode(cursor);
        }
        _ => return Err(fault(cursor, format!("JSON has no escape with {}", cursor.describe()))),
    };
    cursor.step();
    Ok(character)
}

/// What follows `\u`; half a surrogate pair becomes U+FFFD, as it does on the server.
fn unicode(cursor: &mut Cursor<'_>) -> Result<char, Fault> {
    let first = hex(cursor)?;
    if !(0xd800..0xdc00).contains(&first) {
        return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    let rewind = cursor.clone();
    if cursor.eat("\\u") {
        let second = hex(cursor)?;
        if let Some(Ok(pair)) =
            char::decode_utf16([first, second].iter().filter_map(|unit| u16::try_from(*unit).ok())).next()
        {
            return Ok(pair);
        }
        // The second half is no half: it stands for itself.
        *cursor = rewind;
    }
    Ok(char::REPLACEMENT_CHARACTER)
}

fn hex(cursor: &mut Cursor<'_>) -> Result<u32, Fault> {
    let mut code = 0;
    for _ in 0..4 {
        let digit = cursor.peek().and_then(|byte| char::from(byte).to_digit(16));
        let Some(digit) = digit else {
            return Err(fault(
                cursor,
                format!("`\\u` takes four hexadecimal digits, found {}", cursor.describe()),
            ));
        };
        code = (code << 4) | digit;
        cursor.step();
    }
    Ok(code)
}

/// A place in the text.
#[derive(Clone)]
struct Cursor<'a> {
    text: &'a str,
    byte: usize,
    /// The place up to which characters were counted.
    counted: usize,
    line: u32,
    /// Characters of the line before `counted`.
    column: u32,
}

impl<'a> Cursor<'a> {
    fn new(segment: &Segment<'a>) -> Self {
        Self { text: segment.text, byte: 0, counted: 0, line: segment.line, column: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.byte).copied()
    }

    fn step(&mut self) {
        self.byte = self.byte.saturating_add(1);
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.text.get(self.byte..).is_some_and(|rest| rest.starts_with(text));
        if found {
            self.byte = self.byte.saturating_add(text.len());
        }
        found
    }

    /// Skips blanks and counts lines; a line ends with LF, CR or both.
    fn skip_blank(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.step();
            if byte == b'\n' || (byte == b'\r' && self.peek() != Some(b'\n')) {
                self.line = self.line.saturating_add(1);
                self.counted = self.byte;
                self.column = 0;
            }
        }
    }

    /// The position in lines and characters. Each character is counted once however often this is
    /// asked for, so minified text costs no more than any other.
    fn position(&mut self) -> Position {
        let passed = self.text.as_bytes().get(self.counted..self.byte).unwrap_or_default();
        let characters = passed.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count();
        self.column = self.column.saturating_add(u32::try_from(characters).unwrap_or(u32::MAX));
        self.counted = self.byte;
        Position { line: self.line, column: self.column.saturating_add(1) }
    }

    /// Takes what can be part of a word or a number.
    fn word(&mut self) -> &'a str {
        self.take(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_'))
    }

    /// Takes what a string may hold as it is.
    fn run(&mut self) -> &'a str {
        self.take(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20))
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let start = self.byte;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| wanted(**byte)).count();
        self.byte = start.saturating_add(length);
        self.text.get(start..self.byte).unwrap_or_default()
    }

    /// What stands here, for a message.
    fn describe(&self) -> String {
        match self.text.get(self.byte..).and_then(|rest| rest.chars().next()) {
            None => "the end of the text".to_string(),
            Some(character) if character.is_control() => format!("U+{:04X}", u32::from(character)),
            Some(character) => format!("`{character}`"),
        }
    }
}
