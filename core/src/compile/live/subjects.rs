//! Subjects: which policies select a class, and the tables that follow, written and changed in place.

use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashSet;

use super::super::atoms::Atom;
use super::super::buckets::{EMPTY, TablePlace, lay, pair};
use super::super::classes::NO_IDENTITY;
use super::super::fill::{self, Names, Ruled, fill};
use super::super::rows::{Bound, Painted, Rows, answer, paint};
use super::super::tables::half_record;
use super::{Live, Prepared};
use crate::decision::Reason;
use crate::image::{Line, NONE, Section, bucket, hash, kind, place};
use crate::policy::{Direction, Policy, PolicyId, PolicySet, RuleId};

/// The table of ends that are no pods.
pub(super) const OUTSIDE: u32 = 0;
/// The table of pods that no policy isolates (NP-017).
pub(super) const FREE: u32 = 1;
/// The table of pods whose sides are decided elsewhere.
pub(super) const ELSEWHERE: u32 = 2;
/// No table yet: until one is found, the image denies.
pub(super) const PENDING: u32 = u32::MAX;

/// Lines that are tried in a crowded table before it is laid out anew.
const CROWD: u32 = 4;

const DIRECTIONS: [Direction; 2] = [Direction::Egress, Direction::Ingress];

/// What makes two classes' tables the same: direction, rules in order and, where it matters, their port names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TableKey {
    direction: Option<Direction>,
    rules: Vec<RuleId>,
    names: Vec<Vec<u16>>,
}

/// A table that is in use.
#[derive(Clone, Debug)]
pub(super) struct Table {
    key: TableKey,
    rules: Vec<Prepared>,
    /// NP-008: on egress the peer is the destination, whose names decide.
    on_peers_names: bool,
    defaults: [u32; kind::COUNT],
    place: TablePlace,
    /// Where its rules are in the rule lists.
    list: u32,
    /// The classes that have it.
    classes: HashSet<u32>,
}

impl Live {
    pub(super) fn add_uniform_tables(&mut self) {
        let place = self.place_slots(Vec::new());
        for reason in [Reason::NotAPod, Reason::NoPolicy, Reason::Skipped] {
            let slot = self.rows.slot(alloc::vec![Bound { start: 0, value: answer(reason) }]);
            self.tables.push(Table {
                key: TableKey { direction: None, rules: Vec::new(), names: Vec::new() },
                rules: Vec::new(),
                on_peers_names: false,
                defaults: [slot; kind::COUNT],
                place,
                list: 0,
                classes: HashSet::new(),
            });
        }
    }

    /// The record of a class's atoms.
    pub(super) fn record_of(&self, class: u32) -> Line {
        let [egress, ingress] = self.classes.get(place(class)).map_or([OUTSIDE; 2], |state| state.tables);
        let half = |table: u32| {
            let table = self.tables.get(place(table));
            table.map_or([NONE, 1, NONE, NONE, NONE, NONE, 0, 0], |table| {
                half_record(table.place, table.defaults, table.list)
            })
        };
        Line { low: half(egress), high: half(ingress) }
    }

    /// Takes the tables that a policy is part of from the classes that it selects; they are found again at the end.
    pub(super) fn unsettle(&mut self, subject: u32, policy: &Policy) {
        for class in self.of_matches.get(place(subject)).cloned().unwrap_or_default() {
            if !self.classes.get(place(class)).is_some_and(|state| state.class.is_subject) {
                continue;
            }
            self.unsettled.insert(class);
            for (direction, at) in DIRECTIONS.into_iter().zip(0_usize..) {
                let state = self.classes.get_mut(place(class));
                let table = state.and_then(|state| state.tables.get_mut(at));
                if let Some(table) = table.filter(|_| policy.rules(direction).is_some()) {
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
        table.classes.remove(&class);
        if !table.classes.is_empty() {
            return;
        }
        self.table_numbers.remove(&table.key);
        self.by_names.remove(&number);
        let (bucket_place, list, length) = (table.place, table.list, table.key.rules.len());
        for prepared in core::mem::take(&mut table.rules) {
            if let Some(set) = self.peer_sets.get_mut(place(prepared.peers)) {
                set.tables.remove(&number);
            }
        }
        self.let_buckets_go(bucket_place);
        if length > 0 {
            self.free_lists.entry(length).or_default().push(list);
        }
        self.free_tables.push(number);
    }

    /// Finds the tables of all classes that have lost theirs or never had any.
    pub(super) fn settle(&mut self, policies: &PolicySet) {
        let mut classes: Vec<u32> = core::mem::take(&mut self.unsettled).into_iter().collect();
        classes.sort_unstable();
        for class in classes {
            if class == NO_IDENTITY {
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
                    table.classes.insert(class);
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
    }

    /// The policies that select a class, in the order of their names.
    fn policies_of(&self, class: u32, policies: &PolicySet) -> Vec<PolicyId> {
        let matches = self.classes.get(place(class)).map_or(&[][..], |state| &state.class.matches);
        let selecting = matches.iter().filter_map(|number| self.selecting.get(number));
        let mut found: Vec<PolicyId> = selecting.flatten().copied().collect();
        found.sort_by(|a, b| policies.compare(*a, *b));
        found
    }

    fn write_records(&mut self, class: u32) {
        let record = self.record_of(class);
        let atoms = self.classes.get(place(class)).map_or(&[][..], |state| state.atoms.as_slice());
        for atom in atoms {
            self.arena.set_line(Section::Records, crate::image::record_place(*atom), record);
        }
    }

    /// The table of a class; nothing where no policy isolates it in the direction (NP-017).
    fn table_of(
        &mut self,
        class: u32,
        selecting: &[PolicyId],
        direction: Direction,
        policies: &PolicySet,
    ) -> Option<u32> {
        let rules = policies.isolating_rules(selecting, direction)?;
        let prepared: Vec<Prepared> = rules.iter().filter_map(|rule| self.prepare(*rule, policies)).collect();
        let named = prepared.iter().any(|rule| rule.traffic.has_names());
        // NP-008: on ingress the selected pod is the destination, so its names are part of the table.
        let names = match self.classes.get(place(class)) {
            Some(state) if named && direction == Direction::Ingress => state.class.ports.clone(),
            _ => Vec::new(),
        };
        let key = TableKey { direction: Some(direction), rules, names };
        if let Some(known) = self.table_numbers.get(&key) {
            return Some(*known);
        }
        Some(self.add_table(key, prepared, named && direction == Direction::Egress))
    }

    fn prepare(&mut self, id: RuleId, policies: &PolicySet) -> Option<Prepared> {
        if let Some(known) = self.rules.get(&id) {
            return Some(known.clone());
        }
        let rule = policies.rule(id)?.rule;
        let traffic = Arc::new(Painted::new(rule, &self.conditions, self.options));
        let prepared = Prepared { traffic, peers: self.take_peers(&rule.peers) };
        self.rules.insert(id, prepared.clone());
        Some(prepared)
    }

    fn add_table(&mut self, key: TableKey, rules: Vec<Prepared>, on_peers_names: bool) -> u32 {
        let list = self.place_list(&key.rules);
        let mut rows = core::mem::replace(&mut self.rows, Rows::new(0));
        let filled = {
            let ruled: Vec<Ruled<'_>> =
                rules.iter().map(|rule| self.ruled(rule.peers, &rule.traffic)).collect();
            let names = if on_peers_names { Names::Peers(self) } else { Names::Own(&key.names) };
            fill(&ruled, &names, &mut rows)
        };
        self.rows = rows;
        let place_of_slots = self.place_slots(filled.slots);
        let number =
            self.free_tables.pop().unwrap_or_else(|| u32::try_from(self.tables.len()).unwrap_or(u32::MAX));
        for rule in &rules {
            if let Some(set) = self.peer_sets.get_mut(place(rule.peers)) {
                set.tables.insert(number);
            }
        }
        if filled.by_names {
            self.by_names.insert(number);
        }
        self.table_numbers.insert(key.clone(), number);
        let table = Table {
            key,
            rules,
            on_peers_names,
            defaults: filled.defaults,
            place: place_of_slots,
            list,
            classes: HashSet::new(),
        };
        match self.tables.get_mut(place(number)) {
            Some(free) => *free = table,
            None => self.tables.push(table),
        }
        number
    }

    fn names_of(&self, class: u32) -> &[Vec<u16>] {
        self.classes.get(place(class)).map_or(&[], |state| state.class.ports.as_slice())
    }

    /// The tables in which every pod's own names decide.
    pub(super) fn tables_by_names(&self) -> impl Iterator<Item = u32> {
        self.by_names.iter().copied()
    }

    /// Enters an atom into a table.
    pub(super) fn enter_into(&mut self, number: u32, peer: u32, atom: Atom) {
        let Some(table) = self.tables.get(place(number)) else { return };
        let held: Vec<bool> = table.rules.iter().map(|rule| self.holds(rule.peers, atom)).collect();
        let names = if table.on_peers_names { self.names_of(atom.class) } else { &table.key.names };
        let row = row_of(&table.rules, &held, names);
        let slot = self.rows.slot(row);
        let Some(table) = self.tables.get(place(number)) else { return };
        if table.defaults.get(Self::kind_place(peer)) == Some(&slot) {
            return;
        }
        let before = table.place;
        let TablePlace { first, buckets, .. } = before;
        let shared = first == 0 || self.sharing.contains_key(&first);
        if !shared && self.enter_bucket(before, peer, slot) {
            return;
        }
        let mut slots: Vec<u64> = Vec::new();
        for at in (first..).take(place(buckets)) {
            let line = self.arena.line(Section::Buckets, at);
            let used = line.low.into_iter().zip(line.high).filter(|(key, _)| *key != NONE);
            slots.extend(used.map(|(key, value)| pair(key, value)));
        }
        slots.push(pair(peer, slot));
        let after = self.place_slots(slots);
        self.let_buckets_go(before);
        let Some(table) = self.tables.get_mut(place(number)) else { return };
        table.place = after;
        let classes: Vec<u32> = table.classes.iter().copied().collect();
        for class in classes {
            self.write_records(class);
        }
    }

    /// Writes a peer's slot into its bucket, or in a crowded table into one soon after; whether there was room.
    fn enter_bucket(&mut self, table: TablePlace, peer: u32, slot: u32) -> bool {
        let TablePlace { first, buckets, seed } = table;
        let mut number = bucket(hash(peer ^ seed.wrapping_shr(1)), buckets);
        let tries = if seed & 1 == 1 { CROWD.min(buckets) } else { 1 };
        for _ in 0..tries {
            let at = first.saturating_add(number);
            let mut line = self.arena.line(Section::Buckets, at);
            let free = line.low.iter_mut().zip(&mut line.high).find(|(key, _)| **key == NONE);
            if let Some((key, value)) = free {
                (*key, *value) = (peer, slot);
                self.arena.set_line(Section::Buckets, at, line);
                return true;
            }
            number = number.saturating_add(1);
            if number == buckets {
                number = 0;
            }
        }
        false
    }

    /// Writes peers and their slots into lines of buckets.
    fn place_slots(&mut self, mut slots: Vec<u64>) -> TablePlace {
        if slots.is_empty() {
            if self.arena.used(Section::Buckets) == 0 {
                self.arena.push(Section::Buckets, &[EMPTY]);
            }
            return TablePlace { first: 0, buckets: 1, seed: 0 };
        }
        slots.sort_unstable();
        if !self.built
            && let Some(known) = self.known_buckets.get(&slots)
        {
            // The first table does not count itself as one that shares.
            let users = self.sharing.entry(known.first).or_insert(1);
            *users = users.saturating_add(1);
            return *known;
        }
        let (lines, seed) = lay(&slots);
        let buckets = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let first = match self.free_buckets.get_mut(&buckets).and_then(Vec::pop) {
            Some(first) => {
                for (line, at) in lines.iter().zip(first..) {
                    self.arena.set_line(Section::Buckets, at, *line);
                }
                first
            }
            None => self.arena.push(Section::Buckets, &lines),
        };
        let table = TablePlace { first, buckets, seed };
        if !self.built {
            self.known_buckets.insert(slots, table);
        }
        table
    }

    fn let_buckets_go(&mut self, table: TablePlace) {
        if table.first == 0 {
            return;
        }
        match self.sharing.get_mut(&table.first) {
            Some(users) => {
                *users = users.saturating_sub(1);
                if *users <= 1 {
                    self.sharing.remove(&table.first);
                }
            }
            None => self.free_buckets.entry(table.buckets).or_default().push(table.first),
        }
    }

    /// Writes a table's rules into the rule lists and gives the place of the first.
    fn place_list(&mut self, rules: &[RuleId]) -> u32 {
        if rules.is_empty() {
            return 0;
        }
        let first = match self.free_lists.get_mut(&rules.len()).and_then(Vec::pop) {
            Some(first) => first,
            None => {
                let first = self.list_words;
                self.list_words = first.saturating_add(u32::try_from(rules.len()).unwrap_or(u32::MAX));
                let lines = self.list_words.div_ceil(16);
                while self.arena.used(Section::RuleLists) < lines {
                    self.arena.push(Section::RuleLists, &[Line::default()]);
                }
                first
            }
        };
        for (rule, at) in rules.iter().zip(first..) {
            self.arena.set_word(Section::RuleLists, at, rule.0);
        }
        first
    }

    /// Writes the rows that are new.
    pub(super) fn write_rows(&mut self) {
        let new = self.rows.lines().get(self.rows_written..).unwrap_or(&[]);
        if !new.is_empty() {
            self.arena.push(Section::Rows, new);
            self.rows_written = self.rows.lines().len();
        }
    }
}

impl fill::Peers for Live {
    fn pods(&self) -> Vec<u32> {
        self.pod_atoms().collect()
    }

    fn class(&self, atom: u32) -> u32 {
        self.atoms.get(atom).map_or(NO_IDENTITY, |atom| atom.class)
    }

    fn names(&self, class: u32) -> &[Vec<u16>] {
        self.names_of(class)
    }
}

/// The row of the rules that hold a peer, for a destination whose names stand for these numbers.
fn row_of(rules: &[Prepared], held: &[bool], names: &[Vec<u16>]) -> Vec<Bound> {
    let numbered: Vec<(u32, &Painted)> = (0..)
        .zip(rules)
        .zip(held)
        .filter(|(_, held)| **held)
        .map(|((at, rule), _)| (at, rule.traffic.as_ref()))
        .collect();
    paint(numbered.into_iter(), names)
}
