//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "6927d2d97334ff695f157158e40b33a176af855ecf5b8d0ca6b365252ed5c690",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--initial-memory=262144 -Clink-arg=--max-memory=268435456 -Cllvm-args=-disable-lsr",
    shrunk: None,
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "1488f6d08b52f00529773423123f97bf37185d0448392753344fb3a8da3218aa",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--initial-memory=262144 -Clink-arg=--max-memory=268435456 -Cllvm-args=-disable-lsr -Ctarget-feature=+simd128",
    shrunk: None,
};

pub(crate) const FULL: Build = Build {
    sha256: "d9e1c7ffdfc0e1fb21dac22ec63ec367b86579467f9c429cfd6804d24bc6208b",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824 -Cllvm-args=-inline-threshold=25",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers, then --reorder-functions-by-name --strip-debug of functions named by likeness",
    ),
};

pub(crate) const COMPONENT: Build = Build {
    sha256: "75a5bd74bfd86524b686d8351b7efcec8d892b022cc63c34af8b454522304fd8",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824 -Cllvm-args=-inline-threshold=25",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers, then --reorder-functions-by-name --strip-debug of functions named by likeness",
    ),
};
