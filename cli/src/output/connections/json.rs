//! Connections as JSON: structure, never texts made for people.

use portcullis::analyze::{Connectivity, Difference, Entry, Exposure};
use serde::Serialize;
use serde_json::Value;

use super::Change;
use super::because::{BecauseJson, Explain};
use super::exposure::ExposureJson;
use super::services::ServiceJson;
use super::waived::WaivedJson;
use crate::services::ServicePath;

/// All connections.
#[derive(Debug, Serialize)]
pub(crate) struct ListJson {
    workloads: Vec<String>,
    connections: Vec<EntryJson>,
    /// Connections of which nobody knows whether the plugin allows them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<EntryJson>,
    /// What pods that are not there could do, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<Vec<ExposureJson>>,
    /// Connections through services, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    services: Option<Vec<ServiceJson>>,
}

/// What has changed.
#[derive(Debug, Serialize)]
pub(crate) struct DifferenceJson {
    added: Vec<EntryJson>,
    removed: Vec<EntryJson>,
    /// Connections of which nobody knows whether a plugin allows them, where one decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<Vec<EntryJson>>,
    /// What differs too and is approved, where approvals were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<WaivedJson>,
}

#[derive(Debug, Serialize)]
pub(super) struct EntryJson {
    #[serde(flatten)]
    connections: Value,
    /// What it rests on, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<BecauseJson>,
}

impl ListJson {
    pub(crate) fn new(
        connectivity: &Connectivity,
        entries: &[Entry],
        unknown: &[Entry],
        exposure: Option<&[Exposure]>,
        services: Option<&[ServicePath]>,
        explain: &Explain<'_>,
    ) -> Self {
        let workloads = connectivity.workloads().iter().map(ToString::to_string).collect();
        let connections = entries.iter().map(|entry| EntryJson::new(entry, None, explain)).collect();
        let exposure = exposure.map(|all| all.iter().map(ExposureJson::new).collect());
        let services = services.map(|all| all.iter().map(ServiceJson::new).collect());
        let unknown =
            unknown.iter().map(|entry| EntryJson::new(entry, Some(Change::Unknown), explain)).collect();
        Self { workloads, connections, unknown, exposure, services }
    }
}

impl DifferenceJson {
    pub(crate) fn new(
        difference: &Difference,
        unknown: Option<&[Entry]>,
        approved: Option<WaivedJson>,
        explain: &Explain<'_>,
    ) -> Self {
        let all = |entries: &[Entry], change| -> Vec<EntryJson> {
            entries.iter().map(|entry| EntryJson::new(entry, Some(change), explain)).collect()
        };
        Self {
            added: all(&difference.added, Change::Added),
            removed: all(&difference.removed, Change::Removed),
            unknown: unknown.map(|entries| all(entries, Change::Unknown)),
            approved,
        }
    }
}

impl EntryJson {
    pub(super) fn new(entry: &Entry, change: Option<Change>, explain: &Explain<'_>) -> Self {
        Self { connections: entry.to_json(), because: BecauseJson::new(explain, change, entry) }
    }
}
