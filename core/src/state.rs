//! State: a cluster, its policies, and what they are compiled to, changed together.

use alloc::boxed::Box;

use crate::cluster::Cluster;
use crate::compile::{Live, Scope};
use crate::delta::Delta;
use crate::lower::Lowered;
use crate::options::Options;
use crate::policy::PolicySet;

/// Everything that deltas change.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) cluster: Cluster,
    pub(crate) policies: PolicySet,
    pub(crate) options: Options,
    pub(crate) scope: Scope,
    /// The cluster and policies that are compiled, where plugins make others of them.
    lowered: Option<Box<Lowered>>,
    pub(crate) live: Box<Live>,
}

impl State {
    /// Compiles a cluster and its policies.
    pub(crate) fn new(
        cluster: Cluster,
        policies: PolicySet,
        options: Options,
        scope: Scope,
        generation: u32,
    ) -> Self {
        let lowered = Lowered::new(&cluster, &policies, options).map(Box::new);
        let live = match &lowered {
            Some(lowered) => Live::new(&lowered.cluster, &lowered.policies, options, &scope, generation),
            None => Live::new(&cluster, &policies, options, &scope, generation),
        };
        Self { cluster, policies, options, scope, lowered, live: Box::new(live) }
    }

    /// Applies a transaction that has been checked.
    pub(crate) fn apply(&mut self, deltas: impl IntoIterator<Item = Delta>, generation: u32) {
        self.live.begin();
        for delta in deltas {
            self.change(delta);
        }
        if self.lowered.is_some() {
            // One object can change what any policy means, so all is lowered and built anew.
            self.lowered = Lowered::new(&self.cluster, &self.policies, self.options).map(Box::new);
            self.live.expire();
        }
        let Self { cluster, policies, lowered, live, .. } = self;
        let (cluster, policies) = enforced(cluster, policies, lowered.as_deref());
        live.end(cluster, policies, generation);
    }

    /// The cluster as the options have it: what selectors see.
    pub(crate) fn enforced_cluster(&self) -> &Cluster {
        enforced(&self.cluster, &self.policies, self.lowered.as_deref()).0
    }

    /// The policies as the options have them: what is compiled, each rule by the id of the one that it was.
    pub(crate) fn enforced_policies(&self) -> &PolicySet {
        enforced(&self.cluster, &self.policies, self.lowered.as_deref()).1
    }

    /// A copy in which nothing is compiled yet. It shares what neither changes.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(crate) fn uncompiled(&self) -> Self {
        let live = Box::new(Live::empty(self.options, &self.scope));
        let (cluster, policies) = (self.cluster.clone(), self.policies.clone());
        let lowered = self.lowered.clone();
        Self { cluster, policies, options: self.options, scope: self.scope.clone(), lowered, live }
    }

    /// Compiles everything anew, here and now.
    pub(crate) fn rebuild(&mut self, generation: u32) {
        let Self { cluster, policies, lowered, live, .. } = self;
        let (cluster, policies) = enforced(cluster, policies, lowered.as_deref());
        live.rebuild(cluster, policies, generation);
    }

    fn change(&mut self, delta: Delta) {
        // What is lowered is built anew at the end.
        let mut live = self.lowered.is_none().then_some(&mut *self.live);
        match delta {
            Delta::PutPod(pod) => {
                let id = self.cluster.put_pod(pod);
                if let Some(live) = live {
                    live.pod_put(&self.cluster, &self.policies, id);
                }
            }
            Delta::RemovePod { namespace, identity } => {
                if let (Some(id), Some(live)) = (self.cluster.remove_pod(&namespace, &identity), live) {
                    live.pod_removed(&self.cluster, id);
                }
                self.forget_namespace(&namespace);
            }
            Delta::PutNamespace { name, labels } => {
                let id = self.cluster.put_namespace(name, labels);
                if let Some(live) = live {
                    live.namespace_changed(&self.cluster, &self.policies, id);
                }
            }
            Delta::RemoveNamespace { name } => {
                let id = self.cluster.retract_namespace(&name);
                if let Some(live) = live {
                    live.namespace_changed(&self.cluster, &self.policies, id);
                }
                self.forget_namespace(&name);
            }
            Delta::PutNode(node) => {
                // NP-018 is about flags that the caller computes: the image knows no node.
                self.cluster.put_node(node);
                if let Some(live) = live {
                    live.addresses_changed(&self.cluster, &self.policies);
                }
            }
            Delta::RemoveNode { name } => {
                self.cluster.remove_node(&name);
                if let Some(live) = live {
                    live.addresses_changed(&self.cluster, &self.policies);
                }
            }
            // SVC-001: services are resolved before policies are asked, so that no line changes.
            Delta::PutService(service) => self.cluster.put_service(service),
            Delta::RemoveService { namespace, name } => {
                self.cluster.remove_service(&namespace, &name);
                self.forget_namespace(&namespace);
            }
            Delta::PutSlice(slice) => self.cluster.put_slice(slice),
            Delta::RemoveSlice { kind, namespace, name } => {
                self.cluster.remove_slice(kind, &namespace, &name);
                self.forget_namespace(&namespace);
            }
            Delta::PutPolicy(policy) => {
                let kind = policy.rank.kind();
                if kind.is_namespaced() {
                    self.cluster.mention_namespace(&policy.namespace);
                }
                let before = self.policies.find(kind, &policy.namespace, &policy.name);
                if let (Some(id), Some(live)) = (before, &mut live) {
                    live.policy_going(&self.policies, id);
                }
                let (id, _) = self.policies.put(policy);
                if let Some(live) = live {
                    live.policy_put(&self.cluster, &self.policies, id);
                }
            }
            Delta::RemovePolicy { kind, namespace, name } => {
                if let (Some(id), Some(live)) = (self.policies.find(kind, &namespace, &name), live) {
                    live.policy_going(&self.policies, id);
                }
                self.policies.remove(kind, &namespace, &name);
                self.forget_namespace(&namespace);
            }
            Delta::Resolved { name, addresses } => {
                self.cluster.put_resolved(name, addresses);
                if let Some(live) = live {
                    live.addresses_changed(&self.cluster, &self.policies);
                }
            }
        }
    }

    /// Lets go of a namespace that no object declares and none is in.
    fn forget_namespace(&mut self, name: &str) {
        if !self.policies.is_in_use(name)
            && let Some(id) = self.cluster.forget_namespace(name)
            && self.lowered.is_none()
        {
            self.live.namespace_forgotten(id);
        }
    }
}

/// What is compiled: the originals, unless they were lowered.
fn enforced<'a>(
    cluster: &'a Cluster,
    policies: &'a PolicySet,
    lowered: Option<&'a Lowered>,
) -> (&'a Cluster, &'a PolicySet) {
    lowered.map_or((cluster, policies), |lowered| (&lowered.cluster, &lowered.policies))
}
