//! Makes a case smaller: fewer objects, then less in each of them, as long as it still holds.
//!
//! What policies say is never widened: rules, peers and ports are dropped whole, and a list of peers or ports never
//! becomes empty, because an empty one means everybody or everything.

use portcullis::corpus::Case;
use portcullis::manifest::tree::{Node, Value};

use super::text_field;

/// Drops what a case can do without.
pub(super) fn shrink(case: &mut Case, holds: impl Fn(&Case) -> bool) {
    drop_objects(case, &holds);
    loop {
        let before = case.objects.clone();
        for index in 0..case.objects.len() {
            drop_parts(case, index, &holds);
        }
        if case.objects == before {
            return;
        }
        drop_objects(case, &holds);
    }
}

/// Drops runs of objects, long ones first.
fn drop_objects(case: &mut Case, holds: &impl Fn(&Case) -> bool) {
    let mut run = case.objects.len();
    while run > 0 {
        let mut start = 0;
        while start < case.objects.len() {
            let mut candidate = case.clone();
            let end = start.saturating_add(run).min(candidate.objects.len());
            candidate.objects.drain(start..end);
            if holds(&candidate) {
                *case = candidate;
            } else {
                start = end;
            }
        }
        run /= 2;
    }
}

/// A step on the way from an object to one of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Field(usize),
    Item(usize),
}

/// Drops fields and items of one object, the largest first.
fn drop_parts(case: &mut Case, object: usize, holds: &impl Fn(&Case) -> bool) {
    let Some(node) = case.objects.get(object) else { return };
    let mut parts = Vec::new();
    let is_policy = text_field(node, "kind") == Some("NetworkPolicy");
    collect(node, is_policy, &mut Vec::new(), &mut Vec::new(), &mut parts);
    let mut gone: Vec<Vec<Step>> = Vec::new();
    for way in parts {
        if gone.iter().any(|gone| way.starts_with(gone)) {
            continue;
        }
        let mut candidate = case.clone();
        let dropped = candidate.objects.get_mut(object).is_some_and(|node| drop_part(node, &way));
        if dropped && holds(&candidate) {
            *case = candidate;
            gone.push(way);
        }
    }
}

/// Lists the ways to everything that may be dropped: each part before what is in it, and of its neighbours the last
/// one first, so that dropping it leaves the ways to the others right.
fn collect(
    node: &Node,
    is_policy: bool,
    names: &mut Vec<String>,
    way: &mut Vec<Step>,
    parts: &mut Vec<Vec<Step>>,
) {
    match &node.value {
        Value::Mapping(fields) => {
            for (index, field) in fields.iter().enumerate().rev() {
                names.push(field.key.clone());
                way.push(Step::Field(index));
                if may_drop_field(names, is_policy) {
                    parts.push(way.clone());
                }
                collect(&field.node, is_policy, names, way, parts);
                way.pop();
                names.pop();
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate().rev() {
                way.push(Step::Item(index));
                if may_drop_item(names, is_policy) {
                    parts.push(way.clone());
                }
                names.push("[]".to_string());
                collect(item, is_policy, names, way, parts);
                names.pop();
                way.pop();
            }
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::String(_) => {}
    }
}

fn may_drop_field(names: &[String], is_policy: bool) -> bool {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["apiVersion" | "kind" | "metadata"] | ["metadata", "name" | "namespace"] => false,
        // A field of a policy's `spec` that is dropped makes it say more, or something else.
        ["spec", ..] => !is_policy,
        _ => true,
    }
}

fn may_drop_item(names: &[String], is_policy: bool) -> bool {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let in_list = ["except", "from", "to", "ports"];
    match names.as_slice() {
        ["spec", "ingress" | "egress"] => true,
        ["spec", .., list] if is_policy => in_list.contains(list),
        _ => true,
    }
}

/// Drops a part; not the last item of a list in which none would mean everything.
fn drop_part(node: &mut Node, way: &[Step]) -> bool {
    let Some((step, rest)) = way.split_first() else { return false };
    match (step, &mut node.value) {
        (Step::Field(index), Value::Mapping(fields)) => {
            if rest.is_empty() {
                if *index >= fields.len() {
                    return false;
                }
                fields.remove(*index);
                return true;
            }
            fields.get_mut(*index).is_some_and(|field| drop_part_in(&field.key, &mut field.node, rest))
        }
        (Step::Item(index), Value::Sequence(items)) => {
            if rest.is_empty() {
                if *index >= items.len() {
                    return false;
                }
                items.remove(*index);
                return true;
            }
            items.get_mut(*index).is_some_and(|item| drop_part(item, rest))
        }
        _ => false,
    }
}

fn drop_part_in(key: &str, node: &mut Node, way: &[Step]) -> bool {
    let is_last = matches!((way, &node.value), ([Step::Item(_)], Value::Sequence(items)) if items.len() == 1);
    if is_last && ["from", "to", "ports"].contains(&key) {
        return false;
    }
    drop_part(node, way)
}

#[cfg(test)]
mod tests {
    use portcullis::corpus::read;

    use super::*;

    const CASE: &str = r#"
case: x
objects:
  - {kind: Namespace, metadata: {name: a, labels: {x: y}}}
  - kind: NetworkPolicy
    metadata: {name: p, namespace: a, annotations: {long: story}, labels: {x: y}}
    spec:
      podSelector: {matchLabels: {app: web, tier: x}}
      policyTypes: [Ingress]
      ingress:
        - from: [{podSelector: {matchLabels: {app: api}}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}}]
          ports: [{port: 80}, {port: 81}]
        - {}
probes: [{from: {ip: 192.0.2.1}, to: {ip: 192.0.2.2}, port: 80}]
"#;

    fn shrunk(holds: impl Fn(&str) -> bool) -> String {
        let mut case = read(CASE).unwrap().remove(0);
        shrink(&mut case, |case| holds(&case.to_yaml()));
        let text = case.to_yaml();
        text.split("probes:").next().unwrap_or_default().to_string()
    }

    #[test]
    fn what_a_case_can_do_without_goes_and_what_it_rests_on_stays() {
        assert_eq!(shrunk(|_| true), "---\ncase: x\n");
        expect_test::expect![[r#"
            ---
            case: x
            objects:
              - kind: NetworkPolicy
                metadata:
                  name: p
                  namespace: a
                spec:
                  podSelector:
                    matchLabels:
                      app: web
                      tier: x
                  policyTypes:
                    - "Ingress"
                  ingress:
                    - from:
                        - ipBlock:
                            cidr: "10.0.0.0/8"
                            except:
                              - "10.2.0.0/16"
                      ports:
                        - port: 81
        "#]]
        .assert_eq(&shrunk(|text| text.contains("10.2.0.0/16") && text.contains("81")));
    }

    #[test]
    fn a_list_in_which_nothing_means_everything_keeps_one_item_and_selectors_stay_whole() {
        expect_test::expect![[r#"
            ---
            case: x
            objects:
              - kind: NetworkPolicy
                metadata:
                  name: p
                  namespace: a
                spec:
                  podSelector:
                    matchLabels:
                      app: web
                      tier: x
                  policyTypes:
                    - "Ingress"
                  ingress:
                    - from:
                        - podSelector:
                            matchLabels:
                              app: api
                      ports:
                        - port: 80
        "#]]
        .assert_eq(&shrunk(|text| text.contains("- from:")));
    }
}
