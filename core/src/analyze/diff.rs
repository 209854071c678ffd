//! Differences: the connections that one cluster has and another one has not.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::addresses::AddressRange;
use super::connectivity::Connectivity;
use super::distinctions::Distinctions;
use super::ends::WorkloadName;
use super::entries::{Cells, Entry, Item, entries};
use super::matrix::Matrix;
use super::ports::{NOTHING, PortSet, PortSets};
use crate::Engine;

/// What has changed from one cluster to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Connections that only the new one has.
    pub added: Vec<Entry>,
    /// Connections that only the old one has.
    pub removed: Vec<Entry>,
}

impl Difference {
    /// Whether both allow the same connections.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// Two clusters, each told apart as far as either tells its ends apart, so that what differs can be explained in both.
#[derive(Debug)]
pub struct Comparison {
    /// The old one.
    pub old: Connectivity,
    /// The new one.
    pub new: Connectivity,
}

impl Comparison {
    /// Compares two clusters: a workload that is in one of them only has no connection in the other.
    ///
    /// # Complexity
    /// Linear in pairs of workloads that the policies of one of them can tell apart.
    #[must_use]
    pub fn of(old: &Engine, new: &Engine) -> Self {
        let distinctions = Distinctions::of([old, new]);
        let told_apart = |engine| Connectivity::told_apart(engine, &distinctions);
        Self { old: told_apart(old), new: told_apart(new) }
    }

    /// What has changed from the old one to the new one.
    #[must_use]
    pub fn difference(&self) -> Difference {
        let (classes, items) = common(&self.old, &self.new);
        let swapped: Vec<Classes> = classes.iter().map(|(old, new)| (*new, *old)).collect();
        let (old, new) = (&self.old.matrix, &self.new.matrix);
        Difference {
            added: entries(&items, Surplus::new(new, old, &swapped)),
            removed: entries(&items, Surplus::new(old, new, &classes)),
        }
    }
}

/// The class of an end in the old and in the new cluster, where it is there.
type Classes = (Option<usize>, Option<usize>);

/// What has changed from one cluster to another.
///
/// ```
/// use portcullis::analyze::difference;
/// use portcullis::cluster::{ClusterBuilder, Pod};
/// use portcullis::policy::PolicySet;
/// use portcullis::{Engine, Options};
///
/// let engine = |names: &[&str]| {
///     let mut builder = ClusterBuilder::new();
///     for name in names {
///         builder.pod(Pod::new("shop", *name));
///     }
///     Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default())
/// };
/// let (old, new) = (engine(&["db", "web"]), engine(&["db"]));
/// assert!(difference(&old, &old).is_nothing());
/// let change = difference(&old, &new);
/// assert!(change.added.is_empty() && !change.removed.is_empty());
/// ```
///
/// # Complexity
/// As [`Comparison::of`].
#[must_use]
pub fn difference(old: &Engine, new: &Engine) -> Difference {
    Comparison::of(old, new).difference()
}

/// What one matrix has and another has not.
struct Surplus<'a> {
    this: &'a Matrix,
    other: &'a Matrix,
    classes: &'a [Classes],
    sets: PortSets,
    known: HashMap<(u32, u32), u32>,
}

impl<'a> Surplus<'a> {
    fn new(this: &'a Matrix, other: &'a Matrix, classes: &'a [Classes]) -> Self {
        Self { this, other, classes, sets: PortSets::new(), known: HashMap::new() }
    }
}

impl Cells for Surplus<'_> {
    fn number(&mut self, from: usize, to: usize) -> u32 {
        let (from, to) = (self.classes.get(from), self.classes.get(to));
        let (Some((from_this, from_other)), Some((to_this, to_other))) = (from, to) else { return NOTHING };
        let at = |matrix: &Matrix, from: &Option<usize>, to: &Option<usize>| match (from, to) {
            (Some(from), Some(to)) => matrix.number(*from, *to),
            _ => NOTHING,
        };
        let pair = (at(self.this, from_this, to_this), at(self.other, from_other, to_other));
        if let Some(number) = self.known.get(&pair) {
            return *number;
        }
        let number = self.sets.number(self.this.set(pair.0).minus(&self.other.set(pair.1)));
        self.known.insert(pair, number);
        number
    }

    fn set(&self, number: u32) -> PortSet {
        self.sets.set(number)
    }
}

/// Ends that neither cluster tells apart, with their classes in both.
fn common(old: &Connectivity, new: &Connectivity) -> (Vec<Classes>, Vec<Item>) {
    let mut workloads: BTreeMap<&WorkloadName, Classes> = BTreeMap::new();
    for (name, class) in &old.ends.workloads {
        workloads.entry(name).or_default().0 = Some(*class);
    }
    for (name, class) in &new.ends.workloads {
        workloads.entry(name).or_default().1 = Some(*class);
    }
    let mut ranges: BTreeMap<AddressRange, Classes> = BTreeMap::new();
    for (own, class) in &old.ends.outside {
        own.iter().for_each(|range| ranges.entry(*range).or_default().0 = Some(*class));
    }
    for (own, class) in &new.ends.outside {
        own.iter().for_each(|range| ranges.entry(*range).or_default().1 = Some(*class));
    }
    let mut classes: Vec<Classes> = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    let mut known: HashMap<(bool, Classes), usize> = HashMap::new();
    let mut place = |outside: bool, pair: Classes, items: &mut Vec<Item>| {
        *known.entry((outside, pair)).or_insert_with(|| {
            classes.push(pair);
            items.push(Item::default());
            items.len().saturating_sub(1)
        })
    };
    for (name, pair) in workloads {
        let at = place(false, pair, &mut items);
        if let Some(item) = items.get_mut(at) {
            item.workloads.push(name.clone());
        }
    }
    for (range, pair) in ranges {
        let at = place(true, pair, &mut items);
        if let Some(item) = items.get_mut(at) {
            item.ranges.push(range);
        }
    }
    (classes, items)
}
