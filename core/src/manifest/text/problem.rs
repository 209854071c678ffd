//! What can be wrong with a text: stable codes, places and messages.

use alloc::string::String;
use core::fmt;

use crate::manifest::tree::Position;

/// Whether a [`Problem`] cost a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document was read; what it says may not be what was meant.
    Warning,
    /// The document was not read.
    Error,
}

/// A kind of [`Problem`]; [`Code::as_str`] is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The bytes are not UTF-8 (nor UTF-16 with a byte order mark).
    NotUtf8,
    /// A character that YAML does not allow in a text, NUL among them.
    ControlCharacter,
    /// A character that ends a line for the API server (YAML 1.1) and for hardly anyone else.
    LineBreak,
    /// Not YAML.
    YamlSyntax,
    /// A `%YAML` directive of another version than 1.1.
    YamlVersion,
    /// Not JSON, nor YAML in flow style.
    JsonSyntax,
    /// A value that its explicit tag does not fit.
    Tag,
    /// An alias of an anchor that does not exist, or of one that holds the alias.
    Alias,
    /// A merge key `<<` with something else than mappings.
    Merge,
    /// A key that is no text and has none: null, a list, a mapping.
    KeyType,
    /// A number that JSON cannot hold: infinite or not a number.
    Number,
    /// A key that occurs twice in a mapping (warning; the last one wins).
    DuplicateKey,
    /// A merge key that follows a key and replaces it (warning; so does the API server).
    MergeReplaces,
    /// More bytes than [`Limits::bytes`](super::Limits::bytes).
    TooLarge,
    /// Deeper than [`Limits::depth`](super::Limits::depth).
    TooDeep,
    /// More nodes than [`Limits::nodes`](super::Limits::nodes).
    TooManyNodes,
    /// More nodes from aliases than [`Limits::aliased`](super::Limits::aliased).
    TooManyAliases,
}

impl Code {
    /// The code as it is printed, in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not-utf8",
            Self::ControlCharacter => "control-character",
            Self::LineBreak => "line-break",
            Self::YamlSyntax => "yaml-syntax",
            Self::YamlVersion => "yaml-version",
            Self::JsonSyntax => "json-syntax",
            Self::Tag => "yaml-tag",
            Self::Alias => "yaml-alias",
            Self::Merge => "yaml-merge",
            Self::KeyType => "key-type",
            Self::Number => "number",
            Self::DuplicateKey => "duplicate-key",
            Self::MergeReplaces => "merge-replaces",
            Self::TooLarge => "text-too-large",
            Self::TooDeep => "text-too-deep",
            Self::TooManyNodes => "text-too-many-nodes",
            Self::TooManyAliases => "text-too-many-aliases",
        }
    }

    /// Whether a problem of this kind costs its document.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::DuplicateKey | Self::MergeReplaces => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Whether reading the rest of the text makes no sense after it.
    pub(crate) const fn ends_text(self) -> bool {
        matches!(self, Self::TooLarge | Self::TooManyNodes | Self::TooManyAliases)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The kind.
    pub code: Code,
    /// Where in the text.
    pub at: Position,
    /// Where in the tree, in upstream notation (`spec.ingress[0].from`); empty at the root.
    pub field: String,
    /// What is wrong and what to do, on one line.
    pub message: String,
}

impl Problem {
    pub(super) fn new(code: Code, at: Position, field: String, message: String) -> Self {
        Self { code, at, field, message }
    }

    /// The severity of its [`Code`].
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.at.line, self.at.column, self.message)
    }
}

impl core::error::Error for Problem {}
