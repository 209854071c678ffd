//! Connections in lines and columns: text for terminals, Markdown for pull requests, CSV for spreadsheets.

use std::fmt::Write as _;

use super::{Row, members, words};
use crate::output::style;

/// How wide the first column may be before a group goes on lines of its own.
const WIDTH: usize = 48;

/// Text: a line an entry, groups with many members on lines of their own.
pub(super) fn text(rows: &[Row<'_>]) -> String {
    let width = rows.iter().map(|row| words(&row.entry.from, ", ").chars().count()).filter(|w| *w <= WIDTH);
    let width = width.max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        let sign = match row.change {
            None => "",
            Some(super::Change::Added) => "+ ",
            Some(super::Change::Removed) => "- ",
            Some(super::Change::Unknown) => "? ",
        };
        let from = words(&row.entry.from, ", ");
        let long = from.chars().count() > WIDTH;
        if long {
            let _ = writeln!(out, "{sign}{}", members(&row.entry.from).join(&format!(",\n{sign}")));
        }
        let first = if long { String::new() } else { from };
        let to = words(&row.entry.to, ", ");
        let ports = style::quiet(&row.entry.ports);
        let _ = writeln!(out, "{sign}{first:<width$} -> {to}: {ports}");
    }
    out
}

/// Markdown: a table.
pub(super) fn markdown(rows: &[Row<'_>]) -> String {
    let compares = rows.iter().any(|row| row.change.is_some());
    let mut out = String::new();
    out.push_str(if compares {
        "| change | from | to | ports |\n|---|---|---|---|\n"
    } else {
        "| from | to | ports |\n|---|---|---|\n"
    });
    for row in rows {
        if compares {
            let _ = write!(out, "| {} ", row.change.map_or("", super::Change::as_str));
        }
        let from = words(&row.entry.from, "<br>");
        let _ = writeln!(out, "| {from} | {} | {} |", words(&row.entry.to, "<br>"), row.entry.ports);
    }
    out
}

/// CSV: a line a pair, with a header.
pub(super) fn csv(rows: &[Row<'_>]) -> String {
    let compares = rows.iter().any(|row| row.change.is_some());
    let mut out = String::from(if compares { "change,from,to,ports\n" } else { "from,to,ports\n" });
    for row in rows {
        let (sources, destinations) = (members(&row.entry.from), members(&row.entry.to));
        for (from, to) in sources.iter().flat_map(|from| destinations.iter().map(move |to| (from, to))) {
            if from != to {
                let change = row.change.map_or("", super::Change::as_str);
                let change = if compares { format!("{change},") } else { String::new() };
                let _ = writeln!(out, "{change}{from},{to},\"{}\"", row.entry.ports);
            }
        }
    }
    out
}
