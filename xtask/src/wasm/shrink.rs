//! Makes a module smaller, with Binaryen's `wasm-opt` as the lock file in `xtask/binaryen` has it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::build::folder;
use super::order::named_by_likeness;
use crate::npm;
use crate::steps::{Steps, root};

/// What runs: only what leaves less after gzip. `-Oz` leaves a fifth less as it is and a tenth more after gzip, because
/// what was alike before is so no more. Functions in the order of their names have most of what is alike side by side, from
/// which [`named_by_likeness`] goes on.
const PASSES: [&str; 18] = [
    "--duplicate-function-elimination",
    "--remove-unused-module-elements",
    "--dce",
    "--remove-unused-names",
    "--remove-unused-brs",
    "--remove-unused-names",
    "--merge-blocks",
    "--optimize-instructions",
    "--precompute",
    "--code-folding",
    "--pick-load-signs",
    "--rse",
    "--vacuum",
    "--duplicate-function-elimination",
    "--remove-unused-module-elements",
    "--reorder-functions-by-name",
    "--strip-debug",
    "--strip-producers",
];

/// What runs then: functions are ordered by the names that were given them for it.
const LAST_PASSES: [&str; 2] = ["--reorder-functions-by-name", "--strip-debug"];

/// What the module may use: what its target has, so that nothing newer gets in.
const FEATURES: [&str; 7] = [
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// A Binaryen that is ready to run.
pub(crate) struct Binaryen {
    program: PathBuf,
}

impl Binaryen {
    /// Installs it beside what is built, unless it is there.
    pub(crate) fn get(steps: &mut Steps) -> Option<Self> {
        if !npm::is_there(steps, "guest: Binaryen") {
            return None;
        }
        let place = folder().join("binaryen");
        let copied = copy_to(&place);
        if copied.is_err() {
            steps.record("guest: Binaryen's lock file", copied);
            return None;
        }
        if !npm::install(steps, "guest: install Binaryen", &place) {
            return None;
        }
        let program = place.join("node_modules").join("binaryen").join("bin").join("wasm-opt");
        Some(Self { program })
    }

    /// Puts a smaller module beside the one that was built.
    pub(crate) fn shrink(&self, steps: &mut Steps, name: &str, built: &Path, shrunk: &Path) -> bool {
        if !steps.run(&format!("guest: shrink {name}"), &mut self.command(&PASSES, built, shrunk)) {
            return false;
        }
        let named = shrunk.with_extension("named.wasm");
        let are_named = name_by_likeness(shrunk, &named);
        if are_named.is_err() {
            steps.record(&format!("guest: name functions of {name}"), are_named);
            return false;
        }
        steps.run(&format!("guest: order {name}"), &mut self.command(&LAST_PASSES, &named, shrunk))
    }

    fn command(&self, passes: &[&str], from: &Path, to: &Path) -> Command {
        let mut command = Command::new("node");
        command.arg(&self.program).args(FEATURES).args(passes).arg(from).arg("-o").arg(to);
        command
    }
}

/// How a module was made smaller, for the record of what it was built with.
pub(super) fn recipe() -> Result<String, String> {
    let file = root().join("xtask").join("binaryen").join("package.json");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let version = text.split_once("\"binaryen\": \"").and_then(|(_, rest)| rest.split_once('"'));
    let (version, _) = version.ok_or_else(|| format!("{} names no binaryen", file.display()))?;
    let words = FEATURES.into_iter().chain(PASSES);
    Ok(format!(
        "binaryen {version}: wasm-opt {}, then {} of functions named by likeness",
        words.collect::<Vec<_>>().join(" "),
        LAST_PASSES.join(" ")
    ))
}

fn name_by_likeness(module: &Path, named: &Path) -> Result<(), String> {
    let bytes = fs::read(module).map_err(|error| format!("{}: {error}", module.display()))?;
    let bytes = named_by_likeness(&bytes)?;
    fs::write(named, bytes).map_err(|error| format!("{}: {error}", named.display()))
}

fn copy_to(place: &Path) -> Result<(), String> {
    let from = root().join("xtask").join("binaryen");
    fs::create_dir_all(place).map_err(|error| error.to_string())?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(from.join(name), place.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
