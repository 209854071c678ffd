//! Edits of manifests as text: small changes at places, everything else as it was, comments included.
//!
//! A [`Layout`] says where in a text each part of its documents stands and in which style. What is put in follows the style
//! of what is there: block or flow, indentation, quotes of JSON, line ends. Nothing is ever printed anew.

mod compose;
mod fresh;
mod layout;
mod part;
mod reshape;
#[cfg(test)]
mod tests;

use alloc::string::String;

pub use compose::compose;
pub use fresh::Fresh;
pub use layout::Layout;
pub use part::{Part, Step};

/// One change of a text: what takes the place of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The first byte that goes.
    pub start: usize,
    /// The first byte after it that stays.
    pub end: usize,
    /// What comes in their place.
    pub text: String,
}

/// A text with some edits, which must not overlap; nothing where they do, or go beyond it.
///
/// ```
/// use portcullis::manifest::edit::{Edit, apply};
///
/// let edits = [Edit { start: 6, end: 8, text: "81".into() }];
/// assert_eq!(apply("port: 80 # http", &edits).unwrap(), "port: 81 # http");
/// ```
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut out = String::new();
    let mut at = 0;
    for edit in compose::sorted(edits) {
        if edit.end < edit.start {
            return None;
        }
        out.push_str(text.get(at..edit.start)?);
        out.push_str(&edit.text);
        at = edit.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}
