//! Updates: how long each kind takes, what readers feel of a thousand a second, and that none is lost.

use std::thread;
use std::time::{Duration, Instant};

use portcullis::{Delta, Engine, Options};
use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::measure::timed;
use portcullis_benches::updates::{Churn, Kind, by_kind, per_mille, readers};
use portcullis_benches::workload::{Family, Size, churn, many_namespaces, synthetic};

use crate::results::{About, OURS, Results, Rows};
use crate::units::Unit;

/// Parts of sorted times that are told, in thousandths.
const PARTS: [(&str, usize); 3] = [("p50", 500), ("p99", 990), ("max", 1000)];
/// Updates that readers get in their time, a thousand a second.
const UPDATES: u32 = 3_000;
const TIME: Duration = Duration::from_secs(3);

pub(crate) fn units(arguments: &BenchArguments, rows: &mut Rows) -> Vec<Unit> {
    let of = |names: &[(&str, u8)]| -> Vec<Unit> {
        names.iter().map(|(name, rank)| Unit::new(Part::Updates, *name, *rank)).collect()
    };
    match arguments {
        BenchArguments { quick: true, .. } => {
            rows.leave_out("updates of L, XL and S6: --quick");
            of(&[("S", 1), ("M", 1)])
        }
        BenchArguments { full: true, .. } => {
            of(&[("S", 1), ("M", 1), ("L", 1), ("XL", 4), ("S6", 5), ("L+", 6), ("XXL", 6)])
        }
        _ => of(&[("S", 1), ("M", 1), ("L", 1), ("XL", 4), ("S6", 5)]),
    }
}

pub(crate) fn measure(unit: &str, arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    match Size::named(unit) {
        Some(size) => of_size(size, arguments, results),
        None => field(arguments, results),
    }
}

fn of_size(size: Size, arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let about = (size.pods, size.policies, size.cidrs);
    let workload = synthetic(size, Family::V4, arguments.seed);
    let mut churn = Churn::new(&workload, arguments.seed);
    let [first, _] = churn.latencies([Kind::PodOfKnownClass, Kind::PodGoes], 1);
    results.value(size.name, about, OURS, "update first", per_mille(&first, 500), "ns");
    for (kind, times) in by_kind(&mut churn, if arguments.quick { 500 } else { 2_000 }) {
        tell(size.name, about, &format!("update {kind}"), &PARTS, &times, results);
    }
    // All of that again, and then readers, with two images.
    for (title, updates) in [("quiet", 0), ("1,000 updates/s", UPDATES)] {
        let read = readers(&mut churn, &workload, updates, TIME);
        if read.lost > 0 {
            return Err(format!("{}: {} of {} updates are lost", size.name, read.lost, read.made));
        }
        let parts = [("p50", 500), ("p99", 990), ("p99.9", 999)];
        tell(size.name, about, &format!("reader, {title}"), &parts, &read.times, results);
        if updates > 0 {
            let a_second = f64::from(read.made) / read.time.as_secs_f64();
            results.value(size.name, about, OURS, "updates made a second", a_second, "");
        }
    }
    let packets = 100_000;
    let found = churn.differences(&workload, packets);
    if found > 0 {
        return Err(format!("{}: {found} of {packets} packets are decided otherwise than anew", size.name));
    }
    eprintln!(
        "{}: no update is lost; {packets} packets are decided as by an engine that is built anew",
        size.name
    );
    Ok(())
}

/// Tells parts of sorted times.
fn tell(
    workload: &str,
    about: About,
    what: &str,
    parts: &[(&str, usize)],
    times: &[f64],
    results: &mut Results,
) {
    for (part, at) in parts {
        results.value(workload, about, OURS, &format!("{what}, {part}"), per_mille(times, *at), "ns");
    }
}

/// S6: a thousand updates of pods a second, over S2.
fn field(arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let workload = many_namespaces(arguments.seed);
    let about = (workload.cluster.pods().count(), workload.policies.len(), 0);
    let mut engine = Engine::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
    let pods = churn(&workload, 3_001, arguments.seed);
    let mut times = Vec::new();
    let mut started = Instant::now();
    for (pod, number) in pods.into_iter().zip(0_u64..) {
        let (time, outcome) = timed(pod, |pod| engine.apply(Delta::PutPod(pod)));
        outcome.map_err(|error| error.to_string())?;
        if number == 0 {
            started = Instant::now();
            continue;
        }
        times.push(time);
        thread::sleep(Duration::from_millis(number).saturating_sub(started.elapsed()));
    }
    if engine.image().generation() != 3_001 {
        return Err("S6: an update is lost".to_string());
    }
    times.sort_by(f64::total_cmp);
    tell("S6: a thousand pods a second over S2", about, "update pod", &PARTS, &times, results);
    Ok(())
}
