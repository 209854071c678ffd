//! Policies of the cluster: tiers, priorities that are equal now and then, and every kind of peer.

use alloc::format;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::policy::Draw;
use super::vocabulary::OUTSIDE;
use super::{Bytes, Scope};
use crate::cluster::Pod;
use crate::net::{Cidr, DomainName, DomainPattern, PortRange};
use crate::policy::{
    Action, ClusterTier, Direction, Peer, Peers, PodMatch, Policy, PortMatch, Rank, Rule, Traffic,
};
use crate::selector::Selector;
use crate::source::{Origin, Position};

/// Priorities; few, so that ties are frequent.
const PRIORITIES: [u16; 6] = [10, 0, 5, 6, 1000, 10];
/// Domain names that may resolve, those below others among them.
const NAMES: [&str; 4] = ["example.com", "www.example.com", "a.www.example.com", "example.org"];
/// What rules call them: also in other case, with a dot at the end, and by stars.
const PATTERNS: [&str; 6] = [
    "www.example.com",
    "*.example.com",
    "Example.ORG",
    "example.com.",
    "*.www.Example.com.",
    "*.example.org",
];

/// Domain names with addresses: outside ones, those of pods, none.
pub(super) fn resolved(bytes: &mut Bytes<'_>, pods: &[Pod]) -> Vec<(DomainName, Vec<IpAddr>)> {
    let mut addresses: Vec<IpAddr> = OUTSIDE.to_vec();
    addresses.extend(pods.iter().take(2).flat_map(|pod| pod.addresses.iter().copied()));
    let mut found = Vec::new();
    for name in NAMES {
        if bytes.chance(50) {
            let count = bytes.weighted(1_usize, &[(30, 2), (5, 4)]);
            let own = (0..count).filter_map(|_| bytes.pick(&addresses).copied()).collect();
            found.extend(DomainName::try_from(name).ok().map(|name| (name, own)));
        }
    }
    found
}

pub(super) fn generate(bytes: &mut Bytes<'_>, draw: &Draw<'_>) -> Vec<Policy> {
    let count = bytes.weighted(2, &[(20, 1), (25, 3), (15, 4), (10, 5), (8, 0)]);
    let mut policies: Vec<Policy> = Vec::new();
    for number in 0..count {
        let policy = policy(bytes, draw, number);
        // There is one of a kind and name.
        let name = |policy: &Policy| (policy.rank.kind(), policy.name.clone());
        let is_second = policies.iter().any(|other| name(other) == name(&policy));
        if !is_second {
            policies.push(policy);
        }
    }
    policies
}

fn policy(bytes: &mut Bytes<'_>, draw: &Draw<'_>, number: usize) -> Policy {
    let priority = bytes.pick(&PRIORITIES).copied().unwrap_or(0);
    let rank = match bytes.weighted(0, &[(25, 1), (22, 2), (12, 3)]) {
        0 => Rank::ClusterNetworkPolicy { tier: ClusterTier::Admin, priority },
        1 => Rank::ClusterNetworkPolicy { tier: ClusterTier::Baseline, priority },
        2 => Rank::AdminNetworkPolicy { priority },
        _ => Rank::BaselineAdminNetworkPolicy,
    };
    let name = match rank {
        Rank::BaselineAdminNetworkPolicy => "default".into(),
        // Names are numbered kind by kind, so that kinds have some in common.
        Rank::AdminNetworkPolicy { .. } => format!("tier{}", number / 2),
        _ => format!("tier{number}"),
    };
    let pods = if bytes.chance(60) { Selector::everything() } else { draw.selector(bytes, 10) };
    let subject = PodMatch { namespaces: draw.namespaces(bytes, 45), pods };
    let (has_ingress, has_egress) = bytes.weighted((true, true), &[(30, (true, false)), (30, (false, true))]);
    let mut drawn = |has: bool, direction| {
        let rules = if has { rules(bytes, draw, rank, direction) } else { Vec::new() };
        (!rules.is_empty()).then_some(rules)
    };
    let ingress = drawn(has_ingress, Direction::Ingress);
    let egress = drawn(has_egress, Direction::Egress);
    let (namespace, unlisted, origin) = ("".into(), Vec::new(), Origin::default());
    Policy { rank, namespace, name, subject, ingress, egress, unlisted, origin }
}

fn rules(bytes: &mut Bytes<'_>, draw: &Draw<'_>, rank: Rank, direction: Direction) -> Vec<Rule> {
    let count = bytes.weighted(2, &[(30, 1), (20, 3), (5, 0), (5, 5)]);
    (0..count).map(|number| rule(bytes, draw, rank, direction, number)).collect()
}

fn rule(bytes: &mut Bytes<'_>, draw: &Draw<'_>, rank: Rank, direction: Direction, number: usize) -> Rule {
    let action = match bytes.weighted(0, &[(40, 1), (25, 2)]) {
        0 => Action::Deny,
        2 if rank != Rank::BaselineAdminNetworkPolicy => Action::Pass,
        _ => Action::Allow,
    };
    let count = bytes.weighted(1, &[(30, 2), (10, 3)]);
    let mut peers: Vec<Peer> = Vec::new();
    for _ in 0..count {
        peers.extend(peer(bytes, draw, rank, direction));
    }
    if peers.is_empty() {
        peers.push(Peer::Pods(PodMatch {
            namespaces: draw.namespaces(bytes, 0),
            pods: Selector::everything(),
        }));
    }
    // The API keeps port names and peers that are no pods apart.
    let only_pods = peers.iter().all(|peer| matches!(peer, Peer::Pods(_)));
    let is_model = draw.scope() == Scope::Model;
    let traffic = match bytes.weighted(0_u8, &[(30, 1), (20, 2), (10, 3)]) {
        0 => Traffic::Any,
        count => {
            let named = only_pods || is_model;
            let items: Vec<PortMatch> = (0..count).filter_map(|_| port_match(bytes, draw, named)).collect();
            if items.is_empty() { Traffic::Any } else { Traffic::Of(items) }
        }
    };
    let peers = if is_model && bytes.chance(8) { Peers::Any } else { Peers::Of(peers) };
    let name = bytes.chance(20).then(|| format!("rule-{number}"));
    Rule { name, action, peers, traffic, at: Position::default() }
}

fn peer(bytes: &mut Bytes<'_>, draw: &Draw<'_>, rank: Rank, direction: Direction) -> Option<Peer> {
    let is_model = draw.scope() == Scope::Model;
    if is_model && bytes.chance(4) {
        return Some(Peer::Unknown);
    }
    let kinds = if direction == Direction::Egress { 5 } else { 2 };
    let kind = bytes.weighted(0, &[(30, 1), (20, 2), (12, 3), (12, 4)]);
    Some(match if kind < kinds { kind } else { kind % 2 } {
        0 => Peer::Pods(PodMatch { namespaces: draw.namespaces(bytes, 35), pods: Selector::everything() }),
        1 => Peer::Pods(PodMatch { namespaces: draw.namespaces(bytes, 35), pods: draw.selector(bytes, 15) }),
        2 => {
            let count = bytes.weighted(1_u8, &[(30, 2), (10, 3)]);
            let mut networks: Vec<Cidr> = (0..count).filter_map(|_| network(bytes, draw)).collect();
            networks.sort_unstable();
            networks.dedup();
            Peer::Networks(networks)
        }
        3 => Peer::Nodes(draw.selector(bytes, 40)),
        _ if rank == Rank::BaselineAdminNetworkPolicy => Peer::Nodes(draw.selector(bytes, 40)),
        _ => {
            let count = bytes.weighted(1_u8, &[(30, 2)]);
            let mut names: Vec<DomainPattern> = Vec::new();
            for _ in 0..count {
                names.extend(bytes.pick(&PATTERNS).and_then(|text| DomainPattern::try_from(*text).ok()));
            }
            names.sort();
            names.dedup();
            Peer::DomainNames(names)
        }
    })
}

/// A network around an address that something has, or all of a family.
fn network(bytes: &mut Bytes<'_>, draw: &Draw<'_>) -> Option<Cidr> {
    let address = *bytes.pick(draw.addresses())?;
    let length = if address.is_ipv4() {
        bytes.one_of(0, &[0, 8, 16, 24, 28, 31, 32])
    } else {
        bytes.one_of(0, &[0, 16, 64, 112, 126, 128])
    };
    Cidr::new(address, length).ok()
}

fn port_match(bytes: &mut Bytes<'_>, draw: &Draw<'_>, named: bool) -> Option<PortMatch> {
    if draw.scope() == Scope::Model && bytes.chance(3) {
        return Some(PortMatch::Unknown);
    }
    if named && bytes.chance(30) {
        return Some(PortMatch::Name(draw.port_name(bytes)?));
    }
    Some(match draw.port_match(bytes)? {
        // A protocol alone, or its port by name, is nothing that these policies can say.
        PortMatch::Protocol(protocol) | PortMatch::Named { protocol, .. } => {
            PortMatch::Numbered { protocol, ports: PortRange::ALL }
        }
        item => item,
    })
}
