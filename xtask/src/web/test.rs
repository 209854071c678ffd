//! Tests of the package: its types, its session, its client and the whole corpus under Node, and a page in a browser.

use std::path::Path;

use super::package::place;
use crate::npm;
use crate::steps::Steps;

/// Tests the package that was built last, on the corpus in a folder.
pub(crate) fn run(steps: &mut Steps, corpus: &Path) {
    if !npm::is_there(steps, "web: tests") || !npm::install(steps, "web: install", &place()) {
        return;
    }
    steps.run("web: types", npm::in_folder(&place()).args(["run", "--silent", "check"]));
    let mut tests = npm::in_folder(&place());
    tests.args(["test", "--silent"]).env("PORTCULLIS_CORPUS", corpus);
    steps.run("web: tests under Node", &mut tests);
    let Some(browser) = npm::browser(steps, "web: page in Chromium") else { return };
    let mut page = npm::in_folder(&place());
    page.args(["run", "--silent", "test:page"]).env("PORTCULLIS_BROWSER", browser);
    steps.run("web: page in Chromium", &mut page);
}
