//! Reads the plain part of YAML by itself: block mappings and lists, flow style on one line, names and numbers, quoted
//! texts without escapes. Nearly all manifests are written in it, and it is read ten times as fast.
//!
//! It never guesses. Where a document has anything else, a mistake among it, nothing is read, and the parser of all of YAML
//! begins anew. What is read goes to the same builder in the same order, so that nobody can tell which of the two it was; a
//! test changes many texts at random places and compares.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::Parsed;
use super::builder::{Budget, Builder};
use super::split::Segment;
use super::yaml::scalar;
use crate::manifest::tree::Position;

/// Levels of flow style that are read here.
const FLOW_DEPTH: u8 = 32;
/// How long a key may be: the parser gives up looking for its colon at 1024.
const KEY: usize = 500;

/// Reads a segment; nothing where that is for the parser.
pub(super) fn read(segment: &Segment<'_>, budget: &mut Budget) -> Option<Parsed> {
    if !segment.text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return None;
    }
    let mut reader = Reader { builder: Builder::new(budget), open: Vec::new(), next: Next::Root };
    for (line, text) in (segment.line..).zip(segment.text.split('\n')) {
        reader.line(Rest { text, at: Position { line, column: 1 } })?;
    }
    reader.close_all()?;
    let (root, problems) = reader.builder.finish();
    let mut parsed = Parsed { documents: Vec::new(), problems };
    parsed.keep(root);
    Some(parsed)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mapping,
    Sequence,
}

/// A mapping or a list in block style whose end is still to come.
#[derive(Clone, Copy)]
struct Open {
    kind: Kind,
    /// The column of its entries.
    column: u32,
}

/// What comes next in the innermost of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing was read so far.
    Root,
    /// The first line of the document was.
    FirstLine,
    /// An entry.
    Entry,
    /// The value of a key that stands alone in its line.
    Value,
    /// The item of a dash that stands alone in its line.
    Item,
}

/// What is left of a line.
#[derive(Clone, Copy)]
struct Rest<'a> {
    text: &'a str,
    /// Where it starts.
    at: Position,
}

/// A plain or a quoted text.
struct Text<'a> {
    text: &'a str,
    is_plain: bool,
    at: Position,
}

impl<'a> Rest<'a> {
    fn first(self) -> Option<u8> {
        self.text.as_bytes().first().copied()
    }

    fn skip(self, bytes: usize) -> Option<Self> {
        let column = self.at.column.checked_add(u32::try_from(bytes).ok()?)?;
        Some(Self { text: self.text.get(bytes..)?, at: Position { column, ..self.at } })
    }

    fn skip_blanks(self) -> Option<Self> {
        self.skip(self.text.bytes().take_while(|byte| *byte == b' ').count())
    }

    /// Whether nothing but a comment follows, if blanks stand before it.
    fn is_over(self) -> bool {
        self.text.is_empty() || self.text.starts_with('#')
    }

    fn is_item(self) -> bool {
        self.text == "-" || self.text.starts_with("- ")
    }

    /// What follows a value, which has to be nothing but a comment.
    fn ends(self) -> Option<()> {
        let after = self.skip_blanks()?;
        (after.text.is_empty() || (after.is_over() && after.at != self.at)).then_some(())
    }

    /// A text up to a length, and what follows it.
    fn cut(self, length: usize, is_plain: bool) -> Option<(Text<'a>, Self)> {
        Some((Text { text: self.text.get(..length)?, is_plain, at: self.at }, self.skip(length)?))
    }

    /// A text in quotes, and what follows them.
    fn quoted(self) -> Option<(Text<'a>, Self)> {
        let quote = self.first().filter(|byte| matches!(byte, b'"' | b'\''))?;
        let inside = self.skip(1)?;
        let length = inside.text.bytes().position(|byte| byte == quote || byte == b'\\')?;
        let after = inside.skip(length)?;
        let is_sound = after.first() == Some(quote) && after.skip(1)?.first() != Some(quote);
        let text = Text { text: inside.text.get(..length)?, is_plain: false, at: self.at };
        is_sound.then_some((text, after.skip(1)?))
    }

    /// A name, a number, an address, and what follows it.
    fn word(self) -> Option<(Text<'a>, Self)> {
        let bytes = self.text.as_bytes();
        if !starts_word(bytes) {
            return None;
        }
        let mut length = 0_usize;
        let mut rest = bytes;
        while let [byte, after @ ..] = rest {
            let goes_on = match byte {
                b':' => after.first().is_some_and(|next| is_of_word(*next)),
                b'-' => true,
                byte => is_of_word(*byte),
            };
            if !goes_on {
                break;
            }
            length = length.checked_add(1)?;
            rest = after;
        }
        self.cut(length, true)
    }

    /// A key with its colon, and what follows it.
    fn key(self) -> Option<(Text<'a>, Self)> {
        let (key, after) = self.quoted().or_else(|| self.word())?;
        let is_key = key.text.len() <= KEY && (after.text == ":" || after.text.starts_with(": "));
        is_key.then_some((key, after.skip(1)?))
    }

    /// The plain text that ends the line, and what follows it.
    fn line_of_words(self) -> Option<(Text<'a>, Self)> {
        if !starts_word(self.text.as_bytes()) {
            return None;
        }
        let mut before = b':';
        let mut end = self.text.len();
        for (place, byte) in self.text.bytes().enumerate() {
            match (before, byte) {
                // A key inside of a value.
                (b':', b' ') => return None,
                (b' ', b'#') => {
                    end = place;
                    break;
                }
                _ => before = byte,
            }
        }
        let text = self.text.get(..end)?.trim_end_matches(' ');
        if text.ends_with(':') { None } else { self.cut(text.len(), true) }
    }
}

/// Whether a plain text may start so, which is narrower here than in YAML.
fn starts_word(bytes: &[u8]) -> bool {
    match bytes {
        [b'-', next, ..] => next.is_ascii_alphanumeric(),
        [b'.', b'.', ..] | [] => false,
        [first, ..] => is_of_word(*first),
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/')
}

struct Reader<'b> {
    builder: Builder<'b>,
    open: Vec<Open>,
    next: Next,
}

impl Reader<'_> {
    fn line(&mut self, line: Rest<'_>) -> Option<()> {
        let rest = line.skip_blanks()?;
        if rest.is_over() {
            return Some(());
        }
        if rest.text.starts_with("---") && rest.at == line.at {
            let is_start = self.next == Next::Root && rest.text.trim_end_matches(' ') == "---";
            self.next = Next::FirstLine;
            return is_start.then_some(());
        }
        let goes_on = self.close_to(rest)?;
        self.entry(rest, goes_on)
    }

    /// Closes what a line with that entry is no more part of; tells whether the entry goes on with what is open, or starts
    /// something.
    fn close_to(&mut self, rest: Rest<'_>) -> Option<bool> {
        let column = rest.at.column;
        while let Some(open) = self.open.last() {
            if open.column < column {
                return matches!(self.next, Next::Value | Next::Item).then_some(false);
            }
            if open.column == column {
                match (open.kind, rest.is_item()) {
                    (Kind::Mapping, false) | (Kind::Sequence, true) => {
                        self.nothing()?;
                        return Some(true);
                    }
                    // A list may stand right below its key.
                    (Kind::Mapping, true) => return (self.next == Next::Value).then_some(false),
                    (Kind::Sequence, false) => {}
                }
            }
            self.close()?;
        }
        matches!(self.next, Next::Root | Next::FirstLine).then_some(false)
    }

    fn close_all(&mut self) -> Option<()> {
        // What has no content the parser knows best.
        if matches!(self.next, Next::Root | Next::FirstLine) {
            return None;
        }
        while !self.open.is_empty() {
            self.close()?;
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.nothing()?;
        self.open.pop();
        self.builder.end().ok()
    }

    /// The value that a key without one has.
    fn nothing(&mut self) -> Option<()> {
        match self.next {
            Next::Value => {
                self.next = Next::Entry;
                scalar(Cow::Borrowed(""), true, 0, None, Position::default(), &mut self.builder).ok()
            }
            Next::Item => None,
            Next::Root | Next::FirstLine | Next::Entry => Some(()),
        }
    }

    fn start(&mut self, kind: Kind, column: u32, at: Position) -> Option<()> {
        self.open.push(Open { kind, column });
        match kind {
            Kind::Mapping => self.builder.start_mapping(at, 0).ok(),
            Kind::Sequence => self.builder.start_sequence(at, 0).ok(),
        }
    }

    /// What a line has: an item with what is in it, a key with its value, or a value.
    fn entry(&mut self, rest: Rest<'_>, goes_on: bool) -> Option<()> {
        let (mut rest, mut goes_on) = (rest, goes_on);
        while rest.is_item() {
            let item = rest.skip(1)?.skip_blanks()?;
            if !goes_on {
                let column = rest.at.column;
                // The parser says of a list right below its key that it starts with its first item, not with its first dash.
                let is_below = self.open.last().is_some_and(|open| open.column == column);
                if is_below && item.is_over() {
                    return None;
                }
                self.start(Kind::Sequence, column, if is_below { item.at } else { rest.at })?;
            }
            (rest, goes_on) = (item, false);
            if rest.is_over() {
                self.next = Next::Item;
                return Some(());
            }
        }
        let Some((key, after)) = rest.key() else {
            return if goes_on { None } else { self.value(rest) };
        };
        if !goes_on {
            self.start(Kind::Mapping, rest.at.column, rest.at)?;
        }
        self.scalar(&key)?;
        let value = after.skip_blanks()?;
        if value.is_over() {
            self.next = Next::Value;
            return Some(());
        }
        self.value(value)
    }

    /// A value with which its line ends.
    fn value(&mut self, rest: Rest<'_>) -> Option<()> {
        let after = match rest.first()? {
            b'{' | b'[' => self.flow(rest, FLOW_DEPTH)?,
            // A text alone is no document that anybody reads.
            _ if self.open.is_empty() => return None,
            b'"' | b'\'' => self.text(rest.quoted()?)?,
            _ => self.text(rest.line_of_words()?)?,
        };
        self.next = Next::Entry;
        after.ends()
    }

    fn text<'a>(&mut self, (text, after): (Text<'_>, Rest<'a>)) -> Option<Rest<'a>> {
        self.scalar(&text)?;
        Some(after)
    }

    fn scalar(&mut self, text: &Text<'_>) -> Option<()> {
        scalar(Cow::Borrowed(text.text), text.is_plain, 0, None, text.at, &mut self.builder).ok()
    }

    /// A value in flow style; gives what follows it.
    fn flow<'a>(&mut self, rest: Rest<'a>, depth: u8) -> Option<Rest<'a>> {
        let (is_mapping, close) = match rest.first()? {
            b'{' => (true, b'}'),
            b'[' => (false, b']'),
            b'"' | b'\'' => return self.text(rest.quoted()?),
            _ => return self.text(rest.word()?),
        };
        let depth = depth.checked_sub(1)?;
        if is_mapping {
            self.builder.start_mapping(rest.at, 0).ok()?;
        } else {
            self.builder.start_sequence(rest.at, 0).ok()?;
        }
        let mut rest = rest.skip(1)?.skip_blanks()?;
        let mut is_empty = true;
        while rest.first()? != close || !is_empty {
            if is_mapping {
                let (key, after) = rest.key()?;
                self.scalar(&key)?;
                rest = after.skip_blanks()?;
            }
            rest = self.flow(rest, depth)?.skip_blanks()?;
            is_empty = false;
            match rest.first()? {
                b',' => rest = rest.skip(1)?.skip_blanks()?,
                byte if byte == close => break,
                _ => return None,
            }
        }
        self.builder.end().ok()?;
        rest.skip(1)
    }
}
