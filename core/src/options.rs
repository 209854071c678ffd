//! Named options: every point that the specification leaves open or that plugins decide in their own way.
//!
//! The default of each is the specification's reading. A profile is a set of these.

/// Declares the enum of one option: its values, their names, its key.
macro_rules! option {
    ($(#[$doc:meta])* $name:ident, $key:literal, [$first:ident $(, $rest:ident)*],
     { $($(#[$value_doc:meta])* $value:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$value_doc])* $value),+ }

        impl $name {
            /// The option's key.
            pub const KEY: &'static str = $key;
            /// All values, the default first.
            pub const ALL: &'static [Self] = &[Self::$first $(, Self::$rest)*];

            /// The value's name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text),+ }
            }

            /// The values' names, in the order of the values.
            pub(super) const NAMES: &'static [&'static str] = &[Self::$first.as_str() $(, Self::$rest.as_str())*];
        }
    };
}

mod plugins;
mod specification;
mod text;

pub use plugins::{
    AdminNetworkPolicies, AnyIpv6Block, ClusterNetworkPolicies, ClusterPeers, EgressPortNames, Enforcement,
    ExceptScope, Excepts, IpBlockNodes, Ipv6, Ipv6Blocks, LabelDomain, NegativeLabels, NegativeNamespaces,
    PolicyTypes, PortNames, Tunnels,
};
pub use specification::{
    DenyDomainNames, DuplicatePortNames, EndPort, Established, FinishedPods, HandOver, HostNetwork,
    InitContainerPorts, IpBlockPods, Loopback, NodeToOwnPod, OtherProtocols, PodToOwnNode, Sctp, TieBreak,
    UnknownFields, UnresolvedPort,
};
pub use text::{OptionEntry, OptionError};

/// How flows are decided where the specification leaves a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Options {
    /// AdminNetworkPolicy and `BaselineAdminNetworkPolicy` (`…/admin-network-policy`).
    pub admin_network_policies: AdminNetworkPolicies,
    /// `::/0` (`kube-router/ip-block`).
    pub any_ipv6_block: AnyIpv6Block,
    /// ClusterNetworkPolicy (`…/cluster-network-policy`).
    pub cluster_network_policies: ClusterNetworkPolicies,
    /// Peers of policies of the cluster (`calico/cluster-peers`).
    pub cluster_peers: ClusterPeers,
    /// Domain names in rules that do not allow (CNP-012).
    pub deny_domain_names: DenyDomainNames,
    /// Port names given twice (NP-008).
    pub duplicate_port_names: DuplicatePortNames,
    /// Port names in egress rules (`CIL-5`).
    pub egress_port_names: EgressPortNames,
    /// `endPort` (NP-009).
    pub end_port: EndPort,
    /// Whether policies are enforced (`kubenet/policy-types`).
    pub enforcement: Enforcement,
    /// Connections that exist (NP-023).
    pub established: Established,
    /// Exceptions and the blocks beside theirs (`kube-router/except`).
    pub except_scope: ExceptScope,
    /// Exceptions (`calico-windows/except`).
    pub excepts: Excepts,
    /// Pods that have ended (NP-025).
    pub finished_pods: FinishedPods,
    /// The tier of namespaces and the next (CNP-006).
    pub hand_over: HandOver,
    /// Host-network pods (NP-019).
    pub host_network: HostNetwork,
    /// Port names of init containers (NP-028).
    pub init_container_ports: InitContainerPorts,
    /// `ipBlock` and nodes (`CIL-2`).
    pub ip_block_nodes: IpBlockNodes,
    /// `ipBlock` and pods (NP-015).
    pub ip_block_pods: IpBlockPods,
    /// IPv6 packets (`azure-npm/ipv6`).
    pub ipv6: Ipv6,
    /// `ipBlock`s of IPv6 (`azure-npm/ip-block`).
    pub ipv6_blocks: Ipv6Blocks,
    /// Labels (`CIL-7`, `CAL-5`).
    pub label_domain: LabelDomain,
    /// A pod to itself (NP-020).
    pub loopback: Loopback,
    /// `NotIn` and `DoesNotExist` (`azure-npm-windows/selectors`).
    pub negative_labels: NegativeLabels,
    /// Negative `namespaceSelector`s (`CIL-4`).
    pub negative_namespaces: NegativeNamespaces,
    /// From the own node (NP-018).
    pub node_to_own_pod: NodeToOwnPod,
    /// Protocols without ports (NP-021).
    pub other_protocols: OtherProtocols,
    /// To the own node (NP-018).
    pub pod_to_own_node: PodToOwnNode,
    /// `policyTypes` (`CIL-6`).
    pub policy_types: PolicyTypes,
    /// Port names (`calico-windows/named-port`).
    pub port_names: PortNames,
    /// SCTP (NP-024).
    pub sctp: Sctp,
    /// Tunnels (`CAL-3`).
    pub tunnels: Tunnels,
    /// Equal priorities (CNP-005).
    pub tie_break: TieBreak,
    /// Peers and protocols that nobody knows (CNP-010).
    pub unknown_fields: UnknownFields,
    /// Port names that do not resolve (NP-008).
    pub unresolved_port: UnresolvedPort,
}
