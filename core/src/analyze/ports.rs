//! Sets of ports: of the three protocols that have them, in ranges.

use alloc::vec::Vec;
use core::fmt;

use hashbrown::HashMap;

use crate::compile::Interner;
use crate::image::{Span, place, port_key};
use crate::net::{L4Protocol, PortRange};

/// Protocols with their ports, as ranges that neither overlap nor touch; ports from 1 to 65535.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet {
    /// First and last key, ascending; no range crosses from one protocol to the next.
    ranges: Vec<(u32, u32)>,
}

impl PortSet {
    /// The set without a port.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Every port of every protocol.
    #[must_use]
    pub fn all() -> Self {
        let whole = |protocol| (port_key(protocol, 1), port_key(protocol, u16::MAX));
        Self { ranges: L4Protocol::ALL.into_iter().map(whole).collect() }
    }

    /// Some ports of one protocol.
    #[must_use]
    pub fn of(protocol: L4Protocol, ports: PortRange) -> Self {
        Self { ranges: alloc::vec![(port_key(protocol, ports.start()), port_key(protocol, ports.end()))] }
    }

    /// The ports among some keys of rows.
    pub(super) fn of_keys(first: u32, last: u32) -> Self {
        Self { ranges: alloc::vec![(first, last)] }.and(&Self::all())
    }

    /// The traffic that a row allows.
    pub(super) fn allowed_by(spans: &[Span]) -> Self {
        let allowed = spans.iter().filter(|span| span.side.allows());
        let keys = Self { ranges: merged(allowed.map(|span| (span.first, span.last)).collect()) };
        keys.and(&Self::all())
    }

    /// Whether there is no port in it.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether every port of every protocol is in it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        let whole = |protocol| (port_key(protocol, 1), port_key(protocol, u16::MAX));
        self.ranges.iter().copied().eq(L4Protocol::ALL.into_iter().map(whole))
    }

    /// Whether a port is in it.
    #[must_use]
    pub fn contains(&self, protocol: L4Protocol, port: u16) -> bool {
        let key = port_key(protocol, port);
        let after = self.ranges.partition_point(|(first, _)| *first <= key);
        let range = after.checked_sub(1).and_then(|at| self.ranges.get(at));
        range.is_some_and(|(_, last)| key <= *last)
    }

    /// The ports of a protocol, ascending.
    #[must_use]
    pub fn ranges(&self, protocol: L4Protocol) -> Vec<PortRange> {
        let (from, to) = (port_key(protocol, 1), port_key(protocol, u16::MAX));
        let port = |key: u32| u16::try_from(key & 0xffff).unwrap_or(u16::MAX);
        let own = self.ranges.iter().filter(|(first, _)| (from..=to).contains(first));
        own.filter_map(|(first, last)| PortRange::new(port(*first), port(*last)).ok()).collect()
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut ours, mut theirs) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some((a, b)), Some((c, d))) = (ours.peek(), theirs.peek()) {
            let (first, last) = ((*a).max(*c), (*b).min(*d));
            if first <= last {
                ranges.push((first, last));
            }
            if b < d {
                ours.next();
            } else {
                theirs.next();
            }
        }
        Self { ranges }
    }

    /// What is in one of them at least.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let all = Self { ranges: merged(self.ranges.iter().chain(&other.ranges).copied().collect()) };
        // Merging joins the last port of a protocol to the next one's port 0, which is no port.
        all.and(&Self::all())
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut holes = Vec::new();
        let mut next = 0_u32;
        for (first, last) in &other.ranges {
            if *first > next {
                holes.push((next, first.wrapping_sub(1)));
            }
            next = last.wrapping_add(1);
        }
        holes.push((next, u32::MAX));
        self.and(&Self { ranges: holes })
    }
}

impl fmt::Display for PortSet {
    /// `all`, `none`, or protocols with their ports: `TCP 80,443 UDP 1-65535`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_nothing() {
            return f.write_str("none");
        }
        if self.is_all() {
            return f.write_str("all");
        }
        let mut separator = "";
        for protocol in L4Protocol::ALL {
            let ranges = self.ranges(protocol);
            if ranges.is_empty() {
                continue;
            }
            write!(f, "{separator}{protocol}")?;
            separator = " ";
            if ranges == [PortRange::ALL] {
                continue;
            }
            for (at, range) in ranges.iter().enumerate() {
                write!(f, "{}{range}", if at == 0 { " " } else { "," })?;
            }
        }
        Ok(())
    }
}

/// The number of the set without a port.
pub(super) const NOTHING: u32 = 0;
/// The number of the set with all ports.
pub(super) const ALL: u32 = 1;

/// Sets of ports with numbers, and what was found of two of them before.
#[derive(Debug)]
pub(super) struct PortSets {
    sets: Interner<PortSet>,
    both: HashMap<(u32, u32), u32>,
    either: HashMap<(u32, u32), u32>,
}

impl PortSets {
    pub(super) fn new() -> Self {
        let mut sets = Interner::new();
        sets.intern(PortSet::nothing());
        sets.intern(PortSet::all());
        Self { sets, both: HashMap::new(), either: HashMap::new() }
    }

    pub(super) fn number(&mut self, set: PortSet) -> u32 {
        self.sets.intern(set)
    }

    pub(super) fn set(&self, number: u32) -> PortSet {
        self.sets.values().get(place(number)).cloned().unwrap_or_default()
    }

    /// The number of what is in both.
    pub(super) fn and(&mut self, a: u32, b: u32) -> u32 {
        match (a, b) {
            (NOTHING, _) | (_, NOTHING) => NOTHING,
            (ALL, other) | (other, ALL) => other,
            _ if a == b => a,
            _ => match self.both.get(&(a, b)) {
                Some(number) => *number,
                None => {
                    let number = self.number(self.set(a).and(&self.set(b)));
                    self.both.insert((a, b), number);
                    number
                }
            },
        }
    }

    /// The number of what is in one of them at least.
    pub(super) fn or(&mut self, a: u32, b: u32) -> u32 {
        match (a, b) {
            (NOTHING, other) | (other, NOTHING) => other,
            (ALL, _) | (_, ALL) => ALL,
            _ if a == b => a,
            _ => match self.either.get(&(a, b)) {
                Some(number) => *number,
                None => {
                    let number = self.number(self.set(a).or(&self.set(b)));
                    self.either.insert((a, b), number);
                    number
                }
            },
        }
    }
}

/// Ranges in order, those that overlap or touch made one.
fn merged(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match out.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn set(items: &[(L4Protocol, u16, u16)]) -> PortSet {
        let one = |(protocol, start, end): &(L4Protocol, u16, u16)| {
            PortSet::of(*protocol, PortRange::new(*start, *end).unwrap())
        };
        items.iter().map(one).fold(PortSet::nothing(), |all, one| all.or(&one))
    }

    #[test]
    fn sets_join_meet_and_leave_out_within_each_protocol() {
        use L4Protocol::{Sctp, Tcp, Udp};
        let a = set(&[(Tcp, 80, 90), (Tcp, 91, 100), (Udp, 53, 53)]);
        let b = set(&[(Tcp, 85, 95), (Udp, 1, 65535), (Sctp, 7, 7)]);
        assert_eq!(a.to_string(), "TCP 80-100 UDP 53");
        assert_eq!(a.and(&b).to_string(), "TCP 85-95 UDP 53");
        assert_eq!(a.minus(&b).to_string(), "TCP 80-84,96-100");
        assert_eq!(b.minus(&a).to_string(), "UDP 1-52,54-65535 SCTP 7");
        assert_eq!(a.or(&b).to_string(), "TCP 80-100 UDP SCTP 7");
        assert!(
            a.contains(Tcp, 80) && a.contains(Tcp, 100) && !a.contains(Tcp, 101) && !a.contains(Sctp, 80)
        );
    }

    #[test]
    fn a_protocols_last_port_does_not_run_into_the_next_protocol() {
        let both = set(&[(L4Protocol::Tcp, 65535, 65535), (L4Protocol::Udp, 1, 1)]);
        assert_eq!(both.to_string(), "TCP 65535 UDP 1");
        assert_eq!(PortSet::all().or(&both), PortSet::all());
        assert_eq!(PortSet::all().minus(&PortSet::all()), PortSet::nothing());
    }
}
