//! Labels and selectors from literals that are known to be valid.

use portcullis::label::{LabelKey, LabelValue, Labels};
use portcullis::selector::{Requirement, Selector, Values};

pub(super) fn key(text: &str) -> LabelKey {
    LabelKey::try_from(text).expect("workloads use valid keys")
}

pub(super) fn value(text: &str) -> LabelValue {
    LabelValue::try_from(text).expect("workloads use valid values")
}

/// Labels from pairs.
pub(super) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, text)| (key(name), value(text))).collect()
}

/// The selector of pairs, as `matchLabels` has them.
pub(super) fn matching(pairs: &[(&str, &str)]) -> Selector {
    pairs.iter().map(|(name, text)| Requirement::In(key(name), value(text).into())).collect()
}

/// The selector of one key with one of several values.
pub(super) fn one_of(name: &str, texts: &[&str]) -> Selector {
    let values = Values::new(texts.iter().map(|text| value(text))).expect("there are values");
    [Requirement::In(key(name), values)].into_iter().collect()
}
