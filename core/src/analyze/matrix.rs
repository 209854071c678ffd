//! The matrix of all pairs of ends: what each allows, as the number of a set of ports.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::ends::{Class, Ends, Face};
use super::entries::Cells;
use super::ports::{ALL, NOTHING, PortSet, PortSets};
use super::sides::Sides;
use crate::Engine;
use crate::decision::{Reason, Verdict};
use crate::image::place;
use crate::lower::looks_at_traffic;
use crate::policy::Direction;

/// Which ports each class of ends can reach on each other, with equal rows stored once.
#[derive(Debug)]
pub(super) struct Matrix {
    sets: PortSets,
    /// Distinct rows: for each class as destination a set's number.
    rows: Vec<Vec<u32>>,
    /// The row of each class as source.
    row_of: Vec<u32>,
}

impl Matrix {
    /// # Complexity
    /// Constant for each pair of classes.
    pub(super) fn of(engine: &Engine, ends: &Ends) -> Self {
        let mut painter = Painter::new(engine);
        let mut rows: Vec<Vec<u32>> = Vec::new();
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut row_of = Vec::with_capacity(ends.classes.len());
        for from in &ends.classes {
            let row: Vec<u32> = ends.classes.iter().map(|to| painter.pair(from, to)).collect();
            let next = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let number = *known.entry_ref(&row).or_insert(next);
            if number == next {
                rows.push(row);
            }
            row_of.push(number);
        }
        Self { sets: painter.sets, rows, row_of }
    }

    /// The number of the set of ports that one class can reach on another.
    pub(super) fn number(&self, from: usize, to: usize) -> u32 {
        let row = self.row_of.get(from).and_then(|row| self.rows.get(place(*row)));
        row.and_then(|row| row.get(to)).copied().unwrap_or(NOTHING)
    }

    /// The set of a number.
    pub(super) fn set(&self, number: u32) -> PortSet {
        self.sets.set(number)
    }
}

impl Cells for &Matrix {
    fn number(&mut self, from: usize, to: usize) -> u32 {
        Matrix::number(self, from, to)
    }

    fn set(&self, number: u32) -> PortSet {
        Matrix::set(self, number)
    }
}

/// Fills in pairs.
struct Painter<'a> {
    asked: Sides<'a>,
    sets: PortSets,
    /// The set that each row of the image allows, or [`UNASKED`].
    rows: Vec<u32>,
    /// Whether nothing but tables decides the sides of pods, unless the peer may be their node.
    by_tables: bool,
}

/// The number of no set.
const UNASKED: u32 = u32::MAX;

impl<'a> Painter<'a> {
    fn new(engine: &'a Engine) -> Self {
        let asked = Sides::new(engine);
        let rows = alloc::vec![UNASKED; asked.image.row_count()];
        let by_tables = engine.node().is_none() && !looks_at_traffic(engine.options());
        Self { asked, sets: PortSets::new(), rows, by_tables }
    }

    /// The ports that some pod of one class can reach on some pod of another.
    fn pair(&mut self, from: &Class, to: &Class) -> u32 {
        if from.is_outside && to.is_outside {
            return NOTHING;
        }
        // NP-018: on which node a pod is counts for peers that may be this node.
        let (sources, destinations) = if from.is_node_like || to.is_node_like {
            (&from.on_nodes, &to.on_nodes)
        } else {
            (&from.faces, &to.faces)
        };
        let mut found = NOTHING;
        for source in sources {
            for destination in destinations.iter().filter(|destination| source.suits(destination)) {
                let out = self.side(source, destination, Direction::Egress);
                let into = self.side(destination, source, Direction::Ingress);
                let both = self.sets.and(out, into);
                found = self.sets.or(found, both);
            }
        }
        found
    }

    /// The ports that a subject's policies allow with a peer.
    fn side(&mut self, subject: &Face, peer: &Face, direction: Direction) -> u32 {
        if self.by_tables && !peer.is_node_like() {
            return match subject.resolved.identity {
                Some(_) => self.tables(subject, peer, direction),
                None if subject.resolved.exempt.verdict() == Verdict::Allow => ALL,
                None => NOTHING,
            };
        }
        let exempt = self.asked.exempt(subject, peer, direction);
        let row = self.tables(subject, peer, direction);
        if exempt.iter().all(|(_, reason)| reason.is_none()) {
            return row;
        }
        let row = self.sets.set(row);
        let mut found = PortSet::nothing();
        for (ports, reason) in exempt {
            match reason.map(Reason::verdict) {
                Some(Verdict::Allow) => found = found.or(&ports),
                Some(Verdict::Deny) => {}
                None => found = found.or(&row.and(&ports)),
            }
        }
        self.sets.number(found)
    }

    /// The ports that tables allow a subject with a peer.
    fn tables(&mut self, subject: &Face, peer: &Face, direction: Direction) -> u32 {
        let at = self.asked.image.row_place(subject.resolved.atom, peer.resolved.atom, direction);
        let Some(at) = at else { return NOTHING };
        match self.rows.get(place(at.row)) {
            None => NOTHING,
            Some(&UNASKED) => {
                let number = self.sets.number(PortSet::allowed_by(&self.asked.image.spans(at)));
                if let Some(row) = self.rows.get_mut(place(at.row)) {
                    *row = number;
                }
                number
            }
            Some(number) => *number,
        }
    }
}
