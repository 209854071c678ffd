//! The oracle of other hands: kube-network-policies' evaluator, built from its Go module and asked about generated
//! clusters.

use std::process::Command;

use crate::steps::{Steps, answers, cargo, root, target};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Compare at least so many flows [default: 500000]
    #[arg(long)]
    flows: Option<u64>,
    /// Begin with this seed; without it a fresh one is taken and printed
    #[arg(long)]
    seed: Option<u64>,
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if !answers(Command::new("go").arg("version")) {
        steps.missing("oracle", "Go is missing: install Go 1.26 or later from https://go.dev/dl/");
        return;
    }
    let program = target().join("oracle").join("kube-network-policies");
    let source = root().join("core/spec/oracle");
    let mut build = Command::new("go");
    build.arg("-C").arg(&source).args(["build", "-o"]).arg(&program).arg(".");
    if !steps.run("build the oracle", &mut build) {
        return;
    }
    let mut command = cargo(["run", "--quiet", "--profile", "stress", "-p", "portcullis-spec"]);
    command.args(["--features", "differential", "--bin", "oracle", "--", "--program"]).arg(&program);
    command.args(["--flows", &arguments.flows.unwrap_or(500_000).to_string()]);
    if let Some(seed) = arguments.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    steps.run("engine ≡ kube-network-policies", &mut command);
}
