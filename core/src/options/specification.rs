//! Named options of what the specification leaves open.

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
