//! npm: packages as a lock file has them, installed once; and the browser that tests of pages drive.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::steps::{Steps, answers};

/// Whether Node.js and npm are there; where not, the step is told so.
pub(crate) fn is_there(steps: &mut Steps, step: &str) -> bool {
    for (tool, name) in [("node", "Node.js"), ("npm", "npm")] {
        if !answers(Command::new(tool).arg("--version")) {
            let how = format!(
                "{name} is missing: `apt-get install nodejs npm`, or https://nodejs.org (20.19 or newer)"
            );
            steps.missing(step, &how);
            return false;
        }
    }
    true
}

/// Installs what the lock file of a folder says, unless that was done; nothing of what is installed runs for it.
pub(crate) fn install(steps: &mut Steps, step: &str, folder: &Path) -> bool {
    let Ok(lock) = fs::read(folder.join("package-lock.json")) else {
        steps.record(step, Err(format!("there is no package-lock.json in {}", folder.display())));
        return false;
    };
    // What was last installed, written once it was there whole.
    let stamp = folder.join("node_modules").join(".installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return true;
    }
    let is_installed =
        steps.run(step, in_folder(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]));
    if is_installed && let Err(error) = fs::write(&stamp, lock) {
        eprintln!("{} cannot be written: {error}", stamp.display());
    }
    is_installed
}

/// npm in a folder.
pub(crate) fn in_folder(folder: &Path) -> Command {
    let mut npm = Command::new("npm");
    npm.arg("--prefix").arg(folder);
    npm
}

/// The browser that tests drive; where there is none, the step is told so.
pub(crate) fn browser(steps: &mut Steps, step: &str) -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|browser| answers(Command::new(browser).arg("--version")));
    if found.is_none() {
        steps.missing(step, "chromium is missing: `apt-get install chromium`");
    }
    found
}
