//! Label selectors, with the values inside the operators that need them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::label::{LabelKey, LabelValue, Labels};

/// One condition of a selector (NP-012).
///
/// Exhaustive on purpose: these are the operators of `LabelSelector`, and each carries exactly what it needs, so
/// that an `In` without values or an `Exists` with some cannot be held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Requirement {
    /// The key is absent.
    DoesNotExist(LabelKey),
    /// The key is there, with any value.
    Exists(LabelKey),
    /// The key is there, with one of the values (`matchLabels` is the case of one value).
    In(LabelKey, Values),
    /// The key is absent, or has none of the values.
    NotIn(LabelKey, Values),
}

impl Requirement {
    /// Whether labels meet this condition.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        // NP-012: In and Exists need the key; NotIn and DoesNotExist are true without it.
        match self {
            Self::DoesNotExist(key) => labels.get(key).is_none(),
            Self::Exists(key) => labels.get(key).is_some(),
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => labels.get(key).is_none_or(|value| !values.contains(value)),
        }
    }

    /// The key that the condition is about.
    #[must_use]
    pub fn key(&self) -> &LabelKey {
        match self {
            Self::DoesNotExist(key) | Self::Exists(key) | Self::In(key, _) | Self::NotIn(key, _) => key,
        }
    }
}

/// The values of `In` and `NotIn`: at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Values(BTreeSet<LabelValue>);

impl Values {
    /// The set of these values, or nothing when there is none.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = LabelValue>) -> Option<Self> {
        let values: BTreeSet<_> = values.into_iter().collect();
        (!values.is_empty()).then_some(Self(values))
    }

    /// Whether a value is in the set.
    #[must_use]
    pub fn contains(&self, value: &LabelValue) -> bool {
        self.0.contains(value)
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = &LabelValue> {
        self.0.iter()
    }
}

impl From<LabelValue> for Values {
    fn from(value: LabelValue) -> Self {
        Self(BTreeSet::from([value]))
    }
}

/// A conjunction of requirements; without any it selects everything.
///
/// Equal selectors compare equal however they were written: requirements are sorted and each occurs once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector(Vec<Requirement>);

impl Selector {
    /// The selector that matches all labels (`{}`).
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// Whether labels meet every requirement.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether this is the selector without requirements.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// The requirements, sorted.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.0
    }
}

impl FromIterator<Requirement> for Selector {
    fn from_iter<I: IntoIterator<Item = Requirement>>(requirements: I) -> Self {
        let mut requirements: Vec<_> = requirements.into_iter().collect();
        requirements.sort_unstable();
        requirements.dedup();
        Self(requirements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> LabelKey {
        LabelKey::try_from(text).unwrap()
    }

    fn value(text: &str) -> LabelValue {
        LabelValue::try_from(text).unwrap()
    }

    fn values(texts: &[&str]) -> Values {
        Values::new(texts.iter().map(|text| value(text))).unwrap()
    }

    #[test]
    fn np_012_each_operator_treats_present_absent_and_empty_apart() {
        let absent = Labels::new();
        let empty: Labels = [(key("k"), value(""))].into_iter().collect();
        let a: Labels = [(key("k"), value("a"))].into_iter().collect();
        let cases = [
            (Requirement::Exists(key("k")), [false, true, true]),
            (Requirement::DoesNotExist(key("k")), [true, false, false]),
            (Requirement::In(key("k"), values(&["a"])), [false, false, true]),
            (Requirement::In(key("k"), values(&[""])), [false, true, false]),
            (Requirement::In(key("k"), values(&["a", ""])), [false, true, true]),
            (Requirement::NotIn(key("k"), values(&["a"])), [true, true, false]),
            (Requirement::NotIn(key("k"), values(&[""])), [true, false, true]),
        ];
        for (requirement, expected) in cases {
            let found = [&absent, &empty, &a].map(|labels| requirement.matches(labels));
            assert_eq!(found, expected, "{requirement:?}");
        }
    }

    #[test]
    fn a_selector_is_the_conjunction_of_its_requirements() {
        let both: Selector =
            [Requirement::Exists(key("a")), Requirement::Exists(key("b"))].into_iter().collect();
        let one: Labels = [(key("a"), value(""))].into_iter().collect();
        let two: Labels = [(key("a"), value("")), (key("b"), value("x"))].into_iter().collect();
        assert!(!both.matches(&one));
        assert!(both.matches(&two));
        assert!(Selector::everything().matches(&Labels::new()));
        assert!(Selector::everything().is_everything());
        assert!(!both.is_everything());
    }

    #[test]
    fn the_order_and_repetition_of_requirements_do_not_matter() {
        let ab: Selector =
            [Requirement::Exists(key("a")), Requirement::Exists(key("b"))].into_iter().collect();
        let bab: Selector =
            [Requirement::Exists(key("b")), Requirement::Exists(key("a")), Requirement::Exists(key("b"))]
                .into_iter()
                .collect();
        assert_eq!(ab, bab);
    }

    #[test]
    fn there_is_no_empty_set_of_values() {
        assert!(Values::new([]).is_none());
    }
}
