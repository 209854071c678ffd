//! Ranks: what kind of object a policy was, and when it is asked.

use core::fmt;

/// The kinds of object that are policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PolicyKind {
    /// `policy.networking.k8s.io/v1alpha1` `AdminNetworkPolicy`.
    AdminNetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha1` `BaselineAdminNetworkPolicy`.
    BaselineAdminNetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha2` `ClusterNetworkPolicy`.
    ClusterNetworkPolicy,
    /// `networking.k8s.io/v1` `NetworkPolicy`.
    NetworkPolicy,
}

impl PolicyKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::AdminNetworkPolicy,
        Self::BaselineAdminNetworkPolicy,
        Self::ClusterNetworkPolicy,
        Self::NetworkPolicy,
    ];

    /// The kind's name, as `kind` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdminNetworkPolicy => "AdminNetworkPolicy",
            Self::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
            Self::ClusterNetworkPolicy => "ClusterNetworkPolicy",
            Self::NetworkPolicy => "NetworkPolicy",
        }
    }

    /// Whether its policies belong to a namespace; the others belong to the cluster.
    #[must_use]
    pub const fn is_namespaced(self) -> bool {
        matches!(self, Self::NetworkPolicy)
    }
}

impl fmt::Display for PolicyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tier: policies that are asked together, before or after those of the other tiers (CNP-001).
///
/// Exhaustive on purpose; the order is the one in which tiers are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// What no other policy can override.
    Admin,
    /// The namespaces' own policies.
    NetworkPolicy,
    /// What holds where a namespace has no policy of its own.
    Baseline,
}

impl Tier {
    /// All tiers, in order.
    pub const ALL: [Self; 3] = [Self::Admin, Self::NetworkPolicy, Self::Baseline];

    /// The tier's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::NetworkPolicy => "NetworkPolicy",
            Self::Baseline => "Baseline",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A tier that policies of the cluster can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterTier {
    /// [`Tier::Admin`].
    Admin,
    /// [`Tier::Baseline`].
    Baseline,
}

impl From<ClusterTier> for Tier {
    fn from(tier: ClusterTier) -> Self {
        match tier {
            ClusterTier::Admin => Self::Admin,
            ClusterTier::Baseline => Self::Baseline,
        }
    }
}

/// What kind of object a policy was, with what decides when it is asked.
///
/// Lower priorities are asked first, 0 before all others (CNP-002).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// An `AdminNetworkPolicy`, in the tier [`Tier::Admin`] (ANP-001).
    AdminNetworkPolicy {
        /// From 0 to 1000.
        priority: u16,
    },
    /// The `BaselineAdminNetworkPolicy`: the last of the tier [`Tier::Baseline`] (ANP-002).
    BaselineAdminNetworkPolicy,
    /// A `ClusterNetworkPolicy`.
    ClusterNetworkPolicy {
        /// The tier.
        tier: ClusterTier,
        /// From 0 to 1000.
        priority: u16,
    },
    /// A `NetworkPolicy`: among its like, order decides nothing (NP-017).
    NetworkPolicy,
}

impl Rank {
    /// The kind of object.
    #[must_use]
    pub const fn kind(self) -> PolicyKind {
        match self {
            Self::AdminNetworkPolicy { .. } => PolicyKind::AdminNetworkPolicy,
            Self::BaselineAdminNetworkPolicy => PolicyKind::BaselineAdminNetworkPolicy,
            Self::ClusterNetworkPolicy { .. } => PolicyKind::ClusterNetworkPolicy,
            Self::NetworkPolicy => PolicyKind::NetworkPolicy,
        }
    }

    /// The tier.
    #[must_use]
    pub const fn tier(self) -> Tier {
        match self {
            Self::AdminNetworkPolicy { .. } | Self::ClusterNetworkPolicy { tier: ClusterTier::Admin, .. } => {
                Tier::Admin
            }
            Self::NetworkPolicy => Tier::NetworkPolicy,
            Self::BaselineAdminNetworkPolicy
            | Self::ClusterNetworkPolicy { tier: ClusterTier::Baseline, .. } => Tier::Baseline,
        }
    }

    /// The priority, where policies of the kind have one.
    #[must_use]
    pub const fn priority(self) -> Option<u16> {
        match self {
            Self::AdminNetworkPolicy { priority } | Self::ClusterNetworkPolicy { priority, .. } => {
                Some(priority)
            }
            Self::BaselineAdminNetworkPolicy | Self::NetworkPolicy => None,
        }
    }

    /// The place among the ranks: by tier, then by priority, those without one last (CNP-001, CNP-002, ANP-002).
    #[must_use]
    pub fn place(self) -> (Tier, u32) {
        (self.tier(), self.priority().map_or(u32::MAX, u32::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn cnp_001_cnp_002_anp_002_tiers_come_first_then_priorities_and_the_policy_without_one_is_last() {
        use ClusterTier::{Admin, Baseline};
        let cluster = |tier, priority| Rank::ClusterNetworkPolicy { tier, priority };
        let ordered = [
            cluster(Admin, 0),
            Rank::AdminNetworkPolicy { priority: 1 },
            cluster(Admin, 1000),
            Rank::NetworkPolicy,
            cluster(Baseline, 0),
            cluster(Baseline, 1000),
            Rank::BaselineAdminNetworkPolicy,
        ];
        let places: Vec<_> = ordered.iter().map(|rank| rank.place()).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
        assert_eq!(cluster(Admin, 7).place(), Rank::AdminNetworkPolicy { priority: 7 }.place());
        let kinds: Vec<_> = ordered.iter().map(|rank| rank.kind()).collect();
        assert!(PolicyKind::ALL.iter().all(|kind| kinds.contains(kind)));
    }
}
