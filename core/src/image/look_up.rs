//! Looking up: subject and peer → row → answer.

use core::hint::select_unpredictable;

use wide::{i32x8, u32x8};

use super::Image;
use super::addresses::End;
use super::format::{HalfRecord, Line, NONE, POINT, bucket, hash, kind_of, place, value};
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
        let [.., base, seed] = *half;
        let flags = seed & HalfRecord::FLAGS;
        Located { line: own_line(half, peer), default: of_kind(half, peer), base, flags }
    }

    /// The slot of a peer.
    #[inline(always)]
    pub(super) fn slot(&self, half: &[u32; 8], located: Located, peer: u32) -> u32 {
        let Some(line) = self.buckets.get(place(located.line)) else { return NONE };
        let found = equal8(&line.low, peer);
        // Whether a table has flags is more easily foreseen than whether it lists a peer.
        if located.flags != 0 && (found == 0 || located.flags & HalfRecord::BENEATH != 0) {
            return self.slot_of_both(half, line, found, peer);
        }
        select_unpredictable(found != 0, at8(&line.high, found.trailing_zeros()), located.default)
    }

    /// The slot of a peer in a table with flags, and in the one that it lies on: both are looked at, since nobody
    /// foresees which of them lists a peer. Of its own bucket, places at which it was found are bits.
    #[cold]
    #[inline(never)]
    fn slot_of_both(&self, half: &[u32; 8], line: &Line, found: u32, peer: u32) -> u32 {
        let flags = flags_of(half);
        let lies = flags & HalfRecord::beneath(peer) != 0;
        let beneath = self.beneath.get(place(select_unpredictable(lies, of_kind(half, peer), 0)));
        // Who lies on nothing looks into its own bucket twice: that costs less than a branch.
        let beneath = select_unpredictable(lies, beneath.unwrap_or(&UNKNOWN_HALF), half);
        let Some(line_beneath) = self.buckets.get(place(own_line(beneath, peer))) else { return NONE };
        let found_beneath = equal8(&line_beneath.low, peer);
        let sought_beneath = sought_after(flags_of(beneath), line_beneath);
        let sought = sought_after(flags, line) | select_unpredictable(found_beneath == 0, sought_beneath, 0);
        // Not a comparison, which would become a branch: of eight bits less one those above them are set where none was.
        if found.wrapping_sub(1) & sought.wrapping_shl(8) != 0 {
            return self.sought(half, peer);
        }
        let listed_beneath = at8(&line_beneath.high, found_beneath.trailing_zeros());
        let unlisted = select_unpredictable(found_beneath != 0, listed_beneath, of_kind(beneath, peer));
        select_unpredictable(found != 0, at8(&line.high, found.trailing_zeros()), unlisted)
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

/// Half a record whose table lies beyond all buckets.
pub(super) const UNKNOWN_HALF: [u32; 8] = [NONE, 1, NONE, NONE, NONE, NONE, 0, 0];

const UNKNOWN: RawSide = RawSide::without_rule(Reason::NotEvaluated);

/// [`HalfRecord::DEFAULTS`] as a word.
const DEFAULTS: u32 = 2;
const _: () = assert!(HalfRecord::DEFAULTS == 2 && HalfRecord::RULE_BASE == 6);

/// The line of a table's own bucket for a peer.
#[inline(always)]
pub(super) fn own_line(half: &[u32; 8], peer: u32) -> u32 {
    let [table, buckets, .., seed] = *half;
    table.wrapping_add(bucket(hash(peer ^ seed.wrapping_shr(HalfRecord::SEED_SHIFT)), buckets))
}

/// The default word of a peer's kind.
#[inline(always)]
pub(super) fn of_kind(half: &[u32; 8], peer: u32) -> u32 {
    at8(half, kind_of(peer).wrapping_add(DEFAULTS))
}

#[inline(always)]
const fn flags_of(half: &[u32; 8]) -> u32 {
    let [.., seed] = *half;
    seed & HalfRecord::FLAGS
}

/// Which flags have a peer sought elsewhere whom its own bucket does not list: one with room has sent nobody on.
#[inline(always)]
fn sought_after(flags: u32, line: &Line) -> u32 {
    let is_full = at8(&line.low, 7) != NONE;
    flags & select_unpredictable(is_full, HalfRecord::CROWDED | HalfRecord::BY_REGION, HalfRecord::BY_REGION)
}
