//! What can be wrong with manifests: where it is, what was found, what to do.

use alloc::string::String;
use core::borrow::Borrow;
use core::fmt;

use super::code::Code;

/// Whether a [`Problem`] refuses the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The objects are read; what they say may not be what was meant.
    Warning,
    /// The objects are refused.
    Error,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Something wrong with an object, in the form that `validate -o json` prints.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The kind of problem.
    pub code: Code,
    /// Whether it refuses the objects.
    pub severity: Severity,
    /// The object, such as `NetworkPolicy shop/web`; nothing where the text is no object.
    pub object: Option<String>,
    /// The field in upstream notation, such as `spec.ingress[0].ports[0].port`; empty when there is none.
    pub field: String,
    /// The file, by the name that the source has.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What was found and what the rule is, on one line.
    pub message: String,
    /// What to do about it, on one line.
    pub help: String,
}

/// Puts the problems of a text into the order of their places; those of one place stay as they were found.
pub(crate) fn sort_by_place(problems: &mut [impl Borrow<Problem>]) {
    problems.sort_by_key(|problem| {
        let Problem { line, column, .. } = problem.borrow();
        (*line, *column)
    });
}

impl fmt::Display for Problem {
    /// `file:line:column: severity: object: field: message [code]`, then the help on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}: ", self.file, self.line, self.column, self.severity.as_str())?;
        if let Some(object) = &self.object {
            write!(f, "{object}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{} [{}]", self.message, self.code)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\n  help: {}", self.help) }
    }
}
