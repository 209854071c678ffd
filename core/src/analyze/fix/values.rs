//! Peers, ports and policies as they are written.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::analyze::distinctions::is_of_one_pod;
use crate::cluster::Pod;
use crate::label::LabelKey;
use crate::manifest::edit::Fresh;
use crate::policy::Direction;

/// Keys of labels that say which application a pod is of, the best first.
const NAMES: [&str; 5] = ["app.kubernetes.io/name", "app", "k8s-app", "name", "component"];

/// The labels by which pods like one are told from others, from the shortest way to the surest: one that says which
/// application it is, then all that its workload gives it.
pub(super) fn ways_to_select(pod: &Pod) -> Vec<Vec<(String, String)>> {
    let all: Vec<(String, String)> = pod
        .labels
        .iter()
        .filter(|(key, _)| !is_of_one_pod(key.as_str()))
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect();
    let short = NAMES.iter().find_map(|name| all.iter().find(|(key, _)| key == name)).or(all.first());
    let mut ways: Vec<Vec<(String, String)>> =
        short.map(|label| alloc::vec![label.clone()]).into_iter().collect();
    if all.len() > 1 {
        ways.push(all);
    }
    ways
}

/// A selector of some labels.
pub(super) fn match_labels(labels: &[(String, String)]) -> Fresh {
    let entries = labels.iter().map(|(key, value)| (key.clone(), Fresh::text(value.as_str()))).collect();
    Fresh::map([("matchLabels", Fresh::Map(entries))])
}

/// A condition of a selector.
fn expression(key: &str, operator: &str, value: &str) -> Fresh {
    Fresh::map([
        ("key", Fresh::text(key)),
        ("operator", Fresh::text(operator)),
        ("values", Fresh::List(alloc::vec![Fresh::text(value)])),
    ])
}

/// The condition that a label does not have a value.
pub(super) fn other_than((key, value): &(String, String)) -> Fresh {
    expression(key, "NotIn", value)
}

fn namespace_name() -> String {
    LabelKey::metadata_name().to_string()
}

/// A pod as a peer of policies in a namespace.
pub(super) fn pod_peer(pod: &Pod, labels: &[(String, String)], from: &str) -> Fresh {
    let pods = ("podSelector", match_labels(labels));
    if pod.namespace == from {
        return Fresh::map([pods]);
    }
    let namespace = match_labels(&[(namespace_name(), pod.namespace.clone())]);
    Fresh::map([("namespaceSelector", namespace), pods])
}

/// The CIDR of one address.
pub(super) fn single(address: IpAddr) -> String {
    format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })
}

/// An address as a peer.
pub(super) fn address_peer(address: IpAddr) -> Fresh {
    Fresh::map([("ipBlock", Fresh::map([("cidr", Fresh::text(single(address)))]))])
}

/// Everybody as peers, but the pods like one, or but an address.
pub(super) fn everybody_but(pod: Option<(&Pod, &(String, String))>, address: Option<IpAddr>) -> Fresh {
    let mut peers = Vec::new();
    match pod {
        None => peers.push(Fresh::map([("namespaceSelector", Fresh::Map(Vec::new()))])),
        Some((pod, label)) => {
            let elsewhere = expression(&namespace_name(), "NotIn", &pod.namespace);
            let elsewhere = Fresh::map([("matchExpressions", Fresh::List(alloc::vec![elsewhere]))]);
            peers.push(Fresh::map([("namespaceSelector", elsewhere)]));
            let here = match_labels(&[(namespace_name(), pod.namespace.clone())]);
            let others = Fresh::map([("matchExpressions", Fresh::List(alloc::vec![other_than(label)]))]);
            peers.push(Fresh::map([("namespaceSelector", here), ("podSelector", others)]));
        }
    }
    let own: Vec<IpAddr> = pod.map(|(pod, _)| pod.addresses.clone()).unwrap_or_default();
    let holes: Vec<IpAddr> = own.into_iter().chain(address).collect();
    for (cidr, is_v4) in [("0.0.0.0/0", true), ("::/0", false)] {
        let holes = holes.iter().filter(|address| address.is_ipv4() == is_v4);
        let except: Vec<Fresh> = holes.map(|address| Fresh::text(single(*address))).collect();
        let mut block = alloc::vec![("cidr", Fresh::text(cidr))];
        if !except.is_empty() {
            block.push(("except", Fresh::List(except)));
        }
        peers.push(Fresh::map([("ipBlock", Fresh::map(block))]));
    }
    Fresh::List(peers)
}

/// A rule that allows a peer, on one port where the protocol has ports.
pub(super) fn rule(direction: Direction, peer: Fresh, port: Option<Fresh>) -> Fresh {
    let mut fields = alloc::vec![(direction.peers_field(), Fresh::List(alloc::vec![peer]))];
    fields.extend(port.map(|port| ("ports", Fresh::List(alloc::vec![port]))));
    Fresh::map(fields)
}

/// A policy with rules for one direction.
pub(super) fn policy(
    namespace: &str,
    name: &str,
    subject: &[(String, String)],
    direction: Direction,
    rules: Vec<Fresh>,
) -> Fresh {
    let kind = match direction {
        Direction::Ingress => "Ingress",
        Direction::Egress => "Egress",
    };
    let pods = if subject.is_empty() { Fresh::Map(Vec::new()) } else { match_labels(subject) };
    Fresh::map([
        ("apiVersion", Fresh::text("networking.k8s.io/v1")),
        ("kind", Fresh::text("NetworkPolicy")),
        ("metadata", Fresh::map([("name", Fresh::text(name)), ("namespace", Fresh::text(namespace))])),
        (
            "spec",
            Fresh::map([
                ("podSelector", pods),
                ("policyTypes", Fresh::List(alloc::vec![Fresh::text(kind)])),
                (direction.as_str(), Fresh::List(rules)),
            ]),
        ),
    ])
}
