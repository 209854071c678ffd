//! The agent: takes first packets from the kernel's queue, asks, and says what becomes of them.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nfq::{Queue, Verdict};
use portcullis::Packet;
use portcullis::net::Protocol;

use crate::decider::Decider;
use crate::world::{QUEUE, World};

/// The ends of a packet: protocol, source and destination with their ports.
pub(crate) type Key = (u8, Ipv4Addr, u16, Ipv4Addr, u16);

/// The packets that the agent has dropped since this was last cleared.
#[derive(Default)]
pub(crate) struct Log {
    dropped: Mutex<HashSet<Key>>,
}

impl Log {
    pub(crate) fn has(&self, key: &Key) -> bool {
        locked(&self.dropped).contains(key)
    }

    pub(crate) fn clear(&self) {
        locked(&self.dropped).clear();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running agent.
pub(crate) struct Agent {
    decider: Arc<Mutex<Box<dyn Decider>>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), String>>,
}

impl Agent {
    /// Opens the queue in the node's namespace and answers it on a thread.
    pub(crate) fn start(world: &World, decider: Box<dyn Decider>, log: &Arc<Log>) -> Result<Self, String> {
        let queue = world.in_node(|| {
            let mut queue = Queue::open()?;
            queue.bind(QUEUE)?;
            queue.set_nonblocking(true);
            Ok(queue)
        })?;
        let queue = queue.map_err(|error: std::io::Error| format!("NFQUEUE cannot be opened: {error}"))?;
        let (decider, stop) = (Arc::new(Mutex::new(decider)), Arc::new(AtomicBool::new(false)));
        let (asked, stopped, log) = (Arc::clone(&decider), Arc::clone(&stop), Arc::clone(log));
        let thread = thread::spawn(move || serve(queue, &asked, &stopped, &log));
        Ok(Self { decider, stop, thread })
    }

    /// Asks something else from now on.
    pub(crate) fn replace(&self, decider: Box<dyn Decider>) {
        *locked(&self.decider) = decider;
    }

    /// Ends the agent; an agent that has ended by itself is an error.
    pub(crate) fn stop(self) -> Result<(), String> {
        self.stop.store(true, Ordering::Release);
        self.thread.join().map_err(|_| "the agent has panicked".to_string())?
    }
}

fn serve(
    mut queue: Queue,
    decider: &Mutex<Box<dyn Decider>>,
    stop: &AtomicBool,
    log: &Log,
) -> Result<(), String> {
    while !stop.load(Ordering::Acquire) {
        let mut message = match queue.recv() {
            Ok(message) => message,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_micros(200));
                continue;
            }
            Err(error) => return Err(format!("the queue: {error}")),
        };
        let verdict = match parse(message.get_payload()) {
            Some((packet, _)) if allows(decider, &packet) => Verdict::Accept,
            Some((_, key)) => {
                locked(&log.dropped).insert(key);
                Verdict::Drop
            }
            // What cannot be read cannot be decided.
            None => Verdict::Drop,
        };
        message.set_verdict(verdict);
        queue.verdict(message).map_err(|error| format!("the queue: {error}"))?;
    }
    Ok(())
}

/// Whether a packet may pass: only if somebody says so; neither an error nor a panic does, nor do they end the agent.
fn allows(decider: &Mutex<Box<dyn Decider>>, packet: &Packet) -> bool {
    let decision = catch_unwind(AssertUnwindSafe(|| locked(decider).decide(packet)));
    matches!(decision, Ok(Ok(decision)) if decision.verdict == 1)
}

/// The packet that the engine is asked about, from the bytes of an IPv4 packet.
fn parse(bytes: &[u8]) -> Option<(Packet, Key)> {
    let first = *bytes.first()?;
    let header = usize::from(first & 0x0f) * 4;
    if first >> 4 != 4 || header < 20 {
        return None;
    }
    let address = |at: usize| bytes.get(at..)?.first_chunk::<4>().map(|bytes| Ipv4Addr::from(*bytes));
    let (source, destination) = (address(12)?, address(16)?);
    let protocol = *bytes.get(9)?;
    let port =
        |at: usize| bytes.get(header + at..)?.first_chunk::<2>().map(|bytes| u16::from_be_bytes(*bytes));
    let (from, to) = match Protocol::from_number(protocol) {
        Protocol::L4(_) => (port(0)?, port(2)?),
        Protocol::Other(_) => (0, 0),
    };
    let protocol = Protocol::from_number(protocol);
    let mut packet = Packet::new(IpAddr::V4(source), IpAddr::V4(destination), protocol, to);
    packet.source_port = from.to_le_bytes();
    Some((packet, (protocol.number(), source, from, destination, to)))
}
