//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "316e15bce91977b8c7dee6af46d06bb23683b19c522187fa6a27d2dce4e42bdf",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456",
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "e9cc59ff80ab1b83cbb479f394af8f5df8faf664cadba3c32d0ca0da7fe53f6c",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Ctarget-feature=+simd128",
};

pub(crate) const FULL: Build = Build {
    sha256: "c578fdfb3f52e9ca5874ff26bacf98d1d0f5a35b578b0b4be302fc11f9259061",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
};
