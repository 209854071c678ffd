//! Values that are put into texts, in the style of what is around them.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A value to put into a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fresh {
    /// A list.
    List(Vec<Fresh>),
    /// A mapping.
    Map(Vec<(String, Fresh)>),
    /// A whole number.
    Number(u16),
    /// Text.
    Text(String),
}

impl Fresh {
    /// A mapping of some keys.
    #[must_use]
    pub fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// Text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The value on one line; as JSON where `json` says so.
    #[must_use]
    pub fn flow(&self, json: bool) -> String {
        match self {
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(|item| item.flow(json)).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Map(entries) => {
                let entry =
                    |(key, value): &(String, Self)| format!("{}: {}", scalar(key, json), value.flow(json));
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Self::Number(number) => number.to_string(),
            Self::Text(text) => scalar(text, json),
        }
    }

    /// The value in lines, without indentation; `lists` is by how much lists are indented below their keys.
    #[must_use]
    pub fn block(&self, lists: usize) -> Vec<String> {
        match self {
            Self::List(items) if !items.is_empty() => {
                let mut lines = Vec::new();
                for item in items {
                    let marks = core::iter::once("- ").chain(core::iter::repeat("  "));
                    lines.extend(
                        item.block(lists).iter().zip(marks).map(|(line, mark)| format!("{mark}{line}")),
                    );
                }
                lines
            }
            Self::Map(entries) if !entries.is_empty() => {
                entries.iter().flat_map(|(key, value)| value.entry(key, lists)).collect()
            }
            other => alloc::vec![other.flow(false)],
        }
    }

    /// The value under a key, in lines without indentation.
    pub(super) fn entry(&self, key: &str, lists: usize) -> Vec<String> {
        let key = scalar(key, false);
        let indent = match self {
            Self::List(items) if !items.is_empty() => lists,
            Self::Map(entries) if !entries.is_empty() && !self.is_short() => 2,
            other => return alloc::vec![format!("{key}: {}", other.flow(false))],
        };
        let mut lines = alloc::vec![format!("{key}:")];
        lines.extend(self.block(lists).iter().map(|line| format!("{}{line}", " ".repeat(indent))));
        lines
    }

    /// Whether it reads well on one line: labels of a selector do.
    fn is_short(&self) -> bool {
        let Self::Map(entries) = self else { return false };
        entries.len() <= 2
            && entries.iter().all(|(_, value)| matches!(value, Self::Number(_) | Self::Text(_)))
    }
}

/// Words that YAML 1.1 does not read as text.
const WORDS: [&str; 10] = ["false", "n", "no", "null", "off", "on", "true", "y", "yes", "~"];

/// A text that is read as the same text, plain where that is so without quotes.
fn scalar(text: &str, json: bool) -> String {
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    let mut bytes = text.bytes();
    let first = bytes.next();
    let starts_plain = first.is_some_and(|byte| byte.is_ascii_alphabetic())
        // A slash makes a CIDR, and no number.
        || (first.is_some_and(|byte| byte.is_ascii_digit()) && text.contains('/'));
    let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'));
    if !json && starts_plain && is_plain && !is_word {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
