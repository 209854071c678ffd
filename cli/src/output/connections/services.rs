//! Connections through services, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::output::style;
use crate::services::{ServicePath, Target};

/// Text: each port of each service, below it from whom to whom it leads.
pub(crate) fn services_text(all: &[ServicePath]) -> String {
    let mut out = String::from("through services:\n");
    if all.is_empty() {
        out.push_str("  there is no service with a port\n");
    }
    for path in all {
        let _ = writeln!(out, "{}", title(path));
        for (from, to) in &path.connections {
            let _ = writeln!(out, "  {} -> {}", from.join(", "), targets(to, ", "));
        }
        for (refusal, from) in &path.refused {
            let who = if path.refuses_all { String::new() } else { format!("{}: ", from.join(", ")) };
            let _ = writeln!(out, "  {}", style::quiet(format!("{who}{refusal} ({})", refusal.rule())));
        }
        if path.connections.is_empty() && !path.refuses_all {
            let _ = writeln!(out, "  {}", style::quiet("policies let nobody through"));
        }
    }
    out
}

/// Markdown: a table.
pub(crate) fn services_markdown(all: &[ServicePath]) -> String {
    let mut out = String::from("\nThrough services:\n\n| service | from | to |\n|---|---|---|\n");
    for path in all {
        for (from, to) in &path.connections {
            let _ = writeln!(out, "| {} | {} | {} |", title(path), from.join("<br>"), targets(to, "<br>"));
        }
        for (refusal, from) in &path.refused {
            let who = if path.refuses_all { "anybody".to_string() } else { from.join("<br>") };
            let _ = writeln!(out, "| {} | {who} | none: {refusal} ({}) |", title(path), refusal.rule());
        }
        if path.connections.is_empty() && !path.refuses_all {
            let _ = writeln!(out, "| {} | nobody: policies let none through | |", title(path));
        }
    }
    out
}

fn title(path: &ServicePath) -> String {
    let name = if path.name.is_empty() { String::new() } else { format!(" ({})", path.name) };
    format!("svc/{} {} {}{name}", path.service, path.protocol, path.port)
}

fn targets(targets: &[Target], separator: &str) -> String {
    let texts = targets.iter().map(|target| format!("{}:{}", bracketed(target), target.port));
    texts.collect::<Vec<_>>().join(separator)
}

/// An address of IPv6 in the brackets that keep its port apart.
fn bracketed(target: &Target) -> String {
    if target.is_address && target.name.contains(':') {
        format!("[{}]", target.name)
    } else {
        target.name.clone()
    }
}

/// A port of a service as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ServiceJson {
    service: String,
    protocol: &'static str,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    connections: Vec<PathsJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedJson>,
}

#[derive(Debug, Serialize)]
struct PathsJson {
    from: Vec<String>,
    to: Vec<TargetJson>,
}

#[derive(Debug, Serialize)]
struct TargetJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    workload: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    port: u16,
}

#[derive(Debug, Serialize)]
struct RefusedJson {
    code: &'static str,
    rule: &'static str,
    message: String,
    from: Vec<String>,
}

impl ServiceJson {
    pub(crate) fn new(path: &ServicePath) -> Self {
        let target = |target: &Target| TargetJson {
            workload: (!target.is_address).then(|| target.name.clone()),
            ip: target.is_address.then(|| target.name.clone()),
            port: target.port,
        };
        let connections = path.connections.iter();
        let refused = path.refused.iter();
        Self {
            service: path.service.clone(),
            protocol: path.protocol.as_str(),
            port: path.port,
            name: (!path.name.is_empty()).then(|| path.name.clone()),
            connections: connections
                .map(|(from, to)| PathsJson { from: from.clone(), to: to.iter().map(target).collect() })
                .collect(),
            refused: refused
                .map(|(refusal, from)| RefusedJson {
                    code: refusal.as_str(),
                    rule: refusal.rule(),
                    message: refusal.to_string(),
                    from: from.clone(),
                })
                .collect(),
        }
    }
}
