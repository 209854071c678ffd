//! Corpus cases: a cluster, policies and flows in one object, with the answers that are right.
//!
//! One format serves every implementation and every suite. A file holds YAML documents or JSON lines, each of them
//! one case:
//!
//! ```yaml
//! case: a-pod-that-no-policy-selects-is-open
//! rules: [NP-017]                    # the rules of the semantics that the answers hinge on
//! source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
//! base: shop                         # objects of `bases/shop.yaml` come first
//! options: {loopback: evaluated}     # what differs from the specification's reading
//! resolved: {example.com: [192.0.2.1]}  # addresses of domain names
//! manifests: |                       # manifests as users write them, where spelling matters
//!   kind: NetworkPolicy
//! objects: []                        # the same as parsed objects
//! warned: [cidr-host-bits]           # codes of warnings that loading gives
//! probes:
//!   - {from: {pod: shop/web}, to: {ip: 192.0.2.1}, protocol: TCP, port: 80, allowed: true,
//!      egressReason: rule, egressRule: "shop/web spec.egress[0]", ingressReason: not-a-pod}
//! ```
//!
//! A probe to a service (`to: {service: shop/web}`, or one of its addresses) may state its `paths`, all of them:
//! `{endpoint: {pod: shop/web-0}, port: 8080, source: 172.18.0.1, allowed: true, …}`, where `source` stands for a node that
//! rewrites it (`null` where no address of one is known); or `noPath`, the code of why there is none, `error` where the
//! question has no answer. What is stated of the probe itself holds for each path.
//!
//! A case whose objects cannot be loaded has `refused` instead of probes: the codes of all errors. `suite`, `step`
//! and `tags` are there for the sake of other projects' suites; `egress` and `ingress` (true or false) state a side's
//! verdict where no reason is known. What is not stated is not compared.
//!
//! [`read`] and [`Case::to_yaml`] are each other's inverse; a [`Scenario`] is a case made ready to be decided.

mod paths;
mod question;
mod read;
mod scenario;
#[cfg(test)]
mod tests;
mod write;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

pub use paths::ExpectedPath;
pub use read::{CorpusError, read};
pub use scenario::{Mismatch, Scenario};

use crate::decision::{Reason, Verdict};
use crate::flow::Connection;
use crate::manifest::tree::Node;
use crate::net::{PortName, Protocol};

/// A cluster, policies and flows with the answers that are right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// The suite that the case is from; empty for our own.
    pub suite: String,
    /// The name: what has to be true, as a sentence with hyphens.
    pub name: String,
    /// The place in a story that several cases of one name tell, from 0.
    pub step: u32,
    /// Free words to filter by.
    pub tags: Vec<String>,
    /// The rules of the semantics that the answers hinge on, such as `NP-008`.
    pub rules: Vec<String>,
    /// Where the expectation comes from.
    pub source: Option<String>,
    /// The name of a file of objects that come first.
    pub base: Option<String>,
    /// Options that are set, by key and value.
    pub options: Vec<(String, String)>,
    /// The addresses of domain names.
    pub resolved: Vec<(String, Vec<IpAddr>)>,
    /// Manifests as text.
    pub manifests: Option<String>,
    /// Objects as trees; positions in them mean nothing.
    pub objects: Vec<Node>,
    /// The codes of all errors, where the objects cannot be loaded.
    pub refused: Vec<String>,
    /// The codes of warnings that loading has to give, among others.
    pub warned: Vec<String>,
    /// The flows with their answers.
    pub probes: Vec<Probe>,
}

/// One question with the answers that are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Where it comes from.
    pub from: ProbeEnd,
    /// Where it goes.
    pub to: ProbeEnd,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination port; there is one exactly when the protocol has ports.
    pub port: Option<ProbePort>,
    /// The source port, where it is stated.
    pub source_port: Option<u16>,
    /// Type and code of ICMP, where they are stated.
    pub icmp: Option<(u8, u8)>,
    /// Where in its connection the packet stands.
    pub connection: Connection,
    /// Whether a service chose the destination.
    pub via_service: bool,
    /// The verdict on the flow.
    pub verdict: Option<Verdict>,
    /// What the source's policies say.
    pub egress: ExpectedSide,
    /// What the destination's policies say.
    pub ingress: ExpectedSide,
    /// The paths, where the destination is a service.
    pub paths: Vec<ExpectedPath>,
    /// The code of why a service has no path.
    pub no_path: Option<String>,
}

/// An end as a probe names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeEnd {
    /// An address: that of a pod, or another one.
    Ip(IpAddr),
    /// A pod, as `namespace/name`.
    Pod(String),
    /// A service, as `namespace/name`; only a destination can be one.
    Service(String),
    /// A workload, as `namespace/kind/name`: all of its pods.
    Workload(String),
}

/// A destination port as a probe names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbePort {
    /// What the destination pod calls so: all its ports of that name and protocol.
    Name(PortName),
    /// A number.
    Number(u16),
}

/// What is known of a side's answer; nothing at all is compared with what is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedSide {
    /// The verdict; where a reason is given, the reason's own.
    pub verdict: Option<Verdict>,
    /// The reason.
    pub reason: Option<Reason>,
    /// The rule that decides, as `namespace/policy spec.ingress[0]`, or `ClusterNetworkPolicy name spec.ingress[0]` for
    /// policies of the cluster; `Some(None)` says that none does.
    pub rule: Option<Option<String>>,
}

impl core::fmt::Display for ProbeEnd {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Pod(name) | Self::Service(name) | Self::Workload(name) => f.write_str(name),
        }
    }
}

impl core::fmt::Display for Probe {
    /// `shop/web → 192.0.2.1, TCP 80`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} → {}, {}", self.from, self.to, self.protocol)?;
        match &self.port {
            Some(ProbePort::Name(name)) => write!(f, " `{name}`")?,
            Some(ProbePort::Number(number)) => write!(f, " {number}")?,
            None => {}
        }
        match self.connection {
            Connection::Established => f.write_str(", established")?,
            Connection::New => {}
            Connection::Reply => f.write_str(", reply")?,
        }
        if self.via_service { f.write_str(", by a service") } else { Ok(()) }
    }
}

impl Probe {
    /// A question without any answer yet.
    #[must_use]
    pub fn new(from: ProbeEnd, to: ProbeEnd, protocol: Protocol, port: Option<ProbePort>) -> Self {
        Self {
            from,
            to,
            protocol,
            port,
            source_port: None,
            icmp: None,
            connection: Connection::New,
            via_service: false,
            verdict: None,
            egress: ExpectedSide::default(),
            ingress: ExpectedSide::default(),
            paths: Vec::new(),
            no_path: None,
        }
    }
}

impl Case {
    /// Whether a rule of the semantics is among those that the case is about.
    #[must_use]
    pub fn is_about(&self, rule: &str) -> bool {
        self.rules.iter().any(|id| id == rule)
    }

    /// The name with the step, where the case is a step of a story.
    #[must_use]
    pub fn title(&self) -> String {
        match self.step {
            0 => self.name.to_string(),
            step => alloc::format!("{} (step {step})", self.name),
        }
    }
}
