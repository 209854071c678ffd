//! Exemptions: what plugins do to packets whatever policies say.

use crate::flow::{End, Flow, Transport};
use crate::net::{IP_IN_IP, L4Protocol, Protocol, VXLAN_PORT, echo_request, is_basic_icmp};
use crate::options::{Ipv6, Options, OtherProtocols, Sctp, Tunnels};

/// Whether the plugin drops a flow at whichever pod comes first, so that both sides say so (`CIL-9`).
pub(crate) fn is_not_carried(flow: &Flow, options: Options) -> bool {
    options.sctp == Sctp::Dropped && flow.transport().protocol() == Protocol::L4(L4Protocol::Sctp)
}

/// Whether the options drop what a pod sends because it opens a tunnel (`CAL-3`).
pub(crate) fn is_dropped_tunnel(transport: Transport, options: Options) -> bool {
    match transport {
        Transport::Ports { protocol: L4Protocol::Udp, port: VXLAN_PORT, .. } => {
            options.tunnels == Tunnels::Dropped
        }
        Transport::Other { protocol: IP_IN_IP, .. } => options.tunnels != Tunnels::Policed,
        Transport::Ports { .. } | Transport::Other { .. } => false,
    }
}

/// Whether a protocol without ports passes, or a family of addresses that the plugin does not police.
pub(crate) fn is_exempt_protocol(flow: &Flow, options: Options) -> bool {
    let of_ipv6 = |end: End| end.address().is_some_and(|address| address.is_ipv6());
    // `azure-npm/ipv6`: no rule is made for IPv6.
    if options.ipv6 == Ipv6::Ignored && (of_ipv6(flow.source()) || of_ipv6(flow.destination())) {
        return true;
    }
    let Transport::Other { protocol, icmp } = flow.transport() else { return false };
    match options.other_protocols {
        // NP-021: some plugins let every protocol without ports pass, some a few messages of ICMP.
        OtherProtocols::Allow => true,
        OtherProtocols::IcmpBasics => {
            let kind = icmp.map_or(echo_request(protocol), |(kind, _)| kind);
            is_basic_icmp(protocol, kind)
        }
        OtherProtocols::Deny | OtherProtocols::PortlessRules => false,
    }
}

/// Whether some traffic with ports is decided before any policy because of its protocol, its port or its family, so that
/// whoever asks about all of it has to ask about each.
pub(crate) fn looks_at_traffic(options: Options) -> bool {
    options.sctp == Sctp::Dropped || options.tunnels == Tunnels::Dropped || options.ipv6 == Ipv6::Ignored
}

/// Type and code of a message, for a packet: where none is said and it matters, the one that everybody thinks of.
pub(crate) fn message(protocol: u8, icmp: Option<(u8, u8)>, options: Options) -> (u8, u8) {
    match (icmp, options.other_protocols) {
        (None, OtherProtocols::IcmpBasics) => (echo_request(protocol), 0),
        (icmp, _) => icmp.unwrap_or((0, 0)),
    }
}
