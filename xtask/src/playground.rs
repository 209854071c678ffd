//! The playground: builds the site on the browser's package, serves it, tests it in a browser.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::{Steps, answers, root};
use crate::{npm, web};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Serve the site until this is stopped
    #[arg(long)]
    serve: bool,
    /// Test the site: its parts, then all of it in Chromium
    #[arg(long)]
    test: bool,
}

/// Where browsers are that the tests can drive.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn place() -> PathBuf {
    root().join("bindings").join("playground")
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if !web::build(steps) || !build(steps) {
        return;
    }
    if arguments.test {
        test(steps);
    }
    if arguments.serve {
        steps.run("playground: serve", npm::in_folder(&place()).args(["run", "serve"]));
    }
}

/// Builds the site on the package as it was built last; gives whether it is there.
pub(crate) fn build(steps: &mut Steps) -> bool {
    npm::is_there(steps, "playground: build")
        && npm::install(steps, "playground: install", &place())
        && steps.run("playground: build, sizes", npm::in_folder(&place()).args(["run", "--silent", "build"]))
}

/// Tests the site that was built.
pub(crate) fn test(steps: &mut Steps) {
    let script = |name: &str| {
        let mut npm = npm::in_folder(&place());
        npm.args(["run", "--silent", name]);
        npm
    };
    steps.run("playground: format, lints", &mut script("check"));
    steps.run("playground: unit tests", &mut script("test:unit"));
    if BROWSERS.iter().any(|browser| answers(Command::new(browser).arg("--version"))) {
        steps.run("playground: in Chromium", &mut script("test:browser"));
    } else {
        steps.missing("playground: in Chromium", "chromium is missing: `apt-get install chromium`");
    }
}
