//! nftables and ipset in a network namespace of this run's own, told exactly which flows are allowed.
//!
//! Raw packets go over the namespace's loopback and are dropped before routing, whatever the rules say, so that none of
//! them arrives anywhere. Counters say whether the rules decide as they should; time is that of a rule asked 32 times
//! less that of none, so that sending does not count, and what a look-up takes is that of warm caches.

use std::io::{Error, Write};
use std::net::IpAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use portcullis::Packet;
use portcullis::net::{L4Protocol, Protocol};

use crate::measure::Samples;
use crate::workload::{address, transport};

const MISSING: &str = "is missing: apt-get install nftables iptables ipset iproute2";
/// How often a rule is asked.
const COPIES: usize = 32;
/// How often it is timed.
const REPEATS: usize = 5;
/// A packet: the headers of IPv4 and of TCP, with nothing after them.
const BYTES: usize = 40;

/// A way to hold the flows that are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Nft,
    Ipset,
}

/// What was measured of one way.
#[derive(Clone, Debug)]
pub struct NetfilterMeasured {
    /// What it is called in tables.
    pub name: &'static str,
    /// Nanoseconds that loading took.
    pub load: f64,
    /// Nanoseconds that one look-up took.
    pub look_up: Samples,
}

/// Loads the flows that are allowed, checks that they and no others are, and times the look-up; each way by itself, or
/// why it is left out.
///
/// # Errors
/// When there can be no network namespace.
pub fn netfilter(
    allowed: &[Packet],
    denied: &[Packet],
) -> Result<Vec<Result<NetfilterMeasured, String>>, String> {
    let (allowed, denied) = (flows(allowed)?, flows(denied)?);
    // A namespace belongs to a thread, and is gone with it.
    let work = move || -> Result<_, String> {
        enter_namespace()?;
        run("ip", &["link", "set", "lo", "up"], "")?;
        run("ip", &["route", "add", "local", "0.0.0.0/0", "dev", "lo"], "")?;
        let socket = RawSocket::open()?;
        Ok([Way::Nft, Way::Ipset].map(|way| measure(way, &socket, &allowed, &denied)).into())
    };
    thread::spawn(work).join().map_err(|_| "the namespace's thread has failed".to_string())?
}

fn measure(
    way: Way,
    socket: &RawSocket,
    allowed: &[Flow],
    denied: &[Flow],
) -> Result<NetfilterMeasured, String> {
    let started = Instant::now();
    way.load(allowed)?;
    let load = started.elapsed().as_nanos() as f64;
    way.rules(1, true)?;
    for (flows, expected) in [(allowed, allowed.len()), (denied, allowed.len())] {
        socket.send(flows)?;
        let counted = way.counted()?;
        if counted != expected {
            return Err(format!("{}: {counted} packets matched, not {expected}", way.name()));
        }
    }
    let mut look_up = Samples::default();
    let both: Vec<Flow> = allowed.iter().chain(denied).copied().take(1 << 14).collect();
    for _ in 0..REPEATS {
        let time = |copies| {
            way.rules(copies, false)?;
            socket.send(&both[..both.len().min(1_024)])?;
            let started = Instant::now();
            socket.send(&both)?;
            Ok::<_, String>(started.elapsed().as_nanos() as f64 / both.len() as f64)
        };
        let (without, with) = (time(0)?, time(COPIES)?);
        look_up.push((with - without).max(0.0) / COPIES as f64);
    }
    way.clear()?;
    Ok(NetfilterMeasured { name: way.name(), load, look_up })
}

/// Source, destination, protocol and port.
type Flow = ([u8; 4], [u8; 4], u8, u16);

fn flows(packets: &[Packet]) -> Result<Vec<Flow>, String> {
    let flow = |packet: &Packet| match (address(packet.source), address(packet.destination)) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            Ok((from.octets(), to.octets(), packet.protocol, transport(packet).1))
        }
        _ => Err("nftables and ipset are told IPv4 alone".to_string()),
    };
    packets.iter().map(flow).collect()
}

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::Nft => "nftables, set of exact pairs",
            Self::Ipset => "iptables + ipset, exact pairs",
        }
    }

    fn load(self, allowed: &[Flow]) -> Result<(), String> {
        let mut text = match self {
            Self::Nft => "table ip p {\nset pairs { type ipv4_addr . ipv4_addr . inet_proto . inet_service; \
                 elements = {\n"
                .to_string(),
            Self::Ipset => {
                format!("create pairs hash:ip,port,ip family inet maxelem {}\n", allowed.len().max(1) * 2)
            }
        };
        for (from, to, protocol, port) in allowed {
            let (from, to) = (IpAddr::from(*from), IpAddr::from(*to));
            let name = match Protocol::from_number(*protocol) {
                Protocol::L4(L4Protocol::Tcp) => "tcp",
                Protocol::L4(L4Protocol::Udp) => "udp",
                Protocol::L4(L4Protocol::Sctp) => "sctp",
                Protocol::Other(_) => return Err("pairs have ports".to_string()),
            };
            text += &match self {
                Self::Nft => format!("{from} . {to} . {name} . {port},\n"),
                Self::Ipset => format!("add pairs {from},{name}:{port},{to}\n"),
            };
        }
        match self {
            Self::Nft => run("nft", &["-f", "-"], &(text + "}\n}\n}\n")).map(drop),
            Self::Ipset => run("ipset", &["restore"], &text).map(drop),
        }
    }

    /// Has packets meet the rule so many times, counted or not, and dropped after it.
    fn rules(self, copies: usize, counted: bool) -> Result<(), String> {
        match self {
            Self::Nft => {
                let counter = if counted { " counter" } else { "" };
                let rule =
                    format!("ip saddr . ip daddr . meta l4proto . th dport @pairs{counter} continue\n");
                let chain = format!(
                    "table ip p {{\nchain first {{ type filter hook prerouting priority -300;\n{}drop\n}}\n}}\n",
                    rule.repeat(copies)
                );
                // The chain is made once more where it was there before.
                let text = format!(
                    "add chain ip p first {{ type filter hook prerouting priority -300; }}\n\
                     delete chain ip p first\n{chain}"
                );
                run("nft", &["-f", "-"], &text).map(drop)
            }
            Self::Ipset => {
                let rule = "-A PREROUTING -m set --match-set pairs src,dst,dst\n";
                let text = format!("*raw\n-F\n{}-A PREROUTING -j DROP\nCOMMIT\n", rule.repeat(copies));
                run("iptables-restore", &[], &text).map(drop)
            }
        }
    }

    /// How many packets have matched the one rule.
    fn counted(self) -> Result<usize, String> {
        let (text, before) = match self {
            Self::Nft => (run("nft", &["list", "chain", "ip", "p", "first"], "")?, "counter packets "),
            Self::Ipset => (run("iptables-save", &["-c", "-t", "raw"], "")?, "["),
        };
        let line = text.lines().find(|line| line.contains("pairs"));
        let number = line.and_then(|line| line.split_once(before)).map(|(_, rest)| rest);
        let digits = number.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or(""));
        digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| format!("{}: no counter in:\n{text}", self.name()))
    }

    fn clear(self) -> Result<(), String> {
        match self {
            Self::Nft => run("nft", &["delete", "table", "ip", "p"], "").map(drop),
            Self::Ipset => run("iptables-restore", &[], "*raw\n-F\nCOMMIT\n").map(drop),
        }
    }
}

fn run(program: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|_| format!("{program} {MISSING}"))?;
    if let Some(mut pipe) = child.stdin.take() {
        // Whoever does not read to the end says why in what it answers.
        let _ = pipe.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{program}: {}", text.lines().next().unwrap_or("it says nothing")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[expect(unsafe_code, reason = "there is no safe way to leave a network namespace")]
fn enter_namespace() -> Result<(), String> {
    // SAFETY: the call has no pointers; it changes the namespace of this thread alone.
    let result = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    if result == 0 {
        return Ok(());
    }
    Err(format!("no network namespace: {} (root is needed)", Error::last_os_error()))
}

/// A socket that sends packets with headers as they are given.
struct RawSocket(OwnedFd);

impl RawSocket {
    #[expect(unsafe_code, reason = "the standard library has no raw sockets")]
    fn open() -> Result<Self, String> {
        // SAFETY: the call has no pointers.
        let handle = unsafe { libc::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_RAW) };
        if handle < 0 {
            return Err(format!("no raw socket: {}", Error::last_os_error()));
        }
        // SAFETY: the kernel has just given this handle, and nobody else has it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(handle) }))
    }

    /// Sends a packet for each flow.
    #[expect(unsafe_code, reason = "the standard library has no raw sockets")]
    fn send(&self, flows: &[Flow]) -> Result<(), String> {
        for (from, to, protocol, port) in flows {
            let mut packet = [0_u8; BYTES];
            // Version and length of the header, time to live; length and sum are the kernel's.
            packet[0] = 0x45;
            packet[8] = 64;
            packet[9] = *protocol;
            packet[12..16].copy_from_slice(from);
            packet[16..20].copy_from_slice(to);
            packet[20..22].copy_from_slice(&40_000_u16.to_be_bytes());
            packet[22..24].copy_from_slice(&port.to_be_bytes());
            // The length of a TCP header, which others do not look at.
            packet[32] = 0x50;
            let address = libc::sockaddr_in {
                sin_family: libc::AF_INET as libc::sa_family_t,
                sin_port: 0,
                sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(*to) },
                sin_zero: [0; 8],
            };
            // SAFETY: packet and address live until the call returns, and are as large as it is told.
            let sent = unsafe {
                libc::sendto(
                    self.0.as_raw_fd(),
                    packet.as_ptr().cast(),
                    BYTES,
                    0,
                    (&raw const address).cast(),
                    size_of::<libc::sockaddr_in>() as libc::socklen_t,
                )
            };
            if sent < 0 {
                return Err(format!("a packet cannot be sent: {}", Error::last_os_error()));
            }
        }
        Ok(())
    }
}
