//! Peers of other kinds, which cannot be asked what the others are: kube-network-policies in Go, nftables and ipset.

use portcullis::generate::{Bytes, Scope, World};
use portcullis::{Engine, Options, Packet};
use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::measure::{Mode, Samples, image_pass};
use portcullis_benches::peers::GoEvaluator;
use portcullis_benches::workload::{
    Family, Size, Traffic, TrafficKind, Workload, calico_production, policies_per_namespace, synthetic,
};

use crate::peers;
use crate::results::{OURS, Results};
use crate::units::Unit;

/// Flows that the Go program is asked.
const FLOWS: usize = 1_000;
/// What timing it may take, in nanoseconds.
const TIME: f64 = 1e9;

pub(crate) fn units(arguments: &BenchArguments) -> Vec<Unit> {
    let names: &[&str] = if arguments.no_peers { &[] } else { &[KERNEL, EVALUATOR] };
    names.iter().map(|name| Unit::new(Part::Peers, *name, 4)).collect()
}

const KERNEL: &str = "nftables and ipset";
const EVALUATOR: &str = "kube-network-policies";

pub(crate) fn measure(unit: &str, arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    if unit == KERNEL {
        return kernel(arguments, results);
    }
    match GoEvaluator::start() {
        Ok(mut go) => evaluator(arguments, &mut go, results)?,
        Err(reason) => results.leave_out(format!("kube-network-policies: {reason}")),
    }
    Ok(())
}

fn evaluator(arguments: &BenchArguments, go: &mut GoEvaluator, results: &mut Results) -> Result<(), String> {
    let mut workloads: Vec<Workload> =
        [1, 10, 100, 1_000].map(|count| policies_per_namespace(count, arguments.seed)).into();
    if !arguments.quick {
        workloads.push(calico_production(arguments.seed));
    }
    // What it does where the specification leaves it open.
    let options = World::generate(&mut Bytes::new(&[]), Scope::Oracle).options;
    for workload in workloads {
        let name = "kube-network-policies (Go)";
        let traffic = Traffic::new(&workload, TrafficKind::Mixed, FLOWS, arguments.seed);
        let packets: Vec<Packet> = (0..traffic.len()).map(|at| traffic.packet(at)).collect();
        let engine = Engine::new(workload.cluster.clone(), workload.policies.clone(), options);
        let image = engine.image();
        let ours: Vec<bool> = packets.iter().map(|packet| image.decide(packet).verdict == 1).collect();
        let first = go.decide(&workload, &packets, 1)?;
        if let Some(at) = ours.iter().zip(&first.allowed).position(|(ours, theirs)| ours != theirs) {
            return Err(format!("{}: {name} decides {:?} otherwise", workload.name, packets[at]));
        }
        let (mut theirs, mut own) = (Samples::default(), Samples::default());
        let rounds = (TIME / (first.time * FLOWS as f64)) as usize;
        if rounds == 0 {
            // It has run for seconds by now.
            theirs.push(first.time);
        }
        for _ in 0..rounds.min(3) {
            theirs.push(go.decide(&workload, &packets, rounds.min(1_000))?.time);
        }
        let long = Traffic::new(&workload, TrafficKind::Mixed, 1 << 17, arguments.seed);
        for _ in 0..5 {
            own.push(image_pass(&image, &long, Mode::Scalar));
        }
        let about = (workload.cluster.pods().count(), workload.policies.len(), 0);
        results.row(&workload.name, about, name, "decide mix tput", &theirs, "ns");
        results.row(&workload.name, about, OURS, "decide mix tput", &own, "ns");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn kernel(_: &BenchArguments, results: &mut Results) -> Result<(), String> {
    results.leave_out("nftables and ipset: this is no Linux");
    Ok(())
}

#[cfg(target_os = "linux")]
fn kernel(arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    use portcullis_benches::peers::netfilter;

    let Some(size) = Size::named(if arguments.quick { "M" } else { "L" }) else { return Ok(()) };
    let workload = synthetic(size, Family::V4, arguments.seed);
    let engine = Engine::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
    let image = engine.image();
    let traffic = Traffic::new(&workload, TrafficKind::Mixed, 1 << 20, arguments.seed);
    let all = peers::allowed(&workload, &engine, &[(TrafficKind::Mixed, traffic.clone())]);
    let denied: Vec<Packet> = (0..traffic.len())
        .map(|at| traffic.packet(at))
        .filter(|packet| image.decide(packet).verdict == 0)
        .take(1 << 14)
        .collect();
    let mut ours = Samples::default();
    for _ in 0..5 {
        ours.push(image_pass(&image, &traffic, Mode::Scalar));
    }
    for count in [1_000, 10_000, 100_000] {
        let allowed = &all[..count.min(all.len())];
        let found = match netfilter(allowed, &denied) {
            Ok(found) => found,
            Err(reason) => {
                results.leave_out(format!("nftables and ipset: {reason}"));
                return Ok(());
            }
        };
        for way in found {
            let measured = match way {
                Ok(measured) => measured,
                Err(reason) => {
                    results.leave_out(format!("{reason} ({count} pairs)"));
                    continue;
                }
            };
            eprintln!("{} of {} pairs decides the same", measured.name, allowed.len());
            let name = format!("{} pairs of {}", allowed.len(), size.name);
            let about = (size.pods, size.policies, size.cidrs);
            results.value(&name, about, measured.name, "compile", measured.load, "ns");
            results.row(&name, about, measured.name, "one look-up", &measured.look_up, "ns");
            results.row(&name, about, OURS, "one look-up", &ours, "ns");
        }
    }
    Ok(())
}
