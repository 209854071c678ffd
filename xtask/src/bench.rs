//! Benches: builds the whole-process runner for two instruction sets and runs it.

mod embedding;

use std::ffi::OsString;

use crate::analysis;
use crate::arguments::{BenchArguments, Part};
use crate::instructions;
use crate::steps::{Steps, cargo, target};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    measured: BenchArguments,
    /// Count instructions of fixed scenarios instead, and compare with benches/instructions.toml
    #[arg(long)]
    instructions: bool,
    /// Measure the engine inside of other dataplanes instead: under wasmtime and wazero, against native
    #[arg(long, conflicts_with = "instructions")]
    embedding: bool,
    /// Measure lists, differences and lint instead, and write docs/analysis-speed.md
    #[arg(long, conflicts_with = "instructions")]
    analysis: bool,
    /// With --analysis: network-config-analyzer too, which is installed beside (needs Python)
    #[arg(long, requires = "analysis")]
    peers: bool,
    /// With --instructions: keep what was counted
    #[arg(long, requires = "instructions")]
    update: bool,
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if arguments.instructions {
        instructions::run(steps, arguments.update);
        return;
    }
    if arguments.embedding {
        embedding::run(steps, arguments.measured.quick, arguments.measured.save.is_some());
        return;
    }
    if arguments.analysis {
        analysis::run(steps, arguments.peers);
        return;
    }
    // They were read here to be checked; the runner reads them again.
    let given: Vec<OsString> = std::env::args_os().skip_while(|word| word != "bench").skip(1).collect();
    // Goals hold for AVX2, which every server of the last ten years has; the default build is printed beside it.
    if cfg!(target_arch = "x86_64") && (std::env::consts::OS != "linux" || has_v3()) {
        measure(steps, &given, "x86-64-v3", Some("-C target-cpu=x86-64-v3"));
        if arguments.measured.wants(Part::Sizes) {
            let beside = [given, vec!["--beside".into()]].concat();
            measure(steps, &beside, "default build, beside", None);
        }
        return;
    }
    println!("this processor has no AVX2: only the default build is measured");
    measure(steps, &given, "default build", None);
}

fn has_v3() -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains("avx2") && text.contains("bmi2"))
}

fn measure(steps: &mut Steps, given: &[OsString], name: &str, flags: Option<&str>) {
    let folder = target().join(if flags.is_some() { "bench-v3" } else { "bench-default" });
    let mut command = cargo(["run", "--quiet", "--release", "-p", "portcullis-benches", "--bin", "measure"]);
    command.env("CARGO_TARGET_DIR", folder);
    if let Some(flags) = flags {
        command.env("RUSTFLAGS", flags);
    }
    command.arg("--").args(given);
    steps.run(&format!("measure, {name}"), &mut command);
}
