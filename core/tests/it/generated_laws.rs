//! Laws that hold for every cluster, on generated ones: how answers change, or do not, when a world is edited.

#![expect(clippy::arithmetic_side_effects, reason = "tests count what they did")]

use std::net::IpAddr;

use portcullis::cluster::Pod;
use portcullis::explain::TierOutcome;
use portcullis::flow::Flow;
use portcullis::generate::{Case, Scope, World};
use portcullis::label::{LabelKey, Labels};
use portcullis::net::{Cidr, IpBlock};
use portcullis::options::{NodeToOwnPod, PodToOwnNode, Sctp};
use portcullis::policy::{
    Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicySet, Rule, Tier, Traffic,
};
use portcullis::selector::{Requirement, Selector};
use portcullis::source::Position;
use portcullis::{Decide, Decision, Engine, Options, Reason, Side};
use portcullis_spec::differential::fresh_seed;

const WORLDS: u64 = 800;
const FLOWS: usize = 20;
const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// Options without what plugins do in their own way, which is where laws end.
fn by_the_text(mut options: Options) -> Options {
    for entry in Options::default().entries() {
        if Options::is_of_plugins(entry.key) {
            options.set(entry.key, entry.value).unwrap();
        }
    }
    if options.sctp != Sctp::IsolateOnly {
        options.sctp = Sctp::Evaluated;
    }
    options
}

/// Runs a law on worlds that no run had before, and says how many flows it was held against.
fn hold(law: impl Fn(&Case, u64)) {
    hold_in(Scope::V1Valid, law);
}

/// As [`hold`], on worlds of a scope.
pub(crate) fn hold_in(scope: Scope, law: impl Fn(&Case, u64)) {
    let first = fresh_seed();
    let mut flows = 0;
    for seed in (0..WORLDS).map(|number| first.wrapping_add(number)) {
        let mut case = Case::from_seed(seed, scope, FLOWS);
        case.world.options = by_the_text(case.world.options);
        flows += case.flows.len();
        law(&case, seed);
    }
    assert!(flows > 10_000, "{flows} flows are too few to speak of a law");
}

fn decide(world: &World, flows: &[Flow]) -> Vec<Decision> {
    let engine = Engine::new(world.cluster().unwrap(), world.policy_set().unwrap(), world.options);
    flows.iter().map(|flow| engine.decide(flow)).collect()
}

fn before(case: &Case) -> Vec<Decision> {
    decide(&case.world, &case.flows)
}

/// Reason and deciding rule by name, which outlive a renumbering.
fn named(side: Side, policies: &PolicySet) -> (Reason, Option<String>) {
    (side.reason, side.rule.map(|id| policies.rule(id).unwrap().to_string()))
}

fn reasons(decision: &Decision) -> (Reason, Reason) {
    (decision.egress.reason, decision.ingress.reason)
}

fn allows(decision: &Decision, direction: Direction) -> bool {
    decision.side(direction).verdict().is_allow()
}

fn rules_mut(policy: &mut Policy, direction: Direction) -> Option<&mut Vec<Rule>> {
    match direction {
        Direction::Ingress => policy.ingress.as_mut(),
        Direction::Egress => policy.egress.as_mut(),
    }
}

fn each_rule_list(world: &mut World, mut edit: impl FnMut(&mut Vec<Rule>)) {
    for policy in &mut world.policies {
        for direction in DIRECTIONS {
            if let Some(rules) = rules_mut(policy, direction) {
                edit(rules);
            }
        }
    }
}

fn policed(reason: Reason) -> bool {
    matches!(reason, Reason::Isolated | Reason::ProtocolDenied | Reason::Rule)
}

#[test]
fn np_017_no_order_of_anything_changes_a_verdict() {
    hold(|case, seed| {
        let mut world = case.world.clone();
        world.namespaces.reverse();
        world.nodes.reverse();
        world.pods.rotate_left(1);
        world.policies.reverse();
        assert_eq!(decide(&world, &case.flows), before(case), "seed {seed}: order of objects");
        each_rule_list(&mut world, |rules| {
            rules.reverse();
            for rule in rules {
                if let Peers::Of(peers) = &mut rule.peers {
                    peers.reverse();
                }
                if let Traffic::Of(items) = &mut rule.traffic {
                    items.reverse();
                }
            }
        });
        let after = decide(&world, &case.flows);
        let reasons = |all: Vec<Decision>| all.iter().map(reasons).collect::<Vec<_>>();
        assert_eq!(reasons(after), reasons(before(case)), "seed {seed}: order of rules and their items");
    });
}

#[test]
fn np_017_one_more_allow_rule_denies_nothing() {
    hold(|case, seed| {
        let mut world = case.world.clone();
        let donors = world.policies.clone();
        let mut donated = donors.iter().rev().flat_map(|policy| policy.ingress.iter().flatten()).cycle();
        each_rule_list(&mut world, |rules| rules.extend(donated.next().cloned()));
        for (before, after) in before(case).iter().zip(decide(&world, &case.flows)) {
            for direction in DIRECTIONS {
                assert!(
                    allows(&after, direction) || !allows(before, direction),
                    "seed {seed}: {before:?}, {after:?}"
                );
            }
        }
    });
}

#[test]
fn np_006_a_rule_is_the_union_of_its_peers_and_of_its_ports() {
    hold(|case, seed| {
        let mut world = case.world.clone();
        each_rule_list(&mut world, |rules| {
            let whole = std::mem::take(rules);
            for rule in whole {
                let peers = match rule.peers.clone() {
                    Peers::Any => vec![Peers::Any],
                    Peers::Of(peers) => peers.into_iter().map(|peer| Peers::Of(vec![peer])).collect(),
                };
                let traffic = match rule.traffic.clone() {
                    Traffic::Any => vec![Traffic::Any],
                    Traffic::Of(items) => items.into_iter().map(|item| Traffic::Of(vec![item])).collect(),
                };
                for peers in &peers {
                    let parts = traffic.iter().cloned();
                    rules.extend(parts.map(|traffic| Rule::allow(peers.clone(), traffic, rule.at)));
                }
            }
        });
        for (before, after) in before(case).iter().zip(decide(&world, &case.flows)) {
            assert_eq!(reasons(&after), reasons(before), "seed {seed}");
        }
    });
}

/// Adds a hole around an address to the first block that can have it, and to the same rule, if asked, a peer that is
/// the hole.
fn pierce(world: &mut World, address: IpAddr, and_fill: bool) -> Option<Cidr> {
    let hole = Cidr::new(address, if address.is_ipv4() { 32 } else { 128 }).unwrap();
    let filling = and_fill.then(|| Peer::IpBlock(IpBlock::new(hole, Vec::new()).unwrap()));
    let mut pierced = None;
    each_rule_list(world, |rules| {
        for rule in rules {
            let Peers::Of(peers) = &mut rule.peers else { continue };
            let with_hole = peers.iter().position(|peer| {
                matches!(peer, Peer::IpBlock(block) if block.contains(address) && block.cidr() != hole)
            });
            if let (None, Some(index)) = (pierced, with_hole)
                && let Peer::IpBlock(block) = &mut peers[index]
            {
                let except = block.except().iter().copied().chain([hole]).collect();
                *block = IpBlock::new(block.cidr(), except).unwrap();
                peers.extend(filling.clone());
                pierced = Some(hole);
            }
        }
    });
    pierced
}

#[test]
fn np_014_an_exception_subtracts_from_its_own_peer_only() {
    let pierced = std::cell::Cell::new(0);
    hold(|case, seed| {
        let addresses: Vec<IpAddr> = case
            .flows
            .iter()
            .flat_map(|flow| [flow.source().address(), flow.destination().address()])
            .flatten()
            .collect();
        let mut world = case.world.clone();
        let Some(hole) = addresses.iter().find_map(|address| pierce(&mut world, *address, false)) else {
            return;
        };
        pierced.set(pierced.get() + 1);
        let without = before(case);
        let with = decide(&world, &case.flows);
        for ((flow, without), with) in case.flows.iter().zip(&without).zip(&with) {
            for (direction, peer) in
                [(Direction::Ingress, flow.source()), (Direction::Egress, flow.destination())]
            {
                let (without, with) = (without.side(direction), with.side(direction));
                if peer.address().is_some_and(|address| hole.contains(address)) {
                    let lost = without.reason == Reason::Rule && with.reason == Reason::Isolated;
                    assert!(
                        lost || without.reason == with.reason,
                        "seed {seed}: an exception allowed something"
                    );
                } else {
                    assert_eq!(with, without, "seed {seed}: {hole} is not about {peer:?}");
                }
            }
        }
        let mut filled = case.world.clone();
        pierce(&mut filled, hole.address(), true);
        for (without, filled) in without.iter().zip(decide(&filled, &case.flows)) {
            assert_eq!(
                reasons(&filled),
                reasons(without),
                "seed {seed}: another peer gives back what {hole} took"
            );
        }
    });
    assert!(pierced.get() > 200, "only {} worlds had a block to pierce", pierced.get());
}

#[test]
fn np_004_no_rules_allow_nothing_and_still_isolate() {
    hold(|case, seed| {
        let mut world = case.world.clone();
        each_rule_list(&mut world, Vec::clear);
        for (before, after) in before(case).iter().zip(decide(&world, &case.flows)) {
            for direction in DIRECTIONS {
                let (before, after) = (before.side(direction).reason, after.side(direction).reason);
                let expected = if before == Reason::Rule { Reason::Isolated } else { before };
                assert_eq!(after, expected, "seed {seed}");
            }
        }
    });
}

#[test]
fn np_005_np_006_an_empty_union_matches_nothing() {
    let nothing = [
        Rule::allow(Peers::Of(Vec::new()), Traffic::Any, Position::default()),
        Rule::allow(Peers::Any, Traffic::Of(Vec::new()), Position::default()),
    ];
    hold(|case, seed| {
        let mut world = case.world.clone();
        // At the end, so that the other rules keep their places.
        each_rule_list(&mut world, |rules| rules.extend(nothing.iter().cloned()));
        let (old, new) = (world.policy_set().unwrap(), &case.policies);
        for (before, after) in before(case).iter().zip(decide(&world, &case.flows)) {
            for direction in DIRECTIONS {
                let after = named(after.side(direction), &old);
                assert_eq!(after, named(before.side(direction), new), "seed {seed}");
            }
        }
    });
}

/// The key in a domain of its own; the one that names namespaces is the control plane's and stays.
fn moved(key: &LabelKey, domain: &str) -> LabelKey {
    if *key == LabelKey::metadata_name() && domain == "space" {
        return key.clone();
    }
    LabelKey::try_from(format!("{domain}.io/{}", key.as_str().replace('/', "-")).as_str()).unwrap()
}

fn moved_labels(labels: &Labels, domain: &str) -> Labels {
    labels.iter().map(|(key, value)| (moved(key, domain), value.clone())).collect()
}

fn moved_selector(selector: &Selector, domain: &str) -> Selector {
    let moved = |requirement: &Requirement| match requirement.clone() {
        Requirement::DoesNotExist(key) => Requirement::DoesNotExist(moved(&key, domain)),
        Requirement::Exists(key) => Requirement::Exists(moved(&key, domain)),
        Requirement::In(key, values) => Requirement::In(moved(&key, domain), values),
        Requirement::NotIn(key, values) => Requirement::NotIn(moved(&key, domain), values),
    };
    selector.requirements().iter().map(moved).collect()
}

fn moved_match(selection: &PodMatch) -> PodMatch {
    let namespaces = match &selection.namespaces {
        NamespaceMatch::Named(name) => NamespaceMatch::Named(name.clone()),
        NamespaceMatch::Selected(selector) => NamespaceMatch::Selected(moved_selector(selector, "space")),
    };
    PodMatch { namespaces, pods: moved_selector(&selection.pods, "pod") }
}

#[test]
fn np_011_labels_of_pods_namespaces_and_nodes_are_worlds_apart() {
    hold(|case, seed| {
        let mut world = case.world.clone();
        for pod in &mut world.pods {
            pod.labels = moved_labels(&pod.labels, "pod");
        }
        for namespace in &mut world.namespaces {
            namespace.labels = moved_labels(&namespace.labels, "space");
        }
        for node in &mut world.nodes {
            node.labels = moved_labels(&node.labels, "node");
        }
        for policy in &mut world.policies {
            policy.subject = moved_match(&policy.subject);
        }
        each_rule_list(&mut world, |rules| {
            for rule in rules {
                let Peers::Of(peers) = &mut rule.peers else { continue };
                for peer in peers {
                    if let Peer::Pods(selection) = peer {
                        *selection = moved_match(selection);
                    }
                }
            }
        });
        assert_eq!(decide(&world, &case.flows), before(case), "seed {seed}");
    });
}

#[test]
fn np_017_without_the_last_policy_that_selects_it_a_pod_is_free_again() {
    let freed = std::cell::Cell::new(0);
    hold(|case, seed| {
        let engine = Engine::new(case.cluster.clone(), case.policies.clone(), case.world.options);
        for flow in case.flows.iter().take(5) {
            let trace = engine.explain(flow);
            for direction in DIRECTIONS {
                let side = trace.side(direction);
                if !policed(side.side.reason) {
                    continue;
                }
                // All that isolate the pod in this direction but one keep it isolated, whichever rules they have.
                let isolating: Vec<_> = side
                    .of_tier(Tier::NetworkPolicy)
                    .map(|policy| case.policies.policy(policy.policy).unwrap())
                    .collect();
                let without = |gone: &[&Policy]| {
                    let mut world = case.world.clone();
                    world.policies.retain(|policy| !gone.contains(&policy));
                    decide(&world, &[*flow])[0].side(direction).reason
                };
                assert!(policed(without(&isolating[1..])), "seed {seed}: one policy is enough to isolate");
                assert_eq!(without(&isolating), Reason::NoPolicy, "seed {seed}: none is left");
                freed.set(freed.get() + 1);
            }
        }
    });
    assert!(freed.get() > 1_000, "only {} sides were isolated", freed.get());
}

#[test]
fn np_001_a_policy_says_nothing_about_pods_of_other_namespaces() {
    hold(|case, seed| {
        let engine = Engine::new(case.cluster.clone(), case.policies.clone(), case.world.options);
        let Some(gone) = case.world.policies.last().map(|policy| policy.namespace.clone()) else { return };
        let mut world = case.world.clone();
        world.policies.retain(|policy| policy.namespace != gone);
        // The namespace goes on existing, so that the pods keep their numbers and the flows their meaning.
        let policies = world.policy_set().unwrap();
        let fewer = Engine::new(case.cluster.clone(), policies.clone(), world.options);
        for flow in &case.flows {
            let trace = engine.explain(flow);
            let after = fewer.decide(flow);
            for direction in DIRECTIONS {
                let subject = trace.side(direction).subject.and_then(|id| case.cluster.pod(id));
                if subject.is_none_or(|pod: &Pod| pod.namespace != gone) {
                    let after = named(after.side(direction), &policies);
                    assert_eq!(after, named(trace.side(direction).side, &case.policies), "seed {seed}");
                } else {
                    assert!(!policed(after.side(direction).reason), "seed {seed}: {gone} has no policy left");
                }
            }
        }
    });
}

#[test]
fn np_018_where_pods_run_changes_nothing_once_their_nodes_are_policed() {
    hold(|case, seed| {
        let mut world = case.world.clone();
        world.options.node_to_own_pod = NodeToOwnPod::Policed;
        world.options.pod_to_own_node = PodToOwnNode::Policed;
        let before = decide(&world, &case.flows);
        for pod in &mut world.pods {
            pod.node = Some("elsewhere".to_string());
            pod.host_addresses.clear();
        }
        world.nodes.clear();
        assert_eq!(decide(&world, &case.flows), before, "seed {seed}");
    });
}

#[test]
fn a_batch_of_any_size_decides_as_one_by_one() {
    hold(|case, seed| {
        let engine = Engine::new(case.cluster.clone(), case.policies.clone(), case.world.options);
        for size in [1, 3, 16, 17, FLOWS] {
            let mut found = Vec::new();
            for flows in case.flows.chunks(size) {
                engine.decide_batch(flows, &mut found);
            }
            assert_eq!(found, before(case), "seed {seed}: batches of {size}");
        }
    });
}

#[test]
fn what_is_explained_is_what_is_decided() {
    hold_in(Scope::Tiered, |case, seed| {
        let engine = Engine::new(case.cluster.clone(), case.policies.clone(), case.world.options);
        for flow in &case.flows {
            let trace = engine.explain(flow);
            assert_eq!(trace.decision, engine.decide(flow), "seed {seed}");
            for direction in DIRECTIONS {
                let side = trace.side(direction);
                assert_eq!(side.side, trace.decision.side(direction), "seed {seed}");
                let first = side.matching().next().map(|rule| rule.rule);
                let isolates = side.of_tier(Tier::NetworkPolicy).next().is_some();
                let ends = side.tiers().iter().find(|(_, outcome)| outcome.is_final()).copied();
                match side.side.reason {
                    Reason::Rule | Reason::DenyRule => {
                        assert_eq!(first, side.side.rule, "seed {seed}: {side:?}");
                        assert!(matches!(ends, Some((_, TierOutcome::Decided(_)))), "seed {seed}: {side:?}");
                    }
                    Reason::Isolated | Reason::ProtocolDenied => {
                        assert!(first.is_none() && isolates, "seed {seed}: {side:?}");
                        let expected = Some((Tier::NetworkPolicy, TierOutcome::Isolated));
                        assert_eq!(ends, expected, "seed {seed}: {side:?}");
                    }
                    Reason::NoPolicy => {
                        assert!(!isolates && ends.is_none(), "seed {seed}: {side:?}");
                    }
                    _ => assert_eq!(side.side.rule, None, "seed {seed}: {side:?}"),
                }
            }
        }
    });
}
