//! Port names: which numbers a pod gives a name (NP-008, NP-028).

use alloc::vec::Vec;

use crate::cluster::{ContainerKind, Pod};
use crate::net::{L4Protocol, PortName};
use crate::options::{DuplicatePortNames, InitContainerPorts, Options, UnresolvedPort};

/// Whether the port names of a kind of container count.
fn counts_for_names(container: ContainerKind, options: Options) -> bool {
    // NP-028: sidecars and init containers are containers of the pod, but the text leaves their port names open.
    match (container, options.init_container_ports) {
        (ContainerKind::Regular, _) | (_, InitContainerPorts::All) => true,
        (ContainerKind::Sidecar, InitContainerPorts::Sidecars) => true,
        (ContainerKind::Init, InitContainerPorts::Sidecars) | (_, InitContainerPorts::Ignored) => false,
    }
}

/// The numbers that a name of a protocol stands for on a pod, sorted; empty where it matches nothing.
pub(super) fn resolve(pod: &Pod, protocol: L4Protocol, name: &PortName, options: Options) -> Vec<u16> {
    // NP-008: the protocol must be the port's own.
    let mut numbers: Vec<u16> = pod
        .ports
        .iter()
        .filter(|port| counts_for_names(port.container, options))
        .filter(|port| port.protocol == protocol && port.name.as_ref() == Some(name))
        .map(|port| port.port.get())
        .collect();
    if options.duplicate_port_names == DuplicatePortNames::First {
        numbers.truncate(1);
    }
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        return unresolved(options);
    }
    numbers
}

/// The numbers that a name stands for on a destination, which need not be a pod.
pub(crate) fn resolve_on(
    pod: Option<&Pod>,
    protocol: L4Protocol,
    name: &PortName,
    options: Options,
) -> Vec<u16> {
    pod.map_or_else(|| unresolved(options), |pod| resolve(pod, protocol, name, options))
}

/// The numbers that a name stands for where the destination does not have it, or is no pod.
pub(super) fn unresolved(options: Options) -> Vec<u16> {
    match options.unresolved_port {
        UnresolvedPort::NoMatch => Vec::new(),
        UnresolvedPort::PortZero => alloc::vec![0],
    }
}
