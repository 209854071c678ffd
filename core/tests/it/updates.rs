//! Updates: after any transactions the engine decides as the specification does, and as if it were built anew.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use portcullis::cluster::{Cluster, ClusterBuilder, Pod, PodIdentity};
use portcullis::corpus::Scenario;
use portcullis::generate::{Bytes, Scope, expand};
use portcullis::label::{LabelValue, Labels};
use portcullis::net::Protocol;
use portcullis::policy::{NamespaceMatch, PodMatch, Policy, PolicyKind, PolicySet, Rank};
use portcullis::selector::{Requirement, Selector};
use portcullis::source::Origin;
use portcullis::{Delta, DeltaError, Engine, ImagePatch, Line, Options, Packet, PacketDecision, PatchError};
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::updates::{Steps, run};

use crate::corpus::own_scenarios;

#[test]
fn after_every_transaction_the_engine_decides_as_specified_and_as_built_anew() {
    let first = fresh_seed();
    let mut steps = Steps::default();
    for number in 0..60 {
        let scope = [Scope::Model, Scope::V1Valid, Scope::Tiered][usize::try_from(number % 3).unwrap()];
        let seed = first.wrapping_add(number);
        run(seed, scope, 40, 12, &mut steps).unwrap_or_else(|difference| panic!("{scope:?}, {difference}"));
    }
    println!("{steps:?}");
    assert!(steps.decisions > 60 * 40 * 8 && steps.packets > 60 * 40 * 3, "{steps:?}");
    assert!(steps.in_place > 60 * 40 / 2, "{steps:?}");
}

/// Whether policies isolate the pods of a namespace in both directions.
fn closed(name: &str) -> Policy {
    Policy {
        rank: Rank::NetworkPolicy,
        namespace: name.into(),
        name: "closed".into(),
        subject: PodMatch { namespaces: NamespaceMatch::Named(name.into()), pods: Selector::everything() },
        ingress: Some(Vec::new()),
        egress: Some(Vec::new()),
        unlisted: Vec::new(),
        origin: Origin::default(),
    }
}

fn pod(namespace: &str, number: u8) -> Pod {
    let mut pod = Pod::new(namespace, format!("p{number}"));
    pod.addresses = vec![[10, 0, 0, number].into()];
    pod
}

#[test]
fn readers_see_whole_transactions_while_a_writer_makes_a_thousand_a_second() {
    let mut builder = ClusterBuilder::new();
    builder.pod(pod("a", 1)).pod(pod("b", 2));
    let cluster = builder.build().unwrap();
    let mut engine = Engine::new(cluster, PolicySet::default(), Options::default());
    let reader = engine.reader();
    let (stop, seen) = (AtomicBool::new(false), AtomicU32::new(0));
    let probe = |number: u8| Packet::new([10, 0, 0, number].into(), [192, 0, 2, 1].into(), Protocol::TCP, 80);
    let watch = || {
        let (mut last, mut open) = (0, 0_u32);
        while !stop.load(Ordering::Relaxed) {
            let view = reader.pin();
            let mut found = [PacketDecision::default(); 2];
            view.image().decide_batch(&[probe(1), probe(2)], &mut found);
            let [a, b] = found;
            // A transaction closes one namespace and opens the other: exactly one of them is open in every generation
            // but the first.
            assert!(a.generation == 0 || a.verdict != b.verdict, "{a:?} {b:?}");
            assert!(a.generation == b.generation && a.generation >= last, "{a:?} after {last}");
            if a.generation > last {
                open += 1;
            }
            last = a.generation;
        }
        seen.fetch_max(open, Ordering::Relaxed);
        last
    };
    let updates = 1_000_u32;
    let (first, second) = thread::scope(|scope| {
        let (first, second) = (scope.spawn(watch), scope.spawn(watch));
        let started = Instant::now();
        for number in 0..updates {
            let (closing, opening) = if number % 2 == 0 { ("a", "b") } else { ("b", "a") };
            let mut deltas = vec![Delta::PutPolicy(closed(closing))];
            if number > 0 {
                deltas.push(Delta::RemovePolicy {
                    kind: PolicyKind::NetworkPolicy,
                    namespace: opening.into(),
                    name: "closed".into(),
                });
            }
            assert_eq!(engine.apply_all(deltas), Ok(number + 1));
            let due = Duration::from_millis(u64::from(number));
            thread::sleep(due.saturating_sub(started.elapsed()));
        }
        // The last generation is there as soon as it is made.
        let last = reader.pin().image().generation();
        stop.store(true, Ordering::Relaxed);
        assert_eq!(last, updates);
        (first.join().unwrap(), second.join().unwrap())
    });
    assert!(first.max(second) > updates / 2 && seen.into_inner() > 20, "{first} {second}");
}

#[test]
fn what_is_built_anew_on_the_side_takes_the_place_of_what_was_there_between_two_transactions() {
    let mut builder = ClusterBuilder::new();
    builder.pod(pod("a", 1)).pod(pod("b", 2));
    let mut engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
    let reader = engine.reader();
    // Every label that a policy asks for splits the pods that have it from the others.
    for number in 0..50_u8 {
        let mut labelled = pod("a", number);
        labelled.labels = [("n", &*number.to_string())]
            .into_iter()
            .map(|(key, value)| (key.try_into().unwrap(), value.try_into().unwrap()))
            .collect();
        let mut policy = closed("a");
        policy.subject.pods = Selector::from_iter([Requirement::In(
            "n".try_into().unwrap(),
            LabelValue::try_from(&*number.to_string()).unwrap().into(),
        )]);
        engine.apply_all([Delta::PutPod(labelled), Delta::PutPolicy(policy)]).unwrap();
    }
    let kind = PolicyKind::NetworkPolicy;
    engine.apply(Delta::RemovePolicy { kind, namespace: "a".into(), name: "closed".into() }).unwrap();
    // What is being built already may hold what is gone by now; what comes after it does not.
    for _ in 0..2 {
        engine.apply(Delta::PutPod(pod("b", 3))).unwrap();
        engine.rebuild();
        let started = Instant::now();
        while !engine.patch().unwrap().is_whole() {
            assert!(started.elapsed() < Duration::from_secs(60), "nothing takes its place");
            engine.apply(Delta::PutPod(pod("b", 3))).unwrap();
            thread::yield_now();
        }
    }
    let anew = Engine::new(engine.cluster().clone(), engine.policies().clone(), Options::default());
    assert_eq!(engine.image().sizes().atoms, anew.image().sizes().atoms);
    assert_eq!(reader.pin().image().generation(), engine.image().generation());
    // From then on copies are kept up to date as before.
    let mut copy: Vec<Line> = Vec::new();
    engine.patch().unwrap().apply(&mut copy).unwrap();
    let mut in_place = 0;
    for number in 4..24 {
        engine.apply(Delta::PutPod(pod("b", number))).unwrap();
        let patch = engine.patch().unwrap();
        patch.apply(&mut copy).unwrap();
        in_place += u32::from(!patch.is_whole());
    }
    assert!(in_place > 10, "{in_place}");
    assert_eq!(bytemuck::cast_slice::<Line, u8>(&copy), engine.image().as_bytes());
    assert_eq!(reader.pin().image().as_bytes(), engine.image().as_bytes());
}

#[test]
fn a_transaction_that_cannot_be_applied_changes_nothing() {
    let mut builder = ClusterBuilder::new();
    builder.pod(pod("a", 1));
    let mut engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
    let before = engine.cluster().clone();
    let gone = Delta::RemovePod { namespace: "a".into(), identity: PodIdentity::Named("p2".into()) };
    let error = engine.apply_all([Delta::PutPolicy(closed("a")), gone]);
    assert_eq!(error, Err(DeltaError::NotThere { kind: "pod", name: "a/p2".into() }));
    assert_eq!((engine.cluster(), engine.policies().len()), (&before, 0));
    assert_eq!((engine.image().generation(), engine.patch()), (0, None));
    let wrong = Delta::PutNamespace { name: "A b".into(), labels: Labels::new() };
    assert_eq!(engine.apply(wrong), Err(DeltaError::NamespaceName("A b".into())));
}

#[test]
fn a_damaged_patch_is_refused_or_makes_what_it_says() {
    let mut builder = ClusterBuilder::new();
    builder.pod(pod("a", 1)).pod(pod("b", 2));
    let mut engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
    engine.apply(Delta::PutPod(pod("a", 3))).unwrap();
    let before: Vec<_> = bytemuck::cast_slice(engine.image().as_bytes()).to_vec();
    engine.apply(Delta::PutPolicy(closed("a"))).unwrap();
    let patch = engine.patch().unwrap();
    assert!(!patch.is_whole());
    assert_eq!(patch.apply(&mut Vec::new()), Err(PatchError::Runs));
    let mut after = before.clone();
    patch.apply(&mut after).unwrap();
    assert_eq!(patch.apply(&mut after), Err(PatchError::Base { expected: 1, found: 2 }));

    let bytes = patch.to_bytes();
    for length in 0..bytes.len() {
        assert!(ImagePatch::from_bytes(&bytes[..length]).is_err(), "cut to {length}");
    }
    let random = expand(fresh_seed(), 40_000);
    let mut random = Bytes::new(&random);
    for _ in 0..10_000 {
        let mut damaged = bytes.clone();
        let at = usize::from(random.word()) % damaged.len();
        damaged[at] ^= random.byte().max(1);
        assert!(ImagePatch::from_bytes(&damaged).is_err(), "byte {at}");
    }
    // A patch that is whole, on an image that is not what it was made for: nothing changes.
    for at in 4 * 16..before.len() * 16 {
        let mut other = before.clone();
        bytemuck::cast_slice_mut::<_, u32>(&mut other)[at] ^= 1;
        let mut copy = other.clone();
        if patch.apply(&mut copy).is_err() {
            assert_eq!(copy, other);
        }
    }
}

#[test]
fn what_is_put_of_a_case_makes_it_from_nothing_and_is_removed_by_kind_and_name() {
    for (case, Scenario { cluster, policies, options }) in own_scenarios() {
        let mut engine = Engine::new(Cluster::default(), PolicySet::default(), options);
        engine.apply_all(Delta::puts(&cluster, &policies)).unwrap();
        assert_eq!(engine.deltas_to(&cluster, &policies), [], "{}", case.title());

        let mut removals = Vec::new();
        let mut remove = |kind, namespace: &str, name: &str| {
            let removal = Delta::removal(kind, namespace, name);
            removals.push(removal.unwrap_or_else(|| panic!("no `{kind}` can be removed")));
        };
        cluster.pods().for_each(|(_, pod)| match &pod.identity {
            PodIdentity::Named(name) => remove("Pod", &pod.namespace, name),
            PodIdentity::Template(workload) => {
                remove(workload.kind.as_str(), &pod.namespace, &workload.name);
            }
        });
        cluster.services().for_each(|(_, service)| remove("Service", &service.namespace, &service.name));
        cluster.slices().for_each(|slice| remove(slice.kind.as_str(), &slice.namespace, &slice.name));
        cluster.nodes().for_each(|(_, node)| remove("Node", "", &node.name));
        policies.policies().for_each(|(_, policy)| {
            remove(policy.rank.kind().as_str(), &policy.namespace, &policy.name);
        });
        let declared = cluster.namespaces().filter(|(_, namespace)| namespace.declared);
        declared.for_each(|(_, namespace)| remove("Namespace", "", &namespace.name));
        engine.apply_all(removals).unwrap();
        let left = engine.deltas_to(&Cluster::default(), &PolicySet::default());
        let is_forgotten = |delta: &Delta| matches!(delta, Delta::Resolved { .. });
        assert!(left.iter().all(is_forgotten), "{}: {left:?}", case.title());
    }
}
