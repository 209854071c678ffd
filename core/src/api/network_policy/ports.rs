//! A rule's `ports`.

use alloc::format;
use alloc::string::{String, ToString};

use crate::manifest::Code;
use crate::manifest::decode::{At, Context, IntOrString, Path, quote};
use crate::manifest::kinds::Port;
use crate::net::{L4Protocol, PortName, PortRange};
use crate::policy::{PortMatch, Traffic};

/// The traffic of a rule.
pub(super) fn traffic(cx: &mut Context, ports: &[At<Port>], path: &Path<'_>) -> Traffic {
    if ports.is_empty() {
        // NP-006: `ports` missing or empty means every port and protocol.
        return Traffic::Any;
    }
    let ports = ports.iter().enumerate();
    Traffic::Of(ports.filter_map(|(index, port)| port_match(cx, &port.value, &path.index(index))).collect())
}

fn port_match(cx: &mut Context, mirror: &Port, path: &Path<'_>) -> Option<PortMatch> {
    let protocol = match &mirror.protocol {
        // NP-007: the protocol is TCP unless it is given.
        None => Some(L4Protocol::Tcp),
        Some(text) => protocol(cx, text, &path.field("protocol")),
    };
    let end_path = path.field("endPort");
    match (&mirror.port, &mirror.end_port) {
        // NP-007: without `port` it is every port of the protocol.
        (None, None) => Some(PortMatch::Protocol(protocol?)),
        (None, Some(end)) => {
            // NP-009: an `endPort` needs a `port` to start from.
            let message = format!("`endPort` {} has no `port`", end.value);
            let help =
                format!("add `port: 1` for all ports up to {}, or the first port that is meant", end.value);
            cx.error(Code::EndPortWithoutPort, &end_path, end.at, message, help);
            None
        }
        (Some(At { value: IntOrString::String(text), at }), end) => {
            if let Some(end) = end {
                let message = format!("`endPort` {} stands beside the named port {}", end.value, quote(text));
                let help = "a range needs a number as `port`; remove `endPort`, or write the number";
                cx.error(Code::EndPortWithNamedPort, &end_path, end.at, message, help);
            }
            let name = PortName::try_from(text.as_str());
            let Ok(name) = name else {
                let message = format!("{} is no port name: it {}", quote(text), rule_of_port_names());
                let help = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
                    format!(
                        "remove the quotes to mean the number: `port: {}`",
                        text.chars().take(5).collect::<String>()
                    )
                } else {
                    "write the name that the container gives its port, or the number".to_string()
                };
                cx.error(Code::InvalidPortName, &path.field("port"), *at, message, help);
                return None;
            };
            end.is_none().then_some(PortMatch::Named { protocol: protocol?, name })
        }
        (Some(At { value: IntOrString::Int(port), at }), end) => {
            let first = port_number(cx, At::new(*port, *at), &path.field("port"));
            let last = end.as_ref().map(|end| port_number(cx, *end, &end_path));
            if let Some(end) = end.as_ref().filter(|end| end.value < *port) {
                let message = format!("`endPort` {} is below `port` {port}", end.value);
                cx.error(
                    Code::EndPortBelowPort,
                    &end_path,
                    end.at,
                    message,
                    "swap the two, or remove `endPort`",
                );
            }
            let first = first?;
            // NP-009: the range includes its end; a port alone is the range of one.
            let ports = PortRange::new(first, last.unwrap_or(Some(first))?).ok()?;
            Some(PortMatch::Numbered { protocol: protocol?, ports })
        }
    }
}

/// A protocol as policies and containers name it.
pub(crate) fn protocol(cx: &mut Context, text: &At<String>, path: &Path<'_>) -> Option<L4Protocol> {
    let found = L4Protocol::ALL.into_iter().find(|protocol| protocol.as_str() == text.value);
    if found.is_none() {
        let message = format!("{} is no protocol of a port", quote(&text.value));
        let near =
            L4Protocol::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text.value.trim()));
        let help = match near {
            Some(near) => format!("write `{near}`"),
            None => "use `TCP`, `UDP` or `SCTP`; other protocols cannot be named".to_string(),
        };
        cx.error(Code::UnknownProtocol, path, text.at, message, help);
    }
    found
}

/// A port's number, from 1 to 65535.
pub(crate) fn port_number(cx: &mut Context, number: At<i32>, path: &Path<'_>) -> Option<u16> {
    let port = u16::try_from(number.value).ok().filter(|port| *port != 0);
    if port.is_none() {
        let message = format!("`{}` is no port: ports go from 1 to 65535", number.value);
        let help = match number.value {
            0 => "leave the field out, or write a number from 1 to 65535",
            _ => "write a number from 1 to 65535",
        };
        cx.error(Code::PortOutOfRange, path, number.at, message, help);
    }
    port
}

/// What a port name has to be, to follow "it".
pub(crate) fn rule_of_port_names() -> &'static str {
    "must be 1 to 15 lower-case letters, digits or `-`, with at least one letter and no `-` at either end or twice in a row"
}
