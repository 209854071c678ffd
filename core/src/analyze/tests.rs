//! What is listed is what is decided, cell by cell, on generated worlds.

#![cfg(feature = "gen")]

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::{AddressRange, Connectivity, Group, PortSet, difference};
use crate::cluster::{Cluster, PodId};
use crate::flow::{End, Flow, Transport};
use crate::generate::{Case, Scope};
use crate::net::{L4Protocol, PortRange};
use crate::policy::{Direction, PolicySet, PortMatch, Traffic};
use crate::{Decide, Engine};

const WORLDS: u64 = 150;

fn engine(seed: u64) -> Engine {
    let world = Case::from_seed(seed, Scope::V1Valid, 0).world;
    Engine::new(world.cluster().unwrap(), world.policy_set().unwrap(), world.options)
}

/// Ports at which some answer may change, and the highest one.
fn ports(policies: &PolicySet, cluster: &Cluster) -> Vec<u16> {
    let mut ports = BTreeSet::from([1, 4788, 4789, 4790, u16::MAX]);
    for (_, policy) in policies.policies() {
        for rule in [Direction::Ingress, Direction::Egress].iter().filter_map(|d| policy.rules(*d)).flatten()
        {
            let Traffic::Of(items) = &rule.traffic else { continue };
            for item in items {
                if let PortMatch::Numbered { ports: range, .. } = item {
                    let (start, end) = (range.start(), range.end());
                    ports.extend([start.saturating_sub(1).max(1), start, end, end.saturating_add(1)]);
                }
            }
        }
    }
    for (_, pod) in cluster.pods() {
        ports.extend(pod.ports.iter().map(|port| port.port.get()));
    }
    ports.into_iter().collect()
}

/// Labels.
type Pairs = Vec<(String, String)>;

/// The ends of each workload's pods, one for each address, by the workload's name.
fn ends(cluster: &Cluster) -> BTreeMap<String, Vec<End>> {
    let mut by_owner: BTreeMap<String, BTreeMap<Pairs, Vec<PodId>>> = BTreeMap::new();
    for (id, pod) in cluster.pods().filter(|(_, pod)| !pod.is_finished()) {
        let name = match &pod.workload {
            Some(workload) => alloc::format!("{}/{workload}", pod.namespace),
            None if pod.to_string().matches('/').count() == 2 => pod.to_string(),
            None => alloc::format!("{}/pod/{}", pod.namespace, pod.identity),
        };
        let labels = pod.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        by_owner.entry(name).or_default().entry(labels).or_default().push(id);
    }
    let mut out = BTreeMap::new();
    for (name, variants) in by_owner {
        let several = variants.len() > 1;
        for (number, pods) in variants.into_values().enumerate() {
            let name =
                if several { alloc::format!("{name}#{}", number.saturating_add(1)) } else { name.clone() };
            let ends = pods.iter().flat_map(|id| {
                let addresses = &cluster.pod(*id).unwrap().addresses;
                let bare = addresses.is_empty().then(|| End::of_pod(*id, None));
                addresses.iter().map(|address| End::of_pod(*id, Some(*address))).chain(bare)
            });
            out.insert(name, ends.collect());
        }
    }
    out
}

fn suit(a: End, b: End) -> bool {
    match (a.address(), b.address()) {
        (Some(a), Some(b)) => a.is_ipv4() == b.is_ipv4(),
        _ => true,
    }
}

fn decided(engine: &Engine, from: &[End], to: &[End], ports: &[u16]) -> PortSet {
    let mut found = PortSet::nothing();
    for (source, destination) in from.iter().flat_map(|a| to.iter().map(move |b| (*a, *b))) {
        for (protocol, port) in L4Protocol::ALL.into_iter().flat_map(|p| ports.iter().map(move |q| (p, *q))) {
            let flow = Flow::between(source, destination, Transport::new(protocol, port));
            if suit(source, destination) && engine.decide(&flow).verdict().is_allow() {
                found = found.or(&PortSet::of(protocol, PortRange::single(port).unwrap()));
            }
        }
    }
    found
}

fn only(set: &PortSet, ports: &[u16]) -> PortSet {
    let mut found = PortSet::nothing();
    for (protocol, port) in L4Protocol::ALL.into_iter().flat_map(|p| ports.iter().map(move |q| (p, *q))) {
        if set.contains(protocol, port) {
            found = found.or(&PortSet::of(protocol, PortRange::single(port).unwrap()));
        }
    }
    found
}

#[test]
fn every_cell_of_a_list_is_what_deciding_its_flows_says() {
    let mut cells = 0;
    for seed in 0..WORLDS {
        let engine = engine(seed);
        let ports = ports(engine.policies(), engine.cluster());
        let list = Connectivity::of(&engine);
        let ends = ends(engine.cluster());
        let names: BTreeSet<String> = list.workloads().iter().map(ToString::to_string).collect();
        assert_eq!(names, ends.keys().cloned().collect(), "seed {seed}");
        for (from, sources) in &ends {
            for (to, destinations) in ends.iter().filter(|(to, _)| *to != from) {
                let listed = only(&list.ports(from, to).unwrap(), &ports);
                let decided = decided(&engine, sources, destinations, &ports);
                assert_eq!(listed, decided, "seed {seed}: {from} → {to}");
                cells = u32::saturating_add(cells, 1);
            }
            for address in outside(&engine) {
                let end = [End::of_address(address)];
                let holds = |range: &AddressRange| {
                    range.is_ipv4() == address.is_ipv4()
                        && range.first() <= address
                        && address <= range.last()
                };
                let in_list = |cells: Vec<(AddressRange, PortSet)>| {
                    let set = cells.into_iter().find(|(range, _)| holds(range)).unwrap().1;
                    only(&set, &ports)
                };
                let to = decided(&engine, sources, &end, &ports);
                assert_eq!(in_list(list.to_outside(from)), to, "seed {seed}: {from} → {address}");
                let back = decided(&engine, &end, sources, &ports);
                assert_eq!(in_list(list.from_outside(from)), back, "seed {seed}: {address} → {from}");
                cells = cells.saturating_add(2);
            }
        }
    }
    assert!(cells > 10_000, "{cells} cells are too few to speak of a law");
}

/// Addresses that are no pod's and no node's.
fn outside(engine: &Engine) -> Vec<IpAddr> {
    let texts = ["10.0.0.1", "10.1.0.7", "10.0.3.9", "192.168.1.1", "203.0.113.7", "2001:db8::1", "fd00::99"];
    let cluster = engine.cluster();
    let taken: BTreeSet<IpAddr> = cluster
        .pods()
        .flat_map(|(_, pod)| pod.addresses.iter().chain(&pod.host_addresses))
        .chain(cluster.nodes().flat_map(|(_, node)| &node.addresses))
        .copied()
        .collect();
    texts.iter().map(|text| text.parse().unwrap()).filter(|address| !taken.contains(address)).collect()
}

#[test]
fn entries_say_what_cells_say_and_each_pair_has_one_entry() {
    for seed in 0..WORLDS {
        let engine = engine(seed);
        let list = Connectivity::of(&engine);
        let mut found: BTreeMap<(String, String), PortSet> = BTreeMap::new();
        for entry in list.entries() {
            let (Group::Workloads(from), Group::Workloads(to)) = (&entry.from, &entry.to) else { continue };
            for (from, to) in from.iter().flat_map(|a| to.iter().map(move |b| (a.to_string(), b.to_string())))
            {
                if from != to {
                    let twice = found.insert((from, to), entry.ports.clone());
                    assert_eq!(twice, None, "seed {seed}: {entry:?}");
                }
            }
        }
        let names: Vec<String> = list.workloads().iter().map(ToString::to_string).collect();
        for (from, to) in names.iter().flat_map(|a| names.iter().map(move |b| (a, b))) {
            if from != to {
                let entry = found.remove(&(from.clone(), to.clone())).unwrap_or_default();
                assert_eq!(Some(entry), list.ports(from, to), "seed {seed}: {from} → {to}");
            }
        }
    }
}

#[test]
fn a_difference_is_what_one_list_has_more_than_the_other() {
    let mut differ = 0;
    for seed in 0..WORLDS {
        let world = Case::from_seed(seed, Scope::V1Valid, 0).world;
        let mut edited = world.clone();
        edited.policies.pop();
        let make = |world: &crate::generate::World| {
            Engine::new(world.cluster().unwrap(), world.policy_set().unwrap(), world.options)
        };
        let (old, new) = (make(&world), make(&edited));
        assert!(difference(&old, &old).is_nothing(), "seed {seed}");
        let found = difference(&old, &new);
        differ = usize::saturating_add(differ, usize::from(!found.is_nothing()));
        let (before, after) = (Connectivity::of(&old), Connectivity::of(&new));
        for (entries, this, other) in [(&found.removed, &before, &after), (&found.added, &after, &before)] {
            let mut left: BTreeMap<(String, String), PortSet> = BTreeMap::new();
            for entry in entries.iter() {
                let (Group::Workloads(from), Group::Workloads(to)) = (&entry.from, &entry.to) else {
                    continue;
                };
                for (from, to) in from.iter().flat_map(|a| to.iter().map(move |b| (a, b))) {
                    left.insert((from.to_string(), to.to_string()), entry.ports.clone());
                }
            }
            let names: Vec<String> = this.workloads().iter().map(ToString::to_string).collect();
            for (from, to) in names.iter().flat_map(|a| names.iter().map(move |b| (a, b))) {
                if from != to {
                    let none = PortSet::nothing();
                    let expected =
                        this.ports(from, to).unwrap().minus(&other.ports(from, to).unwrap_or(none));
                    let entry = left.remove(&(from.clone(), to.clone())).unwrap_or_default();
                    assert_eq!(entry, expected, "seed {seed}: {from} → {to}");
                }
            }
        }
    }
    assert!(differ > 30, "{differ} worlds with a difference are too few");
}
