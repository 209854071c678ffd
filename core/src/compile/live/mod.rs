//! The compiler: it keeps what it knows of classes, atoms and tables, and writes what a delta changes into the lines that
//! are there. Compiling a cluster is its first fill.
//!
//! - `build`: the first fill;
//! - `alike`, `groups`: pods of one namespace with the same labels and ports, which are in one class together;
//! - `splits`: pods that are not alike any more;
//! - `peers`: the atoms, and which of them the peers of rules hold;
//! - `subjects`: the policies that select each class, and the tables that follow;
//! - `layers`: the tables that others lie on;
//! - `slots`: the lines of tables;
//! - `lists`: lists of blocks that come, and the lines of all addresses;
//! - `hosts`: the lines of pods' addresses;
//! - `arena`, `ahead`: the lines of the image, with room, and more room before it is gone.
//!
//! Classes, atoms and conditions that nobody needs any more stay until everything is built anew: what they are is said
//! by what they answer, not by who is in them, so that they are right whenever they are needed again. Whatever cannot be
//! done in place says so by `stale`, and the end of the transaction builds anew; before that comes to pass `wants_rebuild`
//! asks for it.

mod ahead;
mod alike;
mod arena;
mod build;
mod groups;
mod hosts;
mod layers;
mod lists;
mod peers;
mod slots;
mod splits;
mod subjects;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use self::arena::Arena;
use self::groups::{Addressees, ClassState, Groups, NamespaceState, PodState};
use self::layers::Layers;
use self::peers::PeerSet;
use self::subjects::Table;
use super::atoms::Atoms;
use super::buckets::TablePlace;
use super::conditions::{Conditions, RuleKey, has_any};
use super::directory::{Directory, PodAtoms};
use super::intern::Interner;
use super::intervals::Intervals;
use super::painter::{Memory, PortSet};
use super::reach::Population;
use super::regions::Regions;
use super::rows::Rows;
use super::scope::{Scope, Waiting};
use crate::cluster::{Cluster, Namespace, NamespaceId, Pod, PodId};
use crate::image::{ImagePatch, Line, Section, header, kind, place};
use crate::label::Labels;
use crate::options::Options;
use crate::policy::{Direction, Policy, PolicyId, PolicySet, RuleId};

/// How much of anything may come in any case before all is built anew.
const GROWTH: usize = 4096;

/// Whether those who keep copies have the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Novelty {
    /// They have it.
    Known,
    /// It took the place of another, and no transaction has changed it since.
    #[cfg_attr(
        any(not(feature = "std"), target_family = "wasm"),
        expect(dead_code, reason = "without threads nothing is built on the side")
    )]
    New,
    /// One has: its patch is the whole image.
    Told,
}

/// A rule of a policy that concerns somebody.
#[derive(Clone, Copy, Debug)]
struct Rule {
    key: RuleKey,
    /// NP-005: whether its peers are whatever there is.
    holds_all: bool,
    /// Whether it counts among those that have its peers: from the first table on that it is in.
    has_taken: bool,
}

/// Everything that a compiled cluster was compiled from, and its image.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    options: Options,
    scope: Scope,
    /// Policies that select no pod of the scope.
    waiting: Waiting,
    conditions: Conditions,
    intervals: Intervals,
    directory: Directory,
    hasher: DefaultHashBuilder,

    pods: Vec<Option<PodState>>,
    /// Addresses whose owners are to be found, while a pod comes or goes.
    unsettled_addresses: Vec<IpAddr>,
    groups: Groups,
    namespaces: HashMap<NamespaceId, NamespaceState>,
    addressees: Addressees,
    port_sets: Interner<PortSet>,
    classes: Vec<ClassState>,
    class_numbers: HashTable<u32>,
    /// The classes that each pod match selects.
    of_matches: Vec<Vec<u32>>,

    regions: Regions,
    atoms: Atoms,
    population: Population,
    /// The atoms of each set of block lists, and the sets that each list is in.
    of_sets: Vec<Vec<u32>>,
    of_lists: Vec<Vec<u32>>,

    peer_sets: Vec<PeerSet>,
    peers_of_matches: Vec<Vec<u32>>,
    peers_of_lists: Vec<Vec<u32>>,
    default_peers: [Vec<u32>; kind::COUNT],

    /// The rules of the policies that concern somebody, by id.
    rules: Vec<Option<Rule>>,
    /// The policies whose subjects each pod match says, by its number.
    selecting: Vec<Vec<PolicyId>>,
    /// Classes whose tables are to be found again.
    unsettled: Vec<u32>,
    tables: Vec<Table>,
    free_tables: Vec<u32>,
    /// Tables in which every pod's own names decide.
    by_names: Vec<u32>,
    table_numbers: HashTable<u32>,
    layers: Layers,
    /// Tables that share their buckets' lines, by the first of them; only those that more than one has.
    sharing: HashMap<u32, u32>,
    known_buckets: HashMap<Vec<u64>, TablePlace>,
    free_buckets: HashMap<u32, Vec<u32>>,
    free_lists: HashMap<usize, Vec<u32>>,
    list_words: u32,
    /// The blocks of slots, one a region.
    blocks: Interner<Vec<u32>>,
    rows: Rows,
    rows_written: usize,
    memory: Memory,

    arena: Arena,
    built: bool,
    /// What there was when all was built: when there is half as much again, much of it is garbage.
    sizes: [usize; 6],
    /// How many bits of an address each family's root looks at.
    root_bits: [u32; 2],
    /// Whether something could not be done in place.
    stale: bool,
    /// Whether an address may soon find no room.
    is_crowded: bool,
    /// Whether there was a transaction.
    changed: bool,
    /// How far the image is one that nobody has a copy of.
    novelty: Novelty,
}

impl Live {
    /// The lines of the image.
    pub(crate) fn lines(&self) -> &Arc<Vec<Line>> {
        self.arena.done()
    }

    /// What the last transaction has changed in the image; nothing before the first.
    pub(crate) fn patch(&self) -> Option<ImagePatch> {
        self.changed.then(|| self.arena.patch(self.novelty == Novelty::Told))
    }

    /// Where ends are found.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    fn sizes_now(&self) -> [usize; 6] {
        let [buckets, nodes] =
            [Section::Buckets, Section::Nodes].map(|section| place(self.arena.used(section)));
        let conditions = self.conditions.pod_matches().len();
        [self.atoms.len(), self.rows.lines().len(), buckets, nodes, conditions, self.peer_sets.len()]
    }

    /// Whether so much has come since all was built that what nobody needs any more may be a third of it, or that what
    /// comes next may find no room.
    pub(crate) fn wants_rebuild(&self) -> bool {
        let limit = |before: usize| before.saturating_add(before / 2).saturating_add(GROWTH);
        let has_grown = self.sizes.iter().zip(self.sizes_now()).any(|(before, now)| now > limit(*before));
        has_grown || self.is_crowded
    }

    /// Compiles everything anew.
    pub(crate) fn rebuild(&mut self, cluster: &Cluster, policies: &PolicySet, generation: u32) {
        let (shared, changed) = (self.arena.is_shared(), self.changed);
        *self = Self::compiled(cluster, policies, self.options, &self.scope, generation, true);
        self.changed = changed;
        if shared {
            self.arena.share();
        }
    }

    /// From now on others read the finished lines, and the next transaction has others to write.
    #[cfg(feature = "std")]
    pub(crate) fn share_with_room(&mut self) {
        self.arena.share();
        self.arena.spare();
    }

    /// Whether others read the finished lines.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(crate) fn is_shared(&self) -> bool {
        self.arena.is_shared()
    }

    /// Goes on for another that was built from the same: nobody has this one's image.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(crate) fn take_place_of(&mut self, other: &Self) {
        self.novelty = Novelty::New;
        if other.is_shared() {
            self.arena.share();
        }
    }

    /// Has the end of the transaction build all anew.
    pub(crate) fn expire(&mut self) {
        self.stale = true;
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) {
        // The first transaction of one that took another's place is told whole.
        self.novelty = match self.novelty {
            Novelty::New => Novelty::Told,
            Novelty::Told | Novelty::Known => Novelty::Known,
        };
        self.arena.begin();
    }

    /// Ends a transaction: everything that it left to be found again is.
    pub(crate) fn end(&mut self, cluster: &Cluster, policies: &PolicySet, generation: u32) {
        if !self.stale {
            self.settle(policies);
            self.write_rows();
        }
        if self.stale || !self.rows.fits() {
            self.rebuild(cluster, policies, generation);
        } else {
            self.describe(policies);
            self.arena.end(generation);
        }
        self.changed = true;
    }

    /// Says in the header how much there is.
    fn describe(&mut self, policies: &PolicySet) {
        self.arena.set_header(header::RULES, policies.rule_bound());
        self.arena.set_header(header::ATOMS, u32::try_from(self.atoms.len()).unwrap_or(u32::MAX));
    }

    /// A pod was put.
    pub(crate) fn pod_put(&mut self, cluster: &Cluster, policies: &PolicySet, id: PodId) {
        let mut addresses = core::mem::take(&mut self.unsettled_addresses);
        self.unseat(id, &mut addresses);
        if let Some(pod) = cluster.pod(id) {
            if self.scope.holds(pod)
                && self.scope.node().is_some()
                && let Some(namespace) = cluster.namespace_id_of(id).and_then(|id| cluster.namespace(id))
            {
                self.wake(cluster, policies, namespace, &[&pod.labels]);
            }
            self.seat(cluster, id, pod);
            addresses.extend_from_slice(&pod.addresses);
        }
        self.settle_owners(cluster, addresses);
    }

    /// A pod was removed.
    pub(crate) fn pod_removed(&mut self, cluster: &Cluster, id: PodId) {
        let mut addresses = core::mem::take(&mut self.unsettled_addresses);
        self.unseat(id, &mut addresses);
        self.settle_owners(cluster, addresses);
    }

    /// Finds a pod its group, its class and its atoms, and lets it claim its addresses.
    fn seat(&mut self, cluster: &Cluster, id: PodId, pod: &Pod) {
        let group = self.join(cluster, id, pod);
        let atoms = self.atoms_in(group, &pod.addresses);
        self.directory.put(id, pod, self.options, atoms);
        // NP-019: a host-network pod has its node's address, which is never its own.
        if !pod.host_network && group.is_some() {
            for address in &pod.addresses {
                self.directory.claim(*address, id);
            }
        }
    }

    /// Forgets a pod; adds its addresses to those whose owners are to be found again.
    fn unseat(&mut self, id: PodId, addresses: &mut Vec<IpAddr>) {
        let Some(state) = self.pods.get_mut(place(id.0)).and_then(Option::take) else { return };
        let first = addresses.len();
        addresses.extend(self.directory.remove(id).iter().flat_map(PodAtoms::iter).map(|found| found.0));
        for address in addresses.get(first..).unwrap_or(&[]) {
            self.directory.renounce(*address, id);
        }
        self.leave_group(state);
    }

    /// Nodes or domain names may have other addresses than before: policies that speak of them are put anew.
    pub(crate) fn addresses_changed(&mut self, cluster: &Cluster, policies: &PolicySet) {
        // CNP-009, CNP-012: rules hold these addresses as they hold blocks.
        let changed = self.conditions.look_up_again(cluster);
        if changed.is_empty() {
            return;
        }
        let concerned = policies.policies().filter(|(_, policy)| has_any(policy, &changed));
        let concerned: Vec<PolicyId> = concerned.map(|(id, _)| id).collect();
        for id in concerned {
            self.policy_going(policies, id);
            self.policy_put(cluster, policies, id);
        }
    }

    /// A policy is about to be replaced or removed.
    pub(crate) fn policy_going(&mut self, policies: &PolicySet, id: PolicyId) {
        let Some(policy) = policies.policy(id) else { return };
        if self.waiting.remove(&policy.subject, id) {
            return;
        }
        let Some(subject) = self.conditions.pod_match_number(&policy.subject) else { return };
        if let Some(selecting) = self.selecting.get_mut(place(subject)) {
            selecting.retain(|other| *other != id);
        }
        self.unsettle(subject, policy);
        for id in policies.rules_of(id) {
            let rule = self.rules.get_mut(place(id.0)).and_then(Option::take);
            if let Some(rule) = rule.filter(|rule| rule.has_taken) {
                self.let_peers_go(rule.key.peers);
            }
        }
    }

    /// A policy was put.
    pub(crate) fn policy_put(&mut self, cluster: &Cluster, policies: &PolicySet, id: PolicyId) {
        let Some(policy) = policies.policy(id) else { return };
        if !self.is_concerned(cluster, &policy.subject) {
            self.waiting.add(&policy.subject, id);
            return;
        }
        self.take_policy(cluster, policies, policy, id);
    }

    /// Policies that have waited for one of these pods wait no more.
    fn wake(&mut self, cluster: &Cluster, policies: &PolicySet, namespace: &Namespace, labels: &[&Labels]) {
        for id in self.waiting.selecting(policies, namespace, labels) {
            let Some(policy) = policies.policy(id) else { continue };
            self.waiting.remove(&policy.subject, id);
            self.take_policy(cluster, policies, policy, id);
        }
    }

    fn take_policy(&mut self, cluster: &Cluster, policies: &PolicySet, policy: &Policy, id: PolicyId) {
        let count = |conditions: &Conditions| {
            (conditions.pod_matches().len(), conditions.block_lists().len(), conditions.port_names().len())
        };
        let (matches, lists, names) = count(&self.conditions);
        let subject = self.add_policy(cluster, policies, policy, id);
        let (more_matches, more_lists, more_names) = count(&self.conditions);
        for number in lists..more_lists {
            self.add_list(u32::try_from(number).unwrap_or(u32::MAX));
        }
        for number in matches..more_matches {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let namespaces = self.add_match(cluster, number);
            self.split_by_match(cluster, number, &namespaces);
        }
        for number in names..more_names {
            self.split_by_name(cluster, u32::try_from(number).unwrap_or(u32::MAX));
        }
        self.note_peers();
        self.unsettle(subject, policy);
    }

    /// Gives the conditions of a policy their numbers; gives that of its subject.
    fn add_policy(&mut self, cluster: &Cluster, policies: &PolicySet, policy: &Policy, id: PolicyId) -> u32 {
        let subject = self.conditions.add_subject(&policy.subject);
        if self.selecting.len() <= place(subject) {
            self.selecting.resize_with(place(subject).saturating_add(1), Vec::new);
        }
        if let Some(selecting) = self.selecting.get_mut(place(subject)) {
            selecting.push(id);
        }
        // Rules of a direction that the policy does not apply to have ids, too.
        let rules = [Direction::Ingress, Direction::Egress].into_iter().flat_map(|direction| {
            policy.rules(direction).into_iter().flatten().zip(policies.rule_ids(id, direction).map(RuleId))
        });
        for (rule, id) in rules {
            let key = self.conditions.add_rule(cluster, rule);
            if self.rules.len() <= place(id.0) {
                self.rules.resize(place(id.0).saturating_add(1), None);
            }
            let peers = self.conditions.peers().get(place(key.peers));
            let holds_all = peers.is_some_and(|peers| peers.any);
            if let Some(place) = self.rules.get_mut(place(id.0)) {
                *place = Some(Rule { key, holds_all, has_taken: false });
            }
        }
        subject
    }

    fn settle_owners(&mut self, cluster: &Cluster, mut addresses: Vec<IpAddr>) {
        addresses.sort_unstable();
        addresses.dedup();
        for address in addresses.drain(..) {
            let owner = self.directory.settle(address, cluster);
            match owner.and_then(|id| self.directory.atom_at(id, address)) {
                Some(atom) => {
                    let owned = self.directory.owned_of(address);
                    self.is_crowded |= !hosts::has_room(&self.arena, address, owned);
                    self.stale |= !hosts::put(&mut self.arena, address, atom);
                }
                None => hosts::remove(&mut self.arena, address),
            }
        }
        self.unsettled_addresses = addresses;
    }
}
