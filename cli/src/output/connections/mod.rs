//! Connections as text, JSON, Markdown, CSV, DOT, Mermaid and SVG.

mod because;
mod escape;
mod exposure;
mod graph;
mod json;
mod layers;
mod services;
mod svg;
mod table;
mod waived;

use std::fmt::{Display, Write as _};

use portcullis::analyze::{Difference, Entry, Group, complement};
use portcullis::net::Cidr;

pub(crate) use because::{Explain, Explainer};
pub(crate) use exposure::{exposure_markdown, exposure_text};
pub(crate) use json::{DifferenceJson, ListJson};
pub(crate) use services::{services_markdown, services_text};
pub(crate) use waived::{WaivedJson, waived_lines};

use crate::args::ListFormat;

/// How a connection came about between two clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Added,
    Removed,
    /// Nobody knows what the plugin does with it.
    Unknown,
}

impl Change {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Unknown => "unknown",
        }
    }
}

/// One line of a result: an entry, and what has become of it where two clusters are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) change: Option<Change>,
    pub(crate) entry: &'a Entry,
}

impl<'a> Row<'a> {
    /// The rows of a list: what is allowed, then what nobody knows.
    pub(crate) fn of_list(connections: &'a [Entry], unknown: &'a [Entry]) -> Vec<Self> {
        let row = |change| move |entry| Self { change, entry };
        let open = unknown.iter().map(row(Some(Change::Unknown)));
        connections.iter().map(row(None)).chain(open).collect()
    }

    /// The rows of a difference: what comes, what goes, then what nobody knows.
    pub(crate) fn of_difference(difference: &'a Difference, unknown: &'a [Entry]) -> Vec<Self> {
        let row = |change| move |entry| Self { change: Some(change), entry };
        let added = difference.added.iter().map(row(Change::Added));
        let removed = difference.removed.iter().map(row(Change::Removed));
        added.chain(removed).chain(unknown.iter().map(row(Change::Unknown))).collect()
    }
}

/// Rows in any format but JSON.
pub(crate) fn render(rows: &[Row<'_>], format: ListFormat, explain: &Explain<'_>) -> String {
    match format {
        ListFormat::Csv => table::csv(rows, explain),
        ListFormat::Dot => graph::dot(rows, explain),
        ListFormat::Md => table::markdown(rows, explain),
        ListFormat::Mermaid => graph::mermaid(rows, explain),
        ListFormat::Svg => svg::draw(rows, explain),
        ListFormat::Json | ListFormat::Text => table::text(rows, explain),
    }
}

/// The names in a group.
fn members(group: &Group) -> Vec<String> {
    match group {
        Group::Cidrs(cidrs) => cidrs.iter().map(ToString::to_string).collect(),
        Group::Workloads(workloads) => workloads.iter().map(ToString::to_string).collect(),
    }
}

/// The names in a group with something between them.
fn joined(group: &Group, separator: &str) -> String {
    match group {
        Group::Cidrs(cidrs) => join(cidrs, separator),
        Group::Workloads(workloads) => join(workloads, separator),
    }
}

fn join<T: Display>(items: &[T], separator: &str) -> String {
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { separator });
        let _ = write!(out, "{item}");
    }
    out
}

/// The names in a group on one line; addresses with few holes are told by the holes.
fn words(group: &Group, separator: &str) -> String {
    let Group::Cidrs(cidrs) = group else { return joined(group, separator) };
    let mut parts = Vec::new();
    for (everything, v4) in [("0.0.0.0/0", true), ("::/0", false)] {
        let own: Vec<Cidr> = cidrs.iter().copied().filter(|cidr| cidr.is_ipv4() == v4).collect();
        // One alone has as many holes at least, or none.
        let holes = if own.len() > 1 { complement(&own) } else { Vec::new() };
        let holes: Vec<Cidr> = holes.into_iter().filter(|cidr| cidr.is_ipv4() == v4).collect();
        if own.is_empty() {
            continue;
        }
        if holes.is_empty() || holes.len() >= own.len() {
            parts.push(join(&own, separator));
        } else {
            parts.push(format!("{everything} except {}", join(&holes, ", ")));
        }
    }
    if parts == ["0.0.0.0/0", "::/0"] { "any address outside".to_string() } else { parts.join(separator) }
}
