//! The kinds of object that are read: what they are called, and permissive mirrors of what is read of each.
//!
//! A mirror keeps what the text says, wrong values included; whether an API server would hold it is decided when it
//! is lowered to the model.

mod meta;
mod metadata;
mod namespace;
mod network_policy;
mod node;
mod pod;
mod selector;
mod workload;

pub(crate) use meta::ObjectMeta;
pub(crate) use namespace::Namespace;
pub(crate) use network_policy::{IpBlock, NetworkPolicy, NetworkPolicySpec, Peer, Port, Rule};
pub(crate) use node::Node;
pub(crate) use pod::{Container, ContainerPort, Pod, PodSpec, PodStatus};
pub(crate) use selector::{LabelSelector, LabelSelectorRequirement};
pub(crate) use workload::Workload;

use super::decode::{At, Context, Fields};
use crate::cluster::WorkloadKind;

/// A label or annotation as the text has it.
pub(crate) type Entry = (At<alloc::string::String>, At<alloc::string::String>);

/// A kind that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Workload(WorkloadKind),
}

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Namespace,
        Self::NetworkPolicy,
        Self::Node,
        Self::Pod,
        Self::Workload(WorkloadKind::CronJob),
        Self::Workload(WorkloadKind::DaemonSet),
        Self::Workload(WorkloadKind::Deployment),
        Self::Workload(WorkloadKind::Job),
        Self::Workload(WorkloadKind::ReplicaSet),
        Self::Workload(WorkloadKind::StatefulSet),
    ];

    /// The kind's name, as `kind` has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Workload(WorkloadKind::CronJob) => "CronJob",
            Self::Workload(WorkloadKind::DaemonSet) => "DaemonSet",
            Self::Workload(WorkloadKind::Deployment) => "Deployment",
            Self::Workload(WorkloadKind::Job) => "Job",
            Self::Workload(WorkloadKind::ReplicaSet) => "ReplicaSet",
            Self::Workload(WorkloadKind::StatefulSet) => "StatefulSet",
        }
    }

    /// The one `apiVersion` under which API servers serve it today.
    pub(crate) const fn api_version(self) -> &'static str {
        match self {
            Self::Namespace | Self::Node | Self::Pod => "v1",
            Self::NetworkPolicy => "networking.k8s.io/v1",
            Self::Workload(WorkloadKind::CronJob | WorkloadKind::Job) => "batch/v1",
            Self::Workload(_) => "apps/v1",
        }
    }

    /// The versions under which older API servers served it.
    pub(crate) const fn gone_versions(self) -> &'static [&'static str] {
        match self {
            Self::NetworkPolicy => &["extensions/v1beta1"],
            Self::Workload(WorkloadKind::CronJob) => &["batch/v1beta1", "batch/v2alpha1"],
            Self::Workload(WorkloadKind::DaemonSet | WorkloadKind::ReplicaSet) => {
                &["apps/v1beta2", "extensions/v1beta1"]
            }
            Self::Workload(WorkloadKind::Deployment) => {
                &["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"]
            }
            Self::Workload(WorkloadKind::Job) => &["extensions/v1beta1"],
            Self::Workload(WorkloadKind::StatefulSet) => &["apps/v1beta1", "apps/v1beta2"],
            Self::Namespace | Self::Node | Self::Pod => &[],
        }
    }

    /// Whether its objects live in namespaces.
    pub(crate) const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::Node)
    }
}

/// An object as its text has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object {
    Namespace(Namespace),
    NetworkPolicy(NetworkPolicy),
    Node(Node),
    Pod(Pod),
    Workload(Workload),
}

impl Object {
    /// Reads what is read of a kind.
    pub(crate) fn read(cx: &mut Context, kind: Kind, fields: &Fields<'_, '_>) -> Self {
        match kind {
            Kind::Namespace => Self::Namespace(Namespace::read(cx, fields)),
            Kind::NetworkPolicy => Self::NetworkPolicy(NetworkPolicy::read(cx, fields)),
            Kind::Node => Self::Node(Node::read(cx, fields)),
            Kind::Pod => Self::Pod(Pod::read(cx, fields)),
            Kind::Workload(kind) => Self::Workload(Workload::read(cx, kind, fields)),
        }
    }

    /// The object's metadata.
    pub(crate) fn meta(&self) -> &ObjectMeta {
        match self {
            Self::Namespace(object) => &object.meta,
            Self::NetworkPolicy(object) => &object.meta,
            Self::Node(object) => &object.meta,
            Self::Pod(object) => &object.meta,
            Self::Workload(object) => &object.meta,
        }
    }
}
