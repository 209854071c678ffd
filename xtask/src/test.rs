//! Everything that has to hold before anything is merged.

use crate::steps::{Steps, cargo};
use crate::{apiserver, c, corpus, dataplane, differential, fuzz, go, oracle, wasm};

/// Builds of core with less than all features: features only add, so each has to stand by itself.
const FEATURES: [&[&str]; 4] =
    [&[], &["--features", "gen"], &["--features", "std"], &["--features", "manifest"]];

pub(crate) fn run(steps: &mut Steps) {
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
    let has_guest = wasm::run(steps, &wasm::Arguments::check());
    let mut tests = cargo(["test", "--workspace", "--all-features"]);
    // The guest as it was just built; the prebuilt one, where it could not be.
    if has_guest {
        tests.env("PORTCULLIS_WASM_DIR", wasm::folder());
    }
    steps.run("tests", &mut tests);
    let docs = ["doc", "--workspace", "--all-features", "--no-deps"];
    steps.run("documentation", cargo(docs).env("RUSTDOCFLAGS", "-D warnings"));
    differential::run(steps, &differential::Arguments::default());
    differential::run(steps, &differential::Arguments::updates(100_000));
    differential::run(steps, &differential::Arguments::services(5_000));
    differential::run(steps, &differential::Arguments::lists(1_500));
    oracle::run(steps, &oracle::Arguments::default());
    if let Some(corpus) = corpus::run(steps, &corpus::Arguments::default()) {
        c::run(steps, &corpus);
        go::run(steps, &go::Arguments::default(), &corpus);
        if has_guest {
            wasm::under_node(steps, &corpus);
        }
    }
    apiserver::run(steps, &apiserver::Arguments::test());
    dataplane::run(steps);
    fuzz::smoke(steps);
}
