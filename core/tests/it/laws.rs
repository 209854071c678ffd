//! Laws that hold for all clusters, checked on every case of the corpus.

use portcullis::cluster::{Cluster, ClusterBuilder, Pod, PodIdentity};
use portcullis::corpus::{Case, Scenario};
use portcullis::decision::{Decision, Reason, Side};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::net::{L4Protocol, PortRange};
use portcullis::policy::{
    Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicySet, PortMatch, Rank, Rule, RuleId,
    Traffic,
};
use portcullis::selector::{Requirement, Selector};
use portcullis::{Options, Verdict};

use crate::corpus::{base, implementations, scenarios_by_the_text};

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// Every flow that a case asks about.
fn flows(case: &Case, scenario: &Scenario) -> Vec<Flow> {
    case.probes.iter().flat_map(|probe| scenario.flows(probe).unwrap()).collect()
}

/// What every implementation says of flows, in one order.
fn decisions(scenario: &Scenario, flows: &[Flow]) -> Vec<Decision> {
    let decide = |(_, implementation): (_, Box<dyn portcullis::Decide + '_>)| {
        flows.iter().map(move |flow| implementation.decide(flow)).collect::<Vec<_>>()
    };
    implementations(scenario).into_iter().flat_map(decide).collect()
}

fn with_policies(scenario: &Scenario, policies: impl Iterator<Item = Policy>) -> Scenario {
    Scenario { policies: PolicySet::new(policies).unwrap(), ..scenario.clone() }
}

fn allows(side: Side) -> bool {
    side.verdict().is_allow()
}

/// CVE-2024-42488 was an order of events; here nothing has an order.
#[test]
fn the_order_in_which_objects_come_changes_no_answer() {
    for (case, scenario) in scenarios_by_the_text() {
        let mut reversed = case.clone();
        reversed.objects.reverse();
        let again = Scenario::load(&reversed, base).unwrap().unwrap();
        assert_eq!(
            (&again.cluster, again.policies.rule_count()),
            (&scenario.cluster, scenario.policies.rule_count())
        );
        let flows = flows(&case, &scenario);
        assert_eq!(decisions(&again, &flows), decisions(&scenario, &flows), "{}", case.title());
    }
}

/// antrea#3809, antrea#5777: whether two pods share a node is no policy's business.
#[test]
fn where_pods_run_changes_no_answer_between_pods() {
    for (case, scenario) in scenarios_by_the_text() {
        let is_of_pods = |decision: &Decision| {
            let outsiders = [Reason::NotAPod, Reason::HostNetwork, Reason::FinishedPod, Reason::OwnNode];
            DIRECTIONS.iter().all(|direction| !outsiders.contains(&decision.side(*direction).reason))
        };
        let flows = flows(&case, &scenario);
        let placements: [&dyn Fn(usize) -> Option<String>; 3] =
            [&|_| None, &|_| Some("one".into()), &|index| Some(format!("node-{index}"))];
        for placement in placements {
            let moved = Scenario { cluster: placed(&scenario.cluster, placement), ..scenario.clone() };
            let pairs = decisions(&scenario, &flows).into_iter().zip(decisions(&moved, &flows));
            for (before, after) in pairs.filter(|(before, _)| is_of_pods(before)) {
                assert_eq!(before, after, "{}", case.title());
            }
        }
    }
}

fn placed(cluster: &Cluster, placement: &dyn Fn(usize) -> Option<String>) -> Cluster {
    let mut builder = ClusterBuilder::new();
    for (_, namespace) in cluster.namespaces() {
        builder.namespace(namespace.name.clone(), namespace.labels.clone());
    }
    for (name, addresses) in cluster.resolved() {
        builder.resolved(name.clone(), addresses.iter().copied());
    }
    for (index, (_, pod)) in cluster.pods().enumerate() {
        builder.pod(Pod { node: placement(index), host_addresses: Vec::new(), ..pod.clone() });
    }
    builder.build().unwrap()
}

/// Whether a scenario has policies of namespaces only, so that what they say is all there is.
fn of_namespaces((_, scenario): &(Case, Scenario)) -> bool {
    scenario.policies.policies().all(|(_, policy)| policy.rank == Rank::NetworkPolicy)
}

/// CVE-2023-41333: whatever it selects by, a policy stays in its namespace.
#[test]
fn a_policy_isolates_pods_of_its_own_namespace_only() {
    for (case, scenario) in scenarios_by_the_text().into_iter().filter(of_namespaces) {
        let flows = flows(&case, &scenario);
        let before = decisions(&scenario, &flows);
        let mut namespaces: Vec<_> =
            scenario.policies.policies().map(|(_, policy)| &policy.namespace).collect();
        namespaces.dedup();
        for namespace in namespaces {
            let others = scenario.policies.policies().map(|(_, policy)| policy.clone());
            let without = with_policies(&scenario, others.filter(|policy| policy.namespace != *namespace));
            let after = decisions(&without, &flows);
            for ((flow, before), after) in flows.iter().cycle().zip(&before).zip(&after) {
                for (direction, end) in
                    [(Direction::Egress, flow.source()), (Direction::Ingress, flow.destination())]
                {
                    let subject = end.pod().and_then(|id| scenario.cluster.pod(id));
                    if subject.is_some_and(|pod| pod.namespace != *namespace) {
                        let (before, after) = (before.side(direction), after.side(direction));
                        assert_eq!(before.reason, after.reason, "{}: {direction} {flow:?}", case.title());
                    }
                }
            }
        }
    }
}

#[test]
fn another_rule_never_denies_what_was_allowed() {
    for (case, scenario) in scenarios_by_the_text().into_iter().filter(of_namespaces) {
        let flows = flows(&case, &scenario);
        let before = decisions(&scenario, &flows);
        let all = Rule::allow(Peers::Any, Traffic::Any, Default::default());
        let policies = scenario.policies.policies().map(|(_, policy)| {
            let mut policy = policy.clone();
            for rules in [&mut policy.ingress, &mut policy.egress].into_iter().flatten() {
                rules.push(all.clone());
            }
            policy
        });
        let after = decisions(&with_policies(&scenario, policies), &flows);
        for (before, after) in before.iter().zip(&after) {
            for direction in DIRECTIONS {
                assert!(allows(after.side(direction)) || !allows(before.side(direction)), "{}", case.title());
                // With a rule for everything, nothing is denied but protocols that the options deny.
                assert_ne!(after.side(direction).reason, Reason::Isolated, "{}", case.title());
            }
        }
    }
}

#[test]
fn without_policies_nothing_is_denied() {
    for (case, scenario) in scenarios_by_the_text().into_iter().filter(of_namespaces) {
        let open = with_policies(&scenario, std::iter::empty());
        let found = decisions(&open, &flows(&case, &scenario));
        assert!(found.iter().all(|decision| decision.verdict().is_allow()), "{}", case.title());
    }
}

/// CVE-2025-64715, kube-router#85: what is empty matches nothing, wherever it stands.
#[test]
fn a_rule_whose_peers_or_ports_come_to_nothing_allows_nothing() {
    let nobody = PodMatch {
        namespaces: NamespaceMatch::Selected(Selector::everything()),
        pods: [Requirement::Exists("no-such-label".try_into().unwrap())].into_iter().collect(),
    };
    let nowhere = PodMatch {
        namespaces: NamespaceMatch::Named("no-such-namespace".into()),
        pods: Selector::everything(),
    };
    let rules = [
        (Peers::Of(vec![]), Traffic::Any),
        (Peers::Any, Traffic::Of(vec![])),
        (Peers::Of(vec![Peer::Pods(nobody)]), Traffic::Any),
        (Peers::Of(vec![Peer::Pods(nowhere)]), Traffic::Any),
    ];
    for (case, scenario) in scenarios_by_the_text().into_iter().filter(of_namespaces) {
        let flows = flows(&case, &scenario);
        for (peers, traffic) in &rules {
            let empty = Rule::allow(peers.clone(), traffic.clone(), Default::default());
            let policies = scenario.policies.policies().map(|(_, policy)| Policy {
                ingress: policy.ingress.as_ref().map(|_| vec![empty.clone()]),
                egress: policy.egress.as_ref().map(|_| vec![empty.clone()]),
                ..policy.clone()
            });
            let found = decisions(&with_policies(&scenario, policies), &flows);
            let by_rule = |decision: &Decision| DIRECTIONS.iter().any(|d| decision.side(*d).rule.is_some());
            assert!(!found.iter().any(by_rule), "{}: {peers:?} {traffic:?}", case.title());
        }
    }
}

/// CVE-2026-25804: numbers that outgrow sixteen bits put rules in a wrong order.
#[test]
fn more_rules_than_sixteen_bits_can_count_keep_their_effect_and_their_names() {
    let rules: Vec<Rule> = (0_u32..70_000)
        .map(|index| {
            let (protocol, port) = match u16::try_from(index) {
                Ok(low) => (L4Protocol::Tcp, low.max(1)),
                Err(_) => (L4Protocol::Udp, u16::try_from(index - 65_535).unwrap()),
            };
            let ports = PortRange::single(port).unwrap();
            let traffic = Traffic::Of(vec![PortMatch::Numbered { protocol, ports }]);
            Rule::allow(Peers::Any, traffic, Default::default())
        })
        .collect();
    let policy = Policy {
        rank: Rank::NetworkPolicy,
        namespace: "x".into(),
        name: "many".into(),
        subject: PodMatch { namespaces: NamespaceMatch::Named("x".into()), pods: Selector::everything() },
        ingress: Some(rules),
        egress: None,
        unlisted: Vec::new(),
        origin: Default::default(),
    };
    let mut builder = ClusterBuilder::new();
    builder.pod(Pod::new("x", "a"));
    let cluster = builder.build().unwrap();
    let scenario =
        Scenario { cluster, policies: PolicySet::new([policy]).unwrap(), options: Options::default() };
    let a = Endpoint::Pod(scenario.cluster.find_pod("x", &PodIdentity::Named("a".into())).unwrap());
    let outside = Endpoint::Address("192.0.2.1".parse().unwrap());
    let cases = [
        // The first two rules are both for port 1: the first of them is named.
        (L4Protocol::Tcp, 1, Some(0)),
        (L4Protocol::Tcp, 2, Some(2)),
        (L4Protocol::Tcp, 65_535, Some(65_535)),
        (L4Protocol::Udp, 1, Some(65_536)),
        (L4Protocol::Udp, 4_464, Some(69_999)),
        (L4Protocol::Udp, 4_465, None),
        (L4Protocol::Sctp, 1, None),
    ];
    for (protocol, port, rule) in cases {
        let flow = Flow::new(&scenario.cluster, outside, a, Transport::new(protocol, port)).unwrap();
        for decision in decisions(&scenario, &[flow]) {
            assert_eq!(decision.ingress.rule, rule.map(RuleId), "{protocol} {port}");
            assert_eq!(decision.verdict(), Verdict::from(rule.is_some()));
        }
    }
}
