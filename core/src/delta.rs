//! Deltas: what changes in a cluster, one object at a time, and which of them cannot be applied.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::HashMap;

use crate::cluster::{
    Cluster, EndpointSlice, Node, Pod, PodIdentity, Service, SliceKind, Workload, WorkloadKind,
};
use crate::label::Labels;
use crate::net::DomainName;
use crate::policy::{Direction, Policy, PolicyKind, PolicySet};

/// One object that is put or removed; putting replaces what has the same name.
///
/// [`Engine::apply`](crate::Engine::apply) takes one, [`Engine::apply_all`](crate::Engine::apply_all) a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delta {
    /// Puts a pod; its namespace exists from then on.
    PutPod(Pod),
    /// Removes a pod.
    RemovePod {
        /// The namespace's name.
        namespace: String,
        /// The pod.
        identity: PodIdentity,
    },
    /// Declares a namespace, with these labels and the one that the control plane gives (NP-013).
    PutNamespace {
        /// The name.
        name: String,
        /// The labels.
        labels: Labels,
    },
    /// Removes a namespace's object; with pods or policies in it the namespace goes on as one that nobody declared.
    RemoveNamespace {
        /// The name.
        name: String,
    },
    /// Puts a node.
    PutNode(Node),
    /// Removes a node.
    RemoveNode {
        /// The name.
        name: String,
    },
    /// Puts a service; its namespace exists from then on. No table changes: services are resolved before policies are
    /// asked (SVC-001).
    PutService(Service),
    /// Removes a service.
    RemoveService {
        /// The namespace's name.
        namespace: String,
        /// The service's name.
        name: String,
    },
    /// Puts an object that lists endpoints; its namespace exists from then on.
    PutSlice(EndpointSlice),
    /// Removes an object that lists endpoints.
    RemoveSlice {
        /// Which kind of object.
        kind: SliceKind,
        /// The namespace's name.
        namespace: String,
        /// The object's name.
        name: String,
    },
    /// Puts a policy; its namespace exists from then on.
    PutPolicy(Policy),
    /// Removes a policy.
    RemovePolicy {
        /// The kind of object that it was.
        kind: PolicyKind,
        /// The namespace's name; empty where policies of the kind belong to the cluster.
        namespace: String,
        /// The policy's name.
        name: String,
    },
    /// Says which addresses a domain name has, all of them; none where the name is to be forgotten (CNP-012).
    Resolved {
        /// The name.
        name: DomainName,
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
}

/// Why a transaction cannot be applied; nothing of it has been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeltaError {
    /// A namespace's name cannot be the value of a label, hence cannot be a namespace's name.
    #[error("`{0}` is no name of a namespace")]
    NamespaceName(String),
    /// What is to be removed is not there.
    #[error("there is no {kind} `{name}` to remove")]
    NotThere {
        /// The kind of object, in lower case.
        kind: &'static str,
        /// The name, with its namespace where it has one.
        name: String,
    },
    /// More objects or rules than ids.
    #[error("there is no id left for `{0}`")]
    TooMany(String),
}

/// What is there, as the deltas of a transaction would leave it one by one.
#[derive(Default)]
struct Seen<'d> {
    pods: HashMap<(&'d str, &'d PodIdentity), bool>,
    namespaces: HashMap<&'d str, bool>,
    nodes: HashMap<&'d str, bool>,
    services: HashMap<(&'d str, &'d str), bool>,
    slices: HashMap<(SliceKind, &'d str, &'d str), bool>,
    policies: HashMap<(PolicyKind, &'d str, &'d str), bool>,
    rules: usize,
}

/// Whether a transaction can be applied as a whole.
///
/// # Errors
/// The first delta that cannot.
pub(crate) fn check(deltas: &[Delta], cluster: &Cluster, policies: &PolicySet) -> Result<(), DeltaError> {
    // A pod that comes by itself is most of what happens: nothing later asks what it left.
    if let [Delta::PutPod(pod)] = deltas {
        return namespace_name(&pod.namespace, cluster);
    }
    let mut seen = Seen::default();
    deltas.iter().try_for_each(|delta| seen.check(delta, cluster, policies))
}

impl<'d> Seen<'d> {
    fn check(&mut self, delta: &'d Delta, cluster: &Cluster, policies: &PolicySet) -> Result<(), DeltaError> {
        let is_there = match delta {
            Delta::PutPod(pod) => {
                namespace_name(&pod.namespace, cluster)?;
                self.pods.insert((&pod.namespace, &pod.identity), true);
                return Ok(());
            }
            Delta::RemovePod { namespace, identity } => {
                let before = self.pods.insert((namespace, identity), false);
                before.unwrap_or_else(|| cluster.find_pod(namespace, identity).is_some())
            }
            Delta::PutNamespace { name, .. } => {
                namespace_name(name, cluster)?;
                self.namespaces.insert(name, true);
                return Ok(());
            }
            Delta::RemoveNamespace { name } => {
                let declared = || {
                    let found = cluster.find_namespace(name).and_then(|id| cluster.namespace(id));
                    found.is_some_and(|namespace| namespace.declared)
                };
                self.namespaces.insert(name, false).unwrap_or_else(declared)
            }
            Delta::PutNode(node) => {
                self.nodes.insert(&node.name, true);
                return Ok(());
            }
            Delta::RemoveNode { name } => {
                self.nodes.insert(name, false).unwrap_or_else(|| cluster.find_node(name).is_some())
            }
            Delta::PutService(service) => {
                namespace_name(&service.namespace, cluster)?;
                self.services.insert((&service.namespace, &service.name), true);
                return Ok(());
            }
            Delta::RemoveService { namespace, name } => {
                let before = self.services.insert((namespace, name), false);
                before.unwrap_or_else(|| cluster.find_service(namespace, name).is_some())
            }
            Delta::PutSlice(slice) => {
                namespace_name(&slice.namespace, cluster)?;
                self.slices.insert((slice.kind, &slice.namespace, &slice.name), true);
                return Ok(());
            }
            Delta::RemoveSlice { kind, namespace, name } => {
                let before = self.slices.insert((*kind, namespace, name), false);
                before.unwrap_or_else(|| cluster.find_slice(*kind, namespace, name).is_some())
            }
            Delta::PutPolicy(policy) => {
                let kind = policy.rank.kind();
                if kind.is_namespaced() {
                    namespace_name(&policy.namespace, cluster)?;
                }
                self.policies.insert((kind, &policy.namespace, &policy.name), true);
                let directions = [Direction::Ingress, Direction::Egress];
                let rules = directions.into_iter().filter_map(|direction| policy.rules(direction));
                self.rules = rules.fold(self.rules, |sum, rules| sum.saturating_add(rules.len()));
                return if policies.has_room_for(self.rules) {
                    Ok(())
                } else {
                    Err(DeltaError::TooMany(policy.to_string()))
                };
            }
            Delta::RemovePolicy { kind, namespace, name } => {
                let before = self.policies.insert((*kind, namespace, name), false);
                before.unwrap_or_else(|| policies.find(*kind, namespace, name).is_some())
            }
            Delta::Resolved { .. } => return Ok(()),
        };
        if is_there { Ok(()) } else { Err(delta.not_there()) }
    }
}

impl Delta {
    /// The delta that removes an object, by its kind as manifests have it; nothing where objects of the kind cannot be
    /// removed by name. The kind of a workload, in any case, means the pods that stand for it.
    ///
    /// ```
    /// use portcullis::Delta;
    /// use portcullis::cluster::PodIdentity;
    ///
    /// let identity = PodIdentity::Named("web".into());
    /// assert_eq!(Delta::removal("Pod", "shop", "web"), Some(Delta::RemovePod { namespace: "shop".into(), identity }));
    /// let service = Delta::RemoveService { namespace: "shop".into(), name: "web".into() };
    /// assert_eq!(Delta::removal("Service", "shop", "web"), Some(service));
    /// assert_eq!(Delta::removal("ConfigMap", "shop", "web"), None);
    /// ```
    #[must_use]
    pub fn removal(kind: &str, namespace: &str, name: &str) -> Option<Self> {
        let (namespace, name) = (namespace.to_string(), name.to_string());
        if let Some(kind) = PolicyKind::ALL.into_iter().find(|known| known.as_str() == kind) {
            // Policies of the cluster are in no namespace, whatever one says.
            let namespace = if kind.is_namespaced() { namespace } else { String::new() };
            return Some(Self::RemovePolicy { kind, namespace, name });
        }
        match kind {
            "Namespace" => return Some(Self::RemoveNamespace { name }),
            "Node" => return Some(Self::RemoveNode { name }),
            "Pod" => return Some(Self::RemovePod { namespace, identity: PodIdentity::Named(name) }),
            "Service" => return Some(Self::RemoveService { namespace, name }),
            _ => {}
        }
        if let Some(kind) = SliceKind::ALL.into_iter().find(|known| known.as_str() == kind) {
            return Some(Self::RemoveSlice { kind, namespace, name });
        }
        let kind = WorkloadKind::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(kind))?;
        Some(Self::RemovePod { namespace, identity: PodIdentity::Template(Workload { kind, name }) })
    }

    fn not_there(&self) -> DeltaError {
        let (kind, name) = match self {
            Self::PutPod(pod) => ("pod", pod.to_string()),
            Self::RemovePod { namespace, identity } => ("pod", alloc::format!("{namespace}/{identity}")),
            Self::PutNamespace { name, .. } | Self::RemoveNamespace { name } => ("namespace", name.clone()),
            Self::PutNode(node) => ("node", node.name.clone()),
            Self::RemoveNode { name } => ("node", name.clone()),
            Self::PutService(service) => {
                ("service", alloc::format!("{}/{}", service.namespace, service.name))
            }
            Self::RemoveService { namespace, name } => ("service", alloc::format!("{namespace}/{name}")),
            Self::PutSlice(slice) => ("list of endpoints", slice.to_string()),
            Self::RemoveSlice { namespace, name, .. } => {
                ("list of endpoints", alloc::format!("{namespace}/{name}"))
            }
            Self::PutPolicy(policy) => ("policy", policy.to_string()),
            Self::RemovePolicy { kind, namespace, name } if kind.is_namespaced() => {
                ("policy", alloc::format!("{namespace}/{name}"))
            }
            Self::RemovePolicy { name, .. } => ("policy", name.clone()),
            Self::Resolved { name, .. } => ("domain name", name.to_string()),
        };
        DeltaError::NotThere { kind, name }
    }
}

fn namespace_name(name: &str, cluster: &Cluster) -> Result<(), DeltaError> {
    let is_valid = cluster.find_namespace(name).is_some() || Cluster::is_namespace_name(name);
    if is_valid { Ok(()) } else { Err(DeltaError::NamespaceName(name.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str) -> Delta {
        Delta::PutPod(Pod::new("shop", name))
    }

    fn no_pod(name: &str) -> Delta {
        Delta::RemovePod { namespace: "shop".into(), identity: PodIdentity::Named(name.into()) }
    }

    #[test]
    fn what_is_removed_has_to_be_there_by_then() {
        let (cluster, policies) = (Cluster::default(), PolicySet::default());
        let check = |deltas: &[Delta]| check(deltas, &cluster, &policies).map_err(|error| error.to_string());
        assert_eq!(check(&[pod("web"), no_pod("web"), pod("web")]), Ok(()));
        assert_eq!(
            check(&[pod("web"), no_pod("web"), no_pod("web")]).unwrap_err(),
            "there is no pod `shop/web` to remove"
        );
        let none = |delta| check(&[delta]).unwrap_err();
        assert_eq!(
            none(Delta::RemoveNamespace { name: "shop".into() }),
            "there is no namespace `shop` to remove"
        );
        assert_eq!(none(Delta::RemoveNode { name: "n".into() }), "there is no node `n` to remove");
        let kind = PolicyKind::NetworkPolicy;
        let policy = Delta::RemovePolicy { kind, namespace: "shop".into(), name: "web".into() };
        assert_eq!(none(policy), "there is no policy `shop/web` to remove");
        let kind = PolicyKind::ClusterNetworkPolicy;
        let policy = Delta::RemovePolicy { kind, namespace: String::new(), name: "web".into() };
        assert_eq!(none(policy), "there is no policy `web` to remove");
        assert_eq!(none(Delta::PutPod(Pod::new("no name", "web"))), "`no name` is no name of a namespace");
        assert_eq!(
            none(Delta::PutNamespace { name: String::new(), labels: Labels::new() }),
            "`` is no name of a namespace"
        );
    }
}
