//! Measuring one workload.

use portcullis::{Engine, Options, Sizes};
use portcullis_benches::heap::{self, Heap};
use portcullis_benches::measure::{Mode, Samples, image_pass, timed};
use portcullis_benches::peers::{Maps, Shape};
use portcullis_benches::workload::{Traffic, TrafficKind, Workload};

use crate::check;
use crate::peers::{PeerMeasured, Peers};
use crate::results::Results;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) packets: usize,
    pub(crate) repeats: usize,
    pub(crate) compiles: usize,
    pub(crate) seed: u64,
    pub(crate) kinds: &'static [TrafficKind],
    /// Seconds of comparing with the specification, for each kind of traffic.
    pub(crate) check: f64,
    pub(crate) peers: bool,
    pub(crate) shape: bool,
}

impl Effort {
    /// What the sizes get, without peers.
    pub(crate) const fn new(seed: u64, kinds: &'static [TrafficKind]) -> Self {
        Self {
            packets: 1 << 20,
            repeats: 11,
            compiles: 3,
            seed,
            kinds,
            check: 1.0,
            peers: false,
            shape: false,
        }
    }
}

/// Repeats that peers get: they are slower, and further from what decides between them.
const PEER_REPEATS: usize = 5;

/// What was measured of one workload.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) decide: Vec<(TrafficKind, Mode, Samples)>,
    pub(crate) peers: Vec<PeerMeasured>,
    pub(crate) allowed: f64,
    pub(crate) compile: Samples,
    pub(crate) heap: Heap,
    pub(crate) sizes: Sizes,
    pub(crate) shape: Option<Shape>,
    pub(crate) pods: usize,
    pub(crate) policies: usize,
    pub(crate) rules: usize,
    /// CIDRs in the policies' lists, where the workload is made to have so many.
    pub(crate) cidrs: usize,
}

pub(crate) fn measure(
    workload: &Workload,
    effort: Effort,
    results: &mut Results,
) -> Result<Measured, String> {
    let build = |(cluster, policies)| Engine::new(cluster, policies, Options::default());
    let input = || (workload.cluster.clone(), workload.policies.clone());

    // What the engine is made from was there before.
    let given = input();
    let (engine, heap) = heap::count(|| build(given));
    let mut compile = Samples::default();
    let mut spent = 0.0;
    while compile.len() < effort.compiles || (compile.len() < effort.repeats && spent < 3e9) {
        let (time, _) = timed(input(), build);
        compile.push(time);
        spent += time;
    }

    let image = engine.image();
    let traffic: Vec<(TrafficKind, Traffic)> = effort
        .kinds
        .iter()
        .map(|kind| (*kind, Traffic::new(workload, *kind, effort.packets, effort.seed.wrapping_add(1))))
        .collect();
    let mut allowed = 0.0;
    let mut checked = 0;
    for (kind, traffic) in &traffic {
        let (count, share) = check::with_specification(workload, &engine, traffic, effort.check)?;
        checked += count;
        if *kind == TrafficKind::Mixed {
            allowed = share;
        }
    }
    eprintln!("{}: {checked} packets are decided as the specification says", workload.name);

    let (maps_build, maps) = timed((), |()| (effort.shape || effort.peers).then(|| Maps::new(workload)));
    let mut decide: Vec<(TrafficKind, Mode, Samples)> = Vec::new();
    for kind in effort.kinds {
        decide.extend(Mode::ALL.map(|mode| (*kind, mode, Samples::default())));
    }
    let shape = maps.as_ref().filter(|_| effort.shape).map(Maps::shape);
    let mut peers = match maps.filter(|_| effort.peers) {
        Some(maps) => Peers::new(workload, &engine, &traffic, maps, maps_build, results),
        None => Peers::default(),
    };

    // Repeats go round all measurements, so that a noisy moment hits none of them alone.
    for repeat in 0..effort.repeats {
        for (kind, packets) in &traffic {
            // Whoever comes first finds the caches full of others' lines: a pass that does not count.
            let _ = image_pass(&image, packets, Mode::Batch);
            for (_, mode, samples) in decide.iter_mut().filter(|(other, _, _)| other == kind) {
                samples.push(image_pass(&image, packets, *mode));
            }
        }
        if repeat < PEER_REPEATS {
            peers.measure(&traffic, results);
        }
    }
    Ok(Measured {
        name: workload.name.clone(),
        decide,
        peers: peers.into_measured(),
        allowed,
        compile,
        heap,
        sizes: image.sizes(),
        shape,
        pods: workload.cluster.pods().count(),
        policies: workload.policies.len(),
        rules: workload.policies.rule_count(),
        cidrs: 0,
    })
}
