//! Measuring one workload.

use portcullis::{Engine, Options, Sizes};
use portcullis_benches::heap::{self, Heap};
use portcullis_benches::measure::{Mode, Samples, image_pass, pass, timed};
use portcullis_benches::peers::{Answer, Maps, Peer, Scan, Shape};
use portcullis_benches::workload::{Traffic, TrafficKind, Workload};

use crate::check;

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) packets: usize,
    pub(crate) repeats: usize,
    pub(crate) seed: u64,
    pub(crate) peers: bool,
    pub(crate) shape: bool,
}

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
    /// Whether it is one of the sizes, each with a policy for every ten pods.
    pub(crate) of_size: bool,
    /// Whether it is one of those that differ in their policies alone.
    pub(crate) of_sweep: bool,
}

/// What was measured of a peer.
pub(crate) struct PeerMeasured {
    pub(crate) name: &'static str,
    pub(crate) build: f64,
    pub(crate) decide: Vec<(TrafficKind, Samples)>,
}

pub(crate) fn measure(workload: &Workload, effort: Effort) -> Result<Measured, String> {
    let build = |(cluster, policies)| Engine::new(cluster, policies, Options::default());
    let input = || (workload.cluster.clone(), workload.policies.clone());

    // What the engine is made from was there before.
    let given = input();
    let (engine, heap) = heap::count(|| build(given));
    let mut compile = Samples::default();
    let mut spent = 0.0;
    while compile.len() < 3 || (compile.len() < effort.repeats && spent < 5e9) {
        let (time, _) = timed(input(), build);
        compile.push(time);
        spent += time;
    }

    let image = engine.image();
    let traffic: Vec<(TrafficKind, Traffic)> = TrafficKind::ALL
        .into_iter()
        .map(|kind| (kind, Traffic::new(workload, kind, effort.packets, effort.seed.wrapping_add(1))))
        .collect();
    let mut allowed = 0.0;
    let mut checked = 0;
    for (kind, traffic) in &traffic {
        let (count, share) = check::with_specification(workload, &engine, traffic)?;
        checked += count;
        if *kind == TrafficKind::Mixed {
            allowed = share;
        }
    }
    eprintln!("{}: {checked} packets are decided as the specification says", workload.name);

    let (maps_build, maps) = timed((), |()| (effort.shape || effort.peers).then(|| Maps::new(workload)));
    let mut decide: Vec<(TrafficKind, Mode, Samples)> = Vec::new();
    for kind in TrafficKind::ALL {
        decide.extend(Mode::ALL.map(|mode| (kind, mode, Samples::default())));
    }
    let mut peers = Vec::new();
    let mut built: Vec<Box<dyn Peer + '_>> = Vec::new();
    let shape = maps.as_ref().map(Maps::shape);
    if let Some(maps) = maps.filter(|_| effort.peers) {
        let (scan_build, scan) = timed((), |()| Scan::new(workload));
        for (peer, build) in
            [(Box::new(maps) as Box<dyn Peer + '_>, maps_build), (Box::new(scan), scan_build)]
        {
            for (_, traffic) in &traffic {
                check::with_peer(workload, &engine, peer.as_ref(), traffic, 20_000)?;
            }
            eprintln!("{}: {} decides the same", workload.name, peer.name());
            let decide = TrafficKind::ALL.map(|kind| (kind, Samples::default())).into();
            peers.push(PeerMeasured { name: peer.name(), build, decide });
            built.push(peer);
        }
    }

    // Repeats go round all measurements, so that a noisy moment hits none of them alone.
    for _ in 0..effort.repeats {
        for (kind, mode, samples) in &mut decide {
            if let Some((_, packets)) = traffic.iter().find(|(other, _)| other == kind) {
                samples.push(image_pass(&image, packets, *mode));
            }
        }
        for (peer, measured) in built.iter().zip(&mut peers) {
            for (kind, samples) in &mut measured.decide {
                if let Some((_, packets)) = traffic.iter().find(|(other, _)| other == kind) {
                    samples.push(peer_pass(peer.as_ref(), packets));
                }
            }
        }
    }
    Ok(Measured {
        name: workload.name.clone(),
        decide,
        peers,
        allowed,
        compile,
        heap,
        sizes: image.sizes(),
        shape,
        pods: workload.cluster.pods().count(),
        policies: workload.policies.len(),
        rules: workload.policies.rule_count(),
        of_size: false,
        of_sweep: false,
    })
}

/// Nanoseconds a packet that a peer takes; slow ones get fewer packets.
fn peer_pass(peer: &dyn Peer, traffic: &Traffic) -> f64 {
    let decide = |packet: &portcullis::Packet| {
        let Answer { allowed, egress, ingress } = peer.decide(packet);
        u64::from(allowed) ^ u64::from(egress) ^ u64::from(ingress) << 32
    };
    let whole = |packets: &[portcullis::Packet]| packets.iter().map(decide).fold(0, u64::wrapping_add);
    let (trial, few) = timed((), |()| pass(&traffic.head(2_048), whole));
    if trial > 2e6 { few } else { pass(traffic, whole) }
}

impl Measured {
    pub(crate) fn samples(&self, kind: TrafficKind, mode: Mode) -> Option<&Samples> {
        let found = self.decide.iter().find(|(k, m, _)| (*k, *m) == (kind, mode));
        found.map(|(_, _, samples)| samples)
    }
}
