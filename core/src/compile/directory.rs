//! The directory: which pod an end is, its atom, and whether two ends share a pod or a node.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};
use core::net::IpAddr;

use hashbrown::HashMap;

use super::atoms::Atoms;
use super::classes::{Classes, has_identity};
use super::intervals::Intervals;
use crate::cluster::{Cluster, Phase, Pod, PodId};
use crate::decision::Reason;
use crate::flow::End;
use crate::image::{Image, place};
use crate::options::Options;

/// An end as policies see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The pod that it is to policies.
    pub(crate) identity: Option<PodId>,
    /// The reason why its own side is under no policy, where it has no identity.
    pub(crate) exempt: Reason,
    /// Its atom in the image.
    pub(crate) atom: u32,
}

/// Finds ends in a compiled cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    pods: Vec<Option<PodEntry>>,
    owners: HashMap<IpAddr, PodId>,
    nodes: Nodes,
}

#[derive(Clone, Debug)]
struct PodEntry {
    /// Why the pod has no identity, or nothing when it has one.
    exempt: Option<Reason>,
    /// The atom without an address.
    bare: u32,
    /// The atom with each of its addresses.
    addressed: Vec<(IpAddr, u32)>,
    host_network: bool,
    node: Option<u32>,
    /// NP-018: the addresses of its node, as its own status has them.
    host_addresses: Vec<IpAddr>,
}

/// The nodes that pods run on, by number, with the addresses of their objects (NP-018).
#[derive(Clone, Debug, Default)]
struct Nodes {
    numbers: HashMap<String, u32>,
    addresses: Vec<Vec<IpAddr>>,
}

impl Nodes {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.addresses.len()).unwrap_or(u32::MAX);
        self.addresses.push(Vec::new());
        self.numbers.insert(name.into(), number);
        number
    }
}

impl Directory {
    pub(super) fn new(
        cluster: &Cluster,
        classes: &Classes,
        intervals: &Intervals,
        atoms: &mut Atoms,
        options: Options,
    ) -> Self {
        let mut directory = Self::of_nodes(cluster);
        for ((id, pod), class) in cluster.pods().zip(classes.of_pods().iter().copied()) {
            let mut addressed = Vec::with_capacity(pod.addresses.len());
            for address in pod.addresses.iter().copied() {
                let blocks = intervals.set_of(address);
                addressed.push((address, atoms.intern(class, Some((address, blocks)))));
            }
            directory.put(id, pod, options, atoms.intern(class, None), addressed);
        }
        directory.owners = owners(cluster, options);
        directory
    }

    /// A directory that knows nodes, and no pods yet.
    pub(super) fn of_nodes(cluster: &Cluster) -> Self {
        let mut pods = Vec::new();
        pods.resize_with(cluster.pod_bound(), || None);
        let mut directory = Self { pods, owners: HashMap::new(), nodes: Nodes::default() };
        for (_, node) in cluster.nodes() {
            directory.set_node(&node.name, &node.addresses);
        }
        directory
    }

    /// Says which addresses the object of a node has; none where there is no object.
    pub(super) fn set_node(&mut self, name: &str, addresses: &[IpAddr]) {
        let number = self.nodes.number(name);
        if let Some(known) = self.nodes.addresses.get_mut(place(number)) {
            *known = addresses.to_vec();
        }
    }

    /// Puts a pod with its atoms.
    pub(super) fn put(
        &mut self,
        id: PodId,
        pod: &Pod,
        options: Options,
        bare: u32,
        addressed: Vec<(IpAddr, u32)>,
    ) {
        let entry = PodEntry {
            exempt: exemption(pod, options),
            bare,
            addressed,
            host_network: pod.host_network,
            node: pod.node.as_deref().map(|name| self.nodes.number(name)),
            host_addresses: pod.host_addresses.clone(),
        };
        if self.pods.len() <= place(id.0) {
            self.pods.resize_with(place(id.0).saturating_add(1), || None);
        }
        if let Some(place) = self.pods.get_mut(place(id.0)) {
            *place = Some(entry);
        }
    }

    /// Forgets a pod, and gives the addresses that it had.
    pub(super) fn remove(&mut self, id: PodId) -> Vec<IpAddr> {
        let entry = self.pods.get_mut(place(id.0)).and_then(Option::take);
        entry.map_or_else(Vec::new, |entry| entry.addressed.into_iter().map(|(address, _)| address).collect())
    }

    /// The addresses of a pod.
    pub(super) fn addresses_of(&self, id: PodId) -> Vec<IpAddr> {
        self.pod(id)
            .map_or_else(Vec::new, |entry| entry.addressed.iter().map(|(address, _)| *address).collect())
    }

    /// Gives a pod other atoms.
    pub(super) fn set_atoms(&mut self, id: PodId, bare: u32, addressed: Vec<(IpAddr, u32)>) {
        if let Some(Some(entry)) = self.pods.get_mut(place(id.0)) {
            (entry.bare, entry.addressed) = (bare, addressed);
        }
    }

    /// The atom of a pod with one of its addresses.
    pub(super) fn atom_at(&self, id: PodId, address: IpAddr) -> Option<u32> {
        self.pod(id)?.addressed.iter().find(|(own, _)| *own == address).map(|(_, atom)| *atom)
    }

    /// The pod that an address belongs to.
    pub(super) fn owner_of(&self, address: IpAddr) -> Option<PodId> {
        self.owners.get(&address).copied()
    }

    /// Gives an address to a pod, or to none; whether a pod had it.
    pub(super) fn set_owner(&mut self, address: IpAddr, owner: Option<PodId>) -> bool {
        let before = match owner {
            Some(owner) => self.owners.insert(address, owner),
            None => self.owners.remove(&address),
        };
        before.is_some()
    }

    /// An end as policies see it; nothing for one that this cluster does not know.
    pub(crate) fn resolve(&self, end: End, image: &Image<'_>) -> Option<Resolved> {
        let id = match (end.pod(), end.address()) {
            (Some(id), _) => id,
            (None, Some(address)) => match self.owners.get(&address) {
                Some(id) => *id,
                None => {
                    let atom = image.outside(address);
                    return Some(Resolved { identity: None, exempt: Reason::NotAPod, atom });
                }
            },
            (None, None) => return None,
        };
        let pod = self.pod(id)?;
        // NP-026: a pod without address is in no block. NP-027: each address is the pod's, and packets carry one.
        let atom = match end.address() {
            None => pod.bare,
            Some(address) => pod.addressed.iter().find(|(own, _)| *own == address).map(|(_, atom)| *atom)?,
        };
        Some(match pod.exempt {
            Some(exempt) => Resolved { identity: None, exempt, atom },
            None => Resolved { identity: Some(id), exempt: Reason::NotEvaluated, atom },
        })
    }

    /// Whether an end that is no pod to policies is the node that a pod runs on (NP-018).
    pub(crate) fn is_own_node(&self, pod: PodId, peer: End) -> bool {
        let Some(own) = self.pod(pod) else { return false };
        let shares_node = peer
            .pod()
            .and_then(|id| self.pod(id))
            .is_some_and(|other| other.host_network && own.node.is_some() && other.node == own.node);
        let of_object = own.node.and_then(|number| self.nodes.addresses.get(place(number)));
        let is_its_own = |address: IpAddr| {
            own.host_addresses.contains(&address)
                || of_object.is_some_and(|addresses| addresses.contains(&address))
        };
        shares_node || peer.address().is_some_and(is_its_own)
    }

    fn pod(&self, id: PodId) -> Option<&PodEntry> {
        self.pods.get(place(id.0))?.as_ref()
    }

    /// The pods that own addresses, with the atoms of both.
    pub(super) fn owned(&self) -> impl Iterator<Item = (IpAddr, u32)> {
        self.owners.iter().filter_map(|(address, id)| {
            let atom = self.pod(*id)?.addressed.iter().find(|(own, _)| own == address)?.1;
            Some((*address, atom))
        })
    }
}

fn exemption(pod: &Pod, options: Options) -> Option<Reason> {
    if has_identity(pod, options) {
        return None;
    }
    // NP-025 before NP-019: a finished host-network pod is finished first of all.
    let ended = pod.is_finished() && options.finished_pods == crate::options::FinishedPods::Dropped;
    Some(if ended { Reason::FinishedPod } else { Reason::HostNetwork })
}

/// NP-025: which pod an address belongs to, where several have had it.
fn owners(cluster: &Cluster, options: Options) -> HashMap<IpAddr, PodId> {
    let mut owners: HashMap<IpAddr, (Claim<'_>, PodId)> = HashMap::new();
    // NP-019: a host-network pod has its node's address, which is never its own.
    let claimants = cluster.pods().filter(|(_, pod)| !pod.host_network && has_identity(pod, options));
    for (id, pod) in claimants {
        let claim = Claim::of(pod);
        for address in pod.addresses.iter().copied() {
            let owner = owners.entry(address).or_insert((claim, id));
            // Pods come in the order of their names: among equal claims the first keeps the address.
            if claim > owner.0 {
                *owner = (claim, id);
            }
        }
    }
    owners.into_iter().map(|(address, (_, id))| (address, id)).collect()
}

/// NP-025: which of two pods an address that both have belongs to; the lesser has it.
pub(super) fn claim_order(a: &Pod, b: &Pod) -> Ordering {
    let by_name = || a.namespace.cmp(&b.namespace).then_with(|| a.identity.cmp(&b.identity));
    Claim::of(b).cmp(&Claim::of(a)).then_with(by_name)
}

/// How good a pod's claim to its addresses is; the greatest wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Claim<'a> {
    unfinished: bool,
    running: bool,
    staying: Reverse<bool>,
    created: Option<&'a str>,
}

impl<'a> Claim<'a> {
    fn of(pod: &'a Pod) -> Self {
        Self {
            unfinished: !pod.is_finished(),
            running: pod.phase == Phase::Running,
            staying: Reverse(pod.terminating),
            created: pod.created.as_deref(),
        }
    }
}
