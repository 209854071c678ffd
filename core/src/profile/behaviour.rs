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
    /// Nobody knows which of these it sets; the first one allows the least.
    Unknown(&'static [&'static [Setting]]),
}

/// What a policy has to hold for a behaviour to change what the policy means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touches {
    /// An `ipBlock` of all IPv6 addresses.
    AnyIpv6Block,
    /// An `ipBlock` that could hold nodes.
    BlocksOfNodes,
    /// An `ipBlock` that could hold pods.
    BlocksOfPods,
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

impl Behaviour {
    /// In how many ways it could be.
    #[must_use]
    pub const fn ways(&self) -> usize {
        match self.effect {
            Effect::Sets(_) => 1,
            Effect::Unknown(ways) => ways.len(),
        }
    }

    /// Whether nobody knows what it is.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.effect, Effect::Unknown(_))
    }

    /// Sets the options of one of the ways in which it could be.
    pub fn apply(&self, way: usize, options: &mut Options) {
        let settings = match self.effect {
            Effect::Sets(settings) => settings,
            Effect::Unknown(ways) => ways.get(way).copied().unwrap_or_default(),
        };
        for (key, value) in settings {
            let known = options.set(key, value);
            debug_assert!(known.is_ok(), "`{key}={value}` of {} is an option", self.id);
        }
    }
}
