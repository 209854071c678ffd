//! Colours, which `anstream` leaves out where the output is no terminal or `NO_COLOR` is set.

use std::fmt;

use anstyle::{AnsiColor, Style};
use portcullis::Verdict;
use portcullis::ask::answer::Outcome;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const MIXED: Style = AnsiColor::Yellow.on_default().bold();
const HEADING: Style = Style::new().bold().underline();
const QUIET: Style = Style::new().dimmed();

/// A text in a style.
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.style, self.text, self.style)
    }
}

pub(crate) fn outcome(outcome: Outcome) -> Painted<&'static str> {
    let (style, text) = match outcome {
        Outcome::Allowed => (GOOD, "allowed"),
        Outcome::Denied => (BAD, "denied"),
        Outcome::Some => (MIXED, "some"),
        Outcome::Unknown => (MIXED, "unknown"),
    };
    Painted { style, text }
}

pub(crate) fn verdict(verdict: Verdict) -> Painted<&'static str> {
    outcome(if verdict.is_allow() { Outcome::Allowed } else { Outcome::Denied })
}

pub(crate) fn quiet<T: fmt::Display>(text: T) -> Painted<T> {
    Painted { style: QUIET, text }
}

pub(crate) fn warning<T: fmt::Display>(text: T) -> Painted<T> {
    Painted { style: MIXED, text }
}

pub(crate) fn good<T: fmt::Display>(text: T) -> Painted<T> {
    Painted { style: GOOD, text }
}

pub(crate) fn heading<T: fmt::Display>(text: T) -> Painted<T> {
    Painted { style: HEADING, text }
}

pub(crate) fn error<T: fmt::Display>(text: T) -> Painted<T> {
    Painted { style: BAD, text }
}
