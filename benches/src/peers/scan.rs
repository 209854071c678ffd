//! The naive scan: find both pods, and read the policies of their namespaces one by one.

use std::net::IpAddr;

use hashbrown::HashMap;
use portcullis::Packet;
use portcullis::cluster::{Cluster, Namespace, Pod};
use portcullis::net::{L4Protocol, Protocol};
use portcullis::policy::{
    Direction, NamespaceMatch, Peer as RulePeer, Peers, PodMatch, Policy, PolicySet, PortMatch, Traffic,
};

use super::{Answer, Peer, SideAnswer};
use crate::workload::{Workload, address, transport};

/// An end: its address, and the pod and namespace that it is.
#[derive(Clone, Copy)]
struct End<'a> {
    address: IpAddr,
    pod: Option<(&'a Pod, &'a Namespace)>,
}

/// Reads policies for each packet; what a controller's tests, or a small agent, would do.
pub struct Scan<'a> {
    cluster: &'a Cluster,
    by_address: HashMap<IpAddr, (&'a Pod, &'a Namespace)>,
    /// For each namespace its policies, each with the number of its first rule.
    by_namespace: HashMap<&'a str, Vec<(&'a Policy, u32)>>,
}

impl<'a> Scan<'a> {
    /// Indexes pods by address and policies by namespace.
    #[must_use]
    pub fn new(workload: &'a Workload) -> Self {
        let (cluster, policies): (&Cluster, &PolicySet) = (&workload.cluster, &workload.policies);
        let mut by_address = HashMap::new();
        for (id, pod) in cluster.pods() {
            if let Some(namespace) = cluster.namespace_of(id) {
                by_address.extend(pod.addresses.iter().map(|address| (*address, (pod, namespace))));
            }
        }
        let mut by_namespace: HashMap<&str, Vec<(&Policy, u32)>> = HashMap::new();
        let mut first = 0;
        for (_, policy) in policies.policies() {
            by_namespace.entry(&policy.namespace).or_default().push((policy, first));
            for direction in [Direction::Ingress, Direction::Egress] {
                first += policy.rules(direction).map_or(0, <[_]>::len) as u32;
            }
        }
        Self { cluster, by_address, by_namespace }
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        self.cluster
    }

    fn end(&self, bytes: [u8; 16]) -> End<'a> {
        let address = address(bytes);
        End { address, pod: self.by_address.get(&address).copied() }
    }

    fn side(&self, subject: End<'_>, peer: End<'_>, direction: Direction, packet: &Packet) -> SideAnswer {
        let Some((pod, _)) = subject.pod else { return SideAnswer::FREE };
        if peer.address == subject.address {
            return SideAnswer::FREE;
        }
        let destination = if direction == Direction::Ingress { subject.pod } else { peer.pod };
        let mut isolated = false;
        for (policy, first) in self.by_namespace.get(&*pod.namespace).into_iter().flatten() {
            let Some(rules) = policy.rules(direction) else { continue };
            if !policy.subject.pods.matches(&pod.labels) {
                continue;
            }
            isolated = true;
            let before = match direction {
                Direction::Ingress => 0,
                Direction::Egress => policy.rules(Direction::Ingress).map_or(0, <[_]>::len),
            };
            let found = rules.iter().position(|rule| {
                is_peer(&rule.peers, peer)
                    && is_traffic(&rule.traffic, packet, destination.map(|(pod, _)| pod))
            });
            if let Some(index) = found {
                return SideAnswer { allowed: true, rule: first + (before + index) as u32 };
            }
        }
        if isolated { SideAnswer::DENIED } else { SideAnswer::FREE }
    }
}

impl Peer for Scan<'_> {
    fn name(&self) -> &'static str {
        "naive scan"
    }

    fn decide(&self, packet: &Packet) -> Answer {
        let (from, to) = (self.end(packet.source), self.end(packet.destination));
        Answer::of(
            self.side(from, to, Direction::Egress, packet),
            self.side(to, from, Direction::Ingress, packet),
        )
    }
}

fn is_peer(peers: &Peers, end: End<'_>) -> bool {
    let Peers::Of(peers) = peers else { return true };
    peers.iter().any(|peer| match peer {
        RulePeer::IpBlock(block) => block.contains(end.address),
        RulePeer::Pods(pods) => end.pod.is_some_and(|(pod, namespace)| is_one_of(pods, pod, namespace)),
        _ => false,
    })
}

fn is_one_of(pods: &PodMatch, pod: &Pod, namespace: &Namespace) -> bool {
    let in_namespace = match &pods.namespaces {
        NamespaceMatch::Named(name) => *name == namespace.name,
        NamespaceMatch::Selected(selector) => selector.matches(&namespace.labels),
    };
    in_namespace && pods.pods.matches(&pod.labels)
}

fn is_traffic(traffic: &Traffic, packet: &Packet, destination: Option<&Pod>) -> bool {
    let Traffic::Of(ports) = traffic else { return true };
    let (Protocol::L4(own), port) = transport(packet) else { return false };
    ports.iter().any(|item| match item {
        PortMatch::Protocol(protocol) => *protocol == own,
        PortMatch::Numbered { protocol, ports } => *protocol == own && ports.contains(port),
        PortMatch::Named { protocol, name } => {
            let declared = destination.into_iter().flat_map(|pod| &pod.ports);
            let same = |declared: L4Protocol| declared == own && *protocol == own;
            declared
                .filter(|item| same(item.protocol) && item.name.as_ref() == Some(name))
                .any(|item| item.port.get() == port)
        }
        PortMatch::Name(_) | PortMatch::Unknown => false,
    })
}
