//! Filling tables: which row each peer's atom has under some rules.

use alloc::vec::Vec;

use super::buckets::{first_of, pair, second_of};
use super::painter::Painter;
use super::reach::Sorts;
use crate::image::{REGIONS, kind, kind_of, place, region_of};
use crate::policy::Action;

/// A rule of a table: what it does, the number of its traffic, and which atoms its peers hold.
#[derive(Clone, Copy)]
pub(super) struct Ruled<'a> {
    pub(super) action: Action,
    pub(super) traffic: u32,
    pub(super) by_default: Sorts,
    pub(super) exceptions: &'a [u32],
}

/// Whose port names decide.
pub(super) enum Names<'a> {
    /// The same destination's, whoever the peer is: the number of what its names stand for.
    Own(u32),
    /// NP-008: the peer's, who is the destination.
    Peers(&'a dyn Peers),
}

/// The peers of a table whose own names decide.
pub(super) trait Peers {
    /// The atoms that are pods.
    fn pods(&self) -> Vec<u32>;
    /// The number of what an atom's port names stand for.
    fn names(&self, atom: u32) -> u32;
}

/// What a table holds.
pub(super) struct Filled {
    /// The slots of each kind's peers that have none of their own: one, or one for each region.
    pub(super) defaults: [Vec<u32>; kind::COUNT],
    /// The others, each [`pair`]ed with its slot, sorted.
    pub(super) slots: Vec<u64>,
    /// Whether every pod's own names decide, even of those that the rules hold by default.
    pub(super) by_names: bool,
}

/// What whoever is no pod gives a name: nothing.
pub(super) const NO_NAMES: u32 = 0;

/// Lays rules into a table: a row for each kind of peer or for each of its regions, and one for each peer whose rules
/// differ from those.
pub(super) fn fill(rules: &[Ruled<'_>], names: &Names<'_>, painter: &mut Painter<'_>) -> Filled {
    // An exception and the place of its rule in one word: sorting is most of the work.
    let mut toggles = core::mem::take(&mut painter.memory.toggles);
    toggles.clear();
    for (rule, index) in rules.iter().zip(0_u32..) {
        toggles.extend(rule.exceptions.iter().map(|atom| pair(*atom, index)));
    }
    toggles.sort_unstable();

    let default_names = match names {
        Names::Own(names) => *names,
        Names::Peers(_) => NO_NAMES,
    };
    let of_kinds = [kind::POD, kind::POD6, kind::OUTSIDE, kind::OUTSIDE6].map(|kind| by_default(rules, kind));
    let defaults = of_kinds.each_ref().map(|lists| {
        let slot = |list: &Vec<u32>| painter.slot(rules, list, default_names);
        lists.iter().map(slot).collect::<Vec<u32>>()
    });

    let is_named = |index: &u32| rules.get(place(*index)).is_some_and(|rule| painter.has_names(rule.traffic));
    let named_by_default = of_kinds.iter().take(place(kind::OUTSIDE)).flatten().flatten().any(is_named);
    let by_names = named_by_default && matches!(names, Names::Peers(_));
    let mut slots: Vec<u64> = Vec::new();
    let mut list: Vec<u32> = Vec::new();
    // Neighbours are mostly held by the same rules: those of one list of blocks, or of one selector.
    let mut before: Vec<u32> = Vec::new();
    let mut known: Option<(u32, u32)> = None;
    let mut add = |atom: u32, group: &[u64]| {
        let kind = place(kind_of(atom));
        let default = of_region(of_kinds.get(kind).map_or(&[][..], Vec::as_slice), atom);
        toggle(&mut list, default.map_or(&[][..], Vec::as_slice), group);
        let names = match names {
            Names::Peers(peers) if kind_of(atom) < kind::OUTSIDE => peers.names(atom),
            _ => default_names,
        };
        let slot = match known {
            Some((same, slot)) if same == names && list == before => slot,
            _ => painter.slot(rules, &list, names),
        };
        known = Some((names, slot));
        core::mem::swap(&mut list, &mut before);
        if of_region(defaults.get(kind).map_or(&[][..], Vec::as_slice), atom) != Some(&slot) {
            slots.push(pair(atom, slot));
        }
    };
    let mut listed: Vec<u32> = Vec::new();
    for group in toggles.chunk_by(|a, b| first_of(*a) == first_of(*b)) {
        let Some(atom) = group.first().map(|toggle| first_of(*toggle)) else { continue };
        add(atom, group);
        if by_names {
            listed.push(atom);
        }
    }
    if let Names::Peers(peers) = names
        && by_names
    {
        // Each pod's own names decide its row.
        for atom in peers.pods().into_iter().filter(|atom| listed.binary_search(atom).is_err()) {
            add(atom, &[]);
        }
        slots.sort_unstable();
    }
    painter.memory.toggles = toggles;
    Filled { defaults, slots, by_names }
}

/// The one for an atom of what there is once for a kind, or once for each of its regions.
pub(super) fn of_region<T>(of_kind: &[T], atom: u32) -> Option<&T> {
    of_kind.get(if of_kind.len() > 1 { place(region_of(atom)) } else { 0 })
}

/// The rules that hold a kind by default: one list, or where regions differ one for each.
fn by_default(rules: &[Ruled<'_>], kind: u32) -> Vec<Vec<u32>> {
    let regions = |rule: &Ruled<'_>| rule.by_default.regions(kind);
    let is_uniform = rules.iter().all(|rule| matches!(regions(rule), 0 | u64::MAX));
    let of_region = |region: usize| {
        let bit = u32::try_from(region).map_or(0, |region| 1_u64.wrapping_shl(region));
        let holds = |(rule, _): &(&Ruled<'_>, u32)| regions(rule) & bit != 0;
        rules.iter().zip(0_u32..).filter(holds).map(|(_, index)| index).collect()
    };
    (0..if is_uniform { 1 } else { REGIONS }).map(of_region).collect()
}

/// Makes `list` the rules of a default without those toggled off and with those toggled on, in order.
fn toggle(list: &mut Vec<u32>, by_default: &[u32], group: &[u64]) {
    list.clear();
    let mut by_default = by_default.iter().copied().peekable();
    for index in group.iter().map(|toggle| second_of(*toggle)) {
        while let Some(before) = by_default.next_if(|other| *other < index) {
            list.push(before);
        }
        // What is in both is toggled off.
        if by_default.next_if_eq(&index).is_none() {
            list.push(index);
        }
    }
    list.extend(by_default);
}
