//! Which workload a pod belongs to: controller references, followed up.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Item, Model};
use crate::cluster::{PodIdentity, Workload, WorkloadKind};
use crate::label::{LabelKey, Labels};
use crate::manifest::kinds::{Kind, Object, ObjectMeta};
use crate::sorted::{SortedMap, SortedSet};

/// The most owners above one another; the API's own chains have two.
const MAX_OWNERS: usize = 8;

/// The label that a Deployment's controller gives a ReplicaSet and its pods; the ReplicaSet's name ends with it.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// The loaded workloads, by namespace.
type Workloads<'a> = SortedMap<(&'a str, Workload), &'a ObjectMeta>;

/// What ownership decides about the loaded pods and workloads, in the order of the items.
pub(super) struct Owners {
    /// For each item the workload at the top.
    pub(super) tops: Vec<Option<Workload>>,
    /// For each item whether it is a workload that stands for its pods.
    pub(super) stands: Vec<bool>,
}

/// Follows the owners of all items.
pub(super) fn owners(items: &[Arc<Item>]) -> Owners {
    let workloads: Workloads<'_> = items
        .iter()
        .filter_map(|item| {
            let workload = own_workload(item)?;
            Some(((item.namespace.as_str(), workload.clone()), item.mirror.meta()))
        })
        .collect();
    let mut owned: SortedSet<(&str, Workload)> = SortedSet::new();
    let mut chains = Vec::new();
    for item in items {
        let Model::Pod(pod) = &item.model else {
            chains.push(Vec::new());
            continue;
        };
        let chain = chain(&workloads, &item.namespace, item.mirror.meta(), &pod.labels);
        if item.kind == Kind::Pod {
            owned.extend(chain.iter().map(|owner| (item.namespace.as_str(), owner.clone())));
        }
        chains.push(chain);
    }
    let stands = items.iter().zip(&chains).map(|(item, chain)| {
        let Some(workload) = own_workload(item) else { return false };
        let is_loaded = |owner: &Workload| workloads.contains_key(&(item.namespace.as_str(), owner.clone()));
        // A loaded owner stands for them all; an old ReplicaSet without replicas has no pods to stand for.
        !owned.contains(&(item.namespace.as_str(), workload.clone()))
            && !chain.iter().any(is_loaded)
            && (chain.is_empty() || !is_scaled_to_zero(&item.mirror))
    });
    let stands = stands.collect();
    let tops = items.iter().zip(&chains).map(|(item, chain)| chain.last().or(own_workload(item)).cloned());
    Owners { tops: tops.collect(), stands }
}

/// The workload that an item is, if it is one.
fn own_workload(item: &Item) -> Option<&Workload> {
    match &item.model {
        Model::Pod(pod) => match &pod.identity {
            PodIdentity::Template(workload) => Some(workload),
            PodIdentity::Named(_) => None,
        },
        _ => None,
    }
}

fn is_scaled_to_zero(mirror: &Object) -> bool {
    matches!(mirror, Object::Workload(workload) if workload.replicas.is_some_and(|replicas| replicas.value == 0))
}

/// The owners of an object, from the nearest one up.
fn chain(workloads: &Workloads<'_>, namespace: &str, meta: &ObjectMeta, labels: &Labels) -> Vec<Workload> {
    let mut chain = Vec::new();
    let mut next = controller(meta);
    while let Some(owner) = next.filter(|owner| !chain.contains(owner)) {
        next = match workloads.get(&(namespace, owner.clone())) {
            Some(meta) => controller(meta),
            None => deployment_of(&owner, labels),
        };
        chain.push(owner);
        if chain.len() >= MAX_OWNERS {
            break;
        }
    }
    chain
}

/// The workload that controls an object, as the object itself says.
fn controller(meta: &ObjectMeta) -> Option<Workload> {
    let owner = &meta.owners.iter().find(|owner| owner.value.controller)?.value;
    let group = |api_version: &str| api_version.split_once('/').map(|(group, _)| String::from(group));
    let known = Kind::ALL.into_iter().find_map(|kind| match kind {
        Kind::Workload(workload) if kind.as_str() == owner.kind.value => Some((workload, kind.api_version())),
        _ => None,
    });
    let (kind, api_version) = known?;
    (group(api_version) == group(&owner.api_version.value))
        .then(|| Workload { kind, name: owner.name.value.clone() })
}

/// The Deployment of a ReplicaSet that was not loaded, from the name that its controller gave it.
fn deployment_of(owner: &Workload, labels: &Labels) -> Option<Workload> {
    if owner.kind != WorkloadKind::ReplicaSet {
        return None;
    }
    let hash = labels.get(&LabelKey::try_from(TEMPLATE_HASH).ok()?)?;
    let name = owner.name.strip_suffix(hash.as_str())?.strip_suffix('-')?;
    (!name.is_empty() && !hash.as_str().is_empty())
        .then(|| Workload { kind: WorkloadKind::Deployment, name: String::from(name) })
}
