//! The playground: builds the site on the browser's package, serves it, tests it in a browser.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::{Steps, root};
use crate::wasm::{Choice, Toolchain};
use crate::{npm, web};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Serve the site until this is stopped
    #[arg(long)]
    serve: bool,
    /// Test the site: its parts, then all of it in Chromium
    #[arg(long)]
    test: bool,
    /// Keep how the site looks now: the pictures that tests compare with, and those of the documentation
    #[arg(long)]
    pictures: bool,
}

fn place() -> PathBuf {
    root().join("bindings").join("playground")
}

/// The site as it was built last.
pub(crate) fn site() -> PathBuf {
    place().join("dist")
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if !build_all(steps) {
        return;
    }
    if arguments.pictures {
        in_browser(steps, "playground: pictures", "pictures");
    }
    if arguments.test {
        test(steps);
    }
    if arguments.serve {
        steps.run("playground: serve", npm::in_folder(&place()).args(["run", "serve"]));
    }
}

/// Builds the package, and the site on it; gives whether it is there.
pub(crate) fn build_all(steps: &mut Steps) -> bool {
    let toolchain = Toolchain::get(steps, Choice::default());
    toolchain.is_some_and(|toolchain| web::build(steps, &toolchain) && build(steps, &toolchain))
}

/// Builds the site on the package as this compiler built it last; gives whether it is there.
fn build(steps: &mut Steps, toolchain: &Toolchain) -> bool {
    let mut build = script("build");
    build.env("PORTCULLIS_MODULE_LIMIT", web::limit(toolchain).to_string());
    npm::is_there(steps, "playground: build")
        && npm::install(steps, "playground: install", &place())
        && steps.run("playground: build, sizes", &mut build)
}

/// Builds the site and tests it.
pub(crate) fn check(steps: &mut Steps, toolchain: &Toolchain) {
    if build(steps, toolchain) {
        test(steps);
    }
}

fn test(steps: &mut Steps) {
    steps.run("playground: format, lints", &mut script("check"));
    steps.run("playground: unit tests", &mut script("test:unit"));
    in_browser(steps, "playground: in Chromium", "test:browser");
}

fn in_browser(steps: &mut Steps, step: &str, name: &str) {
    if let Some(browser) = npm::browser(steps, step) {
        steps.run(step, script(name).env("PORTCULLIS_BROWSER", browser));
    }
}

fn script(name: &str) -> Command {
    let mut npm = npm::in_folder(&place());
    npm.args(["run", "--silent", name]);
    npm
}
