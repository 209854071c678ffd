//! Suggestions: applied alone, they allow just what was seen.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::analyze::suggest::{Seen, Subject, Subjects, suggest};
use portcullis::cluster::{ClusterBuilder, Pod, PodId, PodIdentity};
use portcullis::decision::Reason;
use portcullis::flow::{Connection, Endpoint, Flow, Transport};
use portcullis::generate::{Case, Scope};
use portcullis::label::{LabelKey, LabelValue, Labels};
use portcullis::manifest::{LoadOptions, Source, Strength, load};
use portcullis::net::L4Protocol;
use portcullis::policy::{Direction, PolicySet};
use portcullis::{Decide, Engine, Options};
use portcullis_spec::Spec;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pair = |(key, value): &(&str, &str)| {
        (LabelKey::try_from(*key).unwrap(), LabelValue::try_from(*value).unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn pod(name: &str, pairs: &[(&str, &str)]) -> Pod {
    Pod { labels: labels(pairs), ..Pod::new("shop", name) }
}

fn cluster(pods: &[Pod]) -> Engine {
    let mut builder = ClusterBuilder::new();
    for pod in pods {
        builder.pod(pod.clone());
    }
    Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default())
}

fn tcp(engine: &Engine, from: &str, to: &str, port: u16) -> Seen {
    let end = |name: &str| {
        let id = engine.cluster().find_pod("shop", &PodIdentity::Named(name.into()));
        id.map_or_else(|| Endpoint::Address(name.parse().unwrap()), Endpoint::Pod)
    };
    let transport = Transport::new(L4Protocol::Tcp, port);
    let flow = Flow::new(engine.cluster(), end(from), end(to), transport).unwrap();
    Seen { sent: flow, seen: flow, count: 1 }
}

fn only(name: &str) -> Subjects {
    Subjects::Of(vec![Subject { namespace: "shop".into(), name: Some((None, name.into())) }])
}

#[test]
fn an_empty_value_and_a_missing_label_are_told_apart() {
    let engine = cluster(&[
        pod("empty", &[("app", "")]),
        pod("none", &[]),
        pod("both", &[("app", ""), ("tier", "x")]),
        pod("db", &[("app", "db")]),
    ]);
    let found = suggest(&engine, &[tcp(&engine, "none", "db", 80)], &only("db"));
    assert!(
        found.text.contains("- {key: app, operator: DoesNotExist}")
            || found.text.contains("operator: DoesNotExist")
    );
    let found = suggest(&engine, &[tcp(&engine, "empty", "db", 80)], &only("db"));
    assert!(found.text.contains("app: \"\"") && found.text.contains("DoesNotExist"), "{}", found.text);
    assert!(found.left_out.is_empty());
}

#[test]
fn what_has_the_labels_of_another_workload_is_left_out_with_the_reason() {
    let engine =
        cluster(&[pod("a", &[("app", "x")]), pod("b", &[("app", "x")]), pod("db", &[("app", "db")])]);
    let one = suggest(&engine, &[tcp(&engine, "a", "db", 80)], &only("db"));
    assert_eq!(
        one.left_out,
        [
            "shop/pod/db: TCP 80 from `shop/pod/a`: `shop/pod/b` has the very same labels, and was not seen to do the same"
        ]
    );
    assert!(!one.text.contains("from:"), "{}", one.text);
    let both = suggest(&engine, &[tcp(&engine, "a", "db", 80), tcp(&engine, "b", "db", 80)], &only("db"));
    assert!(
        both.left_out.is_empty() && both.text.contains("# shop/pod/a, shop/pod/b: 2 flows"),
        "{}",
        both.text
    );
    let subject = suggest(&engine, &[tcp(&engine, "a", "db", 80)], &only("a"));
    assert_eq!((subject.policies, subject.left_out.len()), (0, 1));
}

#[test]
fn addresses_are_put_together_where_that_adds_none_and_ports_where_they_touch() {
    let engine = cluster(&[pod("web", &[("app", "web")])]);
    let mut seen: Vec<Seen> =
        (0..4).map(|last| tcp(&engine, &format!("192.0.2.{last}"), "web", 443)).collect();
    seen.push(tcp(&engine, "192.0.2.9", "web", 443));
    seen.extend([8000, 8001, 8002].map(|port| tcp(&engine, "web", "198.51.100.1", port)));
    let found = suggest(&engine, &seen, &Subjects::AllSeen);
    for part in
        ["cidr: 192.0.2.0/30", "cidr: 192.0.2.9/32", "# 5 addresses outside: 5 flows", "endPort: 8002"]
    {
        assert!(found.text.contains(part), "{part}\n{}", found.text);
    }
    assert!(found.text.contains("# No question to DNS was seen"), "{}", found.text);
}

/// Owner and labels of a pod: what a suggestion does not tell apart.
type Unit = (String, String, Vec<(String, String)>);

fn unit(pod: &Pod) -> Unit {
    let owner = match (&pod.workload, &pod.identity) {
        (Some(workload), _) | (None, PodIdentity::Template(workload)) => workload.to_string(),
        (None, PodIdentity::Named(name)) => format!("pod/{name}"),
    };
    let per_pod = |key: &str| {
        [
            "apps.kubernetes.io/pod-index",
            "batch.kubernetes.io/job-completion-index",
            "controller-revision-hash",
            "pod-template-hash",
            "statefulset.kubernetes.io/pod-name",
        ]
        .contains(&key)
    };
    let stable = pod.labels.iter().filter(|(key, _)| !per_pod(key.as_str()));
    let stable = stable.map(|(key, value)| (key.to_string(), value.to_string())).collect();
    (pod.namespace.clone(), owner, stable)
}

#[test]
fn applied_alone_they_allow_just_what_was_seen_of_the_chosen_pods() {
    let (mut policies, mut allowed, mut denied, mut refused) = (0, 0, 0, 0);
    for seed in 0..120 {
        let case = Case::from_seed(seed, Scope::V1Valid, 60);
        let bare = Engine::new(case.cluster.clone(), PolicySet::default(), Options::default());
        let is_plain = |flow: &&Flow| {
            flow.connection() != Connection::Reply
                && !flow.stays_inside()
                && matches!(flow.transport(), Transport::Ports { port: 1.., .. })
        };
        let seen: Vec<Seen> = case
            .flows
            .iter()
            .filter(is_plain)
            .take(20)
            .map(|flow| {
                let flow = flow.with_via_service(false).with_connection(Connection::New);
                Seen { sent: flow, seen: flow, count: 1 }
            })
            .collect();
        let found = suggest(&bare, &seen, &Subjects::AllSeen);
        // What was left out is not asked about below.
        let is_left_out = |text: &str| found.left_out.iter().any(|reason| reason.contains(text));
        let source = Source { name: "s.yaml".into(), text: found.text.clone() };
        let options = LoadOptions { strength: Strength::Create, ..LoadOptions::default() };
        let loaded =
            load(&[source], &options).unwrap_or_else(|report| panic!("{seed}: {report:?}\n{}", found.text));
        assert!(
            loaded.report.problems.is_empty(),
            "seed {seed}: {:?}\n{}",
            loaded.report.problems,
            found.text
        );
        assert_eq!(loaded.policies.len(), found.policies);
        policies += found.policies;
        refused += found.left_out.len();
        let spec = Spec::new(&case.cluster, &loaded.policies, Options::default());
        let subject_of = |flow: &Flow, direction| match direction {
            Direction::Egress => (flow.source(), flow.destination()),
            Direction::Ingress => (flow.destination(), flow.source()),
        };
        let name = |id: PodId| case.cluster.pod(id).map(unit);
        let key = |flow: &Flow, direction| {
            let (subject, peer) = subject_of(flow, direction);
            let own = bare.pod_of(subject).and_then(name)?;
            let other = match bare.pod_of(peer).and_then(name) {
                Some(unit) => format!("{unit:?}"),
                None => peer.address()?.to_string(),
            };
            Some((own, other))
        };
        let mut expected: BTreeMap<_, BTreeSet<Transport>> = BTreeMap::new();
        let mut subjects = BTreeSet::new();
        for direction in [Direction::Egress, Direction::Ingress] {
            for seen in &seen {
                if let Some((own, other)) = key(&seen.sent, direction) {
                    subjects.insert(own.clone());
                    expected.entry((direction, own, other)).or_default().insert(seen.sent.transport());
                }
            }
        }
        for flow in case.flows.iter().filter(is_plain) {
            let flow = flow.with_via_service(false).with_connection(Connection::New);
            for direction in [Direction::Egress, Direction::Ingress] {
                let Some((own, other)) = key(&flow, direction) else { continue };
                if !subjects.contains(&own) || is_left_out(&format!("{}/{}", own.0, own.1)) {
                    continue;
                }
                let side = spec.decide(&flow).side(direction);
                if !matches!(side.reason, Reason::Rule | Reason::Isolated | Reason::NoPolicy) {
                    continue;
                }
                let transport = match flow.transport() {
                    Transport::Ports { protocol, port, .. } => Transport::new(protocol, port),
                    other => other,
                };
                let wanted = expected.get(&(direction, own, other)).is_some_and(|all| {
                    all.iter().any(|seen| {
                        matches!(seen, Transport::Ports { protocol, port, .. }
                        if Transport::new(*protocol, *port) == transport)
                    })
                });
                let is_allowed = side.verdict().is_allow();
                assert_eq!(is_allowed, wanted, "seed {seed}: {direction} of {flow:?}\n{}", found.text);
                allowed += usize::from(wanted);
                denied += usize::from(!wanted);
            }
        }
    }
    println!("{policies} policies, {allowed} allowed, {denied} denied, {refused} left out");
    assert!(policies > 200 && allowed > 500 && denied > 500, "{policies} {allowed} {denied}");
}
