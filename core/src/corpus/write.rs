//! Writes cases as YAML that reads back equal, and trees as JSON.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::paths;
use super::{Case, ExpectedSide, Probe, ProbeEnd, ProbePort};
use crate::flow::Connection;
use crate::manifest::tree::{Node, Value};
use crate::net::Protocol;

impl Case {
    /// The case as one YAML document, which reads back equal.
    ///
    /// Objects are spread over lines, for people; each probe is on one.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        let mut text = String::from("---\n");
        let mut line = |key: &str, value: &str| text.push_str(&format!("{key}: {value}\n"));
        line("case", &scalar(&self.name));
        if !self.suite.is_empty() {
            line("suite", &scalar(&self.suite));
        }
        if self.step != 0 {
            line("step", &self.step.to_string());
        }
        for (key, list) in [("tags", &self.tags), ("rules", &self.rules)] {
            if !list.is_empty() {
                line(key, &flow_list(list));
            }
        }
        for (key, value) in [("source", &self.source), ("base", &self.base)] {
            if let Some(value) = value {
                line(key, &scalar(value));
            }
        }
        if !self.options.is_empty() {
            let pairs = self.options.iter().map(|(key, value)| format!("{}: {}", scalar(key), scalar(value)));
            line("options", &format!("{{{}}}", pairs.collect::<Vec<_>>().join(", ")));
        }
        if !self.resolved.is_empty() {
            let names = self.resolved.iter().map(|(name, addresses)| {
                let addresses: Vec<String> =
                    addresses.iter().map(|address| scalar(&address.to_string())).collect();
                format!("{}: [{}]", scalar(name), addresses.join(", "))
            });
            line("resolved", &format!("{{{}}}", names.collect::<Vec<_>>().join(", ")));
        }
        if let Some(manifests) = &self.manifests {
            line("manifests", &quoted(manifests));
        }
        for (key, list) in [("refused", &self.refused), ("warned", &self.warned)] {
            if !list.is_empty() {
                line(key, &flow_list(list));
            }
        }
        if !self.objects.is_empty() {
            text.push_str("objects:\n");
            for object in &self.objects {
                write_item(&mut text, object, 2);
            }
        }
        if !self.probes.is_empty() {
            text.push_str("probes:\n");
            for probe in &self.probes {
                text.push_str(&format!("  - {{{}}}\n", probe_fields(probe).join(", ")));
            }
        }
        text
    }
}

fn probe_fields(probe: &Probe) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = |key: &str, value: String| fields.push(format!("{key}: {value}"));
    field("from", end(&probe.from));
    field("to", end(&probe.to));
    let protocol = match probe.protocol {
        Protocol::L4(protocol) => protocol.as_str().to_string(),
        Protocol::Other(number) => number.to_string(),
    };
    field("protocol", protocol);
    match &probe.port {
        Some(ProbePort::Name(name)) => field("port", scalar(name.as_str())),
        Some(ProbePort::Number(number)) => field("port", number.to_string()),
        None => {}
    }
    if let Some(port) = probe.source_port {
        field("sourcePort", port.to_string());
    }
    if let Some((kind, code)) = probe.icmp {
        field("icmpType", kind.to_string());
        field("icmpCode", code.to_string());
    }
    match probe.connection {
        Connection::Established => field("connection", "established".to_string()),
        Connection::New => {}
        Connection::Reply => field("connection", "reply".to_string()),
    }
    if probe.via_service {
        field("viaService", "true".to_string());
    }
    if let Some(verdict) = probe.verdict {
        field("allowed", verdict.is_allow().to_string());
    }
    side_fields(&mut fields, "egress", &probe.egress);
    side_fields(&mut fields, "ingress", &probe.ingress);
    if !probe.paths.is_empty() {
        let list: Vec<_> = probe.paths.iter().map(paths::to_text).collect();
        fields.push(format!("paths: [{}]", list.join(", ")));
    }
    if let Some(code) = &probe.no_path {
        fields.push(format!("noPath: {}", scalar(code)));
    }
    fields
}

pub(super) fn side_fields(fields: &mut Vec<String>, name: &str, side: &ExpectedSide) {
    match (side.reason, side.verdict) {
        // The reason says the verdict too.
        (Some(reason), _) => fields.push(format!("{name}Reason: {reason}")),
        (None, Some(verdict)) => fields.push(format!("{name}: {}", verdict.is_allow())),
        (None, None) => {}
    }
    if let Some(rule) = &side.rule {
        fields.push(format!("{name}Rule: {}", rule.as_deref().map_or("null".to_string(), scalar)));
    }
}

pub(super) fn end(end: &ProbeEnd) -> String {
    match end {
        ProbeEnd::Ip(address) => format!("{{ip: {}}}", scalar(&address.to_string())),
        ProbeEnd::Pod(name) => format!("{{pod: {}}}", scalar(name)),
        ProbeEnd::Service(name) => format!("{{service: {}}}", scalar(name)),
        ProbeEnd::Workload(name) => format!("{{workload: {}}}", scalar(name)),
    }
}

fn flow_list(items: &[String]) -> String {
    format!("[{}]", items.iter().map(|item| scalar(item)).collect::<Vec<_>>().join(", "))
}

/// Writes an item of a list in block style, its dash at a column.
fn write_item(text: &mut String, node: &Node, column: usize) {
    text.push_str(&" ".repeat(column));
    text.push_str("- ");
    match &node.value {
        Value::Mapping(fields) if !fields.is_empty() => {
            write_mapping(text, node, column.saturating_add(2), true);
        }
        _ => text.push_str(&format!("{}\n", to_json(node))),
    }
}

/// Writes a mapping in block style at a column; the first key may stand on the line that is begun.
fn write_mapping(text: &mut String, node: &Node, column: usize, mut on_line: bool) {
    let Value::Mapping(fields) = &node.value else { return };
    for field in fields {
        if !on_line {
            text.push_str(&" ".repeat(column));
        }
        on_line = false;
        text.push_str(&scalar(&field.key));
        text.push(':');
        match &field.node.value {
            Value::Mapping(inner) if !inner.is_empty() => {
                text.push('\n');
                write_mapping(text, &field.node, column.saturating_add(2), false);
            }
            Value::Sequence(items) if !items.is_empty() => {
                text.push('\n');
                for item in items {
                    write_item(text, item, column.saturating_add(2));
                }
            }
            Value::String(value) => text.push_str(&format!(" {}\n", scalar(value))),
            _ => text.push_str(&format!(" {}\n", to_json(&field.node))),
        }
    }
}

/// A tree as JSON on one line.
pub(super) fn to_json(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        // With an exponent or a point, so that it stays a float.
        Value::Float(value) => format!("{value:?}"),
        Value::String(value) => quoted(value),
        Value::Sequence(items) => format!("[{}]", items.iter().map(to_json).collect::<Vec<_>>().join(", ")),
        Value::Mapping(fields) => {
            let pairs =
                fields.iter().map(|field| format!("{}: {}", quoted(&field.key), to_json(&field.node)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as a YAML scalar: as it is where that can only be read as this text, else in quotes.
pub(super) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain);
    // YAML 1.1 takes these for booleans or nothing.
    let reserved = ["false", "n", "no", "null", "off", "on", "true", "y", "yes"];
    let is_reserved = reserved.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_word && !is_reserved { text.to_string() } else { quoted(text) }
}

/// A text in double quotes, as JSON and YAML both read it.
fn quoted(text: &str) -> String {
    let mut result = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            // What YAML does not print as it is, JSON escapes in units of UTF-16.
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                result.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => result.push(c),
        }
    }
    result.push('"');
    result
}
