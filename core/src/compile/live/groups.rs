//! Groups and classes: which pods are alike, and what happens when they are not any more.

use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::super::classes::{Class, NO_IDENTITY, has_identity};
use super::super::named_ports;
use super::super::scope::selects;
use super::subjects::{ELSEWHERE, OUTSIDE, PENDING};
use super::{Live, hosts};
use crate::cluster::{Cluster, ContainerPort, Namespace, NamespaceId, Pod, PodId};
use crate::image::place;
use crate::label::Labels;
use crate::policy::{NamespaceMatch, PodMatch, PolicySet};

/// Pods of one namespace with the same labels and ports.
#[derive(Clone, Debug)]
pub(super) struct Group {
    namespace: NamespaceId,
    labels: Labels,
    ports: Vec<ContainerPort>,
    /// Whether their own sides are decided.
    is_subject: bool,
    class: u32,
    pods: Vec<PodId>,
}

/// Groups by number and by what makes them one.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    groups: Vec<Option<Group>>,
    free: Vec<u32>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// A pod's place among those that are like it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodState {
    /// Its group; none for what is no pod to policies.
    group: Option<u32>,
    at: usize,
}

/// A namespace with groups in it.
#[derive(Clone, Debug, Default)]
pub(super) struct NamespaceState {
    /// The pod matches that could select pods in it.
    candidates: Vec<u32>,
    groups: Vec<u32>,
}

/// A class, its atoms, and its tables in both directions: egress, ingress.
#[derive(Clone, Debug)]
pub(super) struct ClassState {
    pub(super) class: Class,
    pub(super) atoms: Vec<u32>,
    pub(super) tables: [u32; 2],
    groups: u32,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self {
            groups: Vec::new(),
            free: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    fn get(&self, number: u32) -> Option<&Group> {
        self.groups.get(place(number))?.as_ref()
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Group> {
        self.groups.get_mut(place(number))?.as_mut()
    }

    fn hash(&self, namespace: NamespaceId, labels: &Labels, ports: &[ContainerPort]) -> u64 {
        self.hasher.hash_one((namespace, labels, ports))
    }

    fn find(&self, namespace: NamespaceId, pod: &Pod, is_subject: bool) -> Option<u32> {
        let is_it = |number: &u32| {
            self.get(*number).is_some_and(|group| {
                group.namespace == namespace
                    && group.is_subject == is_subject
                    && group.labels == pod.labels
                    && group.ports == pod.ports
            })
        };
        self.numbers.find(self.hash(namespace, &pod.labels, &pod.ports), is_it).copied()
    }

    fn add(&mut self, group: Group) -> u32 {
        let hash = self.hash(group.namespace, &group.labels, &group.ports);
        let number = self.free.pop().unwrap_or_else(|| {
            self.groups.push(None);
            u32::try_from(self.groups.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.groups.get_mut(place(number)) {
            *place = Some(group);
        }
        let (groups, hasher) = (&self.groups, &self.hasher);
        self.numbers.insert_unique(hash, number, |number| {
            let group = groups.get(place(*number)).and_then(Option::as_ref);
            group.map_or(0, |group| hasher.hash_one((group.namespace, &group.labels, group.ports.as_slice())))
        });
        number
    }

    fn remove(&mut self, number: u32) -> Option<Group> {
        let group = self.groups.get_mut(place(number))?.take()?;
        let hash = self.hash(group.namespace, &group.labels, &group.ports);
        if let Ok(entry) = self.numbers.find_entry(hash, |other| *other == number) {
            entry.remove();
        }
        self.free.push(number);
        Some(group)
    }
}

impl Live {
    /// Finds a pod its group, its class and its atoms, and lets it claim its addresses.
    pub(super) fn seat(&mut self, cluster: &Cluster, id: PodId, pod: &Pod) {
        let namespace = cluster.namespace_id_of(id).filter(|_| has_identity(pod, self.options));
        let is_subject = self.scope.holds(pod);
        let group = namespace.map(|namespace| match self.groups.find(namespace, pod, is_subject) {
            Some(group) => group,
            None => self.add_group(cluster, namespace, pod, is_subject),
        });
        let mut state = PodState { group, at: 0 };
        let mut class = NO_IDENTITY;
        if let Some(group) = group.and_then(|group| self.groups.get_mut(group)) {
            state.at = group.pods.len();
            group.pods.push(id);
            class = group.class;
        }
        if self.pods.len() <= place(id.0) {
            self.pods.resize(place(id.0).saturating_add(1), None);
        }
        if let Some(place) = self.pods.get_mut(place(id.0)) {
            *place = Some(state);
        }
        let (bare, addressed) = self.atoms_of(class, &pod.addresses);
        self.directory.put(id, pod, self.options, bare, addressed);
        // NP-019: a host-network pod has its node's address, which is never its own.
        if !pod.host_network && group.is_some() {
            for address in pod.addresses.iter().copied() {
                let claims = self.claims.entry(address).or_default();
                if !claims.contains(&id) {
                    claims.push(id);
                }
            }
        }
    }

    /// Forgets a pod; gives its addresses, whose owners are to be found again.
    pub(super) fn unseat(&mut self, id: PodId) -> Vec<IpAddr> {
        let Some(state) = self.pods.get_mut(place(id.0)).and_then(Option::take) else { return Vec::new() };
        let addresses = self.directory.remove(id);
        for address in &addresses {
            if let Some(claims) = self.claims.get_mut(address) {
                claims.retain(|other| *other != id);
            }
        }
        let Some(number) = state.group else { return addresses };
        let Some(group) = self.groups.get_mut(number) else { return addresses };
        group.pods.swap_remove(state.at);
        let moved = group.pods.get(state.at).copied();
        let is_empty = group.pods.is_empty();
        if let Some(moved) = moved.and_then(|moved| self.pods.get_mut(place(moved.0))?.as_mut()) {
            moved.at = state.at;
        }
        if is_empty {
            self.remove_group(number);
        }
        addresses
    }

    fn atoms_of(&mut self, class: u32, addresses: &[IpAddr]) -> (u32, Vec<(IpAddr, u32)>) {
        let mut addressed = Vec::with_capacity(addresses.len());
        for address in addresses.iter().copied() {
            let set = self.intervals.set_of(address);
            addressed.push((address, self.atom(class, Some((address, set)))));
        }
        (self.atom(class, None), addressed)
    }

    fn add_group(&mut self, cluster: &Cluster, namespace: NamespaceId, pod: &Pod, is_subject: bool) -> u32 {
        if !self.namespaces.contains_key(&namespace)
            && let Some(object) = cluster.namespace(namespace)
        {
            let candidates = self.candidates(object);
            self.namespaces.insert(namespace, NamespaceState { candidates, groups: Vec::new() });
        }
        let matches = self.matching(namespace, &pod.labels);
        let resolve = |(protocol, name): &(_, _)| named_ports::resolve(pod, *protocol, name, self.options);
        let ports = self.conditions.port_names().iter().map(resolve).collect();
        let class = self.class(Class { matches, ports, is_pod: true, is_subject });
        self.count_groups(class, 1);
        let group = Group {
            namespace,
            labels: pod.labels.clone(),
            ports: pod.ports.clone(),
            is_subject,
            class,
            pods: Vec::new(),
        };
        let number = self.groups.add(group);
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

    fn count_groups(&mut self, class: u32, more: i32) {
        if let Some(state) = self.classes.get_mut(place(class)) {
            state.groups = state.groups.saturating_add_signed(more);
        }
    }

    /// The pod matches that could select pods of a namespace, sorted.
    fn candidates(&self, namespace: &Namespace) -> Vec<u32> {
        let named = self.by_name.get(namespace.name.as_str()).into_iter().flatten();
        let selected = self.by_labels.iter().filter(|number| self.selects(**number, namespace));
        let mut found: Vec<u32> = named.chain(selected).copied().collect();
        found.sort_unstable();
        found
    }

    fn selects(&self, number: u32, namespace: &Namespace) -> bool {
        self.conditions.pod_matches().get(place(number)).is_some_and(|pods| selects(pods, namespace))
    }

    /// Whether a match selects any pod whose own sides are decided; always where all are.
    pub(super) fn is_concerned(&self, cluster: &Cluster, subject: &PodMatch) -> bool {
        if self.scope.node().is_none() {
            return true;
        }
        let of_namespace = |id: NamespaceId, state: &NamespaceState| {
            cluster.namespace(id).is_some_and(|namespace| selects(subject, namespace))
                && self.subjects_in(state).any(|labels| subject.pods.matches(labels))
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
    fn subjects_in<'a>(&'a self, state: &'a NamespaceState) -> impl Iterator<Item = &'a Labels> {
        let groups = state.groups.iter().filter_map(|number| self.groups.get(*number));
        groups.filter(|group| group.is_subject).map(|group| &group.labels)
    }

    /// The numbers of the matches that select pods of these labels, sorted.
    fn matching(&self, namespace: NamespaceId, labels: &Labels) -> Vec<u32> {
        let pod_matches = self.conditions.pod_matches();
        let selects = |number: &u32| {
            pod_matches.get(place(*number)).is_some_and(|pod_match| pod_match.pods.matches(labels))
        };
        let candidates = self.namespaces.get(&namespace).map_or(&[][..], |state| state.candidates.as_slice());
        candidates.iter().copied().filter(selects).collect()
    }

    /// The number of a class, of a new one if it is not known.
    pub(super) fn class(&mut self, class: Class) -> u32 {
        if let Some(number) = self.class_numbers.get(&class) {
            return *number;
        }
        let number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        for pod_match in &class.matches {
            if let Some(classes) = self.of_matches.get_mut(place(*pod_match)) {
                classes.push(number);
            }
        }
        self.class_numbers.insert(class.clone(), number);
        let table = match (class.is_pod, class.is_subject) {
            (false, _) => OUTSIDE,
            (true, false) => ELSEWHERE,
            (true, true) => PENDING,
        };
        if class.is_subject {
            self.unsettled.insert(number);
        }
        self.classes.push(ClassState { class, atoms: Vec::new(), tables: [table; 2], groups: 0 });
        number
    }

    /// Makes a pod match known; nobody is selected by it yet.
    pub(super) fn add_match(&mut self, cluster: &Cluster, number: u32) {
        self.of_matches.push(Vec::new());
        self.peers_of_matches.push(Vec::new());
        match self.conditions.pod_matches().get(place(number)).map(|pod_match| &pod_match.namespaces) {
            Some(NamespaceMatch::Named(name)) => {
                self.by_name.entry_ref(name.as_str()).or_default().push(number);
            }
            Some(NamespaceMatch::Selected(_)) => self.by_labels.push(number),
            None => {}
        }
        let concerned: Vec<NamespaceId> = self
            .namespaces
            .keys()
            .copied()
            .filter(|id| cluster.namespace(*id).is_some_and(|namespace| self.selects(number, namespace)))
            .collect();
        for id in concerned {
            if let Some(state) = self.namespaces.get_mut(&id) {
                state.candidates.push(number);
            }
        }
    }

    /// Tells apart whom a new match selects and whom it does not.
    pub(super) fn split_by(&mut self, number: u32) {
        let Some(pods) = self.conditions.pod_matches().get(place(number)).map(|pod_match| &pod_match.pods)
        else {
            return;
        };
        let mut selected: Vec<(u32, u32)> = Vec::new();
        for state in self.namespaces.values() {
            if state.candidates.last() != Some(&number) {
                continue;
            }
            for group_number in &state.groups {
                if let Some(group) = self.groups.get(*group_number)
                    && pods.matches(&group.labels)
                {
                    selected.push((group.class, *group_number));
                }
            }
        }
        selected.sort_unstable();
        for of_class in selected.chunk_by(|a, b| a.0 == b.0) {
            let Some((class, _)) = of_class.first().copied() else { continue };
            let Some(state) = self.classes.get(place(class)) else { continue };
            let mut wanted = state.class.clone();
            // The newest match has the highest number: the list stays sorted.
            wanted.matches.push(number);
            if place(state.groups) == of_class.len() {
                // All of them: the class is the same as before, with one more answer.
                self.amend(class, wanted, number);
                continue;
            }
            let split = self.class(wanted);
            for (_, group) in of_class {
                self.move_group(*group, split);
            }
        }
    }

    fn amend(&mut self, class: u32, wanted: Class, number: u32) {
        let Some(state) = self.classes.get_mut(place(class)) else { return };
        let before = core::mem::replace(&mut state.class, wanted.clone());
        self.class_numbers.remove(&before);
        self.class_numbers.insert(wanted, class);
        if let Some(classes) = self.of_matches.get_mut(place(number)) {
            classes.push(class);
        }
    }

    /// A namespace has other labels than before.
    pub(crate) fn namespace_changed(&mut self, cluster: &Cluster, policies: &PolicySet, id: NamespaceId) {
        let Some(object) = cluster.namespace(id).filter(|_| self.namespaces.contains_key(&id)) else {
            return;
        };
        if let Some(state) = self.namespaces.get(&id).filter(|_| self.scope.node().is_some()) {
            let labels: Vec<Labels> = self.subjects_in(state).cloned().collect();
            let labels: Vec<&Labels> = labels.iter().collect();
            self.wake(cluster, policies, object, &labels);
        }
        let candidates = self.candidates(object);
        let Some(state) = self.namespaces.get_mut(&id) else { return };
        state.candidates = candidates;
        for number in state.groups.clone() {
            let Some(group) = self.groups.get(number) else { continue };
            let (class, matches) = (group.class, self.matching(id, &group.labels));
            let Some(state) = self.classes.get(place(class)) else { continue };
            if state.class.matches != matches {
                let wanted = Class { matches, ..state.class.clone() };
                let wanted = self.class(wanted);
                self.move_group(number, wanted);
            }
        }
    }

    /// A namespace is gone, and its number free for another.
    pub(crate) fn namespace_forgotten(&mut self, id: NamespaceId) {
        self.namespaces.remove(&id);
    }

    /// Moves the pods of a group into a class.
    fn move_group(&mut self, number: u32, class: u32) {
        let Some(group) = self.groups.get_mut(number) else { return };
        let before = core::mem::replace(&mut group.class, class);
        let pods = group.pods.clone();
        self.count_groups(before, -1);
        self.count_groups(class, 1);
        for id in pods {
            let addresses = self.directory.addresses_of(id);
            let (bare, addressed) = self.atoms_of(class, &addresses);
            for (address, atom) in &addressed {
                if self.directory.owner_of(*address) == Some(id) {
                    self.stale |= !hosts::put(&mut self.arena, *address, *atom);
                }
            }
            self.directory.set_atoms(id, bare, addressed);
        }
    }
}
