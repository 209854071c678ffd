//! Subjects: which policies select a class, and the tables that follow.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use super::super::buckets::TablePlace;
use super::super::classes::NO_IDENTITY;
use super::super::fill::{self, Layered, NO_NAMES, Names, Ruled, fill};
use super::super::painter::{Painter, PortSet};
use super::super::rows::{Bound, Ground, answer};
use super::layers::Lying;
use super::{Live, Rule};
use crate::decision::Reason;
use crate::image::{HalfRecord, Line, NONE, Section, kind, place, record_place};
use crate::options::HandOver;
use crate::policy::{Direction, Policy, PolicyId, PolicySet, RuleId};

/// The table of ends that are no pods.
pub(super) const OUTSIDE: u32 = 0;
/// The table of pods that no policy isolates (NP-017).
pub(super) const FREE: u32 = 1;
/// The table of pods whose sides are decided elsewhere.
pub(super) const ELSEWHERE: u32 = 2;
/// The table of pods that have none: it denies.
const UNKNOWN: u32 = 3;
/// No table: it is to be found, at the latest once there is a pod of the class.
pub(super) const PENDING: u32 = u32::MAX;

const DIRECTIONS: [Direction; 2] = [Direction::Egress, Direction::Ingress];

/// What makes two classes' tables the same: direction, rules in order, what they lie on and, where it matters, their
/// port names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct TableKey {
    pub(super) direction: Option<Direction>,
    pub(super) rules: Vec<RuleId>,
    pub(super) ground: Ground,
    pub(super) names: u32,
}

/// A table that is in use.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) key: TableKey,
    /// Its rules as they are asked.
    pub(super) rules: Box<[Rule]>,
    /// NP-008: on egress the peer is the destination, whose names decide.
    pub(super) on_peers_names: bool,
    pub(super) defaults: Defaults,
    pub(super) place: TablePlace,
    /// Where its rules are in the rule lists.
    pub(super) list: u32,
    /// The classes that have it.
    pub(super) classes: Vec<u32>,
    /// What it lies on.
    pub(super) lying: Option<Lying>,
}

/// The words of a half record that stand for peers without slots of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    pub(super) words: [u32; kind::COUNT],
    /// Whether those of pods are blocks of slots, one a region.
    pub(super) by_region: bool,
    /// Of which peers they number the table beneath: flags of `HalfRecord`.
    pub(super) beneath: u32,
}

impl Live {
    pub(super) fn add_uniform_tables(&mut self) {
        let place = self.place_slots(Vec::new());
        for reason in [Reason::NotAPod, Reason::NoPolicy, Reason::Skipped, Reason::NotEvaluated] {
            let slot = self.rows.slot(alloc::vec![Bound { start: 0, value: answer(reason) }]);
            self.tables.push(Table {
                key: TableKey::default(),
                rules: Box::default(),
                on_peers_names: false,
                defaults: Defaults { words: [slot; kind::COUNT], by_region: false, beneath: 0 },
                place,
                list: 0,
                classes: Vec::new(),
                lying: None,
            });
        }
    }

    /// The record of a class's atoms.
    pub(super) fn record_of(&self, class: u32) -> Line {
        let [egress, ingress] = self.classes.get(place(class)).map_or([OUTSIDE; 2], |state| state.tables);
        let half = |table: u32| {
            let table = self.tables.get(place(table)).or_else(|| self.tables.get(place(UNKNOWN)));
            table.map_or([NONE, 1, NONE, NONE, NONE, NONE, 0, 0], Table::half_record)
        };
        Line { low: half(egress), high: half(ingress) }
    }

    /// Takes the tables that a policy is part of from the classes that it selects; they are found again at the end.
    pub(super) fn unsettle(&mut self, subject: u32, policy: &Policy) {
        for class in self.of_matches.get(place(subject)).cloned().unwrap_or_default() {
            if !self.classes.get(place(class)).is_some_and(|state| state.class.is_subject) {
                continue;
            }
            self.unsettled.push(class);
            for (direction, at) in DIRECTIONS.into_iter().zip(0_usize..) {
                let state = self.classes.get_mut(place(class));
                let table = state.and_then(|state| state.tables.get_mut(at));
                // CNP-006: with this option a namespace's policy has a say in both directions.
                let in_both = self.options.hand_over == HandOver::Pod;
                if let Some(table) = table.filter(|_| in_both || policy.rules(direction).is_some()) {
                    let had = core::mem::replace(table, PENDING);
                    self.leave(had, class);
                }
            }
        }
    }

    fn leave(&mut self, number: u32, class: u32) {
        if [OUTSIDE, FREE, ELSEWHERE, PENDING].contains(&number) {
            return;
        }
        let Some(table) = self.tables.get_mut(place(number)) else { return };
        take_out(&mut table.classes, class);
        if table.classes.is_empty() && !self.layers.has_above(number) {
            self.remove_table(number);
        }
    }

    /// Lets a table go that nobody has.
    pub(super) fn remove_table(&mut self, number: u32) {
        let Some(table) = self.tables.get_mut(place(number)) else { return };
        let hash = self.hasher.hash_one(&table.key);
        if let Ok(entry) = self.table_numbers.find_entry(hash, |other| *other == number) {
            entry.remove();
        }
        take_out(&mut self.by_names, number);
        let (bucket_place, list, lying) = (table.place, table.list, table.lying.take());
        let (key, rules) = (core::mem::take(&mut table.key), core::mem::take(&mut table.rules));
        for rule in concerning(&rules, &key, lying) {
            if let Some(set) = self.peer_sets.get_mut(place(rule.key.peers)) {
                set.tables.remove(&number);
            }
        }
        self.let_buckets_go(bucket_place);
        if !key.rules.is_empty() {
            self.free_lists.entry(key.rules.len()).or_default().push(list);
        }
        self.free_tables.push(number);
        if let Some(lying) = lying {
            self.leave_seat(lying.table);
        }
    }

    /// Finds the tables of all classes that have lost theirs or never had any. Those of classes without a pod wait until
    /// there is one.
    pub(super) fn settle(&mut self, policies: &PolicySet) {
        let mut classes = core::mem::take(&mut self.unsettled);
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            if class == NO_IDENTITY {
                continue;
            }
            if self.classes.get(place(class)).is_none_or(|state| state.groups == 0) {
                if self.built {
                    self.write_records(class);
                }
                continue;
            }
            let selecting = self.policies_of(class, policies);
            for (direction, at) in DIRECTIONS.into_iter().zip(0_usize..) {
                let state = self.classes.get(place(class));
                if state.and_then(|state| state.tables.get(at)) != Some(&PENDING) {
                    continue;
                }
                let table = self.table_of(class, &selecting, direction, policies).unwrap_or(FREE);
                if let Some(table) = self.tables.get_mut(place(table)).filter(|_| table != FREE) {
                    table.classes.push(class);
                }
                let state = self.classes.get_mut(place(class));
                if let Some(place) = state.and_then(|state| state.tables.get_mut(at)) {
                    *place = table;
                }
            }
            if self.built {
                self.write_records(class);
            }
        }
        self.layers.forget_tiers();
    }

    /// The policies that select a class, in the order in which they are asked.
    fn policies_of(&self, class: u32, policies: &PolicySet) -> Vec<PolicyId> {
        let matches = self.classes.get(place(class)).map_or(&[][..], |state| &state.class.matches);
        let mut found: Vec<PolicyId> = Vec::new();
        // Most matches are peers' alone.
        let selecting = matches.iter().filter_map(|number| self.selecting.get(place(*number)));
        for policies in selecting.filter(|policies| !policies.is_empty()) {
            found.extend_from_slice(policies);
        }
        policies.sort(&mut found, self.options);
        found
    }

    pub(super) fn write_records(&mut self, class: u32) {
        let record = self.record_of(class);
        let atoms = self.classes.get(place(class)).map_or(&[][..], |state| state.atoms.as_slice());
        for atom in atoms {
            self.arena.set_line(Section::Records, record_place(*atom), record);
        }
    }

    /// The table of a class; nothing where no policy has a say in the direction (NP-017, CNP-006).
    fn table_of(
        &mut self,
        class: u32,
        selecting: &[PolicyId],
        direction: Direction,
        policies: &PolicySet,
    ) -> Option<u32> {
        let deciding = policies.deciding_rules(selecting, direction, self.options)?;
        let ground = Ground::new(&deciding, self.options);
        let rules = deciding.rules;
        let used = self.names_in(&rules);
        // NP-008: on ingress the selected pod is the destination, so its names are part of the table.
        let own = self.names_of(class);
        let names = if direction == Direction::Ingress { self.names_among(own, &used) } else { NO_NAMES };
        let on_peers_names = !used.is_empty() && direction == Direction::Egress;
        let key = TableKey { direction: Some(direction), rules, ground, names };
        Some(self.find_table(key, on_peers_names))
    }

    /// The port names that rules ask for, sorted.
    pub(super) fn names_in(&self, rules: &[RuleId]) -> Vec<u32> {
        let painted = |rule: &RuleId| {
            let traffic = self.rules.get(place(rule.0)).copied().flatten()?.key.traffic;
            self.conditions.painted().get(place(traffic))
        };
        let mut names: Vec<u32> =
            rules.iter().filter_map(painted).flat_map(|painted| painted.names()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The number of what some of an end's port names stand for: others make no difference to a table.
    pub(super) fn names_among(&mut self, names: u32, used: &[u32]) -> u32 {
        let known = self.port_sets.values().get(place(names));
        let is_used = |(name, _): &&(u32, Vec<u16>)| used.binary_search(name).is_ok();
        let kept: PortSet = known.into_iter().flatten().filter(is_used).cloned().collect();
        if kept.is_empty() { NO_NAMES } else { self.port_sets.intern(kept) }
    }

    pub(super) fn add_table(&mut self, key: TableKey, on_peers_names: bool) -> u32 {
        for rule in &key.rules {
            let Some(Some(rule)) = self.rules.get_mut(place(rule.0)) else { continue };
            if !core::mem::replace(&mut rule.has_taken, true) {
                let peers = rule.key.peers;
                self.take_peers(peers);
            }
        }
        let list = self.place_list(&key.rules);
        let of_key = |rule: &RuleId| self.rules.get(place(rule.0)).copied().flatten();
        let rules: Box<[Rule]> = key.rules.iter().filter_map(of_key).collect();
        let lying = self.layer(&key, &rules);
        let (mut rows, mut memory) = (core::mem::take(&mut self.rows), core::mem::take(&mut self.memory));
        let filled = {
            let ruled: Vec<Ruled<'_>> = rules.iter().map(|rule| self.ruled(*rule)).collect();
            let names = if on_peers_names { Names::Peers(self) } else { Names::Own(key.names) };
            let mut painter = Painter {
                ground: key.ground,
                conditions: &self.conditions,
                port_sets: &self.port_sets,
                options: self.options,
                rows: &mut rows,
                memory: &mut memory,
            };
            let of_tier = key.rules.get(..key.ground.admin()).unwrap_or(&[]);
            let layered = lying
                .and_then(|Lying { flags, .. }| Some(Layered { tier: self.layers.tier(of_tier)?, flags }));
            fill(&ruled, key.ground.admin(), layered, &names, &mut painter)
        };
        (self.rows, self.memory) = (rows, memory);
        let defaults = self.place_defaults(&filled.defaults);
        let defaults = self.lay(defaults, lying);
        let place_of_slots = self.place_slots(filled.slots);
        let number =
            self.free_tables.pop().unwrap_or_else(|| u32::try_from(self.tables.len()).unwrap_or(u32::MAX));
        for rule in concerning(&rules, &key, lying) {
            if let Some(set) = self.peer_sets.get_mut(place(rule.key.peers)) {
                set.tables.insert(number);
            }
        }
        if filled.by_names {
            self.by_names.push(number);
        }
        let hash = self.hasher.hash_one(&key);
        let classes = Vec::new();
        let table =
            Table { key, rules, on_peers_names, defaults, place: place_of_slots, list, classes, lying };
        match self.tables.get_mut(place(number)) {
            Some(free) => *free = table,
            None => self.tables.push(table),
        }
        let (tables, hasher) = (&self.tables, &self.hasher);
        self.table_numbers.insert_unique(hash, number, |number| {
            tables.get(place(*number)).map_or(0, |table| hasher.hash_one(&table.key))
        });
        number
    }

    /// The number of what an end's port names stand for.
    pub(super) fn names_of(&self, class: u32) -> u32 {
        self.classes.get(place(class)).map_or(NO_NAMES, |state| state.class.ports)
    }
}

impl fill::Peers for Live {
    fn pods(&self) -> Vec<u32> {
        self.population.pods().collect()
    }

    fn names(&self, atom: u32) -> u32 {
        self.names_of(self.atoms.class_of(atom))
    }
}

/// The rules of a table that have a say in what it lists: where all others are looked up beneath, its own.
fn concerning<'a>(rules: &'a [Rule], key: &TableKey, lying: Option<Lying>) -> &'a [Rule] {
    match lying {
        Some(Lying { flags, .. }) if flags == HalfRecord::BENEATH => {
            rules.get(key.ground.admin()..).unwrap_or(&[])
        }
        _ => rules,
    }
}

/// Takes a number out of a list that has it at most once.
fn take_out(list: &mut Vec<u32>, number: u32) {
    if let Some(at) = list.iter().rposition(|other| *other == number) {
        list.swap_remove(at);
    }
}
