//! Which compiler builds the guest: rustup's, with its targets added, else Debian's, for machines that cannot reach
//! rustup's server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use super::build::folder;
use crate::steps::{Steps, answers};

/// What the modules are built for.
const TARGETS: [&str; 2] = ["wasm32v1-none", "wasm32-unknown-unknown"];

/// Debian's compiler, and the sources of its standard library.
const PACKAGES: [&str; 5] =
    ["rustc-web", "libstd-rust-web-1.96", "libstd-rust-web-dev", "rust-web-src", "libllvm22"];

/// A panic traps at once, and nothing says where: nobody reads what it would say.
const SMALL: [&str; 3] = ["-Cpanic=immediate-abort", "-Zunstable-options", "-Zlocation-detail=none"];

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// rustup's where it works, else Debian's
    #[default]
    Auto,
    /// rustup's
    Rustup,
    /// Debian's
    Debian,
}

/// A compiler that knows the targets.
pub(crate) enum Toolchain {
    /// The one that cargo finds by itself.
    Own,
    /// One that builds the standard library from its sources.
    Debian {
        /// What is called in place of `rustc`.
        wrapper: PathBuf,
        /// rustup's linker.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Finds one; where there is none, that is a step which is missing.
    pub(crate) fn get(steps: &mut Steps, choice: Choice) -> Option<Self> {
        match Self::find(choice) {
            Ok(toolchain) => Some(toolchain),
            Err(why) => {
                steps.missing("guest, web: compiler", &why);
                None
            }
        }
    }

    /// Finds one, or says what is missing and how to get it.
    fn find(choice: Choice) -> Result<Self, String> {
        let mut problems = Vec::new();
        if choice != Choice::Debian {
            match add_targets() {
                Ok(()) => return Ok(Self::Own),
                Err(why) => problems.push(why),
            }
        }
        if choice != Choice::Rustup {
            match debian() {
                Ok(toolchain) => return Ok(toolchain),
                Err(why) => problems.push(why),
            }
        }
        Err(format!(
            "no compiler for WebAssembly: {}. Run `rustup target add {}`, or, where rustup's server cannot be reached, \
             give this machine access to a Debian mirror with the packages {}",
            problems.join("; "),
            TARGETS.join(" "),
            PACKAGES.join(", ")
        ))
    }

    /// Has a command of cargo use it.
    pub(crate) fn prepare(&self, command: &mut Command, target: &str) {
        if let Self::Debian { wrapper, linker } = self {
            let std = if target == "wasm32v1-none" { "core,alloc" } else { "std,panic_abort" };
            let linker_of = format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace('-', "_"));
            command.arg(format!("-Zbuild-std={std}"));
            command.env("RUSTC", wrapper).env("RUSTC_BOOTSTRAP", "1").env(linker_of, linker);
        }
    }

    /// Whether the standard library can be built for small size: its sources are there, or could be got, and the compiler
    /// knows what it is told of it, which no release promises.
    pub(crate) fn builds_small(&self) -> bool {
        let mut asked = Command::new(self.program());
        asked.args(SMALL).args(["--print", "cfg"]).env("RUSTC_BOOTSTRAP", "1");
        (matches!(self, Self::Debian { .. }) || add_sources()) && answers(&mut asked)
    }

    /// Has a command of cargo use it, and build the standard library for small size; gives what the compiler is to be told.
    pub(crate) fn prepare_small(&self, command: &mut Command, target: &str) -> [&'static str; 3] {
        self.prepare(command, target);
        if matches!(self, Self::Own) {
            command.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1");
        }
        command.arg("-Zbuild-std-features=optimize_for_size");
        SMALL
    }

    /// What the compiler says of itself.
    pub(crate) fn version(&self) -> Option<String> {
        first_line(Command::new(self.program()).arg("--version"))
    }

    fn program(&self) -> &Path {
        match self {
            Self::Own => Path::new("rustc"),
            Self::Debian { wrapper, .. } => wrapper,
        }
    }
}

/// Adds what rustup does not have yet.
fn add_targets() -> Result<(), String> {
    let missing: Vec<_> = TARGETS.into_iter().filter(|target| !is_there(target)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("== guest: rustup target add {}", missing.join(" "));
    let added = Command::new("rustup").args(["target", "add"]).args(&missing).status();
    match added {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("rustup could not add the targets".to_string()),
        Err(error) => Err(format!("rustup cannot be run: {error}")),
    }
}

/// Adds the sources of the standard library, unless they are there; gives whether they are.
fn add_sources() -> bool {
    let are_there =
        || sysroot().is_ok_and(|sysroot| sysroot.join("lib/rustlib/src/rust/library/std").is_dir());
    if are_there() {
        return true;
    }
    println!("== guest: rustup component add rust-src");
    answers(Command::new("rustup").args(["component", "add", "rust-src"])) && are_there()
}

/// Whether the compiler has the target's libraries.
fn is_there(target: &str) -> bool {
    let folder = first_line(Command::new("rustc").args(["--print", "target-libdir", "--target", target]));
    folder.is_some_and(|folder| Path::new(&folder).is_dir())
}

/// Unpacks Debian's compiler beside other things that are built; nothing is installed.
fn debian() -> Result<Toolchain, String> {
    let cache = folder().join("debian");
    let wrapper = cache.join("rustc");
    let linker = sysroot()?.join("lib/rustlib").join(host()?).join("bin/rust-lld");
    if !linker.is_file() {
        return Err(format!("there is no linker at {}", linker.display()));
    }
    if !wrapper.is_file() {
        let failed = |what: &str| format!("Debian's compiler: {what}");
        let packages = cache.join("packages");
        fs::create_dir_all(&packages).map_err(|error| failed(&error.to_string()))?;
        println!("== guest: apt-get download {}", PACKAGES.join(" "));
        let mut download = Command::new("apt-get");
        download.arg("download").args(PACKAGES).current_dir(&packages);
        if !download.status().is_ok_and(|status| status.success()) {
            return Err(failed("`apt-get download` does not get it"));
        }
        let files = fs::read_dir(&packages).map_err(|error| failed(&error.to_string()))?;
        for file in files.flatten() {
            if !answers(Command::new("dpkg").arg("-x").arg(file.path()).arg(&cache)) {
                return Err(failed(&format!("`dpkg -x` does not unpack {}", file.path().display())));
            }
        }
        write_wrapper(&cache, &wrapper).map_err(|error| failed(&error.to_string()))?;
    }
    Ok(Toolchain::Debian { wrapper, linker })
}

/// A program that runs the unpacked compiler with the libraries that were unpacked beside it.
fn write_wrapper(cache: &Path, wrapper: &Path) -> std::io::Result<()> {
    let cache = cache.canonicalize()?;
    let libraries = cache.join("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.display(),
        cache.join("usr/bin/rustc").display()
    );
    let unfinished = wrapper.with_extension("new");
    fs::write(&unfinished, text)?;
    #[cfg(unix)]
    fs::set_permissions(&unfinished, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    fs::rename(unfinished, wrapper)
}

fn sysroot() -> Result<PathBuf, String> {
    first_line(Command::new("rustc").args(["--print", "sysroot"]))
        .map(PathBuf::from)
        .ok_or_else(|| "`rustc --print sysroot` fails".to_string())
}

fn host() -> Result<String, String> {
    first_line(Command::new("rustc").args(["--print", "host-tuple"]))
        .ok_or_else(|| "`rustc` names no host".to_string())
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.to_string())
}
