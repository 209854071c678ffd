//! Policies: which of their rules apply, and what peers and ports mean in them.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::{blocks, labels};
use crate::cluster::{Cluster, Phase, Pod};
use crate::compile::{declared_port_numbers, has_identity};
use crate::label::POD_NAMESPACE;
use crate::net::{Cidr, IpBlock, L4Protocol, PortName, PortRange};
use crate::options::{
    AdminNetworkPolicies, ClusterNetworkPolicies, ClusterPeers, EgressPortNames, Enforcement, Excepts,
    IpBlockNodes, Ipv6Blocks, LabelDomain, NegativeLabels, NegativeNamespaces, Options, PolicyTypes,
    PortNames, Sctp,
};
use crate::policy::{
    Action, Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicySet, PortMatch, Rank, Rule,
    Traffic,
};
use crate::selector::{Requirement, Selector};
use crate::sorted::SortedSet;

/// The policies as a plugin has them, each rule in its place.
pub(super) fn lower(cluster: &Cluster, policies: &PolicySet, options: Options) -> PolicySet {
    let nodes = match options.ip_block_nodes {
        IpBlockNodes::Ignore => blocks::node_addresses(cluster),
        IpBlockNodes::Match => SortedSet::new(),
    };
    let lowering = Lowering { cluster, nodes, options };
    policies.mapped(|policy| lowering.policy(policy))
}

struct Lowering<'a> {
    cluster: &'a Cluster,
    nodes: SortedSet<IpAddr>,
    options: Options,
}

impl Lowering<'_> {
    fn policy(&self, policy: &Policy) -> Policy {
        let mut lowered = policy.clone();
        // CNP-001, ANP-001: an API that the plugin does not know has no tier there.
        let is_known = match policy.rank {
            Rank::AdminNetworkPolicy { .. } | Rank::BaselineAdminNetworkPolicy => {
                self.options.admin_network_policies == AdminNetworkPolicies::Enforced
            }
            Rank::ClusterNetworkPolicy { .. } => {
                self.options.cluster_network_policies == ClusterNetworkPolicies::Enforced
            }
            Rank::NetworkPolicy => true,
        };
        if !is_known {
            (lowered.ingress, lowered.egress) = (None, None);
            return lowered;
        }
        if policy.rank != Rank::NetworkPolicy && self.options.cluster_peers == ClusterPeers::PodsAndNetworks {
            let rules = lowered.ingress.iter_mut().chain(&mut lowered.egress).flatten();
            rules.filter(|rule| has_foreign_peer(rule)).for_each(fail_closed);
        }
        // What plugins do in their own way they do to policies of namespaces.
        if policy.rank != Rank::NetworkPolicy && self.options.enforcement != Enforcement::None {
            return lowered;
        }
        // CIL-6: a list with rules counts even where `policyTypes` does not name its type.
        if self.options.policy_types == PolicyTypes::AtLeast && !policy.unlisted.is_empty() {
            match (&policy.ingress, &policy.egress) {
                (None, Some(_)) => lowered.ingress = Some(policy.unlisted.clone()),
                (Some(_), None) => lowered.egress = Some(policy.unlisted.clone()),
                (None, None) | (Some(_), Some(_)) => {}
            }
        }
        if self.options.enforcement == Enforcement::None || self.is_refused(&lowered) {
            (lowered.ingress, lowered.egress) = (None, None);
            return lowered;
        }
        lowered.subject = self.pods(&policy.subject);
        for (direction, rules) in
            [(Direction::Ingress, &mut lowered.ingress), (Direction::Egress, &mut lowered.egress)]
        {
            for rule in rules.iter_mut().flatten() {
                rule.traffic = self.traffic(rule, direction, &policy.namespace);
                rule.peers = self.peers(&rule.peers);
            }
        }
        lowered
    }

    /// Whether the plugin takes nothing of a policy because of one thing in it.
    fn is_refused(&self, policy: &Policy) -> bool {
        let options = &self.options;
        let rules = || policy.ingress.iter().chain(&policy.egress).flatten();
        let block = |is_refused: fn(&IpBlock) -> bool| {
            rules().flat_map(|rule| blocks_of(&rule.peers)).any(is_refused)
        };
        let item = |is_refused: fn(&PortMatch) -> bool| {
            rules().flat_map(|rule| items_of(&rule.traffic)).any(is_refused)
        };
        let selector = |is_refused: fn(&PodMatch) -> bool| {
            let peers = rules().flat_map(|rule| peers_of(&rule.peers)).filter_map(|peer| match peer {
                Peer::Pods(pods) => Some(pods),
                _ => None,
            });
            core::iter::once(&policy.subject).chain(peers).any(is_refused)
        };
        (options.ipv6_blocks == Ipv6Blocks::RefusePolicy && block(|block| !block.cidr().is_ipv4()))
            || (options.excepts == Excepts::RefusePolicy && block(|block| !block.except().is_empty()))
            || (options.port_names == PortNames::RefusePolicy
                && item(|item| matches!(item, PortMatch::Named { .. })))
            || (options.sctp == Sctp::RefusePolicy
                && item(|item| protocol_of(item) == Some(L4Protocol::Sctp)))
            || (options.negative_labels == NegativeLabels::RefusePolicy && selector(asks_for_absence))
            || (options.label_domain == LabelDomain::Cilium118 && selector(labels::has_overlong_key))
    }

    fn peers(&self, peers: &Peers) -> Peers {
        let Peers::Of(list) = peers else { return Peers::Any };
        let blocks: Vec<&IpBlock> = blocks_of(peers).collect();
        let mut blocks = blocks::lower(&blocks, &self.nodes, self.options).into_iter();
        let mut lowered: Vec<Peer> = Vec::with_capacity(list.len());
        for peer in list {
            match peer {
                Peer::IpBlock(_) => {
                    lowered.extend(blocks.next().into_iter().flatten().map(Peer::IpBlock));
                }
                Peer::Pods(pods) => lowered.push(Peer::Pods(self.pods(pods))),
                other => lowered.push(other.clone()),
            }
        }
        // CIL-4: what only says which namespace it is not, everything that is in none is not either.
        let is_open = |peer: &Peer| matches!(peer, Peer::Pods(pods) if holds_without_labels(pods));
        if self.options.negative_namespaces == NegativeNamespaces::Anything && list.iter().any(is_open) {
            lowered.extend(every_address().map(Peer::IpBlock));
        }
        Peers::Of(lowered)
    }

    /// What a selector of pods asks for.
    fn pods(&self, pods: &PodMatch) -> PodMatch {
        let is_cilium = matches!(self.options.label_domain, LabelDomain::Cilium | LabelDomain::Cilium118);
        if !is_cilium || !matches!(pods.namespaces, NamespaceMatch::Named(_)) {
            return pods.clone();
        }
        // CIL-7: the policy's own namespace is written over what the selector says of the namespace's name.
        let is_overwritten = |requirement: &Requirement| {
            requirement.key().as_str() == POD_NAMESPACE && !pods.pods.is_expressed(requirement)
        };
        let kept = pods.pods.requirements().iter().filter(|requirement| !is_overwritten(requirement));
        PodMatch { namespaces: pods.namespaces.clone(), pods: kept.cloned().collect() }
    }

    fn traffic(&self, rule: &Rule, direction: Direction, namespace: &str) -> Traffic {
        let Traffic::Of(items) = &rule.traffic else { return Traffic::Any };
        let named = |item: &PortMatch| match item {
            PortMatch::Named { protocol, .. } => Some(*protocol),
            _ => None,
        };
        let spoilt: Vec<L4Protocol> = match self.options.port_names {
            PortNames::SpoilProtocol => items.iter().filter_map(named).collect(),
            PortNames::Ignored | PortNames::RefusePolicy | PortNames::Resolved => Vec::new(),
        };
        let is_dead = |item: &PortMatch| {
            // `calico-windows/named-port`: what cannot be said there is left out.
            (self.options.port_names == PortNames::Ignored && named(item).is_some())
                || protocol_of(item).is_some_and(|protocol| spoilt.contains(&protocol))
        };
        let mut lowered = Vec::with_capacity(items.len());
        for item in items.iter().filter(|item| !is_dead(item)) {
            match item {
                PortMatch::Named { protocol, name } if direction == Direction::Egress => {
                    lowered.extend(self.egress_name(*protocol, name, &rule.peers, namespace));
                }
                other => lowered.push(other.clone()),
            }
        }
        Traffic::Of(lowered)
    }

    /// What a port name in an egress rule becomes.
    fn egress_name(
        &self,
        protocol: L4Protocol,
        name: &PortName,
        peers: &Peers,
        namespace: &str,
    ) -> Vec<PortMatch> {
        let unchanged = || alloc::vec![PortMatch::Named { protocol, name: name.clone() }];
        let single =
            |number: u16| Some(PortMatch::Numbered { protocol, ports: PortRange::single(number).ok()? });
        if protocol == L4Protocol::Sctp && self.options.sctp == Sctp::AnyPort {
            // CAL-4: a name of SCTP never becomes a number.
            return unchanged();
        }
        match (self.options.egress_port_names, peers) {
            (EgressPortNames::Destination, _) => unchanged(),
            (EgressPortNames::Cluster, _) => {
                // CIL-5: one number for all, or none.
                match self.numbers(protocol, name, None).as_slice() {
                    [number] => single(*number).into_iter().collect(),
                    _ => Vec::new(),
                }
            }
            // `kube-router/named-port`: without peers there is no pod to ask but the policy's own neighbours.
            (EgressPortNames::Namespace | EgressPortNames::NamespaceOrBlock, Peers::Any) => {
                self.numbers(protocol, name, Some(namespace)).into_iter().filter_map(single).collect()
            }
            (EgressPortNames::Namespace, Peers::Of(_)) if blocks_of(peers).next().is_some() => Vec::new(),
            (EgressPortNames::NamespaceOrBlock, Peers::Of(list))
                if list.iter().all(|peer| matches!(peer, Peer::IpBlock(_))) =>
            {
                Vec::new()
            }
            (EgressPortNames::Namespace | EgressPortNames::NamespaceOrBlock, Peers::Of(_)) => unchanged(),
        }
    }

    /// The numbers that pods give a name, of one namespace or of all.
    fn numbers(&self, protocol: L4Protocol, name: &PortName, namespace: Option<&str>) -> Vec<u16> {
        let pods = self.cluster.pods().map(|(_, pod)| pod).filter(|pod| {
            has_identity(pod, self.options)
                && !is_awaited(pod)
                && namespace.is_none_or(|namespace| pod.namespace == namespace)
        });
        let numbers: SortedSet<u16> =
            pods.flat_map(|pod| declared_port_numbers(pod, protocol, name, self.options)).collect();
        numbers.into_iter().collect()
    }
}

/// Whether a pod is known to have no address yet: what goes by addresses has not heard of it.
fn is_awaited(pod: &Pod) -> bool {
    pod.addresses.is_empty() && pod.phase == Phase::Pending
}

/// Whether a rule has a peer that not every plugin understands.
pub(crate) fn has_foreign_peer(rule: &Rule) -> bool {
    peers_of(&rule.peers).iter().any(|peer| matches!(peer, Peer::DomainNames(_) | Peer::Nodes(_)))
}

/// `calico/cluster-peers`: a rule that allows is dropped, any other denies everything.
fn fail_closed(rule: &mut Rule) {
    if rule.action == Action::Allow {
        rule.peers = Peers::Of(Vec::new());
    } else {
        rule.action = Action::Deny;
        (rule.peers, rule.traffic) = (Peers::Any, Traffic::Any);
    }
}

fn peers_of(peers: &Peers) -> &[Peer] {
    match peers {
        Peers::Any => &[],
        Peers::Of(list) => list,
    }
}

fn blocks_of(peers: &Peers) -> impl Iterator<Item = &IpBlock> {
    peers_of(peers).iter().filter_map(|peer| match peer {
        Peer::IpBlock(block) => Some(block),
        _ => None,
    })
}

fn items_of(traffic: &Traffic) -> &[PortMatch] {
    match traffic {
        Traffic::Any => &[],
        Traffic::Of(items) => items,
    }
}

const fn protocol_of(item: &PortMatch) -> Option<L4Protocol> {
    match item {
        PortMatch::Named { protocol, .. }
        | PortMatch::Numbered { protocol, .. }
        | PortMatch::Protocol(protocol) => Some(*protocol),
        PortMatch::Name(_) | PortMatch::Unknown => None,
    }
}

const fn is_negative(requirement: &Requirement) -> bool {
    matches!(requirement, Requirement::DoesNotExist(_) | Requirement::NotIn(..))
}

/// Whether any condition on pods or namespaces holds where a label is missing.
fn asks_for_absence(pods: &PodMatch) -> bool {
    let namespaces = match &pods.namespaces {
        NamespaceMatch::Named(_) => &[][..],
        NamespaceMatch::Selected(selector) => selector.requirements(),
    };
    namespaces.iter().chain(pods.pods.requirements()).any(is_negative)
}

/// Whether something without any label is in such a namespace, and is such a pod.
pub(crate) fn holds_without_labels(pods: &PodMatch) -> bool {
    let all_negative = |selector: &Selector| selector.requirements().iter().all(is_negative);
    match &pods.namespaces {
        NamespaceMatch::Named(_) => false,
        // An empty selector says that there has to be a namespace.
        NamespaceMatch::Selected(selector) => {
            !selector.is_everything() && all_negative(selector) && all_negative(&pods.pods)
        }
    }
}

fn every_address() -> impl Iterator<Item = IpBlock> {
    let ranges = ["0.0.0.0/0", "::/0"].into_iter().filter_map(|text| Cidr::parse(text).ok());
    ranges.filter_map(|parsed| IpBlock::new(parsed.cidr, Vec::new()).ok())
}
