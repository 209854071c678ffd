//! Policies of the cluster as JSON text.

use alloc::string::{String, ToString};

use super::objects::{list, metadata, object, selector, text};
use crate::label::Labels;
use crate::net::PortRange;
use crate::policy::{
    Action, Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicyKind, PortMatch, Rule, Tier,
    Traffic,
};

pub(super) fn policy(policy: &Policy) -> String {
    let kind = policy.rank.kind();
    let is_new = kind == PolicyKind::ClusterNetworkPolicy;
    let mut spec = alloc::vec![("subject", pods(&policy.subject))];
    if is_new {
        spec.push(("tier", text(Tier::as_str(policy.rank.tier()))));
    }
    if let Some(priority) = policy.rank.priority() {
        spec.push(("priority", priority.to_string()));
    }
    for direction in [Direction::Ingress, Direction::Egress] {
        if let Some(rules) = policy.rules(direction) {
            let rules = rules.iter().map(|each| rule(direction, each, is_new));
            spec.push((direction.as_str(), list(rules)));
        }
    }
    let version = if is_new { "v1alpha2" } else { "v1alpha1" };
    object(&[
        ("apiVersion", text(alloc::format!("policy.networking.k8s.io/{version}"))),
        ("kind", text(kind)),
        ("metadata", object(&metadata(&policy.name, None, &Labels::new()))),
        ("spec", object(&spec)),
    ])
}

fn rule(direction: Direction, rule: &Rule, is_new: bool) -> String {
    let action = match rule.action {
        Action::Allow if is_new => "Accept",
        Action::Allow => "Allow",
        Action::Deny => "Deny",
        Action::Pass => "Pass",
    };
    let mut fields = alloc::vec![("action", text(action))];
    if let Some(name) = &rule.name {
        fields.push(("name", text(name)));
    }
    if let Peers::Of(peers) = &rule.peers {
        fields.push((direction.peers_field(), list(peers.iter().map(peer))));
    }
    if let Traffic::Of(items) = &rule.traffic {
        let (key, item): (_, fn(&PortMatch) -> String) =
            if is_new { ("protocols", protocol) } else { ("ports", port) };
        fields.push((key, list(items.iter().map(item))));
    }
    object(&fields)
}

fn peer(peer: &Peer) -> String {
    match peer {
        Peer::DomainNames(patterns) => object(&[("domainNames", list(patterns.iter().map(text)))]),
        Peer::IpBlock(block) => object(&[("networks", list([text(block.cidr())]))]),
        Peer::Networks(networks) => object(&[("networks", list(networks.iter().map(text)))]),
        Peer::Nodes(nodes) => object(&[("nodes", selector(nodes))]),
        Peer::Pods(matched) => pods(matched),
        Peer::Unknown => object(&[("somethingNew", object(&[]))]),
    }
}

fn pods(pods: &PodMatch) -> String {
    let namespaces = match &pods.namespaces {
        NamespaceMatch::Selected(namespaces) => selector(namespaces),
        NamespaceMatch::Named(name) => {
            let labels = object(&[("kubernetes.io/metadata.name", text(name))]);
            object(&[("matchLabels", labels)])
        }
    };
    if pods.pods.is_everything() {
        return object(&[("namespaces", namespaces)]);
    }
    let fields = [("namespaceSelector", namespaces), ("podSelector", selector(&pods.pods))];
    object(&[("pods", object(&fields))])
}

fn protocol(item: &PortMatch) -> String {
    match item {
        PortMatch::Name(name) | PortMatch::Named { name, .. } => {
            object(&[("destinationNamedPort", text(name))])
        }
        PortMatch::Numbered { protocol, ports } => {
            let destination = match single(*ports) {
                Some(number) => object(&[("number", number)]),
                None => object(&[("range", object(&range(*ports)))]),
            };
            let key = protocol.as_str().to_lowercase();
            object(&[(&key, object(&[("destinationPort", destination)]))])
        }
        PortMatch::Protocol(protocol) => object(&[(&protocol.as_str().to_lowercase(), object(&[]))]),
        PortMatch::Unknown => object(&[("somethingNew", object(&[]))]),
    }
}

fn port(item: &PortMatch) -> String {
    let numbered = |protocol, ports: PortRange| {
        let protocol = ("protocol", text(protocol));
        match single(ports) {
            Some(number) => object(&[("portNumber", object(&[protocol, ("port", number)]))]),
            None => {
                let [start, end] = range(ports);
                object(&[("portRange", object(&[protocol, start, end]))])
            }
        }
    };
    match item {
        PortMatch::Name(name) | PortMatch::Named { name, .. } => object(&[("namedPort", text(name))]),
        PortMatch::Numbered { protocol, ports } => numbered(*protocol, *ports),
        PortMatch::Protocol(protocol) => numbered(*protocol, PortRange::ALL),
        PortMatch::Unknown => object(&[("somethingNew", object(&[]))]),
    }
}

fn single(ports: PortRange) -> Option<String> {
    (ports.start() == ports.end()).then(|| ports.start().to_string())
}

fn range(ports: PortRange) -> [(&'static str, String); 2] {
    [("start", ports.start().to_string()), ("end", ports.end().to_string())]
}
