//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "1c2386591d6c943c9b6eb88bf102ff3b638f32de326681e52841c59d3e0de12a",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Cllvm-args=-disable-lsr",
    shrunk: None,
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "21ef158a08f02301653cfb4420e05bb427570c91529fc50375c77b16485064c6",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Cllvm-args=-disable-lsr -Ctarget-feature=+simd128",
    shrunk: None,
};

pub(crate) const FULL: Build = Build {
    sha256: "377314ec4eb3f8f2a713b291186ff45b8826faa64a77bb9ec40789667537c795",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers, then --reorder-functions-by-name --strip-debug of functions named by likeness",
    ),
};

pub(crate) const COMPONENT: Build = Build {
    sha256: "b7fd4d8ead04a5f4a501e47e3c643045121924126d813972c47fe03447b173f4",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers, then --reorder-functions-by-name --strip-debug of functions named by likeness",
    ),
};
