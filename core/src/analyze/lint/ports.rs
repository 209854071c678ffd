//! Checks on ports: names that destinations do not have, and numbers that are somebody else's.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::checks::Check;
use super::context::{Context, Place, Pods, peers_of};
use crate::cluster::{Pod, PodId, Service, ServicePort, TargetPort};
use crate::compile::declared_port_numbers;
use crate::net::{L4Protocol, PortName};
use crate::options::Options;
use crate::policy::{Action, Direction, NamespaceMatch, Peer, Peers, PodMatch, PortMatch, Tier, Traffic};

/// The port of name servers.
const DNS: u16 = 53;

pub(super) fn check(cx: &mut Context<'_>) {
    let services = Services::of(cx);
    for place in cx.rules() {
        let Traffic::Of(items) = &place.rule.traffic else { continue };
        let destinations = Destinations::of(cx, &place);
        for (index, item) in items.iter().enumerate() {
            match item {
                PortMatch::Named { protocol, name } => {
                    named(cx, &place, index, &[*protocol], name, &destinations);
                }
                PortMatch::Name(name) => named(cx, &place, index, &L4Protocol::ALL, name, &destinations),
                PortMatch::Numbered { protocol, ports } if ports.start() == ports.end() => {
                    numbered(cx, &place, index, (*protocol, ports.start()), &destinations, &services);
                }
                PortMatch::Numbered { .. } | PortMatch::Protocol(_) | PortMatch::Unknown => {}
            }
        }
        dns(cx, &place, items);
    }
}

/// The pods that a rule's traffic goes to.
struct Destinations {
    pods: Vec<Pods>,
    /// Whether it goes to addresses as well.
    addresses: bool,
}

impl Destinations {
    fn of(cx: &Context<'_>, place: &Place<'_>) -> Self {
        if place.direction == Direction::Ingress {
            return Self { pods: alloc::vec![cx.select(&place.policy.subject)], addresses: false };
        }
        if place.rule.peers == Peers::Any {
            let everyone = PodMatch {
                namespaces: NamespaceMatch::Selected(Default::default()),
                pods: Default::default(),
            };
            return Self { pods: alloc::vec![cx.select(&everyone)], addresses: false };
        }
        let of_pods = peers_of(place.rule).iter().filter_map(|peer| match peer {
            Peer::Pods(pods) => Some(cx.select(pods)),
            _ => None,
        });
        let addresses = peers_of(place.rule).iter().any(|peer| !matches!(peer, Peer::Pods(_)));
        Self { pods: of_pods.collect(), addresses }
    }

    fn ids(&self) -> impl Iterator<Item = PodId> + '_ {
        self.pods.iter().flat_map(|pods| pods.iter().copied())
    }

    fn pods<'b>(&'b self, cx: &'b Context<'_>) -> impl Iterator<Item = &'b Pod> + 'b {
        self.ids().filter_map(|id| cx.cluster.pod(id))
    }
}

fn named(
    cx: &mut Context<'_>,
    place: &Place<'_>,
    index: usize,
    protocols: &[L4Protocol],
    name: &PortName,
    destinations: &Destinations,
) {
    let path = format!("{}.port", place.port(index));
    if destinations.addresses && place.policy.rank.tier() == Tier::NetworkPolicy {
        let message =
            format!("`{name}` is a port name, and addresses have none: with an `ipBlock` it matches nothing");
        let help = "write the number in a rule of its own for the addresses";
        cx.add(Check::NamedPortAddresses, place.policy, path.clone(), message, help);
    }
    let has = |pod: &Pod, protocols: &[L4Protocol]| {
        protocols.iter().any(|it| !declared_port_numbers(pod, *it, name, Options::default()).is_empty())
    };
    let all = destinations.pods(cx).count();
    let with = destinations.pods(cx).filter(|pod| has(pod, protocols)).count();
    // What declares no port at all says nothing of its ports.
    let declares = destinations.pods(cx).any(|pod| !pod.ports.is_empty());
    if all == 0 || !declares {
        return;
    }
    if with == 0 {
        let other =
            L4Protocol::ALL.into_iter().find(|other| destinations.pods(cx).any(|pod| has(pod, &[*other])));
        if let Some(other) = other {
            let message = format!(
                "destinations have the port `{name}` for {other}, and the rule asks for another protocol"
            );
            cx.add(
                Check::NamedPortProtocol,
                place.policy,
                path,
                message,
                format!("write `protocol: {other}`"),
            );
            return;
        }
        let declared = destinations.pods(cx).flat_map(|pod| &pod.ports).filter_map(|port| port.name.as_ref());
        let mut names: Vec<String> = declared.map(|name| format!("`{name}`")).collect();
        names.sort();
        names.dedup();
        names.truncate(5);
        let help = match names.is_empty() {
            true => "name the container's port, or write its number".to_string(),
            false => format!("the ports there are called {}", names.join(", ")),
        };
        let message = format!("no destination has a port called `{name}`: it matches nothing");
        cx.add(Check::NamedPortUnknown, place.policy, path, message, help);
    } else if with < all && place.rule.peers != Peers::Any {
        let without = destinations.pods(cx).find(|pod| !has(pod, protocols)).map(ToString::to_string);
        let message = format!(
            "{} of {all} destinations have no port called `{name}`, such as `{}`",
            all.saturating_sub(with),
            without.unwrap_or_default(),
        );
        let help = "name the port there too, or write the number";
        cx.add(Check::NamedPortPartly, place.policy, path, message, help);
    }
}

/// The services with selectors, by the port that they listen on.
struct Services<'a> {
    by_port: HashMap<(L4Protocol, u16), Vec<(&'a Service, &'a ServicePort)>>,
}

impl<'a> Services<'a> {
    fn of(cx: &Context<'a>) -> Self {
        let mut by_port: HashMap<_, Vec<_>> = HashMap::new();
        for (_, service) in cx.cluster.services() {
            for port in &service.ports {
                by_port.entry((port.protocol, port.port.get())).or_default().push((service, port));
            }
        }
        Self { by_port }
    }
}

fn numbered(
    cx: &mut Context<'_>,
    place: &Place<'_>,
    index: usize,
    (protocol, number): (L4Protocol, u16),
    destinations: &Destinations,
    services: &Services<'_>,
) {
    let declares =
        |pod: &Pod| pod.ports.iter().any(|port| port.protocol == protocol && port.port.get() == number);
    if destinations.addresses || place.rule.peers == Peers::Any && place.direction == Direction::Egress {
        return;
    }
    if destinations.pods(cx).any(declares) || destinations.ids().next().is_none() {
        return;
    }
    let path = format!("{}.port", place.port(index));
    for (service, port) in services.by_port.get(&(protocol, number)).into_iter().flatten() {
        let Some(selector) = &service.selector else { continue };
        let behind =
            PodMatch { namespaces: NamespaceMatch::Named(service.namespace.clone()), pods: selector.clone() };
        let behind = cx.select(&behind);
        if !destinations.ids().any(|id| behind.binary_search(&id).is_ok()) {
            continue;
        }
        let target = match &port.target {
            TargetPort::Number(target) if target.get() != number => target.to_string(),
            TargetPort::Named(name) => format!("`{name}`"),
            TargetPort::Number(_) => continue,
        };
        let name = format!("{}/{}", service.namespace, service.name);
        let message = format!(
            "{number} is the port of the service `{name}`, whose pods listen on {target}: policies see the pods' port"
        );
        let help = format!("write `port: {}`", target.trim_matches('`'));
        cx.add(Check::ServicePort, place.policy, path, message, help);
        return;
    }
    if destinations.pods(cx).all(|pod| !pod.ports.is_empty()) {
        let message = format!("no destination declares {protocol} {number}");
        let help =
            "compare it with the `containerPort`s of the pods; ports need not be declared, but mostly are";
        cx.add(Check::PortNotDeclared, place.policy, path, message, help);
    }
}

fn dns(cx: &mut Context<'_>, place: &Place<'_>, items: &[PortMatch]) {
    if place.direction != Direction::Egress || place.rule.action != Action::Allow {
        return;
    }
    let single = |item: &PortMatch, wanted: L4Protocol| {
        matches!(item, PortMatch::Numbered { protocol, ports }
            if *protocol == wanted && ports.start() == DNS && ports.end() == DNS)
    };
    for (has, lacks) in [(L4Protocol::Udp, L4Protocol::Tcp), (L4Protocol::Tcp, L4Protocol::Udp)] {
        let Some(index) = items.iter().position(|item| single(item, has)) else { continue };
        let rules = place.policy.rules(Direction::Egress).unwrap_or_default();
        let other = rules.iter().any(|rule| match &rule.traffic {
            Traffic::Any => true,
            Traffic::Of(items) => items.iter().any(|item| holds(item, lacks, DNS)),
        });
        if !other {
            let why = match lacks {
                L4Protocol::Tcp => "answers that do not fit into a datagram need it",
                L4Protocol::Udp | L4Protocol::Sctp => "most queries go over it",
            };
            let message = format!("port {DNS} is allowed for {has} and not for {lacks}: {why}");
            let help = format!("add `{{protocol: {lacks}, port: {DNS}}}`");
            cx.add(Check::DnsOneProtocol, place.policy, place.port(index), message, help);
        }
    }
}

/// Whether an item holds a port by its number.
pub(super) fn holds(item: &PortMatch, wanted: L4Protocol, number: u16) -> bool {
    match item {
        PortMatch::Numbered { protocol, ports } => *protocol == wanted && ports.contains(number),
        PortMatch::Protocol(protocol) => *protocol == wanted,
        PortMatch::Named { .. } | PortMatch::Name(_) | PortMatch::Unknown => false,
    }
}
