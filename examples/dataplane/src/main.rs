//! A dataplane that really filters packets, and a test of it: network namespaces stand for pods, first packets of
//! connections go through NFQUEUE to an agent that asks the engine, which runs as a guest under wasmtime, and real
//! connections are the probes.
//!
//! ```text
//!   namespace of a pod ──veth──┐                       ┌──veth── namespace of a pod
//!                              ▼                       ▲
//!                      namespace of the node: FORWARD, first packets ─► NFQUEUE ─► agent ─► guest
//! ```
//!
//! `dataplane [--conformance FOLDER] [--most N]` plays cases: those of the corpus, and the truth tables of Kubernetes'
//! e2e suite where the folder has them. Each case is one live update (policies, labels, pods) of the one engine; then
//! every flow of it that these namespaces can carry is tried. A flow is allowed if its packet arrives, and denied if the
//! agent says that it dropped it and nothing arrives; anything else is an error. At the end guests decide that really
//! trap, each in its way, and the agent is stopped: nothing may get through, and afterwards everything has to again.
//!
//! It needs root, iproute2 and iptables. Traffic stays in the namespaces that it makes, and these go with it.

mod agent;
mod cases;
mod decider;
mod probe;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use portcullis::cluster::Cluster;
use portcullis::policy::PolicySet;
use portcullis::{Engine, Options};

use crate::agent::{Agent, Log};
use crate::cases::Situation;
use crate::decider::{Broken, Failure, Sandbox};
use crate::probe::{Outcome, Prober};
use crate::world::World;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments = cases::Arguments::read()?;
    let situations = cases::situations(&arguments)?;
    let world = World::new(situations.iter().flat_map(Situation::addresses))?;
    let mut engine = Engine::new(Cluster::default(), PolicySet::default(), Options::default());
    let mut prober = Prober::new(&world);
    let log = Arc::new(Log::default());
    let sandbox = Sandbox::new(&engine)?;
    let agent = Agent::start(&world, sandbox.guest()?, &log)?;

    let mut wrong = Vec::new();
    let mut counts = [0_usize; 2];
    for situation in &situations {
        let deltas = engine.deltas_to(&situation.cluster, &situation.policies);
        engine.apply_all(deltas).map_err(|error| error.to_string())?;
        sandbox.follow(&engine)?;
        let outcomes = prober.try_all(&situation.flows, &log)?;
        for (flow, outcome) in situation.flows.iter().zip(outcomes) {
            let is_right = outcome == if flow.allowed { Outcome::Arrived } else { Outcome::Dropped };
            counts[usize::from(flow.allowed)] += 1;
            if !is_right {
                wrong.push(format!(
                    "{}: {}: {outcome:?}, expected allowed: {}",
                    situation.title, flow.title, flow.allowed
                ));
            }
        }
    }
    let [denied, allowed] = counts;
    println!(
        "{} situations: {allowed} flows allowed and {denied} denied, {} not as decided",
        situations.len(),
        wrong.len()
    );

    let open = situations.iter().find_map(|situation| situation.all_allowed());
    let (situation, flows) = open.ok_or("no situation has flows that are allowed")?;
    let deltas = engine.deltas_to(&situation.cluster, &situation.policies);
    engine.apply_all(deltas).map_err(|error| error.to_string())?;
    sandbox.follow(&engine)?;
    let mut expect = |what: &str, wanted: Outcome| -> Result<(), String> {
        let outcomes = prober.try_all(&flows, &log)?;
        let same = outcomes.iter().filter(|outcome| **outcome == wanted).count();
        println!("{what}: {same} of {} flows: {wanted:?}", flows.len());
        if same == flows.len() {
            Ok(())
        } else {
            wrong.push(format!("{what}: {outcomes:?}, expected {wanted:?}"));
            Ok(())
        }
    };
    expect("before the crash", Outcome::Arrived)?;
    for (name, failure) in ["panics", "leaves its memory", "never ends"].into_iter().zip(Failure::ALL) {
        let broken = Broken::new(failure)?;
        agent.replace(broken.guest()?);
        expect(&format!("while the guest {name}"), Outcome::Dropped)?;
        let (traps, replacements) = broken.counts();
        println!("  {traps} traps, {replacements} instances replaced");
        if traps == 0 || replacements == 0 {
            return Err(format!("a guest that {name} was never stopped"));
        }
        agent.replace(sandbox.guest()?);
        expect("after it was replaced", Outcome::Arrived)?;
    }
    agent.stop()?;
    expect("without an agent", Outcome::Nothing)?;
    let agent = Agent::start(&world, sandbox.guest()?, &log)?;
    expect("with a new agent", Outcome::Arrived)?;
    agent.stop()?;
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}
