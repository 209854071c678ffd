//! Compares the engine with an evaluator of other hands on generated clusters: kube-network-policies', which the
//! program in `core/spec/oracle` wraps.
//!
//! `oracle --program FILE [--flows N] [--seed S]`; `cargo xtask oracle` builds the program and runs this. Exit code 1
//! when they disagree: the case is shrunk and printed.

use std::io::{BufRead, BufReader, BufWriter, Error, Result, Write};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Instant;

use portcullis::cluster::{Cluster, Phase};
use portcullis::flow::{Flow, Transport};
use portcullis::generate::{Bytes, Case, Probe, Scope, World, case_to_yaml, shrink, to_objects};
use portcullis::{Decide, Engine, Options};
use portcullis_spec::differential::fresh_seed;

/// Flows for each cluster.
const FLOWS_PER_CLUSTER: usize = 100;

/// The verdicts of the egress and the ingress side.
type Sides = (bool, bool);

struct Arguments {
    program: String,
    flows: usize,
    seed: u64,
}

fn main() -> ExitCode {
    let outcome = arguments().and_then(|arguments| run(&arguments));
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::from(2)
    })
}

fn arguments() -> Result<Arguments> {
    let mut found = Arguments { program: String::new(), flows: 200_000, seed: fresh_seed() };
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| Error::other(format!("`{flag}` needs a value")))?;
        let no_number = |_| Error::other(format!("`{flag}`: `{value}` is no number"));
        match flag.as_str() {
            "--program" => found.program = value,
            "--flows" => found.flows = value.parse().map_err(no_number)?,
            "--seed" => found.seed = value.parse().map_err(no_number)?,
            _ => return Err(Error::other(format!("there is no option `{flag}`"))),
        }
    }
    Ok(found)
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    println!("engine ≡ kube-network-policies: seed {}", arguments.seed);
    let started = Instant::now();
    let mut oracle = Oracle::start(&arguments.program)?;
    let (mut flows, mut denied, mut clusters) = (0, 0, 0_u64);
    while flows < arguments.flows {
        let seed = arguments.seed.wrapping_add(clusters);
        let case = Case::from_seed(seed, Scope::Oracle, FLOWS_PER_CLUSTER);
        clusters = clusters.wrapping_add(1);
        let theirs = oracle.ask(&case.world, &case.cluster, &case.flows)?;
        let ours = decide(&case.world, &case.cluster, &case.flows);
        flows = flows.saturating_add(ours.len());
        denied += ours.iter().filter(|(egress, ingress)| !(*egress && *ingress)).count();
        if let Some(index) = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs) {
            println!("MISMATCH, shrunk to:\n{}", report(&mut oracle, seed, &case, case.flows.get(index))?);
            return Ok(ExitCode::FAILURE);
        }
    }
    println!(
        "no difference on {flows} flows ({denied} denied) over {clusters} clusters in {:.1} s (seed {})",
        started.elapsed().as_secs_f64(),
        arguments.seed
    );
    Ok(ExitCode::SUCCESS)
}

fn decide(world: &World, cluster: &Cluster, flows: &[Flow]) -> Vec<Sides> {
    let policies = world.policy_set().unwrap_or_default();
    let engine = Engine::new(cluster.clone(), policies, world.options);
    let decisions = flows.iter().map(|flow| engine.decide(flow));
    decisions.map(|both| (both.egress.verdict().is_allow(), both.ingress.verdict().is_allow())).collect()
}

fn report(oracle: &mut Oracle, seed: u64, case: &Case, flow: Option<&Flow>) -> Result<String> {
    let probe = flow.and_then(|flow| Probe::new(&case.cluster, flow));
    let probe = probe.ok_or_else(|| Error::other("the flow is of another cluster"))?;
    let mut fails = |world: &World, probe: &Probe| {
        is_in_domain(world)
            && matches!(sides(oracle, world, probe), Ok(Some((ours, theirs))) if ours != theirs)
    };
    let (world, probe) = shrink(case.world.clone(), probe, &mut fails);
    let both = sides(oracle, &world, &probe)?;
    let (Some((ours, theirs)), Ok(cluster)) = (both, world.cluster()) else {
        return Err(Error::other("the shrunk case is no case"));
    };
    let flow = probe.flow(&cluster).ok_or_else(|| Error::other("the shrunk case has no flow"))?;
    let engine = Engine::new(cluster, world.policy_set().unwrap_or_default(), world.options);
    let yaml = case_to_yaml(&format!("oracle-world-{seed}"), &world, &probe, engine.decide(&flow));
    Ok(format!(
        "# (egress, ingress) of the engine: {ours:?}, of kube-network-policies: {theirs:?}\n\
         # The expectations below are the engine's.\n{yaml}"
    ))
}

/// What the engine and the oracle say; nothing when the probe has no flow in this world.
fn sides(oracle: &mut Oracle, world: &World, probe: &Probe) -> Result<Option<(Sides, Sides)>> {
    let Ok(cluster) = world.cluster() else {
        return Ok(None);
    };
    let Some(flow) = probe.flow(&cluster) else {
        return Ok(None);
    };
    let theirs = oracle.ask(world, &cluster, &[flow])?;
    let ours = decide(world, &cluster, &[flow]);
    Ok(ours.first().copied().zip(theirs.first().copied()))
}

/// Whether shrinking has stayed inside what the generator makes for the oracle: its options, and one running pod
/// among those that share an address.
fn is_in_domain(world: &World) -> bool {
    let options: Options = World::generate(&mut Bytes::new(&[]), Scope::Oracle).options;
    let pods = || world.pods.iter().filter(|pod| !pod.host_network);
    let addresses = pods().flat_map(|pod| &pod.addresses);
    let owned_by_one = |address: &IpAddr| {
        let owners: Vec<_> = pods().filter(|pod| pod.addresses.contains(address)).collect();
        owners.len() == 1 || owners.iter().filter(|pod| pod.phase == Phase::Running).count() == 1
    };
    world.options == options && addresses.into_iter().all(owned_by_one)
}

/// The other evaluator, as a process that answers a line with a line.
struct Oracle {
    process: Child,
    questions: BufWriter<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    fn start(program: &str) -> Result<Self> {
        let mut process =
            Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| {
                Error::other(format!("`{program}` cannot be run: {error}; `cargo xtask oracle` builds it"))
            })?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let (questions, answers) = pipes.ok_or_else(|| Error::other("the oracle has no pipes"))?;
        Ok(Self { process, questions: BufWriter::new(questions), answers: BufReader::new(answers) })
    }

    fn ask(&mut self, world: &World, cluster: &Cluster, flows: &[Flow]) -> Result<Vec<Sides>> {
        // NP-013: the oracle believes what it is given, so every namespace is given, with the label that is its name.
        let complete = World {
            namespaces: cluster.namespaces().map(|(_, namespace)| namespace.clone()).collect(),
            ..world.clone()
        };
        let flows: Vec<String> = flows
            .iter()
            .map(to_json)
            .collect::<Option<_>>()
            .ok_or_else(|| Error::other("a flow for the oracle lacks an address"))?;
        let objects = to_objects(&complete).join(", ");
        writeln!(self.questions, r#"{{"objects": [{objects}], "flows": [{}]}}"#, flows.join(", "))?;
        self.questions.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let (egress, ingress) = line
            .trim_end_matches('\n')
            .split_once(' ')
            .ok_or_else(|| Error::other("the oracle has stopped answering"))?;
        if egress.len() != flows.len() || ingress.len() != flows.len() {
            return Err(Error::other("the oracle answers more or less than it was asked"));
        }
        Ok(egress
            .bytes()
            .zip(ingress.bytes())
            .map(|(egress, ingress)| (egress == b'1', ingress == b'1'))
            .collect())
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends by itself when its input does; waiting for the rest would only delay the report.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn to_json(flow: &Flow) -> Option<String> {
    let (from, to) = (flow.source().address()?, flow.destination().address()?);
    let (protocol, port) = match flow.transport() {
        Transport::Ports { protocol, port, .. } => (protocol.as_str(), port),
        // NP-021: the oracle's packets have no protocol where it is none of the three.
        Transport::Other { .. } => ("", 0),
    };
    Some(format!(r#"{{"from": "{from}", "to": "{to}", "protocol": "{protocol}", "port": {port}}}"#))
}
