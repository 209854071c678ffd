//! Assertions against the specification, and everything that is said of those that cannot be read or asked.

use expect_test::{Expect, expect};
use portcullis::analyze::assertions::{Assertions, init};
use portcullis::cluster::PodIdentity;
use portcullis::flow::{Connection, Transport};
use portcullis::generate::{Case, Probe, ProbeEnd, Scope};
use portcullis::manifest::{LoadOptions, Source, load};
use portcullis::{Decide, Engine, Options};
use portcullis_spec::Spec;

const CLUSTER: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: data, labels: {app: db}}, status: {podIP: 10.0.0.7}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, clusterIP: 10.96.0.1, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {}
  ingress:
  - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]
    ports: [{port: 5432}]
";

fn engine() -> Engine {
    let source = Source { name: "cluster.yaml".into(), text: CLUSTER.into() };
    let loaded = load(&[source], &LoadOptions::default()).unwrap();
    Engine::new(loaded.cluster, loaded.policies, Options::default())
}

/// The problems of assertions, or what does not hold, or that all of them do.
fn outcome(assertions: &str) -> String {
    let text = format!("apiVersion: portcullis.dev/v1\nkind: PolicyTest\nassertions:\n{assertions}");
    let engine = engine();
    let read = match Assertions::read([("t.yaml", text.as_str())], None) {
        Ok(read) => read,
        Err(problems) => return problems.iter().map(|problem| format!("{problem}\n")).collect(),
    };
    match read.check(&engine) {
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        Ok(checked) => {
            let breaches = checked.outcomes().iter().flat_map(|outcome| &outcome.breaches);
            let found: String = breaches.map(|breach| format!("{breach}\n")).collect();
            if found.is_empty() { "all hold\n".to_string() } else { found }
        }
    }
}

fn check(assertions: &str, expected: Expect) {
    expected.assert_eq(&outcome(assertions));
}

#[test]
fn an_assertion_is_about_every_pair_and_every_port_of_it() {
    check("- {from: shop/web, to: data/db, ports: [5432], expect: allow}", expect!["all hold\n"]);
    check(
        "- {from: shop/web, to: data/db, ports: [5432, 80-81], expect: allow}",
        expect![[r#"
        shop/deployment/web -> data/db, TCP 80-81 is denied
    "#]],
    );
    check(
        "- {from: shop/web, to: data/db, expect: deny}",
        expect![[r#"
        shop/deployment/web -> data/db, TCP 5432 is allowed
    "#]],
    );
    check("- {from: shop/web, to: data/db, protocol: udp, expect: deny}", expect!["all hold\n"]);
    check(
        "- {from: [shop/web, 192.0.2.1], to: data/db, ports: [5432], expect: allow}",
        expect![[r#"
        192.0.2.1 -> data/db, TCP 5432 is denied
    "#]],
    );
    check(
        "- {from: 0.0.0.0/0, to: [data/db, shop/web], expect: deny}",
        expect![[r#"
        0.0.0.0 -> shop/deployment/web, every port is allowed
    "#]],
    );
    check(
        "- {from: data/db, to: shop/web, protocol: icmp, expect: deny}",
        expect![[r#"
        data/db -> shop/deployment/web, ICMP is allowed
    "#]],
    );
}

#[test]
fn selectors_stand_for_pods_and_services_for_their_paths() {
    let pods = "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: app, operator: Exists}]}}";
    check(
        &format!("- {{from: {pods}, to: data/db, ports: [22], expect: deny}}"),
        expect![[r#"
        all hold
    "#]],
    );
    check(
        "- {from: data/db, to: svc/shop/web, ports: [http], expect: deny}",
        expect![[r#"
        data/db -> shop/deployment/web, TCP 8080 through service shop/web is allowed
    "#]],
    );
    check("- {from: data/db, to: 10.96.0.1, expect: allow}", expect!["all hold\n"]);
    // With itself a pod of a workload is another pod like it.
    check(
        "- {from: {namespace: data}, to: {namespace: data}, ports: [22], expect: allow}",
        expect![[r#"
        data/db -> another pod of data/db, TCP 22 is denied
    "#]],
    );
    check("- {from: data/db, to: data/db, ports: [22], expect: allow}", expect!["all hold\n"]);
}

#[test]
fn a_profile_decides_as_its_plugin_does() {
    check(
        "- {from: shop/web, to: data/db, ports: [22], expect: deny, profile: calico}",
        expect!["all hold\n"],
    );
    check(
        "- {from: shop/web, to: data/db, ports: [22], expect: deny, profile: flannel}",
        expect![[r#"
        shop/deployment/web -> data/db, TCP 22 is allowed
    "#]],
    );
}

#[test]
fn every_slip_is_found_at_once_with_its_line() {
    check(
        "\
- {from: shop/web, to: data/db, ports: [0, 9-1, Big!, true], expect: allow}
- {from: web, to: shop/gateway/db, protocl: udp, expect: maybe}
- {to: [], protocol: http, profile: calcio}
- {from: {podSelector: {matchLabels: {a: b!}}}, to: 10.0.0.1/8, protocol: icmp, ports: [80], expect: deny}
",
        expect![[r#"
            t.yaml:4:41: error: PolicyTest: assertions[0].ports[0]: `0` is no port [port-out-of-range]
              help: write a number from 1 to 65535, a range such as `8000-8010`, or a port's name
            t.yaml:4:44: error: PolicyTest: assertions[0].ports[1]: `9-1` ends before it starts [port-range-reversed]
              help: write a number from 1 to 65535, a range such as `8000-8010`, or a port's name
            t.yaml:4:49: error: PolicyTest: assertions[0].ports[2]: `Big!` is no port: a name must be 1 to 15 lower-case letters, digits or `-`, with at least one letter, no `-` at either end and no two in a row [invalid-port-name]
              help: write a number from 1 to 65535, a range such as `8000-8010`, or a port's name
            t.yaml:4:55: error: PolicyTest: assertions[0].ports[3]: found the boolean `true`, must be a port [wrong-type]
              help: write a number from 1 to 65535, a range such as `8000-8010`, or a port's name
            t.yaml:5:10: error: PolicyTest: assertions[1].from: `web` has no namespace [unknown-value]
              help: write `ns/name`, or give the document a `metadata.namespace`
            t.yaml:5:19: error: PolicyTest: assertions[1].to: `shop/gateway/db` names no end of a flow: `gateway` is no kind [unknown-value]
              help: kinds are `cronjob`, `daemonset`, `deployment`, `job`, `replicaset`, `statefulset`, `pod`, `service`
            t.yaml:5:36: error: PolicyTest: assertions[1].protocl: unknown field `protocl` [unknown-field]
              help: did you mean `protocol`?
            t.yaml:5:58: error: PolicyTest: assertions[1].expect: `maybe` is no verdict [unknown-value]
              help: write `expect: allow` or `expect: deny`
            t.yaml:6:3: error: PolicyTest: assertions[2].from: an assertion needs `from` [missing-field]
              help: name an end, such as `shop/web`
            t.yaml:6:3: error: PolicyTest: assertions[2].expect: an assertion needs `expect` [missing-field]
              help: write `expect: allow` or `expect: deny`
            t.yaml:6:8: error: PolicyTest: assertions[2].to: there is no end in the list [empty-list]
              help: name at least one end
            t.yaml:6:22: error: PolicyTest: assertions[2].protocol: found the text `http`, which is no protocol [unknown-protocol]
              help: write TCP, UDP, SCTP, ICMP, ICMPv6 or a number from 0 to 255
            t.yaml:6:37: error: PolicyTest: assertions[2].profile: there is no profile `calcio`; profiles are `upstream`, `antrea`, `azure-npm`, `azure-npm-windows`, `calico`, `calico-windows`, `cilium`, `flannel`, `kube-network-policies`, `kube-router`, `kubenet`, `kubenet+calico` [unknown-value]
              help: name a profile, or leave it out
            t.yaml:7:10: error: PolicyTest: assertions[3].from.namespace: the selector says no namespace [missing-field]
              help: give `namespace` or `namespaceSelector`; `namespaceSelector: {}` means all of them
            t.yaml:7:42: error: PolicyTest: assertions[3].from.podSelector.matchLabels: the label value `b!` of key `a` is not valid: must consist of letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit [invalid-label-value]
              help: no object can carry such a label; write the value that the objects have
            t.yaml:7:53: error: PolicyTest: assertions[3].to: `10.0.0.1/8` is no CIDR as the API server writes it; that is `10.0.0.0/8` [unknown-value]
              help: write it so, or give one address
            t.yaml:7:88: error: PolicyTest: assertions[3].ports: the protocol has no ports [forbidden-field]
              help: leave `ports` out
        "#]],
    );
    check(
        "[]",
        expect![[r#"
        t.yaml:4:3: error: not valid YAML: simple key expected [yaml-syntax]
    "#]],
    );
}

#[test]
fn what_the_cluster_does_not_have_is_an_error_and_holds_for_no_reason() {
    check(
        "\
- {from: shop/wbe, to: data/db, ports: [80], expect: deny}
- {from: shop/web, to: [data/db, data/statefulset/db], ports: [80], expect: deny}
- {from: {namespace: shop, podSelector: {matchLabels: {app: none}}}, to: data/db, expect: deny}
- {from: svc/shop/web, to: data/db, expect: deny}
- {from: shop/web, to: data/db, ports: [http], expect: deny}
- {from: shop/web, to: svc/shop/web, ports: [81], expect: deny}
- {from: shop/web, to: svc/shop/wbe, ports: [80], expect: deny}
- {from: \"2001:db8::1\", to: data/db, expect: deny}
",
        expect![[r#"
            t.yaml:4:10: error: PolicyTest: assertions[0].from: there is no pod or workload `shop/wbe` [unknown-value]
              help: did you mean `shop/deployment/web`?
            t.yaml:5:34: error: PolicyTest: assertions[1].to[1]: there is no workload `data/statefulset/db` [unknown-value]
              help: did you mean `data/db`?
            t.yaml:6:10: error: PolicyTest: assertions[2].from: no pod has these labels there, so that nothing would be tested [unknown-value]
              help: look at the labels and at the namespace
            t.yaml:7:10: error: PolicyTest: assertions[3].from: `svc/shop/web` is a service, and connections come from pods [unknown-value]
              help: name a pod or a workload behind it
            t.yaml:8:40: error: PolicyTest: assertions[4].ports: `data/db` has no TCP port named `http` [unknown-value]
              help: give the number, or a name that it has
            t.yaml:9:45: error: PolicyTest: assertions[5].ports: `shop/service/web` has no TCP port `81`; its port is `http (TCP 80)` [unknown-value]
              help: give a port that it has
            t.yaml:10:24: error: PolicyTest: assertions[6].to: there is no service `shop/wbe` [unknown-value]
              help: did you mean `shop/service/web`?
            t.yaml:11:3: error: PolicyTest: assertions[7].to: nothing would be tested: the ends share no address family, or are one pod [unknown-value]
              help: name ends that packets can go between
        "#]],
    );
}

#[test]
fn documents_of_other_kinds_and_versions_are_told_apart() {
    let read = |text: &str| {
        let read = Assertions::read([("t.yaml", text)], None);
        read.map_or_else(
            |problems| problems.iter().map(ToString::to_string).collect(),
            |read| format!("{} assertions", read.len()),
        )
    };
    let one = "assertions: [{from: a/b, to: c/d, expect: deny}]";
    let of = |version: &str, kind: &str| read(&format!("apiVersion: {version}\nkind: {kind}\n{one}\n"));
    assert_eq!(of("portcullis.dev/v1", "PolicyTest"), "1 assertions");
    assert_eq!(of("portcullis.dev/v1", "ApprovedChanges"), "0 assertions");
    assert_eq!(of("v1", "ConfigMap"), "0 assertions");
    assert!(of("portcullis.dev/v2", "PolicyTest").contains("write `apiVersion: portcullis.dev/v1`"));
    assert!(of("portcullis.dev/v1", "policytest").contains("did you mean `PolicyTest`?"));
    let twice = format!("apiVersion: portcullis.dev/v1\nkind: PolicyTest\n{one}\n{one}\n");
    assert!(read(&twice).contains("already set"), "{}", read(&twice));
}

#[test]
fn manifests_with_assertions_in_them_load_without_a_word() {
    let text = "apiVersion: portcullis.dev/v1\nkind: PolicyTest\nassertions: []\n";
    let source = Source { name: "t.yaml".into(), text: text.into() };
    let report = load(&[source], &LoadOptions::default()).unwrap().report;
    assert!(report.problems.is_empty() && report.skipped.is_empty() && report.objects == 0, "{report:?}");
}

#[test]
fn an_assertion_holds_exactly_when_the_specification_says_so() {
    let (mut held, mut broke) = (0, 0);
    for seed in 0..150 {
        let case = Case::from_seed(seed, Scope::Tiered, 40);
        let options = case.world.options;
        let spec = Spec::new(&case.cluster, &case.policies, options);
        let engine = Engine::new(case.cluster.clone(), case.policies.clone(), options);
        for flow in &case.flows {
            let probe = Probe::new(&case.cluster, flow).unwrap();
            let is_new = probe.connection == Connection::New && !probe.via_service && !flow.stays_inside();
            // A workload to itself is asked about two of its pods.
            let is_itself = probe.from == probe.to;
            let (Some(flow), true) = (probe.flow(&case.cluster), is_new && !is_itself) else { continue };
            let Transport::Ports { protocol, port: port @ 1.., .. } = flow.transport() else { continue };
            let allowed = spec.decide(&flow).verdict().is_allow();
            let (expect, other) = if allowed { ("allow", "deny") } else { ("deny", "allow") };
            let assertion = |expect: &str| {
                format!(
                    "apiVersion: portcullis.dev/v1\nkind: PolicyTest\nassertions:\n- from: {}\n  to: {}\n  \
                     protocol: {protocol}\n  ports: [{port}]\n  expect: {expect}\n",
                    end(&probe.from),
                    end(&probe.to),
                )
            };
            let holds = |text: String| {
                let assertions = Assertions::read([("t.yaml", text.as_str())], None).unwrap();
                assertions.check(&engine).unwrap_or_else(|problems| panic!("{text}{problems:?}")).holds()
            };
            assert!(holds(assertion(expect)), "seed {seed}: {}", assertion(expect));
            assert!(!holds(assertion(other)), "seed {seed}: {}", assertion(other));
            held += usize::from(allowed);
            broke += usize::from(!allowed);
        }
    }
    assert!(held > 300 && broke > 300, "{held} {broke}");
}

fn end(end: &ProbeEnd) -> String {
    match end {
        ProbeEnd::Address(address) => format!("\"{address}\""),
        ProbeEnd::Pod(namespace, PodIdentity::Named(name)) => format!("{namespace}/pod/{name}"),
        ProbeEnd::Pod(..) => end.to_string(),
    }
}

#[test]
fn what_is_written_of_the_present_state_holds() {
    let mut written = 0;
    for seed in 0..120 {
        let case = Case::from_seed(seed, Scope::Tiered, 0);
        let engine = Engine::new(case.cluster, case.policies, case.world.options);
        let text = init(&engine);
        if text.contains("assertions: []") {
            continue;
        }
        let assertions = Assertions::read([("t.yaml", text.as_str())], None)
            .unwrap_or_else(|problems| panic!("seed {seed}: {problems:?}\n{text}"));
        let checked = assertions.check(&engine);
        let checked = checked.unwrap_or_else(|problems| panic!("seed {seed}: {problems:?}\n{text}"));
        assert!(checked.holds(), "seed {seed}: {text}");
        written += assertions.len();
    }
    assert!(written > 1_000, "{written}");
}
