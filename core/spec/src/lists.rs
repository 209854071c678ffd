//! Lists and differences against the specification: every cell is what deciding its flows says, and entries hold each
//! cell once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use portcullis::analyze::{Connectivity, Entry, Grounds, Group, PortSet, difference};
use portcullis::cluster::{AddressFamily, Cluster, PodId};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::generate::{Case, Scope, World};
use portcullis::net::{Cidr, L4Protocol, PortRange};
use portcullis::policy::{Direction, Peer, Peers, PolicySet, PortMatch, Traffic};
use portcullis::profile::Profile;
use portcullis::{Decide, Decision, Engine, Options};

use crate::{Spec, grounds};

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cells {
    /// Worlds, each with its own options.
    pub worlds: u64,
    /// Those of them that had the options of a network plugin.
    pub of_plugins: u64,
    /// Cells: pairs of workloads, or of a workload and an address outside.
    pub cells: u64,
    /// Those of them that allow something and not everything.
    pub partial: u64,
    /// Flows that were decided for them.
    pub flows: u64,
    /// Worlds that an edit has given other connections.
    pub changed: u64,
}

impl Cells {
    /// Adds what another run has seen.
    pub const fn merge(&mut self, other: Self) {
        self.worlds = self.worlds.saturating_add(other.worlds);
        self.of_plugins = self.of_plugins.saturating_add(other.of_plugins);
        self.cells = self.cells.saturating_add(other.cells);
        self.partial = self.partial.saturating_add(other.partial);
        self.flows = self.flows.saturating_add(other.flows);
        self.changed = self.changed.saturating_add(other.changed);
    }
}

/// How many addresses outside a world is asked about.
const ADDRESSES: usize = 8;

/// One end of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End<'a> {
    Workload(&'a str),
    Address(IpAddr),
}

/// A cluster with what is asked about it.
pub(crate) struct Asked {
    pub(crate) engine: Engine,
    /// The pods of each workload, by its name.
    pub(crate) workloads: BTreeMap<String, Vec<PodId>>,
}

impl Asked {
    pub(crate) fn new(world: &World, options: Options) -> Result<Self, String> {
        let cluster = world.cluster().map_err(|error| format!("{error:?}"))?;
        let policies = world.policy_set().map_err(|error| format!("{error:?}"))?;
        let workloads = workloads(&cluster);
        Ok(Self { engine: Engine::new(cluster, policies, options), workloads })
    }

    pub(crate) fn ends<'a>(&'a self, addresses: &BTreeSet<IpAddr>) -> Vec<End<'a>> {
        let workloads = self.workloads.keys().map(|name| End::Workload(name));
        workloads.chain(addresses.iter().copied().map(End::Address)).collect()
    }
}

/// Generates a world, lists it, and compares every cell with what the specification decides, at every port where an answer
/// may change; then edits the world and compares both lists with their difference.
///
/// # Errors
/// What differs first.
pub fn compare(seed: u64, scope: Scope, seen: &mut Cells) -> Result<(), String> {
    let mut world = Case::from_seed(seed, scope, 0).world;
    for pod in &mut world.pods {
        // A flow is of a family, so that of two addresses of one family, which no API server holds, only one is asked.
        let mut families = BTreeSet::new();
        pod.addresses.retain(|address| families.insert(address.is_ipv4()));
    }
    let profile = profile(seed);
    let options = profile.as_ref().map_or(world.options, Profile::options);
    let told = || {
        let of = profile.as_ref().map_or_else(|| format!("{options:?}"), ToString::to_string);
        format!("seed {seed}, {scope:?}, {of}")
    };
    let asked = Asked::new(&world, options)?;
    let addresses = outside(&asked.engine);
    let list = Connectivity::of(&asked.engine);
    let named: BTreeSet<String> = list.workloads().iter().map(ToString::to_string).collect();
    if !named.iter().eq(asked.workloads.keys()) {
        return Err(format!("{}: {named:?} are not {:?}", told(), asked.workloads.keys()));
    }
    seen.worlds = seen.worlds.saturating_add(1);
    seen.of_plugins = seen.of_plugins.saturating_add(u64::from(profile.is_some()));
    let ports = ports(asked.engine.policies(), asked.engine.cluster());
    let spec = Spec::new(asked.engine.cluster(), asked.engine.policies(), options);
    let (ends, entries) = (asked.ends(&addresses), list.entries());
    let grounds = Grounds::new(&asked.engine, &list);
    for (from, to) in pairs(&ends) {
        let listed = cell(&list, from, to);
        let flows = flows(&spec, &asked, from, to, &ports, seen);
        let decided = passing(&flows);
        if narrowed(&listed, &ports) != decided {
            return Err(format!("{}: {from:?} → {to:?} lists {listed}, decides {decided}", told()));
        }
        let entry = entry_of(&entries, from, to).map_err(|error| format!("{}: {error}", told()))?;
        if entry != listed {
            return Err(format!("{}: {from:?} → {to:?} lists {listed}, its entry {entry}", told()));
        }
        grounds::check(&list, &grounds, from, to, &listed, &flows)
            .map_err(|error| format!("{}: {from:?} → {to:?} {error}", told()))?;
        seen.cells = seen.cells.saturating_add(1);
        let is_partial = !listed.is_nothing() && !listed.is_all();
        seen.partial = seen.partial.saturating_add(u64::from(is_partial));
    }
    let edited = Asked::new(&edited(&world, seed), options)?;
    let addresses = addresses.intersection(&outside(&edited.engine)).copied().collect();
    differ(&asked, &edited, &addresses, seen).map_err(|error| format!("{}, edited: {error}", told()))
}

/// Compares the difference of two clusters with their lists, and with the difference the other way round.
fn differ(old: &Asked, new: &Asked, addresses: &BTreeSet<IpAddr>, seen: &mut Cells) -> Result<(), String> {
    let found = difference(&old.engine, &new.engine);
    let back = difference(&new.engine, &old.engine);
    if (&found.added, &found.removed) != (&back.removed, &back.added) {
        return Err(format!("the way there {found:?} is not the way back {back:?}"));
    }
    if !difference(&old.engine, &old.engine).is_nothing() {
        return Err("it differs from itself".to_string());
    }
    let (before, after) = (Connectivity::of(&old.engine), Connectivity::of(&new.engine));
    let ends: BTreeSet<End<'_>> = old.ends(addresses).into_iter().chain(new.ends(addresses)).collect();
    let ends: Vec<End<'_>> = ends.into_iter().collect();
    let mut equal = true;
    for (from, to) in pairs(&ends) {
        let (was, is) = (cell(&before, from, to), cell(&after, from, to));
        for (entries, expected) in [(&found.added, is.minus(&was)), (&found.removed, was.minus(&is))] {
            let entry = entry_of(entries, from, to)?;
            if entry != expected {
                return Err(format!("{from:?} → {to:?} was {was}, is {is}, and differs by {entry}"));
            }
            equal &= expected.is_nothing();
        }
    }
    // What differs only at addresses that are not asked about is a difference all the same; not the other way round.
    if found.is_nothing() && !equal {
        return Err("the cells differ, the clusters do not".to_string());
    }
    seen.changed = seen.changed.saturating_add(u64::from(!found.is_nothing()));
    Ok(())
}

/// The profile of every other seed, each in any of its versions and with any of its options.
pub(crate) fn profile(seed: u64) -> Option<Profile> {
    if seed.is_multiple_of(2) {
        return None;
    }
    let mut rest = seed / 2;
    let mut below = |count: usize| {
        let count = u64::try_from(count).unwrap_or(1).max(1);
        let picked = rest.checked_rem(count).unwrap_or(0);
        rest = rest.checked_div(count).unwrap_or(0);
        usize::try_from(picked).unwrap_or(0)
    };
    let plugins = Profile::plugins();
    let plugin = plugins.get(below(plugins.len()))?;
    let name = match plugin.versions.get(below(plugin.versions.len())) {
        Some(version) => format!("{}@{version}", plugin.name),
        None => plugin.name.to_string(),
    };
    let mut profile = Profile::find(&name).ok()?;
    for option in plugin.options {
        profile.set(option.key, option.values.get(below(option.values.len()))?).ok()?;
    }
    Some(profile)
}

/// The world with something else in it: a policy less, a label less, a block wider or a pod less.
fn edited(world: &World, seed: u64) -> World {
    let mut edited = world.clone();
    let at = |count: usize| usize::try_from(seed / 4).unwrap_or(0).checked_rem(count);
    match seed % 4 {
        0 => {
            if let Some(at) = at(edited.pods.len()) {
                edited.pods.remove(at);
            }
        }
        1 => {
            if let Some(pod) = at(edited.pods.len()).and_then(|at| edited.pods.get_mut(at)) {
                pod.labels = portcullis::label::Labels::default();
            }
        }
        _ => {
            if let Some(at) = at(edited.policies.len()) {
                edited.policies.remove(at);
            }
        }
    }
    edited
}

/// Pairs of ends that a list speaks of: not of a workload and itself, not of the outside alone.
pub(crate) fn pairs<'a>(ends: &'a [End<'a>]) -> impl Iterator<Item = (End<'a>, End<'a>)> {
    let all = ends.iter().flat_map(move |from| ends.iter().map(move |to| (*from, *to)));
    all.filter(|(from, to)| from != to && !matches!((from, to), (End::Address(_), End::Address(_))))
}

fn cell(list: &Connectivity, from: End<'_>, to: End<'_>) -> PortSet {
    let at = |ranges: Vec<(portcullis::analyze::AddressRange, PortSet)>, address: IpAddr| {
        let found = ranges.into_iter().find(|(range, _)| range.contains(address));
        found.map(|(_, ports)| ports)
    };
    let found = match (from, to) {
        (End::Workload(from), End::Workload(to)) => list.ports(from, to),
        (End::Workload(from), End::Address(to)) => at(list.to_outside(from), to),
        (End::Address(from), End::Workload(to)) => at(list.from_outside(to), from),
        (End::Address(_), End::Address(_)) => None,
    };
    found.unwrap_or_default()
}

/// The ports of the one entry that holds a pair.
pub(crate) fn entry_of(entries: &[Entry], from: End<'_>, to: End<'_>) -> Result<PortSet, String> {
    let holds = |group: &Group, end: End<'_>| match (group, end) {
        (Group::Cidrs(cidrs), End::Address(address)) => cidrs.iter().any(|cidr| cidr.contains(address)),
        (Group::Workloads(names), End::Workload(wanted)) => {
            names.iter().any(|name| name.to_string() == wanted)
        }
        (Group::Cidrs(_), End::Workload(_)) | (Group::Workloads(_), End::Address(_)) => false,
    };
    let mut holding = entries.iter().filter(|entry| holds(&entry.from, from) && holds(&entry.to, to));
    let found = holding.next().map(|entry| entry.ports.clone()).unwrap_or_default();
    match holding.next() {
        Some(_) => Err(format!("{from:?} → {to:?} has several entries")),
        None => Ok(found),
    }
}

/// A protocol, a port, and what the specification decides for some pods of two ends.
pub(crate) type Decided = (L4Protocol, u16, Decision);

/// What the specification decides between all pods of two ends, at some ports.
fn flows(
    spec: &Spec<'_>,
    asked: &Asked,
    from: End<'_>,
    to: End<'_>,
    ports: &[u16],
    seen: &mut Cells,
) -> Vec<Decided> {
    let endpoints = |end: End<'_>| -> Vec<Endpoint> {
        match end {
            End::Address(address) => vec![Endpoint::Address(address)],
            End::Workload(name) => {
                asked.workloads.get(name).into_iter().flatten().copied().map(Endpoint::Pod).collect()
            }
        }
    };
    let (sources, destinations) = (endpoints(from), endpoints(to));
    let cluster = asked.engine.cluster();
    let mut found = Vec::new();
    for (protocol, port) in L4Protocol::ALL.into_iter().flat_map(|p| ports.iter().map(move |q| (p, *q))) {
        let transport = Transport::new(protocol, port);
        for (from, to) in sources.iter().flat_map(|from| destinations.iter().map(move |to| (*from, *to))) {
            for family in [AddressFamily::V4, AddressFamily::V6] {
                if let Ok(flow) = Flow::in_family(cluster, from, to, transport, family) {
                    seen.flows = seen.flows.saturating_add(1);
                    found.push((protocol, port, spec.decide(&flow)));
                }
            }
        }
    }
    found
}

/// The ports at which the specification lets some pods of two ends through, among some ports.
pub(crate) fn decided(
    spec: &Spec<'_>,
    asked: &Asked,
    from: End<'_>,
    to: End<'_>,
    ports: &[u16],
    seen: &mut Cells,
) -> PortSet {
    passing(&flows(spec, asked, from, to, ports, seen))
}

/// The ports at which some flow passes.
fn passing(flows: &[Decided]) -> PortSet {
    let mut found = PortSet::nothing();
    for (protocol, port, decision) in flows {
        if let (true, Ok(range)) = (decision.verdict().is_allow(), PortRange::single(*port))
            && !found.contains(*protocol, *port)
        {
            found = found.or(&PortSet::of(*protocol, range));
        }
    }
    found
}

/// A set without the ports that nobody asked about.
pub(crate) fn narrowed(set: &PortSet, ports: &[u16]) -> PortSet {
    let asked = L4Protocol::ALL.into_iter().flat_map(|protocol| {
        let one = move |port: &u16| PortRange::single(*port).ok().map(|port| PortSet::of(protocol, port));
        ports.iter().filter_map(one)
    });
    set.and(&asked.fold(PortSet::nothing(), |all, one| all.or(&one)))
}

/// Labels, as keys and values.
type Pairs = Vec<(String, String)>;

/// The pods of each workload, by the name that lists give it.
pub(crate) fn workloads(cluster: &Cluster) -> BTreeMap<String, Vec<PodId>> {
    let mut by_owner: BTreeMap<String, BTreeMap<Pairs, Vec<PodId>>> = BTreeMap::new();
    for (id, pod) in cluster.pods().filter(|(_, pod)| !pod.is_finished()) {
        let name = match &pod.workload {
            Some(workload) => format!("{}/{workload}", pod.namespace),
            None if pod.to_string().split('/').count() == 3 => pod.to_string(),
            None => format!("{}/pod/{}", pod.namespace, pod.identity),
        };
        let labels = pod.labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        by_owner.entry(name).or_default().entry(labels).or_default().push(id);
    }
    let mut out = BTreeMap::new();
    for (name, variants) in by_owner {
        let several = variants.len() > 1;
        for (number, pods) in (1_usize..).zip(variants.into_values()) {
            let name = if several { format!("{name}#{number}") } else { name.clone() };
            out.insert(name, pods);
        }
    }
    out
}

/// Ports at which some answer may change, and the highest one.
pub(crate) fn ports(policies: &PolicySet, cluster: &Cluster) -> Vec<u16> {
    let mut ports = BTreeSet::from([1, 4788, 4789, 4790, u16::MAX]);
    for (_, policy) in policies.policies() {
        let rules = [Direction::Ingress, Direction::Egress].map(|direction| policy.written(direction));
        for rule in rules.into_iter().flatten() {
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

/// Some addresses that are no pod's and no node's, at and beside the ends of what policies name first of all.
pub(crate) fn outside(engine: &Engine) -> BTreeSet<IpAddr> {
    let cluster = engine.cluster();
    let taken: BTreeSet<IpAddr> = cluster
        .pods()
        .flat_map(|(_, pod)| pod.addresses.iter().chain(&pod.host_addresses))
        .chain(cluster.nodes().flat_map(|(_, node)| &node.addresses))
        .copied()
        .collect();
    let mut at_ends = BTreeSet::new();
    let mut add = |cidr: &Cidr| at_ends.extend([cidr.address(), cidr.last_address()]);
    for (_, policy) in engine.policies().policies() {
        let rules = [Direction::Ingress, Direction::Egress].map(|direction| policy.written(direction));
        for rule in rules.into_iter().flatten() {
            let Peers::Of(peers) = &rule.peers else { continue };
            for peer in peers {
                match peer {
                    Peer::IpBlock(block) => {
                        add(&block.cidr());
                        block.except().iter().for_each(&mut add);
                    }
                    Peer::Networks(networks) => networks.iter().for_each(&mut add),
                    Peer::DomainNames(_) | Peer::Nodes(_) | Peer::Pods(_) | Peer::Unknown => {}
                }
            }
        }
    }
    let beside = at_ends.iter().flat_map(|address| neighbours(*address)).collect::<Vec<_>>();
    let fixed = ["203.0.113.7", "2001:db8::1", "10.1.0.7", "fd00::99", "fe80::1", "4000::1"];
    let fixed = fixed.iter().filter_map(|text| text.parse().ok());
    let usable = |address: &IpAddr| !taken.contains(address) && !address.to_canonical().is_loopback();
    let named = at_ends.into_iter().chain(beside).filter(usable).take(ADDRESSES);
    named.chain(fixed.filter(usable)).collect()
}

/// The addresses before and after one.
fn neighbours(address: IpAddr) -> Vec<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let near = [bits.checked_sub(1), bits.checked_add(1)];
            near.into_iter().flatten().map(|bits| IpAddr::V4(bits.into())).collect()
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let near = [bits.checked_sub(1), bits.checked_add(1)];
            near.into_iter().flatten().map(|bits| IpAddr::V6(bits.into())).collect()
        }
    }
}
