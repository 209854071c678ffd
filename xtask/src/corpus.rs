//! The corpus as files for every language: `core/spec/src/bin/export.rs` says what lies where.

use std::path::PathBuf;

use crate::steps::{Steps, cargo, target};

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
    let out = arguments.out.clone().unwrap_or_else(|| target().join("corpus"));
    let mut export = cargo(["run", "--quiet", "--profile", "stress", "-p", "portcullis-spec"]);
    export.args(["--features", "export", "--bin", "export", "--", "--out"]).arg(&out);
    if arguments.is_broken {
        export.arg("--break");
    }
    steps.run("export the corpus", &mut export).then_some(out)
}
