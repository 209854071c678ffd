//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "0adbcd088cbef67169820a36f92cb39a4355a05229b91417b9f78d5e621111d6",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456",
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "cd60874f12c1414f7e023d528981d0e5f2e1391ed318bafbb1e4b8b609311399",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Ctarget-feature=+simd128",
};

pub(crate) const FULL: Build = Build {
    sha256: "b948265bd72a08f948c60722ed7b8c58c4e3df3641b0673ba485e42ffc1bb99a",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
};
