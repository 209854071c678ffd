//! From one cluster and set of policies to another: the deltas that lead there.

use alloc::vec::Vec;

use crate::cluster::Cluster;
use crate::delta::Delta;
use crate::engine::Engine;
use crate::policy::PolicySet;

impl Engine {
    /// The deltas that make this engine's objects those of another cluster and set of policies: what is too many is
    /// removed first, then what is missing or differs is put.
    ///
    /// For those who are told states and not changes. Nothing comes out where nothing differs.
    ///
    /// ```
    /// use portcullis::cluster::{ClusterBuilder, Pod};
    /// use portcullis::policy::PolicySet;
    /// use portcullis::{Engine, Options};
    ///
    /// let build = |pods: &[&str]| {
    ///     let mut builder = ClusterBuilder::new();
    ///     pods.iter().for_each(|name| {
    ///         builder.pod(Pod::new("shop", *name));
    ///     });
    ///     builder.build().unwrap()
    /// };
    /// let policies = PolicySet::default();
    /// let mut engine = Engine::new(build(&["web", "old"]), policies.clone(), Options::default());
    /// let wanted = build(&["web", "new"]);
    /// let deltas = engine.deltas_to(&wanted, &policies);
    /// assert_eq!(deltas.len(), 2);
    /// engine.apply_all(deltas).unwrap();
    /// assert!(engine.deltas_to(&wanted, &policies).is_empty());
    /// ```
    ///
    /// # Complexity
    /// Linear in the objects of both, with a look-up by name for each.
    #[must_use]
    pub fn deltas_to(&self, cluster: &Cluster, policies: &PolicySet) -> Vec<Delta> {
        let mut deltas = Vec::new();
        self.remove_what_is_not_in(cluster, policies, &mut deltas);
        put_what_differs((self.cluster(), self.policies()), cluster, policies, &mut deltas);
        deltas
    }

    fn remove_what_is_not_in(&self, cluster: &Cluster, policies: &PolicySet, deltas: &mut Vec<Delta>) {
        for (_, pod) in self.cluster().pods() {
            if cluster.find_pod(&pod.namespace, &pod.identity).is_none() {
                let (namespace, identity) = (pod.namespace.clone(), pod.identity.clone());
                deltas.push(Delta::RemovePod { namespace, identity });
            }
        }
        for (_, policy) in self.policies().policies() {
            let kind = policy.rank.kind();
            if policies.find(kind, &policy.namespace, &policy.name).is_none() {
                let (namespace, name) = (policy.namespace.clone(), policy.name.clone());
                deltas.push(Delta::RemovePolicy { kind, namespace, name });
            }
        }
        for (_, service) in self.cluster().services() {
            if cluster.find_service(&service.namespace, &service.name).is_none() {
                let (namespace, name) = (service.namespace.clone(), service.name.clone());
                deltas.push(Delta::RemoveService { namespace, name });
            }
        }
        for slice in self.cluster().slices() {
            if cluster.find_slice(slice.kind, &slice.namespace, &slice.name).is_none() {
                let (namespace, name) = (slice.namespace.clone(), slice.name.clone());
                deltas.push(Delta::RemoveSlice { kind: slice.kind, namespace, name });
            }
        }
        for (_, namespace) in self.cluster().namespaces().filter(|(_, namespace)| namespace.declared) {
            let wanted = cluster.find_namespace(&namespace.name).and_then(|id| cluster.namespace(id));
            if wanted.is_none_or(|wanted| !wanted.declared) {
                deltas.push(Delta::RemoveNamespace { name: namespace.name.clone() });
            }
        }
        for (_, node) in self.cluster().nodes() {
            if cluster.find_node(&node.name).is_none() {
                deltas.push(Delta::RemoveNode { name: node.name.clone() });
            }
        }
        for (name, _) in self.cluster().resolved() {
            if cluster.resolved_name(name).is_empty() {
                deltas.push(Delta::Resolved { name: name.clone(), addresses: Vec::new() });
            }
        }
    }
}

impl Delta {
    /// The deltas that put all objects of a cluster and set of policies, whatever is there: declared namespaces, nodes,
    /// policies, services, lists of endpoints, pods, and what domain names resolve to.
    ///
    /// For those who are told of some objects and not of the others.
    ///
    /// ```
    /// use portcullis::Delta;
    /// use portcullis::cluster::{ClusterBuilder, Pod};
    /// use portcullis::policy::PolicySet;
    ///
    /// let mut builder = ClusterBuilder::new();
    /// builder.pod(Pod::new("shop", "web"));
    /// let deltas = Delta::puts(&builder.build().unwrap(), &PolicySet::default());
    /// assert_eq!(deltas, [Delta::PutPod(Pod::new("shop", "web"))]);
    /// ```
    ///
    /// # Complexity
    /// Linear in the objects.
    #[must_use]
    pub fn puts(cluster: &Cluster, policies: &PolicySet) -> Vec<Self> {
        let mut deltas = Vec::new();
        let nothing = (&Cluster::default(), &PolicySet::default());
        put_what_differs(nothing, cluster, policies, &mut deltas);
        deltas
    }
}

/// Puts what is missing from what there is, or differs there.
fn put_what_differs(
    (now, set): (&Cluster, &PolicySet),
    cluster: &Cluster,
    policies: &PolicySet,
    deltas: &mut Vec<Delta>,
) {
    for (_, namespace) in cluster.namespaces().filter(|(_, namespace)| namespace.declared) {
        let (name, labels) = (namespace.name.clone(), namespace.labels.clone());
        if now.find_namespace(&name).and_then(|id| now.namespace(id)) != Some(namespace) {
            deltas.push(Delta::PutNamespace { name, labels });
        }
    }
    for (_, node) in cluster.nodes() {
        if now.find_node(&node.name).and_then(|id| now.node(id)) != Some(node) {
            deltas.push(Delta::PutNode(node.clone()));
        }
    }
    for (name, addresses) in cluster.resolved() {
        if now.resolved_name(name) != addresses {
            deltas.push(Delta::Resolved { name: name.clone(), addresses: addresses.to_vec() });
        }
    }
    for (_, policy) in policies.policies() {
        let before = set.find(policy.rank.kind(), &policy.namespace, &policy.name);
        if before.and_then(|id| set.policy(id)) != Some(policy) {
            deltas.push(Delta::PutPolicy(policy.clone()));
        }
    }
    for (_, service) in cluster.services() {
        let found = now.find_service(&service.namespace, &service.name);
        if found.and_then(|id| now.service(id)) != Some(service) {
            deltas.push(Delta::PutService(service.clone()));
        }
    }
    for slice in cluster.slices() {
        if now.find_slice(slice.kind, &slice.namespace, &slice.name) != Some(slice) {
            deltas.push(Delta::PutSlice(slice.clone()));
        }
    }
    for (_, pod) in cluster.pods() {
        if now.find_pod(&pod.namespace, &pod.identity).and_then(|id| now.pod(id)) != Some(pod) {
            deltas.push(Delta::PutPod(pod.clone()));
        }
    }
}
