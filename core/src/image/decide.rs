//! Deciding a packet: its two atoms and the key of its traffic, then both sides.

use core::net::Ipv4Addr;

use super::addresses::End;
use super::format::option_bit;
use super::look_up::RawSide;
use super::packet::{Packet, PacketDecision};
use super::{Image, other_protocols, port_key};
use crate::net::L4Protocol;
use crate::policy::Direction;

/// How the second half of an IPv4 address begins that is written as one of IPv6: the lower half of its word.
const MAPPED: u32 = 0xffff_0000;

/// A packet as words, little-endian: two an address, and one for the rest.
pub(super) type Words = [u64; 5];

/// A packet with its addresses looked up.
#[derive(Clone, Copy, Default)]
pub(super) struct Prepared {
    pub(super) source: End,
    pub(super) destination: End,
    pub(super) key: u32,
    /// Whether something beside the tables has a say.
    pub(super) unusual: bool,
}

impl Image<'_> {
    /// Decides one packet.
    ///
    /// # Complexity
    /// Constant, whatever the number of policies: two addresses, two records, two buckets, two rows. Allocates nothing.
    #[must_use]
    #[inline(always)]
    pub fn decide(&self, packet: &Packet) -> PacketDecision {
        let prepared = self.prepare(packet);
        let [egress, ingress] = self.sides(prepared);
        self.conclude(|| *packet, prepared, egress, ingress)
    }

    /// Decides one packet of IPv4 that is not in memory: its addresses as numbers, and its last eight bytes (ports,
    /// protocol and what follows) as a little-endian word.
    ///
    /// # Complexity
    /// As [`Image::decide`].
    #[must_use]
    #[inline(always)]
    pub fn decide_v4(&self, source: Ipv4Addr, destination: Ipv4Addr, rest: u64) -> PacketDecision {
        let prepared = self.prepare4(source.to_bits(), destination.to_bits(), self.traffic_of(rest));
        let [egress, ingress] = self.sides(prepared);
        self.conclude(|| Packet::v4(source, destination, rest), prepared, egress, ingress)
    }

    /// What the tables say of both sides.
    #[inline(always)]
    fn sides(&self, prepared: Prepared) -> [RawSide; 2] {
        let Prepared { source, destination, key, .. } = prepared;
        [
            self.side_of(source, destination, Direction::Egress, key),
            self.side_of(destination, source, Direction::Ingress, key),
        ]
    }

    #[inline(always)]
    pub(super) fn prepare(&self, packet: &Packet) -> Prepared {
        let words = words_of(packet);
        let [.., rest] = words;
        let traffic = self.traffic_of(rest);
        match addresses4(&words) {
            Some((from, to)) => self.prepare4(from, to, traffic),
            None => {
                let (key, unusual) = traffic;
                let is_ignored = self.options & option_bit::IPV6_IGNORED != 0;
                let [source, destination] = self.find_any(packet);
                let unusual = unusual | (packet.source == packet.destination) | is_ignored;
                Prepared { source, destination, key, unusual }
            }
        }
    }

    /// What is known of a packet of IPv4, from its addresses and what [`Image::traffic_of`] says of the rest.
    #[inline(always)]
    fn prepare4(&self, from: u32, to: u32, (key, unusual): (u32, bool)) -> Prepared {
        let (source, destination) = (self.find4(from), self.find4(to));
        Prepared { source, destination, key, unusual: unusual | (from == to) }
    }

    /// Both ends of a packet with addresses of any family.
    #[inline(never)]
    fn find_any(&self, packet: &Packet) -> [End; 2] {
        let [from, to] = addresses6(&words_of(packet));
        [self.find_one(from), self.find_one(to)]
    }

    /// An address of any family. A function by name: what became of a closure hung on what else the crate holds, and was
    /// 3 % of a packet.
    #[inline(never)]
    fn find_one(&self, address: u128) -> End {
        match mapped4(address) {
            Some(address) => self.find4(address),
            None => self.find6(address),
        }
    }

    /// The key of a packet's traffic, and whether something beside tables and addresses has a say.
    #[inline(always)]
    pub(super) fn traffic_of(&self, rest: u64) -> (u32, bool) {
        let [_, _, low, high, protocol, flags, _, _] = rest.to_le_bytes();
        let first = KEYS.get(usize::from(protocol)).copied().unwrap_or(OTHER_KEYS);
        let key = u32::from_le_bytes([low, high, first, 0]);
        let unusual = (flags != 0) | (key >= self.unusual_from) | (key == self.tunnel_key);
        (key, unusual)
    }

    #[inline(always)]
    pub(super) fn conclude(
        &self,
        packet: impl FnOnce() -> Packet,
        prepared: Prepared,
        mut egress: RawSide,
        mut ingress: RawSide,
    ) -> PacketDecision {
        if prepared.unusual {
            let Prepared { source, destination, .. } = prepared;
            let packet = packet();
            egress = self.unusual(&packet, Direction::Egress, source.atom, destination.atom, egress);
            ingress = self.unusual(&packet, Direction::Ingress, destination.atom, source.atom, ingress);
        }
        PacketDecision {
            verdict: u8::from(egress.allows() & ingress.allows()),
            egress_reason: egress.reason,
            ingress_reason: ingress.reason,
            flags: 0,
            egress_rule: egress.rule,
            ingress_rule: ingress.rule,
            generation: self.generation,
        }
    }
}

/// Where keys of a protocol begin, by its number, as the byte above the port's: read, not selected, so that what comes of
/// it is there once where compilers would select again at each use. Of other protocols every port will do: after the first
/// no bound comes.
static KEYS: [u8; 256] = {
    let mut keys = [OTHER_KEYS; 256];
    keys[6] = byte_of(port_key(L4Protocol::Tcp, 0));
    keys[17] = byte_of(port_key(L4Protocol::Udp, 0));
    keys[132] = byte_of(port_key(L4Protocol::Sctp, 0));
    keys
};
const _: () = assert!(L4Protocol::Tcp.number() == 6 && L4Protocol::Udp.number() == 17);
const _: () = assert!(L4Protocol::Sctp.number() == 132);

const OTHER_KEYS: u8 = byte_of(other_protocols());

/// The byte of a key above its port.
const fn byte_of(key: u32) -> u8 {
    let [_, _, byte, _] = key.to_le_bytes();
    byte
}

/// Whether both ends of a packet have addresses of IPv6.
pub(super) fn is_ipv6(packet: &Packet) -> bool {
    let [from, to] = addresses6(&words_of(packet));
    mapped4(from).is_none() && mapped4(to).is_none()
}

#[inline(always)]
pub(super) fn words_of(packet: &Packet) -> Words {
    bytemuck::cast::<Packet, [[u8; 8]; 5]>(*packet).map(u64::from_le_bytes)
}

/// Both addresses, if they are of IPv4.
#[inline(always)]
pub(super) fn addresses4(words: &Words) -> Option<(u32, u32)> {
    let [from, source, to, destination, _] = *words;
    let others = u64::from((low_half(source) ^ MAPPED) | (low_half(destination) ^ MAPPED)) | from | to;
    (others == 0).then(|| ends4(words))
}

/// Both addresses, as if they were of IPv4: a pair, since the compiler would make one number of an array of two, and put
/// that in order as a whole, which takes thrice as long where there is no instruction for it.
#[inline(always)]
pub(super) fn ends4(words: &Words) -> (u32, u32) {
    let [_, source, _, destination, _] = *words;
    let address = |word: u64| low_half(word.wrapping_shr(32)).swap_bytes();
    (address(source), address(destination))
}

/// Both addresses, of whatever family.
#[inline(always)]
pub(super) fn addresses6(words: &Words) -> [u128; 2] {
    let [from, source, to, destination, _] = *words;
    let address = |first: u64, second: u64| {
        u128::from(first.swap_bytes()).wrapping_shl(64) | u128::from(second.swap_bytes())
    };
    [address(from, source), address(to, destination)]
}

/// The IPv4 address that is written as one of IPv6.
#[inline(always)]
fn mapped4(address: u128) -> Option<u32> {
    let is_mapped = address.wrapping_shr(32) == 0xffff;
    is_mapped.then(|| u32::try_from(address & 0xffff_ffff).unwrap_or(0))
}

/// The lower half of a word.
#[inline(always)]
fn low_half(word: u64) -> u32 {
    u32::try_from(word & 0xffff_ffff).unwrap_or(0)
}
