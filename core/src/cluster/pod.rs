//! Pods: the endpoints that policies select.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use core::num::NonZeroU16;

use crate::label::Labels;
use crate::net::{L4Protocol, PortName};

/// A pod, or a workload that stands for its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// The namespace's name.
    pub namespace: String,
    /// The pod's own name, or the workload that it stands for.
    pub identity: PodIdentity,
    /// The labels.
    pub labels: Labels,
    /// The pod's addresses, primary first; at most one a family on a real cluster (NP-027), none before it is
    /// scheduled or when a workload stands for it (NP-026).
    pub addresses: Vec<IpAddr>,
    /// The addresses of the node that it runs on, as the pod's own status has them.
    pub host_addresses: Vec<IpAddr>,
    /// Whether the pod uses its node's network (NP-019).
    pub host_network: bool,
    /// The name of the node that it runs on.
    pub node: Option<String>,
    /// The name of the service account that it runs as; some plugins make a label of it (CAL-5, CIL-7).
    pub service_account: Option<String>,
    /// Where the pod is in its life (NP-025).
    pub phase: Phase,
    /// Whether it is ready to answer, as its status says; services send nothing to others (SVC-004).
    pub ready: bool,
    /// Whether its deletion has begun; such a pod still has its address (NP-025).
    pub terminating: bool,
    /// When it was created, in RFC 3339 as the API has it, so that texts compare as times.
    pub created: Option<String>,
    /// The ports of its containers.
    pub ports: Vec<ContainerPort>,
    /// The workload at the top of its owners, if any was loaded or named.
    pub workload: Option<Workload>,
}

impl Pod {
    /// A running pod with a name, and nothing else.
    #[must_use]
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            identity: PodIdentity::Named(name.into()),
            labels: Labels::new(),
            addresses: Vec::new(),
            host_addresses: Vec::new(),
            host_network: false,
            node: None,
            service_account: None,
            phase: Phase::Running,
            ready: true,
            terminating: false,
            created: None,
            ports: Vec::new(),
            workload: None,
        }
    }

    /// Whether the pod has ended for good: its address may be another pod's by now (NP-025).
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Failed | Phase::Succeeded)
    }
}

impl fmt::Display for Pod {
    /// `namespace/name`, or `namespace/kind/name` where a workload stands for its pods.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.identity)
    }
}

/// What a pod is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PodIdentity {
    /// A pod by its own name.
    Named(String),
    /// Any pod of a workload whose pods were not given.
    Template(Workload),
}

impl fmt::Display for PodIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Template(workload) => workload.fmt(f),
        }
    }
}

/// A workload by kind and name, in the namespace of its pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workload {
    /// The kind.
    pub kind: WorkloadKind,
    /// The name.
    pub name: String,
}

impl fmt::Display for Workload {
    /// `kind/name`, the kind in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// A kind of object that makes pods from a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WorkloadKind {
    /// `batch/v1` `CronJob`.
    CronJob,
    /// `apps/v1` `DaemonSet`.
    DaemonSet,
    /// `apps/v1` `Deployment`.
    Deployment,
    /// `batch/v1` `Job`.
    Job,
    /// `apps/v1` `ReplicaSet`.
    ReplicaSet,
    /// `apps/v1` `StatefulSet`.
    StatefulSet,
}

impl WorkloadKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::CronJob, Self::DaemonSet, Self::Deployment, Self::Job, Self::ReplicaSet, Self::StatefulSet];

    /// The kind in lower case, as in `shop/deployment/web`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CronJob => "cronjob",
            Self::DaemonSet => "daemonset",
            Self::Deployment => "deployment",
            Self::Job => "job",
            Self::ReplicaSet => "replicaset",
            Self::StatefulSet => "statefulset",
        }
    }
}

/// A pod's `status.phase` (NP-025).
///
/// Exhaustive on purpose: the API has these five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Ended, at least one container with a failure.
    Failed,
    /// Not all containers have started.
    Pending,
    /// At least one container runs.
    Running,
    /// Ended, all containers with success.
    Succeeded,
    /// The node does not answer.
    Unknown,
}

/// A port that a container declares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerPort {
    /// The port's name.
    pub name: Option<PortName>,
    /// The protocol.
    pub protocol: L4Protocol,
    /// The number.
    pub port: NonZeroU16,
    /// What kind of container declares it (NP-028).
    pub container: ContainerKind,
}

/// What part a container plays in its pod (NP-028).
///
/// Exhaustive on purpose: the API has these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerKind {
    /// An init container that ends before the regular ones start.
    Init,
    /// A container of `spec.containers`.
    Regular,
    /// An init container that restarts always, hence runs beside the regular ones.
    Sidecar,
}
