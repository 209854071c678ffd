//! The ends that assertions name: those of questions, and sets of them.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::ask::ends::{EndName as Named, looks_like_address};
use crate::ask::failure::Failure;
use crate::net::Cidr;
use crate::policy::PodMatch;

/// An end as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EndName {
    /// What a question can be about, too.
    Named(Named),
    /// The addresses of a CIDR that are no pod's and no node's.
    Cidr(Cidr),
    /// Pods by their labels.
    Selected(PodMatch),
}

impl fmt::Display for EndName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(Named::Service { namespace, name }) => write!(f, "svc/{namespace}/{name}"),
            Self::Named(end) => end.fmt(f),
            Self::Cidr(cidr) => cidr.fmt(f),
            Self::Selected(_) => f.write_str("selected pods"),
        }
    }
}

/// Why a text names no end: what is wrong, and what to do.
pub(super) type BadEnd = (String, String);

const FORMS: &str = "write `ns/name`, `ns/kind/name`, `svc/ns/name`, an address or a CIDR";

impl EndName {
    /// Reads an end; a name without a namespace takes `namespace`.
    pub(super) fn parse(text: &str, namespace: Option<&str>) -> Result<Self, BadEnd> {
        match text.split_once('/') {
            Some((first, length)) if looks_like_address(first) && !length.contains('/') => cidr(text),
            _ => Named::parse(text, namespace).map(Self::Named).map_err(|failure| bad_end(&failure)),
        }
    }
}

fn cidr(text: &str) -> Result<EndName, BadEnd> {
    let bad = |what: String, help: &str| Err((what, help.to_string()));
    match Cidr::parse(text) {
        Ok(parsed) if parsed.cidr.to_string() == text => Ok(EndName::Cidr(parsed.cidr)),
        Ok(parsed) => bad(
            format!("`{text}` is no CIDR as the API server writes it; that is `{}`", parsed.cidr),
            "write it so, or give one address",
        ),
        Err(error) => bad(format!("`{text}` is no CIDR: {error}"), "write it as `10.0.0.0/8`"),
    }
}

fn bad_end(failure: &Failure) -> BadEnd {
    let (what, help) = match (failure.code, failure.halves()) {
        // A document has no `-n`.
        ("no-namespace", (what, _)) => (what, "write `ns/name`, or give the document a `metadata.namespace`"),
        ("bad-address", (what, _)) => (what, "write it as the API server does"),
        (_, (what, "")) => (what, FORMS),
        (_, halves) => halves,
    };
    (what.to_string(), help.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_in_every_form_and_refused_with_what_to_write() {
        let cases = [
            ("shop/web", "shop/web"),
            ("web", "apps/web"),
            ("shop/Deploy/web", "shop/deployment/web"),
            ("svc/shop/web", "svc/shop/web"),
            ("shop/service/web", "svc/shop/web"),
            ("10.0.0.1", "10.0.0.1"),
            ("10.0.0.0/8", "CIDR 10.0.0.0/8"),
            ("::/0", "CIDR ::/0"),
            ("10.0.0.1/8", "write it so, or give one address"),
            ("10.0.0.0/33", "write it as `10.0.0.0/8`"),
            ("010.0.0.1", "write it as the API server does"),
            (
                "shop/gateway/web",
                "kinds are `cronjob`, `daemonset`, `deployment`, `job`, `replicaset`, `statefulset`, `pod`, `service`",
            ),
            ("shop//web", FORMS),
            ("a/b/c/d", FORMS),
        ];
        for (text, expected) in cases {
            let found = match EndName::parse(text, Some("apps")) {
                Ok(EndName::Cidr(cidr)) => format!("CIDR {cidr}"),
                Ok(end) => end.to_string(),
                Err((_, help)) => help,
            };
            assert_eq!(found, expected, "{text:?}");
        }
        let (what, help) = EndName::parse("web", None).unwrap_err();
        assert_eq!(what, "`web` has no namespace");
        assert_eq!(help, "write `ns/name`, or give the document a `metadata.namespace`");
    }
}
