//! Engine against specification on generated cases: one comparison, for tests, fuzzing and the command that runs for
//! as long as asked; and the figures that say whether the cases were any good.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};
use std::time::{SystemTime, UNIX_EPOCH};

use portcullis::cluster::Cluster;
use portcullis::flow::Flow;
use portcullis::generate::{Case, Probe, World, case_to_yaml, shrink};
use portcullis::policy::{PolicySet, Tier};
use portcullis::{Decide, Decision, Engine, Options, Reason, Side};

use crate::Spec;

/// A flow that the engine decides otherwise than the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The flow.
    pub flow: Flow,
    /// What the engine says.
    pub engine: Decision,
    /// What the specification says.
    pub spec: Decision,
}

/// What was decided so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Cases, one cluster each.
    pub cases: u64,
    /// Distinct worlds among them, by hash.
    pub worlds: BTreeSet<u64>,
    /// Flows decided by both.
    pub decisions: u64,
    /// Flows that are allowed.
    pub allowed: u64,
    /// Flows of which at least one side was decided by policies that isolate a pod.
    pub policed: u64,
    /// Sides by reason.
    pub reasons: BTreeMap<Reason, u64>,
}

impl Tally {
    /// Adds what another run has counted.
    pub fn merge(&mut self, other: Self) {
        self.cases = self.cases.saturating_add(other.cases);
        self.worlds.extend(other.worlds);
        self.decisions = self.decisions.saturating_add(other.decisions);
        self.allowed = self.allowed.saturating_add(other.allowed);
        self.policed = self.policed.saturating_add(other.policed);
        for (reason, count) in other.reasons {
            let sum = self.reasons.entry(reason).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// How many per mille of all decisions a number is.
    #[must_use]
    pub fn per_mille(&self, part: u64) -> u64 {
        part.saturating_mul(1000).checked_div(self.decisions).unwrap_or(0)
    }

    /// How many per mille of all sides have a reason.
    #[must_use]
    pub fn per_mille_of_sides(&self, reason: Reason) -> u64 {
        self.per_mille(self.reasons.get(&reason).copied().unwrap_or(0)) / 2
    }

    fn count(&mut self, decision: Decision) {
        self.decisions = self.decisions.saturating_add(1);
        if decision.verdict().is_allow() {
            self.allowed = self.allowed.saturating_add(1);
        }
        let sides = [decision.egress.reason, decision.ingress.reason];
        let by_policy = |reason: &Reason| {
            matches!(reason, Reason::Rule | Reason::Isolated | Reason::DenyRule | Reason::ProtocolDenied)
        };
        if sides.iter().any(by_policy) {
            self.policed = self.policed.saturating_add(1);
        }
        for reason in sides {
            let sum = self.reasons.entry(reason).or_default();
            *sum = sum.saturating_add(1);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |per_mille: u64| format!("{}.{} %", per_mille / 10, per_mille % 10);
        writeln!(
            f,
            "{} decisions over {} clusters ({} distinct): {} allowed, {} touch an isolated pod",
            self.decisions,
            self.cases,
            self.worlds.len(),
            percent(self.per_mille(self.allowed)),
            percent(self.per_mille(self.policed)),
        )?;
        f.write_str("sides by reason:")?;
        for reason in
            Reason::ALL.iter().filter(|reason| !matches!(reason, Reason::NotEvaluated | Reason::Skipped))
        {
            write!(f, " {reason} {}", percent(self.per_mille_of_sides(*reason)))?;
        }
        Ok(())
    }
}

/// Decides every flow of a case both ways: verdict, reason and rule of both sides have to be equal. Where there is a first
/// tier, an engine with its tables in layers has to say the same.
///
/// # Errors
/// The first flow on which they are not.
pub fn compare(case: &Case, tally: &mut Tally) -> Result<(), Mismatch> {
    let spec = Spec::new(&case.cluster, &case.policies, case.world.options);
    let make = |make: fn(Cluster, PolicySet, Options) -> Engine| {
        make(case.cluster.clone(), case.policies.clone(), case.world.options)
    };
    let mut engines = vec![make(Engine::new)];
    if case.policies.policies().any(|(_, policy)| policy.rank.tier() == Tier::Admin) {
        engines.push(make(Engine::in_layers));
    }
    tally.cases = tally.cases.saturating_add(1);
    tally.worlds.insert(fingerprint(&case.world));
    let unanswered = Side::without_rule(Reason::NotEvaluated);
    let batches = engines.iter().map(|engine| {
        let mut batch = Vec::with_capacity(case.flows.len());
        engine.decide_batch(&case.flows, &mut batch);
        // A batch that loses flows is wrong on the first that it lost.
        batch.resize(case.flows.len(), Decision { egress: unanswered, ingress: unanswered });
        batch
    });
    let batches: Vec<Vec<Decision>> = batches.collect();
    for (at, flow) in case.flows.iter().enumerate() {
        let expected = spec.decide(flow);
        let alone = engines.iter().map(|engine| engine.decide(flow));
        for found in alone.chain(batches.iter().filter_map(|batch| batch.get(at).copied())) {
            if found != expected {
                return Err(Mismatch { flow: *flow, engine: found, spec: expected });
            }
        }
        tally.count(expected);
    }
    Ok(())
}

/// Shrinks what two evaluators disagree on and writes it as a case of the corpus, with a comment that says how they
/// differ.
#[must_use]
pub fn report(name: &str, case: &Case, mismatch: &Mismatch) -> String {
    let Some(probe) = Probe::new(&case.cluster, &mismatch.flow) else {
        return format!("# {name}: the flow is of another cluster: {mismatch:?}\n");
    };
    let mut fails = |world: &World, probe: &Probe| disagreement(world, probe).is_some();
    let (world, probe) = shrink(case.world.clone(), probe, &mut fails);
    let Mismatch { engine, spec, .. } = disagreement(&world, &probe).unwrap_or(*mismatch);
    let mut text = format!("# engine: {engine:?}\n# spec:   {spec:?}\n");
    text.push_str(&case_to_yaml(name, &world, &probe, spec));
    text
}

fn disagreement(world: &World, probe: &Probe) -> Option<Mismatch> {
    let (Ok(cluster), Ok(policies)) = (world.cluster(), world.policy_set()) else {
        return None;
    };
    let flows = vec![probe.flow(&cluster)?];
    let case = Case { world: world.clone(), cluster, policies, flows };
    compare(&case, &mut Tally::default()).err()
}

/// A seed that no run had before.
#[must_use]
pub fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // The nanoseconds are what differs between two runs.
    now.as_secs().rotate_left(32) ^ u64::from(now.subsec_nanos())
}

/// A number that tells worlds apart.
fn fingerprint(world: &World) -> u64 {
    struct Sink(DefaultHasher);
    impl Write for Sink {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut sink = Sink(DefaultHasher::new());
    // The sink takes everything, so writing to it cannot fail.
    let _ = write!(sink, "{world:?}");
    sink.0.finish()
}
