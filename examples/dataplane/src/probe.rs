//! Probes: real connections between the namespaces.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::thread;
use std::time::{Duration, Instant};

use portcullis::net::L4Protocol;
use socket2::{Domain, Socket, Type};

use crate::agent::{Key, Log};
use crate::cases::Wanted;
use crate::world::World;

/// By then everything that is going to happen has happened, on a machine that does much else at the same time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing has to arrive after the agent has said that it dropped a packet, or where there is no agent.
const QUIET: Duration = Duration::from_millis(60);
const QUIET_WITHOUT_AGENT: Duration = Duration::from_millis(1_500);

/// What became of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The other end has answered.
    Arrived,
    /// The agent has dropped it, and nothing has arrived.
    Dropped,
    /// Nothing was heard of it.
    Nothing,
}

/// Makes connections, and serves them.
pub(crate) struct Prober<'a> {
    world: &'a World,
    servers: BTreeMap<(Ipv4Addr, u8, u16), Socket>,
}

/// A connection that is on its way.
struct Attempt {
    socket: Socket,
    protocol: L4Protocol,
    key: Key,
    outcome: Option<Outcome>,
    dropped: Option<Instant>,
}

impl<'a> Prober<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, servers: BTreeMap::new() }
    }

    /// Tries flows, all at once.
    pub(crate) fn try_all(&mut self, flows: &[Wanted], log: &Log) -> Result<Vec<Outcome>, String> {
        self.serve(flows)?;
        log.clear();
        let started = Instant::now();
        let mut attempts = flows.iter().map(|flow| self.start(flow)).collect::<Result<Vec<_>, _>>()?;
        loop {
            self.answer();
            let mut waiting = 0_usize;
            for attempt in attempts.iter_mut().filter(|attempt| attempt.outcome.is_none()) {
                attempt.look(log);
                waiting += usize::from(attempt.outcome.is_none());
            }
            let undropped =
                attempts.iter().any(|attempt| attempt.dropped.is_some() || attempt.outcome.is_some());
            let patience = if undropped { PATIENCE } else { QUIET_WITHOUT_AGENT };
            if waiting == 0 || started.elapsed() > patience {
                return Ok(attempts
                    .iter()
                    .map(|attempt| attempt.outcome.unwrap_or(Outcome::Nothing))
                    .collect());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Opens the servers that flows go to, as far as they are not there yet.
    fn serve(&mut self, flows: &[Wanted]) -> Result<(), String> {
        for flow in flows {
            let key = (flow.destination, flow.protocol.number(), flow.port);
            if !self.servers.contains_key(&key) {
                let address = SocketAddr::V4(SocketAddrV4::new(flow.destination, flow.port));
                let socket = self.world.at(flow.destination, || {
                    open(flow.protocol, |socket| {
                        socket.set_reuse_address(true)?;
                        socket.bind(&address.into())?;
                        if flow.protocol == L4Protocol::Tcp { socket.listen(128) } else { Ok(()) }
                    })
                })?;
                self.servers.insert(key, socket.map_err(|error| format!("a server at {address}: {error}"))?);
            }
        }
        Ok(())
    }

    /// Takes connections, and sends datagrams back.
    fn answer(&self) {
        for ((_, protocol, _), socket) in &self.servers {
            if *protocol == L4Protocol::Tcp.number() {
                while socket.accept().is_ok() {}
            } else {
                let mut buffer = [MaybeUninit::uninit(); 16];
                while let Ok((_, from)) = socket.recv_from(&mut buffer) {
                    let _ = socket.send_to(b"yes", &from);
                }
            }
        }
    }

    fn start(&self, flow: &Wanted) -> Result<Attempt, String> {
        let address = SocketAddr::V4(SocketAddrV4::new(flow.destination, flow.port));
        let socket = self.world.at(flow.source, || {
            open(flow.protocol, |socket| {
                socket.bind(&SocketAddr::V4(SocketAddrV4::new(flow.source, 0)).into())?;
                match socket.connect(&address.into()) {
                    Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => Ok(()),
                    result => result,
                }?;
                if flow.protocol == L4Protocol::Udp { socket.send(b"may I?").map(|_| ()) } else { Ok(()) }
            })
        })?;
        let socket = socket.map_err(|error| format!("{}: {error}", flow.title))?;
        let local = socket.local_addr().map_err(|error| error.to_string())?;
        let port = local.as_socket_ipv4().map_or(0, |address| address.port());
        let key = (flow.protocol.number(), flow.source, port, flow.destination, flow.port);
        Ok(Attempt { socket, protocol: flow.protocol, key, outcome: None, dropped: None })
    }
}

/// What `connect` says of a connection that is on its way.
const IN_PROGRESS: i32 = 115;

fn open(
    protocol: L4Protocol,
    prepare: impl FnOnce(&Socket) -> std::io::Result<()>,
) -> std::io::Result<Socket> {
    let kind = if protocol == L4Protocol::Tcp { Type::STREAM } else { Type::DGRAM };
    let socket = Socket::new(Domain::IPV4, kind, None)?;
    socket.set_nonblocking(true)?;
    prepare(&socket)?;
    Ok(socket)
}

impl Attempt {
    fn look(&mut self, log: &Log) {
        if self.has_arrived() {
            self.outcome = Some(Outcome::Arrived);
        } else if let Some(dropped) = self.dropped {
            if dropped.elapsed() > QUIET {
                self.outcome = Some(Outcome::Dropped);
            }
        } else if log.has(&self.key) {
            self.dropped = Some(Instant::now());
        }
    }

    fn has_arrived(&self) -> bool {
        if self.protocol == L4Protocol::Tcp {
            return matches!(self.socket.take_error(), Ok(None)) && self.socket.peer_addr().is_ok();
        }
        let mut buffer = [MaybeUninit::uninit(); 16];
        match self.socket.recv(&mut buffer) {
            Ok(_) => true,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}
