//! What was seen of each group, and the rules that it makes.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::Seen;
use super::groups::{Group, Groups};
use crate::analyze::ports::PortSet;
use crate::cluster::PodIdentity;
use crate::engine::Engine;
use crate::flow::{Connection, End, Flow, Transport};
use crate::net::PortRange;
use crate::policy::Direction;
use crate::sorted::{SortedMap, SortedSet};

/// The other end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer {
    Address(IpAddr),
    Group(usize),
}

/// What was seen between a group and a peer.
#[derive(Clone, Debug, Default)]
struct Record {
    ports: PortSet,
    flows: u64,
}

/// What was seen of all groups.
#[derive(Debug, Default)]
pub(super) struct Records {
    all: SortedMap<(usize, Direction), SortedMap<Peer, Record>>,
    /// The groups that were seen.
    pub(super) seen: SortedSet<usize>,
    /// What no policy can be made of, by group.
    pub(super) left_out: SortedMap<usize, SortedSet<String>>,
}

/// A rule: peers that have the same ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) ports: PortSet,
    /// Groups, one of those with the same labels each, with all their names and how often they were seen.
    pub(super) groups: Vec<(usize, String, u64)>,
    pub(super) addresses: Vec<IpAddr>,
    /// How often the addresses were seen.
    pub(super) from_addresses: u64,
}

impl Records {
    pub(super) fn of(engine: &Engine, groups: &Groups, seen: &[Seen]) -> Self {
        let mut records = Self::default();
        for flow in seen {
            records.add(engine, groups, &flow.sent, Direction::Egress, flow.count);
            records.add(engine, groups, &flow.seen, Direction::Ingress, flow.count);
        }
        records
    }

    fn add(&mut self, engine: &Engine, groups: &Groups, flow: &Flow, direction: Direction, count: u64) {
        // NP-022: replies need no rule.
        if flow.connection() == Connection::Reply || flow.stays_inside() {
            return;
        }
        let (subject, peer) = match direction {
            Direction::Egress => (flow.source(), flow.destination()),
            Direction::Ingress => (flow.destination(), flow.source()),
        };
        let of = |end: End| engine.pod_of(end);
        let Some(group) = of(subject).and_then(|pod| groups.of_pod(pod)) else { return };
        self.seen.insert(group);
        // NP-020: a pod always reaches itself; a workload that stands for its pods means two of them.
        let is_itself = of(subject) == of(peer);
        let is_template = of(subject)
            .and_then(|pod| engine.cluster().pod(pod))
            .is_some_and(|pod| matches!(pod.identity, PodIdentity::Template(_)));
        if is_itself && !is_template {
            return;
        }
        let known = match (of(peer), peer.address()) {
            (Some(pod), _) => groups.of_pod(pod).map(Peer::Group),
            // A rule for the address would hold the pod as well, for which nothing was seen.
            (None, Some(address)) if let Some(other) = groups.of_address(address) => {
                let why =
                    format!("`{address}`: what was seen there is no pod, and `{other}` has that address");
                self.leave_out(group, why);
                return;
            }
            (None, Some(address)) => Some(Peer::Address(address)),
            (None, None) => None,
        };
        let Some(peer) = known else {
            self.leave_out(
                group,
                "a peer has no address here, and is no pod that selectors hold".to_string(),
            );
            return;
        };
        let Transport::Ports { protocol, port, .. } = flow.transport() else {
            let protocol = flow.transport().protocol();
            self.leave_out(group, format!("{protocol} was seen, and no rule can allow it alone"));
            return;
        };
        let Ok(port) = PortRange::single(port) else { return };
        let record = self.all.entry((group, direction)).or_default().entry(peer).or_default();
        record.ports = record.ports.or(&PortSet::of(protocol, port));
        record.flows = record.flows.saturating_add(count);
    }

    fn leave_out(&mut self, group: usize, reason: String) {
        self.left_out.entry(group).or_default().insert(reason);
    }

    fn ports(&self, group: usize, direction: Direction, peer: usize) -> PortSet {
        let records = self.all.get(&(group, direction));
        let record = records.and_then(|records| records.get(&Peer::Group(peer)));
        record.map(|record| record.ports.clone()).unwrap_or_default()
    }

    /// The rules of a group in a direction, and what they leave out because other groups have the labels of a peer.
    pub(super) fn rules(
        &self,
        groups: &Groups,
        group: usize,
        direction: Direction,
    ) -> (Vec<Rule>, Vec<String>) {
        let mut by_ports: SortedMap<PortSet, Rule> = SortedMap::new();
        let mut left_out = Vec::new();
        let mut done: SortedSet<usize> = SortedSet::new();
        let rule = |ports: &PortSet| Rule {
            ports: ports.clone(),
            groups: Vec::new(),
            addresses: Vec::new(),
            from_addresses: 0,
        };
        let records = self.all.get(&(group, direction)).into_iter().flatten();
        for (peer, record) in records {
            let (number, found) = match peer {
                Peer::Address(address) => {
                    let rule = by_ports.entry(record.ports.clone()).or_insert_with(|| rule(&record.ports));
                    rule.addresses.push(*address);
                    rule.from_addresses = rule.from_addresses.saturating_add(record.flows);
                    continue;
                }
                Peer::Group(number) => match groups.get(*number) {
                    Some(found) => (*number, found),
                    None => continue,
                },
            };
            let alike = groups.alike(found);
            let common = alike
                .iter()
                .fold(PortSet::all(), |common, other| common.and(&self.ports(group, direction, *other)));
            let rest = record.ports.minus(&common);
            if !rest.is_nothing() {
                left_out.push(shared(groups, found, number, &rest, direction));
            }
            if common.is_nothing() || !done.insert(alike.first().copied().unwrap_or(number)) {
                continue;
            }
            let names: Vec<String> =
                alike.iter().filter_map(|it| groups.get(*it)).map(Group::to_string).collect();
            let flows = alike.iter().filter_map(|other| {
                self.all.get(&(group, direction))?.get(&Peer::Group(*other)).map(|record| record.flows)
            });
            let flows = flows.fold(0, u64::saturating_add);
            let rule = by_ports.entry(common.clone()).or_insert_with(|| rule(&common));
            rule.groups.push((number, names.join(", "), flows));
        }
        (by_ports.into_values().collect(), left_out)
    }
}

/// Why a peer's ports are left out.
fn shared(groups: &Groups, peer: &Group, number: usize, ports: &PortSet, direction: Direction) -> String {
    let others = groups.alike(peer).iter().filter(|other| **other != number);
    let others: Vec<String> =
        others.filter_map(|other| groups.get(*other)).map(|other| format!("`{other}`")).collect();
    let preposition = if direction == Direction::Egress { "to" } else { "from" };
    let others = others.join(", ");
    format!(
        "{ports} {preposition} `{peer}`: {others} has the very same labels, and was not seen to do the same"
    )
}
