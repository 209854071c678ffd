//! Update latencies by kind, and what readers feel of a thousand updates a second.
//!
//! `updates [--size S,M,L] [--count N]`; says so and ends with 1 when the engine differs from one that is built anew.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use portcullis_benches::machine;
use portcullis_benches::report::{duration, print_table};
use portcullis_benches::updates::{Churn, Kind, by_kind, per_mille, readers};
use portcullis_benches::workload::{Family, Size, synthetic};

/// Measures updates on generated clusters
#[derive(Parser)]
struct Arguments {
    /// Sizes to measure, of S, M, L, L+, XL and XXL
    #[arg(long = "size", value_delimiter = ',', default_value = "S,M,L")]
    sizes: Vec<String>,
    /// Updates of each kind; of those that build anew a hundredth
    #[arg(long, default_value_t = 2_000)]
    count: usize,
    /// The seed of workloads and updates
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!("{} · {} · commit {}", machine::processor(), machine::date(), machine::commit());
    let mut differences = 0;
    for name in &arguments.sizes {
        let Some(size) = Size::named(name) else {
            eprintln!("there is no size `{name}`");
            return ExitCode::FAILURE;
        };
        let workload = synthetic(size, Family::V4, arguments.seed);
        let mut churn = Churn::new(&workload, arguments.seed);
        // The first update compiles once more, to know what later ones need.
        let [first, _] = churn.latencies([Kind::PodOfKnownClass, Kind::PodGoes], 1);
        println!("\n{}: first update {}", workload.name, duration(per_mille(&first, 500)));
        for shared in [false, true] {
            let rows: Vec<Vec<String>> = by_kind(&mut churn, arguments.count)
                .iter()
                .map(|(kind, times)| {
                    let parts = [500, 990, 1000].map(|part| duration(per_mille(times, part)));
                    [vec![kind.to_string()], parts.to_vec()].concat()
                })
                .collect();
            let title = if shared { "with readers" } else { "without readers" };
            print_table(&[title, "p50", "p99", "max"], &rows);
            let found = churn.differences(&workload, 200_000);
            println!("{found} of 200000 packets are decided otherwise than by an engine that is built anew");
            differences += found;
            let _reader = churn.engine.reader();
        }
        let time = Duration::from_secs(3);
        let mut rows = Vec::new();
        for (title, updates) in [("quiet", 0), ("1,000 updates/s", 3_000)] {
            let read = readers(&mut churn, &workload, updates, time);
            differences += read.lost as usize;
            let parts = [500, 990, 999].map(|part| duration(per_mille(&read.times, part)));
            rows.push([vec![title.to_string()], parts.to_vec()].concat());
        }
        print_table(&["two readers, 64 packets", "p50", "p99", "p99.9"], &rows);
    }
    if differences == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
