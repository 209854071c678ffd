//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "67d3773b434a400d98e2e0e0c084d3d61414686f4fa9b505e97a1a79cc1aa6f1",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Cllvm-args=-disable-lsr",
    shrunk: None,
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "97de4380111568d2a325ddf07a268b9e50e9bc0acbc894e2629767a3a65ad65f",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Cllvm-args=-disable-lsr -Ctarget-feature=+simd128",
    shrunk: None,
};

pub(crate) const FULL: Build = Build {
    sha256: "17fb47092d10ce4b4ff55a9a630d970f00fca41774b666dc4ff1e16173d3aeeb",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers, then --reorder-functions-by-name --strip-debug of functions named by likeness",
    ),
};

pub(crate) const COMPONENT: Build = Build {
    sha256: "77003d8e7f1735974363a08b6589d392c6a895e41b79d0a7d652ab819a619d28",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers, then --reorder-functions-by-name --strip-debug of functions named by likeness",
    ),
};
