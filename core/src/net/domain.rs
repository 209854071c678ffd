//! Names of the Domain Name System, and patterns of them.

use alloc::string::String;
use core::fmt;

/// Why a text is no domain name, or no pattern of domain names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be labels of letters, digits, `-` and `_` between dots, two at least")]
pub struct DomainNameError;

/// A domain name, in lower case and without the dot at the end (CNP-012).
///
/// ```
/// use portcullis::net::DomainName;
///
/// let name = DomainName::try_from("API.Example.com.").unwrap();
/// assert_eq!(name.as_str(), "api.example.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// A domain name, or all names below one: `*.` stands for one label or more (CNP-012).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainPattern {
    wildcard: bool,
    name: DomainName,
}

impl DomainName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for DomainName {
    type Error = DomainNameError;

    fn try_from(text: &str) -> Result<Self, DomainNameError> {
        // CNP-012: a dot at the end says that the name is complete, and so it is without it.
        let text = text.strip_suffix('.').unwrap_or(text);
        let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        // The API's pattern has `A-z` for the first character, which takes in what lies between `Z` and `a`.
        let is_first = |c: char| c.is_ascii_alphanumeric() || matches!(c, '[' | '\\' | ']' | '^' | '_' | '`');
        let is_label = |label: &str| {
            let mut chars = label.chars();
            let first = chars.next();
            let rest = chars.as_str();
            first.is_some_and(is_first)
                && rest.chars().all(is_inner)
                && rest.chars().last().is_none_or(|last| last.is_ascii_alphanumeric())
        };
        if text.contains('.') && text.split('.').all(is_label) {
            // CNP-012: names are the same in any case.
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(DomainNameError)
        }
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DomainPattern {
    /// Whether it means the names below [`DomainPattern::name`], and not that name itself.
    #[must_use]
    pub const fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The name, or what all names that are meant end in.
    #[must_use]
    pub const fn name(&self) -> &DomainName {
        &self.name
    }

    /// Whether a name is meant (CNP-012).
    ///
    /// ```
    /// use portcullis::net::{DomainName, DomainPattern};
    ///
    /// let pattern = DomainPattern::try_from("*.example.com").unwrap();
    /// let matches = |name: &str| pattern.matches(&DomainName::try_from(name).unwrap());
    /// assert!(matches("a.example.com") && matches("b.a.example.com"));
    /// assert!(!matches("example.com") && !matches("my-example.com"));
    /// ```
    #[must_use]
    pub fn matches(&self, name: &DomainName) -> bool {
        if !self.wildcard {
            return *name == self.name;
        }
        // The star is whole labels: what is left before the name ends in a dot, and is more than that.
        let below = name.as_str().strip_suffix(self.name.as_str()).and_then(|rest| rest.strip_suffix('.'));
        below.is_some_and(|labels| !labels.is_empty())
    }
}

impl TryFrom<&str> for DomainPattern {
    type Error = DomainNameError;

    fn try_from(text: &str) -> Result<Self, DomainNameError> {
        let (wildcard, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        Ok(Self { wildcard, name: DomainName::try_from(name)? })
    }
}

impl fmt::Display for DomainPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wildcard {
            f.write_str("*.")?;
        }
        f.write_str(self.name.as_str())
    }
}

impl From<DomainName> for DomainPattern {
    fn from(name: DomainName) -> Self {
        Self { wildcard: false, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cnp_012_texts_are_names_exactly_where_the_api_takes_them() {
        let cases = [
            ("kubernetes.io", Some("kubernetes.io")),
            ("Kubernetes.IO.", Some("kubernetes.io")),
            ("a_b-c.x", Some("a_b-c.x")),
            ("_dmarc.example.com", Some("_dmarc.example.com")),
            ("xn--nxasmq6b.example", Some("xn--nxasmq6b.example")),
            ("1.1", Some("1.1")),
            ("localhost", None),
            ("example..com", None),
            (".example.com", None),
            ("example.com..", None),
            ("-a.com", None),
            ("a-.com", None),
            ("a.b*c.com", None),
            ("*.example.com", None),
            ("", None),
            (".", None),
            ("é.com", None),
        ];
        for (text, expected) in cases {
            let found = DomainName::try_from(text).map(|name| String::from(name.as_str())).ok();
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        for text in ["*.com", "*.*.example.com", "a.*.com", "*example.com", "*."] {
            assert!(DomainPattern::try_from(text).is_err(), "{text}");
        }
    }

    #[test]
    fn cnp_012_a_star_is_one_label_or_more_and_never_none() {
        let cases = [
            ("*.kubernetes.io", "www.kubernetes.io", true),
            ("*.kubernetes.io", "latest.blog.kubernetes.io", true),
            ("*.Kubernetes.io.", "WWW.kubernetes.IO", true),
            ("*.kubernetes.io", "kubernetes.io", false),
            ("*.kubernetes.io", "my-kubernetes.io", false),
            ("*.kubernetes.io", "www.kubernetes.io.example.com", false),
            ("kubernetes.io", "kubernetes.io.", true),
            ("kubernetes.io", "www.kubernetes.io", false),
        ];
        for (pattern, name, expected) in cases {
            let pattern = DomainPattern::try_from(pattern).unwrap();
            assert_eq!(pattern.matches(&DomainName::try_from(name).unwrap()), expected, "{pattern} {name}");
        }
    }
}
