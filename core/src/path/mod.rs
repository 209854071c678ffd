//! Paths: the ways that a flow to a service can take, each as the flows that policies decide.
//!
//! A service is no end that policies know (SVC-001). A [`Call`] names one as its destination; [`Paths::of`] says to which
//! endpoints and ports it can be translated, and what source each of them sees. A [`Path`] is decided by its two
//! [`Flow`]s: the source's policies see it as it was sent, the destination's as it arrives.
//!
//! ```
//! use core::num::NonZeroU16;
//! use portcullis::cluster::{ClusterBuilder, Pod, PodIdentity, Service, ServicePort, TargetPort};
//! use portcullis::flow::Endpoint;
//! use portcullis::net::L4Protocol;
//! use portcullis::path::{Call, Carries, Door, Paths, PortAsked};
//! use portcullis::policy::PolicySet;
//! use portcullis::selector::Selector;
//! use portcullis::{Engine, Options, Verdict};
//!
//! let number = |number| NonZeroU16::new(number).unwrap();
//! let mut service = Service::new("shop", "web");
//! service.selector = Some(Selector::everything());
//! service.ports.push(ServicePort {
//!     name: "http".into(),
//!     protocol: L4Protocol::Tcp,
//!     port: number(80),
//!     target: TargetPort::Number(number(8080)),
//!     node_port: None,
//! });
//! let mut builder = ClusterBuilder::new();
//! builder.pod(Pod::new("shop", "web")).pod(Pod::new("mail", "client")).service(service);
//! let cluster = builder.build().unwrap();
//! let client = cluster.find_pod("mail", &PodIdentity::Named("client".into())).unwrap();
//! let call = Call {
//!     source: Endpoint::Pod(client),
//!     service: cluster.find_service("shop", "web").unwrap(),
//!     door: Door::Name,
//!     carries: Carries::Port { protocol: L4Protocol::Tcp, source_port: None, port: PortAsked::Name("http".into()) },
//! };
//! let paths = Paths::of(&cluster, &call).unwrap();
//! let engine = Engine::new(cluster, PolicySet::default(), Options::default());
//! assert_eq!(paths.paths[0].port(), Some(8080));
//! assert_eq!(paths.paths[0].decide(&engine).verdict(), Verdict::Allow);
//! ```

mod door;
mod endpoints;
mod walk;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

pub use door::{Door, Front};

use crate::cluster::{Cluster, ServiceId};
use crate::decision::{Decide, Decision};
use crate::flow::{Connection, Endpoint, Flow, Transport};
use crate::net::L4Protocol;
use crate::sorted::SortedSet;

/// A flow to a service, before it is translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where it comes from.
    pub source: Endpoint,
    /// The service.
    pub service: ServiceId,
    /// How the service is addressed.
    pub door: Door,
    /// What it carries.
    pub carries: Carries,
}

/// What a call carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carries {
    /// A protocol without ports, by IP protocol number.
    Other {
        /// The IP protocol number.
        protocol: u8,
        /// Type and code, for ICMP.
        icmp: Option<(u8, u8)>,
    },
    /// A port of the service.
    Port {
        /// The protocol.
        protocol: L4Protocol,
        /// The source port, where it is known.
        source_port: Option<u16>,
        /// The service's port.
        port: PortAsked,
    },
}

/// A port of a service as a caller names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortAsked {
    /// By the name that the service gives it.
    Name(String),
    /// By its number; at a node's address that is the node port.
    Number(u16),
}

impl fmt::Display for PortAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// The ways that a call can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The service that translates: where the one that was asked for is another name of one, that one (SVC-008).
    pub service: ServiceId,
    /// The paths; any of them may be taken, whatever session affinity makes of it (SVC-018).
    pub paths: Vec<Path>,
    /// Why there is none.
    pub refusal: Option<Refusal>,
    /// The rules of the network model that shaped them.
    pub rules: SortedSet<&'static str>,
    /// What is not known and would narrow them down.
    pub notes: SortedSet<PathNote>,
}

/// One way: an endpoint, the port there, and the source as the endpoint sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// As the source's policies see it: translated, with its own source (NP-016).
    pub sent: Flow,
    /// As the destination's policies see it: the source may be a node's by now (SVC-013).
    pub seen: Flow,
}

impl Path {
    /// Decides the path: the source's side as it was sent, the destination's as it arrives.
    #[must_use]
    pub fn decide(&self, implementation: &dyn Decide) -> Decision {
        let sent = implementation.decide(&self.sent);
        if self.sent == self.seen {
            return sent;
        }
        Decision { egress: sent.egress, ingress: implementation.decide(&self.seen).ingress }
    }

    /// The port of the endpoint; nothing for protocols without ports.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self.sent.transport() {
            Transport::Ports { port, .. } => Some(port),
            Transport::Other { .. } => None,
        }
    }

    /// Whether a node has put its own address in place of the source's.
    #[must_use]
    pub fn is_rewritten(&self) -> bool {
        self.sent.source() != self.seen.source()
    }

    /// The same path at another moment of its connection.
    #[must_use]
    pub const fn with_connection(mut self, connection: Connection) -> Self {
        self.sent = self.sent.with_connection(connection);
        self.seen = self.seen.with_connection(connection);
        self
    }
}

/// Why a call has no path; the network model refuses it before any policy is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The service is another name for a DNS name outside the cluster (SVC-008): what it leads to is not known here.
    Alias(String),
    /// No endpoint takes part (SVC-017).
    NoEndpoints,
    /// None is on the node that was addressed, where `externalTrafficPolicy` looks for one (SVC-014).
    NoEndpointsOnNode,
    /// None is on the client's node, where `internalTrafficPolicy` looks for one (SVC-012).
    NoLocalEndpoints,
    /// The source is outside, and the service has no address there (SVC-011).
    NotExposed,
    /// The load balancer does not let the source in (SVC-016).
    SourceRange,
}

impl Refusal {
    /// Whether the call fails; what is only not known here may go through.
    #[must_use]
    pub const fn is_denial(&self) -> bool {
        !matches!(self, Self::Alias(_))
    }

    /// The stable code.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Alias(_) => "external-name",
            Self::NoEndpoints => "no-endpoints",
            Self::NoEndpointsOnNode => "no-endpoints-on-node",
            Self::NoLocalEndpoints => "no-local-endpoints",
            Self::NotExposed => "not-exposed",
            Self::SourceRange => "source-range",
        }
    }

    /// The rule of the network model.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Alias(_) => "SVC-008",
            Self::NoEndpoints => "SVC-017",
            Self::NoEndpointsOnNode => "SVC-014",
            Self::NoLocalEndpoints => "SVC-012",
            Self::NotExposed => "SVC-011",
            Self::SourceRange => "SVC-016",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(name) => write!(
                f,
                "the service is another name for `{name}`, and which address that has only DNS knows; ask about the address"
            ),
            Self::NoEndpoints => f.write_str("the service has no endpoint for this port, so that connections are refused"),
            Self::NoEndpointsOnNode => f.write_str(
                "`externalTrafficPolicy: Local` sends to endpoints on the node that was addressed, and none is on it, so that the packet is dropped",
            ),
            Self::NoLocalEndpoints => f.write_str(
                "`internalTrafficPolicy: Local` sends to endpoints on the client's node, and none is on it, so that the packet is dropped",
            ),
            Self::NotExposed => f.write_str("the source is outside, and the service has no address there"),
            Self::SourceRange => f.write_str("`loadBalancerSourceRanges` does not hold the source"),
        }
    }
}

/// What is not known and would narrow the paths down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PathNote {
    /// An endpoint's or the source's node, which a traffic policy depends on: the endpoint is listed all the same.
    NodeUnknown,
    /// The address of the node that sends the packet on: to policies it is outside, and no `ipBlock` matches it.
    NodeAddressUnknown,
    /// Which endpoint a client stays with (SVC-018).
    SessionAffinity,
    /// The port is that of the endpoints: nothing translates it (SVC-007).
    PortNotTranslated,
}

impl fmt::Display for PathNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NodeUnknown => {
                "on which nodes the ends are is not known, so that endpoints are listed that the traffic policy may leave out"
            }
            Self::NodeAddressUnknown => {
                "no address of the node that sends the packet on is known: no `ipBlock` matches it, and it is not taken for the endpoint's own node"
            }
            Self::SessionAffinity => {
                "session affinity keeps a client with the endpoint that it met first; policy does not see it, and any of these may be that one"
            }
            Self::PortNotTranslated => "a headless service translates no port: this is the endpoints' own",
        })
    }
}

/// Why a call is no question that has an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The ends have no address family in common (SVC-010).
    #[error("`{source_end}` and `{service}` share no address family")]
    NoSharedFamily {
        /// The source, as text.
        source_end: String,
        /// The service, as text.
        service: String,
    },
    /// The service does not have the port (SVC-005).
    #[error("`{service}` has no {protocol} port `{port}`; {known}")]
    NoSuchPort {
        /// The service, as text.
        service: String,
        /// The protocol.
        protocol: L4Protocol,
        /// The port that was asked for.
        port: String,
        /// The ports that there are, as a sentence.
        known: String,
    },
    /// A service translates ports, and the protocol has none.
    #[error("`{service}` passes its ports only, and this protocol has none; name a pod or an address")]
    NoPorts {
        /// The service, as text.
        service: String,
    },
    /// The service or the source is none of the cluster's.
    #[error("the service or the source is not in the cluster")]
    Unknown,
}

impl Paths {
    /// The paths of a call.
    ///
    /// # Errors
    /// When the service has no such port, or the source no address family that the service has.
    ///
    /// # Complexity
    /// Linear in the pods and nodes; from outside as many paths as endpoints times nodes.
    pub fn of(cluster: &Cluster, call: &Call) -> Result<Self, PathError> {
        walk::walk(cluster, call)
    }
}

/// The pod whose address it is by now, host-network pods apart (NP-019, NP-025).
fn owner_of(cluster: &Cluster, address: IpAddr) -> Option<&crate::cluster::Pod> {
    let holders = cluster.pods().map(|(_, pod)| pod);
    holders
        .filter(|pod| !pod.host_network && pod.addresses.contains(&address))
        .min_by(|a, b| a.is_finished().cmp(&b.is_finished()).then_with(|| crate::compile::claim_order(a, b)))
}
