//! Labels and label selectors: from their mirrors to the model.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::label::{LabelKey, LabelValue, Labels};
use crate::manifest::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Entry, LabelSelector, LabelSelectorRequirement};
use crate::selector::{Requirement, Selector, Values};

/// What to do about a label of an object.
const LABEL_HELP: &str = "write another value; text that is no label goes under `annotations`";
/// What to do about a value in a selector.
const SELECTOR_HELP: &str = "no object can carry such a label; write the value that the objects have";

/// An object's labels; those that no API server would hold are reported and left out.
pub(crate) fn labels(cx: &mut Context, entries: &[Entry], path: &Path<'_>) -> Labels {
    entries.iter().filter_map(|(key, value)| label(cx, key, value, path, LABEL_HELP)).collect()
}

/// A selector; what no API server would hold is reported and left out, and the object with it.
pub(crate) fn label_selector(cx: &mut Context, selector: &LabelSelector, path: &Path<'_>) -> Selector {
    let labels_path = path.field("matchLabels");
    let expressions_path = path.field("matchExpressions");
    let mut labels = Vec::with_capacity(selector.match_labels.len());
    for (key, value) in &selector.match_labels {
        // NP-012: `matchLabels` with an empty value needs the key to be there and empty.
        labels.extend(label(cx, key, value, &labels_path, SELECTOR_HELP));
    }
    let mut expressions = Vec::new();
    for (index, expression) in selector.match_expressions.iter().enumerate() {
        expressions.extend(requirement(cx, expression, &expressions_path.index(index)));
    }
    Selector::written(labels, expressions)
}

/// A selector that is no more than labels, as services have it.
pub(crate) fn selector_of_labels(cx: &mut Context, entries: &[Entry], path: &Path<'_>) -> Selector {
    let labels = entries.iter().filter_map(|(key, value)| label(cx, key, value, path, SELECTOR_HELP));
    labels.map(|(key, value)| Requirement::In(key, value.into())).collect()
}

/// One label; both of its parts are reported under the mapping's own path, as upstream does.
fn label(
    cx: &mut Context,
    key: &At<String>,
    value: &At<String>,
    path: &Path<'_>,
    help: &str,
) -> Option<(LabelKey, LabelValue)> {
    let checked_key = label_key(cx, key, path);
    let checked_value = label_value(cx, value, Some(key), path, help);
    Some((checked_key?, checked_value?))
}

fn label_key(cx: &mut Context, key: &At<String>, path: &Path<'_>) -> Option<LabelKey> {
    match LabelKey::try_from(key.value.as_str()) {
        Ok(key) => Some(key),
        Err(error) => {
            let message = format!("the label key {} is not valid: {error}", quote(&key.value));
            let help = "write `name` or `prefix/name`, such as `app` or `app.kubernetes.io/name`";
            cx.error(Code::InvalidLabelKey, path, key.at, message, help);
            None
        }
    }
}

fn label_value(
    cx: &mut Context,
    value: &At<String>,
    key: Option<&At<String>>,
    path: &Path<'_>,
    help: &str,
) -> Option<LabelValue> {
    match LabelValue::try_from(value.value.as_str()) {
        Ok(value) => Some(value),
        Err(error) => {
            let of_key = key.map(|key| format!(" of key {}", quote(&key.value))).unwrap_or_default();
            let message = format!("the label value {}{of_key} is not valid: {error}", quote(&value.value));
            cx.error(Code::InvalidLabelValue, path, value.at, message, help);
            None
        }
    }
}

fn requirement(
    cx: &mut Context,
    expression: &LabelSelectorRequirement,
    path: &Path<'_>,
) -> Option<Requirement> {
    let key = label_key(cx, &expression.key, &path.field("key"));
    let values_path = path.field("values");
    let values: Vec<_> = expression
        .values
        .iter()
        .enumerate()
        .map(|(index, value)| label_value(cx, value, None, &values_path.index(index), SELECTOR_HELP))
        .collect();
    let operator = expression.operator.value.as_str();
    match operator {
        "In" | "NotIn" => {
            if values.is_empty() {
                let message = format!("`{operator}` has no `values`");
                let help = "list at least one value, or use `Exists` or `DoesNotExist`";
                cx.error(Code::ValuesMissing, &values_path, expression.at, message, help);
            }
        }
        "Exists" | "DoesNotExist" => {
            if let Some(first) = expression.values.first() {
                let message = format!("`{operator}` takes no `values`");
                let other = if operator == "Exists" { "In" } else { "NotIn" };
                let help = format!("remove `values`, or use `{other}`");
                cx.error(Code::ValuesForbidden, &values_path, first.at, message, help);
                return None;
            }
        }
        other => {
            let message = format!("{} is no operator of a selector", quote(other));
            let help = match ["In", "NotIn", "Exists", "DoesNotExist"]
                .into_iter()
                .find(|name| name.eq_ignore_ascii_case(other))
            {
                Some(name) => format!("write `{name}`"),
                None => "use `In`, `NotIn`, `Exists` or `DoesNotExist`".to_string(),
            };
            cx.error(Code::UnknownOperator, &path.field("operator"), expression.operator.at, message, help);
        }
    }
    let key = key?;
    // Every value has to be sound: one left out would change what the others mean.
    let values = Values::new(values.into_iter().collect::<Option<Vec<_>>>()?);
    match operator {
        "In" => Some(Requirement::In(key, values?)),
        "NotIn" => Some(Requirement::NotIn(key, values?)),
        "Exists" => Some(Requirement::Exists(key)),
        "DoesNotExist" => Some(Requirement::DoesNotExist(key)),
        _ => None,
    }
}
