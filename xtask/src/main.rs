//! Set-up, test and build steps of the workspace: `cargo xtask test` is what has to pass before anything is merged.

mod analysis;
mod apiserver;
#[expect(unreachable_pub, reason = "the runner's own declaration, which is a library's")]
#[path = "../../benches/src/arguments.rs"]
mod arguments;
mod bench;
mod c;
mod compare;
mod corpus;
mod dataplane;
mod differential;
mod dist;
mod fuzz;
mod go;
mod hooks;
mod instructions;
mod npm;
mod oracle;
mod playground;
mod python;
#[path = "../../cli/tests/shared/served.rs"]
mod served;
mod steps;
mod test;
mod wasm;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Steps of the workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure Portcullis, and its peers, on generated clusters
    Bench(bench::Arguments),
    /// Test the C interface: on the corpus, with hostile callers, under sanitizers and valgrind
    C,
    /// Compare connections with network-config-analyzer's, cell by cell (needs Python)
    Compare(compare::Arguments),
    /// Write the corpus as files that tests in any language read: images, packets, answers
    Corpus(corpus::Arguments),
    /// Build the WASM guest's modules
    Wasm(wasm::Arguments),
    /// Build the playground, serve it, test it in a browser
    Playground(playground::Arguments),
    /// Build the browser's package
    Web(web::Arguments),
    /// Check everything: format, lints, tests, docs, engine ≡ spec, the oracle, fuzz targets
    Test,
    /// Filter real packets between network namespaces (needs root)
    Dataplane,
    /// Build a real API server with its store, and start it or test against it (needs Go)
    Apiserver(apiserver::Arguments),
    /// Compare the engine with the specification on generated clusters
    Differential(differential::Arguments),
    /// Compare with kube-network-policies' evaluator on generated clusters (needs Go)
    Oracle(oracle::Arguments),
    /// Test the Go modules: on the corpus, under the race detector (needs Go)
    Go(go::Arguments),
    /// Run the hooks for commits as pre-commit runs them (needs Python)
    Hooks,
    /// Pack what a release has: the program with all features and the playground, manual pages, completions
    Dist,
    /// Run a fuzz target for a while
    Fuzz(fuzz::Arguments),
}

fn main() -> ExitCode {
    let mut steps = steps::Steps::new();
    match Arguments::parse().task {
        Task::Bench(arguments) => bench::run(&mut steps, &arguments),
        Task::C => {
            if let Some(corpus) = corpus::run(&mut steps, &corpus::Arguments::default()) {
                c::run(&mut steps, &corpus);
            }
        }
        Task::Compare(arguments) => compare::run(&mut steps, &arguments),
        Task::Corpus(arguments) => {
            corpus::run(&mut steps, &arguments);
        }
        Task::Wasm(arguments) => wasm::run(&mut steps, &arguments),
        Task::Playground(arguments) => playground::run(&mut steps, &arguments),
        Task::Web(arguments) => web::run(&mut steps, &arguments),
        Task::Test => test::run(&mut steps),
        Task::Dataplane => dataplane::run(&mut steps),
        Task::Apiserver(arguments) => apiserver::run(&mut steps, &arguments),
        Task::Differential(arguments) => differential::run(&mut steps, &arguments),
        Task::Oracle(arguments) => oracle::run(&mut steps, &arguments),
        Task::Go(arguments) => {
            if let Some(corpus) = corpus::run(&mut steps, &corpus::Arguments::default()) {
                go::run(&mut steps, &arguments, &corpus);
            }
        }
        Task::Hooks => hooks::run(&mut steps),
        Task::Dist => dist::run(&mut steps),
        Task::Fuzz(arguments) => fuzz::run(&mut steps, &arguments),
    }
    steps.finish()
}
