//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "3c1fcc2bffcb9b560bfd2ca9f7e6da6951b6b53e97517ce012c20bef0c15acc9",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: &["-Clink-arg=-zstack-size=65536", "-Clink-arg=--max-memory=268435456"],
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "72c362706ad61c9e6f847b27f523065f56a8ad89c02de62a487f5769061fbc01",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: &[
        "-Clink-arg=-zstack-size=65536",
        "-Clink-arg=--max-memory=268435456",
        "-Ctarget-feature=+simd128",
    ],
};
