//! The corpus as files for every language: `core/spec/src/bin/export.rs` says what lies where.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{Steps, cargo, root, target};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// The folder to write to [default: target/corpus]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Make one answer in each case wrong, to see a test fail
    #[arg(long = "break")]
    is_broken: bool,
}

/// Writes the corpus and gives the folder, if that went well.
pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) -> Option<PathBuf> {
    // cargo builds it for the tests of its package; with those of the whole workspace, so that nothing is compiled a second
    // time with other features.
    let mut build = cargo(["test", "--quiet", "--workspace", "--all-features", "--no-run", "--test", "tidy"]);
    if !steps.run("build what exports the corpus", &mut build) {
        return None;
    }
    let out = arguments.out.clone().unwrap_or_else(|| target().join("corpus"));
    let mut export = export(&out);
    if arguments.is_broken {
        export.arg("--break");
    }
    steps.run("export the corpus", &mut export).then_some(out)
}

/// The same corpus with wrong answers, for tests that have to fail on it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn broken() -> Result<PathBuf, String> {
    let out = target().join("corpus-broken");
    let status = export(&out).arg("--break").current_dir(root()).status();
    match status.map(|status| status.success()) {
        Ok(true) => Ok(out),
        Ok(false) => Err("the corpus with wrong answers cannot be written".to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// The program that writes it, as it was built last.
fn export(out: &Path) -> Command {
    let mut export = Command::new(target().join("debug/export"));
    export.arg("--out").arg(out);
    export
}
