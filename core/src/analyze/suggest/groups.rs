//! Groups: pods of one owner with the same labels, which policies cannot and should not tell apart.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use hashbrown::HashMap;

use super::Subject;
use crate::analyze::distinctions::is_of_one_pod;
use crate::cluster::{Pod, PodId, PodIdentity, WorkloadKind};
use crate::engine::Engine;
use crate::flow::End;
use crate::sorted::SortedMap;

/// Labels by key, without those that differ from pod to pod of one workload.
pub(super) type LabelMap = SortedMap<String, String>;

/// Pods of one owner with the same labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) namespace: String,
    pub(super) kind: Option<WorkloadKind>,
    pub(super) name: String,
    pub(super) labels: LabelMap,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.map_or("pod", WorkloadKind::as_str);
        write!(f, "{}/{kind}/{}", self.namespace, self.name)
    }
}

/// Every group of a cluster that selectors can hold.
pub(super) struct Groups {
    all: Vec<Group>,
    of_pod: HashMap<PodId, usize>,
    /// The addresses that rules hold a group by, whatever else has them.
    of_address: HashMap<IpAddr, usize>,
    /// The groups of a namespace that have the same labels.
    alike: SortedMap<(String, LabelMap), Vec<usize>>,
}

impl Groups {
    pub(super) fn of(engine: &Engine) -> Self {
        let mut places: SortedMap<Group, Vec<PodId>> = SortedMap::new();
        for (id, pod) in engine.cluster().pods() {
            // NP-019, NP-025: selectors hold no pods that have ended or are in their node's network.
            if engine.pod_of(End::of_pod(id, pod.addresses.first().copied())) == Some(id) {
                places.entry(group_of(pod)).or_default().push(id);
            }
        }
        let mut groups = Self {
            all: Vec::new(),
            of_pod: HashMap::new(),
            of_address: HashMap::new(),
            alike: SortedMap::new(),
        };
        for (number, (group, pods)) in places.into_iter().enumerate() {
            let cluster = engine.cluster();
            let addresses = pods.iter().filter_map(|pod| cluster.pod(*pod)).flat_map(|pod| &pod.addresses);
            groups.of_address.extend(addresses.map(|address| (*address, number)));
            groups.of_pod.extend(pods.into_iter().map(|pod| (pod, number)));
            let key = (group.namespace.clone(), group.labels.clone());
            groups.alike.entry(key).or_default().push(number);
            groups.all.push(group);
        }
        groups
    }

    pub(super) fn get(&self, number: usize) -> Option<&Group> {
        self.all.get(number)
    }

    pub(super) fn of_pod(&self, pod: PodId) -> Option<usize> {
        self.of_pod.get(&pod).copied()
    }

    /// A group of a pod that has an address.
    pub(super) fn of_address(&self, address: IpAddr) -> Option<&Group> {
        self.of_address.get(&address).and_then(|number| self.get(*number))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &Group)> {
        self.all.iter().enumerate()
    }

    /// The groups that no selector can tell from one: itself among them.
    pub(super) fn alike(&self, group: &Group) -> &[usize] {
        let key = (group.namespace.clone(), group.labels.clone());
        self.alike.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The other sets of labels in a group's namespace.
    pub(super) fn others<'g>(&'g self, group: &'g Group) -> impl Iterator<Item = &'g LabelMap> {
        let here = self.alike.keys().filter(|(namespace, _)| *namespace == group.namespace);
        here.map(|(_, labels)| labels).filter(|labels| **labels != group.labels)
    }
}

impl Subject {
    pub(super) fn holds(&self, group: &Group) -> bool {
        let is_named =
            |(kind, name): &(Option<WorkloadKind>, String)| group.kind == *kind && group.name == *name;
        self.namespace == group.namespace && self.name.as_ref().is_none_or(is_named)
    }
}

fn group_of(pod: &Pod) -> Group {
    let (kind, name) = match (&pod.workload, &pod.identity) {
        (Some(workload), _) | (None, PodIdentity::Template(workload)) => {
            (Some(workload.kind), workload.name.clone())
        }
        (None, PodIdentity::Named(name)) => (None, name.clone()),
    };
    let stable = pod.labels.iter().filter(|(key, _)| !is_of_one_pod(key.as_str()));
    let labels = stable.map(|(key, value)| (key.to_string(), value.to_string())).collect();
    Group { namespace: pod.namespace.clone(), kind, name, labels }
}
