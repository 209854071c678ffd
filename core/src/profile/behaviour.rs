//! Behaviours: in what a plugin differs from the specification, how it is known, and what follows.

use crate::options::Options;

/// A value of one of the engine's [`Options`].
pub type Setting = (&'static str, &'static str);

/// How a behaviour is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It follows from something else that is known.
    Inferred,
    /// The plugin's documentation, or its makers, say so.
    Documented,
    /// The plugin's code was read.
    Read,
    /// The plugin's code was run.
    Run,
}

impl Confidence {
    /// The confidence in a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Documented => "documented",
            Self::Read => "read",
            Self::Run => "run",
        }
    }
}

/// What a behaviour does to decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It sets options.
    Sets(&'static [Setting]),
    /// Nobody knows which of these it sets; answers start from the first, which as a rule allows the least.
    Unknown(&'static [&'static [Setting]]),
    /// Nobody knows which of these it sets for what a service sends back to the pod that it comes from; everything else
    /// is as if it set nothing, which is the first of them.
    UnknownHairpin(&'static [&'static [Setting]]),
}

/// What a policy has to hold for a behaviour to change what the policy means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touches {
    /// An AdminNetworkPolicy or the `BaselineAdminNetworkPolicy`.
    AdminNetworkPolicies,
    /// An `ipBlock` of all IPv6 addresses.
    AnyIpv6Block,
    /// An `ipBlock` that could hold nodes.
    BlocksOfNodes,
    /// An `ipBlock` that could hold pods.
    BlocksOfPods,
    /// A ClusterNetworkPolicy.
    ClusterNetworkPolicies,
    /// Nodes or domain names among the peers of a policy of the cluster.
    ClusterPeers,
    /// Any policy: whatever it says.
    Everything,
    /// A port name in an egress rule.
    EgressNames,
    /// An `ipBlock` with exceptions.
    Excepts,
    /// An `ipBlock` of IPv6 addresses.
    Ipv6Blocks,
    /// Labels that selectors see otherwise, or not at all.
    Labels,
    /// A port name.
    Names,
    /// A port name that a pod declares more than once, or in an init container.
    NamesOfOddPorts,
    /// `NotIn` or `DoesNotExist`.
    NegativeLabels,
    /// A `namespaceSelector` of nothing but `NotIn` and `DoesNotExist`.
    NegativeNamespaces,
    /// No part of any policy: it is about traffic.
    Nothing,
    /// SCTP.
    Sctp,
    /// An exception beside another `ipBlock` of its rule.
    SharedExcepts,
    /// Rules of a direction that `policyTypes` does not name.
    Unlisted,
    /// VXLAN in an egress rule.
    Vxlan,
}

/// In what a plugin differs from the specification, or could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// The id, which answers name.
    pub id: &'static str,
    /// What the specification says.
    pub ideal: &'static str,
    /// What the plugin does.
    pub actual: &'static str,
    /// Where it is known from.
    pub source: &'static str,
    /// How it is known.
    pub confidence: Confidence,
    /// What it does to decisions.
    pub effect: Effect,
    /// Which policies it concerns.
    pub touches: Touches,
    /// Whether a policy that it concerns is not enforced at all.
    pub whole: bool,
}

/// Where behaviours are known from, and how.
#[derive(Clone, Copy)]
pub(super) struct Evidence {
    pub(super) source: &'static str,
    pub(super) confidence: Confidence,
}

impl Evidence {
    /// A behaviour that is known from it and sets options.
    pub(super) const fn sets(
        self,
        id: &'static str,
        ideal: &'static str,
        actual: &'static str,
        touches: Touches,
        settings: &'static [Setting],
    ) -> Behaviour {
        let Self { source, confidence } = self;
        let effect = Effect::Sets(settings);
        Behaviour { id, ideal, actual, source, confidence, effect, touches, whole: false }
    }
}

/// What nobody knows of a plugin's way with a pod that reaches itself through a service.
pub(super) const fn unknown_hairpin(id: &'static str, why: &'static str) -> Behaviour {
    Behaviour {
        id,
        ideal: "a pod that reaches itself through a service is not under the policies of its namespace",
        actual: "not known: it may be decided like any other flow",
        source: why,
        confidence: Confidence::Inferred,
        effect: Effect::UnknownHairpin(&[&[], &[("loopback", "evaluated")]]),
        touches: Touches::Nothing,
        whole: false,
    }
}

/// Where nothing is said of an API, neither that a plugin knows it nor that it does not.
const NO_WORD: Evidence = Evidence {
    source: "none: nothing says whether the plugin knows the API",
    confidence: Confidence::Inferred,
};

/// An API that nobody knows a plugin to enforce or not.
const fn unknown_api(id: &'static str, touches: Touches, ways: &'static [&'static [Setting]]) -> Behaviour {
    Behaviour {
        effect: Effect::Unknown(ways),
        ..NO_WORD.sets(
            id,
            "a policy of this kind is enforced",
            "it may be, or it may do nothing",
            touches,
            &[],
        )
    }
}

/// A plugin that may or may not know AdminNetworkPolicy and `BaselineAdminNetworkPolicy`.
pub(super) const fn unknown_admin(id: &'static str) -> Behaviour {
    unknown_api(id, Touches::AdminNetworkPolicies, &[&[], &[("admin-network-policies", "ignored")]])
}

/// A plugin that may or may not know ClusterNetworkPolicy.
pub(super) const fn unknown_cluster(id: &'static str) -> Behaviour {
    unknown_api(id, Touches::ClusterNetworkPolicies, &[&[], &[("cluster-network-policies", "ignored")]])
}

impl Behaviour {
    /// In how many ways it could be.
    #[must_use]
    pub const fn ways(&self) -> usize {
        match self.effect {
            Effect::Sets(_) => 1,
            Effect::Unknown(ways) | Effect::UnknownHairpin(ways) => ways.len(),
        }
    }

    /// Whether nobody knows what it is.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.effect, Effect::Unknown(_) | Effect::UnknownHairpin(_))
    }

    /// Whether it is about nothing but what a service sends back to the pod that it comes from.
    #[must_use]
    pub const fn is_about_hairpins(&self) -> bool {
        matches!(self.effect, Effect::UnknownHairpin(_))
    }

    /// Whether it is what the specification says in one of the ways in which it could be.
    #[must_use]
    pub fn may_be_ideal(&self) -> bool {
        (0..self.ways()).any(|way| {
            let mut options = Options::default();
            self.apply(way, &mut options);
            options == Options::default()
        })
    }

    /// Sets the options of one of the ways in which it could be.
    pub fn apply(&self, way: usize, options: &mut Options) {
        let settings = match self.effect {
            Effect::Sets(settings) => settings,
            Effect::Unknown(ways) | Effect::UnknownHairpin(ways) => {
                ways.get(way).copied().unwrap_or_default()
            }
        };
        for (key, value) in settings {
            let known = options.set(key, value);
            debug_assert!(known.is_ok(), "`{key}={value}` of {} is an option", self.id);
        }
    }
}
