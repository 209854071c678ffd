//! Results in the Test Anything Protocol, version 14.

use std::fmt::Write;

use serde_json::json;

use super::{Results, expected};

/// One test point an assertion, with a YAML block below one that does not hold.
pub(crate) fn results(results: &Results<'_, '_>) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", results.outcomes().len());
    for (number, outcome) in (1..).zip(results.outcomes()) {
        let assertion = outcome.assertion;
        let name = assertion.name.replace('\\', "\\\\").replace('#', "\\#").replace(['\n', '\r'], " ");
        if outcome.holds() {
            let _ = writeln!(text, "ok {number} - {name}");
            continue;
        }
        let _ = writeln!(text, "not ok {number} - {name}");
        let _ = writeln!(text, "  ---");
        // JSON's texts are YAML's.
        let _ = writeln!(text, "  message: {}", json!(expected(outcome)));
        let file = assertion.origin.file.as_deref().unwrap_or_default();
        let _ = writeln!(text, "  at:\n    file: {}\n    line: {}", json!(file), assertion.origin.at.line);
        let _ = writeln!(text, "  found:");
        for line in results.lines(outcome) {
            let _ = writeln!(text, "    - {}", json!(anstream::adapter::strip_str(&line).to_string()));
        }
        let _ = writeln!(text, "  ...");
    }
    text
}
