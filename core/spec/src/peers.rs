//! Which ends a rule means: selectors on pods and namespaces, and blocks of addresses.

use std::net::IpAddr;

use portcullis::cluster::PodId;
use portcullis::flow::End;
use portcullis::label::Labels;
use portcullis::net::{Cidr, DomainName, DomainPattern, IpBlock};
use portcullis::options::{IpBlockPods, NegativeNamespaces};
use portcullis::policy::{NamespaceMatch, Peer, Peers, PodMatch};
use portcullis::selector::{Requirement, Selector};

use crate::Spec;
use crate::plugins::is_open_to_anything;

impl Spec<'_> {
    /// Whether an end is one of a rule's peers.
    pub(crate) fn is_a_peer(&self, end: End, peers: &Peers, of_namespace: bool) -> bool {
        match peers {
            // NP-005: without `from` or `to` it is anybody, nodes and the outside included.
            Peers::Any => true,
            // NP-005: else any one item is enough.
            Peers::Of(list) => list.iter().any(|peer| self.is_the_peer(end, peer, list, of_namespace)),
        }
    }

    fn is_the_peer(&self, end: End, peer: &Peer, list: &[Peer], of_namespace: bool) -> bool {
        // NP-015: an address is an address, a pod's too, unless the plugin knows pods by identity only.
        let is_exempt = self.options.ip_block_pods == IpBlockPods::Ignore && self.identity(end).is_ok();
        // NP-026: a pod without an address is in no block, not even the one of all addresses.
        let address = end.address().filter(|_| !is_exempt);
        match peer {
            // NP-011: only pods have labels. CIL-4: what has none is not what a negative selector excludes.
            Peer::Pods(wanted) => {
                let is_one = self.identity(end).is_ok_and(|(id, _)| self.is_one_of(id, wanted));
                let is_open =
                    of_namespace && self.options.negative_namespaces == NegativeNamespaces::Anything;
                is_one || (is_open && address.is_some() && is_open_to_anything(wanted))
            }
            Peer::IpBlock(block) => address.is_some_and(|address| self.block_holds(address, block, list)),
            // CNP-008: any of the networks will do.
            Peer::Networks(networks) => {
                address.is_some_and(|address| networks.iter().any(|network| is_in_range(address, *network)))
            }
            // CNP-009: a node is any address of its object.
            Peer::Nodes(selector) => address.is_some_and(|address| {
                let mut nodes = self.cluster.nodes();
                nodes.any(|(_, node)| selects(selector, &node.labels) && node.addresses.contains(&address))
            }),
            // CNP-012: a name is any address that it is known to have.
            Peer::DomainNames(patterns) => address.is_some_and(|address| {
                let mut names = self.cluster.resolved();
                let is_meant = |name| patterns.iter().any(|pattern| is_named(name, pattern));
                names.any(|(name, addresses)| is_meant(name) && addresses.contains(&address))
            }),
            // CNP-010: nobody is what nobody knows.
            Peer::Unknown => false,
        }
    }

    /// Whether a pod is one of those meant by namespace and labels.
    pub(crate) fn is_one_of(&self, id: PodId, wanted: &PodMatch) -> bool {
        let (Some(pod), Some(namespace)) = (self.cluster.pod(id), self.cluster.namespace_of(id)) else {
            return false;
        };
        // NP-011: both the namespace and the pod have to be right; a `podSelector` alone means the policy's own one.
        let right_namespace = match &wanted.namespaces {
            NamespaceMatch::Named(name) => *name == namespace.name,
            // NP-013: a namespace can be chosen by its name, which is one of its labels.
            NamespaceMatch::Selected(selector) => selects(selector, &self.labels_of_namespace(namespace)),
        };
        right_namespace && selects(&self.written_over(wanted), &self.labels_of_pod(pod, namespace))
    }
}

/// Whether a selector selects an object with these labels.
fn selects(selector: &Selector, labels: &Labels) -> bool {
    // NP-001, NP-011: every requirement has to hold, so a selector without any selects everything.
    selector.requirements().iter().all(|requirement| {
        let value_of = |wanted| labels.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value);
        // NP-012: In and Exists need the key; NotIn and DoesNotExist hold without it; empty is a value like others.
        match requirement {
            Requirement::Exists(key) => value_of(key).is_some(),
            Requirement::DoesNotExist(key) => value_of(key).is_none(),
            Requirement::In(key, values) => match value_of(key) {
                Some(value) => values.iter().any(|wanted| wanted == value),
                None => false,
            },
            Requirement::NotIn(key, values) => match value_of(key) {
                Some(value) => values.iter().all(|unwanted| unwanted != value),
                None => true,
            },
        }
    })
}

/// Whether an address is in a block.
pub(crate) fn is_in_block(address: IpAddr, block: &IpBlock) -> bool {
    // NP-014: an exception takes addresses out of its own block and out of nothing else.
    is_in_range(address, block.cidr()) && !block.except().iter().any(|hole| is_in_range(address, *hole))
}

/// Whether the first bits of an address are those of a prefix.
pub(crate) fn is_in_range(address: IpAddr, range: Cidr) -> bool {
    let fixed_bits = u32::from(range.prefix_length());
    match (address, range.address()) {
        (IpAddr::V4(address), IpAddr::V4(start)) => {
            let difference = u32::from(address) ^ u32::from(start);
            difference.leading_zeros() >= fixed_bits
        }
        (IpAddr::V6(address), IpAddr::V6(start)) => {
            let difference = u128::from(address) ^ u128::from(start);
            difference.leading_zeros() >= fixed_bits
        }
        // NP-027: the packet's family decides; no prefix of one family holds an address of the other.
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

/// Whether a pattern means a name.
fn is_named(name: &DomainName, pattern: &DomainPattern) -> bool {
    let labels: Vec<&str> = name.as_str().split('.').collect();
    let wanted: Vec<&str> = pattern.name().as_str().split('.').collect();
    // CNP-012: the star is one label or more; case and a last dot are gone by now.
    if pattern.is_wildcard() {
        labels.len() > wanted.len() && labels.ends_with(&wanted)
    } else {
        labels == wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn np_014_membership_is_decided_by_the_first_bits() {
        let cases = [
            ("10.1.2.3", "10.1.2.3/32", true),
            ("10.1.2.4", "10.1.2.3/32", false),
            ("10.1.2.3", "10.1.2.2/31", true),
            ("10.255.255.255", "10.0.0.0/8", true),
            ("11.0.0.0", "10.0.0.0/8", false),
            ("255.255.255.255", "0.0.0.0/0", true),
            ("127.255.255.255", "0.0.0.0/1", true),
            ("128.0.0.0", "0.0.0.0/1", false),
            ("::", "0.0.0.0/0", false),
            ("0.0.0.0", "::/0", false),
            ("fd00::1", "::/0", true),
            ("fd00::1", "fd00::1/128", true),
            ("fd00::2", "fd00::1/128", false),
            ("2001:db8:ffff::", "2001:db8::/32", true),
            ("2001:db9::", "2001:db8::/32", false),
        ];
        for (address, range, expected) in cases {
            let cidr = Cidr::parse(range).unwrap().cidr;
            assert_eq!(is_in_range(address.parse().unwrap(), cidr), expected, "{address} in {range}");
        }
    }
}
