//! Looking up: subject and peer → row → answer.

use core::hint::select_unpredictable;

use wide::{i32x8, u32x8};

use super::Image;
use super::addresses::End;
use super::format::{
    HalfRecord, Line, NONE, POINT, REGIONS, bucket, hash, is_pod, kind_of, place, region_of, value,
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

    /// What a row's value says, where its rules are relative to `base`; a link says nothing.
    #[inline(always)]
    pub(super) fn new(found: u32, base: u32) -> Self {
        let is_answer = found >= value::FIRST_ANSWER;
        let denies = found & value::DENY != 0;
        let of_rule = select_unpredictable(denies, Reason::DenyRule.number(), Reason::Rule.number());
        // An answer's lowest byte is its reason.
        let [reason, ..] = found.to_le_bytes();
        Self {
            reason: select_unpredictable(is_answer, reason, of_rule),
            rule: select_unpredictable(is_answer, NONE, base.wrapping_add(found & !value::DENY)),
        }
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

/// The value of a line's point at a key or, where it has none there, of its last bound that is not above the key.
#[inline(always)]
pub(crate) fn value_at(line: &Line, key: u32) -> u32 {
    let bounds = i32x8::from(line.low.map(u32::cast_signed));
    // Bounds and keys have their highest bit clear, so that signed comparison, which every processor has, will do. No key
    // reaches a point's bit.
    let reached = i32x8::splat(key.wrapping_add(1).cast_signed()).simd_gt(bounds);
    let at_point = i32x8::splat((key | POINT).cast_signed()).simd_eq(bounds);
    // The first bound of a line is always reached, and points come last. Leading zeros count down what trailing bits
    // number.
    at8(&line.high, !(reached | at_point).to_bitmask().leading_zeros())
}

/// Whether a row's value leads to a line of further bounds.
#[inline(always)]
pub(crate) const fn is_link(found: u32) -> bool {
    found.wrapping_sub(value::FIRST_LINK) < value::FIRST_ANSWER.wrapping_sub(value::FIRST_LINK)
}

/// One of eight words, by a number whose other bits do not count.
#[inline(always)]
pub(super) fn at8(words: &[u32; 8], number: u32) -> u32 {
    words.get(place(number & 7)).copied().unwrap_or(NONE)
}

impl Image<'_> {
    /// What the tables say of a subject, a peer and their traffic.
    ///
    /// # Complexity
    /// Constant: one record, one bucket, one row, each a cache line; a crowded table or a long row adds lines.
    pub(crate) fn side(&self, subject: u32, peer: u32, direction: Direction, key: u32) -> RawSide {
        self.side_of(End::of(subject), End::of(peer), direction, key)
    }

    /// The same, of ends that have been found.
    #[inline(always)]
    pub(super) fn side_of(&self, subject: End, peer: End, direction: Direction, key: u32) -> RawSide {
        let Some(record) = self.records.get(place(subject.record)) else { return UNKNOWN };
        let half = half_of(record, direction);
        let located = Self::locate(half, peer.atom);
        self.row_of(self.slot(half, located, peer.atom), located.base, key)
    }

    /// Where a peer's slot would be in the table of half a record.
    #[inline(always)]
    pub(super) fn locate(half: &[u32; 8], peer: u32) -> Located {
        let [table, buckets, .., base, seed] = *half;
        let default = at8(half, kind_of(peer).wrapping_add(DEFAULTS));
        let own = bucket(hash(peer ^ seed.wrapping_shr(HalfRecord::SEED_SHIFT)), buckets);
        let flags = seed & HalfRecord::FLAGS;
        Located { line: table.wrapping_add(own), default, base, flags }
    }

    /// The slot of a peer.
    #[inline(always)]
    pub(super) fn slot(&self, half: &[u32; 8], located: Located, peer: u32) -> u32 {
        let Some(line) = self.buckets.get(place(located.line)) else { return NONE };
        let found = equal8(&line.low, peer);
        // Whether a table has flags is more easily foreseen than whether it lists a peer.
        if located.flags != 0 && (found == 0 || located.flags & HalfRecord::BENEATH != 0) {
            return self.elsewhere(half, located.line, located.default, peer);
        }
        select_unpredictable(found != 0, at8(&line.high, found.trailing_zeros()), located.default)
    }

    /// What a slot's row says.
    #[inline(always)]
    pub(super) fn row_of(&self, slot: u32, base: u32, key: u32) -> RawSide {
        let Some(line) = self.rows.get(place(slot & self.row_mask)) else { return UNKNOWN };
        let mut found = value_at(line, key);
        if is_link(found) {
            found = self.long_row(found, key);
        }
        RawSide::new(found, base.wrapping_add(slot.wrapping_shr(self.row_bits)))
    }

    /// The slot of a peer in a table with flags: one that its own bucket does not have, or any where the table lies on
    /// another. There it is looked for beneath whether the bucket has it or not: nobody foresees that.
    #[cold]
    #[inline(never)]
    fn elsewhere(&self, half: &[u32; 8], own_line: u32, default: u32, peer: u32) -> u32 {
        let [.., flags] = *half;
        let Some(line) = self.buckets.get(place(own_line)) else { return NONE };
        let found = equal8(&line.low, peer);
        let is_passed_on = found == 0 && at8(&line.low, 7) != NONE;
        if flags & HalfRecord::CROWDED != 0
            && is_passed_on
            && let Some(slot) = self.crowded(half, own_line, peer)
        {
            return slot;
        }
        let unlisted = self.unlisted(flags, default, peer);
        select_unpredictable(found != 0, at8(&line.high, found.trailing_zeros()), unlisted)
    }

    /// The slot of a peer that a table does not list.
    pub(super) fn default_of(&self, half: &[u32; 8], peer: u32) -> u32 {
        let [.., flags] = *half;
        self.unlisted(flags, at8(half, kind_of(peer).wrapping_add(DEFAULTS)), peer)
    }

    fn unlisted(&self, flags: u32, default: u32, peer: u32) -> u32 {
        if flags & HalfRecord::BY_REGION == 0 || !is_pod(peer) {
            return if flags & HalfRecord::beneath(peer) == 0 {
                default
            } else {
                self.slot_beneath(default, peer)
            };
        }
        self.of_region(default, peer)
    }

    fn of_region(&self, block: u32, peer: u32) -> u32 {
        let block = self.block(block).unwrap_or(&[]);
        block.get(place(region_of(peer))).copied().unwrap_or(NONE)
    }

    /// The slot of a peer in the table that others lie on. It lies on none itself: nothing here looks whether it does.
    #[inline(always)]
    fn slot_beneath(&self, number: u32, peer: u32) -> u32 {
        let Some(half) = self.beneath.get(place(number)) else { return NONE };
        let located = Self::locate(half, peer);
        let Some(line) = self.buckets.get(place(located.line)) else { return NONE };
        let found = equal8(&line.low, peer);
        if located.flags != 0 && found == 0 {
            return self.elsewhere_beneath(half, located.line, located.default, peer);
        }
        select_unpredictable(found != 0, at8(&line.high, found.trailing_zeros()), located.default)
    }

    #[cold]
    #[inline(never)]
    fn elsewhere_beneath(&self, half: &[u32; 8], own_line: u32, default: u32, peer: u32) -> u32 {
        let [.., flags] = *half;
        let is_full = |line: &Line| at8(&line.low, 7) != NONE;
        if flags & HalfRecord::CROWDED != 0
            && self.buckets.get(place(own_line)).is_some_and(is_full)
            && let Some(slot) = self.crowded(half, own_line, peer)
        {
            return slot;
        }
        if flags & HalfRecord::BY_REGION != 0 && is_pod(peer) {
            self.of_region(default, peer)
        } else {
            default
        }
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
        while is_link(found) {
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

pub(super) fn next(number: u32, count: u32) -> u32 {
    let next = number.wrapping_add(1);
    if next < count { next } else { 0 }
}
