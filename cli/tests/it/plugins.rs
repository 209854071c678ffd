//! `--profile`: the plugin's answer beside the specification's, and what nobody knows.

use expect_test::expect;
use serde_json::{Value, json};

use crate::run::{folder, run, run_with};

const ONE: &str = "-f examples/plugins";

fn json_of(args: &str) -> (Value, i32) {
    let ran = run(&format!("eval {ONE} {args} -o json"));
    (serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.all())), ran.code)
}

#[test]
fn eval_says_what_the_plugin_does_what_the_specification_says_and_why_they_differ() {
    let cases = [
        (
            "--from shop/client --to shop/api --port 8080 --profile cilium",
            expect![[r#"
            denied: shop/client -> shop/api, TCP 8080
              egress   allowed  no policy isolates the pod in this direction
              ingress  denied   shop/api (examples/plugins/policy.yaml:2) isolates the pod, and its only rule does not match
              profile: cilium denies this, and the specification allows this
                CIL-1: an `ipBlock` never holds a pod, not even its own /32; by the specification an `ipBlock` holds pods by their addresses, too
            exit 1
        "#]],
        ),
        (
            "--from shop/client --to shop/api --port 8080 --profile calico",
            expect![[r#"
            allowed: shop/client -> shop/api, TCP 8080
              egress   allowed  no policy isolates the pod in this direction
              ingress  allowed  by shop/api spec.ingress[0] (examples/plugins/policy.yaml:9)
              profile: calico allows this, as the specification does
            exit 0
        "#]],
        ),
        (
            "--from 192.0.2.7 --to shop/api --port 8080 --profile azure-npm-windows",
            expect![[r#"
            allowed: 192.0.2.7 -> shop/api, TCP 8080
              egress   allowed  it is no pod, and policies select pods only
              ingress  allowed  no policy isolates the pod in this direction
              profile: azure-npm-windows allows this, and the specification denies this
                azure-npm-windows/except: the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays; by the specification an exception takes addresses out of its block
            exit 0
        "#]],
        ),
        (
            "--from shop/client --to svc/shop/api --port 80 --profile cilium@1.18",
            expect![[r#"
            denied: shop/client -> shop/service/api, TCP 80
              through service shop/api: 1 path
                denied  shop/api (10.1.1.4), port 8080
              egress   allowed  no policy isolates the pod in this direction
              ingress  denied   shop/api (examples/plugins/policy.yaml:2) isolates the pod, and its only rule does not match
              profile: cilium@1.18 denies this, and the specification allows this
                CIL-1: an `ipBlock` never holds a pod, not even its own /32; by the specification an `ipBlock` holds pods by their addresses, too
            exit 1
        "#]],
        ),
        (
            "--from 172.18.0.2 --to shop/api --port 9100 --profile antrea",
            expect![[r#"
            unknown: 172.18.0.2 -> shop/api, TCP 9100
              egress   allowed  it is no pod, and policies select pods only
              ingress  unknown  nobody knows what the plugin does here
              profile: nobody knows what antrea does with this; the specification allows this
                antrea/node-to-local-pod: probes of the kubelet do; whether other traffic of the node does is not known; by the specification a pod's own node always reaches it
            exit 3
        "#]],
        ),
    ];
    for (args, expected) in cases {
        expected.assert_eq(&run(&format!("eval {ONE} {args}")).all());
    }
}

#[test]
fn json_names_the_profile_the_ideal_and_the_behaviours() {
    let (answer, code) = json_of("--from shop/client --to shop/api --port 8080 --profile cilium");
    assert_eq!(code, 1);
    assert_eq!(
        (&answer["allowed"], &answer["ideal"], &answer["profile"], &answer["differs"]),
        (&json!(false), &json!(true), &json!("cilium"), &json!(["CIL-1"]))
    );
    assert!(answer.get("unknown").is_none());
    let (answer, code) = json_of("--from shop/client --to shop/api --port 8080 --profile calico");
    assert_eq!((code, &answer["differs"]), (0, &json!([])));
    let (answer, code) = json_of("--from shop/client --to shop/api --port 8080");
    assert!(
        code == 0 && ["profile", "ideal", "differs"].iter().all(|key| answer.get(*key).is_none()),
        "{answer}"
    );
}

#[test]
fn what_nobody_knows_is_an_answer_with_exit_code_3() {
    let (answer, code) = json_of("--from shop/api --to svc/shop/api --port 9100 --profile calico");
    assert_eq!(code, 3, "{answer}");
    assert_eq!(
        (&answer["allowed"], &answer["verdict"], &answer["ideal"], &answer["unknown"]),
        (&Value::Null, &json!("unknown"), &json!(true), &json!(["calico/pod-to-itself-via-service"]))
    );
    assert_eq!(answer["paths"][0]["ingress"], json!({"allowed": null, "reason": "unknown", "rule": null}));
    // Some plugins are known to let it through, and the specification says so.
    for profile in ["cilium", "antrea", "upstream", "kubenet"] {
        let (answer, code) =
            json_of(&format!("--from shop/api --to svc/shop/api --port 9100 --profile {profile}"));
        assert_eq!(code, 0, "{profile}: {answer}");
    }
    let flow = r#"{"from":{"ip":"172.18.0.2"},"to":{"pod":"shop/api"},"port":9100}"#;
    let ran = run_with(&format!("replay {ONE} --flows - --profile antrea"), flow);
    expect![[r#"
        {"allowed":null,"verdict":"unknown","egress":{"allowed":true,"reason":"not-a-pod","rule":null},"ingress":{"allowed":null,"reason":"unknown","rule":null},"profile":"antrea","ideal":true,"differs":[],"unknown":["antrea/node-to-local-pod"]}
        exit 3
    "#]].assert_eq(&ran.all());
    let case = folder("plugins").join("case.yaml");
    let ran =
        run_with(&format!("replay {ONE} --flows - --profile antrea --save-case {}", case.display()), flow);
    assert!(ran.stderr.contains("nobody knows what the plugin does") && !case.exists(), "{}", ran.all());
}

#[test]
fn a_denial_that_is_known_on_one_side_is_no_question() {
    let manifests = "apiVersion: v1\nkind: Pod\nmetadata: {namespace: a, name: one}\n\
        spec: {nodeName: node-1, containers: []}\nstatus: {phase: Running, hostIP: 172.18.0.1, podIP: 10.1.0.1}\n---\n\
        apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: a, name: p}\n\
        spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n";
    let ran =
        run_with("eval -f - --from a/one --to 172.18.0.9 --port 80 --profile azure-npm-windows", manifests);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let ran =
        run_with("eval -f - --from a/one --to 172.18.0.1 --port 80 --profile azure-npm-windows", manifests);
    assert_eq!(ran.code, 3, "{}", ran.all());
}

#[test]
fn options_are_the_plugins_own_and_a_wrong_one_lists_them() {
    let sctp = "--from shop/client --to shop/api --protocol sctp --port 9 --profile cilium";
    let (answer, code) = json_of(sctp);
    assert_eq!((code, &answer["differs"]), (1, &json!(["CIL-9"])));
    assert_eq!(json_of(&format!("{sctp} --set sctp=on")).0["differs"], json!([]));
    let cases = [
        ("--profile weave", "there is no profile `weave`; profiles are `upstream`, `antrea`, "),
        (
            "--profile cilium@1.1",
            "nothing is known of `cilium` in version `1.1`; versions are `1.20`, `1.18`",
        ),
        (
            "--profile cilium --set loopback=allowed",
            "profile `cilium` has no option `loopback`; options are `allow-localhost`, `policy-cidr-match-mode`, `sctp`",
        ),
        (
            "--profile cilium --set sctp=yes",
            "`sctp` of profile `cilium` has no value `yes`; values are `off`, `on`",
        ),
        ("--profile calico --set dataplane", "`--set dataplane` has no value; write `--set dataplane=VALUE`"),
    ];
    for (args, message) in cases {
        let ran = run(&format!("eval {ONE} --from shop/client --to shop/api --port 80 {args}"));
        assert!(
            ran.code == 2 && ran.stderr.starts_with(&format!("error: {message}")),
            "{args}: {}",
            ran.all()
        );
    }
}

#[test]
fn why_says_where_a_behaviour_is_known_from() {
    let args = format!("why {ONE} --from shop/client --to shop/api --port 8080 --profile cilium");
    expect![[r#"
        denied: shop/client -> shop/api, TCP 8080

        egress of shop/client: allowed
          no policy isolates the pod in this direction

        ingress of shop/api: denied
          isolated by
            shop/api  examples/plugins/policy.yaml:2 (1 rule)
          their only rule does not match
            shop/api spec.ingress[0]  examples/plugins/policy.yaml:9
                 9 |   - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.9.0.0/16]}}]
                10 |     ports: [{port: 8080}]
              spec.ingress[0].from[0].ipBlock: `shop/client` is a pod, and the options keep blocks away from pods

          profile: cilium denies this, and the specification allows this
            CIL-1: an `ipBlock` never holds a pod, not even its own /32; by the specification an `ipBlock` holds pods by their addresses, too
            CIL-1 is known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
        exit 1
    "#]].assert_eq(&run(&args).all());
    let answer: Value = serde_json::from_str(&run(&format!("{args} -o json")).stdout).unwrap();
    let behaviour = &answer["why"]["behaviours"][0];
    assert_eq!((&behaviour["id"], &behaviour["confidence"]), (&json!("CIL-1"), &json!("run")));
}

#[test]
fn the_guest_is_not_asked_what_a_plugin_does() {
    let ran = run(&format!(
        "eval {ONE} --from shop/client --to shop/api --port 8080 --profile cilium --engine wasm"
    ));
    assert_eq!(ran.code, 2, "{}", ran.all());
    #[cfg(feature = "wasm")]
    assert!(ran.stderr.contains("leave `--engine wasm` or `--profile` out"), "{}", ran.all());
}

#[test]
fn a_port_by_name_is_what_the_pod_calls_so_whatever_the_plugin_makes_of_names() {
    let (answer, code) = json_of("--from shop/client --to shop/api --port http --profile calico-windows");
    assert_eq!((code, &answer["differs"]), (1, &json!(["calico-windows/except"])), "{answer}");
}

#[test]
fn pods_of_one_workload_are_asked_about_each_other_under_a_plugin_too() {
    let manifests = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {namespace: a, name: web}\n\
        spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: []}}}\n---\n\
        apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: a, name: p}\n\
        spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n";
    let some = run_with("eval -f - --from a/web --to a/web --port 80 --profile cilium", manifests);
    assert!(some.code == 1 && some.stdout.starts_with("some: "), "{}", some.all());
    let denied =
        run_with("eval -f - --from a/web --to a/web --port 80 --profile kube-network-policies", manifests);
    assert!(denied.code == 1 && denied.stdout.starts_with("denied: "), "{}", denied.all());
    assert!(denied.stdout.contains("KNP-1"), "{}", denied.all());
}

#[test]
fn lists_and_differences_say_what_nobody_knows() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: names}\n\
        spec:\n  podSelector: {matchLabels: {app: api}}\n  ingress:\n  - ports: [{port: http}, {port: 81}]\n";
    let folder = folder("plugin-lists");
    std::fs::write(folder.join("policy.yaml"), policy).unwrap();
    let list = run(&format!(
        "list -f examples/plugins/cluster.yaml -f {} --profile calico-windows -o json",
        folder.join("policy.yaml").display()
    ));
    assert_eq!(list.code, 3, "{}", list.all());
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    assert!(list["unknown"].to_string().contains("[81,81]"), "{list}");
    let certain = run("list -f examples/plugins --profile cilium -o json");
    assert_eq!(certain.code, 0, "{}", certain.all());
    assert!(!certain.stdout.contains("unknown"), "{}", certain.all());
    let diff = run("diff examples/plugins/cluster.yaml examples/plugins --profile kubenet");
    assert_eq!(diff.all(), "both allow the same connections\nexit 0\n");
}
