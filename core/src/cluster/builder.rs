//! Builds a cluster: checks names for repetition, adds what the control plane adds, numbers everything.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::{Cluster, Counts, EndpointSlice, Namespace, NamespaceId, Node, Pod, PodPlace, Service};
use crate::label::{LabelKey, LabelValue, Labels};
use crate::net::DomainName;
use crate::slab::{Named, Slab};
use crate::sorted::SortedMap;

/// Why objects make no cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// Two namespaces of one name.
    #[error("namespace `{0}` is declared twice")]
    DuplicateNamespace(String),
    /// Two nodes of one name.
    #[error("node `{0}` is declared twice")]
    DuplicateNode(String),
    /// Two pods of one name in one namespace.
    #[error("pod `{0}` is declared twice")]
    DuplicatePod(String),
    /// Two services of one name in one namespace.
    #[error("service `{0}` is declared twice")]
    DuplicateService(String),
    /// Two objects of one kind and name that list endpoints.
    #[error("list of endpoints `{0}` is declared twice")]
    DuplicateSlice(String),
    /// A namespace's name cannot be the value of a label, hence cannot be a namespace's name.
    #[error("`{0}` is no name of a namespace")]
    NamespaceName(String),
    /// More objects of a kind than ids.
    #[error("there are more than {} objects of one kind", u32::MAX)]
    TooMany,
}

/// Collects the objects of a cluster, in any order.
///
/// ```
/// use portcullis::cluster::{ClusterBuilder, Pod};
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web"));
/// let cluster = builder.build().unwrap();
/// // The namespace was only mentioned: it exists, with the label that the control plane gives.
/// assert_eq!(cluster.namespaces().count(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ClusterBuilder {
    namespaces: Vec<Namespace>,
    mentioned: Vec<String>,
    pods: Vec<Pod>,
    nodes: Vec<Node>,
    services: Vec<Service>,
    slices: Vec<EndpointSlice>,
    resolved: SortedMap<DomainName, Vec<IpAddr>>,
}

impl ClusterBuilder {
    /// A cluster without objects.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a namespace that an object declares.
    pub fn namespace(&mut self, name: impl Into<String>, labels: Labels) -> &mut Self {
        self.namespaces.push(Namespace { name: name.into(), labels, declared: true });
        self
    }

    /// Says that a namespace exists, declared or not; a policy's namespace, say.
    pub fn mention_namespace(&mut self, name: impl Into<String>) -> &mut Self {
        self.mentioned.push(name.into());
        self
    }

    /// Adds a pod; its namespace exists from then on.
    pub fn pod(&mut self, pod: Pod) -> &mut Self {
        self.mentioned.push(pod.namespace.clone());
        self.pods.push(pod);
        self
    }

    /// Adds a node.
    pub fn node(&mut self, node: Node) -> &mut Self {
        self.nodes.push(node);
        self
    }

    /// Adds a service; its namespace exists from then on.
    pub fn service(&mut self, service: Service) -> &mut Self {
        self.mentioned.push(service.namespace.clone());
        self.services.push(service);
        self
    }

    /// Adds an object that lists endpoints; its namespace exists from then on.
    pub fn slice(&mut self, slice: EndpointSlice) -> &mut Self {
        self.mentioned.push(slice.namespace.clone());
        self.slices.push(slice);
        self
    }

    /// Says which addresses a domain name has; the last word on a name counts (CNP-012).
    pub fn resolved(&mut self, name: DomainName, addresses: impl IntoIterator<Item = IpAddr>) -> &mut Self {
        let addresses: Vec<IpAddr> = addresses.into_iter().collect();
        if addresses.is_empty() {
            self.resolved.remove(&name);
        } else {
            self.resolved.insert(name, addresses);
        }
        self
    }

    /// Checks, sorts and numbers the objects.
    ///
    /// # Errors
    /// Every repeated name, and every name of a namespace that no API server would hold.
    pub fn build(self) -> Result<Cluster, Vec<ClusterError>> {
        let mut errors = Vec::new();
        let namespaces = complete_namespaces(self.namespaces, self.mentioned, &mut errors);
        let ids: SortedMap<&str, u32> =
            namespaces.iter().map(|namespace| namespace.name.as_str()).zip(0..).collect();

        let mut pods = self.pods;
        pods.sort_by(|a, b| a.namespace.cmp(&b.namespace).then_with(|| a.identity.cmp(&b.identity)));
        let mut nodes = self.nodes;
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        for (pod, next) in pods.iter().zip(pods.iter().skip(1)) {
            if pod.namespace == next.namespace && pod.identity == next.identity {
                errors.push(ClusterError::DuplicatePod(pod.to_string()));
            }
        }
        for (node, next) in nodes.iter().zip(nodes.iter().skip(1)) {
            if node.name == next.name {
                errors.push(ClusterError::DuplicateNode(node.name.clone()));
            }
        }
        let mut services = self.services;
        services.sort_by(Named::compare);
        let doubles = services.iter().zip(services.iter().skip(1)).filter(|(a, b)| a.compare(b).is_eq());
        errors.extend(doubles.map(|(service, _)| ClusterError::DuplicateService(service.to_string())));
        let mut slices = self.slices;
        slices.sort_by(Named::compare);
        let doubles = slices.iter().zip(slices.iter().skip(1)).filter(|(a, b)| a.compare(b).is_eq());
        errors.extend(doubles.map(|(slice, _)| ClusterError::DuplicateSlice(slice.to_string())));
        // The highest id stays free: flat tables use it for "none".
        if [namespaces.len(), pods.len(), nodes.len(), services.len(), slices.len()]
            .iter()
            .any(|len| u32::try_from(*len).is_err())
        {
            errors.push(ClusterError::TooMany);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut counts: Vec<u32> = alloc::vec![0; namespaces.len()];
        let namespaces_of_services = services.iter().map(|service| service.namespace.as_str());
        let namespaces_of_slices = slices.iter().map(|slice| slice.namespace.as_str());
        for namespace in namespaces_of_services.chain(namespaces_of_slices) {
            let place = ids.get(namespace).and_then(|id| usize::try_from(*id).ok());
            if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                *count = count.saturating_add(1);
            }
        }
        let mut pod_places = Vec::with_capacity(pods.len());
        for pod in pods {
            // Every pod's namespace was mentioned, so that it is there.
            let Some(id) = ids.get(pod.namespace.as_str()).copied() else { continue };
            if let Some(count) = usize::try_from(id).ok().and_then(|id| counts.get_mut(id)) {
                *count = count.saturating_add(1);
            }
            pod_places.push(PodPlace { pod, namespace: NamespaceId(id) });
        }
        drop(ids);
        Ok(Cluster {
            namespaces: Slab::of_sorted(namespaces),
            counts: Counts(counts),
            pods: Slab::of_sorted(pod_places),
            nodes: Slab::of_sorted(nodes),
            services: Slab::of_sorted(services),
            slices: Slab::of_sorted(slices),
            resolved: self.resolved,
        })
    }
}

fn complete_namespaces(
    declared: Vec<Namespace>,
    mentioned: Vec<String>,
    errors: &mut Vec<ClusterError>,
) -> Vec<Namespace> {
    let mut by_name: SortedMap<String, Namespace> = SortedMap::new();
    for namespace in declared {
        if let Some(earlier) = by_name.insert(namespace.name.clone(), namespace) {
            errors.push(ClusterError::DuplicateNamespace(earlier.name));
        }
    }
    for name in mentioned {
        by_name.entry(name.clone()).or_insert(Namespace { name, labels: Labels::new(), declared: false });
    }
    // NP-013: the control plane sets the name label on every namespace, over whatever the object says.
    for namespace in by_name.values_mut() {
        if !put_name_label(namespace) {
            errors.push(ClusterError::NamespaceName(namespace.name.clone()));
        }
    }
    by_name.into_values().collect()
}

/// NP-013: puts the name label on a namespace; whether its name can be one.
pub(super) fn put_name_label(namespace: &mut Namespace) -> bool {
    match LabelValue::try_from(namespace.name.as_str()) {
        Ok(value) if !namespace.name.is_empty() => {
            namespace.labels.insert(LabelKey::metadata_name(), value);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{PodId, PodIdentity};

    #[test]
    fn np_013_every_namespace_carries_its_name_as_a_label_whatever_its_object_says() {
        let mut builder = ClusterBuilder::new();
        let wrong =
            [(LabelKey::metadata_name(), LabelValue::try_from("other").unwrap())].into_iter().collect();
        builder.namespace("shop", wrong).mention_namespace("bank").pod(Pod::new("mail", "x"));
        let cluster = builder.build().unwrap();
        let found: Vec<_> = cluster
            .namespaces()
            .map(|(_, namespace)| {
                let label = namespace.labels.get(&LabelKey::metadata_name()).unwrap();
                (namespace.name.as_str(), label.as_str(), namespace.declared)
            })
            .collect();
        assert_eq!(found, [("bank", "bank", false), ("mail", "mail", false), ("shop", "shop", true)]);
    }

    #[test]
    fn ids_follow_the_names_and_not_the_order_of_arrival() {
        let build = |names: &[(&str, &str)]| {
            let mut builder = ClusterBuilder::new();
            for (namespace, name) in names {
                builder.pod(Pod::new(*namespace, *name));
            }
            builder.build().unwrap()
        };
        let one = build(&[("b", "x"), ("a", "y"), ("a", "x")]);
        let other = build(&[("a", "x"), ("a", "y"), ("b", "x")]);
        assert_eq!(one, other);
        assert_eq!(one.find_pod("a", &PodIdentity::Named("y".into())), Some(PodId(1)));
        assert_eq!(one.namespace_of(PodId(2)).unwrap().name, "b");
        assert_eq!(one.find_pod("a", &PodIdentity::Named("z".into())), None);
    }

    #[test]
    fn every_repeated_name_is_reported() {
        let mut builder = ClusterBuilder::new();
        let node = Node { name: "n".into(), labels: Labels::new(), addresses: Vec::new() };
        builder.namespace("a", Labels::new()).namespace("a", Labels::new());
        builder.pod(Pod::new("a", "x")).pod(Pod::new("a", "x"));
        builder.node(node.clone()).node(node).mention_namespace("A b");
        let errors = builder.build().unwrap_err();
        assert_eq!(
            errors,
            [
                ClusterError::DuplicateNamespace("a".into()),
                ClusterError::NamespaceName("A b".into()),
                ClusterError::DuplicatePod("a/x".into()),
                ClusterError::DuplicateNode("n".into()),
            ]
        );
    }
}
