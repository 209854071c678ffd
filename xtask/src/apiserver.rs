//! A real API server with its store, built once from Go modules: what live tests and people talk to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::steps::{Steps, answers, cargo, root, target};

/// The module with the definitions of policies of the cluster, and the version that has each of them.
const DEFINITIONS: &str = "sigs.k8s.io/network-policy-api";
const DEFINED: [(&str, &str); 3] = [
    ("v0.2.0", "policy.networking.k8s.io_clusternetworkpolicies.yaml"),
    ("v0.1.7", "policy.networking.k8s.io_adminnetworkpolicies.yaml"),
    ("v0.1.7", "policy.networking.k8s.io_baselineadminnetworkpolicies.yaml"),
];

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Run the command line's live tests against it
    #[arg(long)]
    test: bool,
}

impl Arguments {
    pub(crate) const fn test() -> Self {
        Self { test: true }
    }
}

/// Builds the server, which takes minutes the first time; gives the program.
pub(crate) fn build(steps: &mut Steps) -> Option<PathBuf> {
    if !answers(Command::new("go").arg("version")) {
        steps.missing("API server", "Go is missing: install Go 1.26 or later from https://go.dev/dl/");
        return None;
    }
    let program = target().join("apiserver").join("apiserver");
    let mut build = Command::new("go");
    build.arg("-C").arg(root().join("cli/tests/apiserver")).args(["build", "-ldflags=-s -w", "-o"]);
    steps.run("build an API server", build.arg(&program).arg(".")).then_some(program)
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if !answers(Command::new("openssl").arg("version")) {
        steps.missing("API server", "openssl is missing: apt-get install openssl");
        return;
    }
    let Some(program) = build(steps) else { return };
    let definitions = definitions();
    steps.record("definitions of policies", definitions.as_ref().map(|_| ()).map_err(Clone::clone));
    let Ok(definitions) = definitions else { return };
    if !arguments.test {
        println!("\nserver:      {}\ndefinitions: {}", program.display(), definitions.display());
        println!("`cli/tests/cluster/server.rs` shows the flags that start it alone on loopback");
        return;
    }
    // Of the whole workspace, as the other tests are, so that nothing is built a second time with other features.
    let mut tests = cargo(["test", "--workspace", "--all-features", "--test", "cluster", "--"]);
    tests.args(["--ignored", "--test-threads", "1"]);
    tests.env("PORTCULLIS_APISERVER", &program).env("PORTCULLIS_DEFINITIONS", &definitions);
    steps.run("live cluster", &mut tests);
}

/// Copies the definitions out of the module's versions.
fn definitions() -> Result<PathBuf, String> {
    let folder = target().join("apiserver").join("definitions");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (version, name) in DEFINED {
        let module = downloaded(version)?;
        let from = module.join("config/crd/standard").join(name);
        let from = if from.exists() { from } else { module.join("config/crd/experimental").join(name) };
        fs::write(
            folder.join(name),
            fs::read(&from).map_err(|error| format!("{}: {error}", from.display()))?,
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(folder)
}

fn downloaded(version: &str) -> Result<PathBuf, String> {
    let mut command = Command::new("go");
    command.current_dir(root()).args(["mod", "download", "-json", &format!("{DEFINITIONS}@{version}")]);
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let folder = text.lines().find_map(|line| line.trim().strip_prefix("\"Dir\": \"")?.split('"').next());
    folder.map(PathBuf::from).ok_or_else(|| format!("{DEFINITIONS}@{version} cannot be had: {text}"))
}
