//! What the schema of SARIF 2.1.0 says of the parts that `lint` writes: no other properties, those that it requires, each
//! of its type.

use serde_json::{Value, json};

/// The type of a property.
enum Of {
    /// A text.
    Text,
    /// A text without spaces and backslashes, as references to files are.
    Reference,
    /// A text out of some.
    One(&'static [&'static str]),
    /// A number from another one on.
    From(i64),
    Bool,
    /// Texts by name.
    Texts,
    /// An object of some shape.
    Object(&'static Shape),
    /// A list of such objects.
    List(&'static Shape),
}

/// An object.
struct Shape {
    name: &'static str,
    /// One of these has to be there, for each item.
    required: &'static [&'static [&'static str]],
    properties: &'static [(&'static str, Of)],
}

const LEVELS: Of = Of::One(&["none", "note", "warning", "error"]);

static LOG: Shape = Shape {
    name: "sarifLog",
    required: &[&["version"], &["runs"]],
    properties: &[("$schema", Of::Reference), ("version", Of::One(&["2.1.0"])), ("runs", Of::List(&RUN))],
};
static RUN: Shape = Shape {
    name: "run",
    required: &[&["tool"]],
    properties: &[
        ("tool", Of::Object(&TOOL)),
        ("columnKind", Of::One(&["utf16CodeUnits", "unicodeCodePoints"])),
        ("invocations", Of::List(&INVOCATION)),
        ("results", Of::List(&RESULT)),
    ],
};
static TOOL: Shape =
    Shape { name: "tool", required: &[&["driver"]], properties: &[("driver", Of::Object(&COMPONENT))] };
static COMPONENT: Shape = Shape {
    name: "toolComponent",
    required: &[&["name"]],
    properties: &[
        ("name", Of::Text),
        ("version", Of::Text),
        ("semanticVersion", Of::Text),
        ("informationUri", Of::Reference),
        ("rules", Of::List(&RULE)),
    ],
};
static RULE: Shape = Shape {
    name: "reportingDescriptor",
    required: &[&["id"]],
    properties: &[
        ("id", Of::Text),
        ("shortDescription", Of::Object(&WORDS)),
        ("help", Of::Object(&WORDS)),
        ("helpUri", Of::Reference),
        ("defaultConfiguration", Of::Object(&CONFIGURATION)),
    ],
};
static WORDS: Shape = Shape {
    name: "multiformatMessageString",
    required: &[&["text"]],
    properties: &[("text", Of::Text), ("markdown", Of::Text)],
};
static CONFIGURATION: Shape =
    Shape { name: "reportingConfiguration", required: &[], properties: &[("level", LEVELS)] };
static INVOCATION: Shape = Shape {
    name: "invocation",
    required: &[&["executionSuccessful"]],
    properties: &[("executionSuccessful", Of::Bool)],
};
static RESULT: Shape = Shape {
    name: "result",
    required: &[&["message"]],
    properties: &[
        ("ruleId", Of::Text),
        ("ruleIndex", Of::From(0)),
        ("level", LEVELS),
        ("message", Of::Object(&MESSAGE)),
        ("locations", Of::List(&LOCATION)),
        ("relatedLocations", Of::List(&LOCATION)),
        ("partialFingerprints", Of::Texts),
        ("suppressions", Of::List(&SUPPRESSION)),
        ("baselineState", Of::One(&["new", "unchanged", "updated", "absent"])),
    ],
};
static MESSAGE: Shape =
    Shape { name: "message", required: &[&["text", "id"]], properties: &[("text", Of::Text)] };
static LOCATION: Shape = Shape {
    name: "location",
    required: &[],
    properties: &[
        ("physicalLocation", Of::Object(&PHYSICAL)),
        ("logicalLocations", Of::List(&LOGICAL)),
        ("message", Of::Object(&MESSAGE)),
    ],
};
static PHYSICAL: Shape = Shape {
    name: "physicalLocation",
    required: &[&["address", "artifactLocation"]],
    properties: &[("artifactLocation", Of::Object(&ARTIFACT)), ("region", Of::Object(&REGION))],
};
static ARTIFACT: Shape =
    Shape { name: "artifactLocation", required: &[], properties: &[("uri", Of::Reference)] };
static REGION: Shape = Shape {
    name: "region",
    required: &[],
    properties: &[("startLine", Of::From(1)), ("startColumn", Of::From(1))],
};
static LOGICAL: Shape =
    Shape { name: "logicalLocation", required: &[], properties: &[("fullyQualifiedName", Of::Text)] };
static SUPPRESSION: Shape = Shape {
    name: "suppression",
    required: &[&["kind"]],
    properties: &[
        ("kind", Of::One(&["inSource", "external"])),
        ("status", Of::One(&["accepted", "underReview", "rejected"])),
        ("justification", Of::Text),
    ],
};

/// What is wrong with a log.
pub(crate) fn problems(log: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    object(log, &LOG, "log", &mut problems);
    for run in log["runs"].as_array().into_iter().flatten() {
        let rules = run["tool"]["driver"]["rules"].as_array().cloned().unwrap_or_default();
        for result in run["results"].as_array().into_iter().flatten() {
            let Some(index) = result["ruleIndex"].as_u64() else { continue };
            let rule = usize::try_from(index).ok().and_then(|index| rules.get(index));
            if rule.is_none_or(|rule| rule["id"] != result["ruleId"]) {
                problems.push(format!("rule {index} is not `{}`", result["ruleId"]));
            }
        }
    }
    problems
}

fn object(value: &Value, shape: &Shape, place: &str, problems: &mut Vec<String>) {
    let Some(fields) = value.as_object() else {
        problems.push(format!("{place} is no {}", shape.name));
        return;
    };
    for group in shape.required.iter().filter(|group| !group.iter().any(|name| fields.contains_key(*name))) {
        problems.push(format!("{place}, a {}, has no {}", shape.name, group.join(" or ")));
    }
    for (name, value) in fields {
        let place = format!("{place}.{name}");
        match shape.properties.iter().find(|(known, _)| known == name) {
            Some((_, of)) => property(value, of, &place, problems),
            None => problems.push(format!("{place} is no property of a {}", shape.name)),
        }
    }
}

fn property(value: &Value, of: &Of, place: &str, problems: &mut Vec<String>) {
    let text = value.as_str();
    let is_right = match of {
        Of::Object(shape) => return object(value, shape, place, problems),
        Of::List(shape) => match value.as_array() {
            Some(items) => {
                return items
                    .iter()
                    .enumerate()
                    .for_each(|(index, item)| object(item, shape, &format!("{place}[{index}]"), problems));
            }
            None => false,
        },
        Of::Text => text.is_some_and(|text| !text.is_empty()),
        Of::Reference => text.is_some_and(|text| !text.is_empty() && !text.contains([' ', '\\'])),
        Of::One(known) => text.is_some_and(|text| known.contains(&text)),
        Of::From(least) => value.as_i64().is_some_and(|number| number >= *least),
        Of::Bool => value.is_boolean(),
        Of::Texts => value.as_object().is_some_and(|texts| texts.values().all(Value::is_string)),
    };
    if !is_right {
        problems.push(format!("{place} cannot be {value}"));
    }
}

#[test]
fn what_the_schema_does_not_have_is_found() {
    let log = |result: Value| {
        let driver = json!({"name": "portcullis", "rules": [{"id": "a"}]});
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": [result]}]})
    };
    let right = json!({"ruleId": "a", "ruleIndex": 0, "message": {"text": "x"}, "level": "note"});
    assert_eq!(problems(&log(right)), Vec::<String>::new());
    let place =
        |physical: Value| json!({"message": {"text": "x"}, "locations": [{"physicalLocation": physical}]});
    let cases = [
        (json!({}), "log.runs[0].results[0], a result, has no message"),
        (json!({"message": {}}), "log.runs[0].results[0].message, a message, has no text or id"),
        (
            json!({"message": {"text": "x"}, "level": "info"}),
            r#"log.runs[0].results[0].level cannot be "info""#,
        ),
        (
            json!({"message": {"text": "x"}, "ruleID": "a"}),
            "log.runs[0].results[0].ruleID is no property of a result",
        ),
        (json!({"message": {"text": "x"}, "ruleIndex": 1}), "rule 1 is not `null`"),
        (
            place(json!({"artifactLocation": {"uri": "a b"}})),
            r#"log.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri cannot be "a b""#,
        ),
        (
            place(json!({"artifactLocation": {}, "region": {"startLine": 0}})),
            "log.runs[0].results[0].locations[0].physicalLocation.region.startLine cannot be 0",
        ),
    ];
    for (result, expected) in cases {
        assert_eq!(problems(&log(result)), [expected]);
    }
}
