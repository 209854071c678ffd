//! The network model: namespaces, pods and nodes, and which addresses they have.
//!
//! A [`Cluster`] is immutable; [`ClusterBuilder`] checks and numbers its objects. Ids are dense and follow the sorted
//! order of names, so that the same objects always make the same cluster, whatever order they came in.

mod builder;
mod node;
mod pod;

use alloc::string::String;
use alloc::vec::Vec;

pub use builder::{ClusterBuilder, ClusterError};
pub use node::Node;
pub use pod::{ContainerKind, ContainerPort, Phase, Pod, PodIdentity, Workload, WorkloadKind};

use crate::label::Labels;

/// The number of a namespace in its cluster, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespaceId(pub u32);

/// The number of a pod in its cluster, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodId(pub u32);

/// The number of a node in its cluster, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

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

/// Namespaces, pods and nodes at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    namespaces: Vec<Namespace>,
    pods: Vec<Pod>,
    pod_namespaces: Vec<NamespaceId>,
    nodes: Vec<Node>,
}

impl Cluster {
    /// The namespaces, sorted by name, with their ids.
    pub fn namespaces(&self) -> impl Iterator<Item = (NamespaceId, &Namespace)> {
        (0..).map(NamespaceId).zip(&self.namespaces)
    }

    /// The pods, sorted by namespace and name, with their ids.
    pub fn pods(&self) -> impl Iterator<Item = (PodId, &Pod)> {
        (0..).map(PodId).zip(&self.pods)
    }

    /// The nodes, sorted by name, with their ids.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..).map(NodeId).zip(&self.nodes)
    }

    /// A namespace by its id.
    #[must_use]
    pub fn namespace(&self, id: NamespaceId) -> Option<&Namespace> {
        self.namespaces.get(usize::try_from(id.0).ok()?)
    }

    /// A pod by its id.
    #[must_use]
    pub fn pod(&self, id: PodId) -> Option<&Pod> {
        self.pods.get(usize::try_from(id.0).ok()?)
    }

    /// A node by its id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(id.0).ok()?)
    }

    /// The id of the namespace that a pod is in.
    #[must_use]
    pub fn namespace_id_of(&self, pod: PodId) -> Option<NamespaceId> {
        self.pod_namespaces.get(usize::try_from(pod.0).ok()?).copied()
    }

    /// The namespace that a pod is in.
    #[must_use]
    pub fn namespace_of(&self, pod: PodId) -> Option<&Namespace> {
        self.namespace(self.namespace_id_of(pod)?)
    }

    /// Finds a namespace by name.
    ///
    /// # Complexity
    /// Logarithmic in the number of namespaces.
    #[must_use]
    pub fn find_namespace(&self, name: &str) -> Option<NamespaceId> {
        let index = self.namespaces.binary_search_by(|namespace| namespace.name.as_str().cmp(name)).ok()?;
        u32::try_from(index).ok().map(NamespaceId)
    }

    /// Finds a pod by namespace and identity.
    ///
    /// # Complexity
    /// Logarithmic in the number of pods.
    #[must_use]
    pub fn find_pod(&self, namespace: &str, identity: &PodIdentity) -> Option<PodId> {
        let key = |pod: &Pod| pod.namespace.as_str().cmp(namespace).then_with(|| pod.identity.cmp(identity));
        let index = self.pods.binary_search_by(key).ok()?;
        u32::try_from(index).ok().map(PodId)
    }

    /// Finds a node by name.
    ///
    /// # Complexity
    /// Logarithmic in the number of nodes.
    #[must_use]
    pub fn find_node(&self, name: &str) -> Option<NodeId> {
        let index = self.nodes.binary_search_by(|node| node.name.as_str().cmp(name)).ok()?;
        u32::try_from(index).ok().map(NodeId)
    }
}
