//! What makes a question impossible to answer.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Why a question has no answer: a stable code, and a message that says what was found and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A stable code.
    pub code: &'static str,
    /// The message.
    pub message: String,
}

impl Failure {
    /// A failure.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What is wrong, and what to do about it, which is nothing where the first says it all.
    #[must_use]
    pub fn halves(&self) -> (&str, &str) {
        self.message.rsplit_once("; ").unwrap_or((&self.message, ""))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A list of names for a message, in backticks and cut where it grows long.
#[must_use]
pub fn listed<T: fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The name most like the one that was given, for "did you mean": a slip or two of the finger away.
pub fn nearest<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = given.chars().count().div_euclid(4).max(1);
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(given, name), name))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_say_so() {
        assert_eq!(listed(["a", "b"]), "`a`, `b`");
        assert_eq!(listed(1..=10), "`1`, `2`, `3`, `4`, `5`, `6`, `7`, `8` and 2 more");
        assert_eq!(listed::<&str>([]), "");
    }

    #[test]
    fn what_is_wrong_is_told_apart_from_what_to_do() {
        assert_eq!(
            Failure::new("a", "`a; b` is none; name another").halves(),
            ("`a; b` is none", "name another")
        );
        assert_eq!(Failure::new("a", "there is none").halves(), ("there is none", ""));
    }

    #[test]
    fn only_names_that_are_much_alike_are_suggested() {
        assert_eq!(nearest("wbe", ["db", "web"]), Some("web"));
        assert_eq!(nearest("paymets-gatway", ["payments-gateway", "payments"]), Some("payments-gateway"));
        assert_eq!(nearest("queue", ["db", "web"]), None);
    }
}
