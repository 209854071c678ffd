//! Slots: the lines of tables, written and changed in place.

use alloc::vec::Vec;

use super::super::atoms::Atom;
use super::super::buckets::{EMPTY, TablePlace, lay, own_bucket, pair};
use super::super::conditions::RuleKey;
use super::super::fill::{Ruled, of_region};
use super::super::painter::Painter;
use super::super::reach::Sorts;
use super::super::words::lines_of;
use super::subjects::{Defaults, Table};
use super::{Live, Rule};
use crate::image::{HalfRecord, Line, NONE, REGIONS, Section, kind, kind_of, place};
use crate::policy::RuleId;

/// Lines that are tried in a crowded table before it is laid out anew.
const CROWD: u32 = 4;

impl Table {
    /// One direction of the records of whoever has the table.
    pub(super) fn half_record(&self) -> [u32; 8] {
        let Self { place, defaults, .. } = self;
        let [pod, pod6, outside, outside6] = defaults.words;
        let flag = if defaults.by_region { HalfRecord::BY_REGION } else { 0 };
        let flags = place.seed | flag | defaults.beneath;
        let half = [place.first, place.buckets, pod, pod6, outside, outside6, self.list, flags];
        debug_assert_eq!(half.get(HalfRecord::RULE_BASE), Some(&self.list));
        half
    }
}

impl Live {
    /// Enters an atom into a table; `holding` are the peers that hold it, sorted, but for those that hold everything.
    pub(super) fn enter_into(&mut self, number: u32, peer: u32, atom: Atom, holding: &[u32]) {
        let Some(table) = self.tables.get(place(number)) else { return };
        let names = if table.on_peers_names { self.names_of(atom.class) } else { table.key.names };
        let holds = |rule: &Rule| rule.holds_all || holding.binary_search(&rule.key.peers).is_ok();
        let held = table.rules.iter().zip(0_u32..).filter(|(rule, _)| holds(rule));
        let list: Vec<u32> = held.map(|(_, at)| at).collect();
        let is_own = |at: &u32| place(*at) >= table.key.ground.admin();
        if table.defaults.beneath & HalfRecord::beneath(peer) != 0 && !list.iter().any(is_own) {
            return;
        }
        // What the rules hold is known: `list` says it.
        let ruled = |rule: &Rule| {
            let RuleKey { action, traffic, .. } = rule.key;
            Ruled { action, traffic, by_default: Sorts::default(), exceptions: &[] }
        };
        let ruled: Vec<Ruled<'_>> = table.rules.iter().map(ruled).collect();
        let (mut rows, mut memory) = (core::mem::take(&mut self.rows), core::mem::take(&mut self.memory));
        let slot = {
            let (conditions, port_sets, options) = (&self.conditions, &self.port_sets, self.options);
            let (rows, memory) = (&mut rows, &mut memory);
            let ground = table.key.ground;
            let mut painter = Painter { ground, conditions, port_sets, options, rows, memory };
            painter.slot(&ruled, &list, names)
        };
        (self.rows, self.memory) = (rows, memory);
        let Some(table) = self.tables.get(place(number)) else { return };
        if self.default_slot(table.defaults, peer) == Some(slot) {
            return;
        }
        let before = table.place;
        let shared = before.first == 0 || self.sharing.contains_key(&before.first);
        if !shared && self.enter_bucket(before, peer, slot) {
            return;
        }
        let mut slots: Vec<u64> = Vec::new();
        for at in (before.first..).take(place(before.buckets)) {
            let line = self.arena.line(Section::Buckets, at);
            let used = line.low.into_iter().zip(line.high).filter(|(key, _)| *key != NONE);
            slots.extend(used.map(|(key, value)| pair(key, value)));
        }
        slots.push(pair(peer, slot));
        let after = self.place_slots(slots);
        self.let_buckets_go(before);
        let Some(table) = self.tables.get_mut(place(number)) else { return };
        table.place = after;
        for class in table.classes.clone() {
            self.write_records(class);
        }
        self.write_seat(number);
    }

    /// The slot in a table of a peer that it does not list; nothing where that is said beneath.
    fn default_slot(&self, defaults: Defaults, peer: u32) -> Option<u32> {
        if defaults.beneath & HalfRecord::beneath(peer) != 0 {
            return None;
        }
        let word = defaults.words.get(place(kind_of(peer))).copied()?;
        if !defaults.by_region || kind_of(peer) >= kind::OUTSIDE {
            return Some(word);
        }
        of_region(self.blocks.values().get(place(word))?, peer).copied()
    }

    /// Writes the slots of whoever has none of their own, and gives the words of records that say so.
    pub(super) fn place_defaults(&mut self, of_kinds: &[Vec<u32>; kind::COUNT]) -> Defaults {
        let by_region = of_kinds.iter().any(|slots| slots.len() > 1);
        let mut words = [NONE; kind::COUNT];
        for ((word, slots), kind) in words.iter_mut().zip(of_kinds).zip(0..) {
            let Some(first) = slots.first().copied() else { continue };
            *word = first;
            if by_region && kind < kind::OUTSIDE {
                let block = if slots.len() > 1 { slots.clone() } else { alloc::vec![first; REGIONS] };
                let known = self.blocks.values().len();
                *word = self.blocks.intern_ref(&block);
                if self.blocks.values().len() > known {
                    self.arena.push(Section::Defaults, &lines_of(&block));
                }
            }
        }
        Defaults { words, by_region, beneath: 0 }
    }

    /// Writes a peer's slot into its bucket, or in a crowded table into one soon after; whether there was room.
    fn enter_bucket(&mut self, table: TablePlace, peer: u32, slot: u32) -> bool {
        let mut number = own_bucket(peer, table);
        let tries = if table.seed & HalfRecord::CROWDED != 0 { CROWD.min(table.buckets) } else { 1 };
        for _ in 0..tries {
            let at = table.first.saturating_add(number);
            let mut line = self.arena.line(Section::Buckets, at);
            let free = line.low.iter_mut().zip(&mut line.high).find(|(key, _)| **key == NONE);
            if let Some((key, value)) = free {
                (*key, *value) = (peer, slot);
                self.arena.set_line(Section::Buckets, at, line);
                return true;
            }
            number = number.saturating_add(1);
            if number == table.buckets {
                number = 0;
            }
        }
        false
    }

    /// Writes peers and their slots into lines of buckets.
    pub(super) fn place_slots(&mut self, mut slots: Vec<u64>) -> TablePlace {
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
        let (lines, table) = lay(&slots, self.built);
        let first = match self.free_buckets.get_mut(&table.buckets).and_then(Vec::pop) {
            Some(first) => {
                for (line, at) in lines.iter().zip(first..) {
                    self.arena.set_line(Section::Buckets, at, *line);
                }
                first
            }
            None => self.arena.push(Section::Buckets, &lines),
        };
        let table = TablePlace { first, ..table };
        if !self.built {
            self.known_buckets.insert(slots, table);
        }
        table
    }

    pub(super) fn let_buckets_go(&mut self, table: TablePlace) {
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
    pub(super) fn place_list(&mut self, rules: &[RuleId]) -> u32 {
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
