//! Paths through services in cases: what is expected of each, and whether it is so.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::read::{self, CorpusError, Fields};
use super::write;
use super::{ExpectedSide, Probe, ProbeEnd, Scenario};
use crate::decision::{Decide, Verdict};
use crate::flow::{End, Endpoint};
use crate::manifest::tree::Node;
use crate::path::{Call, Path, Paths};

/// What is expected of one path through a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedPath {
    /// The endpoint: a pod, a workload or an address.
    pub endpoint: ProbeEnd,
    /// The endpoint's address, where it is stated.
    pub address: Option<IpAddr>,
    /// The port there; nothing for protocols without ports.
    pub port: Option<u16>,
    /// The source as the endpoint sees it, where it is not the probe's: a node's address, or nothing where none is known.
    pub source: Option<Option<IpAddr>>,
    /// The verdict on the path.
    pub verdict: Option<Verdict>,
    /// What the source's policies say.
    pub egress: ExpectedSide,
    /// What the endpoint's policies say.
    pub ingress: ExpectedSide,
}

pub(super) fn read(node: &Node, path: &str) -> Result<ExpectedPath, CorpusError> {
    let mut fields = Fields::new(node, path)?;
    let expected = ExpectedPath {
        endpoint: fields.required("endpoint", read::end)?,
        address: fields.optional("address", read::address)?,
        port: fields.optional("port", read::integer)?,
        source: fields.nullable("source", read::address)?,
        verdict: fields.optional("allowed", read::verdict)?,
        egress: read::side(&mut fields, "egress", "egressReason", "egressRule")?,
        ingress: read::side(&mut fields, "ingress", "ingressReason", "ingressRule")?,
    };
    fields.finish()?;
    Ok(expected)
}

pub(super) fn to_text(expected: &ExpectedPath) -> String {
    let mut fields = Vec::new();
    let mut field = |key: &str, value: String| fields.push(format!("{key}: {value}"));
    field("endpoint", write::end(&expected.endpoint));
    if let Some(address) = expected.address {
        field("address", write::scalar(&address.to_string()));
    }
    if let Some(port) = expected.port {
        field("port", port.to_string());
    }
    if let Some(source) = expected.source {
        field("source", source.map_or("null".to_string(), |address| write::scalar(&address.to_string())));
    }
    if let Some(verdict) = expected.verdict {
        field("allowed", verdict.is_allow().to_string());
    }
    write::side_fields(&mut fields, "egress", &expected.egress);
    write::side_fields(&mut fields, "ingress", &expected.ingress);
    format!("{{{}}}", fields.join(", "))
}

impl Scenario {
    /// Compares the paths of calls with those that a probe states; what is stated for the whole probe holds for each.
    pub(super) fn check_calls(
        &self,
        probe: &Probe,
        calls: &[Call],
        implementation: &dyn Decide,
        fail: &mut dyn FnMut(String),
    ) {
        for call in calls {
            let paths = match Paths::of(&self.cluster, call) {
                Ok(paths) => paths,
                Err(error) => {
                    if probe.no_path.as_deref() != Some("error") {
                        fail(error.to_string());
                    }
                    continue;
                }
            };
            let refusal = paths.refusal.map(|refusal| refusal.as_str());
            if refusal != probe.no_path.as_deref() {
                fail(format!("has no path because of {refusal:?}, expected {:?}", probe.no_path));
            }
            for path in &paths.paths {
                let path = path.with_connection(probe.connection);
                let decision = path.decide(implementation);
                self.compare_decision(probe.verdict, [&probe.egress, &probe.ingress], decision, fail);
                let mut stated = probe.paths.iter().filter(|expected| self.is_it(expected, &path));
                match stated.next() {
                    Some(expected) => {
                        let sides = [&expected.egress, &expected.ingress];
                        let mut fail = |message| fail(format!("{}: {message}", expected.endpoint));
                        self.compare_decision(expected.verdict, sides, decision, &mut fail);
                    }
                    None if probe.paths.is_empty() => {}
                    None => fail(format!("there is a path that is not stated: {path:?}")),
                }
            }
            for expected in &probe.paths {
                if !paths.paths.iter().any(|path| self.is_it(expected, path)) {
                    fail(format!("there is no such path: {}", to_text(expected)));
                }
            }
        }
    }

    /// Whether a path is the one that is stated.
    fn is_it(&self, expected: &ExpectedPath, path: &Path) -> bool {
        let end = path.sent.destination();
        let is_endpoint = expected
            .endpoint
            .endpoints(&self.cluster)
            .is_ok_and(|ends| ends.iter().any(|it| is_end(*it, end)));
        let source = path.is_rewritten().then(|| path.seen.source().address());
        is_endpoint
            && expected.address.is_none_or(|address| end.address() == Some(address))
            && expected.port == path.port()
            && expected.source == source
    }
}

fn is_end(endpoint: Endpoint, end: End) -> bool {
    match endpoint {
        Endpoint::Pod(id) => end.pod() == Some(id),
        Endpoint::Address(address) => end.pod().is_none() && end.address() == Some(address),
    }
}
