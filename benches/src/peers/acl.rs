//! DPDK's `rte_acl`, told exactly which flows are allowed: pairs of addresses with a port, since it knows no pods.
//!
//! It runs as a program of its own, which is compiled where DPDK is there.

use std::cell::RefCell;
use std::io::{BufReader, BufWriter, Read, Write};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;

use portcullis::Packet;

use super::BulkPeer;
use crate::workload::{address, transport};

const SOURCE: &str = include_str!("../../peers/acl.c");
const MISSING: &str = "DPDK is missing: apt-get install libdpdk-dev pkg-config gcc";

/// How packets are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lot {
    One,
    Many,
}

/// A set of exact rules in the program.
pub struct AclPairs {
    program: Rc<RefCell<Program>>,
    lot: Lot,
}

/// The program and its pipes.
struct Program {
    child: Child,
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
}

impl AclPairs {
    /// Compiles and starts the program, and tells it the flows that are allowed: asked one packet at a time, and 256.
    ///
    /// # Errors
    /// When DPDK or a compiler is missing, or refuses.
    pub fn new(allowed: &[Packet]) -> Result<[Self; 2], String> {
        let program = Rc::new(RefCell::new(Program::start(allowed)?));
        Ok([Lot::One, Lot::Many].map(|lot| Self { program: program.clone(), lot }))
    }
}

impl BulkPeer for AclPairs {
    fn name(&self) -> &'static str {
        match self.lot {
            Lot::One => "DPDK rte_acl, exact pairs",
            Lot::Many => "DPDK rte_acl, exact pairs, 256 at once",
        }
    }

    fn decide(&mut self, packets: &[Packet]) -> Result<(Vec<bool>, f64), String> {
        let mut program = self.program.borrow_mut();
        program.ask(packets)?;
        let (one, many) = (program.number()?, program.number()?);
        let mut verdicts = vec![0; packets.len()];
        program.answers.read_exact(&mut verdicts).map_err(failed)?;
        let time = if self.lot == Lot::One { one } else { many };
        Ok((verdicts.into_iter().map(|verdict| verdict == 1).collect(), time))
    }
}

impl Program {
    fn start(allowed: &[Packet]) -> Result<Self, String> {
        let library = pkg_config("--modversion").and_then(|_| pkg_config("--cflags"))?;
        let folder = tempfile::tempdir().map_err(failed)?;
        let (source, program) = (folder.path().join("acl.c"), folder.path().join("acl"));
        std::fs::write(&source, SOURCE).map_err(failed)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-O3", "-march=native", "-o"]).arg(&program).arg(&source);
        compiler.args(library.split_whitespace()).args(["-lrte_acl", "-lrte_eal"]);
        let output = compiler.output().map_err(|_| MISSING.to_string())?;
        if !output.status.success() {
            return Err(format!("acl.c: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let (Some(questions), Some(answers)) = (questions, answers) else {
            return Err("rte_acl has no pipes".to_string());
        };
        let (questions, answers) = (Some(BufWriter::new(questions)), BufReader::new(answers));
        let mut program = Self { child, questions, answers };
        program.ask(allowed)?;
        // How long it took to build; it answers when the rules are there.
        program.number()?;
        Ok(program)
    }

    fn ask(&mut self, packets: &[Packet]) -> Result<(), String> {
        let mut bytes = Vec::with_capacity(packets.len() * 12 + 4);
        bytes.extend((packets.len() as u32).to_le_bytes());
        for packet in packets {
            let (IpAddr::V4(from), IpAddr::V4(to)) = (address(packet.source), address(packet.destination))
            else {
                return Err("the rte_acl peer knows IPv4 alone".to_string());
            };
            let (_, port) = transport(packet);
            bytes.extend(from.to_bits().to_le_bytes());
            bytes.extend(to.to_bits().to_le_bytes());
            bytes.extend(port.to_le_bytes());
            bytes.extend([packet.protocol, 0]);
        }
        let Some(pipe) = &mut self.questions else { return Err("rte_acl has ended".to_string()) };
        pipe.write_all(&bytes).and_then(|()| pipe.flush()).map_err(failed)
    }

    fn number(&mut self) -> Result<f64, String> {
        let mut bytes = [0; 8];
        self.answers.read_exact(&mut bytes).map_err(failed)?;
        Ok(f64::from_le_bytes(bytes))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It ends where its input does.
        self.questions = None;
        if let Err(error) = self.child.wait() {
            eprintln!("rte_acl: {error}");
        }
    }
}

fn pkg_config(question: &str) -> Result<String, String> {
    let output = Command::new("pkg-config").args([question, "libdpdk"]).output();
    let output = output.map_err(|_| MISSING.to_string())?;
    if !output.status.success() {
        return Err(MISSING.to_string());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn failed(error: std::io::Error) -> String {
    format!("rte_acl: {error}")
}
