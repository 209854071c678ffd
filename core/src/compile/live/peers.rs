//! Atoms as they come, and the peers of rules: which atoms they hold, by default and exceptions.

use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::HashSet;

use super::super::atoms::Atom;
use super::super::fill::Ruled;
use super::super::reach::complement;
use super::super::rows::Painted;
use super::Live;
use crate::image::{Section, kind, kind_of, place, record_place};
use crate::policy::{Peer, Peers};

/// The peers that rules have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct PeerSet {
    /// NP-005: whatever there is.
    any: bool,
    /// The pod matches and the list of blocks, any of which has to hold.
    matches: Vec<u32>,
    list: Option<u32>,
    by_default: [bool; kind::COUNT],
    exceptions: Vec<u32>,
    /// The tables with a rule that has these peers.
    pub(super) tables: HashSet<u32>,
    /// How many rules have them; when none has, the atoms that they hold are not kept.
    rules: u32,
}

impl Live {
    /// The atom of an end of a class with an address that lies in a set of lists, or without an address.
    pub(super) fn atom(&mut self, class: u32, address: Option<(IpAddr, u32)>) -> u32 {
        let known = self.atoms.len();
        let number = self.atoms.intern(class, address);
        if self.atoms.len() > known {
            self.note_atoms();
        }
        number
    }

    /// Takes notice of atoms that are new.
    pub(super) fn note_atoms(&mut self) {
        let noted = self.of_kinds.iter().fold(0_usize, |sum, of_kind| sum.saturating_add(of_kind.len()));
        let new: Vec<(u32, Atom)> = self.atoms.since(noted).collect();
        for (number, atom) in new {
            if let Some(state) = self.classes.get_mut(place(atom.class)) {
                state.atoms.push(number);
            }
            if let Some(atoms) = self.of_sets.get_mut(place(atom.blocks)) {
                atoms.push(number);
            }
            if let Some(of_kind) = self.of_kinds.get_mut(place(atom.kind)) {
                of_kind.push(number);
            }
            if self.built {
                let record = self.record_of(atom.class);
                let at = self.arena.push(Section::Records, &[record]);
                debug_assert_eq!(at, record_place(number), "records are in the order of atoms");
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
        for peers in concerned {
            let holds = self.holds(peers, atom);
            let Some(set) = self.peer_sets.get_mut(place(peers)) else { continue };
            let by_default = set.by_default.get(place(atom.kind)).copied().unwrap_or(false);
            if set.rules > 0 && holds != by_default {
                set.exceptions.push(number);
                tables.extend(&set.tables);
            }
        }
        if atom.kind < kind::OUTSIDE {
            // NP-008: where each peer's own names decide, each peer is one of its own.
            tables.extend(self.tables_by_names());
        }
        tables.sort_unstable();
        tables.dedup();
        for table in tables {
            self.enter_into(table, number, atom);
        }
    }

    /// Whether peers hold an atom.
    pub(super) fn holds(&self, peers: u32, atom: Atom) -> bool {
        let Some(set) = self.peer_sets.get(place(peers)) else { return false };
        let matches = self.classes.get(place(atom.class)).map_or(&[][..], |state| &state.class.matches);
        set.any
            || set.matches.iter().any(|number| matches.binary_search(number).is_ok())
            || set.list.is_some_and(|list| self.intervals.lists(atom.blocks).binary_search(&list).is_ok())
    }

    /// A rule as tables are filled with it.
    pub(super) fn ruled<'a>(&'a self, peers: u32, traffic: &'a Painted) -> Ruled<'a> {
        match self.peer_sets.get(place(peers)) {
            Some(set) => Ruled { traffic, by_default: set.by_default, exceptions: &set.exceptions },
            None => Ruled { traffic, by_default: Default::default(), exceptions: &[] },
        }
    }

    /// The number of peers that one more rule has.
    pub(super) fn take_peers(&mut self, peers: &Peers) -> u32 {
        let number = match self.peer_numbers.get(peers) {
            Some(number) => *number,
            None => self.add_peers(peers),
        };
        let unused = self.peer_sets.get(place(number)).is_some_and(|set| set.rules == 0);
        if unused {
            self.reach(number);
        }
        if let Some(set) = self.peer_sets.get_mut(place(number)) {
            set.rules = set.rules.saturating_add(1);
        }
        number
    }

    /// One rule less has these peers.
    pub(super) fn let_peers_go(&mut self, number: u32) {
        let Some(set) = self.peer_sets.get_mut(place(number)) else { return };
        set.rules = set.rules.saturating_sub(1);
        if set.rules == 0 {
            set.exceptions = Vec::new();
            set.by_default = Default::default();
            for default in &mut self.default_peers {
                default.retain(|other| *other != number);
            }
        }
    }

    fn add_peers(&mut self, peers: &Peers) -> u32 {
        let number = u32::try_from(self.peer_sets.len()).unwrap_or(u32::MAX);
        let mut set = PeerSet { any: *peers == Peers::Any, ..PeerSet::default() };
        if let Peers::Of(list) = peers {
            let pods = |peer: &Peer| match peer {
                Peer::Pods(pods) => self.conditions.pod_match_number(pods),
                Peer::IpBlock(_) => None,
            };
            set.matches = list.iter().filter_map(pods).collect();
            set.matches.sort_unstable();
            set.matches.dedup();
            set.list = self.conditions.block_list_number(list);
        }
        for pod_match in &set.matches {
            if let Some(known) = self.peers_of_matches.get_mut(place(*pod_match)) {
                known.push(number);
            }
        }
        if let Some(known) = set.list.and_then(|list| self.peers_of_lists.get_mut(place(list))) {
            known.push(number);
        }
        self.peer_sets.push(set);
        self.peer_numbers.insert(peers.clone(), number);
        number
    }

    /// Finds the atoms that peers hold.
    fn reach(&mut self, number: u32) {
        let Some(set) = self.peer_sets.get(place(number)) else { return };
        let (by_default, exceptions) = if set.any {
            ([true; kind::COUNT], Vec::new())
        } else {
            let mut held: Vec<u32> = Vec::new();
            for pod_match in &set.matches {
                for class in self.of_matches.get(place(*pod_match)).into_iter().flatten() {
                    held.extend(self.classes.get(place(*class)).into_iter().flat_map(|state| &state.atoms));
                }
            }
            for of_set in set.list.and_then(|list| self.of_lists.get(place(list))).into_iter().flatten() {
                held.extend(self.of_sets.get(place(*of_set)).into_iter().flatten());
            }
            held.sort_unstable();
            held.dedup();
            let reach = complement(&self.of_kinds, &held);
            (reach.by_default, reach.exceptions)
        };
        let Some(set) = self.peer_sets.get_mut(place(number)) else { return };
        if !set.any {
            for (default, by_default) in self.default_peers.iter_mut().zip(by_default) {
                if by_default {
                    default.push(number);
                }
            }
        }
        (set.by_default, set.exceptions) = (by_default, exceptions);
    }

    /// The kinds' atoms that are pods.
    pub(super) fn pod_atoms(&self) -> impl Iterator<Item = u32> {
        let [pods, pods6, ..] = &self.of_kinds;
        pods.iter().chain(pods6).copied()
    }

    pub(super) fn kind_place(atom: u32) -> usize {
        place(kind_of(atom))
    }
}
