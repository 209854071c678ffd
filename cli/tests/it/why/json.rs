//! The story as programs read it.

use expect_test::expect;

use crate::run::run;

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
