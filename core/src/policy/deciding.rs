//! Which rules decide for a pod, over all tiers.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::set::names_of;
use super::{Direction, Policy, PolicyId, PolicySet, RuleId, Tier};
use crate::options::{HandOver, Options, TieBreak};

/// The rules that decide for the pods that some policies select, in a direction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Deciding {
    /// In the order in which they are asked: those of the tier Admin, then those of one other tier.
    pub(crate) rules: Vec<RuleId>,
    /// How many of them are of the tier Admin.
    pub(crate) admin: usize,
    /// Whether the others are of policies that isolate; else they are of the tier Baseline.
    pub(crate) isolated: bool,
}

impl PolicySet {
    /// The rules that decide for a pod which these policies, in order, select; nothing where they have none and
    /// isolate nobody (NP-017, CNP-006).
    pub(crate) fn deciding_rules(
        &self,
        selecting: &[PolicyId],
        direction: Direction,
        options: Options,
    ) -> Option<Deciding> {
        let mut deciding = Deciding { rules: Vec::new(), admin: 0, isolated: false };
        let mut is_final = false;
        let mut baseline = Vec::new();
        for id in selecting {
            let Some(policy) = self.policy(*id) else { continue };
            let tier = policy.rank.tier();
            // CNP-006: what is final is that a namespace's policy speaks of this direction.
            is_final |= tier == Tier::NetworkPolicy && options.hand_over == HandOver::Pod;
            let Some(list) = policy.rules(direction) else { continue };
            let rules = self.rule_ids(*id, direction).take(list.len()).map(RuleId);
            match tier {
                Tier::Admin => deciding.rules.extend(rules),
                Tier::NetworkPolicy => {
                    if !deciding.isolated {
                        deciding.admin = deciding.rules.len();
                    }
                    // NP-004: an empty list isolates as any other does; it only has nothing to allow.
                    deciding.isolated = true;
                    deciding.rules.extend(rules);
                }
                Tier::Baseline => baseline.extend(rules),
            }
        }
        if !deciding.isolated {
            deciding.admin = deciding.rules.len();
        }
        if !deciding.isolated && !is_final {
            deciding.rules.extend(baseline);
        }
        (deciding.isolated || !deciding.rules.is_empty()).then_some(deciding)
    }

    /// Puts policies into the order in which they are asked.
    pub(crate) fn sort(&self, policies: &mut [PolicyId], options: Options) {
        policies.sort_by(|a, b| match options.tie_break {
            TieBreak::Name => self.compare(*a, *b),
            TieBreak::ReverseName => match (self.policy(*a), self.policy(*b)) {
                (Some(a), Some(b)) => reversed(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            },
        });
    }
}

/// As policies compare, with the ties of the cluster's policies settled the other way round.
fn reversed(a: &Policy, b: &Policy) -> Ordering {
    // CNP-005: the text leaves ties open; names settle them.
    let names = names_of(a).cmp(&names_of(b));
    let is_tie = a.rank.tier() != Tier::NetworkPolicy;
    a.rank.place().cmp(&b.rank.place()).then(if is_tie { names.reverse() } else { names })
}
