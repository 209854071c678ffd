//! The matrix of all pairs of ends: what each allows, as the number of a set of ports.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::ends::{Class, Ends, Face};
use super::entries::Cells;
use super::ports::{ALL, NOTHING, PortSet, PortSets};
use crate::Engine;
use crate::decision::{Reason, Verdict};
use crate::flow::{Flow, Transport};
use crate::image::{Image, RowPlace, place};
use crate::net::{L4Protocol, PortRange, VXLAN_PORT};
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

/// The traffic that can be exempt apart from other traffic: each protocol, then what is special in one.
const TRANSPORTS: [(L4Protocol, u16); 4] =
    [(L4Protocol::Tcp, 1), (L4Protocol::Udp, 1), (L4Protocol::Sctp, 1), (L4Protocol::Udp, VXLAN_PORT)];

/// Fills in pairs.
struct Painter<'a> {
    engine: &'a Engine,
    image: Image<'a>,
    sets: PortSets,
    /// The set that each row of the image allows, where it has been asked.
    rows: HashMap<u32, u32>,
}

impl<'a> Painter<'a> {
    fn new(engine: &'a Engine) -> Self {
        Self { engine, image: engine.image(), sets: PortSets::new(), rows: HashMap::new() }
    }

    /// The ports that some pod of one class can reach on some pod of another.
    fn pair(&mut self, from: &Class, to: &Class) -> u32 {
        if from.is_outside && to.is_outside {
            return NOTHING;
        }
        // NP-018: on which node a pod is counts for peers that may be this node.
        let node_like = |class: &Class| class.faces.iter().any(Face::is_node_like);
        let sources = if node_like(from) || node_like(to) { &from.on_nodes } else { &from.faces };
        let destinations = if node_like(from) || node_like(to) { &to.on_nodes } else { &to.faces };
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
        let (source, destination) = match direction {
            Direction::Egress => (subject.end, peer.end),
            Direction::Ingress => (peer.end, subject.end),
        };
        // What is asked before any table looks at the protocol, and at the port of tunnels alone.
        let exempt: [Option<bool>; 4] = TRANSPORTS.map(|(protocol, port)| {
            let flow = Flow::between(source, destination, Transport::new(protocol, port));
            let reason = self.engine.exemption(&flow, direction, subject.resolved, peer.resolved, peer.end);
            // NP-020 is about a pod and itself; a class asked about itself stands for two pods that are alike.
            reason
                .filter(|reason| *reason != Reason::Loopback)
                .map(|reason| reason.verdict() == Verdict::Allow)
        });
        if exempt == [Some(true); 4] {
            return ALL;
        }
        if exempt == [Some(false); 4] {
            return NOTHING;
        }
        let row = match self.image.row_place(subject.resolved.atom, peer.resolved.atom, direction) {
            Some(at) => self.row(at),
            None => NOTHING,
        };
        if exempt.iter().all(Option::is_none) {
            return row;
        }
        let row = self.sets.set(row);
        let mut found = row.clone();
        for ((protocol, port), verdict) in TRANSPORTS.into_iter().zip(exempt) {
            let ports = if port == VXLAN_PORT { PortRange::single(port).ok() } else { Some(PortRange::ALL) };
            let piece = ports.map(|ports| PortSet::of(protocol, ports)).unwrap_or_default();
            found = match verdict {
                Some(true) => found.or(&piece),
                Some(false) => found.minus(&piece),
                None => found.minus(&piece).or(&row.and(&piece)),
            };
        }
        self.sets.number(found)
    }

    fn row(&mut self, at: RowPlace) -> u32 {
        if let Some(number) = self.rows.get(&at.row) {
            return *number;
        }
        let number = self.sets.number(PortSet::allowed_by(&self.image.spans(at)));
        self.rows.insert(at.row, number);
        number
    }
}
