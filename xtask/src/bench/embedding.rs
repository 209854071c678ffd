//! The bench of the engine inside of other dataplanes.

use super::has_v3;
use crate::steps::{Steps, cargo, root, target};

/// Builds the runner as the other benches are, and runs it; `save` keeps what it finds for the manual.
pub(crate) fn run(steps: &mut Steps, is_quick: bool, save: bool) {
    let mut command =
        cargo(["run", "--quiet", "--release", "-p", "portcullis-benches", "--features", "guest"]);
    command.args(["--bin", "embedding"]);
    if cfg!(target_arch = "x86_64") && (std::env::consts::OS != "linux" || has_v3()) {
        command
            .env("CARGO_TARGET_DIR", target().join("bench-v3"))
            .env("RUSTFLAGS", "-C target-cpu=x86-64-v3");
    } else {
        command.env("CARGO_TARGET_DIR", target().join("bench-default"));
    }
    command.arg("--");
    if is_quick {
        command.arg("--quick");
    }
    if save {
        command.arg("--save").arg(root().join("core/src/manual/embedding-measured.md"));
    }
    steps.run("measure, embedding", &mut command);
}
