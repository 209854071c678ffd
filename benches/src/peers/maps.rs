//! Hash maps and a prefix trie: the algorithm of classes and rows with the containers that everybody has.

use std::net::IpAddr;

use hashbrown::HashMap;
use portcullis::Packet;
use portcullis::net::Protocol;
use portcullis::policy::Direction;

use super::classes::Classes;
use super::prefixes::Prefixes;
use super::rows::{NOTHING, Row, Rows, key};
use super::subjects::Builder;
use super::{Answer, Peer, SideAnswer};
use crate::workload::{Workload, address, transport};

/// No subject: every packet passes.
pub(super) const FREE: u32 = u32::MAX;

/// How much there is to decide, counted as the prototype of this structure counted it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Kinds of ends: classes of pods, and sets of lists that addresses lie in.
    pub atoms: usize,
    /// Distinct lists of rules, a direction each.
    pub subjects: usize,
    /// Peers with a row other than their default, over all subjects; namespaces where a peer is of whole ones.
    pub slots: usize,
    /// Distinct rows of ports.
    pub rows: usize,
}

/// An end that packets can have.
pub(super) struct Atom {
    pub(super) class: Option<u32>,
    pub(super) set: u32,
}

/// A row and what is added to its rules.
pub(super) type Slot = (u32, u32);

/// Defaults of a subject, and whether it is there at all.
pub(super) struct Subject {
    pub(super) pods: Slot,
    pub(super) outside: Slot,
}

/// A strong engine of plain Rust.
pub struct Maps<'a> {
    pub(super) prefixes: Prefixes<'a>,
    by_address: HashMap<IpAddr, u32>,
    outside: Vec<u32>,
    pub(super) atoms: Vec<Atom>,
    /// For each class the subjects of its egress and its ingress.
    of_classes: Vec<[u32; 2]>,
    pub(super) subjects: Vec<Subject>,
    pub(super) table: HashMap<(u32, u32), Slot>,
    pub(super) rows: Rows,
    pub(super) shape: Shape,
}

impl<'a> Maps<'a> {
    /// Builds the maps.
    #[must_use]
    pub fn new(workload: &'a Workload) -> Self {
        let classes = Classes::new(&workload.cluster, &workload.policies);
        let prefixes = Prefixes::new(&workload.policies);
        let mut atoms = Vec::new();
        let mut known: HashMap<(Option<u32>, u32), u32> = HashMap::new();
        let mut intern = |class, set| {
            *known.entry((class, set)).or_insert_with(|| {
                atoms.push(Atom { class, set });
                atoms.len() as u32 - 1
            })
        };
        let outside = (0..prefixes.sets.len() as u32).map(|set| intern(None, set)).collect();
        let mut by_address = HashMap::new();
        for ((_, pod), class) in workload.cluster.pods().zip(&classes.of_pods) {
            for address in &pod.addresses {
                by_address.insert(*address, intern(Some(*class), prefixes.set_of(*address)));
            }
        }
        let mut maps = Self {
            prefixes,
            by_address,
            outside,
            atoms,
            of_classes: Vec::new(),
            subjects: Vec::new(),
            table: HashMap::new(),
            rows: Rows::default(),
            shape: Shape::default(),
        };
        let mut builder = Builder::new(&workload.policies, &classes, &maps);
        for class in &classes.all {
            let both = [Direction::Egress, Direction::Ingress];
            let subjects = both.map(|direction| builder.subject(&mut maps, class, direction));
            maps.of_classes.push(subjects);
        }
        maps.shape.atoms = maps.atoms.len();
        maps.shape.subjects = maps.subjects.len();
        maps.shape.rows = maps.rows.all.len();
        maps
    }

    /// How much there is to decide.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The pods' addresses and their atoms.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (IpAddr, u32)> {
        self.by_address.iter().map(|(address, atom)| (*address, *atom))
    }

    /// The IPv4 prefixes and the atoms of addresses in them that are no pod's.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = (ipnet::Ipv4Net, u32)> {
        let all = self.prefixes.v4.iter();
        all.map(|(prefix, set)| (prefix, self.outside[*set as usize]))
    }

    /// The atom of addresses that nothing is known of.
    pub(super) fn elsewhere(&self) -> u32 {
        self.outside[0]
    }

    /// For each atom the subjects of its egress and its ingress, where it is a pod's.
    pub(super) fn ends(&self) -> impl Iterator<Item = Option<[u32; 2]>> {
        self.atoms.iter().map(|atom| atom.class.map(|class| self.of_classes[class as usize]))
    }

    /// The rows of subjects' peers; no peer stands for pods, and for the outside, by default.
    pub(super) fn slots(&self) -> impl Iterator<Item = (u32, Result<u32, bool>, &Row)> {
        let row = |slot: &Slot| &self.rows.all[slot.0 as usize];
        let slots = self.table.iter().map(move |((subject, peer), slot)| (*subject, Ok(*peer), row(slot)));
        let defaults = self.subjects.iter().zip(0..).flat_map(move |(subject, number)| {
            [(number, Err(true), row(&subject.pods)), (number, Err(false), row(&subject.outside))]
        });
        slots.chain(defaults)
    }

    fn atom(&self, address: IpAddr) -> u32 {
        let pod = self.by_address.get(&address);
        pod.copied().unwrap_or_else(|| self.outside[self.prefixes.set_of(address) as usize])
    }

    fn side(&self, subject: u32, peer: u32, direction: usize, key: Option<u32>) -> SideAnswer {
        let Some(class) = self.atoms[subject as usize].class else { return SideAnswer::FREE };
        let table = self.of_classes[class as usize][direction];
        if table == FREE {
            return SideAnswer::FREE;
        }
        let (row, base) = self.table.get(&(table, peer)).copied().unwrap_or_else(|| {
            let subject = &self.subjects[table as usize];
            if self.atoms[peer as usize].class.is_some() { subject.pods } else { subject.outside }
        });
        // Protocols without ports come after all ports.
        match self.rows.find(row, key.unwrap_or(0x3_0000)) {
            NOTHING => SideAnswer::DENIED,
            rule => SideAnswer { allowed: true, rule: base + rule },
        }
    }
}

impl Peer for Maps<'_> {
    fn name(&self) -> &'static str {
        "hash maps + prefix-trie"
    }

    fn decide(&self, packet: &Packet) -> Answer {
        let (from, to) = (address(packet.source), address(packet.destination));
        if from == to && self.by_address.contains_key(&from) {
            return Answer::of(SideAnswer::FREE, SideAnswer::FREE);
        }
        let (source, destination) = (self.atom(from), self.atom(to));
        let key = match transport(packet) {
            (Protocol::L4(protocol), port) => Some(key(protocol, port)),
            (Protocol::Other(_), _) => None,
        };
        Answer::of(self.side(source, destination, 0, key), self.side(destination, source, 1, key))
    }
}
