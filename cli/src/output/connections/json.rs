//! Connections as JSON: structure, never texts made for people.

use std::collections::BTreeMap;

use portcullis::analyze::{Connectivity, Difference, Entry, Group, PortSet};
use portcullis::net::L4Protocol;
use serde::Serialize;

/// All connections.
#[derive(Debug, Serialize)]
pub(crate) struct ListJson {
    workloads: Vec<String>,
    connections: Vec<EntryJson>,
    /// Connections of which nobody knows whether the plugin allows them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<EntryJson>,
}

/// What has changed.
#[derive(Debug, Serialize)]
pub(crate) struct DifferenceJson {
    added: Vec<EntryJson>,
    removed: Vec<EntryJson>,
    /// Connections of which nobody knows whether a plugin allows them, where one decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<Vec<EntryJson>>,
}

#[derive(Debug, Serialize)]
struct EntryJson {
    from: GroupJson,
    to: GroupJson,
    ports: BTreeMap<&'static str, Vec<[u16; 2]>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum GroupJson {
    Cidrs(Vec<String>),
    Workloads(Vec<String>),
}

impl ListJson {
    pub(crate) fn new(connectivity: &Connectivity, entries: &[Entry], unknown: &[Entry]) -> Self {
        let workloads = connectivity.workloads().iter().map(ToString::to_string).collect();
        let all = |entries: &[Entry]| entries.iter().map(EntryJson::new).collect();
        Self { workloads, connections: all(entries), unknown: all(unknown) }
    }
}

impl DifferenceJson {
    /// What differs, and what is not known where a plugin decides.
    pub(crate) fn new(difference: &Difference, unknown: Option<&[Entry]>) -> Self {
        let all = |entries: &[Entry]| entries.iter().map(EntryJson::new).collect();
        Self { added: all(&difference.added), removed: all(&difference.removed), unknown: unknown.map(all) }
    }
}

impl EntryJson {
    fn new(entry: &Entry) -> Self {
        let ports = ports(&entry.ports);
        Self { from: GroupJson::new(&entry.from), to: GroupJson::new(&entry.to), ports }
    }
}

/// Ports by protocol, as ranges of first and last.
pub(crate) fn ports(set: &PortSet) -> BTreeMap<&'static str, Vec<[u16; 2]>> {
    let mut ports = BTreeMap::new();
    for protocol in L4Protocol::ALL {
        let ranges: Vec<[u16; 2]> =
            set.ranges(protocol).iter().map(|range| [range.start(), range.end()]).collect();
        if !ranges.is_empty() {
            ports.insert(protocol.as_str(), ranges);
        }
    }
    ports
}

impl GroupJson {
    fn new(group: &Group) -> Self {
        let names = super::members(group);
        match group {
            Group::Cidrs(_) => Self::Cidrs(names),
            Group::Workloads(_) => Self::Workloads(names),
        }
    }
}
