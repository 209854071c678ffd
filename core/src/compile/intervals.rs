//! Address intervals: all addresses between two bounds lie in the same blocks.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::atoms::Atoms;
use super::classes::NO_IDENTITY;
use super::intern::{Interner, place};
use crate::net::{Cidr, IpBlock};

/// The set of blocks that hold no address at all.
pub(super) const NO_BLOCKS: u32 = 0;

/// Both families' intervals, and the distinct sets of blocks that they lie in.
#[derive(Clone, Debug)]
pub(super) struct Intervals {
    sets: Vec<Vec<u32>>,
    v4: Vec<(u128, u32)>,
    v6: Vec<(u128, u32)>,
}

impl Intervals {
    /// # Complexity
    /// Sorts the bounds; then each costs the number of blocks that hold it.
    pub(super) fn new(blocks: &[IpBlock]) -> Self {
        let mut sets = Interner::new();
        sets.intern(Vec::new());
        let v4 = sweep(blocks, true, &mut sets);
        let v6 = sweep(blocks, false, &mut sets);
        Self { sets: sets.into_values(), v4, v6 }
    }

    /// The number of the set of blocks that hold an address.
    pub(super) fn set_of(&self, address: IpAddr) -> u32 {
        find(if address.is_ipv4() { &self.v4 } else { &self.v6 }, bits(address)).unwrap_or(NO_BLOCKS)
    }

    /// The blocks of a set, sorted.
    pub(super) fn blocks(&self, set: u32) -> &[u32] {
        self.sets.get(place(set)).map_or(&[], Vec::as_slice)
    }

    /// One family's intervals, each with the atom of its addresses that no pod owns.
    pub(super) fn outside(&self, v4: bool, atoms: &mut Atoms) -> Vec<(u128, u32)> {
        let (starts, any) = if v4 {
            (&self.v4, IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        } else {
            (&self.v6, IpAddr::V6(Ipv6Addr::UNSPECIFIED))
        };
        starts.iter().map(|(start, set)| (*start, atoms.intern(NO_IDENTITY, Some((any, *set))))).collect()
    }
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

/// What changes at a bound: blocks entered and left, by their range or by one of their exceptions.
#[derive(Default)]
struct Bound {
    enter: Vec<u32>,
    leave: Vec<u32>,
    hole_begins: Vec<u32>,
    hole_ends: Vec<u32>,
}

fn sweep(blocks: &[IpBlock], v4: bool, sets: &mut Interner<Vec<u32>>) -> Vec<(u128, u32)> {
    let mut bounds: BTreeMap<u128, Bound> = BTreeMap::from([(0, Bound::default())]);
    // The family's last address has no bound after it: nothing that could change lies beyond.
    let after = |cidr: Cidr| (bits(cidr.last_address())).checked_add(1);
    for (number, block) in (0..).zip(blocks).filter(|(_, block)| block.cidr().is_ipv4() == v4) {
        bounds.entry(bits(block.cidr().address())).or_default().enter.push(number);
        if let Some(end) = after(block.cidr()) {
            bounds.entry(end).or_default().leave.push(number);
        }
        for hole in block.except() {
            bounds.entry(bits(hole.address())).or_default().hole_begins.push(number);
            if let Some(end) = after(*hole) {
                bounds.entry(end).or_default().hole_ends.push(number);
            }
        }
    }

    let mut inside: BTreeSet<u32> = BTreeSet::new();
    let mut holes: BTreeMap<u32, usize> = BTreeMap::new();
    let mut starts: Vec<(u128, u32)> = Vec::new();
    for (start, bound) in bounds {
        for number in bound.leave {
            inside.remove(&number);
        }
        for number in bound.hole_ends {
            holes.entry(number).and_modify(|count| *count = count.saturating_sub(1));
        }
        for number in bound.hole_begins {
            // Exceptions may overlap: a block is left until the last of them ends.
            holes.entry(number).and_modify(|count| *count = count.saturating_add(1)).or_insert(1);
        }
        inside.extend(bound.enter);
        // NP-014: an exception takes addresses out of its own block only.
        let open = |number: &u32| holes.get(number).is_none_or(|count| *count == 0);
        let set = sets.intern(inside.iter().copied().filter(open).collect());
        if starts.last().is_none_or(|(_, last)| *last != set) {
            starts.push((start, set));
        }
    }
    starts
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
        let intervals = Intervals::new(&blocks);
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
        for address in probes {
            let expected: Vec<u32> =
                (0..).zip(&blocks).filter(|(_, b)| b.contains(address)).map(|(n, _)| n).collect();
            assert_eq!(intervals.blocks(intervals.set_of(address)), expected, "{address}");
        }
    }
}
