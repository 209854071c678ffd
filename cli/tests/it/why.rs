//! `portcullis why`: the whole story of one flow.

use expect_test::{Expect, expect};

use crate::run::{run, run_with};

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(&format!("why -f examples/shop {args}")).all());
}

#[test]
fn a_denied_flow_shows_the_nearest_rule_and_what_it_lacks() {
    check(
        "--from shop/web --to data/db --port 5432",
        expect![[r#"
        denied: shop/deployment/web -> data/statefulset/db, TCP 5432
          explained for shop/deployment/web -> data/db-0; the other pairs have the same verdict

        egress of shop/deployment/web: denied
          isolated by
            shop/allow-dns  examples/shop/shop.yaml:69 (1 rule)
            shop/default-deny  examples/shop/shop.yaml:60 (no rule)
            shop/web  examples/shop/shop.yaml:102 (1 rule)
          not by shop/allow-metrics  examples/shop/shop.yaml:87 (not about egress)
          none of their 2 rules matches; the nearest is
            shop/allow-dns spec.egress[0]  examples/shop/shop.yaml:78
                78 |   - to:
                79 |     - namespaceSelector:
                80 |         matchLabels: {kubernetes.io/metadata.name: kube-system}
                81 |       podSelector:
                82 |         matchLabels: {k8s-app: kube-dns}
                83 |     ports:
                84 |     - {port: 53, protocol: UDP}
                85 |     - {port: 53, protocol: TCP}
              spec.egress[0].to[0].namespaceSelector: namespace `data` has `kubernetes.io/metadata.name: data`, and `kubernetes.io/metadata.name: kube-system` is wanted
              spec.egress[0].to[0].podSelector: `data/db-0` has no label `k8s-app`, and `k8s-app: kube-dns` is wanted
              spec.egress[0].ports[1].port: the flow goes to TCP 5432, and the rule allows 53

        ingress of data/db-0: denied
          isolated by
            data/db  examples/shop/data.yaml:86 (2 rules)
            data/default-deny  examples/shop/data.yaml:77 (no rule)
          none of their 2 rules matches; the nearest is
            data/db spec.ingress[0]  examples/shop/data.yaml:96
                96 |   - from:
                97 |     - namespaceSelector:
                98 |         matchLabels: {kubernetes.io/metadata.name: shop}
                99 |       podSelector:
               100 |         matchExpressions:
               101 |         - {key: app, operator: In, values: [cart, report]}
               102 |     - podSelector:
               103 |         matchLabels: {app: db}
               104 |     ports:
               105 |     - port: postgres
              spec.ingress[0].from[0].podSelector: `shop/deployment/web` has `app: web`, and one of `cart`, `report` is wanted
        exit 1
    "#]],
    );
}

#[test]
fn an_allowed_flow_shows_the_deciding_rules() {
    check(
        "--from shop/cart --to data/db-1 --port postgres",
        expect![[r#"
            allowed: shop/deployment/cart -> data/db-1, TCP 5432 (`postgres`)

            egress of shop/deployment/cart: allowed
              isolated by
                shop/allow-dns  examples/shop/shop.yaml:69 (1 rule)
                shop/cart  examples/shop/shop.yaml:126 (2 rules)
                shop/default-deny  examples/shop/shop.yaml:60 (no rule)
              not by shop/allow-metrics  examples/shop/shop.yaml:87 (not about egress)
              allowed by
                shop/cart spec.egress[1]  examples/shop/shop.yaml:149
                   149 |   - to:
                   150 |     - namespaceSelector:
                   151 |         matchLabels: {tier: data}
                   152 |       podSelector:
                   153 |         matchLabels: {app: db}
                   154 |     ports:
                   155 |     - port: postgres
                  spec.egress[1].to[0]: matches
                  spec.egress[1].ports[0]: matches

            ingress of data/db-1: allowed
              isolated by
                data/db  examples/shop/data.yaml:86 (2 rules)
                data/default-deny  examples/shop/data.yaml:77 (no rule)
              allowed by
                data/db spec.ingress[0]  examples/shop/data.yaml:96
                    96 |   - from:
                    97 |     - namespaceSelector:
                    98 |         matchLabels: {kubernetes.io/metadata.name: shop}
                    99 |       podSelector:
                   100 |         matchExpressions:
                   101 |         - {key: app, operator: In, values: [cart, report]}
                   102 |     - podSelector:
                   103 |         matchLabels: {app: db}
                   104 |     ports:
                   105 |     - port: postgres
                  spec.ingress[0].from[0]: matches
                  spec.ingress[0].ports[0]: matches
            exit 0
        "#]],
    );
}

#[test]
fn an_address_in_an_exception_is_said_to_be_there() {
    check(
        "--from payments/gateway --to 10.9.9.9 --port 443",
        expect![[r#"
        denied: payments/deployment/gateway -> 10.9.9.9, TCP 443

        egress of payments/deployment/gateway: denied
          isolated by
            payments/default-deny  examples/shop/payments.yaml:22 (no rule)
            payments/gateway  examples/shop/payments.yaml:31 (2 rules)
          none of their 2 rules matches; the nearest is
            payments/gateway spec.egress[1]  examples/shop/payments.yaml:62
                62 |   - to:
                63 |     - ipBlock:
                64 |         cidr: 0.0.0.0/0
                65 |         except: [10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
                66 |     ports:
                67 |     - port: 443
              spec.egress[1].to[0].ipBlock.except: `10.0.0.0/8` takes 10.9.9.9 out of the block

        ingress of 10.9.9.9: allowed
          it is no pod, and policies select pods only
        exit 1
    "#]],
    );
}

#[test]
fn an_address_is_the_pod_that_owns_it() {
    check(
        "--from 10.244.2.10 --to data/db-0 --port 5433",
        expect![[r#"
        denied: 10.244.2.10 -> data/db-0, TCP 5433

        egress of 10.244.2.10, which is data/db-1: denied
          isolated by
            data/db  examples/shop/data.yaml:86 (1 rule)
            data/default-deny  examples/shop/data.yaml:77 (no rule)
          their only rule does not match
            data/db spec.egress[0]  examples/shop/data.yaml:112
               112 |   - to:
               113 |     - podSelector:
               114 |         matchLabels: {app: db}
               115 |     ports:
               116 |     - port: postgres
              spec.egress[0].ports[0].port: the flow goes to TCP 5433, and `postgres` is `5432` on `data/db-0`

        ingress of data/db-0: denied
          isolated by
            data/db  examples/shop/data.yaml:86 (2 rules)
            data/default-deny  examples/shop/data.yaml:77 (no rule)
          none of their 2 rules matches; the nearest is
            data/db spec.ingress[0]  examples/shop/data.yaml:96
                96 |   - from:
                97 |     - namespaceSelector:
                98 |         matchLabels: {kubernetes.io/metadata.name: shop}
                99 |       podSelector:
               100 |         matchExpressions:
               101 |         - {key: app, operator: In, values: [cart, report]}
               102 |     - podSelector:
               103 |         matchLabels: {app: db}
               104 |     ports:
               105 |     - port: postgres
              spec.ingress[0].ports[0].port: the flow goes to TCP 5433, and `postgres` is `5432` on `data/db-0`
        exit 1
    "#]],
    );
}

#[test]
fn an_option_that_would_turn_the_verdict_is_named() {
    check(
        "--from 172.18.0.2 --to data/db-0 --port 1",
        expect![[r#"
            allowed: 172.18.0.2 -> data/db-0, TCP 1

            egress of 172.18.0.2: allowed
              it is no pod, and policies select pods only

            ingress of data/db-0: allowed
              the pod's own node is at the other end (NP-018)
              isolated by
                data/db  examples/shop/data.yaml:86 (2 rules)
                data/default-deny  examples/shop/data.yaml:77 (no rule)

            notes
              - with `--set node-to-own-pod=policed` it would be denied
            exit 0
        "#]],
    );
}

#[test]
fn json_has_the_answer_and_the_story() {
    let ran = run("why -f examples/shop --from monitoring/prometheus --to shop/web --port grpc -o json");
    assert_eq!((ran.code, ran.stdout.contains("no-such-port")), (2, true));
    let ran = run("why -f examples/shop --from shop/cart --to data/db-0 --port metrics -o json");
    assert_eq!(ran.code, 1);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    expect![[r#"
        {
          "allowed": false,
          "egress": {
            "allowed": false,
            "reason": "isolated",
            "rule": null
          },
          "ingress": {
            "allowed": false,
            "reason": "isolated",
            "rule": null
          },
          "why": {
            "from": "shop/deployment/cart",
            "to": "data/db-0",
            "egress": {
              "pod": "shop/deployment/cart",
              "isolatedBy": [
                {
                  "kind": "NetworkPolicy",
                  "policy": "shop/allow-dns",
                  "file": "examples/shop/shop.yaml",
                  "line": 69
                },
                {
                  "kind": "NetworkPolicy",
                  "policy": "shop/cart",
                  "file": "examples/shop/shop.yaml",
                  "line": 126
                },
                {
                  "kind": "NetworkPolicy",
                  "policy": "shop/default-deny",
                  "file": "examples/shop/shop.yaml",
                  "line": 60
                }
              ],
              "tiers": [
                {
                  "tier": "Admin",
                  "outcome": "no-policy",
                  "rule": null
                },
                {
                  "tier": "NetworkPolicy",
                  "outcome": "isolated",
                  "rule": null
                },
                {
                  "tier": "Baseline",
                  "outcome": "not-asked",
                  "rule": null
                }
              ],
              "notBy": [
                {
                  "kind": "NetworkPolicy",
                  "policy": "shop/allow-metrics",
                  "file": "examples/shop/shop.yaml",
                  "line": 87
                }
              ],
              "matching": [],
              "nearest": {
                "rule": {
                  "kind": "NetworkPolicy",
                  "policy": "shop/cart",
                  "path": "spec.egress[1]",
                  "file": "examples/shop/shop.yaml",
                  "line": 149
                },
                "lacks": [
                  {
                    "field": "spec.egress[1].ports[0].port",
                    "message": "the flow goes to TCP 9187, and `postgres` is `5432` on `data/db-0`"
                  }
                ]
              }
            },
            "ingress": {
              "pod": "data/db-0",
              "isolatedBy": [
                {
                  "kind": "NetworkPolicy",
                  "policy": "data/db",
                  "file": "examples/shop/data.yaml",
                  "line": 86
                },
                {
                  "kind": "NetworkPolicy",
                  "policy": "data/default-deny",
                  "file": "examples/shop/data.yaml",
                  "line": 77
                }
              ],
              "tiers": [
                {
                  "tier": "Admin",
                  "outcome": "no-policy",
                  "rule": null
                },
                {
                  "tier": "NetworkPolicy",
                  "outcome": "isolated",
                  "rule": null
                },
                {
                  "tier": "Baseline",
                  "outcome": "not-asked",
                  "rule": null
                }
              ],
              "notBy": [],
              "matching": [],
              "nearest": {
                "rule": {
                  "kind": "NetworkPolicy",
                  "policy": "data/db",
                  "path": "spec.ingress[0]",
                  "file": "examples/shop/data.yaml",
                  "line": 96
                },
                "lacks": [
                  {
                    "field": "spec.ingress[0].ports[0].port",
                    "message": "the flow goes to TCP 9187, and `postgres` is `5432` on `data/db-0`"
                  }
                ]
              }
            },
            "notes": [],
            "options": []
          }
        }
    "#]]
    .assert_eq(&format!("{}\n", serde_json::to_string_pretty(&value).unwrap()));
}

#[test]
fn json_of_an_allowed_flow_has_the_parts_of_the_rule_that_match() {
    let ran = run("why -f examples/shop --from data/db-0 --to data/db-1 --port postgres -o json");
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let matching = |side: &str| value["why"][side]["matching"][0]["fields"].clone();
    assert_eq!(matching("egress"), serde_json::json!(["spec.egress[0].to[0]", "spec.egress[0].ports[0]"]));
    assert_eq!(
        matching("ingress"),
        serde_json::json!(["spec.ingress[0].from[1]", "spec.ingress[0].ports[0]"])
    );
}

const ODD: &str = r#"
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: a}, spec: {selector: {matchLabels: {app: web}},
 template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: done, namespace: a}, spec: {containers: [{name: c, image: i}]}, status: {phase: Succeeded, podIP: 10.0.0.3}}
---
{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: a}, spec: {hostNetwork: true, containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 172.18.0.9}}
---
{apiVersion: v1, kind: Secret, metadata: {name: web, namespace: a}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: odd, namespace: a}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{ipBlock: {cidr: 10.0.0.0/8}}]
---
{apiVersion: v1, kind: Pod, metadata: {name: api, namespace: a, labels: {app: api, old: "1"}}, spec: {containers: [{name: c, image: i}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: picky, namespace: a}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from:
    - podSelector:
        matchExpressions:
        - {key: tier, operator: Exists}
        - {key: app, operator: NotIn, values: [web, api]}
        - {key: app, operator: In, values: [cart, report]}
    ports:
    - {port: https}
    - {port: 80, protocol: UDP}
  - from:
    - namespaceSelector: {matchLabels: {team: x}}
      podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}, {key: tier, operator: In, values: [x]}]}
    ports:
    - {port: 8000, endPort: 9000}
"#;

fn odd(args: &str, expected: Expect) {
    expected.assert_eq(&run_with(&format!("why -f - {args}"), ODD).all());
}

#[test]
fn what_an_answer_assumes_is_said() {
    odd(
        "--from a/web --to a/web --port http",
        expect![[r#"
            some: a/deployment/web -> a/deployment/web, TCP 80 (`http`)
              allowed to
                a/deployment/web
              denied to
                another pod of a/deployment/web
              for example a/deployment/web -> another pod of a/deployment/web:

            egress of a/deployment/web: denied
              isolated by
                a/odd  -:11 (no rule)
              it has no rule, so nothing is allowed

            ingress of another pod of a/deployment/web: denied
              isolated by
                a/odd  -:11 (1 rule)
              their only rule does not match
                a/odd spec.ingress[0]  -:18
                    18 |   - from: [{ipBlock: {cidr: 10.0.0.0/8}}]
                  spec.ingress[0].from[0].ipBlock: `a/deployment/web` has no address here, and a block holds addresses only

            notes
              - `a/deployment/web` has no address here, so the `ipBlock`s that were considered do not hold it
              - no object declares namespace `a`: it is taken to have the one label `kubernetes.io/metadata.name: a`
              - objects of kinds that are not read were skipped: 1 Secret
            exit 1
        "#]],
    );
    odd(
        "--from a/done --to a/web --port 80",
        expect![[r#"
            allowed: a/done -> a/deployment/web, TCP 80

            egress of a/done: allowed
              the pod has ended, and policies select no such pod (NP-025)

            ingress of a/deployment/web: allowed
              isolated by
                a/odd  -:11 (1 rule)
              allowed by
                a/odd spec.ingress[0]  -:18
                    18 |   - from: [{ipBlock: {cidr: 10.0.0.0/8}}]
                  spec.ingress[0].from[0]: matches

            notes
              - `a/done` has ended: no policy selects it, and no selector holds it
              - no object declares namespace `a`: it is taken to have the one label `kubernetes.io/metadata.name: a`
              - objects of kinds that are not read were skipped: 1 Secret
            exit 0
        "#]],
    );
    odd(
        "--from a/agent --to a/web --protocol icmp",
        expect![[r#"
            denied: a/agent -> a/deployment/web, ICMP

            egress of a/agent: allowed
              the pod uses its node's network, and policies select no such pod (NP-019)

            ingress of a/deployment/web: denied
              isolated by
                a/odd  -:11 (1 rule)
              their only rule does not match
                a/odd spec.ingress[0]  -:18
                    18 |   - from: [{ipBlock: {cidr: 10.0.0.0/8}}]
                  spec.ingress[0].from[0].ipBlock.cidr: 172.18.0.9 is outside `10.0.0.0/8`

            notes
              - `a/agent` uses its node's network: it is its node's address
              - no object declares namespace `a`: it is taken to have the one label `kubernetes.io/metadata.name: a`
              - objects of kinds that are not read were skipped: 1 Secret
              - with `--set other-protocols=allow` it would be allowed
              - with `--set other-protocols=icmp-basics` it would be allowed
            exit 1
        "#]],
    );
}

#[test]
fn every_kind_of_condition_says_what_is_there_and_what_is_wanted() {
    odd(
        "--from a/api --to a/api --port 80 --set loopback=evaluated",
        expect![[r#"
        denied: a/api -> a/api, TCP 80

        egress of a/api: allowed
          no policy isolates the pod in this direction
          not by a/picky  -:22 (not about egress)

        ingress of a/api: denied
          isolated by
            a/picky  -:22 (2 rules)
          none of their 2 rules matches; the nearest is
            a/picky spec.ingress[0]  -:28
                28 |   - from:
                29 |     - podSelector:
                30 |         matchExpressions:
                31 |         - {key: tier, operator: Exists}
                32 |         - {key: app, operator: NotIn, values: [web, api]}
                33 |         - {key: app, operator: In, values: [cart, report]}
                34 |     ports:
                35 |     - {port: https}
                36 |     - {port: 80, protocol: UDP}
              spec.ingress[0].from[0].podSelector: `a/api` has no label `tier`, and one is wanted
              spec.ingress[0].from[0].podSelector: `a/api` has `app: api`, and one of `cart`, `report` is wanted
              spec.ingress[0].from[0].podSelector: `a/api` has `app: api`, and none of `api`, `web` is wanted
              spec.ingress[0].ports[0].port: `a/api` has no such port named `https`

        notes
          - no object declares namespace `a`: it is taken to have the one label `kubernetes.io/metadata.name: a`
          - objects of kinds that are not read were skipped: 1 Secret
          - with `--set loopback=allowed` it would be allowed
        exit 1
    "#]],
    );
    odd(
        "--from a/web --to a/api --port 9001 --protocol udp",
        expect![[r#"
            denied: a/deployment/web -> a/api, UDP 9001

            egress of a/deployment/web: denied
              isolated by
                a/odd  -:11 (no rule)
              it has no rule, so nothing is allowed

            ingress of a/api: denied
              isolated by
                a/picky  -:22 (2 rules)
              none of their 2 rules matches; the nearest is
                a/picky spec.ingress[0]  -:28
                    28 |   - from:
                    29 |     - podSelector:
                    30 |         matchExpressions:
                    31 |         - {key: tier, operator: Exists}
                    32 |         - {key: app, operator: NotIn, values: [web, api]}
                    33 |         - {key: app, operator: In, values: [cart, report]}
                    34 |     ports:
                    35 |     - {port: https}
                    36 |     - {port: 80, protocol: UDP}
                  spec.ingress[0].from[0].podSelector: `a/deployment/web` has no label `tier`, and one is wanted
                  spec.ingress[0].from[0].podSelector: `a/deployment/web` has `app: web`, and one of `cart`, `report` is wanted
                  spec.ingress[0].from[0].podSelector: `a/deployment/web` has `app: web`, and none of `api`, `web` is wanted
                  spec.ingress[0].ports[1].port: the flow goes to UDP 9001, and the rule allows 80

            notes
              - no object declares namespace `a`: it is taken to have the one label `kubernetes.io/metadata.name: a`
              - objects of kinds that are not read were skipped: 1 Secret
            exit 1
        "#]],
    );
    odd(
        "--from a/agent --to a/api --port 80",
        expect![[r#"
            denied: a/agent -> a/api, TCP 80

            egress of a/agent: allowed
              the pod uses its node's network, and policies select no such pod (NP-019)

            ingress of a/api: denied
              isolated by
                a/picky  -:22 (2 rules)
              none of their 2 rules matches; the nearest is
                a/picky spec.ingress[0]  -:28
                    28 |   - from:
                    29 |     - podSelector:
                    30 |         matchExpressions:
                    31 |         - {key: tier, operator: Exists}
                    32 |         - {key: app, operator: NotIn, values: [web, api]}
                    33 |         - {key: app, operator: In, values: [cart, report]}
                    34 |     ports:
                    35 |     - {port: https}
                    36 |     - {port: 80, protocol: UDP}
                  spec.ingress[0].from[0]: `a/agent` is no pod to policies, and selectors hold pods only
                  spec.ingress[0].ports[0].port: `a/api` has no such port named `https`

            notes
              - `a/agent` uses its node's network: it is its node's address
              - no object declares namespace `a`: it is taken to have the one label `kubernetes.io/metadata.name: a`
              - objects of kinds that are not read were skipped: 1 Secret
            exit 1
        "#]],
    );
    odd(
        "--from a/web --to a/api --protocol 47",
        expect![[r#"
            denied: a/deployment/web -> a/api, IP protocol 47

            egress of a/deployment/web: denied
              isolated by
                a/odd  -:11 (no rule)
              it has no rule, so nothing is allowed

            ingress of a/api: denied
              isolated by
                a/picky  -:22 (2 rules)
              none of their 2 rules matches; the nearest is
                a/picky spec.ingress[0]  -:28
                    28 |   - from:
                    29 |     - podSelector:
                    30 |         matchExpressions:
                    31 |         - {key: tier, operator: Exists}
                    32 |         - {key: app, operator: NotIn, values: [web, api]}
                    33 |         - {key: app, operator: In, values: [cart, report]}
                    34 |     ports:
                    35 |     - {port: https}
                    36 |     - {port: 80, protocol: UDP}
                  spec.ingress[0].from[0].podSelector: `a/deployment/web` has no label `tier`, and one is wanted
                  spec.ingress[0].from[0].podSelector: `a/deployment/web` has `app: web`, and one of `cart`, `report` is wanted
                  spec.ingress[0].from[0].podSelector: `a/deployment/web` has `app: web`, and none of `api`, `web` is wanted
                  spec.ingress[0].ports[0]: IP protocol 47 has no ports, and only a rule without `ports` holds it

            notes
              - no object declares namespace `a`: it is taken to have the one label `kubernetes.io/metadata.name: a`
              - objects of kinds that are not read were skipped: 1 Secret
              - with `--set other-protocols=allow` it would be allowed
            exit 1
        "#]],
    );
}

#[test]
fn errors_are_those_of_eval() {
    for args in [
        "--from a/b --to a/web --port 80",
        "--from a/web --to a/web",
        "--from a/web --to a/web --port 80 --set x=y",
    ] {
        let (why, eval) =
            (run_with(&format!("why -f - {args}"), ODD), run_with(&format!("eval -f - {args}"), ODD));
        assert_eq!((why.code, why.all()), (2, eval.all()), "{args}");
    }
}
