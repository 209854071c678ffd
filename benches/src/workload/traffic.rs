//! Traffic: flows over a workload, as packets.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use portcullis::Packet;
use portcullis::cluster::{Pod, PodId};
use portcullis::net::{Cidr, L4Protocol, Protocol};
use portcullis::policy::Traffic as Ports;
use portcullis::policy::{Direction, NamespaceMatch, Peer, Peers, PodMatch, PortMatch, RuleId, RuleRef};
use portcullis::selector::Selector;

use super::Workload;
use super::blocks::{address_in, public};
use super::policies::PORTS;
use crate::random::{Random, Zipf};

/// Flows that hot traffic draws from.
const HOT_FLOWS: usize = 16 * 1024;

/// Which flows occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrafficKind {
    /// Few flows, most packets of the first of them: Zipf 1.1 over 16,384 flows of the mixed kind.
    Hot,
    /// Three of five flows such that a random rule is about them; else the same namespace, any pods, or outside.
    Mixed,
    /// Any pods, and one end of five outside.
    Random,
    /// One flow of the mixed kind, again and again.
    One,
    /// Pods to pods, half of them of one namespace.
    Pods,
}

impl TrafficKind {
    /// The kinds that goals are set for.
    pub const ALL: [Self; 3] = [Self::Hot, Self::Mixed, Self::Random];
    /// All kinds, from the easiest to the hardest.
    pub const MATRIX: [Self; 5] = [Self::One, Self::Hot, Self::Pods, Self::Mixed, Self::Random];

    /// What it is called in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Mixed => "mix",
            Self::Random => "rand",
            Self::One => "one",
            Self::Pods => "pods",
        }
    }
}

/// Packets, one after another.
///
/// IPv4 is kept in 12 bytes a packet, so that walking over the packets takes little of the cache that deciding needs;
/// they are expanded a block at a time, outside the time that is taken.
#[derive(Clone, Debug)]
pub enum Traffic {
    /// IPv4 alone: source, destination, port and protocol.
    Four(Vec<[u32; 3]>),
    /// Any packets.
    Any(Vec<Packet>),
}

impl Traffic {
    /// So many packets of a kind over a workload.
    #[must_use]
    pub fn new(workload: &Workload, kind: TrafficKind, count: usize, seed: u64) -> Self {
        let mut maker = Maker::new(workload, seed);
        let packets = match kind {
            TrafficKind::Hot => {
                let flows: Vec<Packet> = (0..HOT_FLOWS).map(|_| maker.mixed()).collect();
                let by_rank = Zipf::new(HOT_FLOWS, 1.1);
                (0..count).map(|_| flows[by_rank.draw(&mut maker.random)]).collect()
            }
            TrafficKind::Mixed => (0..count).map(|_| maker.mixed()).collect(),
            TrafficKind::Random => (0..count).map(|_| maker.random()).collect(),
            TrafficKind::One => vec![maker.mixed(); count],
            TrafficKind::Pods => (0..count).map(|_| maker.pods()).collect(),
        };
        Self::of(packets)
    }

    fn of(packets: Vec<Packet>) -> Self {
        let four: Option<Vec<[u32; 3]>> = packets.iter().map(compact).collect();
        four.map_or(Self::Any(packets), Self::Four)
    }

    /// How many packets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Four(packets) => packets.len(),
            Self::Any(packets) => packets.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first of these packets.
    #[must_use]
    pub fn head(&self, count: usize) -> Self {
        match self {
            Self::Four(packets) => Self::Four(packets[..count.min(packets.len())].to_vec()),
            Self::Any(packets) => Self::Any(packets[..count.min(packets.len())].to_vec()),
        }
    }

    /// Writes the packets from a place on into a buffer, and says how many they are.
    pub fn fill(&self, first: usize, buffer: &mut [Packet]) -> usize {
        match self {
            Self::Four(packets) => {
                let packets = &packets[first..];
                for (slot, packet) in buffer.iter_mut().zip(packets) {
                    *slot = expand(*packet);
                }
                buffer.len().min(packets.len())
            }
            Self::Any(packets) => {
                let count = buffer.len().min(packets.len() - first);
                buffer[..count].copy_from_slice(&packets[first..first + count]);
                count
            }
        }
    }

    /// The packet at a place.
    #[must_use]
    pub fn packet(&self, at: usize) -> Packet {
        match self {
            Self::Four(packets) => expand(packets[at]),
            Self::Any(packets) => packets[at],
        }
    }
}

/// The address of a packet's end.
#[must_use]
pub fn address(bytes: [u8; 16]) -> IpAddr {
    IpAddr::from(bytes).to_canonical()
}

fn compact(packet: &Packet) -> Option<[u32; 3]> {
    let (IpAddr::V4(source), IpAddr::V4(destination)) = (address(packet.source), address(packet.destination))
    else {
        return None;
    };
    let port = u32::from(u16::from_le_bytes(packet.destination_port));
    Some([source.to_bits(), destination.to_bits(), port << 8 | u32::from(packet.protocol)])
}

fn expand([source, destination, rest]: [u32; 3]) -> Packet {
    let [protocol, low, high, _] = rest.to_le_bytes();
    Packet {
        source: Ipv4Addr::from_bits(source).to_ipv6_mapped().octets(),
        destination: Ipv4Addr::from_bits(destination).to_ipv6_mapped().octets(),
        destination_port: [low, high],
        protocol,
        ..Packet::default()
    }
}

/// Makes flows.
struct Maker<'a> {
    workload: &'a Workload,
    random: Random,
    /// The pods with an address.
    pods: Vec<&'a Pod>,
    /// For each namespace its first pod and how many follow; pods are sorted by namespace.
    ranges: Vec<(usize, usize)>,
    /// The namespaces of each selector seen.
    selected: HashMap<&'a Selector, Vec<usize>>,
}

impl<'a> Maker<'a> {
    fn new(workload: &'a Workload, seed: u64) -> Self {
        let mut ranges = vec![(0, 0); workload.cluster.namespaces().count()];
        let mut pods: Vec<&Pod> = Vec::new();
        for (id, pod) in workload.cluster.pods().filter(|(_, pod)| !pod.addresses.is_empty()) {
            let namespace = namespace_of(workload, id);
            if ranges[namespace].1 == 0 {
                ranges[namespace].0 = pods.len();
            }
            ranges[namespace].1 += 1;
            pods.push(pod);
        }
        Self { workload, random: Random::new(seed), pods, ranges, selected: HashMap::new() }
    }

    fn mixed(&mut self) -> Packet {
        if self.random.percent(60)
            && let Some(packet) = self.by_rule()
        {
            return packet;
        }
        let port = *self.random.pick(&PORTS);
        let one = *self.random.pick(&self.pods);
        match self.random.below(10) {
            0..=3 => {
                let other = self.pod_in(self.namespace_of(one)).unwrap_or(one);
                self.between(one, other, Protocol::TCP, port)
            }
            4..=6 => {
                let other = *self.random.pick(&self.pods);
                self.between(one, other, Protocol::TCP, port)
            }
            _ => self.outside(one, Protocol::TCP, port),
        }
    }

    fn random(&mut self) -> Packet {
        let port = *self.random.pick(&PORTS);
        let one = *self.random.pick(&self.pods);
        if self.random.percent(20) {
            return self.outside(one, Protocol::TCP, port);
        }
        let other = *self.random.pick(&self.pods);
        self.between(one, other, Protocol::TCP, port)
    }

    fn pods(&mut self) -> Packet {
        let port = *self.random.pick(&PORTS);
        let one = *self.random.pick(&self.pods);
        let neighbour = if self.random.percent(50) { self.pod_in(self.namespace_of(one)) } else { None };
        let other = neighbour.unwrap_or_else(|| *self.random.pick(&self.pods));
        self.between(one, other, Protocol::TCP, port)
    }

    /// A packet that a random rule's peers and ports mean.
    fn by_rule(&mut self) -> Option<Packet> {
        let policies = &self.workload.policies;
        if policies.rule_count() == 0 {
            return None;
        }
        let number = self.random.below(policies.rule_count());
        let rule = policies.rule(RuleId(u32::try_from(number).ok()?))?;
        let subject = self.pod_of(&rule.policy.subject)?;
        let peer = match &rule.rule.peers {
            Peers::Of(peers) if !peers.is_empty() => match self.random.pick(peers) {
                Peer::Pods(pods) => Ok(self.pod_of(pods)?),
                Peer::IpBlock(block) => Err(self.carried_in(block.cidr())?),
                Peer::Networks(networks) if !networks.is_empty() => {
                    let network = *self.random.pick(networks);
                    Err(self.carried_in(network)?)
                }
                _ => return None,
            },
            _ => Ok(*self.random.pick(&self.pods)),
        };
        let ingress = rule.direction == Direction::Ingress;
        let destination = if ingress { Some(subject) } else { peer.ok() };
        let (protocol, port) = self.port_of(&rule, destination);
        Some(match peer {
            Ok(peer) if ingress => self.between(peer, subject, protocol, port),
            Ok(peer) => self.between(subject, peer, protocol, port),
            Err(address) => {
                let own = in_family(subject, address.is_ipv6())?;
                let (from, to) = if ingress { (address, own) } else { (own, address) };
                Packet::new(from, to, protocol, port)
            }
        })
    }

    /// A random address of a network that packets can have, if some tries find one: everywhere holds this host's, too.
    fn carried_in(&mut self, network: Cidr) -> Option<IpAddr> {
        let is_carried = |address: &IpAddr| {
            let is_host = !address.is_loopback() && !address.is_unspecified() && !address.is_multicast();
            is_host
                && !matches!(address, IpAddr::V4(four) if four.octets()[0] == 0 || four.octets()[0] >= 240)
        };
        (0..32).map(|_| address_in(network, &mut self.random)).find(is_carried)
    }

    fn port_of(&mut self, rule: &RuleRef<'_>, destination: Option<&Pod>) -> (Protocol, u16) {
        let Ports::Of(ports) = &rule.rule.traffic else {
            return (Protocol::TCP, *self.random.pick(&PORTS));
        };
        if ports.is_empty() {
            return (Protocol::TCP, *self.random.pick(&PORTS));
        }
        match self.random.pick(ports) {
            PortMatch::Numbered { protocol, ports } => {
                let port = self.random.between(ports.start().into(), ports.end().into());
                (Protocol::L4(*protocol), u16::try_from(port).unwrap_or(u16::MAX))
            }
            PortMatch::Protocol(protocol) => (Protocol::L4(*protocol), *self.random.pick(&PORTS)),
            PortMatch::Named { protocol, name } => {
                let declared = destination.into_iter().flat_map(|pod| &pod.ports);
                let found = declared
                    .filter(|port| port.protocol == *protocol && port.name.as_ref() == Some(name))
                    .map(|port| port.port.get())
                    .next();
                (Protocol::L4(*protocol), found.unwrap_or(80))
            }
            PortMatch::Name(_) | PortMatch::Unknown => (Protocol::TCP, *self.random.pick(&PORTS)),
        }
    }

    fn between(&mut self, from: &Pod, to: &Pod, protocol: Protocol, port: u16) -> Packet {
        let v6 = self.wants_v6(from);
        let ends = in_family(from, v6).zip(in_family(to, v6));
        let (from, to) = ends.unwrap_or((from.addresses[0], from.addresses[0]));
        Packet::new(from, to, protocol, port)
    }

    fn outside(&mut self, pod: &Pod, protocol: Protocol, port: u16) -> Packet {
        let v6 = self.wants_v6(pod);
        let own = in_family(pod, v6).unwrap_or(pod.addresses[0]);
        let other = public(&mut self.random, v6);
        if self.random.percent(50) {
            Packet::new(own, other, protocol, port)
        } else {
            Packet::new(other, own, protocol, port)
        }
    }

    fn wants_v6(&mut self, pod: &Pod) -> bool {
        match pod.addresses.as_slice() {
            [one] => one.is_ipv6(),
            _ => self.random.percent(50),
        }
    }

    /// A random pod that a match selects, if some tries find one.
    fn pod_of(&mut self, pods: &'a PodMatch) -> Option<&'a Pod> {
        let namespace = match &pods.namespaces {
            NamespaceMatch::Named(name) => self.workload.cluster.find_namespace(name)?.0 as usize,
            NamespaceMatch::Selected(selector) => {
                let cluster = &self.workload.cluster;
                let found = self.selected.entry(selector).or_insert_with(|| {
                    let all = cluster.namespaces();
                    all.filter(|(_, namespace)| selector.matches(&namespace.labels))
                        .map(|(id, _)| id.0 as usize)
                        .collect()
                });
                if found.is_empty() {
                    return None;
                }
                *self.random.pick(found)
            }
        };
        (0..32).find_map(|_| {
            let pod = self.pod_in(namespace)?;
            pods.pods.matches(&pod.labels).then_some(pod)
        })
    }

    fn pod_in(&mut self, namespace: usize) -> Option<&'a Pod> {
        let (first, count) = self.ranges[namespace];
        (count > 0).then(|| self.pods[first + self.random.below(count)])
    }

    fn namespace_of(&self, pod: &Pod) -> usize {
        self.workload.cluster.find_namespace(&pod.namespace).map_or(0, |id| id.0 as usize)
    }
}

fn namespace_of(workload: &Workload, pod: PodId) -> usize {
    workload.cluster.namespace_id_of(pod).map_or(0, |id| id.0 as usize)
}

fn in_family(pod: &Pod, v6: bool) -> Option<IpAddr> {
    pod.addresses.iter().copied().find(|address| address.is_ipv6() == v6)
}

/// The transport protocol and port of a packet, where it has ports.
#[must_use]
pub fn transport(packet: &Packet) -> (Protocol, u16) {
    (Protocol::from_number(packet.protocol), u16::from_le_bytes(packet.destination_port))
}

/// The protocol of a packet that has ports; TCP for any other.
#[must_use]
pub fn l4(packet: &Packet) -> L4Protocol {
    match Protocol::from_number(packet.protocol) {
        Protocol::L4(protocol) => protocol,
        Protocol::Other(_) => L4Protocol::Tcp,
    }
}
