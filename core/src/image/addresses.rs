//! Looking addresses up: address → atom.

use core::hint::select_unpredictable;
use core::num::NonZero;

use super::Image;
use super::format::{Line, MAX_ATOMS, NONE, UNKNOWN_ATOM, bucket, hash, hash6, place, record_place, words6};
use super::look_up::{at8, equal8};
use super::seek::next;

/// The least number of an atom outside, in roots and nodes; below it are numbers of nodes.
const FIRST_OUTSIDE: u32 = 0x8000_0000;

/// An end of a packet: its atom, and the place of the atom's record.
///
/// The place follows from the atom; but whoever has just found a pod need not ask again what the atom is, and of whoever
/// is outside the place is known before the atom is.
#[derive(Clone, Copy, Default)]
pub(super) struct End {
    pub(super) atom: u32,
    pub(super) record: u32,
}

impl End {
    #[inline(always)]
    const fn of_pod(atom: u32) -> Self {
        Self { atom, record: atom & MAX_ATOMS }
    }

    #[inline(always)]
    const fn outside(atom: u32) -> Self {
        Self { atom, record: 0 }
    }

    #[inline(always)]
    pub(super) const fn of(atom: u32) -> Self {
        Self { atom, record: record_place(atom) }
    }
}

impl Image<'_> {
    /// The atom of an IPv4 address.
    #[cfg(test)]
    pub(crate) fn atom4(&self, address: u32) -> u32 {
        self.find4(address).atom
    }

    /// The atom of an IPv6 address.
    #[cfg(test)]
    pub(crate) fn atom6(&self, address: u128) -> u32 {
        self.find6(address).atom
    }

    /// An IPv4 address by its own line of pods or, if it is nobody's, by the root and the nodes.
    #[inline(always)]
    pub(super) fn find4(&self, address: u32) -> End {
        if let Some(line) = self.pods4.get(place_among(hash(address), self.pods4.len())) {
            if let Some(atom) = one_of(equal8(&line.low, address), &line.high) {
                return End::of_pod(atom);
            }
            // A line with room has sent no pod on to the next.
            if at8(&line.high, 7) == NONE {
                let root = self.root_of4(address);
                return if root >= FIRST_OUTSIDE {
                    End::outside(root)
                } else {
                    End::of(self.outside4(address))
                };
            }
        }
        End::of(self.sought4(address))
    }

    /// An IPv6 address, in the same way.
    #[inline(always)]
    pub(super) fn find6(&self, address: u128) -> End {
        let words = words6(address);
        if let Some(line) = self.pods6.get(place_among(hash6(words), self.pods6.len())) {
            let atom = on_line6(line, words);
            if atom != NONE {
                return End::of_pod(atom);
            }
            // A line with room has sent no pod on to the next.
            if at8(&line.high, 6) == NONE {
                let root = self.root_of6(address);
                return if root >= FIRST_OUTSIDE {
                    End::outside(root)
                } else {
                    End::of(self.outside6(address))
                };
            }
        }
        End::of(self.sought6(address))
    }

    /// The atom of an IPv4 address whose own line is full, and does not have it.
    #[inline(never)]
    pub(super) fn sought4(&self, address: u32) -> u32 {
        let count = u32::try_from(self.pods4.len()).unwrap_or(0);
        let mut number = bucket(hash(address), count);
        // Bounded: a search ends at the first line with room, or when all have been seen.
        for _ in 0..count {
            let Some(line) = self.pods4.get(place(number)) else { break };
            if let Some(atom) = one_of(equal8(&line.low, address), &line.high) {
                return atom;
            }
            if at8(&line.high, 7) == NONE {
                break;
            }
            number = next(number, count);
        }
        self.outside4(address)
    }

    /// The atom of an IPv6 address whose own line is full, and does not have it.
    #[inline(never)]
    pub(super) fn sought6(&self, address: u128) -> u32 {
        let words = words6(address);
        let count = u32::try_from(self.pods6.len()).unwrap_or(0);
        let mut number = bucket(hash6(words), count);
        for _ in 0..count {
            let Some(line) = self.pods6.get(place(number)) else { break };
            let atom = on_line6(line, words);
            if atom != NONE {
                return atom;
            }
            if at8(&line.high, 6) == NONE {
                break;
            }
            number = next(number, count);
        }
        self.outside6(address)
    }

    /// The atom of an IPv4 address that no pod owns.
    #[inline(never)]
    pub(crate) fn outside4(&self, address: u32) -> u32 {
        let mut entry = self.root_of4(address);
        let mut rest = address.wrapping_shl(self.root4_bits);
        // Bounded by the bits of an address.
        for _ in 0..4 {
            if entry >= FIRST_OUTSIDE {
                return entry;
            }
            entry = self.step(entry, rest.wrapping_shr(26));
            rest = rest.wrapping_shl(6);
        }
        outside_or_unknown(entry)
    }

    /// The atom of an IPv6 address that no pod owns.
    #[inline(never)]
    pub(crate) fn outside6(&self, address: u128) -> u32 {
        let mut entry = self.root_of6(address);
        let mut rest = address.wrapping_shl(self.root6_bits);
        for _ in 0..20 {
            if entry >= FIRST_OUTSIDE {
                return entry;
            }
            entry = self.step(entry, u32::try_from(rest.wrapping_shr(122)).unwrap_or(0));
            rest = rest.wrapping_shl(6);
        }
        outside_or_unknown(entry)
    }

    /// What the root has for an IPv4 address: an atom outside, or a node.
    #[inline(always)]
    fn root_of4(&self, address: u32) -> u32 {
        let first = address.wrapping_shr(self.root4_shift);
        self.root4.get(place(first)).copied().unwrap_or(UNKNOWN_ATOM)
    }

    /// What the root has for an IPv6 address.
    #[inline(always)]
    fn root_of6(&self, address: u128) -> u32 {
        let [first, ..] = words6(address);
        let first = first.wrapping_shr(self.root6_shift);
        self.root6.get(place(first)).copied().unwrap_or(UNKNOWN_ATOM)
    }

    /// What a node has for the next six bits of an address: an atom outside, or a node.
    #[inline(always)]
    pub(super) fn step(&self, node: u32, bit: u32) -> u32 {
        let Some(node) = self.nodes.get(place(node)) else { return UNKNOWN_ATOM };
        let [child_low, child_high, leaf_low, leaf_high, children, leaves, _, _] = *node;
        let below = 1_u64.wrapping_shl(bit).wrapping_sub(1);
        let child_bits = wide(child_low, child_high);
        if child_bits.wrapping_shr(bit) & 1 == 1 {
            return children.wrapping_add((child_bits & below).count_ones());
        }
        let up_to = below.wrapping_shl(1) | 1;
        let rank = (wide(leaf_low, leaf_high) & up_to).count_ones();
        let leaf = leaves.wrapping_add(rank).wrapping_sub(1);
        self.leaves.get(place(leaf)).copied().unwrap_or(UNKNOWN_ATOM)
    }
}

/// What a walk through nodes has come to, where it may have come to no end.
#[inline(always)]
pub(super) const fn outside_or_unknown(entry: u32) -> u32 {
    if entry >= FIRST_OUTSIDE { entry } else { UNKNOWN_ATOM }
}

/// The atom at the first of some bits; none where there is no bit, or no atom.
#[inline(always)]
fn one_of(found: u32, atoms: &[u32; 8]) -> Option<u32> {
    let [found, ..] = found.to_le_bytes();
    let number = NonZero::new(found)?.trailing_zeros();
    atoms.get(place(number)).copied().filter(|atom| *atom != NONE)
}

/// The place that a hash has among so many lines, as [`bucket`] has it.
#[inline(always)]
pub(super) fn place_among(hash: u32, count: usize) -> usize {
    let wide = u64::from(hash).wrapping_mul(u64::try_from(count).unwrap_or(0)).wrapping_shr(32);
    usize::try_from(wide).unwrap_or(usize::MAX)
}

/// The atom of an IPv6 address in a line.
#[inline(always)]
fn on_line6(line: &Line, words: [u32; 4]) -> u32 {
    let [first, second] = bytemuck::cast::<[u32; 4], [u64; 2]>(words);
    let [a, b, c, d] = bytemuck::cast::<[u32; 8], [u64; 4]>(line.low);
    let [e, f, ..] = bytemuck::cast::<[u32; 8], [u64; 4]>(line.high);
    // Of three none is likelier than the others: all are compared, with no branch between them.
    let is_it = |one: u64, other: u64| u8::from(((one ^ first) | (other ^ second)) == 0);
    let found = is_it(a, b) | is_it(c, d).wrapping_shl(1) | is_it(e, f).wrapping_shl(2);
    let atom = at8(&line.high, found.trailing_zeros().wrapping_add(4));
    select_unpredictable(found != 0, atom, NONE)
}

fn wide(low: u32, high: u32) -> u64 {
    u64::from(high).wrapping_shl(32) | u64::from(low)
}
