//! Rows: from protocol and port to the first rule that matches, as lines of an image.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::conditions::Conditions;
use super::named_ports::Numbers;
use super::row_lines;
use crate::decision::Reason;
use crate::image::{Line, other_protocols, place, port_key, value};
use crate::net::{L4Protocol, PortName};
use crate::options::{EndPort, Options, OtherProtocols, Sctp};
use crate::policy::{Action, Deciding, PortMatch, Traffic};

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
    admin: u32,
    isolated: bool,
    protocols_denied: bool,
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
    fn answer(self) -> u32 {
        answer(if self.isolated { Reason::Isolated } else { Reason::NoPolicy })
    }
}

/// A rule with its place in its table's list.
#[derive(Clone, Copy)]
pub(super) struct Laid<'a> {
    pub(super) index: u32,
    pub(super) action: Action,
    pub(super) traffic: &'a Painted,
}

/// Values by the keys that they begin at.
type Row = BTreeMap<u32, u32>;

/// The row of rules in order, for a destination whose port names stand for `names`.
pub(super) fn paint<'a>(
    rules: impl DoubleEndedIterator<Item = Laid<'a>>,
    ground: Ground,
    names: Numbers<'_>,
) -> Vec<Bound> {
    let mut row = Row::from([(0, ground.answer())]);
    // What the tiers after the first say, once they are painted.
    let mut beneath: Option<Row> = None;
    // The last rule first: each earlier one covers what it matches, so the first that matches is seen.
    for Laid { index, action, traffic } in rules.rev() {
        if index < ground.admin && beneath.is_none() {
            deny_protocols(&mut row, ground);
            beneath = Some(row.clone());
        }
        // CNP-003: a rule that passes shows what is beneath its tier; beneath the last one everything is allowed.
        let paint = match (action, &beneath) {
            (Action::Allow, _) => Paint::Value(index),
            (Action::Deny, _) => Paint::Value(index | value::DENY),
            (Action::Pass, Some(beneath)) => Paint::Of(beneath),
            (Action::Pass, None) => Paint::Value(answer(Reason::NoPolicy)),
        };
        match traffic {
            Painted::Any => row = paint.whole(),
            Painted::Of(strokes) => {
                for stroke in strokes {
                    match stroke {
                        Stroke::Ports { protocol, first, last } => {
                            cover(&mut row, port_key(*protocol, *first), port_key(*protocol, *last), paint);
                        }
                        Stroke::Named { protocol, name } => {
                            for number in names.of(*name) {
                                let key = port_key(*protocol, *number);
                                cover(&mut row, key, key, paint);
                            }
                        }
                    }
                }
            }
        }
    }
    if beneath.is_none() {
        deny_protocols(&mut row, ground);
    }
    let mut bounds: Vec<Bound> = Vec::new();
    for (start, value) in row {
        if bounds.last().is_none_or(|last| last.value != value) {
            bounds.push(Bound { start, value });
        }
    }
    bounds
}

fn deny_protocols(row: &mut Row, ground: Ground) {
    if ground.protocols_denied {
        row.insert(other_protocols(), answer(Reason::ProtocolDenied));
    }
}

/// What a rule puts over what it matches.
#[derive(Clone, Copy)]
enum Paint<'a> {
    /// One value.
    Value(u32),
    /// What another row has there.
    Of(&'a Row),
}

impl Paint<'_> {
    fn whole(self) -> Row {
        match self {
            Self::Value(value) => Row::from([(0, value)]),
            Self::Of(row) => row.clone(),
        }
    }
}

fn value_of(row: &Row, key: u32) -> u32 {
    // A row begins at the first key.
    row.range(..=key).next_back().map_or(answer(Reason::Isolated), |(_, value)| *value)
}

/// Paints the keys from `first` to `last`.
fn cover(row: &mut Row, first: u32, last: u32, paint: Paint<'_>) {
    // The key after the last port of SCTP is that of the other protocols: every key of a port has one after it.
    let after = last.saturating_add(1).min(other_protocols());
    let behind = value_of(row, after);
    let covered: Vec<u32> = row.range(first..=last).map(|(start, _)| *start).collect();
    for start in covered {
        row.remove(&start);
    }
    match paint {
        Paint::Value(value) => {
            row.insert(first, value);
        }
        Paint::Of(other) => {
            row.insert(first, value_of(other, first));
            row.extend(other.range(first..=last));
        }
    }
    row.insert(after, behind);
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

    fn ports(protocol: L4Protocol, first: u16, last: u16) -> Painted {
        Painted::Of(alloc::vec![Stroke::Ports { protocol, first, last }])
    }

    const ISOLATED: Ground = Ground { admin: 0, isolated: true, protocols_denied: false };

    fn paint_allowing(rules: &[Painted], names: Numbers<'_>) -> Vec<Bound> {
        let laid: Vec<Laid<'_>> =
            (0..).zip(rules).map(|(index, traffic)| Laid { index, action: Action::Allow, traffic }).collect();
        paint(laid.into_iter(), ISOLATED, names)
    }

    #[test]
    fn cnp_003_what_a_rule_passes_on_is_what_the_next_tier_says() {
        use L4Protocol::Tcp;
        let rules = [
            (Action::Allow, ports(Tcp, 10, 19)),
            (Action::Pass, ports(Tcp, 15, 45)),
            (Action::Deny, Painted::Any),
            (Action::Allow, ports(Tcp, 30, 39)),
            (Action::Deny, ports(Tcp, 35, 50)),
        ];
        let painted = |ground: Ground| {
            let laid: Vec<Laid<'_>> = (0..)
                .zip(&rules)
                .map(|(index, (action, traffic))| Laid { index, action: *action, traffic })
                .collect();
            let row = paint(laid.into_iter(), ground, Numbers::of_test(&[]));
            [9, 10, 15, 19, 20, 30, 39, 40, 45, 46].map(|port| value_at(&row, port_key(Tcp, port)))
        };
        let denied = |index: u32| index | value::DENY;
        let free = answer(Reason::NoPolicy);
        let baseline = painted(Ground { admin: 3, isolated: false, protocols_denied: false });
        assert_eq!(
            baseline,
            [denied(2), 0, 0, 0, free, 3, 3, denied(4), denied(4), denied(2)],
            "two tiers, the last of which allows what it does not name"
        );
        let all_baseline = painted(Ground { admin: 0, isolated: false, protocols_denied: false });
        assert_eq!(
            all_baseline,
            [denied(2), 0, 0, 0, free, free, free, free, free, denied(2)],
            "there is nothing beneath the last tier"
        );
        let isolated = painted(Ground { admin: 3, isolated: true, protocols_denied: false });
        assert_eq!(isolated.get(4), Some(&answer(Reason::Isolated)));
    }

    fn value_at(row: &[Bound], key: u32) -> u32 {
        row.iter().rev().find(|bound| bound.start <= key).unwrap().value
    }

    #[test]
    fn the_first_rule_that_matches_is_the_one_a_row_gives() {
        use L4Protocol::{Sctp, Tcp, Udp};
        let denied = answer(Reason::Isolated);
        let named = Painted::Of(alloc::vec![Stroke::Named { protocol: Tcp, name: 0 }]);
        let rules = [
            ports(Tcp, 80, 90),
            ports(Tcp, 85, 100),
            named,
            ports(Udp, 0, u16::MAX),
            ports(Sctp, 65535, 65535),
            ports(Tcp, 1, 65535),
            Painted::Of(Vec::new()),
        ];
        let known = [(0, alloc::vec![100, 8080])];
        let row = paint_allowing(&rules, Numbers::of_test(&known));
        let cases = [
            (port_key(Tcp, 0), denied),
            (port_key(Tcp, 1), 5),
            (port_key(Tcp, 79), 5),
            (port_key(Tcp, 80), 0),
            (port_key(Tcp, 90), 0),
            (port_key(Tcp, 91), 1),
            (port_key(Tcp, 100), 1),
            (port_key(Tcp, 101), 5),
            (port_key(Tcp, 8080), 2),
            (port_key(Tcp, 8081), 5),
            (port_key(Tcp, 65535), 5),
            (port_key(Udp, 0), 3),
            (port_key(Udp, 65535), 3),
            (port_key(Sctp, 0), denied),
            (port_key(Sctp, 65535), 4),
            (other_protocols(), denied),
        ];
        for (key, value) in cases {
            assert_eq!(value_at(&row, key), value, "{key:x}");
        }
    }

    #[test]
    fn np_006_a_rule_without_ports_covers_every_protocol() {
        let rules = [ports(L4Protocol::Tcp, 80, 80), Painted::Any, ports(L4Protocol::Udp, 1, 1)];
        let row = paint_allowing(&rules, Numbers::of_test(&[]));
        assert_eq!(row.len(), 3);
        assert_eq!(value_at(&row, port_key(L4Protocol::Tcp, 80)), 0);
        assert_eq!(value_at(&row, port_key(L4Protocol::Udp, 1)), 1);
        assert_eq!(value_at(&row, other_protocols()), 1);
    }

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
