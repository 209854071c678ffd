//! Atoms as they come, and the peers of rules: which atoms they hold, by default and exceptions.

use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::HashSet;

use super::super::atoms::Atom;
use super::super::classes::NO_IDENTITY;
use super::super::conditions::{PeerKey, RuleKey};
use super::super::directory::PodAtoms;
use super::super::fill::Ruled;
use super::super::reach::Reach;
use super::{Live, Rule};
use crate::image::{Section, is_pod, kind, place, record_place};

/// The peers that rules have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct PeerSet {
    reach: Reach,
    /// The tables with a rule that has these peers.
    pub(super) tables: HashSet<u32>,
    /// How many rules have them; when none has, the atoms that they hold are not kept.
    rules: u32,
}

impl Live {
    /// The atoms of an end of a class with addresses, or with none.
    pub(super) fn atoms_of(&mut self, class: u32, addresses: &[IpAddr]) -> PodAtoms {
        let mut atom_at = |address: IpAddr| {
            let set = self.intervals.set_of(address);
            (address, self.atom(class, Some((address, set))))
        };
        match addresses {
            [] => PodAtoms::Bare(self.atom(class, None)),
            [address] => {
                let (address, atom) = atom_at(*address);
                PodAtoms::One(address, atom)
            }
            several => PodAtoms::Many(several.iter().map(|address| atom_at(*address)).collect()),
        }
    }

    /// The atoms of a pod of a group, or of what is no pod to policies.
    pub(super) fn atoms_in(&mut self, group: Option<u32>, addresses: &[IpAddr]) -> PodAtoms {
        let Some((group, class)) = group.and_then(|group| Some((group, self.groups.get(group)?.class)))
        else {
            return self.atoms_of(NO_IDENTITY, addresses);
        };
        let [address] = addresses else { return self.atoms_of(class, addresses) };
        let sort = (address.is_ipv4(), self.intervals.set_of(*address));
        let recent = self.groups.get(group).and_then(|group| group.recent);
        let atom = match recent {
            Some((known, atom)) if known == sort => atom,
            _ => self.atom(class, Some((*address, sort.1))),
        };
        if let Some(group) = self.groups.get_mut(group) {
            group.recent = Some((sort, atom));
        }
        PodAtoms::One(*address, atom)
    }

    /// The atom of an end of a class with an address that lies in a set of lists, or without an address.
    pub(super) fn atom(&mut self, class: u32, address: Option<(IpAddr, u32)>) -> u32 {
        let region = self.classes.get(place(class)).map_or(0, |state| state.region);
        let number = self.atoms.intern(class, region, address);
        self.note_atoms();
        number
    }

    /// Takes notice of atoms that are new.
    pub(super) fn note_atoms(&mut self) {
        for (number, atom) in self.atoms.take_new() {
            if let Some(state) = self.classes.get_mut(place(atom.class)) {
                state.atoms.push(number);
            }
            if let Some(atoms) = self.of_sets.get_mut(place(atom.blocks)) {
                atoms.push(number);
            }
            self.population.add(number);
            if self.built {
                if is_pod(number) {
                    let record = self.record_of(atom.class);
                    let at = self.arena.push(Section::Records, &[record]);
                    debug_assert_eq!(at, record_place(number), "records are in the order of pods' atoms");
                }
                self.enter(number, atom);
            }
        }
    }

    /// Enters a new atom into every table whose rules see it otherwise than its kind.
    fn enter(&mut self, number: u32, atom: Atom) {
        let matches = self.classes.get(place(atom.class)).map_or(&[][..], |state| &state.class.matches);
        let mut concerned: Vec<u32> = Vec::new();
        for pod_match in matches {
            concerned.extend(self.peers_of_matches.get(place(*pod_match)).into_iter().flatten());
        }
        for list in self.intervals.lists(atom.blocks) {
            concerned.extend(self.peers_of_lists.get(place(*list)).into_iter().flatten());
        }
        // Those that hold the kind by default, and perhaps not this one.
        concerned.extend(self.default_peers.get(place(atom.kind)).into_iter().flatten());
        concerned.sort_unstable();
        concerned.dedup();
        let mut tables: Vec<u32> = Vec::new();
        let mut holding: Vec<u32> = Vec::new();
        for peers in concerned {
            let holds = self.hold(peers, atom);
            if holds {
                holding.push(peers);
            }
            let Some(set) = self.peer_sets.get_mut(place(peers)) else { continue };
            if set.rules > 0 && holds != set.reach.by_default.hold(number) {
                set.reach.exceptions.push(number);
                tables.extend(&set.tables);
            }
        }
        if atom.kind < kind::OUTSIDE {
            // NP-008: where each peer's own names decide, each peer is one of its own.
            tables.extend(&self.by_names);
        }
        tables.sort_unstable();
        tables.dedup();
        for table in tables {
            self.enter_into(table, number, atom, &holding);
        }
    }

    /// Whether peers hold an atom.
    pub(super) fn hold(&self, peers: u32, atom: Atom) -> bool {
        let Some(key) = self.conditions.peers().get(place(peers)) else { return false };
        let matches = self.classes.get(place(atom.class)).map_or(&[][..], |state| &state.class.matches);
        key.any
            || key.matches.iter().any(|number| matches.binary_search(number).is_ok())
            || key.list.is_some_and(|list| self.intervals.lists(atom.blocks).binary_search(&list).is_ok())
    }

    /// A rule as tables are filled with it.
    pub(super) fn ruled(&self, rule: Rule) -> Ruled<'_> {
        let RuleKey { action, traffic, .. } = rule.key;
        match self.peer_sets.get(place(rule.key.peers)) {
            Some(PeerSet { reach, .. }) => {
                Ruled { action, traffic, by_default: reach.by_default, exceptions: &reach.exceptions }
            }
            None => Ruled { action, traffic, by_default: Default::default(), exceptions: &[] },
        }
    }

    /// One more rule has these peers.
    pub(super) fn take_peers(&mut self, number: u32) {
        let unused = self.peer_sets.get(place(number)).is_some_and(|set| set.rules == 0);
        if unused {
            self.reach(number);
        }
        if let Some(set) = self.peer_sets.get_mut(place(number)) {
            set.rules = set.rules.saturating_add(1);
        }
    }

    /// One rule less has these peers.
    pub(super) fn let_peers_go(&mut self, number: u32) {
        let Some(set) = self.peer_sets.get_mut(place(number)) else { return };
        set.rules = set.rules.saturating_sub(1);
        if set.rules == 0 {
            set.reach = Reach::default();
            for default in &mut self.default_peers {
                default.retain(|other| *other != number);
            }
        }
    }

    /// Makes the sets of peers known that are new.
    pub(super) fn note_peers(&mut self) {
        let noted = self.peer_sets.len();
        let new = self.conditions.peers().get(noted..).unwrap_or(&[]);
        for (key, number) in new.iter().zip(u32::try_from(noted).unwrap_or(u32::MAX)..) {
            for pod_match in &key.matches {
                if let Some(known) = self.peers_of_matches.get_mut(place(*pod_match)) {
                    known.push(number);
                }
            }
            if let Some(known) = key.list.and_then(|list| self.peers_of_lists.get_mut(place(list))) {
                known.push(number);
            }
            self.peer_sets.push(PeerSet::default());
        }
    }

    /// Finds the atoms that peers hold.
    fn reach(&mut self, number: u32) {
        let Some(key) = self.conditions.peers().get(place(number)) else { return };
        let reach = if key.any { Reach::everything() } else { self.population.complement(&self.held(key)) };
        if !key.any {
            for (default, kind) in self.default_peers.iter_mut().zip(0..) {
                if reach.by_default.regions(kind) != 0 {
                    default.push(number);
                }
            }
        }
        if let Some(set) = self.peer_sets.get_mut(place(number)) {
            set.reach = reach;
        }
    }

    /// The atoms that peers hold, sorted.
    fn held(&self, key: &PeerKey) -> Vec<u32> {
        let mut held: Vec<u32> = Vec::new();
        for pod_match in &key.matches {
            for class in self.of_matches.get(place(*pod_match)).into_iter().flatten() {
                held.extend(self.classes.get(place(*class)).into_iter().flat_map(|state| &state.atoms));
            }
        }
        for of_set in key.list.and_then(|list| self.of_lists.get(place(list))).into_iter().flatten() {
            held.extend(self.of_sets.get(place(*of_set)).into_iter().flatten());
        }
        held.sort_unstable();
        held.dedup();
        held
    }
}
