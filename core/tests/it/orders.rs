//! The order of deltas does not matter: whatever the order, the engine decides as one that is built of what is there in
//! the end.

use std::collections::HashSet;

use portcullis::generate::{Bytes, Probe, Scope, World, expand, flows};
use portcullis::policy::Policy;
use portcullis::{Decide, Delta, Engine, Reason};
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::updates::places;

/// Worlds, each with its deltas in all orders.
const CASES: u64 = 120;

#[test]
fn every_order_of_the_same_deltas_ends_in_the_decisions_of_a_rebuild() {
    let first = fresh_seed();
    println!("first seed {first}");
    let (mut orders, mut decisions, mut isolated) = (0_u32, 0_u32, 0_u32);
    for number in 0..CASES {
        let seed = first.wrapping_add(number);
        let scope = if number % 2 == 0 { Scope::Model } else { Scope::V1Valid };
        let bytes = expand(seed, 4096);
        let mut bytes = Bytes::new(&bytes);
        let base = World::generate(&mut bytes, scope);
        let pool = World::generate(&mut Bytes::new(&expand(!seed, 4096)), scope);
        let count = if number % 10 == 0 { 5 } else { 4 };
        let (deltas, after) = changes(&mut bytes, &base, &pool, count);
        // Every third case is the engine of a node.
        let node = base.pods.iter().find_map(|pod| pod.node.as_deref()).filter(|_| number % 3 == 0);
        let build = |world: &World| {
            let (cluster, policies) = (world.cluster().unwrap(), world.policy_set().unwrap());
            match node {
                Some(node) => Engine::for_node(cluster, policies, world.options, node),
                None if number % 4 == 2 => Engine::in_layers(cluster, policies, world.options),
                None => Engine::new(cluster, policies, world.options),
            }
        };
        let (mut begun, rebuilt) = (build(&base), build(&after));
        if number % 4 == 0 {
            // An engine that has been under updates before.
            begun.apply_all([]).unwrap();
        }
        let flows = flows(&mut bytes, rebuilt.cluster(), rebuilt.policies(), scope, 24);
        let expected: Vec<_> = flows.iter().map(|flow| places(&rebuilt, rebuilt.decide(flow))).collect();
        isolated += u32::from(expected.iter().flatten().any(|(reason, _)| *reason == Reason::Isolated));
        for order in permutations(deltas.len()) {
            let ordered = order.iter().map(|place| deltas[*place].clone());
            let mut engine = begun.clone();
            // One by one, and as one transaction.
            if orders.is_multiple_of(3) {
                engine.apply_all(ordered).unwrap();
            } else {
                for delta in ordered {
                    engine.apply(delta).unwrap();
                }
            }
            assert_eq!(engine.cluster(), rebuilt.cluster(), "seed {seed}, order {order:?} of {deltas:#?}");
            for (flow, expected) in flows.iter().zip(&expected) {
                let probe = Probe::new(rebuilt.cluster(), flow).unwrap();
                let found = places(&engine, engine.decide(&probe.flow(engine.cluster()).unwrap()));
                assert_eq!(&found, expected, "seed {seed}, order {order:?} of {deltas:#?}\n{flow:?}");
                decisions += 1;
            }
            orders += 1;
        }
    }
    println!("{orders} orders, {decisions} decisions; pods are isolated in {isolated} of {CASES} worlds");
    assert!(orders >= 24 * 100 && decisions > 40_000 && isolated > 30, "{orders} {decisions} {isolated}");
}

/// Deltas about different objects, and the world that they lead to.
fn changes(bytes: &mut Bytes<'_>, base: &World, pool: &World, count: usize) -> (Vec<Delta>, World) {
    let mut after = base.clone();
    let (mut deltas, mut seen) = (Vec::new(), HashSet::new());
    for _ in 0..200 {
        if deltas.len() == count {
            break;
        }
        let Some((name, delta)) = change(bytes, &after, pool) else { continue };
        if seen.insert(name) {
            make(&mut after, &delta);
            deltas.push(delta);
        }
    }
    (deltas, after)
}

/// A delta, with a name for the object that it is about.
fn change(bytes: &mut Bytes<'_>, now: &World, pool: &World) -> Option<(String, Delta)> {
    let pod = |namespace: &str, identity| format!("pod {namespace}/{identity}");
    Some(match bytes.weighted(0_u8, &[(15, 1), (10, 2), (5, 3), (5, 4), (3, 5), (25, 6), (12, 7)]) {
        0 => {
            let new = bytes.pick(&pool.pods)?.clone();
            (pod(&new.namespace, &new.identity), Delta::PutPod(new))
        }
        1 => {
            let old = bytes.pick(&now.pods)?.clone();
            let (namespace, identity) = (old.namespace, old.identity);
            (pod(&namespace, &identity), Delta::RemovePod { namespace, identity })
        }
        2 => {
            let new = bytes.pick(&pool.namespaces)?.clone();
            (format!("namespace {}", new.name), Delta::PutNamespace { name: new.name, labels: new.labels })
        }
        3 => {
            let name = bytes.pick(&now.namespaces)?.name.clone();
            (format!("namespace {name}"), Delta::RemoveNamespace { name })
        }
        4 => {
            let new = bytes.pick(&pool.nodes)?.clone();
            (format!("node {}", new.name), Delta::PutNode(new))
        }
        5 => {
            let name = bytes.pick(&now.nodes)?.name.clone();
            (format!("node {name}"), Delta::RemoveNode { name })
        }
        6 => {
            let new = bytes.pick(&pool.policies)?.clone();
            (format!("{} {new}", new.rank.kind()), Delta::PutPolicy(new))
        }
        _ => {
            let old = bytes.pick(&now.policies)?.clone();
            let name = format!("{} {old}", old.rank.kind());
            (name, Delta::RemovePolicy { kind: old.rank.kind(), namespace: old.namespace, name: old.name })
        }
    })
}

fn make(world: &mut World, delta: &Delta) {
    match delta.clone() {
        Delta::PutPod(pod) => {
            world.pods.retain(|other| (&other.namespace, &other.identity) != (&pod.namespace, &pod.identity));
            world.pods.push(pod);
        }
        Delta::RemovePod { namespace, identity } => {
            world.pods.retain(|other| (&other.namespace, &other.identity) != (&namespace, &identity));
        }
        Delta::PutNamespace { name, labels } => {
            world.namespaces.retain(|other| other.name != name);
            world.namespaces.push(portcullis::cluster::Namespace { name, labels, declared: true });
        }
        Delta::RemoveNamespace { name } => world.namespaces.retain(|other| other.name != name),
        Delta::PutNode(node) => {
            world.nodes.retain(|other| other.name != node.name);
            world.nodes.push(node);
        }
        Delta::RemoveNode { name } => world.nodes.retain(|other| other.name != name),
        Delta::PutPolicy(policy) => {
            let name = |policy: &Policy| (policy.rank.kind(), policy.to_string());
            world.policies.retain(|other| name(other) != name(&policy));
            world.policies.push(policy);
        }
        Delta::RemovePolicy { kind, namespace, name } => {
            let same = (kind, &namespace, &name);
            world.policies.retain(|other| (other.rank.kind(), &other.namespace, &other.name) != same);
        }
        other => panic!("a kind of delta that this test does not make: {other:?}"),
    }
}

/// All orders of so many things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for shorter in permutations(last) {
        for place in 0..=shorter.len() {
            let mut order = shorter.clone();
            order.insert(place, last);
            all.push(order);
        }
    }
    all
}
