//! The playground's server, asked as browsers ask it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A server that is stopped once nobody holds it.
pub(crate) struct Served {
    child: Child,
    port: u16,
}

impl Served {
    /// Starts a command that serves on a port of this machine, and says where.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.stdout(Stdio::piped()).spawn()?;
        let mut served = Self { child, port: 0 };
        let mut line = String::new();
        if let Some(out) = served.child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let address = line.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next());
        let port = address.and_then(|port| port.parse().ok());
        served.port = port.ok_or_else(|| io::Error::other(format!("no address in `{line}`")))?;
        Ok(served)
    }

    /// The first line and the body of the answer to a request.
    pub(crate) fn ask(&self, request: &str) -> io::Result<(String, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| io::Error::other(format!("no answer: `{answer}`")))?;
        Ok((head.lines().next().unwrap_or_default().to_string(), body.to_string()))
    }

    /// The same for a page.
    pub(crate) fn get(&self, path: &str) -> io::Result<(String, String)> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host()))
    }

    /// What browsers call the server.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // One that has ended already is as good as stopped.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}
