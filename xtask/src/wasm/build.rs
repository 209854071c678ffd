//! Building one module.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::component;
use super::shrink::Binaryen;
use super::toolchain::Toolchain;
use crate::steps::{Steps, cargo, root, target};

/// The modules.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// Decides; no standard library, no SIMD
    Decide,
    /// Decides, with 128-bit SIMD
    DecideSimd,
    /// Loads, compiles, explains and validates as well
    Full,
    /// The full module with the types of the component model around it
    Component,
}

impl Variant {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::DecideSimd => "decide-simd",
            Self::Full => "full",
            Self::Component => "component",
        }
    }

    pub(crate) const fn target(self) -> &'static str {
        match self {
            // What this target may use is fixed by contract, where others follow the compiler's growing defaults.
            Self::Decide | Self::DecideSimd => "wasm32v1-none",
            // The one with a standard library.
            Self::Full | Self::Component => "wasm32-unknown-unknown",
        }
    }

    /// The profile of the workspace that it is built with.
    const fn profile(self) -> &'static str {
        match self {
            Self::Decide | Self::DecideSimd => "guest",
            Self::Full | Self::Component => "guest-full",
        }
    }

    /// Whether it is made smaller after it was built: what is fetched over a network is, what has to be fast is left
    /// as the compiler has it.
    pub(crate) const fn is_shrunk(self) -> bool {
        matches!(self, Self::Full | Self::Component)
    }

    /// The most bytes that the module may have, after `gzip -9` if the second says so.
    const fn limit(self) -> (usize, bool) {
        match self {
            Self::Decide | Self::DecideSimd => (64 << 10, false),
            Self::Full => (400 << 10, true),
            // The types take a little.
            Self::Component => (404 << 10, true),
        }
    }

    /// What the compiler is told beside the profile.
    pub(crate) fn flags(self) -> Vec<&'static str> {
        // Little stack where nothing recurses; memory enough for batches of a thousand packets, and a declared maximum,
        // for hosts that set memory aside. Where loops step through packets by pointers of their own, as LLVM has them
        // unless told otherwise, what is read and written beside such a pointer has its address added up each time, and
        // some runtimes check each: a batch takes a twentieth longer.
        match self {
            Self::Decide | Self::DecideSimd => {
                let mut flags = vec![
                    "-Clink-arg=-zstack-size=65536",
                    "-Clink-arg=--initial-memory=262144",
                    "-Clink-arg=--max-memory=268435456",
                    "-Cllvm-args=-disable-lsr",
                ];
                if matches!(self, Self::DecideSimd) {
                    flags.push("-Ctarget-feature=+simd128");
                }
                flags
            }
            Self::Full | Self::Component => {
                // Functions of a few instructions are put where they are called, which small before fast alone would not do:
                // 2 % of the bytes for a seventh of the time.
                vec![
                    "-Clink-arg=-zstack-size=1048576",
                    "-Clink-arg=--max-memory=1073741824",
                    "-Cllvm-args=-inline-threshold=25",
                ]
            }
        }
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
    let place = out.join(format!("{}.wasm", variant.name()));
    if variant == Variant::Component {
        let module = out.join(format!("{}.wasm", Variant::Full.name()));
        let wrapped = component::wrap(sources, &module, &place);
        let is_there = wrapped.is_ok();
        steps.record("guest: build component", wrapped);
        return is_there;
    }
    let mut command =
        cargo(["build", "--quiet", "--locked", "--profile", variant.profile(), "-p", "portcullis-wasm"]);
    command.arg("--manifest-path").arg(sources.join("Cargo.toml"));
    if variant == Variant::Full {
        command.args(["--features", "manifest"]);
    }
    command.args(["--target", variant.target()]).arg("--target-dir").arg(out.join(variant.name()));
    toolchain.prepare(&mut command, variant.target());
    command.env("CARGO_ENCODED_RUSTFLAGS", remapped(&variant.flags(), sources));
    if !steps.run(&format!("guest: build {}", variant.name()), &mut command) {
        return false;
    }
    let built =
        out.join(variant.name()).join(variant.target()).join(variant.profile()).join("portcullis_wasm.wasm");
    if variant.is_shrunk() {
        let binaryen = Binaryen::get(steps);
        return binaryen.is_some_and(|binaryen| binaryen.shrink(steps, variant.name(), &built, &place));
    }
    let copied = fs::copy(&built, place);
    copied.map_err(|error| eprintln!("{} cannot be copied: {error}", built.display())).is_ok()
}

/// Flags of the compiler, as `CARGO_ENCODED_RUSTFLAGS` has them, with those that keep paths of this machine out of
/// messages of panics.
pub(crate) fn remapped(flags: &[&str], sources: &Path) -> OsString {
    let mut flags: Vec<OsString> = flags.iter().map(OsString::from).collect();
    for (from, to) in [(sources.to_path_buf(), "portcullis"), (registry(), "registry")] {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push(format!("={to}"));
        flags.push(flag);
    }
    flags.join(std::ffi::OsStr::new("\u{1f}"))
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
        let zipped = gzipped(&bytes).map_err(|error| error.to_string())?;
        let (limit, counts_zipped) = variant.limit();
        let size = if counts_zipped { zipped } else { bytes.len() };
        let of = if counts_zipped { "after gzip -9" } else { "as it is" };
        println!(
            "   {:<12} {:>8} bytes, {zipped:>7} after gzip -9 (limit {limit} {of})",
            variant.name(),
            bytes.len()
        );
        if size > limit {
            too_large.push(format!("{} has {size} bytes {of}, which is more than {limit}", variant.name()));
        }
    }
    if too_large.is_empty() { Ok(()) } else { Err(too_large.join("; ")) }
}

/// How many bytes are left after `gzip -9`.
pub(crate) fn gzipped(bytes: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}
