//! A flow as it was asked for, before its ends are looked up.

use alloc::format;
use alloc::string::{String, ToString};

use serde::Deserialize;

use super::ends::{EndJson, EndName};
use super::failure::Failure;
use crate::flow::{Connection, Transport};
use crate::label::is_dns_label;
use crate::net::{L4Protocol, PortName, Protocol};

/// A flow as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where it comes from.
    pub from: EndName,
    /// Where it goes.
    pub to: EndName,
    /// What it carries.
    pub carried: Carried,
    /// Where in its connection the packet stands.
    pub connection: Connection,
}

/// What the flow carries; a port by name depends on the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A port by the name that the destination's pod or service gives it.
    Named {
        /// The protocol.
        protocol: L4Protocol,
        /// The name.
        name: String,
        /// The source's port, where it is stated.
        source_port: Option<u16>,
    },
    /// All is known.
    Known(Transport),
}

/// One line of flows.
///
/// The verdict fields of corpus probes may be there and mean nothing here, so that probes can be replayed as they
/// are; any other field is an error, because a misspelt `protocol` would be answered for TCP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FlowLine {
    from: EndJson,
    to: EndJson,
    protocol: Option<NumberOrText>,
    port: Option<NumberOrText>,
    source_port: Option<u16>,
    icmp_type: Option<u8>,
    icmp_code: Option<u8>,
    connection: Option<String>,
    /// How often the flow was seen, in logs.
    count: Option<u64>,
    #[serde(rename = "allowed")]
    _allowed: Option<serde::de::IgnoredAny>,
    #[serde(rename = "egress")]
    _egress: Option<serde::de::IgnoredAny>,
    #[serde(rename = "ingress")]
    _ingress: Option<serde::de::IgnoredAny>,
    #[serde(rename = "egressReason")]
    _egress_reason: Option<serde::de::IgnoredAny>,
    #[serde(rename = "ingressReason")]
    _ingress_reason: Option<serde::de::IgnoredAny>,
    #[serde(rename = "egressRule")]
    _egress_rule: Option<serde::de::IgnoredAny>,
    #[serde(rename = "ingressRule")]
    _ingress_rule: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a number or a text")]
enum NumberOrText {
    Number(i64),
    Text(String),
}

impl NumberOrText {
    fn into_text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

impl Question {
    /// The question between two ends, as the command line takes it: a number in quotes is a port's number.
    ///
    /// # Errors
    /// When the texts make no question.
    pub fn between(from: EndName, to: EndName, parts: &Parts<'_>) -> Result<Self, Failure> {
        Ok(Self { from, to, carried: parts.read()?, connection: connection(parts.connection)? })
    }

    /// The question that a line of flows asks; ends without a namespace are in `namespace`.
    ///
    /// # Errors
    /// When the line is no flow.
    pub fn from_line(text: &str, namespace: Option<&str>) -> Result<Self, Failure> {
        Self::counted(text, namespace).map(|(question, _)| question)
    }

    /// The question that a line of a log asks, and how often its flow was seen: once, where the line does not say.
    ///
    /// # Errors
    /// When the line is no flow.
    pub fn counted(text: &str, namespace: Option<&str>) -> Result<(Self, u64), Failure> {
        let line: FlowLine = serde_json::from_str(text)
            .map_err(|error| Failure::new("bad-line", format!("the line is no flow: {error}")))?;
        let (protocol, port) = (
            line.protocol.map(NumberOrText::into_text),
            match line.port {
                // A number in quotes is a number on the command line only: in JSON a text is a name.
                Some(NumberOrText::Text(text)) if text.bytes().all(|b| b.is_ascii_digit()) => {
                    return Err(bad_port(&text, "a port's number has no quotes"));
                }
                port => port.map(NumberOrText::into_text),
            },
        );
        let carries = Parts {
            protocol: protocol.as_deref(),
            port: port.as_deref(),
            source_port: line.source_port,
            icmp_type: line.icmp_type,
            icmp_code: line.icmp_code,
            connection: line.connection.as_deref(),
        };
        let (from, to) = (EndName::from_json(line.from, namespace)?, EndName::from_json(line.to, namespace)?);
        Ok((Self::between(from, to, &carries)?, line.count.unwrap_or(1)))
    }
}

/// What a flow carries, as text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// A name in any case or a number; TCP if left out.
    pub protocol: Option<&'a str>,
    /// The number, or the name that the destination gives it.
    pub port: Option<&'a str>,
    /// The source's port.
    pub source_port: Option<u16>,
    /// The type of ICMP.
    pub icmp_type: Option<u8>,
    /// The code of ICMP.
    pub icmp_code: Option<u8>,
    /// `new`, `established` or `reply`; new if left out.
    pub connection: Option<&'a str>,
}

impl Parts<'_> {
    fn read(&self) -> Result<Carried, Failure> {
        let protocol = self.protocol.map_or(Ok(Protocol::TCP), parse_protocol)?;
        match protocol {
            Protocol::L4(protocol) => self.with_port(protocol),
            Protocol::Other(number) => self.without_port(protocol, number),
        }
    }

    fn with_port(&self, protocol: L4Protocol) -> Result<Carried, Failure> {
        if self.icmp_type.is_some() || self.icmp_code.is_some() {
            return Err(Failure::new(
                "icmp-without-meaning",
                format!("{protocol} has no ICMP type or code; leave them out, or give protocol `icmp`"),
            ));
        }
        let Some(port) = self.port else {
            let message = format!("{protocol} has ports and none is given; give the destination's port");
            return Err(Failure::new("missing-port", message));
        };
        let source_port = self.source_port;
        if port.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            let number = port.parse().ok().filter(|number| *number != 0);
            let number: u16 = number.ok_or_else(|| bad_port(port, "a port is a number from 1 to 65535"))?;
            return Ok(Carried::Known(Transport::Ports { protocol, source_port, port: number }));
        }
        // The ports of services may have longer names than those of containers.
        if let Err(error) = PortName::try_from(port)
            && !is_dns_label(port)
        {
            return Err(bad_port(port, &format!("a port's name {error}")));
        }
        Ok(Carried::Named { protocol, name: port.to_string(), source_port })
    }

    fn without_port(&self, protocol: Protocol, number: u8) -> Result<Carried, Failure> {
        const ICMP: [u8; 2] = [1, 58];
        if self.port.is_some() || self.source_port.is_some() {
            return Err(Failure::new(
                "port-without-meaning",
                format!("{protocol} has no ports; leave the port out, or give a protocol that has them"),
            ));
        }
        let icmp = match (self.icmp_type, self.icmp_code) {
            (None, None) => None,
            (icmp_type, code) if ICMP.contains(&number) => match icmp_type {
                Some(icmp_type) => Some((icmp_type, code.unwrap_or(0))),
                None => {
                    let message = "an ICMP code is given without the type; give `icmpType` too";
                    return Err(Failure::new("icmp-without-meaning", message));
                }
            },
            _ => {
                return Err(Failure::new(
                    "icmp-without-meaning",
                    format!("{protocol} has no ICMP type or code; leave them out"),
                ));
            }
        };
        Ok(Carried::Known(Transport::Other { protocol: number, icmp }))
    }
}

fn parse_protocol(text: &str) -> Result<Protocol, Failure> {
    if let Ok(number) = text.parse::<u8>() {
        return Ok(Protocol::from_number(number));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(protocol) =
        L4Protocol::ALL.into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(text))
    {
        return Ok(Protocol::L4(protocol));
    }
    match lower.as_str() {
        "icmp" => Ok(Protocol::Other(1)),
        "icmpv6" | "ipv6-icmp" => Ok(Protocol::Other(58)),
        _ => Err(Failure::new(
            "unknown-protocol",
            format!("`{text}` is no protocol; give TCP, UDP, SCTP, ICMP, ICMPv6 or a number from 0 to 255"),
        )),
    }
}

fn connection(text: Option<&str>) -> Result<Connection, Failure> {
    match text {
        None | Some("new") => Ok(Connection::New),
        Some("established") => Ok(Connection::Established),
        Some("reply") => Ok(Connection::Reply),
        Some(other) => Err(Failure::new(
            "unknown-connection",
            format!("`{other}` is no state of a connection; give `new`, `established` or `reply`"),
        )),
    }
}

fn bad_port(text: &str, why: &str) -> Failure {
    Failure::new("bad-port", format!("`{text}` is no port: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(protocol: &str, port: Option<&str>) -> String {
        let parts = Parts { protocol: Some(protocol), port, ..Parts::default() };
        match parts.read() {
            Ok(Carried::Named { protocol, name, .. }) => format!("{protocol} {name}"),
            Ok(Carried::Known(Transport::Ports { protocol, port, .. })) => format!("{protocol} {port}"),
            Ok(Carried::Known(transport)) => transport.protocol().to_string(),
            Err(failure) => failure.code.to_string(),
        }
    }

    #[test]
    fn protocols_are_read_in_any_case_or_by_number_and_ports_by_number_or_name() {
        let cases = [
            ("tcp", Some("80"), "TCP 80"),
            ("Udp", Some("dns"), "UDP dns"),
            ("SCTP", Some("65535"), "SCTP 65535"),
            ("6", Some("80"), "TCP 80"),
            ("132", Some("80"), "SCTP 80"),
            ("icmp", None, "ICMP"),
            ("ICMPv6", None, "ICMPv6"),
            ("47", None, "IP protocol 47"),
            ("tcp", None, "missing-port"),
            ("17", None, "missing-port"),
            ("icmp", Some("80"), "port-without-meaning"),
            ("tcp", Some("0"), "bad-port"),
            ("tcp", Some("65536"), "bad-port"),
            ("tcp", Some("-1"), "bad-port"),
            ("tcp", Some(""), "bad-port"),
            ("tcp", Some("Web!"), "bad-port"),
            ("256", None, "unknown-protocol"),
            ("http", Some("80"), "unknown-protocol"),
        ];
        for (protocol, port, expected) in cases {
            assert_eq!(read(protocol, port), expected, "{protocol} {port:?}");
        }
    }

    #[test]
    fn a_line_of_flows_is_read_whole_or_refused_with_the_reason() {
        let ends = r#""from":{"ip":"10.0.0.1"},"to":{"pod":"shop/web"}"#;
        let cases = [
            (r#","port":80"#, "ok"),
            (r#","port":"http","protocol":"udp","sourcePort":4000"#, "ok"),
            (r#","protocol":1,"icmpType":8,"icmpCode":0"#, "ok"),
            (r#","protocol":"icmp","icmpType":8"#, "ok"),
            (r#","port":80,"allowed":true,"egress":true,"ingress":true"#, "ok"),
            (r#","port":80,"count":12"#, "ok"),
            (r#","port":80,"count":"often""#, "bad-line"),
            (r#","port":80,"connection":"reply"#, "bad-line"),
            (r#","port":80,"connection":"reply""#, "ok"),
            (r#","port":80,"connection":"old""#, "unknown-connection"),
            (r#","port":80,"protocl":"UDP""#, "bad-line"),
            (r#","port":80,"port":81"#, "bad-line"),
            (r#","port":"80""#, "bad-port"),
            (r#","port":8e1"#, "bad-line"),
            (r#","port":80,"icmpType":8"#, "icmp-without-meaning"),
            (r#","protocol":1,"icmpCode":0"#, "icmp-without-meaning"),
            (r#","protocol":47,"icmpType":8"#, "icmp-without-meaning"),
            (r#","protocol":47,"sourcePort":8"#, "port-without-meaning"),
            ("", "missing-port"),
        ];
        for (rest, expected) in cases {
            let found = Question::from_line(&format!("{{{ends}{rest}}}"), None);
            assert_eq!(found.map_or_else(|failure| failure.code, |_| "ok"), expected, "{rest}");
        }
    }

    #[test]
    fn an_end_of_a_line_says_what_it_is_and_has_to_be_that() {
        let cases = [
            (r#"{"pod":"shop/web"}"#, "ok"),
            (r#"{"pod":"web"}"#, "no-namespace"),
            (r#"{"pod":"10.0.0.1"}"#, "bad-end"),
            (r#"{"pod":"shop/deployment/web"}"#, "bad-end"),
            (r#"{"workload":"shop/deployment/web"}"#, "ok"),
            (r#"{"workload":"shop/web"}"#, "bad-end"),
            (r#"{"service":"shop/web"}"#, "ok"),
            (r#"{"service":"shop/deployment/web"}"#, "bad-end"),
            (r#"{"ip":"shop/web"}"#, "bad-address"),
            (r#"{"ip":"10.0.0.1","pod":"shop/web"}"#, "bad-line"),
            (r#"{"node":"n1"}"#, "bad-line"),
            (r#""shop/web""#, "bad-line"),
        ];
        for (end, expected) in cases {
            let line = format!(r#"{{"from":{end},"to":{{"ip":"10.0.0.1"}},"port":80}}"#);
            let found = Question::from_line(&line, None);
            assert_eq!(found.map_or_else(|failure| failure.code, |_| "ok"), expected, "{end}");
        }
    }
}
