//! Where objects were read: files, lines and columns.

use alloc::sync::Arc;
use core::fmt;

/// A place in a text; both parts count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1; 0 where an object was not read from text.
    pub line: u32,
    /// Column in characters, from 1; 0 where an object was not read from text.
    pub column: u32,
}

/// The file and the place in it that an object came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The file's name as the user gave it; nothing where an object was not read from a file.
    pub file: Option<Arc<str>>,
    /// The place in the file.
    pub at: Position,
}

impl Origin {
    /// The same file at another place.
    #[must_use]
    pub fn with_position(&self, at: Position) -> Self {
        Self { file: self.file.clone(), at }
    }
}

impl fmt::Display for Origin {
    /// `file:line`, or `line N`, or `(built in memory)` where there is neither.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.at.line) {
            (Some(file), 0) => f.write_str(file),
            (Some(file), line) => write!(f, "{file}:{line}"),
            (None, 0) => f.write_str("(built in memory)"),
            (None, line) => write!(f, "line {line}"),
        }
    }
}
