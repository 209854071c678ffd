//! The ends that assertions name.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use crate::cluster::{Workload, WorkloadKind};
use crate::net::{Cidr, parse_address};
use crate::policy::PodMatch;

/// An end as it is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EndName {
    Address(IpAddr),
    /// `ns/name`: the pod, else the only workload of that name.
    Any {
        namespace: String,
        name: String,
    },
    /// The addresses of a CIDR that are no pod's and no node's.
    Cidr(Cidr),
    Pod {
        namespace: String,
        name: String,
    },
    /// Pods by their labels.
    Selected(PodMatch),
    /// A service, which only destinations can be.
    Service {
        namespace: String,
        name: String,
    },
    Workload {
        namespace: String,
        workload: Workload,
    },
}

impl fmt::Display for EndName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Any { namespace, name } | Self::Pod { namespace, name } => write!(f, "{namespace}/{name}"),
            Self::Cidr(cidr) => cidr.fmt(f),
            Self::Selected(_) => f.write_str("selected pods"),
            Self::Service { namespace, name } => write!(f, "svc/{namespace}/{name}"),
            Self::Workload { namespace, workload } => write!(f, "{namespace}/{workload}"),
        }
    }
}

/// Why a text names no end: what is wrong, and what to do.
pub(super) type BadEnd = (String, &'static str);

const FORMS: &str = "write `ns/name`, `ns/kind/name`, `svc/ns/name`, an address or a CIDR";

impl EndName {
    /// Reads an end; a name without a namespace takes `namespace`.
    pub(super) fn parse(text: &str, namespace: Option<&str>) -> Result<Self, BadEnd> {
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err((format!("`{text}` names no end: a part of it is empty"), FORMS));
        }
        match parts.as_slice() {
            [name] if looks_like_address(name) => parse_address(name).map(Self::Address).map_err(|error| {
                (format!("`{text}` is no address: {error}"), "write it as the API server does")
            }),
            [name] => match namespace {
                Some(namespace) => Ok(Self::Any { namespace: namespace.into(), name: (*name).into() }),
                None => {
                    let help = "write `ns/name`, or give the document a `metadata.namespace`";
                    Err((format!("`{text}` has no namespace"), help))
                }
            },
            [first, _] if looks_like_address(first) => match Cidr::parse(text) {
                Ok(parsed) if parsed.cidr.to_string() == text => Ok(Self::Cidr(parsed.cidr)),
                Ok(parsed) => Err((
                    format!("`{text}` is no CIDR as the API server writes it; that is `{}`", parsed.cidr),
                    "write it so, or give one address",
                )),
                Err(error) => Err((format!("`{text}` is no CIDR: {error}"), "write it as `10.0.0.0/8`")),
            },
            [namespace, name] => Ok(Self::Any { namespace: (*namespace).into(), name: (*name).into() }),
            ["svc" | "service" | "services", namespace, name] if workload_kind(namespace).is_none() => {
                Ok(Self::Service { namespace: (*namespace).into(), name: (*name).into() })
            }
            [namespace, kind, name] => {
                let (namespace, name) = ((*namespace).to_string(), (*name).to_string());
                match (workload_kind(kind), *kind) {
                    (Some(kind), _) => Ok(Self::Workload { namespace, workload: Workload { kind, name } }),
                    (None, "po" | "pod" | "pods") => Ok(Self::Pod { namespace, name }),
                    (None, "svc" | "service" | "services") => Ok(Self::Service { namespace, name }),
                    (None, _) => Err((
                        format!("`{text}` names no end: `{kind}` is no kind"),
                        "kinds are those of workloads, `pod` and `service`",
                    )),
                }
            }
            _ => Err((format!("`{text}` names no end: it has more than three parts"), FORMS)),
        }
    }
}

/// The kinds of workload, with the short names that kubectl knows.
fn workload_kind(text: &str) -> Option<WorkloadKind> {
    let text = text.to_lowercase();
    match text.as_str() {
        "cj" => Some(WorkloadKind::CronJob),
        "deploy" => Some(WorkloadKind::Deployment),
        "ds" => Some(WorkloadKind::DaemonSet),
        "rs" => Some(WorkloadKind::ReplicaSet),
        "sts" => Some(WorkloadKind::StatefulSet),
        _ => WorkloadKind::ALL.into_iter().find(|kind| {
            let name = kind.as_str();
            text == name || text.strip_suffix('s') == Some(name)
        }),
    }
}

/// Whether a text can only be meant as an address: names have no `:`, and no name is all digits and dots.
fn looks_like_address(text: &str) -> bool {
    text.contains(':') || (text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read_in_every_form_and_refused_with_what_to_write() {
        let cases = [
            ("shop/web", "Any shop/web"),
            ("web", "Any apps/web"),
            ("shop/pod/web", "Pod shop/web"),
            ("shop/Deploy/web", "Workload shop/deployment/web"),
            ("shop/statefulsets/db", "Workload shop/statefulset/db"),
            ("svc/shop/web", "Service svc/shop/web"),
            ("shop/service/web", "Service svc/shop/web"),
            ("svc/deployment/web", "Workload svc/deployment/web"),
            ("10.0.0.1", "Address 10.0.0.1"),
            ("10.0.0.0/8", "Cidr 10.0.0.0/8"),
            ("::/0", "Cidr ::/0"),
            ("10.0.0.1/8", "error"),
            ("010.0.0.1", "error"),
            ("shop/gateway/web", "error"),
            ("shop//web", "error"),
            ("a/b/c/d", "error"),
        ];
        for (text, expected) in cases {
            let found = EndName::parse(text, Some("apps")).map_or("error".to_string(), |end| {
                let debug = format!("{end:?}");
                let kind = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                format!("{kind} {end}")
            });
            assert_eq!(found, expected, "{text:?}");
        }
        assert!(EndName::parse("web", None).unwrap_err().0.contains("has no namespace"));
    }
}
