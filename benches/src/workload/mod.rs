//! Workloads: clusters and policies as model values, and traffic over them, from a seed.
//!
//! `synthetic` makes the clusters S to XL that every goal speaks of, `policies` their policies and `blocks` the lists
//! of CIDRs in them, `tiers` the policies of the cluster above and below them; `field` the loads that other projects publish, `adversarial` those that hurt this structure most;
//! `traffic` flows over any of them. `deployments` writes manifests for the comparison of analyzers.

mod adversarial;
mod blocks;
mod deployments;
mod field;
mod labels;
mod policies;
mod synthetic;
mod tiers;
mod traffic;

use portcullis::cluster::Cluster;
use portcullis::policy::PolicySet;

pub use adversarial::{many_policies, own_policy_each};
pub use deployments::deployments;
pub use field::{
    all_to_all, calico_production, churn, cidr_deny_list, many_namespaces, nested_cidrs,
    policies_per_namespace,
};
pub use synthetic::{Size, synthetic};
pub use tiers::{Breadth, with_cluster_policies};
pub use traffic::{Traffic, TrafficKind, address, l4, transport};

/// A cluster with its policies.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it is called in tables.
    pub name: String,
    /// The cluster.
    pub cluster: Cluster,
    /// The policies.
    pub policies: PolicySet,
}

/// The address families of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
    /// Both, with IPv4 first.
    Dual,
}

impl Family {
    /// Whether pods have IPv4 addresses.
    #[must_use]
    pub fn has_v4(self) -> bool {
        self != Self::V6
    }

    /// Whether pods have IPv6 addresses.
    #[must_use]
    pub fn has_v6(self) -> bool {
        self != Self::V4
    }
}
