//! Lowering: what plugins do in their own way, said in the words of the model, before anything is compiled.
//!
//! Labels that a plugin does not see are taken from the pods, policies that it refuses apply to nothing, blocks lose the
//! addresses that they do not hold there, port names become the numbers that they stand for. Every object and every rule
//! keeps its place and its id, so that an answer names the rule that a person wrote. What plugins do to packets whatever
//! policies say is no part of it: those are exemptions, decided with the flow.

mod blocks;
mod exemptions;
mod labels;
mod policies;

pub(crate) use blocks::node_addresses;
pub(crate) use exemptions::{
    is_dropped_tunnel, is_exempt_protocol, is_not_carried, looks_at_traffic, message,
};
pub(crate) use labels::is_special as is_special_label;
pub(crate) use policies::{has_foreign_peer, holds_without_labels};

use crate::cluster::Cluster;
use crate::options::{
    AdminNetworkPolicies, AnyIpv6Block, ClusterNetworkPolicies, ClusterPeers, EgressPortNames, Enforcement,
    ExceptScope, Excepts, IpBlockNodes, Ipv6Blocks, LabelDomain, NegativeLabels, NegativeNamespaces, Options,
    PolicyTypes, PortNames, Sctp,
};
use crate::policy::PolicySet;

/// A cluster and its policies as a plugin has them, with the ids of the originals.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    pub(crate) cluster: Cluster,
    pub(crate) policies: PolicySet,
}

impl Lowered {
    /// Lowers; nothing where the options leave everything as it is.
    ///
    /// # Complexity
    /// Linear in the pods and rules, times the nodes where blocks do not hold nodes.
    pub(crate) fn new(cluster: &Cluster, policies: &PolicySet, options: Options) -> Option<Self> {
        if !changes(options) {
            return None;
        }
        let policies = policies::lower(cluster, policies, options);
        Some(Self { cluster: labels::lower(cluster, options), policies })
    }
}

/// Whether any option is set that lowering is about.
fn changes(options: Options) -> bool {
    options.admin_network_policies != AdminNetworkPolicies::Enforced
        || options.any_ipv6_block != AnyIpv6Block::Whole
        || options.cluster_network_policies != ClusterNetworkPolicies::Enforced
        || options.cluster_peers != ClusterPeers::All
        || options.egress_port_names != EgressPortNames::Destination
        || options.enforcement != Enforcement::Policies
        || options.except_scope != ExceptScope::Peer
        || options.excepts != Excepts::Honoured
        || options.ip_block_nodes != IpBlockNodes::Match
        || options.ipv6_blocks != Ipv6Blocks::Honoured
        || options.label_domain != LabelDomain::Own
        || options.negative_labels != NegativeLabels::Honoured
        || options.negative_namespaces != NegativeNamespaces::Pods
        || options.policy_types != PolicyTypes::Exact
        || options.port_names != PortNames::Resolved
        || options.sctp == Sctp::RefusePolicy
}
