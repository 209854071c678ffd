//! Named options: every point that the specification leaves open or that plugins decide in their own way.
//!
//! The default of each is the specification's reading. A profile is a set of these.

use alloc::string::{String, ToString};

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

            pub(super) fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

mod plugins;

pub use plugins::{
    AdminNetworkPolicies, AnyIpv6Block, ClusterNetworkPolicies, ClusterPeers, EgressPortNames, Enforcement,
    ExceptScope, Excepts, IpBlockNodes, Ipv6, Ipv6Blocks, LabelDomain, NegativeLabels, NegativeNamespaces,
    PolicyTypes, PortNames, Tunnels,
};

option!(
    /// What a rule that denies or passes does with domain names, which only rules that allow can hold safely (CNP-012).
    DenyDomainNames, "deny-domain-names", [Addresses, FailClosed],
    {
        /// It holds the addresses that the names are known to have.
        #[default]
        Addresses = "addresses",
        /// It fails closed, as with a peer that nobody knows.
        FailClosed = "fail-closed",
    }
);
option!(
    /// Which number a port name has that several containers of a pod give (NP-008).
    DuplicatePortNames, "duplicate-port-names", [Any, First, Last],
    {
        /// Every number that any of them gives.
        #[default]
        Any = "any",
        /// The number that the first gives.
        First = "first",
        /// The number that the last gives, if it is of the protocol that is asked for; the others never had the name
        /// (`CIL-8`).
        Last = "last",
    }
);
option!(
    /// What a rule's `endPort` does (NP-009).
    EndPort, "end-port", [Honoured, Ignored],
    {
        /// It ends the range.
        #[default]
        Honoured = "honoured",
        /// Nothing: `port` alone is meant, as on plugins that do not know the field.
        Ignored = "ignored",
    }
);
option!(
    /// What happens to a connection that was allowed when it began (NP-023).
    Established, "established", [Reevaluated, Kept],
    {
        /// It lives on, whatever policies say now.
        Kept = "kept",
        /// It is decided as if it were new.
        #[default]
        Reevaluated = "reevaluated",
    }
);
option!(
    /// What pods are that have ended (NP-025).
    FinishedPods, "finished-pods", [Dropped, Kept],
    {
        /// Nothing: neither subjects nor peers, and their address is free.
        #[default]
        Dropped = "dropped",
        /// Pods, as long as no other pod has their address.
        Kept = "kept",
    }
);
option!(
    /// When the tier of namespaces is final, so that Baseline is not asked (CNP-006).
    HandOver, "hand-over", [Direction, Pod],
    {
        /// Where a policy of a namespace isolates the pod in the direction.
        #[default]
        Direction = "direction",
        /// Where a policy of a namespace selects the pod, whatever its direction.
        Pod = "pod",
    }
);
option!(
    /// What host-network pods are (NP-019).
    HostNetwork, "host-network", [Node, Pod],
    {
        /// Their node's address: no selector matches them.
        #[default]
        Node = "node",
        /// Pods like others, when they are named; their address stays the node's.
        Pod = "pod",
    }
);
option!(
    /// Whether port names of init containers and sidecars count (NP-028).
    InitContainerPorts, "init-container-ports", [All, Sidecars, Ignored],
    {
        /// Those of all containers.
        #[default]
        All = "all",
        /// Those of no init container, restarting or not.
        Ignored = "ignored",
        /// Those of init containers that restart always, which run beside the regular ones.
        Sidecars = "sidecars",
    }
);
option!(
    /// Whether an `ipBlock` matches the addresses of pods (NP-015).
    IpBlockPods, "ip-block-pods", [Match, Ignore],
    {
        /// No: it is for addresses outside the cluster and for nodes.
        Ignore = "ignore",
        /// Yes: an address is an address.
        #[default]
        Match = "match",
    }
);
option!(
    /// Whether a pod can block itself (NP-020).
    Loopback, "loopback", [Allowed, Evaluated],
    {
        /// No: it always reaches itself.
        #[default]
        Allowed = "allowed",
        /// Yes: such a flow is decided like any other.
        Evaluated = "evaluated",
    }
);
option!(
    /// What happens to traffic from a pod's own node (NP-018).
    NodeToOwnPod, "node-to-own-pod", [Exempt, Policed],
    {
        /// It is always allowed in.
        #[default]
        Exempt = "exempt",
        /// It is decided like any other.
        Policed = "policed",
    }
);
option!(
    /// What happens to protocols other than TCP, UDP and SCTP (NP-021).
    OtherProtocols, "other-protocols", [PortlessRules, Allow, Deny, IcmpBasics],
    {
        /// They are never denied.
        Allow = "allow",
        /// An isolated pod has none of them.
        Deny = "deny",
        /// As `portless-rules`, but what ICMP cannot do without is never denied: echo requests (also where no type is
        /// said), unreachable destinations, time exceeded, and for IPv6 echo replies and neighbour discovery
        /// (`kube-router/icmp-to-isolated-pod`).
        IcmpBasics = "icmp-basics",
        /// Rules without `ports` allow them.
        #[default]
        PortlessRules = "portless-rules",
    }
);
option!(
    /// What happens to traffic from a pod to its own node (NP-018).
    PodToOwnNode, "pod-to-own-node", [Policed, Denied, Exempt],
    {
        /// It is always dropped (`CAL-2`).
        Denied = "denied",
        /// It is always allowed out.
        Exempt = "exempt",
        /// It is decided like any other.
        #[default]
        Policed = "policed",
    }
);
option!(
    /// What SCTP is, and what its items in `ports` do (NP-024).
    Sctp, "sctp", [Evaluated, AnyPort, Dropped, IsolateOnly, RefusePolicy],
    {
        /// A number matches SCTP to any port, a name nothing (`CAL-4`).
        AnyPort = "any-port",
        /// All SCTP from and to pods is dropped, whatever policies say (`CIL-9`).
        Dropped = "dropped",
        /// They match SCTP.
        #[default]
        Evaluated = "evaluated",
        /// They match nothing, on plugins without SCTP; the policy isolates all the same.
        IsolateOnly = "isolate-only",
        /// The whole policy is refused, so that it isolates nobody (`azure-npm-windows/sctp`).
        RefusePolicy = "refuse-policy",
    }
);
option!(
    /// Which of two policies of a tier with one priority is asked first (CNP-005).
    TieBreak, "tie-break", [Name, ReverseName],
    {
        /// The one whose name comes first.
        #[default]
        Name = "name",
        /// The one whose name comes last: what changes with it is ambiguous.
        ReverseName = "reverse-name",
    }
);
option!(
    /// What a rule does with a peer or a protocol that only a newer API knows (CNP-010).
    UnknownFields, "unknown-fields", [FailClosed, Ignored],
    {
        /// A rule that allows holds nothing, any other denies everything.
        #[default]
        FailClosed = "fail-closed",
        /// The peer or protocol holds nothing, and the rule goes on without it.
        Ignored = "ignored",
    }
);
option!(
    /// What a port name matches that the destination does not have (NP-008).
    UnresolvedPort, "unresolved-port", [NoMatch, PortZero],
    {
        /// Nothing.
        #[default]
        NoMatch = "no-match",
        /// Port 0 of the rule's protocol.
        PortZero = "port-zero",
    }
);

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

/// Why `key=value` sets no option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// There is no such option.
    #[error("there is no option `{key}`; options are {valid}")]
    UnknownKey {
        /// What was given.
        key: String,
        /// The keys that exist.
        valid: String,
    },
    /// The option has no such value.
    #[error("option `{key}` has no value `{value}`; values are {valid}")]
    UnknownValue {
        /// The option.
        key: String,
        /// What was given.
        value: String,
        /// The values that exist.
        valid: String,
    },
}

/// One option as text: its key, the value that is set, the values that exist (the default first).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionEntry {
    /// The key.
    pub key: &'static str,
    /// The value that is set.
    pub value: &'static str,
    /// All values, the default first.
    pub values: alloc::vec::Vec<&'static str>,
}

/// Runs one body for every option: the field and its type.
macro_rules! each_option {
    ($body:ident) => {
        $body!(admin_network_policies, AdminNetworkPolicies);
        $body!(any_ipv6_block, AnyIpv6Block);
        $body!(cluster_network_policies, ClusterNetworkPolicies);
        $body!(cluster_peers, ClusterPeers);
        $body!(deny_domain_names, DenyDomainNames);
        $body!(duplicate_port_names, DuplicatePortNames);
        $body!(egress_port_names, EgressPortNames);
        $body!(end_port, EndPort);
        $body!(enforcement, Enforcement);
        $body!(established, Established);
        $body!(except_scope, ExceptScope);
        $body!(excepts, Excepts);
        $body!(finished_pods, FinishedPods);
        $body!(hand_over, HandOver);
        $body!(host_network, HostNetwork);
        $body!(init_container_ports, InitContainerPorts);
        $body!(ip_block_nodes, IpBlockNodes);
        $body!(ip_block_pods, IpBlockPods);
        $body!(ipv6, Ipv6);
        $body!(ipv6_blocks, Ipv6Blocks);
        $body!(label_domain, LabelDomain);
        $body!(loopback, Loopback);
        $body!(negative_labels, NegativeLabels);
        $body!(negative_namespaces, NegativeNamespaces);
        $body!(node_to_own_pod, NodeToOwnPod);
        $body!(other_protocols, OtherProtocols);
        $body!(pod_to_own_node, PodToOwnNode);
        $body!(policy_types, PolicyTypes);
        $body!(port_names, PortNames);
        $body!(sctp, Sctp);
        $body!(tie_break, TieBreak);
        $body!(tunnels, Tunnels);
        $body!(unknown_fields, UnknownFields);
        $body!(unresolved_port, UnresolvedPort);
    };
}

impl Options {
    /// Whether an option is about what a plugin does in its own way, and not about what the specification leaves open.
    #[must_use]
    pub fn is_of_plugins(key: &str) -> bool {
        const KEYS: [&str; 17] = [
            AdminNetworkPolicies::KEY,
            AnyIpv6Block::KEY,
            ClusterNetworkPolicies::KEY,
            ClusterPeers::KEY,
            EgressPortNames::KEY,
            Enforcement::KEY,
            ExceptScope::KEY,
            Excepts::KEY,
            IpBlockNodes::KEY,
            Ipv6::KEY,
            Ipv6Blocks::KEY,
            LabelDomain::KEY,
            NegativeLabels::KEY,
            NegativeNamespaces::KEY,
            PolicyTypes::KEY,
            PortNames::KEY,
            Tunnels::KEY,
        ];
        KEYS.contains(&key)
    }

    /// Sets an option by key and value.
    ///
    /// ```
    /// let mut options = portcullis::Options::default();
    /// options.set("loopback", "evaluated").unwrap();
    /// let error = options.set("loopback", "sometimes").unwrap_err();
    /// assert_eq!(error.to_string(), "option `loopback` has no value `sometimes`; values are `allowed`, `evaluated`");
    /// ```
    ///
    /// # Errors
    /// When there is no such key or value; the message lists those that exist.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), OptionError> {
        macro_rules! set_one {
            ($field:ident, $type:ident) => {
                if key == $type::KEY {
                    self.$field = $type::parse(value).ok_or_else(|| OptionError::UnknownValue {
                        key: key.to_string(),
                        value: value.to_string(),
                        valid: quoted($type::ALL.iter().map(|value| value.as_str())),
                    })?;
                    return Ok(());
                }
            };
        }
        each_option!(set_one);
        let valid = quoted(self.entries().iter().map(|entry| entry.key));
        Err(OptionError::UnknownKey { key: key.to_string(), valid })
    }

    /// Every option as text, sorted by key.
    #[must_use]
    pub fn entries(&self) -> alloc::vec::Vec<OptionEntry> {
        let mut entries = alloc::vec::Vec::new();
        macro_rules! list_one {
            ($field:ident, $type:ident) => {
                entries.push(OptionEntry {
                    key: $type::KEY,
                    value: self.$field.as_str(),
                    values: $type::ALL.iter().map(|value| value.as_str()).collect(),
                });
            };
        }
        each_option!(list_one);
        entries
    }
}

fn quoted<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: alloc::vec::Vec<String> = texts.map(|text| alloc::format!("`{text}`")).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_option_can_be_set_and_read_back() {
        for entry in Options::default().entries() {
            assert_eq!(entry.value, entry.values[0], "the default of `{}` comes first", entry.key);
            for value in &entry.values {
                let mut options = Options::default();
                options.set(entry.key, value).unwrap();
                let found = options.entries().into_iter().find(|other| other.key == entry.key).unwrap();
                assert_eq!(found.value, *value);
                let changed = options.entries().into_iter().zip(Options::default().entries());
                assert!(changed.filter(|(a, b)| a.value != b.value).count() <= 1);
            }
        }
    }

    #[test]
    fn keys_are_sorted_and_unknown_ones_are_refused_with_the_list() {
        let keys: alloc::vec::Vec<_> = Options::default().entries().iter().map(|entry| entry.key).collect();
        assert!(keys.is_sorted());
        let error = Options::default().set("loop", "x").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("there is no option `loop`; options are `admin-network-policies`, ")
        );
    }
}
