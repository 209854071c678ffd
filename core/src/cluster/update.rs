//! Changing a cluster, one object at a time.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::builder::put_name_label;
use super::{
    Cluster, EndpointSlice, Namespace, NamespaceId, Node, NodeId, Pod, PodId, PodIdentity, PodPlace, Service,
    SliceKind,
};
use crate::image::place;
use crate::label::Labels;
use crate::net::DomainName;

impl Cluster {
    /// Whether a name can be a namespace's (NP-013: it has to be a label's value).
    pub(crate) fn is_namespace_name(name: &str) -> bool {
        put_name_label(&mut undeclared(name.into()))
    }

    /// The namespace of a name; one that nobody declared appears with the one label (NP-013).
    pub(crate) fn mention_namespace(&mut self, name: &str) -> NamespaceId {
        match self.find_namespace(name) {
            Some(id) => id,
            None => self.put_whole_namespace(undeclared(name.into())),
        }
    }

    /// Declares a namespace, anew or in place of what was there.
    pub(crate) fn put_namespace(&mut self, name: String, labels: Labels) -> NamespaceId {
        self.put_whole_namespace(Namespace { name, labels, declared: true })
    }

    /// Takes back that a namespace is declared; it stays as long as an object or, as the caller says, a policy is in it.
    pub(crate) fn retract_namespace(&mut self, name: &str) -> NamespaceId {
        self.put_whole_namespace(undeclared(name.into()))
    }

    /// Removes a namespace that no object declares and none is in; gives its id when it is gone.
    pub(crate) fn forget_namespace(&mut self, name: &str) -> Option<NamespaceId> {
        let id = self.find_namespace(name)?;
        let is_in_use = self.counts.0.get(place(id.0)).is_some_and(|count| *count > 0);
        if is_in_use || self.namespaces.get(id.0)?.declared {
            return None;
        }
        self.namespaces.remove(id.0).map(|_| id)
    }

    /// Puts a pod; its namespace exists from then on.
    pub(crate) fn put_pod(&mut self, pod: Pod) -> PodId {
        let namespace = self.mention_namespace(&pod.namespace);
        let (id, before) = self.pods.put(PodPlace { pod, namespace });
        if before.is_none() {
            self.count(namespace, 1);
        }
        PodId(id)
    }

    /// Removes a pod.
    pub(crate) fn remove_pod(&mut self, namespace: &str, identity: &PodIdentity) -> Option<PodId> {
        let id = self.find_pod(namespace, identity)?;
        let place = self.pods.remove(id.0)?;
        self.count(place.namespace, -1);
        Some(id)
    }

    /// Puts a node.
    pub(crate) fn put_node(&mut self, node: Node) -> NodeId {
        NodeId(self.nodes.put(node).0)
    }

    /// Removes a node.
    pub(crate) fn remove_node(&mut self, name: &str) -> Option<Node> {
        self.nodes.remove(self.find_node(name)?.0)
    }

    /// Puts a service; its namespace exists from then on.
    pub(crate) fn put_service(&mut self, service: Service) {
        let namespace = self.mention_namespace(&service.namespace);
        if self.services.put(service).1.is_none() {
            self.count(namespace, 1);
        }
    }

    /// Removes a service.
    pub(crate) fn remove_service(&mut self, namespace: &str, name: &str) {
        if let Some(id) = self.find_service(namespace, name) {
            self.services.remove(id.0);
            self.count_out(namespace);
        }
    }

    /// Puts an object that lists endpoints; its namespace exists from then on.
    pub(crate) fn put_slice(&mut self, slice: EndpointSlice) {
        let namespace = self.mention_namespace(&slice.namespace);
        if self.slices.put(slice).1.is_none() {
            self.count(namespace, 1);
        }
    }

    /// Removes an object that lists endpoints.
    pub(crate) fn remove_slice(&mut self, kind: SliceKind, namespace: &str, name: &str) {
        if let Some(place) = self.find_slice_place(kind, namespace, name) {
            self.slices.remove(place);
            self.count_out(namespace);
        }
    }

    fn count_out(&mut self, namespace: &str) {
        if let Some(namespace) = self.find_namespace(namespace) {
            self.count(namespace, -1);
        }
    }

    /// The same cluster with other labels on its pods and namespaces.
    pub(crate) fn relabelled(
        &self,
        of_pod: impl Fn(&Pod, &Namespace) -> Labels,
        of_namespace: impl Fn(&Namespace) -> Labels,
    ) -> Self {
        let mut relabelled = self.clone();
        relabelled.pods.for_each_mut(|place| {
            if let Some(namespace) = self.namespace(place.namespace) {
                place.pod.labels = of_pod(&place.pod, namespace);
            }
        });
        relabelled.namespaces.for_each_mut(|namespace| namespace.labels = of_namespace(namespace));
        relabelled
    }

    /// Says which addresses a domain name has; none forgets it.
    pub(crate) fn put_resolved(&mut self, name: DomainName, addresses: Vec<IpAddr>) {
        if addresses.is_empty() {
            self.resolved.remove(&name);
        } else {
            self.resolved.insert(name, addresses);
        }
    }

    fn put_whole_namespace(&mut self, mut namespace: Namespace) -> NamespaceId {
        put_name_label(&mut namespace);
        let (id, _) = self.namespaces.put(namespace);
        if self.counts.0.len() <= place(id) {
            self.counts.0.resize(place(id).saturating_add(1), 0);
        }
        NamespaceId(id)
    }

    fn count(&mut self, namespace: NamespaceId, more: i32) {
        if let Some(count) = self.counts.0.get_mut(place(namespace.0)) {
            *count = count.saturating_add_signed(more);
        }
    }
}

fn undeclared(name: String) -> Namespace {
    Namespace { name, labels: Labels::new(), declared: false }
}
