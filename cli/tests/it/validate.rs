//! `portcullis validate`: every problem with its place and what to do, as text and as JSON.

use expect_test::expect;

use crate::run::{run, run_with, run_words};

const BROKEN: &str = r#"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
spec:
  podSelector: {}
  ingress:
  - from:
    - ipBlok: {cidr: 10.0.0.0/8}
    - ipBlock: {cidr: 10.0.0.1/8, except: [11.0.0.0/16]}
    ports:
    - {port: 70000, protocol: TPC}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: skipped, namespace: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {"a b": c}}
"#;

#[test]
fn every_problem_is_shown_with_its_line_and_what_to_do() {
    expect![[r#"
        warning[unknown-field]: NetworkPolicy shop/web: spec.ingress[0].from[0].ipBlok: unknown field `ipBlok`: the API server drops it, so it does nothing
          --> -:10:7
           |
        10 |     - ipBlok: {cidr: 10.0.0.0/8}
           |       ^^^^^^
           |
           = help: did you mean `ipBlock`? names are case-sensitive

        error[empty-peer]: NetworkPolicy shop/web: spec.ingress[0].from[0]: the peer is empty: it names no pods, no namespaces and no addresses
          --> -:10:7
           |
        10 |     - ipBlok: {cidr: 10.0.0.0/8}
           |       ^^^^^^
           |
           = help: add `podSelector`, `namespaceSelector` or `ipBlock`; for every peer leave the whole list out, for all pods write `namespaceSelector: {}`

        error[cidr-host-bits]: NetworkPolicy shop/web: spec.ingress[0].from[1].ipBlock.cidr: `10.0.0.1/8` has bits set after its prefix; it is read as `10.0.0.0/8`
          --> -:11:23
           |
        11 |     - ipBlock: {cidr: 10.0.0.1/8, except: [11.0.0.0/16]}
           |                       ^^^^^^^^^^
           |
           = help: write `10.0.0.0/8` for the range, or `10.0.0.1/32` for the one address

        error[except-outside-cidr]: NetworkPolicy shop/web: spec.ingress[0].from[1].ipBlock.except[0]: the exception `11.0.0.0/16` is not strictly inside `cidr` `10.0.0.0/8`
          --> -:11:44
           |
        11 |     - ipBlock: {cidr: 10.0.0.1/8, except: [11.0.0.0/16]}
           |                                            ^^^^^^^^^^^
           |
           = help: an exception only takes addresses out of its own `cidr`; correct one of the two, or remove it

        error[port-out-of-range]: NetworkPolicy shop/web: spec.ingress[0].ports[0].port: `70000` is no port: ports go from 1 to 65535
          --> -:13:14
           |
        13 |     - {port: 70000, protocol: TPC}
           |              ^^^^^
           |
           = help: write a number from 1 to 65535

        error[unknown-protocol]: NetworkPolicy shop/web: spec.ingress[0].ports[0].protocol: `TPC` is no protocol of a port
          --> -:13:31
           |
        13 |     - {port: 70000, protocol: TPC}
           |                               ^^^
           |
           = help: use `TCP`, `UDP` or `SCTP`; other protocols cannot be named

        error[invalid-label-key]: Namespace shop: metadata.labels: the label key `a b` is not valid: must consist of letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit
          --> -:21:33
           |
        21 | metadata: {name: shop, labels: {"a b": c}}
           |                                 ^^^^^
           |
           = help: write `name` or `prefix/name`, such as `app` or `app.kubernetes.io/name`

        not valid: 2 objects, 6 errors, 1 warning; skipped, because not read: 1 ConfigMap
        exit 1
    "#]].assert_eq(&run_with("validate -f -", BROKEN).all());
}

#[test]
fn json_is_one_object_with_every_problem() {
    let ran = run_with("validate -f - -o json", BROKEN);
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.lines().count()), (1, "", 1));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report), ["valid", "objects", "problems"]);
    assert_eq!((&report["valid"], &report["objects"]), (&false.into(), &2.into()));
    let wanted = ["code", "severity", "object", "field", "file", "line", "column", "message", "help"];
    for problem in report["problems"].as_array().unwrap() {
        assert_eq!(keys(problem), wanted);
    }
    let lines: Vec<_> =
        report["problems"].as_array().unwrap().iter().map(|p| p["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [10, 10, 11, 11, 13, 13, 21]);
}

#[test]
fn valid_objects_exit_0_and_the_kinds_that_are_not_read_are_counted() {
    assert_eq!(run("validate -f examples/shop").all(), "valid: 29 objects\nexit 0\n");
    let ran = run_with("validate -f -", "{apiVersion: v1, kind: Secret, metadata: {name: a}}");
    assert!(ran.stdout.contains("; skipped, because not read: 1 Secret\n"), "{}", ran.all());
    let json = run("validate -f examples/shop -o json");
    assert_eq!(json.all(), "{\"valid\":true,\"objects\":29,\"problems\":[]}\nexit 0\n");
    let none = run_with("validate -f -", "{apiVersion: v1, kind: List, items: []}");
    assert_eq!(none.all(), "valid: 0 objects\nexit 0\n");
}

#[test]
fn a_namespace_that_is_none_is_said_of_the_flag_and_not_of_a_place() {
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}";
    let ran = run_words(&["validate", "-f", "-", "-n", "Bad NS"], namespace.as_bytes());
    expect![[r#"
        error[invalid-namespace]: the namespace that was asked for, `Bad NS`, must be at most 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit
         |
         = help: write the name of a namespace after `-n`

        not valid: 1 object, 1 error
        exit 1
    "#]]
    .assert_eq(&ran.all());
}

#[test]
fn broken_yaml_exits_1_and_a_missing_file_exits_2() {
    expect![[r#"
        error[yaml-syntax]: not valid YAML: mapping values are not allowed in this context
         --> -:2:10
          |
        2 |  metadata: [
          |          ^
          |
          = help: look at the indentation and the quotes on this line and the one before

        not valid: 0 objects, 1 error
        exit 1
    "#]]
    .assert_eq(&run_with("validate -f -", "kind: Pod\n metadata: [").all());
    assert_eq!(run("validate -f no/such/file").code, 2);
    assert_eq!(run("validate").code, 2);
}

#[test]
fn what_only_older_servers_hold_is_an_error_here_and_a_warning_elsewhere() {
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: a}, \
                  spec: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.1/8}}]}]}}";
    let validated = run_with("validate -f -", policy);
    assert!(
        validated.code == 1 && validated.stdout.starts_with("error[cidr-host-bits]"),
        "{}",
        validated.all()
    );
    let asked = run_with("eval -f - --from 192.0.2.1 --to 192.0.2.2 --port 1", policy);
    assert!(asked.code == 0 && asked.stderr.starts_with("warning[cidr-host-bits]"), "{}", asked.all());
}

#[test]
fn an_object_of_another_namespace_than_the_one_that_is_given_is_an_error() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: a}, spec: {containers: [{name: c, image: i}]}}";
    let ran = run_with("validate -f - -n b -o json", pod);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["problems"][0]["field"]), (1, &"metadata.namespace".into()));
    assert_eq!(run_with("validate -f - -n a", pod).code, 0);
}
