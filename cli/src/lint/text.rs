//! Findings for people: by check, the worst first, each with its line.

use std::collections::BTreeMap;
use std::fmt::Write;

use portcullis::analyze::lint::{Check, Level};

use super::report::{Approving, Counted, Report};
use crate::input::Document;
use crate::output::problems::{Message, Printer};
use crate::output::style;

/// How many findings of one check are shown.
const SHOWN: usize = 10;

/// Where findings of a check stand among others: the worst first, then in the order of the checks.
type Place<'a> = (std::cmp::Reverse<Level>, Option<Check>, &'a str);

pub(super) fn of(report: &Report, documents: &[Document]) -> String {
    let printer = Printer::new(documents);
    let mut by_check: BTreeMap<Place<'_>, Vec<&Counted>> = BTreeMap::new();
    for counted in &report.findings {
        let (id, level) = (counted.finding.check, counted.finding.level);
        let key = (std::cmp::Reverse(level), Check::find(id), id);
        by_check.entry(key).or_default().push(counted);
    }
    let mut text = String::new();
    for ((_, check, id), found) in by_check {
        let title = check.map_or("the API server's own rules, and what they let pass", Check::title);
        let _ = writeln!(text, "{} ({}): {title}\n", style::heading(id), found.len());
        for counted in found.iter().take(SHOWN) {
            let _ = writeln!(text, "{}\n", printer.print(&message(counted)));
        }
        if let more @ 1.. = found.len().saturating_sub(SHOWN) {
            let _ = writeln!(text, "and {more} more of `{id}`, which `-o json` lists\n");
        }
    }
    text.push_str(&summary(report));
    text
}

fn message(counted: &Counted) -> Message<'_> {
    let mut message = Message::of_finding(&counted.finding);
    if let Some(Approving { approval, origin }) = &counted.was_approved {
        let over =
            format!("approved until {} ({origin}), which is over: {}", approval.expires, approval.reason);
        message.notes.push(over);
    }
    message
}

fn summary(report: &Report) -> String {
    let counted = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Info, "info")];
    let mut parts: Vec<String> = levels
        .into_iter()
        .map(|(level, name)| (report.count(level), name))
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| counted(number, name))
        .collect();
    if parts.is_empty() {
        parts.push("nothing found".to_string());
    }
    let approved = (report.approved.len(), "approved");
    let known = (report.known.len(), "in the baseline");
    parts.extend([approved, known].iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    let mut text = format!("{}: {}", counted(report.objects, "object"), parts.join(", "));
    if !report.findings.is_empty() && report.is_complete {
        text.push_str("; `portcullis lint --explain ID` says more about a check");
    }
    if !report.is_complete {
        text.push_str("; objects are refused, so that nothing else was looked at");
    }
    text.push('\n');
    text
}
