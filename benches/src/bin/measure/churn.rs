//! Updates: how long each kind takes, what readers feel of a thousand a second, and that none is lost.

use std::thread;
use std::time::{Duration, Instant};

use portcullis::{Delta, Engine, Options};
use portcullis_benches::arguments::BenchArguments;
use portcullis_benches::measure::timed;
use portcullis_benches::report::{Line, duration, print_table};
use portcullis_benches::updates::{Churn, Kind, by_kind, per_mille, readers};
use portcullis_benches::workload::{Family, Size, churn, many_namespaces, synthetic};

use crate::charts;
use crate::results::Results;

/// Kinds that are drawn.
const DRAWN: [&str; 3] = ["pod comes, known class", "pod comes, new class", "policy comes"];

pub(crate) fn measure(arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let sizes: &[&str] = match arguments {
        BenchArguments { quick: true, .. } => &["S", "M"],
        BenchArguments { full: true, .. } => &["S", "M", "L", "L+", "XL", "XXL"],
        _ => &["S", "M", "L", "XL"],
    };
    let mut lines: Vec<Line> = Vec::new();
    for name in sizes {
        let Some(size) = Size::named(name) else { continue };
        of_size(size, arguments, results, &mut lines)?;
    }
    charts::updates(lines, results);
    if arguments.quick {
        results.leave_out("updates of L, XL and S6: --quick");
        return Ok(());
    }
    field(arguments, results)
}

fn of_size(
    size: Size,
    arguments: &BenchArguments,
    results: &mut Results,
    lines: &mut Vec<Line>,
) -> Result<(), String> {
    let about = (size.pods, size.policies, size.cidrs);
    let workload = synthetic(size, Family::V4, arguments.seed);
    let mut churn = Churn::new(&workload, arguments.seed);
    // The first update compiles once more, to know what later ones need.
    let [first, _] = churn.latencies([Kind::PodOfKnownClass, Kind::PodGoes], 1);
    println!("\n== updates of {}: the first takes {}", size.name, duration(per_mille(&first, 500)));
    let times = by_kind(&mut churn, if arguments.quick { 500 } else { 2_000 });
    let mut rows = Vec::new();
    for (kind, times) in &times {
        let parts = [500, 990, 1000].map(|part| per_mille(times, part));
        rows.push([vec![kind.to_string()], parts.map(duration).to_vec()].concat());
        for (part, value) in ["p50", "p99", "max"].into_iter().zip(parts) {
            let what = format!("update {kind} {part}");
            results.value(size.name, about, "portcullis", &what, value, "ns");
        }
        if DRAWN.contains(kind) {
            for (part, value) in [("p50", parts[0]), ("p99", parts[1])] {
                let name = format!("{kind}, {part}");
                let point = (size.pods as f64, value);
                match lines.iter_mut().find(|line| line.name == name) {
                    Some(line) => line.points.push(point),
                    None => lines.push(Line { name, is_ours: part == "p50", points: vec![point] }),
                }
            }
        }
    }
    print_table(&["", "p50", "p99", "max"], &rows);
    // All of that again, and then readers, with two images.
    let time = Duration::from_secs(3);
    let mut rows = Vec::new();
    let mut quiet = f64::NAN;
    for (title, updates) in [("quiet", 0), ("1,000 updates/s", 3_000)] {
        let read = readers(&mut churn, &workload, updates, time);
        if read.lost > 0 {
            return Err(format!("{}: {} of {updates} updates are lost", size.name, read.lost));
        }
        let parts = [500, 990, 999].map(|part| per_mille(&read.times, part));
        let against = if updates == 0 {
            quiet = parts[1];
            String::new()
        } else {
            format!("{}x", portcullis_benches::report::short(parts[1] / quiet))
        };
        rows.push([vec![title.to_string()], parts.map(duration).to_vec(), vec![against]].concat());
        for (part, value) in ["p50", "p99", "p99.9"].into_iter().zip(parts) {
            let what = format!("reader of 64 packets, {title}, {part}");
            results.value(size.name, about, "portcullis", &what, value, "ns");
        }
    }
    print_table(&["two readers, 64 packets each time", "p50", "p99", "p99.9", "p99 of quiet"], &rows);
    let packets = 100_000;
    let found = churn.differences(&workload, packets);
    if found > 0 {
        return Err(format!("{}: {found} of {packets} packets are decided otherwise than anew", size.name));
    }
    println!("no update is lost; {packets} packets are decided as by an engine that is built anew");
    Ok(())
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
            // The first compiles once more.
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
    let parts = [500, 990, 1000].map(|part| per_mille(&times, part));
    println!("\n== S6: 1,000 pod updates a second over S2 (100,000 pods, 75,000 policies)");
    let row = [vec!["pod updated".to_string()], parts.map(duration).to_vec()].concat();
    print_table(&["", "p50", "p99", "max"], &[row]);
    for (part, value) in ["p50", "p99", "max"].into_iter().zip(parts) {
        results.value("S6", about, "portcullis", &format!("update pod {part}"), value, "ns");
    }
    Ok(())
}
