//! One generator of clusters, policies, options and flows from bytes, for property tests, fuzzing and benches.
//!
//! Everything here is deterministic and total: any bytes make a world, the same bytes make the same one. Names, labels,
//! addresses and ports come from small pools, so that selectors overlap, ranges touch and addresses collide; flows aim
//! at the edges of the rules that are there. Generators are part of the product's proof, hence their quality has
//! bounds of its own in the tests.

mod bytes;
mod case;
mod cluster;
mod flow;
mod objects;
mod options;
mod policy;
mod services;
mod shrink;
mod tier_objects;
mod tiers;
mod vocabulary;

use alloc::vec::Vec;
use core::net::IpAddr;

pub use bytes::{Bytes, expand};
pub use case::{Case, Probe, ProbeEnd};
pub use objects::{case_to_yaml, to_objects};
pub use services::{calls, services};
pub use shrink::shrink;

use crate::cluster::{Cluster, ClusterBuilder, ClusterError, Namespace, Node, Pod};
use crate::flow::Flow;
use crate::net::DomainName;
use crate::options::Options;
use crate::policy::{Policy, PolicySet, PolicySetError};
use vocabulary::Vocabulary;

/// What a world may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Whatever the model can hold, with any options.
    Model,
    /// What an API server stores and manifests say, with any options.
    Tiered,
    /// As [`Scope::Tiered`], without policies of the cluster.
    V1Valid,
    /// What the outside oracle (kube-network-policies' evaluator) decides by the specification, with the options that
    /// describe it; where the domain is narrower than `V1Valid`, the line that narrows it says why.
    Oracle,
}

/// The objects of a cluster and the options, before they are numbered: made to be edited, by laws and by shrinking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// The namespaces that objects declare; others are only mentioned.
    pub namespaces: Vec<Namespace>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The pods.
    pub pods: Vec<Pod>,
    /// The policies.
    pub policies: Vec<Policy>,
    /// The domain names that were resolved.
    pub resolved: Vec<(DomainName, Vec<IpAddr>)>,
    /// The options.
    pub options: Options,
}

impl World {
    /// Generates a world; its names are all distinct.
    #[must_use]
    pub fn generate(bytes: &mut Bytes<'_>, scope: Scope) -> Self {
        let words = Vocabulary::new();
        let options = options::generate(bytes, scope);
        let namespaces = cluster::namespaces(bytes, &words);
        let nodes = cluster::nodes(bytes, &words);
        let pods = cluster::pods(bytes, &words, &nodes, scope);
        let mut policies = policy::generate(bytes, &words, &pods, &nodes, scope);
        let mut resolved = Vec::new();
        if matches!(scope, Scope::Model | Scope::Tiered) {
            let draw = policy::Draw::new(&words, &pods, &nodes, scope);
            policies.extend(tiers::generate(bytes, &draw));
            resolved = tiers::resolved(bytes, &pods);
        }
        Self { namespaces, nodes, pods, policies, resolved, options }
    }

    /// The cluster of these objects; namespaces of policies are part of it.
    ///
    /// # Errors
    /// As [`ClusterBuilder::build`]: names given twice.
    pub fn cluster(&self) -> Result<Cluster, Vec<ClusterError>> {
        let mut builder = ClusterBuilder::new();
        for namespace in &self.namespaces {
            builder.namespace(namespace.name.clone(), namespace.labels.clone());
        }
        for node in &self.nodes {
            builder.node(node.clone());
        }
        for pod in &self.pods {
            builder.pod(pod.clone());
        }
        for (name, addresses) in &self.resolved {
            builder.resolved(name.clone(), addresses.iter().copied());
        }
        let namespaced = self.policies.iter().filter(|policy| policy.rank.kind().is_namespaced());
        for policy in namespaced {
            builder.mention_namespace(policy.namespace.clone());
        }
        builder.build()
    }

    /// The policies, sorted and numbered.
    ///
    /// # Errors
    /// As [`PolicySet::new`]: names given twice.
    pub fn policy_set(&self) -> Result<PolicySet, Vec<PolicySetError>> {
        PolicySet::new(self.policies.iter().cloned())
    }
}

/// Flows in a cluster, most of them at its policies' edges; at most `count`.
#[must_use]
pub fn flows(
    bytes: &mut Bytes<'_>,
    cluster: &Cluster,
    policies: &PolicySet,
    scope: Scope,
    count: usize,
) -> Vec<Flow> {
    flow::generate(bytes, cluster, policies, scope, count)
}

#[cfg(test)]
mod tests;
