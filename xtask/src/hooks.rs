//! The hooks of `.pre-commit-hooks.yaml`, run by pre-commit on commits that it has to refuse and on one that is fine.

use crate::python;
use crate::steps::{Steps, cargo};

/// The version that runs them.
const PRE_COMMIT: &str = "4.7.0";

pub(crate) fn run(steps: &mut Steps) {
    let program = match python::install("pre-commit", PRE_COMMIT, "pre-commit") {
        Ok(program) => program,
        Err(why) => {
            steps.missing("hooks: pre-commit", &why);
            return;
        }
    };
    // Of the whole workspace, as the other tests are, so that nothing is built a second time with other features.
    let mut tests = cargo(["test", "--workspace", "--all-features", "--test", "it", "hooks::", "--"]);
    steps.run("hooks", tests.arg("--ignored").env("PORTCULLIS_PRE_COMMIT", program));
}
