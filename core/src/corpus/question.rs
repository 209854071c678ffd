//! Probes as questions: the flows and calls that they stand for in a cluster.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Probe, ProbeEnd, ProbePort};
use crate::cluster::{Cluster, PodId, PodIdentity};
use crate::flow::{Endpoint, Flow, Transport};
use crate::net::Protocol;
use crate::path::{Call, Carries, Door, Front, Paths, PortAsked};
use crate::sorted::SortedSet;

impl Probe {
    /// The flows that this probe stands for in a cluster: one for each pod that an end means and each number of the port; to a service,
    /// those of its paths, if it has any.
    ///
    /// # Errors
    /// When there is no such pod, workload or port, or the ends share no address family.
    pub fn flows(&self, cluster: &Cluster) -> Result<Vec<Flow>, String> {
        let mut flows = Vec::new();
        if self.no_path.is_some() {
            return Ok(flows);
        }
        if let Some(calls) = self.calls(cluster)? {
            for call in &calls {
                let paths = Paths::of(cluster, call).map_err(|error| error.to_string())?.paths;
                flows.extend(paths.iter().flat_map(|path| [path.sent, path.seen]));
            }
            flows.dedup();
            return Ok(flows.into_iter().map(|flow| flow.with_connection(self.connection)).collect());
        }
        for to in self.to.endpoints(cluster)? {
            for transport in self.transports(cluster, to)? {
                for from in self.from.endpoints(cluster)? {
                    let flow = Flow::new(cluster, from, to, transport);
                    let flow = flow.map_err(|error| error.to_string())?;
                    flows.push(flow.with_connection(self.connection).with_via_service(self.via_service));
                }
            }
        }
        Ok(flows)
    }

    /// The calls that this probe stands for in a cluster, one for each of its sources; nothing where its destination is no service.
    ///
    /// # Errors
    /// When there is no such end or port.
    pub fn calls(&self, cluster: &Cluster) -> Result<Option<Vec<Call>>, String> {
        let carries = match (self.protocol, &self.port) {
            (Protocol::L4(protocol), Some(port)) => Carries::Port {
                protocol,
                source_port: self.source_port,
                port: match port {
                    ProbePort::Name(name) => PortAsked::Name(name.as_str().to_string()),
                    ProbePort::Number(number) => PortAsked::Number(*number),
                },
            },
            (Protocol::L4(_), None) => return Err("a protocol with ports needs a port".to_string()),
            (Protocol::Other(protocol), _) => Carries::Other { protocol, icmp: self.icmp },
        };
        let target = match (&self.to, &carries) {
            (ProbeEnd::Service(name), _) => {
                let (namespace, own) = name.split_once('/').unwrap_or_default();
                let id = cluster.find_service(namespace, own);
                Some((id.ok_or_else(|| format!("there is no service `{name}`"))?, Door::Name))
            }
            (ProbeEnd::Ip(address), Carries::Port { protocol, port, .. }) => {
                match Front::of(cluster, *address, *protocol, port).map_err(|error| error.to_string())? {
                    Front::Service(id, door) => Some((id, door)),
                    Front::Address => None,
                }
            }
            _ => None,
        };
        let Some((service, door)) = target else { return Ok(None) };
        let sources = self.from.endpoints(cluster)?.into_iter();
        Ok(Some(sources.map(|source| Call { source, service, door, carries: carries.clone() }).collect()))
    }

    fn transports(&self, cluster: &Cluster, to: Endpoint) -> Result<Vec<Transport>, String> {
        let (protocol, port) = match (self.protocol, &self.port) {
            (Protocol::L4(protocol), Some(port)) => (protocol, port),
            (Protocol::L4(_), None) => return Err("a protocol with ports needs a port".to_string()),
            (Protocol::Other(protocol), _) => {
                return Ok(alloc::vec![Transport::Other { protocol, icmp: self.icmp }]);
            }
        };
        let source_port = self.source_port;
        let name = match port {
            ProbePort::Number(port) => {
                return Ok(alloc::vec![Transport::Ports { protocol, source_port, port: *port }]);
            }
            ProbePort::Name(name) => name,
        };
        let pod = match to {
            Endpoint::Pod(id) => cluster.pod(id),
            // NP-019, NP-025: of the pods with the address, one that owns it comes first.
            Endpoint::Address(address) => {
                let pods = cluster.pods().map(|(_, pod)| pod);
                let holders = pods.filter(|pod| pod.addresses.contains(&address));
                holders.min_by_key(|pod| pod.host_network || pod.is_finished())
            }
        };
        let declared = pod.map(|pod| pod.ports.as_slice()).unwrap_or_default();
        let numbers: SortedSet<u16> = declared
            .iter()
            .filter(|declared| declared.protocol == protocol && declared.name.as_ref() == Some(name))
            .map(|declared| declared.port.get())
            .collect();
        if numbers.is_empty() {
            return Err(format!("`{}` has no {protocol} port `{name}`", self.to));
        }
        Ok(numbers.into_iter().map(|port| Transport::Ports { protocol, source_port, port }).collect())
    }
}

impl ProbeEnd {
    pub(super) fn endpoints(&self, cluster: &Cluster) -> Result<Vec<Endpoint>, String> {
        let name = match self {
            Self::Ip(address) => return Ok(alloc::vec![Endpoint::Address(*address)]),
            Self::Service(name) => {
                return Err(format!("`{name}` is a service, which is no end of a flow"));
            }
            Self::Pod(name) | Self::Workload(name) => name,
        };
        let is_meant = |id: PodId| {
            let pod = cluster.pod(id)?;
            let called = match (self, &pod.identity, &pod.workload) {
                (Self::Pod(_), PodIdentity::Named(_), _) => pod.to_string(),
                (Self::Workload(_), PodIdentity::Template(workload), _)
                | (Self::Workload(_), _, Some(workload)) => format!("{}/{workload}", pod.namespace),
                _ => return None,
            };
            (called == *name).then_some(Endpoint::Pod(id))
        };
        let meant: Vec<_> = cluster.pods().filter_map(|(id, _)| is_meant(id)).collect();
        if meant.is_empty() { Err(format!("there is no `{name}`")) } else { Ok(meant) }
    }
}
