//! Fuzz targets: built as `cargo fuzz run TARGET -s none` builds them, but without that program, so that they run on a
//! stable compiler with nothing installed but a C++ compiler for libFuzzer.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use clap::ValueEnum;

use crate::steps::{Steps, answers, cargo, root, target};

/// Seconds for each target in a whole test run: enough to see that it starts, reads its inputs and finds nothing near.
const SMOKE_SECONDS: u64 = 10;

/// What makes a build one that libFuzzer can steer: coverage counters, and comparisons that it may learn from.
const FLAGS: [&str; 9] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
];

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Target {
    Cidrs,
    EngineEqualsSpec,
    Images,
    Manifests,
    Selectors,
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The target
    #[arg(value_enum)]
    target: Target,
    /// Run for so many seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if build(steps) {
        fuzz(steps, arguments.target, arguments.seconds);
    }
}

/// Every target for a few seconds.
pub(crate) fn smoke(steps: &mut Steps) {
    if build(steps) {
        for target in Target::value_variants() {
            fuzz(steps, *target, SMOKE_SECONDS);
        }
    }
}

fn build(steps: &mut Steps) -> bool {
    if !answers(Command::new("c++").arg("--version")) {
        steps.missing("fuzz targets", "a C++ compiler is missing: `apt-get install g++`");
        return false;
    }
    let Some(host) = host() else {
        steps.missing("fuzz targets", "`rustc -vV` names no host");
        return false;
    };
    // With a target named, the flags stay away from build scripts and macros.
    let mut command = cargo(["build", "--release", "--manifest-path", "core/fuzz/Cargo.toml"]);
    command.args(["--target", &host]).arg("--target-dir").arg(folder());
    command.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    steps.run("build fuzz targets", &mut command)
}

fn fuzz(steps: &mut Steps, target: Target, seconds: u64) {
    let name = target.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default();
    let package = root().join("core/fuzz");
    let (found, artifacts) = (package.join("corpus").join(&name), package.join("artifacts").join(&name));
    for folder in [&found, &artifacts] {
        if let Err(error) = fs::create_dir_all(folder) {
            eprintln!("{} cannot be made: {error}", folder.display());
        }
    }
    let mut command = Command::new(folder().join(host().unwrap_or_default()).join("release").join(&name));
    // The first folder takes what is found, the second is only read.
    command.arg(&found).arg(package.join("corpus-saved").join(&name));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg(format!("-max_total_time={seconds}")).args([
        "-print_final_stats=1",
        "-max_len=4096",
        "-timeout=10",
    ]);
    // libFuzzer ends with a dictionary of thousands of lines, which nothing turns off.
    let is_figure = |line: &str| line.starts_with("Done ") || line.starts_with("stat::");
    steps.run_quietly(&format!("fuzz {name}"), &mut command, is_figure);
}

fn folder() -> PathBuf {
    target().join("fuzz")
}

/// The triple of this machine, as the compiler calls it.
fn host() -> Option<String> {
    let output = Command::new("rustc").arg("-vV").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(ToString::to_string)
}
