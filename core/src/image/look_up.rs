//! Looking up: address → atom, and subject and peer → row → answer.

use core::hint::select_unpredictable;

use wide::{i32x8, u32x8};

use super::Image;
use super::format::{
    HalfRecord, Line, NONE, REGIONS, UNKNOWN_ATOM, bucket, hash, hash6, is_pod, kind_of, place, record_place,
    region_of, value, words6,
};
use crate::decision::Reason;
use crate::policy::Direction;

/// What the tables say of one side: a reason's number, and a rule's place in the rule lists, all ones for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawSide {
    pub(crate) reason: u8,
    pub(crate) rule: u32,
}

/// Where to look for a peer, and what holds where it is not there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Located {
    line: u32,
    default: u32,
    base: u32,
    flags: u32,
}

impl Located {
    /// What the rules of the row are relative to.
    pub(super) const fn base(self) -> u32 {
        self.base
    }
}

impl RawSide {
    pub(crate) const fn without_rule(reason: Reason) -> Self {
        Self { reason: reason.number(), rule: NONE }
    }

    /// Whether the side passes.
    pub(crate) const fn allows(self) -> bool {
        // Reasons that allow are numbered from `Reason::Rule` up.
        self.reason >= Reason::Rule.number()
    }
}

/// The half of a record for a direction.
pub(super) const fn half_of(record: &Line, direction: Direction) -> &[u32; 8] {
    match direction {
        Direction::Egress => &record.low,
        Direction::Ingress => &record.high,
    }
}

/// Which of eight words equal a key, as bits.
#[inline(always)]
pub(super) fn equal8(words: &[u32; 8], key: u32) -> u32 {
    u32x8::from(*words).simd_eq(u32x8::splat(key)).to_bitmask()
}

/// The value of the last of eight ascending bounds that is not above a key.
#[inline(always)]
pub(super) fn value_at(line: &Line, key: u32) -> u32 {
    // Bounds and keys have their highest bit clear, so that signed comparison, which every processor has, will do.
    let after = i32x8::splat(key.wrapping_add(1).cast_signed());
    let reached = after.simd_gt(i32x8::from(line.low.map(u32::cast_signed))).to_bitmask();
    // The first bound of a line is always reached. Leading zeros count down what trailing bits number.
    at8(&line.high, !reached.leading_zeros())
}

/// One of eight words, by a number whose other bits do not count.
#[inline(always)]
pub(super) fn at8(words: &[u32; 8], number: u32) -> u32 {
    words.get(place(number & 7)).copied().unwrap_or(NONE)
}

impl Image<'_> {
    /// The atom of an IPv4 address.
    #[inline(always)]
    pub(crate) fn atom4(&self, address: u32) -> u32 {
        let count = u32::try_from(self.pods4.len()).unwrap_or(0);
        let number = bucket(hash(address), count);
        let Some(line) = self.pods4.get(place(number)) else { return self.outside4(address) };
        let atom = atom_in(line, address);
        if atom != NONE {
            return atom;
        }
        if at8(&line.high, 7) != NONE {
            return self.crowded4(address, number, count);
        }
        self.outside4(address)
    }

    /// The atom of an IPv4 address whose own line is full and does not have it.
    #[cold]
    fn crowded4(&self, address: u32, own: u32, count: u32) -> u32 {
        let mut number = own;
        // Bounded: a search ends at the first line with room, or when all have been seen.
        for _ in 1..count {
            number = next(number, count);
            let Some(line) = self.pods4.get(place(number)) else { break };
            let atom = atom_in(line, address);
            if atom != NONE {
                return atom;
            }
            if at8(&line.high, 7) == NONE {
                break;
            }
        }
        self.outside4(address)
    }

    /// The atom of an IPv6 address.
    pub(crate) fn atom6(&self, address: u128) -> u32 {
        let words = words6(address);
        let count = u32::try_from(self.pods6.len()).unwrap_or(0);
        let mut number = bucket(hash6(words), count);
        for _ in 0..self.pods6.len() {
            let Some(line) = self.pods6.get(place(number)) else { break };
            let (atom, has_room) = find6(line, words);
            if atom != NONE {
                return atom;
            }
            if has_room {
                break;
            }
            number = next(number, count);
        }
        self.outside6(address)
    }

    /// The atom of an IPv4 address that no pod owns.
    pub(crate) fn outside4(&self, address: u32) -> u32 {
        let first = address.wrapping_shr(32_u32.wrapping_sub(self.root4_bits));
        let entry = self.root4.get(place(first)).copied().unwrap_or(UNKNOWN_ATOM);
        let mut offset = self.root4_bits;
        self.walk(entry, || {
            let chunk = address.wrapping_shl(offset).wrapping_shr(26);
            offset = offset.wrapping_add(6);
            chunk
        })
    }

    /// The atom of an IPv6 address that no pod owns.
    pub(crate) fn outside6(&self, address: u128) -> u32 {
        let first = address.wrapping_shr(128_u32.wrapping_sub(self.root6_bits));
        let entry = usize::try_from(first)
            .ok()
            .and_then(|first| self.root6.get(first))
            .copied()
            .unwrap_or(UNKNOWN_ATOM);
        let mut offset = self.root6_bits;
        self.walk(entry, || {
            let chunk = address.wrapping_shl(offset).wrapping_shr(122);
            offset = offset.wrapping_add(6);
            u32::try_from(chunk).unwrap_or(0)
        })
    }

    /// From a root's entry to a leaf; `chunk` gives the address's next six bits.
    fn walk(&self, mut entry: u32, mut chunk: impl FnMut() -> u32) -> u32 {
        // An atom outside has its highest bit set, a node has not. Bounded by the bits of an address.
        for _ in 0..22 {
            if entry >= 0x8000_0000 {
                return entry;
            }
            let Some(node) = self.nodes.get(place(entry)) else { return UNKNOWN_ATOM };
            let [child_low, child_high, leaf_low, leaf_high, children, leaves, _, _] = *node;
            let bit = chunk();
            let below = 1_u64.wrapping_shl(bit).wrapping_sub(1);
            let child_bits = wide(child_low, child_high);
            if child_bits.wrapping_shr(bit) & 1 == 1 {
                entry = children.wrapping_add((child_bits & below).count_ones());
            } else {
                let up_to = below.wrapping_shl(1) | 1;
                let rank = (wide(leaf_low, leaf_high) & up_to).count_ones();
                let leaf = leaves.wrapping_add(rank).wrapping_sub(1);
                return self.leaves.get(place(leaf)).copied().unwrap_or(UNKNOWN_ATOM);
            }
        }
        UNKNOWN_ATOM
    }

    /// What the tables say of a subject, a peer and their traffic.
    ///
    /// # Complexity
    /// Constant: one record, one bucket, one row, each a cache line; a crowded table or a long row adds lines.
    #[inline(always)]
    pub(crate) fn side(&self, subject: u32, peer: u32, direction: Direction, key: u32) -> RawSide {
        let Some(record) = self.records.get(place(record_place(subject))) else { return UNKNOWN };
        let half = half_of(record, direction);
        let located = Self::locate(half, peer);
        self.row_of(self.slot(half, located, peer), located.base, key)
    }

    /// Where a peer's slot would be in the table of half a record.
    #[inline(always)]
    pub(super) fn locate(half: &[u32; 8], peer: u32) -> Located {
        let [table, buckets, .., base, seed] = *half;
        let default = at8(half, kind_of(peer).wrapping_add(DEFAULTS));
        let own = bucket(hash(peer ^ seed.wrapping_shr(HalfRecord::SEED_SHIFT)), buckets);
        let flags = seed & (HalfRecord::CROWDED | HalfRecord::BY_REGION);
        Located { line: table.wrapping_add(own), default, base, flags }
    }

    /// The slot of a peer.
    #[inline(always)]
    pub(super) fn slot(&self, half: &[u32; 8], located: Located, peer: u32) -> u32 {
        let Some(line) = self.buckets.get(place(located.line)) else { return NONE };
        let found = equal8(&line.low, peer);
        let own = at8(&line.high, found.trailing_zeros());
        let mut slot = select_unpredictable(found != 0, own, located.default);
        if located.flags != 0 && found == 0 {
            slot = self.elsewhere(half, located.line, located.default, peer);
        }
        slot
    }

    #[inline(always)]
    pub(super) fn row_of(&self, slot: u32, base: u32, key: u32) -> RawSide {
        let row = slot & self.row_mask;
        let delta = slot.wrapping_shr(self.row_bits);
        let Some(line) = self.rows.get(place(row)) else { return UNKNOWN };
        let mut found = value_at(line, key);
        if found.wrapping_sub(value::FIRST_LINK) < value::FIRST_ANSWER.wrapping_sub(value::FIRST_LINK) {
            found = self.long_row(found, key);
        }
        let is_answer = found >= value::FIRST_ANSWER;
        let denies = found & value::DENY != 0;
        let of_rule = select_unpredictable(denies, Reason::DenyRule.number(), Reason::Rule.number());
        // An answer's lowest byte is its reason.
        let [reason, ..] = found.to_le_bytes();
        let rule = base.wrapping_add(delta).wrapping_add(found & !value::DENY);
        RawSide {
            reason: select_unpredictable(is_answer, reason, of_rule),
            rule: select_unpredictable(is_answer, NONE, rule),
        }
    }

    /// The slot of a peer that its own bucket does not have, in a table with flags.
    #[cold]
    #[inline(never)]
    fn elsewhere(&self, half: &[u32; 8], own_line: u32, default: u32, peer: u32) -> u32 {
        let [.., flags] = *half;
        let is_full = |line: &Line| at8(&line.low, 7) != NONE;
        if flags & HalfRecord::CROWDED != 0
            && self.buckets.get(place(own_line)).is_some_and(is_full)
            && let Some(slot) = self.crowded(half, own_line, peer)
        {
            return slot;
        }
        if flags & HalfRecord::BY_REGION != 0 && is_pod(peer) {
            let block = self.block(default).unwrap_or(&[]);
            return block.get(place(region_of(peer))).copied().unwrap_or(NONE);
        }
        default
    }

    /// The slots of a kind's regions in a block.
    pub(super) fn block(&self, number: u32) -> Option<&[u32]> {
        let first = place(number).checked_mul(REGIONS)?;
        self.defaults.get(first..first.checked_add(REGIONS)?)
    }

    /// The slot of a peer in a bucket after its own, which is full.
    fn crowded(&self, half: &[u32; 8], own_line: u32, peer: u32) -> Option<u32> {
        let [table, buckets, ..] = *half;
        let mut number = own_line.wrapping_sub(table);
        for _ in 1..buckets {
            number = next(number, buckets);
            let line = self.buckets.get(place(table.wrapping_add(number)))?;
            let found = equal8(&line.low, peer);
            if found != 0 {
                return Some(at8(&line.high, found.trailing_zeros()));
            }
            if at8(&line.low, 7) == NONE {
                return None;
            }
        }
        None
    }

    /// The value of a row that goes on in other lines.
    #[cold]
    fn long_row(&self, mut found: u32, key: u32) -> u32 {
        // Validation has every link lead to an earlier line.
        while (value::FIRST_LINK..value::FIRST_ANSWER).contains(&found) {
            match self.rows.get(place(found.wrapping_sub(value::FIRST_LINK))) {
                Some(line) => found = value_at(line, key),
                None => return value::FIRST_ANSWER,
            }
        }
        found
    }
}

const UNKNOWN: RawSide = RawSide::without_rule(Reason::NotEvaluated);

/// [`HalfRecord::DEFAULTS`] as a word.
const DEFAULTS: u32 = 2;
const _: () = assert!(HalfRecord::DEFAULTS == 2 && HalfRecord::RULE_BASE == 6);

/// The atom of an IPv4 address in a line.
#[inline(always)]
fn atom_in(line: &Line, address: u32) -> u32 {
    let found = equal8(&line.low, address);
    select_unpredictable(found != 0, at8(&line.high, found.trailing_zeros()), NONE)
}

/// The atom of an IPv6 address in a line, and whether the line has room.
fn find6(line: &Line, words: [u32; 4]) -> (u32, bool) {
    let [a0, a1, a2, a3, b0, b1, b2, b3] = line.low;
    let [c0, c1, c2, c3, a, b, c, _] = line.high;
    let entries = [([a0, a1, a2, a3], a), ([b0, b1, b2, b3], b), ([c0, c1, c2, c3], c)];
    let found = entries.into_iter().find(|(address, atom)| *address == words && *atom != NONE);
    (found.map_or(NONE, |(_, atom)| atom), c == NONE)
}

fn next(number: u32, count: u32) -> u32 {
    let next = number.wrapping_add(1);
    if next < count { next } else { 0 }
}

fn wide(low: u32, high: u32) -> u64 {
    u64::from(high).wrapping_shl(32) | u64::from(low)
}
