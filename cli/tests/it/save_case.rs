//! `portcullis replay --save-case`: the flow at hand, small, as a corpus case that passes.

use std::fs;

use expect_test::{Expect, expect};
use portcullis::corpus::{Case, Scenario, read};
use portcullis::{Decide, Engine};

use crate::run::{folder, run, run_with};

/// Saves the case of one line, and holds it to what was decided without it.
fn save(name: &str, args: &str, stdin: &str) -> String {
    let path = folder(&format!("case-{name}")).join("case.yaml");
    let ran = run_with(&format!("replay {args} --save-case {}", path.display()), stdin);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{args}");
    let text = fs::read_to_string(&path).unwrap();
    let cases = read(&text).unwrap();
    assert_eq!(cases.len(), 1);
    let (scenario, engine) = ready(&cases[0]);
    assert_eq!(scenario.check(&cases[0], &engine), [], "{text}");
    let flows = scenario.flows(&cases[0].probes[0]).unwrap();
    assert_eq!(flows.len(), 1);
    let answer: serde_json::Value = serde_json::from_str(
        ran.stdout
            .lines()
            .nth(args.split("--line ").nth(1).map_or(0, |n| n.parse::<usize>().unwrap() - 1))
            .unwrap(),
    )
    .unwrap();
    let decision = engine.decide(&flows[0]);
    if !answer["allowed"].is_null() {
        assert_eq!(answer["egress"]["reason"], decision.egress.reason.as_str());
        assert_eq!(answer["ingress"]["reason"], decision.ingress.reason.as_str());
    }
    text
}

fn ready(case: &Case) -> (Scenario, Engine) {
    let scenario = Scenario::load(case, |_| None).unwrap().unwrap();
    let engine = Engine::new(scenario.cluster.clone(), scenario.policies.clone(), scenario.options);
    (scenario, engine)
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(text);
}

#[test]
fn every_flow_of_the_shop_shrinks_to_a_case_that_passes_and_is_small() {
    let flows = include_str!("../../../examples/shop/flows.jsonl");
    for line in 1..=flows.lines().count() {
        let args = format!("-f examples/shop --flows examples/shop/flows.jsonl --line {line}");
        let text = save("shop", &args, "");
        let case = &read(&text).unwrap()[0];
        assert!(case.objects.len() <= 7, "line {line}: {text}");
    }
}

#[test]
fn an_allowed_flow_keeps_the_rules_that_allow_it_and_nothing_else() {
    let args = "-f examples/shop --flows examples/shop/flows.jsonl --line 10";
    check(
        &save("allowed", args, ""),
        expect![[r#"
        ---
        case: shop-deployment-cart-to-10-244-1-10-tcp-5432-is-allowed
        objects:
          - apiVersion: v1
            kind: Pod
            metadata:
              name: db-0
              namespace: data
              labels:
                app: db
            spec:
              containers:
                - ports:
                    - name: postgres
                      containerPort: 5432
            status:
              podIP: "10.244.1.10"
          - apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: db
              namespace: data
            spec:
              podSelector:
                matchLabels:
                  app: db
              policyTypes:
                - "Ingress"
                - "Egress"
              ingress:
                - from:
                    - namespaceSelector:
                        matchLabels:
                          kubernetes.io/metadata.name: shop
                      podSelector:
                        matchExpressions:
                          - key: app
                            operator: In
                            values:
                              - "cart"
                              - "report"
                  ports:
                    - port: postgres
              egress: []
          - apiVersion: v1
            kind: Namespace
            metadata:
              name: data
              labels:
                tier: data
          - apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: cart
              namespace: shop
            spec:
              template:
                metadata:
                  labels:
                    app: cart
          - apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: cart
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: cart
              policyTypes:
                - "Ingress"
                - "Egress"
              ingress: []
              egress:
                - to:
                    - namespaceSelector:
                        matchLabels:
                          tier: data
                      podSelector:
                        matchLabels:
                          app: db
                  ports:
                    - port: postgres
        probes:
          - {from: {workload: shop/deployment/cart}, to: {ip: "10.244.1.10"}, protocol: TCP, port: 5432, allowed: true, egressReason: rule, egressRule: "shop/cart spec.egress[0]", ingressReason: rule, ingressRule: "data/db spec.ingress[0]"}
    "#]],
    );
}

#[test]
fn a_denied_flow_keeps_the_nearest_rule_with_what_it_lacks() {
    let args = "-f examples/shop --flows examples/shop/flows.jsonl --line 15";
    check(
        &save("denied", args, ""),
        expect![[r#"
        ---
        case: payments-deployment-gateway-to-169-254-169-254-tcp-443-is-denied
        objects:
          - apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: gateway
              namespace: payments
            spec:
              template:
                metadata:
                  labels:
                    app: gateway
          - apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: gateway
              namespace: payments
            spec:
              podSelector:
                matchLabels:
                  app: gateway
              policyTypes:
                - "Ingress"
                - "Egress"
              ingress: []
              egress:
                - to:
                    - ipBlock:
                        cidr: "0.0.0.0/0"
                        except:
                          - "169.254.0.0/16"
                  ports:
                    - port: 443
        probes:
          - {from: {workload: payments/deployment/gateway}, to: {ip: "169.254.169.254"}, protocol: TCP, port: 443, allowed: false, egressReason: isolated, egressRule: null, ingressReason: not-a-pod, ingressRule: null}
    "#]],
    );
}

#[test]
fn options_lists_and_the_namespace_of_the_command_line_go_into_the_case() {
    let path = folder("case-with-options");
    let manifest = path.join("list.json");
    fs::write(
        &manifest,
        r#"{"apiVersion": "v1", "kind": "PodList", "items": [
            {"metadata": {"name": "x", "labels": {"app": "x", "other": "y"}}, "spec": {"containers": [{"name": "c", "image": "i"}]},
             "status": {"podIP": "10.0.0.1"}},
            {"metadata": {"name": "y"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}]}
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "x"},
         "spec": {"podSelector": {"matchLabels": {"app": "x"}}}}"#,
    )
    .unwrap();
    let args = format!("-f {} -n z --set loopback=evaluated --flows -", manifest.display());
    let flow = r#"{"from":{"pod":"x"},"to":{"ip":"10.0.0.1"},"protocol":"icmp","icmpType":8}"#;
    check(
        &save("options", &args, flow),
        expect![[r#"
        ---
        case: z-x-to-10-0-0-1-icmp-is-denied
        options: {loopback: evaluated}
        objects:
          - metadata:
              name: x
              labels:
                app: x
              namespace: z
            status:
              podIP: "10.0.0.1"
            kind: Pod
            apiVersion: v1
          - apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: x
              namespace: z
            spec:
              podSelector:
                matchLabels:
                  app: x
        probes:
          - {from: {pod: z/x}, to: {ip: "10.0.0.1"}, protocol: 1, icmpType: 8, icmpCode: 0, allowed: false, egressReason: no-policy, egressRule: null, ingressReason: isolated, ingressRule: null}
    "#]],
    );
}

#[test]
fn where_pods_differ_the_pair_that_is_denied_is_saved() {
    let flow =
        r#"{"from":{"workload":"data/statefulset/db"},"to":{"workload":"data/statefulset/db"},"port":1}"#;
    let text = save("some", "-f examples/shop --flows -", flow);
    assert!(
        text.contains("from: {pod: data/db-1}, to: {pod: data/db-0}, protocol: TCP, port: 1, allowed: false"),
        "{text}"
    );
}

#[test]
fn nothing_to_save_and_nowhere_to_write_are_errors() {
    let path = folder("case-none").join("case.yaml");
    let ran = run(&format!(
        "replay -f examples/shop --flows examples/shop/flows.jsonl --line 99 --save-case {}",
        path.display()
    ));
    assert_eq!(ran.stderr, "error: line 99 has no flow with an answer, so there is no case to save\n");
    assert_eq!((ran.code, path.exists()), (2, false));
    let nowhere = path.parent().unwrap().join("no/such/folder");
    let ran = run(&format!(
        "replay -f examples/shop --flows examples/shop/flows.jsonl --save-case {}",
        nowhere.display()
    ));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.starts_with("error: cannot write `"), "{}", ran.stderr);
}
