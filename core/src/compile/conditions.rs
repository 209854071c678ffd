//! The conditions that policies ask of pods and addresses, each with a number.

use hashbrown::HashSet;

use super::intern::Interner;
use crate::net::{IpBlock, L4Protocol, PortName};
use crate::policy::{Direction, Peer, Peers, PodMatch, PolicySet, PortMatch, Rule, Traffic};

/// Every distinct pod match, block and port name in use.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pod_matches: Interner<PodMatch>,
    blocks: Interner<IpBlock>,
    port_names: Interner<(L4Protocol, PortName)>,
}

impl Conditions {
    pub(super) fn collect(policies: &PolicySet) -> Self {
        let mut conditions =
            Self { pod_matches: Interner::new(), blocks: Interner::new(), port_names: Interner::new() };
        let mut seen_peers: HashSet<&Peers> = HashSet::new();
        for (_, policy) in policies.policies() {
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

    fn add_peers(&mut self, peers: &Peers) {
        let Peers::Of(peers) = peers else { return };
        for peer in peers {
            match peer {
                Peer::IpBlock(block) => self.blocks.intern(block.clone()),
                Peer::Pods(pods) => self.pod_matches.intern(pods.clone()),
            };
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

    pub(super) fn blocks(&self) -> &[IpBlock] {
        self.blocks.values()
    }

    pub(super) fn port_names(&self) -> &[(L4Protocol, PortName)] {
        self.port_names.values()
    }

    pub(super) fn pod_match_number(&self, pods: &PodMatch) -> Option<u32> {
        self.pod_matches.get(pods)
    }

    pub(super) fn block_number(&self, block: &IpBlock) -> Option<u32> {
        self.blocks.get(block)
    }

    pub(super) fn port_name_number(&self, protocol: L4Protocol, name: &PortName) -> Option<u32> {
        self.port_names.get(&(protocol, name.clone()))
    }
}
