//! What the parts of a rule lack, each kind of them once, and what an answer assumes.

use expect_test::{Expect, expect};

use crate::run::run_with;

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
