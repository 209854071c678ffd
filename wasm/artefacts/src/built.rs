//! Written by `cargo xtask wasm --update`.

use super::Build;

pub(crate) const DECIDE: Build = Build {
    sha256: "0868caa845bdf6995d9ef67bb7657f52f919bbbf0a77e9666cb0e1d8b4644889",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456",
    shrunk: None,
};

pub(crate) const DECIDE_SIMD: Build = Build {
    sha256: "4086a1dbd3b04b41339603a0cac8aaece0ca54bcd0dce1f4306199548c0815fe",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32v1-none",
    flags: "-Clink-arg=-zstack-size=65536 -Clink-arg=--max-memory=268435456 -Ctarget-feature=+simd128",
    shrunk: None,
};

pub(crate) const FULL: Build = Build {
    sha256: "d82791d2f5376942e4a24b8e45cc204bd53b727a5cd95eff87beea0397accfcc",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers",
    ),
};

pub(crate) const COMPONENT: Build = Build {
    sha256: "0443dcf51d52969b54ced5fa8913f801722b4f0128af6ebdcf852b082e394db5",
    rustc: "rustc 1.95.0 (59807616e 2026-04-14)",
    target: "wasm32-unknown-unknown",
    flags: "-Clink-arg=-zstack-size=1048576 -Clink-arg=--max-memory=1073741824",
    shrunk: Some(
        "binaryen 132.0.0: wasm-opt --mvp-features --enable-bulk-memory --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext --duplicate-function-elimination --remove-unused-module-elements --dce --remove-unused-names --remove-unused-brs --remove-unused-names --merge-blocks --optimize-instructions --precompute --code-folding --pick-load-signs --rse --vacuum --duplicate-function-elimination --remove-unused-module-elements --reorder-functions-by-name --strip-debug --strip-producers",
    ),
};
