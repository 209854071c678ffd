//! Endpoints: what stands behind a service, and at which port.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::owner_of;
use crate::cluster::{
    Cluster, ContainerKind, EndpointState, EndpointSubset, Pod, PodId, PodIdentity, Service, ServicePort,
    SliceEndpoint, SliceKind, TargetPort,
};
use crate::flow::Endpoint;
use crate::sorted::SortedSet;

/// One endpoint that a service may choose.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) end: Endpoint,
    pub(super) node: Option<String>,
    pub(super) state: EndpointState,
    /// The port of the endpoint; nothing where nothing is translated.
    pub(super) port: Option<u16>,
}

/// Every endpoint of a service for one of its ports; without a port, those of a headless service.
pub(super) fn candidates(
    cluster: &Cluster,
    service: &Service,
    port: Option<&ServicePort>,
    rules: &mut SortedSet<&'static str>,
) -> Vec<Candidate> {
    let listed = |kind: SliceKind| {
        cluster.slices().filter(move |slice| {
            slice.kind == kind && slice.namespace == service.namespace && slice.service == service.name
        })
    };
    // SVC-003: what lists endpoints counts before the selector that it was made from, and slices before `Endpoints`.
    let kind = [SliceKind::EndpointSlice, SliceKind::Endpoints]
        .into_iter()
        .find(|kind| listed(*kind).next().is_some());
    let mut found = match kind {
        Some(kind) => {
            rules.insert("SVC-003");
            let subsets = listed(kind).flat_map(|slice| &slice.subsets);
            subsets.flat_map(|subset| of_subset(cluster, service, port, subset)).collect()
        }
        None => {
            rules.insert("SVC-002");
            of_selector(cluster, service, port)
        }
    };
    if service.publishes_not_ready {
        // SVC-004: then readiness does not count.
        found.iter_mut().for_each(|candidate| candidate.state = EndpointState::Ready);
    }
    found
}

/// SVC-002: the pods of the service's namespace that its selector selects.
fn of_selector(cluster: &Cluster, service: &Service, port: Option<&ServicePort>) -> Vec<Candidate> {
    let Some(selector) = &service.selector else { return Vec::new() };
    let is_selected =
        |pod: &Pod| pod.namespace == service.namespace && !pod.is_finished() && selector.matches(&pod.labels);
    let candidate = |(id, pod): (PodId, &Pod)| {
        let port = match port {
            None => None,
            // SVC-006: a pod without the named port is no endpoint for it.
            Some(port) => Some(target_on(pod, port)?),
        };
        let state = match (pod.ready, pod.terminating) {
            (true, false) => EndpointState::Ready,
            (true, true) => EndpointState::Leaving,
            (false, _) => EndpointState::NotReady,
        };
        Some(Candidate { end: Endpoint::Pod(id), node: pod.node.clone(), state, port })
    };
    cluster.pods().filter(|(_, pod)| is_selected(pod)).filter_map(candidate).collect()
}

/// SVC-006: the number of a service's port on a pod.
fn target_on(pod: &Pod, port: &ServicePort) -> Option<u16> {
    let name = match &port.target {
        TargetPort::Number(number) => return Some(number.get()),
        TargetPort::Named(name) => name,
    };
    // Ports of regular containers come first in a pod; init containers that end are over by then.
    let mut declared = pod.ports.iter().filter(|declared| declared.container != ContainerKind::Init);
    let found =
        declared.find(|declared| declared.protocol == port.protocol && declared.name.as_ref() == Some(name));
    found.map(|declared| declared.port.get())
}

/// SVC-003: what a list of endpoints says, where it has the service's port.
fn of_subset(
    cluster: &Cluster,
    service: &Service,
    port: Option<&ServicePort>,
    subset: &EndpointSubset,
) -> Vec<Candidate> {
    let number = match port {
        None => None,
        Some(port) => {
            let listed = subset.ports.iter().find(|it| it.name == port.name && it.protocol == port.protocol);
            let Some(listed) = listed else { return Vec::new() };
            Some(listed.port.unwrap_or(port.port).get())
        }
    };
    let candidate = |listed: &SliceEndpoint| Candidate {
        end: end_of(cluster, service, listed),
        node: listed.node.clone().or_else(|| node_of(cluster, listed.address)),
        state: listed.state,
        port: number,
    };
    subset.endpoints.iter().map(candidate).collect()
}

/// A listed endpoint is the pod that it is said to be if that has the address; else whoever has the address.
fn end_of(cluster: &Cluster, service: &Service, listed: &SliceEndpoint) -> Endpoint {
    let named = listed.pod.as_ref().map(|name| PodIdentity::Named(name.clone()));
    let id = named.and_then(|identity| cluster.find_pod(&service.namespace, &identity));
    let has_it = |id: &PodId| {
        cluster.pod(*id).is_some_and(|pod| !pod.is_finished() && pod.addresses.contains(&listed.address))
    };
    id.filter(has_it).map_or(Endpoint::Address(listed.address), Endpoint::Pod)
}

fn node_of(cluster: &Cluster, address: IpAddr) -> Option<String> {
    owner_of(cluster, address).and_then(|pod| pod.node.clone())
}
