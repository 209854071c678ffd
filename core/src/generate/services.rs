//! Services, lists of endpoints, and calls to them.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU16;

use super::vocabulary::{NAMESPACES, NODES, Vocabulary, node_ipv4, node_ipv6, pod_ipv4, pod_ipv6};
use super::{Bytes, World};
use crate::cluster::{
    AddressFamily, Cluster, EndpointPort, EndpointSlice, EndpointState, EndpointSubset, Pod, PodIdentity,
    Service, ServiceKind, ServicePort, SliceEndpoint, SliceKind, TargetPort, TrafficPolicy,
};
use crate::flow::Endpoint;
use crate::net::{Cidr, L4Protocol};
use crate::path::{Call, Carries, Door, Front, PortAsked};
use crate::selector::{Requirement, Selector};

/// How many services a world gets.
const SERVICES: u8 = 6;

/// Services for a world's pods, and objects that list endpoints of some of them; readiness of pods is thrown in.
#[must_use]
pub fn services(bytes: &mut Bytes<'_>, world: &mut World) -> (Vec<Service>, Vec<EndpointSlice>) {
    let words = Vocabulary::new();
    for pod in &mut world.pods {
        pod.ready = !bytes.chance(12);
    }
    let services: Vec<Service> = (0..SERVICES).map(|number| service(bytes, &words, world, number)).collect();
    let mut slices = Vec::new();
    for service in &services {
        let is_listed = service.selector.is_none() || bytes.chance(20);
        let count = if is_listed { bytes.weighted(1_u8, &[(25, 2), (10, 0)]) } else { 0 };
        for number in 0..count {
            slices.push(slice(bytes, world, service, number));
        }
    }
    (services, slices)
}

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN)
}

fn service(bytes: &mut Bytes<'_>, words: &Vocabulary, world: &World, own: u8) -> Service {
    let namespace = bytes.pick(&world.pods).map_or("a".to_string(), |pod| pod.namespace.clone());
    let mut service = Service::new(namespace, format!("s{own}"));
    service.kind = match bytes.weighted(0, &[(25, 1), (25, 2), (6, 3)]) {
        0 => ServiceKind::ClusterIp,
        1 => ServiceKind::NodePort,
        2 => ServiceKind::LoadBalancer,
        _ => alias(bytes),
    };
    service.headless = service.kind == ServiceKind::ClusterIp && bytes.chance(20);
    service.selector =
        if bytes.chance(8) { None } else { Some(selector(bytes, words, world, &service.namespace)) };
    let named = bytes.pick(&world.pods).and_then(|pod| bytes.pick(&pod.ports)).cloned();
    for (at, name) in ["", "http", "dns"].into_iter().take(bytes.below(3).saturating_add(1)).enumerate() {
        let port = number(u16::try_from(at).unwrap_or(0).saturating_add(80));
        let target = match named.as_ref().and_then(|port| port.name.clone()).filter(|_| bytes.chance(35)) {
            Some(name) => TargetPort::Named(name),
            None => TargetPort::Number(number(bytes.one_of(80, &[81, 8080]))),
        };
        let protocol = named.as_ref().map_or(L4Protocol::Tcp, |port| port.protocol);
        let protocol = if bytes.chance(60) { L4Protocol::Tcp } else { protocol };
        let node_port = bytes.chance(80).then(|| number(port.get().saturating_add(30000)));
        service.ports.push(ServicePort { name: name.to_string(), protocol, port, target, node_port });
    }
    let (v4, v6) = (service_ipv4(own), service_ipv6(own));
    service.cluster_addresses = match bytes.weighted(0, &[(20, 1), (15, 2), (10, 3)]) {
        _ if service.headless => Vec::new(),
        0 => [v4].to_vec(),
        1 => [v4, v6].to_vec(),
        2 => Vec::new(),
        _ => [v6].to_vec(),
    };
    service.families = match bytes.weighted(0, &[(15, 1), (15, 2)]) {
        0 => Vec::new(),
        1 => [AddressFamily::V4].to_vec(),
        _ => [AddressFamily::V6, AddressFamily::V4].to_vec(),
    };
    if service.kind == ServiceKind::LoadBalancer {
        service.ingress_addresses = [outer_ipv4(own)].to_vec();
        if bytes.chance(20) {
            let ranges = [(outer_ipv4(200), 32), (pod_ipv4(0), 24), (node_ipv4(1), 32)];
            service.source_ranges = bytes
                .pick(&ranges)
                .and_then(|(address, length)| Cidr::new(*address, *length).ok())
                .into_iter()
                .collect();
        }
    }
    if bytes.chance(10) {
        service.external_addresses = [outer_ipv4(own.saturating_add(100))].to_vec();
    }
    let policy =
        |bytes: &mut Bytes<'_>| bytes.weighted(TrafficPolicy::Cluster, &[(35, TrafficPolicy::Local)]);
    service.internal_traffic = policy(bytes);
    service.external_traffic = policy(bytes);
    service.publishes_not_ready = bytes.chance(10);
    service.keeps_clients = bytes.chance(10);
    service
}

/// Another name: for a service of this world, for itself, or for a name outside.
fn alias(bytes: &mut Bytes<'_>) -> ServiceKind {
    let namespace = bytes.pick(&NAMESPACES).copied().unwrap_or("a");
    let inside = format!("s{}.{namespace}.svc.cluster.local", bytes.below(usize::from(SERVICES)));
    ServiceKind::ExternalName(if bytes.chance(30) { "db.example.com".to_string() } else { inside })
}

/// Mostly a label that some pod of the namespace has, so that there are endpoints.
fn selector(bytes: &mut Bytes<'_>, words: &Vocabulary, world: &World, namespace: &str) -> Selector {
    let own: Vec<&Pod> = world.pods.iter().filter(|pod| pod.namespace == namespace).collect();
    let labels = match bytes.pick(&own).filter(|_| !bytes.chance(15)) {
        Some(pod) => pod.labels.clone(),
        None => words.labels(bytes),
    };
    let kept = labels.iter().take(1);
    kept.map(|(key, value)| Requirement::In(key.clone(), value.clone().into())).collect()
}

fn slice(bytes: &mut Bytes<'_>, world: &World, service: &Service, own: u8) -> EndpointSlice {
    let kind = bytes.weighted(SliceKind::EndpointSlice, &[(30, SliceKind::Endpoints)]);
    let name = match kind {
        SliceKind::EndpointSlice => format!("{}-{own}", service.name),
        SliceKind::Endpoints => service.name.clone(),
    };
    let name = if own > 0 { format!("{name}-more") } else { name };
    let count = bytes.below(4);
    let endpoints = (0..count).map(|_| listed(bytes, world)).collect();
    let ports = service.ports.iter().filter_map(|port| {
        let listed = EndpointPort {
            name: port.name.clone(),
            protocol: port.protocol,
            port: bytes.chance(80).then(|| number(bytes.one_of(80, &[8080]))),
        };
        (!bytes.chance(15)).then_some(listed)
    });
    let subset = EndpointSubset { ports: ports.collect(), endpoints };
    let (namespace, service) = (service.namespace.clone(), service.name.clone());
    EndpointSlice { namespace, name, kind, service, subsets: [subset].into() }
}

fn listed(bytes: &mut Bytes<'_>, world: &World) -> SliceEndpoint {
    let pod = bytes.pick(&world.pods);
    let own = pod.and_then(|pod| bytes.pick(&pod.addresses).copied());
    let address = own.filter(|_| !bytes.chance(20)).unwrap_or_else(|| outer_ipv4(bytes.byte() % 4));
    let name = pod.and_then(|pod| match &pod.identity {
        PodIdentity::Named(name) => Some(name.clone()),
        PodIdentity::Template(_) => None,
    });
    let state =
        bytes.weighted(EndpointState::Ready, &[(12, EndpointState::Leaving), (12, EndpointState::NotReady)]);
    let node: Option<String> = bytes.chance(40).then(|| NODES.first().map(ToString::to_string)).flatten();
    SliceEndpoint { address, pod: name.filter(|_| bytes.chance(70)), node, state }
}

fn service_ipv4(own: u8) -> IpAddr {
    IpAddr::from([10, 96, 0, own])
}

fn service_ipv6(own: u8) -> IpAddr {
    IpAddr::from([0xfd96, 0, 0, 0, 0, 0, 0, u16::from(own)])
}

fn outer_ipv4(own: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, own])
}

/// Calls to a cluster's services, from pods, nodes and outside, through every door.
#[must_use]
pub fn calls(bytes: &mut Bytes<'_>, cluster: &Cluster, count: usize) -> Vec<Call> {
    let pods: Vec<Endpoint> = cluster.pods().map(|(id, _)| Endpoint::Pod(id)).collect();
    let services: Vec<_> = cluster.services().collect();
    let mut calls = Vec::with_capacity(count);
    for _ in 0..count {
        let Some((id, service)) = bytes.pick(&services).copied() else { break };
        let outside = [outer_ipv4(200), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])];
        let nodes = [node_ipv4(1), node_ipv4(2), node_ipv6(1), pod_ipv4(1), pod_ipv6(2)];
        let address =
            |bytes: &mut Bytes<'_>, from: &[IpAddr]| bytes.pick(from).copied().map(Endpoint::Address);
        let source = match bytes.weighted(0, &[(15, 1), (15, 2)]) {
            0 => bytes.pick(&pods).copied(),
            1 => address(bytes, &outside),
            _ => address(bytes, &nodes),
        };
        let Some(source) = source else { continue };
        let port = bytes.pick(&service.ports);
        let protocol = port.map_or(L4Protocol::Tcp, |port| port.protocol);
        let protocol = if bytes.chance(4) { L4Protocol::Sctp } else { protocol };
        let own = port.map_or(80, |port| port.port.get());
        let by_node = bytes.chance(25);
        let asked = match port.and_then(|port| port.node_port).filter(|_| by_node) {
            Some(node_port) => PortAsked::Number(node_port.get()),
            None if bytes.chance(30) => {
                PortAsked::Name(port.map(|port| port.name.clone()).unwrap_or_default())
            }
            None => PortAsked::Number(if bytes.chance(5) { 9 } else { own }),
        };
        let addresses = match by_node {
            true => nodes.to_vec(),
            false => {
                let outer = service.ingress_addresses.iter().chain(&service.external_addresses);
                service.cluster_addresses.iter().chain(outer).copied().collect()
            }
        };
        let address = bytes.pick(&addresses).copied().filter(|_| by_node || bytes.chance(60));
        let front = address.map(|address| Front::of(cluster, address, protocol, &asked));
        let (service, door) = match front {
            Some(Ok(Front::Service(service, door))) => (service, door),
            _ => (id, Door::Name),
        };
        let carries = match bytes.chance(3) {
            true => Carries::Other { protocol: 1, icmp: None },
            false => Carries::Port { protocol, source_port: None, port: asked },
        };
        calls.push(Call { source, service, door, carries });
    }
    calls
}
