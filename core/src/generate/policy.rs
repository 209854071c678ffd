//! Policies: stacked on the same pods, with selectors that overlap, blocks that touch and lists that are empty.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::cluster::namespace_of;
use super::vocabulary::{OUTSIDE, PORTS, Vocabulary};
use super::{Bytes, Scope};
use crate::cluster::{Node, Pod};
use crate::label::{LabelKey, LabelValue, POD_NAMESPACE};
use crate::net::{Cidr, IpBlock, L4Protocol, PortName, PortRange};
use crate::policy::{NamespaceMatch, Peer, Peers, PodMatch, Policy, PortMatch, Rank, Rule, Traffic};
use crate::selector::{Requirement, Selector, Values};
use crate::source::{Origin, Position};

pub(super) fn generate(
    bytes: &mut Bytes<'_>,
    words: &Vocabulary,
    pods: &[Pod],
    nodes: &[Node],
    scope: Scope,
) -> Vec<Policy> {
    let draw = Draw::new(words, pods, nodes, scope);
    let count = bytes.weighted(2, &[(20, 1), (20, 3), (15, 4), (10, 6), (5, 8), (2, 0)]);
    (0..count).map(|number| draw.policy(bytes, pods, number)).collect()
}

/// What policies are drawn from.
pub(super) struct Draw<'a> {
    words: &'a Vocabulary,
    addresses: Vec<IpAddr>,
    scope: Scope,
}

impl<'a> Draw<'a> {
    pub(super) fn new(words: &'a Vocabulary, pods: &[Pod], nodes: &[Node], scope: Scope) -> Self {
        let mut addresses: Vec<IpAddr> = pods.iter().flat_map(|pod| pod.addresses.iter().copied()).collect();
        addresses.extend(nodes.iter().flat_map(|node| node.addresses.iter().copied()));
        addresses.extend(OUTSIDE.iter().take(2));
        Self { words, addresses, scope }
    }

    /// The addresses that something has.
    pub(super) fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    pub(super) fn port_name(&self, bytes: &mut Bytes<'_>) -> Option<PortName> {
        bytes.pick(&self.words.port_names).cloned()
    }

    fn policy(&self, bytes: &mut Bytes<'_>, pods: &[Pod], number: usize) -> Policy {
        // The first policy selects somebody if it can, so that most worlds have an isolated pod.
        let namespace = if number == 0 {
            let selectable = pods.iter().find(|pod| !pod.host_network && !pod.is_finished());
            selectable.map_or("a".to_string(), |pod| pod.namespace.clone())
        } else {
            namespace_of(pods, bytes)
        };
        let subject = PodMatch {
            namespaces: NamespaceMatch::Named(namespace.clone()),
            pods: if bytes.chance(if number == 0 { 85 } else { 30 }) {
                Selector::everything()
            } else {
                self.selector(bytes, 1)
            },
        };
        // NP-003: which directions apply; only the model can hold a policy that applies to none.
        let (has_ingress, has_egress) = match bytes.weighted(0, &[(40, 1), (27, 2), (3, 3)]) {
            0 => (true, false),
            1 => (true, true),
            2 => (false, true),
            _ => (self.scope != Scope::Model, false),
        };
        let ingress = has_ingress.then(|| self.rules(bytes, &namespace));
        let egress = has_egress.then(|| self.rules(bytes, &namespace));
        // NP-003: rules of a direction that the types do not name.
        let unlisted = match has_ingress == has_egress {
            false if bytes.chance(12) => self.rules(bytes, &namespace),
            _ => Vec::new(),
        };
        Policy {
            rank: Rank::NetworkPolicy,
            name: format!("np{number}"),
            subject,
            ingress,
            egress,
            namespace,
            unlisted,
            origin: Origin::default(),
        }
    }

    fn rules(&self, bytes: &mut Bytes<'_>, namespace: &str) -> Vec<Rule> {
        // NP-004: an empty list isolates and allows nothing.
        let count = bytes.weighted(1, &[(30, 2), (18, 3), (12, 0), (6, 5)]);
        (0..count)
            .map(|_| {
                let peers = self.peers(bytes, namespace);
                Rule::allow(peers, self.traffic(bytes), Position::default())
            })
            .collect()
    }

    fn peers(&self, bytes: &mut Bytes<'_>, namespace: &str) -> Peers {
        match bytes.weighted(1, &[(22, 0), (25, 2), (10, 3)]) {
            // NP-005: no peers means any peer; a list that is empty and yet not "any" only the model can hold.
            0 if self.scope == Scope::Model && bytes.chance(15) => Peers::Of(Vec::new()),
            0 => Peers::Any,
            count => {
                let peers: Vec<Peer> = (0..count).filter_map(|_| self.peer(bytes, namespace)).collect();
                if peers.is_empty() { Peers::Any } else { Peers::Of(peers) }
            }
        }
    }

    fn peer(&self, bytes: &mut Bytes<'_>, namespace: &str) -> Option<Peer> {
        let own = || NamespaceMatch::Named(namespace.into());
        Some(match bytes.weighted(0, &[(30, 1), (18, 2), (17, 3)]) {
            0 => Peer::IpBlock(self.ip_block(bytes)?),
            // NP-011: pods of the policy's namespace, all pods of some namespaces, some pods of some namespaces.
            1 => Peer::Pods(PodMatch { namespaces: own(), pods: self.selector(bytes, 20) }),
            2 => {
                Peer::Pods(PodMatch { namespaces: self.namespaces(bytes, 20), pods: Selector::everything() })
            }
            _ => Peer::Pods(PodMatch {
                namespaces: self.namespaces(bytes, 20),
                pods: self.selector(bytes, 10),
            }),
        })
    }

    pub(super) fn namespaces(&self, bytes: &mut Bytes<'_>, percent_everything: u8) -> NamespaceMatch {
        if bytes.chance(35) {
            let key = LabelKey::metadata_name();
            let selector = self.requirement(bytes, key, &self.words.namespace_names).into_iter().collect();
            return NamespaceMatch::Selected(selector);
        }
        NamespaceMatch::Selected(self.selector(bytes, percent_everything))
    }

    pub(super) fn selector(&self, bytes: &mut Bytes<'_>, percent_everything: u8) -> Selector {
        if bytes.chance(percent_everything) {
            return Selector::everything();
        }
        let count = bytes.weighted(1_u8, &[(25, 2), (4, 3)]);
        let drawn = (0..count).filter_map(|_| {
            let key = bytes.weighted(0, &[(30, 1), (12, 2), (6, 3), (3, 4), (2, 5), (2, 6), (2, 7)]);
            let key = self.words.keys.get(key)?.clone();
            self.requirement(bytes, key, &self.words.values)
        });
        let drawn: Vec<Requirement> = drawn.collect();
        // CIL-7: how it is written makes a difference there, and a key can be but once among `matchLabels`.
        match drawn.as_slice() {
            [only] if only.key().as_str() == POD_NAMESPACE && bytes.chance(50) => drawn.into_iter().collect(),
            _ => Selector::written([], drawn),
        }
    }

    fn requirement(
        &self,
        bytes: &mut Bytes<'_>,
        key: LabelKey,
        values: &[LabelValue],
    ) -> Option<Requirement> {
        let operator = bytes.weighted(0, &[(18, 1), (14, 2), (12, 3)]);
        Some(match operator {
            0 | 1 => {
                let count = bytes.weighted(1_u8, &[(35, 2)]);
                let values = Values::new((0..count).filter_map(|_| bytes.pick(values).cloned()))?;
                if operator == 0 { Requirement::In(key, values) } else { Requirement::NotIn(key, values) }
            }
            2 => Requirement::Exists(key),
            _ => Requirement::DoesNotExist(key),
        })
    }

    /// A block around an address that something has, with holes around such addresses, nested and overlapping.
    fn ip_block(&self, bytes: &mut Bytes<'_>) -> Option<IpBlock> {
        let address = *bytes.pick(&self.addresses)?;
        let length = if address.is_ipv4() {
            bytes.one_of(0, &[8, 16, 24, 26, 28, 28, 30, 31, 32])
        } else {
            bytes.one_of(0, &[16, 32, 64, 112, 124, 126, 127, 128])
        };
        let cidr = Cidr::new(address, length).ok()?;
        let count = bytes.weighted(0_u8, &[(30, 1), (15, 2), (5, 3)]);
        let mut holes: Vec<Cidr> = Vec::new();
        for _ in 0..count {
            let around = holes.last().copied().filter(|_| bytes.chance(40)).unwrap_or(cidr);
            holes.extend(self.hole(bytes, around));
        }
        IpBlock::new(cidr, holes).ok()
    }

    fn hole(&self, bytes: &mut Bytes<'_>, around: Cidr) -> Option<Cidr> {
        let inside = self.addresses.iter().copied().filter(|address| around.contains(*address));
        let inside: Vec<IpAddr> = inside.chain([around.last_address()]).collect();
        let address = *bytes.pick(&inside)?;
        let longest: u8 = if around.is_ipv4() { 32 } else { 128 };
        let free = longest.checked_sub(around.prefix_length())?;
        let more = bytes.one_of(1, &[2, 4, 8, 16, free]).min(free);
        Cidr::new(address, around.prefix_length().checked_add(more)?).ok().filter(|hole| *hole != around)
    }

    fn traffic(&self, bytes: &mut Bytes<'_>) -> Traffic {
        match bytes.weighted(1_u8, &[(30, 0), (25, 2), (10, 3)]) {
            // NP-006: no ports means any traffic; a list that is empty and yet not "any" only the model can hold.
            0 if self.scope == Scope::Model && bytes.chance(10) => Traffic::Of(Vec::new()),
            0 => Traffic::Any,
            count => {
                let items: Vec<PortMatch> = (0..count).filter_map(|_| self.port_match(bytes)).collect();
                if items.is_empty() { Traffic::Any } else { Traffic::Of(items) }
            }
        }
    }

    pub(super) fn port_match(&self, bytes: &mut Bytes<'_>) -> Option<PortMatch> {
        let protocol = bytes.weighted(L4Protocol::Tcp, &[(18, L4Protocol::Udp), (12, L4Protocol::Sctp)]);
        Some(match bytes.weighted(0, &[(25, 1), (22, 2), (18, 3)]) {
            0 => PortMatch::Numbered { protocol, ports: PortRange::single(*bytes.pick(&PORTS)?).ok()? },
            // NP-009: ranges share their ends with other ranges and with single ports.
            1 => {
                let (a, b) = (*bytes.pick(&PORTS)?, *bytes.pick(&PORTS)?);
                PortMatch::Numbered { protocol, ports: PortRange::new(a.min(b), a.max(b)).ok()? }
            }
            2 => PortMatch::Named { protocol, name: bytes.pick(&self.words.port_names)?.clone() },
            _ => PortMatch::Protocol(protocol),
        })
    }
}
