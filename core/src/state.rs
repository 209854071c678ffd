//! State: a cluster, its policies, and what they are compiled to, changed together.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::cluster::Cluster;
use crate::compile::{Live, Scope};
use crate::delta::Delta;
use crate::options::Options;
use crate::policy::PolicySet;

/// Everything that deltas change.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) cluster: Cluster,
    pub(crate) policies: PolicySet,
    pub(crate) options: Options,
    pub(crate) scope: Scope,
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
        let live = Box::new(Live::new(&cluster, &policies, options, &scope, generation));
        Self { cluster, policies, options, scope, live }
    }

    /// Applies a transaction that has been checked.
    pub(crate) fn apply(&mut self, deltas: Vec<Delta>, generation: u32) {
        self.live.begin();
        for delta in deltas {
            self.change(delta);
        }
        self.live.end(&self.cluster, &self.policies, generation);
    }

    /// A copy in which nothing is compiled yet. It shares what neither changes.
    #[cfg(feature = "std")]
    pub(crate) fn uncompiled(&self) -> Self {
        let live = Box::new(Live::empty(self.options, &self.scope));
        let (cluster, policies) = (self.cluster.clone(), self.policies.clone());
        Self { cluster, policies, options: self.options, scope: self.scope.clone(), live }
    }

    /// Compiles everything anew, here and now.
    pub(crate) fn rebuild(&mut self, generation: u32) {
        self.live.rebuild(&self.cluster, &self.policies, generation);
    }

    fn change(&mut self, delta: Delta) {
        let live = &mut self.live;
        match delta {
            Delta::PutPod(pod) => {
                let id = self.cluster.put_pod(pod);
                live.pod_put(&self.cluster, &self.policies, id);
            }
            Delta::RemovePod { namespace, identity } => {
                if let Some(id) = self.cluster.remove_pod(&namespace, &identity) {
                    live.pod_removed(&self.cluster, id);
                }
                self.forget_namespace(&namespace);
            }
            Delta::PutNamespace { name, labels } => {
                let id = self.cluster.put_namespace(name, labels);
                live.namespace_changed(&self.cluster, &self.policies, id);
            }
            Delta::RemoveNamespace { name } => {
                let id = self.cluster.retract_namespace(&name);
                live.namespace_changed(&self.cluster, &self.policies, id);
                self.forget_namespace(&name);
            }
            Delta::PutNode(node) => {
                // NP-018 is about flags that the caller computes: the image knows no node.
                self.cluster.put_node(node);
            }
            Delta::RemoveNode { name } => {
                self.cluster.remove_node(&name);
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
                self.cluster.mention_namespace(&policy.namespace);
                if let Some(id) = self.policies.find(&policy.namespace, &policy.name) {
                    live.policy_going(&self.policies, id);
                }
                let (id, _) = self.policies.put(policy);
                live.policy_put(&self.cluster, &self.policies, id);
            }
            Delta::RemovePolicy { namespace, name } => {
                if let Some(id) = self.policies.find(&namespace, &name) {
                    live.policy_going(&self.policies, id);
                }
                self.policies.remove(&namespace, &name);
                self.forget_namespace(&namespace);
            }
        }
    }

    /// Lets go of a namespace that no object declares and none is in.
    fn forget_namespace(&mut self, name: &str) {
        if !self.policies.is_in_use(name)
            && let Some(id) = self.cluster.forget_namespace(name)
        {
            self.live.namespace_forgotten(id);
        }
    }
}
