//! The format of an image: lines, sections, and what the words in them mean.
//!
//! An image is a sequence of 64-byte [`Line`]s of little-endian words. The first lines are the header, the rest are
//! sections, each a run of lines. Nothing in it is an address: it means the same wherever it lies.

use bytemuck::{Pod, Zeroable};

/// One cache line: two halves of eight words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C, align(64))]
pub struct Line {
    /// Keys, bounds, or the egress half of a record.
    pub low: [u32; 8],
    /// What the keys or bounds stand for, or the ingress half of a record.
    pub high: [u32; 8],
}

/// `PCLI`: the first word of every image.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"PCLI");
/// The version of this format.
pub(crate) const FORMAT_VERSION: u32 = 5;
/// The version of the semantics that images are compiled by; see the changelog.
pub(crate) const SEMANTICS_VERSION: u32 = 2;
/// The lines of the header.
pub(crate) const HEADER_LINES: usize = 4;

/// No key, no atom, no rule.
pub(crate) const NONE: u32 = u32::MAX;

/// A section, by its place in the header's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// One line an atom of a pod, after the one of all others: two halves of [`HalfRecord`].
    Records = 0,
    /// Eight peers' atoms and their slots, a line.
    Buckets = 1,
    /// Eight bounds and what begins at them, or holds at them alone, a line.
    Rows = 2,
    /// Eight pods' IPv4 addresses and their atoms, a line.
    Pods4 = 3,
    /// Three pods' IPv6 addresses and their atoms, a line.
    Pods6 = 4,
    /// The first bits of an IPv4 address: a node, or an atom.
    Root4 = 5,
    /// The first bits of an IPv6 address: a node, or an atom.
    Root6 = 6,
    /// Two trie nodes a line.
    Nodes = 7,
    /// The atoms at the tries' leaves.
    Leaves = 8,
    /// The rules of tables in order; a table's values are places in it.
    RuleLists = 9,
    /// Blocks of the slots of a kind's regions, for tables that tell regions apart.
    Defaults = 10,
    /// Two halves of [`HalfRecord`] a line: the tables that others lie on.
    Beneath = 11,
}

impl Section {
    /// The section's place in the header's table.
    pub(crate) const fn number(self) -> usize {
        match self {
            Self::Records => 0,
            Self::Buckets => 1,
            Self::Rows => 2,
            Self::Pods4 => 3,
            Self::Pods6 => 4,
            Self::Root4 => 5,
            Self::Root6 => 6,
            Self::Nodes => 7,
            Self::Leaves => 8,
            Self::RuleLists => 9,
            Self::Defaults => 10,
            Self::Beneath => 11,
        }
    }
}

/// How many sections there are.
pub(crate) const SECTIONS: usize = 12;

/// Words of the header.
pub(crate) mod header {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const FORMAT: usize = 1;
    pub(crate) const SEMANTICS: usize = 2;
    pub(crate) const GENERATION: usize = 3;
    pub(crate) const CHECKSUM_LOW: usize = 4;
    pub(crate) const CHECKSUM_HIGH: usize = 5;
    pub(crate) const LINES: usize = 6;
    pub(crate) const OPTIONS: usize = 7;
    pub(crate) const ROOT4_BITS: usize = 8;
    pub(crate) const ROOT6_BITS: usize = 9;
    pub(crate) const ROW_BITS: usize = 10;
    pub(crate) const RULES: usize = 11;
    pub(crate) const ATOMS: usize = 12;
    /// For each section two words: its first line and its length in lines.
    pub(crate) const SECTION_TABLE: usize = 16;
}

/// Kinds of atoms, in the two highest bits of an atom's number; each has default rows of its own.
pub(crate) mod kind {
    /// A pod with an IPv4 address or without one.
    pub(crate) const POD: u32 = 0;
    /// A pod with an IPv6 address.
    pub(crate) const POD6: u32 = 1;
    /// An IPv4 address, or an end without one, that is no pod.
    pub(crate) const OUTSIDE: u32 = 2;
    /// An IPv6 address that is no pod.
    pub(crate) const OUTSIDE6: u32 = 3;
    /// How many there are.
    pub(crate) const COUNT: usize = 4;
}

/// Regions of a kind: six bits of an atom's number after its kind. Atoms of a region are mostly held by the same peers.
pub(crate) const REGIONS: usize = 64;

/// How many atoms of pods, and how many others, have a number.
pub(crate) const MAX_ATOMS: u32 = 0x00ff_ffff;

/// The atom that no image knows: a pod's, past the last record, so that whoever has it is denied.
pub(crate) const UNKNOWN_ATOM: u32 = MAX_ATOMS;

/// The number of the atom of a kind and a region: of a pod the one whose record is at a place, of others one of so many.
pub(crate) const fn atom_number(kind: u32, region: u32, place: u32) -> u32 {
    if place < MAX_ATOMS { (kind << 30) | (region << 24) | place } else { UNKNOWN_ATOM }
}

/// The place of an atom's record: the first for all who are no pods, since no policy is about them.
#[inline(always)]
pub(crate) const fn record_place(atom: u32) -> u32 {
    // All ones for whoever is no pod: the highest bit of its kind is set.
    let outside = atom.cast_signed().wrapping_shr(31).cast_unsigned();
    atom & MAX_ATOMS & !outside
}

/// The region of an atom.
pub(crate) const fn region_of(atom: u32) -> u32 {
    (atom >> 24) & 63
}

/// The kind of an atom.
pub(crate) const fn kind_of(atom: u32) -> u32 {
    atom >> 30
}

/// Whether an atom is a pod's.
pub(crate) const fn is_pod(atom: u32) -> bool {
    kind_of(atom) < kind::OUTSIDE
}

/// One direction of a record: the first line of the table's buckets, how many they are (at least one), the default
/// slots, where its rules begin in the rule lists, and the table's seed above four flags.
pub(crate) struct HalfRecord;

impl HalfRecord {
    /// The slots of peers without a slot of their own, one a kind.
    pub(crate) const DEFAULTS: usize = 2;
    /// Where the table's rules begin in the rule lists.
    pub(crate) const RULE_BASE: usize = 6;
    /// The flag that some bucket has sent peers on to the next.
    pub(crate) const CROWDED: u32 = 1;
    /// The flag that pods' default words are numbers of blocks of [`REGIONS`] slots, and not slots.
    pub(crate) const BY_REGION: u32 = 2;
    /// The flag that pods without a slot of their own are looked up in the table beneath: their default words number its
    /// half in the section of those tables. Never together with [`Self::BY_REGION`], and never in a table beneath.
    pub(crate) const PODS_BENEATH: u32 = 4;
    /// The same of whoever is no pod.
    pub(crate) const OTHERS_BENEATH: u32 = 8;
    /// Either of these.
    pub(crate) const BENEATH: u32 = 12;
    /// All flags.
    pub(crate) const FLAGS: u32 = 15;
    /// How far the seed is above the flags.
    pub(crate) const SEED_SHIFT: u32 = 4;

    /// The flag that a peer without a slot of its own is looked up in the table beneath.
    #[inline(always)]
    pub(crate) const fn beneath(peer: u32) -> u32 {
        if is_pod(peer) { Self::PODS_BENEATH } else { Self::OTHERS_BENEATH }
    }
}

/// Values of rows: the place of a rule in its table's list, a line of further bounds, or an answer without a rule.
pub(crate) mod value {
    /// The bit of a rule's value that says that it denies.
    pub(crate) const DENY: u32 = 0x4000_0000;
    /// The first value that is no rule.
    pub(crate) const FIRST_LINK: u32 = 0x8000_0000;
    /// The first value that is an answer without a rule: this plus the reason's number.
    pub(crate) const FIRST_ANSWER: u32 = 0xffff_ff00;
}

/// The bit of a bound that says that it is a point: it is for its own key alone, and all keys after it are as if it were
/// not there. Points come after all other bounds of a line.
pub(crate) const POINT: u32 = 0x4000_0000;

/// The key of a bound that no port reaches.
pub(crate) const NO_BOUND: u32 = 0x7fff_ffff;

/// Options that the decision itself looks at, as bits of the header's word.
pub(crate) mod option_bit {
    pub(crate) const LOOPBACK_EVALUATED: u32 = 1;
    pub(crate) const NODE_TO_OWN_POD_POLICED: u32 = 2;
    pub(crate) const POD_TO_OWN_NODE_EXEMPT: u32 = 4;
    pub(crate) const OTHER_PROTOCOLS_ALLOW: u32 = 8;
    pub(crate) const ESTABLISHED_KEPT: u32 = 32;
    pub(crate) const POD_TO_OWN_NODE_DENIED: u32 = 64;
    pub(crate) const SCTP_DROPPED: u32 = 128;
    pub(crate) const VXLAN_DROPPED: u32 = 256;
    pub(crate) const IP_IN_IP_DROPPED: u32 = 512;
    pub(crate) const ICMP_BASICS: u32 = 1024;
    pub(crate) const IPV6_IGNORED: u32 = 2048;
}

/// Spreads keys over buckets.
pub(crate) const HASH_FACTOR: u32 = 0x9e37_79b1;

/// The bucket of a hash among `count`; uses all of the hash and needs no power of two.
#[inline(always)]
pub(crate) fn bucket(hash: u32, count: u32) -> u32 {
    let wide = u64::from(hash).wrapping_mul(u64::from(count)).wrapping_shr(32);
    // The product of a hash below 2^32 and `count`, shifted by 32 bits, lies below `count`.
    u32::try_from(wide).unwrap_or(0)
}

/// The hash of an atom, or of an IPv4 address: numbers that follow one another fall far apart.
#[inline(always)]
pub(crate) fn hash(key: u32) -> u32 {
    // `bucket` looks at the highest bits first, and those depend on every bit of the key.
    key.wrapping_mul(HASH_FACTOR)
}

/// The hash of an IPv6 address.
pub(crate) fn hash6(words: [u32; 4]) -> u32 {
    let [a, b, c, d] = words;
    let outer = a.wrapping_mul(0x85eb_ca6b) ^ b.wrapping_mul(0xc2b2_ae35).rotate_left(13);
    let mixed = outer ^ c.wrapping_mul(0x27d4_eb2f).rotate_left(7) ^ d;
    hash(mixed ^ mixed.wrapping_shr(15))
}

/// An IPv6 address as words, the most significant first.
pub(crate) fn words6(address: u128) -> [u32; 4] {
    let word = |shift: u32| u32::try_from(address.wrapping_shr(shift) & 0xffff_ffff).unwrap_or(0);
    [word(96), word(64), word(32), word(0)]
}

/// A number as a place in a list.
#[inline(always)]
pub(crate) fn place(number: u32) -> usize {
    // No list has this place, on a platform whose lists are shorter than the number.
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The checksum of all lines after the header: the sum of all lines' own, so that one line can be changed alone.
pub(crate) fn checksum(lines: &[Line]) -> [u32; 2] {
    let sum = line_sums(u32::try_from(HEADER_LINES).unwrap_or(0), lines);
    let half = |shift: u32| u32::try_from(sum.wrapping_shr(shift) & 0xffff_ffff).unwrap_or(0);
    [half(0), half(32)]
}

/// What lines from a place on add to the checksum.
pub(crate) fn line_sums(first: u32, lines: &[Line]) -> u64 {
    lines.iter().zip(first..).fold(0, |sum, (line, at)| sum.wrapping_add(line_sum(at, line)))
}

/// What a line at a place of the image adds to the checksum: nothing, where it is all zeros.
pub(crate) fn line_sum(at: u32, line: &Line) -> u64 {
    if *line == Line::default() {
        return 0;
    }
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325 ^ u64::from(at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (low, high) in line.low.iter().zip(&line.high) {
        let words = u64::from(*high).wrapping_shl(32) | u64::from(*low);
        sum = (sum ^ words).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    }
    // The last words are spread as the first ones are.
    sum = (sum ^ sum.wrapping_shr(32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    sum ^ sum.wrapping_shr(32)
}
