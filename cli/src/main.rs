//! The `portcullis` command line: asks the engine about manifests, and prints its answers.

mod answer;
mod args;
mod case;
mod diff;
mod ends;
mod eval;
mod exit;
mod failure;
mod input;
mod list;
mod load;
mod names;
mod output;
mod passage;
mod playground;
mod question;
mod replay;
#[cfg(feature = "wasm")]
mod sandbox;
#[cfg(not(feature = "wasm"))]
#[path = "no_sandbox.rs"]
mod sandbox;
mod session;
mod validate;
mod why;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Eval(args) => eval::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Why(args) => why::run(&args),
        Command::List(args) => list::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Playground(args) => playground::run(&args),
    };
    exit.into()
}
