//! The conditions that policies ask of pods and addresses, each with a number.
//!
//! Addresses are asked one condition a rule, not one a CIDR: whether any block of the rule's peers holds them. A list of
//! thousands of CIDRs is one condition, and the addresses in it are alike.

use alloc::vec::Vec;

use hashbrown::HashSet;

use super::intern::Interner;
use super::scope::Concerned;
use crate::net::{IpBlock, L4Protocol, PortName};
use crate::policy::{Direction, Peer, Peers, PodMatch, Policy, PolicySet, PortMatch, Rule, Traffic};

/// Every distinct pod match, block and port name in use.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pod_matches: Interner<PodMatch>,
    block_lists: Interner<Vec<IpBlock>>,
    port_names: Interner<(L4Protocol, PortName)>,
}

impl Conditions {
    /// What those policies ask that concern anybody.
    pub(super) fn collect(policies: &PolicySet, concerned: &Concerned) -> Self {
        let mut conditions =
            Self { pod_matches: Interner::new(), block_lists: Interner::new(), port_names: Interner::new() };
        let mut seen_peers: HashSet<&Peers> = HashSet::new();
        for (_, policy) in policies.policies().filter(|(id, _)| concerned.holds(*id)) {
            conditions.pod_matches.intern(policy.subject.clone());
            let directions = [Direction::Ingress, Direction::Egress];
            for rule in directions.into_iter().filter_map(|direction| policy.rules(direction)).flatten() {
                if seen_peers.insert(&rule.peers) {
                    conditions.add_peers(&rule.peers);
                }
                conditions.add_ports(rule);
            }
        }
        conditions
    }

    /// Adds what one more policy asks.
    pub(super) fn add(&mut self, policy: &Policy) {
        self.pod_matches.intern(policy.subject.clone());
        let directions = [Direction::Ingress, Direction::Egress];
        for rule in directions.into_iter().filter_map(|direction| policy.rules(direction)).flatten() {
            self.add_peers(&rule.peers);
            self.add_ports(rule);
        }
    }

    fn add_peers(&mut self, peers: &Peers) {
        let Peers::Of(peers) = peers else { return };
        for peer in peers {
            if let Peer::Pods(pods) = peer {
                self.pod_matches.intern(pods.clone());
            }
        }
        let blocks = blocks_of(peers);
        if !blocks.is_empty() {
            self.block_lists.intern(blocks);
        }
    }

    fn add_ports(&mut self, rule: &Rule) {
        let Traffic::Of(ports) = &rule.traffic else { return };
        for port in ports {
            if let PortMatch::Named { protocol, name } = port {
                self.port_names.intern((*protocol, name.clone()));
            }
        }
    }

    pub(super) fn pod_matches(&self) -> &[PodMatch] {
        self.pod_matches.values()
    }

    pub(super) fn block_lists(&self) -> &[Vec<IpBlock>] {
        self.block_lists.values()
    }

    pub(super) fn port_names(&self) -> &[(L4Protocol, PortName)] {
        self.port_names.values()
    }

    pub(super) fn pod_match_number(&self, pods: &PodMatch) -> Option<u32> {
        self.pod_matches.get(pods)
    }

    /// The number of the list of all blocks among peers.
    pub(super) fn block_list_number(&self, peers: &[Peer]) -> Option<u32> {
        self.block_lists.get(&blocks_of(peers))
    }

    pub(super) fn port_name_number(&self, protocol: L4Protocol, name: &PortName) -> Option<u32> {
        self.port_names.get(&(protocol, name.clone()))
    }
}

/// The blocks among peers, sorted.
fn blocks_of(peers: &[Peer]) -> Vec<IpBlock> {
    let block = |peer: &Peer| match peer {
        Peer::IpBlock(block) => Some(block.clone()),
        Peer::Pods(_) => None,
    };
    let mut blocks: Vec<IpBlock> = peers.iter().filter_map(block).collect();
    blocks.sort_unstable();
    blocks.dedup();
    blocks
}
