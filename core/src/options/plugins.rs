//! Named options of what plugins do in their own way: a [profile](crate::profile) sets them.

option!(
    /// Whether AdminNetworkPolicy and `BaselineAdminNetworkPolicy` are enforced (`…/admin-network-policy`).
    AdminNetworkPolicies, "admin-network-policies", [Enforced, Ignored],
    {
        /// Yes.
        #[default]
        Enforced = "enforced",
        /// No: the plugin does not know their API.
        Ignored = "ignored",
    }
);
option!(
    /// Which addresses an `ipBlock` of all IPv6 addresses holds (`kube-router/ip-block`).
    AnyIpv6Block, "any-ipv6-block", [Whole, Assigned],
    {
        /// Those that are given to hosts: `2000::/3` and `fd00::/8`, not link-local ones and not the rest.
        Assigned = "assigned",
        /// All of them.
        #[default]
        Whole = "whole",
    }
);
option!(
    /// Whether ClusterNetworkPolicy is enforced (`…/cluster-network-policy`).
    ClusterNetworkPolicies, "cluster-network-policies", [Enforced, Ignored],
    {
        /// Yes.
        #[default]
        Enforced = "enforced",
        /// No: the plugin does not know their API.
        Ignored = "ignored",
    }
);
option!(
    /// Which peers of policies of the cluster the plugin understands (`calico/cluster-peers`).
    ClusterPeers, "cluster-peers", [All, PodsAndNetworks],
    {
        /// All.
        #[default]
        All = "all",
        /// Pods, namespaces and networks: a rule with nodes or domain names allows nothing, or denies everything.
        PodsAndNetworks = "pods-and-networks",
    }
);
option!(
    /// Which port a name means in an egress rule (`CIL-5`, `kube-router/named-port`).
    EgressPortNames, "egress-port-names", [Destination, Cluster, Namespace, NamespaceOrBlock],
    {
        /// The one number that all pods together give it, whatever the destination; none where they give several.
        Cluster = "cluster",
        /// What the destination pod gives it (NP-008).
        #[default]
        Destination = "destination",
        /// Without peers, what any pod of the policy's namespace gives it, whatever the destination; beside an
        /// `ipBlock`, nothing.
        Namespace = "namespace",
        /// As `namespace`, but an `ipBlock` beside a selector does not matter.
        NamespaceOrBlock = "namespace-or-block",
    }
);
option!(
    /// Whether policies are enforced at all (`kubenet/policy-types`).
    Enforcement, "enforcement", [Policies, None],
    {
        /// No: they are stored, and nothing else.
        None = "none",
        /// Yes.
        #[default]
        Policies = "policies",
    }
);
option!(
    /// Which `ipBlock`s an exception takes addresses out of (`kube-router/except`).
    ExceptScope, "except-scope", [Peer, LongestPrefix, Rule],
    {
        /// Those of its rule, unless one of them is narrower than the exception.
        LongestPrefix = "longest-prefix",
        /// Its own.
        #[default]
        Peer = "peer",
        /// All of its rule.
        Rule = "rule",
    }
);
option!(
    /// What an `ipBlock` with exceptions does (`calico-windows/except`, `azure-npm-windows/except`).
    Excepts, "excepts", [Honoured, Ignored, RefusePolicy],
    {
        /// It holds the addresses outside the exceptions.
        #[default]
        Honoured = "honoured",
        /// It holds nothing.
        Ignored = "ignored",
        /// The whole policy is refused, so that it isolates nobody.
        RefusePolicy = "refuse-policy",
    }
);
option!(
    /// Whether an `ipBlock` matches the addresses of nodes (`CIL-2`).
    IpBlockNodes, "ip-block-nodes", [Match, Ignore],
    {
        /// No: neither those of node objects nor those of host-network pods.
        Ignore = "ignore",
        /// Yes: an address is an address (NP-015).
        #[default]
        Match = "match",
    }
);
option!(
    /// Whether IPv6 packets are under policy (`azure-npm/ipv6`).
    Ipv6, "ipv6", [Enforced, Ignored],
    {
        /// Yes.
        #[default]
        Enforced = "enforced",
        /// No: they pass.
        Ignored = "ignored",
    }
);
option!(
    /// What an `ipBlock` of IPv6 addresses does (`azure-npm/ip-block`).
    Ipv6Blocks, "ipv6-blocks", [Honoured, RefusePolicy],
    {
        /// It holds its addresses.
        #[default]
        Honoured = "honoured",
        /// The whole policy is refused, so that it isolates nobody.
        RefusePolicy = "refuse-policy",
    }
);
option!(
    /// Which labels selectors see (`CIL-7`, `CAL-5`).
    LabelDomain, "label-domain", [Own, Calico, Cilium, Cilium118],
    {
        /// The objects' own, and Calico's: `projectcalico.org/…`, and those of the namespace as `pcns.…` on its pods.
        Calico = "calico",
        /// Those that are part of Cilium's identities, as of 1.20.
        Cilium = "cilium",
        /// Those that are part of Cilium's identities, as of 1.18.
        Cilium118 = "cilium-1.18",
        /// The objects' own.
        #[default]
        Own = "own",
    }
);
option!(
    /// What a condition does that holds without the label, `NotIn` or `DoesNotExist` (`azure-npm-windows/selectors`).
    NegativeLabels, "negative-labels", [Honoured, RefusePolicy],
    {
        /// It holds without the label (NP-012).
        #[default]
        Honoured = "honoured",
        /// The whole policy is refused, so that it isolates nobody.
        RefusePolicy = "refuse-policy",
    }
);
option!(
    /// What a `namespaceSelector` of nothing but `NotIn` and `DoesNotExist` matches (`CIL-4`).
    NegativeNamespaces, "negative-namespaces", [Pods, Anything],
    {
        /// Pods, and every address as `0.0.0.0/0` and `::/0` would, nodes' too; a `podSelector` that needs a label beside it
        /// keeps it to pods.
        Anything = "anything",
        /// Pods (NP-011).
        #[default]
        Pods = "pods",
    }
);
option!(
    /// Whether a list of rules counts whose type `policyTypes` does not name (`CIL-6`).
    PolicyTypes, "policy-types", [Exact, AtLeast],
    {
        /// Yes, if it has a rule.
        AtLeast = "at-least",
        /// No (NP-003).
        #[default]
        Exact = "exact",
    }
);
option!(
    /// What an item of `ports` with a name does (`calico-windows/named-port`, `azure-npm-windows/named-port`).
    PortNames, "port-names", [Resolved, Ignored, RefusePolicy, SpoilProtocol],
    {
        /// It matches nothing.
        Ignored = "ignored",
        /// The whole policy is refused, so that it isolates nobody.
        RefusePolicy = "refuse-policy",
        /// It means the number that the destination gives the name (NP-008).
        #[default]
        Resolved = "resolved",
        /// It matches nothing, nor do the other items of its rule with the same protocol.
        SpoilProtocol = "spoil-protocol",
    }
);
option!(
    /// What becomes of tunnels that a pod would open: VXLAN (UDP 4789) and IP in IP (protocol 4) (`CAL-3`).
    Tunnels, "tunnels", [Policed, Dropped, IpInIpDropped],
    {
        /// Both are dropped, whatever policies say.
        Dropped = "dropped",
        /// IP in IP is dropped, whatever policies say.
        IpInIpDropped = "ip-in-ip-dropped",
        /// They are decided like any other traffic.
        #[default]
        Policed = "policed",
    }
);
