//! Flows: the question that the engine answers.

use alloc::string::{String, ToString};
use core::net::IpAddr;

use crate::cluster::{AddressFamily, Cluster, PodId};
use crate::net::{L4Protocol, Protocol};

/// An end of a flow as a question names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// An address: the pod that owns it, else a node or the outside.
    Address(IpAddr),
    /// A pod, by the address that suits the other end.
    Pod(PodId),
}

/// An end of a flow: a pod that was named, the address that packets carry, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    pod: Option<PodId>,
    address: Option<IpAddr>,
}

impl End {
    /// An end outside whose address nobody knows.
    pub(crate) const NOWHERE: Self = Self { pod: None, address: None };

    /// The end that a packet's address is.
    pub(crate) const fn of_address(address: IpAddr) -> Self {
        Self { pod: None, address: Some(address) }
    }

    /// A pod with one of its addresses, or without any where it has none.
    pub(crate) const fn of_pod(pod: PodId, address: Option<IpAddr>) -> Self {
        Self { pod: Some(pod), address }
    }

    /// The pod that was named; an end by address has none, even where a pod owns the address.
    #[must_use]
    pub fn pod(&self) -> Option<PodId> {
        self.pod
    }

    /// The address; a pod without one has a private identity and is matched by no `ipBlock` (NP-026).
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

/// What a flow carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A protocol without ports that policies know, by IP protocol number (NP-021).
    Other {
        /// The IP protocol number.
        protocol: u8,
        /// Type and code, for ICMP.
        icmp: Option<(u8, u8)>,
    },
    /// A protocol with ports.
    Ports {
        /// The protocol.
        protocol: L4Protocol,
        /// The source port, where it is known; no NetworkPolicy looks at it.
        source_port: Option<u16>,
        /// The destination port, as the pod sees it: after a Service has been resolved (NP-016).
        port: u16,
    },
}

impl Transport {
    /// A port of a protocol.
    #[must_use]
    pub const fn new(protocol: L4Protocol, port: u16) -> Self {
        Self::Ports { protocol, source_port: None, port }
    }

    /// The protocol.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Other { protocol, .. } => Protocol::Other(protocol),
            Self::Ports { protocol, .. } => Protocol::L4(protocol),
        }
    }
}

/// Where in its connection a packet stands.
///
/// The engine keeps no connections: the caller, who does, says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Connection {
    /// A later packet of a connection that was allowed when it began (NP-023).
    Established,
    /// The first packet.
    #[default]
    New,
    /// A packet back from the destination of an allowed connection (NP-022).
    Reply,
}

/// Why two ends make no flow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// The ends have no address family in common.
    #[error("`{source_end}` and `{destination}` share no address family")]
    NoSharedFamily {
        /// The source, as text.
        source_end: String,
        /// The destination, as text.
        destination: String,
    },
    /// The pod is none of the cluster's.
    #[error("pod number {0} is not in the cluster")]
    UnknownPod(u32),
}

/// A flow: from where, to where, carrying what.
///
/// ```
/// use portcullis::cluster::{ClusterBuilder, Pod, PodIdentity};
/// use portcullis::flow::{Endpoint, Flow, Transport};
/// use portcullis::net::L4Protocol;
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web"));
/// let cluster = builder.build().unwrap();
/// let web = cluster.find_pod("shop", &PodIdentity::Named("web".into())).unwrap();
/// let outside = Endpoint::Address("203.0.113.7".parse().unwrap());
/// let flow = Flow::new(&cluster, outside, Endpoint::Pod(web), Transport::new(L4Protocol::Tcp, 80)).unwrap();
/// assert_eq!(flow.destination().pod(), Some(web));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow {
    source: End,
    destination: End,
    transport: Transport,
    connection: Connection,
    via_service: bool,
    stays_inside: bool,
}

impl Flow {
    /// The first packet of a connection between two ends.
    ///
    /// A pod is addressed in a family that the other end has too: the destination's primary one if the source has it,
    /// else the source's primary one (NP-027). A pod without addresses goes with any other end. To a loopback
    /// address goes what never leaves its source (MODEL-001).
    ///
    /// # Errors
    /// When a pod is not in the cluster, or the ends share no address family.
    pub fn new(
        cluster: &Cluster,
        source: Endpoint,
        destination: Endpoint,
        transport: Transport,
    ) -> Result<Self, FlowError> {
        let (source, destination, stays_inside) = without_loopback(source, destination);
        let from = Candidates::new(cluster, source)?;
        let to = Candidates::new(cluster, destination)?;
        let (source_address, destination_address) = match (from.primary(), to.primary()) {
            (Some(from_primary), Some(to_primary)) => {
                let wanted = from
                    .in_family_of(to_primary)
                    .map(|address| (address, to_primary))
                    .or_else(|| to.in_family_of(from_primary).map(|address| (from_primary, address)));
                let (from_address, to_address) = wanted.ok_or_else(|| FlowError::NoSharedFamily {
                    source_end: from.to_text(cluster),
                    destination: to.to_text(cluster),
                })?;
                (Some(from_address), Some(to_address))
            }
            // NP-026: without an address there is no family to agree on.
            (from_primary, to_primary) => (from_primary, to_primary),
        };
        Ok(Self {
            source: End { pod: from.pod(), address: source_address },
            destination: End { pod: to.pod(), address: destination_address },
            transport,
            connection: Connection::New,
            via_service: false,
            stays_inside,
        })
    }

    /// As [`Flow::new`], in one address family; pods without addresses go with any.
    ///
    /// # Errors
    /// When a pod is not in the cluster, or an end that has addresses has none of the family.
    pub fn in_family(
        cluster: &Cluster,
        source: Endpoint,
        destination: Endpoint,
        transport: Transport,
        family: AddressFamily,
    ) -> Result<Self, FlowError> {
        let from = Candidates::new(cluster, source)?;
        let to = Candidates::new(cluster, destination)?;
        let address_of = |end: &Candidates<'_>| match end.primary() {
            None => Ok(None),
            Some(_) => end.of_family(family).map(Some).ok_or_else(|| FlowError::NoSharedFamily {
                source_end: from.to_text(cluster),
                destination: to.to_text(cluster),
            }),
        };
        Ok(Self {
            source: End { pod: from.pod(), address: address_of(&from)? },
            destination: End { pod: to.pod(), address: address_of(&to)? },
            transport,
            connection: Connection::New,
            via_service: false,
            stays_inside: false,
        })
    }

    /// The first packet between two ends that suit one another.
    pub(crate) const fn between(source: End, destination: End, transport: Transport) -> Self {
        Self {
            source,
            destination,
            transport,
            connection: Connection::New,
            stays_inside: false,
            via_service: false,
        }
    }

    /// The same flow at another moment of its connection.
    #[must_use]
    pub const fn with_connection(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }

    /// The same flow, on its way by a service or not: its destination is the end that the service chose (CNP-014).
    #[must_use]
    pub const fn with_via_service(mut self, via_service: bool) -> Self {
        self.via_service = via_service;
        self
    }

    /// The same flow after a node has put its own address in place of the source's (SVC-013); nothing where nobody knows
    /// which address that is: such a source is outside to policies, and no `ipBlock` matches it.
    #[must_use]
    pub const fn with_rewritten_source(mut self, address: Option<IpAddr>) -> Self {
        self.source = End { pod: None, address };
        self
    }

    /// The same flow, carrying something else.
    #[must_use]
    pub const fn with_transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Where it comes from.
    #[must_use]
    pub const fn source(&self) -> End {
        self.source
    }

    /// Where it goes.
    #[must_use]
    pub const fn destination(&self) -> End {
        self.destination
    }

    /// What it carries.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// Where in its connection it stands.
    #[must_use]
    pub const fn connection(&self) -> Connection {
        self.connection
    }

    /// Whether it is between containers of one pod, which share its network (MODEL-001).
    #[must_use]
    pub const fn stays_inside(&self) -> bool {
        self.stays_inside
    }

    /// Whether a service chose the destination.
    #[must_use]
    pub const fn via_service(&self) -> bool {
        self.via_service
    }
}

/// MODEL-001: to a loopback address goes what stays where it is. From one nothing else comes, but what claims to is
/// taken for an address outside.
fn without_loopback(source: Endpoint, destination: Endpoint) -> (Endpoint, Endpoint, bool) {
    let is_loopback =
        |end: Endpoint| matches!(end, Endpoint::Address(address) if address.to_canonical().is_loopback());
    let stays = is_loopback(destination) && !is_loopback(source);
    (source, if stays { source } else { destination }, stays)
}

/// An end with the addresses that it could use.
enum Candidates<'a> {
    Address(IpAddr),
    Pod(PodId, &'a [IpAddr]),
}

impl<'a> Candidates<'a> {
    fn new(cluster: &'a Cluster, endpoint: Endpoint) -> Result<Self, FlowError> {
        match endpoint {
            Endpoint::Address(address) => Ok(Self::Address(address)),
            Endpoint::Pod(id) => match cluster.pod(id) {
                Some(pod) => Ok(Self::Pod(id, &pod.addresses)),
                None => Err(FlowError::UnknownPod(id.0)),
            },
        }
    }

    fn pod(&self) -> Option<PodId> {
        match self {
            Self::Address(_) => None,
            Self::Pod(id, _) => Some(*id),
        }
    }

    fn primary(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Pod(_, addresses) => addresses.first().copied(),
        }
    }

    fn in_family_of(&self, other: IpAddr) -> Option<IpAddr> {
        self.of_family(AddressFamily::of(other))
    }

    fn of_family(&self, family: AddressFamily) -> Option<IpAddr> {
        let same_family = |address: &IpAddr| AddressFamily::of(*address) == family;
        match self {
            Self::Address(address) => Some(*address).filter(same_family),
            Self::Pod(_, addresses) => addresses.iter().copied().find(same_family),
        }
    }

    fn to_text(&self, cluster: &Cluster) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Pod(id, _) => cluster.pod(*id).map(ToString::to_string).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{ClusterBuilder, Pod, PodIdentity};

    fn pod(name: &str, addresses: &[&str]) -> Pod {
        let mut pod = Pod::new("a", name);
        pod.addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        pod
    }

    #[test]
    fn np_027_ends_agree_on_a_family_and_prefer_the_destinations_primary_one() {
        let mut builder = ClusterBuilder::new();
        builder
            .pod(pod("v46", &["10.0.0.1", "fd00::1"]))
            .pod(pod("v64", &["fd00::2", "10.0.0.2"]))
            .pod(pod("v4", &["10.0.0.3"]))
            .pod(pod("v6", &["fd00::4"]))
            .pod(pod("none", &[]));
        let cluster = builder.build().unwrap();
        let end = |text: &str| match text.parse() {
            Ok(address) => Endpoint::Address(address),
            Err(_) => Endpoint::Pod(cluster.find_pod("a", &PodIdentity::Named(text.into())).unwrap()),
        };
        let cases = [
            ("v46", "v64", Some(("fd00::1", "fd00::2"))),
            ("v64", "v46", Some(("10.0.0.2", "10.0.0.1"))),
            ("v4", "v64", Some(("10.0.0.3", "10.0.0.2"))),
            ("v46", "v6", Some(("fd00::1", "fd00::4"))),
            ("v64", "192.0.2.1", Some(("10.0.0.2", "192.0.2.1"))),
            ("2001:db8::1", "v46", Some(("2001:db8::1", "fd00::1"))),
            ("none", "v64", Some(("-", "fd00::2"))),
            ("v64", "none", Some(("fd00::2", "-"))),
            ("v4", "v6", None),
            ("192.0.2.1", "v6", None),
        ];
        for (from, to, expected) in cases {
            let flow = Flow::new(&cluster, end(from), end(to), Transport::new(L4Protocol::Tcp, 80));
            let text = |end: End| end.address().map_or("-".to_string(), |address| address.to_string());
            let found = flow.ok().map(|flow| (text(flow.source()), text(flow.destination())));
            let expected = expected.map(|(from, to)| (from.to_string(), to.to_string()));
            assert_eq!(found, expected, "{from} → {to}");
        }
    }

    #[test]
    fn ends_without_a_family_in_common_are_named_in_the_error() {
        let mut builder = ClusterBuilder::new();
        builder.pod(pod("v4", &["10.0.0.3"]));
        let cluster = builder.build().unwrap();
        let to = Endpoint::Address("2001:db8::1".parse().unwrap());
        let tcp = Transport::new(L4Protocol::Tcp, 80);
        let error = Flow::new(&cluster, Endpoint::Pod(PodId(0)), to, tcp).unwrap_err();
        assert_eq!(error.to_string(), "`a/v4` and `2001:db8::1` share no address family");
        assert_eq!(Flow::new(&cluster, to, Endpoint::Pod(PodId(1)), tcp), Err(FlowError::UnknownPod(1)));
    }
}
