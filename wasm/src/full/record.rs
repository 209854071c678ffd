//! Deciding flows that come as records.

use core::net::{IpAddr, Ipv6Addr};

use portcullis::cluster::{AddressFamily, PodId};
use portcullis::flow::{Connection, Endpoint, Flow, Transport};
use portcullis::net::Protocol;
use portcullis::{Decide, Engine, Side};

use super::Refusal;
use crate::record::{
    FlowDecision, FlowRecord, HAS_ICMP, HAS_SOURCE_PORT, NO_SOURCE, NONE, STAYS_INSIDE, VIA_SERVICE,
};

/// Decides the flow of a record.
pub(super) fn decide(engine: &Engine, record: &[u8]) -> Result<FlowDecision, Refusal> {
    let record: FlowRecord =
        bytemuck::try_pod_read_unaligned(record).map_err(|_| Refusal::request("a flow has 64 bytes"))?;
    let decision = engine.decide(&flow_of(&record, engine)?);
    let rule = |side: Side| side.rule.map_or(NONE, |rule| rule.0);
    Ok(FlowDecision {
        egress_reason: decision.egress.reason.number(),
        ingress_reason: decision.ingress.reason.number(),
        reserved: [0; 2],
        egress_rule: rule(decision.egress),
        ingress_rule: rule(decision.ingress),
        generation: engine.image().generation(),
    })
}

/// The flow that a record stands for.
fn flow_of(record: &FlowRecord, engine: &Engine) -> Result<Flow, Refusal> {
    let end = |pod: u32, address: [u8; 16]| match pod {
        NONE => Endpoint::Address(Ipv6Addr::from(address).to_canonical()),
        pod => Endpoint::Pod(PodId(pod)),
    };
    let transport = match Protocol::from_number(record.protocol) {
        Protocol::L4(protocol) => Transport::Ports {
            protocol,
            source_port: (record.known & HAS_SOURCE_PORT != 0).then_some(record.source_port),
            port: record.destination_port,
        },
        Protocol::Other(protocol) => Transport::Other {
            protocol,
            icmp: (record.known & HAS_ICMP != 0).then_some((record.icmp_type, record.icmp_code)),
        },
    };
    let connection = match record.connection {
        0 => Connection::New,
        1 => Connection::Established,
        2 => Connection::Reply,
        _ => return Err(Refusal::request("a connection is 0, 1 or 2")),
    };
    let is_so = |bit: u8| record.known & bit != 0;
    let destination = end(record.destination_pod, record.destination);
    // What is put in place of a source that nobody knows is replaced below; what stays inside goes to itself.
    let source = if is_so(NO_SOURCE) { destination } else { end(record.source_pod, record.source) };
    let destination =
        if is_so(STAYS_INSIDE) { Endpoint::Address(IpAddr::V6(Ipv6Addr::LOCALHOST)) } else { destination };
    let address = [record.destination, record.source].into_iter().find(|address| *address != [0; 16]);
    let names_pods = record.source_pod != NONE || record.destination_pod != NONE;
    let cluster = engine.cluster();
    let flow = match address.filter(|_| names_pods && !is_so(STAYS_INSIDE)) {
        Some(address) => {
            let is_v4 = Ipv6Addr::from(address).to_ipv4_mapped().is_some();
            let family = if is_v4 { AddressFamily::V4 } else { AddressFamily::V6 };
            Flow::in_family(cluster, source, destination, transport, family)
        }
        None => Flow::new(cluster, source, destination, transport),
    };
    let flow = flow.map_err(Refusal::request)?;
    let flow = if is_so(NO_SOURCE) { flow.with_rewritten_source(None) } else { flow };
    Ok(flow.with_connection(connection).with_via_service(is_so(VIA_SERVICE)))
}
