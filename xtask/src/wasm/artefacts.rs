//! The prebuilt modules: for those who have no compiler for WebAssembly.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::build::Variant;
use super::shrink::recipe;
use super::toolchain::Toolchain;
use crate::steps::root;

/// Puts the modules that were just built into the crate, with their hashes and what they were built with.
pub(crate) fn update(variants: &[Variant], toolchain: &Toolchain) -> Result<(), String> {
    let folder = folder().join("modules");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for variant in variants {
        let name = format!("{}.wasm", variant.name());
        fs::copy(variant.file(), folder.join(&name)).map_err(|error| format!("{name}: {error}"))?;
    }
    crate::go::guests(true)?;
    fs::write(record(), text(variants, toolchain)?).map_err(|error| error.to_string())
}

/// Whether the crate has what was just built; a compiler other than the recorded one may build something else.
pub(crate) fn compare(variants: &[Variant], toolchain: &Toolchain) -> Result<(), String> {
    let kept = fs::read_to_string(record()).map_err(|error| error.to_string())?;
    let version = toolchain.version().unwrap_or_default();
    if !kept.contains(&version) {
        println!("   built by another compiler than {version}: their behaviour counts, not their bytes");
        return Ok(());
    }
    let stale = || "run `cargo xtask wasm --update`, and commit what it writes".to_string();
    if kept != text(variants, toolchain)? {
        return Err(format!("the sources build other modules than those in wasm/artefacts: {}", stale()));
    }
    for variant in variants {
        let name = format!("{}.wasm", variant.name());
        let module = fs::read(folder().join("modules").join(&name)).map_err(|error| error.to_string())?;
        if module != fs::read(variant.file()).map_err(|error| error.to_string())? {
            return Err(format!("{name} in wasm/artefacts is not the one that its hash is of: {}", stale()));
        }
    }
    Ok(())
}

/// The record: Rust source, so that the crate has nothing to parse.
fn text(variants: &[Variant], toolchain: &Toolchain) -> Result<String, String> {
    let mut text = String::from("//! Written by `cargo xtask wasm --update`.\n\nuse super::Build;\n");
    let version = toolchain.version().ok_or("the compiler names no version")?;
    for variant in variants {
        let module = fs::read(variant.file()).map_err(|error| error.to_string())?;
        let hash: String = Sha256::digest(&module).iter().map(|byte| format!("{byte:02x}")).collect();
        let shrunk = if variant.is_shrunk() {
            format!("Some(\n        {:?},\n    )", recipe()?)
        } else {
            "None".to_string()
        };
        let name = variant.name().to_uppercase().replace('-', "_");
        let _ = write!(
            text,
            "\npub(crate) const {name}: Build = Build {{\n    sha256: \"{hash}\",\n    rustc: \"{version}\",\n    \
             target: \"{}\",\n    flags: \"{}\",\n    shrunk: {shrunk},\n}};\n",
            variant.target(),
            variant.flags().join(" "),
        );
    }
    Ok(text)
}

fn record() -> PathBuf {
    folder().join("src").join("built.rs")
}

fn folder() -> PathBuf {
    root().join("wasm").join("artefacts")
}
