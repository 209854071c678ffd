//! Words: the options as one of the header's, and words as whole lines.

use alloc::vec::Vec;

use crate::image::{Line, option_bit};
use crate::options::{Established, Loopback, NodeToOwnPod, Options, OtherProtocols, PodToOwnNode};

/// The options that decisions look at, as the header's word.
pub(super) fn option_bits(options: Options) -> u32 {
    let bits = [
        (options.loopback == Loopback::Evaluated, option_bit::LOOPBACK_EVALUATED),
        (options.node_to_own_pod == NodeToOwnPod::Policed, option_bit::NODE_TO_OWN_POD_POLICED),
        (options.pod_to_own_node == PodToOwnNode::Exempt, option_bit::POD_TO_OWN_NODE_EXEMPT),
        (options.other_protocols == OtherProtocols::Allow, option_bit::OTHER_PROTOCOLS_ALLOW),
        (options.other_protocols == OtherProtocols::Deny, option_bit::OTHER_PROTOCOLS_DENY),
        (options.established == Established::Kept, option_bit::ESTABLISHED_KEPT),
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
