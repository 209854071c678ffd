//! Filling tables: which row each peer's atom has under some rules.

use alloc::vec::Vec;

use super::buckets::{first_of, pair, second_of};
use super::painter::Painter;
use super::reach::Sorts;
use crate::image::{HalfRecord, REGIONS, is_pod, kind, kind_of, place, region_of};
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

/// What rules of the first tier hold, for all tables that begin with them.
#[derive(Clone, Debug)]
pub(super) struct FirstTier {
    /// Atoms that are exceptions, each [`pair`]ed with the place of its rule, sorted.
    toggles: Vec<u64>,
    /// For each kind the rules that hold it by default: one list, or one for each region.
    of_kinds: [Vec<Vec<u32>>; kind::COUNT],
}

impl FirstTier {
    pub(super) fn new(rules: &[Ruled<'_>]) -> Self {
        let mut toggles: Vec<u64> = Vec::new();
        for (rule, index) in rules.iter().zip(0_u32..) {
            toggles.extend(rule.exceptions.iter().map(|atom| pair(*atom, index)));
        }
        toggles.sort_unstable();
        let of_kinds = KINDS.map(|kind| by_default(rules, kind));
        Self { toggles, of_kinds }
    }

    /// The exceptions among pods, and among others.
    fn parts(&self) -> (&[u64], &[u64]) {
        // Numbers of pods come first.
        self.toggles.split_at(self.toggles.partition_point(|toggle| is_pod(first_of(*toggle))))
    }

    /// How often a rule tells one of the peers apart that are looked up beneath.
    pub(super) fn beneath(&self, flags: u32) -> usize {
        let (pods, others) = self.parts();
        let counted = |flag: u32, part: &[u64]| if flags & flag != 0 { part.len() } else { 0 };
        counted(HalfRecord::PODS_BENEATH, pods).saturating_add(counted(HalfRecord::OTHERS_BENEATH, others))
    }
}

/// The first tier of a table that lies on one of these rules alone, and which peers it leaves to that one.
#[derive(Clone, Copy)]
pub(super) struct Layered<'a> {
    pub(super) tier: &'a FirstTier,
    /// Flags of [`HalfRecord`].
    pub(super) flags: u32,
}

impl Layered<'_> {
    fn is_beneath(self, kind: u32) -> bool {
        self.flags & HalfRecord::beneath(kind.wrapping_shl(30)) != 0
    }
}

const KINDS: [u32; kind::COUNT] = [kind::POD, kind::POD6, kind::OUTSIDE, kind::OUTSIDE6];

/// What a table holds.
pub(super) struct Filled {
    /// The slots of each kind's peers that have none of their own: one, or one for each region; none where they are
    /// looked up beneath.
    pub(super) defaults: [Vec<u32>; kind::COUNT],
    /// The others, each [`pair`]ed with its slot, sorted.
    pub(super) slots: Vec<u64>,
    /// Whether every pod's own names decide, even of those that the rules hold by default.
    pub(super) by_names: bool,
}

/// Room for filling, kept from table to table: an allocation a peer would be most of the work.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    toggles: Vec<u64>,
    slots: Vec<u64>,
    /// What both tiers toggle of one atom.
    both: Vec<u64>,
    /// The rules that hold an atom, and those that held the one before.
    list: Vec<u32>,
    before: Vec<u32>,
}

/// What whoever is no pod gives a name: nothing.
pub(super) const NO_NAMES: u32 = 0;

/// Lays rules into a table: a row for each kind of peer or for each of its regions, and one for each peer whose rules
/// differ from those. Of peers that are looked up beneath it lists whom a rule after the first `admin` ones holds.
pub(super) fn fill(
    rules: &[Ruled<'_>],
    admin: usize,
    layered: Option<Layered<'_>>,
    names: &Names<'_>,
    painter: &mut Painter<'_>,
) -> Filled {
    let is_beneath = |kind: u32| layered.is_some_and(|layered| layered.is_beneath(kind));
    let mut room = core::mem::take(&mut painter.memory.room);
    let Room { toggles, slots, both, list, before } = &mut room;
    // An exception and the place of its rule in one word: sorting is most of the work.
    toggles.clear();
    for (rule, index) in rules.iter().zip(0_u32..).skip(if layered.is_some() { admin } else { 0 }) {
        toggles.extend(rule.exceptions.iter().map(|atom| pair(*atom, index)));
    }
    // Of peers that are looked up beneath, what the first tier says is added to those that are listed.
    let mut tier: &[u64] = &[];
    if let Some(Layered { tier: first, .. }) = layered {
        let (pods, others) = first.parts();
        for (part, kind) in [(pods, kind::POD), (others, kind::OUTSIDE)] {
            if !is_beneath(kind) {
                toggles.extend(part);
            }
        }
        tier = &first.toggles;
    }
    toggles.sort_unstable();

    let default_names = match names {
        Names::Own(names) => *names,
        Names::Peers(_) => NO_NAMES,
    };
    let own_kinds = KINDS.map(|kind| if is_beneath(kind) { Vec::new() } else { by_default(rules, kind) });
    let of_kind = |kind: u32| {
        let known = layered.filter(|_| is_beneath(kind)).map(|layered| &layered.tier.of_kinds);
        known.unwrap_or(&own_kinds).get(place(kind)).map_or(&[][..], Vec::as_slice)
    };
    let defaults = own_kinds.each_ref().map(|lists| {
        let slot = |list: &Vec<u32>| painter.slot(rules, list, default_names);
        lists.iter().map(slot).collect::<Vec<u32>>()
    });

    let is_named = |index: &u32| rules.get(place(*index)).is_some_and(|rule| painter.has_names(rule.traffic));
    let named_by_default = own_kinds.iter().take(place(kind::OUTSIDE)).flatten().flatten().any(is_named);
    let by_names = named_by_default && matches!(names, Names::Peers(_));
    slots.clear();
    // Neighbours are mostly held by the same rules: those of one list of blocks, or of one selector.
    let mut known: Option<(u32, u32)> = None;
    let mut add = |atom: u32, group: &[u64]| {
        let kind = kind_of(atom);
        let default = of_region(of_kind(kind), atom).map_or(&[][..], Vec::as_slice);
        if is_beneath(kind) {
            tier = tier.get(tier.partition_point(|toggle| first_of(*toggle) < atom)..).unwrap_or(&[]);
            let of_tier = tier.iter().take_while(|toggle| first_of(**toggle) == atom);
            both.clear();
            both.extend(of_tier.chain(group));
            toggle(list, default, both);
        } else {
            toggle(list, default, group);
        }
        let names = match names {
            Names::Peers(peers) if kind_of(atom) < kind::OUTSIDE => peers.names(atom),
            _ => default_names,
        };
        let slot = match known {
            Some((same, slot)) if same == names && list == before => slot,
            _ => painter.slot(rules, list, names),
        };
        known = Some((names, slot));
        core::mem::swap(list, before);
        if of_region(defaults.get(place(kind)).map_or(&[][..], Vec::as_slice), atom) != Some(&slot) {
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
    let slots = slots.clone();
    painter.memory.room = room;
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
