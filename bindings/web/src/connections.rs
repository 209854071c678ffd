//! Who can reach whom, over all flows.

use portcullis::analyze::{Connectivity, Entry, Group, PortSet, Table, TableEnd, difference};
use portcullis::net::L4Protocol;
use serde_json::{Map, Value, json};

use crate::{Session, object};

impl Session {
    /// Who can reach whom.
    #[must_use]
    pub fn list(&self) -> Value {
        let connectivity = Connectivity::of(&self.engine);
        let workloads = connectivity.workloads().iter().map(ToString::to_string).collect::<Vec<_>>();
        json!({ "workloads": workloads, "connections": entries(&connectivity.entries()) })
    }

    /// Who can reach whom, cell by cell: the table, and what of the matrix is no array of numbers.
    #[must_use]
    pub fn matrix(&self) -> (Table, Value) {
        let table = Connectivity::of(&self.engine).table();
        let rest = object(vec![
            ("generation", self.generation.into()),
            ("ends", table.ends.iter().map(end).collect()),
            ("rows", table.rows.into()),
            ("columns", table.columns.into()),
            ("ports", table.sets.iter().map(cell).collect()),
        ]);
        (table, rest)
    }

    /// What has changed since `pin`; null where nothing is pinned.
    #[must_use]
    pub fn diff(&self) -> Value {
        let Some(pinned) = &self.pinned else { return Value::Null };
        let difference = difference(pinned, &self.engine);
        json!({ "added": entries(&difference.added), "removed": entries(&difference.removed) })
    }
}

pub(crate) fn entries(entries: &[Entry]) -> Vec<Value> {
    let entry = |entry: &Entry| json!({ "from": group(&entry.from), "to": group(&entry.to), "ports": ports(&entry.ports) });
    entries.iter().map(entry).collect()
}

fn group(group: &Group) -> Value {
    match group {
        Group::Cidrs(cidrs) => json!({ "cidrs": cidrs.iter().map(ToString::to_string).collect::<Vec<_>>() }),
        Group::Workloads(names) => {
            json!({ "workloads": names.iter().map(ToString::to_string).collect::<Vec<_>>() })
        }
    }
}

fn ports(set: &PortSet) -> Value {
    let of = |protocol: L4Protocol| -> Option<(String, Value)> {
        let ranges = set.ranges(protocol);
        let pairs: Vec<Value> = ranges.iter().map(|range| json!([range.start(), range.end()])).collect();
        (!pairs.is_empty()).then(|| (protocol.as_str().to_string(), pairs.into()))
    };
    Value::Object(L4Protocol::ALL.into_iter().filter_map(of).collect::<Map<_, _>>())
}

fn cell(set: &PortSet) -> Value {
    let extent = if set.is_nothing() {
        "none"
    } else if set.is_all() {
        "all"
    } else {
        "some"
    };
    json!({ "extent": extent, "ports": ports(set) })
}

fn end(end: &TableEnd) -> Value {
    match end {
        TableEnd::Workload(name) => {
            json!({ "kind": "workload", "name": name.to_string(), "namespace": name.namespace })
        }
        TableEnd::Outside(cidrs) => {
            let cidrs: Vec<String> = cidrs.iter().map(ToString::to_string).collect();
            let name = match cidrs.as_slice() {
                [] => String::new(),
                [only] => only.clone(),
                [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            };
            json!({ "kind": "outside", "name": name, "cidrs": cidrs })
        }
    }
}
