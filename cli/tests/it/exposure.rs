//! What pods that are not there could do, and connections through services.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::run::run;

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(args).all());
}

#[test]
fn exposure_tells_absent_pods_by_labels_and_namespaces() {
    check(
        "list -f examples/shop --focus data/db --exposure",
        expect![[r#"
        monitoring/statefulset/prometheus         -> data/statefulset/db: TCP 9187
        shop/cronjob/report, shop/deployment/cart -> data/statefulset/db: TCP 5432

        exposed to pods that are not in the input:
        data/statefulset/db
          from pods with app=db in namespace data: TCP 5432
          from any pod in namespaces with kubernetes.io/metadata.name=monitoring: TCP 9187
          from pods with app in (cart, report) in namespaces with kubernetes.io/metadata.name=shop: TCP 5432
          to   pods that call the TCP port `postgres` that are also pods with app=db in namespace data: TCP
        exit 0
    "#]],
    );
    check(
        "list -f examples/shop --focus shop/cart --exposure -o md",
        expect![[r#"
        | from | to | ports |
        |---|---|---|
        | shop/deployment/cart | kube-system/deployment/coredns | TCP 53 UDP 53 |
        | monitoring/statefulset/prometheus | shop/deployment/cart | TCP 9100 |
        | shop/deployment/cart | data/statefulset/db | TCP 5432 |
        | shop/deployment/cart | payments/deployment/gateway | TCP 8443 |
        | shop/deployment/web | shop/deployment/cart | TCP 9000 |

        Exposed to pods that are not in the input:

        | workloads | side | peers | ports |
        |---|---|---|---|
        | shop/deployment/cart | from | pods with app=web in namespace shop | TCP 9000 |
        | shop/deployment/cart | from | any pod in namespaces with kubernetes.io/metadata.name=monitoring | TCP 9100 |
        | shop/deployment/cart | to | pods that call the TCP port \`api\` that are also pods with app=gateway in namespaces with kubernetes.io/metadata.name=payments | TCP |
        | shop/deployment/cart | to | pods that call the TCP port \`postgres\` that are also pods with app=db in namespaces with tier=data | TCP |
        | shop/deployment/cart | to | pods with k8s-app=kube-dns in namespaces with kubernetes.io/metadata.name=kube-system | TCP 53 UDP 53 |
        exit 0
    "#]],
    );
}

#[test]
fn exposure_in_json_has_selectors_of_one_form() {
    let ran = run("list -f examples/shop --focus data/db --exposure -o json");
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    let exposure = &list["exposure"][0];
    assert_eq!(exposure["workloads"], serde_json::json!(["data/statefulset/db"]));
    expect![[r#"
        [
          {
            "allOf": [
              {
                "pods": {
                  "namespace": "data",
                  "podSelector": {
                    "matchExpressions": [
                      {
                        "key": "app",
                        "operator": "In",
                        "values": [
                          "db"
                        ]
                      }
                    ]
                  }
                }
              }
            ],
            "ports": {
              "TCP": [
                [
                  5432,
                  5432
                ]
              ]
            }
          },
          {
            "allOf": [
              {
                "pods": {
                  "namespaceSelector": {
                    "matchExpressions": [
                      {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "In",
                        "values": [
                          "monitoring"
                        ]
                      }
                    ]
                  },
                  "podSelector": {}
                }
              }
            ],
            "ports": {
              "TCP": [
                [
                  9187,
                  9187
                ]
              ]
            }
          },
          {
            "allOf": [
              {
                "pods": {
                  "namespaceSelector": {
                    "matchExpressions": [
                      {
                        "key": "kubernetes.io/metadata.name",
                        "operator": "In",
                        "values": [
                          "shop"
                        ]
                      }
                    ]
                  },
                  "podSelector": {
                    "matchExpressions": [
                      {
                        "key": "app",
                        "operator": "In",
                        "values": [
                          "cart",
                          "report"
                        ]
                      }
                    ]
                  }
                }
              }
            ],
            "ports": {
              "TCP": [
                [
                  5432,
                  5432
                ]
              ]
            }
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&exposure["ingress"]).unwrap());
}

#[test]
fn services_lead_from_whom_to_whom_and_say_where_they_have_no_endpoint() {
    check(
        "list -f examples/services --services",
        expect![[r#"
        0.0.0.0/0                      -> shop/pod/web: all
        203.0.113.0/24                 -> shop/pod/api-0: TCP 8080
        203.0.113.0/24                 -> shop/pod/api-1: TCP 8081
        shop/pod/api-0, shop/pod/api-1 -> 0.0.0.0/0: all
        shop/pod/api-0, shop/pod/api-1 -> shop/pod/web: all
        shop/pod/web                   -> shop/pod/api-0: TCP 8080

        through services:
        svc/shop/api TCP 80 (http)
          shop/pod/web -> shop/pod/api-0:8080
        svc/shop/api-headless TCP 80 (http)
          policies let nobody through
        svc/shop/api-public TCP 80 (http)
          shop/pod/web -> shop/pod/api-0:8080
        svc/shop/api-public-local TCP 80 (http)
          shop/pod/web -> shop/pod/api-0:8080
        svc/shop/old-api TCP 80
          the service has no endpoint for this port, so that connections are refused (SVC-017)
        exit 0
    "#]],
    );
    let ran = run("list -f examples/services --services -o json");
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    let services = list["services"].as_array().unwrap();
    let old = services.iter().find(|service| service["service"] == "shop/old-api").unwrap();
    assert_eq!(old["refused"][0]["code"], "no-endpoints");
    assert_eq!(old["connections"], serde_json::json!([]));
}

#[test]
fn what_a_format_cannot_tell_is_refused() {
    for flag in ["--exposure", "--services"] {
        let message = format!(
            "error: `{flag}` is told as `text`, `json` or `md`; choose one of these with `-o`\nexit 2\n"
        );
        assert_eq!(run(&format!("list -f examples/shop {flag} -o csv")).all(), message);
    }
}
