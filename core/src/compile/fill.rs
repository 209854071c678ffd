//! Filling tables: which row each peer's atom has under some rules.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::buckets::{first_of, pair, second_of};
use super::rows::{Painted, Rows, paint};
use crate::image::{kind, kind_of, place};

/// A rule of a table: its traffic, and which atoms its peers hold.
#[derive(Clone, Copy)]
pub(super) struct Ruled<'a> {
    pub(super) traffic: &'a Painted,
    /// For each kind, whether they hold all of it, but for the exceptions.
    pub(super) by_default: [bool; kind::COUNT],
    pub(super) exceptions: &'a [u32],
}

/// Whose port names decide.
pub(super) enum Names<'a> {
    /// The same destination's, whoever the peer is.
    Own(&'a [Vec<u16>]),
    /// NP-008: the peer's, who is the destination: nobody's for what is no pod.
    Peers(&'a dyn Peers),
}

/// The peers of a table whose own names decide.
pub(super) trait Peers {
    /// The atoms that are pods.
    fn pods(&self) -> Vec<u32>;
    /// The class of an atom.
    fn class(&self, atom: u32) -> u32;
    /// The numbers of port names on a class, by name.
    fn names(&self, class: u32) -> &[Vec<u16>];
}

/// What a table holds.
pub(super) struct Filled {
    /// The slots of each kind's peers that have none of their own.
    pub(super) defaults: [u32; kind::COUNT],
    /// The others, each [`pair`]ed with its slot, sorted.
    pub(super) slots: Vec<u64>,
    /// Whether every pod's own names decide, even of those that the rules hold by default.
    pub(super) by_names: bool,
}

/// Lays rules into a table: a row for each kind of peer, and one for each peer whose rules differ from its kind's.
pub(super) fn fill(rules: &[Ruled<'_>], names: &Names<'_>, rows: &mut Rows) -> Filled {
    let mut laying = Laying { rules, rows, known: HashMap::new(), key: Vec::new() };
    let mut of_kinds: [Vec<u32>; kind::COUNT] = Default::default();
    // An exception and the place of its rule in one word: sorting is most of the work.
    let mut toggles: Vec<u64> = Vec::new();
    for (rule, index) in rules.iter().zip(0_u32..) {
        for (of_kind, by_default) in of_kinds.iter_mut().zip(rule.by_default) {
            if by_default {
                of_kind.push(index);
            }
        }
        toggles.extend(rule.exceptions.iter().map(|atom| pair(*atom, index)));
    }
    let default_names = match names {
        Names::Own(names) => names,
        Names::Peers(peers) => peers.names(0),
    };
    let defaults = of_kinds.each_ref().map(|of_kind| laying.slot(of_kind, default_names, 0));

    toggles.sort_unstable();
    let mut groups: Vec<(u32, &[u64])> = toggles
        .chunk_by(|a, b| first_of(*a) == first_of(*b))
        .filter_map(|group| Some((first_of(*group.first()?), group)))
        .collect();
    let is_named = |index: &u32| rules.get(place(*index)).is_some_and(|rule| rule.traffic.has_names());
    let named_by_default = of_kinds.iter().take(place(kind::OUTSIDE)).flatten().any(is_named);
    let mut by_names = false;
    if let Names::Peers(peers) = names
        && named_by_default
    {
        by_names = true;
        // Each pod's own names decide its row.
        let listed: Vec<u32> = groups.iter().map(|(atom, _)| *atom).collect();
        let unlisted = peers.pods().into_iter().filter(|atom| listed.binary_search(atom).is_err());
        groups.extend(unlisted.map(|atom| (atom, &[][..])));
        groups.sort_unstable_by_key(|(atom, _)| *atom);
    }
    let mut slots: Vec<u64> = Vec::with_capacity(groups.len());
    let mut list: Vec<u32> = Vec::new();
    for (atom, group) in groups {
        let kind = place(kind_of(atom));
        toggle(&mut list, of_kinds.get(kind).map_or(&[][..], Vec::as_slice), group);
        let (class, names) = match names {
            Names::Peers(peers) if list.iter().any(is_named) => {
                let class = peers.class(atom);
                (class, peers.names(class))
            }
            _ => (0, default_names),
        };
        let slot = laying.slot(&list, names, class);
        if defaults.get(kind) != Some(&slot) {
            slots.push(pair(atom, slot));
        }
    }
    Filled { defaults, slots, by_names }
}

/// The rows of one table.
struct Laying<'a> {
    rules: &'a [Ruled<'a>],
    rows: &'a mut Rows,
    /// By the destination's class, then the places of the rules.
    known: HashMap<Box<[u32]>, u32>,
    key: Vec<u32>,
}

impl Laying<'_> {
    /// The slot of the rules at these places, for a destination of a class with these names.
    fn slot(&mut self, list: &[u32], names: &[Vec<u16>], class: u32) -> u32 {
        self.key.clear();
        self.key.push(class);
        self.key.extend(list);
        if let Some(slot) = self.known.get(self.key.as_slice()) {
            return *slot;
        }
        let rules = list.iter().filter_map(|index| Some((*index, self.rules.get(place(*index))?)));
        let row = paint(rules.map(|(index, rule)| (index, rule.traffic)), names);
        let slot = self.rows.slot(row);
        self.known.insert(self.key.as_slice().into(), slot);
        slot
    }
}

/// Makes `list` the rules of a kind without those toggled off and with those toggled on, in order.
fn toggle(list: &mut Vec<u32>, of_kind: &[u32], group: &[u64]) {
    list.clear();
    let mut of_kind = of_kind.iter().copied().peekable();
    for index in group.iter().map(|toggle| second_of(*toggle)) {
        while let Some(before) = of_kind.next_if(|other| *other < index) {
            list.push(before);
        }
        // What is in both is toggled off.
        if of_kind.next_if_eq(&index).is_none() {
            list.push(index);
        }
    }
    list.extend(of_kind);
}
