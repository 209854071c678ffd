//! Typed reading of a tree: every problem is collected, with its field path and place.
//!
//! The rules are those of the API server's JSON decoding: null is absent, a wrong type is an error, field names are
//! case-sensitive, whole numbers may be written with a fraction of zero.

mod fields;
mod path;
mod quote;
pub(crate) mod similar;
mod time;

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

pub(crate) use fields::{Fields, IntOrString, Known};
pub(crate) use path::Path;
pub(crate) use quote::{describe, quote};

use super::code::Code;
use super::problem::{Problem, Severity};
use crate::sorted::SortedSet;
use crate::source::Position;

/// A value and where it stands; equal when the values are, wherever they stand.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) at: Position,
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> At<T> {
    pub(crate) fn new(value: T, at: Position) -> Self {
        Self { value, at }
    }
}

/// How much is accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strength {
    /// What the newest API server accepts when an object is made.
    Create,
    /// All that some API server may hold, older ones included.
    #[default]
    Stored,
}

/// What is being read, and the problems found so far.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) file: Arc<str>,
    object: Option<String>,
    strength: Strength,
    pub(crate) problems: Vec<Problem>,
    errors: usize,
    /// Counts errors that are reported as warnings.
    lenient: Option<usize>,
    unread: SortedSet<String>,
}

impl Context {
    pub(crate) fn new(file: Arc<str>, strength: Strength) -> Self {
        Self {
            file,
            object: None,
            strength,
            problems: Vec::new(),
            errors: 0,
            lenient: None,
            unread: SortedSet::new(),
        }
    }

    /// Turns to the next object.
    pub(crate) fn start(&mut self, object: Option<String>) {
        self.object = object;
        self.unread = SortedSet::new();
    }

    /// Whether only what the newest API server accepts is accepted.
    pub(crate) fn creates(&self) -> bool {
        self.strength == Strength::Create
    }

    /// How many errors there are; one object's reading added none if the count did not change.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Runs a function whose errors are reported as warnings; gives what it gives, and whether there were none.
    pub(crate) fn leniently<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let before = self.lenient.replace(0);
        let result = run(self);
        let errors = core::mem::replace(&mut self.lenient, before);
        (result, errors == Some(0))
    }

    pub(crate) fn error(
        &mut self,
        code: Code,
        field: &Path<'_>,
        at: Position,
        message: String,
        help: impl Into<String>,
    ) {
        self.report(Severity::Error, code, field, at, message, help.into());
    }

    pub(crate) fn warning(
        &mut self,
        code: Code,
        field: &Path<'_>,
        at: Position,
        message: String,
        help: impl Into<String>,
    ) {
        self.report(Severity::Warning, code, field, at, message, help.into());
    }

    fn report(
        &mut self,
        severity: Severity,
        code: Code,
        field: &Path<'_>,
        at: Position,
        message: String,
        help: String,
    ) {
        let field = field.to_string();
        // What could not be read reads as absent; that it is absent is then no problem of its own.
        let ends = field.match_indices(['.', '[']).map(|(end, _)| end).chain([field.len()]);
        if ends.filter_map(|end| field.get(..end)).any(|parent| self.unread.contains(parent)) {
            return;
        }
        if matches!(code, Code::WrongType | Code::IntegerOutOfRange | Code::InvalidTimestamp) {
            self.unread.insert(field.clone());
        }
        let mut severity = severity;
        if let Some(errors) = self.lenient.as_mut().filter(|_| severity == Severity::Error) {
            *errors = errors.saturating_add(1);
            severity = Severity::Warning;
        }
        if severity == Severity::Error {
            self.errors = self.errors.saturating_add(1);
        }
        self.problems.push(Problem {
            code,
            severity,
            object: self.object.clone(),
            field,
            file: self.file.to_string(),
            line: at.line,
            column: at.column,
            message,
            help,
        });
    }
}
