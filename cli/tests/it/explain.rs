//! What connections and differences rest on: rules with file and line, in every format.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::run::{run, run_with};

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(args).all());
}

#[test]
fn a_list_says_which_rule_on_each_side_lets_a_connection_through() {
    check(
        "list -f examples/shop --focus shop/web --explain",
        expect![[r#"
        edge/deployment/proxy             -> shop/deployment/web: TCP 8080
            egress   allowed  by edge/proxy spec.egress[0] (examples/shop/edge.yaml:40)
            ingress  allowed  by shop/web spec.ingress[0] (examples/shop/shop.yaml:112)
        shop/deployment/web               -> kube-system/deployment/coredns: TCP 53 UDP 53
            egress   allowed  by shop/allow-dns spec.egress[0] (examples/shop/shop.yaml:78)
            ingress  allowed  no policy isolates the pod in this direction
        monitoring/statefulset/prometheus -> shop/deployment/web: TCP 9100
            egress   allowed  no policy isolates the pod in this direction
            ingress  allowed  by shop/allow-metrics spec.ingress[0] (examples/shop/shop.yaml:96)
        shop/deployment/web               -> shop/deployment/cart: TCP 9000
            egress   allowed  by shop/web spec.egress[0] (examples/shop/shop.yaml:120)
            ingress  allowed  by shop/cart spec.ingress[0] (examples/shop/shop.yaml:136)
        exit 0
    "#]],
    );
}

#[test]
fn every_format_says_it() {
    for format in ["csv", "dot", "md", "mermaid", "svg", "json"] {
        let ran = run(&format!("list -f examples/shop --focus shop/web --explain -o {format}"));
        assert_eq!(ran.code, 0, "{format}: {}", ran.all());
        let rule = ["spec.egress[0]", "spec.egress\\[0\\]"];
        assert!(rule.iter().any(|rule| ran.stdout.contains(rule)), "{format}: {}", ran.stdout);
        let place = ["examples/shop/shop.yaml:120", "\"line\":120"];
        assert!(place.iter().any(|place| ran.stdout.contains(place)), "{format}: {}", ran.stdout);
    }
}

#[test]
fn json_has_new_keys_and_the_old_ones_as_they_were() {
    let parse = |args: &str| -> Value { serde_json::from_str(&run(args).stdout).unwrap() };
    let plain = parse("list -f examples/shop -o json");
    let mut explained = parse("list -f examples/shop -o json --explain");
    let mut sides = 0;
    for connection in explained["connections"].as_array_mut().unwrap() {
        let because = connection.as_object_mut().unwrap().remove("because").unwrap();
        for side in because["sides"].as_array().unwrap() {
            assert_eq!(side["allowed"], true, "{side}");
            assert_eq!(side["rule"].is_null(), side["reason"] != "rule", "{side}");
            sides += 1;
        }
    }
    assert_eq!(plain, explained);
    assert!(sides > 20, "{sides}");
}

#[test]
fn a_difference_names_the_rules_of_both_and_ends_that_one_does_not_have() {
    check(
        "diff examples/diff/old examples/diff/new",
        expect![[r#"
        + 10.0.0.0/13,
        + 10.8.0.0/16,
        + 10.10.0.0/15,
        + 10.12.0.0/14,
        + 10.16.0.0/12,
        + 10.32.0.0/11,
        + 10.64.0.0/10,
        + 10.128.0.0/9
        +                     -> shop/deployment/db: TCP 9187
            old  ingress  denied   no rule of shop/db (examples/diff/old/shop.yaml:19) matches
            new  ingress  allowed  by shop/db spec.ingress[0] (examples/diff/new/shop.yaml:26)
        + shop/deployment/web -> shop/deployment/db: TCP 9187
            old  ingress  denied   no rule of shop/db (examples/diff/old/shop.yaml:19) matches
            new  egress   allowed  no policy isolates the pod in this direction
            new  ingress  allowed  by shop/db spec.ingress[0] (examples/diff/new/shop.yaml:26)
        - 10.9.0.0/16         -> shop/deployment/db: TCP 5432
            old  ingress  allowed  by shop/db spec.ingress[0] (examples/diff/old/shop.yaml:26)
            new  ingress  denied   no rule of shop/db (examples/diff/new/shop.yaml:19) matches
        NEW allows more and less
        exit 1
    "#]],
    );
    check(
        "diff examples/diff/old examples/diff/new -o md",
        expect![[r#"
        | change | from | to | ports | because |
        |---|---|---|---|---|
        | added | 10.0.0.0/13<br>10.8.0.0/16<br>10.10.0.0/15<br>10.12.0.0/14<br>10.16.0.0/12<br>10.32.0.0/11<br>10.64.0.0/10<br>10.128.0.0/9 | shop/deployment/db | TCP 9187 | old: ingress denied no rule of shop/db (examples/diff/old/shop.yaml:19) matches<br>new: ingress allowed by shop/db spec.ingress\[0\] (examples/diff/new/shop.yaml:26) |
        | added | shop/deployment/web | shop/deployment/db | TCP 9187 | old: ingress denied no rule of shop/db (examples/diff/old/shop.yaml:19) matches<br>new: egress allowed no policy isolates the pod in this direction<br>new: ingress allowed by shop/db spec.ingress\[0\] (examples/diff/new/shop.yaml:26) |
        | removed | 10.9.0.0/16 | shop/deployment/db | TCP 5432 | old: ingress allowed by shop/db spec.ingress\[0\] (examples/diff/old/shop.yaml:26)<br>new: ingress denied no rule of shop/db (examples/diff/new/shop.yaml:19) matches |
        exit 1
    "#]],
    );
    let pod = |name: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{namespace: shop, name: {name}}}\nspec: {{containers: [{{name: a, image: a}}]}}\n---\n"
        )
    };
    let folder = crate::run::folder("explain");
    let old = folder.join("old.yaml");
    std::fs::write(&old, pod("db")).unwrap();
    let ran = run_with(&format!("diff {} -", old.display()), format!("{}{}", pod("db"), pod("web")));
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.stdout.contains("old  does not have shop/pod/web"), "{}", ran.stdout);
}

#[test]
fn policies_of_the_cluster_are_named_with_their_tier() {
    let manifests = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web, labels: {app: web}}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: db, labels: {app: db}}
spec: {containers: [{name: a, image: a}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {pods: {podSelector: {matchLabels: {app: db}}}}
  ingress:
  - action: Accept
    from: [{pods: {podSelector: {matchLabels: {app: web}}}}]
    protocols: [{tcp: {destinationPort: {number: 5432}}}]
  - action: Deny
    from: [{namespaces: {}}]
";
    expect![[r#"
        any address outside -> shop/pod/db: all
            ingress  allowed  no policy isolates the pod in this direction
        shop/pod/db         -> shop/pod/web: all
            egress   allowed  no policy isolates the pod in this direction
            ingress  allowed  no policy isolates the pod in this direction
        shop/pod/db         -> any address outside: all
            egress   allowed  no policy isolates the pod in this direction
        shop/pod/web        -> shop/pod/db: TCP 5432
            egress   allowed  no policy isolates the pod in this direction
            ingress  allowed  by the tier Admin, priority 10: ClusterNetworkPolicy guard spec.ingress[0] (-:24)

        exposed to pods that are not in the input:
        shop/pod/db
          from pods with app=web in any namespace: TCP 5432
          to   any pod: all
        exit 0
    "#]].assert_eq(&run_with("list -f - --explain --exposure --focus shop/db", manifests).all());
}
