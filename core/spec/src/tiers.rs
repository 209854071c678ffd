//! What the cluster's own policies say: tiers, priorities, actions, and rules that nobody understands whole.

use portcullis::options::{
    AdminNetworkPolicies, ClusterNetworkPolicies, ClusterPeers, DenyDomainNames, Enforcement, TieBreak,
    UnknownFields,
};
use portcullis::policy::{
    Action, ClusterTier, Peer, Peers, Policy, PolicyId, PolicyKind, PortMatch, Rank, Rule, Traffic,
};
use portcullis::{Reason, Side};

use crate::{Question, Spec};

/// The place of a policy among those of its tier; the least is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// CNP-002: by priority.
    Priority(u16),
    /// ANP-002: the one policy without a priority comes after all others.
    Last,
}

impl Spec<'_> {
    /// What a tier of the cluster's policies says; nothing where the next tier is asked.
    pub(crate) fn ask_cluster(&self, tier: ClusterTier, question: &Question<'_>) -> Option<Side> {
        // kubenet: nobody enforces them, nor any other policy.
        if self.options.enforcement == Enforcement::None {
            return None;
        }
        for (id, policy) in self.in_turn(tier) {
            // CNP-004: without rules a policy says nothing, and it never isolates.
            let rules = policy.rules(question.direction).unwrap_or_default();
            // CNP-007: the subject is chosen among all pods, by namespace and by labels.
            if !self.is_one_of(question.subject, &policy.subject) {
                continue;
            }
            // CNP-002: the first rule that matches counts.
            for (index, rule) in rules.iter().enumerate() {
                let Some(action) = self.action_on(rule, question) else { continue };
                let number = self.policies.rule_id(id, question.direction, index)?;
                return match action {
                    Action::Allow => Some(Side::by_rule(number)),
                    Action::Deny => Some(Side::by_deny_rule(number)),
                    // CNP-003: the rest of the tier is left out; after the last tier everything is allowed.
                    Action::Pass if tier == ClusterTier::Baseline => {
                        Some(Side::without_rule(Reason::NoPolicy))
                    }
                    Action::Pass => None,
                };
            }
        }
        None
    }

    /// The policies of a tier in the order in which they are asked.
    fn in_turn(&self, tier: ClusterTier) -> Vec<(PolicyId, &Policy)> {
        let turn = |policy: &Policy| match (policy.rank, tier) {
            // CNP-001, ANP-001: both kinds share the tier.
            (Rank::ClusterNetworkPolicy { tier: own, priority }, _) if own == tier => {
                Some(Turn::Priority(priority))
            }
            (Rank::AdminNetworkPolicy { priority }, ClusterTier::Admin) => Some(Turn::Priority(priority)),
            (Rank::BaselineAdminNetworkPolicy, ClusterTier::Baseline) => Some(Turn::Last),
            _ => None,
        };
        let mut found: Vec<_> = self
            .policies
            .policies()
            .filter(|(_, policy)| self.knows(policy))
            .filter_map(|(id, policy)| turn(policy).map(|turn| (turn, (id, policy))))
            .collect();
        // CNP-005: equal priorities are for the implementation to order: by name, or the other way round.
        let name = |policy: &Policy| {
            let is_newer = policy.rank.kind() == PolicyKind::ClusterNetworkPolicy;
            (policy.name.clone(), is_newer)
        };
        found.sort_by(|(turn, (_, policy)), (other_turn, (_, other))| {
            let by_name = name(policy).cmp(&name(other));
            let by_name = match self.options.tie_break {
                TieBreak::Name => by_name,
                TieBreak::ReverseName => by_name.reverse(),
            };
            turn.cmp(other_turn).then(by_name)
        });
        found.into_iter().map(|(_, found)| found).collect()
    }

    /// Whether the plugin knows the API of a policy of the cluster.
    fn knows(&self, policy: &Policy) -> bool {
        match policy.rank {
            Rank::AdminNetworkPolicy { .. } | Rank::BaselineAdminNetworkPolicy => {
                self.options.admin_network_policies == AdminNetworkPolicies::Enforced
            }
            Rank::ClusterNetworkPolicy { .. } => {
                self.options.cluster_network_policies == ClusterNetworkPolicies::Enforced
            }
            Rank::NetworkPolicy => true,
        }
    }

    /// What a rule does with a flow; nothing where it is not about it.
    fn action_on(&self, rule: &Rule, question: &Question<'_>) -> Option<Action> {
        if self.is_beyond_understanding(rule) {
            // CNP-010: such a rule allows nothing, or denies everything.
            return (rule.action != Action::Allow).then_some(Action::Deny);
        }
        self.holds(rule, "", question).then_some(rule.action)
    }

    /// Whether a rule has to fail closed.
    fn is_beyond_understanding(&self, rule: &Rule) -> bool {
        let peers: &[Peer] = match &rule.peers {
            Peers::Any => &[],
            Peers::Of(peers) => peers,
        };
        let items: &[PortMatch] = match &rule.traffic {
            Traffic::Any => &[],
            Traffic::Of(items) => items,
        };
        // CNP-010: one field that only a newer API knows is enough.
        let has_unknown = peers.contains(&Peer::Unknown) || items.contains(&PortMatch::Unknown);
        // CNP-012: names are for rules that allow; whether others hold their addresses is a choice.
        let has_name = peers.iter().any(|peer| matches!(peer, Peer::DomainNames(_)));
        // calico/cluster-peers: to some plugins nodes and names are peers that nobody knows.
        let has_foreign = has_name || peers.iter().any(|peer| matches!(peer, Peer::Nodes(_)));
        has_foreign && self.options.cluster_peers == ClusterPeers::PodsAndNetworks
            || has_unknown && self.options.unknown_fields == UnknownFields::FailClosed
            || has_name
                && rule.action != Action::Allow
                && self.options.deny_domain_names == DenyDomainNames::FailClosed
    }
}
