//! Buckets: hash tables from a peer's atom to its slot, as lines of an image.

use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::image::{Line, NONE, bucket, hash, place};

/// How many peers a bucket has on average in a large table: more would crowd, fewer would waste.
const PEERS_A_BUCKET: usize = 4;
/// How many seeds are tried until none of a table's buckets is crowded.
const SEEDS: u32 = 16;

/// The most buckets that a lucky seed is looked for with.
const FEW_BUCKETS: u32 = 64;

/// Two words as one that sorts by the first.
pub(super) fn pair(first: u32, second: u32) -> u64 {
    u64::from(first).wrapping_shl(32) | u64::from(second)
}

/// The first word of a [`pair`].
pub(super) fn first_of(pair: u64) -> u32 {
    u32::try_from(pair.wrapping_shr(32)).unwrap_or(0)
}

/// The second word of a [`pair`].
pub(super) fn second_of(pair: u64) -> u32 {
    u32::try_from(pair & 0xffff_ffff).unwrap_or(0)
}

/// Where a table lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TablePlace {
    pub(super) first: u32,
    pub(super) buckets: u32,
    /// What is mixed into the hash, doubled; the lowest bit says that some bucket is crowded.
    pub(super) seed: u32,
}

/// The lines of all tables; equal tables share theirs.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    lines: Vec<Line>,
    known: HashMap<Vec<u64>, TablePlace>,
}

/// A bucket without peers.
pub(super) const EMPTY: Line = Line { low: [NONE; 8], high: [0; 8] };

impl Buckets {
    /// With one empty bucket, the table of every subject whose peers are all alike.
    pub(super) fn new() -> Self {
        let nobody = TablePlace { first: 0, buckets: 1, seed: 0 };
        Self { lines: alloc::vec![EMPTY], known: HashMap::from([(Vec::new(), nobody)]) }
    }

    /// The table of peers, each [`pair`]ed with its slot, sorted.
    pub(super) fn table(&mut self, slots: Vec<u64>) -> TablePlace {
        if let Some(known) = self.known.get(&slots) {
            return *known;
        }
        let (lines, seed) = lay(&slots);
        let buckets = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let first = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.lines.extend(lines);
        let table = TablePlace { first, buckets, seed };
        self.known.insert(slots, table);
        table
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        self.lines
    }
}

/// The lines of a table of its own, and its seed.
pub(super) fn lay(slots: &[u64]) -> (Vec<Line>, u32) {
    let count = if slots.len() <= 8 { 1 } else { slots.len().div_ceil(PEERS_A_BUCKET) };
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    // A large table has a crowded bucket whatever the seed.
    let seeds = if count <= FEW_BUCKETS { SEEDS } else { 1 };
    (0..seeds)
        .find_map(|seed| spread(slots, count, seed.wrapping_mul(2), false))
        .or_else(|| spread(slots, count, 1, true))
        .unwrap_or((alloc::vec![EMPTY], 0))
}

/// Puts peers into buckets; nothing when one is crowded and none may be.
fn spread(slots: &[u64], count: u32, seed: u32, may_crowd: bool) -> Option<(Vec<Line>, u32)> {
    let mut lines = alloc::vec![EMPTY; place(count)];
    for slot in slots {
        let (peer, slot) = (first_of(*slot), second_of(*slot));
        let mut number = bucket(hash(peer ^ seed.wrapping_shr(1)), count);
        loop {
            let line = lines.get_mut(place(number))?;
            let free = line.low.iter_mut().zip(&mut line.high).find(|(key, _)| **key == NONE);
            if let Some((key, value)) = free {
                (*key, *value) = (peer, slot);
                break;
            }
            if !may_crowd {
                return None;
            }
            // A crowded bucket's peers go on to the next; there are more places than peers.
            number = number.wrapping_add(1);
            if number == count {
                number = 0;
            }
        }
    }
    Some((lines, seed))
}
