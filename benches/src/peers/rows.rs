//! Rows of ports, for the peer of hash maps.

use hashbrown::HashMap;
use portcullis::cluster::ContainerPort;
use portcullis::net::L4Protocol;
use portcullis::policy::{PortMatch, Traffic};

/// The value of ports that no rule allows.
pub(super) const NOTHING: u32 = u32::MAX;

/// The key of a protocol's port.
pub(super) fn key(protocol: L4Protocol, port: u16) -> u32 {
    let base = match protocol {
        L4Protocol::Tcp => 0,
        L4Protocol::Udp => 0x1_0000,
        L4Protocol::Sctp => 0x2_0000,
    };
    base | u32::from(port)
}

/// From these keys on, these rules.
pub(super) type Row = Vec<(u32, u32)>;

/// All rows, each once; rules are counted from the row's first.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    known: HashMap<Row, u32>,
}

impl Rows {
    /// The row of rules in order, and what is added to its rules.
    pub(super) fn row<'a>(
        &mut self,
        rules: impl Iterator<Item = (u32, &'a Traffic)>,
        ports: &[&ContainerPort],
    ) -> (u32, u32) {
        let mut row: Row = vec![(0, NOTHING)];
        for (rule, traffic) in rules {
            for (first, last) in ranges(traffic, ports) {
                row = under(&row, first, last, rule);
            }
        }
        row.dedup_by_key(|(_, value)| *value);
        let base = row.iter().map(|(_, rule)| *rule).filter(|rule| *rule != NOTHING).min().unwrap_or(0);
        for (_, rule) in row.iter_mut().filter(|(_, rule)| *rule != NOTHING) {
            *rule -= base;
        }
        let number = *self.known.entry(row).or_insert_with_key(|row| {
            self.all.push(row.clone());
            self.all.len() as u32 - 1
        });
        (number, base)
    }

    /// The rule that a row has for a key, counted from the row's first.
    pub(super) fn find(&self, row: u32, key: u32) -> u32 {
        let row = &self.all[row as usize];
        row[row.partition_point(|(start, _)| *start <= key) - 1].1
    }
}

/// The row with a rule wherever it has none between two keys.
fn under(row: &Row, first: u32, last: u32, rule: u32) -> Row {
    let mut found: Row = Vec::with_capacity(row.len() + 2);
    let ends = row.iter().skip(1).map(|(start, _)| *start).chain([u32::MAX]);
    for ((start, value), end) in row.iter().copied().zip(ends) {
        if value != NOTHING || end <= first || start > last {
            found.push((start, value));
            continue;
        }
        if start < first {
            found.push((start, NOTHING));
        }
        found.push((start.max(first), rule));
        if last < end - 1 {
            found.push((last + 1, NOTHING));
        }
    }
    found
}

fn ranges(traffic: &Traffic, declared: &[&ContainerPort]) -> Vec<(u32, u32)> {
    let Traffic::Of(items) = traffic else { return vec![(0, u32::MAX - 1)] };
    let mut found = Vec::new();
    for item in items {
        match item {
            PortMatch::Protocol(protocol) => found.push((key(*protocol, 0), key(*protocol, u16::MAX))),
            PortMatch::Numbered { protocol, ports } => {
                found.push((key(*protocol, ports.start()), key(*protocol, ports.end())));
            }
            PortMatch::Named { protocol, name } => {
                let named = declared
                    .iter()
                    .filter(|port| port.protocol == *protocol && port.name.as_ref() == Some(name));
                found.extend(named.map(|port| {
                    let key = key(*protocol, port.port.get());
                    (key, key)
                }));
            }
            PortMatch::Name(_) | PortMatch::Unknown => {}
        }
    }
    found
}
