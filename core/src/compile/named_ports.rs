//! Port names: which numbers a pod gives a name (NP-008, NP-028).

use alloc::vec::Vec;

use crate::cluster::{ContainerKind, ContainerPort, Pod};
use crate::net::{L4Protocol, PortName};
use crate::options::{DuplicatePortNames, InitContainerPorts, Options, UnresolvedPort};

/// The numbers of the port names of one destination: of those that it has, by the name's number, sorted; all others are
/// unresolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers<'a> {
    known: &'a [(u32, Vec<u16>)],
    unresolved: &'a [u16],
}

impl<'a> Numbers<'a> {
    pub(super) fn new(known: &'a [(u32, Vec<u16>)], options: Options) -> Self {
        Self { known, unresolved: unresolved(options) }
    }

    #[cfg(test)]
    pub(super) fn of_test(known: &'a [(u32, Vec<u16>)]) -> Self {
        Self { known, unresolved: &[] }
    }

    /// The numbers that a name stands for.
    pub(super) fn of(self, name: u32) -> &'a [u16] {
        match self.known.binary_search_by_key(&name, |(known, _)| *known) {
            Ok(at) => self.known.get(at).map_or(self.unresolved, |(_, numbers)| numbers),
            Err(_) => self.unresolved,
        }
    }
}

/// Whether the port names of a kind of container count.
fn counts_for_names(container: ContainerKind, options: Options) -> bool {
    // NP-028: sidecars and init containers are containers of the pod, but the text leaves their port names open.
    match (container, options.init_container_ports) {
        (ContainerKind::Regular, _) | (_, InitContainerPorts::All) => true,
        (ContainerKind::Sidecar, InitContainerPorts::Sidecars) => true,
        (ContainerKind::Init, InitContainerPorts::Sidecars) | (_, InitContainerPorts::Ignored) => false,
    }
}

/// The numbers that a name of a protocol stands for on a pod, sorted; empty where the pod does not have it.
pub(crate) fn resolve(pod: &Pod, protocol: L4Protocol, name: &PortName, options: Options) -> Vec<u16> {
    let counts = |port: &&ContainerPort| counts_for_names(port.container, options);
    let mut named = pod.ports.iter().filter(counts).filter(|port| port.name.as_ref() == Some(name));
    // NP-008: the protocol must be the port's own.
    let is_of_protocol = |port: &&ContainerPort| port.protocol == protocol;
    let number = |port: &ContainerPort| port.port.get();
    let mut numbers: Vec<u16> = match options.duplicate_port_names {
        DuplicatePortNames::Any => named.filter(is_of_protocol).map(number).collect(),
        DuplicatePortNames::First => named.find(is_of_protocol).map(number).into_iter().collect(),
        // CIL-8: a name is one port of the pod, whichever comes last, whatever its protocol.
        DuplicatePortNames::Last => {
            named.next_back().filter(is_of_protocol).map(number).into_iter().collect()
        }
    };
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The numbers that a name stands for on a destination, which need not be a pod.
pub(crate) fn resolve_on(
    pod: Option<&Pod>,
    protocol: L4Protocol,
    name: &PortName,
    options: Options,
) -> Vec<u16> {
    let numbers = pod.map_or_else(Vec::new, |pod| resolve(pod, protocol, name, options));
    if numbers.is_empty() { unresolved(options).to_vec() } else { numbers }
}

/// The numbers that a name stands for where the destination does not have it, or is no pod.
const fn unresolved(options: Options) -> &'static [u16] {
    match options.unresolved_port {
        UnresolvedPort::NoMatch => &[],
        UnresolvedPort::PortZero => &[0],
    }
}
