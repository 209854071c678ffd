//! The conditions that policies ask of pods, addresses and ports, each with a number.
//!
//! Addresses are asked one condition a rule, not one a CIDR: whether any block of the rule's peers holds them. A list of
//! thousands of CIDRs is one condition, and the addresses in it are alike.

use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::HashMap;

use super::effect::effect;
use super::intern::Interner;
use super::rows::Painted;
use crate::cluster::Cluster;
use crate::net::{Cidr, IpBlock, L4Protocol, PortName};
use crate::options::Options;
use crate::policy::{Action, Peer, Peers, PodMatch, Policy, PortMatch, Rule, Traffic};

/// Every distinct pod match, list of blocks, port name, set of peers and traffic in use.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pod_matches: Interner<PodMatch>,
    block_lists: Interner<Vec<IpBlock>>,
    port_names: Interner<(L4Protocol, PortName)>,
    peers: Interner<PeerKey>,
    traffics: Interner<Traffic>,
    painted: Vec<Painted>,
    /// The addresses of peers that are none by themselves: nodes and domain names.
    looked_up: HashMap<Peer, Vec<IpBlock>>,
    options: Options,
}

/// Peers as numbers: any of the conditions has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PeerKey {
    /// NP-005: whatever there is.
    pub(super) any: bool,
    /// The pod matches, sorted.
    pub(super) matches: Vec<u32>,
    /// The list of blocks.
    pub(super) list: Option<u32>,
}

/// A rule as numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleKey {
    pub(super) action: Action,
    pub(super) peers: u32,
    pub(super) traffic: u32,
}

impl Conditions {
    pub(super) fn new(options: Options) -> Self {
        Self {
            pod_matches: Interner::new(),
            block_lists: Interner::new(),
            port_names: Interner::new(),
            peers: Interner::new(),
            traffics: Interner::new(),
            painted: Vec::new(),
            looked_up: HashMap::new(),
            options,
        }
    }

    /// The number of what selects a policy's subjects.
    pub(super) fn add_subject(&mut self, subject: &PodMatch) -> u32 {
        self.pod_matches.intern_ref(subject)
    }

    /// The numbers of what a rule asks.
    pub(super) fn add_rule(&mut self, cluster: &Cluster, rule: &Rule) -> RuleKey {
        let effect = effect(rule, self.options);
        let mut key = PeerKey { any: *effect.peers == Peers::Any, ..PeerKey::default() };
        if let Peers::Of(peers) = effect.peers {
            for peer in peers {
                match peer {
                    Peer::Pods(pods) => key.matches.push(self.pod_matches.intern_ref(pods)),
                    Peer::DomainNames(_) | Peer::Nodes(_) => {
                        self.looked_up.entry_ref(peer).or_insert_with(|| look_up(cluster, peer));
                    }
                    Peer::IpBlock(_) | Peer::Networks(_) | Peer::Unknown => {}
                }
            }
            key.matches.sort_unstable();
            key.matches.dedup();
            let blocks = self.blocks_of(peers);
            key.list = (!blocks.is_empty()).then(|| self.block_lists.intern(blocks));
        }
        RuleKey {
            action: effect.action,
            peers: self.peers.intern(key),
            traffic: self.add_traffic(effect.traffic),
        }
    }

    fn add_traffic(&mut self, traffic: &Traffic) -> u32 {
        let number = self.traffics.intern_ref(traffic);
        if self.painted.len() < self.traffics.values().len() {
            for port in ports_of(traffic) {
                match port {
                    PortMatch::Named { protocol, name } => {
                        self.port_names.intern((*protocol, name.clone()));
                    }
                    PortMatch::Name(name) => {
                        for protocol in L4Protocol::ALL {
                            self.port_names.intern((protocol, name.clone()));
                        }
                    }
                    PortMatch::Numbered { .. } | PortMatch::Protocol(_) | PortMatch::Unknown => {}
                }
            }
            self.painted.push(Painted::new(traffic, self, self.options));
        }
        number
    }

    /// The blocks among peers, sorted.
    fn blocks_of(&self, peers: &[Peer]) -> Vec<IpBlock> {
        let mut blocks: Vec<IpBlock> = Vec::new();
        for peer in peers {
            match peer {
                Peer::IpBlock(block) => blocks.push(block.clone()),
                // CNP-008: networks are blocks without exceptions.
                Peer::Networks(networks) => blocks.extend(networks.iter().filter_map(whole)),
                Peer::DomainNames(_) | Peer::Nodes(_) => {
                    blocks.extend(self.looked_up.get(peer).into_iter().flatten().cloned());
                }
                Peer::Pods(_) | Peer::Unknown => {}
            }
        }
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    }

    /// Looks nodes and domain names up again; gives the peers that have other addresses than before.
    pub(super) fn look_up_again(&mut self, cluster: &Cluster) -> Vec<Peer> {
        let mut changed = Vec::new();
        for (peer, blocks) in &mut self.looked_up {
            let now = look_up(cluster, peer);
            if now != *blocks {
                *blocks = now;
                changed.push(peer.clone());
            }
        }
        changed
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

    /// The sets of peers, by number.
    pub(super) fn peers(&self) -> &[PeerKey] {
        self.peers.values()
    }

    /// Traffic, ready to be painted into rows, by number.
    pub(super) fn painted(&self) -> &[Painted] {
        &self.painted
    }

    pub(super) fn pod_match_number(&self, pods: &PodMatch) -> Option<u32> {
        self.pod_matches.get(pods)
    }

    pub(super) fn port_name_number(&self, protocol: L4Protocol, name: &PortName) -> Option<u32> {
        self.port_names.get(&(protocol, name.clone()))
    }
}

fn ports_of(traffic: &Traffic) -> &[PortMatch] {
    match traffic {
        Traffic::Any => &[],
        Traffic::Of(ports) => ports,
    }
}

/// A block without exceptions.
fn whole(cidr: &Cidr) -> Option<IpBlock> {
    IpBlock::new(*cidr, Vec::new()).ok()
}

/// The addresses of a peer that is none by itself.
fn look_up(cluster: &Cluster, peer: &Peer) -> Vec<IpBlock> {
    let mut blocks = Vec::new();
    let mut add = |addresses: &[IpAddr]| {
        let single =
            |address: &IpAddr| whole(&Cidr::new(*address, if address.is_ipv4() { 32 } else { 128 }).ok()?);
        blocks.extend(addresses.iter().filter_map(single));
    };
    match peer {
        // CNP-009: nodes are the addresses of their objects.
        Peer::Nodes(selector) => {
            let nodes = cluster.nodes().filter(|(_, node)| selector.matches(&node.labels));
            nodes.for_each(|(_, node)| add(&node.addresses));
        }
        // CNP-012: names are the addresses that they are known to have.
        Peer::DomainNames(patterns) => {
            let is_meant = |name| patterns.iter().any(|pattern| pattern.matches(name));
            let names = cluster.resolved().filter(|(name, _)| is_meant(name));
            names.for_each(|(_, addresses)| add(addresses));
        }
        Peer::IpBlock(_) | Peer::Networks(_) | Peer::Pods(_) | Peer::Unknown => {}
    }
    blocks
}

/// Whether a policy has one of some peers.
pub(super) fn has_any(policy: &Policy, peers: &[Peer]) -> bool {
    let rules = policy.ingress.iter().chain(&policy.egress).flatten();
    let mut lists = rules.filter_map(|rule| match &rule.peers {
        Peers::Any => None,
        Peers::Of(list) => Some(list),
    });
    lists.any(|list| list.iter().any(|peer| peers.contains(peer)))
}
