//! `portcullis profiles`: what there is, what each plugin enforces, what changes between two of them.

use expect_test::expect;
use serde_json::{Value, json};

use crate::run::{run, run_with};

fn value(args: &str) -> Value {
    let ran = run(args);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.all()))
}

#[test]
fn every_profile_is_listed_with_versions_options_sources_and_confidence() {
    let all = value("profiles -o json");
    let profiles = all["profiles"].as_array().unwrap();
    assert_eq!(profiles.len(), 12);
    let cilium = profiles.iter().find(|profile| profile["profile"] == "cilium").unwrap();
    assert_eq!(cilium["versions"], json!(["1.20", "1.18"]));
    assert_eq!(
        cilium["options"][2],
        json!({"key": "sctp", "value": "off", "values": ["off", "on"], "ownName": "enable-sctp"})
    );
    for profile in profiles {
        for behaviour in profile["behaviours"].as_array().unwrap() {
            for key in ["id", "ideal", "actual", "source", "confidence"] {
                assert!(!behaviour[key].as_str().unwrap().is_empty(), "{behaviour}");
            }
        }
    }
    let text = run("profiles").stdout;
    for profile in profiles {
        assert!(text.contains(&format!("{}\n  ", profile["profile"].as_str().unwrap())), "{text}");
    }
    expect![[r#"
        cilium@1.18
          Cilium: pods by identity, made of their labels; addresses are for what is outside.
          versions  1.20, 1.18 (this is 1.18)
          option    allow-localhost=always|policy (this is `always`; the plugin calls it `allow-localhost`)
          option    policy-cidr-match-mode=none|nodes (this is `none`; the plugin calls it `policy-cidr-match-mode`)
          option    sctp=off|on (this is `on`; the plugin calls it `enable-sctp`)
          CIL-1: an `ipBlock` never holds a pod, not even its own /32
            by the specification an `ipBlock` holds pods by their addresses, too
            known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
          CIL-2: an `ipBlock` never holds a node or a host-network pod
            by the specification an `ipBlock` holds nodes and host-network pods by their addresses
            known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
          CIL-4: one of nothing but `NotIn` and `DoesNotExist` holds nodes and addresses outside, too
            by the specification a `namespaceSelector` holds pods of the namespaces that it matches
            known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
          CIL-5: it means one number for the whole cluster, outside addresses included; where pods differ, none
            by the specification a port name in an egress rule means what each destination pod calls so
            known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
          CIL-6: it is enforced all the same
            by the specification a list of rules whose type `policyTypes` does not name means nothing
            known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
          CIL-7: they see those that are part of its identity; what the identity filter drops counts as absent
            by the specification selectors see every label of a pod
            known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
          CIL-8: of containers that use one name the last has it, whatever the protocol; init containers have none
            by the specification a port name means what any container of the pod calls so
            known from: Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones (run)
          cilium/admin-network-policy: it may be, or it may do nothing
            by the specification a policy of this kind is enforced
            known from: none: nothing says whether the plugin knows the API (inferred)
          cilium/cluster-network-policy: it may be, or it may do nothing
            by the specification a policy of this kind is enforced
            known from: none: nothing says whether the plugin knows the API (inferred)
        exit 0
    "#]].assert_eq(&run("profiles --profile cilium@1.18 --set sctp=on").all());
}

#[test]
fn each_policy_says_what_every_plugin_makes_of_it() {
    expect![[r#"
        NetworkPolicy shop/api  examples/plugins/policy.yaml:2
          enforced  upstream, antrea, azure-npm, calico, kube-network-policies, kube-router, kubenet+calico
          partly    cilium
            spec.ingress[0].from[0].ipBlock (CIL-1): an `ipBlock` never holds a pod, not even its own /32; by the specification an `ipBlock` holds pods by their addresses, too
          partly    calico-windows
            spec.ingress[0].from[0].ipBlock (calico-windows/except): a rule with exceptions is left out, so that the block holds nothing; by the specification an `ipBlock` holds the addresses outside its exceptions
          ignored   flannel
            spec (flannel/policy-types): they are stored and do nothing; by the specification policies are enforced
          ignored   kubenet
            spec (kubenet/policy-types): they are stored and do nothing; by the specification policies are enforced
          ignored   azure-npm-windows
            spec.ingress[0].from[0].ipBlock (azure-npm-windows/except): the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays; by the specification an exception takes addresses out of its block
        exit 0
    "#]].assert_eq(&run("profiles -f examples/plugins").all());
    expect![[r#"
        | policy | cilium | azure-npm-windows |
        |---|---|---|
        | NetworkPolicy `shop/api` | partly | ignored |

        - NetworkPolicy `shop/api`, cilium: `spec.ingress[0].from[0].ipBlock` (`CIL-1`): an `ipBlock` never holds a pod, not even its own /32; by the specification an `ipBlock` holds pods by their addresses, too
        - NetworkPolicy `shop/api`, azure-npm-windows: `spec.ingress[0].from[0].ipBlock` (`azure-npm-windows/except`): the whole policy is refused, so that it isolates nobody; of an edited policy the version before stays; by the specification an exception takes addresses out of its block
        exit 0
    "#]].assert_eq(
        &run("profiles -f examples/plugins -o md --profile cilium --profile azure-npm-windows").all(),
    );
}

#[test]
fn json_has_a_policy_and_a_profile_an_entry() {
    let table = value("profiles -f examples/plugins --profile cilium --profile azure-npm-windows -o json");
    assert_eq!(
        table["policies"],
        json!([
            {
                "kind": "NetworkPolicy", "policy": "shop/api", "profile": "cilium", "status": "partly",
                "differences": [{
                    "id": "CIL-1", "field": "spec.ingress[0].from[0].ipBlock",
                    "ideal": "an `ipBlock` holds pods by their addresses, too",
                    "actual": "an `ipBlock` never holds a pod, not even its own /32",
                }],
            },
            {
                "kind": "NetworkPolicy", "policy": "shop/api", "profile": "azure-npm-windows", "status": "ignored",
                "differences": [{
                    "id": "azure-npm-windows/except", "field": "spec.ingress[0].from[0].ipBlock",
                    "ideal": "an exception takes addresses out of its block",
                    "actual": "the whole policy is refused, so that it isolates nobody; of an edited policy the version \
                               before stays",
                }],
            },
        ])
    );
}

const MANY: &str = "apiVersion: v1
kind: Pod
metadata: {namespace: a, name: one, labels: {pod-template-hash: x}}
spec: {nodeName: node-1, containers: [{name: c, image: i, ports: [{name: http, containerPort: 80}]}]}
status: {phase: Running, podIP: 10.1.0.1, hostIP: 172.18.0.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: a, name: labels}
spec: {podSelector: {matchLabels: {pod-template-hash: x}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: a, name: types}
spec: {podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 53, protocol: UDP}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: a, name: six}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: a, name: names}
spec: {podSelector: {}, ingress: [{ports: [{port: http}]}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: cluster}
spec: {tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}
";

#[test]
fn what_is_not_enforced_as_it_is_written_is_found_in_every_kind_of_policy() {
    let ran = run_with("profiles -f - -o json", MANY);
    let table: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.all()));
    let found = |policy: &str, profile: &str| {
        let entries = table["policies"].as_array().unwrap();
        let entry =
            entries.iter().find(|entry| entry["policy"] == policy && entry["profile"] == profile).unwrap();
        let ids: Vec<String> = entry["differences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| format!("{} {}", it["id"].as_str().unwrap(), it["field"].as_str().unwrap()))
            .collect();
        format!("{} {}", entry["status"].as_str().unwrap(), ids.join(", "))
    };
    let cases = [
        ("a/labels", "cilium", "partly CIL-7 spec.podSelector"),
        ("a/labels", "calico", "enforced "),
        ("a/types", "cilium", "partly CIL-6 spec.egress"),
        ("a/types", "azure-npm", "enforced "),
        ("a/six", "azure-npm", "ignored azure-npm/ip-block spec.ingress[0].from[0].ipBlock"),
        ("a/names", "calico-windows", "partly calico-windows/named-port spec.ingress[0].ports[0]"),
        ("a/names", "azure-npm-windows", "ignored azure-npm-windows/named-port spec.ingress[0].ports[0]"),
        ("a/names", "kube-router", "enforced "),
        ("a/six", "kubenet", "ignored kubenet/policy-types spec"),
        ("cluster", "kubenet", "ignored kubenet/policy-types spec"),
        ("cluster", "cilium", "unknown cilium/cluster-network-policy spec"),
        ("cluster", "antrea", "enforced "),
        ("cluster", "calico", "enforced "),
        ("cluster", "upstream", "enforced "),
    ];
    for (policy, profile, expected) in cases {
        assert_eq!(found(policy, profile), expected, "{policy} {profile}");
    }
}

#[test]
fn a_migration_lists_every_connection_whose_fate_changes() {
    let migrate = "profiles -f examples/plugins --from-profile";
    expect![[r#"
        - 0.0.0.0/0                     -> shop/pod/client: SCTP
        - shop/pod/api                  -> shop/pod/client: SCTP
        - shop/pod/api, shop/pod/client -> 0.0.0.0/0: SCTP
        - shop/pod/client               -> shop/pod/api: TCP 8080
        cilium allows less than azure-npm
        exit 1
    "#]]
    .assert_eq(&run(&format!("{migrate} azure-npm --to-profile cilium")).all());
    let json = value(&format!("{migrate} azure-npm --to-profile cilium --to-set sctp=on -o json"));
    assert_eq!((&json["added"], &json["unknown"]), (&json!([]), &json!([])));
    assert_eq!(
        json["removed"],
        json!([{
            "from": {"workloads": ["shop/pod/client"]}, "to": {"workloads": ["shop/pod/api"]},
            "ports": {"TCP": [[8080, 8080]]},
        }])
    );
    assert_eq!(
        run(&format!("{migrate} calico --from-set dataplane=bpf --to-profile azure-npm")).all(),
        "azure-npm allows the same connections as calico\nexit 0\n"
    );
    let wider = run(&format!("{migrate} calico --to-profile kubenet -o md"));
    assert!(wider.code == 1 && wider.stdout.contains("| added | "), "{}", wider.all());
}

#[test]
fn a_migration_says_what_nobody_knows() {
    let ran = run_with("profiles -f - --from-profile kube-network-policies --to-profile cilium", MANY);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let cluster = MANY.rsplit("---\n").next().unwrap();
    let pods = MANY.split("---\n").next().unwrap();
    let both =
        format!("{pods}---\n{}---\n{cluster}", pods.replace("one", "two").replace("10.1.0.1", "10.1.0.2"));
    let ran = run_with("profiles -f - --from-profile cilium --to-profile cilium@1.18", &both);
    assert!(ran.code == 3 && ran.stdout.starts_with("? a/pod/one"), "{}", ran.all());
    assert!(ran.stdout.ends_with("nobody knows the fate of those with a `?`\n"), "{}", ran.all());
}

#[test]
fn options_belong_to_a_plugin() {
    let cases = [
        ("profiles --set sctp=on", "`--set sctp=on` is an option of one plugin; name it with `--profile`"),
        ("profiles --profile calico --set sctp=on", "profile `calico` has no option `sctp`"),
        (
            "profiles -f examples/plugins --from-profile calico --to-profile nothing",
            "there is no profile `nothing`",
        ),
        (
            "profiles -f examples/plugins --from-profile calico --to-profile cilium --to-set sctp=2",
            "`sctp` of profile `cilium` has no value `2`",
        ),
    ];
    for (args, message) in cases {
        let ran = run(args);
        assert!(
            ran.code == 2 && ran.stderr.starts_with(&format!("error: {message}")),
            "{args}: {}",
            ran.all()
        );
    }
    for args in [
        "profiles --from-profile calico",
        "profiles --from-profile calico --to-profile cilium",
        "profiles -f examples/plugins --to-profile calico",
        "profiles -f examples/plugins --profile kubenet --from-profile calico --to-profile cilium",
    ] {
        assert_eq!(run(args).code, 2, "{args}");
    }
    let set = "profiles -f examples/plugins --from-profile cilium --to-profile cilium --to-set sctp=on";
    assert!(run(set).stdout.contains("SCTP"), "{}", run(set).all());
}
