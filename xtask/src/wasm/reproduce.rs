//! The same bytes from another folder.

use std::fs;
use std::io;
use std::path::Path;

use super::build::{Variant, build_in, folder};
use super::toolchain::Toolchain;
use crate::steps::{Steps, root};

pub(crate) fn run(steps: &mut Steps, variants: &[Variant], toolchain: &Toolchain) {
    let elsewhere = folder().join("elsewhere");
    let sources = elsewhere.join("sources-of-the-guest");
    if let Err(error) = copy(&root(), &sources) {
        steps.record("guest: copy the sources", Err(error.to_string()));
        return;
    }
    for variant in variants {
        if build_in(steps, *variant, toolchain, &sources, &elsewhere) {
            let name = format!("guest: {} is the same from two folders", variant.name());
            steps.record(&name, same(&variant.file(), &elsewhere.join(format!("{}.wasm", variant.name()))));
        }
    }
}

fn same(first: &Path, second: &Path) -> Result<(), String> {
    let read = |path: &Path| fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    if read(first)? == read(second)? {
        return Ok(());
    }
    Err(format!("{} and {} differ", first.display(), second.display()))
}

/// Copies what cargo needs, and nothing that was built.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let source = entry.path();
        let is_built = ["target", "node_modules", "testdata", "results"].iter().any(|other| name == *other);
        if is_built || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let place = to.join(&name);
        if kind.is_dir() {
            copy(&source, &place)?;
        } else if kind.is_file() && fs::read(&place).ok() != fs::read(&source).ok() {
            fs::copy(&source, &place)?;
        }
    }
    Ok(())
}
