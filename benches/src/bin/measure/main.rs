//! The whole-process runner: workloads, a check against the specification, tables, a CSV and charts.
//!
//! `cargo xtask bench` builds it for two instruction sets and runs it.

mod charts;
mod check;
mod churn;
mod foreign;
mod loads;
mod matrix;
mod node;
mod peers;
mod results;
mod run;
mod sizes;
mod tables;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::heap::Counting;
use portcullis_benches::machine;
use portcullis_benches::report::short;

use self::results::Results;

#[global_allocator]
static HEAP: Counting = Counting;

/// Measures Portcullis on generated clusters
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    bench: BenchArguments,
}

/// A part with what measures it.
type Step = (Part, fn(&BenchArguments, &mut Results) -> Result<(), String>);

/// The parts, in the order in which they are measured.
const STEPS: [Step; 6] = [
    (Part::Sizes, sizes::measure),
    (Part::Matrix, matrix::measure),
    (Part::Loads, loads::measure),
    (Part::Node, node::measure),
    (Part::Updates, churn::measure),
    (Part::Peers, foreign::measure),
];

fn main() -> ExitCode {
    match run(&Arguments::parse().bench) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &BenchArguments) -> Result<(), String> {
    println!(
        "{} · {} · commit {} · built for {}",
        machine::processor(),
        machine::date(),
        machine::commit(),
        machine::build()
    );
    if !arguments.beside {
        let latencies = machine::load_latencies(&[1, 4, 8, 16, 32]);
        let latencies: Vec<String> =
            latencies.into_iter().map(|(size, time)| format!("{size} MiB {} ns", short(time))).collect();
        println!("one dependent load in a working set of {}", latencies.join(", "));
    }
    println!("seed {}; times in ns: minimum / median of the repeats", arguments.seed);
    let mut results = Results::default();
    for (part, measure) in STEPS {
        if arguments.wants(part) {
            let started = Instant::now();
            measure(arguments, &mut results)?;
            println!("({:.0} s)", started.elapsed().as_secs_f64());
        }
    }
    if arguments.no_peers && !arguments.beside {
        results.leave_out("all peers: --no-peers");
    }
    if !results.left_out.is_empty() {
        println!("\nleft out");
        results.left_out.iter().for_each(|what| println!("  {what}"));
    }
    // The build that goals hold for is the one that is kept.
    let folder = arguments.save.as_deref().filter(|_| !arguments.beside);
    folder.map_or(Ok(()), |folder| results.save(folder))
}
