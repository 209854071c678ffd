//! Ports as fixes write them: by the name that the destination's pods give them, where policies and pods use names.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::corpus::{Probe, ProbePort};
use crate::engine::Engine;
use crate::flow::Transport;
use crate::manifest::edit::Fresh;
use crate::net::{L4Protocol, PortName};
use crate::path::Path;
use crate::policy::{Direction, Policy, PolicySet, PortMatch, Traffic};

/// The name of the port that a question is about.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    /// The name, where all pods that the question's destination stands for have it.
    name: Option<PortName>,
    /// Whether the question has the port by its name.
    is_asked: bool,
}

impl Naming {
    /// The name by which everything that a question stands for goes to its port (NP-008).
    pub(super) fn of(engine: &Engine, probe: &Probe, ways: &[Path]) -> Self {
        let (candidates, is_asked) = match &probe.port {
            Some(ProbePort::Name(name)) => (alloc::vec![name.clone()], true),
            _ => (ways.first().map(|way| names_of(engine, way)).unwrap_or_default(), false),
        };
        let is_common = |name: &PortName| ways.iter().all(|way| is_named(engine, way, name, is_asked));
        Self { name: candidates.into_iter().find(is_common), is_asked }
    }

    /// How a rule of a policy holds what a flow carries; of a policy that is new, as those of its namespace do.
    pub(super) fn port(
        &self,
        policies: &PolicySet,
        policy: Option<&Policy>,
        namespace: &str,
        transport: Transport,
    ) -> Option<Port> {
        let Transport::Ports { protocol, port, .. } = transport else { return None };
        let neighbours = || {
            let all = policies.policies().map(|(_, policy)| policy);
            named_by(all.filter(|policy| policy.namespace == namespace))
        };
        // Where no policy says how ports are written here, the pods do.
        let uses_names = || policy.and_then(|it| named_by([it])).or_else(neighbours).unwrap_or(true);
        let name = self.name.clone().filter(|_| self.is_asked || uses_names());
        Some(Port { protocol, number: port, name })
    }
}

/// A port as it is written.
#[derive(Clone, Debug)]
pub(super) struct Port {
    protocol: L4Protocol,
    number: u16,
    name: Option<PortName>,
}

impl Port {
    /// An item of `ports`.
    pub(super) fn item(&self) -> Fresh {
        let port = match &self.name {
            Some(name) => Fresh::text(name.to_string()),
            None => Fresh::Number(self.number),
        };
        let mut fields = alloc::vec![("port", port)];
        if self.protocol != L4Protocol::Tcp {
            fields.push(("protocol", Fresh::text(self.protocol.as_str())));
        }
        Fresh::map(fields)
    }

    /// What it is called in titles.
    pub(super) fn words(&self) -> String {
        let port = match &self.name {
            Some(name) => format!("port `{name}`"),
            None => format!("port {}", self.number),
        };
        if self.protocol == L4Protocol::Tcp { port } else { format!("{} {port}", self.protocol) }
    }
}

/// Whether some policies have ports by name; nothing where they have no ports.
fn named_by<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Option<bool> {
    let mut has_ports = false;
    for policy in policies {
        let directions = [Direction::Ingress, Direction::Egress];
        for rule in directions.into_iter().filter_map(|direction| policy.rules(direction)).flatten() {
            let Traffic::Of(ports) = &rule.traffic else { continue };
            has_ports |= !ports.is_empty();
            if ports.iter().any(|port| matches!(port, PortMatch::Named { .. })) {
                return Some(true);
            }
        }
    }
    has_ports.then_some(false)
}

/// The names that the pod at the end of a way gives to the port there.
fn names_of(engine: &Engine, way: &Path) -> Vec<PortName> {
    let Transport::Ports { protocol, port, .. } = way.seen.transport() else { return Vec::new() };
    let pod = engine.pod_of(way.seen.destination()).and_then(|id| engine.cluster().pod(id));
    let own = pod.into_iter().flat_map(|pod| &pod.ports);
    own.filter(|own| own.protocol == protocol && own.port.get() == port)
        .filter_map(|own| own.name.clone())
        .collect()
}

/// Whether the pod at the end of a way has a port by a name: that which is asked for, and no other unless it was asked for
/// by name.
fn is_named(engine: &Engine, way: &Path, name: &PortName, is_asked: bool) -> bool {
    let Transport::Ports { protocol, port, .. } = way.seen.transport() else { return false };
    let Some(pod) = engine.pod_of(way.seen.destination()) else { return false };
    let numbers = engine.port_numbers(pod, protocol, name);
    numbers == [port] || (is_asked && numbers.contains(&port))
}
