//! `EndpointSlice` and `Endpoints`: from their mirrors to the model.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::pods::address;
use crate::api::{port_number, protocol};
use crate::cluster::{self, EndpointState, EndpointSubset, SliceEndpoint, SliceKind};
use crate::label::{LabelKey, Labels};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{EndpointPort, EndpointSlice, Endpoints, SubsetAddress, Target};
use crate::net::L4Protocol;

/// SVC-003: the label that says whose endpoints a slice lists.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Endpoints whose address is a name take no part in what packets do.
const FQDN: &str = "FQDN";

/// What a slice lists.
pub(super) fn slice(
    cx: &mut Context,
    mirror: &EndpointSlice,
    labels: &Labels,
    namespace: &str,
    name: &str,
) -> cluster::EndpointSlice {
    let family = &mirror.address_type;
    if !matches!(family.value.as_str(), "IPv4" | "IPv6" | FQDN) {
        let message = format!("{} is no type of address", quote(&family.value));
        let help = "write `addressType: IPv4`, `IPv6` or `FQDN`";
        cx.error(Code::UnknownValue, &Path::Root.field("addressType"), family.at, message, help);
    }
    let key = LabelKey::try_from(SERVICE_NAME).ok();
    let service = key.and_then(|key| labels.get(&key)).map(|value| value.as_str().to_string());
    let list = Path::Root.field("endpoints");
    let mut endpoints = Vec::new();
    for (index, At { value: endpoint, at }) in mirror.endpoints.iter().enumerate() {
        let path = list.index(index);
        let addresses = path.field("addresses");
        if family.value == FQDN {
            continue;
        }
        // SVC-003: of several addresses only the first is used, as the API says.
        let Some(first) = endpoint.addresses.first() else {
            let message = "the endpoint has no address".to_string();
            cx.error(Code::MissingField, &addresses, *at, message, "add its address, or remove the endpoint");
            continue;
        };
        let path = addresses.index(0);
        let Some(address) = address(cx, first, &path) else { continue };
        if address.is_ipv4() != (family.value == "IPv4") {
            let message = format!("{} is not of the slice's `addressType`", quote(&first.value));
            let help = "a slice lists one family: make one slice for each";
            cx.error(Code::InvalidAddress, &path, first.at, message, help);
            continue;
        }
        // SVC-004: what is not stated is taken for ready.
        let state = match (endpoint.ready, endpoint.serving, endpoint.terminating) {
            (None | Some(true), _, _) => EndpointState::Ready,
            (Some(false), Some(true), Some(true)) => EndpointState::Leaving,
            (Some(false), _, _) => EndpointState::NotReady,
        };
        let pod = pod_name(endpoint.target.as_ref(), namespace);
        endpoints.push(SliceEndpoint { address, pod, node: some(&endpoint.node), state });
    }
    let subset = EndpointSubset { endpoints, ports: ports(cx, &mirror.ports, &Path::Root.field("ports")) };
    cluster::EndpointSlice {
        namespace: namespace.to_string(),
        name: name.to_string(),
        kind: SliceKind::EndpointSlice,
        // Without the label it is nobody's.
        service: service.unwrap_or_default(),
        subsets: [subset].into(),
    }
}

/// What an `Endpoints` lists: it has the service's name.
pub(super) fn endpoints(
    cx: &mut Context,
    mirror: &Endpoints,
    namespace: &str,
    name: &str,
) -> cluster::EndpointSlice {
    let list = Path::Root.field("subsets");
    let subsets = mirror.subsets.iter().enumerate().map(|(index, At { value: subset, .. })| {
        let path = list.index(index);
        let mut endpoints = Vec::new();
        for (field, addresses, state) in [
            ("addresses", &subset.addresses, EndpointState::Ready),
            ("notReadyAddresses", &subset.not_ready, EndpointState::NotReady),
        ] {
            let list = path.field(field);
            for (index, At { value: SubsetAddress { ip, target, node }, .. }) in addresses.iter().enumerate()
            {
                let Some(address) = address(cx, ip, &list.index(index).field("ip")) else { continue };
                endpoints.push(SliceEndpoint {
                    address,
                    pod: pod_name(target.as_ref(), namespace),
                    node: some(node),
                    state,
                });
            }
        }
        EndpointSubset { endpoints, ports: ports(cx, &subset.ports, &path.field("ports")) }
    });
    cluster::EndpointSlice {
        namespace: namespace.to_string(),
        name: name.to_string(),
        kind: SliceKind::Endpoints,
        service: name.to_string(),
        subsets: subsets.collect(),
    }
}

/// The pod that an endpoint is said to be, where that is one of its own namespace.
fn pod_name(target: Option<&Target>, namespace: &str) -> Option<String> {
    let target = target.filter(|target| target.kind == "Pod")?;
    let is_here = target.namespace.is_empty() || target.namespace == namespace;
    some(&target.name).filter(|_| is_here)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}

fn ports(cx: &mut Context, mirrors: &[At<EndpointPort>], path: &Path<'_>) -> Vec<cluster::EndpointPort> {
    let mut ports = Vec::new();
    for (index, At { value: port, .. }) in mirrors.iter().enumerate() {
        let path = path.index(index);
        let protocol = if port.protocol.value.is_empty() {
            Some(L4Protocol::Tcp)
        } else {
            protocol(cx, &port.protocol, &path.field("protocol"))
        };
        let number = port.port.map(|number| port_number(cx, number, &path.field("port")));
        // A number that is none is an error, and not the service's own.
        let is_sound = number != Some(None);
        if let Some(protocol) = protocol.filter(|_| is_sound) {
            let number = number.flatten().and_then(NonZeroU16::new);
            ports.push(cluster::EndpointPort { name: port.name.value.clone(), protocol, port: number });
        }
    }
    ports
}
