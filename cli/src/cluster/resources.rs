//! The resources that are read from a cluster.

use kube::core::{ApiResource, GroupVersionKind};

/// Whether a cluster can be without a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// Each API server serves it.
    Always,
    /// It comes with a custom resource definition, so a server that does not know it has none.
    WhenInstalled,
}

/// One resource of the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource {
    pub(super) group: &'static str,
    version: &'static str,
    kind: &'static str,
    pub(super) plural: &'static str,
    pub(super) presence: Presence,
}

impl Resource {
    const fn of(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
    ) -> Self {
        Self { group, version, kind, plural, presence: Presence::Always }
    }

    const fn when_installed(version: &'static str, kind: &'static str, plural: &'static str) -> Self {
        Self { group: "policy.networking.k8s.io", version, kind, plural, presence: Presence::WhenInstalled }
    }

    pub(super) fn api(&self) -> ApiResource {
        let kind = GroupVersionKind::gvk(self.group, self.version, self.kind);
        ApiResource::from_gvk_with_plural(&kind, self.plural)
    }

    /// The name by which rules of access know it: `networkpolicies.networking.k8s.io`.
    pub(super) fn full_name(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

/// All that decisions depend on, and the owners by which pods are named.
pub(super) const RESOURCES: [Resource; 16] = [
    Resource::of("", "v1", "Namespace", "namespaces"),
    Resource::of("", "v1", "Node", "nodes"),
    Resource::of("", "v1", "Pod", "pods"),
    Resource::of("", "v1", "Service", "services"),
    Resource::of("", "v1", "Endpoints", "endpoints"),
    Resource::of("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    Resource::of("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    Resource::of("apps", "v1", "Deployment", "deployments"),
    Resource::of("apps", "v1", "ReplicaSet", "replicasets"),
    Resource::of("apps", "v1", "StatefulSet", "statefulsets"),
    Resource::of("apps", "v1", "DaemonSet", "daemonsets"),
    Resource::of("batch", "v1", "Job", "jobs"),
    Resource::of("batch", "v1", "CronJob", "cronjobs"),
    Resource::when_installed("v1alpha2", "ClusterNetworkPolicy", "clusternetworkpolicies"),
    Resource::when_installed("v1alpha1", "AdminNetworkPolicy", "adminnetworkpolicies"),
    Resource::when_installed("v1alpha1", "BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies"),
];
