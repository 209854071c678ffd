//! Seats: the ends of flows as policies see them, those that they cannot tell apart put together.

use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::HashMap;

use super::Pair;
use super::bits::Bits;
use super::reach::Reach;
use crate::Engine;
use crate::analyze::distinctions::Distinctions;
use crate::analyze::ends::{Ends, Face};
use crate::analyze::sides::Sides;
use crate::cluster::{Cluster, Pod, PodId, PodIdentity};
use crate::decision::Verdict;
use crate::flow::End;
use crate::lower::looks_at_traffic;
use crate::options::IpBlockPods;
use crate::policy::{NamespaceMatch, Peer, PodMatch};
use crate::sorted::SortedSet;

/// Ends that no policy tells apart.
#[derive(Debug)]
struct Seat {
    face: Face,
    /// Of each place in which one of them is, one: where that counts.
    places: Vec<Face>,
    /// The pod, where it is no more than one.
    only: Option<PodId>,
}

/// All seats of a cluster.
#[derive(Debug)]
pub(super) struct Seats<'a> {
    cluster: &'a Cluster,
    seats: Vec<Seat>,
    /// Each seat by the namespace of its first pod.
    by_namespace: HashMap<&'a str, Vec<usize>>,
    /// Whether nothing but tables decides the sides of pods, unless the peer may be their node.
    by_tables: bool,
}

/// What tells seats apart: family, face, and which pod it is where it is in its node's network.
type Key = (Option<bool>, (u32, bool, u8), Option<PodId>);

/// Where a pod is.
type Place<'a> = (Option<&'a str>, &'a [IpAddr]);

impl<'a> Seats<'a> {
    pub(super) fn of(engine: &'a Engine) -> Self {
        let cluster = engine.enforced_cluster();
        let by_tables = engine.node().is_none() && !looks_at_traffic(engine.options());
        let mut seats = Self { cluster, seats: Vec::new(), by_namespace: HashMap::new(), by_tables };
        let mut known = HashMap::new();
        let mut placed = HashMap::new();
        for (id, pod) in cluster.pods().filter(|(_, pod)| !pod.is_finished()) {
            let bare = pod.addresses.is_empty().then_some(None);
            for address in pod.addresses.iter().copied().map(Some).chain(bare) {
                seats.add_pod(engine, (id, pod), End::of_pod(id, address), &mut known, &mut placed);
            }
        }
        seats.add_addresses(engine);
        seats
    }

    fn add_pod(
        &mut self,
        engine: &Engine,
        (id, pod): (PodId, &'a Pod),
        end: End,
        known: &mut HashMap<Key, usize>,
        placed: &mut HashMap<usize, SortedSet<Place<'a>>>,
    ) {
        let Some(resolved) = engine.resolve(end) else { return };
        let face = Face { end, resolved, node: end };
        let family = end.address().map(|address| address.is_ipv4());
        let key = (family, face.key(), face.is_node_like().then_some(id));
        // A workload stands for several pods, which meet each other.
        let only = matches!(pod.identity, PodIdentity::Named(_)).then_some(id);
        let at = match known.get(&key) {
            Some(at) => *at,
            None => {
                let at = self.seats.len();
                self.seats.push(Seat { face, places: Vec::new(), only });
                // Of the first pod alone: that is the one whose labels are asked, and the others answer as it does.
                self.by_namespace.entry(pod.namespace.as_str()).or_default().push(at);
                known.insert(key, at);
                at
            }
        };
        let Some(seat) = self.seats.get_mut(at) else { return };
        if seat.only != only {
            seat.only = None;
        }
        // NP-018: on which node a pod is counts for peers that may be this node.
        if placed.entry(at).or_default().insert((pod.node.as_deref(), pod.host_addresses.as_slice())) {
            seat.places.push(face);
        }
    }

    /// Adds what is outside, and the nodes that objects declare.
    fn add_addresses(&mut self, engine: &Engine) {
        let ends = Ends::of(engine, &Distinctions::of([engine]));
        let outside = ends.classes.iter().filter(|class| class.is_outside);
        let mut faces: Vec<Face> = outside.flat_map(|class| class.faces.iter().copied()).collect();
        let addresses = engine.cluster().nodes().flat_map(|(_, node)| node.addresses.iter().copied());
        for end in addresses.map(End::of_address) {
            let resolved = engine.resolve(end);
            // The address of a pod in its node's network is there already.
            let is_node = |resolved: &crate::compile::Resolved| resolved.identity.is_none();
            faces.extend(resolved.filter(is_node).map(|resolved| Face { end, resolved, node: end }));
        }
        self.seats.extend(faces.into_iter().map(|face| Seat { face, places: alloc::vec![face], only: None }));
    }

    pub(super) fn len(&self) -> usize {
        self.seats.len()
    }

    pub(super) fn all(&self) -> Bits {
        let mut all = Bits::none(self.len());
        (0..self.len()).for_each(|seat| all.insert(seat));
        all
    }

    /// The pod of a seat that policies see; any of them where there are several.
    pub(super) fn pod(&self, seat: usize) -> Option<(PodId, &'a Pod)> {
        let id = self.seats.get(seat)?.face.resolved.identity?;
        Some((id, self.cluster.pod(id)?))
    }

    /// Whether a flow can go from one to the other and leave its pod.
    pub(super) fn can_meet(&self, one: usize, other: usize) -> bool {
        let (Some(one), Some(other)) = (self.seats.get(one), self.seats.get(other)) else { return false };
        let is_itself = one.only.is_some() && one.only == other.only;
        one.face.suits(&other.face) && !is_itself
    }

    /// The traffic of a subject with a peer that policies decide.
    pub(super) fn policed(&self, engine: &Engine, pair: Pair) -> Reach {
        self.parts(engine, pair, |reason| reason.is_none())
    }

    /// The traffic of a subject with a peer that passes its side whatever policies say.
    pub(super) fn exempt(&self, engine: &Engine, pair: Pair) -> Reach {
        self.parts(engine, pair, |reason| reason == Some(Verdict::Allow))
    }

    fn parts(
        &self,
        engine: &Engine,
        Pair { subject, peer, direction }: Pair,
        wanted: impl Fn(Option<Verdict>) -> bool,
    ) -> Reach {
        let (Some(subject), Some(peer)) = (self.seats.get(subject), self.seats.get(peer)) else {
            return Reach::default();
        };
        if subject.face.resolved.identity.is_none() {
            let verdict = subject.face.resolved.exempt.verdict();
            return if wanted(Some(verdict)) { Reach::all() } else { Reach::default() };
        }
        let may_be_node = peer.face.resolved.identity.is_none() && peer.face.node != End::NOWHERE;
        if self.by_tables && !may_be_node {
            return if wanted(None) { Reach::all() } else { Reach::default() };
        }
        let sides = Sides::new(engine);
        let mut found = Reach::default();
        for place in &subject.places {
            for (ports, reason) in sides.exempt(place, &peer.face, direction) {
                if wanted(reason.map(|reason| reason.verdict())) {
                    found = found.or(&Reach { portless: !ports.is_nothing(), ports });
                }
            }
        }
        found
    }

    /// The seats of the pods that a selection holds.
    pub(super) fn of_pods(&self, pods: &PodMatch) -> Bits {
        let mut found = Bits::none(self.len());
        let in_namespaces = self.cluster.namespaces().filter(|(_, namespace)| match &pods.namespaces {
            NamespaceMatch::Named(name) => *name == namespace.name,
            NamespaceMatch::Selected(selector) => selector.matches(&namespace.labels),
        });
        for (_, namespace) in in_namespaces {
            for seat in self.by_namespace.get(namespace.name.as_str()).into_iter().flatten() {
                if self.pod(*seat).is_some_and(|(_, pod)| pods.pods.matches(&pod.labels)) {
                    found.insert(*seat);
                }
            }
        }
        found
    }

    /// The seats that a peer holds.
    pub(super) fn of_peer(&self, engine: &Engine, peer: &Peer) -> Bits {
        match peer {
            Peer::Pods(pods) => self.of_pods(pods),
            // CNP-010: it holds nobody.
            Peer::Unknown => Bits::none(self.len()),
            Peer::IpBlock(block) => self.of_addresses(engine, |address| {
                block.cidr().contains(address) && !block.except().iter().any(|hole| hole.contains(address))
            }),
            Peer::Networks(networks) => {
                self.of_addresses(engine, |address| networks.iter().any(|network| network.contains(address)))
            }
            Peer::Nodes(selector) => {
                let nodes = self.cluster.nodes().filter(|(_, node)| selector.matches(&node.labels));
                let addresses: SortedSet<IpAddr> =
                    nodes.flat_map(|(_, node)| node.addresses.iter().copied()).collect();
                self.of_addresses(engine, |address| addresses.contains(&address))
            }
            Peer::DomainNames(patterns) => {
                let is_meant = |name| patterns.iter().any(|pattern| pattern.matches(name));
                let names = self.cluster.resolved().filter(|(name, _)| is_meant(name));
                let addresses: SortedSet<IpAddr> =
                    names.flat_map(|(_, addresses)| addresses.iter().copied()).collect();
                self.of_addresses(engine, |address| addresses.contains(&address))
            }
        }
    }

    fn of_addresses(&self, engine: &Engine, holds: impl Fn(IpAddr) -> bool) -> Bits {
        let with_pods = engine.options().ip_block_pods != IpBlockPods::Ignore;
        let mut found = Bits::none(self.len());
        for (at, seat) in self.seats.iter().enumerate() {
            let counts = with_pods || seat.face.resolved.identity.is_none();
            if counts && seat.face.end.address().is_some_and(&holds) {
                found.insert(at);
            }
        }
        found
    }
}
