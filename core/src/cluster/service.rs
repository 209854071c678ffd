//! Services and the objects that say what stands behind them: part of the network model, never an end that policies
//! know.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use core::num::NonZeroU16;

use crate::net::{Cidr, L4Protocol, PortName};
use crate::selector::Selector;

/// A service: a name and addresses that are translated to those of its endpoints (SVC-001).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The namespace's name.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// How it is reached.
    pub kind: ServiceKind,
    /// Whether its name gives the endpoints' own addresses (SVC-007).
    pub headless: bool,
    /// Which pods of its namespace are its endpoints (SVC-002); nothing where an object lists them.
    pub selector: Option<Selector>,
    /// The ports.
    pub ports: Vec<ServicePort>,
    /// The addresses inside the cluster; none where the control plane has not given any yet.
    pub cluster_addresses: Vec<IpAddr>,
    /// The addresses of `externalIPs`.
    pub external_addresses: Vec<IpAddr>,
    /// The addresses that its load balancer has.
    pub ingress_addresses: Vec<IpAddr>,
    /// Which clients its load balancer lets in (SVC-016); everyone where there is none.
    pub source_ranges: Vec<Cidr>,
    /// The families of `ipFamilies`, where they are stated.
    pub families: Vec<AddressFamily>,
    /// Which endpoints clients inside the cluster reach (SVC-012).
    pub internal_traffic: TrafficPolicy,
    /// Which endpoints clients at its outer addresses reach (SVC-013, SVC-014).
    pub external_traffic: TrafficPolicy,
    /// Whether endpoints count that are not ready (SVC-004).
    pub publishes_not_ready: bool,
    /// Whether a client stays with the endpoint that it met first, which is outside policy (SVC-018).
    pub keeps_clients: bool,
}

impl Service {
    /// A service of type `ClusterIP` with a name, and nothing else.
    #[must_use]
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            kind: ServiceKind::ClusterIp,
            headless: false,
            selector: None,
            ports: Vec::new(),
            cluster_addresses: Vec::new(),
            external_addresses: Vec::new(),
            ingress_addresses: Vec::new(),
            source_ranges: Vec::new(),
            families: Vec::new(),
            internal_traffic: TrafficPolicy::Cluster,
            external_traffic: TrafficPolicy::Cluster,
            publishes_not_ready: false,
            keeps_clients: false,
        }
    }
}

impl fmt::Display for Service {
    /// `namespace/service/name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/service/{}", self.namespace, self.name)
    }
}

/// A service's `type`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceKind {
    /// `ClusterIP`: for clients inside the cluster.
    ClusterIp,
    /// `ExternalName`: another name for a DNS name (SVC-008).
    ExternalName(String),
    /// `LoadBalancer`: also at a load balancer's addresses, and mostly at node ports.
    LoadBalancer,
    /// `NodePort`: also at a port of every node.
    NodePort,
}

impl ServiceKind {
    /// The type as the API has it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ClusterIp => "ClusterIP",
            Self::ExternalName(_) => "ExternalName",
            Self::LoadBalancer => "LoadBalancer",
            Self::NodePort => "NodePort",
        }
    }
}

/// A port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// The name; empty for the only port of a service, which needs none.
    pub name: String,
    /// The protocol.
    pub protocol: L4Protocol,
    /// The number at the service's addresses.
    pub port: NonZeroU16,
    /// The port of the endpoints.
    pub target: TargetPort,
    /// The number at the nodes' addresses.
    pub node_port: Option<NonZeroU16>,
}

/// The port of an endpoint to which a service's port is translated (SVC-006).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetPort {
    /// A number, the same on each endpoint.
    Number(NonZeroU16),
    /// What each pod calls so.
    Named(PortName),
}

/// `internalTrafficPolicy` and `externalTrafficPolicy`.
///
/// Exhaustive on purpose: the API has these two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficPolicy {
    /// Every endpoint.
    #[default]
    Cluster,
    /// Those on the node that the packet is at.
    Local,
}

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl AddressFamily {
    /// The family of an address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// An object that lists endpoints of a service: an `EndpointSlice`, or `Endpoints` with all of them (SVC-003).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSlice {
    /// The namespace's name.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Which kind of object it is.
    pub kind: SliceKind,
    /// The service's name.
    pub service: String,
    /// Endpoints with their ports; an `EndpointSlice` has one of these.
    pub subsets: Vec<EndpointSubset>,
}

impl fmt::Display for EndpointSlice {
    /// `namespace/name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// The kinds of object that list endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SliceKind {
    /// `discovery.k8s.io/v1` `EndpointSlice`.
    EndpointSlice,
    /// `v1` `Endpoints`, which counts where no slice is there.
    Endpoints,
}

impl SliceKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::EndpointSlice, Self::Endpoints];

    /// The kind as manifests have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndpointSlice => "EndpointSlice",
            Self::Endpoints => "Endpoints",
        }
    }
}

/// Endpoints that share their ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointSubset {
    /// The endpoints.
    pub endpoints: Vec<SliceEndpoint>,
    /// The ports, by the names that the service gives them.
    pub ports: Vec<EndpointPort>,
}

/// One endpoint that an object lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceEndpoint {
    /// The address: a pod's, a node's or one outside.
    pub address: IpAddr,
    /// The name of the pod that it is said to be, in the same namespace.
    pub pod: Option<String>,
    /// The name of the node that it is on.
    pub node: Option<String>,
    /// Whether it takes part (SVC-004).
    pub state: EndpointState,
}

/// Whether an endpoint takes part (SVC-004).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointState {
    /// It does.
    #[default]
    Ready,
    /// It is on its way out and still answers: it does where no endpoint is ready.
    Leaving,
    /// It does not.
    NotReady,
}

/// A port of endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointPort {
    /// The name of the service's port that it serves.
    pub name: String,
    /// The protocol.
    pub protocol: L4Protocol,
    /// The number; nothing means the service's own.
    pub port: Option<NonZeroU16>,
}
