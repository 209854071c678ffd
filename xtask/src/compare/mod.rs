//! The same connections as network-config-analyzer: its answers are kept beside the sets of manifests that both are asked
//! about, a test of the command line compares them cell by cell, and this makes them anew.

pub(crate) mod nca;
mod sets;

use std::fmt::Write as _;
use std::fs;

use crate::steps::{Steps, cargo, root, target};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Keep what network-config-analyzer answers now, and write the page anew
    #[arg(long)]
    update: bool,
}

/// Where its answers are kept.
const ANSWERS: &str = "nca.txt";

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    let outcome = answers(arguments.update);
    let passed = outcome.is_ok();
    steps.record("network-config-analyzer's answers", outcome);
    if !passed {
        return;
    }
    // Of the whole workspace, as the other tests are, so that nothing is built a second time with other features.
    let mut command =
        cargo(["test", "--quiet", "--workspace", "--all-features", "--test", "it", "compare::"]);
    if arguments.update {
        command.env("UPDATE_EXPECT", "1");
    }
    steps.run("cell by cell", &mut command);
}

/// Asks it about every set, and compares with what is kept.
fn answers(update: bool) -> Result<(), String> {
    let program = nca::install()?;
    let text = |error: std::io::Error| error.to_string();
    if update {
        sets::write_generated(&root()).map_err(text)?;
    }
    let mut out = format!("# network-config-analyzer {}: destination < ports < sources\n", nca::VERSION);
    for set in sets::all(&root()).map_err(text)? {
        let folder = target().join("compare-set");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(text)?;
        }
        fs::create_dir_all(&folder).map_err(text)?;
        for (number, file) in set.files.iter().enumerate() {
            fs::copy(root().join(file), folder.join(format!("{number}.yaml"))).map_err(text)?;
        }
        let answer = nca::connectivity(&program, &folder).output().map_err(text)?;
        let stdout = String::from_utf8_lossy(&answer.stdout);
        let files: Vec<String> = set.files.iter().map(|file| file.display().to_string()).collect();
        let _ = writeln!(out, "\n= {} = {}", set.name, files.join(" "));
        if !stdout.contains("global: ") {
            let stderr = String::from_utf8_lossy(&answer.stderr);
            let refusal = stderr.lines().find_map(|line| line.strip_prefix("Error: "));
            let refusal = refusal.ok_or_else(|| format!("{}: no answer: {stdout}{stderr}", set.name))?;
            let _ = writeln!(out, "! {refusal}");
            continue;
        }
        for line in nca::canonical(&stdout).map_err(|error| format!("{}: {error}", set.name))? {
            let _ = writeln!(out, "{line}");
        }
    }
    let path = root().join(sets::FOLDER).join(ANSWERS);
    if update {
        return fs::write(&path, out).map_err(text);
    }
    let kept = fs::read_to_string(&path).map_err(text)?;
    if kept == out {
        return Ok(());
    }
    let differing = kept.lines().zip(out.lines()).find(|(kept, new)| kept != new);
    Err(format!(
        "it answers otherwise than {ANSWERS} has it: {differing:?}; `cargo xtask compare --update` keeps it"
    ))
}
