//! Scope: whose policies an image holds, and which policies these are.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};

use super::classes::has_identity;
use crate::cluster::{Cluster, Namespace, Pod};
use crate::label::Labels;
use crate::options::Options;
use crate::policy::{NamespaceMatch, PodMatch, PolicyId, PolicySet};

/// The pods whose own sides are decided: all, or those of one node. Whatever the scope, everyone is a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    node: Option<Box<str>>,
    /// From how many peers on that the first tier tells apart its rules have tables of their own.
    layered_from: Option<usize>,
}

impl Scope {
    /// The pods of one node.
    pub(crate) fn of_node(name: &str) -> Self {
        Self { node: Some(name.into()), ..Self::default() }
    }

    /// All pods, with tables that lie on others wherever they can.
    #[cfg(feature = "gen")]
    pub(crate) fn in_layers() -> Self {
        Self { layered_from: Some(0), ..Self::default() }
    }

    /// From how many peers on the first tier's rules have tables of their own, where it is not as many as are worth it.
    pub(super) fn layered_from(&self) -> Option<usize> {
        self.layered_from
    }

    /// The node, where it is not the whole cluster.
    pub(crate) fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// Whether a pod's own sides are decided.
    pub(crate) fn holds(&self, pod: &Pod) -> bool {
        self.node.as_deref().is_none_or(|node| pod.node.as_deref() == Some(node))
    }

    /// The policies that select a pod of the scope; for the whole cluster all of them, selecting or not.
    pub(super) fn concerned(&self, cluster: &Cluster, policies: &PolicySet, options: Options) -> Concerned {
        if self.node.is_none() {
            return Concerned(None);
        }
        let mut own: HashMap<&str, Own<'_>> = HashMap::new();
        for (id, pod) in cluster.pods().filter(|(_, pod)| self.holds(pod) && has_identity(pod, options)) {
            let Some(namespace) = cluster.namespace_id_of(id).and_then(|id| cluster.namespace(id)) else {
                continue;
            };
            let of_namespace = own.entry(namespace.name.as_str());
            let of_namespace = of_namespace.or_insert_with(|| Own { namespace, pods: HashSet::new() });
            of_namespace.pods.insert(&pod.labels);
        }
        let is_concerned = |subject: &PodMatch| match &subject.namespaces {
            NamespaceMatch::Named(name) => own.get(name.as_str()).is_some_and(|own| own.is_selected(subject)),
            NamespaceMatch::Selected(_) => own.values().any(|own| own.is_selected(subject)),
        };
        let concerned = policies.policies().filter(|(_, policy)| is_concerned(&policy.subject));
        Concerned(Some(concerned.map(|(id, _)| id).collect()))
    }
}

/// Policies that concern a scope.
pub(super) struct Concerned(Option<HashSet<PolicyId>>);

impl Concerned {
    pub(super) fn holds(&self, id: PolicyId) -> bool {
        self.0.as_ref().is_none_or(|concerned| concerned.contains(&id))
    }
}

/// The labels of the scope's pods in one namespace.
struct Own<'a> {
    namespace: &'a Namespace,
    pods: HashSet<&'a Labels>,
}

impl Own<'_> {
    fn is_selected(&self, subject: &PodMatch) -> bool {
        selects(subject, self.namespace) && self.pods.iter().any(|labels| subject.pods.matches(labels))
    }
}

/// Whether a match could select pods of a namespace.
pub(super) fn selects(pods: &PodMatch, namespace: &Namespace) -> bool {
    // NP-011: the namespace's labels are asked here and the pod's own elsewhere, never one for the other.
    match &pods.namespaces {
        NamespaceMatch::Named(name) => *name == namespace.name,
        NamespaceMatch::Selected(selector) => selector.matches(&namespace.labels),
    }
}

/// Policies that concern no pod of the scope so far, by what their subjects say of namespaces.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting {
    by_name: HashMap<alloc::string::String, Vec<PolicyId>>,
    by_labels: Vec<PolicyId>,
}

impl Waiting {
    pub(super) fn add(&mut self, subject: &PodMatch, id: PolicyId) {
        match &subject.namespaces {
            NamespaceMatch::Named(name) => self.by_name.entry_ref(name.as_str()).or_default().push(id),
            NamespaceMatch::Selected(_) => self.by_labels.push(id),
        }
    }

    /// Forgets a policy; whether it was here.
    pub(super) fn remove(&mut self, subject: &PodMatch, id: PolicyId) -> bool {
        let list = match &subject.namespaces {
            NamespaceMatch::Named(name) => self.by_name.get_mut(name.as_str()),
            NamespaceMatch::Selected(_) => Some(&mut self.by_labels),
        };
        let Some(list) = list else { return false };
        let before = list.len();
        list.retain(|other| *other != id);
        list.len() < before
    }

    /// Those that select pods with these labels in a namespace.
    pub(super) fn selecting(
        &self,
        policies: &PolicySet,
        namespace: &Namespace,
        labels: &[&Labels],
    ) -> Vec<PolicyId> {
        let named = self.by_name.get(namespace.name.as_str()).into_iter().flatten();
        let is_it = |id: &PolicyId| {
            policies.policy(*id).is_some_and(|policy| {
                selects(&policy.subject, namespace)
                    && labels.iter().any(|labels| policy.subject.pods.matches(labels))
            })
        };
        named.chain(&self.by_labels).copied().filter(is_it).collect()
    }
}
