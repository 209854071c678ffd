//! Tiers: what each says of a flow, and which of them decides.

use super::{PolicyTrace, RuleTrace, SideTrace};
use crate::decision::Reason;
use crate::policy::{Action, Tier};

/// What a tier says of one side of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierOutcome<'a> {
    /// Nothing: an exemption or an earlier tier decides, or the options make an earlier one final (CNP-006).
    NotAsked,
    /// Nothing: none of its policies speaks of the pod in this direction.
    NoPolicy,
    /// Nothing: none of the rules matches, and the next tier is asked.
    NoMatch,
    /// The rule matches and leaves the flow to the next tier (CNP-003).
    Passed(&'a RuleTrace),
    /// The rule decides.
    Decided(&'a RuleTrace),
    /// Its policies isolate the pod, and no rule of theirs decides (NP-004, NP-017).
    Isolated,
}

impl TierOutcome<'_> {
    /// Whether no later tier is asked.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Decided(_) | Self::Isolated)
    }
}

impl SideTrace {
    /// What each tier says, in the order in which they are asked (CNP-001).
    #[must_use]
    pub fn tiers(&self) -> [(Tier, TierOutcome<'_>); 3] {
        let mut is_over = self.is_exempt;
        Tier::ALL.map(|tier| {
            let outcome = if is_over { TierOutcome::NotAsked } else { self.outcome(tier) };
            is_over |= outcome.is_final() || tier == Tier::NetworkPolicy && self.ends_with_namespaces;
            (tier, outcome)
        })
    }

    fn outcome(&self, tier: Tier) -> TierOutcome<'_> {
        let isolates = tier == Tier::NetworkPolicy && self.of_tier(tier).next().is_some();
        let decided_without_rule = matches!(self.side.reason, Reason::ProtocolDenied);
        if isolates && decided_without_rule {
            return TierOutcome::Isolated;
        }
        let mut matching = self.of_tier(tier).flat_map(|policy| &policy.rules).filter(|rule| rule.matches());
        match matching.next() {
            Some(rule) if rule.action == Action::Pass => TierOutcome::Passed(rule),
            Some(rule) => TierOutcome::Decided(rule),
            None if isolates => TierOutcome::Isolated,
            None if self.of_tier(tier).next().is_some() => TierOutcome::NoMatch,
            None => TierOutcome::NoPolicy,
        }
    }

    /// The policies of a tier that speak of the subject in this direction, in order.
    pub fn of_tier(&self, tier: Tier) -> impl Iterator<Item = &PolicyTrace> {
        self.policies.iter().filter(move |policy| policy.tier == tier)
    }

    /// The rules that match in the tier that decides, in order: the first of them decides.
    pub fn matching(&self) -> impl Iterator<Item = &RuleTrace> {
        let deciding =
            self.tiers().into_iter().find(|(_, outcome)| matches!(outcome, TierOutcome::Decided(_)));
        let rules = deciding.into_iter().flat_map(|(tier, _)| self.of_tier(tier)).flat_map(|it| &it.rules);
        rules.filter(|rule| rule.matches())
    }
}
