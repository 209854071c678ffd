//! The Go modules: the guests that they embed, their tests under the race detector, on the whole corpus.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{Steps, answers, root};

/// The modules, the guests that the first of them embeds, and how long their tests may take.
const MODULES: [&str; 2] = ["bindings/go", "bindings/go/knp"];
const GUESTS: [&str; 2] = ["decide-simd.wasm", "full.wasm"];
const TIMEOUT: &str = "20m";

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Copy the guests of wasm/artefacts into the Go module
    #[arg(long)]
    update: bool,
    /// Measure instead of testing
    #[arg(long)]
    bench: bool,
}

/// Tests the modules, or measures them, on an exported corpus.
pub(crate) fn run(steps: &mut Steps, arguments: &Arguments, corpus: &Path) {
    if !answers(Command::new("go").arg("version")) {
        steps.missing("Go module", "Go is missing: install Go 1.26 or later from https://go.dev/dl/");
        return;
    }
    steps.record("Go: the guests are those of wasm/artefacts", guests(arguments.update));
    for module in MODULES {
        let go = |words: &[&str]| {
            let mut command = Command::new("go");
            command.arg("-C").arg(root().join(module)).args(words).env("PORTCULLIS_CORPUS", corpus);
            let conformance = root().join("../shared/conformance");
            if conformance.exists() {
                command.env("PORTCULLIS_CONFORMANCE", conformance);
            }
            command
        };
        if arguments.bench {
            let words = ["test", "-run", "^$", "-bench", ".", "./..."];
            steps.run(&format!("{module}: benchmarks"), &mut go(&words));
            continue;
        }
        steps.record(&format!("{module}: format"), format(&root().join(module)));
        steps.run(&format!("{module}: vet"), &mut go(&["vet", "./..."]));
        let words = ["test", "-race", "-timeout", TIMEOUT, "./..."];
        steps.run(&format!("{module}: tests, race detector"), &mut go(&words));
    }
}

fn format(module: &Path) -> Result<(), String> {
    let output = Command::new("gofmt").arg("-l").arg(module).output().map_err(|error| error.to_string())?;
    let files = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && files.is_empty() {
        Ok(())
    } else {
        Err(format!("run gofmt -w on\n{files}"))
    }
}

/// Go embeds only what lies in the module, so there is a copy of each guest, which has to be the same.
pub(crate) fn guests(update: bool) -> Result<(), String> {
    let said = |path: &PathBuf, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    for guest in GUESTS {
        let built = root().join("wasm/artefacts/modules").join(guest);
        let embedded = root().join("bindings/go/guest").join(guest);
        let bytes = std::fs::read(&built).map_err(|error| said(&built, &error))?;
        if update {
            std::fs::write(&embedded, &bytes).map_err(|error| said(&embedded, &error))?;
        } else if std::fs::read(&embedded).map_err(|error| said(&embedded, &error))? != bytes {
            return Err(format!("{guest} is not that of wasm/artefacts: run `cargo xtask go --update`"));
        }
    }
    Ok(())
}
