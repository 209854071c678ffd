//! One assertion asked: every pair of its ends, every port, every path.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::check::Breach;
use super::decider::Decider;
use super::ends::EndName;
use super::members::{Directory, Member, Target};
use super::pieces::{Piece, pieces};
use super::{AskedPort, Assertion, Carries};
use crate::analyze::ports::PortSet;
use crate::ask::ends::EndName as Named;
use crate::cluster::{PodId, ServiceId};
use crate::decision::Verdict;
use crate::engine::Engine;
use crate::flow::{Endpoint, Flow, Transport};
use crate::manifest::decode::At;
use crate::manifest::{Code, Problem, Severity};
use crate::net::{L4Protocol, PortRange};
use crate::path::{Call, Carries as Carried, Door, Front, Path, PathError, Paths, PortAsked, Refusal};
use crate::source::Position;

/// One assertion being checked.
pub(super) struct Ask<'c, 'a> {
    pub(super) engine: &'a Engine,
    pub(super) directory: &'c Directory<'c>,
    pub(super) decider: &'c Decider<'a>,
    pub(super) number: usize,
    pub(super) assertion: &'a Assertion,
    pub(super) pairs: usize,
    pub(super) breaches: Vec<Breach>,
    pub(super) problems: &'c mut Vec<Problem>,
}

/// A pair of ends.
#[derive(Clone, Copy)]
struct Pair<'m> {
    from: &'m Member,
    to: &'m Member,
    is_sibling: bool,
}

impl Ask<'_, '_> {
    pub(super) fn run(&mut self) {
        let (assertion, before) = (self.assertion, self.problems.len());
        let mut sources = Vec::new();
        for (index, end) in assertion.from.iter().enumerate() {
            match self.directory.find(&end.value) {
                Ok(Target::Members(members)) => sources.extend(members),
                Ok(Target::Service(..)) => {
                    let message = format!("`{}` is a service, and connections come from pods", end.value);
                    self.problem("from", index, end.at, message, "name a pod or a workload behind it");
                }
                Err((message, help)) => self.problem("from", index, end.at, message, &help),
            }
        }
        for (index, end) in assertion.to.iter().enumerate() {
            match self.directory.find(&end.value) {
                Ok(Target::Members(members)) => {
                    for to in &members {
                        self.destination(&sources, to, end, index);
                    }
                }
                Ok(Target::Service(service, door)) => {
                    let ports = self.ports_of_service(service);
                    self.service(&sources, service, door, &ports, index);
                }
                Err((message, help)) => self.problem("to", index, end.at, message, &help),
            }
        }
        if self.pairs == 0 && self.problems.len() == before {
            let message =
                "nothing would be tested: the ends share no address family, or are one pod".to_string();
            self.problem("to", 0, assertion.origin.at, message, "name ends that packets can go between");
        }
    }

    /// A problem of the assertion, in one of its fields.
    fn problem(&mut self, field: &str, index: usize, at: Position, message: String, help: &str) {
        let is_list = match field {
            "from" => self.assertion.from.len() > 1,
            "to" => self.assertion.to.len() > 1,
            _ => false,
        };
        let place = if is_list { format!("[{index}]") } else { String::new() };
        let problem = Problem {
            code: Code::UnknownValue,
            severity: Severity::Error,
            object: Some(self.assertion.object.clone()),
            field: format!("{}.{field}{place}", self.assertion.field),
            file: self.assertion.origin.file.as_deref().unwrap_or_default().to_string(),
            line: at.line,
            column: at.column,
            message,
            help: help.to_string(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn bad_ports(&mut self, message: String, help: &str) {
        self.problem("ports", 0, self.assertion.carries.at, message, help);
    }

    /// Checks everything that goes to one thing, which may be the address of a service.
    fn destination(&mut self, sources: &[Member], to: &Member, end: &At<EndName>, index: usize) {
        if let (EndName::Named(Named::Address(address)), false) = (&end.value, self.is_without_ports()) {
            return self.address(sources, to, *address, index);
        }
        if let Carries::Other(number) = self.assertion.carries.value {
            let transport = Transport::Other { protocol: number, icmp: None };
            for pair in pairs(sources, to) {
                let Some(flow) = self.flow(pair, transport) else { continue };
                self.decide(pair, &PortSet::nothing(), Some(number), Path { sent: flow, seen: flow }, None);
            }
            return;
        }
        let wanted = self.wanted(to);
        self.direct(sources, to, &wanted);
    }

    fn is_without_ports(&self) -> bool {
        matches!(self.assertion.carries.value, Carries::Other(_))
    }

    /// Checks what goes to an address: where a service is there at some port, through it (SVC-009).
    fn address(&mut self, sources: &[Member], to: &Member, address: IpAddr, index: usize) {
        let cluster = self.engine.cluster();
        let has = |addresses: &[IpAddr]| addresses.contains(&address);
        let own = cluster
            .services()
            .find(|(_, service)| has(&service.cluster_addresses) || has(&service.ingress_addresses));
        if let Some((service, found)) = own {
            let is_inner = has(&found.cluster_addresses);
            let door = if is_inner { Door::Cluster(address) } else { Door::Outer(address) };
            let ports = self.ports_of_service(service);
            return self.service(sources, service, door, &ports, index);
        }
        let mut wanted = self.wanted(to);
        for number in cluster.services().flat_map(|(_, service)| &service.ports).flat_map(|port| {
            [Some(port.port), port.node_port]
                .into_iter()
                .flatten()
                .map(|number| (port.protocol, number.get()))
        }) {
            let (protocol, number) = number;
            if !wanted.contains(protocol, number) {
                continue;
            }
            let asked = PortAsked::Number(number);
            if let Ok(Front::Service(service, door)) = Front::of(cluster, address, protocol, &asked) {
                self.service(sources, service, door, &[(protocol, asked)], index);
                let one = PortRange::single(number).map(|range| PortSet::of(protocol, range));
                wanted = wanted.minus(&one.unwrap_or_default());
            }
        }
        self.direct(sources, to, &wanted);
    }

    /// The ports that the assertion is about at a destination.
    fn wanted(&mut self, to: &Member) -> PortSet {
        let assertion = self.assertion;
        let (protocol, asked) = match &assertion.carries.value {
            Carries::AllPorts(protocols) => {
                let whole = protocols.iter().map(|protocol| PortSet::of(*protocol, PortRange::ALL));
                return whole.fold(PortSet::nothing(), |all, one| all.or(&one));
            }
            Carries::Other(_) => return PortSet::nothing(),
            Carries::Ports(protocol, asked) => (*protocol, asked),
        };
        let mut wanted = PortSet::nothing();
        for port in asked {
            let name = match port {
                AskedPort::Numbers(range) => {
                    wanted = wanted.or(&PortSet::of(protocol, *range));
                    continue;
                }
                AskedPort::Name(name) => name,
                AskedPort::ServiceName(name) => {
                    let message = format!("no container can have a port named `{name}`");
                    self.bad_ports(message, "name a service as the destination, or give the number");
                    continue;
                }
            };
            let numbers = self.pod_behind(to).map(|pod| self.engine.port_numbers(pod, protocol, name));
            let numbers = numbers.unwrap_or_default();
            if numbers.is_empty() {
                let message = format!("`{}` has no {protocol} port named `{name}`", to.name);
                self.bad_ports(message, "give the number, or a name that it has");
            }
            let ranges = numbers.into_iter().filter_map(|number| PortRange::single(number).ok());
            wanted = ranges.fold(wanted, |wanted, range| wanted.or(&PortSet::of(protocol, range)));
        }
        wanted
    }

    /// The pod whose containers name the ports of a destination.
    fn pod_behind(&self, to: &Member) -> Option<PodId> {
        match to.endpoint {
            Endpoint::Pod(id) => Some(id),
            endpoint => {
                let probe = Transport::new(L4Protocol::Tcp, 1);
                let flow = Flow::new(self.engine.cluster(), endpoint, endpoint, probe).ok()?;
                self.engine.pod_of(flow.destination())
            }
        }
    }

    fn direct(&mut self, sources: &[Member], to: &Member, wanted: &PortSet) {
        let probe = Transport::new(L4Protocol::Tcp, 1);
        for pair in pairs(sources, to) {
            let Some(flow) = self.flow(pair, probe) else { continue };
            let engines = self.decider.engines(pair.is_sibling).iter().map(AsRef::as_ref);
            for Piece { ports, flow } in pieces(engines, &flow, wanted) {
                self.decide(pair, &ports, None, Path { sent: flow, seen: flow }, None);
            }
        }
    }

    /// The flow between two ends; nothing where they share no address family.
    fn flow(&mut self, pair: Pair<'_>, transport: Transport) -> Option<Flow> {
        let flow = Flow::new(self.engine.cluster(), pair.from.endpoint, pair.to.endpoint, transport).ok()?;
        self.pairs = self.pairs.saturating_add(1);
        Some(flow)
    }

    /// The ports of a service that the assertion is about.
    fn ports_of_service(&mut self, service: ServiceId) -> Vec<(L4Protocol, PortAsked)> {
        let Some(found) = self.engine.cluster().service(service) else { return Vec::new() };
        let assertion = self.assertion;
        match &assertion.carries.value {
            Carries::AllPorts(protocols) => {
                let own = found.ports.iter().filter(|port| protocols.contains(&port.protocol));
                let own: Vec<_> =
                    own.map(|port| (port.protocol, PortAsked::Number(port.port.get()))).collect();
                if own.is_empty() {
                    let message = format!("`{found}` has no such port, so that nothing would be tested");
                    self.bad_ports(message, "give a port or a protocol that it has");
                }
                own
            }
            Carries::Other(_) => {
                let message = format!("`{found}` passes its ports only, and this protocol has none");
                self.bad_ports(message, "name a pod or an address");
                Vec::new()
            }
            Carries::Ports(protocol, asked) => {
                let one = |port: &AskedPort| -> Vec<PortAsked> {
                    match port {
                        AskedPort::Name(name) => alloc::vec![PortAsked::Name(name.to_string())],
                        AskedPort::ServiceName(name) => alloc::vec![PortAsked::Name(name.clone())],
                        AskedPort::Numbers(range) => {
                            (range.start()..=range.end()).map(PortAsked::Number).collect()
                        }
                    }
                };
                asked.iter().flat_map(one).map(|port| (*protocol, port)).collect()
            }
        }
    }

    /// Checks every path through a service.
    fn service(
        &mut self,
        sources: &[Member],
        service: ServiceId,
        door: Door,
        ports: &[(L4Protocol, PortAsked)],
        index: usize,
    ) {
        let cluster = self.engine.cluster();
        let name = cluster.service(service).map(|it| format!("{}/{}", it.namespace, it.name));
        let name = name.unwrap_or_default();
        for from in sources {
            for (protocol, port) in ports {
                let carries = Carried::Port { protocol: *protocol, source_port: None, port: port.clone() };
                let call = Call { source: from.endpoint, service, door, carries };
                let paths = match Paths::of(cluster, &call) {
                    Ok(paths) => paths,
                    Err(PathError::NoSharedFamily { .. }) => continue,
                    Err(error @ PathError::NoSuchPort { .. }) => {
                        self.bad_ports(error.to_string(), "give a port that it has");
                        continue;
                    }
                    Err(error) => {
                        self.problem("to", index, self.assertion.origin.at, error.to_string(), "");
                        continue;
                    }
                };
                if let Some(refusal) = paths.refusal {
                    self.pairs = self.pairs.saturating_add(1);
                    self.refused(from, &name, *protocol, port, refusal);
                }
                for way in paths.paths {
                    self.pairs = self.pairs.saturating_add(1);
                    self.path(from, way, &name);
                }
            }
        }
    }

    fn path(&mut self, from: &Member, way: Path, service: &str) {
        let end = way.sent.destination();
        let (endpoint, name) = match (end.pod(), end.address()) {
            (Some(id), _) => {
                let name = self.engine.cluster().pod(id).map(ToString::to_string);
                (Endpoint::Pod(id), name.unwrap_or_default())
            }
            (None, Some(address)) => (Endpoint::Address(address), address.to_string()),
            (None, None) => return,
        };
        let to = Member { endpoint, name, is_one_of_many: true };
        let is_sibling = from.is_one_of_many && from.endpoint == to.endpoint;
        let ports = match way.sent.transport() {
            Transport::Ports { protocol, port, .. } => {
                PortRange::single(port).map(|range| PortSet::of(protocol, range)).unwrap_or_default()
            }
            Transport::Other { .. } => PortSet::nothing(),
        };
        self.decide(Pair { from, to: &to, is_sibling }, &ports, None, way, Some(service));
    }

    fn refused(
        &mut self,
        from: &Member,
        service: &str,
        protocol: L4Protocol,
        port: &PortAsked,
        refusal: Refusal,
    ) {
        let verdict = refusal.is_denial().then_some(Verdict::Deny);
        if verdict == Some(self.assertion.expect) {
            return;
        }
        let number = match port {
            PortAsked::Number(number) => PortRange::single(*number).ok(),
            PortAsked::Name(_) => None,
        };
        self.breaches.push(Breach {
            from: from.name.clone(),
            to: service.to_string(),
            service: None,
            other: None,
            ports: number.map(|range| PortSet::of(protocol, range)).unwrap_or_default(),
            verdict,
            decision: None,
            refusal: Some(refusal),
            way: None,
            decider: self.number,
            is_sibling: false,
        });
    }

    /// Decides one way, and keeps it if it is not as asserted.
    fn decide(
        &mut self,
        pair: Pair<'_>,
        ports: &PortSet,
        other: Option<u8>,
        way: Path,
        service: Option<&str>,
    ) {
        let Some((verdict, decision)) = self.decider.decide(&way, pair.is_sibling) else { return };
        if verdict == Some(self.assertion.expect) {
            return;
        }
        let to = &pair.to.name;
        let to = if pair.is_sibling { format!("another pod of {to}") } else { to.clone() };
        // What is decided alike on one pair is one breach.
        let mut known =
            self.breaches.iter_mut().rev().take_while(|it| it.from == pair.from.name && it.to == to);
        let is_whole = other.is_none() && service.is_none();
        let alike = known.find(|it| is_whole && it.decision == Some(decision) && it.verdict == verdict);
        if let Some(breach) = alike {
            breach.ports = breach.ports.or(ports);
            return;
        }
        self.breaches.push(Breach {
            from: pair.from.name.clone(),
            to,
            service: service.map(str::to_string),
            other,
            ports: ports.clone(),
            verdict,
            decision: Some(decision),
            refusal: None,
            way: Some(way),
            decider: self.number,
            is_sibling: pair.is_sibling,
        });
    }
}

/// The pairs of some sources with a destination. With itself a pod of many is another pod like it; where only one of the
/// two ends names the pod, the other does not mean it.
fn pairs<'m>(sources: &'m [Member], to: &'m Member) -> impl Iterator<Item = Pair<'m>> {
    sources.iter().filter_map(move |from| {
        let is_same = from.endpoint == to.endpoint && matches!(to.endpoint, Endpoint::Pod(_));
        let is_meant = !is_same || from.is_one_of_many == to.is_one_of_many;
        is_meant.then_some(Pair { from, to, is_sibling: is_same && to.is_one_of_many })
    })
}
