//! The checks that there are, as data.

use core::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; often what was meant.
    Info,
    /// Seldom what was meant.
    Warning,
    /// Never what was meant.
    Error,
}

impl Level {
    /// `info`, `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! checks {
    ($count:literal: $($variant:ident $id:literal $level:ident $title:literal,)*) => {
        /// A check; [`Check::as_str`] is stable, and `docs/lint.md` has a section for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $(#[doc = $title] $variant,)*
        }

        impl Check {
            /// All checks, in the order of the documentation.
            pub const ALL: [Self; $count] = [$(Self::$variant,)*];

            /// The stable id.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }

            /// How bad its findings are.
            #[must_use]
            pub const fn level(self) -> Level {
                match self {
                    $(Self::$variant => Level::$level,)*
                }
            }

            /// What it finds, on one line.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)*
                }
            }

            /// The check of an id.
            #[must_use]
            pub fn find(id: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|check| check.as_str() == id)
            }
        }
    };
}

checks! { 64:
    // How a policy is written.
    EmptyPeerList "empty-peer-list" Warning "an empty `from` or `to` holds every peer",
    EmptyPortList "empty-port-list" Warning "an empty `ports` holds every port",
    RuleAllowsEverything "rule-allows-everything" Warning "a rule without peers and ports allows everything",
    StrayDashPeers "stray-dash-peers" Warning "two peers that may have been meant as one",
    StrayDashPorts "stray-dash-ports" Warning "two rules that may have been meant as one",
    RulesWithoutType "rules-without-type" Error "rules of a direction that `policyTypes` does not name do nothing",
    TypeWithoutRules "type-without-rules" Warning "a type without rules denies everything in its direction",
    PolicyTypesMissing "policy-types-missing" Info "without `policyTypes` the rules decide what is isolated",
    NamespaceMissing "namespace-missing" Info "a policy without a namespace lands wherever it is applied",
    PortProtocolMissing "port-protocol-missing" Info "a port without a protocol is TCP",
    DuplicatePeer "duplicate-peer" Warning "a rule has the same peer twice",
    DuplicatePort "duplicate-port" Warning "a rule has the same port twice",
    DuplicatePolicy "duplicate-policy" Warning "two policies of a namespace say the same",
    PortInsideRange "port-inside-range" Warning "a port lies in another one of its rule",
    EndPortEqualsPort "end-port-equals-port" Info "a range of one port",
    WidePortRange "wide-port-range" Info "a range of more than a thousand ports",
    // Whom selectors select.
    PolicySelectsNothing "policy-selects-nothing" Warning "a policy selects no pod",
    UnknownNamespace "unknown-namespace" Warning "a policy's namespace is not in the input",
    PeerSelectsNothing "peer-selects-nothing" Warning "a peer selects no pod",
    NamespacesSelectNothing "namespaces-select-nothing" Warning "a `namespaceSelector` selects no namespace",
    NodesSelectNothing "nodes-select-nothing" Warning "a peer selects no node",
    LabelTypo "label-typo" Warning "a label that nobody has, and one much like it that somebody has",
    NamespaceNameLabel "namespace-name-label" Error "a namespace is meant by name, and the label is another one",
    OtherKindsLabel "other-kinds-label" Warning "pods are asked for a label of namespaces, or the other way round",
    MatchesUnlabelled "matches-unlabelled" Info "`NotIn` selects pods that do not have the label at all",
    SelectorContradiction "selector-contradiction" Error "a selector that nothing can match",
    GeneratedLabel "generated-label" Warning "a selector asks for a label that controllers write",
    HostNetworkSubject "host-network-subject" Warning "a policy selects pods in their node's network",
    HostNetworkPeer "host-network-peer" Warning "a peer selects pods in their node's network",
    AllPodsOfNamespace "all-pods-of-namespace" Info "`podSelector: {}` in a peer is all pods of the policy's own namespace",
    AllNamespaces "all-namespaces" Info "`namespaceSelector: {}` in a peer is the whole cluster",
    // Addresses.
    IngressFromAnywhere "ingress-from-anywhere" Info "everybody may connect",
    EgressToAnywhere "egress-to-anywhere" Info "every address may be reached",
    SensitivePortOpen "sensitive-port-open" Warning "a port for administration is open to everybody",
    MetadataOpen "metadata-open" Warning "the cloud's metadata service may be reached",
    OneFamilyOnly "one-family-only" Warning "a rule about all addresses of one family, in a cluster with both",
    SingleAddress "single-address" Info "a block of one address",
    BlockNeverMatches "block-never-matches" Warning "a block of addresses that no packet between hosts has",
    BlockCoversPods "block-covers-pods" Warning "a block of addresses holds pods",
    BlockCoversServices "block-covers-services" Warning "a block of addresses holds services, which no policy sees",
    ExceptAllowedElsewhere "except-allowed-elsewhere" Warning "another peer allows what an exception leaves out",
    PeerInsidePeer "peer-inside-peer" Warning "a peer holds nothing that another one of its rule does not hold",
    // Ports.
    NamedPortUnknown "named-port-unknown" Warning "a port name that no destination has",
    NamedPortPartly "named-port-partly" Info "a port name that some destinations do not have",
    NamedPortProtocol "named-port-protocol" Error "a port name that destinations have for another protocol",
    NamedPortAddresses "named-port-addresses" Warning "a port name beside addresses, which have no names",
    ServicePort "service-port" Warning "the port of a service in place of the pods' own",
    PortNotDeclared "port-not-declared" Info "a port that no destination declares",
    DnsOneProtocol "dns-one-protocol" Info "DNS over one of UDP and TCP only",
    // What is covered.
    DnsMissing "dns-missing" Warning "pods may connect somewhere, and cannot look up names",
    NamespaceWithoutPolicy "namespace-without-policy" Warning "no policy selects any pod of a namespace",
    WorkloadNotSelected "workload-not-selected" Warning "no policy selects a workload, in a namespace with policies",
    WorkloadHalfIsolated "workload-half-isolated" Info "a workload is isolated in one direction only",
    NoDefaultDeny "no-default-deny" Info "a namespace has policies, and none isolates its pods by default",
    // What has no effect.
    RedundantRule "redundant-rule" Warning "without the rule every flow is decided as with it",
    RedundantPolicy "redundant-policy" Warning "without the policy every flow is decided as with it",
    RedundantIsolation "redundant-isolation" Info "a policy without rules isolates pods that others isolate, too",
    ShadowedRule "shadowed-rule" Warning "a rule is never reached, because rules before it decide",
    OtherSideClosed "other-side-closed" Warning "a rule allows what the other end denies",
    OtherSidePorts "other-side-ports" Warning "a rule and the other end allow different ports",
    TieDecides "tie-decides" Error "two policies of one priority contradict each other",
    // What a plugin makes of it.
    PluginIgnores "plugin-ignores" Error "a plugin does not enforce a policy",
    PluginDiffers "plugin-differs" Warning "a plugin enforces a part of a policy otherwise than it is written",
    PluginUnknown "plugin-unknown" Info "nobody knows whether a plugin enforces a part of a policy as it is written",
}
