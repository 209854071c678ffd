//! Entries: connections put together, so that few lines say what many pairs do.

use alloc::vec::Vec;

use super::addresses::{AddressRange, fewest_cidrs};
use super::ends::WorkloadName;
use super::matrix::cut;
use super::ports::{NOTHING, PortSet};
use crate::compile::Interner;
use crate::image::place;
use crate::net::Cidr;
use crate::sorted::SortedMap;

/// One side of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Addresses that are no pod's and no node's, as the fewest CIDRs; such addresses are not cut out of them.
    Cidrs(Vec<Cidr>),
    /// Workloads, by name.
    Workloads(Vec<WorkloadName>),
}

/// Connections: from each of one group to each of another, on some ports.
///
/// Entries of a list do not overlap. A workload with itself and the outside with the outside are never meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The sources.
    pub from: Group,
    /// The destinations.
    pub to: Group,
    /// The ports.
    pub ports: PortSet,
}

/// Ends that no cell tells apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) workloads: Vec<WorkloadName>,
    pub(super) ranges: Vec<AddressRange>,
}

/// A matrix of sets of ports.
pub(super) trait Cells {
    /// The number of a pair's set.
    fn number(&mut self, from: usize, to: usize) -> u32;
    /// Adds the numbers of one source with some destinations.
    fn add_line(&mut self, from: usize, to: &[usize], line: &mut Vec<u32>) {
        line.extend(to.iter().map(|to| self.number(from, *to)));
    }
    /// The set of a number.
    fn set(&self, number: u32) -> PortSet;
}

/// The entries of a matrix whose lines are items.
///
/// # Complexity
/// Linear in the pairs of items.
pub(super) fn entries(items: &[Item], mut cells: impl Cells) -> Vec<Entry> {
    let of = |outside: bool| -> Vec<usize> {
        let is = |item: &&(usize, &Item)| item.1.ranges.is_empty() != outside;
        items.iter().enumerate().filter(|item| is(&item)).map(|(at, _)| at).collect()
    };
    let (inside, outside) = (of(false), of(true));
    let mut out = Vec::new();
    for (sources, destinations) in [(&inside, &inside), (&inside, &outside), (&outside, &inside)] {
        for (from, to, ports) in rectangles(sources, destinations, &mut cells) {
            let (from, to) = (gather(items, &from), gather(items, &to));
            let Some((from, to)) = without_itself(from, to) else { continue };
            out.push(Entry { from, to, ports: cells.set(ports) });
        }
    }
    out.sort_unstable();
    out
}

/// Sources, destinations, and the number that each pair of them has.
type Rectangle = (Vec<usize>, Vec<usize>, u32);

/// Cuts a matrix into rectangles of one number each, by rows or by columns, whichever makes fewer.
fn rectangles(sources: &[usize], destinations: &[usize], cells: &mut impl Cells) -> Vec<Rectangle> {
    let (rows, row_groups) = alike(sources, |from, line| cells.add_line(*from, destinations, line));
    let columns: Vec<usize> = (0..destinations.len()).collect();
    let (columns, column_groups) = alike(&columns, |at, line| {
        line.extend(rows.iter().map(|row| row.get(*at).copied().unwrap_or(NOTHING)));
    });
    let to_ends = |group: &Vec<usize>| -> Vec<usize> {
        group.iter().filter_map(|at| destinations.get(*at)).copied().collect()
    };
    let column_groups: Vec<Vec<usize>> = column_groups.iter().map(to_ends).collect();
    // `columns` is the reduced matrix: one list a group of destinations, one number in it a group of sources.
    let by_row = strips(row_groups.len(), column_groups.len(), |row, column| {
        columns.get(column).and_then(|numbers| numbers.get(row)).copied().unwrap_or(NOTHING)
    });
    let by_column = strips(column_groups.len(), row_groups.len(), |column, row| {
        columns.get(column).and_then(|numbers| numbers.get(row)).copied().unwrap_or(NOTHING)
    });
    let ends = |groups: &[Vec<usize>], numbers: &[usize]| -> Vec<usize> {
        numbers.iter().filter_map(|at| groups.get(*at)).flatten().copied().collect()
    };
    let rows_first = by_row.len() <= by_column.len();
    let strips = if rows_first { by_row } else { by_column };
    let make = |(lines, across, number): Rectangle| {
        let (rows, columns) = if rows_first { (lines, across) } else { (across, lines) };
        (ends(&row_groups, &rows), ends(&column_groups, &columns), number)
    };
    strips.into_iter().map(make).collect()
}

/// Items put together that have the same line of numbers: the distinct lines, each up to the last number that is not
/// nothing, and who has each.
fn alike(
    items: &[usize],
    mut add_line: impl FnMut(&usize, &mut Vec<u32>),
) -> (Vec<Vec<u32>>, Vec<Vec<usize>>) {
    let mut lines = Interner::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut line = Vec::new();
    for item in items {
        line.clear();
        add_line(item, &mut line);
        cut(&mut line);
        match groups.get_mut(place(lines.intern_ref(&line))) {
            Some(group) => group.push(*item),
            None => groups.push(alloc::vec![*item]),
        }
    }
    (lines.into_values(), groups)
}

/// For each number, the lines that have it at the same places, with these places.
fn strips(lines: usize, across: usize, number: impl Fn(usize, usize) -> u32) -> Vec<Rectangle> {
    let mut same: SortedMap<(u32, Vec<usize>), Vec<usize>> = SortedMap::new();
    let mut found: Vec<(u32, usize)> = Vec::new();
    for line in 0..lines {
        found.clear();
        found.extend((0..across).map(|at| (number(line, at), at)).filter(|(number, _)| *number != NOTHING));
        found.sort_unstable();
        for alike in found.chunk_by(|(one, _), (other, _)| one == other) {
            let Some((number, _)) = alike.first() else { continue };
            let places = alike.iter().map(|(_, at)| *at).collect();
            same.entry((*number, places)).or_default().push(line);
        }
    }
    same.into_iter().map(|((number, across), lines)| (lines, across, number)).collect()
}

fn gather(items: &[Item], group: &[usize]) -> Group {
    let items = || group.iter().filter_map(|at| items.get(*at));
    let ranges: Vec<AddressRange> = items().flat_map(|item| item.ranges.iter().copied()).collect();
    if ranges.is_empty() {
        let mut workloads: Vec<WorkloadName> =
            items().flat_map(|item| item.workloads.iter().cloned()).collect();
        workloads.sort_unstable();
        return Group::Workloads(workloads);
    }
    Group::Cidrs(fewest_cidrs(&ranges))
}

/// Leaves a workload out of the other side where it is alone on one; nothing where nothing is left.
fn without_itself(from: Group, to: Group) -> Option<(Group, Group)> {
    let (mut sources, mut destinations) = match (from, to) {
        (Group::Workloads(sources), Group::Workloads(destinations)) => (sources, destinations),
        others => return Some(others),
    };
    if let [only] = sources.as_slice() {
        destinations.retain(|name| name != only);
    }
    if let [only] = destinations.as_slice() {
        sources.retain(|name| name != only);
    }
    let left = !sources.is_empty() && !destinations.is_empty();
    left.then_some((Group::Workloads(sources), Group::Workloads(destinations)))
}
