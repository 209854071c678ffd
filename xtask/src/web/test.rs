//! Tests of the package under Node: its types, its session, its client, and the whole corpus.

use super::package::place;
use crate::steps::Steps;
use crate::{corpus, npm};

pub(crate) fn run(steps: &mut Steps) {
    if !npm::is_there(steps, "web: tests") || !npm::install(steps, "web: install", &place()) {
        return;
    }
    steps.run("web: types", npm::in_folder(&place()).args(["run", "--silent", "check"]));
    let Some(corpus) = corpus::run(steps, &corpus::Arguments::default()) else { return };
    let mut tests = npm::in_folder(&place());
    steps.run("web: tests under Node", tests.args(["test", "--silent"]).env("PORTCULLIS_CORPUS", corpus));
}
