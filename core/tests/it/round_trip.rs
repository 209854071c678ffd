//! Generated worlds written as manifests and loaded again are the same worlds.

use portcullis::Decide;
use portcullis::corpus::read;
use portcullis::generate::{Bytes, Case, Probe, Scope, World, case_to_yaml, expand, to_objects};
use portcullis::manifest::{LoadOptions, Source, load};
use portcullis::policy::{Policy, Rule};
use portcullis::source::{Origin, Position};
use portcullis_spec::Spec;

use crate::corpus::mismatches;

const WORLDS: u64 = 2_000;

/// The policy without the places that it was read from.
fn without_places(policy: &Policy) -> Policy {
    let rules = |rules: &Option<Vec<Rule>>| {
        let rules = rules.as_ref()?.iter().map(|rule| Rule { at: Position::default(), ..rule.clone() });
        Some(rules.collect())
    };
    Policy {
        ingress: rules(&policy.ingress),
        egress: rules(&policy.egress),
        unlisted: rules(&Some(policy.unlisted.clone())).unwrap_or_default(),
        origin: Origin::default(),
        ..policy.clone()
    }
}

/// A world of which manifests say everything: names are resolved by nobody.
fn world(seed: u64) -> World {
    let mut world = World::generate(&mut Bytes::new(&expand(seed, 3_000)), Scope::Tiered);
    world.resolved.clear();
    world
}

fn assert_same(world: &World, text: &str, seed: u64) {
    let source = Source { name: "world.yaml".into(), text: text.to_string() };
    let loaded = load(&[source], &LoadOptions::default())
        .unwrap_or_else(|report| panic!("seed {seed}: {:#?}\n{text}", report.problems));
    let cluster = world.cluster().unwrap();
    for ((_, found), (_, expected)) in loaded.cluster.pods().zip(cluster.pods()) {
        assert_eq!(found, expected, "seed {seed}:\n{text}");
    }
    assert_eq!(loaded.cluster, cluster, "seed {seed}:\n{text}");
    let policies = world.policy_set().unwrap();
    let found: Vec<_> = loaded.policies.policies().map(|(_, policy)| without_places(policy)).collect();
    let expected: Vec<_> = policies.policies().map(|(_, policy)| policy.clone()).collect();
    assert_eq!(found, expected, "seed {seed}:\n{text}");
}

#[test]
fn a_world_written_as_documents_loads_as_it_was() {
    for seed in 0..WORLDS {
        let world = world(seed);
        assert_same(&world, &to_objects(&world).join("\n---\n"), seed);
    }
}

#[test]
fn a_world_written_as_one_json_list_loads_as_it_was() {
    for seed in 0..WORLDS / 4 {
        let world = world(seed);
        let items = to_objects(&world).join(",\n");
        assert_same(&world, &format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{items}]}}"#), seed);
    }
}

#[test]
fn a_generated_case_written_for_the_corpus_asks_and_answers_the_same() {
    for seed in 0..WORLDS / 8 {
        let case = Case::from_seed(seed, Scope::Tiered, 5);
        let spec = Spec::new(&case.cluster, &case.policies, case.world.options);
        for flow in &case.flows {
            let probe = Probe::new(&case.cluster, flow).unwrap();
            let text = case_to_yaml(&format!("world-{seed}"), &case.world, &probe, spec.decide(flow));
            let read = read(&text).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
            assert_eq!(read.len(), 1, "seed {seed}:\n{text}");
            let lines = mismatches(&read[0]);
            assert!(lines.is_empty(), "seed {seed}: {}\n{text}", lines.join("\n"));
        }
    }
}
