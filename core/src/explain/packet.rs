//! From packets back to flows, so that what a dataplane has seen can be explained.

use core::net::{IpAddr, Ipv6Addr};

use crate::engine::Engine;
use crate::flow::{Connection, Endpoint, Flow, FlowError, Transport};
use crate::image::{Packet, packet_flag};
use crate::net::Protocol;

impl Engine {
    /// The flow that a packet stands for: who its addresses are is looked up in this cluster, so the flags that say so
    /// are not needed; those on the connection count.
    ///
    /// ```
    /// use portcullis::cluster::ClusterBuilder;
    /// use portcullis::net::Protocol;
    /// use portcullis::policy::PolicySet;
    /// use portcullis::{Engine, Options, Packet, Verdict};
    ///
    /// let engine = Engine::new(ClusterBuilder::new().build().unwrap(), PolicySet::default(), Options::default());
    /// let packet = Packet::new("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap(), Protocol::TCP, 80);
    /// let flow = engine.flow_of(&packet).unwrap();
    /// assert_eq!(engine.packet(&flow), Some(packet));
    /// assert_eq!(engine.explain(&flow).decision.verdict(), Verdict::Allow);
    /// ```
    ///
    /// # Errors
    /// When one address is IPv4 and the other IPv6: no network carries that.
    pub fn flow_of(&self, packet: &Packet) -> Result<Flow, FlowError> {
        let transport = match Protocol::from_number(packet.protocol) {
            Protocol::L4(protocol) => Transport::Ports {
                protocol,
                source_port: Some(u16::from_le_bytes(packet.source_port)).filter(|port| *port != 0),
                port: u16::from_le_bytes(packet.destination_port),
            },
            Protocol::Other(protocol) => {
                Transport::Other { protocol, icmp: Some((packet.icmp_type, packet.icmp_code)) }
            }
        };
        let connection = if packet.flags & packet_flag::REPLY != 0 {
            Connection::Reply
        } else if packet.flags & packet_flag::ESTABLISHED != 0 {
            Connection::Established
        } else {
            Connection::New
        };
        let (source, destination) = (endpoint(packet.source), endpoint(packet.destination));
        let flow = Flow::new(self.cluster(), source, destination, transport)?.with_connection(connection);
        // CNP-014: without it a packet that a service sends back would be explained as one that no service saw.
        Ok(flow.with_via_service(packet.flags & packet_flag::VIA_SERVICE != 0))
    }
}

fn endpoint(address: [u8; 16]) -> Endpoint {
    let address = Ipv6Addr::from(address);
    Endpoint::Address(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}
