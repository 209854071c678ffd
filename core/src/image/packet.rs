//! Packets and their answers, as dataplanes pass them in batches.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytemuck::{Pod, Zeroable};

use crate::net::Protocol;

/// One packet: 40 bytes, the record of the binary interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct Packet {
    /// The source address; IPv4 as mapped IPv6.
    pub source: [u8; 16],
    /// The destination address; IPv4 as mapped IPv6.
    pub destination: [u8; 16],
    /// The source port, little-endian.
    pub source_port: [u8; 2],
    /// The destination port, little-endian.
    pub destination_port: [u8; 2],
    /// The IP protocol number.
    pub protocol: u8,
    /// See [`packet_flag`].
    pub flags: u8,
    /// The ICMP type.
    pub icmp_type: u8,
    /// The ICMP code.
    pub icmp_code: u8,
}

/// Flags of a packet: what the caller knows and the image does not.
pub mod packet_flag {
    /// The destination was a service's address.
    pub const VIA_SERVICE: u8 = 1;
    /// The source is the node that the destination runs on (NP-018).
    pub const FROM_OWN_NODE: u8 = 2;
    /// A packet back from the destination of an allowed connection (NP-022).
    pub const REPLY: u8 = 4;
    /// The egress side is decided elsewhere.
    pub const SKIP_EGRESS: u8 = 8;
    /// The ingress side is decided elsewhere.
    pub const SKIP_INGRESS: u8 = 16;
    /// The destination is the node that the source runs on (NP-018).
    pub const TO_OWN_NODE: u8 = 32;
    /// A later packet of a connection that was allowed when it began (NP-023).
    pub const ESTABLISHED: u8 = 64;
    /// Both addresses are one pod's (NP-020); equal addresses need not be flagged.
    pub const SAME_POD: u8 = 128;
}

impl Packet {
    /// The first packet of a connection.
    #[must_use]
    pub fn new(source: IpAddr, destination: IpAddr, protocol: Protocol, port: u16) -> Self {
        Self {
            source: mapped(source),
            destination: mapped(destination),
            destination_port: port.to_le_bytes(),
            protocol: protocol.number(),
            ..Self::default()
        }
    }

    /// A packet of IPv4, with its last eight bytes as a little-endian word.
    pub(super) fn v4(source: Ipv4Addr, destination: Ipv4Addr, rest: u64) -> Self {
        let [s, t, d, e, protocol, flags, icmp_type, icmp_code] = rest.to_le_bytes();
        Self {
            source: source.to_ipv6_mapped().octets(),
            destination: destination.to_ipv6_mapped().octets(),
            source_port: [s, t],
            destination_port: [d, e],
            protocol,
            flags,
            icmp_type,
            icmp_code,
        }
    }
}

fn mapped(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => Ipv6Addr::octets(&address),
    }
}

/// The answer to a packet: 16 bytes, the record of the binary interface; all zero reads "denied".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Pod, Zeroable)]
#[repr(C)]
pub struct PacketDecision {
    /// 1 to let the packet pass, 0 to drop it, 255 where neither side was evaluated.
    pub verdict: u8,
    /// The number of the egress side's reason.
    pub egress_reason: u8,
    /// The number of the ingress side's reason.
    pub ingress_reason: u8,
    /// Reserved, zero.
    pub flags: u8,
    /// Where the image keeps the rule that decided the egress side, for [`Image::decision`](crate::Image::decision); all
    /// ones for none.
    pub egress_rule: u32,
    /// As `egress_rule`, for the ingress side.
    pub ingress_rule: u32,
    /// The generation of the image that answered.
    pub generation: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Reason;

    #[test]
    fn the_records_have_the_sizes_and_places_of_the_binary_interface() {
        assert_eq!((size_of::<Packet>(), size_of::<PacketDecision>()), (40, 16));
        let packet = Packet {
            source_port: 0x0102_u16.to_le_bytes(),
            icmp_type: 8,
            icmp_code: 9,
            flags: 7,
            ..Packet::new("10.0.0.1".parse().unwrap(), "fd00::2".parse().unwrap(), Protocol::TCP, 0x1234)
        };
        let bytes = bytemuck::bytes_of(&packet);
        assert_eq!(&bytes[..16], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]);
        assert_eq!((bytes[16], bytes[31]), (0xfd, 2));
        assert_eq!(&bytes[32..], [0x02, 0x01, 0x34, 0x12, 6, 7, 8, 9]);
    }

    #[test]
    fn an_answer_of_zeros_denies() {
        let decision = PacketDecision::default();
        assert_eq!(decision.verdict, 0);
        assert_eq!(Reason::from_number(decision.egress_reason), Reason::NotEvaluated);
    }
}
