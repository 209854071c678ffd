//! What there is to ask about.

use std::fmt::Display;

use portcullis::analyze::workloads;
use portcullis::cluster::{Namespace, Pod, PodId, PodIdentity, ServicePort, TargetPort, Workload};
use portcullis::label::Labels;
use portcullis::policy::{NamespaceMatch, Policy};
use portcullis::sorted::SortedMap;
use serde_json::{Map, Value, json};

use crate::Session;
use crate::answer::Teller;

fn labels(labels: &Labels) -> Value {
    let pairs = labels.iter().map(|(key, value)| (key.as_str().to_string(), value.as_str().into()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn texts<T: Display>(values: impl IntoIterator<Item = T>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

impl Session {
    pub(crate) fn teller(&self) -> Teller<'_> {
        let (texts, places) = self.answered();
        Teller { engine: &self.engine, texts, places }
    }

    /// The namespaces.
    #[must_use]
    pub fn namespaces(&self) -> Value {
        let of = |namespace: &Namespace| {
            json!({
                "name": namespace.name,
                "labels": labels(&namespace.labels),
                "declared": namespace.declared,
            })
        };
        self.engine.cluster().namespaces().map(|(_, namespace)| of(namespace)).collect()
    }

    /// The nodes.
    #[must_use]
    pub fn nodes(&self) -> Value {
        let nodes = self.engine.cluster().nodes().map(|(_, node)| {
            json!({ "name": node.name, "labels": labels(&node.labels), "addresses": texts(&node.addresses) })
        });
        nodes.collect()
    }

    /// The workloads, as lists name them.
    #[must_use]
    pub fn workloads(&self) -> Value {
        let cluster = self.engine.cluster();
        let policies: Vec<&Policy> = self.engine.policies().policies().map(|(_, policy)| policy).collect();
        let told = workloads(&self.engine).into_iter().filter_map(|(name, pods)| {
            let (first, pod) = pods.iter().find_map(|id| Some((*id, cluster.pod(*id)?)))?;
            let of = |id: &PodId| cluster.pod(*id);
            let named =
                pods.iter().filter_map(of).filter(|pod| matches!(pod.identity, PodIdentity::Named(_)));
            let addresses = pods.iter().filter_map(of).flat_map(|pod| &pod.addresses);
            let selecting = policies.iter().enumerate().filter(|(_, policy)| self.selects(policy, first));
            Some(json!({
                "name": name.to_string(),
                "end": end(pod, name.variant > 0),
                "namespace": name.namespace,
                "kind": name.kind.map_or("pod", |kind| kind.as_str()),
                "labels": labels(&pod.labels),
                "ports": ports(pod),
                "addresses": texts(addresses),
                "pods": texts(named),
                "policies": selecting.map(|(at, _)| at).collect::<Vec<_>>(),
            }))
        });
        told.collect()
    }

    /// The services.
    #[must_use]
    pub fn services(&self) -> Value {
        let services = self.engine.cluster().services().map(|(_, service)| {
            let name = format!("{}/{}", service.namespace, service.name);
            let addresses =
                [&service.cluster_addresses, &service.external_addresses, &service.ingress_addresses];
            json!({
                "name": name,
                "end": { "service": name },
                "namespace": service.namespace,
                "type": service.kind.as_str(),
                "addresses": texts(addresses.into_iter().flatten()),
                "ports": service.ports.iter().map(service_port).collect::<Vec<_>>(),
            })
        });
        services.collect()
    }

    /// The policies, in order.
    #[must_use]
    pub fn policies(&self) -> Value {
        let teller = self.teller();
        let mut selected: SortedMap<usize, Vec<usize>> = SortedMap::new();
        let all: Vec<_> = self.engine.policies().policies().collect();
        for (place, (_, pods)) in workloads(&self.engine).into_iter().enumerate() {
            let Some(first) = pods.first() else { continue };
            for (at, _) in all.iter().enumerate().filter(|(_, (_, policy))| self.selects(policy, *first)) {
                selected.entry(at).or_default().push(place);
            }
        }
        let told = all.iter().enumerate().map(|(at, (id, policy))| {
            let mut told = teller.policy(*id);
            let is_namespaced = policy.rank.kind().is_namespaced();
            told["namespace"] = if is_namespaced { policy.namespace.as_str().into() } else { Value::Null };
            told["ingress"] = policy.ingress.is_some().into();
            told["egress"] = policy.egress.is_some().into();
            told["selects"] = selected.remove(&at).unwrap_or_default().into();
            told
        });
        told.collect()
    }

    /// Whether a policy selects a pod; the pods of one workload in a list are alike in that.
    fn selects(&self, policy: &Policy, id: PodId) -> bool {
        let cluster = self.engine.cluster();
        let (Some(pod), Some(namespace)) = (cluster.pod(id), cluster.namespace_of(id)) else { return false };
        let is_there = match &policy.subject.namespaces {
            NamespaceMatch::Named(name) => *name == namespace.name,
            NamespaceMatch::Selected(selector) => selector.matches(&namespace.labels),
        };
        is_there && policy.subject.pods.matches(&pod.labels)
    }
}

/// As a question takes it: a pod where the workload has others beside it that are not meant.
fn end(pod: &Pod, is_variant: bool) -> Value {
    let workload = |workload: &Workload| json!({ "workload": format!("{}/{workload}", pod.namespace) });
    match (&pod.identity, &pod.workload) {
        (PodIdentity::Template(template), _) => workload(template),
        (PodIdentity::Named(_), Some(owner)) if !is_variant => workload(owner),
        (PodIdentity::Named(_), _) => json!({ "pod": pod.to_string() }),
    }
}

fn ports(pod: &Pod) -> Vec<Value> {
    let ports = pod.ports.iter().map(|port| {
        let name = port.name.as_ref().map(|name| name.as_str());
        json!({ "name": name, "port": port.port.get(), "protocol": port.protocol.as_str() })
    });
    ports.collect()
}

fn service_port(port: &ServicePort) -> Value {
    json!({
        "name": (!port.name.is_empty()).then_some(&port.name),
        "protocol": port.protocol.as_str(),
        "port": port.port.get(),
        "targetPort": match &port.target {
            TargetPort::Number(number) => number.to_string(),
            TargetPort::Named(name) => name.as_str().to_string(),
        },
        "nodePort": port.node_port.map(std::num::NonZeroU16::get),
    })
}
