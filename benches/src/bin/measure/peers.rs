//! The peers of a run: built, checked to decide the same, then timed beside the image.

use std::collections::HashSet;

use portcullis::{Engine, Packet};
use portcullis_benches::measure::{Samples, pass, timed};
use portcullis_benches::peers::{AclPairs, Answer, BulkPeer, Form, Maps, Peer, Scan};
use portcullis_benches::random::{Random, Zipf};
use portcullis_benches::workload::{Traffic, TrafficKind, Workload};

use crate::check;
use crate::results::Results;

/// Packets that a bulk peer takes at once.
const BULK: usize = 1 << 16;

/// Exact rules that `rte_acl` gets, where there are as many.
const PAIRS: usize = 100_000;
/// Of which so many are hot.
const HOT: usize = 16 * 1024;

/// What was measured of a peer.
pub(crate) struct PeerMeasured {
    pub(crate) name: &'static str,
    pub(crate) build: f64,
    pub(crate) decide: Vec<(TrafficKind, Samples)>,
}

/// A peer, and how it is asked.
enum Way<'a> {
    Bulk(Box<dyn BulkPeer + 'a>),
    /// As in bulk, but timed on allowed flows: first of few, then of all. One that is denied would end early.
    Pairs(Box<dyn BulkPeer + 'a>, [Vec<Packet>; 2]),
    One(Box<dyn Peer + 'a>),
}

/// The peers of one workload.
#[derive(Default)]
pub(crate) struct Peers<'a>(Vec<(Way<'a>, PeerMeasured)>);

impl<'a> Peers<'a> {
    /// Builds all peers from the maps, and has each decide as the engine does.
    pub(crate) fn new(
        workload: &'a Workload,
        engine: &Engine,
        traffic: &[(TrafficKind, Traffic)],
        maps: Maps<'a>,
        maps_build: f64,
        results: &mut Results,
    ) -> Self {
        let mut peers = Self::default();
        for (form, name) in FORMS {
            let (build, kernel) = timed((), |()| kernel(&maps, form));
            match kernel {
                Ok(kernel) => peers.add(Way::Bulk(kernel), maps_build + build),
                Err(reason) => results.leave_out(format!("{}: eBPF with {name}: {reason}", workload.name)),
            }
        }
        let pairs = allowed(workload, engine, traffic);
        let (build, acl) = timed((), |()| AclPairs::new(&pairs));
        match acl {
            Ok(acl) => {
                let timed_on =
                    [Zipf::new(HOT.min(pairs.len()), 1.1), Zipf::new(pairs.len(), 0.0)].map(|ranks| {
                        let mut random = Random::new(1);
                        (0..BULK).map(|_| pairs[ranks.draw(&mut random)]).collect::<Vec<_>>()
                    });
                eprintln!(
                    "{}: rte_acl has {} pairs, and is timed on them: hot, and all alike",
                    workload.name,
                    pairs.len()
                );
                for peer in acl {
                    peers.add(Way::Pairs(Box::new(peer), timed_on.clone()), build);
                }
            }
            Err(reason) => results.leave_out(format!("rte_acl: {reason}")),
        }
        peers.add(Way::One(Box::new(maps)), maps_build);
        let (build, scan) = timed((), |()| Scan::new(workload));
        peers.add(Way::One(Box::new(scan)), build);
        // One that decides otherwise is said to, and not timed.
        peers.0.retain_mut(|(way, measured)| {
            let outcome = traffic.iter().try_for_each(|(_, traffic)| match way {
                Way::Bulk(peer) | Way::Pairs(peer, _) => {
                    check::with_bulk_peer(workload, engine, peer.as_mut(), &bulk(traffic))
                }
                Way::One(peer) => check::with_peer(workload, engine, peer.as_ref(), traffic, 20_000),
            });
            match &outcome {
                Ok(()) => eprintln!("{}: {} decides the same", workload.name, measured.name),
                Err(error) => results.fail(error),
            }
            outcome.is_ok()
        });
        peers
    }

    fn add(&mut self, way: Way<'a>, build: f64) {
        let name = match &way {
            Way::Bulk(peer) | Way::Pairs(peer, _) => peer.name(),
            Way::One(peer) => peer.name(),
        };
        let decide = TrafficKind::ALL.map(|kind| (kind, Samples::default())).into();
        self.0.push((way, PeerMeasured { name, build, decide }));
    }

    /// Measures each peer once; one that the system refuses is measured no more.
    pub(crate) fn measure(&mut self, traffic: &[(TrafficKind, Traffic)], results: &mut Results) {
        self.0.retain_mut(|(way, measured)| {
            let outcome = measure_once(way, measured, traffic);
            if let Err(error) = &outcome {
                results.fail(&format!("{}: {error}", measured.name));
            }
            outcome.is_ok()
        });
    }

    /// What was measured.
    pub(crate) fn into_measured(self) -> Vec<PeerMeasured> {
        self.0.into_iter().map(|(_, measured)| measured).collect()
    }
}

fn measure_once(
    way: &mut Way<'_>,
    measured: &mut PeerMeasured,
    traffic: &[(TrafficKind, Traffic)],
) -> Result<(), String> {
    for (kind, samples) in &mut measured.decide {
        let Some((_, packets)) = traffic.iter().find(|(other, _)| other == kind) else { continue };
        samples.push(match way {
            Way::Bulk(peer) => peer.decide(&bulk(packets))?.1,
            Way::Pairs(peer, [few, all]) => peer.decide(if *kind == TrafficKind::Hot { few } else { all })?.1,
            Way::One(peer) => one_by_one(peer.as_ref(), packets),
        });
    }
    Ok(())
}

/// The forms of eBPF maps, with their names.
const FORMS: [(Form, &str); 2] =
    [(Form::LongestPrefix, "maps of longest prefixes"), (Form::Hash, "hash maps")];

#[cfg(target_os = "linux")]
fn kernel<'a>(maps: &Maps<'_>, form: Form) -> Result<Box<dyn BulkPeer + 'a>, String> {
    portcullis_benches::peers::KernelMaps::new(maps, form).map(|peer| Box::new(peer) as Box<dyn BulkPeer>)
}

#[cfg(not(target_os = "linux"))]
fn kernel<'a>(_: &Maps<'_>, _: Form) -> Result<Box<dyn BulkPeer + 'a>, String> {
    Err("this is no Linux".to_string())
}

/// The distinct flows that are allowed: all that bulk peers are asked about, and others up to a hundred thousand.
pub(crate) fn allowed(
    workload: &Workload,
    engine: &Engine,
    traffic: &[(TrafficKind, Traffic)],
) -> Vec<Packet> {
    let image = engine.image();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut add = |packet: Packet| {
        if image.decide(&packet).verdict == 1 && seen.insert(packet) {
            found.push(packet);
        }
        found.len()
    };
    for packet in traffic.iter().flat_map(|(_, traffic)| bulk(traffic)) {
        add(packet);
    }
    let others = Traffic::new(workload, TrafficKind::Mixed, 20 * PAIRS, 99);
    for at in 0..others.len() {
        if add(others.packet(at)) >= PAIRS {
            break;
        }
    }
    found
}

fn bulk(traffic: &Traffic) -> Vec<Packet> {
    let mut packets = vec![Packet::default(); BULK.min(traffic.len())];
    traffic.fill(0, &mut packets);
    packets
}

/// Nanoseconds a packet that a peer takes; slow ones get fewer packets.
fn one_by_one(peer: &dyn Peer, traffic: &Traffic) -> f64 {
    let decide = |packet: &Packet| {
        let Answer { allowed, egress, ingress } = peer.decide(packet);
        u64::from(allowed) ^ u64::from(egress) ^ u64::from(ingress) << 32
    };
    let whole = |packets: &[Packet]| packets.iter().map(decide).fold(0, u64::wrapping_add);
    let few = traffic.head(2_048);
    let (trial, _) = timed((), |()| pass(&few, whole));
    let packets = if trial > 2e6 { &few } else { traffic };
    // As for the image, a pass that does not count comes first.
    let _ = pass(packets, whole);
    pass(packets, whole)
}
