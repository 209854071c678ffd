//! Where in a text the parts of its documents stand, and in which style.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::part::{Content, Entry, Part, Step, read};
use super::{Edit, Fresh};
use crate::manifest::text::split;
use crate::source::Position;

/// The parts of a text; documents that cannot be read are left out.
#[derive(Clone, Debug)]
pub struct Layout<'t> {
    pub(super) text: &'t str,
    /// Shared, because those who look for places in it keep it with them.
    pub(super) roots: Arc<Vec<Part>>,
    /// How its lines end.
    newline: &'static str,
    /// By how much lists are indented below their keys.
    lists: usize,
}

impl<'t> Layout<'t> {
    /// Reads where things stand.
    ///
    /// # Complexity
    /// Linear in the text.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut offset = text.len().saturating_sub(body.len());
        let mut roots = Vec::new();
        for segment in split(body) {
            roots.extend(read(segment.text, segment.line, offset));
            offset = offset.saturating_add(segment.text.len());
        }
        let mut indents = Vec::new();
        roots.iter().for_each(|root| root.list_indents(text, &mut indents));
        let deep = indents.iter().filter(|indent| **indent > 0).count();
        let lists = if deep.saturating_mul(2) > indents.len() { 2 } else { 0 };
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { text, roots: Arc::new(roots), newline, lists }
    }

    /// The mapping that starts at a place, as loading says where an object starts.
    #[must_use]
    pub fn object(&self, at: Position) -> Option<&Part> {
        self.roots.iter().find_map(|root| root.find(at))
    }

    /// The object of a kind and name, among documents and the items of lists.
    #[must_use]
    pub fn named(&self, kind: &str, namespace: &str, name: &str) -> Option<&Part> {
        self.roots.iter().find_map(|root| self.named_in(root, kind, namespace, name))
    }

    fn named_in<'p>(&self, part: &'p Part, kind: &str, namespace: &str, name: &str) -> Option<&'p Part> {
        let is =
            |steps: &[Step<'_>], wanted: &str| part.go(steps).is_some_and(|it| it.text() == Some(wanted));
        let metadata = |key| [Step::Key("metadata"), Step::Key(key)];
        let is_in_namespace = is(&metadata("namespace"), namespace)
            || (namespace == "default" && part.go(&metadata("namespace")).is_none());
        if is(&[Step::Key("kind")], kind) && is(&metadata("name"), name) && is_in_namespace {
            return Some(part);
        }
        match &part.go(&[Step::Key("items")])?.content {
            Content::Sequence { items, .. } => {
                items.iter().find_map(|item| self.named_in(item, kind, namespace, name))
            }
            _ => None,
        }
    }

    /// The first document.
    #[must_use]
    pub fn first(&self) -> Option<&Part> {
        self.roots.first()
    }

    /// Whether all of the text is in the style of JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let text = self.text.trim_start_matches('\u{feff}').trim_start();
        let inside = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '[' | '{'));
        text.starts_with(['{', '[']) && inside.starts_with('"')
    }

    /// How many items a list has; nothing where it is none.
    #[must_use]
    pub fn length(&self, part: &Part) -> Option<usize> {
        match &part.content {
            Content::Sequence { items, .. } => Some(items.len()),
            _ => None,
        }
    }

    /// The text of a part.
    #[must_use]
    pub fn source(&self, part: &Part) -> &'t str {
        self.text.get(part.start..part.end).unwrap_or_default()
    }

    /// Puts an item after the last one of a list.
    #[must_use]
    pub fn insert_item(&self, list: &Part, item: &Fresh) -> Option<Edit> {
        let Content::Sequence { is_flow, items } = &list.content else { return None };
        if *is_flow {
            let fresh = item.flow(self.is_quoted(list));
            return self.insert_in_flow(list, items.last(), &fresh);
        }
        let (last, dash) = (items.last()?, list.dash(self.text)?);
        let lines = match &last.content {
            Content::Mapping { is_flow: true, .. } => alloc::vec![item.flow(false)],
            _ => item.block(self.lists),
        };
        let marks = core::iter::once("- ").chain(core::iter::repeat("  "));
        let lines: Vec<String> =
            lines.iter().zip(marks).map(|(line, mark)| format!("{mark}{line}")).collect();
        Some(self.insert_lines(last.end, dash, &lines))
    }

    /// Puts a key with a value after the last one of a mapping.
    #[must_use]
    pub fn insert_entry(&self, mapping: &Part, key: &str, value: &Fresh) -> Option<Edit> {
        let Content::Mapping { is_flow, entries } = &mapping.content else { return None };
        if *is_flow {
            let fresh = Fresh::map([(key, value.clone())]).flow(self.is_quoted(mapping));
            let fresh = fresh.strip_prefix('{')?.strip_suffix('}')?;
            return self.insert_in_flow(mapping, entries.last().map(|entry| &entry.value), fresh);
        }
        let last = entries.last()?;
        Some(self.insert_lines(last.value.end, mapping.column, &value.entry(key, self.lists)))
    }

    /// Puts an item into the list under a key, which may be missing, null or empty.
    #[must_use]
    pub fn append_under(&self, mapping: &Part, key: &str, item: &Fresh) -> Option<Edit> {
        let list = Fresh::List(alloc::vec![item.clone()]);
        let Some(entry) = mapping.entry(key) else { return self.insert_entry(mapping, key, &list) };
        match &entry.value.content {
            Content::Sequence { .. } => self.insert_item(&entry.value, item),
            Content::Scalar(_) if entry.value.start == entry.value.end => {
                let Content::Mapping { is_flow, .. } = &mapping.content else { return None };
                if *is_flow {
                    return None;
                }
                let indent = mapping.column.saturating_add(self.lists);
                Some(self.insert_lines(entry.value.end, indent, &list.block(self.lists)))
            }
            Content::Scalar(_) if matches!(self.source(&entry.value), "null" | "~") => {
                let text = list.flow(self.is_quoted(mapping));
                Some(Edit { start: entry.value.start, end: entry.value.end, text })
            }
            _ => None,
        }
    }

    /// Takes an item out of a list that keeps others.
    #[must_use]
    pub fn remove_item(&self, list: &Part, index: usize) -> Option<Edit> {
        let Content::Sequence { is_flow, items } = &list.content else { return None };
        let item = items.get(index)?;
        if items.len() < 2 {
            return None;
        }
        if *is_flow {
            let before = index.checked_sub(1).and_then(|index| items.get(index)).map(|before| before.end);
            let next = items.get(index.saturating_add(1)).map(|next| next.start);
            return self.remove_in_flow(before, (item.start, item.end), next);
        }
        let start = self.line_start(item.start);
        let line = self.text.get(start..)?;
        let dash = line.len().saturating_sub(line.trim_start_matches(' ').len());
        // An item that shares its line with what its list is in cannot go by lines.
        if Some(dash) != list.dash(self.text) || !line.trim_start_matches(' ').starts_with('-') {
            return None;
        }
        Some(Edit { start, end: self.next_line(item.end), text: String::new() })
    }

    /// Takes something out of brackets, with the comma between it and its neighbour.
    pub(super) fn remove_in_flow(
        &self,
        before: Option<usize>,
        own: (usize, usize),
        next: Option<usize>,
    ) -> Option<Edit> {
        let (start, end) = match (before, next) {
            (_, Some(next)) => (own.0, next),
            (Some(before), None) => (before, own.1),
            (None, None) => return None,
        };
        // What stands between may be a comment.
        let is_bare = self.is_json() || !self.text.get(start..end)?.contains('#');
        is_bare.then(|| Edit { start, end, text: String::new() })
    }

    /// Empties the list under a key, which has one item in block style or any number in flow style.
    #[must_use]
    pub fn empty_under(&self, mapping: &Part, key: &str) -> Option<Edit> {
        let entry = mapping.entry(key)?;
        let Content::Sequence { is_flow, .. } = &entry.value.content else { return None };
        let after_key = self.after_colon(entry)?;
        let text = if *is_flow { "[]" } else { " []" };
        let start = if *is_flow { entry.value.start } else { after_key };
        // A comment beside the key would be cut off.
        let between = self.text.get(start..entry.value.end)?;
        (*is_flow || !between.lines().next()?.contains('#')).then(|| Edit {
            start,
            end: entry.value.end,
            text: text.to_string(),
        })
    }

    /// Puts a document after the last one.
    #[must_use]
    pub fn append_document(&self, document: &Fresh) -> Option<Edit> {
        if self.is_json() {
            return None;
        }
        let newline = self.newline;
        let mut text = String::new();
        if !self.text.is_empty() && !self.text.ends_with(['\n', '\r']) {
            text.push_str(newline);
        }
        text.push_str("---");
        text.push_str(newline);
        for line in document.block(self.lists) {
            text.push_str(&line);
            text.push_str(newline);
        }
        let end = self.text.len();
        Some(Edit { start: end, end, text })
    }

    fn insert_in_flow(&self, container: &Part, last: Option<&Part>, fresh: &str) -> Option<Edit> {
        let close = container.end.checked_sub(1)?;
        if !self.text.get(close..container.end)?.contains([']', '}']) {
            return None;
        }
        let Some(last) = last else {
            let start = container.start.saturating_add(1);
            return Some(Edit { start, end: close, text: fresh.to_string() });
        };
        let rest = self.text.get(last.end..close)?;
        let comma = rest.find(',').map(|comma| last.end.saturating_add(comma).saturating_add(1));
        // In a list of one item a line the new one has a line too.
        let indent = self.text.get(self.line_start(last.start)..last.start)?;
        let is_alone = !indent.is_empty() && indent.trim().is_empty();
        let gap = if is_alone { format!("{}{indent}", self.newline) } else { " ".to_string() };
        let (at, text) = match comma {
            Some(at) => (at, format!("{gap}{fresh}")),
            None => (last.end, format!(",{gap}{fresh}")),
        };
        Some(Edit { start: at, end: at, text })
    }

    /// Lines after the one in which something ends, and after comments below it that are indented further than `column`.
    fn insert_lines(&self, end: usize, column: usize, lines: &[String]) -> Edit {
        let mut at = self.line_end(end);
        loop {
            let next = self.next_line(at);
            let Some(line) = self.text.get(next..).filter(|_| next > at) else { break };
            let indent = line.len().saturating_sub(line.trim_start_matches(' ').len());
            if indent <= column || !line.trim_start_matches(' ').starts_with('#') {
                break;
            }
            at = self.end_of_line(next);
        }
        let newline = self.newline;
        let indent = " ".repeat(column);
        let text = lines.iter().map(|line| format!("{newline}{indent}{line}")).collect();
        Edit { start: at, end: at, text }
    }

    /// The byte after the colon behind a key.
    fn after_colon(&self, entry: &Entry) -> Option<usize> {
        let rest = self.text.get(entry.key_part.end..)?;
        Some(entry.key_part.end.saturating_add(rest.find(':')?).saturating_add(1))
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.rfind(['\n', '\r']).map_or(0, |newline| newline.saturating_add(1))
    }

    /// The end of the line that something ends in; a block scalar may end behind its last line.
    fn line_end(&self, end: usize) -> usize {
        let before = self.text.get(..end).unwrap_or_default();
        let kept = before.trim_end_matches(['\n', '\r', ' ']);
        if before.ends_with(['\n', '\r']) || before.rfind('\n') >= Some(kept.len()) {
            return kept.len();
        }
        self.end_of_line(end)
    }

    /// The end of the line that a place is in.
    fn end_of_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        at.saturating_add(rest.find(['\n', '\r']).unwrap_or(rest.len()))
    }

    /// The start of the line after the one that something ends in.
    pub(super) fn next_line(&self, end: usize) -> usize {
        let line_end = self.line_end(end);
        let rest = self.text.get(line_end..).unwrap_or_default();
        let newline = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
        line_end.saturating_add(newline)
    }

    /// Whether the keys of a container are in quotes, as in JSON.
    fn is_quoted(&self, part: &Part) -> bool {
        self.is_json() || self.text.get(part.start..).is_some_and(|text| text.starts_with("{\""))
    }
}
