//! Doors: which service an address and port is.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::{PathError, PortAsked};
use crate::cluster::{Cluster, Service, ServiceId, ServiceKind, ServicePort};
use crate::net::L4Protocol;

/// How a service is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Door {
    /// By its name: inside the cluster that gives its address there, outside its outer ones (SVC-011).
    Name,
    /// At its address inside the cluster (SVC-009).
    Cluster(IpAddr),
    /// At an address of its load balancer or of `externalIPs` (SVC-009).
    Outer(IpAddr),
    /// At its node port, at this address of a node (SVC-009).
    NodePort(IpAddr),
}

impl Door {
    /// The address, where it is one.
    #[must_use]
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::Name => None,
            Self::Cluster(address) | Self::Outer(address) | Self::NodePort(address) => Some(address),
        }
    }
}

/// What an address is, for a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// An address as policies see it: a pod's, a node's or one outside.
    Address,
    /// A service's.
    Service(ServiceId, Door),
}

impl Front {
    /// What a destination address is, for packets of a protocol to a port (SVC-009).
    ///
    /// # Errors
    /// When the address is a service's alone, and it has no such port.
    pub fn of(
        cluster: &Cluster,
        address: IpAddr,
        protocol: L4Protocol,
        port: &PortAsked,
    ) -> Result<Self, PathError> {
        let mut closed = None;
        for (id, service) in cluster.services() {
            let is_inner = service.cluster_addresses.contains(&address);
            let is_balancer = service.ingress_addresses.contains(&address);
            if !is_inner && !is_balancer && !service.external_addresses.contains(&address) {
                continue;
            }
            let door = if is_inner { Door::Cluster(address) } else { Door::Outer(address) };
            match find_port(service, protocol, port, door) {
                Ok(_) => return Ok(Self::Service(id, door)),
                // What nobody but the service has is nobody's at another port; `externalIPs` may be anyone's.
                Err(error) if is_inner || is_balancer => closed = closed.or(Some(error)),
                Err(_) => {}
            }
        }
        if let Some(error) = closed {
            return Err(error);
        }
        let door = Door::NodePort(address);
        let is_number = matches!(port, PortAsked::Number(_));
        let mut open = cluster.services().filter(|(_, service)| {
            is_number
                && service.ports.iter().any(|own| own.node_port.is_some())
                && find_port(service, protocol, port, door).is_ok()
        });
        // Few addresses are asked for at a node port, so that only then all nodes are looked through.
        let Some((id, _)) = open.next() else { return Ok(Self::Address) };
        let is_node = cluster.nodes().any(|(_, node)| node.addresses.contains(&address))
            || cluster.pods().any(|(_, pod)| pod.host_addresses.contains(&address));
        Ok(if is_node { Self::Service(id, door) } else { Self::Address })
    }
}

/// SVC-005: the port of a service that a caller means.
pub(super) fn find_port<'s>(
    service: &'s Service,
    protocol: L4Protocol,
    asked: &PortAsked,
    door: Door,
) -> Result<&'s ServicePort, PathError> {
    let has_node_ports = matches!(service.kind, ServiceKind::LoadBalancer | ServiceKind::NodePort);
    let is_it = |port: &&ServicePort| match (asked, door) {
        (PortAsked::Name(name), _) => port.name == *name,
        (PortAsked::Number(number), Door::NodePort(_)) => {
            has_node_ports && port.node_port.is_some_and(|own| own.get() == *number)
        }
        (PortAsked::Number(number), _) => port.port.get() == *number,
    };
    let found = service.ports.iter().filter(|port| port.protocol == protocol).find(is_it);
    found.ok_or_else(|| PathError::NoSuchPort {
        service: service.to_string(),
        protocol,
        port: asked.to_string(),
        known: known_ports(service),
    })
}

/// The ports of a service, as a sentence.
fn known_ports(service: &Service) -> String {
    let port = |port: &ServicePort| {
        let name = if port.name.is_empty() { String::new() } else { format!("{} ", port.name) };
        let node = port.node_port.map(|number| format!(", node port {number}")).unwrap_or_default();
        format!("`{name}({} {}{node})`", port.protocol, port.port)
    };
    let ports: Vec<String> = service.ports.iter().map(port).collect();
    match ports.as_slice() {
        [] => "it has no ports".to_string(),
        [one] => format!("its port is {one}"),
        several => format!("its ports are {}", several.join(", ")),
    }
}
