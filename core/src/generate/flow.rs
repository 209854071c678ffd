//! Flows: most of them aim at a rule, at the edges of its ports and blocks; some at exemptions; some at nothing.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::vocabulary::{OUTSIDE, PORTS};
use super::{Bytes, Scope};
use crate::cluster::{Cluster, Pod, PodId};
use crate::flow::{Connection, Endpoint, Flow, Transport};
use crate::net::{IpBlock, L4Protocol};
use crate::policy::{
    Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicySet, PortMatch, Traffic,
};

/// Flows tried for each one asked for, as ends may share no address family.
const ATTEMPTS: usize = 3;

pub(super) fn generate(
    bytes: &mut Bytes<'_>,
    cluster: &Cluster,
    policies: &PolicySet,
    scope: Scope,
    count: usize,
) -> Vec<Flow> {
    let aim = Aim::new(cluster, policies);
    let tries = count.saturating_mul(ATTEMPTS);
    let has_services = matches!(scope, Scope::Model | Scope::Tiered);
    let flows = (0..tries).filter_map(|_| aim.flow(bytes, has_services));
    match scope {
        Scope::Model | Scope::Tiered | Scope::V1Valid => flows.take(count).collect(),
        Scope::Oracle => flows.filter_map(|flow| for_oracle(cluster, flow)).take(count).collect(),
    }
}

/// The flow as a packet shows it: two addresses, a new connection, no port 0.
fn for_oracle(cluster: &Cluster, flow: Flow) -> Option<Flow> {
    // To the oracle, a port name is also the port 0, whether it resolves or not.
    if matches!(flow.transport(), Transport::Ports { port: 0, .. }) {
        return None;
    }
    let source = Endpoint::Address(flow.source().address()?);
    let destination = Endpoint::Address(flow.destination().address()?);
    Flow::new(cluster, source, destination, flow.transport()).ok()
}

/// What there is to aim at.
struct Aim<'a> {
    cluster: &'a Cluster,
    pods: Vec<PodId>,
    addresses: Vec<IpAddr>,
    targets: Vec<Target<'a>>,
}

/// A policy that selects pods in a direction.
struct Target<'a> {
    policy: &'a Policy,
    direction: Direction,
    subjects: Vec<PodId>,
}

impl<'a> Aim<'a> {
    fn new(cluster: &'a Cluster, policies: &'a PolicySet) -> Self {
        let mut addresses: Vec<IpAddr> = cluster.pods().flat_map(|(_, pod)| pod.addresses.clone()).collect();
        addresses.extend(cluster.nodes().flat_map(|(_, node)| node.addresses.clone()));
        addresses.extend(OUTSIDE);
        let mut targets = Vec::new();
        for (_, policy) in policies.policies() {
            let subjects: Vec<PodId> = cluster
                .pods()
                .filter(|(id, pod)| {
                    !pod.host_network && !pod.is_finished() && selects(cluster, &policy.subject, *id)
                })
                .map(|(id, _)| id)
                .collect();
            if subjects.is_empty() {
                continue;
            }
            for direction in [Direction::Ingress, Direction::Egress] {
                if policy.rules(direction).is_some() {
                    targets.push(Target { policy, direction, subjects: subjects.clone() });
                }
            }
        }
        Self { cluster, pods: cluster.pods().map(|(id, _)| id).collect(), addresses, targets }
    }

    fn flow(&self, bytes: &mut Bytes<'_>, has_services: bool) -> Option<Flow> {
        let to_itself = if has_services { 8 } else { 3 };
        let (source, destination, transport) = match bytes.weighted(0, &[(5, 1), (5, 2), (to_itself, 3)]) {
            0 => self.at_a_rule(bytes),
            1 => Some((self.end(bytes), self.end(bytes), self.transport(bytes))),
            2 => self.own_node(bytes),
            _ => self.loopback(bytes),
        }?;
        let connection =
            bytes.weighted(Connection::New, &[(2, Connection::Established), (2, Connection::Reply)]);
        let flow = Flow::new(self.cluster, source, destination, transport).ok()?;
        // CNP-014: it matters most to a pod on its way to itself, and it is no matter to others.
        let via_service = has_services && bytes.chance(25);
        Some(flow.with_connection(connection).with_via_service(via_service))
    }

    /// From or to a pod that is isolated, mostly along one of the rules that are about it.
    fn at_a_rule(&self, bytes: &mut Bytes<'_>) -> Option<(Endpoint, Endpoint, Transport)> {
        let Some(target) = bytes.pick(&self.targets) else {
            return Some((self.end(bytes), self.end(bytes), self.transport(bytes)));
        };
        let subject = *bytes.pick(&target.subjects)?;
        let rule = target.policy.rules(target.direction).and_then(|rules| bytes.pick(rules));
        let rule = rule.filter(|_| bytes.chance(85));
        let peer = match rule.map(|rule| &rule.peers) {
            Some(Peers::Of(peers)) => match bytes.pick(peers)? {
                Peer::IpBlock(block) => Endpoint::Address(self.edge(bytes, block)),
                Peer::Pods(peer) => self.pod_of(bytes, peer, subject),
                Peer::Networks(networks) => match bytes.pick(networks) {
                    Some(network) => {
                        let block = IpBlock::new(*network, Vec::new()).ok()?;
                        Endpoint::Address(self.edge(bytes, &block))
                    }
                    None => self.other_end(bytes, subject),
                },
                Peer::DomainNames(patterns) => {
                    let is_meant = |name| patterns.iter().any(|pattern| pattern.matches(name));
                    let names = self.cluster.resolved().filter(|(name, _)| is_meant(name));
                    let known: Vec<IpAddr> = names.flat_map(|(_, addresses)| addresses).copied().collect();
                    self.one_of(bytes, &known, subject)
                }
                Peer::Nodes(selector) => {
                    let nodes = self.cluster.nodes().filter(|(_, node)| selector.matches(&node.labels));
                    let known: Vec<IpAddr> = nodes.flat_map(|(_, node)| &node.addresses).copied().collect();
                    self.one_of(bytes, &known, subject)
                }
                Peer::Unknown => self.other_end(bytes, subject),
            },
            Some(Peers::Any) | None => self.other_end(bytes, subject),
        };
        let peer = if self.is(peer, subject) { self.other_end(bytes, subject) } else { peer };
        let destination = match (target.direction, peer) {
            (Direction::Ingress, _) => Some(subject),
            (Direction::Egress, Endpoint::Pod(pod)) => Some(pod),
            (Direction::Egress, Endpoint::Address(_)) => None,
        };
        let transport = match rule.map(|rule| &rule.traffic) {
            Some(Traffic::Of(items)) => {
                let destination = destination.and_then(|id| self.cluster.pod(id));
                bytes.pick(items).and_then(|item| self.on(bytes, item, destination))
            }
            Some(Traffic::Any) | None => None,
        };
        let transport = transport.unwrap_or_else(|| self.transport(bytes));
        let subject = self.named_or_address(bytes, subject);
        Some(match target.direction {
            Direction::Ingress => (peer, subject, transport),
            Direction::Egress => (subject, peer, transport),
        })
    }

    /// Between a pod and an address of its node, or a host-network pod there (NP-018).
    fn own_node(&self, bytes: &mut Bytes<'_>) -> Option<(Endpoint, Endpoint, Transport)> {
        let id = match bytes.pick(&self.targets) {
            Some(target) => *bytes.pick(&target.subjects)?,
            None => *bytes.pick(&self.pods)?,
        };
        let pod = self.cluster.pod(id)?;
        let node = pod.node.as_ref().and_then(|name| self.cluster.find_node(name));
        let node = node.and_then(|id| self.cluster.node(id));
        let of_node = node.iter().flat_map(|node| node.addresses.iter());
        let mut ends: Vec<Endpoint> =
            of_node.chain(&pod.host_addresses).map(|address| Endpoint::Address(*address)).collect();
        let on_it = |other: &Pod| other.host_network && other.node.is_some() && other.node == pod.node;
        ends.extend(self.cluster.pods().filter(|(_, other)| on_it(other)).map(|(id, _)| Endpoint::Pod(id)));
        let node = *bytes.pick(&ends)?;
        let transport = self.transport(bytes);
        let pod = self.named_or_address(bytes, id);
        Some(if bytes.chance(30) { (pod, node, transport) } else { (node, pod, transport) })
    }

    /// From a pod to itself, by name or by any of its addresses (NP-020).
    fn loopback(&self, bytes: &mut Bytes<'_>) -> Option<(Endpoint, Endpoint, Transport)> {
        let id = *bytes.pick(&self.pods)?;
        let transport = self.transport(bytes);
        Some((self.named_or_address(bytes, id), self.named_or_address(bytes, id), transport))
    }

    fn end(&self, bytes: &mut Bytes<'_>) -> Endpoint {
        if bytes.chance(22)
            && let Some(address) = bytes.pick(&self.addresses)
        {
            return Endpoint::Address(*address);
        }
        match bytes.pick(&self.pods) {
            Some(id) => Endpoint::Pod(*id),
            None => Endpoint::Address(bytes.one_of(IpAddr::V4(Ipv4Addr::LOCALHOST), &OUTSIDE)),
        }
    }

    /// An end that is another pod, where there is one: loopback has flows of its own.
    fn other_end(&self, bytes: &mut Bytes<'_>, subject: PodId) -> Endpoint {
        let end = self.end(bytes);
        if !self.is(end, subject) {
            return end;
        }
        let others: Vec<PodId> = self.pods.iter().copied().filter(|id| *id != subject).collect();
        bytes.pick(&others).map_or(end, |id| Endpoint::Pod(*id))
    }

    fn is(&self, end: Endpoint, id: PodId) -> bool {
        match end {
            Endpoint::Pod(pod) => pod == id,
            Endpoint::Address(address) => {
                self.cluster.pod(id).is_some_and(|pod| pod.addresses.contains(&address))
            }
        }
    }

    fn named_or_address(&self, bytes: &mut Bytes<'_>, id: PodId) -> Endpoint {
        let addresses = self.cluster.pod(id).map_or(&[][..], |pod| pod.addresses.as_slice());
        match bytes.pick(addresses) {
            Some(address) if bytes.chance(20) => Endpoint::Address(*address),
            _ => Endpoint::Pod(id),
        }
    }

    fn pod_of(&self, bytes: &mut Bytes<'_>, peer: &PodMatch, subject: PodId) -> Endpoint {
        let others = self.pods.iter().copied().filter(|id| *id != subject);
        let matching: Vec<PodId> = others.filter(|id| selects(self.cluster, peer, *id)).collect();
        match bytes.pick(&matching) {
            Some(id) if bytes.chance(80) => self.named_or_address(bytes, *id),
            _ => self.other_end(bytes, subject),
        }
    }

    /// One of some addresses, or any other end.
    fn one_of(&self, bytes: &mut Bytes<'_>, known: &[IpAddr], subject: PodId) -> Endpoint {
        match bytes.pick(known) {
            Some(address) => Endpoint::Address(*address),
            None => self.other_end(bytes, subject),
        }
    }

    /// An address at an edge of a block or of a hole in it, on either side, or something's address inside.
    fn edge(&self, bytes: &mut Bytes<'_>, block: &IpBlock) -> IpAddr {
        if bytes.chance(50) {
            let inside: Vec<IpAddr> =
                self.addresses.iter().copied().filter(|address| block.contains(*address)).collect();
            if let Some(address) = bytes.pick(&inside) {
                return *address;
            }
        }
        let range = match bytes.pick(block.except()) {
            Some(hole) if bytes.chance(60) => *hole,
            _ => block.cidr(),
        };
        match bytes.weighted(0, &[(35, 1), (15, 2), (15, 3)]) {
            0 => range.address(),
            1 => range.last_address(),
            2 => neighbour(range.address(), false),
            _ => neighbour(range.last_address(), true),
        }
    }

    /// A port at an edge of an item of `ports`, on either side, or the number that a name has.
    fn on(&self, bytes: &mut Bytes<'_>, item: &PortMatch, destination: Option<&Pod>) -> Option<Transport> {
        Some(match item {
            PortMatch::Protocol(protocol) => Transport::new(*protocol, *bytes.pick(&PORTS)?),
            PortMatch::Numbered { protocol, ports } => {
                let port = match bytes.weighted(0, &[(35, 1), (10, 2), (10, 3)]) {
                    0 => ports.start(),
                    1 => ports.end(),
                    2 => ports.start().saturating_sub(1),
                    _ => ports.end().saturating_add(1),
                };
                Transport::new(*protocol, port)
            }
            PortMatch::Named { protocol, name } => {
                let named: Vec<_> =
                    destination?.ports.iter().filter(|port| port.name.as_ref() == Some(name)).collect();
                let port = bytes.pick(&named)?;
                let protocol = if bytes.chance(75) { *protocol } else { port.protocol };
                Transport::new(protocol, port.port.get())
            }
            PortMatch::Name(name) => {
                let named: Vec<_> =
                    destination?.ports.iter().filter(|port| port.name.as_ref() == Some(name)).collect();
                let port = bytes.pick(&named)?;
                let protocol = if bytes.chance(75) { port.protocol } else { L4Protocol::Udp };
                Transport::new(protocol, port.port.get())
            }
            PortMatch::Unknown => self.transport(bytes),
        })
    }

    fn transport(&self, bytes: &mut Bytes<'_>) -> Transport {
        if bytes.chance(8) {
            return match bytes.below(4) {
                0 => Transport::Other { protocol: 1, icmp: Some((8, 0)) },
                1 => Transport::Other { protocol: 58, icmp: Some((128, 0)) },
                2 => Transport::Other { protocol: 1, icmp: None },
                _ => Transport::Other { protocol: 47, icmp: None },
            };
        }
        let protocol = bytes.weighted(L4Protocol::Tcp, &[(18, L4Protocol::Udp), (12, L4Protocol::Sctp)]);
        // Port 0 is what a name that does not resolve stands for on some plugins.
        let port = if bytes.chance(5) { Some(0) } else { bytes.pick(&PORTS).copied() };
        let source_port = bytes.weighted(None, &[(20, Some(40_000))]);
        Transport::Ports { protocol, source_port, port: port.unwrap_or(80) }
    }
}

/// Whether a selection finds a pod, as far as aiming needs to know.
fn selects(cluster: &Cluster, selection: &PodMatch, id: PodId) -> bool {
    let (Some(pod), Some(namespace)) = (cluster.pod(id), cluster.namespace_of(id)) else {
        return false;
    };
    let in_namespace = match &selection.namespaces {
        NamespaceMatch::Named(name) => *name == namespace.name,
        NamespaceMatch::Selected(selector) => selector.matches(&namespace.labels),
    };
    in_namespace && selection.pods.matches(&pod.labels)
}

/// The address before or after another, or itself at the end of its family.
fn neighbour(address: IpAddr, after: bool) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            IpAddr::V4(Ipv4Addr::from_bits(if after {
                bits.saturating_add(1)
            } else {
                bits.saturating_sub(1)
            }))
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            IpAddr::V6(Ipv6Addr::from_bits(if after {
                bits.saturating_add(1)
            } else {
                bits.saturating_sub(1)
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_stay_in_their_family() {
        let cases = [
            ("10.0.0.255", true, "10.0.1.0"),
            ("10.0.0.0", false, "9.255.255.255"),
            ("0.0.0.0", false, "0.0.0.0"),
            ("255.255.255.255", true, "255.255.255.255"),
            ("fd00::", true, "fd00::1"),
            ("::", false, "::"),
        ];
        for (address, after, expected) in cases {
            let found = neighbour(address.parse().unwrap(), after);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{address}");
        }
    }
}
