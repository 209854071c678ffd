//! Reads cases from YAML documents or JSON lines.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::paths;
use super::{Case, ExpectedSide, Probe, ProbeEnd, ProbePort};
use crate::decision::{Reason, Verdict};
use crate::flow::Connection;
use crate::manifest::text::{self, Limits};
use crate::manifest::tree::{Field, Node, Position, Value};
use crate::net::{DomainName, L4Protocol, PortName, Protocol, parse_address};
use crate::options::Options;

/// Why a text holds no cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {field}: {message}")]
pub struct CorpusError {
    /// The line, from 1.
    pub line: u32,
    /// The field, such as `probes[3].from`.
    pub field: String,
    /// What was found, and what has to be there.
    pub message: String,
}

/// Reads every case of a text: YAML documents, JSON lines, or both.
///
/// # Errors
/// The first problem: text that does not parse, a key that cases do not have, a value of the wrong kind.
pub fn read(text: &str) -> Result<Vec<Case>, CorpusError> {
    let parsed = text::parse(text, &Limits::default());
    if let Some(problem) = parsed.problems.first() {
        // A key given twice is no more than a warning in manifests; in a case it is a slip.
        return Err(CorpusError {
            line: problem.at.line,
            field: problem.field.clone(),
            message: problem.message.clone(),
        });
    }
    parsed.documents.iter().map(|document| case(&document.root)).collect()
}

fn case(root: &Node) -> Result<Case, CorpusError> {
    let mut fields = Fields::new(root, "")?;
    let case = Case {
        name: fields.required("case", string)?,
        suite: fields.optional("suite", string)?.unwrap_or_default(),
        step: fields.optional("step", integer)?.unwrap_or_default(),
        tags: fields.optional("tags", strings)?.unwrap_or_default(),
        rules: fields.optional("rules", strings)?.unwrap_or_default(),
        source: fields.optional("source", string)?,
        base: fields.optional("base", string)?,
        options: fields.optional("options", options)?.unwrap_or_default(),
        resolved: fields.optional("resolved", resolved)?.unwrap_or_default(),
        manifests: fields.optional("manifests", string)?,
        objects: fields.optional("objects", objects)?.unwrap_or_default(),
        refused: fields.optional("refused", strings)?.unwrap_or_default(),
        warned: fields.optional("warned", strings)?.unwrap_or_default(),
        probes: fields.optional("probes", probes)?.unwrap_or_default(),
    };
    fields.finish()?;
    if case.refused.is_empty() == case.probes.is_empty() {
        return Err(wrong(root, "", "a case has either `probes` or `refused`"));
    }
    Ok(case)
}

fn probe(node: &Node, path: &str) -> Result<Probe, CorpusError> {
    let mut fields = Fields::new(node, path)?;
    let protocol = fields.optional("protocol", protocol)?.unwrap_or(Protocol::TCP);
    let kind = fields.optional("icmpType", integer)?;
    let code = fields.optional("icmpCode", integer)?;
    let probe = Probe {
        from: fields.required("from", end)?,
        to: fields.required("to", end)?,
        protocol,
        port: fields.optional("port", port)?,
        source_port: fields.optional("sourcePort", integer)?,
        icmp: kind.map(|kind| (kind, code.unwrap_or_default())),
        connection: fields.optional("connection", connection)?.unwrap_or_default(),
        via_service: fields.optional("viaService", boolean)?.unwrap_or_default(),
        verdict: fields.optional("allowed", verdict)?,
        egress: side(&mut fields, "egress", "egressReason", "egressRule")?,
        ingress: side(&mut fields, "ingress", "ingressReason", "ingressRule")?,
        paths: fields.optional("paths", |node, path| items(node, path, paths::read))?.unwrap_or_default(),
        no_path: fields.optional("noPath", string)?,
    };
    fields.finish()?;
    match (protocol, &probe.port) {
        (Protocol::L4(_), None) => Err(wrong(node, path, "a protocol with ports needs a `port`")),
        (Protocol::Other(_), Some(_)) => Err(wrong(node, path, "this protocol has no ports; remove `port`")),
        _ if kind.is_none() && code.is_some() => Err(wrong(node, path, "`icmpCode` needs `icmpType`")),
        _ => both_sides_agree(node, path, probe),
    }
}

/// Refuses a verdict that the two sides contradict: a corpus has to be right before it can judge.
fn both_sides_agree(node: &Node, path: &str, probe: Probe) -> Result<Probe, CorpusError> {
    let allows = |side: &ExpectedSide| side.verdict.map(Verdict::is_allow);
    let together = match (allows(&probe.egress), allows(&probe.ingress)) {
        (Some(egress), Some(ingress)) => Some(egress && ingress),
        (Some(false), None) | (None, Some(false)) => Some(false),
        _ => None,
    };
    match (probe.verdict.map(Verdict::is_allow), together) {
        (Some(stated), Some(follows)) if stated != follows => {
            Err(wrong(node, path, "`allowed` is not what the two sides make"))
        }
        _ => Ok(probe),
    }
}

pub(super) fn side(
    fields: &mut Fields<'_>,
    verdict_key: &'static str,
    reason_key: &'static str,
    rule_key: &'static str,
) -> Result<ExpectedSide, CorpusError> {
    let stated = fields.optional(verdict_key, verdict)?;
    let reason = fields.optional(reason_key, reason)?;
    let rule = fields.nullable(rule_key, string)?;
    let follows = reason.map(Reason::verdict);
    if stated.is_some() && follows.is_some() && stated != follows {
        return Err(wrong(
            fields.node,
            &fields.path,
            &format!("`{verdict_key}` is not the reason's verdict"),
        ));
    }
    Ok(ExpectedSide { verdict: stated.or(follows), reason, rule })
}

pub(super) fn end(node: &Node, path: &str) -> Result<ProbeEnd, CorpusError> {
    let mut fields = Fields::new(node, path)?;
    let ends = [
        fields.optional("pod", string)?.map(ProbeEnd::Pod),
        fields.optional("service", string)?.map(ProbeEnd::Service),
        fields.optional("workload", string)?.map(ProbeEnd::Workload),
        fields.optional("ip", address)?.map(ProbeEnd::Ip),
    ];
    fields.finish()?;
    let mut ends = ends.into_iter().flatten();
    match (ends.next(), ends.next()) {
        (Some(end), None) => Ok(end),
        _ => Err(wrong(node, path, "an end has exactly one of `pod`, `workload`, `service` and `ip`")),
    }
}

pub(super) fn address(node: &Node, path: &str) -> Result<core::net::IpAddr, CorpusError> {
    parse_address(&string(node, path)?).map_err(|error| wrong(node, path, &error.to_string()))
}

fn protocol(node: &Node, path: &str) -> Result<Protocol, CorpusError> {
    if let Value::Integer(_) = node.value {
        return integer(node, path).map(Protocol::from_number);
    }
    let text = string(node, path)?;
    let named = L4Protocol::ALL.into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(&text));
    named
        .map(Protocol::L4)
        .ok_or_else(|| wrong(node, path, "must be `TCP`, `UDP`, `SCTP` or a number to 255"))
}

fn port(node: &Node, path: &str) -> Result<ProbePort, CorpusError> {
    if let Value::Integer(_) = node.value {
        return integer(node, path).map(ProbePort::Number);
    }
    let name = PortName::try_from(string(node, path)?.as_str());
    name.map(ProbePort::Name).map_err(|error| wrong(node, path, &error.to_string()))
}

fn connection(node: &Node, path: &str) -> Result<Connection, CorpusError> {
    match string(node, path)?.as_str() {
        "established" => Ok(Connection::Established),
        "new" => Ok(Connection::New),
        "reply" => Ok(Connection::Reply),
        _ => Err(wrong(node, path, "must be `new`, `established` or `reply`")),
    }
}

fn reason(node: &Node, path: &str) -> Result<Reason, CorpusError> {
    let code = string(node, path)?;
    let known = Reason::ALL.into_iter().find(|reason| reason.as_str() == code);
    known.ok_or_else(|| wrong(node, path, &format!("there is no reason `{code}`")))
}

pub(super) fn verdict(node: &Node, path: &str) -> Result<Verdict, CorpusError> {
    boolean(node, path).map(Verdict::from)
}

fn boolean(node: &Node, path: &str) -> Result<bool, CorpusError> {
    match node.value {
        Value::Bool(value) => Ok(value),
        _ => Err(wrong(node, path, "must be `true` or `false`")),
    }
}

fn resolved(node: &Node, path: &str) -> Result<Vec<(String, Vec<core::net::IpAddr>)>, CorpusError> {
    let Value::Mapping(fields) = &node.value else {
        return Err(wrong(node, path, "must be a mapping of domain names to lists of addresses"));
    };
    let read = fields.iter().map(|field| {
        DomainName::try_from(field.key.as_str())
            .map_err(|error| wrong(&field.node, path, &error.to_string()))?;
        let Value::Sequence(items) = &field.node.value else {
            return Err(wrong(&field.node, path, "must be a list of addresses"));
        };
        let addresses = items.iter().map(|item| address(item, path)).collect::<Result<_, _>>()?;
        Ok((field.key.clone(), addresses))
    });
    read.collect()
}

fn options(node: &Node, path: &str) -> Result<Vec<(String, String)>, CorpusError> {
    let mut tried = Options::default();
    let Value::Mapping(fields) = &node.value else {
        return Err(wrong(node, path, "must be a mapping of options to values"));
    };
    let read = fields.iter().map(|field| {
        let value = string(&field.node, path)?;
        tried.set(&field.key, &value).map_err(|error| wrong(node, path, &error.to_string()))?;
        Ok((field.key.clone(), value))
    });
    read.collect()
}

fn objects(node: &Node, path: &str) -> Result<Vec<Node>, CorpusError> {
    items(node, path, |node, _| Ok(without_positions(node)))
}

/// Where an object of a case stood means nothing, and two readings of one case have to be equal.
fn without_positions(node: &Node) -> Node {
    let at = Position::default();
    let value = match &node.value {
        Value::Sequence(items) => Value::Sequence(items.iter().map(without_positions).collect()),
        Value::Mapping(fields) => {
            let bare =
                |field: &Field| Field { key: field.key.clone(), at, node: without_positions(&field.node) };
            Value::Mapping(fields.iter().map(bare).collect())
        }
        scalar => scalar.clone(),
    };
    Node { value, at }
}

fn probes(node: &Node, path: &str) -> Result<Vec<Probe>, CorpusError> {
    items(node, path, probe)
}

fn strings(node: &Node, path: &str) -> Result<Vec<String>, CorpusError> {
    items(node, path, string)
}

fn string(node: &Node, path: &str) -> Result<String, CorpusError> {
    match &node.value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(wrong(node, path, "must be text")),
    }
}

pub(super) fn integer<T: TryFrom<i128>>(node: &Node, path: &str) -> Result<T, CorpusError> {
    let number = match node.value {
        Value::Integer(number) => T::try_from(number).ok(),
        _ => None,
    };
    number.ok_or_else(|| wrong(node, path, "must be a whole number in its bounds"))
}

fn items<T>(
    node: &Node,
    path: &str,
    read: impl Fn(&Node, &str) -> Result<T, CorpusError>,
) -> Result<Vec<T>, CorpusError> {
    let Value::Sequence(items) = &node.value else {
        return Err(wrong(node, path, "must be a list"));
    };
    items.iter().zip(0_usize..).map(|(item, index)| read(item, &format!("{path}[{index}]"))).collect()
}

/// The fields of a mapping, each of which has to be asked for.
pub(super) struct Fields<'a> {
    node: &'a Node,
    path: String,
    left: Vec<&'a Field>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(node: &'a Node, path: &str) -> Result<Self, CorpusError> {
        match &node.value {
            Value::Mapping(fields) => {
                Ok(Self { node, path: path.to_string(), left: fields.iter().collect() })
            }
            _ => Err(wrong(node, path, "must be a mapping")),
        }
    }

    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Node, &str) -> Result<T, CorpusError>,
    ) -> Result<Option<T>, CorpusError> {
        let Some(place) = self.left.iter().position(|field| field.key == key) else { return Ok(None) };
        let field = self.left.remove(place);
        let path = if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) };
        read(&field.node, &path).map(Some)
    }

    pub(super) fn nullable<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Node, &str) -> Result<T, CorpusError>,
    ) -> Result<Option<Option<T>>, CorpusError> {
        self.optional(key, |node, path| match node.value {
            Value::Null => Ok(None),
            _ => read(node, path).map(Some),
        })
    }

    pub(super) fn required<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Node, &str) -> Result<T, CorpusError>,
    ) -> Result<T, CorpusError> {
        let (node, path) = (self.node, self.path.clone());
        self.optional(key, read)?.ok_or_else(|| wrong(node, &path, &format!("`{key}` is missing")))
    }

    /// A key that nobody asked for would be an expectation that nobody checks.
    pub(super) fn finish(self) -> Result<(), CorpusError> {
        match self.left.first() {
            Some(field) => {
                Err(wrong(&field.node, &self.path, &format!("there is no key `{}` here", field.key)))
            }
            None => Ok(()),
        }
    }
}

fn wrong(node: &Node, path: &str, message: &str) -> CorpusError {
    let field = if path.is_empty() { "the case" } else { path };
    CorpusError { line: node.at.line, field: field.to_string(), message: message.to_string() }
}
