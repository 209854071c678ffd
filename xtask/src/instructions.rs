//! Instruction counts: fixed scenarios under callgrind, compared with the counts that `benches/instructions.toml` keeps.
//!
//! Time on shared machines wanders by a factor; instructions do not by a hundredth.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{Steps, answers, cargo, root, target};

/// How far a count may be from the one that is kept, in thousandths.
const TOLERANCE: u64 = 10;

pub(crate) fn run(steps: &mut Steps, update: bool) {
    if !answers(Command::new("valgrind").arg("--version")) {
        steps.missing(
            "instructions",
            "valgrind is missing: apt-get install valgrind, or https://valgrind.org",
        );
        return;
    }
    let folder = target().join("bench-v3");
    let mut build =
        cargo(["build", "--quiet", "--release", "-p", "portcullis-benches", "--bin", "instructions"]);
    build.env("CARGO_TARGET_DIR", &folder).env("RUSTFLAGS", "-C target-cpu=x86-64-v3");
    if !steps.run("build the scenarios", &mut build) {
        return;
    }
    let program = folder.join("release").join("instructions");
    let outcome = count_all(&program, &folder).and_then(|found| compare(&found, update));
    steps.record("instructions within 1 %", outcome);
}

/// The instructions of every scenario.
fn count_all(program: &Path, folder: &Path) -> Result<BTreeMap<String, (u64, u64)>, String> {
    let list = Command::new(program).output().map_err(|error| error.to_string())?;
    let mut found = BTreeMap::new();
    for line in String::from_utf8_lossy(&list.stdout).lines() {
        let (name, items) = line.split_once(' ').ok_or_else(|| format!("`{line}` is no scenario"))?;
        let items = items.parse().map_err(|_| format!("`{items}` is no number"))?;
        found.insert(name.to_string(), (count(program, folder, name)?, items));
    }
    Ok(found)
}

fn count(program: &Path, folder: &Path, name: &str) -> Result<u64, String> {
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg("--collect-atstart=no");
    command.arg("--toggle-collect=*counted_by_callgrind*");
    command.arg(format!("--callgrind-out-file={}", folder.join("callgrind.out").display()));
    let output = command.arg(program).arg(name).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected =
        text.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim());
    collected
        .and_then(|count| count.parse().ok())
        .filter(|count| *count > 0)
        .ok_or_else(|| format!("valgrind counted nothing of {name}:\n{text}"))
}

fn compare(found: &BTreeMap<String, (u64, u64)>, update: bool) -> Result<(), String> {
    let kept = kept()?;
    let mut wrong = Vec::new();
    println!("\n  {:<20} {:>14} {:>12} {:>14} {:>9}", "", "instructions", "for each", "kept", "change");
    for (name, (count, items)) in found {
        let before = kept.get(name).copied();
        let change = before.map(|before| (*count as f64 / before as f64 - 1.0) * 100.0);
        let change_text = change.map_or("new".to_string(), |change| format!("{change:+.2} %"));
        let each = *count as f64 / *items as f64;
        let before_text = before.map_or(String::new(), |before| before.to_string());
        println!("  {name:<20} {count:>14} {each:>12.0} {before_text:>14} {change_text:>9}");
        let within = before.is_some_and(|before| count.abs_diff(before) * 1_000 <= before * TOLERANCE);
        if !within {
            wrong.push(name.as_str());
        }
    }
    if update {
        return std::fs::write(file(), text(found)).map_err(|error| error.to_string());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} changed by more than 1 %: where that is meant, run `cargo xtask bench --instructions --update`",
        wrong.join(", ")
    ))
}

fn kept() -> Result<BTreeMap<String, u64>, String> {
    let Ok(text) = std::fs::read_to_string(file()) else { return Ok(BTreeMap::new()) };
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    lines
        .map(|line| {
            let pair = line.split_once('=').and_then(|(name, count)| {
                Some((name.trim().to_string(), count.trim().replace('_', "").parse().ok()?))
            });
            pair.ok_or_else(|| format!("{}: `{line}` is no count", file().display()))
        })
        .collect()
}

fn text(found: &BTreeMap<String, (u64, u64)>) -> String {
    let mut text = String::from(
        "# Instructions that callgrind counts, written by `cargo xtask bench --instructions --update`.\n\
         # Built with target-cpu=x86-64-v3. Deciding scenarios: 10,000 packets.\n",
    );
    let rustc = Command::new("rustc").arg("--version").output();
    if let Ok(output) = rustc {
        let _ = writeln!(text, "# {}", String::from_utf8_lossy(&output.stdout).trim());
    }
    text.push_str("\n[instructions]\n");
    for (name, (count, _)) in found {
        let _ = writeln!(text, "{name} = {count}");
    }
    text
}

fn file() -> PathBuf {
    root().join("benches").join("instructions.toml")
}
