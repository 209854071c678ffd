//! The network model: namespaces, pods, nodes and services, and which addresses they have.
//!
//! [`ClusterBuilder`] checks and numbers the objects of a [`Cluster`]. Ids of a cluster that was built at once follow the
//! sorted order of names, so that the same objects always make the same cluster, whatever order they came in; objects that
//! are put later take free ids, and an id stays while its object lives.

mod builder;
mod node;
mod pod;
mod service;
mod update;

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::BuildHasher;
use core::net::IpAddr;

use hashbrown::DefaultHashBuilder;

pub use builder::{ClusterBuilder, ClusterError};
pub use node::Node;
pub use pod::{ContainerKind, ContainerPort, Phase, Pod, PodIdentity, Workload, WorkloadKind};
pub use service::{
    AddressFamily, EndpointPort, EndpointSlice, EndpointState, EndpointSubset, Service, ServiceKind,
    ServicePort, SliceEndpoint, SliceKind, TargetPort, TrafficPolicy,
};

use crate::label::Labels;
use crate::net::DomainName;
use crate::slab::{Named, Slab};
use crate::sorted::SortedMap;

/// The number of a namespace in its cluster, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespaceId(pub u32);

/// The number of a pod in its cluster, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodId(pub u32);

/// The number of a node in its cluster, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// The number of a service in its cluster, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u32);

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The name.
    pub name: String,
    /// The labels; in a built cluster `kubernetes.io/metadata.name` is always there and equals the name (NP-013).
    pub labels: Labels,
    /// Whether an object declared it; a namespace that is only mentioned exists all the same, with the one label.
    pub declared: bool,
}

/// Namespaces, pods, nodes and services at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    namespaces: Slab<Namespace>,
    counts: Counts,
    pods: Slab<PodPlace>,
    nodes: Slab<Node>,
    services: Slab<Service>,
    slices: Slab<EndpointSlice>,
    resolved: SortedMap<DomainName, Vec<IpAddr>>,
}

impl Cluster {
    /// The namespaces, sorted by name, with their ids.
    pub fn namespaces(&self) -> impl Iterator<Item = (NamespaceId, &Namespace)> {
        self.namespaces.iter().map(|(id, namespace)| (NamespaceId(id), namespace))
    }

    /// The pods, sorted by namespace and name, with their ids.
    pub fn pods(&self) -> impl Iterator<Item = (PodId, &Pod)> {
        self.pods.iter().map(|(id, place)| (PodId(id), &place.pod))
    }

    /// The nodes, sorted by name, with their ids.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().map(|(id, node)| (NodeId(id), node))
    }

    /// The services, sorted by namespace and name, with their ids.
    pub fn services(&self) -> impl Iterator<Item = (ServiceId, &Service)> {
        self.services.iter().map(|(id, service)| (ServiceId(id), service))
    }

    /// The objects that list endpoints, sorted by namespace, name and kind.
    pub fn slices(&self) -> impl Iterator<Item = &EndpointSlice> {
        self.slices.iter().map(|(_, slice)| slice)
    }

    /// The domain names that were resolved, sorted, with the addresses that they are known to have (CNP-012).
    pub fn resolved(&self) -> impl Iterator<Item = (&DomainName, &[IpAddr])> {
        self.resolved.iter().map(|(name, addresses)| (name, addresses.as_slice()))
    }

    /// The addresses that a domain name is known to have; none where it was not resolved.
    #[must_use]
    pub fn resolved_name(&self, name: &DomainName) -> &[IpAddr] {
        self.resolved.get(name).map_or(&[], Vec::as_slice)
    }

    /// The cluster, with addresses that domain names are known to have; none where a name is to be forgotten (CNP-012).
    ///
    /// For clusters that were read from manifests, which cannot say it.
    #[must_use]
    pub fn with_resolved(mut self, resolved: impl IntoIterator<Item = (DomainName, Vec<IpAddr>)>) -> Self {
        for (name, addresses) in resolved {
            self.put_resolved(name, addresses);
        }
        self
    }

    /// A namespace by its id.
    #[must_use]
    pub fn namespace(&self, id: NamespaceId) -> Option<&Namespace> {
        self.namespaces.get(id.0)
    }

    /// A pod by its id.
    #[must_use]
    pub fn pod(&self, id: PodId) -> Option<&Pod> {
        self.pods.get(id.0).map(|place| &place.pod)
    }

    /// A node by its id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// A service by its id.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(id.0)
    }

    /// The id of the namespace that a pod is in.
    #[must_use]
    pub fn namespace_id_of(&self, pod: PodId) -> Option<NamespaceId> {
        self.pods.get(pod.0).map(|place| place.namespace)
    }

    /// The namespace that a pod is in.
    #[must_use]
    pub fn namespace_of(&self, pod: PodId) -> Option<&Namespace> {
        self.namespace(self.namespace_id_of(pod)?)
    }

    /// Finds a namespace by name.
    ///
    /// # Complexity
    /// One look-up by hash.
    #[must_use]
    pub fn find_namespace(&self, name: &str) -> Option<NamespaceId> {
        self.namespaces.find(name, |namespace| namespace.name == name).map(NamespaceId)
    }

    /// Finds a pod by namespace and identity.
    ///
    /// # Complexity
    /// One look-up by hash.
    #[must_use]
    pub fn find_pod(&self, namespace: &str, identity: &PodIdentity) -> Option<PodId> {
        let is_it = |place: &PodPlace| place.pod.namespace == namespace && place.pod.identity == *identity;
        self.pods.find((namespace, identity), is_it).map(PodId)
    }

    /// Finds a node by name.
    ///
    /// # Complexity
    /// One look-up by hash.
    #[must_use]
    pub fn find_node(&self, name: &str) -> Option<NodeId> {
        self.nodes.find(name, |node| node.name == name).map(NodeId)
    }

    /// Finds a service by namespace and name.
    ///
    /// # Complexity
    /// One look-up by hash.
    #[must_use]
    pub fn find_service(&self, namespace: &str, name: &str) -> Option<ServiceId> {
        let is_it = |service: &Service| service.namespace == namespace && service.name == name;
        self.services.find((namespace, name), is_it).map(ServiceId)
    }

    /// Finds an object that lists endpoints.
    ///
    /// # Complexity
    /// One look-up by hash.
    #[must_use]
    pub fn find_slice(&self, kind: SliceKind, namespace: &str, name: &str) -> Option<&EndpointSlice> {
        self.slices.get(self.find_slice_place(kind, namespace, name)?)
    }

    fn find_slice_place(&self, kind: SliceKind, namespace: &str, name: &str) -> Option<u32> {
        let is_it =
            |slice: &EndpointSlice| slice.kind == kind && slice.namespace == namespace && slice.name == name;
        self.slices.find((namespace, name, kind), is_it)
    }

    /// One more than the highest id of a pod.
    pub(crate) fn pod_bound(&self) -> usize {
        self.pods.bound()
    }
}

/// How many pods, services and lists of endpoints are in each namespace, by its number. They change with every object;
/// the namespaces themselves do not, so that copies of a cluster go on sharing them.
#[derive(Clone, Debug, Default)]
struct Counts(Vec<u32>);

/// A pod in its place.
#[derive(Clone, Debug)]
struct PodPlace {
    pod: Pod,
    namespace: NamespaceId,
}

// Numbers of places are no part of what an object is.
impl PartialEq for Counts {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Counts {}

impl PartialEq for PodPlace {
    fn eq(&self, other: &Self) -> bool {
        self.pod == other.pod
    }
}

impl Eq for PodPlace {}

impl Named for Namespace {
    fn compare(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one(self.name.as_str())
    }
}

impl Named for PodPlace {
    fn compare(&self, other: &Self) -> Ordering {
        let namespaces = self.pod.namespace.cmp(&other.pod.namespace);
        namespaces.then_with(|| self.pod.identity.cmp(&other.pod.identity))
    }

    fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one((self.pod.namespace.as_str(), &self.pod.identity))
    }
}

impl Named for Node {
    fn compare(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }

    fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one(self.name.as_str())
    }
}

impl Named for Service {
    fn compare(&self, other: &Self) -> Ordering {
        (&self.namespace, &self.name).cmp(&(&other.namespace, &other.name))
    }

    fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one((self.namespace.as_str(), self.name.as_str()))
    }
}

impl Named for EndpointSlice {
    fn compare(&self, other: &Self) -> Ordering {
        (&self.namespace, &self.name, self.kind).cmp(&(&other.namespace, &other.name, other.kind))
    }

    fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one((self.namespace.as_str(), self.name.as_str(), self.kind))
    }
}
