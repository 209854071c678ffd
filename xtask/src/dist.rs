//! What a release has: the program with all its features and the playground, pages and completions, in one archive with its
//! digest.

use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::playground;
use crate::served::Served;
use crate::steps::{Steps, cargo, root, target};

const SHELLS: [(&str, &str); 3] =
    [("bash", "portcullis"), ("zsh", "_portcullis"), ("fish", "portcullis.fish")];

pub(crate) fn run(steps: &mut Steps) {
    if !playground::build_all(steps) {
        return;
    }
    let mut build =
        cargo(["build", "--release", "--locked", "-p", "portcullis-cli", "--features", "cluster,wasm"]);
    build.env("PORTCULLIS_PLAYGROUND", playground::site());
    if !steps.run("build", &mut build) {
        return;
    }
    let written = write();
    if let Ok(text) = &written {
        println!("\n{text}");
    }
    steps.record("archive", written.map(|_| ()));
}

/// Lays the files out, packs them, and says where.
fn write() -> Result<String, String> {
    let said = |error: std::io::Error| error.to_string();
    let name = format!("portcullis-{}-{}", env!("CARGO_PKG_VERSION"), host()?);
    let dist = target().join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(said)?;
    }
    let (bin, man, completions) =
        (folder.join("bin"), folder.join("share/man/man1"), folder.join("share/completions"));
    for folder in [&bin, &man, &completions] {
        fs::create_dir_all(folder).map_err(said)?;
    }
    let program = bin.join("portcullis");
    fs::copy(target().join("release/portcullis"), &program).map_err(said)?;
    // kubectl finds a plugin by its name.
    fs::copy(&program, bin.join("kubectl-portcullis")).map_err(said)?;
    serves_the_site(&program)?;
    output(Command::new(&program).args(["man", "--folder"]).arg(&man))?;
    for (shell, file) in SHELLS {
        let text = output(Command::new(&program).args(["completions", shell]))?;
        fs::write(completions.join(file), text).map_err(said)?;
    }
    for file in ["README.md", "LICENSE", "CHANGELOG.md"] {
        fs::copy(root().join(file), folder.join(file)).map_err(said)?;
    }
    let archive = dist.join(format!("{name}.tar.gz"));
    // The same files give the same bytes.
    let fixed = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
    output(Command::new("tar").arg("-C").arg(&dist).args(fixed).arg("-czf").arg(&archive).arg(&name))?;
    let digest = Sha256::digest(fs::read(&archive).map_err(said)?);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    fs::write(dist.join(format!("{name}.tar.gz.sha256")), format!("{digest}  {name}.tar.gz\n"))
        .map_err(said)?;
    Ok(format!("{}\n{digest}", archive.display()))
}

/// Whether the program has the site in it, and gives it to who asks.
fn serves_the_site(program: &Path) -> Result<(), String> {
    let mut command = Command::new(program);
    let served =
        Served::start(command.args(["playground", "--port", "0"])).map_err(|error| error.to_string())?;
    let (head, page) = served.get("/").map_err(|error| error.to_string())?;
    if page.contains("Portcullis playground") {
        Ok(())
    } else {
        Err(format!("`portcullis playground` does not give the page: {head} {page}"))
    }
}

/// What the compiler calls this machine.
fn host() -> Result<String, String> {
    let text = output(Command::new("rustc").arg("-vV"))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_string).ok_or(text)
}

fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
