//! Connections as graphs for Graphviz and Mermaid: namespaces as boxes, a group with several members as a point.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use portcullis::analyze::Group;

use super::because::{Explain, pairs};
use super::table::sentence;
use super::{Change, Row, escape, members};

/// From, to, ports, what has become of it, and what it rests on.
type Edge = (usize, usize, String, Option<&'static str>, Vec<String>);

/// What a graph is made of.
struct Graph {
    /// Nodes by namespace; the outside has none.
    nodes: BTreeMap<Option<String>, BTreeSet<String>>,
    /// The number of each node.
    numbers: BTreeMap<String, usize>,
    edges: BTreeSet<Edge>,
}

impl Graph {
    fn new(rows: &[Row<'_>], explain: &Explain<'_>) -> Self {
        let mut nodes: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
        for group in rows.iter().flat_map(|row| [&row.entry.from, &row.entry.to]) {
            match group {
                Group::Cidrs(_) => {
                    nodes.entry(None).or_default().insert(outside(group));
                }
                Group::Workloads(workloads) => {
                    for name in workloads {
                        nodes.entry(Some(name.namespace.clone())).or_default().insert(name.to_string());
                    }
                }
            }
        }
        let names = nodes.values().flatten().cloned();
        let numbers: BTreeMap<String, usize> = names.zip(0..).collect();
        let mut edges = BTreeSet::new();
        for row in rows {
            let number = |group: &Group| {
                let name = match group {
                    Group::Cidrs(_) => outside(group),
                    Group::Workloads(_) => members(group).join(""),
                };
                numbers.get(&name).copied()
            };
            for (_, _, pair) in pairs(row.entry) {
                if let (Some(from), Some(to)) = (number(&pair.from), number(&pair.to)) {
                    let lines = explain.lines(row.change, &pair).iter().map(sentence).collect();
                    edges.insert((
                        from,
                        to,
                        row.entry.ports.to_string(),
                        row.change.map(Change::as_str),
                        lines,
                    ));
                }
            }
        }
        Self { nodes, numbers, edges }
    }

    fn number(&self, name: &str) -> usize {
        self.numbers.get(name).copied().unwrap_or(usize::MAX)
    }
}

/// A group of addresses as one node.
fn outside(group: &Group) -> String {
    super::words(group, "\\n")
}

/// The graph in Graphviz' language.
pub(super) fn dot(rows: &[Row<'_>], explain: &Explain<'_>) -> String {
    let graph = Graph::new(rows, explain);
    let mut out = String::from("digraph connections {\n  rankdir=LR\n  node [shape=box]\n");
    for (cluster, (namespace, names)) in graph.nodes.iter().enumerate() {
        let node = |name: &String| format!("n{} [label=\"{name}\"]", graph.number(name));
        match namespace {
            Some(namespace) => {
                let _ = writeln!(out, "  subgraph cluster_{cluster} {{\n    label=\"{namespace}\"");
                names.iter().for_each(|name| out.push_str(&format!("    {}\n", node(name))));
                out.push_str("  }\n");
            }
            None => names.iter().for_each(|name| out.push_str(&format!("  {}\n", node(name)))),
        }
    }
    for (from, to, ports, change, lines) in &graph.edges {
        let colour = match change {
            None => "",
            Some("added") => " color=\"#1a7f37\"",
            Some("unknown") => " color=\"#9a6700\" style=dotted",
            Some(_) => " color=\"#cf222e\" style=dashed",
        };
        let tip = match lines.as_slice() {
            [] => String::new(),
            lines => format!(" edgetooltip=\"{}\"", escape::dot(&lines.join("; "))),
        };
        let _ = writeln!(out, "  n{from} -> n{to} [label=\"{ports}\"{colour}{tip}]");
    }
    out.push_str("}\n");
    out
}

/// The graph in Mermaid's language, which code hosts draw in Markdown.
pub(super) fn mermaid(rows: &[Row<'_>], explain: &Explain<'_>) -> String {
    let graph = Graph::new(rows, explain);
    let mut out = String::from("flowchart LR\n");
    for (cluster, (namespace, names)) in graph.nodes.iter().enumerate() {
        let node = |name: &String| format!("n{}[\"{}\"]", graph.number(name), name.replace("\\n", "<br>"));
        match namespace {
            Some(namespace) => {
                let _ = writeln!(out, "  subgraph s{cluster}[\"{namespace}\"]");
                names.iter().for_each(|name| out.push_str(&format!("    {}\n", node(name))));
                out.push_str("  end\n");
            }
            None => names.iter().for_each(|name| out.push_str(&format!("  {}\n", node(name)))),
        }
    }
    for (from, to, ports, change, lines) in &graph.edges {
        let (arrow, word) = match change {
            None => ("-->", String::new()),
            Some("added") => ("==>", "added: ".to_string()),
            Some(change) => ("-.->", format!("{change}: ")),
        };
        let lines: String = lines.iter().map(|line| format!("<br>{}", escape::mermaid(line))).collect();
        let _ = writeln!(out, "  n{from} {arrow}|\"{word}{ports}{lines}\"| n{to}");
    }
    out
}
