//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "d10380650e80e50b98eab1ad164245c5674d127ea0448f76774d704ca92fced7",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456",
    shrunk: None,
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "cc1cd975c68b6f6eab0cf1b82b4aab8b8107b45d5599ad0d3d07c4038305e9b2",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Ctarget-feature=+simd128",
    shrunk: None,
};

pub(crate) const FULL: Build = Build {
    sha256: "afba618f71ded9ae873ac2ba47e1621b8ce1355b6b8c0d58252893f3c3f4eee1",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers",
    ),
};

pub(crate) const COMPONENT: Build = Build {
    sha256: "075590f0615ee21ac7f284641642efe724aca531be9f454472c526d6dc22192f",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers",
    ),
};
