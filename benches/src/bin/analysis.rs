//! How long lists, differences and lint take on Deployments with policies, beside network-config-analyzer where it is given.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Parser;
use portcullis::analyze::{Comparison, Connectivity};
use portcullis::manifest::{LoadOptions, Source, load};
use portcullis::{Engine, Options};
use portcullis_benches::machine;
use portcullis_benches::workload::deployments;

#[derive(Parser)]
struct Arguments {
    /// The command line of Portcullis
    #[arg(long)]
    cli: PathBuf,
    /// network-config-analyzer's program
    #[arg(long)]
    nca: Option<PathBuf>,
    /// What was run, for the page
    #[arg(long)]
    command: String,
    /// The page
    #[arg(long)]
    page: PathBuf,
}

/// As many Deployments as policies.
const SIZES: [usize; 4] = [20, 50, 100, 200];
/// Deployments and policies of the large cluster.
const LARGE: (usize, usize) = (5_000, 2_000);
/// Of these, the fastest counts.
const REPEATS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let mut page = String::from(
        "# How long analyses take\n\nWritten by `cargo xtask bench --analysis`; do not edit.\n\n",
    );
    writeln!(
        page,
        "{}, {}, commit {}: `{}`\n",
        machine::date(),
        machine::processor(),
        machine::commit(),
        arguments.command
    )?;
    page.push_str(
        "n Deployments and n policies, each with selectors, an `ipBlock` with an exception, a port and a range of ports: who\n\
         can reach whom. *In the program* is from text to entries; *as a command* is the whole process, its output too. The\n\
         fastest of ten runs counts, of network-config-analyzer's one.\n\n\
         | n | in the program | as a command | network-config-analyzer |\n|---|---|---|---|\n",
    );
    for size in SIZES {
        let text = deployments(size, size, false);
        let file = folder.path().join("manifests.yaml");
        std::fs::write(&file, &text)?;
        let inside = fastest(|| list(&text))?;
        let command = fastest(|| process(Command::new(&arguments.cli).args(["list", "-f"]).arg(&file)))?;
        let peer = match &arguments.nca {
            Some(program) => time(&process(&mut nca(program, &file))?),
            None => "not asked".to_string(),
        };
        let row = format!("| {size} | {} | {} | {peer} |", time(&inside), time(&command));
        println!("{row}");
        writeln!(page, "{row}")?;
    }
    let (workloads, policies) = LARGE;
    let (old, new) = (deployments(workloads, policies, false), deployments(workloads, policies, true));
    let files = [folder.path().join("old.yaml"), folder.path().join("new.yaml")];
    std::fs::write(&files[0], &old)?;
    std::fs::write(&files[1], &new)?;
    writeln!(page, "\n{workloads} Deployments and {policies} policies, once:\n\n| what | time |\n|---|---|")?;
    let cli = || Command::new(&arguments.cli);
    let rows = [
        ("list, in the program", list(&old)?),
        ("diff, in the program", differ(&old, &new)?),
        ("`portcullis list`", process(cli().args(["list", "-f"]).arg(&files[0]))?),
        ("`portcullis list --explain`", process(cli().args(["list", "--explain", "-f"]).arg(&files[0]))?),
        ("`portcullis list --exposure`", process(cli().args(["list", "--exposure", "-f"]).arg(&files[0]))?),
        ("`portcullis diff`", process(cli().arg("diff").args(&files))?),
        ("`portcullis lint`", process(cli().args(["lint", "-f"]).arg(&files[0]))?),
    ];
    for (what, took) in rows {
        let row = format!("| {what} | {} |", time(&took));
        println!("{row}");
        writeln!(page, "{row}")?;
    }
    std::fs::write(&arguments.page, page)?;
    Ok(())
}

fn engine(text: &str) -> Result<Engine, Box<dyn Error>> {
    let sources = [Source { name: "manifests.yaml".into(), text: text.into() }];
    let loaded =
        load(&sources, &LoadOptions::default()).map_err(|report| format!("{:?}", report.problems))?;
    Ok(Engine::new(loaded.cluster, loaded.policies, Options::default()))
}

fn list(text: &str) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let entries = Connectivity::of(&engine(text)?).entries();
    let took = started.elapsed();
    if entries.is_empty() { Err("no connection".into()) } else { Ok(took) }
}

fn differ(old: &str, new: &str) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let difference = Comparison::of(&engine(old)?, &engine(new)?).difference();
    let took = started.elapsed();
    if difference.is_nothing() { Err("no difference".into()) } else { Ok(took) }
}

fn nca(program: &Path, file: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--connectivity", "-r"]).arg(file).args(["-o", "txt_no_fw_rules"]);
    command
}

/// How long a process takes; that `diff` exits 1 is its answer.
fn process(command: &mut Command) -> Result<Duration, Box<dyn Error>> {
    let started = Instant::now();
    let output = command.output()?;
    let took = started.elapsed();
    match output.status.code() {
        Some(0 | 1) if !output.stdout.is_empty() => Ok(took),
        _ => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn fastest(mut run: impl FnMut() -> Result<Duration, Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let mut best = run()?;
    for _ in 1..REPEATS {
        best = best.min(run()?);
    }
    Ok(best)
}

fn time(took: &Duration) -> String {
    if took.as_millis() < 1_000 {
        format!("{:.1} ms", took.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", took.as_secs_f64())
    }
}
