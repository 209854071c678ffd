//! Flows and their decisions as records: for hosts that hold the same cluster and know its ids.

use core::net::IpAddr;

use bytemuck::{Pod, Zeroable};
use portcullis::flow::{Connection, End, Flow, Transport};
use portcullis::policy::RuleId;
use portcullis::{Decision, Reason, Side};

/// No pod, no rule.
pub(crate) const NONE: u32 = u32::MAX;
pub(crate) const HAS_SOURCE_PORT: u8 = 1;
pub(crate) const HAS_ICMP: u8 = 2;
pub(crate) const VIA_SERVICE: u8 = 4;
pub(crate) const NO_SOURCE: u8 = 8;
pub(crate) const STAYS_INSIDE: u8 = 16;

/// A flow: 64 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FlowRecord {
    /// The source's address, IPv4 as mapped IPv6; zeros where it has none. Of a pod that is named, its family counts.
    pub source: [u8; 16],
    /// As `source`.
    pub destination: [u8; 16],
    /// The number of the pod that is the source; all ones for an address.
    pub source_pod: u32,
    /// As `source_pod`.
    pub destination_pod: u32,
    /// The IP protocol number.
    pub protocol: u8,
    /// Bit 0: the source port is known. Bit 1: ICMP's type and code are. Bit 2: a service chose the destination. Bit 3:
    /// nobody knows the source, not even its address. Bit 4: it stays inside of its source, which both ends are.
    pub known: u8,
    /// 0 for the first packet of a connection, 1 for one of an established connection, 2 for a reply.
    pub connection: u8,
    /// Zero.
    pub reserved: u8,
    /// The source port.
    pub source_port: u16,
    /// The destination port.
    pub destination_port: u16,
    /// ICMP's type.
    pub icmp_type: u8,
    /// ICMP's code.
    pub icmp_code: u8,
    /// Zero.
    pub rest: [u8; 14],
}

/// A decision on a flow: 16 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FlowDecision {
    /// The number of the egress side's reason.
    pub egress_reason: u8,
    /// The number of the ingress side's reason.
    pub ingress_reason: u8,
    /// Zero.
    pub reserved: [u8; 2],
    /// The number of the egress side's rule; all ones for none.
    pub egress_rule: u32,
    /// As `egress_rule`.
    pub ingress_rule: u32,
    /// The generation of what decided.
    pub generation: u32,
}

impl FlowRecord {
    /// The record of a flow.
    #[must_use]
    pub fn new(flow: &Flow) -> Self {
        let address = |end: End| match end.address() {
            Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
            Some(IpAddr::V6(address)) => address.octets(),
            None => [0; 16],
        };
        let pod = |end: End| end.pod().map_or(NONE, |pod| pod.0);
        let mut record = Self {
            source: address(flow.source()),
            destination: address(flow.destination()),
            source_pod: pod(flow.source()),
            destination_pod: pod(flow.destination()),
            protocol: flow.transport().protocol().number(),
            connection: match flow.connection() {
                Connection::New => 0,
                Connection::Established => 1,
                Connection::Reply => 2,
            },
            ..Self::default()
        };
        match flow.transport() {
            Transport::Ports { source_port, port, .. } => {
                record.known = source_port.map_or(0, |_| HAS_SOURCE_PORT);
                (record.source_port, record.destination_port) = (source_port.unwrap_or(0), port);
            }
            Transport::Other { icmp, .. } => {
                record.known = icmp.map_or(0, |_| HAS_ICMP);
                (record.icmp_type, record.icmp_code) = icmp.unwrap_or((0, 0));
            }
        }
        let has_no_source = flow.source().pod().is_none() && flow.source().address().is_none();
        for (is_so, bit) in [
            (flow.via_service(), VIA_SERVICE),
            (has_no_source, NO_SOURCE),
            (flow.stays_inside(), STAYS_INSIDE),
        ] {
            record.known |= if is_so { bit } else { 0 };
        }
        record
    }
}

impl FlowDecision {
    /// The decision that the record stands for.
    #[must_use]
    pub fn decision(&self) -> Decision {
        let side = |reason, rule| Side {
            reason: Reason::from_number(reason),
            rule: (rule != NONE).then_some(RuleId(rule)),
        };
        Decision {
            egress: side(self.egress_reason, self.egress_rule),
            ingress: side(self.ingress_reason, self.ingress_rule),
        }
    }
}
