//! Every code, both ways: a text that has the problem and its nearest neighbour that has not.

mod endpoints;
mod metadata;
mod pods;
mod policies;
mod services;
mod tiers;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{problems, read};
use crate::manifest::Strength::{Create, Stored};
use crate::manifest::{Code, Severity, Strength};
use crate::sorted::SortedSet;

/// A policy with this `spec`, which is indented by two.
fn policy(spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p}}\nspec:\n  podSelector: {{}}\n{spec}"
    )
}

fn peer(peer: &str) -> String {
    policy(&format!("  ingress: [{{from: [{peer}]}}]"))
}

fn port(port: &str) -> String {
    policy(&format!("  ingress: [{{ports: [{port}]}}]"))
}

fn block(block: &str) -> String {
    peer(&format!("{{ipBlock: {block}}}"))
}

fn subject(selector: &str) -> String {
    policy("").replace("podSelector: {}", &format!("podSelector: {selector}"))
}

fn object(api_version: &str, kind: &str, metadata: &str) -> String {
    format!("{{apiVersion: '{api_version}', kind: {kind}, metadata: {metadata}}}")
}

fn pod(rest: &str) -> String {
    format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, {rest}}}")
}

fn pod_port(port: &str) -> String {
    pod(&format!("spec: {{containers: [{{name: c, image: i, ports: [{port}]}}]}}"))
}

fn deployment(spec: &str) -> String {
    format!("{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {spec}}}")
}

fn twice(one: &str, other: &str) -> String {
    format!("{one}\n---\n{other}")
}

/// Where a problem is expected, and how bad.
struct Case {
    code: Code,
    severity: Severity,
    strength: Strength,
    field: &'static str,
    bad: String,
    good: String,
}

fn error(code: Code, field: &'static str, bad: String, good: String) -> Case {
    Case { code, severity: Severity::Error, strength: Stored, field, bad, good }
}

fn on_create(code: Code, field: &'static str, bad: String, good: String) -> Case {
    Case { strength: Create, ..error(code, field, bad, good) }
}

fn warning(code: Code, strength: Strength, field: &'static str, bad: String, good: String) -> Case {
    Case { severity: Severity::Warning, strength, ..error(code, field, bad, good) }
}

fn all_cases() -> Vec<Case> {
    let parts = [
        endpoints::cases(),
        metadata::cases(),
        pods::cases(),
        policies::cases(),
        services::cases(),
        tiers::cases(),
    ];
    parts.into_iter().flatten().collect()
}

#[test]
fn every_problem_is_reported_with_its_code_and_field_and_its_neighbour_has_none() {
    for Case { code, severity, strength, field, bad, good } in all_cases() {
        let found = problems(read(&bad, strength));
        let summary: Vec<_> = found.iter().map(|it| (it.code, it.severity, it.field.as_str())).collect();
        assert_eq!(summary, [(code, severity, field)], "{bad}\n{found:#?}");
        let problem = &found[0];
        assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{problem}");
        assert!(problem.line > 0 && problem.column > 0, "{problem}");
        assert_eq!(read(&bad, strength).is_err(), severity == Severity::Error, "{bad}");
        let rest = problems(read(&good, strength));
        assert!(rest.iter().all(|it| it.code != code), "{good}\n{rest:#?}");
        assert!(read(&good, strength).is_ok(), "{good}\n{rest:#?}");
    }
}

#[test]
fn every_code_has_a_case_and_a_name_of_its_own() {
    let tested: SortedSet<Code> = all_cases().iter().map(|case| case.code).collect();
    // These have tests of their own: a namespace to ask for, more objects than a test can make.
    let elsewhere = [Code::NamespaceMismatch, Code::TooManyObjects];
    let missing: Vec<_> =
        Code::ALL.iter().filter(|it| !tested.contains(it) && !elsewhere.contains(it)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let names: SortedSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    let kebab = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    assert!(names.iter().all(kebab), "{names:?}");
}

#[test]
fn what_cannot_be_read_is_reported_once_and_not_also_as_absent() {
    let text = block("{cidr: 10, except: x}");
    let found = problems(read(&text, Stored));
    let fields: Vec<_> = found.iter().map(|problem| (problem.code, problem.field.as_str())).collect();
    assert_eq!(
        fields,
        [
            (Code::WrongType, "spec.ingress[0].from[0].ipBlock.cidr"),
            (Code::WrongType, "spec.ingress[0].from[0].ipBlock.except"),
        ]
    );
    let found = problems(read(&block("[]"), Stored));
    assert_eq!(found.len(), 1, "{found:#?}");
}

/// The fields that an API server would name when the object is made, sorted.
fn named_fields(text: &str) -> Vec<String> {
    let found = problems(read(text, Create));
    let errors = found.into_iter().filter(|it| it.severity == Severity::Error);
    let mut fields: Vec<String> = errors.map(|it| it.field).collect();
    fields.sort();
    fields
}

#[test]
fn what_the_api_server_copies_to_another_field_is_refused_there_too() {
    let service = |port: &str| {
        format!("{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{ports: [{{{port}}}]}}}}")
    };
    assert_eq!(named_fields(&service("port: 0")), ["spec.ports[0].port", "spec.ports[0].targetPort"]);
    assert_eq!(named_fields(&service("name: a")), ["spec.ports[0].port", "spec.ports[0].targetPort"]);
    assert_eq!(named_fields(&service("port: 0, targetPort: 80")), ["spec.ports[0].port"]);
    let pod = |port: &str| {
        pod(&format!("spec: {{hostNetwork: true, containers: [{{name: c, image: i, ports: [{{{port}}}]}}]}}"))
    };
    let ports = ["spec.containers[0].ports[0].containerPort", "spec.containers[0].ports[0].hostPort"];
    assert_eq!(named_fields(&pod("containerPort: 65536")), ports);
    assert_eq!(named_fields(&pod("hostPort: 80")), ports);
    assert_eq!(named_fields(&pod("name: a")), ports[..1]);
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: 'a b'}}";
    assert_eq!(named_fields(namespace), ["metadata.labels", "metadata.name"]);
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: a_b}}";
    assert_eq!(named_fields(namespace), ["metadata.name"]);
    let unnamed =
        "{apiVersion: v1, kind: Pod, metadata: {generateName: A}, spec: {containers: [{name: c, image: i}]}}";
    assert_eq!(named_fields(unnamed), ["metadata.generateName", "metadata.name"]);
}

#[test]
fn exceptions_are_looked_at_beside_a_cidr_that_readers_disagree_on() {
    let codes = |text: &str| {
        problems(read(&block(text), Create)).iter().map(|it| it.code.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(codes("{cidr: 010.0.0.0/8, except: [10.1.0.0/16]}"), ["leading-zeros"]);
    assert_eq!(
        codes("{cidr: 010.0.0.0/8, except: [11.0.0.0/16, 10.1.0.0/16]}"),
        ["leading-zeros", "except-outside-cidr"]
    );
    assert_eq!(
        codes("{cidr: '::ffff:10.0.0.0/104', except: [10.1.0.0/16]}"),
        ["ipv4-mapped", "except-outside-cidr"]
    );
    assert_eq!(codes("{cidr: 10.0.0.0, except: [11.0.0.0/16]}"), ["invalid-cidr"]);
}

#[test]
fn every_problem_of_a_load_is_reported_at_once_in_the_order_of_the_text() {
    let bad = "{apiVersion: v1, kind: Pod, metadata: {name: A, labels: {a: b c}}, spec: {containers: [{ports: [{containerPort: 0, protocol: x}]}]}}";
    let text = twice(bad, &port("{port: 0}, {port: '1'}"));
    let found = problems(read(&text, Stored));
    let codes: Vec<_> = found.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "invalid-name",
            "invalid-label-value",
            "missing-container-port",
            "unknown-protocol",
            "port-out-of-range",
            "invalid-port-name",
        ]
    );
    assert!(found.is_sorted_by_key(|problem| (problem.line, problem.column)));
}
