//! The matrix of all pairs of ends: what each allows, as the number of a set of ports.

use alloc::rc::Rc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::ends::{Class, Ends, Face};
use super::entries::Cells;
use super::ports::{ALL, NOTHING, PortSet, PortSets};
use super::sides::Sides;
use crate::Engine;
use crate::compile::Interner;
use crate::decision::{Reason, Verdict};
use crate::image::{PeerList, RowPlace, place};
use crate::lower::looks_at_traffic;
use crate::policy::Direction;

/// Which ports each class of ends can reach on each other, with equal rows stored once.
#[derive(Debug)]
pub(super) struct Matrix {
    sets: PortSets,
    /// Distinct rows: for each class as destination a set's number, up to the last that is not nothing.
    rows: Vec<Vec<u32>>,
    /// The row of each class as source.
    row_of: Vec<u32>,
}

impl Matrix {
    /// # Complexity
    /// Constant for each pair of classes.
    pub(super) fn of(engine: &Engine, ends: &Ends) -> Self {
        let mut painter = Painter::new(engine);
        let plain = painter.plain(&ends.classes);
        let mut rows = Interner::new();
        let mut row_of = Vec::with_capacity(ends.classes.len());
        let mut row = Vec::new();
        for (at, from) in ends.classes.iter().enumerate() {
            row.clear();
            match &plain {
                Some(plain) => plain.add_row(at, &mut painter.sets, &mut row),
                None => row.extend(ends.classes.iter().map(|to| painter.pair(from, to))),
            }
            cut(&mut row);
            row_of.push(rows.intern_ref(&row));
        }
        Self { sets: painter.sets, rows: rows.into_values(), row_of }
    }

    /// The distinct rows, in the order in which classes first have them, and the row of each class.
    pub(super) fn lines(&self) -> (&[Vec<u32>], &[u32]) {
        (&self.rows, &self.row_of)
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

    fn add_line(&mut self, from: usize, to: &[usize], line: &mut Vec<u32>) {
        let row = self.row_of.get(from).and_then(|row| self.rows.get(place(*row)));
        if let Some(row) = row {
            line.extend(to.iter().map(|to| row.get(*to).copied().unwrap_or(NOTHING)));
        }
    }

    fn set(&self, number: u32) -> PortSet {
        Matrix::set(self, number)
    }
}

/// Takes what is nothing from a line's end.
pub(super) fn cut(line: &mut Vec<u32>) {
    let last = line.iter().rposition(|number| *number != NOTHING);
    line.truncate(last.map_or(0, |last| last.saturating_add(1)));
}

/// How many classes are painted by their tables at most: each is given a line of all others.
const PLAIN: usize = 2048;

/// Classes that look one way each and are nobody's node: whatever decides is in their tables.
struct Plain {
    /// For each class the sets that its policies allow it with each other one, as their source and as their destination, up
    /// to the last that is not nothing.
    sides: [Vec<Rc<[u32]>>; 2],
    kinds: Vec<Kind>,
}

/// What of a class rules out pairs whatever tables say.
#[derive(Clone, Copy, Debug)]
struct Kind {
    is_outside: bool,
    /// Whether its address is one of IPv4, if it has one.
    is_ipv4: Option<bool>,
}

impl Kind {
    /// Whether one of the class can reach one of another.
    fn goes_with(self, other: Self) -> bool {
        let suits = self.is_ipv4.zip(other.is_ipv4).is_none_or(|(own, others)| own == others);
        suits && !(self.is_outside && other.is_outside)
    }
}

impl Plain {
    /// Adds what each class can be reached on by one.
    fn add_row(&self, at: usize, sets: &mut PortSets, row: &mut Vec<u32>) {
        let [out, into] = &self.sides;
        let (Some(out), Some(source)) = (out.get(at), self.kinds.get(at)) else { return };
        let pairs = out.iter().zip(into).zip(&self.kinds);
        row.extend(pairs.map(|((out, into), destination)| match into.get(at) {
            Some(into) if *into != NOTHING && source.goes_with(*destination) => sets.and(*out, *into),
            _ => NOTHING,
        }));
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

    /// The classes, where all of them are plain.
    fn plain(&mut self, classes: &[Class]) -> Option<Plain> {
        let face = |class: &Class| match class.faces.as_slice() {
            [face] if !class.is_node_like => Some(*face),
            _ => None,
        };
        if !self.by_tables || classes.len() > PLAIN {
            return None;
        }
        let faces: Vec<Face> = classes.iter().map(face).collect::<Option<_>>()?;
        let peers = PeerList::new(faces.iter().map(|face| face.resolved.atom).collect())?;
        let mut known: HashMap<(Direction, [u32; 8]), Rc<[u32]>> = HashMap::new();
        let all: Rc<[u32]> = alloc::vec![ALL; classes.len()].into();
        let nothing: Rc<[u32]> = Rc::new([]);
        let (mut rows, mut line) = (Vec::new(), Vec::new());
        let sides = [Direction::Egress, Direction::Ingress].map(|direction| {
            let side = |subject: &Face| {
                if subject.resolved.identity.is_none() {
                    let is_allowed = subject.resolved.exempt.verdict() == Verdict::Allow;
                    return Rc::clone(if is_allowed { &all } else { &nothing });
                }
                let image = self.asked.image;
                let Some(half) = image.record_half(subject.resolved.atom, direction) else {
                    return Rc::clone(&nothing);
                };
                let known = known.entry((direction, *half)).or_insert_with(|| {
                    let [.., base, _] = *half;
                    let number =
                        |row: &Option<u32>| row.map_or(NOTHING, |row| self.row(RowPlace { row, base }));
                    image.rows_of(half, &peers, &mut rows);
                    line.clear();
                    line.extend(rows.iter().map(number));
                    cut(&mut line);
                    line.as_slice().into()
                });
                Rc::clone(known)
            };
            faces.iter().map(side).collect()
        });
        let kind = |(class, face): (&Class, &Face)| Kind {
            is_outside: class.is_outside,
            is_ipv4: face.end.address().map(|address| address.is_ipv4()),
        };
        let kinds = classes.iter().zip(&faces).map(kind).collect();
        Some(Plain { sides, kinds })
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
        at.map_or(NOTHING, |at| self.row(at))
    }

    /// The ports that a row allows, whatever its rules are.
    fn row(&mut self, at: RowPlace) -> u32 {
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

#[cfg(all(test, feature = "gen"))]
mod tests {
    use super::*;
    use crate::Options;
    use crate::analyze::distinctions::Distinctions;
    use crate::generate::{Case, Scope};

    #[test]
    fn tables_read_whole_say_of_each_pair_what_they_say_when_asked_for_it() {
        let mut plain_ones = 0;
        for seed in 0..500 {
            let mut world = Case::from_seed(seed, Scope::Model, 0).world;
            for pod in &mut world.pods {
                pod.addresses.truncate(1);
                pod.host_network = false;
            }
            let (Ok(cluster), Ok(policies)) = (world.cluster(), world.policy_set()) else { continue };
            let make = if seed % 2 == 0 { Engine::new } else { Engine::in_layers };
            let engine = make(cluster, policies, Options::default());
            let ends = Ends::of(&engine, &Distinctions::of([&engine]));
            let mut painter = Painter::new(&engine);
            let Some(plain) = painter.plain(&ends.classes) else { continue };
            plain_ones += 1;
            for (at, from) in ends.classes.iter().enumerate() {
                let mut row = Vec::new();
                plain.add_row(at, &mut painter.sets, &mut row);
                row.resize(ends.classes.len(), NOTHING);
                let asked: Vec<u32> = ends.classes.iter().map(|to| painter.pair(from, to)).collect();
                assert_eq!(row, asked, "{seed} {at}");
            }
        }
        assert!(plain_ones > 200, "{plain_ones}");
    }
}
