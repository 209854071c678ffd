//! Labels: keys and values that an API server would store, and the sets that objects carry.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// The most bytes in a label value or in the name part of a label key (the API's own limit).
const MAX_NAME_BYTES: usize = 63;
/// The most bytes in the prefix of a label key (a DNS subdomain's limit).
const MAX_PREFIX_BYTES: usize = 253;

/// The key under which Cilium puts the name of a pod's namespace (CIL-7).
pub(crate) const POD_NAMESPACE: &str = "io.kubernetes.pod.namespace";

/// Why a text is no label key or label value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// A character, or its place, is not allowed.
    #[error("must consist of letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit")]
    Characters,
    /// The key, or its part after `/`, is empty.
    #[error("the name part must not be empty")]
    EmptyName,
    /// The part before `/` is no DNS subdomain.
    #[error("the prefix before `/` must be a lower-case DNS subdomain of at most 253 bytes")]
    Prefix,
    /// There is more than one `/`.
    #[error("must have at most one `/`")]
    Slashes,
    /// The value, or the key's name part, is longer than 63 bytes.
    #[error("must be no more than 63 bytes")]
    TooLong,
}

/// A label key: `name` or `prefix/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelKey(String);

impl LabelKey {
    /// The key's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which the control plane puts a namespace's name (NP-013).
    #[must_use]
    pub fn metadata_name() -> Self {
        Self("kubernetes.io/metadata.name".to_string())
    }
}

impl TryFrom<&str> for LabelKey {
    type Error = LabelError;

    fn try_from(text: &str) -> Result<Self, LabelError> {
        let name = match text.split_once('/') {
            Some((_, rest)) if rest.contains('/') => return Err(LabelError::Slashes),
            Some((prefix, name)) => {
                if !is_dns_subdomain(prefix) {
                    return Err(LabelError::Prefix);
                }
                name
            }
            None => text,
        };
        if name.is_empty() {
            return Err(LabelError::EmptyName);
        }
        check_name(name)?;
        Ok(Self(text.to_string()))
    }
}

impl fmt::Display for LabelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A label value; may be empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelValue(String);

impl LabelValue {
    /// The value's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for LabelValue {
    type Error = LabelError;

    fn try_from(text: &str) -> Result<Self, LabelError> {
        if !text.is_empty() {
            check_name(text)?;
        }
        Ok(Self(text.to_string()))
    }
}

impl fmt::Display for LabelValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The labels of one object, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Sorted by key: objects have few labels, for which a tree would be several times as large.
pub struct Labels(Vec<(LabelKey, LabelValue)>);

impl Labels {
    /// No labels.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &LabelKey) -> Option<&LabelValue> {
        self.0.get(self.place(key).ok()?).map(|(_, value)| value)
    }

    /// Sets a label and returns the value that it had.
    pub fn insert(&mut self, key: LabelKey, value: LabelValue) -> Option<LabelValue> {
        match self.place(&key) {
            Ok(place) => self.0.get_mut(place).map(|(_, old)| core::mem::replace(old, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// Removes a label and returns the value that it had.
    pub fn remove(&mut self, key: &LabelKey) -> Option<LabelValue> {
        let place = self.place(key).ok()?;
        Some(self.0.remove(place).1)
    }

    /// Where a key is, or where it would be.
    fn place(&self, key: &LabelKey) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.cmp(key))
    }

    /// All labels, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&LabelKey, &LabelValue)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(LabelKey, LabelValue)> for Labels {
    fn from_iter<I: IntoIterator<Item = (LabelKey, LabelValue)>>(labels: I) -> Self {
        let mut labels: Vec<_> = labels.into_iter().collect();
        // Of labels with one key the last counts.
        labels.sort_by(|(one, _), (other, _)| one.cmp(other));
        labels.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                core::mem::swap(later, earlier);
            }
            is_same
        });
        labels.shrink_to_fit();
        Self(labels)
    }
}

fn check_name(text: &str) -> Result<(), LabelError> {
    if text.len() > MAX_NAME_BYTES {
        return Err(LabelError::TooLong);
    }
    let alphanumeric_ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.chars().all(inner)
        && alphanumeric_ends(text.chars().next())
        && alphanumeric_ends(text.chars().next_back())
    {
        Ok(())
    } else {
        Err(LabelError::Characters)
    }
}

/// Whether a text is a DNS subdomain (RFC 1123), as object names and label prefixes have to be.
#[must_use]
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= MAX_PREFIX_BYTES && text.split('.').all(is_lower_label_of_any_length)
}

/// Whether a text is a DNS label (RFC 1123): a namespace's name has to be.
#[must_use]
pub fn is_dns_label(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES && is_lower_label_of_any_length(text)
}

// The API's subdomain pattern does not bound the single labels, only the whole.
fn is_lower_label_of_any_length(text: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|b| alphanumeric(b) || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_accepted_and_refused_as_the_api_does() {
        let long_name = "n".repeat(63);
        let too_long_name = "n".repeat(64);
        let long_prefix = alloc::format!("{}.{}/a", "a".repeat(126), "b".repeat(126));
        let too_long_prefix = alloc::format!("{}.{}/a", "a".repeat(127), "b".repeat(126));
        let cases = [
            ("app", Ok(())),
            ("App", Ok(())),
            ("1", Ok(())),
            ("a_b.c-d", Ok(())),
            ("example.com/app", Ok(())),
            (long_name.as_str(), Ok(())),
            (long_prefix.as_str(), Ok(())),
            ("", Err(LabelError::EmptyName)),
            ("a/", Err(LabelError::EmptyName)),
            ("/a", Err(LabelError::Prefix)),
            ("Example.com/a", Err(LabelError::Prefix)),
            ("ex_ample.com/a", Err(LabelError::Prefix)),
            (too_long_prefix.as_str(), Err(LabelError::Prefix)),
            ("a/b/c", Err(LabelError::Slashes)),
            ("-a", Err(LabelError::Characters)),
            ("a-", Err(LabelError::Characters)),
            ("a b", Err(LabelError::Characters)),
            ("a:b", Err(LabelError::Characters)),
            ("ü", Err(LabelError::Characters)),
            ("a/..", Err(LabelError::Characters)),
            (too_long_name.as_str(), Err(LabelError::TooLong)),
        ];
        for (text, expected) in cases {
            assert_eq!(LabelKey::try_from(text).map(|_| ()), expected, "{text:?}");
        }
    }

    #[test]
    fn values_may_be_empty_but_not_long_or_odd() {
        let too_long = "v".repeat(64);
        let cases = [
            ("", Ok(())),
            ("a", Ok(())),
            ("A.b_c-1", Ok(())),
            ("a b", Err(LabelError::Characters)),
            ("-a", Err(LabelError::Characters)),
            ("a_", Err(LabelError::Characters)),
            ("a/b", Err(LabelError::Characters)),
            (too_long.as_str(), Err(LabelError::TooLong)),
        ];
        for (text, expected) in cases {
            assert_eq!(LabelValue::try_from(text).map(|_| ()), expected, "{text:?}");
        }
    }

    #[test]
    fn dns_names_are_bounded_as_a_whole() {
        assert!(is_dns_label(&"a".repeat(63)));
        assert!(!is_dns_label(&"a".repeat(64)));
        assert!(!is_dns_label("a.b"));
        assert!(is_dns_subdomain(&"a".repeat(253)));
        assert!(!is_dns_subdomain(&"a".repeat(254)));
        assert!(!is_dns_subdomain("a..b"));
        assert!(!is_dns_subdomain("a-"));
        assert!(!is_dns_subdomain("-a"));
        assert!(!is_dns_subdomain(""));
        assert!(!is_dns_subdomain("A"));
    }
}
