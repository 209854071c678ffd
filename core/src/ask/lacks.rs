//! What a rule lacks to allow a flow, in words; or the parts of it that match.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use serde::Serialize;

use super::failure::listed;
use crate::Engine;
use crate::cluster::PodId;
use crate::explain::{Nearest, PeerMiss, PeersOutcome, PortMiss, RuleTrace, SideTrace, TrafficOutcome};
use crate::flow::Transport;
use crate::label::Labels;
use crate::policy::{PolicyKind, RuleRef};
use crate::selector::Requirement;

/// One thing that a rule lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lack {
    /// The field that would have to be otherwise, in upstream notation.
    pub field: String,
    /// What it does not hold, in words.
    pub message: String,
}

/// The ends of a flow as a side's rules see them.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// The other end's name.
    pub peer: &'a str,
    /// The other end's address, where it is known.
    pub peer_address: Option<IpAddr>,
    /// The destination's name.
    pub destination: &'a str,
    /// Protocol and port.
    pub transport: Transport,
}

/// The fields of the peer and the port through which a rule matches, where it names some.
#[must_use]
pub fn matching_fields(rule: &RuleRef<'_>, matching: &RuleTrace) -> Vec<String> {
    let peer = match matching.peers {
        PeersOutcome::Matched(index) => Some((rule.direction.peers_field(), index)),
        PeersOutcome::Any | PeersOutcome::Missed(_) => None,
    };
    let port = match matching.traffic {
        TrafficOutcome::Matched(index) => Some((ports_field(rule), index)),
        TrafficOutcome::Any | TrafficOutcome::Missed(_) => None,
    };
    let fields = [peer, port].into_iter().flatten();
    fields.map(|(list, index)| format!("{}.{list}[{index}]", rule.path())).collect()
}

/// The name of the list that holds a rule's protocols and ports.
#[must_use]
pub fn ports_field(rule: &RuleRef<'_>) -> &'static str {
    match rule.policy.rank.kind() {
        PolicyKind::ClusterNetworkPolicy => "protocols",
        _ => "ports",
    }
}

/// Everything that the nearest rule lacks.
#[must_use]
pub fn of_nearest(engine: &Engine, side: &SideTrace, nearest: &Nearest<'_>, ends: Ends<'_>) -> Vec<Lack> {
    let Some(rule) = engine.policies().rule(nearest.rule.rule) else { return Vec::new() };
    let mut lacks = Vec::new();
    if let (PeersOutcome::Missed(misses), Some(index)) = (&nearest.rule.peers, nearest.peer) {
        let field = format!("{}.{}[{index}]", rule.path(), side.direction.peers_field());
        for miss in misses.get(index).into_iter().flatten() {
            for (part, message) in peer(engine, miss, side.peer, ends) {
                lacks.push(Lack { field: format!("{field}{part}"), message });
            }
        }
    }
    if let (TrafficOutcome::Missed(misses), Some(index)) = (&nearest.rule.traffic, nearest.port)
        && let Some(miss) = misses.get(index)
    {
        let (part, message) = port(miss, ends);
        lacks.push(Lack { field: format!("{}.ports[{index}]{part}", rule.path()), message });
    }
    lacks
}

/// The part of a peer that does not hold the other end, and why.
fn peer(engine: &Engine, miss: &PeerMiss, pod: Option<PodId>, ends: Ends<'_>) -> Vec<(&'static str, String)> {
    let name = ends.peer;
    let address = ends.peer_address.map(|address| address.to_string()).unwrap_or_default();
    let labels = pod.and_then(|id| engine.cluster().pod(id)).map(|pod| &pod.labels);
    let namespace = pod.and_then(|id| engine.cluster().namespace_of(id));
    match miss {
        PeerMiss::PodLabels(failing) => failing
            .iter()
            .map(|requirement| (".podSelector", format!("`{name}` {}", unmet(requirement, labels))))
            .collect(),
        PeerMiss::NamespaceLabels(failing) => {
            let labels = namespace.map(|namespace| &namespace.labels);
            let name = namespace.map(|namespace| namespace.name.as_str()).unwrap_or_default();
            let message = |requirement| format!("namespace `{name}` {}", unmet(requirement, labels));
            failing.iter().map(|requirement| (".namespaceSelector", message(requirement))).collect()
        }
        PeerMiss::WrongNamespace(wanted) => {
            let message = format!(
                "without `namespaceSelector` it means namespace `{wanted}`, and `{name}` is in another one"
            );
            alloc::vec![("", message)]
        }
        PeerMiss::Excepted(hole) => {
            alloc::vec![(".ipBlock.except", format!("`{hole}` takes {address} out of the block"))]
        }
        PeerMiss::OutsideBlock(block) => {
            alloc::vec![(".ipBlock.cidr", format!("{address} is outside `{block}`"))]
        }
        PeerMiss::NoAddress => {
            alloc::vec![(
                ".ipBlock",
                format!("`{name}` has no address here, and a block holds addresses only")
            )]
        }
        PeerMiss::PodInBlock => {
            alloc::vec![(
                ".ipBlock",
                format!("`{name}` is a pod, and the options keep blocks away from pods")
            )]
        }
        PeerMiss::NotAPod => {
            alloc::vec![("", format!("`{name}` is no pod to policies, and selectors hold pods only"))]
        }
        PeerMiss::OutsideNetworks(networks) => {
            alloc::vec![(".networks", format!("{address} is outside {}", listed(networks)))]
        }
        PeerMiss::NotThatNode => {
            alloc::vec![(".nodes", format!("no node that the labels select has {address}"))]
        }
        PeerMiss::NotResolved(names) => {
            alloc::vec![(".domainNames", format!("no name of {} is known to have {address}", listed(names)))]
        }
        PeerMiss::Unknown => {
            alloc::vec![(
                "",
                "it is a peer that only a newer API knows, and the rule fails closed".to_string()
            )]
        }
    }
}

/// The part of an item of `ports` that does not hold the flow, and why.
fn port(miss: &PortMiss, ends: Ends<'_>) -> (&'static str, String) {
    let carried = match ends.transport {
        Transport::Ports { protocol, port, .. } => format!("{protocol} {port}"),
        transport @ Transport::Other { .. } => transport.protocol().to_string(),
    };
    match miss {
        PortMiss::Port(ports) => {
            (".port", format!("the flow goes to {carried}, and the rule allows {ports}"))
        }
        PortMiss::Protocol(wanted) => {
            (".protocol", format!("the flow is {carried}, and the rule allows {wanted}"))
        }
        PortMiss::Name { name, numbers } if numbers.is_empty() => {
            (".port", format!("`{}` has no such port named `{name}`", ends.destination))
        }
        PortMiss::Name { name, numbers } => (
            ".port",
            format!(
                "the flow goes to {carried}, and `{name}` is {} on `{}`",
                listed(numbers),
                ends.destination
            ),
        ),
        PortMiss::Portless => {
            ("", format!("{carried} has no ports, and only a rule without `ports` holds it"))
        }
        PortMiss::SctpUnsupported => ("", "the options say that SCTP items hold nothing".to_string()),
        PortMiss::Unknown => {
            ("", "it is an item that only a newer API knows, and the rule fails closed".to_string())
        }
    }
}

/// A condition that labels do not meet, and what they have instead.
fn unmet(requirement: &Requirement, labels: Option<&Labels>) -> String {
    let key = requirement.key();
    let has = match labels.and_then(|labels| labels.get(key)) {
        Some(value) => format!("has `{key}: {value}`"),
        None => format!("has no label `{key}`"),
    };
    let wanted = match requirement {
        Requirement::DoesNotExist(_) => format!("no label `{key}` is wanted"),
        Requirement::Exists(_) => "one is wanted".to_string(),
        Requirement::In(_, values) => {
            let values: Vec<_> = values.iter().collect();
            match values.as_slice() {
                [value] => format!("`{key}: {value}` is wanted"),
                several => format!("one of {} is wanted", listed(several)),
            }
        }
        Requirement::NotIn(_, values) => format!("none of {} is wanted", listed(values.iter())),
    };
    format!("{has}, and {wanted}")
}
