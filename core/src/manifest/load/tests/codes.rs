//! Every code, both ways: a text that has the problem and its nearest neighbour that has not.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{problems, read};
use crate::manifest::Strength::{Create, Stored};
use crate::manifest::{Code, Severity, Strength};

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

fn policy_cases() -> Vec<Case> {
    let cidr = "spec.ingress[0].from[0].ipBlock.cidr";
    let except = "spec.ingress[0].from[0].ipBlock.except[0]";
    let from = "spec.ingress[0].from[0]";
    let end = "spec.ingress[0].ports[0].endPort";
    let number = "spec.ingress[0].ports[0].port";
    let operator = "spec.podSelector.matchExpressions[0].operator";
    let values = "spec.podSelector.matchExpressions[0].values";
    let expression = |rest: &str| subject(&format!("{{matchExpressions: [{{key: a, {rest}}}]}}"));
    let good_cidr = || block("{cidr: 10.0.0.0/8}");
    alloc::vec![
        warning(Code::CidrHostBits, Stored, cidr, block("{cidr: 10.0.0.1/8}"), block("{cidr: 10.0.0.1/32}")),
        on_create(Code::CidrHostBits, cidr, block("{cidr: 10.0.0.1/8}"), block("{cidr: 10.0.0.1/32}")),
        warning(Code::CidrPrefixZeros, Stored, cidr, block("{cidr: 10.0.0.0/08}"), good_cidr()),
        on_create(Code::CidrPrefixZeros, cidr, block("{cidr: 10.0.0.0/08}"), good_cidr()),
        warning(
            Code::CidrNotCanonical,
            Create,
            cidr,
            block("{cidr: '2001:0DB8::/32'}"),
            block("{cidr: '2001:db8::/32'}")
        ),
        error(Code::EmptyPeer, from, peer("{}"), peer("{podSelector: {}}")),
        error(Code::EmptyPeer, from, peer("null"), peer("{namespaceSelector: {}}")),
        error(Code::EndPortBelowPort, end, port("{port: 80, endPort: 79}"), port("{port: 80, endPort: 80}")),
        error(Code::EndPortWithNamedPort, end, port("{port: web, endPort: 90}"), port("{port: web}")),
        error(Code::EndPortWithoutPort, end, port("{endPort: 90}"), port("{port: 1, endPort: 90}")),
        error(
            Code::ExceptOutsideCidr,
            except,
            block("{cidr: 10.0.0.0/8, except: [10.0.0.0/8]}"),
            block("{cidr: 10.0.0.0/8, except: [10.0.0.0/9]}")
        ),
        error(
            Code::ExceptOutsideCidr,
            except,
            block("{cidr: 0.0.0.0/0, except: ['::/1']}"),
            block("{cidr: '::/0', except: ['::/1']}")
        ),
        error(Code::IntegerOutOfRange, number, port("{port: 2147483648}"), port("{port: 65535}")),
        error(Code::InvalidCidr, cidr, block("{cidr: 10.0.0.0}"), good_cidr()),
        error(Code::InvalidCidr, cidr, block("{cidr: 10.0.0.0/33}"), block("{cidr: 10.0.0.0/32}")),
        error(
            Code::InvalidExcept,
            except,
            block("{cidr: 10.0.0.0/8, except: [10.1.0]}"),
            block("{cidr: 10.0.0.0/8, except: []}")
        ),
        error(Code::InvalidPortName, number, port("{port: '80'}"), port("{port: 80}")),
        error(Code::InvalidPortName, number, port("{port: ''}"), port("{port: null}")),
        error(
            Code::IpBlockBesideSelector,
            from,
            peer("{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}"),
            peer("{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {}}")
        ),
        error(Code::Ipv4Mapped, cidr, block("{cidr: '::ffff:10.0.0.0/104'}"), good_cidr()),
        error(Code::LeadingZeros, cidr, block("{cidr: 010.0.0.0/8}"), good_cidr()),
        error(Code::MissingCidr, cidr, block("{except: []}"), good_cidr()),
        error(Code::PortOutOfRange, number, port("{port: 0}"), port("{port: 1}")),
        error(Code::PortOutOfRange, number, port("{port: 65536}"), port("{port: 65535}")),
        error(
            Code::PortOutOfRange,
            end,
            port("{port: 1, endPort: 65536}"),
            port("{port: 1, endPort: 65535}")
        ),
        error(
            Code::TooManyPolicyTypes,
            "spec.policyTypes",
            policy("  policyTypes: [Ingress, Egress, Ingress]"),
            policy("  policyTypes: [Ingress, Ingress]")
        ),
        warning(
            Code::UnknownField,
            Stored,
            "spec.ingress[0].port",
            policy("  ingress: [{port: 80}]"),
            policy("  ingress: [{ports: [{port: 80}]}]")
        ),
        error(
            Code::UnknownOperator,
            operator,
            expression("operator: in, values: [a]"),
            expression("operator: Exists")
        ),
        error(
            Code::UnknownPolicyType,
            "spec.policyTypes[0]",
            policy("  policyTypes: [ingress]"),
            policy("  policyTypes: [Ingress]")
        ),
        error(
            Code::UnknownProtocol,
            "spec.ingress[0].ports[0].protocol",
            port("{protocol: tcp}"),
            port("{protocol: TCP}")
        ),
        error(
            Code::ValuesForbidden,
            values,
            expression("operator: Exists, values: [a]"),
            expression("operator: Exists, values: []")
        ),
        error(
            Code::ValuesMissing,
            values,
            expression("operator: In"),
            expression("operator: In, values: ['']")
        ),
        error(Code::WrongType, number, port("{port: yes}"), port("{port: 'yes'}")),
        error(Code::WrongType, number, port("{port: 80.5}"), port("{port: 80.0}")),
    ]
}

fn metadata_cases() -> Vec<Case> {
    let labels = "metadata.labels";
    let named = |metadata: &str| object("v1", "Namespace", metadata);
    let np = "networking.k8s.io/v1";
    alloc::vec![
        error(
            Code::ApiVersionGone,
            "apiVersion",
            object("extensions/v1beta1", "NetworkPolicy", "{name: a}"),
            object(np, "NetworkPolicy", "{name: a}")
        ),
        error(
            Code::ApiVersionUnknown,
            "apiVersion",
            object("networking.k8s.io/v2", "NetworkPolicy", "{name: a}"),
            object("crd.projectcalico.org/v1", "NetworkPolicy", "{name: a}")
        ),
        error(
            Code::ConflictingObject,
            "metadata.name",
            twice(&named("{name: a}"), &named("{name: a, labels: {a: b}}")),
            twice(&named("{name: a}"), &named("{name: b, labels: {a: b}}"))
        ),
        warning(
            Code::DuplicateObject,
            Stored,
            "metadata.name",
            twice(&named("{name: a}"), &named("{name: a}")),
            twice(&named("{name: a}"), &object("v1", "Node", "{name: a}"))
        ),
        on_create(
            Code::InvalidAnnotationKey,
            "metadata.annotations",
            named("{name: a, annotations: {a b: c}}"),
            named("{name: a, annotations: {A.B/c: d e}}")
        ),
        error(
            Code::InvalidLabelKey,
            labels,
            named("{name: a, labels: {-a: b}}"),
            named("{name: a, labels: {a: b}}")
        ),
        error(
            Code::InvalidLabelKey,
            "spec.podSelector.matchLabels",
            subject("{matchLabels: {a b: c}}"),
            subject("{matchLabels: {a_b: c}}")
        ),
        error(
            Code::InvalidLabelValue,
            labels,
            named("{name: a, labels: {a: b c}}"),
            named("{name: a, labels: {a: null}}")
        ),
        error(
            Code::InvalidLabelValue,
            "spec.podSelector.matchExpressions[0].values[1]",
            subject("{matchExpressions: [{key: a, operator: NotIn, values: [b, '-']}]}"),
            subject("{matchExpressions: [{key: a, operator: NotIn, values: [b, '']}]}")
        ),
        error(Code::InvalidName, "metadata.name", named("{name: a.b}"), object("v1", "Pod", "{name: a.b}")),
        error(
            Code::InvalidName,
            "metadata.generateName",
            named("{generateName: A-}"),
            named("{generateName: a-}")
        ),
        error(
            Code::InvalidNamespace,
            "metadata.namespace",
            object("v1", "Pod", "{name: a, namespace: a.b}"),
            object("v1", "Pod", "{name: a, namespace: ''}")
        ),
        error(
            Code::InvalidTimestamp,
            "metadata.creationTimestamp",
            named("{name: a, creationTimestamp: yesterday}"),
            named("{name: a, creationTimestamp: null}")
        ),
        error(
            Code::KindCase,
            "kind",
            object(np, "networkpolicy", "{name: a}"),
            object(np, "NetworkPolicy", "{name: a}")
        ),
        error(
            Code::KindCase,
            "kind",
            "{apiVersion: v1, kind: list, items: []}".to_string(),
            "{apiVersion: v1, kind: List, items: []}".to_string()
        ),
        error(
            Code::KindCase,
            "kind",
            "{apiVersion: v1, kind: podlist}".to_string(),
            "{apiVersion: v1, kind: PodList}".to_string()
        ),
        error(
            Code::MissingApiVersion,
            "apiVersion",
            "{kind: Pod, metadata: {name: a}}".to_string(),
            object("v1", "Pod", "{name: a}")
        ),
        error(
            Code::MissingKind,
            "kind",
            "{apiVersion: v1, metadata: {name: a}}".to_string(),
            object("v1", "Pod", "{name: a}")
        ),
        error(Code::MissingName, "metadata.name", named("{name: ''}"), named("{name: '1'}")),
        error(Code::NotAnObject, "", "- a".to_string(), "# a".to_string()),
        error(
            Code::UnknownKind,
            "kind",
            object(np, "NetworkPolcy", "{name: a}"),
            object(np, "Ingress", "{name: a}")
        ),
        error(
            Code::WrongType,
            "metadata.labels[a]",
            named("{name: a, labels: {a: 1}}"),
            named("{name: a, labels: {a: '1'}}")
        ),
    ]
}

fn pod_cases() -> Vec<Case> {
    let first_port = "spec.containers[0].ports[0].containerPort";
    let sound_port = || pod_port("{containerPort: 80}");
    let containers = |list: &str| pod(&format!("spec: {{containers: [{list}]}}"));
    let running = |name: &str, phase: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, status: {{phase: {phase}, podIP: 10.0.0.1}}}}"
        )
    };
    let host_port = |port: &str| {
        pod(&format!(
            "spec: {{hostNetwork: true, containers: [{{name: c, image: i, ports: [{{containerPort: 80, hostPort: {port}}}]}}]}}"
        ))
    };
    let selecting = |label: &str| {
        deployment(&format!(
            "{{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: {label}}}}}}}}}"
        ))
    };
    alloc::vec![
        error(Code::ContainerPortMissing, first_port, pod_port("{name: web}"), sound_port()),
        error(Code::ContainerPortMissing, first_port, pod_port("{containerPort: 0}"), sound_port()),
        on_create(Code::ContainersMissing, "spec.containers", pod("spec: {}"), sound_port()),
        on_create(
            Code::DuplicateContainerName,
            "spec.containers[1].name",
            containers("{name: c, image: i}, {name: c, image: i}"),
            containers("{name: c, image: i}, {name: d, image: i}")
        ),
        error(
            Code::DuplicatePortName,
            "spec.containers[0].ports[1].name",
            pod_port("{name: a, containerPort: 1}, {name: a, containerPort: 2}"),
            pod_port("{name: a, containerPort: 1}, {containerPort: 2}")
        ),
        on_create(
            Code::HostPortMismatch,
            "spec.containers[0].ports[0].hostPort",
            host_port("81"),
            host_port("80")
        ),
        error(
            Code::InvalidAddress,
            "status.podIP",
            pod("status: {podIP: 10.0.0}"),
            pod("status: {podIP: ''}")
        ),
        error(
            Code::LeadingZeros,
            "status.hostIP",
            pod("status: {hostIP: 010.0.0.1}"),
            pod("status: {hostIP: 10.0.0.1}")
        ),
        error(
            Code::Ipv4Mapped,
            "status.podIPs[0].ip",
            pod("status: {podIPs: [{ip: '::ffff:a00:1'}]}"),
            pod("status: {podIPs: [{ip: '::a00:1'}]}")
        ),
        error(
            Code::InvalidPortName,
            "spec.containers[0].ports[0].name",
            pod_port("{name: '80', containerPort: 80}"),
            pod_port("{name: '', containerPort: 80}")
        ),
        on_create(
            Code::MissingField,
            "spec.containers[0].image",
            containers("{name: c}"),
            containers("{name: c, image: i}")
        ),
        error(Code::MissingField, "spec.template", deployment("{}"), deployment("{template: {}}")),
        warning(
            Code::PodHostname,
            Create,
            "metadata.name",
            sound_port().replace("name: a", "name: a.b"),
            sound_port()
        ),
        error(
            Code::PortOutOfRange,
            first_port,
            pod_port("{containerPort: 65536}"),
            pod_port("{containerPort: 65535}")
        ),
        error(Code::SelectorMismatch, "spec.template.metadata.labels", selecting("c"), selecting("b")),
        warning(
            Code::SharedAddress,
            Stored,
            "status.podIP",
            twice(&running("a", "Running"), &running("b", "Running")),
            twice(&running("a", "Running"), &running("b", "Succeeded"))
        ),
        error(
            Code::UnknownPhase,
            "status.phase",
            pod("status: {phase: running}"),
            pod("status: {phase: Running}")
        ),
        error(
            Code::UnknownProtocol,
            "spec.containers[0].ports[0].protocol",
            pod_port("{containerPort: 80, protocol: http}"),
            pod_port("{containerPort: 80, protocol: ''}")
        ),
        error(
            Code::WrongType,
            "spec.hostNetwork",
            pod("spec: {hostNetwork: 'true'}"),
            pod("spec: {hostNetwork: true}")
        ),
    ]
}

fn all_cases() -> Vec<Case> {
    let parts = [policy_cases(), metadata_cases(), pod_cases()];
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
    let tested: BTreeSet<Code> = all_cases().iter().map(|case| case.code).collect();
    // These two have tests of their own: a namespace to ask for, and more objects than a test can make.
    let elsewhere = [Code::NamespaceMismatch, Code::TooManyObjects];
    let missing: Vec<_> =
        Code::ALL.iter().filter(|it| !tested.contains(it) && !elsewhere.contains(it)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
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
