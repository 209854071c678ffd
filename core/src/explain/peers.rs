//! What a rule's peers say of the other end.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use crate::cluster::{Cluster, PodId};
use crate::engine::Engine;
use crate::label::Labels;
use crate::net::{Cidr, DomainPattern, IpBlock};
use crate::options::IpBlockPods;
use crate::policy::{NamespaceMatch, Peer, Peers, PodMatch};
use crate::selector::{Requirement, Selector};

/// Whether a rule's peers hold the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeersOutcome {
    /// The rule has no peers, hence holds any (NP-005).
    Any,
    /// The peer at this place of the list does.
    Matched(usize),
    /// None does; for each, in order, what is missing.
    Missed(Vec<Vec<PeerMiss>>),
}

impl PeersOutcome {
    /// Whether the other end is a peer of the rule.
    #[must_use]
    pub fn matches(&self) -> bool {
        !matches!(self, Self::Missed(_))
    }
}

/// What keeps one peer from holding the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeerMiss {
    /// The address is in the block, and in this exception of it (NP-014).
    Excepted(Cidr),
    /// The end's namespace does not have the labels; these conditions fail.
    NamespaceLabels(Vec<Requirement>),
    /// The end has no address, and blocks hold addresses only (NP-026).
    NoAddress,
    /// The end is no pod, and selectors hold pods only.
    NotAPod,
    /// The end's address is outside the block.
    OutsideBlock(Cidr),
    /// The end's address is outside all of the networks (CNP-008).
    OutsideNetworks(Vec<Cidr>),
    /// The end's pod does not have the labels; these conditions fail.
    PodLabels(Vec<Requirement>),
    /// No name that is meant is known to have the end's address (CNP-012).
    NotResolved(Vec<DomainPattern>),
    /// No node that the labels select has the end's address (CNP-009).
    NotThatNode,
    /// The options keep blocks away from pods (NP-015).
    PodInBlock,
    /// Only a newer API knows what the peer is (CNP-010).
    Unknown,
    /// The end is in another namespace than this.
    WrongNamespace(String),
}

pub(super) fn outcome(
    engine: &Engine,
    peers: &Peers,
    identity: Option<PodId>,
    address: Option<IpAddr>,
) -> PeersOutcome {
    let Peers::Of(peers) = peers else { return PeersOutcome::Any };
    let cluster = engine.cluster();
    let mut misses = Vec::new();
    for (index, peer) in peers.iter().enumerate() {
        let missing = match peer {
            Peer::DomainNames(patterns) => {
                let is_meant = |name| patterns.iter().any(|pattern| pattern.matches(name));
                let names = cluster.resolved().filter(|(name, _)| is_meant(name));
                let is_it = names.flat_map(|(_, addresses)| addresses).any(|it| Some(*it) == address);
                address_misses(engine, is_it, PeerMiss::NotResolved(patterns.clone()), identity, address)
            }
            Peer::Networks(networks) => {
                let holds = |address| networks.iter().any(|network| network.contains(address));
                let miss = PeerMiss::OutsideNetworks(networks.clone());
                address_misses(engine, address.is_some_and(holds), miss, identity, address)
            }
            Peer::IpBlock(block) => block_misses(engine, block, identity, address),
            Peer::Nodes(selector) => {
                let nodes = cluster.nodes().filter(|(_, node)| selector.matches(&node.labels));
                let is_it = nodes.flat_map(|(_, node)| &node.addresses).any(|it| Some(*it) == address);
                address_misses(engine, is_it, PeerMiss::NotThatNode, identity, address)
            }
            Peer::Pods(pods) => match identity {
                Some(id) => pod_misses(engine.enforced_cluster(), pods, id),
                None => alloc::vec![PeerMiss::NotAPod],
            },
            Peer::Unknown => alloc::vec![PeerMiss::Unknown],
        };
        if missing.is_empty() {
            return PeersOutcome::Matched(index);
        }
        misses.push(missing);
    }
    PeersOutcome::Missed(misses)
}

/// Whether a match selects a pod.
pub(super) fn selects(cluster: &Cluster, pods: &PodMatch, id: PodId) -> bool {
    pod_misses(cluster, pods, id).is_empty()
}

fn block_misses(
    engine: &Engine,
    block: &IpBlock,
    identity: Option<PodId>,
    address: Option<IpAddr>,
) -> Vec<PeerMiss> {
    let Some(address) = address else { return alloc::vec![PeerMiss::NoAddress] };
    if !block.cidr().contains(address) {
        return alloc::vec![PeerMiss::OutsideBlock(block.cidr())];
    }
    if let Some(hole) = block.except().iter().find(|hole| hole.contains(address)) {
        return alloc::vec![PeerMiss::Excepted(*hole)];
    }
    if identity.is_some() && engine.options().ip_block_pods == IpBlockPods::Ignore {
        return alloc::vec![PeerMiss::PodInBlock];
    }
    Vec::new()
}

/// What is missing of an end that has to be at one of some addresses.
fn address_misses(
    engine: &Engine,
    is_it: bool,
    miss: PeerMiss,
    identity: Option<PodId>,
    address: Option<IpAddr>,
) -> Vec<PeerMiss> {
    match address {
        None => alloc::vec![PeerMiss::NoAddress],
        Some(_) if !is_it => alloc::vec![miss],
        Some(_) if identity.is_some() && engine.options().ip_block_pods == IpBlockPods::Ignore => {
            alloc::vec![PeerMiss::PodInBlock]
        }
        Some(_) => Vec::new(),
    }
}

fn pod_misses(cluster: &Cluster, pods: &PodMatch, id: PodId) -> Vec<PeerMiss> {
    let (Some(pod), Some(namespace)) = (cluster.pod(id), cluster.namespace_of(id)) else {
        return alloc::vec![PeerMiss::NotAPod];
    };
    let mut misses = Vec::new();
    match &pods.namespaces {
        NamespaceMatch::Named(name) if *name != namespace.name => {
            misses.push(PeerMiss::WrongNamespace(name.clone()));
        }
        NamespaceMatch::Named(_) => {}
        NamespaceMatch::Selected(selector) => {
            misses.extend(failing(selector, &namespace.labels).map(PeerMiss::NamespaceLabels));
        }
    }
    misses.extend(failing(&pods.pods, &pod.labels).map(PeerMiss::PodLabels));
    misses
}

/// The requirements that labels do not meet, if any.
fn failing(selector: &Selector, labels: &Labels) -> Option<Vec<Requirement>> {
    let failing: Vec<_> =
        selector.requirements().iter().filter(|requirement| !requirement.matches(labels)).cloned().collect();
    (!failing.is_empty()).then_some(failing)
}
