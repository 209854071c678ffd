//! Groups and classes: which pods are alike.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::super::classes::{Class, Index, has_identity};
use super::super::named_ports;
use super::super::painter::PortSet;
use super::super::scope::selects;
use super::subjects::{ELSEWHERE, OUTSIDE, PENDING};
use super::{Live, alike};
use crate::cluster::{Cluster, Namespace, NamespaceId, Pod, PodId};
use crate::image::place;
use crate::label::Labels;
use crate::policy::{NamespaceMatch, PodMatch};

/// Pods of one namespace with the same labels and ports.
///
/// What they have in common is read off the first: there is one as long as there is the group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) namespace: NamespaceId,
    /// Whether their own sides are decided.
    pub(super) is_subject: bool,
    pub(super) class: u32,
    pub(super) pods: Vec<PodId>,
    /// What the address of the last one was, and the atom that it got: that of nearly all.
    pub(super) recent: Option<(Sort, u32)>,
    /// What makes them alike.
    key: Box<[u8]>,
    hash: u64,
}

impl Group {
    /// A pod that is like all of them.
    pub(super) fn pod<'a>(&self, cluster: &'a Cluster) -> Option<&'a Pod> {
        cluster.pod(*self.pods.first()?)
    }
}

/// What decides on the atom of a pod of a class: whether its address is of IPv4, and the set of lists that hold it.
pub(super) type Sort = (bool, u32);

/// Groups by number and by what makes them one.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    groups: Vec<Option<Group>>,
    free: Vec<u32>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// What would make a pod alike that was looked for last.
    key: Vec<u8>,
}

/// A pod's place among those that are like it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodState {
    /// Its group; none for what is no pod to policies.
    pub(super) group: Option<u32>,
    pub(super) at: usize,
}

/// A namespace with groups in it.
#[derive(Clone, Debug, Default)]
pub(super) struct NamespaceState {
    /// The pod matches that could select pods in it.
    candidates: Index,
    pub(super) groups: Vec<u32>,
}

/// A class, its region, its atoms, and its tables in both directions: egress, ingress.
#[derive(Clone, Debug)]
pub(super) struct ClassState {
    pub(super) class: Class,
    pub(super) region: u32,
    pub(super) atoms: Vec<u32>,
    pub(super) tables: [u32; 2],
    pub(super) groups: u32,
}

/// Which namespaces the pod matches speak of.
#[derive(Clone, Debug, Default)]
pub(super) struct Addressees {
    /// The matches that name a namespace, by its name.
    by_name: HashMap<String, Vec<u32>>,
    /// Those that select namespaces by labels.
    by_labels: Index,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self {
            groups: Vec::new(),
            free: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            key: Vec::new(),
        }
    }

    pub(super) fn get(&self, number: u32) -> Option<&Group> {
        self.groups.get(place(number))?.as_ref()
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Group> {
        self.groups.get_mut(place(number))?.as_mut()
    }

    /// The groups with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Group)> {
        (0..).zip(&self.groups).filter_map(|(number, group)| Some((number, group.as_ref()?)))
    }

    /// The group of pods that are like one.
    fn find(&mut self, namespace: NamespaceId, pod: &Pod, is_subject: bool) -> Option<u32> {
        alike::write(&mut self.key, namespace, pod, is_subject);
        let key = self.key.as_slice();
        let is_it = |number: &u32| self.get(*number).is_some_and(|group| *group.key == *key);
        self.numbers.find(self.hasher.hash_one(key), is_it).copied()
    }

    /// Adds a group for what was looked for last.
    fn add(&mut self, namespace: NamespaceId, is_subject: bool, class: u32) -> u32 {
        let key: Box<[u8]> = self.key.as_slice().into();
        let hash = self.hasher.hash_one(&*key);
        let group = Group { namespace, is_subject, class, pods: Vec::new(), recent: None, key, hash };
        let number = self.free.pop().unwrap_or_else(|| {
            self.groups.push(None);
            u32::try_from(self.groups.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.groups.get_mut(place(number)) {
            *place = Some(group);
        }
        let groups = &self.groups;
        self.numbers.insert_unique(hash, number, |number| {
            groups.get(place(*number)).and_then(Option::as_ref).map_or(0, |group| group.hash)
        });
        number
    }

    fn remove(&mut self, number: u32) -> Option<Group> {
        let group = self.groups.get_mut(place(number))?.take()?;
        if let Ok(entry) = self.numbers.find_entry(group.hash, |other| *other == number) {
            entry.remove();
        }
        self.free.push(number);
        Some(group)
    }
}

impl Live {
    /// Finds a pod its group.
    pub(super) fn join(&mut self, cluster: &Cluster, id: PodId, pod: &Pod) -> Option<u32> {
        let namespace = cluster.namespace_id_of(id).filter(|_| has_identity(pod, self.options));
        let is_subject = self.scope.holds(pod);
        let group = namespace.map(|namespace| {
            let known = self.groups.find(namespace, pod, is_subject);
            known.unwrap_or_else(|| self.add_group(cluster, namespace, pod, is_subject))
        });
        let mut state = PodState { group, at: 0 };
        if let Some(group) = group.and_then(|group| self.groups.get_mut(group)) {
            state.at = group.pods.len();
            group.pods.push(id);
        }
        if self.pods.len() <= place(id.0) {
            self.pods.resize(place(id.0).saturating_add(1), None);
        }
        if let Some(place) = self.pods.get_mut(place(id.0)) {
            *place = Some(state);
        }
        group
    }

    /// Takes a pod out of its group.
    pub(super) fn leave_group(&mut self, state: PodState) {
        let Some(number) = state.group else { return };
        let Some(group) = self.groups.get_mut(number) else { return };
        group.pods.swap_remove(state.at);
        let moved = group.pods.get(state.at).copied();
        let is_empty = group.pods.is_empty();
        if let Some(moved) = moved.and_then(|moved| self.pods.get_mut(place(moved.0))?.as_mut()) {
            moved.at = state.at;
        }
        if is_empty {
            self.remove_group(number);
        }
    }

    fn add_group(&mut self, cluster: &Cluster, namespace: NamespaceId, pod: &Pod, is_subject: bool) -> u32 {
        if !self.namespaces.contains_key(&namespace)
            && let Some(object) = cluster.namespace(namespace)
        {
            let candidates = self.candidates(object);
            self.namespaces.insert(namespace, NamespaceState { candidates, groups: Vec::new() });
        }
        let matches = self.matching(namespace, &pod.labels);
        let ports = self.port_set(pod);
        let class = self.class(Class { matches, ports, is_pod: true, is_subject });
        self.count_groups(class, 1);
        let number = self.groups.add(namespace, is_subject, class);
        self.namespaces.entry(namespace).or_default().groups.push(number);
        number
    }

    fn remove_group(&mut self, number: u32) {
        let Some(group) = self.groups.remove(number) else { return };
        self.count_groups(group.class, -1);
        if let Some(state) = self.namespaces.get_mut(&group.namespace)
            && let Some(at) = state.groups.iter().position(|other| *other == number)
        {
            state.groups.swap_remove(at);
        }
    }

    pub(super) fn count_groups(&mut self, class: u32, more: i32) {
        let Some(state) = self.classes.get_mut(place(class)) else { return };
        let was_empty = state.groups == 0;
        state.groups = state.groups.saturating_add_signed(more);
        if was_empty && state.tables.contains(&PENDING) {
            // Its tables have waited for this.
            self.unsettled.push(class);
        }
    }

    /// The number of what the port names in use stand for on a pod.
    pub(super) fn port_set(&mut self, pod: &Pod) -> u32 {
        if pod.ports.iter().all(|port| port.name.is_none()) {
            return self.port_sets.intern(PortSet::new());
        }
        let resolve = |(number, (protocol, name)): (u32, &(_, _))| {
            let numbers = named_ports::resolve(pod, *protocol, name, self.options);
            (!numbers.is_empty()).then_some((number, numbers))
        };
        let ports: PortSet = (0..).zip(self.conditions.port_names()).filter_map(resolve).collect();
        self.port_sets.intern(ports)
    }

    /// The pod matches that could select pods of a namespace.
    pub(super) fn candidates(&self, namespace: &Namespace) -> Index {
        let hasher = &self.groups.hasher;
        let named = self.addressees.by_name.get(namespace.name.as_str()).into_iter().flatten().copied();
        let mut selected: Vec<u32> = self
            .addressees
            .by_labels
            .candidates(&namespace.labels, hasher)
            .filter(|number| self.speaks_of(*number, namespace))
            .collect();
        selected.sort_unstable();
        selected.dedup();
        let mut index = Index::default();
        for number in named.chain(selected) {
            if let Some(pod_match) = self.conditions.pod_matches().get(place(number)) {
                index.add(number, &pod_match.pods, hasher);
            }
        }
        index
    }

    fn speaks_of(&self, number: u32, namespace: &Namespace) -> bool {
        self.conditions.pod_matches().get(place(number)).is_some_and(|pods| selects(pods, namespace))
    }

    /// Makes a pod match known, and gives the namespaces that it speaks of, of those with groups in them.
    pub(super) fn add_match(&mut self, cluster: &Cluster, number: u32) -> Vec<NamespaceId> {
        self.of_matches.push(Vec::new());
        self.peers_of_matches.push(Vec::new());
        let Some(pod_match) = self.conditions.pod_matches().get(place(number)) else { return Vec::new() };
        let hasher = &self.groups.hasher;
        let concerned: Vec<NamespaceId> = match &pod_match.namespaces {
            NamespaceMatch::Named(name) => {
                self.addressees.by_name.entry_ref(name.as_str()).or_default().push(number);
                cluster.find_namespace(name).into_iter().collect()
            }
            NamespaceMatch::Selected(selector) => {
                self.addressees.by_labels.add(number, selector, hasher);
                let is_it = |id: &NamespaceId| {
                    cluster.namespace(*id).is_some_and(|namespace| selector.matches(&namespace.labels))
                };
                self.namespaces.keys().copied().filter(is_it).collect()
            }
        };
        for id in &concerned {
            if let Some(state) = self.namespaces.get_mut(id) {
                state.candidates.add(number, &pod_match.pods, hasher);
            }
        }
        concerned
    }

    /// A namespace's pods may be selected by others than before.
    pub(super) fn set_candidates(&mut self, id: NamespaceId, candidates: Index) {
        if let Some(state) = self.namespaces.get_mut(&id) {
            state.candidates = candidates;
        }
    }

    /// The numbers of the matches that select pods of these labels, sorted.
    pub(super) fn matching(&self, namespace: NamespaceId, labels: &Labels) -> Vec<u32> {
        let Some(state) = self.namespaces.get(&namespace) else { return Vec::new() };
        let pod_matches = self.conditions.pod_matches();
        let selects = |number: &u32| {
            pod_matches.get(place(*number)).is_some_and(|pod_match| pod_match.pods.matches(labels))
        };
        let mut found: Vec<u32> =
            state.candidates.candidates(labels, &self.groups.hasher).filter(selects).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a match selects any pod whose own sides are decided; always where all are.
    pub(super) fn is_concerned(&self, cluster: &Cluster, subject: &PodMatch) -> bool {
        if self.scope.node().is_none() {
            return true;
        }
        let of_namespace = |id: NamespaceId, state: &NamespaceState| {
            cluster.namespace(id).is_some_and(|namespace| selects(subject, namespace))
                && self.subjects_in(cluster, state).any(|labels| subject.pods.matches(labels))
        };
        match &subject.namespaces {
            NamespaceMatch::Named(name) => cluster
                .find_namespace(name)
                .and_then(|id| Some(of_namespace(id, self.namespaces.get(&id)?)))
                .unwrap_or(false),
            NamespaceMatch::Selected(_) => self.namespaces.iter().any(|(id, state)| of_namespace(*id, state)),
        }
    }

    /// The labels of the pods in a namespace whose own sides are decided.
    pub(super) fn subjects_in<'a>(
        &'a self,
        cluster: &'a Cluster,
        state: &'a NamespaceState,
    ) -> impl Iterator<Item = &'a Labels> {
        let groups = state.groups.iter().filter_map(|number| self.groups.get(*number));
        groups.filter(|group| group.is_subject).filter_map(|group| Some(&group.pod(cluster)?.labels))
    }

    /// The number of a class, of a new one if it is not known.
    pub(super) fn class(&mut self, class: Class) -> u32 {
        let hash = self.groups.hasher.hash_one(&class);
        let is_it = |number: &u32| self.classes.get(place(*number)).is_some_and(|state| state.class == class);
        if let Some(number) = self.class_numbers.find(hash, is_it) {
            return *number;
        }
        let number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        for pod_match in &class.matches {
            if let Some(classes) = self.of_matches.get_mut(place(*pod_match)) {
                classes.push(number);
            }
        }
        let table = match (class.is_pod, class.is_subject) {
            (false, _) => OUTSIDE,
            (true, false) => ELSEWHERE,
            (true, true) => PENDING,
        };
        if class.is_subject {
            self.unsettled.push(number);
        }
        // Before all classes are known nobody knows the regions.
        let region = if self.built && class.is_pod { self.regions.of(&class.matches) } else { 0 };
        self.classes.push(ClassState { class, region, atoms: Vec::new(), tables: [table; 2], groups: 0 });
        self.number_class(number);
        number
    }

    /// Lets a class be found by what it is.
    pub(super) fn number_class(&mut self, number: u32) {
        let (classes, hasher) = (&self.classes, &self.groups.hasher);
        let hash =
            |number: &u32| classes.get(place(*number)).map_or(0, |state| hasher.hash_one(&state.class));
        self.class_numbers.insert_unique(hash(&number), number, hash);
    }

    /// Lets a class no more be found by what it is.
    pub(super) fn forget_class(&mut self, number: u32) {
        let Some(state) = self.classes.get(place(number)) else { return };
        let hash = self.groups.hasher.hash_one(&state.class);
        if let Ok(entry) = self.class_numbers.find_entry(hash, |other| *other == number) {
            entry.remove();
        }
    }
}
