//! The sizes that goals are set for, and whatever else is named.

use portcullis_benches::arguments::BenchArguments;
use portcullis_benches::workload::{Family, Size, TrafficKind, synthetic};

use crate::results::Results;
use crate::run::{Effort, measure as run};
use crate::{charts, loads, tables};

const DEFAULT: [&str; 6] = ["S", "M", "L", "L/v6", "L+", "XL"];
const FULL: [&str; 9] = ["S", "M", "L", "L/v6", "L/dual", "L+", "XL", "XL/v6", "XXL"];
const BESIDE: [&str; 3] = ["S", "M", "L"];

/// Sizes that differ in pods and policies alone.
const OF_CHARTS: [&str; 3] = ["S", "M", "L"];

pub(crate) fn measure(arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let names: Vec<&str> = match arguments {
        BenchArguments { beside: true, .. } => BESIDE.to_vec(),
        BenchArguments { sizes, .. } if !sizes.is_empty() => sizes.iter().map(String::as_str).collect(),
        BenchArguments { full: true, .. } => FULL.to_vec(),
        _ => DEFAULT.to_vec(),
    };
    if arguments.sizes.is_empty() && !arguments.full && !arguments.beside {
        results.leave_out("sizes L/dual, XL/v6 and XXL (1 M pods, 100k policies, 1 M CIDRs): --full");
    }
    let (packets, repeats) = if arguments.quick { (1 << 17, 5) } else { (1 << 20, 11) };
    let effort = Effort {
        packets,
        repeats,
        peers: !arguments.no_peers && !arguments.beside,
        ..Effort::new(arguments.seed, &TrafficKind::ALL)
    };
    let mut measured = Vec::new();
    for name in names {
        let (name, family) = match name.split_once('/') {
            None => (name, Family::V4),
            Some((name, "v6")) => (name, Family::V6),
            Some((name, "dual")) => (name, Family::Dual),
            Some((_, other)) => return Err(format!("there is no family `{other}`")),
        };
        let Some(size) = Size::named(name) else {
            measured.push(run(&loads::named(name, arguments.seed)?, effort, results)?);
            continue;
        };
        // Past today's clusters peers take longer than anybody waits, and counting as long as a peer's build.
        let is_large = size.pods >= 1_000_000;
        let effort = Effort { shape: !is_large, peers: effort.peers && !is_large, ..effort };
        let mut workload = synthetic(size, family, arguments.seed);
        if family != Family::V4 {
            workload.name = format!("{}/{}", size.name, if family == Family::V6 { "v6" } else { "dual" });
        }
        let mut found = run(&workload, effort, results)?;
        found.cidrs = size.cidrs;
        measured.push(found);
    }
    println!("\n== sizes");
    tables::print(&measured);
    tables::print_families(&measured);
    let of_charts: Vec<_> =
        measured.iter().filter(|found| OF_CHARTS.contains(&found.name.as_str())).collect();
    if of_charts.len() > 1 {
        charts::by_pods(&of_charts, results);
    }
    measured.iter().for_each(|found| results.add(found));
    Ok(())
}
