//! Runs the binary against a server that a kubeconfig names.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

pub(crate) use crate::places::{folder, root};

/// How long a change may take to show before a test gives up; most take a part of a second.
const PATIENCE: Duration = Duration::from_secs(60);

fn command(kubeconfig: &Path, args: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(args.split_whitespace()).env("KUBECONFIG", kubeconfig).env_remove("CLICOLOR_FORCE");
    command.current_dir(root());
    command
}

/// Standard output, standard error and the exit code.
pub(crate) fn run(kubeconfig: &Path, args: &str) -> (String, String, i32) {
    let output = command(kubeconfig, args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// A command that goes on until it is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub(crate) fn start(kubeconfig: &Path, args: &str) -> Self {
        let mut child =
            command(kubeconfig, args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// The next line.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("nothing more is printed")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A kubeconfig with one context.
pub(crate) fn kubeconfig(folder: &Path, server: &str) -> PathBuf {
    let path = folder.join("kubeconfig");
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n\
         clusters:\n- name: test\n  cluster: {{server: \"{server}\", insecure-skip-tls-verify: true}}\n\
         users:\n- name: test\n  user: {{token: secret}}\n\
         contexts:\n- name: test\n  context: {{cluster: test, user: test}}\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}
