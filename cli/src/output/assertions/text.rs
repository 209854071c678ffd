//! Results as text, for people.

use std::fmt::Write;

use super::{Results, expected};
use crate::output::style;

/// A line an assertion; below one that does not hold what is otherwise, and why.
pub(crate) fn results(results: &Results<'_, '_>) -> String {
    let mut text = String::new();
    for outcome in results.outcomes() {
        let assertion = outcome.assertion;
        if outcome.holds() {
            let _ = writeln!(text, "{}      {}", style::good("ok"), assertion.name);
            continue;
        }
        let _ = writeln!(text, "{}  {}  {}", style::error("FAILED"), assertion.name, assertion.origin);
        let _ = writeln!(text, "        {}", expected(outcome));
        for line in results.lines(outcome) {
            let _ = writeln!(text, "        {line}");
        }
    }
    let (all, failed) = (results.outcomes().len(), results.failed());
    let noun = if all == 1 { "assertion" } else { "assertions" };
    let _ = match failed {
        0 => writeln!(text, "{all} {noun} passed"),
        _ => writeln!(text, "{failed} of {all} {noun} failed"),
    };
    text
}
