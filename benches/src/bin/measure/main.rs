//! The whole-process runner: workloads, a check against the specification, one table.
//!
//! `cargo xtask bench` builds it for two instruction sets and runs it.

mod check;
mod peers;
mod results;
mod run;
mod tables;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use portcullis_benches::heap::Counting;
use portcullis_benches::machine;
use portcullis_benches::report::short;
use portcullis_benches::workload::{Family, Size, Workload, synthetic};
use portcullis_benches::workload::{
    all_to_all, calico_production, cidr_deny_list, many_namespaces, many_policies, nested_cidrs,
    own_policy_each,
};

#[global_allocator]
static HEAP: Counting = Counting;

/// Measures Portcullis on generated clusters
#[derive(Parser)]
struct Arguments {
    /// Sizes to measure, of S, M, L, L+, XL and XXL; S1 to S5 for the field's loads, A1 and A2 for adversarial ones
    #[arg(long = "size", value_delimiter = ',', default_value = "S,M,L")]
    sizes: Vec<String>,
    /// Address families, of v4, v6 and dual
    #[arg(long, value_delimiter = ',', default_value = "v4")]
    family: Vec<String>,
    /// Fewer packets and repeats
    #[arg(long)]
    quick: bool,
    /// Measure peers beside it
    #[arg(long)]
    peers: bool,
    /// Measure DPDK's packet classifier as well (needs libdpdk-dev and a C compiler)
    #[arg(long)]
    dpdk: bool,
    /// Measure 100,000 pods with 100 to 10,000 policies as well
    #[arg(long)]
    sweep: bool,
    /// Write a CSV and charts into this folder
    #[arg(long)]
    save: Option<PathBuf>,
    /// The seed of workloads and traffic
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    println!(
        "{} · {} · commit {} · built for {}",
        machine::processor(),
        machine::date(),
        machine::commit(),
        machine::build()
    );
    let latencies = machine::load_latencies(&[1, 4, 8, 16, 32]);
    let latencies: Vec<String> =
        latencies.into_iter().map(|(size, time)| format!("{size} MiB {} ns", short(time))).collect();
    println!("one dependent load in a working set of {}", latencies.join(", "));
    println!("seed {}; times in ns: minimum / median of the repeats", arguments.seed);
    let (packets, repeats) = if arguments.quick { (1 << 17, 5) } else { (1 << 20, 11) };
    let effort = run::Effort {
        packets,
        repeats,
        seed: arguments.seed,
        peers: arguments.peers,
        dpdk: arguments.dpdk,
        shape: false,
    };
    let mut measured = Vec::new();
    for name in &arguments.sizes {
        for family in families(&arguments.family)? {
            let workload = workload(name, family, arguments.seed)?;
            let size = Size::named(name);
            // Counting takes as long as a peer's build.
            let shape = size.is_some_and(|size| size.pods < 1_000_000);
            let found = run::measure(&workload, run::Effort { shape, ..effort })?;
            let of_size =
                family == Family::V4 && size.is_some_and(|size| SIZES_OF_CHARTS.contains(&size.name));
            measured.push(run::Measured { of_size, ..found });
        }
    }
    if arguments.sweep {
        for (name, policies) in SWEEP {
            let size = Size { name, pods: 100_000, policies, cidrs: 0 };
            let found = run::measure(&synthetic(size, Family::V4, arguments.seed), effort)?;
            measured.push(run::Measured { of_sweep: true, ..found });
        }
    }
    tables::print(&measured);
    arguments.save.as_deref().map_or(Ok(()), |folder| results::save(&measured, folder))
}

/// Sizes that differ in pods and policies alone.
const SIZES_OF_CHARTS: [&str; 3] = ["S", "M", "L"];

/// 100,000 pods with so many policies.
const SWEEP: [(&str, usize); 5] = [
    ("100k pods, 100 policies", 100),
    ("100k pods, 300 policies", 300),
    ("100k pods, 1,000 policies", 1_000),
    ("100k pods, 3,000 policies", 3_000),
    ("100k pods, 10,000 policies", 10_000),
];

fn families(names: &[String]) -> Result<Vec<Family>, String> {
    let family = |name: &String| match name.as_str() {
        "v4" => Ok(Family::V4),
        "v6" => Ok(Family::V6),
        "dual" => Ok(Family::Dual),
        other => Err(format!("there is no family `{other}`")),
    };
    names.iter().map(family).collect()
}

fn workload(name: &str, family: Family, seed: u64) -> Result<Workload, String> {
    if let Some(size) = Size::named(name) {
        return Ok(synthetic(size, family, seed));
    }
    match name.to_ascii_uppercase().as_str() {
        "S1" => Ok(calico_production(seed)),
        "S2" => Ok(many_namespaces(seed)),
        "S3" => Ok(all_to_all(seed)),
        "S4" => Ok(cidr_deny_list(1_000_000, seed)),
        "S5" => Ok(nested_cidrs(seed)),
        "A1" => Ok(many_policies(seed)),
        "A2" => Ok(own_policy_each(seed)),
        _ => Err(format!("there is no size `{name}`")),
    }
}
