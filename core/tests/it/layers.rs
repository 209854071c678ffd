//! Layers: what the first tier says of many peers is compiled once for all who share it, and decided as specified.

use portcullis::cluster::{Cluster, ClusterBuilder, Pod, PodIdentity};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::label::{LabelValue, Labels};
use portcullis::net::{Cidr, IpBlock, L4Protocol};
use portcullis::policy::{
    Action, ClusterTier, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicyKind, PolicySet, Rank, Rule,
    Traffic,
};
use portcullis::selector::{Requirement, Selector, Values};
use portcullis::source::{Origin, Position};
use portcullis::{Decide, Delta, Engine, Options};
use portcullis_spec::Spec;

/// Pods, each of an app of its own; every other one is of the half `a`, which are enough of them for a region.
const PODS: u16 = 600;
/// Of so many apps the cluster's policy speaks.
const NAMED: u16 = 90;
/// Of so many blocks it speaks.
const BLOCKS: u8 = 70;

fn app(number: u16) -> LabelValue {
    LabelValue::try_from(&*format!("app-{number}")).unwrap()
}

fn pod(number: u16) -> Pod {
    let mut pod = Pod::new("shop", format!("p{number}"));
    let [high, low] = number.to_be_bytes();
    pod.addresses = vec![[10, 0, high, low].into()];
    let half = LabelValue::try_from(if number.is_multiple_of(2) { "a" } else { "b" }).unwrap();
    let labels = [("app".try_into().unwrap(), app(number)), ("half".try_into().unwrap(), half)];
    pod.labels = Labels::from_iter(labels);
    pod
}

/// The pods of the shop with one of these apps.
fn pods(apps: impl IntoIterator<Item = u16>) -> PodMatch {
    with("app", apps.into_iter().map(app))
}

/// The pods of the shop with one of these values of a label.
fn with(key: &str, values: impl IntoIterator<Item = LabelValue>) -> PodMatch {
    let values = Values::new(values).expect("there is a value");
    let pods = Selector::from_iter([Requirement::In(key.try_into().unwrap(), values)]);
    PodMatch { namespaces: NamespaceMatch::Named("shop".into()), pods }
}

fn cidr(text: &str) -> Cidr {
    Cidr::parse(text).unwrap().cidr
}

fn rule(action: Action, peers: Vec<Peer>) -> Rule {
    Rule { name: None, action, peers: Peers::Of(peers), traffic: Traffic::Any, at: Position::default() }
}

fn policy(rank: Rank, name: String, subject: PodMatch, ingress: Vec<Rule>) -> Policy {
    let namespace = if rank == Rank::NetworkPolicy { "shop".to_string() } else { String::new() };
    let (ingress, egress, unlisted, origin) = (Some(ingress), None, Vec::new(), Origin::default());
    Policy { rank, namespace, name, subject, ingress, egress, unlisted, origin }
}

/// Denies everyone what comes from some apps and blocks, and leaves what comes from others to those beneath.
fn of_the_cluster() -> Policy {
    let everyone = PodMatch {
        namespaces: NamespaceMatch::Selected(Selector::everything()),
        pods: Selector::everything(),
    };
    let mut rules = vec![
        rule(Action::Pass, vec![Peer::Pods(pods(0..5))]),
        rule(Action::Deny, vec![Peer::Pods(pods(0..NAMED))]),
    ];
    let blocks = (0..BLOCKS).map(|number| Peer::Networks(vec![cidr(&format!("192.{number}.0.0/16"))]));
    rules.extend(blocks.map(|block| rule(Action::Deny, vec![block])));
    let rank = Rank::ClusterNetworkPolicy { tier: ClusterTier::Admin, priority: 1 };
    policy(rank, "from-many".to_string(), everyone, rules)
}

/// Lets an app's pods be reached from its neighbour; by every third from everywhere but the pods' block, by every fifth
/// from half of all pods.
fn own(number: u16) -> Policy {
    let mut peers = vec![Peer::Pods(pods([number.wrapping_add(1) % PODS, 3]))];
    if number.is_multiple_of(3) {
        peers.push(Peer::IpBlock(IpBlock::new(cidr("0.0.0.0/0"), vec![cidr("10.0.0.0/8")]).unwrap()));
    }
    if number.is_multiple_of(5) {
        peers.push(Peer::Pods(with("half", [LabelValue::try_from("a").unwrap()])));
    }
    policy(Rank::NetworkPolicy, format!("own-{number}"), pods([number]), vec![rule(Action::Allow, peers)])
}

fn cluster() -> Cluster {
    let mut builder = ClusterBuilder::new();
    for number in 0..PODS {
        builder.pod(pod(number));
    }
    builder.build().unwrap()
}

/// Compares pairs of pods, and what comes from outside, with the specification and an engine that is built anew.
fn check(engine: &Engine) {
    let (cluster, policies) = (engine.cluster(), engine.policies());
    let spec = Spec::new(cluster, policies, Options::default());
    let anew = Engine::new(cluster.clone(), policies.clone(), Options::default());
    let outside = ["192.0.2.1", "192.69.2.1", "192.70.2.1", "10.9.9.9"]
        .map(|address| Endpoint::Address(address.parse().unwrap()));
    let ends: Vec<Endpoint> = cluster.pods().map(|(id, _)| Endpoint::Pod(id)).collect();
    // From everyone to whoever lets it in of its own, and to some others.
    let neighbours = ends.iter().skip(1).zip(&ends).step_by(7);
    let others = ends.iter().step_by(37);
    let pairs =
        ends.iter().step_by(23).chain(&outside).flat_map(|from| others.clone().map(move |to| (from, to)));
    for (from, to) in neighbours.chain(pairs) {
        let flow = Flow::new(cluster, *from, *to, Transport::new(L4Protocol::Tcp, 80)).unwrap();
        let expected = spec.decide(&flow);
        assert_eq!([engine.decide(&flow), anew.decide(&flow)], [expected; 2], "{flow:?}");
    }
}

#[test]
fn what_the_first_tier_says_of_many_peers_takes_room_once_and_stays_right_under_updates() {
    let policies = PolicySet::new((0..PODS).map(own).chain([of_the_cluster()])).unwrap();
    let mut engine = Engine::new(cluster(), policies, Options::default());
    let slots = engine.image().sizes().slots;
    // Each app's own table has its neighbours, and one table what the first tier says; who lets in half of all pods, or
    // whoever is outside, has what it says of those.
    let (pods, named, blocks) = (usize::from(PODS), usize::from(NAMED), usize::from(BLOCKS));
    assert!(slots < pods * 3 + pods / 5 * named + pods / 3 * blocks + named + blocks, "{slots}");
    check(&engine);

    let mut relabelled = pod(PODS + 1);
    relabelled.labels = pod(7).labels;
    let mut moved = pod(20);
    moved.labels = pod(PODS - 1).labels;
    let kind = PolicyKind::ClusterNetworkPolicy;
    let gone = Delta::RemovePolicy { kind, namespace: String::new(), name: "from-many".into() };
    let steps = [
        ("a pod comes of an app that the first tier denies", vec![Delta::PutPod(relabelled)]),
        ("a pod comes of an app that nobody has heard of", vec![Delta::PutPod(pod(PODS + 2))]),
        ("a pod gets another app", vec![Delta::PutPod(moved)]),
        ("an app's own policy changes", vec![Delta::PutPolicy(Policy { name: "own-8".into(), ..own(9) })]),
        ("the policy of the cluster goes", vec![gone.clone()]),
        ("and comes again", vec![Delta::PutPolicy(of_the_cluster())]),
        ("goes and comes at once", vec![gone, Delta::PutPolicy(of_the_cluster())]),
        ("pods go", (30..40).map(removed).collect()),
    ];
    for (what, deltas) in steps {
        println!("{what}");
        engine.apply_all(deltas).unwrap();
        check(&engine);
    }
}

fn removed(number: u16) -> Delta {
    Delta::RemovePod { namespace: "shop".into(), identity: PodIdentity::Named(format!("p{number}")) }
}
