//! Selectors that hold the pods of one group and no others of its namespace, by as few labels as do.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::groups::{Group, Groups, LabelMap};
use crate::label::{LabelKey, LabelValue, Labels};
use crate::manifest::edit::Fresh;
use crate::selector::{Requirement, Values};
use crate::sorted::SortedSet;

/// Keys that say which application a pod is of, the best first.
const NAMES: [&str; 5] = ["app.kubernetes.io/name", "app", "k8s-app", "name", "component"];

/// The conditions of a selector that holds a group and no other set of labels in its namespace.
///
/// Sets of labels that are not the same differ in some key, and each such key makes a condition: the value that the group
/// has there, or that it has none. So there always is such a selector, and the fewest conditions are found greedily.
pub(super) fn selector(groups: &Groups, group: &Group) -> Vec<Requirement> {
    let mut left: Vec<Labels> = groups.others(group).map(labels).collect();
    let mut conditions: Vec<Requirement> = group.labels.iter().filter_map(is_value).collect();
    let own: SortedSet<&String> = group.labels.keys().collect();
    let foreign: SortedSet<&String> =
        groups.others(group).flat_map(LabelMap::keys).filter(|key| !own.contains(key)).collect();
    conditions.extend(
        foreign
            .into_iter()
            .filter_map(|key| LabelKey::try_from(key.as_str()).ok())
            .map(Requirement::DoesNotExist),
    );
    let mut chosen: Vec<Requirement> = Vec::new();
    // A selector without conditions would take in whatever comes to the namespace later.
    while !left.is_empty() || chosen.is_empty() {
        let best = conditions.iter().min_by_key(|condition| {
            let kept = left.iter().filter(|labels| condition.matches(labels)).count();
            (kept, rank(condition))
        });
        let Some(best) = best.cloned() else { break };
        let before = left.len();
        left.retain(|labels| best.matches(labels));
        conditions.retain(|condition| *condition != best);
        let is_of_use = left.len() < before;
        if is_of_use || chosen.is_empty() {
            chosen.push(best);
        }
        if !is_of_use {
            break;
        }
    }
    chosen
}

/// A condition that reads better comes first: a name of the application, another label, the lack of one.
fn rank(condition: &Requirement) -> (usize, &str) {
    let key = condition.key().as_str();
    let place = NAMES.iter().position(|name| *name == key).unwrap_or(NAMES.len());
    match condition {
        Requirement::In(..) => (place, key),
        _ => (usize::MAX, key),
    }
}

fn is_value((key, value): (&String, &String)) -> Option<Requirement> {
    let key = LabelKey::try_from(key.as_str()).ok()?;
    let value = LabelValue::try_from(value.as_str()).ok()?;
    Some(Requirement::In(key, Values::from(value)))
}

fn labels(map: &LabelMap) -> Labels {
    let pairs = map.iter().filter_map(|(key, value)| {
        Some((LabelKey::try_from(key.as_str()).ok()?, LabelValue::try_from(value.as_str()).ok()?))
    });
    pairs.collect()
}

/// A selector as it is written.
pub(super) fn written(conditions: &[Requirement]) -> Fresh {
    let mut match_labels = Vec::new();
    let mut expressions = Vec::new();
    for condition in conditions {
        let key = condition.key().to_string();
        match condition {
            Requirement::In(_, values) => {
                let value = values.iter().next().map(ToString::to_string).unwrap_or_default();
                match_labels.push((key, Fresh::text(value)));
            }
            _ => expressions
                .push(Fresh::map([("key", Fresh::text(key)), ("operator", Fresh::text("DoesNotExist"))])),
        }
    }
    let mut fields = Vec::new();
    if !match_labels.is_empty() {
        fields.push(("matchLabels", Fresh::Map(match_labels)));
    }
    if !expressions.is_empty() {
        fields.push(("matchExpressions", Fresh::List(expressions)));
    }
    Fresh::map(fields)
}
