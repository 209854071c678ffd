//! Calls to generated services: the engine's side against the specification, path by path, decision by decision.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::cluster::{Cluster, EndpointSlice, Service};
use portcullis::generate::{Bytes, Scope, World, calls, expand, services};
use portcullis::path::{Call, Path, Paths};
use portcullis::policy::PolicySet;
use portcullis::{Delta, Engine};

use crate::Spec;
use crate::services::{Ways, ways};

/// Bytes for a world, its services and the calls to them.
const BYTES: usize = 8192;

/// What a run has seen.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    /// Calls.
    pub calls: u64,
    /// Those of them that have paths.
    pub with_paths: u64,
    /// Those that have several.
    pub several: u64,
    /// Those with a path on which a node rewrites the source.
    pub rewritten: u64,
    /// Paths that were decided by both.
    pub decisions: u64,
    /// Why the others have none, by code.
    pub refusals: BTreeMap<&'static str, u64>,
}

impl Calls {
    /// Adds what another run has seen.
    pub fn merge(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.with_paths = self.with_paths.saturating_add(other.with_paths);
        self.several = self.several.saturating_add(other.several);
        self.rewritten = self.rewritten.saturating_add(other.rewritten);
        self.decisions = self.decisions.saturating_add(other.decisions);
        for (code, count) in &other.refusals {
            let sum = self.refusals.entry(code).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
}

/// Generates a world with services, leads an engine there by deltas, and compares what both make of `count` calls: the
/// same paths or the same refusal, and on each path the same decision.
///
/// # Errors
/// What differs first.
pub fn compare(seed: u64, count: usize, seen: &mut Calls) -> Result<(), String> {
    let bytes = expand(seed, BYTES);
    let mut bytes = Bytes::new(&bytes);
    let mut world = World::generate(&mut bytes, Scope::V1Valid);
    let (services, slices) = services(&mut bytes, &mut world);
    let mut engine = Engine::new(Cluster::default(), PolicySet::default(), world.options);
    // Any order will do: no object needs another one to be there first.
    let mut deltas = deltas(&world, &services, &slices);
    if seed % 2 == 1 {
        deltas.reverse();
    }
    for part in deltas.chunks(4) {
        engine.apply_all(part.to_vec()).map_err(|error| format!("seed {seed}: {error}"))?;
    }
    let spec = Spec::new(engine.cluster(), engine.policies(), world.options);
    for call in calls(&mut bytes, engine.cluster(), count) {
        let told = || format!("seed {seed}: {call:?}\n{:#?}", engine.cluster().service(call.service));
        let (found, right) = (ways_of(engine.cluster(), &call)?, ways(engine.cluster(), &call));
        if found != right {
            return Err(format!("{}\nthe engine's side has {found:#?}\nthe spec {right:#?}", told()));
        }
        seen.calls = seen.calls.saturating_add(1);
        match &found {
            Ways::Mistake => {}
            Ways::Nowhere(refusal) => {
                let sum = seen.refusals.entry(refusal.as_str()).or_default();
                *sum = sum.saturating_add(1);
            }
            Ways::Paths(paths) => {
                seen.with_paths = seen.with_paths.saturating_add(1);
                seen.several = seen.several.saturating_add(u64::from(paths.len() > 1));
                seen.rewritten =
                    seen.rewritten.saturating_add(u64::from(paths.iter().any(Path::is_rewritten)));
                for path in paths {
                    let (decided, wanted) = (path.decide(&engine), path.decide(&spec));
                    if decided != wanted {
                        return Err(format!("{}\n{path:?}\nengine {decided:?}\nspec {wanted:?}", told()));
                    }
                    seen.decisions = seen.decisions.saturating_add(1);
                }
            }
        }
    }
    // What is put can be removed, and nothing stays.
    let nothing = engine.deltas_to(&Cluster::default(), &PolicySet::default());
    engine.apply_all(nothing).map_err(|error| format!("seed {seed}: {error}"))?;
    if *engine.cluster() == Cluster::default() {
        Ok(())
    } else {
        Err(format!("seed {seed}: something stays"))
    }
}

fn ways_of(cluster: &Cluster, call: &Call) -> Result<Ways, String> {
    Ok(match Paths::of(cluster, call) {
        Err(_) => Ways::Mistake,
        Ok(Paths { refusal: Some(refusal), .. }) => Ways::Nowhere(refusal),
        Ok(Paths { paths, .. }) => {
            let set: BTreeSet<Path> = paths.iter().copied().collect();
            if set.len() != paths.len() {
                return Err(format!("a path is there twice: {call:?}"));
            }
            Ways::Paths(set)
        }
    })
}

fn deltas(world: &World, services: &[Service], slices: &[EndpointSlice]) -> Vec<Delta> {
    let namespaces = world.namespaces.iter().map(|namespace| Delta::PutNamespace {
        name: namespace.name.clone(),
        labels: namespace.labels.clone(),
    });
    let nodes = world.nodes.iter().cloned().map(Delta::PutNode);
    let pods = world.pods.iter().cloned().map(Delta::PutPod);
    let policies = world.policies.iter().cloned().map(Delta::PutPolicy);
    let slices = slices.iter().cloned().map(Delta::PutSlice);
    let services = services.iter().cloned().map(Delta::PutService);
    namespaces.chain(nodes).chain(pods).chain(policies).chain(slices).chain(services).collect()
}
