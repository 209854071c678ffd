//! Programs in Python, each in an environment of its own.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::target;

/// Installs a version of a package, unless it is there; gives its program of a name.
///
/// # Errors
/// What is missing and how to get it, or what pip says.
pub(crate) fn install(package: &str, version: &str, program: &str) -> Result<PathBuf, String> {
    let folder = target().join(format!("{package}-{version}"));
    let installed = folder.join("bin").join(program);
    if installed.exists() {
        return Ok(installed);
    }
    let run = |command: &mut Command| -> Result<(), String> {
        let output = command.output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        // `venv` says on stdout what it lacks.
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Err(said.concat().trim().to_string())
    };
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)).map_err(|error| {
        format!("Python's environments are missing: apt-get install python3-venv ({error})")
    })?;
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", &format!("{package}=={version}")]))?;
    Ok(installed)
}
