//! The directory: which pod an end is, its atom, and whether two ends share a pod or a node.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};
use core::net::IpAddr;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::classes::has_identity;
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
    owners: HashMap<IpAddr, Claimants>,
    /// How many addresses of each family have an owner.
    owned: [usize; 2],
    /// The atom of an end outside whose address is not known.
    nowhere: Option<u32>,
}

#[derive(Clone, Debug)]
struct PodEntry {
    /// Why the pod has no identity, or nothing when it has one.
    exempt: Option<Reason>,
    atoms: PodAtoms,
}

/// The atoms of a pod.
#[derive(Clone, Debug)]
pub(super) enum PodAtoms {
    /// Of one without address (NP-026).
    Bare(u32),
    /// Of one with an address.
    One(IpAddr, u32),
    /// Of one with several (NP-027).
    Many(Box<[(IpAddr, u32)]>),
}

impl PodAtoms {
    /// Each address with its atom.
    pub(super) fn iter(&self) -> impl Iterator<Item = (IpAddr, u32)> {
        let (one, many) = match self {
            Self::Bare(_) => (None, &[][..]),
            Self::One(address, atom) => (Some((*address, *atom)), &[][..]),
            Self::Many(all) => (None, all.as_ref()),
        };
        one.into_iter().chain(many.iter().copied())
    }
}

/// The pods that claim an address: the one that has it, and others.
#[derive(Clone, Debug)]
struct Claimants {
    owner: PodId,
    others: Vec<PodId>,
}

impl Directory {
    /// A directory without pods, with room for them.
    pub(super) fn with_room(cluster: &Cluster) -> Self {
        // With a little more: moving all of them is most of what the first pod that comes would take.
        let bound = cluster.pod_bound();
        let mut pods = Vec::with_capacity(bound.saturating_add(bound / 8));
        pods.resize_with(bound, || None);
        Self { pods, owners: HashMap::with_capacity(bound), owned: [0; 2], nowhere: None }
    }

    /// Puts a pod with its atoms.
    pub(super) fn put(&mut self, id: PodId, pod: &Pod, options: Options, atoms: PodAtoms) {
        if self.pods.len() <= place(id.0) {
            self.pods.resize_with(place(id.0).saturating_add(1), || None);
        }
        if let Some(place) = self.pods.get_mut(place(id.0)) {
            *place = Some(PodEntry { exempt: exemption(pod, options), atoms });
        }
    }

    /// Says which atom an end outside has whose address is not known: it is in no block.
    pub(super) fn set_nowhere(&mut self, atoms: &PodAtoms) {
        self.nowhere = match atoms {
            PodAtoms::Bare(atom) => Some(*atom),
            PodAtoms::One(..) | PodAtoms::Many(_) => None,
        };
    }

    /// Forgets a pod, and gives the atoms that it had.
    pub(super) fn remove(&mut self, id: PodId) -> Option<PodAtoms> {
        self.pods.get_mut(place(id.0)).and_then(Option::take).map(|entry| entry.atoms)
    }

    /// The atoms of a pod.
    pub(super) fn atoms_of(&self, id: PodId) -> Option<&PodAtoms> {
        self.pod(id).map(|entry| &entry.atoms)
    }

    /// The pods with an address that satisfies a test.
    pub(super) fn pods_at(&self, is_it: impl Fn(IpAddr) -> bool) -> Vec<PodId> {
        let has_it = |entry: &PodEntry| entry.atoms.iter().any(|(address, _)| is_it(address));
        let pods = (0..).map(PodId).zip(&self.pods);
        pods.filter(|(_, entry)| entry.as_ref().is_some_and(has_it)).map(|(id, _)| id).collect()
    }

    /// Gives a pod other atoms.
    pub(super) fn set_atoms(&mut self, id: PodId, atoms: PodAtoms) {
        if let Some(Some(entry)) = self.pods.get_mut(place(id.0)) {
            entry.atoms = atoms;
        }
    }

    /// The atom of a pod with one of its addresses.
    pub(super) fn atom_at(&self, id: PodId, address: IpAddr) -> Option<u32> {
        self.pod(id)?.atoms.iter().find(|(own, _)| *own == address).map(|(_, atom)| atom)
    }

    /// Lets a pod claim an address; whether it is claimed already.
    pub(super) fn claim(&mut self, address: IpAddr, id: PodId) -> bool {
        match self.owners.entry(address) {
            Entry::Vacant(free) => {
                free.insert(Claimants { owner: id, others: Vec::new() });
                self.count(address, 1);
                false
            }
            Entry::Occupied(mut taken) => {
                let claimants = taken.get_mut();
                if claimants.owner != id && !claimants.others.contains(&id) {
                    claimants.others.push(id);
                }
                true
            }
        }
    }

    /// Takes a pod's claim to an address back.
    pub(super) fn renounce(&mut self, address: IpAddr, id: PodId) {
        let Entry::Occupied(mut entry) = self.owners.entry(address) else { return };
        let claimants = entry.get_mut();
        claimants.others.retain(|other| *other != id);
        if claimants.owner == id {
            match claimants.others.pop() {
                Some(other) => claimants.owner = other,
                None => {
                    entry.remove();
                    self.count(address, -1);
                }
            }
        }
    }

    /// Finds out who has an address (NP-025), and gives the owner, if there is one.
    pub(super) fn settle(&mut self, address: IpAddr, cluster: &Cluster) -> Option<PodId> {
        let claimants = self.owners.get_mut(&address)?;
        for other in &mut claimants.others {
            let is_better = match (cluster.pod(*other), cluster.pod(claimants.owner)) {
                (Some(other), Some(owner)) => claim_order(other, owner).is_lt(),
                (other, owner) => other.is_some() && owner.is_none(),
            };
            if is_better {
                core::mem::swap(other, &mut claimants.owner);
            }
        }
        Some(claimants.owner)
    }

    /// The pod that an address belongs to.
    pub(super) fn owner_of(&self, address: IpAddr) -> Option<PodId> {
        self.owners.get(&address).map(|claimants| claimants.owner)
    }

    /// The addresses that have owners.
    pub(super) fn owned(&self) -> impl Iterator<Item = (IpAddr, PodId)> {
        self.owners.iter().map(|(address, claimants)| (*address, claimants.owner))
    }

    /// How many addresses of an address's family have owners.
    pub(super) fn owned_of(&self, address: IpAddr) -> usize {
        let [four, six] = self.owned;
        if address.is_ipv4() { four } else { six }
    }

    fn count(&mut self, address: IpAddr, more: isize) {
        let [four, six] = &mut self.owned;
        let count = if address.is_ipv4() { four } else { six };
        *count = count.saturating_add_signed(more);
    }

    /// An end as policies see it; nothing for one that this cluster does not know.
    pub(crate) fn resolve(&self, end: End, image: &Image<'_>) -> Option<Resolved> {
        let id = match (end.pod(), end.address()) {
            (Some(id), _) => id,
            (None, Some(address)) => match self.owner_of(address) {
                Some(id) => id,
                None => {
                    let atom = image.outside(address);
                    return Some(Resolved { identity: None, exempt: Reason::NotAPod, atom });
                }
            },
            // SVC-013: a node that nobody has described.
            (None, None) => {
                let atom = self.nowhere?;
                return Some(Resolved { identity: None, exempt: Reason::NotAPod, atom });
            }
        };
        let pod = self.pod(id)?;
        // NP-026: a pod without address is in no block. NP-027: each address is the pod's, and packets carry one.
        let atom = match (end.address(), &pod.atoms) {
            (None, PodAtoms::Bare(atom)) => *atom,
            (None, _) => return None,
            (Some(address), atoms) => atoms.iter().find(|(own, _)| *own == address)?.1,
        };
        Some(match pod.exempt {
            Some(exempt) => Resolved { identity: None, exempt, atom },
            None => Resolved { identity: Some(id), exempt: Reason::NotEvaluated, atom },
        })
    }

    fn pod(&self, id: PodId) -> Option<&PodEntry> {
        self.pods.get(place(id.0))?.as_ref()
    }
}

/// Whether an end that is no pod to policies is the node that a pod runs on (NP-018).
pub(crate) fn is_own_node(cluster: &Cluster, pod: PodId, peer: End) -> bool {
    let Some(own) = cluster.pod(pod) else { return false };
    let shares_node = peer
        .pod()
        .and_then(|id| cluster.pod(id))
        .is_some_and(|other| other.host_network && own.node.is_some() && other.node == own.node);
    let object = own.node.as_deref().and_then(|name| cluster.node(cluster.find_node(name)?));
    let is_its_own = |address: IpAddr| {
        own.host_addresses.contains(&address) || object.is_some_and(|node| node.addresses.contains(&address))
    };
    shares_node || peer.address().is_some_and(is_its_own)
}

fn exemption(pod: &Pod, options: Options) -> Option<Reason> {
    if has_identity(pod, options) {
        return None;
    }
    // NP-025 before NP-019: a finished host-network pod is finished first of all.
    let ended = pod.is_finished() && options.finished_pods == crate::options::FinishedPods::Dropped;
    Some(if ended { Reason::FinishedPod } else { Reason::HostNetwork })
}

/// NP-025: which of two pods an address that both have belongs to; the lesser has it.
pub(crate) fn claim_order(a: &Pod, b: &Pod) -> Ordering {
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
