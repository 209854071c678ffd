//! All policies of a cluster, in the order that attribution follows.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;
use core::hash::BuildHasher;
use core::ops::Range;

use hashbrown::{DefaultHashBuilder, HashMap};

use super::{Direction, Policy, PolicyKind, Rank, Rule, Tier};
use crate::slab::{Named, Slab};

/// The most rules of a set.
const MAX_RULES: usize = 0x7fff_ffff;
/// Rule ids that a namespace takes at a time.
const ROOM: u32 = 64;

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
    /// Two policies of one kind and name in one namespace.
    #[error("policy `{0}` is declared twice")]
    Duplicate(String),
    /// More rules than ids.
    #[error("there are more than {MAX_RULES} rules")]
    TooMany,
}

/// Policies in the order in which they are asked: by tier and priority, then by namespace and name.
///
/// Among the policies of namespaces the verdict does not depend on the order (NP-017); the rule that is named as
/// deciding does: it is the first that matches. Ids follow the order in a set that was made at once, and stay while a
/// policy lives.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    policies: Slab<PolicyPlace>,
    rules: Vec<Option<RuleKey>>,
    rule_count: usize,
    namespaces: HashMap<String, NamespaceRules>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RuleKey {
    policy: PolicyId,
    direction: Direction,
    index: usize,
}

/// A policy in its place.
#[derive(Clone, Debug)]
struct PolicyPlace {
    policy: Policy,
    /// The ids of its rules, the ingress rules' first.
    rules: Range<u32>,
}

/// What a namespace has of rule ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct NamespaceRules {
    /// How many policies are in it.
    policies: u32,
    /// Ids that no policy has.
    free: Vec<Range<u32>>,
}

// Where a policy lies is no part of what it is.
impl PartialEq for PolicySet {
    fn eq(&self, other: &Self) -> bool {
        self.policies == other.policies
    }
}

impl Eq for PolicySet {}

impl PartialEq for PolicyPlace {
    fn eq(&self, other: &Self) -> bool {
        self.policy == other.policy
    }
}

impl Eq for PolicyPlace {}

impl Named for PolicyPlace {
    fn compare(&self, other: &Self) -> Ordering {
        order(&self.policy).cmp(&order(&other.policy))
    }

    fn hash_name(&self, hasher: &DefaultHashBuilder) -> u64 {
        hasher.hash_one(name(&self.policy))
    }
}

fn name(policy: &Policy) -> (PolicyKind, &str, &str) {
    (policy.rank.kind(), &policy.namespace, &policy.name)
}

/// What orders policies: tier and priority (CNP-001, CNP-002), then names, which settle ties (CNP-005).
fn order(policy: &Policy) -> ((Tier, u32), (&str, &str, Rank)) {
    (policy.rank.place(), names_of(policy))
}

/// What orders policies of one tier and priority.
pub(super) fn names_of(policy: &Policy) -> (&str, &str, Rank) {
    (&policy.namespace, &policy.name, policy.rank)
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
    /// `namespace/name spec.ingress[0]`; of a policy of the cluster `ClusterNetworkPolicy name spec.ingress[0]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.policy.rank.kind();
        if !kind.is_namespaced() {
            write!(f, "{kind} ")?;
        }
        write!(f, "{} spec.{}[{}]", self.policy, self.direction, self.index)
    }
}

impl PolicySet {
    /// Sorts and numbers policies.
    ///
    /// # Errors
    /// Every name that occurs twice among policies of a kind in one namespace.
    pub fn new(policies: impl IntoIterator<Item = Policy>) -> Result<Self, Vec<PolicySetError>> {
        let mut policies: Vec<_> = policies.into_iter().collect();
        policies.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut errors = duplicates(&policies);
        let mut rules = Vec::new();
        let mut places = Vec::with_capacity(policies.len());
        let mut namespaces: HashMap<String, NamespaceRules> = HashMap::new();
        for (id, policy) in (0..).map(PolicyId).zip(policies) {
            let first = u32::try_from(rules.len()).unwrap_or(u32::MAX);
            rules.extend(rule_keys(id, &policy).map(Some));
            let end = u32::try_from(rules.len()).unwrap_or(u32::MAX);
            let of_namespace = namespaces.entry_ref(policy.namespace.as_str()).or_default();
            of_namespace.policies = of_namespace.policies.saturating_add(1);
            places.push(PolicyPlace { policy, rules: first..end });
        }
        // The highest id stays free: flat tables use it for "none".
        if rules.len() > MAX_RULES || u32::try_from(places.len()).is_err() {
            errors.push(PolicySetError::TooMany);
        }
        let rule_count = rules.len();
        let policies = Slab::of_sorted(places);
        if errors.is_empty() { Ok(Self { policies, rules, rule_count, namespaces }) } else { Err(errors) }
    }

    /// The policies in order, with their ids.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, &Policy)> {
        self.policies.iter().map(|(id, place)| (PolicyId(id), &place.policy))
    }

    /// A policy by its id.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(id.0).map(|place| &place.policy)
    }

    /// A rule by its id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<RuleRef<'_>> {
        let key = self.rules.get(usize::try_from(id.0).ok()?)?.as_ref()?;
        let policy = self.policy(key.policy)?;
        let rule = policy.written(key.direction).get(key.index)?;
        Some(RuleRef { policy_id: key.policy, policy, direction: key.direction, index: key.index, rule })
    }

    /// The id of a rule by its place.
    #[must_use]
    pub fn rule_id(&self, policy: PolicyId, direction: Direction, index: usize) -> Option<RuleId> {
        let ids = self.rule_ids(policy, direction);
        let offset = u32::try_from(index).ok()?;
        ids.start.checked_add(offset).filter(|id| *id < ids.end).map(RuleId)
    }

    /// The ids of a policy's rules in a direction, in order, also of one that it does not apply to.
    pub(crate) fn rule_ids(&self, policy: PolicyId, direction: Direction) -> Range<u32> {
        let Some(PolicyPlace { policy, rules }) = self.policies.get(policy.0) else { return 0..0 };
        let ingress = u32::try_from(policy.written(Direction::Ingress).len()).unwrap_or(u32::MAX);
        let between = rules.start.saturating_add(ingress).min(rules.end);
        match direction {
            Direction::Ingress => rules.start..between,
            Direction::Egress => between..rules.end,
        }
    }

    /// The ids of a policy's rules.
    pub(crate) fn rules_of(&self, id: PolicyId) -> impl Iterator<Item = RuleId> + use<> {
        self.policies.get(id.0).map(|place| place.rules.clone()).into_iter().flatten().map(RuleId)
    }

    /// Finds a policy by kind, namespace (empty for policies of the cluster) and name.
    ///
    /// # Complexity
    /// One look-up by hash.
    #[must_use]
    pub fn find(&self, kind: PolicyKind, namespace: &str, name: &str) -> Option<PolicyId> {
        let wanted = (kind, namespace, name);
        self.policies.find(wanted, |place| self::name(&place.policy) == wanted).map(PolicyId)
    }

    /// One more than the highest id of a rule.
    pub(crate) fn rule_bound(&self) -> u32 {
        u32::try_from(self.rules.len()).unwrap_or(u32::MAX)
    }

    /// How two policies compare: the order in which they are asked.
    pub(crate) fn compare(&self, a: PolicyId, b: PolicyId) -> Ordering {
        self.policies.compare(a.0, b.0)
    }

    /// Whether a policy is in a namespace.
    pub(crate) fn is_in_use(&self, namespace: &str) -> bool {
        self.namespaces.get(namespace).is_some_and(|of_namespace| of_namespace.policies > 0)
    }

    /// The same set with other contents of its policies, whose rules keep their numbers.
    ///
    /// A policy that no longer applies keeps its place, with no rules.
    pub(crate) fn mapped(&self, mut map: impl FnMut(&Policy) -> Policy) -> Self {
        let mut mapped = self.clone();
        mapped.policies.for_each_mut(|place| place.policy = map(&place.policy));
        mapped
    }

    /// Puts a policy, in place of the one of its name if there is one, and gives what was there.
    ///
    /// A policy that has as many rules as the one before keeps the ids: they stand for the places in the policy.
    pub(crate) fn put(&mut self, policy: Policy) -> (PolicyId, Option<Policy>) {
        let before =
            self.find(policy.rank.kind(), &policy.namespace, &policy.name).and_then(|id| self.take(id));
        let count = [Direction::Ingress, Direction::Egress]
            .into_iter()
            .fold(0_usize, |sum, direction| sum.saturating_add(policy.written(direction).len()));
        let namespace = policy.namespace.clone();
        let rules = self.reserve(&namespace, u32::try_from(count).unwrap_or(u32::MAX));
        if let Some(of_namespace) = self.namespaces.get_mut(&namespace) {
            of_namespace.policies = of_namespace.policies.saturating_add(1);
        }
        let (id, _) = self.policies.put(PolicyPlace { policy, rules: rules.clone() });
        if let Some(policy) = self.policy(PolicyId(id)) {
            let keys: Vec<RuleKey> = rule_keys(PolicyId(id), policy).collect();
            for (number, key) in rules.zip(keys) {
                self.set_key(number, Some(key));
            }
        }
        self.rule_count = self.rule_count.saturating_add(count);
        (PolicyId(id), before)
    }

    /// Removes a policy.
    pub(crate) fn remove(
        &mut self,
        kind: PolicyKind,
        namespace: &str,
        name: &str,
    ) -> Option<(PolicyId, Policy)> {
        let id = self.find(kind, namespace, name)?;
        Some((id, self.take(id)?))
    }

    fn take(&mut self, id: PolicyId) -> Option<Policy> {
        let PolicyPlace { policy, rules } = self.policies.remove(id.0)?;
        self.rule_count = self.rule_count.saturating_sub(rules.len());
        for number in rules.clone() {
            self.set_key(number, None);
        }
        if let Some(of_namespace) = self.namespaces.get_mut(&policy.namespace) {
            of_namespace.policies = of_namespace.policies.saturating_sub(1);
            if !rules.is_empty() {
                of_namespace.free.push(rules);
            }
        }
        Some(policy)
    }

    /// Takes ids for rules: of those that the namespace has left, else of new ones.
    fn reserve(&mut self, namespace: &str, count: u32) -> Range<u32> {
        let of_namespace = self.namespaces.entry_ref(namespace).or_default();
        let room = |range: &Range<u32>| range.end.saturating_sub(range.start);
        // The last that fits: what was left last is what a policy that is replaced had.
        let fitting = of_namespace.free.iter().rposition(|range| room(range) >= count);
        let range = match fitting {
            Some(at) => of_namespace.free.swap_remove(at),
            None => {
                let first = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
                let end = first.saturating_add(count.max(ROOM));
                self.rules.resize(usize::try_from(end).unwrap_or(usize::MAX), None);
                first..end
            }
        };
        let end = range.start.saturating_add(count);
        if end < range.end {
            of_namespace.free.push(end..range.end);
        }
        range.start..end
    }

    fn set_key(&mut self, rule: u32, key: Option<RuleKey>) {
        if let Some(place) = usize::try_from(rule).ok().and_then(|rule| self.rules.get_mut(rule)) {
            *place = key;
        }
    }

    /// Whether ids for so many more rules may be taken.
    pub(crate) fn has_room_for(&self, rules: usize) -> bool {
        let room = usize::try_from(ROOM).unwrap_or(usize::MAX);
        self.rules.len().saturating_add(rules.max(room)) <= MAX_RULES
    }

    /// How many policies there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.policies.len()
    }

    /// How many rules there are.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rule_count
    }

    /// Whether there is no policy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }
}

/// An error for every policy with the kind and name of an earlier one.
fn duplicates(policies: &[Policy]) -> Vec<PolicySetError> {
    let mut names: Vec<(PolicyKind, &str, &str)> = policies.iter().map(name).collect();
    names.sort_unstable();
    let repeated = names.iter().zip(names.iter().skip(1)).filter(|(a, b)| a == b);
    let text = |(kind, namespace, name): (PolicyKind, &str, &str)| {
        if kind.is_namespaced() { alloc::format!("{namespace}/{name}") } else { name.to_string() }
    };
    repeated.map(|(name, _)| PolicySetError::Duplicate(text(*name))).collect()
}

/// The rules of a policy in the order of their ids.
fn rule_keys(id: PolicyId, policy: &Policy) -> impl Iterator<Item = RuleKey> {
    [Direction::Ingress, Direction::Egress].into_iter().flat_map(move |direction| {
        let count = policy.written(direction).len();
        (0..count).map(move |index| RuleKey { policy: id, direction, index })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{NamespaceMatch, Peers, PodMatch, Traffic};
    use crate::selector::Selector;
    use crate::source::{Origin, Position};

    const NP: PolicyKind = PolicyKind::NetworkPolicy;

    fn policy(namespace: &str, name: &str, ingress: Option<usize>, egress: Option<usize>) -> Policy {
        let rule = Rule::allow(Peers::Any, Traffic::Any, Position::default());
        let rules = |count: Option<usize>| count.map(|count| alloc::vec![rule.clone(); count]);
        Policy {
            rank: Rank::NetworkPolicy,
            namespace: namespace.into(),
            name: name.into(),
            subject: PodMatch {
                namespaces: NamespaceMatch::Named(namespace.into()),
                pods: Selector::everything(),
            },
            ingress: rules(ingress),
            egress: rules(egress),
            unlisted: Vec::new(),
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
    fn ids_stay_while_a_policy_lives_and_a_replaced_policy_keeps_them() {
        let mut set =
            PolicySet::new([policy("a", "x", Some(2), None), policy("b", "y", Some(1), None)]).unwrap();
        let y = set.find(NP, "b", "y").unwrap();
        set.put(policy("a", "w", Some(1), Some(1)));
        assert_eq!(set.rule(RuleId(2)).unwrap().to_string(), "b/y spec.ingress[0]");
        let order: Vec<_> = set.policies().map(|(_, policy)| policy.to_string()).collect();
        assert_eq!(order, ["a/w", "a/x", "b/y"]);
        let (x, before) = set.put(policy("a", "x", Some(1), Some(1)));
        assert_eq!(before, Some(policy("a", "x", Some(2), None)));
        assert_eq!(set.rule_id(x, Direction::Egress, 0), Some(RuleId(1)));
        assert_eq!(set.remove(NP, "b", "y").map(|(id, _)| id), Some(y));
        assert_eq!((set.find(NP, "b", "y"), set.rule(RuleId(2)).is_none()), (None, true));
        assert_eq!((set.len(), set.rule_count()), (2, 4));
        let again = PolicySet::new([policy("a", "w", Some(1), Some(1)), policy("a", "x", Some(1), Some(1))]);
        assert_eq!(set, again.unwrap());
    }

    #[test]
    fn a_name_that_occurs_twice_is_refused() {
        let errors =
            PolicySet::new([policy("a", "x", None, None), policy("a", "x", None, None)]).unwrap_err();
        assert_eq!(errors, [PolicySetError::Duplicate("a/x".to_string())]);
        assert!(PolicySet::new([]).unwrap().is_empty());
    }
}
