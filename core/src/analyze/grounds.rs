//! Grounds: what decides the flows of an entry, over all of its ends and ports.

use alloc::vec::Vec;

use super::addresses::AddressRange;
use super::connectivity::Connectivity;
use super::ends::{Class, WorkloadName};
use super::entries::{Entry, Group};
use super::ports::PortSet;
use super::sides::Sides;
use crate::Engine;
use crate::decision::{Reason, Side};
use crate::net::Cidr;
use crate::policy::{Direction, PolicyId};
use crate::sorted::{SortedMap, SortedSet};

/// What one side of some flows rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ground {
    /// Which side: the sources' policies, or the destinations'.
    pub direction: Direction,
    /// The workloads whose side it is, by name.
    pub of: Vec<WorkloadName>,
    /// The ports that it decides, with some end of the entry.
    pub ports: PortSet,
    /// Why, and by which rule.
    pub side: Side,
    /// The policies that isolate the workloads, where no rule allows the flows (NP-004).
    pub isolating: Vec<PolicyId>,
}

/// Says of entries what they rest on.
#[derive(Debug)]
pub struct Grounds<'a> {
    sides: Sides<'a>,
    connectivity: &'a Connectivity,
    classes: SortedMap<&'a WorkloadName, usize>,
}

/// What tells grounds apart.
type Key = (Direction, Side);

impl<'a> Grounds<'a> {
    /// The grounds of a cluster's connectivity, which has to be that engine's.
    ///
    /// ```
    /// use portcullis::analyze::{Connectivity, Grounds};
    /// use portcullis::cluster::{ClusterBuilder, Pod};
    /// use portcullis::policy::PolicySet;
    /// use portcullis::{Engine, Options, Reason};
    ///
    /// let mut builder = ClusterBuilder::new();
    /// builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
    /// let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
    /// let connectivity = Connectivity::of(&engine);
    /// let grounds = Grounds::new(&engine, &connectivity);
    /// for ground in connectivity.entries().iter().flat_map(|entry| grounds.allowing(entry)) {
    ///     assert_eq!(ground.side.reason, Reason::NoPolicy);
    /// }
    /// ```
    #[must_use]
    pub fn new(engine: &'a Engine, connectivity: &'a Connectivity) -> Self {
        let classes = connectivity.ends.workloads.iter().map(|(name, class)| (name, *class)).collect();
        Self { sides: Sides::new(engine), connectivity, classes }
    }

    /// What lets the flows of an entry pass, on each side that is a pod's; sorted.
    ///
    /// # Complexity
    /// Linear in the pairs of the entry's ends that policies can tell apart.
    #[must_use]
    pub fn allowing(&self, entry: &Entry) -> Vec<Ground> {
        self.grounds(entry, true)
    }

    /// What stops the flows of an entry, on each side that is a pod's; sorted. Ends that this cluster does not have, and
    /// flows that it allows, have no part in it.
    ///
    /// # Complexity
    /// As [`Grounds::allowing`].
    #[must_use]
    pub fn denying(&self, entry: &Entry) -> Vec<Ground> {
        self.grounds(entry, false)
    }

    fn grounds(&self, entry: &Entry, allowing: bool) -> Vec<Ground> {
        let (sources, destinations) = (self.classes_of(&entry.from), self.classes_of(&entry.to));
        let mut found: SortedMap<Key, SortedMap<usize, PortSet>> = SortedMap::new();
        let mut add = |direction, number: usize, class: &Class, side: Side, ports: PortSet| {
            if !class.is_outside && !ports.is_nothing() {
                let of_class = found.entry((direction, side)).or_default();
                let known = of_class.entry(number).or_default();
                *known = known.or(&ports);
            }
        };
        let all = &self.connectivity.ends.classes;
        let pairs = sources.iter().flat_map(|from| destinations.iter().map(move |to| (*from, *to)));
        for (from_number, to_number) in pairs {
            let (Some(from), Some(to)) = (all.get(from_number), all.get(to_number)) else { continue };
            let faces = from.on_nodes.iter().flat_map(|a| to.on_nodes.iter().map(move |b| (a, b)));
            for (source, destination) in faces.filter(|(a, b)| a.suits(b)) {
                let out = self.sides.parts(source, destination, Direction::Egress);
                let into = self.sides.parts(destination, source, Direction::Ingress);
                // What passes has passed both sides; what does not may be stopped by either.
                let (sent, taken) = (passing(&out), passing(&into));
                for (direction, number, class, parts, other) in [
                    (Direction::Egress, from_number, from, &out, &taken),
                    (Direction::Ingress, to_number, to, &into, &sent),
                ] {
                    for (ports, side) in
                        parts.iter().filter(|(_, side)| side.verdict().is_allow() == allowing)
                    {
                        let ports = if allowing { ports.and(other) } else { ports.clone() };
                        add(direction, number, class, *side, ports.and(&entry.ports));
                    }
                }
            }
        }
        self.collect(found, entry)
    }

    /// Workloads with the same ground at the same ports, put together.
    fn collect(&self, found: SortedMap<Key, SortedMap<usize, PortSet>>, entry: &Entry) -> Vec<Ground> {
        let mut grounds = Vec::new();
        for ((direction, side), of_classes) in found {
            let group = match direction {
                Direction::Egress => &entry.from,
                Direction::Ingress => &entry.to,
            };
            let Group::Workloads(names) = group else { continue };
            let with_isolating: SortedMap<usize, (PortSet, Vec<PolicyId>)> = of_classes
                .into_iter()
                .map(|(class, ports)| (class, (ports, self.isolating(class, direction, side))))
                .collect();
            let mut alike: SortedMap<(PortSet, Vec<PolicyId>), Vec<WorkloadName>> = SortedMap::new();
            for name in names {
                if let Some(rest) = self.classes.get(name).and_then(|class| with_isolating.get(class)) {
                    alike.entry(rest.clone()).or_default().push(name.clone());
                }
            }
            for ((ports, isolating), of) in alike {
                grounds.push(Ground { direction, of, ports, side, isolating });
            }
        }
        grounds.sort_unstable_by(|a, b| {
            let key = |ground: &Ground| (ground.direction == Direction::Ingress, ground.of.clone());
            key(a).cmp(&key(b)).then_with(|| a.cmp(b))
        });
        grounds
    }

    fn isolating(&self, class: usize, direction: Direction, side: Side) -> Vec<PolicyId> {
        let class = self.connectivity.ends.classes.get(class);
        let pod = class.and_then(|class| class.faces.first()).and_then(|face| face.resolved.identity);
        match pod {
            Some(pod) if matches!(side.reason, Reason::Isolated | Reason::ProtocolDenied) => {
                self.sides.engine.isolating(pod, direction)
            }
            _ => Vec::new(),
        }
    }

    /// The classes of the ends in a group.
    fn classes_of(&self, group: &Group) -> SortedSet<usize> {
        match group {
            Group::Workloads(names) => {
                names.iter().filter_map(|name| self.classes.get(name)).copied().collect()
            }
            Group::Cidrs(cidrs) => {
                // A CIDR may be part of a range, or hold several.
                let meets = |range: &AddressRange| {
                    let holds = |cidr: &Cidr| cidr.contains(range.first()) || range.contains(cidr.address());
                    cidrs.iter().any(holds)
                };
                let outside = self.connectivity.ends.outside.iter();
                outside.filter(|(ranges, _)| ranges.iter().any(meets)).map(|(_, class)| *class).collect()
            }
        }
    }
}

/// The traffic that passes a side.
fn passing(parts: &[(PortSet, Side)]) -> PortSet {
    let passing = parts.iter().filter(|(_, side)| side.verdict().is_allow());
    passing.fold(PortSet::nothing(), |all, (ports, _)| all.or(ports))
}
