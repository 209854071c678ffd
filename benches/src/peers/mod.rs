//! Peers: other ways to decide, over the same workloads, checked to decide the same before they are timed.

mod acl;
#[cfg(target_os = "linux")]
mod bpf;
mod classes;
mod go;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod kernel_fill;
mod maps;
#[cfg(target_os = "linux")]
mod netfilter;
mod prefixes;
mod rows;
mod scan;
mod subjects;

pub use acl::AclPairs;
pub use go::{GoAnswer, GoEvaluator};
#[cfg(target_os = "linux")]
pub use kernel::KernelMaps;
pub use maps::{Maps, Shape};
#[cfg(target_os = "linux")]
pub use netfilter::{NetfilterMeasured, netfilter};
pub use scan::Scan;

use portcullis::Packet;

/// The number of no rule.
pub const NO_RULE: u32 = u32::MAX;

/// What a peer says of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may pass.
    pub allowed: bool,
    /// The rule that decided the egress side.
    pub egress: u32,
    /// The rule that decided the ingress side.
    pub ingress: u32,
}

/// Another way to decide.
pub trait Peer {
    /// What it is called in tables.
    fn name(&self) -> &'static str;

    /// Decides one packet.
    fn decide(&self, packet: &Packet) -> Answer;
}

/// Another way to decide, which takes many packets at once and measures itself.
pub trait BulkPeer {
    /// What it is called in tables.
    fn name(&self) -> &'static str;

    /// Decides packets: their verdicts, and the nanoseconds that each took.
    ///
    /// # Errors
    /// When the system refuses.
    fn decide(&mut self, packets: &[Packet]) -> Result<(Vec<bool>, f64), String>;
}

/// How the eBPF peers find addresses and policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// By longest prefix: addresses, and the ports of policies.
    LongestPrefix,
    /// By hash: pods' addresses, a row for subject and peer, and the row's ports one by one; what lies outside is found
    /// by longest prefix all the same, since it has no other key.
    Hash,
}

/// What one side says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SideAnswer {
    pub(crate) allowed: bool,
    pub(crate) rule: u32,
}

impl SideAnswer {
    pub(crate) const FREE: Self = Self { allowed: true, rule: NO_RULE };
    pub(crate) const DENIED: Self = Self { allowed: false, rule: NO_RULE };
}

impl Answer {
    pub(crate) fn of(egress: SideAnswer, ingress: SideAnswer) -> Self {
        Self { allowed: egress.allowed && ingress.allowed, egress: egress.rule, ingress: ingress.rule }
    }
}
