//! Rows: from protocol and port to the first rule that matches.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::conditions::Conditions;
use super::intern::place;
use crate::image::{Bound, NO_RULE, other_protocols, port_key};
use crate::net::L4Protocol;
use crate::options::{EndPort, Options, Sctp};
use crate::policy::{PortMatch, Rule, Traffic};

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
    pub(super) fn new(rule: &Rule, conditions: &Conditions, options: Options) -> Self {
        match &rule.traffic {
            // NP-006: no `ports` means every port and every protocol.
            Traffic::Any => Self::Any,
            Traffic::Of(ports) => {
                Self::Of(ports.iter().filter_map(|port| Stroke::new(port, conditions, options)).collect())
            }
        }
    }

    /// Whether the row depends on the destination's port names.
    pub(super) fn has_names(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Of(strokes) => strokes.iter().any(|stroke| matches!(stroke, Stroke::Named { .. })),
        }
    }
}

impl Stroke {
    fn new(port: &PortMatch, conditions: &Conditions, options: Options) -> Option<Self> {
        let stroke = match port {
            PortMatch::Named { protocol, name } => {
                Self::Named { protocol: *protocol, name: conditions.port_name_number(*protocol, name)? }
            }
            PortMatch::Numbered { protocol, ports } => {
                // NP-009: both ends included; plugins without `endPort` see `port` alone.
                let last = if options.end_port == EndPort::Ignored { ports.start() } else { ports.end() };
                Self::Ports { protocol: *protocol, first: ports.start(), last }
            }
            // NP-007: a protocol without a port is every port of it.
            PortMatch::Protocol(protocol) => Self::Ports { protocol: *protocol, first: 0, last: u16::MAX },
        };
        // NP-024: where SCTP is not supported its items match nothing, and nothing else either.
        let unsupported = stroke.protocol() == L4Protocol::Sctp && options.sctp == Sctp::IsolateOnly;
        (!unsupported).then_some(stroke)
    }

    const fn protocol(self) -> L4Protocol {
        match self {
            Self::Named { protocol, .. } | Self::Ports { protocol, .. } => protocol,
        }
    }
}

/// The row of rules in order, for a destination whose port names stand for `names`.
pub(super) fn paint<'a>(
    rules: impl DoubleEndedIterator<Item = (u32, &'a Painted)>,
    names: &[Vec<u16>],
) -> Vec<Bound> {
    let mut row = BTreeMap::from([(0, NO_RULE)]);
    // The last rule first: each earlier one covers what it matches, so the first that matches is seen.
    for (rule, traffic) in rules.rev() {
        match traffic {
            Painted::Any => row = BTreeMap::from([(0, rule)]),
            Painted::Of(strokes) => {
                for stroke in strokes {
                    match stroke {
                        Stroke::Ports { protocol, first, last } => {
                            cover(&mut row, port_key(*protocol, *first), port_key(*protocol, *last), rule);
                        }
                        Stroke::Named { protocol, name } => {
                            for number in names.get(place(*name)).into_iter().flatten() {
                                let key = port_key(*protocol, *number);
                                cover(&mut row, key, key, rule);
                            }
                        }
                    }
                }
            }
        }
    }
    let mut bounds: Vec<Bound> = Vec::new();
    for (start, rule) in row {
        if bounds.last().is_none_or(|last| last.rule != rule) {
            bounds.push(Bound { start, rule });
        }
    }
    bounds
}

/// Gives the keys from `first` to `last` to a rule.
fn cover(row: &mut BTreeMap<u32, u32>, first: u32, last: u32, rule: u32) {
    // The key after the last port of SCTP is that of the other protocols: every key of a port has one after it.
    let after = last.saturating_add(1).min(other_protocols());
    let behind = row.range(..=after).next_back().map_or(NO_RULE, |(_, rule)| *rule);
    let covered: Vec<u32> = row.range(first..=last).map(|(start, _)| *start).collect();
    for start in covered {
        row.remove(&start);
    }
    row.insert(first, rule);
    row.insert(after, behind);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(protocol: L4Protocol, first: u16, last: u16) -> Painted {
        Painted::Of(alloc::vec![Stroke::Ports { protocol, first, last }])
    }

    fn rule_at(row: &[Bound], key: u32) -> u32 {
        row.iter().rev().find(|bound| bound.start <= key).unwrap().rule
    }

    #[test]
    fn the_first_rule_that_matches_is_the_one_a_row_gives() {
        use L4Protocol::{Sctp, Tcp, Udp};
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
        let numbered: Vec<(u32, &Painted)> = (0..).zip(&rules).collect();
        let row = paint(numbered.into_iter(), &[alloc::vec![100, 8080]]);
        let cases = [
            (port_key(Tcp, 0), NO_RULE),
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
            (port_key(Sctp, 0), NO_RULE),
            (port_key(Sctp, 65535), 4),
            (other_protocols(), NO_RULE),
        ];
        for (key, rule) in cases {
            assert_eq!(rule_at(&row, key), rule, "{key:x}");
        }
    }

    #[test]
    fn np_006_a_rule_without_ports_covers_every_protocol() {
        let rules = [ports(L4Protocol::Tcp, 80, 80), Painted::Any, ports(L4Protocol::Udp, 1, 1)];
        let numbered: Vec<(u32, &Painted)> = (0..).zip(&rules).collect();
        let row = paint(numbered.into_iter(), &[]);
        assert_eq!(row.len(), 3);
        assert_eq!(rule_at(&row, port_key(L4Protocol::Tcp, 80)), 0);
        assert_eq!(rule_at(&row, port_key(L4Protocol::Udp, 1)), 1);
        assert_eq!(rule_at(&row, other_protocols()), 1);
    }
}
