//! Tests of reading policies: one text and what it means, rule by rule.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::manifest::{LoadOptions, Source, load};
use crate::policy::{NamespaceMatch, Peer, Peers, Policy, PortMatch, Traffic};
use crate::selector::{Requirement, Selector};

/// The policy `shop/p` with this `spec` in flow style.
fn policy(spec: &str) -> Policy {
    let text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: shop}}\nspec: {spec}\n"
    );
    let source = Source { name: "p.yaml".to_string(), text };
    let loaded =
        load(&[source], &LoadOptions::default()).unwrap_or_else(|report| panic!("{spec}\n{report:#?}"));
    loaded.policies.policies().next().unwrap().1.clone()
}

/// A policy in short: per direction `-` when it does not apply, else the number of rules.
fn shape(spec: &str) -> String {
    let policy = policy(spec);
    let count = |rules: Option<Vec<_>>| rules.map_or("-".to_string(), |rules| rules.len().to_string());
    format!("{} {}", count(policy.ingress), count(policy.egress))
}

fn selector(selector: &Selector) -> String {
    let texts: Vec<String> = selector
        .requirements()
        .iter()
        .map(|requirement| match requirement {
            Requirement::DoesNotExist(key) => format!("!{key}"),
            Requirement::Exists(key) => key.to_string(),
            Requirement::In(key, values) => {
                format!("{key} in {:?}", values.iter().map(|it| it.as_str()).collect::<Vec<_>>())
            }
            Requirement::NotIn(key, values) => {
                format!("{key} notin {:?}", values.iter().map(|it| it.as_str()).collect::<Vec<_>>())
            }
        })
        .collect();
    texts.join(", ")
}

/// The first ingress rule's peers, in short.
fn peers(from: &str) -> Vec<String> {
    let policy = policy(&format!("{{ingress: [{{{from}}}]}}"));
    match &policy.ingress.unwrap()[0].peers {
        Peers::Any => ["any".to_string()].into(),
        Peers::Of(peers) => peers
            .iter()
            .map(|peer| match peer {
                Peer::IpBlock(block) => format!(
                    "{} - {:?}",
                    block.cidr(),
                    block.except().iter().map(ToString::to_string).collect::<Vec<_>>()
                ),
                Peer::Pods(pods) => match &pods.namespaces {
                    NamespaceMatch::Named(name) => format!("[{name}] [{}]", selector(&pods.pods)),
                    NamespaceMatch::Selected(namespaces) => {
                        format!("<{}> [{}]", selector(namespaces), selector(&pods.pods))
                    }
                },
                other => format!("{other:?}"),
            })
            .collect(),
    }
}

/// The first ingress rule's traffic, in short.
fn traffic(ports: &str) -> Vec<String> {
    let policy = policy(&format!("{{ingress: [{{{ports}}}]}}"));
    match &policy.ingress.unwrap()[0].traffic {
        Traffic::Any => ["any".to_string()].into(),
        Traffic::Of(ports) => ports
            .iter()
            .map(|port| match port {
                PortMatch::Named { protocol, name } => format!("{protocol} {name}"),
                PortMatch::Numbered { protocol, ports } => format!("{protocol} {ports}"),
                PortMatch::Protocol(protocol) => protocol.to_string(),
                other => format!("{other:?}"),
            })
            .collect(),
    }
}

#[test]
fn np_001_a_missing_null_or_empty_selector_is_every_pod_of_the_namespace() {
    for spec in [
        "{}",
        "{podSelector: null}",
        "{podSelector: {}}",
        "null",
        "{podSelector: {matchLabels: {}, matchExpressions: null}}",
    ] {
        let subject = policy(spec).subject;
        assert!(subject.pods.is_everything(), "{spec}");
        assert_eq!(subject.namespaces, NamespaceMatch::Named("shop".into()));
    }
    assert!(!policy("{podSelector: {matchLabels: {a: b}}}").subject.pods.is_everything());
}

#[test]
fn np_002_np_003_np_004_types_decide_which_lists_count() {
    let cases = [
        ("{}", "0 -"),
        ("{ingress: []}", "0 -"),
        ("{ingress: null, egress: null}", "0 -"),
        ("{egress: []}", "0 -"),
        ("{egress: [{}]}", "0 1"),
        ("{egress: [null]}", "0 1"),
        ("{policyTypes: []}", "0 -"),
        ("{policyTypes: null, egress: [{}]}", "0 1"),
        ("{policyTypes: [Ingress]}", "0 -"),
        ("{policyTypes: [Ingress], egress: [{}]}", "0 -"),
        ("{policyTypes: [Egress], ingress: [{}]}", "- 0"),
        ("{policyTypes: [Egress, Ingress], ingress: [{}, {}]}", "2 0"),
        ("{policyTypes: [Egress, Egress]}", "- 0"),
    ];
    for (spec, expected) in cases {
        assert_eq!(shape(spec), expected, "{spec}");
    }
}

#[test]
fn np_005_np_010_np_011_peers_are_any_or_one_of_a_list() {
    let cases: [(&str, &[&str]); 12] = [
        ("", &["any"]),
        ("from: null", &["any"]),
        ("from: []", &["any"]),
        ("from: [{podSelector: {}}]", &["[shop] []"]),
        ("from: [{podSelector: {}, namespaceSelector: null}]", &["[shop] []"]),
        ("from: [{namespaceSelector: {}}]", &["<> []"]),
        ("from: [{podSelector: null, namespaceSelector: {}}]", &["<> []"]),
        (
            "from: [{namespaceSelector: {matchLabels: {t: a}}, podSelector: {matchLabels: {p: b}}}]",
            &["<t in [\"a\"]> [p in [\"b\"]]"],
        ),
        (
            "from: [{namespaceSelector: {matchLabels: {t: a}}}, {podSelector: {matchLabels: {p: b}}}]",
            &["<t in [\"a\"]> []", "[shop] [p in [\"b\"]]"],
        ),
        ("from: [{ipBlock: {cidr: 10.0.0.0/8}}]", &["10.0.0.0/8 - []"]),
        (
            "from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}, podSelector: null}]",
            &["10.0.0.0/8 - [\"10.1.0.0/16\", \"10.2.0.0/16\"]"],
        ),
        ("from: [{ipBlock: {cidr: '2001:db8::1/32', except: null}}]", &["2001:db8::/32 - []"]),
    ];
    for (from, expected) in cases {
        assert_eq!(peers(from), expected, "{from}");
    }
}

#[test]
fn np_006_np_007_np_008_np_009_ports_are_any_or_one_of_a_list() {
    let cases: [(&str, &[&str]); 10] = [
        ("", &["any"]),
        ("ports: null", &["any"]),
        ("ports: []", &["any"]),
        ("ports: [{}]", &["TCP"]),
        ("ports: [null, {protocol: UDP}]", &["TCP", "UDP"]),
        ("ports: [{port: 80}, {port: 80, protocol: SCTP}]", &["TCP 80", "SCTP 80"]),
        ("ports: [{port: 80, endPort: 90}, {port: 80, endPort: 80}]", &["TCP 80-90", "TCP 80"]),
        ("ports: [{port: web}, {port: web, protocol: UDP}]", &["TCP web", "UDP web"]),
        ("ports: [{port: null, endPort: null, protocol: null}]", &["TCP"]),
        ("ports: [{port: 0x50}, {port: 1_000}, {port: 8e1}]", &["TCP 80", "TCP 1000", "TCP 80"]),
    ];
    for (ports, expected) in cases {
        assert_eq!(traffic(ports), expected, "{ports}");
    }
}

#[test]
fn np_012_selectors_keep_every_operator_and_empty_values() {
    let cases = [
        ("matchLabels: {k: ''}", "k in [\"\"]"),
        ("matchLabels: {k: null}", "k in [\"\"]"),
        ("matchExpressions: [{key: k, operator: In, values: [b, a, a]}]", "k in [\"a\", \"b\"]"),
        ("matchExpressions: [{key: k, operator: NotIn, values: [a]}]", "k notin [\"a\"]"),
        ("matchExpressions: [{key: k, operator: Exists}]", "k"),
        ("matchExpressions: [{key: k, operator: DoesNotExist, values: []}]", "!k"),
        ("matchLabels: {k: a}, matchExpressions: [{key: x.y/k, operator: Exists}]", "x.y/k, k in [\"a\"]"),
    ];
    for (text, expected) in cases {
        let found = policy(&format!("{{podSelector: {{{text}}}}}")).subject.pods;
        assert_eq!(selector(&found), expected, "{text}");
    }
}

#[test]
fn policies_and_rules_know_where_they_were_read() {
    let text = "\
# first
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
spec:
  egress:
  - {}
  - to:
    - podSelector: {}
";
    let source = Source { name: "p.yaml".to_string(), text: text.to_string() };
    let loaded = load(&[source], &LoadOptions::default()).unwrap();
    let (_, policy) = loaded.policies.policies().next().unwrap();
    assert_eq!(policy.origin.to_string(), "p.yaml:2");
    let places: Vec<_> = policy.egress.iter().flatten().map(|rule| (rule.at.line, rule.at.column)).collect();
    assert_eq!(places, [(8, 5), (9, 5)]);
}
