//! The compiler that goes on: it keeps what it knows of classes, atoms and tables, and writes what a delta changes into
//! the lines that are there.
//!
//! - `groups`: pods of one namespace with the same labels and ports, which are in one class together;
//! - `peers`: the atoms, and which of them the peers of rules hold;
//! - `subjects`: the policies that select each class, and the tables that follow;
//! - `hosts`: the lines of pods' addresses;
//! - `arena`: the lines of the image, with room.
//!
//! Classes, atoms and conditions that nobody needs any more stay until everything is built anew: what they are is said
//! by what they answer, not by who is in them, so that they are right whenever they are needed again. Whatever cannot be
//! done in place says so by `stale`, and the end of the transaction builds anew.

mod arena;
mod groups;
mod hosts;
mod peers;
mod subjects;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use self::arena::Arena;
use self::groups::{ClassState, Groups, NamespaceState, PodState};
use self::peers::PeerSet;
use self::subjects::{Table, TableKey};
use super::ROW_BITS;
use super::addresses::{self, Tries};
use super::assemble::{lines_of, option_bits};
use super::atoms::Atoms;
use super::buckets::TablePlace;
use super::classes::Class;
use super::conditions::Conditions;
use super::directory::{Directory, claim_order};
use super::intervals::Intervals;
use super::named_ports;
use super::rows::{Painted, Rows};
use super::scope::{Concerned, Scope, Waiting};
use crate::cluster::{Cluster, Namespace, NamespaceId, PodId};
use crate::image::{
    FORMAT_VERSION, ImagePatch, Line, MAGIC, SEMANTICS_VERSION, Section, header, kind, place,
};
use crate::label::Labels;
use crate::options::Options;
use crate::policy::{Peers, Policy, PolicyId, PolicySet, RuleId};

/// How much of anything may come in any case before all is built anew.
const GROWTH: usize = 4096;

/// A rule, ready to be laid into tables.
#[derive(Clone, Debug)]
struct Prepared {
    traffic: Arc<Painted>,
    peers: u32,
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
    claims: HashMap<IpAddr, Vec<PodId>>,
    owned: [usize; 2],

    pods: Vec<Option<PodState>>,
    groups: Groups,
    namespaces: HashMap<NamespaceId, NamespaceState>,
    /// The pod matches that name a namespace, by its name, and those that select namespaces by labels.
    by_name: HashMap<alloc::string::String, Vec<u32>>,
    by_labels: Vec<u32>,
    classes: Vec<ClassState>,
    class_numbers: HashMap<Class, u32>,
    /// The classes that each pod match selects.
    of_matches: Vec<Vec<u32>>,

    atoms: Atoms,
    of_kinds: [Vec<u32>; kind::COUNT],
    /// The atoms of each set of block lists, and the sets that each list is in.
    of_sets: Vec<Vec<u32>>,
    of_lists: Vec<Vec<u32>>,

    peer_sets: Vec<PeerSet>,
    peer_numbers: HashMap<Peers, u32>,
    peers_of_matches: Vec<Vec<u32>>,
    peers_of_lists: Vec<Vec<u32>>,
    default_peers: [Vec<u32>; kind::COUNT],

    rules: HashMap<RuleId, Prepared>,
    selecting: HashMap<u32, Vec<PolicyId>>,
    /// Classes whose tables are to be found again.
    unsettled: HashSet<u32>,
    tables: Vec<Table>,
    free_tables: Vec<u32>,
    /// Tables in which every pod's own names decide.
    by_names: HashSet<u32>,
    table_numbers: HashMap<TableKey, u32>,
    /// Tables that share their buckets' lines, by the first of them; only those that more than one has.
    sharing: HashMap<u32, u32>,
    known_buckets: HashMap<Vec<u64>, TablePlace>,
    free_buckets: HashMap<u32, Vec<u32>>,
    free_lists: HashMap<usize, Vec<u32>>,
    list_words: u32,
    rows: Rows,
    rows_written: usize,

    arena: Arena,
    built: bool,
    /// What there was when all was built: when there is half as much again, much of it is garbage.
    sizes: [usize; 5],
    stale: bool,
    /// Whether there was a transaction, and whether it was the first: nobody has the image before that one.
    changed: bool,
    first: bool,
}

impl Live {
    /// Compiles everything.
    pub(crate) fn new(
        cluster: &Cluster,
        policies: &PolicySet,
        options: Options,
        scope: &Scope,
        generation: u32,
    ) -> Self {
        let concerned = scope.concerned(cluster, policies, options);
        let mut live = Self::empty(policies, options, scope, &concerned);
        for row_bits in ROW_BITS {
            live = Self::empty(policies, options, scope, &concerned);
            live.rows = Rows::new(row_bits);
            live.build(cluster, policies, &concerned, row_bits, generation);
            if live.rows.fits() {
                break;
            }
        }
        live
    }

    /// The lines of the image.
    pub(crate) fn lines(&self) -> &Arc<Vec<Line>> {
        self.arena.done()
    }

    /// What the last transaction has changed in the image; nothing before the first.
    pub(crate) fn patch(&self) -> Option<ImagePatch> {
        self.changed.then(|| self.arena.patch(self.first))
    }

    /// From now on others read the finished lines.
    #[cfg(feature = "std")]
    pub(crate) fn share(&mut self) {
        self.arena.share();
    }

    /// Where ends are found.
    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    fn empty(policies: &PolicySet, options: Options, scope: &Scope, concerned: &Concerned) -> Self {
        let conditions = Conditions::collect(policies, concerned);
        let intervals = Intervals::new(conditions.block_lists());
        Self {
            options,
            scope: scope.clone(),
            waiting: Waiting::default(),
            directory: Directory::of_nodes(&Cluster::default()),
            claims: HashMap::new(),
            owned: [0; 2],
            pods: Vec::new(),
            groups: Groups::new(),
            namespaces: HashMap::new(),
            by_name: HashMap::new(),
            by_labels: Vec::new(),
            classes: Vec::new(),
            class_numbers: HashMap::new(),
            of_matches: Vec::new(),
            atoms: Atoms::new(options),
            of_kinds: Default::default(),
            of_sets: Vec::new(),
            of_lists: alloc::vec![Vec::new(); conditions.block_lists().len()],
            peer_sets: Vec::new(),
            peer_numbers: HashMap::new(),
            peers_of_matches: Vec::new(),
            peers_of_lists: alloc::vec![Vec::new(); conditions.block_lists().len()],
            default_peers: Default::default(),
            rules: HashMap::new(),
            selecting: HashMap::new(),
            unsettled: HashSet::new(),
            tables: Vec::new(),
            free_tables: Vec::new(),
            by_names: HashSet::new(),
            table_numbers: HashMap::new(),
            sharing: HashMap::new(),
            known_buckets: HashMap::new(),
            free_buckets: HashMap::new(),
            free_lists: HashMap::new(),
            list_words: 0,
            rows: Rows::new(20),
            rows_written: 0,
            arena: Arena::new(),
            built: false,
            sizes: [0; 5],
            stale: false,
            changed: false,
            first: true,
            conditions,
            intervals,
        }
    }

    fn build(
        &mut self,
        cluster: &Cluster,
        policies: &PolicySet,
        concerned: &Concerned,
        row_bits: u32,
        generation: u32,
    ) {
        self.directory = Directory::of_nodes(cluster);
        for set in 0..self.intervals.set_count() {
            self.of_sets.push(Vec::new());
            for list in self.intervals.lists(set) {
                if let Some(sets) = self.of_lists.get_mut(place(*list)) {
                    sets.push(set);
                }
            }
        }
        self.add_uniform_tables();
        let nothing = named_ports::unresolved(self.options);
        let no_ports = alloc::vec![nothing; self.conditions.port_names().len()];
        self.class(Class { matches: Vec::new(), ports: no_ports, is_pod: false, is_subject: false });
        for number in 0..u32::try_from(self.conditions.pod_matches().len()).unwrap_or(u32::MAX) {
            self.add_match(cluster, number);
        }
        for (id, policy) in policies.policies() {
            if !concerned.holds(id) {
                self.waiting.add(&policy.subject, id);
            } else if let Some(number) = self.conditions.pod_match_number(&policy.subject) {
                self.selecting.entry(number).or_default().push(id);
            }
        }
        for (id, pod) in cluster.pods() {
            self.seat(cluster, id, pod);
        }
        let owners: Vec<(IpAddr, PodId)> =
            self.claims.iter().filter_map(|(address, ids)| Some((*address, best(cluster, ids)?))).collect();
        for (address, id) in owners {
            self.directory.set_owner(address, Some(id));
            self.count_owned(address, 1);
        }
        let mut tries = Tries::default();
        let outside = [true, false].map(|v4| self.intervals.outside(v4, &mut self.atoms));
        self.note_atoms();
        let [outside4, outside6] = outside;
        let (root4, root6) = (tries.add(&outside4, 32), tries.add(&outside6, 128));
        let hosts = addresses::pod_lines(self.directory.owned());
        self.settle(policies);

        let records: Vec<Line> = self.atoms.iter().map(|(_, atom)| self.record_of(atom.class)).collect();
        self.arena.push(Section::Records, &records);
        self.write_rows();
        if tries.nodes.len() % 2 == 1 {
            tries.nodes.push([0, 0, 1, 0, 0, 0, 0, 0]);
        }
        let sections = [
            (Section::Pods4, hosts.pods4),
            (Section::Pods6, hosts.pods6),
            (Section::Root4, lines_of(&root4.entries)),
            (Section::Root6, lines_of(&root6.entries)),
            (Section::Nodes, lines_of(tries.nodes.as_flattened())),
            (Section::Leaves, lines_of(&tries.leaves)),
        ];
        for (section, lines) in sections {
            self.arena.push(section, &lines);
        }
        let fixed =
            [Section::Pods4, Section::Pods6, Section::Root4, Section::Root6, Section::Nodes, Section::Leaves];
        self.arena.flatten(&fixed);
        let words = [
            (header::MAGIC, MAGIC),
            (header::FORMAT, FORMAT_VERSION),
            (header::SEMANTICS, SEMANTICS_VERSION),
            (header::OPTIONS, option_bits(self.options)),
            (header::ROOT4_BITS, root4.bits),
            (header::ROOT6_BITS, root6.bits),
            (header::ROW_BITS, row_bits),
        ];
        for (at, word) in words {
            self.arena.set_header(at, word);
        }
        self.arena.set_header(header::RULES, policies.rule_bound());
        self.arena.end(generation);
        self.known_buckets = HashMap::new();
        self.built = true;
        self.sizes = self.sizes_now();
    }

    fn sizes_now(&self) -> [usize; 5] {
        let buckets = place(self.arena.used(Section::Buckets));
        let conditions = self.conditions.pod_matches().len();
        [self.atoms.len(), self.rows.lines().len(), buckets, conditions, self.peer_sets.len()]
    }

    /// Whether so much has come since all was built that what nobody needs any more may be a third of it.
    fn has_grown(&self) -> bool {
        let limit = |before: usize| before.saturating_add(before / 2).saturating_add(GROWTH);
        self.sizes.iter().zip(self.sizes_now()).any(|(before, now)| now > limit(*before))
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) {
        self.arena.begin();
    }

    /// Ends a transaction: everything that it left to be found again is.
    pub(crate) fn end(&mut self, cluster: &Cluster, policies: &PolicySet, generation: u32) {
        self.first = !self.changed;
        if !self.stale {
            self.settle(policies);
            self.write_rows();
        }
        if self.stale || !self.rows.fits() || self.has_grown() {
            let shared = self.arena.is_shared();
            *self = Self::new(cluster, policies, self.options, &self.scope, generation);
            if shared {
                self.arena.share();
            }
        } else {
            self.arena.set_header(header::RULES, policies.rule_bound());
            self.arena.end(generation);
        }
        self.changed = true;
    }

    /// A pod was put.
    pub(crate) fn pod_put(&mut self, cluster: &Cluster, policies: &PolicySet, id: PodId) {
        let mut addresses = self.unseat(id);
        if let Some(pod) = cluster.pod(id) {
            if self.scope.holds(pod)
                && let Some(namespace) = cluster.namespace_id_of(id).and_then(|id| cluster.namespace(id))
            {
                self.wake(cluster, policies, namespace, &[&pod.labels]);
            }
            self.seat(cluster, id, pod);
            addresses.extend(pod.addresses.iter().copied());
        }
        self.settle_owners(cluster, addresses);
    }

    /// A pod was removed.
    pub(crate) fn pod_removed(&mut self, cluster: &Cluster, id: PodId) {
        let addresses = self.unseat(id);
        self.settle_owners(cluster, addresses);
    }

    /// A node's object was put or removed, and has these addresses now.
    pub(crate) fn node_changed(&mut self, name: &str, addresses: &[IpAddr]) {
        // NP-018 is about flags that the caller computes: the image knows no node.
        self.directory.set_node(name, addresses);
    }

    /// A policy is about to be replaced or removed.
    pub(crate) fn policy_going(&mut self, policies: &PolicySet, id: PolicyId) {
        let Some(policy) = policies.policy(id) else { return };
        if self.waiting.remove(&policy.subject, id) {
            return;
        }
        let Some(subject) = self.conditions.pod_match_number(&policy.subject) else { return };
        if let Some(selecting) = self.selecting.get_mut(&subject) {
            selecting.retain(|other| *other != id);
        }
        self.unsettle(subject, policy);
        for rule in policies.rules_of(id) {
            if let Some(prepared) = self.rules.remove(&rule) {
                self.let_peers_go(prepared.peers);
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
        self.take_policy(cluster, policy, id);
    }

    /// Policies that have waited for one of these pods wait no more.
    fn wake(&mut self, cluster: &Cluster, policies: &PolicySet, namespace: &Namespace, labels: &[&Labels]) {
        for id in self.waiting.selecting(policies, namespace, labels) {
            let Some(policy) = policies.policy(id) else { continue };
            self.waiting.remove(&policy.subject, id);
            self.take_policy(cluster, policy, id);
        }
    }

    fn take_policy(&mut self, cluster: &Cluster, policy: &Policy, id: PolicyId) {
        self.add_conditions(cluster, policy);
        if let Some(subject) = self.conditions.pod_match_number(&policy.subject) {
            self.selecting.entry(subject).or_default().push(id);
            self.unsettle(subject, policy);
        }
    }

    fn add_conditions(&mut self, cluster: &Cluster, policy: &Policy) {
        let count = |conditions: &Conditions| {
            (conditions.pod_matches().len(), conditions.block_lists().len(), conditions.port_names().len())
        };
        let (matches, lists, names) = count(&self.conditions);
        self.conditions.add(policy);
        let (more_matches, more_lists, more_names) = count(&self.conditions);
        // New names and new blocks change what addresses and classes are told apart by, everywhere.
        self.stale |= (more_lists, more_names) != (lists, names);
        if self.stale {
            return;
        }
        for number in matches..more_matches {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.add_match(cluster, number);
            self.split_by(number);
        }
    }

    fn settle_owners(&mut self, cluster: &Cluster, mut addresses: Vec<IpAddr>) {
        addresses.sort_unstable();
        addresses.dedup();
        for address in addresses {
            let claimants = self.claims.get(&address).map_or(&[][..], Vec::as_slice);
            let owner = best(cluster, claimants);
            if claimants.is_empty() {
                self.claims.remove(&address);
            }
            let had_one = self.directory.set_owner(address, owner);
            let atom = owner.and_then(|id| self.directory.atom_at(id, address));
            match atom {
                Some(atom) => {
                    if !had_one {
                        self.count_owned(address, 1);
                    }
                    self.stale |= !hosts::has_room(&self.arena, address, self.owned_of(address));
                    self.stale |= !hosts::put(&mut self.arena, address, atom);
                }
                None => {
                    if had_one {
                        self.count_owned(address, -1);
                    }
                    hosts::remove(&mut self.arena, address);
                }
            }
        }
    }

    fn owned_of(&self, address: IpAddr) -> usize {
        let [four, six] = self.owned;
        if address.is_ipv4() { four } else { six }
    }

    fn count_owned(&mut self, address: IpAddr, more: isize) {
        let [four, six] = &mut self.owned;
        let count = if address.is_ipv4() { four } else { six };
        *count = count.saturating_add_signed(more);
    }
}

/// NP-025: which of the pods that claim an address has it.
fn best(cluster: &Cluster, claimants: &[PodId]) -> Option<PodId> {
    claimants.iter().copied().min_by(|a, b| match (cluster.pod(*a), cluster.pod(*b)) {
        (Some(a), Some(b)) => claim_order(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    })
}
