//! The engine inside of other dataplanes, side by side in one run: native, the guest under wasmtime with and without
//! deadlines, and under wazero; what an instance, an image and a compile cost; kube-network-policies with either evaluator.
//!
//! `cargo xtask bench --embedding` builds and runs it. Goals stand beside what was measured; answers are compared before
//! anything is timed.

mod compile;
mod decide;
mod go;
mod lives;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use portcullis::{Engine, Options, Packet};
use portcullis_benches::machine;
use portcullis_benches::workload::{Family, Size, Traffic, TrafficKind, synthetic};

use report::Report;

/// Measures the engine inside of other dataplanes
#[derive(Parser)]
struct Arguments {
    /// Fewer packets and passes
    #[arg(long)]
    quick: bool,
    /// Write what was measured into this file
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// The seed of workloads and traffic
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave out what runs in Go
    #[arg(long)]
    no_go: bool,
}

/// The sizes: tables that lie in the first cache, in the second, and beyond.
const SIZES: [&str; 3] = ["S", "M", "L"];

/// A cluster with its image and packets.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) image: Vec<u8>,
    /// What is called by its name, and the packets of it.
    pub(crate) traffic: Vec<(&'static str, Vec<Packet>)>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let started = Instant::now();
    let (packets, passes) = if arguments.quick { (1 << 14, 3) } else { (1 << 16, 9) };
    let mut report = Report::new(format!(
        "{}, {}, commit {}, native built for {}",
        machine::processor(),
        machine::date(),
        machine::commit(),
        machine::build()
    ));
    println!("{}", report.title());
    let clusters = SIZES.map(|name| cluster(name, packets, arguments.seed));
    let clusters: Vec<Measured> = clusters.into_iter().collect::<Result<_, _>>()?;
    let said = |what: &str| println!("({what}: {:.0} s)", started.elapsed().as_secs_f64());
    said("clusters");
    let wazero = if arguments.no_go {
        report.leave_out("wazero and kube-network-policies: --no-go");
        go::Figures::default()
    } else {
        match go::measure(&clusters, arguments.quick) {
            Ok(figures) => figures,
            Err(why) => {
                report.leave_out(format!("wazero and kube-network-policies: {why}"));
                go::Figures::default()
            }
        }
    };
    said("Go");
    wazero.calls(&mut report);
    for cluster in &clusters {
        decide::measure(cluster, passes, &wazero, &mut report).map_err(|error| error.to_string())?;
    }
    said("deciding");
    if let Some(largest) = clusters.last() {
        lives::measure(largest, &mut report).map_err(|error| error.to_string())?;
    }
    said("instances");
    compile::measure(arguments.quick, arguments.seed, &mut report)?;
    said("compiling");
    wazero.packets(&mut report);
    report.print();
    arguments.save.as_ref().map_or(Ok(()), |file| report.save(file))
}

fn cluster(name: &'static str, count: usize, seed: u64) -> Result<Measured, String> {
    let size = Size::named(name).ok_or_else(|| format!("there is no size `{name}`"))?;
    let workload = synthetic(size, Family::V4, seed);
    let native = Engine::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
    let traffic = [("hot", TrafficKind::Hot), ("mixed", TrafficKind::Mixed)].map(|(title, kind)| {
        let traffic = Traffic::new(&workload, kind, count, seed);
        (title, (0..traffic.len()).map(|at| traffic.packet(at)).collect())
    });
    Ok(Measured { name, image: native.image().as_bytes().to_vec(), traffic: traffic.to_vec() })
}
