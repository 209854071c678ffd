//! All policies of a cluster, in the order that attribution follows.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{Direction, Policy, Rule};

/// The number of a policy in its set, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub u32);

/// The number of a rule in its set, from 0: policies in order, in each the ingress rules, then the egress rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// Why policies make no set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicySetError {
    /// Two policies of one name in one namespace.
    #[error("policy `{0}` is declared twice")]
    Duplicate(String),
    /// More rules than ids.
    #[error("there are more than {} rules", u32::MAX)]
    TooMany,
}

/// Policies sorted by namespace and name.
///
/// The verdict never depends on the order (NP-017), the rule that is named as deciding does: it is the first that
/// matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySet {
    policies: Vec<Policy>,
    rules: Vec<RuleKey>,
    first_rules: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RuleKey {
    policy: PolicyId,
    direction: Direction,
    index: usize,
}

/// A rule with its place.
#[derive(Clone, Copy, Debug)]
pub struct RuleRef<'a> {
    /// The policy's id.
    pub policy_id: PolicyId,
    /// The policy.
    pub policy: &'a Policy,
    /// Which of its lists the rule is in.
    pub direction: Direction,
    /// The place in that list, from 0.
    pub index: usize,
    /// The rule.
    pub rule: &'a Rule,
}

impl RuleRef<'_> {
    /// The rule's field path in upstream notation, such as `spec.ingress[0]`.
    #[must_use]
    pub fn path(&self) -> String {
        alloc::format!("spec.{}[{}]", self.direction, self.index)
    }
}

impl fmt::Display for RuleRef<'_> {
    /// `namespace/name spec.ingress[0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} spec.{}[{}]", self.policy, self.direction, self.index)
    }
}

impl PolicySet {
    /// Sorts and numbers policies.
    ///
    /// # Errors
    /// Every name that occurs twice in one namespace.
    pub fn new(policies: impl IntoIterator<Item = Policy>) -> Result<Self, Vec<PolicySetError>> {
        let mut policies: Vec<_> = policies.into_iter().collect();
        policies.sort_by(|a, b| a.namespace.cmp(&b.namespace).then_with(|| a.name.cmp(&b.name)));
        let mut errors = Vec::new();
        for (policy, next) in policies.iter().zip(policies.iter().skip(1)) {
            if policy.namespace == next.namespace && policy.name == next.name {
                errors.push(PolicySetError::Duplicate(policy.to_string()));
            }
        }
        let mut rules = Vec::new();
        let mut first_rules = Vec::new();
        for (id, policy) in (0..).map(PolicyId).zip(&policies) {
            first_rules.push(u32::try_from(rules.len()).unwrap_or(u32::MAX));
            for direction in [Direction::Ingress, Direction::Egress] {
                let count = policy.rules(direction).map_or(0, <[Rule]>::len);
                rules.extend((0..count).map(|index| RuleKey { policy: id, direction, index }));
            }
        }
        // The highest id stays free: flat tables use it for "none".
        if u32::try_from(rules.len()).is_err() || u32::try_from(policies.len()).is_err() {
            errors.push(PolicySetError::TooMany);
        }
        if errors.is_empty() { Ok(Self { policies, rules, first_rules }) } else { Err(errors) }
    }

    /// The policies in order, with their ids.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, &Policy)> {
        (0..).map(PolicyId).zip(&self.policies)
    }

    /// A policy by its id.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(usize::try_from(id.0).ok()?)
    }

    /// A rule by its id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<RuleRef<'_>> {
        let key = self.rules.get(usize::try_from(id.0).ok()?)?;
        let policy = self.policy(key.policy)?;
        let rule = policy.rules(key.direction)?.get(key.index)?;
        Some(RuleRef { policy_id: key.policy, policy, direction: key.direction, index: key.index, rule })
    }

    /// The id of a rule by its place.
    #[must_use]
    pub fn rule_id(&self, policy: PolicyId, direction: Direction, index: usize) -> Option<RuleId> {
        let first = *self.first_rules.get(usize::try_from(policy.0).ok()?)?;
        let object = self.policy(policy)?;
        let before = match direction {
            Direction::Ingress => 0,
            Direction::Egress => object.rules(Direction::Ingress).map_or(0, <[Rule]>::len),
        };
        (index < object.rules(direction)?.len()).then_some(())?;
        let offset = u32::try_from(before.checked_add(index)?).ok()?;
        first.checked_add(offset).map(RuleId)
    }

    /// How many policies there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    /// How many rules there are.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no policy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{NamespaceMatch, Peers, PodMatch, Traffic};
    use crate::selector::Selector;
    use crate::source::{Origin, Position};

    fn policy(namespace: &str, name: &str, ingress: Option<usize>, egress: Option<usize>) -> Policy {
        let rule = Rule { peers: Peers::Any, traffic: Traffic::Any, at: Position::default() };
        let rules = |count: Option<usize>| count.map(|count| alloc::vec![rule.clone(); count]);
        Policy {
            namespace: namespace.into(),
            name: name.into(),
            subject: PodMatch {
                namespaces: NamespaceMatch::Named(namespace.into()),
                pods: Selector::everything(),
            },
            ingress: rules(ingress),
            egress: rules(egress),
            origin: Origin::default(),
        }
    }

    #[test]
    fn rules_are_numbered_by_policy_then_direction_then_place_and_found_again() {
        let set = PolicySet::new([
            policy("b", "x", Some(1), Some(2)),
            policy("a", "y", None, Some(1)),
            policy("a", "x", Some(0), None),
        ])
        .unwrap();
        assert_eq!((set.len(), set.rule_count(), set.is_empty()), (3, 4, false));
        let mut paths = Vec::new();
        for number in 0..4 {
            let found = set.rule(RuleId(number)).unwrap();
            assert_eq!(set.rule_id(found.policy_id, found.direction, found.index), Some(RuleId(number)));
            paths.push(found.to_string());
        }
        assert_eq!(
            paths,
            ["a/y spec.egress[0]", "b/x spec.ingress[0]", "b/x spec.egress[0]", "b/x spec.egress[1]"]
        );
        assert!(set.rule(RuleId(4)).is_none());
        assert_eq!(set.rule_id(PolicyId(0), Direction::Ingress, 0), None);
        assert_eq!(set.rule_id(PolicyId(0), Direction::Egress, 0), None);
        assert_eq!(set.rule_id(PolicyId(9), Direction::Egress, 0), None);
        assert_eq!(set.rule(RuleId(1)).unwrap().path(), "spec.ingress[0]");
    }

    #[test]
    fn a_name_that_occurs_twice_is_refused() {
        let errors =
            PolicySet::new([policy("a", "x", None, None), policy("a", "x", None, None)]).unwrap_err();
        assert_eq!(errors, [PolicySetError::Duplicate("a/x".to_string())]);
        assert!(PolicySet::new([]).unwrap().is_empty());
    }
}
