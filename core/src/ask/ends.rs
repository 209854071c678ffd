//! The ends of flows as people and programs name them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;

use serde::Deserialize;

use super::failure::{Failure, listed};
use crate::cluster::{Workload, WorkloadKind};
use crate::net::parse_address;

/// One end of a flow, as it was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndName {
    /// An address.
    Address(IpAddr),
    /// `ns/name`: the pod, else the only workload of that name.
    Any {
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
    },
    /// A pod and nothing else.
    Pod {
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
    },
    /// A service, which only destinations can be.
    Service {
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
    },
    /// A workload.
    Workload {
        /// The namespace.
        namespace: String,
        /// The workload.
        workload: Workload,
    },
}

impl fmt::Display for EndName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Any { namespace, name } | Self::Pod { namespace, name } => write!(f, "{namespace}/{name}"),
            Self::Service { namespace, name } => write!(f, "{namespace}/service/{name}"),
            Self::Workload { namespace, workload } => write!(f, "{namespace}/{workload}"),
        }
    }
}

/// What the middle of `ns/kind/name` can be.
enum Kind {
    Pod,
    Service,
    Workload(WorkloadKind),
}

impl EndName {
    /// Reads an end as people write it; a name without a namespace takes `namespace`.
    ///
    /// # Errors
    /// When the text names no end.
    pub fn parse(text: &str, namespace: Option<&str>) -> Result<Self, Failure> {
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(bad_end(text, "a part of it is empty"));
        }
        match parts.as_slice() {
            [name] if looks_like_address(name) => address(name),
            [name] => match namespace {
                Some(namespace) => Ok(Self::Any { namespace: namespace.into(), name: (*name).into() }),
                None => Err(Failure::new(
                    "no-namespace",
                    format!("`{text}` has no namespace; write `NAMESPACE/{text}`, or give `-n NAMESPACE`"),
                )),
            },
            [first, length] if looks_like_address(first) && length.bytes().all(|b| b.is_ascii_digit()) => {
                Err(bad_end(text, "it is a CIDR, and an end is one address; name an address of it"))
            }
            [namespace, name] => Ok(Self::Any { namespace: (*namespace).into(), name: (*name).into() }),
            [first, second, third] => match (parse_kind(second), *first) {
                (Some(Kind::Pod), namespace) => {
                    Ok(Self::Pod { namespace: namespace.into(), name: (*third).into() })
                }
                (Some(Kind::Workload(kind)), namespace) => Ok(Self::Workload {
                    namespace: namespace.into(),
                    workload: Workload { kind, name: (*third).into() },
                }),
                (Some(Kind::Service), namespace) => {
                    Ok(Self::Service { namespace: namespace.into(), name: (*third).into() })
                }
                (None, "svc" | "service" | "services") => {
                    Ok(Self::Service { namespace: (*second).into(), name: (*third).into() })
                }
                (None, _) => Err(bad_end(text, &format!("`{second}` is no kind; kinds are {}", kinds()))),
            },
            _ => Err(bad_end(text, "it has more than three parts")),
        }
    }

    /// Reads an end of a line of flows; a name without a namespace takes `namespace`.
    ///
    /// # Errors
    /// When the text names no end, or another kind of end than it says.
    pub fn from_json(end: EndJson, namespace: Option<&str>) -> Result<Self, Failure> {
        match end {
            EndJson::Ip(text) => address(&text),
            EndJson::Pod(text) => {
                let (namespace, name) = Self::parse_name(&text, namespace)?;
                Ok(Self::Pod { namespace, name })
            }
            EndJson::Service(text) => match Self::parse(&text, namespace)? {
                Self::Any { namespace, name } | Self::Service { namespace, name } => {
                    Ok(Self::Service { namespace, name })
                }
                _ => Err(bad_end(&text, "a service is `ns/name`")),
            },
            EndJson::Workload(text) => match Self::parse(&text, namespace)? {
                // Lists name a pod without a workload `ns/pod/name`.
                end @ (Self::Pod { .. } | Self::Workload { .. }) => Ok(end),
                _ => Err(bad_end(&text, "a workload is `ns/kind/name`")),
            },
        }
    }

    fn parse_name(text: &str, namespace: Option<&str>) -> Result<(String, String), Failure> {
        if looks_like_address(text) {
            return Err(bad_end(text, "it is an address, which goes under `ip`"));
        }
        match Self::parse(text, namespace)? {
            Self::Any { namespace, name } | Self::Pod { namespace, name } => Ok((namespace, name)),
            _ => Err(bad_end(text, "a pod is `ns/name`")),
        }
    }
}

/// One end in a line of flows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndJson {
    /// An address.
    Ip(String),
    /// A pod, `ns/name`.
    Pod(String),
    /// A service, `ns/name`.
    Service(String),
    /// A workload, `ns/kind/name`.
    Workload(String),
}

/// The kinds that `ns/kind/name` may have, with the short names that kubectl knows.
fn parse_kind(text: &str) -> Option<Kind> {
    let text = text.to_ascii_lowercase();
    let workload = WorkloadKind::ALL.into_iter().find(|kind| {
        let name = kind.as_str();
        text == name || text.strip_suffix('s') == Some(name)
    });
    match text.as_str() {
        "po" | "pod" | "pods" => Some(Kind::Pod),
        "service" | "services" | "svc" => Some(Kind::Service),
        "cj" => Some(Kind::Workload(WorkloadKind::CronJob)),
        "deploy" => Some(Kind::Workload(WorkloadKind::Deployment)),
        "ds" => Some(Kind::Workload(WorkloadKind::DaemonSet)),
        "rs" => Some(Kind::Workload(WorkloadKind::ReplicaSet)),
        "sts" => Some(Kind::Workload(WorkloadKind::StatefulSet)),
        _ => workload.map(Kind::Workload),
    }
}

fn kinds() -> String {
    listed(WorkloadKind::ALL.map(WorkloadKind::as_str).into_iter().chain(["pod", "service"]))
}

/// Whether a text can only be meant as an address: names have no `:`, and no name is all digits and dots.
pub(crate) fn looks_like_address(text: &str) -> bool {
    text.contains(':') || (text.contains('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

fn address(text: &str) -> Result<EndName, Failure> {
    parse_address(text)
        .map(EndName::Address)
        .map_err(|error| Failure::new("bad-address", format!("`{text}` is no address: {error}")))
}

fn bad_end(text: &str, why: &str) -> Failure {
    Failure::new("bad-end", format!("`{text}` names no end of a flow: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_an_end_is_read_and_the_rest_refused_with_the_reason() {
        let cases = [
            ("shop/web", "any shop/web"),
            ("web", "any apps/web"),
            ("shop/pod/web", "pod shop/web"),
            ("shop/deployment/web", "workload shop/deployment/web"),
            ("shop/Deploy/web", "workload shop/deployment/web"),
            ("shop/statefulsets/db", "workload shop/statefulset/db"),
            ("shop/cj/night", "workload shop/cronjob/night"),
            ("svc/deployment/web", "workload svc/deployment/web"),
            ("10.0.0.1", "address 10.0.0.1"),
            ("2001:DB8::1", "address 2001:db8::1"),
            ("svc/shop/web", "service shop/service/web"),
            ("service/shop/web", "service shop/service/web"),
            ("shop/service/web", "service shop/service/web"),
            ("shop/svc/web", "service shop/service/web"),
            ("10.0.0.0/8", "bad-end"),
            ("2001:db8::/32", "bad-end"),
            ("010.0.0.1", "bad-address"),
            ("10.0.0", "bad-address"),
            ("::ffff:10.0.0.1", "bad-address"),
            ("shop/gateway/web", "bad-end"),
            ("shop//web", "bad-end"),
            ("", "bad-end"),
            ("a/b/c/d", "bad-end"),
        ];
        for (text, expected) in cases {
            let found = match EndName::parse(text, Some("apps")) {
                Ok(end @ EndName::Address(_)) => format!("address {end}"),
                Ok(end @ EndName::Any { .. }) => format!("any {end}"),
                Ok(end @ EndName::Pod { .. }) => format!("pod {end}"),
                Ok(end @ EndName::Service { .. }) => format!("service {end}"),
                Ok(end @ EndName::Workload { .. }) => format!("workload {end}"),
                Err(failure) => failure.code.into(),
            };
            assert_eq!(found, expected, "{text:?}");
        }
        assert_eq!(EndName::parse("web", None).unwrap_err().code, "no-namespace");
    }
}
