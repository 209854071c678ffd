//! Review: what a plugin does not enforce of policies as they are written, field by field.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::{Behaviour, Profile, Touches};
use crate::cluster::{Cluster, ContainerKind};
use crate::lower::{has_foreign_peer, holds_without_labels, is_special_label, node_addresses};
use crate::net::{Cidr, IpBlock, L4Protocol, PortName};
use crate::options::{LabelDomain, Options};
use crate::policy::{
    Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicyId, PolicySet, PortMatch, Rank, Rule,
    Traffic,
};
use crate::selector::{Requirement, Selector};
use crate::sorted::SortedSet;

/// How much of a policy a plugin enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// All, as it is written.
    Enforced,
    /// Nothing.
    Ignored,
    /// Some of it otherwise than it is written.
    Partly,
    /// Nobody knows.
    Unknown,
}

impl Status {
    /// The status in a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::Ignored => "ignored",
            Self::Partly => "partly",
            Self::Unknown => "unknown",
        }
    }
}

/// A part of a policy that a plugin enforces otherwise than it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The part, in upstream notation, such as `spec.ingress[0].from[1].ipBlock`.
    pub field: String,
    /// The behaviour's id.
    pub id: &'static str,
    /// What the specification says.
    pub ideal: &'static str,
    /// What the plugin does.
    pub actual: &'static str,
    /// Whether nobody knows if it differs at all.
    pub is_unknown: bool,
    /// Whether it makes the plugin ignore the whole policy.
    pub is_whole: bool,
}

/// What a plugin makes of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The policy.
    pub policy: PolicyId,
    /// How much of it is enforced.
    pub status: Status,
    /// The parts that are not enforced as they are written, by field.
    pub differences: Vec<Difference>,
}

/// Says of every policy what a plugin does not enforce as it is written.
///
/// Where the meaning of a part hangs on addresses that are not known, the part is listed: pods whose addresses nobody has
/// seen could lie in any block of private addresses.
///
/// # Complexity
/// Linear in the rules, times pods and nodes for blocks.
#[must_use]
pub fn review(cluster: &Cluster, policies: &PolicySet, profile: &Profile) -> Vec<Finding> {
    let review = Review::new(cluster, profile);
    let finding = |(id, policy): (PolicyId, &Policy)| review.policy(id, policy);
    policies.policies().map(finding).collect()
}

struct Review<'a> {
    behaviours: Vec<Behaviour>,
    options: Options,
    cluster: &'a Cluster,
    pods: SortedSet<IpAddr>,
    nodes: SortedSet<IpAddr>,
    /// Whether some pod has no address.
    unseen_pods: bool,
}

/// Ranges that pods and nodes have their addresses from.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

impl<'a> Review<'a> {
    fn new(cluster: &'a Cluster, profile: &Profile) -> Self {
        let own = |(_, pod): (_, &'a crate::cluster::Pod)| (!pod.host_network).then_some(&pod.addresses);
        Self {
            behaviours: profile.behaviours(),
            options: profile.options(),
            cluster,
            pods: cluster.pods().filter_map(own).flatten().copied().collect(),
            nodes: node_addresses(cluster),
            unseen_pods: cluster.pods().any(|(_, pod)| !pod.host_network && pod.addresses.is_empty()),
        }
    }

    fn policy(&self, id: PolicyId, policy: &Policy) -> Finding {
        let mut differences: Vec<Difference> = Vec::new();
        for behaviour in &self.behaviours {
            let fields = self.fields(behaviour, policy);
            differences.extend(fields.into_iter().map(|field| Difference {
                field,
                id: behaviour.id,
                ideal: behaviour.ideal,
                actual: behaviour.actual,
                is_unknown: behaviour.may_be_ideal(),
                is_whole: behaviour.whole,
            }));
        }
        let status = if differences.iter().any(|difference| difference.is_whole) {
            Status::Ignored
        } else if differences.is_empty() {
            Status::Enforced
        } else if differences.iter().all(|difference| difference.is_unknown) {
            Status::Unknown
        } else {
            Status::Partly
        };
        differences.sort();
        differences.dedup();
        Finding { policy: id, status, differences }
    }

    /// The parts of a policy that a behaviour is about.
    fn fields(&self, behaviour: &Behaviour, policy: &Policy) -> Vec<String> {
        let mut fields = Vec::new();
        match behaviour.touches {
            Touches::Nothing => return fields,
            Touches::Everything => return alloc::vec!["spec".to_string()],
            Touches::AdminNetworkPolicies | Touches::ClusterNetworkPolicies => {
                let touched = match policy.rank {
                    Rank::AdminNetworkPolicy { .. } | Rank::BaselineAdminNetworkPolicy => {
                        behaviour.touches == Touches::AdminNetworkPolicies
                    }
                    Rank::ClusterNetworkPolicy { .. } => behaviour.touches == Touches::ClusterNetworkPolicies,
                    Rank::NetworkPolicy => false,
                };
                return touched.then(|| "spec".to_string()).into_iter().collect();
            }
            Touches::ClusterPeers => {
                for direction in [Direction::Ingress, Direction::Egress] {
                    for (index, rule) in policy.rules(direction).into_iter().flatten().enumerate() {
                        if policy.rank != Rank::NetworkPolicy && has_foreign_peer(rule) {
                            fields.push(format!("spec.{direction}[{index}].{}", direction.peers_field()));
                        }
                    }
                }
                return fields;
            }
            // What plugins do in their own way they do to policies of namespaces, but for labels.
            touches if policy.rank != Rank::NetworkPolicy && touches != Touches::Labels => return fields,
            Touches::Unlisted => {
                if !policy.unlisted.is_empty() {
                    let direction =
                        if policy.ingress.is_none() { Direction::Ingress } else { Direction::Egress };
                    fields.push(format!("spec.{direction}"));
                }
                return fields;
            }
            Touches::Labels | Touches::NegativeLabels
                if self.selector_is_touched(behaviour.touches, &policy.subject.pods, false) =>
            {
                let field =
                    if policy.rank == Rank::NetworkPolicy { "spec.podSelector" } else { "spec.subject" };
                fields.push(field.to_string());
            }
            _ => {}
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            for (index, rule) in policy.rules(direction).into_iter().flatten().enumerate() {
                let path = format!("spec.{direction}[{index}]");
                let is_of_namespace = policy.rank == Rank::NetworkPolicy;
                self.peers(behaviour.touches, rule, (direction, is_of_namespace), &path, &mut fields);
                self.ports(behaviour.touches, rule, direction, &path, &mut fields);
            }
        }
        fields
    }

    fn peers(
        &self,
        touches: Touches,
        rule: &Rule,
        (direction, is_of_namespace): (Direction, bool),
        path: &str,
        fields: &mut Vec<String>,
    ) {
        let Peers::Of(peers) = &rule.peers else { return };
        let list = direction.peers_field();
        for (index, peer) in peers.iter().enumerate() {
            let path = format!("{path}.{list}[{index}]");
            match peer {
                Peer::IpBlock(block) if self.block_is_touched(touches, block, peers, index) => {
                    fields.push(format!("{path}.ipBlock"));
                }
                Peer::Pods(pods) if is_of_namespace => self.pods(touches, pods, &path, fields),
                Peer::Pods(pods) => self.pods(touches, pods, &format!("{path}.pods"), fields),
                _ => {}
            }
        }
    }

    fn pods(&self, touches: Touches, pods: &PodMatch, path: &str, fields: &mut Vec<String>) {
        if let NamespaceMatch::Selected(selector) = &pods.namespaces {
            let is_open = touches == Touches::NegativeNamespaces && holds_without_labels(pods);
            if is_open || self.selector_is_touched(touches, selector, true) {
                fields.push(format!("{path}.namespaceSelector"));
            }
        }
        if self.selector_is_touched(touches, &pods.pods, false) {
            fields.push(format!("{path}.podSelector"));
        }
    }

    fn selector_is_touched(&self, touches: Touches, selector: &Selector, of_namespaces: bool) -> bool {
        let mut requirements = selector.requirements().iter();
        match touches {
            Touches::NegativeLabels => requirements.any(|requirement| {
                matches!(requirement, Requirement::DoesNotExist(_) | Requirement::NotIn(..))
            }),
            Touches::Labels => requirements.any(|requirement| {
                self.options.label_domain != LabelDomain::Own
                    && is_special_label(requirement.key().as_str(), self.options.label_domain, of_namespaces)
            }),
            _ => false,
        }
    }

    fn block_is_touched(&self, touches: Touches, block: &IpBlock, peers: &[Peer], index: usize) -> bool {
        let others = || {
            peers.iter().enumerate().filter(move |(other, _)| *other != index).filter_map(|(_, peer)| {
                match peer {
                    Peer::IpBlock(block) => Some(block),
                    _ => None,
                }
            })
        };
        match touches {
            Touches::BlocksOfPods => {
                self.pods.iter().any(|address| block.contains(*address))
                    || (self.unseen_pods && could_be_private(block))
            }
            Touches::BlocksOfNodes => {
                self.nodes.iter().any(|address| block.contains(*address))
                    || (self.nodes.is_empty() && could_be_private(block))
            }
            Touches::AnyIpv6Block => !block.cidr().is_ipv4() && block.cidr().prefix_length() == 0,
            Touches::Ipv6Blocks => !block.cidr().is_ipv4(),
            Touches::Excepts => !block.except().is_empty(),
            // An exception of another peer that lies in this one, or holds it, takes addresses away here.
            Touches::SharedExcepts => others().flat_map(IpBlock::except).any(|hole| {
                (block.cidr().includes(*hole) || hole.includes(block.cidr()))
                    && !block.except().iter().any(|own| own.includes(*hole))
            }),
            _ => false,
        }
    }

    fn ports(
        &self,
        touches: Touches,
        rule: &Rule,
        direction: Direction,
        path: &str,
        fields: &mut Vec<String>,
    ) {
        let Traffic::Of(items) = &rule.traffic else { return };
        for (index, item) in items.iter().enumerate() {
            let is_sctp = |protocol: L4Protocol| protocol == L4Protocol::Sctp;
            let is_touched = match (touches, item) {
                (Touches::Names, PortMatch::Named { .. }) => true,
                (Touches::EgressNames, PortMatch::Named { .. }) => direction == Direction::Egress,
                (Touches::NamesOfOddPorts, PortMatch::Named { name, .. }) => self.is_odd(name),
                (
                    Touches::Sctp,
                    PortMatch::Named { protocol, .. }
                    | PortMatch::Numbered { protocol, .. }
                    | PortMatch::Protocol(protocol),
                ) => is_sctp(*protocol),
                (Touches::Vxlan, PortMatch::Numbered { protocol: L4Protocol::Udp, ports }) => {
                    direction == Direction::Egress && ports.contains(crate::net::VXLAN_PORT)
                }
                _ => false,
            };
            if is_touched {
                fields.push(format!("{path}.ports[{index}]"));
            }
        }
    }

    /// Whether some pod gives a name to more than one port, or in a container that may not count.
    fn is_odd(&self, name: &PortName) -> bool {
        self.cluster.pods().any(|(_, pod)| {
            let named = || pod.ports.iter().filter(|port| port.name.as_ref() == Some(name));
            named().count() > 1 || named().any(|port| port.container != ContainerKind::Regular)
        })
    }
}

/// Whether a block holds private addresses, as pods and nodes have them.
fn could_be_private(block: &IpBlock) -> bool {
    let mut ranges = PRIVATE.iter().filter_map(|text| Cidr::parse(text).ok());
    ranges.any(|private| block.cidr().includes(private.cidr) || private.cidr.includes(block.cidr()))
}
