//! Tests of the package: its types, its session, its client and the whole corpus under Node, and a page in a browser.

use std::path::Path;
use std::process::Command;

use super::package::place;
use crate::steps::Steps;
use crate::{corpus, npm};

/// Tests the package that was built last, on the corpus in a folder.
pub(crate) fn run(steps: &mut Steps, corpus: &Path) {
    if !npm::is_there(steps, "web: tests") || !npm::install(steps, "web: install", &place()) {
        return;
    }
    steps.run("web: types", npm::in_folder(&place()).args(["run", "--silent", "check"]));
    let mut tests = npm::in_folder(&place());
    tests.args(["test", "--silent"]).env("PORTCULLIS_CORPUS", corpus);
    steps.run("web: tests under Node", &mut tests);
    steps.record("web: wrong answers fail", fails_when_broken());
    let Some(browser) = npm::browser(steps, "web: page in Chromium") else { return };
    let mut page = npm::in_folder(&place());
    page.args(["run", "--silent", "test:page"]).env("PORTCULLIS_BROWSER", browser);
    steps.run("web: page in Chromium", &mut page);
}

/// A corpus with wrong answers has to fail.
fn fails_when_broken() -> Result<(), String> {
    let broken = corpus::broken()?;
    let mut test = Command::new("node");
    test.args(["--test", "tests/corpus.test.mjs"]).current_dir(place()).env("PORTCULLIS_CORPUS", broken);
    let output = test.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    match (output.status.code(), said.contains("another decision")) {
        (Some(1), true) => Ok(()),
        (code, _) => Err(format!("wrong answers give exit code {code:?}: {said}")),
    }
}
