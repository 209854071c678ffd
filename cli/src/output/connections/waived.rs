//! What differs and is approved: by whose word, and until when.

use std::fmt::Write as _;

use portcullis::analyze::Entry;
use serde::Serialize;

use super::json::EntryJson;
use super::{Change, Row, escape, render, words};
use crate::approved::{Approved, Waived};
use crate::args::ListFormat;
use crate::output::connections::Explain;
use crate::output::style;

/// What is approved, as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct WaivedJson {
    added: Vec<ApprovedJson>,
    removed: Vec<ApprovedJson>,
}

#[derive(Debug, Serialize)]
struct ApprovedJson {
    #[serde(flatten)]
    entry: EntryJson,
    reason: String,
    expires: String,
    file: String,
    line: u32,
}

impl WaivedJson {
    pub(crate) fn new(approved: &Approved, waived: &Waived) -> Self {
        let all = |entries: &[(usize, Entry)]| {
            let of = |(number, entry): &(usize, Entry)| {
                let approval = approved.connections.get(*number)?;
                Some(ApprovedJson {
                    entry: EntryJson::new(entry, None, &Explain::No),
                    reason: approval.reason.clone(),
                    expires: approval.expires.to_string(),
                    file: approved.file.clone(),
                    line: approval.line,
                })
            };
            entries.iter().filter_map(of).collect()
        };
        Self { added: all(&waived.added), removed: all(&waived.removed) }
    }
}

/// What is approved, for people: as text, and as a table of Markdown; other formats are about what is not.
pub(crate) fn waived_lines(approved: &Approved, waived: &Waived, format: ListFormat) -> String {
    let rows = [(Change::Added, &waived.added), (Change::Removed, &waived.removed)];
    let rows = rows.iter().flat_map(|(change, entries)| entries.iter().map(move |entry| (*change, entry)));
    let mut out = String::new();
    for (change, (number, entry)) in rows {
        let Some(approval) = approved.connections.get(*number) else { continue };
        let place = format!("{}:{}", approved.file, approval.line);
        match format {
            ListFormat::Text => {
                if out.is_empty() {
                    out.push_str("approved:\n");
                }
                let row = Row { change: Some(change), entry };
                out.push_str(&render(&[row], format, &Explain::No));
                let line = format!("until {} by {place}: {}", approval.expires, approval.reason);
                let _ = writeln!(out, "    {}", style::quiet(line));
            }
            ListFormat::Md => {
                if out.is_empty() {
                    out.push_str("\nApproved:\n\n| change | from | to | ports | until | reason |\n");
                    out.push_str("|---|---|---|---|---|---|\n");
                }
                let (from, to) = (words(&entry.from, "<br>"), words(&entry.to, "<br>"));
                let reason = escape::markdown(&format!("{} ({place})", approval.reason));
                let change = change.as_str();
                let _ = writeln!(
                    out,
                    "| {change} | {from} | {to} | {} | {} | {reason} |",
                    entry.ports, approval.expires
                );
            }
            _ => return out,
        }
    }
    out
}
