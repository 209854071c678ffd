//! What several clusters have in common: ends that none of them tells apart, and cells made of what each says of a pair.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::addresses::AddressRange;
use super::connectivity::Connectivity;
use super::ends::WorkloadName;
use super::entries::{Cells, Item};
use super::matrix::Matrix;
use super::ports::{NOTHING, PortSet, PortSets};
use crate::sorted::SortedMap;

/// The class of an end in each of some clusters, where it is there.
pub(super) type Classes = Vec<Option<usize>>;

/// Ends that none of some clusters tells apart, with their classes in each.
pub(super) fn common(all: &[&Connectivity]) -> (Vec<Classes>, Vec<Item>) {
    let nowhere = || alloc::vec![None; all.len()];
    let mut workloads: SortedMap<&WorkloadName, Classes> = SortedMap::new();
    let mut ranges: SortedMap<AddressRange, Classes> = SortedMap::new();
    for (at, connectivity) in all.iter().enumerate() {
        for (name, class) in &connectivity.ends.workloads {
            if let Some(place) = workloads.entry(name).or_insert_with(nowhere).get_mut(at) {
                *place = Some(*class);
            }
        }
        for (own, class) in &connectivity.ends.outside {
            for range in own {
                if let Some(place) = ranges.entry(*range).or_insert_with(nowhere).get_mut(at) {
                    *place = Some(*class);
                }
            }
        }
    }
    let mut classes: Vec<Classes> = Vec::new();
    let mut items: Vec<Item> = Vec::new();
    let mut known: HashMap<(bool, Classes), usize> = HashMap::new();
    let mut place = |outside: bool, own: Classes, items: &mut Vec<Item>| {
        *known.entry((outside, own)).or_insert_with_key(|(_, own)| {
            classes.push(own.clone());
            items.push(Item::default());
            items.len().saturating_sub(1)
        })
    };
    for (name, own) in workloads {
        let at = place(false, own, &mut items);
        if let Some(item) = items.get_mut(at) {
            item.workloads.push(name.clone());
        }
    }
    for (range, own) in ranges {
        let at = place(true, own, &mut items);
        if let Some(item) = items.get_mut(at) {
            item.ranges.push(range);
        }
    }
    (classes, items)
}

/// Cells made of what each of some matrices says of a pair.
pub(super) struct Combined<'a, F> {
    matrices: &'a [&'a Matrix],
    classes: &'a [Classes],
    combine: F,
    sets: PortSets,
    /// What each of the matrices says of the pair that is asked about.
    numbers: Vec<u32>,
    known: HashMap<Vec<u32>, u32>,
}

impl<'a, F: Fn(&[PortSet]) -> PortSet> Combined<'a, F> {
    pub(super) fn new(matrices: &'a [&'a Matrix], classes: &'a [Classes], combine: F) -> Self {
        Self { matrices, classes, combine, sets: PortSets::new(), numbers: Vec::new(), known: HashMap::new() }
    }
}

impl<F: Fn(&[PortSet]) -> PortSet> Cells for Combined<'_, F> {
    fn number(&mut self, from: usize, to: usize) -> u32 {
        let (Some(from), Some(to)) = (self.classes.get(from), self.classes.get(to)) else { return NOTHING };
        let at = |(matrix, (from, to)): (&&Matrix, (&Option<usize>, &Option<usize>))| match (from, to) {
            (Some(from), Some(to)) => matrix.number(*from, *to),
            _ => NOTHING,
        };
        // Asked for each pair: what was found before is found without a new list.
        self.numbers.clear();
        self.numbers.extend(self.matrices.iter().zip(from.iter().zip(to)).map(at));
        if let Some(number) = self.known.get(self.numbers.as_slice()) {
            return *number;
        }
        let sets: Vec<PortSet> =
            self.matrices.iter().zip(&self.numbers).map(|(matrix, number)| matrix.set(*number)).collect();
        let number = self.sets.number((self.combine)(&sets));
        self.known.insert(self.numbers.clone(), number);
        number
    }

    fn set(&self, number: u32) -> PortSet {
        self.sets.set(number)
    }
}
