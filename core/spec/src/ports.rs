//! Which traffic a rule means: protocols, port numbers, and port names as the destination pod gives them.

use portcullis::cluster::{ContainerKind, ContainerPort, Pod};
use portcullis::flow::Transport;
use portcullis::net::{L4Protocol, PortName, PortRange};
use portcullis::options::{
    DuplicatePortNames, EndPort, InitContainerPorts, Options, PortNames, Sctp, UnresolvedPort,
};
use portcullis::policy::{Direction, PortMatch, Rule, Traffic};

use crate::{Spec, plugins};

impl Spec<'_> {
    /// Whether a rule of a namespace is about what a flow carries to `destination`, a pod or nobody that policies know.
    pub(crate) fn is_its_traffic(
        &self,
        transport: Transport,
        rule: &Rule,
        direction: Direction,
        namespace: &str,
        destination: Option<&Pod>,
    ) -> bool {
        match (&rule.traffic, transport) {
            // NP-006: without `ports` it is every protocol and port.
            (Traffic::Any, _) => true,
            // NP-021: no item of `ports` speaks of a protocol without ports.
            (Traffic::Of(_), Transport::Other { .. }) => false,
            // NP-006: else any one item is enough.
            (Traffic::Of(list), Transport::Ports { protocol, port, .. }) => list.iter().any(|item| {
                let by_plugin = match (item, direction) {
                    (PortMatch::Named { protocol, name }, Direction::Egress) => {
                        self.egress_name_holds(port, (*protocol, name), &rule.peers, namespace)
                    }
                    _ => None,
                };
                !self.is_spoilt(item, list) && self.is_in_item(protocol, port, item, destination, by_plugin)
            }),
        }
    }

    /// Whether a plugin cannot say an item of a list, for the name in it or for one beside it.
    fn is_spoilt(&self, item: &PortMatch, list: &[PortMatch]) -> bool {
        let is_named = |item: &PortMatch| matches!(item, PortMatch::Named { .. });
        // calico-windows/named-port
        match self.options.port_names {
            PortNames::Ignored => is_named(item),
            PortNames::SpoilProtocol => list
                .iter()
                .any(|other| is_named(other) && plugins::protocol(other) == plugins::protocol(item)),
            PortNames::RefusePolicy | PortNames::Resolved => false,
        }
    }

    fn is_in_item(
        &self,
        protocol: L4Protocol,
        port: u16,
        item: &PortMatch,
        destination: Option<&Pod>,
        by_plugin: Option<bool>,
    ) -> bool {
        let options = &self.options;
        // NP-007: the protocol is always part of the item. NP-016: the port is the pod's own, never a Service's.
        let (its_protocol, port_matches) = match item {
            PortMatch::Protocol(its_protocol) => (*its_protocol, true),
            PortMatch::Numbered { protocol: its_protocol, ports } => {
                (*its_protocol, is_in_ports(port, *ports, options.end_port))
            }
            PortMatch::Named { protocol: its_protocol, name } => {
                let by_name = || has_name(port, *its_protocol, name, destination, options);
                (*its_protocol, by_plugin.unwrap_or_else(by_name))
            }
            // CNP-011: number and protocol have to be those that the destination gives the name together.
            PortMatch::Name(name) => (protocol, has_name(port, protocol, name, destination, options)),
            // CNP-010: nothing is what nobody knows.
            PortMatch::Unknown => return false,
        };
        if its_protocol != protocol {
            return false;
        }
        match (protocol, options.sctp) {
            // NP-024: a plugin without SCTP still isolates; it never takes an SCTP item for another protocol's.
            (L4Protocol::Sctp, Sctp::IsolateOnly) => false,
            // CAL-4: SCTP has no ports there, and names are of ports.
            (L4Protocol::Sctp, Sctp::AnyPort) => {
                !matches!(item, PortMatch::Named { .. } | PortMatch::Name(_))
            }
            _ => port_matches,
        }
    }
}

fn is_in_ports(port: u16, ports: PortRange, end_port: EndPort) -> bool {
    // NP-009: both ends belong to the range; a plugin that does not know `endPort` sees its first port only.
    match end_port {
        EndPort::Honoured => ports.start() <= port && port <= ports.end(),
        EndPort::Ignored => port == ports.start(),
    }
}

/// Whether a port has a name on the destination pod.
fn has_name(
    port: u16,
    protocol: L4Protocol,
    name: &PortName,
    destination: Option<&Pod>,
    options: &Options,
) -> bool {
    // NP-008: a name means what the destination calls so; each pod has its own numbers.
    let numbers = destination.map(|pod| numbers_of_name(protocol, name, pod, options)).unwrap_or_default();
    // NP-008: a name that the destination does not have, or that nobody could have, means nothing.
    if numbers.is_empty() {
        return options.unresolved_port == UnresolvedPort::PortZero && port == 0;
    }
    numbers.contains(&port)
}

/// The numbers that a pod gives a name of a protocol.
pub(crate) fn numbers_of_name(
    protocol: L4Protocol,
    name: &PortName,
    pod: &Pod,
    options: &Options,
) -> Vec<u16> {
    let has_name = |port: &&ContainerPort| {
        counts(port, options.init_container_ports) && port.name.as_ref() == Some(name)
    };
    // NP-008: the protocol has to be the same.
    let mut ports = pod.ports.iter().filter(has_name).filter(|port| port.protocol == protocol);
    let found: Vec<&ContainerPort> = match options.duplicate_port_names {
        DuplicatePortNames::Any => ports.collect(),
        DuplicatePortNames::First => ports.next().into_iter().collect(),
        // CIL-8: the last port of that name is the only one, and its protocol may be another.
        DuplicatePortNames::Last => {
            let last = pod.ports.iter().rfind(has_name);
            last.filter(|port| port.protocol == protocol).into_iter().collect()
        }
    };
    found.into_iter().map(|port| port.port.get()).collect()
}

/// Whether a container's ports have names that policies can use (NP-028).
fn counts(declared: &ContainerPort, init_container_ports: InitContainerPorts) -> bool {
    match declared.container {
        ContainerKind::Regular => true,
        ContainerKind::Sidecar => init_container_ports != InitContainerPorts::Ignored,
        ContainerKind::Init => init_container_ports == InitContainerPorts::All,
    }
}
