//! The corpus under Node, and that a broken guest does not pass it.

use std::path::Path;
use std::process::Command;

use super::build::folder;
use crate::steps::{Steps, answers, root};

pub(crate) fn run(steps: &mut Steps, corpus: &Path) {
    if !answers(Command::new("node").arg("--version")) {
        steps.missing("guest under Node", "node is missing: `apt-get install nodejs`, or https://nodejs.org");
        return;
    }
    steps.run("guest under Node", &mut test(corpus));
    let name = "guest under Node: wrong answers fail";
    let output = test(corpus).arg("--break").current_dir(root()).output();
    let outcome = match output {
        Ok(output) if output.status.code() == Some(1) => Ok(()),
        Ok(output) => Err(format!("with every verdict turned round, it ends with {}", output.status)),
        Err(error) => Err(error.to_string()),
    };
    steps.record(name, outcome);
}

fn test(corpus: &Path) -> Command {
    let mut command = Command::new("node");
    command.arg(root().join("wasm/tests/node/corpus.mjs")).arg(folder()).arg(corpus);
    command
}
