//! A case: a world, numbered, and flows to ask about; and probes, which name the ends of a flow instead of numbering
//! them, so that they outlive edits of the world.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};

use super::{Bytes, Scope, World, expand, flow};
use crate::cluster::{Cluster, PodIdentity};
use crate::flow::{Connection, End, Endpoint, Flow, Transport};
use crate::policy::PolicySet;

/// Bytes that a world uses at most, as a seed expands to them.
const WORLD_BYTES: usize = 4096;
/// Bytes that a flow uses at most, with the attempts that fail.
const FLOW_BYTES: usize = 48;

/// A generated world with flows to decide.
///
/// ```
/// use portcullis::generate::{Case, Scope};
///
/// let case = Case::from_seed(1, Scope::V1Valid, 100);
/// assert_eq!(case.flows, Case::from_seed(1, Scope::V1Valid, 100).flows);
/// ```
#[derive(Clone, Debug)]
pub struct Case {
    /// The objects and options.
    pub world: World,
    /// The cluster of the objects.
    pub cluster: Cluster,
    /// The policies of the objects.
    pub policies: PolicySet,
    /// Flows between the cluster's ends.
    pub flows: Vec<Flow>,
}

impl Case {
    /// A case from bytes, with at most `flows` flows.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], scope: Scope, flows: usize) -> Self {
        let mut bytes = Bytes::new(bytes);
        let world = World::generate(&mut bytes, scope);
        // Generated names are distinct, so nothing is refused here; a test holds that.
        let cluster = world.cluster().unwrap_or_default();
        let policies = world.policy_set().unwrap_or_default();
        let flows = flow::generate(&mut bytes, &cluster, &policies, scope, flows);
        Self { world, cluster, policies, flows }
    }

    /// A case from a seed, with about `flows` flows.
    #[must_use]
    pub fn from_seed(seed: u64, scope: Scope, flows: usize) -> Self {
        let count = flows.saturating_mul(FLOW_BYTES).saturating_add(WORLD_BYTES);
        Self::from_bytes(&expand(seed, count), scope, flows)
    }
}

/// A flow by the names of its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Where it comes from.
    pub from: ProbeEnd,
    /// Where it goes.
    pub to: ProbeEnd,
    /// What it carries.
    pub transport: Transport,
    /// Where in its connection it stands.
    pub connection: Connection,
    /// Whether a service chose the destination.
    pub via_service: bool,
}

/// An end of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeEnd {
    /// An address.
    Address(IpAddr),
    /// A pod by namespace and identity.
    Pod(String, PodIdentity),
}

impl Probe {
    /// The probe that asks what a flow asks; nothing when the flow is of another cluster.
    #[must_use]
    pub fn new(cluster: &Cluster, flow: &Flow) -> Option<Self> {
        let end = |end: End| match (end.pod(), end.address()) {
            (Some(id), _) => {
                cluster.pod(id).map(|pod| ProbeEnd::Pod(pod.namespace.clone(), pod.identity.clone()))
            }
            (None, address) => address.map(ProbeEnd::Address),
        };
        Some(Self {
            from: end(flow.source())?,
            // MODEL-001: what never leaves its source is asked by a loopback address.
            to: if flow.stays_inside() {
                ProbeEnd::Address(IpAddr::V4(Ipv4Addr::LOCALHOST))
            } else {
                end(flow.destination())?
            },
            transport: flow.transport(),
            connection: flow.connection(),
            via_service: flow.via_service(),
        })
    }

    /// The flow in a cluster; nothing when a pod is gone or the ends share no address family any more.
    #[must_use]
    pub fn flow(&self, cluster: &Cluster) -> Option<Flow> {
        let end = |end: &ProbeEnd| match end {
            ProbeEnd::Address(address) => Some(Endpoint::Address(*address)),
            ProbeEnd::Pod(namespace, identity) => cluster.find_pod(namespace, identity).map(Endpoint::Pod),
        };
        let flow = Flow::new(cluster, end(&self.from)?, end(&self.to)?, self.transport).ok()?;
        Some(flow.with_connection(self.connection).with_via_service(self.via_service))
    }
}

impl fmt::Display for ProbeEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Pod(namespace, identity) => write!(f, "{namespace}/{identity}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_finds_its_flow_again() {
        for seed in 0..50 {
            let case = Case::from_seed(seed, Scope::Model, 40);
            for flow in &case.flows {
                let probe = Probe::new(&case.cluster, flow).unwrap();
                assert_eq!(probe.flow(&case.cluster), Some(*flow), "{} → {}", probe.from, probe.to);
            }
        }
    }

    #[test]
    fn a_seed_gives_nearly_as_many_flows_as_asked_for() {
        let found: usize = (0..100).map(|seed| Case::from_seed(seed, Scope::V1Valid, 100).flows.len()).sum();
        assert!(found > 9_500, "{found} of 10000");
    }
}
