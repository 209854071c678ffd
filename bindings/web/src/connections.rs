//! Who can reach whom, over all flows.

use portcullis::analyze::{Connectivity, PortSet, Table, TableEnd, difference};
use serde_json::{Value, json};

use crate::{Session, object};

impl Session {
    /// Who can reach whom.
    #[must_use]
    pub fn list(&self) -> Value {
        Connectivity::of(&self.engine).to_json()
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
        difference(pinned, &self.engine).to_json()
    }
}

fn cell(set: &PortSet) -> Value {
    let extent = if set.is_nothing() {
        "none"
    } else if set.is_all() {
        "all"
    } else {
        "some"
    };
    json!({ "extent": extent, "ports": set.to_json() })
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
