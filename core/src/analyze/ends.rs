//! The ends of connections: workloads, by what policies can tell of their pods, and the outside by ranges of addresses.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use hashbrown::HashMap;

use super::addresses::{AddressRange, cut_at, first_free};
use super::distinctions::Distinctions;
use crate::Engine;
use crate::cluster::{Pod, PodId, PodIdentity, Workload, WorkloadKind};
use crate::compile::Resolved;
use crate::flow::End;
use crate::label::Labels;
use crate::lower::node_addresses;
use crate::sorted::{SortedMap, SortedSet};

/// What a list calls the pods that it does not tell apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadName {
    /// The namespace.
    pub namespace: String,
    /// The kind of the workload; nothing for a pod of its own.
    pub kind: Option<WorkloadKind>,
    /// The name of the workload, or of the pod.
    pub name: String,
    /// Which of the workload's sets of labels, from 1, where its pods have several; else 0.
    pub variant: usize,
}

impl fmt::Display for WorkloadName {
    /// `ns/kind/name`, with `#1`, `#2` … where pods of one workload have different labels.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.map_or("pod", WorkloadKind::as_str);
        for part in [self.namespace.as_str(), "/", kind, "/", self.name.as_str()] {
            f.write_str(part)?;
        }
        if self.variant == 0 { Ok(()) } else { write!(f, "#{}", self.variant) }
    }
}

/// One way in which packets of an end look to policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Face {
    pub(super) end: End,
    pub(super) resolved: Resolved,
    /// What may be somebody's node: the end, but never an address that stands for many.
    pub(super) node: End,
}

impl Face {
    /// What of a face can change an answer, as long as no node is asked about.
    pub(super) fn key(&self) -> (u32, bool, u8) {
        (self.resolved.atom, self.resolved.identity.is_some(), self.resolved.exempt.number())
    }

    /// Whether both can be ends of one packet: an end without an address goes with any other.
    pub(super) fn suits(&self, other: &Self) -> bool {
        match (self.end.address(), other.end.address()) {
            (Some(own), Some(others)) => own.is_ipv4() == others.is_ipv4(),
            _ => true,
        }
    }

    /// Whether the end is a pod that policies do not take for one: one in its node's network.
    pub(super) fn is_node_like(&self) -> bool {
        self.end.pod().is_some() && self.resolved.identity.is_none()
    }
}

/// Pods that policies cannot tell apart by labels, or addresses that they cannot tell apart.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// The faces: of each distinct one, one pod's.
    pub(super) faces: Vec<Face>,
    /// The faces of pods on each node, for peers that may be that node (NP-018); of pods in their nodes' networks, all.
    pub(super) on_nodes: Vec<Face>,
    /// Whether it is the outside.
    pub(super) is_outside: bool,
    /// Whether one of its pods is in its node's network.
    pub(super) is_node_like: bool,
}

/// All ends.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) classes: Vec<Class>,
    /// Each workload with its class.
    pub(super) workloads: Vec<(WorkloadName, usize)>,
    /// Each class of the outside with its ranges.
    pub(super) outside: Vec<(Vec<AddressRange>, usize)>,
}

/// What of a pod decides which peers are its node.
type Place<'a> = Option<(Option<&'a str>, &'a [IpAddr])>;

/// What of an end can change an answer: whether it has an address, and of which family, its face, its place.
type FaceKey<'a> = (bool, bool, (u32, bool, u8), Place<'a>);

/// What tells classes apart: the faces, and which pod it is where it is in its node's network.
type ClassKey<'a> = (SortedSet<FaceKey<'a>>, Option<PodId>);

impl Ends {
    /// The ends of a cluster, told apart as far as some distinctions go: its own at least.
    pub(super) fn of(engine: &Engine, distinctions: &Distinctions<'_>) -> Self {
        let mut ends = Self { classes: Vec::new(), workloads: Vec::new(), outside: Vec::new() };
        let mut known: HashMap<ClassKey<'_>, usize> = HashMap::new();
        // Where a pod is counts only if some peer can be its node.
        let places_count = engine.cluster().pods().any(|(_, pod)| pod.host_network);
        for (name, pods) in told_apart(engine, distinctions) {
            let (key, class) = class_of(engine, &pods, places_count);
            let next = ends.classes.len();
            let number = *known.entry(key).or_insert(next);
            if number == next {
                ends.classes.push(class);
            }
            ends.workloads.push((name, number));
        }
        ends.add_outside(engine, distinctions);
        ends
    }

    /// Adds the addresses that are no pod's and no node's: those with one atom and of one family have one answer each,
    /// because whose node an address is, which alone could tell them apart beside that, is never asked of them.
    fn add_outside(&mut self, engine: &Engine, distinctions: &Distinctions<'_>) {
        let image = engine.image();
        let taken = taken(engine);
        let mut by_atom: HashMap<(bool, u32), usize> = HashMap::new();
        for range in cut_at(&distinctions.cidrs) {
            // Where pods and nodes have all of a range, what policies say of it is still worth a line.
            let address = first_free(range, &taken).unwrap_or(range.first());
            let atom = image.outside(address);
            let place = *by_atom.entry((range.is_ipv4(), atom)).or_insert_with(|| {
                let resolved = Resolved { identity: None, exempt: crate::Reason::NotAPod, atom };
                let face = Face { end: End::of_address(address), resolved, node: End::NOWHERE };
                let faces = alloc::vec![face];
                self.classes.push(Class {
                    on_nodes: faces.clone(),
                    faces,
                    is_outside: true,
                    is_node_like: false,
                });
                self.outside.push((Vec::new(), self.classes.len().saturating_sub(1)));
                self.outside.len().saturating_sub(1)
            });
            if let Some((ranges, _)) = self.outside.get_mut(place) {
                ranges.push(range);
            }
        }
    }
}

/// The addresses that are pods' or nodes', whose atoms may be others than those of their neighbours.
pub(super) fn taken(engine: &Engine) -> SortedSet<IpAddr> {
    let of_pods = engine.cluster().pods().flat_map(|(_, pod)| &pod.addresses).copied();
    of_pods.chain(node_addresses(engine.cluster())).collect()
}

/// Namespace, kind, name.
type Owner<'a> = (&'a str, Option<WorkloadKind>, &'a str);

/// Labels, as keys and values.
type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// The workloads of a cluster as lists name them, with their pods that have not ended.
///
/// ```
/// use portcullis::analyze::workloads;
/// use portcullis::cluster::{ClusterBuilder, Pod};
/// use portcullis::policy::PolicySet;
/// use portcullis::{Engine, Options};
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web"));
/// let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
/// let names: Vec<_> = workloads(&engine).iter().map(|(name, _)| name.to_string()).collect();
/// assert_eq!(names, ["shop/pod/web"]);
/// ```
///
/// # Complexity
/// Linear in pods, with a logarithm of their number for each, and in policies.
#[must_use]
pub fn workloads(engine: &Engine) -> Vec<(WorkloadName, Vec<PodId>)> {
    told_apart(engine, &Distinctions::of([engine]))
}

/// The workloads with their pods that have not ended, by name; a workload whose pods have different labels is several,
/// unless the labels differ only in what controllers write and no policy asks.
fn told_apart(engine: &Engine, distinctions: &Distinctions<'_>) -> Vec<(WorkloadName, Vec<PodId>)> {
    let mut by_owner: SortedMap<Owner<'_>, SortedMap<Pairs<'_>, Vec<PodId>>> = SortedMap::new();
    for (id, pod) in engine.cluster().pods().filter(|(_, pod)| !pod.is_finished()) {
        let (kind, name) = owner(pod);
        let variants = by_owner.entry((&pod.namespace, kind, name)).or_default();
        variants.entry(told_apart_by(&pod.labels, distinctions)).or_default().push(id);
    }
    let mut out = Vec::new();
    for ((namespace, kind, name), variants) in by_owner {
        let several = variants.len() > 1;
        for (number, pods) in (1_usize..).zip(variants.into_values()) {
            let variant = if several { number } else { 0 };
            let name = WorkloadName { namespace: namespace.into(), kind, name: name.into(), variant };
            out.push((name, pods));
        }
    }
    out
}

/// The labels that tell the variants of a workload apart.
fn told_apart_by<'a>(labels: &'a Labels, distinctions: &Distinctions<'_>) -> Pairs<'a> {
    let all = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    all.filter(|(key, _)| distinctions.counts(key)).collect()
}

fn owner(pod: &Pod) -> (Option<WorkloadKind>, &str) {
    let of = |workload: &'_ Workload| Some(workload.kind);
    match (&pod.workload, &pod.identity) {
        (Some(workload), _) | (None, PodIdentity::Template(workload)) => (of(workload), &workload.name),
        (None, PodIdentity::Named(name)) => (None, name),
    }
}

/// How pods look to policies, and what tells them from others.
fn class_of<'a>(engine: &'a Engine, pods: &[PodId], places_count: bool) -> (ClassKey<'a>, Class) {
    let mut class = Class { faces: Vec::new(), on_nodes: Vec::new(), is_outside: false, is_node_like: false };
    let mut faces = SortedSet::new();
    let mut on_nodes = SortedSet::new();
    let mut own = None;
    for (id, pod) in pods.iter().filter_map(|id| Some((*id, engine.cluster().pod(*id)?))) {
        let place = places_count.then_some((pod.node.as_deref(), pod.host_addresses.as_slice()));
        let addresses = pod.addresses.iter().copied().map(Some);
        let bare = pod.addresses.is_empty().then_some(None);
        for end in addresses.chain(bare).map(|address| End::of_pod(id, address)) {
            let Some(resolved) = engine.resolve(end) else { continue };
            let face = Face { end, resolved, node: end };
            let is_v4 = end.address().is_some_and(|address| address.is_ipv4());
            let key = (end.address().is_some(), is_v4, face.key());
            if face.is_node_like() {
                own = Some(id);
                class.is_node_like = true;
            }
            if faces.insert(key) {
                class.faces.push(face);
            }
            if on_nodes.insert((key.0, key.1, key.2, place)) || face.is_node_like() {
                class.on_nodes.push(face);
            }
        }
    }
    ((on_nodes, own), class)
}
