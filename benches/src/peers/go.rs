//! kube-network-policies' evaluator, timed inside Go: the program in `core/spec/oracle` that the oracle asks, too.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use portcullis::generate::{World, to_objects};
use portcullis::net::{L4Protocol, Protocol};
use portcullis::{Options, Packet};
use tempfile::TempDir;

use crate::workload::{Workload, address, transport};

const MISSING: &str = "Go is missing: install Go 1.26 or later from https://go.dev/dl/";

/// The evaluator, as a process that answers a line with a line.
pub struct GoEvaluator {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    _folder: TempDir,
}

/// What the evaluator said of packets.
#[derive(Clone, Debug, PartialEq)]
pub struct GoAnswer {
    /// Whether each may pass.
    pub allowed: Vec<bool>,
    /// The nanoseconds that one took, both sides and the look-ups of both ends.
    pub time: f64,
}

impl GoEvaluator {
    /// Builds and starts the program.
    ///
    /// # Errors
    /// When Go or its modules are missing.
    pub fn start() -> Result<Self, String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/spec/oracle");
        let folder = tempfile::tempdir().map_err(failed)?;
        let program = folder.path().join("oracle");
        let mut go = Command::new("go");
        go.arg("-C").arg(source).args(["build", "-o"]).arg(&program).arg(".");
        let output = go.output().map_err(|_| MISSING.to_string())?;
        if !output.status.success() {
            return Err(format!("go build: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let mut child =
            Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let answers = answers.ok_or("the Go program has no pipe")?;
        Ok(Self { child, questions, answers: BufReader::new(answers), _folder: folder })
    }

    /// Tells it the objects of a workload, and decides packets so many times.
    ///
    /// # Errors
    /// When it ends, or answers what cannot be read.
    pub fn decide(
        &mut self,
        workload: &Workload,
        packets: &[Packet],
        rounds: usize,
    ) -> Result<GoAnswer, String> {
        let world = World {
            namespaces: workload.cluster.namespaces().map(|(_, namespace)| namespace.clone()).collect(),
            nodes: Vec::new(),
            pods: workload.cluster.pods().map(|(_, pod)| pod.clone()).collect(),
            policies: workload.policies.policies().map(|(_, policy)| policy.clone()).collect(),
            resolved: Vec::new(),
            options: Options::default(),
        };
        let flows: Vec<String> = packets.iter().map(flow).collect();
        let (objects, flows) = (to_objects(&world).join(","), flows.join(","));
        let pipe = self.questions.as_mut().ok_or("the Go program has ended")?;
        writeln!(pipe, "{{\"objects\":[{objects}],\"flows\":[{flows}],\"rounds\":{rounds}}}")
            .map_err(failed)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(failed)?;
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [egress, ingress, time] = parts.as_slice() else {
            return Err(format!("the Go program answers `{}`", line.trim()));
        };
        let allowed = egress.bytes().zip(ingress.bytes()).map(|(out, into)| out == b'1' && into == b'1');
        let time = time.parse().map_err(|_| format!("the Go program took `{time}`"))?;
        Ok(GoAnswer { allowed: allowed.collect(), time })
    }
}

impl Drop for GoEvaluator {
    fn drop(&mut self) {
        // It ends where its input does.
        self.questions = None;
        if let Err(error) = self.child.wait() {
            eprintln!("the Go program: {error}");
        }
    }
}

fn flow(packet: &Packet) -> String {
    let (protocol, port) = transport(packet);
    let protocol = match protocol {
        Protocol::L4(L4Protocol::Tcp) => "TCP",
        Protocol::L4(L4Protocol::Udp) => "UDP",
        Protocol::L4(L4Protocol::Sctp) => "SCTP",
        Protocol::Other(_) => "",
    };
    let (from, to) = (address(packet.source), address(packet.destination));
    format!(r#"{{"from":"{from}","to":"{to}","protocol":"{protocol}","port":{port}}}"#)
}

fn failed(error: std::io::Error) -> String {
    format!("the Go program: {error}")
}
