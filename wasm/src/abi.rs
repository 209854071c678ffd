//! The binary interface: functions, numbers and layouts that guest and hosts agree on.
//!
//! All functions have the prefix `portcullis_`. Numbers are little-endian, addresses are in network order, pointers and
//! lengths are 32 bits wide, and 0 is never a pointer. The guest calls nobody.
//!
//! | function | meaning |
//! |---|---|
//! | `abi_1()` | marker of the major version, never called: a host sees it in the exports, without running code |
//! | `abi_minor() -> i32`, `caps() -> i64` | minor version; [`caps`] |
//! | `io(max_flows) -> ptr` | the [`IoDescriptor`], fixed for the life of the instance; 0 when there is no memory, or one for fewer flows was made before |
//! | `alloc(len, align) -> ptr`, `free(ptr, len, align) -> i32` | blocks that the host owns, of zeros; align is a power of two up to 64; 0 = out of memory |
//! | `image_reserve(len) -> ptr` | a region for an image of `len` bytes, at a multiple of 64; one reserved before is gone |
//! | `image_commit(ptr, len, flags) -> i32` | validates what the host wrote there, then decides by it; [`flag`] |
//! | `image_info(out, cap) -> i32` | the [`ImageInfo`] |
//! | `delta_apply(ptr, len, flags) -> i32` | applies the bytes of an `ImagePatch`, whole or not at all; a region reserved before is gone |
//! | `decide(ptr) -> i64` | one packet; see [`packed`] |
//! | `decide_v4(source, destination, ports, rest) -> i64` | the same without memory: addresses as numbers (10.0.0.1 is 0x0a000001), then the words at 32 and 36 of the packet |
//! | `decide_batch(in, n, stride, out) -> i32` | `n` packets, each `stride` ≥ 40 bytes after the one before, to `n` decisions of 16 bytes; gives `n` |
//! | `stats(out, cap) -> i32` | [`Stats`] |
//! | `reset() -> i32` | forgets the image, the counts and the host's blocks; the I/O block stays |
//!
//! Functions that fill `out` give the length that is needed and write no more than `cap`. What the host passes by
//! address has to lie in the I/O block or in one block of `alloc`; anything else is [`code::ARGUMENT`], never a trap.
//! A negative result is a [`code`], and the text of the reason lies in the error block. `decide` and `decide_v4` give 0,
//! which reads "denied, not evaluated", where others would give a negative number; `decide_batch` fills `out` with zeros
//! before it gives one, where `out` is good.

use bytemuck::{Pod, Zeroable};

/// The major version, as the marker `portcullis_abi_1` names it.
pub const MAJOR: u32 = 1;
/// The minor version: functions that were added. With 1 the full module has `list` and `diff`.
pub const MINOR: i32 = 1;
/// The marker that tells the major version.
pub const MARKER: &str = "portcullis_abi_1";
/// The bytes of a packet.
pub const PACKET_BYTES: u32 = 40;
/// The bytes of a decision.
pub const DECISION_BYTES: u32 = 16;
/// The most packets that one call decides.
pub const MAX_FLOWS: u32 = 4_096;
/// The bytes that the I/O block has for each packet.
pub const MAX_IO_STRIDE: u32 = 64;
/// The longest text of an error, in bytes.
pub const ERROR_BYTES: usize = 512;
/// The greatest alignment of blocks.
pub const MAX_ALIGN: u32 = 64;

/// Bits of `portcullis_caps`.
pub mod caps {
    /// Decides IPv6.
    pub const IPV6: i64 = 1;
    /// Decides SCTP.
    pub const SCTP: i64 = 1 << 1;
    /// Applies deltas.
    pub const DELTAS: i64 = 1 << 2;
    /// Takes strides above 40.
    pub const STRIDES: i64 = 1 << 3;
    /// Was built for 128-bit SIMD.
    pub const SIMD: i64 = 1 << 4;
    /// Loads and compiles manifests.
    pub const COMPILE: i64 = 1 << 5;
    /// Explains decisions.
    pub const EXPLAIN: i64 = 1 << 6;
    /// Says whether an API server would accept objects.
    pub const VALIDATE: i64 = 1 << 7;
    /// Lists connections and says how they would change; since minor version 1.
    pub const ANALYZE: i64 = 1 << 8;
}

/// Flags of `portcullis_image_commit` and `portcullis_delta_apply`.
pub mod flag {
    /// The host has opened these bytes itself, or made them: the guest looks at the header alone.
    pub const VERIFIED: u32 = 1;
}

/// What is wrong, where a result is negative.
pub mod code {
    /// A pointer, a length or a flag makes no sense.
    pub const ARGUMENT: i32 = -1;
    /// There is no memory for it.
    pub const MEMORY: i32 = -2;
    /// The bytes are no image or no patch, or damaged.
    pub const IMAGE: i32 = -3;
    /// The image is of another version.
    pub const VERSION: i32 = -4;
    /// The patch is for another generation.
    pub const GENERATION: i32 = -5;
    /// There is no image to decide by.
    pub const NO_IMAGE: i32 = -6;
    /// This module does not do it.
    pub const UNSUPPORTED: i32 = -8;
    /// More than one call may ask for.
    pub const LIMIT: i32 = -9;
    /// The request could not be read, or names what is not there; full module only.
    pub const REQUEST: i32 = -10;
}

/// Where packets go in, decisions come out, and errors are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct IoDescriptor {
    /// Where packets go.
    pub in_ptr: u32,
    /// Bytes for packets.
    pub in_cap: u32,
    /// Where decisions are.
    pub out_ptr: u32,
    /// Bytes for decisions.
    pub out_cap: u32,
    /// Where the text of the last error is: UTF-8, ended by a zero. It is there after a panic as well.
    pub err_ptr: u32,
    /// Bytes for errors.
    pub err_cap: u32,
    /// The most packets of a call.
    pub max_flows: u32,
    /// Zero.
    pub reserved: u32,
}

/// What is known of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct ImageInfo {
    /// The version of the cluster that it was compiled from.
    pub generation: u32,
    /// Bytes of the image.
    pub bytes: u32,
    /// The checksum of what it holds, its lower half first.
    pub checksum: [u32; 2],
    /// The version of the format.
    pub format: u32,
    /// The version of the semantics.
    pub semantics: u32,
    /// Kinds of ends that policies can tell apart.
    pub atoms: u32,
    /// Lines of peers.
    pub buckets: u32,
    /// Peers with slots of their own.
    pub slots: u32,
    /// Lines of ports.
    pub rows: u32,
    /// Bytes of the address tables.
    pub address_bytes: u32,
    /// Zero.
    pub reserved: u32,
}

/// What the instance has done since it began, or since `portcullis_reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Stats {
    /// Packets decided.
    pub decisions: u64,
    /// Calls that decided packets.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Images committed.
    pub commits: u64,
    /// Deltas applied.
    pub deltas: u64,
    /// Bytes of blocks, regions and the I/O block.
    pub memory_bytes: u64,
    /// The last error's code; 0 for none.
    pub last_error: i64,
    /// Zero.
    pub reserved: u64,
}

/// A decision in 64 bits: its first four bytes (verdict, egress reason, ingress reason, flags), and in the upper half the
/// rule that decided: the denying side's, else ingress's; all ones for none.
#[must_use]
pub const fn packed(decision: &portcullis::PacketDecision) -> i64 {
    let [verdict, egress, ingress, flags] =
        [decision.verdict, decision.egress_reason, decision.ingress_reason, decision.flags];
    let egress_denies = egress < portcullis::Reason::Rule.number();
    let rule = if egress_denies { decision.egress_rule } else { decision.ingress_rule };
    let [a, b, c, d] = rule.to_le_bytes();
    i64::from_le_bytes([verdict, egress, ingress, flags, a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_have_the_sizes_that_hosts_rely_on() {
        assert_eq!((size_of::<IoDescriptor>(), size_of::<ImageInfo>(), size_of::<Stats>()), (32, 48, 64));
    }

    #[test]
    fn a_packed_decision_names_the_rule_of_the_side_that_denies_else_of_ingress() {
        let decision = portcullis::PacketDecision {
            verdict: 0,
            egress_reason: 1,
            ingress_reason: 16,
            egress_rule: 5,
            ingress_rule: 7,
            ..Default::default()
        };
        assert_eq!(packed(&decision), 0x0000_0005_0010_0100);
        let allowed = portcullis::PacketDecision { verdict: 1, egress_reason: 17, ..decision };
        assert_eq!(packed(&allowed), 0x0000_0007_0010_1101);
    }
}
