//! Rows: from protocol and port to the first rule that matches, as lines of an image.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::conditions::Conditions;
use super::row_lines;
use crate::decision::Reason;
use crate::image::{Line, place, value};
use crate::net::{L4Protocol, PortName};
use crate::options::{EndPort, Options, OtherProtocols, Sctp};
use crate::policy::{Deciding, PortMatch, Traffic};

/// The traffic of a rule with its names numbered, ready to be painted into rows.
#[derive(Clone, Debug)]
pub(super) enum Painted {
    /// Every protocol and port.
    Any,
    /// These.
    Of(Vec<Stroke>),
}

/// Part of a rule's traffic.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stroke {
    /// The numbers of a port name.
    Named { protocol: L4Protocol, name: u32 },
    /// From a port to another.
    Ports { protocol: L4Protocol, first: u16, last: u16 },
}

impl Painted {
    pub(super) fn new(traffic: &Traffic, conditions: &Conditions, options: Options) -> Self {
        match traffic {
            // NP-006: no `ports` means every port and every protocol.
            Traffic::Any => Self::Any,
            Traffic::Of(ports) => {
                Self::Of(ports.iter().flat_map(|port| Stroke::all(port, conditions, options)).collect())
            }
        }
    }

    /// Whether the row depends on the destination's port names.
    pub(super) fn has_names(&self) -> bool {
        self.names().next().is_some()
    }

    /// The numbers of the port names that the row depends on.
    pub(super) fn names(&self) -> impl Iterator<Item = u32> {
        let strokes = match self {
            Self::Any => &[][..],
            Self::Of(strokes) => strokes,
        };
        strokes.iter().filter_map(|stroke| match stroke {
            Stroke::Named { name, .. } => Some(*name),
            Stroke::Ports { .. } => None,
        })
    }
}

impl Stroke {
    fn all(port: &PortMatch, conditions: &Conditions, options: Options) -> Vec<Self> {
        let named = |protocol: L4Protocol, name: &PortName| {
            conditions.port_name_number(protocol, name).map(|name| Self::Named { protocol, name })
        };
        let strokes: Vec<Self> = match port {
            PortMatch::Named { protocol, name } => named(*protocol, name).into_iter().collect(),
            // CNP-011: the protocol is the one that the destination gives the name.
            PortMatch::Name(name) => {
                L4Protocol::ALL.into_iter().filter_map(|protocol| named(protocol, name)).collect()
            }
            PortMatch::Numbered { protocol, ports } => {
                // NP-009: both ends included; plugins without `endPort` see `port` alone.
                let last = if options.end_port == EndPort::Ignored { ports.start() } else { ports.end() };
                alloc::vec![Self::Ports { protocol: *protocol, first: ports.start(), last }]
            }
            // NP-007: a protocol without a port is every port of it.
            PortMatch::Protocol(protocol) => {
                alloc::vec![Self::Ports { protocol: *protocol, first: 0, last: u16::MAX }]
            }
            PortMatch::Unknown => Vec::new(),
        };
        strokes.into_iter().filter_map(|stroke| stroke.of_plugin(options)).collect()
    }

    /// What is left of a stroke where a plugin has its own way with SCTP.
    fn of_plugin(self, options: Options) -> Option<Self> {
        let protocol = self.protocol();
        match (protocol, options.sctp) {
            // CAL-4: a number is not looked at, and a name is never matched.
            (L4Protocol::Sctp, Sctp::AnyPort) => match self {
                Self::Named { .. } => None,
                Self::Ports { .. } => Some(Self::Ports { protocol, first: 0, last: u16::MAX }),
            },
            // NP-024: where SCTP is not supported its items match nothing, and nothing else either.
            (L4Protocol::Sctp, Sctp::IsolateOnly) => None,
            _ => Some(self),
        }
    }

    const fn protocol(self) -> L4Protocol {
        match self {
            Self::Named { protocol, .. } | Self::Ports { protocol, .. } => protocol,
        }
    }
}

/// From this key on, this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bound {
    pub(super) start: u32,
    pub(super) value: u32,
}

/// The value of an answer that no rule gives.
pub(super) fn answer(reason: Reason) -> u32 {
    value::FIRST_ANSWER | u32::from(reason.number())
}

/// What rules are laid on: how many of them are of the first tier, and what holds where none of them decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Ground {
    pub(super) admin: u32,
    pub(super) isolated: bool,
    pub(super) protocols_denied: bool,
}

impl Ground {
    pub(super) fn new(deciding: &Deciding, options: Options) -> Self {
        Self {
            admin: u32::try_from(deciding.admin).unwrap_or(u32::MAX),
            isolated: deciding.isolated,
            // NP-021: the option denies such protocols to every isolated pod, whatever its rules say.
            protocols_denied: deciding.isolated && options.other_protocols == OtherProtocols::Deny,
        }
    }

    /// How many rules are of the first tier.
    pub(super) fn admin(self) -> usize {
        place(self.admin)
    }

    /// All of it that some rules of a table see, as a word.
    pub(super) fn word(self, list: &[u32]) -> u32 {
        let admin = list.partition_point(|index| *index < self.admin);
        let admin = u32::try_from(admin).unwrap_or(u32::MAX).wrapping_shl(2);
        admin | u32::from(self.isolated).wrapping_shl(1) | u32::from(self.protocols_denied)
    }

    /// The same, where rules are counted from a place.
    pub(super) fn counted_from(self, first: u32) -> Self {
        Self { admin: self.admin.saturating_sub(first), ..self }
    }

    /// What holds where no rule decides.
    pub(super) fn answer(self) -> u32 {
        answer(if self.isolated { Reason::Isolated } else { Reason::NoPolicy })
    }
}

/// Where a row is, and the least of its rules, counted from wherever the row's rules were; none where it has no rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    line: u32,
    least: Option<u32>,
}

/// The lines of all rows; equal rows share theirs.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    lines: Vec<Line>,
    known: HashMap<Vec<Bound>, u32>,
    /// How many bits of a slot number a row's line; the rest hold what is added to its rules.
    row_bits: u32,
}

impl Rows {
    pub(super) fn new(row_bits: u32) -> Self {
        Self { lines: Vec::new(), known: HashMap::new(), row_bits }
    }

    /// The slot of a row, whose rules are relative to their table's base.
    pub(super) fn slot(&mut self, bounds: Vec<Bound>) -> u32 {
        let placed = self.place(bounds.clone());
        self.slot_at(placed, 0).unwrap_or_else(|| {
            // Too far from the table's base: a row of its own.
            self.line_of(bounds)
        })
    }

    /// Finds a row its line. Rows that differ only in where their rules begin are one row, at different distances.
    pub(super) fn place(&mut self, mut bounds: Vec<Bound>) -> Placed {
        let is_rule = |bound: &&mut Bound| bound.value < value::FIRST_LINK;
        let least = bounds.iter_mut().filter(is_rule).map(|bound| bound.value & !value::DENY).min();
        for bound in bounds.iter_mut().filter(is_rule) {
            bound.value = bound.value.wrapping_sub(least.unwrap_or(0));
        }
        Placed { line: self.line_of(bounds), least }
    }

    /// The slot of a row whose rules are counted from a place; nothing where that is too far from the table's base.
    pub(super) fn slot_at(&self, placed: Placed, first: u32) -> Option<u32> {
        let delta = placed.least.map_or(0, |least| least.saturating_add(first));
        let delta_bits = 32_u32.wrapping_sub(self.row_bits);
        (delta < 1_u32.wrapping_shl(delta_bits)).then(|| delta.wrapping_shl(self.row_bits) | placed.line)
    }

    fn line_of(&mut self, bounds: Vec<Bound>) -> u32 {
        match self.known.get(&bounds) {
            Some(line) => *line,
            None => {
                let line = self.add_lines(&bounds);
                self.known.insert(bounds, line);
                line
            }
        }
    }

    /// The number of the line that a row begins at.
    fn add_lines(&mut self, bounds: &[Bound]) -> u32 {
        let number = |lines: &[Line]| u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let first = number(&self.lines);
        self.lines.extend(row_lines::lay(bounds, first));
        number(&self.lines).saturating_sub(1)
    }

    /// Whether every line's number has room in a slot.
    pub(super) fn fits(&self) -> bool {
        u32::try_from(self.lines.len()).is_ok_and(|count| count.wrapping_shr(self.row_bits) == 0)
    }

    /// The lines so far; they only become more.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_differ_only_in_where_their_rules_begin_share_a_line() {
        let mut rows = Rows::new(20);
        let row = |rule| {
            alloc::vec![Bound { start: 0, value: answer(Reason::Isolated) }, Bound { start: 80, value: rule }]
        };
        let (first, second, far) = (rows.slot(row(3)), rows.slot(row(4095)), rows.slot(row(4096)));
        assert_eq!(first & 0xf_ffff, second & 0xf_ffff);
        assert_eq!((first >> 20, second >> 20, far >> 20), (3, 4095, 0));
        assert_ne!(far & 0xf_ffff, first & 0xf_ffff);
        assert!(rows.fits());
        assert_eq!(rows.lines().len(), 2);
    }
}
