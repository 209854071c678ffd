//! Exposure against the specification: a pod is taken out of a generated cluster, and what is said of absent pods has to
//! be what the specification decides with the pod there.

use std::collections::BTreeMap;
use std::net::IpAddr;

use portcullis::analyze::{Connectivity, Exposed, Exposure, PeerCondition};
use portcullis::cluster::{AddressFamily, Cluster, Namespace, Pod, PodId, PodIdentity};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::generate::{Case, Scope};
use portcullis::label::Labels;
use portcullis::net::L4Protocol;
use portcullis::options::Options;
use portcullis::policy::{Direction, NamespaceMatch};
use portcullis::selector::{Requirement, Selector};
use portcullis::{Decide, Engine};

use crate::Spec;
use crate::lists::{ports, workloads};
use crate::peers::is_in_block;
use crate::ports::numbers_of_name;

/// What a run has seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Clusters without one of their pods.
    pub clusters: u64,
    /// Sides of workloads at one port.
    pub sides: u64,
    /// Those of them that admit the absent pod.
    pub admitted: u64,
    /// Lines that keep some pods away from what others may do.
    pub negative: u64,
}

/// Takes each pod in turn out of a generated cluster and compares.
///
/// # Errors
/// What differs first.
pub fn compare(seed: u64, scope: Scope, seen: &mut Asked) -> Result<(), String> {
    let mut world = Case::from_seed(seed, scope, 0).world;
    // Other options change what absent pods could be asked about, which is said instead of an answer.
    let options = Options { ip_block_pods: world.options.ip_block_pods, ..Options::default() };
    let options =
        Options { tie_break: world.options.tie_break, hand_over: world.options.hand_over, ..options };
    let options = Options { unknown_fields: world.options.unknown_fields, ..options };
    let options = Options { duplicate_port_names: world.options.duplicate_port_names, ..options };
    world.options = options;
    for index in 0..world.pods.len() {
        let whole = world.cluster().map_err(|error| format!("{error:?}"))?;
        let Some(absent) = world.pods.get(index).filter(|pod| may_come(&whole, pod)) else { continue };
        let mut without = world.clone();
        without.pods.remove(index);
        let policies = world.policy_set().map_err(|error| format!("{error:?}"))?;
        let cluster = without.cluster().map_err(|error| format!("{error:?}"))?;
        let named = workloads(&cluster);
        let engine = Engine::new(cluster, policies.clone(), options);
        let exposure =
            Exposure::of(&engine, &Connectivity::of(&engine)).map_err(|error| error.to_string())?;
        let mut by_name: BTreeMap<String, &Exposure> = BTreeMap::new();
        for exposed in &exposure {
            by_name.extend(exposed.workloads.iter().map(|name| (name.to_string(), exposed)));
            let lines = exposed.ingress.iter().chain(&exposed.egress);
            let negative = lines.filter(|line| !line.peers.none_of.is_empty()).count();
            seen.negative = seen.negative.saturating_add(u64::try_from(negative).unwrap_or(0));
        }
        seen.clusters = seen.clusters.saturating_add(1);
        let spec = Spec::new(&whole, &policies, options);
        let Some(guest) = whole.find_pod(&absent.namespace, &absent.identity) else { continue };
        let ports = ports(&policies, &whole);
        for (name, pods) in named {
            let Some(exposed) = by_name.get(&name) else { return Err(format!("{name} is not there")) };
            let pods: Vec<PodId> = pods
                .iter()
                .filter_map(|id| engine.cluster().pod(*id))
                .filter_map(|pod| id_in(&whole, pod))
                .collect();
            let place = Place { whole: &whole, guest, ports: &ports, options };
            for (direction, lines) in
                [(Direction::Ingress, &exposed.ingress), (Direction::Egress, &exposed.egress)]
            {
                place.compare(&spec, &pods, direction, lines, seen).map_err(|error| {
                    format!("seed {seed}, {scope:?}, {name} {direction} with {absent}: {error}")
                })?;
            }
        }
    }
    Ok(())
}

/// Whether a pod is one of those that exposure speaks of.
fn may_come(cluster: &Cluster, pod: &Pod) -> bool {
    let of_others = cluster
        .pods()
        .filter(|(_, other)| other.identity != pod.identity || other.namespace != pod.namespace);
    let taken: Vec<_> = of_others
        .flat_map(|(_, other)| other.addresses.iter().chain(&other.host_addresses))
        .chain(cluster.nodes().flat_map(|(_, node)| &node.addresses))
        .chain(cluster.resolved().flat_map(|(_, addresses)| addresses))
        .chain(&pod.host_addresses)
        .copied()
        .collect();
    // What a pod sends to its own loopback addresses never leaves it (MODEL-001).
    let is_free = |address: &IpAddr| !taken.contains(address) && !address.to_canonical().is_loopback();
    !pod.host_network && !pod.is_finished() && pod.addresses.iter().all(is_free)
}

fn id_in(cluster: &Cluster, pod: &Pod) -> Option<PodId> {
    let identity: &PodIdentity = &pod.identity;
    cluster.find_pod(&pod.namespace, identity)
}

/// A cluster with its guest.
struct Place<'a> {
    whole: &'a Cluster,
    guest: PodId,
    ports: &'a [u16],
    options: Options,
}

impl Place<'_> {
    fn compare(
        &self,
        spec: &Spec<'_>,
        pods: &[PodId],
        direction: Direction,
        lines: &[Exposed],
        seen: &mut Asked,
    ) -> Result<(), String> {
        for family in [AddressFamily::V4, AddressFamily::V6] {
            for (protocol, port) in L4Protocol::ALL
                .into_iter()
                .flat_map(|protocol| self.ports.iter().map(move |port| (protocol, *port)))
            {
                let transport = Transport::new(protocol, port);
                let mut flows = Vec::new();
                for pod in pods {
                    let (own, guest) = (Endpoint::Pod(*pod), Endpoint::Pod(self.guest));
                    let (from, to) = match direction {
                        Direction::Ingress => (guest, own),
                        Direction::Egress => (own, guest),
                    };
                    flows.extend(Flow::in_family(self.whole, from, to, transport, family));
                }
                let Some(flow) = flows.first() else { continue };
                let decided = flows.iter().any(|flow| spec.decide(flow).side(direction).verdict().is_allow());
                let holds = lines.iter().any(|line| self.holds(line, flow, direction, protocol, port));
                if decided != holds {
                    return Err(format!(
                        "{protocol} {port} {family:?}: decides {decided}, says {holds}: {lines:?}"
                    ));
                }
                seen.sides = seen.sides.saturating_add(1);
                seen.admitted = seen.admitted.saturating_add(u64::from(decided));
            }
        }
        Ok(())
    }

    fn holds(
        &self,
        line: &Exposed,
        flow: &Flow,
        direction: Direction,
        protocol: L4Protocol,
        port: u16,
    ) -> bool {
        let peer = match direction {
            Direction::Ingress => flow.source(),
            Direction::Egress => flow.destination(),
        };
        let (Some(pod), Some(namespace)) = (self.whole.pod(self.guest), self.whole.namespace_of(self.guest))
        else {
            return false;
        };
        let meets = |condition: &PeerCondition| match condition {
            PeerCondition::Address(block) => {
                peer.address().is_some_and(|address| is_in_block(address, block))
            }
            PeerCondition::PortName { protocol: its, name } => {
                *its == protocol && numbers_of_name(protocol, name, pod, &self.options).contains(&port)
            }
            PeerCondition::Pods(wanted) => {
                let in_namespace = match &wanted.namespaces {
                    NamespaceMatch::Named(name) => *name == namespace.name,
                    NamespaceMatch::Selected(selector) => is_selected(selector, &labels_of(namespace)),
                };
                in_namespace && is_selected(&wanted.pods, &pod.labels)
            }
            _ => false,
        };
        line.ports.contains(protocol, port)
            && line.peers.all_of.iter().all(meets)
            && !line.peers.none_of.iter().any(|list| list.iter().all(meets))
    }
}

fn labels_of(namespace: &Namespace) -> Labels {
    namespace.labels.clone()
}

fn is_selected(selector: &Selector, labels: &Labels) -> bool {
    let has = |requirement: &Requirement| requirement.matches(labels);
    selector.requirements().iter().all(has)
}
