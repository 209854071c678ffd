//! The sizes that goals are set for, and whatever else is named.

use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::workload::{
    Breadth, Family, Size, TrafficKind, Workload, synthetic, with_cluster_policies,
};

use crate::loads;
use crate::results::{Results, Rows};
use crate::run::{Effort, measure as run};
use crate::units::Unit;

/// The sizes that are measured, each with its rank among units.
const DEFAULT: [(&str, u8); 9] = [
    ("S", 0),
    ("M", 0),
    ("L", 0),
    ("XL", 0),
    ("L/v6", 3),
    ("L/cnp", 3),
    ("L/cnp-broad", 3),
    ("L+", 4),
    ("XXL", 4),
];
const FULL: [(&str, u8); 2] = [("L/dual", 6), ("XL/v6", 6)];
const QUICK: [(&str, u8); 3] = [("S", 0), ("M", 0), ("M/cnp", 0)];
const BESIDE: [(&str, u8); 3] = [("S", 0), ("M", 0), ("L", 0)];

/// How many policies of the cluster those workloads have that have any.
const CLUSTER_POLICIES: usize = 1_000;

pub(crate) fn units(arguments: &BenchArguments, rows: &mut Rows) -> Vec<Unit> {
    let named = |names: &[(&str, u8)]| -> Vec<Unit> {
        names.iter().map(|(name, rank)| Unit::new(Part::Sizes, *name, *rank)).collect()
    };
    match arguments {
        BenchArguments { beside: true, .. } => named(&BESIDE),
        BenchArguments { sizes, .. } if !sizes.is_empty() => {
            sizes.iter().map(|name| Unit::new(Part::Sizes, name, 0)).collect()
        }
        BenchArguments { quick: true, .. } => {
            rows.leave_out("sizes of 100,000 pods and more: --quick");
            named(&QUICK)
        }
        BenchArguments { full: true, .. } => named(&[&DEFAULT[..], &FULL].concat()),
        _ => {
            rows.leave_out("sizes L/dual and XL/v6: --full");
            named(&DEFAULT)
        }
    }
}

pub(crate) fn measure(unit: &str, arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let (packets, repeats) = if arguments.quick { (1 << 17, 5) } else { (1 << 20, 11) };
    let effort = Effort {
        packets,
        repeats,
        peers: !arguments.no_peers && !arguments.beside,
        ..Effort::new(arguments.seed, &TrafficKind::ALL)
    };
    let (workload, size) = workload(unit, arguments.seed)?;
    let Some(size) = size else {
        let found = run(&workload, effort, results)?;
        results.add(&found);
        return Ok(());
    };
    // Past today's clusters peers take longer than anybody waits, and counting as long as a peer's build. What policies
    // of the cluster are, the peers do not know.
    let is_large = size.pods >= 1_000_000;
    let has_tiers = unit.contains("/cnp");
    let with_peers = !is_large && !has_tiers;
    let compiles = if is_large { 1 } else { effort.compiles };
    let effort = Effort { shape: with_peers, peers: effort.peers && with_peers, compiles, ..effort };
    let mut found = run(&workload, effort, results)?;
    found.cidrs = size.cidrs;
    results.add(&found);
    Ok(())
}

/// The workload of a name, and its size where it is synthetic.
fn workload(unit: &str, seed: u64) -> Result<(Workload, Option<Size>), String> {
    let (name, suffix) = unit.split_once('/').unwrap_or((unit, ""));
    let Some(size) = Size::named(name) else { return Ok((loads::named(unit, seed)?, None)) };
    let family = match suffix {
        "v6" => Family::V6,
        "dual" => Family::Dual,
        "" | "cnp" | "cnp-broad" => Family::V4,
        other => return Err(format!("there is no size `{name}/{other}`")),
    };
    let mut workload = synthetic(size, family, seed);
    match suffix {
        "cnp" => workload = with_cluster_policies(&workload, CLUSTER_POLICIES, Breadth::Mild, seed),
        "cnp-broad" => workload = with_cluster_policies(&workload, CLUSTER_POLICIES, Breadth::Broad, seed),
        _ => workload.name = unit.to_string(),
    }
    Ok((workload, Some(size)))
}
