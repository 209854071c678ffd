//! Peers: other ways to decide, over the same workloads, checked to decide the same before they are timed.

mod acl;
#[cfg(target_os = "linux")]
mod bpf;
mod classes;
#[cfg(target_os = "linux")]
mod kernel;
mod maps;
mod prefixes;
mod rows;
mod scan;
mod subjects;

pub use acl::AclPairs;
#[cfg(target_os = "linux")]
pub use kernel::KernelMaps;
pub use maps::{Maps, Shape};
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
