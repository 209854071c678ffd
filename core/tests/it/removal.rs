//! Removal: what is said to be redundant can go, and what is said to be needed cannot, on generated clusters.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use portcullis::analyze::{Need, Removal, Removals, difference};
use portcullis::cluster::{Pod, PodIdentity};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::generate::{Case, Scope, World};
use portcullis::manifest::{LoadOptions, Source, load};
use portcullis::policy::{Direction, Policy, PolicyKind};
use portcullis::{Decide, Engine, Options};
use portcullis_spec::differential::fresh_seed;

const WORLDS: u64 = 400;
const ICMP: u8 = 1;

/// A world of which a list says all there is: each pod is alone, with one address, and no address is a node's.
fn listable(mut world: World) -> World {
    world.options = Options::default();
    world.nodes.clear();
    for (number, pod) in world.pods.iter_mut().enumerate() {
        pod.identity = PodIdentity::Named(format!("pod-{number}"));
        pod.workload = None;
        pod.addresses.truncate(1);
        pod.host_addresses.clear();
    }
    world
}

fn engine(world: &World) -> Engine {
    Engine::new(world.cluster().unwrap(), world.policy_set().unwrap(), world.options)
}

type Name = (PolicyKind, String, String);

fn name(policy: &Policy) -> Name {
    (policy.rank.kind(), policy.namespace.clone(), policy.name.clone())
}

/// Something to remove, by names, which outlive a renumbering.
#[derive(Clone, Debug)]
struct Target {
    policy: Name,
    rule: Option<(Direction, usize)>,
}

fn targets(engine: &Engine) -> Vec<(Target, Removal)> {
    let mut found = Vec::new();
    for (id, policy) in engine.policies().policies() {
        found.push((Target { policy: name(policy), rule: None }, Removal::Policy(id)));
        for direction in [Direction::Ingress, Direction::Egress] {
            for index in 0..policy.rules(direction).map_or(0, <[_]>::len) {
                let rule = engine.policies().rule_id(id, direction, index).unwrap();
                let target = Target { policy: name(policy), rule: Some((direction, index)) };
                found.push((target, Removal::Rule(rule)));
            }
        }
    }
    found
}

/// Removes in an order in which no index moves before it is used.
fn without(world: &World, targets: &[Target]) -> World {
    let mut world = world.clone();
    let mut targets = targets.to_vec();
    targets.sort_by_key(|target| std::cmp::Reverse(target.rule.map(|(_, index)| index)));
    for Target { policy: wanted, rule } in targets {
        match rule {
            None => world.policies.retain(|policy| name(policy) != wanted),
            Some((direction, index)) => {
                for policy in world.policies.iter_mut().filter(|policy| name(policy) == wanted) {
                    let rules = match direction {
                        Direction::Ingress => policy.ingress.as_mut(),
                        Direction::Egress => policy.egress.as_mut(),
                    };
                    rules.unwrap().remove(index);
                }
            }
        }
    }
    world
}

/// An address and its neighbours.
fn around(address: IpAddr) -> Vec<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            [bits, bits.saturating_sub(1), bits.saturating_add(1)]
                .map(|bits| Ipv4Addr::from_bits(bits).into())
                .to_vec()
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            [bits, bits.saturating_sub(1), bits.saturating_add(1)]
                .map(|bits| Ipv6Addr::from_bits(bits).into())
                .to_vec()
        }
    }
}

/// Whether flows of protocols without ports, which lists leave out, are decided alike.
fn same_without_ports(one: &Engine, other: &Engine) -> bool {
    let cluster = one.cluster();
    // A finished pod without an address is no end of any flow, though it can be asked about.
    let is_end = |pod: &Pod| !(pod.is_finished() && pod.addresses.is_empty());
    let pods = cluster.pods().filter(|(_, pod)| is_end(pod));
    let pods: Vec<Endpoint> = pods.map(|(id, _)| Endpoint::Pod(id)).collect();
    let outside = ["192.0.2.77", "10.0.0.0", "2001:db8::77", "8.8.8.8"].map(|text| text.parse().unwrap());
    let blocks = one.policies().policies().flat_map(|(_, policy)| {
        let rules = policy.ingress.iter().chain(&policy.egress).flatten();
        let peers = rules.filter_map(|rule| match &rule.peers {
            portcullis::policy::Peers::Of(peers) => Some(peers),
            portcullis::policy::Peers::Any => None,
        });
        peers.flatten().flat_map(|peer| match peer {
            portcullis::policy::Peer::IpBlock(block) => {
                let holes = block.except().iter().flat_map(|hole| [hole.address(), hole.last_address()]);
                holes.chain([block.cidr().address(), block.cidr().last_address()]).flat_map(around).collect()
            }
            portcullis::policy::Peer::Networks(networks) => {
                let ends = networks.iter().flat_map(|network| [network.address(), network.last_address()]);
                ends.flat_map(around).collect()
            }
            _ => Vec::new(),
        })
    });
    let names = cluster.resolved().flat_map(|(_, addresses)| addresses.iter().copied());
    let addresses = outside.into_iter().chain(blocks).chain(names).map(Endpoint::Address);
    let ends: Vec<Endpoint> = pods.iter().copied().chain(addresses).collect();
    let transport = Transport::Other { protocol: ICMP, icmp: None };
    for from in &ends {
        for to in &ends {
            let Ok(flow) = Flow::new(cluster, *from, *to, transport) else { continue };
            if one.decide(&flow).verdict() != other.decide(&flow).verdict() {
                return false;
            }
        }
    }
    true
}

#[test]
fn something_is_redundant_exactly_when_its_removal_changes_no_flow() {
    let first = fresh_seed();
    let mut counts = [0_u32; 4];
    let (mut flows_without_ports, mut unseen) = (0_u32, 0_u32);
    for seed in (0..WORLDS).map(|number| first.wrapping_add(number)) {
        let scope = if seed % 2 == 0 { Scope::Tiered } else { Scope::V1Valid };
        let world = listable(Case::from_seed(seed, scope, 0).world);
        let before = engine(&world);
        let mut removals = Removals::of(&before);
        for (target, removal) in targets(&before) {
            let need = removals.need(removal);
            let after = engine(&without(&world, std::slice::from_ref(&target)));
            let same = difference(&before, &after).is_nothing();
            let place = format!("seed {seed}: {target:?}: {need:?}");
            counts[match need {
                Need::Needed => 0,
                Need::Idle => 1,
                Need::Covered { .. } => 2,
                Need::Blocked { .. } => 3,
            }] += 1;
            if need.is_redundant() {
                assert!(same, "{place}, and the list changes: {:#?}", difference(&before, &after));
                assert!(same_without_ports(&before, &after), "{place}, and a flow without ports changes");
            } else if same {
                // Lists leave out protocols without ports, which are asked about here, and what the pods of one workload do
                // among themselves, which is not: there, "needed" is the careful answer and cannot be told from a wrong one.
                if same_without_ports(&before, &after) {
                    unseen += 1;
                } else {
                    flows_without_ports += 1;
                }
            }
        }
    }
    println!(
        "needed, idle, covered, blocked: {counts:?}; by flows without ports alone: {flows_without_ports}"
    );
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
    assert!(
        unseen.saturating_mul(100) < counts[0],
        "needed without a change that is seen: {unseen} of {counts:?}"
    );
}

#[test]
fn everything_that_is_taken_can_go_together() {
    let first = fresh_seed();
    let mut taken_at_all = 0;
    for seed in (0..WORLDS / 2).map(|number| first.wrapping_add(number)) {
        let world = listable(Case::from_seed(seed, Scope::Tiered, 0).world);
        let before = engine(&world);
        let mut removals = Removals::of(&before);
        let mut taken = Vec::new();
        for (target, removal) in targets(&before).into_iter().rev() {
            if matches!(removals.need(removal), Need::Covered { .. }) {
                removals.take(removal);
                taken.push(target);
            }
        }
        // A rule of a policy that goes as a whole goes with it.
        taken_at_all += taken.len();
        let policies: Vec<Name> =
            taken.iter().filter(|it| it.rule.is_none()).map(|it| it.policy.clone()).collect();
        taken.retain(|target| target.rule.is_none() || !policies.contains(&target.policy));
        let after = engine(&without(&world, &taken));
        let change = difference(&before, &after);
        assert!(change.is_nothing(), "seed {seed}: without {taken:#?}: {change:#?}");
    }
    assert!(taken_at_all > 200, "{taken_at_all}");
}

/// Two pods that no policy tells apart, in different namespaces: a policy asks for the namespace of the one and the labels
/// of the other, and selects neither.
#[test]
fn the_namespace_of_one_pod_and_the_labels_of_another_make_no_subject() {
    let text = "
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: a}
---
apiVersion: v1
kind: Pod
metadata: {name: one, namespace: b, labels: {app: b}}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: d}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: leaves, namespace: a}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: [{to: [{namespaceSelector: {}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: selects-nobody, namespace: d}
spec: {podSelector: {matchLabels: {app: b}}}
";
    let source = Source { name: "two.yaml".into(), text: text.into() };
    let loaded = load(&[source], &LoadOptions::default()).unwrap();
    let engine = Engine::new(loaded.cluster, loaded.policies, Options::default());
    let mut removals = Removals::of(&engine);
    let needs =
        targets(&engine).into_iter().map(|(target, removal)| (target.policy.2, removals.need(removal)));
    let needs: Vec<(String, Need)> = needs.collect();
    let expected = [("leaves", Need::Needed), ("leaves", Need::Needed), ("selects-nobody", Need::Idle)];
    assert_eq!(needs, expected.map(|(name, need)| (name.to_string(), need)));
}
