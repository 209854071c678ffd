//! Label selectors, with the values inside the operators that need them.

use alloc::vec::Vec;

use crate::label::{LabelKey, LabelValue, Labels, POD_NAMESPACE};

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
// Sorted, each once: most have one value, for which a tree would be many times as large.
pub struct Values(Vec<LabelValue>);

impl Values {
    /// The set of these values, or nothing when there is none.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = LabelValue>) -> Option<Self> {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        (!values.is_empty()).then_some(Self(values))
    }

    /// Whether a value is in the set.
    #[must_use]
    pub fn contains(&self, value: &LabelValue) -> bool {
        self.0.binary_search(value).is_ok()
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = &LabelValue> {
        self.0.iter()
    }
}

impl From<LabelValue> for Values {
    fn from(value: LabelValue) -> Self {
        Self(alloc::vec![value])
    }
}

/// A conjunction of requirements; without any it selects everything.
///
/// Equal selectors compare equal however they were written: requirements are sorted and each occurs once. The one
/// thing that is kept of how it was written is what no plugin but Cilium tells apart ([`Selector::is_expressed`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    requirements: Vec<Requirement>,
    expressed: Vec<Requirement>,
}

impl Selector {
    /// The selector that matches all labels (`{}`).
    #[must_use]
    pub fn everything() -> Self {
        Self::default()
    }

    /// The selector that `matchLabels` and `matchExpressions` make together.
    #[must_use]
    pub fn written(
        labels: impl IntoIterator<Item = (LabelKey, LabelValue)>,
        expressions: impl IntoIterator<Item = Requirement>,
    ) -> Self {
        let expressions: Vec<_> = expressions.into_iter().collect();
        let is_told_apart = |requirement: &&Requirement| is_told_apart(requirement);
        let expressed = expressions.iter().filter(is_told_apart).cloned().collect();
        let labels = labels.into_iter().map(|(key, value)| Requirement::In(key, value.into()));
        Self { requirements: sorted(labels.chain(expressions).collect()), expressed: sorted(expressed) }
    }

    /// Whether labels meet every requirement.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether this is the selector without requirements.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The requirements, sorted.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether a requirement is none of `matchLabels`, as far as that makes a difference to a plugin: Cilium writes the
    /// policy's namespace over what `matchLabels` says of `io.kubernetes.pod.namespace`, and heeds what
    /// `matchExpressions` say of it (CIL-7).
    #[must_use]
    pub fn is_expressed(&self, requirement: &Requirement) -> bool {
        !is_told_apart(requirement) || self.expressed.binary_search(requirement).is_ok()
    }
}

/// Whether it matters to a plugin how a requirement was written: `matchLabels` can say it, and Cilium looks.
fn is_told_apart(requirement: &Requirement) -> bool {
    match requirement {
        Requirement::In(key, values) => key.as_str() == POD_NAMESPACE && values.iter().count() == 1,
        _ => false,
    }
}

fn sorted(mut requirements: Vec<Requirement>) -> Vec<Requirement> {
    requirements.sort_unstable();
    requirements.dedup();
    requirements
}

impl FromIterator<Requirement> for Selector {
    /// Where one value is asked for, this is what `matchLabels` says.
    fn from_iter<I: IntoIterator<Item = Requirement>>(requirements: I) -> Self {
        Self { requirements: sorted(requirements.into_iter().collect()), expressed: Vec::new() }
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
    fn cil_7_how_a_selector_was_written_is_kept_of_the_one_key_of_which_a_plugin_looks() {
        let namespace = |texts: &[&str]| Requirement::In(key(POD_NAMESPACE), values(texts));
        let app = |text: &str| Requirement::In(key("app"), values(&[text]));
        let label = |text: &str| (key(POD_NAMESPACE), value(text));
        let written = |labels: &[(LabelKey, LabelValue)], expressions: &[Requirement]| {
            Selector::written(labels.iter().cloned(), expressions.iter().cloned())
        };
        let both = written(&[label("a")], &[namespace(&["b"]), namespace(&["a", "b"])]);
        assert_eq!(both.requirements().len(), 3);
        let expected =
            [(namespace(&["a"]), false), (namespace(&["b"]), true), (namespace(&["a", "b"]), true)];
        for (requirement, is_expressed) in expected {
            assert_eq!(both.is_expressed(&requirement), is_expressed, "{requirement:?}");
        }
        assert!(written(&[label("a")], &[namespace(&["a"])]).is_expressed(&namespace(&["a"])));
        assert_ne!(written(&[label("a")], &[]), written(&[], &[namespace(&["a"])]));
        assert_eq!(written(&[label("a")], &[]), [namespace(&["a"])].into_iter().collect());
        assert_eq!(written(&[(key("app"), value("x"))], &[]), written(&[], &[app("x")]));
    }

    #[test]
    fn there_is_no_empty_set_of_values() {
        assert!(Values::new([]).is_none());
    }
}
