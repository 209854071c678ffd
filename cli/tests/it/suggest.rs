//! `portcullis suggest`: policies from a log, whom they are for, and logs that cannot be used.

use std::fs;

use expect_test::{Expect, expect};

use crate::run::{folder, root, run, run_with};

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(args).all());
}

const SHOP: &str = "suggest -f examples/shop --flows examples/shop/seen.jsonl";

#[test]
fn policies_allow_what_was_seen_and_say_how_often() {
    check(
        &format!("{SHOP} --for shop/cart"),
        expect![[r#"
        # shop/deployment/cart
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: seen-cart
          namespace: shop
        spec:
          podSelector:
            matchLabels: {app: cart}
          policyTypes: [Ingress, Egress]
          ingress:
          # shop/deployment/web: 4120 flows
          - from:
            - podSelector:
                matchLabels: {app: web}
            ports:
            - port: 9000
          egress:
          # data/statefulset/db: 7996 flows
          - to:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: data}
              podSelector:
                matchLabels: {app: db}
            ports:
            - port: 5432
          # payments/deployment/gateway: 311 flows
          - to:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: payments}
              podSelector:
                matchLabels: {app: gateway}
            ports:
            - port: 8443
          # kube-system/deployment/coredns: 880 flows
          - to:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: kube-system}
              podSelector:
                matchLabels: {k8s-app: kube-dns}
            ports:
            - port: 53
              protocol: UDP
        exit 0
    "#]],
    );
    check(
        &format!("{SHOP} --for payments"),
        expect![[r#"
        # payments/deployment/gateway
        # No question to DNS was seen, so that none is allowed.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: seen-gateway
          namespace: payments
        spec:
          podSelector:
            matchLabels: {app: gateway}
          policyTypes: [Ingress, Egress]
          ingress:
          # shop/deployment/cart: 311 flows
          - from:
            - namespaceSelector:
                matchLabels: {kubernetes.io/metadata.name: shop}
              podSelector:
                matchLabels: {app: cart}
            ports:
            - port: 8443
          egress:
          # 2 addresses outside: 311 flows
          - to:
            - ipBlock: {cidr: 203.0.113.8/31}
            ports:
            - port: 443
        exit 0
    "#]],
    );
}

#[test]
fn what_is_suggested_is_what_an_api_server_takes_and_allows_the_log() {
    let written = run(SHOP);
    assert_eq!((written.code, written.stderr.as_str()), (0, ""));
    let folder = folder("suggest");
    let file = folder.join("policies.yaml");
    fs::write(&file, &written.stdout).unwrap();
    let valid = run(&format!("validate -f {}", file.display()));
    assert_eq!(valid.code, 0, "{}", valid.stdout);
    // The shop's workloads without its policies.
    let workloads: String = fs::read_dir(root().join("examples/shop"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| fs::read_to_string(path).unwrap())
        .flat_map(|text| text.split("\n---\n").map(str::to_string).collect::<Vec<_>>())
        .filter(|object| !object.contains("kind: NetworkPolicy"))
        .map(|object| format!("{object}\n---\n"))
        .collect();
    fs::write(folder.join("workloads.yaml"), workloads).unwrap();
    let replayed = run(&format!("replay -f {} --flows examples/shop/seen.jsonl", folder.display()));
    assert_eq!(replayed.code, 0, "{}", replayed.stdout);
    assert!(replayed.stdout.lines().all(|line| line.starts_with("{\"allowed\":true")), "{}", replayed.stdout);
    let other = run(&format!("eval -f {} --from shop/web --to data/db-0 --port 5432", folder.display()));
    assert_eq!(other.code, 1, "{}", other.stdout);
}

#[test]
fn a_log_that_cannot_be_used_whole_makes_no_policy() {
    let log = "{\"from\":{\"ip\":\"192.0.2.1\"},\"to\":{\"pod\":\"data/db-0\"},\"port\":5432}\nnonsense\n\n\
               {\"from\":{\"pod\":\"shop/none\"},\"to\":{\"pod\":\"data/db-0\"},\"port\":5432}\n";
    expect![[r#"
        error: some lines cannot be used
          -:2: the line is no flow: expected ident at line 1 column 2
          -:4: there is no pod `shop/none`; namespace `shop` has `shop/cronjob/report`, `shop/deployment/cart`, `shop/deployment/web`
        exit 2
    "#]].assert_eq(&run_with("suggest -f examples/shop --flows -", log).all());
}

#[test]
fn what_cannot_be_exact_is_left_out_and_exits_1() {
    let pod = |name: &str, app: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: ns, labels: {{app: {app}}}}}}}\n---\n"
        )
    };
    let file = folder("suggest-shared").join("pods.yaml");
    fs::write(&file, ["a", "b"].map(|name| pod(name, "x")).concat() + &pod("db", "db")).unwrap();
    let log = "{\"from\":{\"pod\":\"ns/a\"},\"to\":{\"pod\":\"ns/db\"},\"port\":80}\n";
    let ran = run_with(&format!("suggest -f {} --flows - --for ns/db", file.display()), log);
    expect![[r#"
        # ns/pod/db
        # Not allowed: TCP 80 from `ns/pod/a`: `ns/pod/b` has the very same labels, and was not seen to do the same
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: seen-db
          namespace: ns
        spec:
          podSelector:
            matchLabels: {app: db}
          policyTypes: [Ingress, Egress]
        warning: left out, ns/pod/db: TCP 80 from `ns/pod/a`: `ns/pod/b` has the very same labels, and was not seen to do the same
        exit 1
    "#]].assert_eq(&ran.all());
}

#[test]
fn wrong_invocations_say_what_to_do() {
    check(
        "suggest -f examples/shop",
        expect![[r#"
        error: the following required arguments were not provided:
          --flows <FILE|->

        Usage: portcullis suggest --flows <FILE|-> --filename <FILE|DIR|->

        For more information, try '--help'.
        exit 2
    "#]],
    );
    check(
        "suggest -f examples/shop --flows examples/none.jsonl",
        expect![[r#"
        error: cannot read `examples/none.jsonl`: No such file or directory (os error 2)
        exit 2
    "#]],
    );
    check(
        "suggest -f - --flows -",
        expect![[r#"
        error: manifests and flows cannot both come from standard input; name a file for one of them
        exit 2
    "#]],
    );
    check(
        &format!("{SHOP} --for shp"),
        expect![[r#"
        error: `--for shp`: no pod is in such a namespace; there are `data`, `edge`, `kube-system`, `monitoring`, `payments`, `shop`
        exit 2
    "#]],
    );
    check(
        &format!("{SHOP} --for shop/none"),
        expect![[r#"
        error: `--for shop/none`: there is no such workload
        exit 2
    "#]],
    );
    check(
        &format!("{SHOP} --for 10.0.0.1"),
        expect![[r#"
        error: `--for 10.0.0.1`: no pod is in such a namespace; there are `data`, `edge`, `kube-system`, `monitoring`, `payments`, `shop`
        exit 2
    "#]],
    );
}
