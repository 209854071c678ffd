//! The painter: from rules in order to the slot of their row, remembered for rules of the same traffic elsewhere.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::conditions::Conditions;
use super::fill::{NO_NAMES, Room, Ruled};
use super::intern::Interner;
use super::named_ports::Numbers;
use super::paint::{Laid, Sweep};
use super::rows::{Bound, Ground, Painted, Placed, Rows};
use crate::image::place;
use crate::options::Options;

/// What one destination's port names stand for: of those that it has, by the name's number.
pub(super) type PortSet = Vec<(u32, Vec<u16>)>;

/// How many rows are remembered before all are forgotten.
const REMEMBERED: usize = 1 << 16;

/// Rows that were painted before, by what they were painted of: the number of the port names, what rules lie on, then
/// each rule's distance from the first, what it does, and its traffic.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    known: HashMap<Box<[u32]>, Placed>,
    /// Room for what is looked for, what is painted, and whoever fills a table.
    key: Vec<u32>,
    sweep: Sweep,
    pub(super) room: Room,
}

/// Paints rows.
pub(super) struct Painter<'a> {
    pub(super) ground: Ground,
    pub(super) conditions: &'a Conditions,
    pub(super) port_sets: &'a Interner<PortSet>,
    pub(super) options: Options,
    pub(super) rows: &'a mut Rows,
    pub(super) memory: &'a mut Memory,
}

impl Painter<'_> {
    /// Whether rows of some traffic depend on the destination's port names.
    pub(super) fn has_names(&self, traffic: u32) -> bool {
        self.painted(traffic).is_some_and(Painted::has_names)
    }

    fn painted(&self, traffic: u32) -> Option<&Painted> {
        self.conditions.painted().get(place(traffic))
    }

    /// The slot of the rules at these places, for a destination whose port names stand for what the number says.
    pub(super) fn slot(&mut self, rules: &[Ruled<'_>], list: &[u32], names: u32) -> u32 {
        let first = list.first().copied().unwrap_or(0);
        let mut key = core::mem::take(&mut self.memory.key);
        key.clear();
        key.extend([NO_NAMES, self.ground.word(list)]);
        let mut is_named = false;
        for (index, rule) in list.iter().filter_map(|index| Some((*index, rules.get(place(*index))?))) {
            key.extend([index.wrapping_sub(first), rule.action.number(), rule.traffic]);
            is_named |= names != NO_NAMES && self.has_names(rule.traffic);
        }
        if let Some(own) = key.first_mut().filter(|_| is_named) {
            *own = names;
        }
        let placed = match self.memory.known.get(key.as_slice()) {
            Some(placed) => *placed,
            None => {
                let bounds = self.paint(rules, list, names, first);
                let placed = self.rows.place(bounds);
                if self.memory.known.len() >= REMEMBERED {
                    self.memory.known.clear();
                }
                self.memory.known.insert(key.as_slice().into(), placed);
                placed
            }
        };
        self.memory.key = key;
        match self.rows.slot_at(placed, first) {
            Some(slot) => slot,
            None => {
                let bounds = self.paint(rules, list, names, 0);
                self.rows.slot(bounds)
            }
        }
    }

    /// The row of rules, whose places are counted from `first`.
    fn paint(&mut self, rules: &[Ruled<'_>], list: &[u32], names: u32, first: u32) -> Vec<Bound> {
        let painted = self.conditions.painted();
        let of_rule = |index: &u32| {
            let rule = rules.get(place(*index))?;
            let traffic = painted.get(place(rule.traffic))?;
            Some(Laid { index: index.wrapping_sub(first), action: rule.action, traffic })
        };
        let ground = self.ground.counted_from(first);
        let known = self.port_sets.values().get(place(names)).map_or(&[][..], Vec::as_slice);
        let names = Numbers::new(known, self.options);
        self.memory.sweep.paint(list.iter().filter_map(of_rule), ground, names)
    }
}
