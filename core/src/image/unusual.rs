//! What has a say beside the tables: flags, exemptions, and the options of plugins.

use super::Image;
use super::decide::is_ipv6;
use super::format::{is_pod, option_bit};
use super::look_up::RawSide;
use super::packet::{Packet, packet_flag};
use crate::decision::Reason;
use crate::net::{IP_IN_IP, L4Protocol, Protocol, VXLAN_PORT, is_basic_icmp};
use crate::policy::Direction;

impl Image<'_> {
    /// What a side says once everything beside the tables has been heard, in the order of the semantics.
    #[cold]
    pub(super) fn unusual(
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
