//! Which lists of blocks hold an address, for the peer of hash maps: a prefix trie to sets of lists.

use std::net::IpAddr;

use hashbrown::HashMap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use portcullis::net::{Cidr, IpBlock};
use portcullis::policy::{Peer, Peers, PolicySet};
use prefix_trie::PrefixMap;

use super::classes::rules;

/// The sets of lists that addresses lie in.
pub(super) struct Prefixes<'a> {
    pub(super) v4: PrefixMap<Ipv4Net, u32>,
    v6: PrefixMap<Ipv6Net, u32>,
    /// Sets of lists; the first is empty.
    pub(super) sets: Vec<Vec<u32>>,
    /// The number of each rule's peers that hold blocks.
    pub(super) lists: HashMap<&'a Peers, u32>,
}

/// What begins at a prefix.
#[derive(Default)]
struct Event {
    enter: Vec<u32>,
    leave: Vec<u32>,
}

impl<'a> Prefixes<'a> {
    pub(super) fn new(policies: &'a PolicySet) -> Self {
        let mut lists: HashMap<&Peers, u32> = HashMap::new();
        let mut blocks: HashMap<&IpBlock, u32> = HashMap::new();
        let mut in_lists: Vec<Vec<u32>> = Vec::new();
        for rule in rules(policies) {
            let Peers::Of(peers) = &rule.peers else { continue };
            if lists.contains_key(&rule.peers) {
                continue;
            }
            let list = lists.len() as u32;
            for block in peers.iter().filter_map(|peer| match peer {
                Peer::IpBlock(block) => Some(block),
                _ => None,
            }) {
                lists.insert(&rule.peers, list);
                let number = *blocks.entry(block).or_insert_with(|| {
                    in_lists.push(Vec::new());
                    in_lists.len() as u32 - 1
                });
                in_lists[number as usize].push(list);
            }
        }
        let mut events: HashMap<IpNet, Event> = HashMap::new();
        for (block, number) in &blocks {
            events.entry(net(block.cidr())).or_default().enter.push(*number);
            for hole in block.except() {
                events.entry(net(*hole)).or_default().leave.push(*number);
            }
        }
        let mut found = Self { v4: PrefixMap::new(), v6: PrefixMap::new(), sets: vec![Vec::new()], lists };
        found.sweep(events, &in_lists);
        found
    }

    /// Walks over the prefixes from wide to narrow, with those around them on a stack.
    fn sweep(&mut self, events: HashMap<IpNet, Event>, in_lists: &[Vec<u32>]) {
        let mut known: HashMap<Vec<u32>, u32> = HashMap::from([(Vec::new(), 0)]);
        let mut sorted: Vec<(IpNet, Event)> = events.into_iter().collect();
        sorted.sort_unstable_by_key(|(prefix, _)| (prefix.network(), prefix.prefix_len()));
        let mut stack: Vec<(IpNet, Vec<u32>)> = Vec::new();
        for (prefix, event) in sorted {
            while stack.last().is_some_and(|(around, _)| !around.contains(&prefix)) {
                stack.pop();
            }
            let mut open: Vec<u32> = stack.last().map(|(_, open)| open.clone()).unwrap_or_default();
            open.extend(event.enter);
            open.retain(|block| !event.leave.contains(block));
            let mut set: Vec<u32> =
                open.iter().flat_map(|block| in_lists[*block as usize].iter().copied()).collect();
            set.sort_unstable();
            set.dedup();
            let number = *known.entry(set).or_insert_with_key(|set| {
                self.sets.push(set.clone());
                self.sets.len() as u32 - 1
            });
            match prefix {
                IpNet::V4(prefix) => drop(self.v4.insert(prefix, number)),
                IpNet::V6(prefix) => drop(self.v6.insert(prefix, number)),
            }
            stack.push((prefix, open));
        }
    }

    /// The number of the set of an address.
    pub(super) fn set_of(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => self.v4.get_lpm(&address.into()).map_or(0, |(_, set)| *set),
            IpAddr::V6(address) => self.v6.get_lpm(&address.into()).map_or(0, |(_, set)| *set),
        }
    }
}

fn net(cidr: Cidr) -> IpNet {
    IpNet::new(cidr.address(), cidr.prefix_length()).expect("the length fits")
}
