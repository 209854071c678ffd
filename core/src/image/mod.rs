//! The compiled image: flat tables that a decision walks, immutable once built.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::flow::Transport;
use crate::net::L4Protocol;
use crate::policy::{Direction, RuleId};

/// The number that stands for "no rule".
pub(crate) const NO_RULE: u32 = u32::MAX;
/// The number that stands for "no table": no policy isolates the class.
pub(crate) const NO_TABLE: u32 = u32::MAX;

/// From this protocol and port on, a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bound {
    /// The first key, see [`port_key`].
    pub(crate) start: u32,
    /// The rule, or [`NO_RULE`].
    pub(crate) rule: u32,
}

/// A peer with a row of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) atom: u32,
    pub(crate) row: u32,
}

/// All peers of one subject and direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// The row of every peer that has none of its own.
    pub(crate) default_row: u32,
    /// The others, sorted by atom.
    pub(crate) slots: Vec<Slot>,
}

/// The key of a port in a row.
pub(crate) fn port_key(protocol: L4Protocol, port: u16) -> u32 {
    let base: u32 = match protocol {
        L4Protocol::Tcp => 0,
        L4Protocol::Udp => 0x1_0000,
        L4Protocol::Sctp => 0x2_0000,
    };
    base | u32::from(port)
}

/// The key of all protocols without ports (NP-021).
pub(crate) const fn other_protocols() -> u32 {
    0x3_0000
}

/// What the tables say of a subject, a peer and their traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The subject is isolated, and no rule matches.
    Isolated,
    /// No policy isolates the subject.
    NoPolicy,
    /// The first rule that matches.
    Rule(RuleId),
}

/// The tables of a compiled cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// For each atom its ingress and its egress table.
    atom_tables: Box<[[u32; 2]]>,
    tables: Box<[Table]>,
    rows: Box<[Vec<Bound>]>,
}

impl Image {
    pub(crate) fn new(atom_tables: Vec<[u32; 2]>, tables: Vec<Table>, rows: Vec<Vec<Bound>>) -> Self {
        Self { atom_tables: atom_tables.into(), tables: tables.into(), rows: rows.into() }
    }

    /// Looks a pair of atoms up; nothing where the image does not know them.
    ///
    /// # Complexity
    /// Logarithmic in the peers of the subject's table and in the bounds of its row, whatever the number of policies.
    /// Allocates nothing.
    #[must_use]
    pub(crate) fn look_up(&self, subject: u32, peer: u32, direction: Direction, key: u32) -> Option<Answer> {
        let [ingress, egress] = *self.atom_tables.get(place(subject)?)?;
        let number = match direction {
            Direction::Ingress => ingress,
            Direction::Egress => egress,
        };
        if number == NO_TABLE {
            return Some(Answer::NoPolicy);
        }
        let table = self.tables.get(place(number)?)?;
        let slot = table.slots.binary_search_by_key(&peer, |slot| slot.atom);
        let row = match slot {
            Ok(index) => table.slots.get(index)?.row,
            Err(_) => table.default_row,
        };
        let row = self.rows.get(place(row)?)?;
        let after = row.partition_point(|bound| bound.start <= key);
        let bound = row.get(after.checked_sub(1)?)?;
        Some(if bound.rule == NO_RULE { Answer::Isolated } else { Answer::Rule(RuleId(bound.rule)) })
    }

    /// How many atoms, tables and rows there are.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        Sizes {
            atoms: self.atom_tables.len(),
            tables: self.tables.len(),
            slots: self.tables.iter().fold(0_usize, |sum, table| sum.saturating_add(table.slots.len())),
            rows: self.rows.len(),
        }
    }
}

/// How large an image is, in entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Kinds of ends that policies can tell apart.
    pub atoms: usize,
    /// Distinct tables of subjects.
    pub tables: usize,
    /// Peers with rows of their own, over all tables.
    pub slots: usize,
    /// Distinct rows of ports.
    pub rows: usize,
}

/// The key of a flow's traffic in a row.
pub(crate) fn transport_key(transport: Transport) -> u32 {
    match transport {
        Transport::Other { .. } => other_protocols(),
        Transport::Ports { protocol, port, .. } => port_key(protocol, port),
    }
}

fn place(number: u32) -> Option<usize> {
    usize::try_from(number).ok()
}
