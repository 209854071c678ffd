//! The first fill: everything at once.

use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::super::addresses::{self, Tries};
use super::super::atoms::Atoms;
use super::super::classes::{Class, NO_IDENTITY};
use super::super::conditions::Conditions;
use super::super::directory::Directory;
use super::super::fill::NO_NAMES;
use super::super::intern::Interner;
use super::super::intervals::Intervals;
use super::super::painter::{Memory, PortSet};
use super::super::reach::Population;
use super::super::regions::Regions;
use super::super::rows::Rows;
use super::super::scope::{Concerned, Scope, Waiting};
use super::super::words::{lines_of, option_bits};
use super::arena::Arena;
use super::groups::{Addressees, Groups};
use super::layers::Layers;
use super::{Live, Novelty};
use crate::cluster::{Cluster, PodId};
use crate::image::{FORMAT_VERSION, Line, MAGIC, SEMANTICS_VERSION, Section, header, place};
use crate::options::Options;
use crate::policy::PolicySet;

/// Bits of a slot that number its row: first what suits nearly every cluster, then what suits all.
const ROW_BITS: [u32; 2] = [20, 31];

impl Live {
    /// Compiles everything.
    ///
    /// # Complexity
    /// Linear in the pods, in the rules times the atoms that each reaches by exception, and in the ports' bounds.
    pub(crate) fn new(
        cluster: &Cluster,
        policies: &PolicySet,
        options: Options,
        scope: &Scope,
        generation: u32,
    ) -> Self {
        Self::compiled(cluster, policies, options, scope, generation, false)
    }

    /// Compiles everything, with room for more where it is known to grow.
    pub(super) fn compiled(
        cluster: &Cluster,
        policies: &PolicySet,
        options: Options,
        scope: &Scope,
        generation: u32,
        grows: bool,
    ) -> Self {
        let concerned = scope.concerned(cluster, policies, options);
        let mut live = Self::empty(options, scope);
        for row_bits in ROW_BITS {
            live = Self::empty(options, scope);
            live.rows = Rows::new(row_bits);
            live.build(cluster, policies, &concerned, row_bits, grows);
            live.arena.end(generation);
            if live.rows.fits() {
                break;
            }
        }
        live
    }

    /// One that knows nothing yet.
    pub(crate) fn empty(options: Options, scope: &Scope) -> Self {
        Self {
            options,
            scope: scope.clone(),
            waiting: Waiting::default(),
            conditions: Conditions::new(options),
            intervals: Intervals::new(&[]),
            directory: Directory::default(),
            hasher: DefaultHashBuilder::default(),
            pods: Vec::new(),
            unsettled_addresses: Vec::new(),
            groups: Groups::new(),
            namespaces: HashMap::new(),
            addressees: Addressees::default(),
            port_sets: Interner::new(),
            classes: Vec::new(),
            class_numbers: HashTable::new(),
            of_matches: Vec::new(),
            regions: Regions::default(),
            atoms: Atoms::new(options),
            population: Population::new(),
            of_sets: Vec::new(),
            of_lists: Vec::new(),
            peer_sets: Vec::new(),
            peers_of_matches: Vec::new(),
            peers_of_lists: Vec::new(),
            default_peers: Default::default(),
            rules: Vec::new(),
            selecting: Vec::new(),
            unsettled: Vec::new(),
            tables: Vec::new(),
            free_tables: Vec::new(),
            by_names: Vec::new(),
            table_numbers: HashTable::new(),
            layers: Layers::new(scope),
            sharing: HashMap::new(),
            known_buckets: HashMap::new(),
            free_buckets: HashMap::new(),
            free_lists: HashMap::new(),
            list_words: 0,
            blocks: Interner::new(),
            rows: Rows::default(),
            rows_written: 0,
            memory: Memory::default(),
            arena: Arena::new(),
            built: false,
            root_bits: [0; 2],
            sizes: [0; 6],
            stale: false,
            is_crowded: false,
            changed: false,
            novelty: Novelty::Known,
        }
    }

    fn build(
        &mut self,
        cluster: &Cluster,
        policies: &PolicySet,
        concerned: &Concerned,
        row_bits: u32,
        grows: bool,
    ) {
        self.ask(cluster, policies, concerned);
        let owned = self.place_pods(cluster);
        let mut tries = Tries::default();
        let [outside4, outside6] = [true, false].map(|v4| self.intervals.outside(v4, &mut self.atoms));
        self.note_atoms();
        let (root4, root6) = (tries.add(&outside4, 32), tries.add(&outside6, 128));
        let hosts = addresses::pod_lines(owned.into_iter());
        self.add_uniform_tables();
        self.settle(policies);

        let classes = [NO_IDENTITY].into_iter().chain(self.atoms.classes_of_pods());
        let records: Vec<Line> = classes.map(|class| self.record_of(class)).collect();
        self.arena.push(Section::Records, &records);
        self.write_rows();
        let (nodes, leaves) = tries.into_lines();
        let sections = [
            (Section::Pods4, hosts.pods4),
            (Section::Pods6, hosts.pods6),
            (Section::Root4, lines_of(&root4.entries)),
            (Section::Root6, lines_of(&root6.entries)),
            (Section::Nodes, nodes),
            (Section::Leaves, leaves),
        ];
        for (section, lines) in sections {
            self.arena.push(section, &lines);
        }
        let fixed = [Section::Pods4, Section::Pods6, Section::Root4, Section::Root6];
        self.arena.flatten(&fixed, grows);
        self.root_bits = [root4.bits, root6.bits];
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
        self.describe(policies);
        self.known_buckets = HashMap::new();
        self.built = true;
        self.sizes = self.sizes_now();
    }

    /// Numbers what the policies ask.
    fn ask(&mut self, cluster: &Cluster, policies: &PolicySet, concerned: &Concerned) {
        for (id, policy) in policies.policies() {
            if concerned.holds(id) {
                self.add_policy(cluster, policies, policy, id);
            } else {
                self.waiting.add(&policy.subject, id);
            }
        }
        self.intervals = Intervals::new(self.conditions.block_lists());
        self.note_lists();
        for number in 0..u32::try_from(self.conditions.pod_matches().len()).unwrap_or(u32::MAX) {
            self.add_match(cluster, number);
        }
        self.note_peers();
    }

    /// Finds the class and the atoms of every pod, and who owns which address: gives each with its atom.
    fn place_pods(&mut self, cluster: &Cluster) -> Vec<(IpAddr, u32)> {
        let nothing = self.port_sets.intern(PortSet::new());
        debug_assert_eq!(nothing, NO_NAMES, "whoever is no pod has no port names");
        self.class(Class::default());
        let mut pods: Vec<(PodId, Option<u32>)> = Vec::new();
        for (id, pod) in cluster.pods() {
            let group = self.join(cluster, id, pod);
            pods.push((id, group));
        }
        let mut is_peer: Vec<bool> = alloc::vec![false; self.of_matches.len()];
        for number in self.conditions.peers().iter().flat_map(|peers| &peers.matches) {
            if let Some(is_peer) = is_peer.get_mut(place(*number)) {
                *is_peer = true;
            }
        }
        let is_peer = |number: u32| is_peer.get(place(number)).copied().unwrap_or(false);
        self.regions = Regions::new(&self.of_matches, is_peer, self.classes.len());
        for state in self.classes.iter_mut().filter(|state| state.class.is_pod) {
            state.region = self.regions.of(&state.class.matches);
        }

        self.directory = Directory::with_room(cluster);
        let nowhere = self.atoms_of(NO_IDENTITY, &[]);
        self.directory.set_nowhere(&nowhere);
        let mut owned: Vec<(IpAddr, u32)> = Vec::new();
        let mut contested: Vec<IpAddr> = Vec::new();
        for (id, group) in pods {
            let Some(pod) = cluster.pod(id) else { continue };
            let atoms = self.atoms_in(group, &pod.addresses);
            // NP-019: a host-network pod has its node's address, which is never its own.
            for (address, atom) in atoms.iter().filter(|_| !pod.host_network && group.is_some()) {
                if self.directory.claim(address, id) {
                    contested.push(address);
                }
                owned.push((address, atom));
            }
            self.directory.put(id, pod, self.options, atoms);
        }
        for address in &contested {
            self.directory.settle(*address, cluster);
        }
        if !contested.is_empty() {
            let atom = |(address, id)| Some((address, self.directory.atom_at(id, address)?));
            owned = self.directory.owned().filter_map(atom).collect();
        }
        owned
    }
}
