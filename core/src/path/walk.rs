//! The walk from a source through a service's door to its endpoints.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::door::find_port;
use super::endpoints::{Candidate, candidates};
use super::{Call, Carries, Door, Path, PathError, PathNote, Paths, Refusal, owner_of};
use crate::cluster::{
    AddressFamily, Cluster, EndpointState, Service, ServiceId, ServiceKind, ServicePort, TrafficPolicy,
};
use crate::flow::{Endpoint, Flow, Transport};
use crate::sorted::{SortedMap, SortedSet};

/// How many names one service may be behind; more is a circle.
const MAX_ALIASES: usize = 8;

pub(super) fn walk(cluster: &Cluster, call: &Call) -> Result<Paths, PathError> {
    let mut rules = SortedSet::from(["SVC-001"]);
    let (id, alias) = follow(cluster, call.service, &mut rules);
    let service = cluster.service(id).ok_or(PathError::Unknown)?;
    let refused = |refusal: Refusal, mut rules: SortedSet<&'static str>| {
        rules.insert(refusal.rule());
        Paths { service: id, paths: Vec::new(), refusal: Some(refusal), rules, notes: SortedSet::new() }
    };
    if let Some(name) = alias {
        return Ok(refused(Refusal::Alias(name), rules));
    }
    let is_inside =
        matches!(call.source, Endpoint::Pod(_)) && matches!(call.door, Door::Name | Door::Cluster(_));
    // Most calls are a pod's, at the address inside, and ask for no node's address.
    let nodes = if is_inside { Nodes::new() } else { nodes(cluster) };
    let client = Client::new(cluster, &nodes, call.source).ok_or(PathError::Unknown)?;
    let (port, transport) = port_of(service, call)?;
    let families = families(service, call.door, &client)?;
    let is_any_family = families.contains(&None);
    let is_outer = client.place == Place::Outside || matches!(call.door, Door::Outer(_) | Door::NodePort(_));
    if client.place == Place::Outside && !is_exposed(service, call.door) {
        return Ok(refused(Refusal::NotExposed, rules));
    }
    if is_outer && !is_let_in(service, call.door, &client) {
        return Ok(refused(Refusal::SourceRange, rules));
    }
    let all = candidates(cluster, service, port, &mut rules);
    let mut walk = Walk {
        cluster,
        nodes,
        service,
        client,
        transport,
        rules,
        notes: SortedSet::new(),
        paths: Vec::new(),
    };
    let there = all.iter().any(|candidate| candidate.state != EndpointState::NotReady);
    let (chosen, refusal) = match (service.headless, is_outer) {
        (true, _) => (walk.ready(all), Refusal::NoEndpoints),
        (false, false) => (walk.inside(all), Refusal::NoLocalEndpoints),
        (false, true) => (walk.at_outer_door(all, call.door), Refusal::NoEndpointsOnNode),
    };
    for family in families {
        for candidate in &chosen {
            walk.add(candidate, family, is_outer, call.door);
        }
    }
    if !walk.paths.is_empty() {
        return Ok(walk.finish(id));
    }
    if is_any_family && !chosen.is_empty() {
        return Err(no_shared_family(&walk.client, service));
    }
    let refusal = if there && chosen.is_empty() { refusal } else { Refusal::NoEndpoints };
    Ok(refused(refusal, walk.rules))
}

/// SVC-008: the service that another name leads to, or the name outside that it ends at.
fn follow(
    cluster: &Cluster,
    mut id: ServiceId,
    rules: &mut SortedSet<&'static str>,
) -> (ServiceId, Option<String>) {
    for _ in 0..MAX_ALIASES {
        let Some(ServiceKind::ExternalName(name)) = cluster.service(id).map(|service| &service.kind) else {
            return (id, None);
        };
        rules.insert("SVC-008");
        let mut labels = name.split('.');
        let (name_of, namespace, marker) = (labels.next(), labels.next(), labels.next());
        let inside = name_of.zip(namespace).filter(|_| marker == Some("svc"));
        match inside.and_then(|(name, namespace)| cluster.find_service(namespace, name)) {
            Some(next) => id = next,
            None => return (id, Some(name.clone())),
        }
    }
    let name = cluster.service(id).map(ToString::to_string).unwrap_or_default();
    (id, Some(name))
}

/// The service's port, where one is translated, and what the endpoints' packets carry apart from its number.
fn port_of<'s>(service: &'s Service, call: &Call) -> Result<(Option<&'s ServicePort>, Carried), PathError> {
    match &call.carries {
        Carries::Other { protocol, icmp } if service.headless => {
            Ok((None, Carried::Fixed(Transport::Other { protocol: *protocol, icmp: *icmp })))
        }
        Carries::Other { .. } => Err(PathError::NoPorts { service: service.to_string() }),
        Carries::Port { protocol, source_port, port } => {
            let (protocol, source_port) = (*protocol, *source_port);
            // SVC-007: DNS gives the addresses, and the number is the endpoints' own; a name stands for the target.
            if let (true, super::PortAsked::Number(number)) = (service.headless, port) {
                return Ok((None, Carried::Fixed(Transport::Ports { protocol, source_port, port: *number })));
            }
            let found = find_port(service, protocol, port, call.door)?;
            Ok((Some(found), Carried::Port { protocol, source_port }))
        }
    }
}

/// What packets carry, before an endpoint's port is known.
#[derive(Clone, Copy)]
enum Carried {
    Fixed(Transport),
    Port { protocol: crate::net::L4Protocol, source_port: Option<u16> },
}

impl Carried {
    fn to(self, candidate: &Candidate) -> Transport {
        match (self, candidate.port) {
            (Self::Port { protocol, source_port }, Some(port)) => {
                Transport::Ports { protocol, source_port, port }
            }
            (Self::Port { protocol, source_port }, None) => {
                Transport::Ports { protocol, source_port, port: 0 }
            }
            (Self::Fixed(transport), _) => transport,
        }
    }
}

/// SVC-010: the families in which the source can reach the service; nothing stands for whichever an endpoint has.
fn families(service: &Service, door: Door, client: &Client) -> Result<Vec<Option<AddressFamily>>, PathError> {
    let own: Vec<AddressFamily> = match door.address() {
        Some(address) => [AddressFamily::of(address)].into(),
        None if service.cluster_addresses.is_empty() => service.families.clone(),
        None => service.cluster_addresses.iter().map(|address| AddressFamily::of(*address)).collect(),
    };
    if own.is_empty() {
        return Ok([None].into());
    }
    let has = |family: &AddressFamily| {
        client.addresses.is_empty() || client.addresses.iter().any(|it| AddressFamily::of(*it) == *family)
    };
    let shared: Vec<_> = own.into_iter().filter(has).map(Some).collect();
    if shared.is_empty() {
        return Err(no_shared_family(client, service));
    }
    Ok(shared)
}

fn no_shared_family(client: &Client, service: &Service) -> PathError {
    PathError::NoSharedFamily { source_end: client.name.clone(), service: service.to_string() }
}

/// SVC-011: whether the service has a door for those outside.
fn is_exposed(service: &Service, door: Door) -> bool {
    let has_node_ports = matches!(service.kind, ServiceKind::LoadBalancer | ServiceKind::NodePort);
    match door {
        Door::Cluster(_) => false,
        Door::Name => !service.headless && (has_node_ports || !service.external_addresses.is_empty()),
        Door::Outer(_) | Door::NodePort(_) => true,
    }
}

/// SVC-016: whether the load balancer lets the source in; node ports and `externalIPs` do not ask.
fn is_let_in(service: &Service, door: Door, client: &Client) -> bool {
    let is_balancer = match door {
        Door::Name => service.kind == ServiceKind::LoadBalancer,
        Door::Outer(address) => service.ingress_addresses.contains(&address),
        Door::Cluster(_) | Door::NodePort(_) => false,
    };
    let holds = |address: &IpAddr| service.source_ranges.iter().any(|range| range.contains(*address));
    !is_balancer || service.source_ranges.is_empty() || client.addresses.iter().any(holds)
}

/// Where a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A pod with a network of its own.
    Pod,
    /// A node, or a pod on its network.
    Node,
    Outside,
}

/// The source of a call.
struct Client {
    end: Endpoint,
    name: String,
    place: Place,
    addresses: Vec<IpAddr>,
    node: Option<String>,
}

impl Client {
    fn new(cluster: &Cluster, nodes: &Nodes<'_>, end: Endpoint) -> Option<Self> {
        let address = match end {
            Endpoint::Pod(id) => {
                let pod = cluster.pod(id)?;
                let place = if pod.host_network { Place::Node } else { Place::Pod };
                let (addresses, node) = (pod.addresses.clone(), pod.node.clone());
                return Some(Self { end, name: pod.to_string(), place, addresses, node });
            }
            Endpoint::Address(address) => address,
        };
        let known =
            |place, node| Self { end, name: address.to_string(), place, addresses: [address].into(), node };
        if let Some(pod) = owner_of(cluster, address) {
            return Some(known(Place::Pod, pod.node.clone()));
        }
        let node = nodes.iter().find(|(_, addresses)| addresses.contains(&address));
        Some(match node {
            Some((name, _)) => known(Place::Node, Some((*name).to_string())),
            None => known(Place::Outside, None),
        })
    }
}

/// Nodes by name, with their addresses: those of its object first, then what pods on it say.
type Nodes<'a> = SortedMap<&'a str, Vec<IpAddr>>;

fn nodes(cluster: &Cluster) -> Nodes<'_> {
    let mut nodes: Nodes<'_> =
        cluster.nodes().map(|(_, node)| (node.name.as_str(), node.addresses.clone())).collect();
    for (_, pod) in cluster.pods() {
        let Some(name) = pod.node.as_deref() else { continue };
        let known = nodes.entry(name).or_default();
        for address in &pod.host_addresses {
            if !known.contains(address) {
                known.push(*address);
            }
        }
    }
    nodes
}

/// What a walk has found so far.
struct Walk<'a> {
    cluster: &'a Cluster,
    nodes: Nodes<'a>,
    service: &'a Service,
    client: Client,
    transport: Carried,
    rules: SortedSet<&'static str>,
    notes: SortedSet<PathNote>,
    paths: Vec<Path>,
}

impl Walk<'_> {
    /// SVC-004: those that are ready.
    fn ready(&mut self, all: Vec<Candidate>) -> Vec<Candidate> {
        self.rules.insert("SVC-007");
        if matches!(self.transport, Carried::Fixed(Transport::Ports { .. })) {
            self.notes.insert(PathNote::PortNotTranslated);
        }
        all.into_iter().filter(|candidate| candidate.state == EndpointState::Ready).collect()
    }

    /// SVC-012: for a client inside, at the address inside.
    fn inside(&mut self, all: Vec<Candidate>) -> Vec<Candidate> {
        match self.service.internal_traffic {
            TrafficPolicy::Cluster => serving(all),
            TrafficPolicy::Local => {
                self.rules.insert("SVC-012");
                let node = self.client.node.clone();
                serving(self.on_node(all, node.as_deref()))
            }
        }
    }

    /// SVC-013 to SVC-015: at an address outside.
    fn at_outer_door(&mut self, all: Vec<Candidate>, door: Door) -> Vec<Candidate> {
        if self.service.external_traffic == TrafficPolicy::Cluster {
            return serving(all);
        }
        let at_node = match door {
            Door::NodePort(address) => self.node_at(address),
            Door::Name | Door::Cluster(_) | Door::Outer(_) => None,
        };
        let is_own = at_node.is_some() && at_node == self.client.node;
        let is_short_cut = match self.client.place {
            Place::Outside => false,
            Place::Pod => true,
            Place::Node => is_own || at_node.is_none(),
        };
        if is_short_cut {
            // SVC-015: from inside it is as if its address there had been called.
            self.rules.insert("SVC-015");
            return serving(all);
        }
        self.rules.insert("SVC-014");
        match at_node {
            Some(node) => serving(self.on_node(all, Some(&node))),
            // A load balancer finds the nodes that have endpoints.
            None => serving(all),
        }
    }

    /// Those that are, or may be, on a node.
    fn on_node(&mut self, all: Vec<Candidate>, node: Option<&str>) -> Vec<Candidate> {
        let is_unknown = node.is_none() || all.iter().any(|candidate| candidate.node.is_none());
        if is_unknown {
            self.notes.insert(PathNote::NodeUnknown);
        }
        let may_be = |candidate: &Candidate| match (candidate.node.as_deref(), node) {
            (Some(own), Some(node)) => own == node,
            (None, _) | (_, None) => true,
        };
        all.into_iter().filter(may_be).collect()
    }

    fn node_at(&self, address: IpAddr) -> Option<String> {
        let found = self.nodes.iter().find(|(_, addresses)| addresses.contains(&address));
        found.map(|(name, _)| (*name).to_string())
    }

    /// Adds the paths to one endpoint in one family; an endpoint that has it not is none there.
    fn add(&mut self, candidate: &Candidate, family: Option<AddressFamily>, is_outer: bool, door: Door) {
        let transport = self.transport.to(candidate);
        let (source, end) = (self.client.end, candidate.end);
        let sent = match family {
            Some(family) => Flow::in_family(self.cluster, source, end, transport, family),
            None => Flow::new(self.cluster, source, end, transport),
        };
        let Ok(sent) = sent else { return };
        let sent = sent.with_via_service(!self.service.headless);
        let is_rewritten = is_outer && self.service.external_traffic == TrafficPolicy::Cluster;
        if !is_rewritten || self.service.headless {
            self.push(Path { sent, seen: sent });
            return;
        }
        self.rules.insert("SVC-013");
        let family = sent.destination().address().or(sent.source().address()).map(AddressFamily::of);
        for address in self.senders(door, family) {
            if address.is_none() {
                self.notes.insert(PathNote::NodeAddressUnknown);
            }
            self.push(Path { sent, seen: sent.with_rewritten_source(address) });
        }
    }

    /// SVC-013: the addresses from which the packet can be sent on; nothing where none is known.
    fn senders(&self, door: Door, family: Option<AddressFamily>) -> Vec<Option<IpAddr>> {
        let of_family = |addresses: &Vec<IpAddr>| {
            let fits = |address: &IpAddr| family.is_none_or(|family| AddressFamily::of(*address) == family);
            addresses.iter().copied().find(fits)
        };
        let one = |node: Option<&str>| node.and_then(|node| self.nodes.get(node)).and_then(of_family);
        match (door, self.client.place) {
            (Door::NodePort(address), _) => [one(self.node_at(address).as_deref())].into(),
            (_, Place::Outside) => {
                let all: SortedSet<IpAddr> = self.nodes.values().filter_map(of_family).collect();
                if all.is_empty() { [None].into() } else { all.into_iter().map(Some).collect() }
            }
            (_, Place::Pod | Place::Node) => [one(self.client.node.as_deref())].into(),
        }
    }

    fn push(&mut self, path: Path) {
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    fn finish(mut self, service: ServiceId) -> Paths {
        let is_hairpin = |path: &Path| {
            let (source, destination) = (path.sent.source(), path.sent.destination());
            let is_pod = source.pod().is_some() && source.pod() == destination.pod();
            is_pod || (source.address().is_some() && source.address() == destination.address())
        };
        if self.paths.iter().any(is_hairpin) {
            self.rules.insert("SVC-019");
        }
        if self.service.keeps_clients && self.paths.len() > 1 {
            self.rules.insert("SVC-018");
            self.notes.insert(PathNote::SessionAffinity);
        }
        Paths { service, paths: self.paths, refusal: None, rules: self.rules, notes: self.notes }
    }
}

/// SVC-004: those that are ready, else those that are on their way out and still answer.
fn serving(all: Vec<Candidate>) -> Vec<Candidate> {
    let wanted = if all.iter().any(|candidate| candidate.state == EndpointState::Ready) {
        EndpointState::Ready
    } else {
        EndpointState::Leaving
    };
    all.into_iter().filter(|candidate| candidate.state == wanted).collect()
}
