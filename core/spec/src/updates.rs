//! An engine that is updated, against the specification and against one that is built anew, on random transactions.

use portcullis::cluster::Pod;
use portcullis::generate::{Bytes, Probe, Scope, World, expand, flows};
use portcullis::{Decide, Decision, Delta, Engine, ImagePatch, Line, PacketDecision, Reason};

use crate::{Spec, node};

/// Worlds that objects are drawn from: names, labels and addresses repeat among them.
const POOL: u64 = 6;
/// Bytes for the choices of one transaction and the flows that are compared after it.
const STEP_BYTES: usize = 1024;

/// What a run has done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steps {
    /// Transactions.
    pub transactions: u64,
    /// Those of them that changed the image in place.
    pub in_place: u64,
    /// Deltas in them.
    pub deltas: u64,
    /// Flows that were decided all three ways.
    pub decisions: u64,
    /// Packets that were decided from the image.
    pub packets: u64,
    /// Images that were opened from their bytes.
    pub images: u64,
}

impl Steps {
    /// Adds what another run has done.
    pub fn merge(&mut self, other: Self) {
        self.transactions = self.transactions.saturating_add(other.transactions);
        self.in_place = self.in_place.saturating_add(other.in_place);
        self.deltas = self.deltas.saturating_add(other.deltas);
        self.decisions = self.decisions.saturating_add(other.decisions);
        self.packets = self.packets.saturating_add(other.packets);
        self.images = self.images.saturating_add(other.images);
    }
}

/// An engine under updates, and the objects that it should hold by now.
struct Churn {
    now: World,
    pool: Vec<World>,
    engine: Engine,
    /// The same for one node's pods.
    local: Engine,
    /// The image as patches make it.
    mirror: Vec<Line>,
}

/// Applies `transactions` to a generated world; after each the engine has to decide `flows_each` flows as the
/// specification does on its cluster, and as an engine does that is built anew.
///
/// # Errors
/// What differs first, with the transaction that led to it.
pub fn run(
    seed: u64,
    scope: Scope,
    transactions: u64,
    flows_each: usize,
    steps: &mut Steps,
) -> Result<(), String> {
    let world = |seed| World::generate(&mut Bytes::new(&expand(seed, 4096)), scope);
    let first = seed.wrapping_mul(POOL);
    let mut pool: Vec<World> = (0..POOL).map(|number| world(first.wrapping_add(number))).collect();
    let now = pool.swap_remove(0);
    let (Ok(cluster), Ok(policies)) = (now.cluster(), now.policy_set()) else {
        return Err("the generated world is none".to_string());
    };
    let node = now.pods.iter().find_map(|pod| pod.node.clone()).unwrap_or_else(|| "node-a".into());
    let local = Engine::for_node(cluster.clone(), policies.clone(), now.options, &node);
    // Of two that follow one another in a scope one has its tables in layers.
    let make = if seed & 2 == 0 { Engine::new } else { Engine::in_layers };
    let engine = make(cluster, policies, now.options);
    let mirror = lines_of(engine.image().as_bytes());
    let mut churn = Churn { now, pool, engine, local, mirror };
    for number in 0..transactions {
        let bytes = expand(seed.rotate_left(20) ^ number, STEP_BYTES);
        let mut bytes = Bytes::new(&bytes);
        let deltas = churn.transaction(&mut bytes);
        let told = format!("seed {seed}, transaction {number}: {deltas:#?}");
        steps.transactions = steps.transactions.saturating_add(1);
        steps.deltas = steps.deltas.saturating_add(u64::try_from(deltas.len()).unwrap_or(0));
        // Now and then all is built anew on the side, and takes its place whenever it is there.
        if number % 8 == 5 {
            churn.local.rebuild();
            churn.engine.rebuild();
        }
        churn.local.apply_all(deltas.clone()).map_err(|error| format!("{told}\n{error}"))?;
        let generation = churn.engine.apply_all(deltas).map_err(|error| format!("{told}\n{error}"))?;
        if Some(u64::from(generation)) != number.checked_add(1) {
            return Err(format!("{told}\nmakes generation {generation}"));
        }
        churn.patch(steps).map_err(|difference| format!("{told}\n{difference}"))?;
        churn
            .compare(&mut bytes, scope, flows_each, number.is_multiple_of(16), steps)
            .map_err(|difference| format!("{told}\n{difference}"))?;
    }
    Ok(())
}

impl Churn {
    fn transaction(&mut self, bytes: &mut Bytes<'_>) -> Vec<Delta> {
        let count = bytes.weighted(1_u8, &[(15, 2), (10, 3), (5, 6)]);
        let mut deltas = Vec::new();
        for _ in 0..count {
            deltas.extend(self.delta(bytes));
        }
        deltas
    }

    /// A delta, which is made in the objects at once.
    fn delta(&mut self, bytes: &mut Bytes<'_>) -> Option<Delta> {
        let world = bytes.pick(&self.pool)?;
        let now = &mut self.now;
        match bytes.weighted(0_u8, &[(17, 1), (10, 2), (5, 3), (5, 4), (4, 5), (18, 6), (10, 7), (3, 8)]) {
            0 => {
                let mut pod = bytes.pick(&world.pods)?.clone();
                vary(bytes, &mut pod, world, now);
                now.pods.retain(|other| !same_pod(other, &pod));
                now.pods.push(pod.clone());
                Some(Delta::PutPod(pod))
            }
            1 => {
                let pod = bytes.pick(&now.pods)?.clone();
                now.pods.retain(|other| !same_pod(other, &pod));
                Some(Delta::RemovePod { namespace: pod.namespace, identity: pod.identity })
            }
            2 => {
                let namespace = bytes.pick(&world.namespaces)?.clone();
                now.namespaces.retain(|other| other.name != namespace.name);
                now.namespaces.push(namespace.clone());
                Some(Delta::PutNamespace { name: namespace.name, labels: namespace.labels })
            }
            3 => {
                let name = bytes.pick(&now.namespaces)?.name.clone();
                now.namespaces.retain(|other| other.name != name);
                Some(Delta::RemoveNamespace { name })
            }
            4 => {
                let node = bytes.pick(&world.nodes)?.clone();
                now.nodes.retain(|other| other.name != node.name);
                now.nodes.push(node.clone());
                Some(Delta::PutNode(node))
            }
            5 => {
                let name = bytes.pick(&now.nodes)?.name.clone();
                now.nodes.retain(|other| other.name != name);
                Some(Delta::RemoveNode { name })
            }
            6 => {
                let policy = bytes.pick(&world.policies)?.clone();
                let same = |other: &portcullis::policy::Policy| {
                    (other.rank.kind(), &other.namespace, &other.name)
                        == (policy.rank.kind(), &policy.namespace, &policy.name)
                };
                now.policies.retain(|other| !same(other));
                now.policies.push(policy.clone());
                Some(Delta::PutPolicy(policy))
            }
            7 => {
                let policy = bytes.pick(&now.policies)?.clone();
                now.policies.retain(|other| *other != policy);
                let kind = policy.rank.kind();
                Some(Delta::RemovePolicy { kind, namespace: policy.namespace, name: policy.name })
            }
            _ => {
                let (name, mut addresses) = bytes.pick(&world.resolved)?.clone();
                if bytes.chance(25) {
                    addresses.clear();
                }
                now.resolved.retain(|(other, _)| *other != name);
                if !addresses.is_empty() {
                    now.resolved.push((name.clone(), addresses.clone()));
                }
                Some(Delta::Resolved { name, addresses })
            }
        }
    }

    /// Brings the mirror up to date, by way of bytes.
    fn patch(&mut self, steps: &mut Steps) -> Result<(), String> {
        let patch = self.engine.patch().ok_or("there is no patch")?;
        let read = ImagePatch::from_bytes(&patch.to_bytes()).map_err(|error| error.to_string())?;
        if read != patch {
            return Err("the patch reads back as another".to_string());
        }
        read.apply(&mut self.mirror).map_err(|error| error.to_string())?;
        let bytes: Vec<u8> = self
            .mirror
            .iter()
            .flat_map(|line| line.low.iter().chain(&line.high))
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        if bytes != self.engine.image().as_bytes() {
            return Err("the patched image is another".to_string());
        }
        if !patch.is_whole() {
            steps.in_place = steps.in_place.saturating_add(1);
        }
        Ok(())
    }

    fn compare(
        &self,
        bytes: &mut Bytes<'_>,
        scope: Scope,
        count: usize,
        reopen: bool,
        steps: &mut Steps,
    ) -> Result<(), String> {
        let (Ok(cluster), Ok(policies)) = (self.now.cluster(), self.now.policy_set()) else {
            return Err("the objects are no world any more".to_string());
        };
        if *self.engine.cluster() != cluster || *self.engine.policies() != policies {
            return Err("the engine holds other objects than it was given".to_string());
        }
        let rebuilt = Engine::new(cluster.clone(), policies.clone(), self.now.options);
        let spec = Spec::new(self.engine.cluster(), self.engine.policies(), self.now.options);
        let image = self.engine.image();
        if reopen {
            steps.images = steps.images.saturating_add(1);
            if let Err(error) = portcullis::Image::open(image.as_bytes()) {
                return Err(format!("the image cannot be opened: {error}"));
            }
        }
        for flow in flows(bytes, &cluster, &policies, scope, count) {
            let live = Probe::new(&cluster, &flow).and_then(|probe| probe.flow(self.engine.cluster()));
            let Some(live) = live else {
                return Err(format!("{flow:?} is no flow in the engine's cluster"));
            };
            let found = self.engine.decide(&live);
            let (by_spec, anew) = (spec.decide(&live), rebuilt.decide(&flow));
            if found != by_spec {
                return Err(format!("{live:?}\nengine: {found:?}\nspec:   {by_spec:?}"));
            }
            let (ours, theirs) = (places(&self.engine, found), places(&rebuilt, anew));
            if ours != theirs {
                return Err(format!("{live:?}\nengine: {ours:?}\nanew:   {theirs:?}"));
            }
            node::compare(&self.engine, &self.local, &live)?;
            steps.decisions = steps.decisions.saturating_add(1);
            if let Some(packet) = self.engine.packet(&live) {
                let alone = image.decide(&packet);
                let mut batch = [PacketDecision::default()];
                image.decide_batch(&[packet], &mut batch);
                let seen = image.decision(&alone);
                if seen != found.as_packets_see_it() || batch != [alone] {
                    return Err(format!("{packet:?}\npacket: {seen:?}\nflow:   {found:?}"));
                }
                steps.packets = steps.packets.saturating_add(1);
            }
        }
        Ok(())
    }
}

/// Changes a pod now and then, so that labels, addresses and nodes meet in other ways than the pool has them.
fn vary(bytes: &mut Bytes<'_>, pod: &mut Pod, pool: &World, now: &World) {
    if bytes.chance(35)
        && let Some(known) = bytes.pick(&now.pods)
    {
        // The same pod, changed.
        (pod.namespace, pod.identity) = (known.namespace.clone(), known.identity.clone());
    }
    if bytes.chance(20)
        && let Some(other) = bytes.pick(&pool.pods)
    {
        pod.labels = other.labels.clone();
    }
    if bytes.chance(25)
        && let Some(other) = bytes.pick(&now.pods)
    {
        // An address that another pod has, or had a moment ago.
        pod.addresses = other.addresses.clone();
    }
    if bytes.chance(15)
        && let Some(other) = bytes.pick(&pool.pods)
    {
        pod.ports = other.ports.clone();
    }
}

fn same_pod(a: &Pod, b: &Pod) -> bool {
    (&a.namespace, &a.identity) == (&b.namespace, &b.identity)
}

/// A decision with its rules by their places, which do not depend on numbers.
#[must_use]
pub fn places(engine: &Engine, decision: Decision) -> [(Reason, Option<String>); 2] {
    [decision.egress, decision.ingress].map(|side| {
        let rule = side.rule.map(|id| match engine.policies().rule(id) {
            Some(rule) => rule.to_string(),
            None => format!("no rule at all: {id:?}"),
        });
        (side.reason, rule)
    })
}

/// An image's bytes as lines.
fn lines_of(bytes: &[u8]) -> Vec<Line> {
    let mut words = bytes.chunks_exact(4).map(|word| word.try_into().map_or(0, u32::from_ne_bytes));
    let mut half = || core::array::from_fn(|_| words.next().unwrap_or(0));
    (0..bytes.len() / 64).map(|_| Line { low: half(), high: half() }).collect()
}
