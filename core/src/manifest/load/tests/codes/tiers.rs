//! Problems of policies of the cluster.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, error, on_create, twice, warning};
use crate::manifest::Code;
use crate::manifest::Strength::{Create, Stored};

/// A policy with this `spec`, in flow style.
fn cluster(spec: &str) -> String {
    named("p", spec)
}

fn named(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{{spec}}}"
    )
}

fn admin(spec: &str) -> String {
    format!(
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: p}}\nspec: {{priority: 1, subject: {{namespaces: {{}}}}, {spec}}}"
    )
}

fn baseline(name: &str) -> String {
    format!(
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{subject: {{namespaces: {{}}}}}}"
    )
}

const HEAD: &str = "tier: Admin, priority: 1, subject: {namespaces: {}}";

fn egress(rule: &str) -> String {
    cluster(&format!("{HEAD}, egress: [{{{rule}}}]"))
}

fn to(peer: &str) -> String {
    egress(&format!("action: Accept, to: [{peer}]"))
}

fn protocol(item: &str) -> String {
    egress(&format!("action: Accept, to: [{{namespaces: {{}}}}], protocols: [{item}]"))
}

fn port(item: &str) -> String {
    admin(&format!("egress: [{{action: Allow, to: [{{namespaces: {{}}}}], ports: [{item}]}}]"))
}

pub(super) fn cases() -> Vec<Case> {
    let peer = "spec.egress[0].to[0]";
    let item = "spec.egress[0].protocols[0]";
    let names = "spec.egress[0].to[0].domainNames";
    let good = || to("{namespaces: {}}");
    let number = || protocol("{tcp: {destinationPort: {number: 1}}}");
    let long =
        |length: usize| format!("name: {}, action: Deny, to: [{{namespaces: {{}}}}]", "a".repeat(length));
    let selecting = |selector: &str| {
        cluster(&format!("tier: Admin, priority: 1, subject: {{namespaces: {{{selector}}}}}"))
    };
    alloc::vec![
        warning(
            Code::InvalidLabelValue,
            Stored,
            "spec.subject.namespaces.matchLabels",
            selecting("matchLabels: {a: }"),
            selecting("matchLabels: {a: ''}")
        ),
        error(
            Code::WrongType,
            "spec.subject.namespaces.matchLabels.a",
            selecting("matchLabels: {a: 1}"),
            selecting("matchLabels: {a: '1'}")
        ),
        error(
            Code::WrongType,
            "spec.subject.namespaces.matchExpressions[0].values[0]",
            selecting("matchExpressions: [{key: a, operator: In, values: [null]}]"),
            selecting("matchExpressions: [{key: a, operator: In, values: ['']}]")
        ),
        error(Code::BaselineName, "metadata.name", baseline("other"), baseline("default")),
        warning(
            Code::DomainNamesNotAccepted,
            Stored,
            names,
            egress("action: Deny, to: [{domainNames: [a.b]}]"),
            to("{domainNames: [a.b]}")
        ),
        error(
            Code::DuplicateItem,
            "spec.egress[0].to[0].networks[1]",
            to("{networks: [10.0.0.0/8, 10.0.0.0/8]}"),
            to("{networks: [10.0.0.0/8, 10.0.0.0/16]}")
        ),
        error(Code::EmptyList, "spec.egress[0].to", egress("action: Deny, to: []"), good()),
        on_create(Code::EmptyPeer, peer, to("{}"), good()),
        on_create(Code::EmptyPort, item, protocol("{}"), number()),
        error(
            Code::EmptySubject,
            "spec.subject",
            cluster("tier: Admin, priority: 1, subject: {}"),
            cluster(HEAD)
        ),
        warning(
            Code::EqualPriority,
            Create,
            "spec.priority",
            twice(&named("a", HEAD), &named("b", HEAD)),
            twice(&named("a", HEAD), &named("b", &HEAD.replace('1', "2")))
        ),
        error(
            Code::InvalidDomainName,
            "spec.egress[0].to[0].domainNames[0]",
            to("{domainNames: ['*.a']}"),
            to("{domainNames: ['*.a.b']}")
        ),
        on_create(
            Code::NamedPortBesideAddress,
            "spec.egress[0]",
            egress("action: Deny, to: [{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: a}]"),
            egress("action: Deny, to: [{namespaces: {}}], protocols: [{destinationNamedPort: a}]")
        ),
        error(Code::NameTooLong, "spec.egress[0].name", egress(&long(101)), egress(&long(100))),
        error(
            Code::PortRangeReversed,
            "spec.egress[0].protocols[0].tcp.destinationPort.range",
            protocol("{tcp: {destinationPort: {range: {start: 2, end: 2}}}}"),
            protocol("{tcp: {destinationPort: {range: {start: 1, end: 2}}}}")
        ),
        warning(
            Code::PortRangeReversed,
            Create,
            "spec.egress[0].ports[0].portRange",
            port("{portRange: {start: 2, end: 1}}"),
            port("{portRange: {start: 2, end: 2}}")
        ),
        error(
            Code::PriorityOutOfRange,
            "spec.priority",
            cluster(&HEAD.replace('1', "1001")),
            cluster(&HEAD.replace('1', "1000"))
        ),
        error(Code::TooManyFields, peer, to("{namespaces: {}, nodes: {}}"), good()),
        error(
            Code::TooManyItems,
            "spec.egress[0].to",
            to(&["{namespaces: {}}"; 26].join(", ")),
            to(&["{namespaces: {}}"; 25].join(", "))
        ),
        error(
            Code::UnknownAction,
            "spec.egress[0].action",
            egress("action: Allow, to: [{namespaces: {}}]"),
            good()
        ),
        warning(Code::UnknownPeer, Stored, peer, to("{}"), good()),
        warning(Code::UnknownPort, Stored, item, protocol("{}"), number()),
        error(Code::UnknownTier, "spec.tier", cluster(&HEAD.replace("Admin", "admin")), cluster(HEAD)),
    ]
}

#[test]
fn a_label_without_a_value_is_no_part_of_a_selector_in_a_policy_of_the_cluster() {
    let subject = |labels: &str| {
        let text = cluster(&format!(
            "tier: Admin, priority: 1, subject: {{namespaces: {{matchLabels: {{{labels}}}}}}}"
        ));
        let loaded = super::read(&text, Stored).unwrap_or_else(|report| panic!("{report:#?}"));
        loaded.policies.policies().next().unwrap().1.subject.clone()
    };
    assert_eq!(subject("a: "), subject(""));
    assert_ne!(subject("a: ''"), subject(""));
}
