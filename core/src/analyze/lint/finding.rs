//! Findings: where something is, what it means, and what to do.

use alloc::string::String;

use super::checks::Level;
use crate::manifest::{Problem, Severity};

/// Something that a check found, in the form that `lint -o json` prints.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Finding {
    /// The id of the check, or the code of a problem that showed when the objects were loaded.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The object, such as `NetworkPolicy shop/web`; nothing where the text is no object.
    pub object: Option<String>,
    /// The field in upstream notation, such as `spec.ingress[0].ports[0].port`; empty when there is none.
    pub field: String,
    /// The file, by the name that the source has.
    pub file: String,
    /// The line, from 1; 0 where an object has no text of its own.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What was found, on one line.
    pub message: String,
    /// What to do about it, on one line.
    pub help: String,
    /// The file that the object was rendered from, where the renderer says so.
    pub rendered_from: Option<String>,
}

impl Finding {
    /// A problem of a load, as a finding.
    #[must_use]
    pub fn of_problem(problem: &Problem) -> Self {
        Self {
            check: problem.code.as_str(),
            level: match problem.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
            },
            object: problem.object.clone(),
            field: problem.field.clone(),
            file: problem.file.clone(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
            help: problem.help.clone(),
            rendered_from: None,
        }
    }
}
