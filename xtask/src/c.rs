//! The C interface: its tests under sanitizers and valgrind, on the whole corpus, and the example agent.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::corpus;
use crate::steps::{Steps, answers, cargo, root, target};

/// How every C file is compiled: the language of 1999, and no warning.
const STRICT: [&str; 7] =
    ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"];

/// What a program is compiled for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To run as it is.
    Plain,
    /// To run under the sanitizers.
    Sanitized,
    /// To run with the shared library, as users do.
    Shared,
}

/// Runs all of it on an exported corpus.
pub(crate) fn run(steps: &mut Steps, corpus: &Path) {
    if !answers(Command::new("cc").arg("--version")) {
        steps.missing("C interface", "a C compiler is missing: apt-get install gcc libc6-dev");
        return;
    }
    let build = ["build", "--quiet", "--profile", "embed", "-p", "portcullis-c"];
    if !steps.run("C: build the library", &mut cargo(build)) {
        return;
    }
    for test in ["hostile", "corpus"] {
        let source = format!("bindings/c/tests/c/{test}.c");
        if let Some(program) = compile(steps, &source, Kind::Sanitized) {
            let name = format!("C: {test}, sanitized");
            steps.run(&name, Command::new(&program).arg(corpus));
            if test == "corpus" {
                steps.record("C: the corpus can fail", fails_when_broken(&program));
            }
        }
        if !answers(Command::new("valgrind").arg("--version")) {
            steps.missing("C: valgrind", "valgrind is missing: apt-get install valgrind libc6-dbg");
        } else if let Some(program) = compile(steps, &source, Kind::Plain) {
            let mut valgrind = Command::new("valgrind");
            valgrind.args(["-q", "--error-exitcode=9", "--leak-check=full"]).arg(program).arg(corpus);
            steps.run(&format!("C: {test}, valgrind"), &mut valgrind);
        }
    }
    if let Some(agent) = compile(steps, "bindings/c/examples/agent.c", Kind::Shared) {
        steps.record("C: the agent answers", agent_answers(&agent));
    }
    if answers(Command::new("c++").arg("--version")) {
        let header = root().join("bindings/c/include/portcullis.h");
        let mut check = Command::new("c++");
        check.args(["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c++"]);
        steps.run("C: the header in C++", check.arg(header));
    }
}

fn compile(steps: &mut Steps, source: &str, kind: Kind) -> Option<PathBuf> {
    let (folder, library) = (target().join("c"), target().join("embed"));
    if let Err(error) = std::fs::create_dir_all(&folder) {
        steps.record("C: compile", Err(format!("{}: {error}", folder.display())));
        return None;
    }
    let suffix = match kind {
        Kind::Plain | Kind::Shared => "",
        Kind::Sanitized => "-sanitized",
    };
    let stem = Path::new(source).file_stem().unwrap_or_default().to_string_lossy();
    let program = folder.join(format!("{stem}{suffix}"));
    let mut cc = Command::new("cc");
    cc.args(STRICT).arg("-I").arg(root().join("bindings/c/include"));
    match kind {
        Kind::Plain => cc.arg("-O1"),
        Kind::Sanitized => cc.args(["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]),
        Kind::Shared => cc.arg("-O2"),
    };
    cc.arg("-o").arg(&program).arg(source);
    if kind == Kind::Shared {
        let rpath = format!("-Wl,-rpath,{}", library.display());
        cc.arg("-L").arg(&library).arg("-lportcullis_c").arg(rpath);
    } else {
        cc.arg(library.join("libportcullis_c.a")).args(["-lpthread", "-ldl", "-lm"]);
    }
    steps.run(&format!("C: compile {stem}{suffix}"), &mut cc).then_some(program)
}

/// A corpus with wrong answers has to fail.
fn fails_when_broken(program: &Path) -> Result<(), String> {
    let broken = corpus::broken()?;
    let output = Command::new(program).arg(&broken).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    match (output.status.code(), said.contains("not as it should be")) {
        (Some(1), true) => Ok(()),
        (code, _) => Err(format!("wrong answers give exit code {code:?}: {said}")),
    }
}

/// The agent says what its example's file says.
fn agent_answers(agent: &Path) -> Result<(), String> {
    let examples = root().join("bindings/c/examples");
    let read = |name: &str| {
        let path = examples.join(name);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (orders, expected) = (read("agent.orders")?, read("agent.answers")?);
    let files = ["namespaces", "data", "shop"].map(|name| format!("examples/shop/{name}.yaml"));
    let mut child = Command::new(agent)
        .args(files)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(orders.as_bytes()).map_err(|error| error.to_string())?;
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let answers = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && answers == expected {
        Ok(())
    } else {
        Err(format!("the agent says\n{answers}and should say\n{expected}"))
    }
}
