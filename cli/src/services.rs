//! Connections through services: from whom a service leads to which workloads, and on which of their ports.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::Engine;
use portcullis::cluster::{Pod, PodId};
use portcullis::flow::{End, Endpoint};
use portcullis::net::L4Protocol;
use portcullis::path::{Call, Carries, Door, Paths, PortAsked, Refusal};

/// One port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServicePath {
    /// `namespace/name`.
    pub(crate) service: String,
    pub(crate) protocol: L4Protocol,
    pub(crate) port: u16,
    /// The name that the service gives the port; empty where it has none.
    pub(crate) name: String,
    /// Whom it leads from and to, those that it leads alike together.
    pub(crate) connections: Vec<(Vec<String>, Vec<Target>)>,
    /// From whom the service itself refuses, and why.
    pub(crate) refused: Vec<(Refusal, Vec<String>)>,
    /// Whether it refuses everybody.
    pub(crate) refuses_all: bool,
}

/// Where a path ends: a workload or an address, and the port there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) is_address: bool,
    pub(crate) port: u16,
}

/// Every port of every service, as it leads from the cluster's own pods.
///
/// A workload is listed where *some* pod of it has a path that both sides allow; what leads from outside is a question of
/// the address that comes in, which `eval` answers.
pub(crate) fn service_paths(engine: &Engine) -> Vec<ServicePath> {
    let cluster = engine.cluster();
    let mut sources: BTreeMap<String, Vec<PodId>> = BTreeMap::new();
    for (id, pod) in cluster.pods().filter(|(_, pod)| !pod.is_finished()) {
        sources.entry(workload_of(pod)).or_default().push(id);
    }
    let mut out = Vec::new();
    for (id, service) in cluster.services() {
        let name = format!("{}/{}", service.namespace, service.name);
        for port in &service.ports {
            let call = |source| Call {
                source: Endpoint::Pod(source),
                service: id,
                door: Door::Name,
                carries: Carries::Port {
                    protocol: port.protocol,
                    source_port: None,
                    port: PortAsked::Number(port.port.get()),
                },
            };
            let mut alike: BTreeMap<BTreeSet<Target>, Vec<String>> = BTreeMap::new();
            let mut refused: Vec<(Refusal, Vec<String>)> = Vec::new();
            let mut leads = false;
            for (source, pods) in &sources {
                let mut targets = BTreeSet::new();
                // A source without an address family that the service has is none of its callers.
                for paths in pods.iter().filter_map(|pod| Paths::of(cluster, &call(*pod)).ok()) {
                    leads |= !paths.paths.is_empty();
                    if let Some(refusal) = paths.refusal {
                        match refused.iter_mut().find(|(known, _)| *known == refusal) {
                            Some((_, names)) => {
                                if names.last() != Some(source) {
                                    names.push(source.clone());
                                }
                            }
                            None => refused.push((refusal, vec![source.clone()])),
                        }
                    }
                    let allowed = paths.paths.iter().filter(|path| path.decide(engine).verdict().is_allow());
                    let target = |path: &portcullis::path::Path| {
                        target_of(engine, path.sent.destination(), path.port()?)
                    };
                    targets.extend(allowed.filter_map(target).filter(|target| target.name != *source));
                }
                if !targets.is_empty() {
                    alike.entry(targets).or_default().push(source.clone());
                }
            }
            let mut connections: Vec<(Vec<String>, Vec<Target>)> =
                alike.into_iter().map(|(targets, from)| (from, targets.into_iter().collect())).collect();
            connections.sort();
            out.push(ServicePath {
                service: name.clone(),
                protocol: port.protocol,
                port: port.port.get(),
                name: port.name.clone(),
                connections,
                refuses_all: !leads && !refused.is_empty(),
                refused,
            });
        }
    }
    out
}

fn target_of(engine: &Engine, end: End, port: u16) -> Option<Target> {
    match (end.pod().and_then(|id| engine.cluster().pod(id)), end.address()) {
        (Some(pod), _) => Some(Target { name: workload_of(pod), is_address: false, port }),
        (None, Some(address)) => Some(Target { name: address.to_string(), is_address: true, port }),
        (None, None) => None,
    }
}

/// The workload of a pod as lists name it, all of its pods together.
fn workload_of(pod: &Pod) -> String {
    match &pod.workload {
        Some(workload) => format!("{}/{workload}", pod.namespace),
        None if pod.to_string().split('/').count() == 3 => pod.to_string(),
        None => format!("{}/pod/{}", pod.namespace, pod.identity),
    }
}
