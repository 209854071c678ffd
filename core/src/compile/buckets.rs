//! Buckets: hash tables from a peer's atom to its slot, as lines of an image.

use alloc::vec::Vec;

use crate::image::{HalfRecord, Line, NONE, bucket, hash, place};

/// How many peers a bucket has on average in a large table: more would crowd, fewer would waste.
const PEERS_A_BUCKET: usize = 4;
/// How many peers a bucket has on average in a smaller one: the fullest for which a seed is found.
const FULLNESS: [usize; 3] = [6, 5, PEERS_A_BUCKET];
/// How many seeds are tried until none of a table's buckets is crowded.
const SEEDS: u32 = 8;

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
    /// What is mixed into the hash, above the flags.
    pub(super) seed: u32,
}

/// A bucket without peers.
pub(super) const EMPTY: Line = Line { low: [NONE; 8], high: [0; 8] };

/// The bucket of a peer in a table.
pub(super) fn own_bucket(peer: u32, table: TablePlace) -> u32 {
    bucket(hash(peer ^ table.seed.wrapping_shr(HalfRecord::SEED_SHIFT)), table.buckets)
}

/// The lines of a table of its own, and where it lies, but for its first line. One that has outgrown its lines will again:
/// it gets more room.
pub(super) fn lay(slots: &[u64], grows: bool) -> (Vec<Line>, TablePlace) {
    let buckets = |a_bucket: usize| u32::try_from(slots.len().div_ceil(a_bucket).max(1)).unwrap_or(u32::MAX);
    let seeded = |buckets: u32, seed: u32| {
        let table = TablePlace { first: 0, buckets, seed: seed.wrapping_shl(HalfRecord::SEED_SHIFT) };
        is_roomy(slots, table).then_some(table)
    };
    // A large table has a crowded bucket whatever the seed.
    let fits =
        |a_bucket: &usize| buckets(*a_bucket) <= FEW_BUCKETS && (!grows || *a_bucket == PEERS_A_BUCKET);
    let fullness = FULLNESS.into_iter().filter(fits);
    let lucky = fullness.into_iter().find_map(|full| (0..SEEDS).find_map(|seed| seeded(buckets(full), seed)));
    let table = lucky.unwrap_or_else(|| {
        let table = TablePlace { first: 0, buckets: buckets(PEERS_A_BUCKET), seed: 0 };
        let seed = if is_roomy(slots, table) { 0 } else { HalfRecord::CROWDED };
        TablePlace { seed, ..table }
    });
    (spread(slots, table), table)
}

/// Whether every peer has room in its own bucket.
fn is_roomy(slots: &[u64], table: TablePlace) -> bool {
    let mut few = [0_u8; 64];
    let mut many: Vec<u8> = Vec::new();
    let counts = match few.get_mut(..place(table.buckets)) {
        Some(counts) => counts,
        None => {
            many.resize(place(table.buckets), 0);
            &mut many
        }
    };
    slots.iter().all(|slot| {
        let count = counts.get_mut(place(own_bucket(first_of(*slot), table)));
        count.is_some_and(|count| {
            *count = count.saturating_add(1);
            *count <= 8
        })
    })
}

/// Puts peers into buckets; a crowded one's go on to the next. There are more places than peers.
fn spread(slots: &[u64], table: TablePlace) -> Vec<Line> {
    let mut lines = alloc::vec![EMPTY; place(table.buckets)];
    for slot in slots {
        let (peer, slot) = (first_of(*slot), second_of(*slot));
        let (before, from) = lines.split_at_mut(place(own_bucket(peer, table)).min(place(table.buckets)));
        let mut free = from
            .iter_mut()
            .chain(before)
            .filter_map(|line| line.low.iter_mut().zip(&mut line.high).find(|(key, _)| **key == NONE));
        if let Some((key, value)) = free.next() {
            (*key, *value) = (peer, slot);
        }
    }
    lines
}
