//! Connections in lines and columns: text for terminals, Markdown for pull requests, CSV for spreadsheets.

use std::fmt::Write as _;

use super::because::{Explain, Line, pairs};
use super::{Row, escape, joined, words};
use crate::output::style;

/// How wide the first column may be before a group goes on lines of its own.
const WIDTH: usize = 48;

/// Text: a line an entry, groups with many members on lines of their own; below it what it rests on.
pub(super) fn text(rows: &[Row<'_>], explain: &Explain<'_>) -> String {
    let sources: Vec<String> = rows.iter().map(|row| words(&row.entry.from, ", ")).collect();
    let width = sources.iter().map(|from| from.chars().count()).filter(|width| *width <= WIDTH);
    let width = width.max().unwrap_or(0);
    let mut out = String::new();
    for (row, from) in rows.iter().zip(sources) {
        let sign = match row.change {
            None => "",
            Some(super::Change::Added) => "+ ",
            Some(super::Change::Removed) => "- ",
            Some(super::Change::Unknown) => "? ",
        };
        let long = from.chars().count() > WIDTH;
        if long {
            let _ = writeln!(out, "{sign}{}", joined(&row.entry.from, &format!(",\n{sign}")));
        }
        let first = if long { String::new() } else { from };
        let to = words(&row.entry.to, ", ");
        let ports = style::quiet(&row.entry.ports);
        let _ = writeln!(out, "{sign}{first:<width$} -> {to}: {ports}");
        for line in explain.lines(row.change, row.entry) {
            let _ = writeln!(out, "    {}", style::quiet(aligned(&line)));
        }
    }
    out
}

/// A line in columns of one width, so that the words stand below each other.
fn aligned(line: &Line) -> String {
    let of = line.of.map(|of| format!("{of}  ")).unwrap_or_default();
    match line.side {
        Some(side) => format!("{of}{:<8} {}", side.as_str(), line.text),
        None => format!("{of}{}", line.text),
    }
}

/// A line in a sentence.
pub(super) fn sentence(line: &Line) -> String {
    let words = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let of = line.of.map(|of| format!("{of}: ")).unwrap_or_default();
    match line.side {
        Some(side) => format!("{of}{side} {words}"),
        None => format!("{of}{words}"),
    }
}

/// Markdown: a table.
pub(super) fn markdown(rows: &[Row<'_>], explain: &Explain<'_>) -> String {
    let compares = rows.iter().any(|row| row.change.is_some());
    let mut columns = vec!["from", "to", "ports"];
    if compares {
        columns.insert(0, "change");
    }
    if explain.is_wanted() {
        columns.push("because");
    }
    let mut out = format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        if compares {
            let _ = write!(out, "| {} ", row.change.map_or("", super::Change::as_str));
        }
        let from = words(&row.entry.from, "<br>");
        let _ = write!(out, "| {from} | {} | {} |", words(&row.entry.to, "<br>"), row.entry.ports);
        if explain.is_wanted() {
            let lines = explain.lines(row.change, row.entry);
            let lines: Vec<String> = lines.iter().map(|line| escape::markdown(&sentence(line))).collect();
            let _ = write!(out, " {} |", lines.join("<br>"));
        }
        out.push('\n');
    }
    out
}

/// CSV: a line a pair, with a header.
pub(super) fn csv(rows: &[Row<'_>], explain: &Explain<'_>) -> String {
    let compares = rows.iter().any(|row| row.change.is_some());
    let mut out = String::from(if compares { "change,from,to,ports" } else { "from,to,ports" });
    out.push_str(if explain.is_wanted() { ",because\n" } else { "\n" });
    for row in rows {
        for (from, to, pair) in pairs(row.entry) {
            let change = row.change.map_or("", super::Change::as_str);
            let change = if compares { format!("{change},") } else { String::new() };
            let _ = write!(out, "{change}{from},{to},\"{}\"", row.entry.ports);
            if explain.is_wanted() {
                let lines: Vec<String> = explain.lines(row.change, &pair).iter().map(sentence).collect();
                let _ = write!(out, ",{}", escape::csv(&lines.join("; ")));
            }
            out.push('\n');
        }
    }
    out
}
