//! What a rule lacks to allow a flow, in words; or the parts of it that match.

use std::net::IpAddr;

use portcullis::Engine;
use portcullis::cluster::PodId;
use portcullis::explain::{Nearest, PeerMiss, PeersOutcome, PortMiss, RuleTrace, SideTrace, TrafficOutcome};
use portcullis::flow::Transport;
use portcullis::label::Labels;
use portcullis::policy::{PolicyKind, RuleRef};
use portcullis::selector::Requirement;
use serde::Serialize;

use super::text::peers_field;
use crate::failure::listed;

/// One thing that a rule lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Lack {
    /// The field that would have to be otherwise, in upstream notation.
    pub(crate) field: String,
    pub(crate) message: String,
}

/// The ends of a flow as a side's rules see them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends<'a> {
    pub(crate) peer: &'a str,
    pub(crate) peer_address: Option<IpAddr>,
    pub(crate) destination: &'a str,
    pub(crate) transport: Transport,
}

/// The peer and the port through which a rule matches, where it names some.
pub(crate) fn matching_fields(rule: &RuleRef<'_>, matching: &RuleTrace) -> Vec<String> {
    let peer = match matching.peers {
        PeersOutcome::Matched(index) => Some((peers_field(rule.direction), index)),
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
fn ports_field(rule: &RuleRef<'_>) -> &'static str {
    match rule.policy.rank.kind() {
        PolicyKind::ClusterNetworkPolicy => "protocols",
        _ => "ports",
    }
}

/// Everything that the nearest rule lacks.
pub(crate) fn of_nearest(
    engine: &Engine,
    side: &SideTrace,
    nearest: &Nearest<'_>,
    ends: Ends<'_>,
) -> Vec<Lack> {
    let Some(rule) = engine.policies().rule(nearest.rule.rule) else { return Vec::new() };
    let mut lacks = Vec::new();
    if let (PeersOutcome::Missed(misses), Some(index)) = (&nearest.rule.peers, nearest.peer) {
        let field = format!("{}.{}[{index}]", rule.path(), peers_field(side.direction));
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
            vec![("", message)]
        }
        PeerMiss::Excepted(hole) => {
            vec![(".ipBlock.except", format!("`{hole}` takes {address} out of the block"))]
        }
        PeerMiss::OutsideBlock(block) => {
            vec![(".ipBlock.cidr", format!("{address} is outside `{block}`"))]
        }
        PeerMiss::NoAddress => {
            vec![(".ipBlock", format!("`{name}` has no address here, and a block holds addresses only"))]
        }
        PeerMiss::PodInBlock => {
            vec![(".ipBlock", format!("`{name}` is a pod, and the options keep blocks away from pods"))]
        }
        PeerMiss::NotAPod => {
            vec![("", format!("`{name}` is no pod to policies, and selectors hold pods only"))]
        }
        other => vec![("", format!("{other:?}"))],
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
        other => ("", format!("{other:?}")),
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
