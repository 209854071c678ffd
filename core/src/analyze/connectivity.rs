//! Connectivity: who can reach whom, and on which ports.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::addresses::AddressRange;
use super::distinctions::Distinctions;
use super::ends::{Ends, WorkloadName};
use super::entries::{Cells, Entry, Item, entries};
use super::matrix::Matrix;
use super::ports::{ALL, NOTHING, PortSet};
use crate::Engine;

/// Which ports each workload can reach on each other one, and with the outside.
///
/// A cell holds every port on which *some* pod of one side can reach some pod of the other, over all addresses that they
/// have. Pods that have ended have no part in it.
#[derive(Debug)]
pub struct Connectivity {
    pub(super) ends: Ends,
    pub(super) matrix: Matrix,
}

impl Connectivity {
    /// The connectivity of a cluster.
    ///
    /// # Complexity
    /// Linear in pods, and in pairs of workloads that policies can tell apart.
    #[must_use]
    pub fn of(engine: &Engine) -> Self {
        Self::told_apart(engine, &Distinctions::of([engine]))
    }

    /// The same, told apart as far as some distinctions go: the cluster's own at least.
    pub(super) fn told_apart(engine: &Engine, distinctions: &Distinctions<'_>) -> Self {
        let ends = Ends::of(engine, distinctions);
        let matrix = Matrix::of(engine, &ends);
        Self { ends, matrix }
    }

    /// The workloads, by name.
    #[must_use]
    pub fn workloads(&self) -> Vec<&WorkloadName> {
        self.ends.workloads.iter().map(|(name, _)| name).collect()
    }

    /// The ports that one workload can reach on another; nothing where there is no workload of such a name.
    #[must_use]
    pub fn ports(&self, from: &str, to: &str) -> Option<PortSet> {
        let class = |wanted: &str| {
            self.ends.workloads.iter().find(|(name, _)| name.to_string() == wanted).map(|(_, class)| *class)
        };
        Some(self.matrix.set(self.matrix.number(class(from)?, class(to)?)))
    }

    /// The ranges of addresses that no policy tells apart, each with the ports that they can reach on a workload.
    #[must_use]
    pub fn from_outside(&self, to: &str) -> Vec<(AddressRange, PortSet)> {
        self.with_outside(to, |matrix, outside, inside| matrix.number(outside, inside))
    }

    /// The ranges of addresses that no policy tells apart, each with the ports that a workload can reach on them.
    #[must_use]
    pub fn to_outside(&self, from: &str) -> Vec<(AddressRange, PortSet)> {
        self.with_outside(from, |matrix, outside, inside| matrix.number(inside, outside))
    }

    fn with_outside(
        &self,
        workload: &str,
        number: impl Fn(&Matrix, usize, usize) -> u32,
    ) -> Vec<(AddressRange, PortSet)> {
        let inside = self.ends.workloads.iter().filter(|(name, _)| name.to_string() == workload);
        let mut out = Vec::new();
        for (_, class) in inside {
            for (ranges, outside) in &self.ends.outside {
                let ports = self.matrix.set(number(&self.matrix, *outside, *class));
                out.extend(ranges.iter().map(|range| (*range, ports.clone())));
            }
        }
        out.sort_unstable();
        out
    }

    /// All connections in few entries.
    ///
    /// # Complexity
    /// Linear in pairs of ends that policies can tell apart.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        entries(&self.items(), &self.matrix)
    }

    /// The pairs of ends that have no connection at all, in few entries, each of which has all ports.
    ///
    /// # Complexity
    /// As [`Connectivity::entries`].
    #[must_use]
    pub fn unconnected(&self) -> Vec<Entry> {
        entries(&self.items(), Unconnected(&self.matrix))
    }

    fn items(&self) -> Vec<Item> {
        let mut items = alloc::vec![Item::default(); self.ends.classes.len()];
        for (name, class) in &self.ends.workloads {
            if let Some(item) = items.get_mut(*class) {
                item.workloads.push(name.clone());
            }
        }
        for (ranges, class) in &self.ends.outside {
            if let Some(item) = items.get_mut(*class) {
                item.ranges.extend(ranges);
            }
        }
        items
    }
}

/// All ports where a matrix has none, and none where it has some.
struct Unconnected<'a>(&'a Matrix);

impl Cells for Unconnected<'_> {
    fn number(&mut self, from: usize, to: usize) -> u32 {
        if self.0.number(from, to) == NOTHING { ALL } else { NOTHING }
    }

    fn set(&self, number: u32) -> PortSet {
        if number == ALL { PortSet::all() } else { PortSet::nothing() }
    }
}
