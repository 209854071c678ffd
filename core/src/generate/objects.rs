//! Kubernetes objects as JSON text, and corpus cases as YAML, of a generated world.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{Display, Write};

use super::vocabulary::DEFAULT_ACCOUNT;
use super::{Probe, ProbeEnd, World, tier_objects};
use crate::cluster::{
    ContainerKind, ContainerPort, Namespace, Node, Phase, Pod, PodIdentity, Workload, WorkloadKind,
};
use crate::decision::{Decision, Side};
use crate::flow::{Connection, Transport};
use crate::label::Labels;
use crate::options::Options;
use crate::policy::{
    Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicySet, PortMatch, Rank, Rule, Traffic,
};
use crate::selector::{Requirement, Selector};

/// The objects of a world, each a line of JSON as an API server would store it.
///
/// What only the model can hold has no such form: for worlds of [`Scope::Model`](super::Scope::Model) the objects may
/// say something else.
#[must_use]
pub fn to_objects(world: &World) -> Vec<String> {
    let namespaces = world.namespaces.iter().map(namespace);
    let nodes = world.nodes.iter().map(node);
    let pods = world.pods.iter().map(pod);
    let policies = world.policies.iter().map(policy);
    namespaces.chain(nodes).chain(pods).chain(policies).collect()
}

/// A world, a probe and the decision that is right, as a case of the corpus.
#[must_use]
pub fn case_to_yaml(name: &str, world: &World, probe: &Probe, expected: Decision) -> String {
    let mut yaml = format!("suite: generated\ncase: {}\n", text(name));
    let changed = changed_options(world.options);
    if !changed.is_empty() {
        yaml.push_str(&format!("options: {}\n", object(&changed)));
    }
    if !world.resolved.is_empty() {
        let names = world.resolved.iter().map(|(name, own)| (name.as_str(), list(own.iter().map(text))));
        yaml.push_str(&format!("resolved: {}\n", object(&names.collect::<Vec<_>>())));
    }
    yaml.push_str("objects:\n");
    for line in to_objects(world) {
        yaml.push_str(&format!("- {line}\n"));
    }
    let policies = world.policy_set().unwrap_or_default();
    let mut fields = probe_fields(probe);
    for (direction, side) in [(Direction::Egress, expected.egress), (Direction::Ingress, expected.ingress)] {
        fields.extend(side_fields(&policies, direction, side));
    }
    fields.push(("allowed", expected.verdict().is_allow().to_string()));
    yaml.push_str(&format!("probes:\n- {}\n", object(&fields)));
    yaml
}

fn changed_options(options: Options) -> Vec<(&'static str, String)> {
    let entries = options.entries().into_iter();
    let changed = entries.filter(|entry| entry.values.first() != Some(&entry.value));
    changed.map(|entry| (entry.key, text(entry.value))).collect()
}

/// The fields of a probe that ask; those that answer are left to the caller.
pub(super) fn probe_fields(probe: &Probe) -> Vec<(&'static str, String)> {
    let mut fields = [("from", end(&probe.from)), ("to", end(&probe.to))].to_vec();
    match probe.transport {
        Transport::Ports { protocol, port, .. } => {
            fields.push(("protocol", text(protocol)));
            fields.push(("port", port.to_string()));
        }
        Transport::Other { protocol, .. } => fields.push(("protocol", protocol.to_string())),
    }
    match probe.connection {
        Connection::New => {}
        Connection::Established => fields.push(("connection", text("established"))),
        Connection::Reply => fields.push(("connection", text("reply"))),
    }
    if probe.via_service {
        fields.push(("viaService", "true".to_string()));
    }
    fields
}

fn side_fields(policies: &PolicySet, direction: Direction, side: Side) -> [(&'static str, String); 3] {
    let (verdict, reason, rule) = match direction {
        Direction::Egress => ("egress", "egressReason", "egressRule"),
        Direction::Ingress => ("ingress", "ingressReason", "ingressRule"),
    };
    let named = side.rule.and_then(|id| policies.rule(id)).map_or("null".to_string(), text);
    [(verdict, side.verdict().is_allow().to_string()), (reason, text(side.reason)), (rule, named)]
}

fn end(end: &ProbeEnd) -> String {
    match end {
        ProbeEnd::Address(address) => object(&[("ip", text(address))]),
        ProbeEnd::Pod(_, PodIdentity::Named(_)) => object(&[("pod", text(end))]),
        ProbeEnd::Pod(_, PodIdentity::Template(_)) => object(&[("workload", text(end))]),
    }
}

fn namespace(namespace: &Namespace) -> String {
    let metadata = metadata(&namespace.name, None, &namespace.labels);
    object(&[("apiVersion", text("v1")), ("kind", text("Namespace")), ("metadata", object(&metadata))])
}

fn node(node: &Node) -> String {
    let metadata = metadata(&node.name, None, &node.labels);
    let addresses = node.addresses.iter();
    let addresses =
        list(addresses.map(|address| object(&[("type", text("InternalIP")), ("address", text(address))])));
    object(&[
        ("apiVersion", text("v1")),
        ("kind", text("Node")),
        ("metadata", object(&metadata)),
        ("status", object(&[("addresses", addresses)])),
    ])
}

fn pod(pod: &Pod) -> String {
    match &pod.identity {
        PodIdentity::Named(name) => single_pod(pod, name),
        PodIdentity::Template(workload) => template(pod, workload),
    }
}

fn single_pod(pod: &Pod, name: &str) -> String {
    let mut metadata = metadata(name, Some(&pod.namespace), &pod.labels);
    if let Some(created) = &pod.created {
        metadata.push(("creationTimestamp", text(created)));
    }
    if pod.terminating {
        metadata.push(("deletionTimestamp", text("2026-01-03T00:00:00Z")));
    }
    let mut status = [("phase", text(phase(pod.phase)))].to_vec();
    if let Some(primary) = pod.addresses.first() {
        status.push(("podIP", text(primary)));
        status.push(("podIPs", addresses(&pod.addresses)));
    }
    if let Some(primary) = pod.host_addresses.first() {
        status.push(("hostIP", text(primary)));
        status.push(("hostIPs", addresses(&pod.host_addresses)));
    }
    object(&[
        ("apiVersion", text("v1")),
        ("kind", text("Pod")),
        ("metadata", object(&metadata)),
        ("spec", pod_spec(pod)),
        ("status", object(&status)),
    ])
}

fn template(pod: &Pod, workload: &Workload) -> String {
    let (version, kind) = match workload.kind {
        WorkloadKind::CronJob => ("batch/v1", "CronJob"),
        WorkloadKind::DaemonSet => ("apps/v1", "DaemonSet"),
        WorkloadKind::Deployment => ("apps/v1", "Deployment"),
        WorkloadKind::Job => ("batch/v1", "Job"),
        WorkloadKind::ReplicaSet => ("apps/v1", "ReplicaSet"),
        WorkloadKind::StatefulSet => ("apps/v1", "StatefulSet"),
    };
    let template =
        object(&[("metadata", object(&[("labels", labels(&pod.labels))])), ("spec", pod_spec(pod))]);
    let spec =
        object(&[("selector", object(&[("matchLabels", labels(&pod.labels))])), ("template", template)]);
    object(&[
        ("apiVersion", text(version)),
        ("kind", text(kind)),
        ("metadata", object(&metadata(&workload.name, Some(&pod.namespace), &Labels::new()))),
        ("spec", spec),
    ])
}

fn pod_spec(pod: &Pod) -> String {
    let mut fields = Vec::new();
    if let Some(node) = &pod.node {
        fields.push(("nodeName", text(node)));
    }
    if pod.host_network {
        fields.push(("hostNetwork", "true".to_string()));
    }
    if let Some(account) = pod.service_account.as_ref().filter(|account| *account != DEFAULT_ACCOUNT) {
        fields.push(("serviceAccountName", text(account)));
    }
    // One container a port, so that every name may be given twice; a name is unique within a container.
    let (regular, init): (Vec<_>, Vec<_>) =
        pod.ports.iter().enumerate().partition(|(_, port)| port.container == ContainerKind::Regular);
    let mut containers: Vec<String> = regular.into_iter().map(container).collect();
    if containers.is_empty() {
        containers.push(object(&[("name", text("main")), ("image", text("server"))]));
    }
    fields.push(("containers", list(containers)));
    if !init.is_empty() {
        fields.push(("initContainers", list(init.into_iter().map(container))));
    }
    object(&fields)
}

fn container((index, port): (usize, &ContainerPort)) -> String {
    let mut declared = [("containerPort", port.port.to_string()), ("protocol", text(port.protocol))].to_vec();
    if let Some(name) = &port.name {
        declared.push(("name", text(name)));
    }
    let mut fields = [
        ("name", text(format!("c{index}"))),
        ("image", text("server")),
        ("ports", list([object(&declared)])),
    ]
    .to_vec();
    if port.container == ContainerKind::Sidecar {
        fields.push(("restartPolicy", text("Always")));
    }
    object(&fields)
}

fn policy(policy: &Policy) -> String {
    if policy.rank != Rank::NetworkPolicy {
        return tier_objects::policy(policy);
    }
    let mut spec = [("podSelector", selector(&policy.subject.pods))].to_vec();
    let mut types = Vec::new();
    for (direction, name) in [(Direction::Ingress, "Ingress"), (Direction::Egress, "Egress")] {
        if policy.rules(direction).is_some() {
            types.push(text(name));
        }
        // NP-003: rules are written down whether the types name their direction or not.
        let rules = policy.written(direction);
        if !rules.is_empty() {
            spec.push((direction.as_str(), list(rules.iter().map(|each| rule(direction, each)))));
        }
    }
    spec.push(("policyTypes", list(types)));
    object(&[
        ("apiVersion", text("networking.k8s.io/v1")),
        ("kind", text("NetworkPolicy")),
        ("metadata", object(&metadata(&policy.name, Some(&policy.namespace), &Labels::new()))),
        ("spec", object(&spec)),
    ])
}

fn rule(direction: Direction, rule: &Rule) -> String {
    let mut fields = Vec::new();
    if let Peers::Of(peers) = &rule.peers {
        fields.push((direction.peers_field(), list(peers.iter().map(peer))));
    }
    if let Traffic::Of(items) = &rule.traffic {
        fields.push(("ports", list(items.iter().map(port_match))));
    }
    object(&fields)
}

fn peer(peer: &Peer) -> String {
    match peer {
        Peer::IpBlock(block) => {
            let mut fields = [("cidr", text(block.cidr()))].to_vec();
            if !block.except().is_empty() {
                fields.push(("except", list(block.except().iter().map(text))));
            }
            object(&[("ipBlock", object(&fields))])
        }
        Peer::Pods(PodMatch { namespaces: NamespaceMatch::Named(_), pods }) => {
            object(&[("podSelector", selector(pods))])
        }
        Peer::Pods(PodMatch { namespaces: NamespaceMatch::Selected(namespaces), pods }) => {
            let mut fields = [("namespaceSelector", selector(namespaces))].to_vec();
            if !pods.is_everything() {
                fields.push(("podSelector", selector(pods)));
            }
            object(&fields)
        }
        _ => object(&[]),
    }
}

fn port_match(item: &PortMatch) -> String {
    match item {
        PortMatch::Named { protocol, name } => object(&[("protocol", text(protocol)), ("port", text(name))]),
        PortMatch::Numbered { protocol, ports } => {
            let mut fields = [("protocol", text(protocol)), ("port", ports.start().to_string())].to_vec();
            if ports.start() != ports.end() {
                fields.push(("endPort", ports.end().to_string()));
            }
            object(&fields)
        }
        PortMatch::Protocol(protocol) => object(&[("protocol", text(protocol))]),
        PortMatch::Name(name) => object(&[("port", text(name))]),
        PortMatch::Unknown => object(&[]),
    }
}

pub(super) fn selector(selector: &Selector) -> String {
    if selector.is_everything() {
        return "{}".to_string();
    }
    // CIL-7: what has to be in `matchLabels` is one label at most.
    let (expressions, labels): (Vec<_>, Vec<_>) =
        selector.requirements().iter().partition(|requirement| selector.is_expressed(requirement));
    let mut fields = Vec::new();
    if !expressions.is_empty() {
        fields.push(("matchExpressions", list(expressions.into_iter().map(requirement))));
    }
    for label in labels {
        if let Requirement::In(key, values) = label {
            let pairs = values.iter().map(|value| format!("{}: {}", text(key), text(value)));
            fields.push(("matchLabels", format!("{{{}}}", pairs.collect::<String>())));
        }
    }
    object(&fields)
}

fn requirement(requirement: &Requirement) -> String {
    let (operator, values) = match requirement {
        Requirement::DoesNotExist(_) => ("DoesNotExist", None),
        Requirement::Exists(_) => ("Exists", None),
        Requirement::In(_, values) => ("In", Some(values)),
        Requirement::NotIn(_, values) => ("NotIn", Some(values)),
    };
    let mut fields = [("key", text(requirement.key())), ("operator", text(operator))].to_vec();
    if let Some(values) = values {
        fields.push(("values", list(values.iter().map(text))));
    }
    object(&fields)
}

pub(super) fn metadata(name: &str, namespace: Option<&str>, all: &Labels) -> Vec<(&'static str, String)> {
    let mut fields = [("name", text(name))].to_vec();
    if let Some(namespace) = namespace {
        fields.push(("namespace", text(namespace)));
    }
    if !all.is_empty() {
        fields.push(("labels", labels(all)));
    }
    fields
}

fn labels(labels: &Labels) -> String {
    let fields: Vec<_> = labels.iter().map(|(key, value)| (key.as_str(), text(value))).collect();
    object(&fields)
}

fn addresses(addresses: &[core::net::IpAddr]) -> String {
    list(addresses.iter().map(|address| object(&[("ip", text(address))])))
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Failed => "Failed",
        Phase::Pending => "Pending",
        Phase::Running => "Running",
        Phase::Succeeded => "Succeeded",
        Phase::Unknown => "Unknown",
    }
}

/// A JSON object of fields whose values are JSON already; the spaces make it YAML, too.
pub(super) fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{}: {value}", text(key))).collect();
    format!("{{{}}}", fields.join(", "))
}

pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<_> = items.into_iter().collect();
    format!("[{}]", items.join(", "))
}

/// A JSON string.
pub(super) fn text(value: impl Display) -> String {
    let mut quoted = String::from("\"");
    for c in value.to_string().chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_json_wants_them() {
        assert_eq!(text("a\"b\\c\nd"), r#""a\"b\\c\u000ad""#);
        assert_eq!(object(&[("a", text("b")), ("c", list([]))]), r#"{"a": "b", "c": []}"#);
    }
}
