//! Namespaces, nodes and pods: few, alike, and now and then odd.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU16;

use super::vocabulary::{
    DEFAULT_ACCOUNT, NAMESPACES, NODES, PORTS, Vocabulary, node_ipv4, node_ipv6, pod_ipv4, pod_ipv6,
};
use super::{Bytes, Scope};
use crate::cluster::{
    ContainerKind, ContainerPort, Namespace, Node, Phase, Pod, PodIdentity, Workload, WorkloadKind,
};
use crate::net::L4Protocol;

pub(super) fn namespaces(bytes: &mut Bytes<'_>, words: &Vocabulary) -> Vec<Namespace> {
    let mut namespaces = Vec::new();
    for (name, percent) in NAMESPACES.into_iter().zip([90, 75, 40, 15]) {
        // NP-013: what is not declared here exists all the same where a pod or a policy mentions it.
        if bytes.chance(percent) {
            namespaces.push(Namespace {
                name: name.to_string(),
                labels: words.labels(bytes),
                declared: true,
            });
        }
    }
    namespaces
}

pub(super) fn nodes(bytes: &mut Bytes<'_>, words: &Vocabulary) -> Vec<Node> {
    let mut nodes = Vec::new();
    for (name, number) in NODES.into_iter().take(3).zip(1..) {
        if bytes.chance(70) {
            let addresses = match bytes.weighted(0, &[(30, 1), (15, 2), (10, 3)]) {
                0 => [node_ipv4(number)].to_vec(),
                1 => [node_ipv4(number), node_ipv6(number)].to_vec(),
                2 => [node_ipv6(number), node_ipv4(number.saturating_add(8))].to_vec(),
                _ => Vec::new(),
            };
            nodes.push(Node { name: name.to_string(), labels: words.labels(bytes), addresses });
        }
    }
    nodes
}

pub(super) fn pods(bytes: &mut Bytes<'_>, words: &Vocabulary, nodes: &[Node], scope: Scope) -> Vec<Pod> {
    let count = bytes.below(9).saturating_add(3);
    let mut pods: Vec<Pod> = Vec::with_capacity(count);
    for number in (0_u8..).take(count) {
        let pod = pod(bytes, words, nodes, &pods, number, scope);
        pods.push(pod);
    }
    pods
}

fn pod(
    bytes: &mut Bytes<'_>,
    words: &Vocabulary,
    nodes: &[Node],
    earlier: &[Pod],
    number: u8,
    scope: Scope,
) -> Pod {
    let namespace = bytes.weighted("a", &[(30, "b"), (15, "c"), (8, "d")]);
    let mut pod = Pod::new(namespace, format!("p{number}"));
    pod.labels = words.labels(bytes);
    pod.ports = ports(bytes, words);
    pod.service_account = Some(bytes.weighted(DEFAULT_ACCOUNT, &[(15, "a"), (10, "b")]).to_string());
    if scope != Scope::Oracle && bytes.chance(5) {
        // NP-026: a workload stands for pods that nobody has seen, so there is no address, node or phase.
        let workload = Workload {
            kind: bytes.one_of(WorkloadKind::Deployment, &[WorkloadKind::StatefulSet]),
            name: format!("w{number}"),
        };
        pod.workload = Some(workload.clone());
        pod.identity = PodIdentity::Template(workload);
        pod.host_network = bytes.chance(10);
        return pod;
    }
    pod.node = bytes
        .weighted(Some("n0"), &[(25, Some("n1")), (15, None), (10, Some("n2")), (4, Some("gone"))])
        .map(ToString::to_string);
    let node = nodes.iter().find(|node| Some(&node.name) == pod.node.as_ref());
    let node_addresses: &[IpAddr] = node.map_or(&[], |node| node.addresses.as_slice());
    if pod.node.is_some() {
        pod.host_addresses = host_addresses(bytes, node_addresses);
    }
    pod.phase = bytes.weighted(
        Phase::Running,
        &[(6, Phase::Pending), (5, Phase::Succeeded), (4, Phase::Failed), (2, Phase::Unknown)],
    );
    pod.terminating = bytes.chance(8);
    pod.created = bytes
        .weighted(None, &[(20, Some("2026-01-01T00:00:00Z")), (20, Some("2026-01-02T00:00:00Z"))])
        .map(ToString::to_string);
    pod.host_network = bytes.chance(10);
    pod.addresses = if pod.host_network && bytes.chance(85) {
        node_addresses.to_vec()
    } else {
        addresses(bytes, earlier, number, scope)
    };
    if scope == Scope::Oracle {
        one_running_owner(&mut pod, earlier);
    }
    pod
}

/// Of pods that share an address, the oracle takes one that runs, and any of them if several do or none: so here one
/// does.
fn one_running_owner(pod: &mut Pod, earlier: &[Pod]) {
    let shares = |other: &&Pod| {
        !other.host_network && other.addresses.iter().any(|address| pod.addresses.contains(address))
    };
    let others: Vec<&Pod> = earlier.iter().filter(shares).collect();
    if pod.host_network || others.is_empty() {
        return;
    }
    let is_running = |other: &&Pod| other.phase == Phase::Running;
    match others.iter().any(is_running) {
        true if pod.phase == Phase::Running => pod.phase = Phase::Succeeded,
        true => {}
        false => pod.phase = Phase::Running,
    }
}

/// What the pod's own status says about its node: mostly what the node says, sometimes more or less.
fn host_addresses(bytes: &mut Bytes<'_>, node_addresses: &[IpAddr]) -> Vec<IpAddr> {
    match bytes.weighted(0, &[(25, 1), (10, 2)]) {
        0 => node_addresses.iter().copied().take(1).collect(),
        1 => Vec::new(),
        _ => [node_ipv4(9)].to_vec(),
    }
}

fn addresses(bytes: &mut Bytes<'_>, earlier: &[Pod], number: u8, scope: Scope) -> Vec<IpAddr> {
    // The second half of the pods lies in another /28, the last ones at its end.
    let place = if number < 5 { number } else { number.saturating_add(22) };
    // NP-025: the address of a pod that has ended is given to another; the model may hold it twice in any state.
    let shared = if bytes.chance(14) { bytes.pick(earlier) } else { None };
    if let Some(other) = shared {
        return other.addresses.clone();
    }
    if scope == Scope::Model && bytes.chance(3) {
        // No API server holds two addresses of one family, or a node's address on a pod with a network of its own.
        return [pod_ipv4(place), pod_ipv4(place.saturating_add(40)), node_ipv4(1)].to_vec();
    }
    match bytes.weighted(0, &[(14, 1), (12, 2), (10, 3), (8, 4)]) {
        0 => [pod_ipv4(place)].to_vec(),
        1 => [pod_ipv4(place), pod_ipv6(place)].to_vec(),
        2 => [pod_ipv6(place), pod_ipv4(place)].to_vec(),
        3 => [pod_ipv6(place)].to_vec(),
        _ => Vec::new(),
    }
}

/// Ports of containers, regular ones first; names differ in number from pod to pod and may be given twice (NP-008).
fn ports(bytes: &mut Bytes<'_>, words: &Vocabulary) -> Vec<ContainerPort> {
    let count = bytes.below(5);
    let mut ports = Vec::with_capacity(count);
    for _ in 0..count {
        let name = if bytes.chance(85) { bytes.pick(&words.port_names).cloned() } else { None };
        let protocol = bytes.weighted(L4Protocol::Tcp, &[(20, L4Protocol::Udp), (10, L4Protocol::Sctp)]);
        let container = bytes
            .weighted(ContainerKind::Regular, &[(12, ContainerKind::Init), (12, ContainerKind::Sidecar)]);
        let number = bytes.pick(&PORTS).copied().and_then(NonZeroU16::new);
        if let Some(port) = number {
            ports.push(ContainerPort { name, protocol, port, container });
        }
    }
    ports.sort_by_key(|port| port.container != ContainerKind::Regular);
    ports
}

/// Names as text, for what comes after.
pub(super) fn namespace_of(pods: &[Pod], bytes: &mut Bytes<'_>) -> String {
    match bytes.pick(pods) {
        Some(pod) if bytes.chance(92) => pod.namespace.clone(),
        _ => bytes.one_of("a", &NAMESPACES).to_string(),
    }
}
