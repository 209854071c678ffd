//! Services: the paths of the engine's side are those of the specification, on the corpus and on generated clusters.

use std::collections::BTreeSet;

use portcullis::cluster::{Cluster, ClusterBuilder};
use portcullis::generate::{Bytes, Scope, World, calls, expand, services};
use portcullis::path::{Call, Path, Paths, Refusal};
use portcullis::policy::PolicySet;
use portcullis::{Delta, Engine, Options};
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::services::{Ways, ways};

const WORLDS: u64 = 600;
const CALLS: usize = 60;

fn found(cluster: &Cluster, call: &Call) -> Ways {
    match Paths::of(cluster, call) {
        Err(_) => Ways::Mistake,
        Ok(Paths { refusal: Some(refusal), .. }) => Ways::Nowhere(refusal),
        Ok(Paths { paths, .. }) => {
            let set: BTreeSet<Path> = paths.iter().copied().collect();
            assert_eq!(set.len(), paths.len(), "a path is there twice: {call:?}");
            Ways::Paths(set)
        }
    }
}

fn generated(seed: u64) -> (Cluster, Vec<Delta>, Vec<Call>) {
    let bytes = expand(seed, 8192);
    let mut bytes = Bytes::new(&bytes);
    let mut world = World::generate(&mut bytes, Scope::V1Valid);
    let (services, slices) = services(&mut bytes, &mut world);
    let mut builder = ClusterBuilder::new();
    let mut deltas = Vec::new();
    for namespace in &world.namespaces {
        builder.namespace(namespace.name.clone(), namespace.labels.clone());
        deltas.push(Delta::PutNamespace { name: namespace.name.clone(), labels: namespace.labels.clone() });
    }
    for node in &world.nodes {
        builder.node(node.clone());
        deltas.push(Delta::PutNode(node.clone()));
    }
    for pod in &world.pods {
        builder.pod(pod.clone());
        deltas.push(Delta::PutPod(pod.clone()));
    }
    for slice in &slices {
        builder.slice(slice.clone());
        deltas.push(Delta::PutSlice(slice.clone()));
    }
    for service in &services {
        builder.service(service.clone());
        deltas.push(Delta::PutService(service.clone()));
    }
    let cluster = builder.build().unwrap();
    let calls = calls(&mut bytes, &cluster, CALLS);
    (cluster, deltas, calls)
}

#[test]
fn paths_are_those_of_the_specification_and_the_calls_are_worth_asking() {
    let first = fresh_seed();
    let (mut total, mut with_paths, mut rewritten, mut several) = (0_usize, 0, 0, 0);
    let mut refusals = BTreeSet::new();
    for seed in (0..WORLDS).map(|number| first.wrapping_add(number)) {
        let (cluster, _, calls) = generated(seed);
        for call in &calls {
            let (engine, spec) = (found(&cluster, call), ways(&cluster, call));
            assert_eq!(engine, spec, "seed {seed}: {call:?}\n{:#?}", cluster.service(call.service));
            total += 1;
            match engine {
                Ways::Paths(paths) => {
                    with_paths += 1;
                    rewritten += usize::from(paths.iter().any(Path::is_rewritten));
                    several += usize::from(paths.len() > 1);
                }
                Ways::Nowhere(refusal) => {
                    refusals.insert(refusal.as_str());
                }
                Ways::Mistake => {}
            }
        }
    }
    println!(
        "{total} calls: {with_paths} with paths, {several} with several, {rewritten} rewritten; {refusals:?}"
    );
    assert!(with_paths * 5 > total, "{with_paths} of {total} have paths");
    assert!(
        rewritten * 40 > total && several * 20 > total,
        "{rewritten} rewritten, {several} with several paths"
    );
    let all = [Refusal::NoEndpoints, Refusal::NoLocalEndpoints, Refusal::NotExposed, Refusal::SourceRange];
    let all: BTreeSet<_> = all.iter().chain(&[Refusal::Alias(String::new())]).map(Refusal::as_str).collect();
    assert_eq!(refusals, all);
}

#[test]
fn a_cluster_that_deltas_make_is_the_one_that_is_built_and_what_is_removed_is_gone() {
    for seed in 0..200 {
        let (cluster, deltas, _) = generated(seed);
        let mut engine = Engine::new(Cluster::default(), PolicySet::default(), Options::default());
        // Backwards as well: no object needs another one to be there first.
        let deltas: Vec<_> = if seed % 2 == 0 { deltas } else { deltas.into_iter().rev().collect() };
        for part in deltas.chunks(3) {
            engine.apply_all(part.to_vec()).unwrap();
        }
        assert!(*engine.cluster() == cluster, "seed {seed}");
        let nothing = engine.deltas_to(&Cluster::default(), &PolicySet::default());
        engine.apply_all(nothing).unwrap();
        assert!(*engine.cluster() == Cluster::default(), "seed {seed}");
    }
}
