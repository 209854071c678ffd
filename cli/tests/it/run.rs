//! Runs the binary from the root of the repository.

use std::io::Write;
use std::process::{Command, Stdio};

pub(crate) use crate::places::{folder, root};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Everything at once, for snapshots.
    pub(crate) fn all(&self) -> String {
        format!("{}{}exit {}\n", self.stdout, self.stderr, self.code)
    }
}

/// Runs with arguments that spaces part.
pub(crate) fn run(args: &str) -> Ran {
    run_with(args, "")
}

/// Runs with something on standard input.
pub(crate) fn run_with(args: &str, stdin: impl AsRef<[u8]>) -> Ran {
    run_words(&args.split_whitespace().collect::<Vec<_>>(), stdin.as_ref())
}

/// Runs with arguments as they are.
pub(crate) fn run_words(args: &[&str], stdin: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(args)
        .current_dir(root())
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to_child = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A command that does not read its input closes it.
    let writer = std::thread::spawn(move || drop(to_child.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
