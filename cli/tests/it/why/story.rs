//! The story as people read it: the sides, the rules that decide, the nearest where none does.

use expect_test::{Expect, expect};

use crate::run::run;

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
