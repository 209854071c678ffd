//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "9934541aaa0fdea50a62c42744dcaf9532f5a4379e9cb758a42d39a811c5c862",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456",
    shrunk: None,
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "c3150ad35f55e31aaef359b9910f8cce996441e48fa8eec7d8c15b91189cb30d",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Ctarget-feature=+simd128",
    shrunk: None,
};

pub(crate) const FULL: Build = Build {
    sha256: "a23fd8c1ba82431222612e7a8ded9b9f50fa2f7d5d72369bdf0d8af54d45125b",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers",
    ),
};

pub(crate) const COMPONENT: Build = Build {
    sha256: "c4631042f41df26d8a3d867ac7f22727d79b115303ab3f402484789fa33eee07",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers",
    ),
};
