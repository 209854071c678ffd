//! `portcullis list` and `portcullis diff`: formats, focus, exit codes.

use expect_test::{Expect, expect};

use crate::run::run;

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(args).all());
}

#[test]
fn a_list_puts_what_is_alike_on_one_line() {
    check(
        "list -f examples/shop",
        expect![[r#"
        any address outside                       -> edge/deployment/proxy: TCP 8443
        any address outside                       -> kube-system/deployment/coredns, monitoring/statefulset/prometheus: all
        edge/deployment/proxy                     -> shop/deployment/web: TCP 8080
        edge/deployment/proxy,
        payments/deployment/gateway,
        shop/cronjob/report,
        shop/deployment/cart,
        shop/deployment/web
                                                  -> kube-system/deployment/coredns: TCP 53 UDP 53
        kube-system/deployment/coredns            -> edge/deployment/proxy: TCP 8443
        kube-system/deployment/coredns,
        monitoring/statefulset/prometheus
                                                  -> any address outside: all
        kube-system/deployment/coredns,
        monitoring/statefulset/prometheus
                                                  -> kube-system/deployment/coredns, monitoring/statefulset/prometheus: all
        monitoring/statefulset/prometheus         -> data/statefulset/db: TCP 9187
        monitoring/statefulset/prometheus         -> edge/deployment/proxy: TCP 8443,9100
        monitoring/statefulset/prometheus         -> payments/deployment/gateway, shop/deployment/cart, shop/deployment/web: TCP 9100
        payments/deployment/gateway               -> 0.0.0.0/0 except 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16: TCP 443
        shop/cronjob/report, shop/deployment/cart -> data/statefulset/db: TCP 5432
        shop/deployment/cart                      -> payments/deployment/gateway: TCP 8443
        shop/deployment/web                       -> shop/deployment/cart: TCP 9000
        exit 0
    "#]],
    );
}

#[test]
fn a_focus_keeps_the_connections_of_one_workload() {
    check(
        "list -f examples/shop --focus shop/web -o md",
        expect![[r#"
        | from | to | ports |
        |---|---|---|
        | edge/deployment/proxy | shop/deployment/web | TCP 8080 |
        | shop/deployment/web | kube-system/deployment/coredns | TCP 53 UDP 53 |
        | monitoring/statefulset/prometheus | shop/deployment/web | TCP 9100 |
        | shop/deployment/web | shop/deployment/cart | TCP 9000 |
        exit 0
    "#]],
    );
    check(
        "list -f examples/shop --focus shop/wbe",
        expect![[r#"
        error: `--focus shop/wbe` names no workload; there are `data/statefulset/db`, `edge/deployment/proxy`, `kube-system/deployment/coredns`, `monitoring/statefulset/prometheus`, `payments/deployment/gateway`, `shop/cronjob/report`, `shop/deployment/cart`, `shop/deployment/web`
        exit 2
    "#]],
    );
}

#[test]
fn json_has_structure_and_csv_a_line_a_pair() {
    check(
        "list -f examples/mistakes/stray-dash/cluster.yaml -f examples/mistakes/stray-dash/after.yaml -o json",
        expect![[r#"
        {"workloads":["data/deployment/api","data/deployment/db","shop/deployment/api","shop/deployment/blog"],"connections":[{"from":{"cidrs":["0.0.0.0/0","::/0"]},"to":{"workloads":["data/deployment/api","shop/deployment/api","shop/deployment/blog"]},"ports":{"SCTP":[[1,65535]],"TCP":[[1,65535]],"UDP":[[1,65535]]}},{"from":{"workloads":["data/deployment/api","data/deployment/db","shop/deployment/api","shop/deployment/blog"]},"to":{"cidrs":["0.0.0.0/0","::/0"]},"ports":{"SCTP":[[1,65535]],"TCP":[[1,65535]],"UDP":[[1,65535]]}},{"from":{"workloads":["data/deployment/api","data/deployment/db","shop/deployment/blog"]},"to":{"workloads":["data/deployment/api","shop/deployment/api","shop/deployment/blog"]},"ports":{"SCTP":[[1,65535]],"TCP":[[1,65535]],"UDP":[[1,65535]]}},{"from":{"workloads":["shop/deployment/api"]},"to":{"workloads":["data/deployment/api","data/deployment/db","shop/deployment/blog"]},"ports":{"SCTP":[[1,65535]],"TCP":[[1,65535]],"UDP":[[1,65535]]}}]}
        exit 0
    "#]],
    );
    check(
        "list -f examples/mistakes/stray-dash/cluster.yaml -f examples/mistakes/stray-dash/after.yaml -o csv",
        expect![[r#"
            from,to,ports
            0.0.0.0/0,data/deployment/api,"all"
            ::/0,data/deployment/api,"all"
            0.0.0.0/0,shop/deployment/api,"all"
            ::/0,shop/deployment/api,"all"
            0.0.0.0/0,shop/deployment/blog,"all"
            ::/0,shop/deployment/blog,"all"
            data/deployment/api,0.0.0.0/0,"all"
            data/deployment/api,::/0,"all"
            data/deployment/db,0.0.0.0/0,"all"
            data/deployment/db,::/0,"all"
            shop/deployment/api,0.0.0.0/0,"all"
            shop/deployment/api,::/0,"all"
            shop/deployment/blog,0.0.0.0/0,"all"
            shop/deployment/blog,::/0,"all"
            data/deployment/api,shop/deployment/api,"all"
            data/deployment/api,shop/deployment/blog,"all"
            data/deployment/db,data/deployment/api,"all"
            data/deployment/db,shop/deployment/api,"all"
            data/deployment/db,shop/deployment/blog,"all"
            shop/deployment/blog,data/deployment/api,"all"
            shop/deployment/blog,shop/deployment/api,"all"
            shop/deployment/api,data/deployment/api,"all"
            shop/deployment/api,data/deployment/db,"all"
            shop/deployment/api,shop/deployment/blog,"all"
            exit 0
        "#]],
    );
}

#[test]
fn graphs_have_namespaces_as_boxes_and_ports_on_edges() {
    check(
        "list -f examples/shop --focus shop/web -o dot",
        expect![[r#"
        digraph connections {
          rankdir=LR
          node [shape=box]
          subgraph cluster_0 {
            label="edge"
            n0 [label="edge/deployment/proxy"]
          }
          subgraph cluster_1 {
            label="kube-system"
            n1 [label="kube-system/deployment/coredns"]
          }
          subgraph cluster_2 {
            label="monitoring"
            n2 [label="monitoring/statefulset/prometheus"]
          }
          subgraph cluster_3 {
            label="shop"
            n3 [label="shop/deployment/cart"]
            n4 [label="shop/deployment/web"]
          }
          n0 -> n4 [label="TCP 8080"]
          n2 -> n4 [label="TCP 9100"]
          n4 -> n1 [label="TCP 53 UDP 53"]
          n4 -> n3 [label="TCP 9000"]
        }
        exit 0
    "#]],
    );
    check(
        "list -f examples/shop --focus shop/web -o mermaid",
        expect![[r#"
        flowchart LR
          subgraph s0["edge"]
            n0["edge/deployment/proxy"]
          end
          subgraph s1["kube-system"]
            n1["kube-system/deployment/coredns"]
          end
          subgraph s2["monitoring"]
            n2["monitoring/statefulset/prometheus"]
          end
          subgraph s3["shop"]
            n3["shop/deployment/cart"]
            n4["shop/deployment/web"]
          end
          n0 -->|"TCP 8080"| n4
          n2 -->|"TCP 9100"| n4
          n4 -->|"TCP 53 UDP 53"| n1
          n4 -->|"TCP 9000"| n3
        exit 0
    "#]],
    );
}

#[test]
fn a_difference_exits_1_and_says_which_way_it_goes() {
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
    check(
        "diff examples/diff/old examples/diff/new -o json",
        expect![[r#"
            {"added":[{"from":{"cidrs":["10.0.0.0/13","10.8.0.0/16","10.10.0.0/15","10.12.0.0/14","10.16.0.0/12","10.32.0.0/11","10.64.0.0/10","10.128.0.0/9"]},"to":{"workloads":["shop/deployment/db"]},"ports":{"TCP":[[9187,9187]]},"because":{"old":{"sides":[{"side":"ingress","of":["shop/deployment/db"],"ports":{"TCP":[[9187,9187]]},"allowed":false,"reason":"isolated","rule":null,"isolating":[{"kind":"NetworkPolicy","policy":"shop/db","file":"examples/diff/old/shop.yaml","line":19}]}]},"new":{"sides":[{"side":"ingress","of":["shop/deployment/db"],"ports":{"TCP":[[9187,9187]]},"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"shop/db","path":"spec.ingress[0]","file":"examples/diff/new/shop.yaml","line":26}}]}}},{"from":{"workloads":["shop/deployment/web"]},"to":{"workloads":["shop/deployment/db"]},"ports":{"TCP":[[9187,9187]]},"because":{"old":{"sides":[{"side":"ingress","of":["shop/deployment/db"],"ports":{"TCP":[[9187,9187]]},"allowed":false,"reason":"isolated","rule":null,"isolating":[{"kind":"NetworkPolicy","policy":"shop/db","file":"examples/diff/old/shop.yaml","line":19}]}]},"new":{"sides":[{"side":"egress","of":["shop/deployment/web"],"ports":{"TCP":[[9187,9187]]},"allowed":true,"reason":"no-policy","rule":null},{"side":"ingress","of":["shop/deployment/db"],"ports":{"TCP":[[9187,9187]]},"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"shop/db","path":"spec.ingress[0]","file":"examples/diff/new/shop.yaml","line":26}}]}}}],"removed":[{"from":{"cidrs":["10.9.0.0/16"]},"to":{"workloads":["shop/deployment/db"]},"ports":{"TCP":[[5432,5432]]},"because":{"old":{"sides":[{"side":"ingress","of":["shop/deployment/db"],"ports":{"TCP":[[5432,5432]]},"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"shop/db","path":"spec.ingress[0]","file":"examples/diff/old/shop.yaml","line":26}}]},"new":{"sides":[{"side":"ingress","of":["shop/deployment/db"],"ports":{"TCP":[[5432,5432]]},"allowed":false,"reason":"isolated","rule":null,"isolating":[{"kind":"NetworkPolicy","policy":"shop/db","file":"examples/diff/new/shop.yaml","line":19}]}]}}}]}
            exit 1
        "#]],
    );
}

#[test]
fn the_same_and_a_contained_set_exit_0() {
    check(
        "diff examples/diff/old examples/diff/old --equiv",
        expect![[r#"
        both allow the same connections
        exit 0
    "#]],
    );
    check(
        "diff examples/diff/old examples/diff/new --contains",
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
            OLD does not contain NEW
            exit 1
        "#]],
    );
    check(
        "diff examples/diff/new examples/diff/old --contains",
        expect![[r#"
            + 10.9.0.0/16         -> shop/deployment/db: TCP 5432
                old  ingress  denied   no rule of shop/db (examples/diff/new/shop.yaml:19) matches
                new  ingress  allowed  by shop/db spec.ingress[0] (examples/diff/old/shop.yaml:26)
            - 10.0.0.0/13,
            - 10.8.0.0/16,
            - 10.10.0.0/15,
            - 10.12.0.0/14,
            - 10.16.0.0/12,
            - 10.32.0.0/11,
            - 10.64.0.0/10,
            - 10.128.0.0/9
            -                     -> shop/deployment/db: TCP 9187
                old  ingress  allowed  by shop/db spec.ingress[0] (examples/diff/new/shop.yaml:26)
                new  ingress  denied   no rule of shop/db (examples/diff/old/shop.yaml:19) matches
            - shop/deployment/web -> shop/deployment/db: TCP 9187
                old  egress   allowed  no policy isolates the pod in this direction
                old  ingress  allowed  by shop/db spec.ingress[0] (examples/diff/new/shop.yaml:26)
                new  ingress  denied   no rule of shop/db (examples/diff/old/shop.yaml:19) matches
            OLD does not contain NEW
            exit 1
        "#]],
    );
    check(
        "diff examples/diff/old examples/diff/none",
        expect![[r#"
        error: there is no file or folder `examples/diff/none`
        exit 2
    "#]],
    );
}
