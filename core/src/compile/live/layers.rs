//! Layers: what the rules of the first tier say of peers is a table of its own where that is much, shared by all who have
//! the same of those rules. Their tables lie on it: they list whom their own rules hold, and send all others beneath.
//!
//! Rules come first in their table's list, so that a slot of the table beneath means the same rule in all that lie on it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::HashMap;

use super::super::fill::{FirstTier, NO_NAMES};
use super::super::scope::Scope;
use super::subjects::{Defaults, Table, TableKey};
use super::{Live, Rule};
use crate::image::{HalfRecord, Line, NONE, Section, kind, place};
use crate::policy::{Direction, RuleId};

/// How many peers the first tier has to tell apart for a table of its own: for fewer a second look-up costs more than it
/// saves.
const WORTH: usize = 64;

/// The seat of a table that others lie on: its place in the section of those tables, and how many lie on it.
#[derive(Clone, Copy, Debug)]
struct Seat {
    number: u32,
    above: u32,
}

/// The tables that others lie on.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// How many peers are enough.
    worth: usize,
    /// By the table's number.
    seats: HashMap<u32, Seat>,
    free: Vec<u32>,
    count: u32,
    /// What rules of the first tier hold, as long as tables are being found.
    tiers: HashMap<Box<[RuleId]>, FirstTier>,
}

/// Where a table lies on another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lying {
    /// The number of the table beneath.
    pub(super) table: u32,
    /// Which peers are looked up there: flags of [`HalfRecord`].
    pub(super) flags: u32,
}

impl Layers {
    pub(super) fn new(scope: &Scope) -> Self {
        Self {
            worth: scope.layered_from().unwrap_or(WORTH),
            seats: HashMap::new(),
            free: Vec::new(),
            count: 0,
            tiers: HashMap::new(),
        }
    }

    /// Whether any table lies on this one.
    pub(super) fn has_above(&self, table: u32) -> bool {
        self.seats.contains_key(&table)
    }

    /// What rules of the first tier hold, if that is known.
    pub(super) fn tier(&self, rules: &[RuleId]) -> Option<&FirstTier> {
        self.tiers.get(rules)
    }

    /// Forgets what rules hold: that changes with the next transaction.
    pub(super) fn forget_tiers(&mut self) {
        self.tiers.clear();
    }
}

impl Live {
    /// The table beneath one that is to be made of some rules, if it is worth having.
    pub(super) fn layer(&mut self, key: &TableKey, rules: &[Rule]) -> Option<Lying> {
        let admin = key.ground.admin();
        let (first, own) = (rules.get(..admin)?, rules.get(admin..)?);
        if first.is_empty() || own.is_empty() {
            return None;
        }
        let flags = self.flags_of(own);
        if flags == 0 {
            return None;
        }
        let of_tier = key.rules.get(..admin)?;
        if !self.layers.tiers.contains_key(of_tier) {
            // Counting exceptions takes less than putting them in order, and tells where there cannot be enough of them.
            let ruled = first.iter().map(|rule| self.ruled(*rule));
            if ruled.clone().map(|rule| rule.exceptions.len()).sum::<usize>() < self.layers.worth {
                return None;
            }
            let tier = FirstTier::new(&ruled.collect::<Vec<_>>());
            self.layers.tiers.insert(of_tier.into(), tier);
        }
        if self.layers.tier(of_tier)?.beneath(flags) < self.layers.worth {
            return None;
        }
        let table = self.table_beneath(key, of_tier);
        self.take_seat(table);
        Some(Lying { table, flags })
    }

    /// Of which peers rules hold none by default: those that are looked up beneath.
    fn flags_of(&self, own: &[Rule]) -> u32 {
        let holds_none = |kinds: [u32; 2]| {
            own.iter().all(|rule| {
                let by_default = self.ruled(*rule).by_default;
                kinds.into_iter().all(|kind| by_default.regions(kind) == 0)
            })
        };
        let pods = if holds_none([kind::POD, kind::POD6]) { HalfRecord::PODS_BENEATH } else { 0 };
        let others = [kind::OUTSIDE, kind::OUTSIDE6];
        pods | if holds_none(others) { HalfRecord::OTHERS_BENEATH } else { 0 }
    }

    /// The table of the first tier's rules alone, on the same ground.
    fn table_beneath(&mut self, key: &TableKey, rules: &[RuleId]) -> u32 {
        let used = self.names_in(rules);
        // NP-008: the destination's names, of those that are asked for here.
        let names = if key.names == NO_NAMES { NO_NAMES } else { self.names_among(key.names, &used) };
        let on_peers_names = !used.is_empty() && key.direction == Some(Direction::Egress);
        let key = TableKey { rules: rules.into(), names, ..*key };
        self.find_table(key, on_peers_names)
    }

    /// One more table lies on this one.
    fn take_seat(&mut self, table: u32) {
        if let Some(seat) = self.layers.seats.get_mut(&table) {
            seat.above = seat.above.saturating_add(1);
            return;
        }
        let number = self.layers.free.pop().unwrap_or_else(|| {
            let number = self.layers.count;
            self.layers.count = number.saturating_add(1);
            number
        });
        self.layers.seats.insert(table, Seat { number, above: 1 });
        self.write_seat(table);
    }

    /// One table less lies on this one; if it was the last, and nobody has the table otherwise, it goes.
    pub(super) fn leave_seat(&mut self, table: u32) {
        let Some(seat) = self.layers.seats.get_mut(&table) else { return };
        seat.above = seat.above.saturating_sub(1);
        if seat.above > 0 {
            return;
        }
        // What is left in the seat leads where there are lines for ever.
        let number = seat.number;
        self.layers.seats.remove(&table);
        self.layers.free.push(number);
        if self.tables.get(place(table)).is_some_and(|table| table.classes.is_empty()) {
            self.remove_table(table);
        }
    }

    /// Writes where a table is, for those that lie on it.
    pub(super) fn write_seat(&mut self, table: u32) {
        let Some(Seat { number, .. }) = self.layers.seats.get(&table).copied() else { return };
        let Some(half) = self.tables.get(place(table)).map(Table::half_record) else { return };
        let at = number.wrapping_shr(1);
        if at >= self.arena.used(Section::Beneath) {
            self.arena.push(Section::Beneath, &[Line { low: half, high: half }]);
            return;
        }
        let mut line = self.arena.line(Section::Beneath, at);
        *(if number & 1 == 0 { &mut line.low } else { &mut line.high }) = half;
        self.arena.set_line(Section::Beneath, at, line);
    }

    /// The default words of a table that lies on another.
    pub(super) fn lay(&self, mut defaults: Defaults, lying: Option<Lying>) -> Defaults {
        let Some(Lying { table, flags }) = lying else { return defaults };
        let number = self.layers.seats.get(&table).map_or(NONE, |seat| seat.number);
        for (word, kind) in defaults.words.iter_mut().zip(0_u32..) {
            if flags & HalfRecord::beneath(kind.wrapping_shl(30)) != 0 {
                *word = number;
            }
        }
        Defaults { beneath: flags, ..defaults }
    }

    /// The number of a table, of a new one if it is not known.
    pub(super) fn find_table(&mut self, key: TableKey, on_peers_names: bool) -> u32 {
        let is_it = |number: &u32| self.tables.get(place(*number)).is_some_and(|table| table.key == key);
        let known = self.table_numbers.find(self.hasher.hash_one(&key), is_it).copied();
        known.unwrap_or_else(|| self.add_table(key, on_peers_names))
    }
}
