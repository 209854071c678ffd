//! Building one module.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::toolchain::Toolchain;
use crate::steps::{Steps, cargo, root, target};

/// The modules.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// Decides; no standard library, no SIMD
    Decide,
    /// Decides, with 128-bit SIMD
    DecideSimd,
}

impl Variant {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::DecideSimd => "decide-simd",
        }
    }

    pub(crate) const fn target(self) -> &'static str {
        // What this target may use is fixed by contract, where others follow the compiler's growing defaults.
        "wasm32v1-none"
    }

    /// The most bytes that the module may have.
    const fn limit(self) -> u64 {
        64 << 10
    }

    /// What the compiler is told beside the profile.
    pub(crate) fn flags(self) -> Vec<&'static str> {
        // Little stack, for nothing recurses; a declared maximum, for hosts that set memory aside.
        let mut flags = vec!["-Clink-arg=-zstack-size=65536", "-Clink-arg=--max-memory=268435456"];
        if self == Self::DecideSimd {
            flags.push("-Ctarget-feature=+simd128");
        }
        flags
    }

    /// Where the module is once it is built.
    pub(crate) fn file(self) -> PathBuf {
        folder().join(format!("{}.wasm", self.name()))
    }
}

/// Where modules are put.
pub(crate) fn folder() -> PathBuf {
    target().join("wasm")
}

pub(crate) fn build(steps: &mut Steps, variant: Variant, toolchain: &Toolchain) -> bool {
    build_in(steps, variant, toolchain, &root(), &folder())
}

/// Builds a module from the sources in a folder; it and all on the way to it goes into another one.
pub(crate) fn build_in(
    steps: &mut Steps,
    variant: Variant,
    toolchain: &Toolchain,
    sources: &Path,
    out: &Path,
) -> bool {
    let mut command = cargo(["build", "--quiet", "--locked", "--profile", "guest", "-p", "portcullis-wasm"]);
    command.arg("--manifest-path").arg(sources.join("Cargo.toml"));
    command.args(["--target", variant.target()]).arg("--target-dir").arg(out.join("build"));
    toolchain.prepare(&mut command, variant.target());
    let mut flags: Vec<OsString> = variant.flags().into_iter().map(OsString::from).collect();
    // Paths of this machine are in messages of panics.
    for (from, to) in [(sources.to_path_buf(), "portcullis"), (registry(), "registry")] {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push(format!("={to}"));
        flags.push(flag);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join(std::ffi::OsStr::new("\u{1f}")));
    if !steps.run(&format!("guest: build {}", variant.name()), &mut command) {
        return false;
    }
    let built = out.join("build").join(variant.target()).join("guest").join("portcullis_wasm.wasm");
    let copied = fs::copy(&built, out.join(format!("{}.wasm", variant.name())));
    copied.map_err(|error| eprintln!("{} cannot be copied: {error}", built.display())).is_ok()
}

/// Where cargo keeps the sources of packages.
fn registry() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    home.unwrap_or_default().join("registry").join("src")
}

/// Prints how large the modules are, and fails where one is too large.
pub(crate) fn sizes(variants: &[Variant]) -> Result<(), String> {
    let mut too_large = Vec::new();
    for variant in variants {
        let bytes = fs::read(variant.file()).map_err(|error| error.to_string())?;
        let (size, limit) = (bytes.len() as u64, variant.limit());
        println!("   {:<12} {size:>8} bytes (limit {limit})", variant.name());
        if size > limit {
            too_large.push(format!("{} has {size} bytes, which is more than {limit}", variant.name()));
        }
    }
    if too_large.is_empty() { Ok(()) } else { Err(too_large.join("; ")) }
}
