//! Finds the part of a text that a field is: where it starts, and where it ends.

use portcullis::manifest::tree::{Node, Value};

use crate::place::Lines;

/// A part of a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// One document in its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'a> {
    pub(crate) text: &'a str,
    pub(crate) lines: &'a Lines,
    /// The line of the text that the document starts in, from 1.
    pub(crate) first: u32,
    pub(crate) root: &'a Node,
}

/// A step to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

/// The value of a field on the way to another.
#[derive(Clone, Copy)]
struct Found<'a> {
    /// Where the key starts, else the value.
    from: usize,
    node: &'a Node,
    /// The column of the key, or of the item, from 1: what is indented further belongs to it.
    column: u32,
    /// Whether it stands between brackets or braces.
    in_flow: bool,
}

impl<'a> Located<'a> {
    /// A field of the object that holds a line of the text; where the field is not there, what is nearest to it on the
    /// way, unless it has to be exact.
    pub(crate) fn field(&self, line: u32, field: &str, is_exact: bool) -> Option<Range> {
        let mut found = self.object(line)?;
        for step in steps(field) {
            match self.step(found, step) {
                Some(next) => found = next,
                None if is_exact => return None,
                None => break,
            }
        }
        Some(Range { from: found.from, to: self.end(found).max(found.from) })
    }

    /// The object around a line: the document, or the item of a list of objects.
    fn object(&self, line: u32) -> Option<Found<'a>> {
        let root = self.found(self.root, self.root.at, false);
        let Value::Mapping(fields) = &self.root.value else { return Some(root) };
        let is_list = |key: &str, value: &Value| {
            key == "kind" && matches!(value, Value::String(kind) if kind.ends_with("List"))
        };
        if !fields.iter().any(|field| is_list(&field.key, &field.node.value)) {
            return Some(root);
        }
        let items = self.step(root, Step::Key("items"))?;
        let Value::Sequence(nodes) = &items.node.value else { return Some(root) };
        let line = line.saturating_sub(self.first).saturating_add(1);
        let before = nodes.iter().rposition(|node| node.at.line <= line);
        Some(before.and_then(|at| self.step(items, Step::Item(at))).unwrap_or(root))
    }

    fn found(&self, node: &'a Node, at: portcullis::source::Position, in_flow: bool) -> Found<'a> {
        Found { from: self.offset(at), node, column: at.column, in_flow }
    }

    fn offset(&self, at: portcullis::source::Position) -> usize {
        let line = self.first.saturating_add(at.line).saturating_sub(1);
        self.lines.byte(self.text, line, at.column)
    }

    fn step(&self, found: Found<'a>, step: Step<'_>) -> Option<Found<'a>> {
        let in_flow = found.in_flow || self.text.get(self.offset(found.node.at)..)?.starts_with(['{', '[']);
        match (&found.node.value, step) {
            (Value::Mapping(fields), Step::Key(key)) => {
                let field = fields.iter().find(|field| field.key == key)?;
                Some(self.found(&field.node, field.at, in_flow))
            }
            (Value::Sequence(items), Step::Item(index)) => {
                let item = items.get(index)?;
                Some(self.found(item, item.at, in_flow))
            }
            _ => None,
        }
    }

    /// Where a value ends.
    fn end(&self, found: Found<'a>) -> usize {
        let start = self.offset(found.node.at);
        let rest = self.text.get(start..).unwrap_or_default();
        if rest.starts_with(['{', '[']) {
            return start.saturating_add(bracket_length(rest));
        }
        let last = match &found.node.value {
            Value::Mapping(fields) => {
                fields.last().map(|field| self.found(&field.node, field.at, found.in_flow))
            }
            Value::Sequence(items) => items.last().map(|item| self.found(item, item.at, found.in_flow)),
            Value::Null if !is_null(rest) => return self.end_of_key(found),
            _ if !found.in_flow && self.is_block(found.from, start) => {
                return start.saturating_add(block_length(rest, found.column));
            }
            _ => return start.saturating_add(scalar_length(rest, found.column, found.in_flow)),
        };
        match last.map(|last| self.end(last)) {
            Some(end) if end > start => end,
            // What an alias stands for lies elsewhere.
            _ => start.saturating_add(scalar_length(rest, found.column, found.in_flow)),
        }
    }

    /// Whether a head such as `|-` stands between a key and its value, which then begins with the first line below.
    fn is_block(&self, from: usize, start: usize) -> bool {
        let between = self.text.get(from..start).unwrap_or_default();
        let Some((head, _)) = between.split_once('\n') else { return false };
        let head = head.split(" #").next().unwrap_or_default();
        head.split_whitespace().next_back().is_some_and(|word| word.starts_with(['|', '>']))
    }

    /// The end of a key without a value.
    fn end_of_key(&self, found: Found<'a>) -> usize {
        let rest = self.text.get(found.from..).unwrap_or_default();
        found.from.saturating_add(rest.find(['\n', '\r', ',', '}']).unwrap_or(rest.len()))
    }
}

/// `spec.ingress[0].from` and `metadata.labels[app]` in steps.
fn steps(field: &str) -> impl Iterator<Item = Step<'_>> {
    let mut rest = field;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('.');
        if rest.is_empty() {
            return None;
        }
        if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            rest = after;
            return Some(inside.parse().map_or(Step::Key(inside), Step::Item));
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        rest = after;
        Some(Step::Key(key))
    })
}

fn is_null(text: &str) -> bool {
    ["~", "null", "Null", "NULL"].iter().any(|word| text.starts_with(word))
}

/// How long the brackets are that a text begins with, with all between them.
fn bracket_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut before = ' ';
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let is_start = before.is_whitespace() || matches!(before, '{' | '[' | ',' | ':');
        let length = match c {
            '"' | '\'' if is_start => quoted_length(rest),
            '#' if before.is_whitespace() => rest.find('\n').unwrap_or(rest.len()),
            '{' | '[' => {
                depth = depth.saturating_add(1);
                1
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.saturating_add(1);
                }
                1
            }
            other => other.len_utf8(),
        };
        before = c;
        at = at.saturating_add(length);
    }
    text.len()
}

/// How long the text in quotes is that a text begins with.
pub(crate) fn quoted_length(text: &str) -> usize {
    let Some(quote) = text.chars().next() else { return 0 };
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && quote == '"' {
            characters.next();
        } else if c == quote {
            if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
                continue;
            }
            return at.saturating_add(1);
        }
    }
    text.len()
}

/// How long the scalar is that a text begins with.
pub(crate) fn scalar_length(text: &str, column: u32, in_flow: bool) -> usize {
    match text.chars().next() {
        Some('"' | '\'') => quoted_length(text),
        Some('|' | '>') if !in_flow => block_length(text, column),
        _ => plain_length(text, in_flow),
    }
}

fn plain_length(text: &str, in_flow: bool) -> usize {
    let mut before = ' ';
    let mut end = 0_usize;
    for (at, c) in text.char_indices() {
        let stops = matches!(c, '\n' | '\r')
            || (c == '#' && before.is_whitespace())
            || (in_flow && matches!(c, ',' | '}' | ']'));
        if stops {
            break;
        }
        if !c.is_whitespace() {
            end = at.saturating_add(c.len_utf8());
        }
        before = c;
    }
    end
}

/// A block scalar goes on as long as lines are empty or indented further than its key.
fn block_length(text: &str, column: u32) -> usize {
    let mut end = text.find('\n').unwrap_or(text.len());
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next() else { return end };
    let mut offset = first.len();
    for line in lines {
        let content = line.trim_end_matches(['\n', '\r']);
        let indent = content.len().saturating_sub(content.trim_start_matches(' ').len());
        let is_inside =
            content.trim().is_empty() || u32::try_from(indent).is_ok_and(|indent| indent >= column);
        if !is_inside {
            break;
        }
        if !content.trim().is_empty() {
            end = offset.saturating_add(content.len());
        }
        offset = offset.saturating_add(line.len());
    }
    end
}

#[cfg(test)]
mod tests {
    use portcullis::manifest::text::{Limits, parse};

    use super::*;

    /// The part of a text that a field of the object at a line is.
    fn part<'a>(text: &'a str, line: u32, field: &str) -> Option<&'a str> {
        let root = parse(text, &Limits::default()).documents.pop().unwrap().root;
        let lines = Lines::of(text);
        let located = Located { text, lines: &lines, first: 1, root: &root };
        let Range { from, to } = located.field(line, field, true)?;
        text.get(from..to)
    }

    const BLOCK: &str = "\
kind: NetworkPolicy
metadata:
  labels: {app.kubernetes.io/name: 'it''s', \"b\": [1, 2]}   # a comment
spec:
  ingress:
  - from:
    - ipBlock:
        cidr: 10.0.0.0/8   # all of it
    # of the next
    - podSelector: {}
  -
    ports:
    - port: 80
  note: |
    one
      two

  empty:
  last: \"a # b\"
";

    #[test]
    fn a_part_ends_where_its_last_value_does() {
        let cases = [
            ("metadata.labels[app.kubernetes.io/name]", "app.kubernetes.io/name: 'it''s'"),
            ("metadata.labels[b]", "\"b\": [1, 2]"),
            ("metadata.labels", "labels: {app.kubernetes.io/name: 'it''s', \"b\": [1, 2]}"),
            ("spec.ingress[0].from[0].ipBlock.cidr", "cidr: 10.0.0.0/8"),
            ("spec.ingress[0].from[0]", "ipBlock:\n        cidr: 10.0.0.0/8"),
            ("spec.ingress[0].from[1]", "podSelector: {}"),
            ("spec.ingress[1]", "ports:\n    - port: 80"),
            ("spec.note", "note: |\n    one\n      two"),
            ("spec.empty", "empty:"),
            ("spec.last", "last: \"a # b\""),
        ];
        for (field, expected) in cases {
            assert_eq!(part(BLOCK, 1, field), Some(expected), "{field}");
        }
        for field in ["spec.egress", "spec.ingress[2]", "spec.last.more"] {
            assert_eq!(part(BLOCK, 1, field), None, "{field}");
        }
    }

    #[test]
    fn json_and_lists_are_read_alike() {
        let json = r#"{"kind": "Pod", "spec": {"a": [{"b": "}"}, null], "c": 5}}"#;
        let cases = [
            ("spec.a[0]", "{\"b\": \"}\"}"),
            ("spec.a[0].b", "\"b\": \"}\""),
            ("spec.a[1]", "null"),
            ("spec.c", "\"c\": 5"),
        ];
        for (field, expected) in cases {
            assert_eq!(part(json, 1, field), Some(expected), "{field}");
        }
        let list =
            "kind: List\nitems:\n- kind: Pod\n  metadata: {name: a}\n- kind: Pod\n  metadata: {name: b}\n";
        assert_eq!(part(list, 4, "metadata.name"), Some("name: a"));
        assert_eq!(part(list, 6, "metadata.name"), Some("name: b"));
    }
}
