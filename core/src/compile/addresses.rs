//! Address tables: pods' addresses by hash, all others by their longest prefix, as sections of an image.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::buckets::{first_of, pair, second_of};
use super::words::lines_of;
use crate::image::{Line, NONE, bucket, hash, hash6, place, words6};

/// How many IPv4 pods a line has on average, of eight.
const PODS_A_LINE: usize = 4;
/// How many IPv6 pods a line has on average, of three.
const PODS6_A_LINE: usize = 2;

/// The lines of pods' addresses.
pub(super) struct PodLines {
    pub(super) pods4: Vec<Line>,
    pub(super) pods6: Vec<Line>,
}

const EMPTY4: Line = Line { low: [0; 8], high: [NONE; 8] };
const EMPTY6: Line = Line { low: [0; 8], high: [0, 0, 0, 0, NONE, NONE, NONE, 0] };

/// Lays addresses into lines. Sorted, so that the same pods make the same lines.
pub(super) fn pod_lines(owned: impl Iterator<Item = (IpAddr, u32)>) -> PodLines {
    // An address and its atom in one word: sorting is most of the work.
    let mut four: Vec<u64> = Vec::with_capacity(owned.size_hint().0);
    let mut six: Vec<(u128, u32)> = Vec::new();
    for (address, atom) in owned {
        match address {
            IpAddr::V4(address) => four.push(pair(address.to_bits(), atom)),
            IpAddr::V6(address) => six.push((address.to_bits(), atom)),
        }
    }
    four.sort_unstable();
    six.sort_unstable();
    let lines = |count: usize, a_line: usize| count.div_ceil(a_line).max(1);
    let mut pods4 = alloc::vec![EMPTY4; lines(four.len(), PODS_A_LINE)];
    let mut pods6 = alloc::vec![EMPTY6; lines(six.len(), PODS6_A_LINE)];
    for (key, atom) in four.into_iter().map(|owned| (first_of(owned), second_of(owned))) {
        insert(&mut pods4, hash(key), |line| {
            let free = line.low.iter_mut().zip(&mut line.high).find(|(_, atom)| **atom == NONE);
            free.map(|(low, high)| (*low, *high) = (key, atom)).is_some()
        });
    }
    for (key, atom) in six {
        let words = words6(key);
        insert(&mut pods6, hash6(words), |line| put6(line, words, atom));
    }
    PodLines { pods4, pods6 }
}

/// Puts an entry into the first line with room, from its hash's own on; lines have more places than entries.
fn insert(lines: &mut [Line], hash: u32, mut put: impl FnMut(&mut Line) -> bool) {
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let first = place(bucket(hash, count));
    let (before, after) = lines.split_at_mut(first.min(lines.len()));
    for line in after.iter_mut().chain(before) {
        if put(line) {
            return;
        }
    }
}

fn put6(line: &mut Line, words: [u32; 4], atom: u32) -> bool {
    let (first, second) = line.low.split_at_mut(4);
    let (third, atoms) = line.high.split_at_mut(4);
    for (target, slot) in [first, second, third].into_iter().zip(atoms) {
        if *slot == NONE {
            target.copy_from_slice(&words);
            *slot = atom;
            return true;
        }
    }
    false
}

/// The trie of both families' addresses outside, or what is to come after a part of it that is there.
#[derive(Default)]
pub(super) struct Tries {
    pub(super) nodes: Vec<[u32; 8]>,
    pub(super) leaves: Vec<u32>,
    /// The numbers of the first node and the first leaf.
    pub(super) first_node: u32,
    pub(super) first_leaf: u32,
}

/// The first bits of addresses, and how many they are.
pub(super) struct Root {
    pub(super) bits: u32,
    pub(super) entries: Vec<u32>,
}

impl Tries {
    /// Adds a family's intervals, each from its start to the next one's; the first starts at 0.
    pub(super) fn add(&mut self, intervals: &[(u128, u32)], width: u32) -> Root {
        // The larger the table, the more steps it saves; few prefixes do not pay for a large one.
        let bits = match intervals.len() {
            0..=255 => 8,
            256..=262_143 => 14,
            _ => 20,
        };
        let mut entries = Vec::new();
        let mut rest = intervals;
        for chunk in 0..1_u128.wrapping_shl(bits) {
            rest = skip_before(rest, chunk.wrapping_shl(width.wrapping_sub(bits)));
            entries.push(self.entry(rest, chunk, width.wrapping_sub(bits)));
        }
        Root { bits, entries }
    }

    /// The entry of a root for the addresses whose first bits are `chunk`, of which `shift` bits follow. The first of the
    /// intervals holds the first of them.
    pub(super) fn entry(&mut self, intervals: &[(u128, u32)], chunk: u128, shift: u32) -> u32 {
        let start = chunk.wrapping_shl(shift);
        let range = Range { first: start, last: start | ones(shift) };
        single(intervals, range).unwrap_or_else(|| {
            let node = self.reserve(1);
            self.fill(node, intervals, range, shift);
            node
        })
    }

    /// The nodes and the leaves as lines.
    pub(super) fn into_lines(mut self) -> (Vec<Line>, Vec<Line>) {
        if self.nodes.len() % 2 == 1 {
            // The other half of the last line: a node that nothing leads to, with one leaf, as every node has.
            self.nodes.push([0, 0, 1, 0, 0, 0, 0, 0]);
        }
        (lines_of(self.nodes.as_flattened()), lines_of(&self.leaves))
    }

    fn reserve(&mut self, count: usize) -> u32 {
        let first = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.resize(self.nodes.len().saturating_add(count), [0; 8]);
        self.first_node.saturating_add(first)
    }

    /// Fills a node for the addresses of a range of `bits` free bits.
    fn fill(&mut self, node: u32, intervals: &[(u128, u32)], range: Range, bits: u32) {
        let shift = bits.wrapping_sub(6);
        let (mut children, mut leaf_starts) = (0_u64, 0_u64);
        let mut below: Vec<(&[(u128, u32)], Range)> = Vec::new();
        let mut leaves: Vec<u32> = Vec::new();
        let mut rest = intervals;
        for chunk in 0..64_u32 {
            let first = range.first | u128::from(chunk).wrapping_shl(shift);
            let part = Range { first, last: first | ones(shift) };
            rest = skip_before(rest, first);
            let bit = 1_u64.wrapping_shl(chunk);
            match single(rest, part) {
                None => {
                    children |= bit;
                    below.push((rest, part));
                }
                Some(atom) if leaves.last() == Some(&atom) => {}
                Some(atom) => {
                    leaf_starts |= bit;
                    leaves.push(atom);
                }
            }
        }
        let leaves_before = u32::try_from(self.leaves.len()).unwrap_or(u32::MAX);
        let first_leaf = self.first_leaf.saturating_add(leaves_before);
        self.leaves.append(&mut leaves);
        let first_child = if below.is_empty() { 0 } else { self.reserve(below.len()) };
        let half = |bits: u64, shift: u32| u32::try_from(bits.wrapping_shr(shift) & 0xffff_ffff).unwrap_or(0);
        if let Some(words) = self.nodes.get_mut(place(node.wrapping_sub(self.first_node))) {
            *words = [
                half(children, 0),
                half(children, 32),
                half(leaf_starts, 0),
                half(leaf_starts, 32),
                first_child,
                first_leaf,
                0,
                0,
            ];
        }
        for ((intervals, part), child) in below.into_iter().zip(first_child..) {
            self.fill(child, intervals, part, shift);
        }
    }
}

/// Addresses from a first to a last one.
#[derive(Clone, Copy)]
struct Range {
    first: u128,
    last: u128,
}

fn ones(bits: u32) -> u128 {
    1_u128.wrapping_shl(bits).wrapping_sub(1)
}

/// Leaves the interval that holds an address first.
fn skip_before(mut intervals: &[(u128, u32)], address: u128) -> &[(u128, u32)] {
    while let [_, next, ..] = intervals {
        if next.0 > address {
            break;
        }
        intervals = intervals.get(1..).unwrap_or(&[]);
    }
    intervals
}

/// The value of a range that lies in one interval, the first.
fn single(intervals: &[(u128, u32)], range: Range) -> Option<u32> {
    match intervals {
        [(_, atom)] => Some(*atom),
        [(_, atom), (next, _), ..] if *next > range.last => Some(*atom),
        _ => None,
    }
}
