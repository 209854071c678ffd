//! The nearest rule: of a denied flow's rules, the one that lacks least.

use super::{PeerMiss, PeersOutcome, PortMiss, RuleTrace, SideTrace, TrafficOutcome};
use crate::policy::Tier;

/// The rule that comes nearest to allowing a flow, and what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nearest<'a> {
    /// The rule.
    pub rule: &'a RuleTrace,
    /// The peer that lacks least, by its place in the list; nothing when the peers match.
    pub peer: Option<usize>,
    /// The item of `ports` that lacks least, by its place in the list; nothing when the traffic matches.
    pub port: Option<usize>,
}

impl SideTrace {
    /// The rule that comes nearest to allowing the flow, of those of the policies that isolate the pod; nothing when a
    /// rule decides, or when there is none.
    ///
    /// One half of a rule that matches counts more than anything the other half lacks; among the rest, what is
    /// smaller to change comes first: a port before a protocol, a label before a namespace, an address last.
    #[must_use]
    pub fn nearest(&self) -> Option<Nearest<'_>> {
        if self.matching().next().is_some() {
            return None;
        }
        let rules = self.of_tier(Tier::NetworkPolicy).flat_map(|policy| &policy.rules);
        let rule = rules.min_by_key(|rule| cost(rule))?;
        let peer = match &rule.peers {
            PeersOutcome::Missed(misses) => least(misses.iter().map(|peer| peer_cost(peer))),
            PeersOutcome::Any | PeersOutcome::Matched(_) => None,
        };
        let port = match &rule.traffic {
            TrafficOutcome::Missed(misses) => least(misses.iter().map(port_cost)),
            TrafficOutcome::Any | TrafficOutcome::Matched(_) => None,
        };
        Some(Nearest { rule, peer, port })
    }
}

/// How many halves miss, then how much they miss by.
fn cost(rule: &RuleTrace) -> (u8, u32) {
    let halves = u8::from(!rule.peers.matches()).saturating_add(u8::from(!rule.traffic.matches()));
    let peers = match &rule.peers {
        PeersOutcome::Missed(misses) => misses.iter().map(|peer| peer_cost(peer)).min().unwrap_or(u32::MAX),
        PeersOutcome::Any | PeersOutcome::Matched(_) => 0,
    };
    let traffic = match &rule.traffic {
        TrafficOutcome::Missed(misses) => misses.iter().map(port_cost).min().unwrap_or(u32::MAX),
        TrafficOutcome::Any | TrafficOutcome::Matched(_) => 0,
    };
    (halves, peers.saturating_add(traffic))
}

fn peer_cost(misses: &[PeerMiss]) -> u32 {
    let one = |miss: &PeerMiss| match miss {
        PeerMiss::PodLabels(failing) | PeerMiss::NamespaceLabels(failing) => {
            u32::try_from(failing.len()).unwrap_or(u32::MAX)
        }
        PeerMiss::WrongNamespace(_) => 2,
        PeerMiss::Excepted(_) | PeerMiss::PodInBlock => 3,
        PeerMiss::NotThatNode | PeerMiss::NotResolved(_) => 4,
        PeerMiss::OutsideBlock(_) | PeerMiss::OutsideNetworks(_) | PeerMiss::NoAddress => 5,
        PeerMiss::NotAPod => 6,
        PeerMiss::Unknown => 7,
    };
    misses.iter().map(one).fold(0, u32::saturating_add)
}

fn port_cost(miss: &PortMiss) -> u32 {
    match miss {
        PortMiss::Name { .. } | PortMiss::Port(_) => 1,
        PortMiss::Protocol(_) => 2,
        PortMiss::SctpUnsupported => 3,
        PortMiss::Portless => 4,
        PortMiss::Unknown => 5,
    }
}

fn least(costs: impl Iterator<Item = u32>) -> Option<usize> {
    costs.enumerate().min_by_key(|(_, cost)| *cost).map(|(index, _)| index)
}
