//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "d24fc0ec384328656fbfcadad99ad929534dc1a08819de6cbeff919ec55c9691",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456",
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "d7f0da25761b8f876a739c9c18707e163c58bdd06cf755f5af382d365b44bcc5",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Ctarget-feature=+simd128",
};

pub(crate) const FULL: Build = Build {
    sha256: "73f4da04104791b3fa0b8be0029ef1bb9585af90d5b2b84d3ea804882eab7307",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
};
