//! Results as JUnit's XML, which CI servers read.

use std::collections::BTreeMap;
use std::fmt::Write;

use portcullis::analyze::assertions::Outcome;

use super::{Results, expected};

/// A suite a file, a case an assertion.
pub(crate) fn results(results: &Results<'_, '_>) -> String {
    let mut suites: BTreeMap<&str, Vec<&Outcome<'_>>> = BTreeMap::new();
    for outcome in results.outcomes() {
        let file = outcome.assertion.origin.file.as_deref().unwrap_or_default();
        suites.entry(file).or_default().push(outcome);
    }
    let counts = |tests: usize, failures: usize| format!("tests=\"{tests}\" failures=\"{failures}\"");
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = counts(results.outcomes().len(), results.failed());
    let _ = writeln!(text, "<testsuites name=\"portcullis test\" {all}>");
    for (file, outcomes) in suites {
        let failures = outcomes.iter().filter(|outcome| !outcome.holds()).count();
        let counts = counts(outcomes.len(), failures);
        let _ = writeln!(text, "  <testsuite name=\"{}\" {counts}>", escaped(file));
        for outcome in outcomes {
            let (name, line) = (escaped(&outcome.assertion.name), outcome.assertion.origin.at.line);
            let case = format!(
                "testcase name=\"{name}\" classname=\"{0}\" file=\"{0}\" line=\"{line}\"",
                escaped(file)
            );
            if outcome.holds() {
                let _ = writeln!(text, "    <{case}/>");
                continue;
            }
            let _ = writeln!(text, "    <{case}>");
            let _ = write!(text, "      <failure message=\"{}\">", escaped(&expected(outcome)));
            let lines = results.lines(outcome).join("\n");
            let _ =
                writeln!(text, "{}</failure>", escaped(&anstream::adapter::strip_str(&lines).to_string()));
            let _ = writeln!(text, "    </testcase>");
        }
        let _ = writeln!(text, "  </testsuite>");
    }
    text.push_str("</testsuites>\n");
    text
}

/// A text as XML holds it; characters that XML has no way to say are left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn what_xml_cannot_hold_is_escaped_or_left_out() {
        assert_eq!(escaped("a<b> & \"c\"\u{1b}[0m\n"), "a&lt;b&gt; &amp; &quot;c&quot;[0m\n");
    }
}
