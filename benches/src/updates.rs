//! Updates: how long each kind takes, and what readers feel of a thousand a second.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use portcullis::cluster::{Pod, PodIdentity};
use portcullis::label::{LabelKey, LabelValue};
use portcullis::policy::{Peer, Peers, Policy, PolicyKind, Rule};
use portcullis::selector::{Requirement, Selector};
use portcullis::{Delta, Engine, Options, Packet, PacketDecision, Reader};

use crate::measure::timed;
use crate::random::Random;
use crate::workload::{Traffic, TrafficKind, Workload};

/// How long updates of kinds are repeated at most.
const LONGEST: Duration = Duration::from_secs(8);

/// A kind of update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pod like others in its namespace comes, with an address of its own.
    PodOfKnownClass,
    /// A pod goes.
    PodGoes,
    /// A pod comes that no other is like.
    PodOfNewClass,
    /// A policy comes: a quarter for a whole namespace, the rest for one app.
    Policy,
    /// A policy goes.
    PolicyGoes,
    /// A policy comes with a list of CIDRs that no other has.
    PolicyOfNewBlocks,
    /// A namespace gets another label.
    Namespace,
    /// A node gets another address.
    Node,
}

/// An engine under updates.
pub struct Churn {
    /// The engine.
    pub engine: Engine,
    /// Objects of the workload, to make others like them.
    pods: Vec<Pod>,
    policies: Vec<Policy>,
    random: Random,
    next: u32,
    added_pods: Vec<(String, PodIdentity)>,
    added_policies: Vec<(String, String)>,
}

impl Churn {
    /// An engine over a workload.
    #[must_use]
    pub fn new(workload: &Workload, seed: u64) -> Self {
        let pods = workload.cluster.pods().map(|(_, pod)| pod.clone()).collect();
        let policies = workload.policies.policies().map(|(_, policy)| policy.clone()).collect();
        let engine = Engine::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
        Self {
            engine,
            pods,
            policies,
            random: Random::new(seed),
            next: 0,
            added_pods: Vec::new(),
            added_policies: Vec::new(),
        }
    }

    /// A delta of a kind.
    #[must_use]
    pub fn delta(&mut self, kind: Kind) -> Delta {
        self.next += 1;
        let number = self.next;
        match kind {
            Kind::PodOfKnownClass => Delta::PutPod(self.pod(number)),
            Kind::PodOfNewClass => {
                // The labels of two apps together, so that the pod is like no other and policies tell it apart.
                let mut pod = self.pod(number);
                let key = |text: &str| LabelKey::try_from(text).expect("a valid key");
                let value = |text: String| LabelValue::try_from(text.as_str()).expect("a valid value");
                pod.labels.insert(key("app"), value(format!("app-{}", self.random.below(12))));
                pod.labels.insert(key("tier"), value(format!("tier-{}", self.random.below(4))));
                pod.labels.insert(key("version"), value(format!("v{}", self.random.below(3))));
                pod.labels.insert(key("build"), value(number.to_string()));
                pod.ports.reverse();
                Delta::PutPod(pod)
            }
            Kind::PodGoes => match self.added_pods.pop() {
                Some((namespace, identity)) => Delta::RemovePod { namespace, identity },
                None => self.delta(Kind::PodOfKnownClass),
            },
            Kind::Policy | Kind::PolicyOfNewBlocks => {
                let mut policy = self.policy();
                policy.name = format!("added-{number}");
                if kind == Kind::PolicyOfNewBlocks {
                    policy.egress = Some(vec![self.blocks(number)]);
                }
                if self.random.percent(25) {
                    policy.subject.pods = Selector::everything();
                } else {
                    policy.subject.pods = self.app();
                }
                self.added_policies.push((policy.namespace.clone(), policy.name.clone()));
                Delta::PutPolicy(policy)
            }
            Kind::PolicyGoes => match self.added_policies.pop() {
                Some((namespace, name)) => {
                    Delta::RemovePolicy { kind: PolicyKind::NetworkPolicy, namespace, name }
                }
                None => self.delta(Kind::Policy),
            },
            Kind::Namespace => {
                let at = self.random.below(self.pods.len());
                let namespace = &self.pods[at].namespace;
                let id = self.engine.cluster().find_namespace(namespace).expect("it has a pod");
                let mut labels = self.engine.cluster().namespace(id).expect("it is there").labels.clone();
                let key = LabelKey::try_from("env").expect("a valid key");
                let value = LabelValue::try_from(*self.random.pick(&["prod", "staging", "dev"]));
                labels.insert(key, value.expect("a valid value"));
                Delta::PutNamespace { name: namespace.clone(), labels }
            }
            Kind::Node => {
                let count = self.engine.cluster().nodes().count();
                let at = self.random.below(count);
                let (_, node) = self.engine.cluster().nodes().nth(at).expect("there are nodes");
                let mut node = node.clone();
                node.addresses.truncate(1);
                node.addresses.push([172, 31, (number >> 8) as u8, number as u8].into());
                Delta::PutNode(node)
            }
        }
    }

    fn pod(&mut self, number: u32) -> Pod {
        let mut pod = self.random.pick(&self.pods).clone();
        pod.identity = PodIdentity::Named(format!("added-{number}"));
        // On the node of the other, beside the pods that are there.
        if let Some(std::net::IpAddr::V4(address)) = pod.addresses.first() {
            let host = 110 + number % 140;
            pod.addresses = vec![std::net::Ipv4Addr::from_bits(address.to_bits() & !0xff | host).into()];
        }
        self.added_pods.push((pod.namespace.clone(), pod.identity.clone()));
        pod
    }

    /// A policy like one that is there, but for CIDRs.
    fn policy(&mut self) -> Policy {
        loop {
            let policy = self.random.pick(&self.policies).clone();
            let mut rules = policy.ingress.iter().chain(&policy.egress).flatten();
            let has_block = |rule: &Rule| match &rule.peers {
                Peers::Any => false,
                Peers::Of(peers) => peers.iter().any(|peer| matches!(peer, Peer::IpBlock(_))),
            };
            if !rules.any(has_block) {
                return policy;
            }
        }
    }

    fn app(&mut self) -> Selector {
        let value = LabelValue::try_from(format!("app-{}", self.random.below(12)).as_str());
        let key = LabelKey::try_from("app").expect("a valid key");
        [Requirement::In(key, value.expect("a valid value").into())].into_iter().collect()
    }

    fn blocks(&mut self, number: u32) -> Rule {
        let address = std::net::Ipv4Addr::from_bits(0x5000_0000 + (number << 8));
        let cidr = portcullis::net::Cidr::new(address.into(), 24).expect("a valid length");
        let block = portcullis::net::IpBlock::new(cidr, Vec::new()).expect("no exceptions");
        let peers = Peers::Of(vec![Peer::IpBlock(block)]);
        Rule::allow(peers, portcullis::policy::Traffic::Any, portcullis::source::Position::default())
    }

    /// Applies updates of kinds in turn, so that what comes goes; how long each took, in nanoseconds, sorted, by kind.
    pub fn latencies<const N: usize>(&mut self, kinds: [Kind; N], count: usize) -> [Vec<f64>; N] {
        let mut found = kinds.map(|_| Vec::new());
        let started = Instant::now();
        // Some, however long they take: percentiles of few say what those of many do.
        for done in 0..count {
            if done >= 3 && started.elapsed() > LONGEST {
                break;
            }
            for (kind, times) in kinds.iter().zip(&mut found) {
                let delta = self.delta(*kind);
                let (time, ()) = timed((), |()| {
                    self.engine.apply(delta).expect("the delta fits");
                });
                times.push(time);
            }
        }
        for times in &mut found {
            times.sort_by(f64::total_cmp);
        }
        found
    }

    /// Packets of a workload that the engine decides otherwise than one that is built anew of what it holds.
    #[must_use]
    pub fn differences(&self, workload: &Workload, packets: usize) -> usize {
        let now = Workload {
            name: workload.name.clone(),
            cluster: self.engine.cluster().clone(),
            policies: self.engine.policies().clone(),
        };
        let anew = Engine::new(now.cluster.clone(), now.policies.clone(), Options::default());
        let traffic = Traffic::new(&now, TrafficKind::Random, packets, 7);
        let differs = |at: &usize| {
            let packet = traffic.packet(*at);
            let (ours, theirs) = (self.engine.image(), anew.image());
            ours.decision(&ours.decide(&packet)) != theirs.decision(&theirs.decide(&packet))
        };
        (0..traffic.len()).filter(differs).count()
    }
}

/// A value that so many per mille of a sorted list lie below.
#[must_use]
pub fn per_mille(sorted: &[f64], part: usize) -> f64 {
    let at = sorted.len() * part / 1000;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// How long each kind of update takes: its name, and nanoseconds, sorted.
///
/// What comes goes again, so that the cluster stays as large as it is. Of kinds that take long there are fewer.
#[must_use]
pub fn by_kind(churn: &mut Churn, count: usize) -> Vec<(&'static str, Vec<f64>)> {
    let [pod_comes, pod_goes] = churn.latencies([Kind::PodOfKnownClass, Kind::PodGoes], count);
    let [new_class, _] = churn.latencies([Kind::PodOfNewClass, Kind::PodGoes], count);
    let [policy_comes, policy_goes] = churn.latencies([Kind::Policy, Kind::PolicyGoes], count);
    let few = (count / 200).max(3);
    let [new_blocks, _] = churn.latencies([Kind::PolicyOfNewBlocks, Kind::PolicyGoes], few);
    let [namespace] = churn.latencies([Kind::Namespace], count / 4);
    let [node] = churn.latencies([Kind::Node], count / 4);
    vec![
        ("pod comes, known class", pod_comes),
        ("pod goes", pod_goes),
        ("pod comes, new class", new_class),
        ("policy comes", policy_comes),
        ("policy goes", policy_goes),
        ("policy comes, new CIDRs", new_blocks),
        ("namespace relabelled", namespace),
        ("node changes", node),
    ]
}

/// What readers felt, and whether they saw what was written.
#[derive(Clone, Debug)]
pub struct Read {
    /// Nanoseconds of each batch of packets, sorted.
    pub times: Vec<f64>,
    /// Updates that no reader can see, or that no generation counts.
    pub lost: u32,
    /// Updates that there was time for.
    pub made: u32,
    /// How long it took.
    pub time: Duration,
}

/// What two readers feel while updates go on for some time, or while all is quiet. Where updates take so long that they
/// are late, they end after four times that time.
#[must_use]
pub fn readers(churn: &mut Churn, workload: &Workload, updates: u32, time: Duration) -> Read {
    let reader = churn.engine.reader();
    let traffic = Traffic::new(workload, TrafficKind::Hot, 1 << 16, 3);
    let stop = AtomicBool::new(false);
    let before = churn.engine.image().generation();
    let began = Instant::now();
    let mut made = 0;
    let times = thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| watch(&reader, &traffic, &stop))).collect();
        let started = Instant::now();
        let kinds =
            [Kind::PodOfKnownClass, Kind::PodGoes, Kind::PodOfNewClass, Kind::Policy, Kind::PolicyGoes];
        for number in 0..updates {
            if started.elapsed() > time * 4 {
                break;
            }
            made = number + 1;
            let kind = kinds[number as usize % kinds.len()];
            let delta = churn.delta(kind);
            churn.engine.apply(delta).expect("the delta fits");
            let due = time * number / updates;
            thread::sleep(due.saturating_sub(started.elapsed()));
        }
        thread::sleep(time.saturating_sub(started.elapsed()));
        stop.store(true, Ordering::Relaxed);
        let mut all: Vec<f64> = Vec::new();
        for thread in threads {
            all.extend(thread.join().expect("readers do not fail"));
        }
        all.sort_by(f64::total_cmp);
        all
    });
    let seen = reader.pin().image().generation().wrapping_sub(before);
    Read { times, lost: made.abs_diff(seen), made, time: began.elapsed() }
}

fn watch(reader: &Reader, traffic: &Traffic, stop: &AtomicBool) -> Vec<f64> {
    let mut packets = [Packet::default(); 64];
    let mut decisions = [PacketDecision::default(); 64];
    let mut times = Vec::new();
    let mut at = 0;
    while !stop.load(Ordering::Relaxed) {
        let count = traffic.fill(at, &mut packets);
        at = if at + 128 > traffic.len() { 0 } else { at + 64 };
        let (time, ()) = timed((), |()| {
            let view = reader.pin();
            view.image().decide_batch(&packets[..count], &mut decisions);
        });
        black_box(&decisions);
        times.push(time);
    }
    times
}
