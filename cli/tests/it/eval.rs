//! `portcullis eval`: answers, exit codes, ends, ports, options.

use expect_test::{Expect, expect};

use crate::run::{run, run_with};

const SHOP: &str = "eval -f examples/shop";

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(args).all());
}

#[test]
fn an_allowed_flow_names_the_deciding_rule_of_both_sides_and_exits_0() {
    check(
        &format!("{SHOP} --from shop/web --to shop/cart --port grpc"),
        expect![[r#"
        allowed: shop/deployment/web -> shop/deployment/cart, TCP 9000 (`grpc`)
          egress   allowed  by shop/web spec.egress[0] (examples/shop/shop.yaml:120)
          ingress  allowed  by shop/cart spec.ingress[0] (examples/shop/shop.yaml:136)
        exit 0
    "#]],
    );
}

#[test]
fn a_denied_flow_names_the_policies_that_isolate_and_exits_1() {
    check(
        &format!("{SHOP} --from shop/web --to data/db --port 5432"),
        expect![[r#"
        denied: shop/deployment/web -> data/statefulset/db, TCP 5432
          egress   denied   shop/allow-dns (examples/shop/shop.yaml:69), shop/default-deny (examples/shop/shop.yaml:60) and shop/web (examples/shop/shop.yaml:102) isolate the pod, and none of their 2 rules matches
          ingress  denied   data/db (examples/shop/data.yaml:86) and data/default-deny (examples/shop/data.yaml:77) isolate the pod, and none of their 2 rules matches
        exit 1
    "#]],
    );
    check(
        &format!("{SHOP} --from payments/gateway --to 10.1.2.3 --port 443"),
        expect![[r#"
        denied: payments/deployment/gateway -> 10.1.2.3, TCP 443
          egress   denied   payments/default-deny (examples/shop/payments.yaml:22) and payments/gateway (examples/shop/payments.yaml:31) isolate the pod, and none of their 2 rules matches
          ingress  allowed  it is no pod, and policies select pods only
        exit 1
    "#]],
    );
}

#[test]
fn sides_without_policies_say_why() {
    check(
        &format!("{SHOP} --from 203.0.113.7 --to edge/proxy --port https"),
        expect![[r#"
        allowed: 203.0.113.7 -> edge/deployment/proxy, TCP 8443 (`https`)
          egress   allowed  it is no pod, and policies select pods only
          ingress  allowed  by edge/proxy spec.ingress[0] (examples/shop/edge.yaml:32)
        exit 0
    "#]],
    );
    check(
        &format!("{SHOP} --from monitoring/prometheus --to kube-system/coredns --port metrics"),
        expect![[r#"
            allowed: monitoring/statefulset/prometheus -> kube-system/deployment/coredns, TCP 9153 (`metrics`)
              egress   allowed  no policy isolates the pod in this direction
              ingress  allowed  no policy isolates the pod in this direction
            exit 0
        "#]],
    );
    check(
        &format!("{SHOP} --from 172.18.0.2 --to data/db-0 --port 1"),
        expect![[r#"
            allowed: 172.18.0.2 -> data/db-0, TCP 1
              egress   allowed  it is no pod, and policies select pods only
              ingress  allowed  the pod's own node is at the other end (NP-018)
            exit 0
        "#]],
    );
    check(
        &format!("{SHOP} --from data/db-0 --to data/db-0 --port 1"),
        expect![[r#"
            allowed: data/db-0 -> data/db-0, TCP 1
              egress   allowed  a pod always reaches itself (NP-020)
              ingress  allowed  a pod always reaches itself (NP-020)
            exit 0
        "#]],
    );
}

#[test]
fn json_is_the_object_of_replay() {
    let args = format!("{SHOP} --from shop/web --to shop/cart --port grpc -o json");
    check(
        &args,
        expect![[r#"
        {"allowed":true,"egress":{"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"shop/web","path":"spec.egress[0]","file":"examples/shop/shop.yaml","line":120}},"ingress":{"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"shop/cart","path":"spec.ingress[0]","file":"examples/shop/shop.yaml","line":136}}}
        exit 0
    "#]],
    );
    check(
        &format!("{SHOP} --from shop/web --to data/db --port 5432 -o json"),
        expect![[r#"
        {"allowed":false,"egress":{"allowed":false,"reason":"isolated","rule":null},"ingress":{"allowed":false,"reason":"isolated","rule":null}}
        exit 1
    "#]],
    );
    let line =
        r#"{"from":{"workload":"shop/deployment/web"},"to":{"workload":"shop/deployment/cart"},"port":9000}"#;
    let replayed = run_with("replay -f examples/shop --flows -", line);
    assert_eq!(run(&args).stdout, replayed.stdout);
}

/// Two pods of one Deployment that differ, a bare pod, two workloads of one name, pods on the host's network and ended.
const MIXED: &str = r#"
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: a, uid: u1},
 spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: a, labels: {app: web, canary: "no"},
 ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u1, controller: true}]},
 spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]}, status: {phase: Running, podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-2, namespace: a, labels: {app: web, canary: "yes"},
 ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u1, controller: true}]},
 spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}, status: {phase: Running, podIP: 10.0.0.2}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web-3, namespace: a, labels: {app: web, canary: "no"},
 ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: u1, controller: true}]},
 spec: {containers: [{name: c, image: i}]}, status: {phase: Failed, podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: v6, namespace: a}, spec: {containers: [{name: c, image: i}]},
 status: {phase: Running, podIP: "fd00::6"}}
---
{apiVersion: v1, kind: Pod, metadata: {name: two, namespace: a}, spec: {containers:
 [{name: c, image: i, ports: [{name: http, containerPort: 80}]}, {name: d, image: i, ports: [{name: http, containerPort: 81}]}]},
 status: {phase: Running, podIP: 10.0.0.7}}
---
{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: a}, spec: {hostNetwork: true, containers: [{name: c, image: i}]},
 status: {phase: Running, podIP: 172.18.0.9}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: both, namespace: b}, spec: {selector: {matchLabels: {app: both}},
 template: {metadata: {labels: {app: both}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: both, namespace: b}, spec: {selector: {matchLabels: {app: both}},
 template: {metadata: {labels: {app: both}}, spec: {containers: [{name: c, image: i}]}}}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: canary, namespace: a},
 spec: {podSelector: {matchLabels: {canary: "yes"}}, policyTypes: [Ingress]}}
"#;

fn mixed(args: &str) -> String {
    run_with(&format!("eval -f - {args}"), MIXED).all()
}

#[test]
fn a_workload_whose_pods_differ_is_some_and_lists_them() {
    expect![[r#"
        some: 192.0.2.1 -> a/deployment/web, TCP 8080 (`http`)
          allowed to
            a/web-1
          denied to
            a/web-2
          for example 192.0.2.1 -> a/web-2:
          egress   allowed  it is no pod, and policies select pods only
          ingress  denied   a/canary (-:33) isolates the pod, and allows nothing
          note:    pods of `a/deployment/web` that have ended are left out: 1
        exit 1
    "#]]
    .assert_eq(&mixed("--from 192.0.2.1 --to a/web --port http"));
    expect![[r#"
        {"allowed":null,"verdict":"some","egress":{"allowed":true,"reason":null,"rule":null},"ingress":{"allowed":null,"reason":null,"rule":null},"pairs":[{"from":"a/web-1","to":"a/web-1","allowed":true},{"from":"a/web-2","to":"a/web-1","allowed":true},{"from":"a/web-1","to":"a/web-2","allowed":false},{"from":"a/web-2","to":"a/web-2","allowed":true}],"rules":["NP-020"]}
        exit 1
    "#]].assert_eq(&mixed("--from a/web --to a/deployment/web --port 9 -o json"));
}

#[test]
fn the_pods_of_a_workload_that_have_ended_are_left_out_with_a_note() {
    expect![[r#"
        allowed: a/deployment/web -> 192.0.2.1, TCP 9
          egress   allowed  no policy isolates the pod in this direction
          ingress  allowed  it is no pod, and policies select pods only
          note:    pods of `a/deployment/web` that have ended are left out: 1
        exit 0
    "#]]
    .assert_eq(&mixed("--from a/web --to 192.0.2.1 --port 9"));
}

#[test]
fn ends_that_cannot_be_found_exit_2_and_say_what_there_is() {
    let cases = [
        (
            "--from b/both --to a/two --port 1",
            "`b/both` is ambiguous: it can be `b/daemonset/both`, `b/deployment/both`; name one of them",
        ),
        (
            "--from b/ds/both --to a/wbe-1 --port 1",
            "there is no pod or workload `a/wbe-1`; did you mean `a/web-1`?",
        ),
        (
            "--from a/daemonset/web --to a/two --port 1",
            "there is no workload `a/daemonset/web`; did you mean `a/deployment/web`?",
        ),
        (
            "--from a/both --to a/two --port 1",
            "there is no pod or workload `a/both`; did you mean `b/daemonset/both`?",
        ),
        (
            "--from c/x --to a/two --port 1",
            "there is no pod or workload `c/x`; namespaces with pods are `a`, `b`",
        ),
        ("--from a/pod/web --to a/two --port 1", "there is no pod `a/web`; did you mean `a/deployment/web`?"),
        (
            "--from web-1 --to a/two --port 1",
            "`web-1` has no namespace; write `NAMESPACE/web-1`, or give `-n NAMESPACE`",
        ),
        (
            "--from svc/a/web --to a/two --port 1",
            "`a/service/web` is a service, and connections come from pods; name a pod or workload behind it",
        ),
        ("--from a/two --to svc/a/web --port 1", "there is no service `a/web`; no service was loaded"),
        (
            "--from 10.0.0.0/8 --to a/two --port 1",
            "`10.0.0.0/8` names no end of a flow: it is a CIDR, and an end is one address; name an address of it",
        ),
        ("--from a/v6 --to a/web-1 --port 1", "`a/v6` and `a/web-1` share no address family"),
        ("--from a/v6 --to a/web --port 1", "`a/v6` and `a/web-2` share no address family"),
    ];
    for (args, message) in cases {
        assert_eq!(mixed(args), format!("error: {message}\nexit 2\n"), "{args}");
    }
}

#[test]
fn ports_that_mean_nothing_exit_2_and_say_why() {
    let cases = [
        ("--from a/v6 --to a/two", "TCP has ports and none is given; give the destination's port"),
        (
            "--from a/web-1 --to a/two --port http",
            "port name `http` stands for `80`, `81` on `a/two`; give the number",
        ),
        (
            "--from a/web-1 --to a/web-2 --port https",
            "`a/web-2` has no TCP port named `https`; its named ports are `http (TCP 8080)`",
        ),
        (
            "--from a/web-1 --to a/web-2 --port http --protocol udp",
            "`a/web-2` has no UDP port named `http`; its named ports are `http (TCP 8080)`",
        ),
        (
            "--from a/v6 --to fd00::6 --port http",
            "`fd00::6` has no TCP port named `http`; none of its ports has a name; give the number",
        ),
        (
            "--from a/web-1 --to 192.0.2.1 --port http",
            "`192.0.2.1` is no pod, so that port name `http` has no number there; give the number",
        ),
        (
            "--from a/web-1 --to a/two --port 80 --protocol icmp",
            "ICMP has no ports; leave the port out, or give a protocol that has them",
        ),
        ("--from a/web-1 --to a/two --port 0", "`0` is no port: a port is a number from 1 to 65535"),
        (
            "--from a/web-1 --to a/two --port 80 --protocol htp",
            "`htp` is no protocol; give TCP, UDP, SCTP, ICMP, ICMPv6 or a number from 0 to 255",
        ),
    ];
    for (args, message) in cases {
        assert_eq!(mixed(args), format!("error: {message}\nexit 2\n"), "{args}");
    }
}

#[test]
fn every_way_to_name_an_end_works() {
    let cases = [
        "--from a/web-1 --to a/v6 --port 1 --protocol 1",
        "--from 10.0.0.1 --to a/two --port http --set duplicate-port-names=first",
        "--from a/pod/web-1 --to 10.0.0.7 --port 80",
        "--from web-1 --to two --port 80 -n a",
        "--from a/deploy/web --to a/pods/two --port 80",
        "--from b/Deployments/both --to a/two --port 80 --protocol TCP",
        "--from b/ds/both --to a/two --port 80 --protocol Sctp",
        "--from a/web-1 --to a/two --protocol icmp",
        "--from a/v6 --to 2001:db8::1 --protocol 58",
        "--from a/agent --to a/two --port 80 --profile upstream",
    ];
    for args in cases.into_iter().skip(1) {
        let ran = mixed(args);
        assert!(ran.starts_with("allowed: ") && ran.ends_with("exit 0\n"), "{args}: {ran}");
    }
    let error = mixed(cases[0]);
    assert!(error.contains("ICMP has no ports"), "{error}");
}

#[test]
fn an_option_changes_the_answer_and_a_wrong_one_lists_those_that_exist() {
    let loopback = "eval -f - --from a/web-2 --to a/web-2 --port 8080";
    assert_eq!(run_with(loopback, MIXED).code, 0);
    assert_eq!(run_with(&format!("{loopback} --set loopback=evaluated"), MIXED).code, 1);
    let cases = [
        (
            "--set loopback=sometimes",
            "option `loopback` has no value `sometimes`; values are `allowed`, `evaluated`",
        ),
        ("--set loopback", "`--set loopback` has no value; write `--set loopback=VALUE`"),
    ];
    for (args, message) in cases {
        let ran = run_with(&format!("{loopback} {args}"), MIXED);
        assert_eq!(ran.all(), format!("error: {message}\nexit 2\n"), "{args}");
    }
    let unknown = run_with(&format!("{loopback} --set loop=x"), MIXED);
    assert!(
        unknown
            .stderr
            .contains("there is no option `loop`; options are `admin-network-policies`, `any-ipv6-block`, ")
    );
    assert_eq!(unknown.code, 2);
}

#[test]
fn a_question_without_an_answer_is_an_error_object_in_json() {
    expect![[r#"
        {"error":{"code":"ambiguous-end","message":"`b/both` is ambiguous: it can be `b/daemonset/both`, `b/deployment/both`; name one of them"}}
        error: `b/both` is ambiguous: it can be `b/daemonset/both`, `b/deployment/both`; name one of them
        exit 2
    "#]].assert_eq(&mixed("--from b/both --to a/two --port 1 -o json"));
}

#[test]
fn usage_errors_exit_2() {
    for args in
        ["", "eval", "evaluate", "eval -f x --from a/b", "eval -f examples/shop --from a --to b -o yaml"]
    {
        let ran = run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args}");
        assert!(ran.stderr.contains("Usage") || ran.stderr.contains("error"), "{args}: {}", ran.stderr);
    }
    assert_eq!(run("--help").code, 0);
    assert_eq!(run("--version").stdout, format!("portcullis {}\n", env!("CARGO_PKG_VERSION")));
}
