//! Everything that has to hold before anything is merged.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};

use crate::steps::{Steps, cargo};
use crate::wasm::{Choice, Toolchain};
use crate::{apiserver, c, corpus, dataplane, differential, fuzz, go, hooks, oracle, playground, wasm, web};

/// Builds of core with less than all features: features only add, so each has to stand by itself.
const FEATURES: [&[&str]; 4] =
    [&[], &["--features", "gen"], &["--features", "std"], &["--features", "manifest"]];

pub(crate) fn run(steps: &mut Steps) {
    let (guests, has_guests) = mpsc::channel();
    let (exported, corpus) = mpsc::channel();
    steps.beside(
        move |steps| engine(steps, &has_guests, &exported),
        move |steps| embedded(steps, &guests, &corpus),
    );
    // What waits for packets and for a server, and calls it a failure when none comes, has the machine to itself.
    apiserver::run(steps, &apiserver::Arguments::test());
    dataplane::run(steps);
}

/// Everything that is built as the workspace's tests are, which cargo does one after another; the corpus is handed over
/// once it is written.
fn engine(steps: &mut Steps, has_guests: &Receiver<bool>, exported: &Sender<PathBuf>) {
    steps.run("format", &mut cargo(["fmt", "--all", "--check"]));
    let deny = ["--", "-D", "warnings"];
    let all = ["clippy", "--locked", "--workspace", "--all-targets", "--all-features"];
    steps.run("lints", cargo(all).args(deny));
    for features in FEATURES {
        let name = format!("lints, core with {}", features.last().unwrap_or(&"no feature"));
        steps.run(
            &name,
            cargo(["clippy", "-p", "portcullis", "--no-default-features"]).args(features).args(deny),
        );
    }
    let no_compiler = ["clippy", "-p", "portcullis-host", "--no-default-features"];
    steps.run("lints, host without a compiler", cargo(no_compiler).args(deny));
    let docs = ["doc", "--workspace", "--all-features", "--no-deps"];
    steps.run("documentation", cargo(docs).env("RUSTDOCFLAGS", "-D warnings"));
    let mut tests = cargo(["test", "--workspace", "--all-features"]);
    // The guest as it was just built; the prebuilt one, where it could not be.
    if has_guests.recv() == Ok(true) {
        tests.env("PORTCULLIS_WASM_DIR", wasm::folder());
    }
    steps.run("tests", &mut tests);
    if let Some(corpus) = corpus::run(steps, &corpus::Arguments::default()) {
        // The other row may have ended early; then nobody wants it.
        let _ = exported.send(corpus);
    }
    hooks::run(steps);
    differential::run(steps, &differential::Arguments::default());
    differential::run(steps, &differential::Arguments::updates(100_000));
    differential::run(steps, &differential::Arguments::services(5_000));
    differential::run(steps, &differential::Arguments::lists(1_500));
    oracle::run(steps, &oracle::Arguments::default());
    fuzz::smoke(steps);
}

/// Everything that is built elsewhere: the guests, and the engine inside other languages.
fn embedded(steps: &mut Steps, guests: &Sender<bool>, corpus: &Receiver<PathBuf>) {
    let toolchain = Toolchain::get(steps, Choice::default());
    let toolchain = toolchain.as_ref();
    let with_guests = toolchain.filter(|found| wasm::build(steps, &wasm::Arguments::default(), found));
    let _ = guests.send(with_guests.is_some());
    if let Some(toolchain) = with_guests {
        wasm::reproduce(steps, toolchain);
    }
    let with_package = toolchain.filter(|found| web::build(steps, found));
    apiserver::build(steps);
    let Ok(corpus) = corpus.recv() else { return };
    c::run(steps, &corpus);
    go::run(steps, &go::Arguments::default(), &corpus);
    if with_guests.is_some() {
        wasm::under_node(steps, &corpus);
    }
    if let Some(toolchain) = with_package {
        web::test(steps, &corpus);
        playground::check(steps, toolchain);
    }
}
