//! Blocks: which addresses the `ipBlock`s of a rule hold.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::cluster::Cluster;
use crate::net::{Cidr, IpBlock};
use crate::options::{AnyIpv6Block, ExceptScope, Excepts, IpBlockNodes, Options};
use crate::sorted::SortedSet;

/// What `::/0` becomes where only addresses of hosts are meant.
const ASSIGNED_IPV6: [&str; 2] = ["2000::/3", "fd00::/8"];

/// The addresses that are nodes': of their objects, of pods' statuses, and of pods that use their node's network.
pub(crate) fn node_addresses(cluster: &Cluster) -> SortedSet<IpAddr> {
    let of_objects = cluster.nodes().flat_map(|(_, node)| &node.addresses);
    let of_pods = cluster.pods().flat_map(|(_, pod)| {
        let own = pod.host_network.then_some(&pod.addresses);
        own.into_iter().flatten().chain(&pod.host_addresses)
    });
    of_objects.chain(of_pods).copied().collect()
}

/// The blocks of a rule as a plugin has them: what becomes of each, in order.
pub(super) fn lower(blocks: &[&IpBlock], nodes: &SortedSet<IpAddr>, options: Options) -> Vec<Vec<IpBlock>> {
    // `calico-windows/except`: an exception takes its whole peer with it.
    let is_kept = |block: &IpBlock| options.excepts != Excepts::Ignored || block.except().is_empty();
    let holes: Vec<Cidr> = match options.except_scope {
        ExceptScope::Peer => Vec::new(),
        ExceptScope::LongestPrefix | ExceptScope::Rule => {
            let kept = blocks.iter().filter(|block| is_kept(block));
            kept.flat_map(|block| block.except().iter().copied()).collect()
        }
    };
    // CIL-2: neither a node's address nor a host-network pod's, which is the same.
    let single = |address: &IpAddr| Cidr::new(*address, if address.is_ipv4() { 32 } else { 128 }).ok();
    let nodes: Vec<Cidr> = match options.ip_block_nodes {
        IpBlockNodes::Ignore => nodes.iter().filter_map(single).collect(),
        IpBlockNodes::Match => Vec::new(),
    };
    let lowered = |block: &IpBlock| -> Vec<IpBlock> {
        assigned(block, options)
            .iter()
            .filter_map(|part| without(part, &holes, options.except_scope))
            .filter_map(|part| without(&part, &nodes, ExceptScope::Rule))
            .collect()
    };
    blocks.iter().map(|block| if is_kept(block) { lowered(block) } else { Vec::new() }).collect()
}

/// `kube-router/ip-block`: all IPv6 addresses are those that hosts are given.
fn assigned(block: &IpBlock, options: Options) -> Vec<IpBlock> {
    let is_any = block.cidr().prefix_length() == 0 && !block.cidr().is_ipv4();
    if !is_any || options.any_ipv6_block == AnyIpv6Block::Whole {
        return alloc::vec![block.clone()];
    }
    let parts = ASSIGNED_IPV6.iter().filter_map(|part| Cidr::parse(part).ok());
    parts
        .filter_map(|part| {
            let part = IpBlock::new(part.cidr, Vec::new()).ok()?;
            without(&part, block.except(), ExceptScope::Rule)
        })
        .collect()
}

/// A block without more holes; nothing where they leave nothing of it.
///
/// Where the longest prefix decides, a hole that is no narrower than the block is none.
fn without(block: &IpBlock, holes: &[Cidr], scope: ExceptScope) -> Option<IpBlock> {
    let cidr = block.cidr();
    let swallows = |hole: &&Cidr| hole.includes(cidr);
    if scope == ExceptScope::Rule && holes.iter().any(|hole| swallows(&hole)) {
        return None;
    }
    let inside = holes.iter().filter(|hole| cidr.includes(**hole) && !swallows(hole));
    let mut except: Vec<Cidr> = block.except().iter().chain(inside).copied().collect();
    except.sort_unstable();
    except.dedup();
    IpBlock::new(cidr, except).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn cidr(text: &str) -> Cidr {
        Cidr::parse(text).unwrap().cidr
    }

    fn block(range: &str, except: &[&str]) -> IpBlock {
        IpBlock::new(cidr(range), except.iter().map(|text| cidr(text)).collect()).unwrap()
    }

    fn lowered(blocks: &[IpBlock], nodes: &[&str], options: Options) -> Vec<String> {
        let nodes = nodes.iter().map(|text| text.parse().unwrap()).collect();
        let blocks: Vec<&IpBlock> = blocks.iter().collect();
        let text = |block: IpBlock| {
            let holes: Vec<String> = block.except().iter().map(ToString::to_string).collect();
            alloc::format!("{} - {}", block.cidr(), holes.join(" "))
        };
        lower(&blocks, &nodes, options).into_iter().flatten().map(text).collect()
    }

    #[test]
    fn kube_router_except_a_hole_is_the_rules_own_and_a_longer_prefix_may_fill_it_again() {
        let blocks =
            [block("10.0.0.0/8", &["10.1.0.0/16"]), block("10.1.2.0/24", &[]), block("0.0.0.0/0", &[])];
        let with = |except_scope| lowered(&blocks, &[], Options { except_scope, ..Options::default() });
        assert_eq!(with(ExceptScope::Peer), ["10.0.0.0/8 - 10.1.0.0/16", "10.1.2.0/24 - ", "0.0.0.0/0 - "]);
        assert_eq!(with(ExceptScope::Rule), ["10.0.0.0/8 - 10.1.0.0/16", "0.0.0.0/0 - 10.1.0.0/16"]);
        assert_eq!(
            with(ExceptScope::LongestPrefix),
            ["10.0.0.0/8 - 10.1.0.0/16", "10.1.2.0/24 - ", "0.0.0.0/0 - 10.1.0.0/16"]
        );
    }

    #[test]
    fn cil_2_nodes_are_taken_out_of_blocks_and_a_block_that_is_a_node_is_none() {
        let options = Options { ip_block_nodes: IpBlockNodes::Ignore, ..Options::default() };
        let blocks = [block("172.18.0.0/16", &[]), block("172.18.0.2/32", &[]), block("fd00::/8", &[])];
        let found = lowered(&blocks, &["172.18.0.2", "fd00::2"], options);
        assert_eq!(found, ["172.18.0.0/16 - 172.18.0.2/32", "fd00::/8 - fd00::2/128"]);
    }

    #[test]
    fn kube_router_ip_block_all_of_ipv6_is_what_hosts_are_given() {
        let options = Options { any_ipv6_block: AnyIpv6Block::Assigned, ..Options::default() };
        let blocks = [block("::/0", &["2001:db8::/32", "fc00::/7"]), block("0.0.0.0/0", &[])];
        assert_eq!(lowered(&blocks, &[], options), ["2000::/3 - 2001:db8::/32", "0.0.0.0/0 - "]);
    }

    #[test]
    fn calico_windows_except_a_block_with_holes_is_none() {
        let options = Options { excepts: Excepts::Ignored, ..Options::default() };
        let blocks = [block("10.0.0.0/8", &["10.1.0.0/16"]), block("10.1.2.0/24", &[])];
        assert_eq!(lowered(&blocks, &[], options), ["10.1.2.0/24 - "]);
    }
}
