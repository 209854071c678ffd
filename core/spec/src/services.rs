//! Where a flow to a service goes: every endpoint that may be chosen, at which port, and whom it sees.
//!
//! Read from the top: `ways` is the order in which a call is looked at. The rules are those of the manual's network model.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use portcullis::cluster::{
    AddressFamily, Cluster, ContainerKind, EndpointState, Phase, Pod, PodId, PodIdentity, Service, ServiceId,
    ServiceKind, ServicePort, SliceKind, TargetPort, TrafficPolicy,
};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::path::{Call, Carries, Door, Path, PortAsked, Refusal};
use portcullis::selector::{Requirement, Selector};

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ways {
    /// It is no question that has an answer: a port that the service does not have, or no family in common.
    Mistake,
    /// It goes nowhere.
    Nowhere(Refusal),
    /// It takes one of these paths (SVC-018).
    Paths(BTreeSet<Path>),
}

/// Where the source of a call is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Outside,
    OnANode,
    InAPod,
}

/// The source of a call: where it is, which addresses it has, which node it is on.
struct Caller {
    side: Side,
    addresses: Vec<IpAddr>,
    node: Option<String>,
}

/// What stands behind a service.
struct Member {
    end: Endpoint,
    node: Option<String>,
    state: EndpointState,
    carries: Transport,
}

/// What becomes of a call.
#[must_use]
pub fn ways(cluster: &Cluster, call: &Call) -> Ways {
    // SVC-008: first find the service that the name stands for.
    let service = match real_service(cluster, call.service, 0) {
        Ok(service) => service,
        Err(name) => return Ways::Nowhere(Refusal::Alias(name)),
    };
    let Some(caller) = caller(cluster, call.source) else { return Ways::Mistake };
    // SVC-005: the port has to be the service's; SVC-007: unless nothing is translated.
    let Some(members) = members(cluster, service, call) else { return Ways::Mistake };
    let Some(families) = families(service, call.door, &caller) else { return Ways::Mistake };

    // SVC-011: those outside need an address outside.
    let at_outer = matches!(call.door, Door::Outer(_) | Door::NodePort(_));
    let opens_nodes = matches!(service.kind, ServiceKind::NodePort | ServiceKind::LoadBalancer);
    let has_outer = !service.headless && (opens_nodes || !service.external_addresses.is_empty());
    if caller.side == Side::Outside && !at_outer && !(call.door == Door::Name && has_outer) {
        return Ways::Nowhere(Refusal::NotExposed);
    }
    // SVC-016: the load balancer may not let everyone in.
    let by_outer = caller.side == Side::Outside || at_outer;
    let by_balancer = match call.door {
        Door::Name => by_outer && service.kind == ServiceKind::LoadBalancer,
        Door::Outer(address) => service.ingress_addresses.contains(&address),
        _ => false,
    };
    let let_in = |address: &IpAddr| service.source_ranges.iter().any(|range| is_in(*address, *range));
    if by_balancer && !service.source_ranges.is_empty() && !caller.addresses.iter().any(let_in) {
        return Ways::Nowhere(Refusal::SourceRange);
    }

    let somebody_answers = members.iter().any(|member| member.state != EndpointState::NotReady);
    let place = place(cluster, service, call.door, &caller, by_outer);
    let near: Vec<&Member> = members.iter().filter(|member| place.may_hold(member)).collect();
    // SVC-004: those that are ready; else, unless DNS gives the addresses, those that still answer.
    let is_ready = |member: &&&Member| member.state == EndpointState::Ready;
    let wanted = match near.iter().any(|member| is_ready(&member)) || service.headless {
        true => EndpointState::Ready,
        false => EndpointState::Leaving,
    };
    let chosen: Vec<&Member> = near.into_iter().filter(|member| member.state == wanted).collect();
    let mut paths = BTreeSet::new();
    for member in &chosen {
        for family in &families {
            paths.extend(paths_to(cluster, service, call, &caller, by_outer, member, *family));
        }
    }
    if !paths.is_empty() {
        return Ways::Paths(paths);
    }
    if families == [None] && !chosen.is_empty() {
        return Ways::Mistake;
    }
    // SVC-012, SVC-014: there are endpoints, and they are elsewhere. SVC-017: there are none.
    let is_local = place != Somewhere::Anywhere;
    let elsewhere = somebody_answers && chosen.is_empty() && is_local;
    Ways::Nowhere(match elsewhere {
        true if by_outer => Refusal::NoEndpointsOnNode,
        true => Refusal::NoLocalEndpoints,
        false => Refusal::NoEndpoints,
    })
}

fn real_service(cluster: &Cluster, id: ServiceId, depth: usize) -> Result<&Service, String> {
    let service = cluster.service(id).ok_or_else(String::new)?;
    let ServiceKind::ExternalName(name) = &service.kind else { return Ok(service) };
    let parts: Vec<&str> = name.split('.').collect();
    let inside = match parts.as_slice() {
        [name, namespace, "svc", ..] => cluster.find_service(namespace, name),
        _ => None,
    };
    match inside {
        // A name behind so many names goes in a circle.
        Some(next) if depth == 7 => Err(cluster.service(next).map(ToString::to_string).unwrap_or_default()),
        Some(next) => real_service(cluster, next, depth.saturating_add(1)),
        None => Err(name.clone()),
    }
}

/// Who calls.
fn caller(cluster: &Cluster, source: Endpoint) -> Option<Caller> {
    let address = match source {
        Endpoint::Pod(id) => {
            let pod = cluster.pod(id)?;
            let side = if pod.host_network { Side::OnANode } else { Side::InAPod };
            return Some(Caller { side, addresses: pod.addresses.clone(), node: pod.node.clone() });
        }
        Endpoint::Address(address) => address,
        _ => return None,
    };
    let (side, node) = if let Some(pod) = holder(cluster, address) {
        (Side::InAPod, pod.node.clone())
    } else if let Some(node) = node_at(cluster, address) {
        (Side::OnANode, Some(node))
    } else {
        (Side::Outside, None)
    };
    Some(Caller { side, addresses: vec![address], node })
}

/// The pod that has an address: of several the one that runs, stays, is newer, comes first by name (NP-025).
fn holder(cluster: &Cluster, address: IpAddr) -> Option<&Pod> {
    let has_it = |pod: &&Pod| !pod.host_network && pod.addresses.contains(&address);
    let mut holders: Vec<&Pod> = cluster.pods().map(|(_, pod)| pod).filter(has_it).collect();
    holders.sort_by_key(|pod| {
        let newer_first = std::cmp::Reverse(pod.created.clone());
        (has_ended(pod), pod.phase != Phase::Running, pod.terminating, newer_first)
    });
    holders.first().copied()
}

fn has_ended(pod: &Pod) -> bool {
    matches!(pod.phase, Phase::Failed | Phase::Succeeded)
}

/// The addresses of every node, as its object has them and then as pods on it say.
fn node_addresses(cluster: &Cluster) -> BTreeMap<String, Vec<IpAddr>> {
    let mut all = BTreeMap::new();
    for (_, node) in cluster.nodes() {
        all.insert(node.name.clone(), node.addresses.clone());
    }
    for (_, pod) in cluster.pods() {
        if let Some(node) = &pod.node {
            let known: &mut Vec<IpAddr> = all.entry(node.clone()).or_default();
            known.extend(pod.host_addresses.iter().copied());
        }
    }
    all
}

fn node_at(cluster: &Cluster, address: IpAddr) -> Option<String> {
    node_addresses(cluster).into_iter().find(|(_, own)| own.contains(&address)).map(|(name, _)| name)
}

/// The endpoints for what is asked; nothing where the service has no such port.
fn members(cluster: &Cluster, service: &Service, call: &Call) -> Option<Vec<Member>> {
    let (protocol, source_port, asked) = match &call.carries {
        // SVC-005: protocols without ports do not pass. SVC-007: where nothing is translated they do.
        Carries::Other { protocol, icmp } => {
            let carries = Transport::Other { protocol: *protocol, icmp: *icmp };
            return service
                .headless
                .then(|| all_members(cluster, service, &|_| Some(carries), &|_| Some(carries)));
        }
        Carries::Port { protocol, source_port, port } => (*protocol, *source_port, port),
    };
    let to = |port: u16| Transport::Ports { protocol, source_port, port };
    if let (true, PortAsked::Number(number)) = (service.headless, asked) {
        let carries = to(*number);
        return Some(all_members(cluster, service, &|_| Some(carries), &|_| Some(carries)));
    }
    let at_node = matches!(call.door, Door::NodePort(_));
    let opens_nodes = matches!(service.kind, ServiceKind::NodePort | ServiceKind::LoadBalancer);
    let port = service.ports.iter().find(|port| {
        let is_named = match asked {
            PortAsked::Name(name) => port.name == *name,
            PortAsked::Number(number) if at_node => {
                opens_nodes && port.node_port.is_some_and(|own| own.get() == *number)
            }
            PortAsked::Number(number) => port.port.get() == *number,
        };
        port.protocol == protocol && is_named
    })?;
    // SVC-006: where the port is a name, each pod has its own number, or is no endpoint.
    let on_pod = |pod: &Pod| target(pod, port).map(to);
    // SVC-003: a list has its own numbers.
    let in_list = |ports: &[portcullis::cluster::EndpointPort]| {
        let listed = ports.iter().find(|it| it.name == port.name && it.protocol == protocol)?;
        Some(to(listed.port.unwrap_or(port.port).get()))
    };
    Some(all_members(cluster, service, &on_pod, &in_list))
}

fn target(pod: &Pod, port: &ServicePort) -> Option<u16> {
    match &port.target {
        TargetPort::Number(number) => Some(number.get()),
        TargetPort::Named(name) => pod
            .ports
            .iter()
            .filter(|own| own.container != ContainerKind::Init)
            .filter(|own| own.protocol == port.protocol && own.name.as_ref() == Some(name))
            .map(|own| own.port.get())
            .next(),
    }
}

/// Every endpoint with what goes to it.
fn all_members(
    cluster: &Cluster,
    service: &Service,
    on_pod: &dyn Fn(&Pod) -> Option<Transport>,
    in_list: &dyn Fn(&[portcullis::cluster::EndpointPort]) -> Option<Transport>,
) -> Vec<Member> {
    let is_its = |slice: &&portcullis::cluster::EndpointSlice, kind| {
        slice.namespace == service.namespace && slice.service == service.name && slice.kind == kind
    };
    let of_kind = |kind| cluster.slices().filter(|slice| is_its(slice, kind)).collect::<Vec<_>>();
    // SVC-003: slices, else `Endpoints`, else the selector.
    let (slices, endpoints) = (of_kind(SliceKind::EndpointSlice), of_kind(SliceKind::Endpoints));
    let lists = if slices.is_empty() { endpoints } else { slices };
    let mut members = Vec::new();
    for subset in lists.iter().flat_map(|list| &list.subsets) {
        let Some(carries) = in_list(&subset.ports) else { continue };
        for listed in &subset.endpoints {
            let named = listed.pod.as_ref().and_then(|name| {
                let identity = PodIdentity::Named(name.clone());
                cluster.find_pod(&service.namespace, &identity)
            });
            let is_that_pod = |id: &PodId| {
                cluster.pod(*id).is_some_and(|pod| !has_ended(pod) && pod.addresses.contains(&listed.address))
            };
            let end = named.filter(is_that_pod).map_or(Endpoint::Address(listed.address), Endpoint::Pod);
            let node = listed.node.clone().or_else(|| holder(cluster, listed.address)?.node.clone());
            members.push(Member { end, node, state: state(service, listed.state), carries });
        }
    }
    if !lists.is_empty() {
        return members;
    }
    // SVC-002: pods of its namespace with the labels of its selector.
    let Some(selector) = &service.selector else { return members };
    for (id, pod) in cluster.pods() {
        let is_its = pod.namespace == service.namespace && !has_ended(pod) && carries_all(pod, selector);
        let Some(carries) = on_pod(pod).filter(|_| is_its) else { continue };
        let own = match (pod.ready, pod.terminating) {
            (false, _) => EndpointState::NotReady,
            (true, true) => EndpointState::Leaving,
            (true, false) => EndpointState::Ready,
        };
        members.push(Member {
            end: Endpoint::Pod(id),
            node: pod.node.clone(),
            state: state(service, own),
            carries,
        });
    }
    members
}

/// SVC-004: readiness, unless the service does not ask.
fn state(service: &Service, own: EndpointState) -> EndpointState {
    if service.publishes_not_ready { EndpointState::Ready } else { own }
}

/// A service's selector is a list of labels, each of which the pod has to carry.
fn carries_all(pod: &Pod, selector: &Selector) -> bool {
    selector.requirements().iter().all(|requirement| match requirement {
        Requirement::In(key, values) => {
            pod.labels.get(key).is_some_and(|own| values.iter().any(|value| value == own))
        }
        _ => false,
    })
}

/// SVC-010: the families that both have; one `None` where the service's are not known.
fn families(service: &Service, door: Door, caller: &Caller) -> Option<Vec<Option<AddressFamily>>> {
    let stated: Vec<AddressFamily> = match door {
        Door::Cluster(address) | Door::Outer(address) | Door::NodePort(address) => vec![family(address)],
        _ if !service.cluster_addresses.is_empty() => {
            service.cluster_addresses.iter().copied().map(family).collect()
        }
        _ => service.families.clone(),
    };
    if stated.is_empty() {
        return Some(vec![None]);
    }
    let callers = |wanted: &AddressFamily| {
        caller.addresses.is_empty() || caller.addresses.iter().any(|own| family(*own) == *wanted)
    };
    let shared: Vec<_> = stated.into_iter().filter(callers).map(Some).collect();
    (!shared.is_empty()).then_some(shared)
}

fn family(address: IpAddr) -> AddressFamily {
    if address.is_ipv4() { AddressFamily::V4 } else { AddressFamily::V6 }
}

/// Where endpoints have to be.
#[derive(PartialEq, Eq)]
enum Somewhere {
    Anywhere,
    /// On this node; nothing where it is not known which.
    On(Option<String>),
}

impl Somewhere {
    /// Whether an endpoint is there, as far as anyone knows.
    fn may_hold(&self, member: &Member) -> bool {
        match (self, &member.node) {
            (Self::Anywhere | Self::On(None), _) | (_, None) => true,
            (Self::On(Some(node)), Some(own)) => node == own,
        }
    }
}

fn place(cluster: &Cluster, service: &Service, door: Door, caller: &Caller, by_outer: bool) -> Somewhere {
    if service.headless {
        return Somewhere::Anywhere;
    }
    if !by_outer {
        // SVC-012: the caller's own node.
        return match service.internal_traffic {
            TrafficPolicy::Local => Somewhere::On(caller.node.clone()),
            TrafficPolicy::Cluster => Somewhere::Anywhere,
        };
    }
    let Door::NodePort(address) = door else { return Somewhere::Anywhere };
    let addressed = node_at(cluster, address);
    let is_callers_own = addressed.is_some() && addressed == caller.node;
    match service.external_traffic {
        TrafficPolicy::Cluster => Somewhere::Anywhere,
        // SVC-015: pods, and a node at itself, are answered as if inside.
        TrafficPolicy::Local if caller.side == Side::InAPod || addressed.is_none() => Somewhere::Anywhere,
        TrafficPolicy::Local if caller.side == Side::OnANode && is_callers_own => Somewhere::Anywhere,
        // SVC-014: the node that was addressed.
        TrafficPolicy::Local => Somewhere::On(addressed),
    }
}

/// The paths to one endpoint in one family: one, or one for each node that may send it on.
fn paths_to(
    cluster: &Cluster,
    service: &Service,
    call: &Call,
    caller: &Caller,
    by_outer: bool,
    member: &Member,
    wanted: Option<AddressFamily>,
) -> Vec<Path> {
    let flow = match wanted {
        Some(wanted) => Flow::in_family(cluster, call.source, member.end, member.carries, wanted),
        None => Flow::new(cluster, call.source, member.end, member.carries),
    };
    let Ok(flow) = flow else { return Vec::new() };
    // SVC-001: both sides are asked about the endpoint. SVC-019: that a service is in between is told.
    let flow = flow.with_via_service(!service.headless);
    if !by_outer || service.headless || service.external_traffic == TrafficPolicy::Local {
        return vec![Path { sent: flow, seen: flow }];
    }
    // SVC-013: a node puts its own address in place of the source's.
    let carried = flow.destination().address().or(flow.source().address()).map(family);
    let mut nodes = node_addresses(cluster);
    let senders: BTreeSet<Option<String>> = match (call.door, caller.side) {
        (Door::NodePort(address), _) => [node_at(cluster, address)].into(),
        (_, Side::Outside) => nodes.keys().cloned().map(Some).collect(),
        (_, Side::InAPod | Side::OnANode) => [caller.node.clone()].into(),
    };
    let mut address_of = |node: Option<String>| {
        let own = node.and_then(|node| nodes.remove(&node)).unwrap_or_default();
        own.into_iter().find(|address| carried.is_none_or(|carried| family(*address) == carried))
    };
    let mut addresses: BTreeSet<Option<IpAddr>> = senders.into_iter().map(&mut address_of).collect();
    if addresses.len() > 1 || (caller.side == Side::Outside && addresses.is_empty()) {
        // A node without an address of the family sends nothing in it.
        addresses.remove(&None);
        if addresses.is_empty() {
            addresses.insert(None);
        }
    }
    addresses
        .into_iter()
        .map(|address| Path { sent: flow, seen: flow.with_rewritten_source(address) })
        .collect()
}

/// Whether an address is in a range, bit by bit.
fn is_in(address: IpAddr, range: portcullis::net::Cidr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32_u32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let ((address, width), (start, other_width)) = (bits(address), bits(range.address()));
    let dropped = width.saturating_sub(u32::from(range.prefix_length()));
    width == other_width
        && address.checked_shr(dropped).unwrap_or(0) == start.checked_shr(dropped).unwrap_or(0)
}
