//! network-config-analyzer: installing it, running it, and its answers as lines of one form.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::python;

/// The version that is compared with.
pub(crate) const VERSION: &str = "2.1.0";

/// Installs it, unless it is there; gives the program.
pub(crate) fn install() -> Result<PathBuf, String> {
    python::install("network-config-analyzer", VERSION, "nca")
}

/// A command that asks it for all connections of a folder, one a line.
pub(crate) fn connectivity(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--connectivity", "-r"]).arg(folder);
    command.args(["-o", "txt_no_fw_rules", "--print_ipv6"]);
    command
}

/// Its answer in one form: a line for each destination and set of ports, with all sources.
pub(super) fn canonical(answer: &str) -> Result<Vec<String>, String> {
    let mut cells: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for line in answer.lines() {
        let Some((from, rest)) = line.split_once(" => ") else { continue };
        let (to, connections) = rest.split_once(" : ").ok_or_else(|| format!("no ports in `{line}`"))?;
        let ports = cells.entry((end(from), end(to))).or_default();
        ports.extend(protocols(connections).ok_or_else(|| format!("unknown ports in `{line}`"))?);
    }
    let mut grouped: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for ((from, to), ports) in cells {
        let ports = ports.into_iter().collect::<Vec<_>>().join(" ");
        grouped.entry((to, ports)).or_default().insert(from);
    }
    let line = |((to, ports), from): ((String, String), BTreeSet<String>)| {
        format!("{to} < {ports} < {}", from.into_iter().collect::<Vec<_>>().join(", "))
    };
    Ok(grouped.into_iter().map(line).collect())
}

/// `ns/name[Kind]` as `ns/kind/name`; addresses as ranges.
fn end(text: &str) -> String {
    let Some((namespace, rest)) = text.split_once('/') else {
        return if text.contains('-') { text.to_string() } else { format!("{text}-{text}") };
    };
    match rest.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
        Some((name, kind)) => format!("{namespace}/{}/{name}", kind.to_lowercase()),
        None => format!("{namespace}/pod/{rest}"),
    }
}

/// `TCP:80,443`, one for each protocol.
fn protocols(text: &str) -> Option<Vec<String>> {
    if text == "All connections" {
        return Some(["SCTP", "TCP", "UDP"].map(|protocol| format!("{protocol}:1-65535")).to_vec());
    }
    let mut out = Vec::new();
    for part in text.split("},{") {
        let part = part.trim_matches(['{', '}']).strip_prefix("protocols:")?;
        let (protocols, ports) = part.split_once(",dst_ports:").unwrap_or((part, "1-65535"));
        for protocol in protocols.split(", ") {
            if !["SCTP", "TCP", "UDP"].contains(&protocol) {
                return None;
            }
            out.push(format!("{protocol}:{ports}"));
        }
    }
    Some(out)
}
