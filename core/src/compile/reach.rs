//! Reach: which atoms the peers of a rule hold, said by default and exceptions.
//!
//! Defaults are said by *sort*: the kind and the region of an atom.

use alloc::vec::Vec;

use crate::image::{kind, kind_of, place, region_of};

/// A set of sorts: for each kind a word, for each region a bit of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sorts([u64; kind::COUNT]);

impl Sorts {
    /// Every sort.
    pub(super) const ALL: Self = Self([u64::MAX; kind::COUNT]);

    /// Whether an atom's sort is one of them.
    pub(super) fn hold(self, atom: u32) -> bool {
        self.regions(kind_of(atom)).wrapping_shr(region_of(atom)) & 1 == 1
    }

    /// The regions of a kind, as bits.
    pub(super) fn regions(self, kind: u32) -> u64 {
        self.0.get(place(kind)).copied().unwrap_or(0)
    }

    fn insert(&mut self, atom: u32) {
        if let Some(regions) = self.0.get_mut(place(kind_of(atom))) {
            *regions |= 1_u64.wrapping_shl(region_of(atom));
        }
    }
}

/// The atoms that peers hold: of each sort all or none, but for the exceptions.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    pub(super) by_default: Sorts,
    /// Sorted, but for those that came later.
    pub(super) exceptions: Vec<u32>,
}

impl Reach {
    /// NP-005: every atom.
    pub(super) fn everything() -> Self {
        Self { by_default: Sorts::ALL, exceptions: Vec::new() }
    }
}

/// The atoms of each sort.
#[derive(Clone, Debug)]
pub(super) struct Population {
    of_sorts: Vec<Vec<u32>>,
    seen: Sorts,
}

/// How many sorts there are.
const SORTS: usize = 256;

fn sort(atom: u32) -> usize {
    place(atom.wrapping_shr(24))
}

impl Population {
    pub(super) fn new() -> Self {
        Self { of_sorts: alloc::vec![Vec::new(); SORTS], seen: Sorts::default() }
    }

    pub(super) fn add(&mut self, atom: u32) {
        self.seen.insert(atom);
        if let Some(of_sort) = self.of_sorts.get_mut(sort(atom)) {
            of_sort.push(atom);
        }
    }

    /// The atoms that are pods.
    pub(super) fn pods(&self) -> impl Iterator<Item = u32> {
        self.of_sorts.iter().take(SORTS / 2).flatten().copied()
    }

    /// Turns what a sort holds mostly into its default, so that `0.0.0.0/0`, all pods or all of an environment cost next
    /// to nothing. `held` is sorted.
    pub(super) fn complement(&self, held: &[u32]) -> Reach {
        let mut reach = Reach::default();
        // Numbers sort by kind and region first.
        for held in held.chunk_by(|a, b| sort(*a) == sort(*b)) {
            let Some(first) = held.first() else { continue };
            let all = self.of_sorts.get(sort(*first)).map_or(&[][..], Vec::as_slice);
            if held.len().saturating_mul(2) <= all.len() {
                reach.exceptions.extend(held);
                continue;
            }
            reach.by_default.insert(*first);
            let mut rest = held.iter().copied().peekable();
            // Both are sorted, and all holds every one of the others.
            reach.exceptions.extend(all.iter().copied().filter(|atom| rest.next_if_eq(atom).is_none()));
        }
        for (regions, seen) in reach.by_default.0.iter_mut().zip(self.seen.0) {
            // Regions that nobody is in so far are as all others, where those are alike: tables that tell no regions
            // apart have one slot for both.
            if *regions == seen && seen != 0 {
                *regions = u64::MAX;
            }
        }
        reach
    }
}
