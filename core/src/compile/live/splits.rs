//! Splits: what happens to pods that are not alike any more, or elsewhere than before.

use alloc::vec::Vec;

use super::super::classes::Class;
use super::{Live, hosts};
use crate::cluster::{Cluster, NamespaceId, PodId};
use crate::image::place;
use crate::label::Labels;
use crate::policy::PolicySet;

impl Live {
    /// Tells apart, in the namespaces that it speaks of, whom a new match selects and whom it does not.
    pub(super) fn split_by_match(&mut self, cluster: &Cluster, number: u32, namespaces: &[NamespaceId]) {
        let Some(pods) = self.conditions.pod_matches().get(place(number)).map(|pod_match| &pod_match.pods)
        else {
            return;
        };
        let states = namespaces.iter().filter_map(|id| self.namespaces.get(id));
        let mut selected: Vec<(u32, u32)> = Vec::new();
        for group_number in states.flat_map(|state| &state.groups) {
            if let Some(group) = self.groups.get(*group_number)
                && group.pod(cluster).is_some_and(|pod| pods.matches(&pod.labels))
            {
                selected.push((group.class, *group_number));
            }
        }
        selected.sort_unstable();
        for of_class in selected.chunk_by(|a, b| a.0 == b.0) {
            let groups: Vec<u32> = of_class.iter().map(|(_, group)| *group).collect();
            let Some((class, _)) = of_class.first().copied() else { continue };
            let Some(mut wanted) = self.classes.get(place(class)).map(|state| state.class.clone()) else {
                continue;
            };
            // The newest match has the highest number: the list stays sorted.
            wanted.matches.push(number);
            if self.make(class, wanted, &groups)
                && let Some(classes) = self.of_matches.get_mut(place(number))
            {
                classes.push(class);
            }
        }
    }

    /// Tells apart whose pods have a port of a new name.
    pub(super) fn split_by_name(&mut self, cluster: &Cluster, number: u32) {
        let Some((protocol, name)) = self.conditions.port_names().get(place(number)).cloned() else { return };
        let has_it = |pod: &crate::cluster::Pod| {
            pod.ports.iter().any(|port| port.protocol == protocol && port.name.as_ref() == Some(&name))
        };
        let with_it: Vec<u32> = self
            .groups
            .iter()
            .filter(|(_, group)| group.pod(cluster).is_some_and(has_it))
            .map(|(number, _)| number)
            .collect();
        let mut changed: Vec<(u32, u32, u32)> = Vec::new();
        for number in with_it {
            let Some(group) = self.groups.get(number) else { continue };
            let (class, Some(pod)) = (group.class, group.pod(cluster)) else { continue };
            let ports = self.port_set(pod);
            let before = self.classes.get(place(class)).map(|state| state.class.ports);
            if before.is_some_and(|before| before != ports) {
                changed.push((class, ports, number));
            }
        }
        changed.sort_unstable();
        for alike in changed.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let groups: Vec<u32> = alike.iter().map(|(.., group)| *group).collect();
            let Some((class, ports, _)) = alike.first().copied() else { continue };
            let Some(state) = self.classes.get(place(class)) else { continue };
            let wanted = Class { ports, ..state.class.clone() };
            self.make(class, wanted, &groups);
        }
    }

    /// Makes groups of a class another one; whether they were all of it, so that it is the same class with other answers.
    fn make(&mut self, class: u32, wanted: Class, groups: &[u32]) -> bool {
        let all = self.classes.get(place(class)).is_some_and(|state| place(state.groups) == groups.len());
        if all {
            self.forget_class(class);
            if let Some(state) = self.classes.get_mut(place(class)) {
                state.class = wanted;
            }
            self.number_class(class);
            return true;
        }
        let wanted = self.class(wanted);
        for group in groups {
            self.move_group(*group, wanted);
        }
        false
    }

    /// A namespace has other labels than before.
    pub(crate) fn namespace_changed(&mut self, cluster: &Cluster, policies: &PolicySet, id: NamespaceId) {
        let Some(object) = cluster.namespace(id).filter(|_| self.namespaces.contains_key(&id)) else {
            return;
        };
        let candidates = self.candidates(object);
        self.set_candidates(id, candidates);
        if let Some(state) = self.namespaces.get(&id).filter(|_| self.scope.node().is_some()) {
            let labels: Vec<Labels> = self.subjects_in(cluster, state).cloned().collect();
            let labels: Vec<&Labels> = labels.iter().collect();
            self.wake(cluster, policies, object, &labels);
        }
        let groups = self.namespaces.get(&id).map_or_else(Vec::new, |state| state.groups.clone());
        for number in groups {
            let Some(group) = self.groups.get(number) else { continue };
            let (class, Some(pod)) = (group.class, group.pod(cluster)) else { continue };
            let matches = self.matching(id, &pod.labels);
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
        group.recent = None;
        let pods = group.pods.clone();
        self.count_groups(before, -1);
        self.count_groups(class, 1);
        for id in pods {
            self.renew_atoms(id, class);
        }
    }

    /// Gives a pod of a class the atoms that it has now.
    pub(super) fn renew_atoms(&mut self, id: PodId, class: u32) {
        let Some(atoms) = self.directory.atoms_of(id) else { return };
        let addresses: Vec<_> = atoms.iter().map(|(address, _)| address).collect();
        let atoms = self.atoms_of(class, &addresses);
        for (address, atom) in atoms.iter() {
            if self.directory.owner_of(address) == Some(id) {
                self.stale |= !hosts::put(&mut self.arena, address, atom);
            }
        }
        self.directory.set_atoms(id, atoms);
    }
}
