//! Lines of the manifests, to show a rule as it was written.

use std::collections::BTreeMap;

use portcullis::policy::RuleRef;

use super::style;
use crate::input::Document;

/// How many lines of a rule are shown.
const SHOWN: usize = 12;
/// How many characters of a line are shown; dumps in JSON can be one line.
const WIDTH: usize = 120;

/// The texts that were read, by name.
#[derive(Debug)]
pub(crate) struct Excerpts<'a> {
    texts: BTreeMap<&'a str, &'a str>,
}

impl<'a> Excerpts<'a> {
    pub(crate) fn new(documents: &'a [Document]) -> Self {
        let texts = documents
            .iter()
            .filter_map(|document| Some((document.name.as_str(), document.text.as_deref().ok()?)));
        Self { texts: texts.collect() }
    }

    /// The lines of a rule, numbered; nothing where it was not read from these texts.
    pub(crate) fn of_rule(&self, rule: &RuleRef<'_>) -> String {
        let file = rule.policy.origin.file.as_deref();
        let Some(text) = file.and_then(|file| self.texts.get(file)) else { return String::new() };
        let mut shown = String::new();
        for (number, line) in block(text, rule.rule.at.line) {
            let cut: String = line.chars().take(WIDTH).collect();
            let dots = if cut.len() < line.len() { " …" } else { "" };
            shown.push_str(&format!("      {} {cut}{dots}\n", style::quiet(format!("{number:>4} |"))));
        }
        shown
    }
}

/// The lines of a list's item that starts in a line: that one, and those below that are indented further.
fn block(text: &str, start: u32) -> Vec<(u32, &str)> {
    let indent = |line: &str| line.chars().take_while(|c| *c == ' ').count();
    let skipped = usize::try_from(start.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut lines = (start..).zip(text.lines().skip(skipped));
    let Some(first) = lines.next() else { return Vec::new() };
    let is_item = first.1.trim_start().starts_with("- ");
    let inside = |line: &str| is_item && (line.trim().is_empty() || indent(line) > indent(first.1));
    let mut found = vec![first];
    found.extend(lines.take_while(|(_, line)| inside(line)).take(SHOWN.saturating_sub(1)));
    while found.last().is_some_and(|(_, line)| line.trim().is_empty()) {
        found.pop();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn an_item_ends_where_the_text_is_indented_no_further() {
        let text = "ingress:\n- from:\n  - podSelector: {}\n  ports:\n  - port: 80\n\n- from: []\negress:\n";
        let numbers = |start| block(text, start).into_iter().map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(numbers(2), [2, 3, 4, 5]);
        assert_eq!(numbers(7), [7]);
        assert_eq!(numbers(1), [1]);
        assert!(numbers(99).is_empty());
    }
}
