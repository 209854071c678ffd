//! The kinds of object that are read: what they are called, and permissive mirrors of what is read of each.
//!
//! A mirror keeps what the text says, wrong values included; whether an API server would hold it is decided when it
//! is lowered to the model.

mod endpoints;
mod meta;
mod metadata;
mod namespace;
mod network_policy;
mod node;
mod pod;
mod selector;
mod service;
mod tier_policy;
mod workload;

pub(crate) use endpoints::{Endpoint, EndpointPort, EndpointSlice, Endpoints, SubsetAddress, Target};
pub(crate) use meta::ObjectMeta;
pub(crate) use namespace::Namespace;
pub(crate) use network_policy::{IpBlock, NetworkPolicy, NetworkPolicySpec, Peer, Port, Rule};
pub(crate) use node::Node;
pub(crate) use pod::{Container, ContainerPort, Pod, PodSpec, PodStatus};
pub(crate) use selector::{LabelSelector, LabelSelectorRequirement};
pub(crate) use service::{Service, ServicePort, ServiceSpec, TOPOLOGY_HINTS, TOPOLOGY_MODE};
pub(crate) use tier_policy::TierPolicy;
pub(crate) use workload::Workload;

use alloc::boxed::Box;

use super::decode::{At, Context, Fields};
use crate::cluster::WorkloadKind;
use crate::policy::PolicyKind;

/// A label or annotation as the text has it.
pub(crate) type Entry = (At<alloc::string::String>, At<alloc::string::String>);

/// A kind that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    EndpointSlice,
    Endpoints,
    Namespace,
    NetworkPolicy,
    Node,
    Pod,
    Service,
    /// A policy of the cluster.
    Tier(PolicyKind),
    Workload(WorkloadKind),
}

impl Kind {
    pub(crate) const ALL: [Self; 16] = [
        Self::EndpointSlice,
        Self::Endpoints,
        Self::Namespace,
        Self::NetworkPolicy,
        Self::Node,
        Self::Pod,
        Self::Service,
        Self::Tier(PolicyKind::AdminNetworkPolicy),
        Self::Tier(PolicyKind::BaselineAdminNetworkPolicy),
        Self::Tier(PolicyKind::ClusterNetworkPolicy),
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
            Self::EndpointSlice => "EndpointSlice",
            Self::Endpoints => "Endpoints",
            Self::Namespace => "Namespace",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Service => "Service",
            Self::Tier(kind) => kind.as_str(),
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
            Self::Endpoints | Self::Namespace | Self::Node | Self::Pod | Self::Service => "v1",
            Self::EndpointSlice => "discovery.k8s.io/v1",
            Self::NetworkPolicy => "networking.k8s.io/v1",
            Self::Tier(PolicyKind::ClusterNetworkPolicy) => "policy.networking.k8s.io/v1alpha2",
            Self::Tier(_) => "policy.networking.k8s.io/v1alpha1",
            Self::Workload(WorkloadKind::CronJob | WorkloadKind::Job) => "batch/v1",
            Self::Workload(_) => "apps/v1",
        }
    }

    /// The versions under which older API servers served it.
    pub(crate) const fn gone_versions(self) -> &'static [&'static str] {
        match self {
            Self::EndpointSlice => &["discovery.k8s.io/v1alpha1", "discovery.k8s.io/v1beta1"],
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
            Self::Endpoints | Self::Namespace | Self::Node | Self::Pod | Self::Service | Self::Tier(_) => &[],
        }
    }

    /// Whether its objects live in namespaces.
    pub(crate) const fn is_namespaced(self) -> bool {
        !matches!(self, Self::Namespace | Self::Node | Self::Tier(_))
    }
}

/// An object as its text has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object {
    EndpointSlice(EndpointSlice),
    Endpoints(Endpoints),
    Namespace(Namespace),
    NetworkPolicy(NetworkPolicy),
    Node(Node),
    Pod(Box<Pod>),
    Service(Box<Service>),
    Tier(TierPolicy),
    Workload(Box<Workload>),
}

impl Object {
    /// Reads what is read of a kind.
    pub(crate) fn read(cx: &mut Context, kind: Kind, fields: &Fields<'_, '_>) -> Self {
        match kind {
            Kind::EndpointSlice => Self::EndpointSlice(EndpointSlice::read(cx, fields)),
            Kind::Endpoints => Self::Endpoints(Endpoints::read(cx, fields)),
            Kind::Namespace => Self::Namespace(Namespace::read(cx, fields)),
            Kind::NetworkPolicy => Self::NetworkPolicy(NetworkPolicy::read(cx, fields)),
            Kind::Node => Self::Node(Node::read(cx, fields)),
            Kind::Pod => Self::Pod(Box::new(Pod::read(cx, fields))),
            Kind::Service => Self::Service(Box::new(Service::read(cx, fields))),
            Kind::Tier(kind) => Self::Tier(TierPolicy::read(cx, kind, fields)),
            Kind::Workload(kind) => Self::Workload(Box::new(Workload::read(cx, kind, fields))),
        }
    }

    /// The object's metadata.
    pub(crate) fn meta(&self) -> &ObjectMeta {
        match self {
            Self::EndpointSlice(object) => &object.meta,
            Self::Endpoints(object) => &object.meta,
            Self::Namespace(object) => &object.meta,
            Self::NetworkPolicy(object) => &object.meta,
            Self::Node(object) => &object.meta,
            Self::Pod(object) => &object.meta,
            Self::Service(object) => &object.meta,
            Self::Tier(object) => &object.meta,
            Self::Workload(object) => &object.meta,
        }
    }
}
