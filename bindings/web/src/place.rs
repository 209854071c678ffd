//! Places in texts, as JavaScript counts them.

use std::cell::RefCell;
use std::rc::Rc;

use portcullis::manifest::edit::Edit;
use portcullis::manifest::text::{Limits, parse};
use portcullis::manifest::tree::Node;
use portcullis::manifest::{Problem, Workspace};
use portcullis::policy::Policy;
use portcullis::sorted::SortedMap;
use portcullis::source::Origin;
use serde_json::{Value, json};

use crate::locate::{Located, Range, scalar_length};

/// Where the lines of a text start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    /// In bytes, and in UTF-16 units.
    starts: Vec<(usize, usize)>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let (mut byte, mut unit): (usize, usize) = match text.strip_prefix('\u{feff}') {
            Some(_) => ('\u{feff}'.len_utf8(), 1),
            None => (0, 0),
        };
        let mut starts = vec![(byte, unit)];
        let mut rest = text.get(byte..).unwrap_or_default();
        let is_ascii = rest.is_ascii();
        // One character is found faster than either of two, and hardly any text has the other.
        let has_cr = rest.contains('\r');
        let end_of = |rest: &str| {
            let stop = if has_cr { rest.find(['\n', '\r']) } else { rest.find('\n') }?;
            let is_both = rest.get(stop..).is_some_and(|end| end.starts_with("\r\n"));
            Some(stop.saturating_add(if is_both { 2 } else { 1 }))
        };
        while let Some(end) = end_of(rest) {
            let (line, after) = rest.split_at(end);
            byte = byte.saturating_add(line.len());
            unit = unit.saturating_add(if is_ascii { line.len() } else { units(line) });
            starts.push((byte, unit));
            rest = after;
        }
        Self { starts }
    }

    fn line(&self, line: u32) -> (usize, usize) {
        let at = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        self.starts.get(at).or(self.starts.last()).copied().unwrap_or_default()
    }

    /// The byte at a line and a column, both from 1.
    pub(crate) fn byte(&self, text: &str, line: u32, column: u32) -> usize {
        let (start, _) = self.line(line);
        let rest = text.get(start..).unwrap_or_default();
        let skipped = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
        let length = rest.char_indices().nth(skipped).map_or(rest.len(), |(at, _)| at);
        start.saturating_add(length)
    }

    /// The line that a byte is in, from 1, and where it starts.
    fn line_of(&self, byte: usize) -> (usize, (usize, usize)) {
        let after = self.starts.partition_point(|(start, _)| *start <= byte);
        let at = after.saturating_sub(1);
        (after.max(1), self.starts.get(at).copied().unwrap_or_default())
    }
}

/// How many UTF-16 units a text has.
pub(crate) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// What a document says, shared by those who look for places in it.
type Tree = Rc<Vec<Node>>;

/// What was found out about places of the texts as they are.
#[derive(Debug, Default)]
pub(crate) struct Places {
    lines: RefCell<SortedMap<String, Rc<Lines>>>,
    /// By the name of the text and the line that the document starts in.
    trees: RefCell<SortedMap<(String, u32), Tree>>,
}

impl Places {
    fn lines(&self, name: &str, text: &str) -> Rc<Lines> {
        let mut known = self.lines.borrow_mut();
        Rc::clone(known.entry(name.to_string()).or_insert_with(|| Rc::new(Lines::of(text))))
    }

    /// A field of the object at a line of a text; nothing where it is not there.
    pub(crate) fn field(
        &self,
        texts: &Workspace,
        name: &str,
        line: u32,
        field: &str,
        is_exact: bool,
    ) -> Value {
        self.range(texts, name, line, field, is_exact)
            .map_or(Value::Null, |(text, lines, range)| span(name, text, &lines, range))
    }

    fn range<'a>(
        &self,
        texts: &'a Workspace,
        name: &str,
        line: u32,
        field: &str,
        is_exact: bool,
    ) -> Option<(&'a str, Rc<Lines>, Range)> {
        let text = texts.text(name)?;
        let document = texts.document_at(name, line)?;
        let lines = self.lines(name, text);
        let read = || {
            let parsed = parse(document.text, &Limits::default());
            Rc::new(parsed.documents.into_iter().map(|document| document.root).collect())
        };
        let key = (name.to_string(), document.line);
        let roots = Rc::clone(self.trees.borrow_mut().entry(key).or_insert_with(read));
        let below = line.saturating_sub(document.line).saturating_add(1);
        let root = roots.iter().rfind(|root| root.at.line <= below).or(roots.first())?;
        let located = Located { text, lines: &lines, first: document.line, root };
        let range = located.field(line, field, is_exact)?;
        Some((text, lines, range))
    }

    /// A field of a policy, or what is nearest to it; all of the policy for no field.
    pub(crate) fn of_policy(&self, texts: &Workspace, policy: &Policy, field: &str) -> Value {
        let Origin { file: Some(file), at } = texts.origin(&policy.origin) else { return Value::Null };
        self.field(texts, &file, at.line, field, false)
    }

    /// What a problem is about.
    pub(crate) fn of_problem(&self, texts: &Workspace, problem: &Problem) -> Value {
        let Problem { file, line, column, field, .. } = problem;
        let Some((text, lines, Range { from, to })) = self.word_range(texts, file, *line, *column) else {
            return Value::Null;
        };
        // Between brackets the field ends before its line does.
        let field = self.range(texts, file, *line, field, true).map(|(_, _, field)| field.to);
        let to = field.filter(|end| (from..to).contains(end)).unwrap_or(to);
        span(file, text, &lines, Range { from, to })
    }

    /// What stands at a line and a column of a text, as far as that line goes.
    pub(crate) fn word(&self, texts: &Workspace, name: &str, line: u32, column: u32) -> Value {
        self.word_range(texts, name, line, column)
            .map_or(Value::Null, |(text, lines, range)| span(name, text, &lines, range))
    }

    /// Edits in bytes of a text, as changes in UTF-16 units.
    pub(crate) fn changes(&self, texts: &Workspace, name: &str, edits: &[Edit]) -> Vec<Value> {
        let text = texts.text(name).unwrap_or_default();
        let lines = self.lines(name, text);
        let unit = |byte: usize| {
            let byte = byte.min(text.len());
            let (_, (line_byte, line_unit)) = lines.line_of(byte);
            match text.get(line_byte..byte) {
                Some(part) => line_unit.saturating_add(units(part)),
                None => units(text.get(..byte).unwrap_or_default()),
            }
        };
        let change =
            |edit: &Edit| json!({ "from": unit(edit.start), "to": unit(edit.end), "insert": edit.text });
        edits.iter().map(change).collect()
    }

    fn word_range<'a>(
        &self,
        texts: &'a Workspace,
        name: &str,
        line: u32,
        column: u32,
    ) -> Option<(&'a str, Rc<Lines>, Range)> {
        let text = texts.text(name).filter(|_| line > 0)?;
        let lines = self.lines(name, text);
        let from = lines.byte(text, line, column);
        let rest = text.get(from..).unwrap_or_default();
        let length = scalar_length(rest.split(['\n', '\r']).next().unwrap_or_default(), 0, false);
        Some((text, lines, Range { from, to: from.saturating_add(length) }))
    }
}

fn span(name: &str, text: &str, lines: &Lines, Range { from, to }: Range) -> Value {
    let (line, (line_byte, line_unit)) = lines.line_of(from);
    let (_, (last_byte, last_unit)) = lines.line_of(to);
    let part = |start: usize, end: usize| text.get(start..end).unwrap_or_default();
    json!({
        "document": name,
        "line": line,
        "column": part(line_byte, from).chars().count().saturating_add(1),
        "from": line_unit.saturating_add(units(part(line_byte, from))),
        "to": last_unit.saturating_add(units(part(last_byte, to))),
        "fromByte": from,
        "toByte": to,
    })
}

/// The byte at a place in UTF-16 units; nothing where none is, or it lies within a character.
pub(crate) fn byte_at(text: &str, unit: usize) -> Option<usize> {
    if text.is_ascii() {
        return (unit <= text.len()).then_some(unit);
    }
    let mut seen = 0_usize;
    for (at, c) in text.char_indices() {
        if seen >= unit {
            return (seen == unit).then_some(at);
        }
        seen = seen.saturating_add(c.len_utf16());
    }
    (seen == unit).then_some(text.len())
}
