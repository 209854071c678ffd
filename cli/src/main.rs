//! The `portcullis` command line: asks the engine about manifests, and prints its answers.

mod approved;
mod args;
mod case;
#[cfg(feature = "cluster")]
mod cluster;
#[cfg(not(feature = "cluster"))]
#[path = "no_cluster.rs"]
mod cluster;
mod decider;
mod deputy;
mod diff;
mod eval;
mod exit;
mod fix;
mod input;
mod lines;
mod lint;
mod list;
mod load;
mod output;
mod pages;
mod playground;
mod profiles;
mod progress;
mod replay;
#[cfg(feature = "wasm")]
mod sandbox;
#[cfg(not(feature = "wasm"))]
#[path = "no_sandbox.rs"]
mod sandbox;
mod services;
mod session;
mod suggest;
mod test;
mod validate;
mod watch;
mod why;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    let cli = arguments();
    progress::be_quiet(cli.quiet);
    let exit = match cli.command {
        Command::Eval(args) => eval::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Why(args) => why::run(&args),
        Command::List(args) => list::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Fix(args) => fix::run(&args),
        Command::Suggest(args) => suggest::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Profiles(args) => profiles::run(&args),
        Command::Playground(args) => playground::run(&args),
        Command::Completions(args) => pages::completions(&args),
        Command::Man(args) => pages::man(&args),
    };
    exit.into()
}

/// The arguments; called as kubectl's plugin, messages name the command as its user wrote it.
fn arguments() -> Cli {
    let name = std::env::args_os().next().unwrap_or_default();
    let is_plugin =
        Path::new(&name).file_stem().is_some_and(|name| name.to_string_lossy().starts_with("kubectl-"));
    let mut command = Cli::command();
    if is_plugin {
        command = command.bin_name("kubectl portcullis");
    }
    let matches = command.get_matches();
    // The definition that found the matches is the one that reads them.
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}
