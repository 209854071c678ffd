//! Findings as SARIF 2.1.0, for code scanning.

use portcullis::analyze::lint::{Check, Finding, Level};
use serde_json::{Value, json};

use super::page::section;
use super::report::{Approving, Report};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const STDIN: &str = "-";

pub(super) fn of(report: &Report) -> Value {
    let counted = report.findings.iter().map(|counted| result(&counted.finding, "new", None));
    let known = report.known.iter().map(|finding| result(finding, "unchanged", None));
    let approved = report.approved.iter().map(|(finding, approval)| result(finding, "new", Some(approval)));
    let results: Vec<Value> = counted.chain(known).chain(approved).collect();
    let driver = json!({
        "name": "portcullis",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": Check::ALL.map(rule).to_vec(),
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": report.is_complete}],
            "results": results,
        }],
    })
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn rule(check: Check) -> Value {
    let text = section(check);
    json!({
        "id": check.as_str(),
        "shortDescription": {"text": check.title()},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": level(check.level())},
    })
}

fn result(finding: &Finding, state: &str, approval: Option<&Approving>) -> Value {
    let mut result = json!({
        "ruleId": finding.check,
        "level": level(finding.level),
        "message": {"text": format!("{}; {}", finding.message, finding.help)},
        "locations": [location(finding)],
        "partialFingerprints": {"finding/v1": fingerprint(finding)},
        "baselineState": state,
    });
    let Some(object) = result.as_object_mut() else { return result };
    let index = Check::ALL.iter().position(|check| check.as_str() == finding.check);
    if let Some(index) = index {
        object.insert("ruleIndex".to_string(), json!(index));
    }
    if let Some(file) = finding.rendered_from.as_ref().filter(|_| finding.file != STDIN) {
        let place = json!({"physicalLocation": {"artifactLocation": {"uri": uri(file)}},
            "message": {"text": "rendered from this file"}});
        object.insert("relatedLocations".to_string(), json!([place]));
    }
    if let Some(Approving { approval, .. }) = approval {
        let why = format!("{} (until {})", approval.reason, approval.expires);
        let suppression = json!({"kind": "external", "status": "accepted", "justification": why});
        object.insert("suppressions".to_string(), json!([suppression]));
    }
    result
}

fn location(finding: &Finding) -> Value {
    let name = match (&finding.object, finding.field.as_str()) {
        (Some(object), "") => object.clone(),
        (Some(object), field) => format!("{object} {field}"),
        (None, field) => field.to_string(),
    };
    let physical = match &finding.rendered_from {
        // A pipe is no file that anybody could open; the lines are those of the pipe.
        Some(file) if finding.file == STDIN => json!({"artifactLocation": {"uri": uri(file)}}),
        _ => json!({
            "artifactLocation": {"uri": uri(&finding.file)},
            "region": {"startLine": finding.line.max(1), "startColumn": finding.column.max(1)},
        }),
    };
    json!({"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": name}]})
}

/// What stays the same when lines move.
fn fingerprint(finding: &Finding) -> String {
    format!("{}|{}|{}", finding.check, finding.object.as_deref().unwrap_or_default(), finding.field)
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(encode).collect()
}
