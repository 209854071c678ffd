//! Address intervals: all addresses between two bounds are held by the same lists of blocks.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::atoms::Atoms;
use super::classes::NO_IDENTITY;
use super::intern::Interner;
use crate::image::place;
use crate::net::{Cidr, IpBlock};

/// The one region of whatever is no pod.
const NO_REGION: u32 = 0;
/// The empty set of lists, for what no block holds.
pub(super) const NO_BLOCKS: u32 = 0;

/// Both families' intervals, and the distinct sets of block lists that hold them.
#[derive(Clone, Debug)]
pub(super) struct Intervals {
    sets: Interner<Vec<u32>>,
    v4: Vec<(u128, u32)>,
    v6: Vec<(u128, u32)>,
}

impl Intervals {
    /// # Complexity
    /// Sorts the bounds; then each costs the number of lists that hold it.
    pub(super) fn new(lists: &[Vec<IpBlock>]) -> Self {
        let mut sets = Interner::new();
        sets.intern(Vec::new());
        let v4 = sweep(lists, true, &mut sets);
        let v6 = sweep(lists, false, &mut sets);
        Self { sets, v4, v6 }
    }

    /// The number of the set of lists that hold an address.
    pub(super) fn set_of(&self, address: IpAddr) -> u32 {
        find(if address.is_ipv4() { &self.v4 } else { &self.v6 }, bits(address)).unwrap_or(NO_BLOCKS)
    }

    /// How many sets there are.
    pub(super) fn set_count(&self) -> u32 {
        u32::try_from(self.sets.values().len()).unwrap_or(u32::MAX)
    }

    /// The lists of a set, sorted.
    pub(super) fn lists(&self, set: u32) -> &[u32] {
        self.sets.values().get(place(set)).map_or(&[], Vec::as_slice)
    }

    /// One family's intervals from the one that holds an address to the one that holds another.
    pub(super) fn between(&self, v4: bool, first: u128, last: u128) -> &[(u128, u32)] {
        let starts = if v4 { &self.v4 } else { &self.v6 };
        let after = |at: u128| starts.partition_point(|(start, _)| *start <= at);
        starts.get(after(first).saturating_sub(1)..after(last)).unwrap_or(&[])
    }

    /// Adds a list, whose number is the highest; gives the ranges of addresses that it holds: of IPv4, of IPv6.
    ///
    /// # Complexity
    /// Linear in the intervals from the first that it touches to the last.
    pub(super) fn add(&mut self, number: u32, blocks: &[IpBlock]) -> [Vec<Range>; 2] {
        [true, false].map(|v4| {
            let held = ranges_of(blocks, v4);
            let starts = if v4 { &mut self.v4 } else { &mut self.v6 };
            let (Some(from), Some(to)) = (held.first(), held.last()) else { return held };
            let after = |at: u128| starts.partition_point(|(start, _)| *start <= at);
            let span = after(from.first).saturating_sub(1)..after(to.last.saturating_add(1));
            let old: Vec<(u128, u32)> = starts.get(span.clone()).unwrap_or(&[]).to_vec();
            let mut bounds: Vec<u128> = old.iter().map(|(start, _)| *start).collect();
            bounds.extend(held.iter().map(|range| range.first));
            bounds.extend(
                held.iter()
                    .filter(|range| range.last < last_of(v4))
                    .map(|range| range.last.saturating_add(1)),
            );
            bounds.sort_unstable();
            bounds.dedup();
            let mut new: Vec<(u128, u32)> = Vec::with_capacity(bounds.len());
            for start in bounds {
                let mut set = find(&old, start).unwrap_or(NO_BLOCKS);
                let at = held.partition_point(|range| range.last < start);
                if held.get(at).is_some_and(|range| range.first <= start) {
                    let mut lists = self.sets.values().get(place(set)).cloned().unwrap_or_default();
                    lists.push(number);
                    set = self.sets.intern(lists);
                }
                if new.last().is_none_or(|(_, before)| *before != set) {
                    new.push((start, set));
                }
            }
            starts.splice(span, new);
            held
        })
    }

    /// One family's intervals, each with the atom of its addresses that no pod owns.
    pub(super) fn outside(&self, v4: bool, atoms: &mut Atoms) -> Vec<(u128, u32)> {
        let (starts, any) = if v4 {
            (&self.v4, IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        } else {
            (&self.v6, IpAddr::V6(Ipv6Addr::UNSPECIFIED))
        };
        starts
            .iter()
            .map(|(start, set)| (*start, atoms.intern(NO_IDENTITY, NO_REGION, Some((any, *set)))))
            .collect()
    }
}

/// Addresses of a family from a first to a last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) first: u128,
    pub(super) last: u128,
}

/// Whether one of some ranges, which are sorted, holds an address of their family.
pub(super) fn hold(ranges: &[Range], address: IpAddr) -> bool {
    let at = bits(address);
    ranges.get(ranges.partition_point(|range| range.last < at)).is_some_and(|range| range.first <= at)
}

/// The last address of a family.
const fn last_of(v4: bool) -> u128 {
    if v4 { 0xffff_ffff } else { u128::MAX }
}

/// The addresses of a family that blocks hold.
fn ranges_of(blocks: &[IpBlock], v4: bool) -> Vec<Range> {
    let mut sets = Interner::new();
    sets.intern(Vec::new());
    let starts = sweep(core::slice::from_ref(&blocks.to_vec()), v4, &mut sets);
    let ends = starts.iter().skip(1).map(|(next, _)| next.saturating_sub(1)).chain([last_of(v4)]);
    let ranges = starts.iter().zip(ends).filter(|((_, set), _)| *set != NO_BLOCKS);
    ranges.map(|((first, _), last)| Range { first: *first, last }).collect()
}

/// The value of the interval that holds a number.
fn find(starts: &[(u128, u32)], at: u128) -> Option<u32> {
    let after = starts.partition_point(|(start, _)| *start <= at);
    starts.get(after.checked_sub(1)?).map(|(_, value)| *value)
}

/// An address as a number; the two families are kept apart by the caller.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// What happens to a block at a bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Leave,
    HoleEnds,
    HoleBegins,
    Enter,
}

/// A block on the way: whether the sweep is inside it, and inside how many of its exceptions.
#[derive(Clone, Copy)]
struct State {
    list: u32,
    inside: bool,
    holes: u32,
}

impl State {
    const fn holds(self) -> bool {
        // NP-014: an exception takes addresses out of its own block only. Exceptions may overlap.
        self.inside && self.holes == 0
    }
}

fn sweep(lists: &[Vec<IpBlock>], v4: bool, sets: &mut Interner<Vec<u32>>) -> Vec<(u128, u32)> {
    let mut states: Vec<State> = Vec::new();
    let mut changes: Vec<(u128, Change, u32)> = Vec::new();
    // The family's last address has no bound after it: nothing that could change lies beyond.
    let after = |cidr: Cidr| bits(cidr.last_address()).checked_add(1);
    for (list, blocks) in (0..).zip(lists) {
        for block in blocks.iter().filter(|block| block.cidr().is_ipv4() == v4) {
            let number = u32::try_from(states.len()).unwrap_or(u32::MAX);
            states.push(State { list, inside: false, holes: 0 });
            changes.push((bits(block.cidr().address()), Change::Enter, number));
            changes.extend(after(block.cidr()).map(|end| (end, Change::Leave, number)));
            for hole in block.except() {
                changes.push((bits(hole.address()), Change::HoleBegins, number));
                changes.extend(after(*hole).map(|end| (end, Change::HoleEnds, number)));
            }
        }
    }
    changes.sort_unstable();

    let mut holding = Holding { counts: alloc::vec![0; lists.len()], lists: BTreeSet::new() };
    let mut starts: Vec<(u128, u32)> = alloc::vec![(0, NO_BLOCKS)];
    for at_bound in changes.chunk_by(|a, b| a.0 == b.0) {
        for (_, change, number) in at_bound {
            let Some(state) = states.get_mut(place(*number)) else { continue };
            let before = state.holds();
            match change {
                Change::Leave => state.inside = false,
                Change::HoleEnds => state.holes = state.holes.saturating_sub(1),
                Change::HoleBegins => state.holes = state.holes.saturating_add(1),
                Change::Enter => state.inside = true,
            }
            holding.count(state.list, before, state.holds());
        }
        let start = at_bound.first().map_or(0, |(start, _, _)| *start);
        let set = sets.intern(holding.lists.iter().copied().collect::<Vec<u32>>());
        match starts.last_mut() {
            Some((last, value)) if *last == start => *value = set,
            Some((_, value)) if *value == set => {}
            _ => starts.push((start, set)),
        }
    }
    starts
}

/// The lists that hold the sweep's address, and by how many of their blocks.
struct Holding {
    counts: Vec<u32>,
    lists: BTreeSet<u32>,
}

impl Holding {
    fn count(&mut self, list: u32, before: bool, after: bool) {
        let Some(count) = self.counts.get_mut(place(list)) else { return };
        match (before, after) {
            (false, true) => {
                *count = count.saturating_add(1);
                self.lists.insert(list);
            }
            (true, false) => {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.lists.remove(&list);
                }
            }
            (false, false) | (true, true) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(cidr: &str, except: &[&str]) -> IpBlock {
        let parse = |text: &str| Cidr::parse(text).unwrap().cidr;
        IpBlock::new(parse(cidr), except.iter().map(|text| parse(text)).collect()).unwrap()
    }

    #[test]
    fn np_014_an_address_lies_in_the_blocks_that_hold_it_and_in_no_other() {
        let blocks = [
            block("0.0.0.0/0", &["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1/32"]),
            block("10.1.0.0/16", &["10.1.2.0/24"]),
            block("10.1.2.0/24", &[]),
            block("255.255.255.255/32", &[]),
            block("::/0", &["::1/128"]),
            block("ffff::/16", &["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"]),
        ];
        // Each block a list of its own, then all of them once more as one.
        let mut lists: Vec<Vec<IpBlock>> = blocks.iter().map(|block| alloc::vec![block.clone()]).collect();
        lists.push(blocks.to_vec());
        let intervals = Intervals::new(&lists);
        let mut probes: Vec<IpAddr> =
            ["0.0.0.0", "::", "::2", "10.3.0.0"].map(|a| a.parse().unwrap()).to_vec();
        for cidr in blocks.iter().flat_map(|block| block.except().iter().copied().chain([block.cidr()])) {
            for edge in [cidr.address(), cidr.last_address()] {
                let near = [bits(edge).wrapping_sub(1), bits(edge), bits(edge).wrapping_add(1)];
                probes.extend(near.map(|bits| match edge {
                    IpAddr::V4(_) => IpAddr::from(u32::try_from(bits & 0xffff_ffff).unwrap().to_be_bytes()),
                    IpAddr::V6(_) => IpAddr::from(bits.to_be_bytes()),
                }));
            }
        }
        // Lists that come one after another make the same sets as all at once.
        let mut added = Intervals::new(&[]);
        for (list, number) in lists.iter().zip(0..) {
            added.add(number, list);
        }
        for address in probes {
            assert_eq!(
                added.lists(added.set_of(address)),
                intervals.lists(intervals.set_of(address)),
                "{address}"
            );
            let holds = |list: &Vec<IpBlock>| list.iter().any(|block| block.contains(address));
            let expected: Vec<u32> =
                (0..).zip(&lists).filter(|(_, list)| holds(list)).map(|(n, _)| n).collect();
            assert_eq!(intervals.lists(intervals.set_of(address)), expected, "{address}");
        }
    }
}
