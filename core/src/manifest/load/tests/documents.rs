//! Documents, kinds, lists, namespaces, and objects that occur twice.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::{codes, notes, pod_names, problems, read, sound};
use crate::manifest::Strength::{Create, Stored};
use crate::manifest::{LoadOptions, Severity, Source, load};

#[test]
fn documents_lists_and_typed_lists_all_give_objects() {
    let text = "\
---
# nothing here
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a}}
- apiVersion: v1
  kind: PodList
  metadata: {resourceVersion: ''}
  items:
  - {metadata: {name: b}}
  - {apiVersion: v1, kind: Pod, metadata: {name: c}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicyList, items: [{metadata: {name: p}, spec: {}}]}
---
{apiVersion: v1, kind: PodList, items: null}
---
{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"d\"}}
";
    let loaded = sound(text);
    assert_eq!(pod_names(&loaded), ["default/a", "default/b", "default/c", "default/d"]);
    assert_eq!((loaded.policies.len(), loaded.report.objects), (1, 5));
    assert_eq!(loaded.report.problems, []);
}

#[test]
fn kinds_that_are_not_read_are_counted_and_foreign_ones_of_a_known_name_told_apart() {
    let text = "\
{apiVersion: v1, kind: Secret, metadata: {name: a}}
---
{apiVersion: v1, kind: Secret, metadata: {name: b}, spec: [anything]}
---
{apiVersion: v1, kind: ConfigMapList, items: [{}, {}, {}]}
---
{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: a}}
---
{apiVersion: batch.volcano.sh/v1alpha1, kind: job}
---
{apiVersion: v1, kind: SecretList}
---
{apiVersion: example.com/v1, kind: AllowList}
";
    let skipped: Vec<_> = sound(text).report.skipped.into_iter().collect();
    let expected = [("ConfigMap", 3), ("NetworkPolicy (projectcalico.org/v3)", 1), ("Secret", 2), ("job", 1)];
    assert_eq!(skipped, expected.map(|(kind, count)| (kind.to_string(), count)));
}

#[test]
fn types_that_no_api_server_has_are_errors_and_never_skipped() {
    let cases = [
        ("v1", "NetworkPolicy", "unknown-version apiVersion"),
        ("apps/v1", "NetworkPolicy", "unknown-version apiVersion"),
        ("networking.k8s.io/v1beta1", "NetworkPolicy", "unknown-version apiVersion"),
        ("extensions/v1beta1", "NetworkPolicyList", "gone-version apiVersion"),
        ("batch/v1beta1", "CronJob", "gone-version apiVersion"),
        ("apps/v1beta2", "Deployment", "gone-version apiVersion"),
        ("networking.k8s.io/v1", "Networkpolicy", "kind-case kind"),
        ("networking.k8s.io/v1", "NetworkPolicylist", "kind-case kind"),
        ("networking.k8s.io/v1", "NetworkPolicies", "unknown-kind kind"),
        ("v1", "pod", "kind-case kind"),
        ("v1", "Pods", "unknown-kind kind"),
        ("v1", "LIST", "kind-case kind"),
        ("apps/v1", "List", "unknown-version apiVersion"),
        ("apps/v1", "deployment", "kind-case kind"),
    ];
    for (api_version, kind, expected) in cases {
        let text = format!("{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: a}}, items: []}}");
        assert_eq!(codes(read(&text, Stored)), [expected], "{text}");
    }
}

#[test]
fn a_very_long_kind_is_only_a_kind() {
    let kind = "List".repeat(200_000);
    let loaded = sound(&format!("apiVersion: v1\nkind: {kind}\n"));
    assert!(loaded.report.skipped.is_empty());
}

#[test]
fn an_object_without_namespace_is_of_the_one_asked_for_else_of_default() {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: bank}}";
    assert_eq!(pod_names(&sound(text)), ["bank/a", "default/a"]);
    let source = Source { name: "a".to_string(), text: text.to_string() };
    let options = LoadOptions { namespace: Some("shop".to_string()), strength: Stored };
    assert_eq!(pod_names(&load(&[source], &options).unwrap()), ["bank/a", "shop/a"]);
}

#[test]
fn an_object_of_another_namespace_is_refused_when_it_is_made() {
    let pod = |namespace: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a, namespace: {namespace}}}, spec: {{containers: [{{name: c, image: i}}]}}}}"
        )
    };
    let outcome = |namespace: &str| {
        let source = Source { name: "a".to_string(), text: pod(namespace) };
        load(&[source], &LoadOptions { namespace: Some("shop".to_string()), strength: Create })
    };
    assert_eq!(codes(outcome("bank")), ["namespace-mismatch metadata.namespace"]);
    assert_eq!(codes(outcome("shop")), [""; 0]);
    // A namespace is in none: what its object says about that is dropped.
    let text = "{apiVersion: v1, kind: Namespace, metadata: {name: a, namespace: bank}}".to_string();
    let source = Source { name: "a".to_string(), text };
    let options = LoadOptions { namespace: Some("shop".to_string()), strength: Create };
    assert!(load(&[source], &options).is_ok());
}

#[test]
fn a_namespace_that_cannot_exist_cannot_be_asked_for() {
    let options = LoadOptions { namespace: Some("Shop 1".to_string()), strength: Stored };
    assert_eq!(codes(load(&[], &options)), ["invalid-namespace "]);
}

#[test]
fn np_013_namespaces_that_no_object_declares_exist_and_are_noted() {
    let text = "\
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: bank}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, status: {podIP: 10.0.0.1}}
";
    let loaded = sound(text);
    let found: Vec<_> = loaded.cluster.namespaces().map(|(_, it)| (it.name.as_str(), it.declared)).collect();
    assert_eq!(found, [("bank", false), ("shop", true)]);
    assert_eq!(
        notes(&loaded),
        [
            "namespace `bank` is not declared; it is taken to have the one label `kubernetes.io/metadata.name: bank`"
        ]
    );
}

#[test]
fn an_object_that_occurs_twice_names_the_other_place() {
    let source = |name: &str, types: &str| Source {
        name: name.to_string(),
        text: format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\nspec: {{policyTypes: [{types}]}}\n"
        ),
    };
    let options = LoadOptions::default();
    let equal = load(&[source("a.yaml", "Ingress"), source("b.yaml", "Ingress")], &options).unwrap();
    let found = &equal.report.problems[0];
    assert_eq!((found.severity, found.file.as_str(), found.line), (Severity::Warning, "b.yaml", 4));
    assert_eq!(found.message, "the object is also at a.yaml:1, with the same content");
    assert_eq!((equal.policies.len(), equal.report.objects), (1, 2));
    let report = load(&[source("a.yaml", "Ingress"), source("b.yaml", "Egress")], &options).unwrap_err();
    let found = &report.problems[0];
    assert_eq!((found.severity, found.object.as_deref()), (Severity::Error, Some("NetworkPolicy default/p")));
    assert_eq!(found.message, "the object is also at a.yaml:1, with other content");
}

#[test]
fn an_object_with_a_name_to_be_generated_goes_by_one_and_is_noted() {
    let one = "{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}";
    let loaded = sound(&format!("{one}\n---\n{one}"));
    assert_eq!(pod_names(&loaded), ["default/a-00001", "default/a-00002"]);
    assert_eq!(notes(&loaded)[0], "a Pod has only `generateName`; it goes by `a-00001`");
}

#[test]
fn warnings_about_the_text_name_the_object_they_are_in() {
    let text = "\
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: p}
  spec:
    podSelector: {}
    podSelector: {matchLabels: {a: b}}
";
    let found = problems(read(text, Stored));
    assert_eq!(found.len(), 1);
    let problem = &found[0];
    assert_eq!(
        (problem.code.as_str(), problem.object.as_deref(), problem.field.as_str(), problem.line),
        ("duplicate-key", Some("NetworkPolicy default/p"), "spec.podSelector", 10)
    );
}

#[test]
fn a_broken_document_is_reported_beside_the_problems_of_the_others() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: A}\n---\na: b: c\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: B}\n";
    assert_eq!(
        codes(read(text, Stored)),
        ["invalid-name metadata.name", "yaml-syntax ", "invalid-name metadata.name"]
    );
}

#[test]
fn a_report_prints_as_one_json_object() {
    let report = read("{apiVersion: v1, kind: Pod, metadata: {name: A}}", Stored).unwrap_err();
    let json = report.to_json();
    assert_eq!((&json["valid"], &json["objects"]), (&false.into(), &1.into()));
    let problem = &json["problems"][0];
    let keys: Vec<_> = problem.as_object().unwrap().keys().map(|key| key.as_str()).collect();
    assert_eq!(keys, ["code", "severity", "object", "field", "file", "line", "column", "message", "help"]);
    assert_eq!(
        (problem["code"].as_str(), problem["severity"].as_str(), problem["line"].as_u64()),
        (Some("invalid-name"), Some("error"), Some(1))
    );
}
