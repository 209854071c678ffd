//! Words: the options as one of the header's, and words as whole lines.

use alloc::vec::Vec;

use crate::image::{Line, option_bit};
use crate::options::{
    Established, Ipv6, Loopback, NodeToOwnPod, Options, OtherProtocols, PodToOwnNode, Sctp, Tunnels,
};

/// The options that decisions look at, as the header's word.
pub(super) fn option_bits(options: Options) -> u32 {
    let bits = [
        (options.loopback == Loopback::Evaluated, option_bit::LOOPBACK_EVALUATED),
        (options.node_to_own_pod == NodeToOwnPod::Policed, option_bit::NODE_TO_OWN_POD_POLICED),
        (options.pod_to_own_node == PodToOwnNode::Exempt, option_bit::POD_TO_OWN_NODE_EXEMPT),
        (options.other_protocols == OtherProtocols::Allow, option_bit::OTHER_PROTOCOLS_ALLOW),
        (options.established == Established::Kept, option_bit::ESTABLISHED_KEPT),
        (options.pod_to_own_node == PodToOwnNode::Denied, option_bit::POD_TO_OWN_NODE_DENIED),
        (options.sctp == Sctp::Dropped, option_bit::SCTP_DROPPED),
        (options.tunnels == Tunnels::Dropped, option_bit::VXLAN_DROPPED),
        (options.tunnels != Tunnels::Policed, option_bit::IP_IN_IP_DROPPED),
        (options.other_protocols == OtherProtocols::IcmpBasics, option_bit::ICMP_BASICS),
        (options.ipv6 == Ipv6::Ignored, option_bit::IPV6_IGNORED),
    ];
    bits.into_iter().filter(|(set, _)| *set).fold(0, |bits, (_, bit)| bits | bit)
}

/// Words as whole lines, the last filled up with zeros.
pub(super) fn lines_of(words: &[u32]) -> Vec<Line> {
    let line = |chunk: &[u32]| {
        let mut line = Line::default();
        for (word, from) in line.low.iter_mut().chain(&mut line.high).zip(chunk) {
            *word = *from;
        }
        line
    };
    words.chunks(16).map(line).collect()
}
