//! Reach: traffic of all kinds, of protocols with ports and of those without.

use crate::analyze::PortSet;
use crate::cluster::Pod;
use crate::compile::resolve_port_name;
use crate::net::{L4Protocol, PortName, PortRange};
use crate::options::{EndPort, Options, Sctp};
use crate::policy::{PortMatch, Traffic};

/// Some traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// That of protocols with ports.
    pub(super) ports: PortSet,
    /// Whether all other protocols are in it.
    pub(super) portless: bool,
}

impl Reach {
    pub(super) fn all() -> Self {
        Self { ports: PortSet::all(), portless: true }
    }

    pub(super) fn is_nothing(&self) -> bool {
        !self.portless && self.ports.is_nothing()
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        Self { ports: self.ports.and(&other.ports), portless: self.portless && other.portless }
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self { ports: self.ports.or(&other.ports), portless: self.portless || other.portless }
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        Self { ports: self.ports.minus(&other.ports), portless: self.portless && !other.portless }
    }

    /// What a rule's traffic is at a destination, as the options have it.
    pub(super) fn of(traffic: &Traffic, destination: Option<&Pod>, options: Options) -> Self {
        let Traffic::Of(items) = traffic else { return Self::all() };
        let ports = items.iter().map(|item| ports_of(item, destination, options));
        // NP-021: protocols without ports are held by rules without `ports` alone.
        Self { ports: ports.fold(PortSet::nothing(), |all, ports| all.or(&ports)), portless: false }
    }
}

fn ports_of(item: &PortMatch, destination: Option<&Pod>, options: Options) -> PortSet {
    match item {
        PortMatch::Protocol(protocol) => held(*protocol, PortRange::ALL, options),
        PortMatch::Numbered { protocol, ports } => {
            let ports = match options.end_port {
                EndPort::Honoured => Some(*ports),
                EndPort::Ignored => PortRange::single(ports.start()).ok(),
            };
            ports.map_or_else(PortSet::nothing, |ports| held(*protocol, ports, options))
        }
        PortMatch::Named { protocol, name } => named(*protocol, name, destination, options),
        // CNP-011: whatever its protocol there.
        PortMatch::Name(name) => {
            let each = L4Protocol::ALL.map(|protocol| named(protocol, name, destination, options));
            each.iter().fold(PortSet::nothing(), |all, ports| all.or(ports))
        }
        PortMatch::Unknown => PortSet::nothing(),
    }
}

/// NP-024: what an item holds of its protocol's ports.
fn held(protocol: L4Protocol, ports: PortRange, options: Options) -> PortSet {
    match (protocol, options.sctp) {
        (L4Protocol::Sctp, Sctp::IsolateOnly) => PortSet::nothing(),
        (L4Protocol::Sctp, Sctp::AnyPort) => PortSet::of(protocol, PortRange::ALL),
        _ => PortSet::of(protocol, ports),
    }
}

fn named(protocol: L4Protocol, name: &PortName, destination: Option<&Pod>, options: Options) -> PortSet {
    if protocol == L4Protocol::Sctp && matches!(options.sctp, Sctp::IsolateOnly | Sctp::AnyPort) {
        return PortSet::nothing();
    }
    // NP-008: a name stands for the numbers that the destination gives it.
    let numbers = resolve_port_name(destination, protocol, name, options);
    let ports = numbers.into_iter().filter_map(|number| PortRange::single(number).ok());
    ports.fold(PortSet::nothing(), |all, port| all.or(&PortSet::of(protocol, port)))
}
