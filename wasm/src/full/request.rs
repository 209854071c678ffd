//! Requests, as JSON.

use core::net::IpAddr;
use std::format;
use std::string::String;
use std::vec::Vec;

use portcullis::corpus::{Probe, read as read_cases};
use portcullis::manifest::{LoadOptions, Source, Strength};
use portcullis::net::DomainName;
use portcullis::sorted::SortedMap;
use portcullis::{Delta, Options};
use serde::Deserialize;

use super::Refusal;

/// Manifests and how to read and decide them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadRequest {
    /// The manifests.
    pub sources: Vec<SourceText>,
    /// The namespace of objects that have none.
    pub namespace: Option<String>,
    /// Options that are set, by key.
    pub options: SortedMap<String, String>,
    /// The addresses of domain names; names that are not here keep what is known of them.
    pub resolved: SortedMap<String, Vec<IpAddr>>,
}

/// A text of manifests, YAML or JSON.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceText {
    /// What problems and rules call it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// What of the connections is asked for: all of them, so far.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRequest {}

/// Objects that are put or removed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApplyRequest {
    /// Manifests of what is put; a workload stands for pods of its own, whatever else was loaded.
    pub put: Vec<SourceText>,
    /// What is removed, before anything is put.
    pub remove: Vec<ObjectName>,
    /// All addresses that domain names have; none where a name is to be forgotten.
    pub resolved: SortedMap<String, Vec<IpAddr>>,
    /// The namespace of objects that have none.
    pub namespace: Option<String>,
}

/// An object by name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectName {
    /// The kind as manifests have it: `Namespace`, `Node`, `Pod`, `Service`, `EndpointSlice`, `Endpoints`, one of a
    /// policy, or one of a workload.
    pub kind: String,
    /// The namespace, where the kind has one.
    #[serde(default)]
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// Reads a request.
pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(text).map_err(|error| Refusal::request(format!("the request: {error}")))
}

/// Reads a question about flows.
pub(super) fn question(text: &[u8]) -> Result<Probe, Refusal> {
    let text = core::str::from_utf8(text).map_err(|_| Refusal::request("the question is no UTF-8"))?;
    // A line of its own, so that positions in messages are those of the question.
    let mut cases = read_cases(&format!("{{\"case\": \"question\", \"rules\": [], \"probes\": [{text}]}}"))
        .map_err(|error| Refusal::request(format!("the question: {error}")))?;
    let probe = cases.pop().and_then(|mut case| case.probes.pop().filter(|_| case.probes.is_empty()));
    probe.ok_or_else(|| Refusal::request("the request is not one question"))
}

/// The addresses of domain names.
pub(super) fn resolved(
    request: &SortedMap<String, Vec<IpAddr>>,
) -> Result<Vec<(DomainName, Vec<IpAddr>)>, Refusal> {
    let resolved = request.iter().map(|(name, addresses)| {
        let known = DomainName::try_from(name.as_str())
            .map_err(|error| Refusal::request(format!("`{name}` is no domain name: it {error}")))?;
        Ok((known, addresses.iter().map(IpAddr::to_canonical).collect()))
    });
    resolved.collect()
}

impl LoadRequest {
    pub(super) fn sources(&self) -> Vec<Source> {
        let source = |source: &SourceText| Source { name: source.name.clone(), text: source.text.clone() };
        self.sources.iter().map(source).collect()
    }

    pub(super) fn load_options(&self, strength: Strength) -> LoadOptions {
        super::load_options(self.namespace.as_ref(), strength)
    }

    pub(super) fn options(&self) -> Result<Options, Refusal> {
        let settings: Vec<_> = self.options.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        super::options(&settings)
    }
}

impl ObjectName {
    pub(super) fn removal(&self) -> Result<Delta, Refusal> {
        let Self { kind, namespace, name } = self;
        Delta::removal(kind, namespace, name)
            .ok_or_else(|| Refusal::request(format!("objects of kind `{kind}` cannot be removed")))
    }
}
