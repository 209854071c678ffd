//! Assembling: sections and header → the lines of an image.

use alloc::vec::Vec;

use super::addresses::{PodLines, Root, Tries};
use super::tables::Tables;
use crate::image::{
    FORMAT_VERSION, HEADER_LINES, Line, MAGIC, SECTIONS, SEMANTICS_VERSION, checksum, header, option_bit,
};
use crate::options::{Established, Loopback, NodeToOwnPod, Options, OtherProtocols, PodToOwnNode};

/// Everything that an image holds.
pub(super) struct Parts {
    pub(super) tables: Tables,
    pub(super) pods: PodLines,
    pub(super) root4: Root,
    pub(super) root6: Root,
    pub(super) tries: Tries,
    pub(super) row_bits: u32,
    pub(super) rules: u32,
    pub(super) options: Options,
    pub(super) generation: u32,
}

/// The lines of an image.
pub(super) fn assemble(parts: Parts) -> Vec<Line> {
    let mut nodes = parts.tries.nodes;
    if nodes.len() % 2 == 1 {
        // The other half of the last line: a node that nothing leads to, with one leaf, as every node has.
        nodes.push([0, 0, 1, 0, 0, 0, 0, 0]);
    }
    let sections: [Vec<Line>; SECTIONS] = [
        parts.tables.records,
        parts.tables.buckets,
        parts.tables.rows,
        parts.pods.pods4,
        parts.pods.pods6,
        lines_of(&parts.root4.entries),
        lines_of(&parts.root6.entries),
        lines_of(nodes.as_flattened()),
        lines_of(&parts.tries.leaves),
        lines_of(&parts.tables.rule_lists),
    ];
    let mut words = [0_u32; 16 * HEADER_LINES];
    let mut set = |at: usize, value: u32| {
        if let Some(word) = words.get_mut(at) {
            *word = value;
        }
    };
    set(header::MAGIC, MAGIC);
    set(header::FORMAT, FORMAT_VERSION);
    set(header::SEMANTICS, SEMANTICS_VERSION);
    set(header::GENERATION, parts.generation);
    set(header::OPTIONS, option_bits(parts.options));
    set(header::ROOT4_BITS, parts.root4.bits);
    set(header::ROOT6_BITS, parts.root6.bits);
    set(header::ROW_BITS, parts.row_bits);
    set(header::RULES, parts.rules);
    let mut lines: Vec<Line> = alloc::vec![Line::default(); HEADER_LINES];
    for (section, number) in sections.into_iter().zip(0_usize..) {
        let at = header::SECTION_TABLE.saturating_add(number.saturating_mul(2));
        set(at, u32::try_from(lines.len()).unwrap_or(u32::MAX));
        set(at.saturating_add(1), u32::try_from(section.len()).unwrap_or(u32::MAX));
        lines.extend(section);
    }
    set(header::LINES, u32::try_from(lines.len()).unwrap_or(u32::MAX));
    let [low, high] = checksum(lines.get(HEADER_LINES..).unwrap_or(&[]));
    set(header::CHECKSUM_LOW, low);
    set(header::CHECKSUM_HIGH, high);
    for (line, from) in lines.iter_mut().zip(lines_of(&words)) {
        *line = from;
    }
    lines
}

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
