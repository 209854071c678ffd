//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "7e41a221d3cc29111a36166cb8e3c82a3c85a0a631e8e0859756100d41aaf768",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456",
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "353593c8b42860d02cde73341f0c96087cd68028cdfefcc5cfe0ecb15d09357f",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Ctarget-feature=+simd128",
};

pub(crate) const FULL: Build = Build {
    sha256: "88d31c957f91aeedd4af2eeed705484f085978b260670082300bbc290ab8d8d8",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
};
