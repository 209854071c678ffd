//! What a rule's ports say of a flow's protocol and port.

use alloc::vec::Vec;

use crate::cluster::PodId;
use crate::compile::resolve_port_name;
use crate::engine::Engine;
use crate::flow::Transport;
use crate::net::{L4Protocol, PortName, PortRange};
use crate::options::{EndPort, Sctp};
use crate::policy::{PortMatch, Traffic};

/// Whether a rule's ports hold a flow's protocol and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrafficOutcome {
    /// The rule has no ports, hence holds any (NP-006).
    Any,
    /// The item at this place of the list does.
    Matched(usize),
    /// None does; for each, in order, what is wrong.
    Missed(Vec<PortMiss>),
}

impl TrafficOutcome {
    /// Whether the traffic is the rule's.
    #[must_use]
    pub fn matches(&self) -> bool {
        !matches!(self, Self::Missed(_))
    }
}

/// What keeps one item of `ports` from holding a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortMiss {
    /// The name stands for other numbers on the destination (NP-008); for none when it has no such port.
    Name {
        /// The name.
        name: PortName,
        /// What it stands for there.
        numbers: Vec<u16>,
    },
    /// The port is not one of these.
    Port(PortRange),
    /// The flow's protocol has no ports, and only rules without `ports` hold it (NP-021).
    Portless,
    /// The protocol is another than this.
    Protocol(L4Protocol),
    /// The options say that SCTP items hold nothing (NP-024).
    SctpUnsupported,
    /// Only a newer API knows what the item is (CNP-010).
    Unknown,
}

pub(super) fn outcome(
    engine: &Engine,
    traffic: &Traffic,
    transport: Transport,
    destination: Option<PodId>,
) -> TrafficOutcome {
    let Traffic::Of(items) = traffic else { return TrafficOutcome::Any };
    let mut misses = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match miss(engine, item, transport, destination) {
            None => return TrafficOutcome::Matched(index),
            Some(miss) => misses.push(miss),
        }
    }
    TrafficOutcome::Missed(misses)
}

fn miss(
    engine: &Engine,
    item: &PortMatch,
    transport: Transport,
    destination: Option<PodId>,
) -> Option<PortMiss> {
    let Transport::Ports { protocol, port, .. } = transport else { return Some(PortMiss::Portless) };
    let wanted = match item {
        PortMatch::Named { protocol, .. }
        | PortMatch::Numbered { protocol, .. }
        | PortMatch::Protocol(protocol) => *protocol,
        PortMatch::Name(_) => protocol,
        PortMatch::Unknown => return Some(PortMiss::Unknown),
    };
    if wanted != protocol {
        return Some(PortMiss::Protocol(wanted));
    }
    if wanted == L4Protocol::Sctp && engine.options().sctp == Sctp::IsolateOnly {
        return Some(PortMiss::SctpUnsupported);
    }
    if wanted == L4Protocol::Sctp && engine.options().sctp == Sctp::AnyPort {
        let is_named = matches!(item, PortMatch::Named { .. });
        return is_named.then_some(PortMiss::SctpUnsupported);
    }
    match item {
        PortMatch::Protocol(_) | PortMatch::Unknown => None,
        PortMatch::Numbered { ports, .. } => {
            let matches = match engine.options().end_port {
                EndPort::Honoured => ports.contains(port),
                EndPort::Ignored => ports.start() == port,
            };
            (!matches).then_some(PortMiss::Port(*ports))
        }
        PortMatch::Named { name, .. } | PortMatch::Name(name) => {
            let pod = destination.and_then(|id| engine.cluster().pod(id));
            let numbers = resolve_port_name(pod, protocol, name, engine.options());
            (!numbers.contains(&port)).then(|| PortMiss::Name { name: name.clone(), numbers })
        }
    }
}
