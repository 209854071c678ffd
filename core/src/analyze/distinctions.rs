//! Distinctions: where the answers of a cluster may change from one address, or one pod of a workload, to the next.

use core::net::IpAddr;

use crate::Engine;
use crate::lower::node_addresses;
use crate::net::Cidr;
use crate::policy::{Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicySet};
use crate::selector::Selector;
use crate::sorted::SortedSet;

/// What the policies of one cluster, or of several that are compared, tell apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Distinctions<'a> {
    /// Every CIDR at whose ends an answer may change.
    pub(super) cidrs: SortedSet<Cidr>,
    /// The keys of labels that selectors ask of pods.
    keys: SortedSet<&'a str>,
}

/// Labels that controllers give each pod of a workload a value of its own.
const OF_ONE_POD: [&str; 5] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-completion-index",
    "controller-revision-hash",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Whether controllers give each pod of a workload its own value of a label.
#[cfg(feature = "manifest")]
pub(super) fn is_of_one_pod(key: &str) -> bool {
    OF_ONE_POD.contains(&key)
}

impl<'a> Distinctions<'a> {
    /// Those of some clusters.
    pub(super) fn of(engines: impl IntoIterator<Item = &'a Engine>) -> Self {
        let mut found = Self::default();
        for engine in engines {
            found.add_cluster(engine);
        }
        found
    }

    /// Whether a label tells pods of one workload apart.
    pub(super) fn counts(&self, key: &str) -> bool {
        !OF_ONE_POD.contains(&key) || self.keys.contains(key)
    }

    fn add_cluster(&mut self, engine: &'a Engine) {
        let written = cidrs_of(engine.policies());
        // Plugins may cut blocks elsewhere than they were written, and round single nodes, which are nobody's outside.
        let nodes = node_addresses(engine.cluster());
        let is_node = |cidr: &Cidr| cidr.address() == cidr.last_address() && nodes.contains(&cidr.address());
        let enforced = cidrs_of(engine.enforced_policies());
        self.cidrs.extend(enforced.into_iter().filter(|cidr| !is_node(cidr)));
        self.cidrs.extend(written);
        let of_names = engine.cluster().resolved().flat_map(|(_, addresses)| addresses);
        let single = |address: &IpAddr| Cidr::new(*address, if address.is_ipv4() { 32 } else { 128 }).ok();
        self.cidrs.extend(of_names.filter_map(single));
        for (_, policy) in engine.policies().policies() {
            self.add_keys(&policy.subject);
            for peer in peers_of(policy) {
                if let Peer::Pods(pods) = peer {
                    self.add_keys(pods);
                }
            }
        }
    }

    fn add_keys(&mut self, pods: &'a PodMatch) {
        let keys = |selector: &'a Selector| selector.requirements().iter().map(|asked| asked.key().as_str());
        self.keys.extend(keys(&pods.pods));
        // Some plugins give pods the labels of their namespaces, and some the other way round.
        if let NamespaceMatch::Selected(namespaces) = &pods.namespaces {
            self.keys.extend(keys(namespaces));
        }
    }
}

/// What blocks and networks name, exceptions too.
fn cidrs_of(policies: &PolicySet) -> SortedSet<Cidr> {
    let mut cidrs = SortedSet::new();
    for peer in policies.policies().flat_map(|(_, policy)| peers_of(policy)) {
        match peer {
            Peer::IpBlock(block) => {
                cidrs.insert(block.cidr());
                cidrs.extend(block.except().iter().copied());
            }
            Peer::Networks(networks) => cidrs.extend(networks.iter().copied()),
            Peer::DomainNames(_) | Peer::Nodes(_) | Peer::Pods(_) | Peer::Unknown => {}
        }
    }
    cidrs
}

/// The peers of all rules that are written in a policy.
fn peers_of(policy: &Policy) -> impl Iterator<Item = &Peer> {
    let rules = [Direction::Ingress, Direction::Egress].map(|direction| policy.written(direction));
    rules.into_iter().flatten().flat_map(|rule| match &rule.peers {
        Peers::Any => [].iter(),
        Peers::Of(peers) => peers.iter(),
    })
}
