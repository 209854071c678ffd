//! What a release has: the program with all its features and the playground, pages and completions, in one archive with its
//! digest.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::steps::{Steps, cargo, root, target};
use crate::{playground, web};

const SHELLS: [(&str, &str); 3] =
    [("bash", "portcullis"), ("zsh", "_portcullis"), ("fish", "portcullis.fish")];

pub(crate) fn run(steps: &mut Steps) {
    if !web::build(steps) || !playground::build(steps) {
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
    let said = |error: std::io::Error| error.to_string();
    let mut server = Command::new(program)
        .args(["playground", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(said)?;
    let page =
        server.stdout.take().ok_or("it has no output".to_string()).and_then(|out| page(out).map_err(said));
    server.kill().and_then(|()| server.wait()).map_err(said)?;
    let page = page?;
    if page.contains("Portcullis playground") {
        Ok(())
    } else {
        Err(format!("`portcullis playground` does not give the page: {page}"))
    }
}

/// What the server answers that says where it is.
fn page(out: ChildStdout) -> std::io::Result<String> {
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let host = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
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
