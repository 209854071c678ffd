//! Reach: which atoms the peers of a rule hold, said by default and exceptions.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::atoms::Atoms;
use super::classes::Class;
use super::conditions::Conditions;
use super::intervals::Intervals;
use crate::image::{kind, kind_of, place};
use crate::policy::{Peer, Peers};

/// The atoms that peers hold: for each kind all or none, but for the exceptions.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    pub(super) by_default: [bool; kind::COUNT],
    /// Sorted.
    pub(super) exceptions: Vec<u32>,
}

impl Reach {
    /// NP-005: every atom.
    pub(super) fn everything() -> Self {
        Self { by_default: [true; kind::COUNT], exceptions: Vec::new() }
    }
}

/// Which atoms each condition holds for.
pub(super) struct Members {
    of_matches: HashMap<u32, Vec<u32>>,
    of_block_lists: HashMap<u32, Vec<u32>>,
    /// The atoms of each kind, sorted.
    of_kinds: [Vec<u32>; kind::COUNT],
}

impl Members {
    pub(super) fn new(classes: &[Class], atoms: &Atoms, intervals: &Intervals) -> Self {
        let mut members =
            Self { of_matches: HashMap::new(), of_block_lists: HashMap::new(), of_kinds: Default::default() };
        for (number, atom) in atoms.iter() {
            for pod_match in classes.get(place(atom.class)).into_iter().flat_map(|class| &class.matches) {
                members.of_matches.entry(*pod_match).or_default().push(number);
            }
            for list in intervals.lists(atom.blocks) {
                members.of_block_lists.entry(*list).or_default().push(number);
            }
            if let Some(kind) = members.of_kinds.get_mut(place(atom.kind)) {
                kind.push(number);
            }
        }
        members
    }

    /// The atoms of the pods' kinds.
    pub(super) fn pods(&self) -> impl Iterator<Item = u32> {
        let [pods, pods6, ..] = &self.of_kinds;
        pods.iter().chain(pods6).copied()
    }

    /// What the peers hold. A condition without atoms holds nothing, never everything.
    pub(super) fn reach(&self, peers: &Peers, conditions: &Conditions) -> Reach {
        let Peers::Of(peers) = peers else { return Reach::everything() };
        let pods = |peer: &Peer| match peer {
            Peer::Pods(pods) => {
                conditions.pod_match_number(pods).and_then(|number| self.of_matches.get(&number))
            }
            Peer::IpBlock(_) => None,
        };
        let blocks = conditions.block_list_number(peers).and_then(|number| self.of_block_lists.get(&number));
        let mut held: Vec<u32> = peers.iter().filter_map(pods).chain(blocks).flatten().copied().collect();
        held.sort_unstable();
        held.dedup();
        complement(&self.of_kinds, &held)
    }
}

/// Turns what a kind holds mostly into its default, so that `0.0.0.0/0` or all pods cost next to nothing.
pub(super) fn complement(of_kinds: &[Vec<u32>; kind::COUNT], held: &[u32]) -> Reach {
    let mut reach = Reach::default();
    // Numbers sort by kind first.
    for held in held.chunk_by(|a, b| kind_of(*a) == kind_of(*b)) {
        let number = held.first().map_or(0, |atom| place(kind_of(*atom)));
        let all = of_kinds.get(number).map_or(&[][..], Vec::as_slice);
        if held.len().saturating_mul(2) <= all.len() {
            reach.exceptions.extend(held);
            continue;
        }
        if let Some(by_default) = reach.by_default.get_mut(number) {
            *by_default = true;
        }
        let mut rest = held.iter().copied().peekable();
        // Both are sorted, and all holds every one of the others.
        reach.exceptions.extend(all.iter().copied().filter(|atom| rest.next_if_eq(atom).is_none()));
    }
    reach
}
