//! The conditions that policies ask of pods, addresses and ports, each with a number.
//!
//! Addresses are asked one condition a rule, not one a CIDR: whether any block of the rule's peers holds them. A list of
//! thousands of CIDRs is one condition, and the addresses in it are alike.

use alloc::vec::Vec;

use super::intern::Interner;
use super::rows::Painted;
use crate::net::{IpBlock, L4Protocol, PortName};
use crate::options::Options;
use crate::policy::{Peer, Peers, PodMatch, PortMatch, Rule, Traffic};

/// Every distinct pod match, list of blocks, port name, set of peers and traffic in use.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    pod_matches: Interner<PodMatch>,
    block_lists: Interner<Vec<IpBlock>>,
    port_names: Interner<(L4Protocol, PortName)>,
    peers: Interner<PeerKey>,
    traffics: Interner<Traffic>,
    painted: Vec<Painted>,
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
            options,
        }
    }

    /// The number of what selects a policy's subjects.
    pub(super) fn add_subject(&mut self, subject: &PodMatch) -> u32 {
        self.pod_matches.intern_ref(subject)
    }

    /// The numbers of what a rule asks.
    pub(super) fn add_rule(&mut self, rule: &Rule) -> RuleKey {
        let mut key = PeerKey { any: rule.peers == Peers::Any, ..PeerKey::default() };
        if let Peers::Of(peers) = &rule.peers {
            for peer in peers {
                if let Peer::Pods(pods) = peer {
                    key.matches.push(self.pod_matches.intern_ref(pods));
                }
            }
            key.matches.sort_unstable();
            key.matches.dedup();
            let blocks = blocks_of(peers);
            key.list = (!blocks.is_empty()).then(|| self.block_lists.intern(blocks));
        }
        RuleKey { peers: self.peers.intern(key), traffic: self.add_traffic(&rule.traffic) }
    }

    fn add_traffic(&mut self, traffic: &Traffic) -> u32 {
        let number = self.traffics.intern_ref(traffic);
        if self.painted.len() < self.traffics.values().len() {
            for port in ports_of(traffic) {
                if let PortMatch::Named { protocol, name } = port {
                    self.port_names.intern((*protocol, name.clone()));
                }
            }
            self.painted.push(Painted::new(traffic, self, self.options));
        }
        number
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
