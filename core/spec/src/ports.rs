//! Which traffic a rule means: protocols, port numbers, and port names as the destination pod gives them.

use portcullis::cluster::{ContainerKind, ContainerPort, Pod};
use portcullis::flow::Transport;
use portcullis::net::{L4Protocol, PortName, PortRange};
use portcullis::options::{DuplicatePortNames, EndPort, InitContainerPorts, Options, Sctp, UnresolvedPort};
use portcullis::policy::{PortMatch, Traffic};

/// Whether a rule is about what a flow carries to `destination`, a pod or nobody that policies know.
pub(crate) fn is_its_traffic(
    transport: Transport,
    traffic: &Traffic,
    destination: Option<&Pod>,
    options: &Options,
) -> bool {
    match (traffic, transport) {
        // NP-006: without `ports` it is every protocol and port.
        (Traffic::Any, _) => true,
        // NP-021: no item of `ports` speaks of a protocol without ports.
        (Traffic::Of(_), Transport::Other { .. }) => false,
        // NP-006: else any one item is enough.
        (Traffic::Of(list), Transport::Ports { protocol, port, .. }) => {
            list.iter().any(|item| is_in_item(protocol, port, item, destination, options))
        }
    }
}

fn is_in_item(
    protocol: L4Protocol,
    port: u16,
    item: &PortMatch,
    destination: Option<&Pod>,
    options: &Options,
) -> bool {
    // NP-007: the protocol is always part of the item. NP-016: the port is the pod's own, never a Service's.
    let (its_protocol, port_matches) = match item {
        PortMatch::Protocol(its_protocol) => (*its_protocol, true),
        PortMatch::Numbered { protocol: its_protocol, ports } => {
            (*its_protocol, is_in_ports(port, *ports, options.end_port))
        }
        PortMatch::Named { protocol: its_protocol, name } => {
            (*its_protocol, has_name(port, *its_protocol, name, destination, options))
        }
    };
    // NP-024: a plugin without SCTP still isolates; it never takes an SCTP item for another protocol's.
    let is_dead = its_protocol == L4Protocol::Sctp && options.sctp == Sctp::IsolateOnly;
    its_protocol == protocol && port_matches && !is_dead
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
    // NP-008: a name means what the destination calls so, over the same protocol; each pod has its own numbers.
    let declared = destination.map(|pod| pod.ports.as_slice()).unwrap_or_default();
    let mut numbers = declared
        .iter()
        .filter(|declared| counts(declared, options.init_container_ports))
        .filter(|declared| declared.protocol == protocol && declared.name.as_ref() == Some(name))
        .map(|declared| declared.port.get())
        .peekable();
    // NP-008: a name that the destination does not have, or that nobody could have, means nothing.
    if numbers.peek().is_none() {
        return options.unresolved_port == UnresolvedPort::PortZero && port == 0;
    }
    match options.duplicate_port_names {
        DuplicatePortNames::Any => numbers.any(|number| number == port),
        DuplicatePortNames::First => numbers.next() == Some(port),
    }
}

/// Whether a container's ports have names that policies can use (NP-028).
fn counts(declared: &ContainerPort, init_container_ports: InitContainerPorts) -> bool {
    match declared.container {
        ContainerKind::Regular => true,
        ContainerKind::Sidecar => init_container_ports != InitContainerPorts::Ignored,
        ContainerKind::Init => init_container_ports == InitContainerPorts::All,
    }
}
