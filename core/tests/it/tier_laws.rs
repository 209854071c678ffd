//! Laws of tiers that hold for every cluster, on generated ones: what administrators' policies can and cannot do.

use std::collections::BTreeSet;

use portcullis::flow::Flow;
use portcullis::generate::{Case, Scope, World};
use portcullis::options::{HandOver, TieBreak, UnknownFields};
use portcullis::policy::{
    Action, ClusterTier, Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, Rank, Rule, Tier, Traffic,
};
use portcullis::selector::Selector;
use portcullis::source::{Origin, Position};
use portcullis::{Decide, Decision, Engine, Reason};

use crate::generated_laws::hold_in;

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];

/// Runs a law on worlds with policies of the cluster, where ties go by name and nothing is left to the implementation.
fn hold(law: impl Fn(&World, &[Flow], u64)) {
    hold_in(Scope::Tiered, |case: &Case, seed| {
        let mut world = case.world.clone();
        world.options.tie_break = TieBreak::Name;
        world.options.hand_over = HandOver::Direction;
        world.options.unknown_fields = UnknownFields::FailClosed;
        law(&world, &case.flows, seed);
    });
}

fn engine(world: &World) -> Engine {
    Engine::new(world.cluster().unwrap(), world.policy_set().unwrap(), world.options)
}

fn decide(world: &World, flows: &[Flow]) -> Vec<Decision> {
    let engine = engine(world);
    flows.iter().map(|flow| engine.decide(flow)).collect()
}

fn allows(decision: &Decision, direction: Direction) -> bool {
    decision.side(direction).verdict().is_allow()
}

fn verdicts(decisions: &[Decision]) -> Vec<[bool; 2]> {
    decisions.iter().map(|decision| DIRECTIONS.map(|direction| allows(decision, direction))).collect()
}

fn rule(action: Action, peers: Peers) -> Rule {
    Rule { name: None, action, peers, traffic: Traffic::Any, at: Position::default() }
}

fn everybody() -> PodMatch {
    PodMatch { namespaces: NamespaceMatch::Selected(Selector::everything()), pods: Selector::everything() }
}

/// A policy of the cluster for everybody, with one rule each way.
fn policy(tier: ClusterTier, priority: u16, name: &str, action: Action) -> Policy {
    Policy {
        rank: Rank::ClusterNetworkPolicy { tier, priority },
        namespace: String::new(),
        name: name.to_string(),
        subject: everybody(),
        ingress: Some(vec![rule(action, Peers::Any)]),
        egress: Some(vec![rule(action, Peers::Any)]),
        unlisted: Vec::new(),
        origin: Origin::default(),
    }
}

fn with(world: &World, policy: Policy) -> World {
    let mut world = world.clone();
    world.policies.push(policy);
    world
}

/// Somewhere in a tier: first, last or in between.
fn places(seed: u64) -> (ClusterTier, u16, &'static str) {
    let tier = if seed.is_multiple_of(2) { ClusterTier::Admin } else { ClusterTier::Baseline };
    match seed % 3 {
        0 => (tier, 0, "0"),
        1 => (tier, 5, "m"),
        _ => (tier, 1000, "zzzzzzzz"),
    }
}

fn of_cluster(policy: &Policy) -> bool {
    policy.rank != Rank::NetworkPolicy
}

/// Gives the policies of the cluster priorities that leave room between them, in the order that they have.
fn spread(world: &mut World) {
    let step = 40;
    let mut ranks: Vec<(Tier, u16)> = world
        .policies
        .iter()
        .filter_map(|policy| Some((policy.rank.tier(), policy.rank.priority()?)))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    ranks.sort_unstable();
    for policy in &mut world.policies {
        let Some(own) = policy.rank.priority() else { continue };
        let place = ranks.iter().position(|rank| *rank == (policy.rank.tier(), own)).unwrap();
        let priority = u16::try_from(place).unwrap().saturating_mul(step);
        assert!(priority <= 1000, "more priorities than there is room for");
        match &mut policy.rank {
            Rank::AdminNetworkPolicy { priority: own } | Rank::ClusterNetworkPolicy { priority: own, .. } => {
                *own = priority;
            }
            Rank::BaselineAdminNetworkPolicy | Rank::NetworkPolicy => {}
        }
    }
}

#[test]
fn one_more_rule_that_accepts_denies_nothing_wherever_it_stands() {
    hold(|world, flows, seed| {
        let (tier, priority, name) = places(seed);
        let more = with(world, policy(tier, priority, name, Action::Allow));
        for (before, after) in decide(world, flows).iter().zip(decide(&more, flows)) {
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
fn one_more_rule_that_denies_allows_nothing_wherever_it_stands() {
    hold(|world, flows, seed| {
        let (tier, priority, name) = places(seed);
        let more = with(world, policy(tier, priority, name, Action::Deny));
        for (before, after) in decide(world, flows).iter().zip(decide(&more, flows)) {
            for direction in DIRECTIONS {
                assert!(
                    allows(before, direction) || !allows(&after, direction),
                    "seed {seed}: {before:?}, {after:?}"
                );
            }
        }
    });
}

#[test]
fn a_pass_at_the_end_of_a_tier_is_as_good_as_none() {
    hold(|world, flows, seed| {
        let tier = if seed.is_multiple_of(2) { ClusterTier::Admin } else { ClusterTier::Baseline };
        let mut world = world.clone();
        // The policy without a priority comes after all others, this one too.
        world.policies.retain(|policy| policy.rank != Rank::BaselineAdminNetworkPolicy);
        let more = with(&world, policy(tier, 1000, "zzzzzzzz", Action::Pass));
        assert_eq!(verdicts(&decide(&world, flows)), verdicts(&decide(&more, flows)), "seed {seed}");
    });
}

#[test]
fn a_pass_at_the_start_of_admin_takes_the_whole_tier_away() {
    hold(|world, flows, seed| {
        let mut without = world.clone();
        without.policies.retain(|policy| policy.rank.tier() != Tier::Admin);
        let mut passing = world.clone();
        spread(&mut passing);
        for policy in &mut passing.policies {
            match &mut policy.rank {
                Rank::AdminNetworkPolicy { priority } | Rank::ClusterNetworkPolicy { priority, .. } => {
                    *priority += 1
                }
                Rank::BaselineAdminNetworkPolicy | Rank::NetworkPolicy => {}
            }
        }
        passing.policies.push(policy(ClusterTier::Admin, 0, "0", Action::Pass));
        assert_eq!(verdicts(&decide(&without, flows)), verdicts(&decide(&passing, flows)), "seed {seed}");
    });
}

#[test]
fn a_pass_in_baseline_allows() {
    hold(|world, flows, seed| {
        let mut accepting = world.clone();
        for policy in accepting.policies.iter_mut().filter(|policy| policy.rank.tier() == Tier::Baseline) {
            for rules in [&mut policy.ingress, &mut policy.egress] {
                // A rule with a peer or a protocol that nobody knows fails closed, which accepting it would not.
                let passing = rules.iter_mut().flatten().filter(|rule| rule.action == Action::Pass);
                passing.filter(|rule| !has_unknown(rule)).for_each(|rule| rule.action = Action::Allow);
            }
        }
        assert_eq!(verdicts(&decide(world, flows)), verdicts(&decide(&accepting, flows)), "seed {seed}");
    });
}

fn has_unknown(rule: &Rule) -> bool {
    let peer = matches!(&rule.peers, Peers::Of(peers) if peers.iter().any(|peer| matches!(peer, Peer::Unknown | Peer::DomainNames(_))));
    let port = matches!(&rule.traffic, Traffic::Of(items) if items.iter().any(|item| matches!(item, portcullis::policy::PortMatch::Unknown)));
    peer || port
}

#[test]
fn a_policy_of_the_cluster_without_rules_changes_nothing() {
    hold(|world, flows, seed| {
        let (tier, priority, name) = places(seed);
        let empty = Policy {
            ingress: Some(Vec::new()),
            egress: Some(Vec::new()),
            ..policy(tier, priority, name, Action::Deny)
        };
        assert_eq!(
            verdicts(&decide(world, flows)),
            verdicts(&decide(&with(world, empty), flows)),
            "seed {seed}"
        );
    });
}

#[test]
fn priorities_count_by_their_order_alone() {
    hold(|world, flows, seed| {
        let mut other = world.clone();
        spread(&mut other);
        assert_eq!(decide(world, flows), decide(&other, flows), "seed {seed}");
    });
}

#[test]
fn the_rules_of_a_policy_are_policies_of_one_rule_in_a_row() {
    hold(|world, flows, seed| {
        let mut world = world.clone();
        // Equal priorities have no order of their own to keep, and the last one has no priority.
        let mut seen = BTreeSet::new();
        world.policies.retain(|policy| match policy.rank.priority() {
            Some(priority) => seen.insert((policy.rank.tier(), priority)),
            None => policy.rank == Rank::NetworkPolicy,
        });
        spread(&mut world);
        let mut split = world.clone();
        split.policies.retain(|policy| !of_cluster(policy));
        for policy in world.policies.iter().filter(|policy| of_cluster(policy)) {
            let count = policy.ingress.iter().chain(&policy.egress).map(Vec::len).max().unwrap_or(0);
            assert!(count <= 40, "more rules than there is room for");
            for index in 0..count {
                let mut part = policy.clone();
                part.name = format!("{}-{index}", policy.name);
                let later = u16::try_from(index).unwrap();
                match &mut part.rank {
                    Rank::AdminNetworkPolicy { priority } | Rank::ClusterNetworkPolicy { priority, .. } => {
                        *priority += later;
                    }
                    Rank::BaselineAdminNetworkPolicy | Rank::NetworkPolicy => {}
                }
                for rules in [&mut part.ingress, &mut part.egress] {
                    *rules = rules.as_ref().map(|rules| rules.get(index).cloned().into_iter().collect());
                }
                split.policies.push(part);
            }
        }
        assert_eq!(verdicts(&decide(&world, flows)), verdicts(&decide(&split, flows)), "seed {seed}");
    });
}

#[test]
fn once_admin_has_accepted_everything_no_later_tier_is_asked() {
    hold(|world, flows, seed| {
        let mut world = world.clone();
        world.policies.retain(|policy| policy.rank.tier() != Tier::Admin);
        world.policies.push(policy(ClusterTier::Admin, 0, "0", Action::Allow));
        let mut alone = world.clone();
        alone.policies.retain(|policy| policy.rank.tier() == Tier::Admin);
        assert_eq!(verdicts(&decide(&world, flows)), verdicts(&decide(&alone, flows)), "seed {seed}");
    });
}

#[test]
fn baseline_has_no_say_where_policies_of_a_namespace_isolate() {
    hold(|world, flows, seed| {
        let mut without = world.clone();
        without.policies.retain(|policy| policy.rank.tier() != Tier::Baseline);
        let engine = engine(&without);
        for (flow, (with, without)) in
            flows.iter().zip(decide(world, flows).iter().zip(decide(&without, flows)))
        {
            for direction in DIRECTIONS {
                let side = without.side(direction);
                let by_namespace = side.rule.and_then(|id| engine.policies().rule(id));
                let by_namespace = by_namespace.is_some_and(|rule| rule.policy.rank == Rank::NetworkPolicy);
                if by_namespace || side.reason == Reason::Isolated {
                    assert_eq!(with.side(direction).reason, side.reason, "seed {seed}: {flow:?}");
                }
            }
        }
    });
}

#[test]
fn both_kinds_of_policies_of_admin_mean_the_same() {
    hold(|world, flows, seed| {
        let mut newer = world.clone();
        let taken: BTreeSet<String> = world
            .policies
            .iter()
            .filter(|policy| matches!(policy.rank, Rank::ClusterNetworkPolicy { .. }))
            .map(|policy| policy.name.clone())
            .collect();
        for policy in &mut newer.policies {
            if let Rank::AdminNetworkPolicy { priority } = policy.rank
                && !taken.contains(&policy.name)
            {
                policy.rank = Rank::ClusterNetworkPolicy { tier: ClusterTier::Admin, priority };
            }
        }
        assert_eq!(verdicts(&decide(world, flows)), verdicts(&decide(&newer, flows)), "seed {seed}");
    });
}

#[test]
fn a_peer_that_nobody_knows_makes_a_denial_one_of_everything() {
    hold(|world, flows, seed| {
        let change = |peers: fn() -> Peers| {
            let mut world = world.clone();
            for policy in world.policies.iter_mut().filter(|policy| of_cluster(policy)) {
                for rule in policy.ingress.iter_mut().chain(&mut policy.egress).flatten() {
                    if rule.action == Action::Deny && !has_unknown(rule) {
                        rule.peers = peers();
                        rule.traffic = Traffic::Any;
                    }
                }
            }
            world
        };
        let unknown = change(|| Peers::Of(vec![Peer::Unknown]));
        let any = change(|| Peers::Any);
        assert_eq!(verdicts(&decide(&unknown, flows)), verdicts(&decide(&any, flows)), "seed {seed}");
    });
}

#[test]
fn what_the_cluster_says_of_one_direction_is_nothing_to_the_other() {
    hold(|world, flows, seed| {
        let mut ingress_only = world.clone();
        for policy in ingress_only.policies.iter_mut().filter(|policy| of_cluster(policy)) {
            policy.egress = None;
        }
        for (whole, half) in decide(world, flows).iter().zip(decide(&ingress_only, flows)) {
            assert_eq!(whole.ingress.verdict(), half.ingress.verdict(), "seed {seed}: {whole:?}, {half:?}");
        }
    });
}
