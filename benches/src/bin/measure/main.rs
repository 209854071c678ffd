//! The whole-process runner: workloads, a check against the specification, tables, a CSV and charts.
//!
//! `cargo xtask bench` builds it for two instruction sets and runs it. It starts itself once for each unit of what is
//! measured, collects what the units write, and says all of it in the end.

mod charts;
mod check;
mod churn;
mod foreign;
mod goals;
mod loads;
mod matrix;
mod node;
mod peers;
mod results;
mod run;
mod save;
mod sizes;
mod tables;
mod units;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::heap::Counting;
use portcullis_benches::machine;
use portcullis_benches::report::short;

use self::results::Rows;

#[global_allocator]
static HEAP: Counting = Counting;

/// Measures Portcullis on generated clusters
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    bench: BenchArguments,
    /// Measure this unit in this process
    #[arg(long, hide = true, requires = "rows")]
    unit: Option<String>,
    /// Write what the unit finds into this file
    #[arg(long, hide = true)]
    rows: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Arguments { bench, unit, rows } = Arguments::parse();
    let outcome = match unit.zip(rows) {
        Some((unit, rows)) => of_unit(&unit, &bench, &rows).map(|()| true),
        None => run(&bench),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn of_unit(unit: &str, arguments: &BenchArguments, rows: &std::path::Path) -> Result<(), String> {
    let (part, name) = unit.split_once(':').ok_or_else(|| format!("`{unit}` is no unit"))?;
    units::measure(Part::from_str(part, false)?, name, arguments, rows)
}

/// Measures everything; whether nothing has failed.
fn run(arguments: &BenchArguments) -> Result<bool, String> {
    println!("{}", machine::source());
    if !arguments.beside {
        let latencies = machine::load_latencies(&[1, 4, 8, 16, 32]);
        let latencies: Vec<String> =
            latencies.into_iter().map(|(size, time)| format!("{size} MiB {} ns", short(time))).collect();
        println!("one dependent load in a working set of {}", latencies.join(", "));
    }
    let mut rows = Rows::default();
    let units = units::all(arguments, &mut rows);
    units::run(&units, Duration::from_secs(60 * arguments.minutes), &mut rows)?;
    println!("seed {}; times in ns: minimum / median of the repeats", arguments.seed);
    tables::print(&rows);
    if !arguments.beside {
        println!("\n== goals\n{}", goals::table(&rows).text());
        if arguments.no_peers {
            rows.leave_out("all peers: --no-peers");
        }
    }
    for (title, all) in [("left out", &rows.left_out), ("failed", &rows.failed)] {
        if !all.is_empty() {
            println!("\n{title}");
            all.iter().for_each(|what| println!("  {what}"));
        }
    }
    // The build that goals hold for is the one that is kept.
    if let Some(folder) = arguments.save.as_deref().filter(|_| !arguments.beside) {
        let is_whole = arguments.only.is_empty() && arguments.sizes.is_empty() && !arguments.quick;
        save::save(&rows, folder, is_whole)?;
    }
    Ok(rows.failed.is_empty())
}
