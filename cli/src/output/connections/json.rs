//! Connections as JSON: structure, never texts made for people.

use std::collections::BTreeMap;

use portcullis::analyze::{Connectivity, Difference, Entry, Group};
use portcullis::net::L4Protocol;
use serde::Serialize;

/// All connections.
#[derive(Debug, Serialize)]
pub(crate) struct ListJson {
    workloads: Vec<String>,
    connections: Vec<EntryJson>,
}

/// What has changed.
#[derive(Debug, Serialize)]
pub(crate) struct DifferenceJson {
    added: Vec<EntryJson>,
    removed: Vec<EntryJson>,
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
    pub(crate) fn new(connectivity: &Connectivity, entries: &[Entry]) -> Self {
        let workloads = connectivity.workloads().iter().map(ToString::to_string).collect();
        Self { workloads, connections: entries.iter().map(EntryJson::new).collect() }
    }
}

impl DifferenceJson {
    pub(crate) fn new(difference: &Difference) -> Self {
        let all = |entries: &[Entry]| entries.iter().map(EntryJson::new).collect();
        Self { added: all(&difference.added), removed: all(&difference.removed) }
    }
}

impl EntryJson {
    fn new(entry: &Entry) -> Self {
        let mut ports = BTreeMap::new();
        for protocol in L4Protocol::ALL {
            let ranges: Vec<[u16; 2]> =
                entry.ports.ranges(protocol).iter().map(|range| [range.start(), range.end()]).collect();
            if !ranges.is_empty() {
                ports.insert(protocol.as_str(), ranges);
            }
        }
        Self { from: GroupJson::new(&entry.from), to: GroupJson::new(&entry.to), ports }
    }
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
