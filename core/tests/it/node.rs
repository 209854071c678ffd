//! The engine of one node: for its own pods it decides as the engine of the whole cluster, and it skips the others.

use std::collections::BTreeSet;

use portcullis::generate::{Bytes, Scope, World, expand, flows};
use portcullis::{Engine, Image};
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::node::compare;

#[test]
fn the_engine_of_a_node_decides_for_its_pods_as_the_engine_of_the_cluster() {
    let first = fresh_seed();
    println!("first seed {first}");
    let (mut nodes_seen, mut decided, mut smaller) = (0, 0, 0);
    for number in 0..400 {
        let seed = first.wrapping_add(number);
        let scope = if number % 2 == 0 { Scope::Model } else { Scope::V1Valid };
        let bytes = expand(seed, 4096);
        let mut bytes = Bytes::new(&bytes);
        let world = World::generate(&mut bytes, scope);
        let (cluster, policies) = (world.cluster().unwrap(), world.policy_set().unwrap());
        let whole = Engine::new(cluster.clone(), policies.clone(), world.options);
        let flows = flows(&mut bytes, &cluster, &policies, scope, 40);
        // A node that nobody is on has an engine, too.
        let mut nodes: BTreeSet<&str> = cluster.pods().filter_map(|(_, pod)| pod.node.as_deref()).collect();
        nodes.insert("nowhere");
        for node in nodes {
            let local = Engine::for_node(cluster.clone(), policies.clone(), world.options, node);
            assert_eq!(local.node(), Some(node));
            for flow in &flows {
                compare(&whole, &local, flow)
                    .unwrap_or_else(|difference| panic!("seed {seed}\n{difference}"));
                decided += 1;
            }
            Image::open(local.image().as_bytes()).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            smaller += u32::from(local.image().sizes().bytes < whole.image().sizes().bytes);
            nodes_seen += 1;
        }
    }
    println!("{nodes_seen} nodes, {decided} decisions, {smaller} images smaller than the cluster's");
    assert!(nodes_seen > 800 && decided > 30_000 && smaller > 400, "{nodes_seen} {decided} {smaller}");
}
