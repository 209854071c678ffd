//! Edits that change the shape of what is there: keys that go, items that become one.

use alloc::string::{String, ToString};

use super::part::{Content, Part, Step};
use super::{Edit, Layout};
use crate::source::Position;

impl Layout<'_> {
    /// The object around a place: a document, or the item of a list of objects.
    #[must_use]
    pub fn around(&self, at: Position) -> Option<&Part> {
        let root = self.roots.iter().rfind(|root| root.at <= at)?;
        let kind = root.go(&[Step::Key("kind")]).and_then(Part::text).unwrap_or_default();
        let items = root.go(&[Step::Key("items")]).filter(|_| kind.ends_with("List"));
        match items.map(|items| &items.content) {
            Some(Content::Sequence { items, .. }) => items.iter().rfind(|item| item.at <= at).or(Some(root)),
            _ => Some(root),
        }
    }

    /// Takes a key with its value out of a mapping that keeps others.
    #[must_use]
    pub fn remove_entry(&self, mapping: &Part, key: &str) -> Option<Edit> {
        let Content::Mapping { is_flow, entries } = &mapping.content else { return None };
        let index = entries.iter().rposition(|entry| entry.key == key)?;
        let (entry, next) = (entries.get(index)?, entries.get(index.saturating_add(1)));
        let before = index.checked_sub(1).and_then(|index| entries.get(index));
        let start = entry.key_part.start;
        if *is_flow {
            let own = (start, entry.value.end);
            let before = before.map(|before| before.value.end);
            return self.remove_in_flow(before, own, next.map(|next| next.key_part.start));
        }
        match (before, next) {
            // What follows takes the place of what shares its line with a dash.
            (None, next) => {
                let end = next?.key_part.start;
                let is_bare = !self.text.get(start..end)?.contains('#');
                is_bare.then(|| Edit { start, end, text: String::new() })
            }
            (Some(_), _) => {
                let line = self.line_start(start);
                let is_alone = self.text.get(line..start)?.trim().is_empty();
                let end = self.next_line(entry.value.end);
                is_alone.then(|| Edit { start: line, end, text: String::new() })
            }
        }
    }

    /// Makes one mapping of an item of a list and the one before it, where both are mappings in one style.
    #[must_use]
    pub fn join_item(&self, list: &Part, index: usize) -> Option<Edit> {
        let Content::Sequence { items, .. } = &list.content else { return None };
        let (before, item) = (items.get(index.checked_sub(1)?)?, items.get(index)?);
        let is_flow = |part: &Part| match &part.content {
            Content::Mapping { is_flow, .. } => Some(*is_flow),
            _ => None,
        };
        match (is_flow(before)?, is_flow(item)?) {
            (true, true) => {
                let (start, end) = (before.end.checked_sub(1)?, item.start.saturating_add(1));
                let is_bare = !self.text.get(start..end)?.contains('#');
                let ends_plain = !self.text.get(..start)?.trim_end().ends_with([',', '{']);
                (is_bare && ends_plain).then(|| Edit { start, end, text: ", ".to_string() })
            }
            (false, false) if before.column == item.column => {
                let line = self.line_start(item.start);
                let mark = self.text.get(line..item.start)?;
                let dash = line.saturating_add(mark.find('-').filter(|_| mark.trim() == "-")?);
                Some(Edit { start: dash, end: dash.saturating_add(1), text: " ".to_string() })
            }
            _ => None,
        }
    }
}
