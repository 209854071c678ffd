//! Benches of the analyses: builds the command line and the runner, and has it write the page.

use crate::compare::nca;
use crate::steps::{Steps, cargo, root, target};

/// The page that is written.
const PAGE: &str = "docs/analysis-speed.md";

/// Measures lists and differences, beside network-config-analyzer where that is wanted.
pub(crate) fn run(steps: &mut Steps, peers: bool) {
    let mut program = None;
    if peers {
        let installed = nca::install();
        program = installed.as_ref().ok().cloned();
        steps.record("network-config-analyzer", installed.map(|_| ()));
    }
    let mut build = cargo(["build", "--quiet", "--release", "-p", "portcullis-cli"]);
    if !steps.run("build the command line", build.env("CARGO_TARGET_DIR", target())) {
        return;
    }
    let mut command =
        cargo(["run", "--quiet", "--release", "-p", "portcullis-benches", "--bin", "analysis", "--"]);
    command.env("CARGO_TARGET_DIR", target());
    command.arg("--cli").arg(target().join("release/portcullis")).arg("--page").arg(root().join(PAGE));
    let asked = if peers { "cargo xtask bench --analysis --peers" } else { "cargo xtask bench --analysis" };
    command.args(["--command", asked]);
    if let Some(program) = program {
        command.arg("--nca").arg(program);
    }
    steps.run("measure the analyses", &mut command);
}
