//! Benches: builds the whole-process runner for two instruction sets and runs it.

use crate::instructions;
use crate::steps::{Steps, cargo, root, target};

#[derive(clap::Args)]
pub(crate) struct Arguments {
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
    /// Write benches/results: a CSV, and the charts of the README and the manual
    #[arg(long)]
    save: bool,
    /// Count instructions of fixed scenarios instead, and compare with benches/instructions.toml
    #[arg(long)]
    instructions: bool,
    /// With --instructions: keep what was counted
    #[arg(long, requires = "instructions")]
    update: bool,
    /// The seed of workloads and traffic
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if arguments.instructions {
        instructions::run(steps, arguments.update);
        return;
    }
    // Goals hold for AVX2, which every server of the last ten years has; the default build is printed beside it.
    if cfg!(target_arch = "x86_64") {
        if std::env::consts::OS == "linux" && !has_v3() {
            println!("this processor has no AVX2: only the default build is measured");
        } else {
            measure(steps, arguments, "x86-64-v3", Some("-C target-cpu=x86-64-v3"));
        }
    }
    measure(steps, arguments, "default build", None);
}

fn has_v3() -> bool {
    std::fs::read_to_string("/proc/cpuinfo").is_ok_and(|text| text.contains("avx2") && text.contains("bmi2"))
}

fn measure(steps: &mut Steps, arguments: &Arguments, name: &str, flags: Option<&str>) {
    let folder = target().join(if flags.is_some() { "bench-v3" } else { "bench-default" });
    let mut command = cargo(["run", "--quiet", "--release", "-p", "portcullis-benches", "--bin", "measure"]);
    command.env("CARGO_TARGET_DIR", folder);
    if let Some(flags) = flags {
        command.env("RUSTFLAGS", flags);
    }
    command.args(["--", "--size", &arguments.sizes.join(","), "--family", &arguments.family.join(",")]);
    command.args(["--seed", &arguments.seed.to_string()]);
    for (flag, set) in [
        ("--quick", arguments.quick),
        ("--peers", arguments.peers),
        ("--dpdk", arguments.dpdk),
        ("--sweep", arguments.sweep),
    ] {
        if set {
            command.arg(flag);
        }
    }
    // The goals' build is the one that is kept.
    if arguments.save && flags.is_some() {
        command.arg("--save").arg(root().join("benches").join("results"));
    }
    steps.run(&format!("measure, {name}"), &mut command);
}
