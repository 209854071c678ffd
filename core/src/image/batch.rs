//! Deciding packets: one at a time, or many in flight.

use super::Image;
use super::format::{NONE, bucket, hash, is_pod, option_bit, place, record_place};
use super::look_up::{Located, RawSide, at8, half_of};
use super::packet::{Packet, PacketDecision, packet_flag};
use super::{other_protocols, port_key};
use crate::decision::Reason;
use crate::net::{IP_IN_IP, L4Protocol, Protocol, VXLAN_PORT, is_basic_icmp};
use crate::policy::Direction;

/// How many packets are looked up side by side: enough to keep the memory busy, few enough to stay in the first cache.
const IN_FLIGHT: usize = 16;

/// Lines from which on an image is too large for any cache that a core can count on: 16 MB.
const LARGE: usize = 1 << 18;

/// Half a record whose table lies beyond all buckets.
const UNKNOWN_HALF: [u32; 8] = [NONE, 1, NONE, NONE, NONE, NONE, 0, 0];

/// The word before the last of an IPv4 address that is written as one of IPv6.
const MAPPED: u32 = u32::from_le_bytes([0, 0, 0xff, 0xff]);

/// A packet as words, in the order in which it has them.
type Words = [u32; 10];

/// A packet with its addresses looked up.
#[derive(Clone, Copy, Default)]
struct Prepared {
    source: u32,
    destination: u32,
    key: u32,
    /// Whether something beside the tables has a say.
    unusual: bool,
}

/// One side on its way through the tables.
#[derive(Clone, Copy, Default)]
struct Passing {
    located: Located,
    slot: u32,
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
        self.finish(packet, prepared)
    }

    /// Decides packets in order, many in flight; as many as the shorter of the two slices has.
    ///
    /// # Complexity
    /// Linear in the packets. Allocates nothing.
    pub fn decide_batch(&self, packets: &[Packet], decisions: &mut [PacketDecision]) {
        for (packets, decisions) in packets.chunks(IN_FLIGHT).zip(decisions.chunks_mut(IN_FLIGHT)) {
            let mut prepared = [Prepared::default(); IN_FLIGHT];
            let mut egress = [Passing::default(); IN_FLIGHT];
            let mut ingress = [Passing::default(); IN_FLIGHT];
            // Each step is a loop of its own, so that the processor fetches the lines of all packets at once.
            if self.lines.len() >= LARGE {
                self.touch_addresses(packets);
            }
            for (slot, packet) in prepared.iter_mut().zip(packets) {
                *slot = self.prepare(packet);
            }
            let prepared = prepared.get(..packets.len()).unwrap_or(&[]);
            for ((out, into), at) in egress.iter_mut().zip(&mut ingress).zip(prepared) {
                out.located = Self::locate(self.half(at.source, Direction::Egress), at.destination);
                into.located = Self::locate(self.half(at.destination, Direction::Ingress), at.source);
            }
            for ((out, into), at) in egress.iter_mut().zip(&mut ingress).zip(prepared) {
                out.slot = self.slot(self.half(at.source, Direction::Egress), out.located, at.destination);
                into.slot = self.slot(self.half(at.destination, Direction::Ingress), into.located, at.source);
            }
            let sides = egress.iter().zip(&ingress);
            for (((decision, packet), at), (out, into)) in
                decisions.iter_mut().zip(packets).zip(prepared).zip(sides)
            {
                let egress = self.row_of(out.slot, out.located.base(), at.key);
                let ingress = self.row_of(into.slot, into.located.base(), at.key);
                *decision = self.conclude(packet, *at, egress, ingress);
            }
        }
    }

    /// Reads what looking packets' addresses up will read first, and does nothing with it: so many reads, with little
    /// between them, are on their way together. Looking up takes branches that nobody foresees, each of which would
    /// have the processor begin again with what it had fetched ahead.
    #[inline(always)]
    fn touch_addresses(&self, packets: &[Packet]) {
        let mut entries = [[0_u32; 2]; IN_FLIGHT];
        let mut read = 0;
        let count = u32::try_from(self.pods4.len()).unwrap_or(0);
        let shift = 32_u32.wrapping_sub(self.root4_bits);
        for (entries, packet) in entries.iter_mut().zip(packets) {
            let [_, _, _, source, _, _, _, destination, ..] = words_of(packet);
            *entries = [source, destination].map(|address| {
                let address = address.swap_bytes();
                let line = self.pods4.get(place(bucket(hash(address), count)));
                read ^= line.map_or(0, |line| at8(&line.high, 7));
                self.root4.get(place(address.wrapping_shr(shift))).copied().unwrap_or(0)
            });
        }
        let last = u32::try_from(self.nodes.len().saturating_sub(1)).unwrap_or(0);
        for entry in entries.iter().take(packets.len()).flatten() {
            // An atom in place of a node reads the last one.
            let [word, ..] = self.nodes.get(place((*entry).min(last))).copied().unwrap_or_default();
            read ^= word;
        }
        core::hint::black_box(read);
    }

    /// Half the record of an atom; of one that the image does not know, a half that leads to no answer.
    #[inline(always)]
    fn half(&self, atom: u32, direction: Direction) -> &[u32; 8] {
        self.records.get(place(record_place(atom))).map_or(&UNKNOWN_HALF, |record| half_of(record, direction))
    }

    #[inline(always)]
    fn prepare(&self, packet: &Packet) -> Prepared {
        let words = words_of(packet);
        let (key, is_usual) = self.traffic_of(&words);
        match addresses4(&words) {
            Some([from, to]) => Prepared {
                source: self.atom4(from),
                destination: self.atom4(to),
                key,
                unusual: !is_usual || from == to,
            },
            None => {
                let [source, destination] = self.atoms_of_any(packet);
                let is_ignored = self.options & option_bit::IPV6_IGNORED != 0 && is_ipv6(packet);
                let unusual = !is_usual || packet.source == packet.destination || is_ignored;
                Prepared { source, destination, key, unusual }
            }
        }
    }

    /// The key of a packet's traffic, and whether nothing beside tables and addresses has a say.
    #[inline(always)]
    fn traffic_of(&self, words: &Words) -> (u32, bool) {
        let [.., ports, rest] = *words;
        let [_, _, low, high] = ports.to_le_bytes();
        let port = u16::from_le_bytes([low, high]);
        let [protocol, flags, ..] = rest.to_le_bytes();
        let (key, is_usual) = match Protocol::from_number(protocol) {
            Protocol::L4(L4Protocol::Tcp) => (port_key(L4Protocol::Tcp, port), true),
            Protocol::L4(L4Protocol::Udp) => (port_key(L4Protocol::Udp, port), port != VXLAN_PORT),
            Protocol::L4(L4Protocol::Sctp) => {
                (port_key(L4Protocol::Sctp, port), self.options & option_bit::SCTP_DROPPED == 0)
            }
            Protocol::Other(_) => (other_protocols(), false),
        };
        (key, is_usual && flags == 0)
    }

    /// The atoms of a packet's addresses of any family.
    #[inline(never)]
    fn atoms_of_any(&self, packet: &Packet) -> [u32; 2] {
        [self.atom_of(packet.source), self.atom_of(packet.destination)]
    }

    /// The atom of an address as packets have it.
    fn atom_of(&self, address: [u8; 16]) -> u32 {
        let bits = u128::from_be_bytes(address);
        let upper = bits.wrapping_shr(32);
        if upper == 0xffff {
            self.atom4(u32::try_from(bits & 0xffff_ffff).unwrap_or(0))
        } else {
            self.atom6(bits)
        }
    }

    #[inline(always)]
    fn finish(&self, packet: &Packet, prepared: Prepared) -> PacketDecision {
        let Prepared { source, destination, key, .. } = prepared;
        let egress = self.side(source, destination, Direction::Egress, key);
        let ingress = self.side(destination, source, Direction::Ingress, key);
        self.conclude(packet, prepared, egress, ingress)
    }

    #[inline(always)]
    fn conclude(
        &self,
        packet: &Packet,
        prepared: Prepared,
        mut egress: RawSide,
        mut ingress: RawSide,
    ) -> PacketDecision {
        if prepared.unusual {
            let Prepared { source, destination, .. } = prepared;
            egress = self.unusual(packet, Direction::Egress, source, destination, egress);
            ingress = self.unusual(packet, Direction::Ingress, destination, source, ingress);
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

    /// What a side says once everything beside the tables has been heard, in the order of the semantics.
    #[cold]
    fn unusual(
        &self,
        packet: &Packet,
        direction: Direction,
        subject: u32,
        peer: u32,
        tables: RawSide,
    ) -> RawSide {
        let flag = |flag: u8| packet.flags & flag != 0;
        let option = |bit: u32| self.options & bit != 0;
        let (skip, own_node) = match direction {
            Direction::Egress => (
                packet_flag::SKIP_EGRESS,
                flag(packet_flag::TO_OWN_NODE) && option(option_bit::POD_TO_OWN_NODE_EXEMPT),
            ),
            Direction::Ingress => (
                packet_flag::SKIP_INGRESS,
                flag(packet_flag::FROM_OWN_NODE) && !option(option_bit::NODE_TO_OWN_POD_POLICED),
            ),
        };
        let to_itself = (flag(packet_flag::SAME_POD) || packet.source == packet.destination)
            && is_pod(subject)
            && is_pod(peer)
            && !option(option_bit::LOOPBACK_EVALUATED);
        let is_sctp = Protocol::from_number(packet.protocol) == Protocol::L4(L4Protocol::Sctp);
        let not_carried =
            is_sctp && option(option_bit::SCTP_DROPPED) && (is_pod(subject) || is_pod(peer)) && !to_itself;
        let from_pod = direction == Direction::Egress;
        let denied_node =
            from_pod && flag(packet_flag::TO_OWN_NODE) && option(option_bit::POD_TO_OWN_NODE_DENIED);
        let is_other = matches!(Protocol::from_number(packet.protocol), Protocol::Other(_));
        let is_isolated =
            [Reason::Isolated, Reason::ProtocolDenied].iter().any(|reason| reason.number() == tables.reason);
        let reason = if flag(skip) {
            Reason::Skipped
        } else if not_carried {
            Reason::Dropped
        } else if flag(packet_flag::REPLY) {
            Reason::Reply
        } else if flag(packet_flag::ESTABLISHED) && option(option_bit::ESTABLISHED_KEPT) {
            Reason::Established
        } else if !is_pod(subject) {
            Reason::NotAPod
        } else if to_itself && !flag(packet_flag::VIA_SERVICE) {
            Reason::Loopback
        } else if (from_pod && self.is_dropped_tunnel(packet)) || (denied_node && !is_pod(peer)) {
            Reason::Dropped
        } else if own_node && !is_pod(peer) {
            Reason::OwnNode
        } else if (is_other && option(option_bit::OTHER_PROTOCOLS_ALLOW))
            || (option(option_bit::ICMP_BASICS) && is_basic_icmp(packet.protocol, packet.icmp_type))
            || (option(option_bit::IPV6_IGNORED) && is_ipv6(packet))
        {
            Reason::ProtocolExempt
        } else if to_itself && is_isolated {
            // CNP-014: by a service the cluster's policies count, and the namespace's own do not.
            Reason::Loopback
        } else {
            return tables;
        };
        RawSide::without_rule(reason)
    }

    /// Whether the options drop a packet because it opens a tunnel.
    fn is_dropped_tunnel(&self, packet: &Packet) -> bool {
        let option = |bit: u32| self.options & bit != 0;
        match Protocol::from_number(packet.protocol) {
            Protocol::L4(L4Protocol::Udp) => {
                option(option_bit::VXLAN_DROPPED) && u16::from_le_bytes(packet.destination_port) == VXLAN_PORT
            }
            Protocol::Other(IP_IN_IP) => option(option_bit::IP_IN_IP_DROPPED),
            Protocol::L4(_) | Protocol::Other(_) => false,
        }
    }
}

fn is_ipv6(packet: &Packet) -> bool {
    let is_mapped = |address: [u8; 16]| u128::from_be_bytes(address).wrapping_shr(32) == 0xffff;
    !is_mapped(packet.source) && !is_mapped(packet.destination)
}

#[inline(always)]
fn words_of(packet: &Packet) -> Words {
    bytemuck::cast::<Packet, [[u8; 4]; 10]>(*packet).map(u32::from_le_bytes)
}

/// Both addresses, if they are of IPv4.
#[inline(always)]
fn addresses4(words: &Words) -> Option<[u32; 2]> {
    let [s0, s1, s2, source, d0, d1, d2, destination, ..] = *words;
    let others = s0 | s1 | (s2 ^ MAPPED) | d0 | d1 | (d2 ^ MAPPED);
    (others == 0).then_some([source.swap_bytes(), destination.swap_bytes()])
}
