//! `EndpointSlice` and `Endpoints`: from their mirrors to the model.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU16;

use super::names::LABEL_RULE;
use super::pods::address;
use super::values::{check_host_name, check_node_name, check_qualified_name, check_special};
use crate::api::{labels, port_number, protocol};
use crate::cluster::{self, EndpointState, EndpointSubset, SliceEndpoint, SliceKind};
use crate::label::{LabelKey, LabelValue, Labels, is_dns_label, is_dns_subdomain};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Endpoint, EndpointPort, EndpointSlice, Endpoints, SubsetAddress, Target};
use crate::net::L4Protocol;
use crate::sorted::SortedSet;
use crate::source::Position;

/// SVC-003: the label that says whose endpoints a slice lists.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Endpoints whose address is a name take no part in what packets do.
const FQDN: &str = "FQDN";
/// The most endpoints and ports of a slice, addresses of an endpoint, and hints of a kind.
const MAX_ENDPOINTS: usize = 1000;
const MAX_PORTS: usize = 20_000;
const MAX_ADDRESSES: usize = 100;
const MAX_HINTS: usize = 8;

/// What a slice lists.
pub(super) fn slice(
    cx: &mut Context,
    mirror: &EndpointSlice,
    own_labels: &Labels,
    namespace: &str,
    name: &str,
) -> cluster::EndpointSlice {
    let family = &mirror.address_type;
    if !matches!(family.value.as_str(), "IPv4" | "IPv6" | FQDN) {
        let message = format!("{} is no type of address", quote(&family.value));
        let help = "write `addressType: IPv4`, `IPv6` or `FQDN`";
        cx.error(Code::UnknownValue, &Path::Root.field("addressType"), family.at, message, help);
    }
    if cx.creates() && family.value == FQDN {
        let message = "endpoints that are names are deprecated".to_string();
        let help = "use a service of type `ExternalName`";
        cx.warning(Code::DeprecatedField, &Path::Root.field("addressType"), family.at, message, help);
    }
    let key = LabelKey::try_from(SERVICE_NAME).ok();
    let service = key.and_then(|key| own_labels.get(&key)).map(|value| value.as_str().to_string());
    let list = Path::Root.field("endpoints");
    check_length(cx, &list, mirror.meta.name.at, mirror.endpoints.len(), MAX_ENDPOINTS);
    let mut endpoints = Vec::new();
    for (index, endpoint) in mirror.endpoints.iter().enumerate() {
        let path = list.index(index);
        let address = first_address(cx, endpoint, &family.value, &path);
        check_endpoint(cx, &endpoint.value, &path);
        let Some(address) = address else { continue };
        let endpoint = &endpoint.value;
        // SVC-004: what is not stated is taken for ready.
        let state = match (endpoint.ready, endpoint.serving, endpoint.terminating) {
            (None | Some(true), _, _) => EndpointState::Ready,
            (Some(false), Some(true), Some(true)) => EndpointState::Leaving,
            (Some(false), _, _) => EndpointState::NotReady,
        };
        let pod = pod_name(endpoint.target.as_ref(), namespace);
        endpoints.push(SliceEndpoint { address, pod, node: some(endpoint.node.as_ref()), state });
    }
    let subset = EndpointSubset { endpoints, ports: slice_ports(cx, mirror) };
    cluster::EndpointSlice {
        namespace: namespace.to_string(),
        name: name.to_string(),
        kind: SliceKind::EndpointSlice,
        // Without the label it is nobody's.
        service: service.unwrap_or_default(),
        subsets: [subset].into(),
    }
}

/// The address of an endpoint that counts; nothing where it is a name, or broken.
fn first_address(cx: &mut Context, endpoint: &At<Endpoint>, family: &str, path: &Path<'_>) -> Option<IpAddr> {
    let At { value: Endpoint { addresses, .. }, at } = endpoint;
    let list = path.field("addresses");
    if addresses.is_empty() {
        let message = "the endpoint has no address".to_string();
        cx.error(Code::MissingField, &list, *at, message, "add its address, or remove the endpoint");
    }
    check_length(cx, &list, *at, addresses.len(), MAX_ADDRESSES);
    // SVC-003: of several addresses only the first is used, as the API says; the others are checked.
    let looked_at = if cx.creates() { addresses.len() } else { 1 };
    let mut first = None;
    for (index, text) in addresses.iter().enumerate().take(looked_at) {
        let path = list.index(index);
        let found = match family {
            "IPv4" | "IPv6" => address_of(cx, text, family, &list, &path),
            FQDN => {
                check_domain(cx, text, &path);
                None
            }
            _ => None,
        };
        if index == 0 {
            first = found;
        }
    }
    first
}

/// An address of a slice of a family.
fn address_of(
    cx: &mut Context,
    text: &At<String>,
    family: &str,
    list: &Path<'_>,
    path: &Path<'_>,
) -> Option<IpAddr> {
    let address = address(cx, text, path)?;
    if cx.creates() {
        check_special(cx, address, text, path);
    }
    if address.is_ipv4() != (family == "IPv4") {
        let message = format!("{} is not of the slice's `addressType`", quote(&text.value));
        let help = "a slice lists one family: make one slice for each";
        // The API server names the list.
        cx.error(Code::InvalidAddress, list, text.at, message, help);
        return None;
    }
    if cx.creates() && address.to_string() != text.value {
        let message = format!("{} is not in the short form of IPv6", quote(&text.value));
        cx.error(Code::InvalidAddress, path, text.at, message, format!("write `{address}`"));
    }
    Some(address)
}

fn check_domain(cx: &mut Context, text: &At<String>, path: &Path<'_>) {
    let name = text.value.strip_suffix('.').unwrap_or(&text.value);
    let is_domain = is_dns_subdomain(name) && name.contains('.') && name.split('.').all(is_dns_label);
    if cx.creates() && !is_domain {
        let message = format!("{} is no full domain name", quote(&text.value));
        let help = "write a name of at least two parts, such as `db.example.com`";
        cx.error(Code::InvalidName, path, text.at, message, help);
    }
}

/// Checks what nothing here depends on.
fn check_endpoint(cx: &mut Context, endpoint: &Endpoint, path: &Path<'_>) {
    if !cx.creates() {
        return;
    }
    if let Some(text) = &endpoint.hostname {
        check_host_name(cx, text, &path.field("hostname"));
    }
    if let Some(text) = &endpoint.node {
        check_node_name(cx, text, &path.field("nodeName"));
    }
    labels(cx, &endpoint.topology, &path.field("deprecatedTopology"));
    let hints = path.field("hints");
    let zones = hints.field("forZones");
    check_hints(cx, &endpoint.zone_hints, &zones, |cx, text, path| {
        if let Err(error) = LabelValue::try_from(text.value.as_str()) {
            let message = format!("{} is no name of a zone: {error}", quote(&text.value));
            cx.error(Code::InvalidLabelValue, path, text.at, message, "write the name of a zone");
        }
    });
    check_hints(cx, &endpoint.node_hints, &hints.field("forNodes"), check_node_name);
}

fn check_hints(
    cx: &mut Context,
    texts: &[At<String>],
    path: &Path<'_>,
    check: impl Fn(&mut Context, &At<String>, &Path<'_>),
) {
    let Some(first) = texts.first() else { return };
    check_length(cx, path, first.at, texts.len(), MAX_HINTS);
    for (index, text) in texts.iter().enumerate().filter(|_| texts.len() <= MAX_HINTS) {
        let item = path.index(index);
        let name = item.field("name");
        if texts.iter().take(index).any(|earlier| earlier == text) {
            let message = format!("{} is there twice", quote(&text.value));
            cx.error(Code::DuplicateItem, &name, text.at, message, "remove one of the two");
        }
        check(cx, text, &name);
    }
}

/// Reports a list of more items than an API server holds.
fn check_length(cx: &mut Context, path: &Path<'_>, at: Position, length: usize, max: usize) {
    if cx.creates() && length > max {
        let message = format!("the list has {length} items, at most {max} are allowed");
        cx.error(Code::TooManyItems, path, at, message, "split it");
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
    let subsets = mirror.subsets.iter().enumerate().map(|(index, At { value: subset, at })| {
        let path = list.index(index);
        if cx.creates() && subset.addresses.is_empty() && subset.not_ready.is_empty() {
            let message = "the subset has no addresses".to_string();
            let help = "add `addresses` or `notReadyAddresses`, or remove the subset";
            cx.error(Code::MissingField, &path, *at, message, help);
        }
        let mut endpoints = Vec::new();
        for (field, addresses, state) in [
            ("addresses", &subset.addresses, EndpointState::Ready),
            ("notReadyAddresses", &subset.not_ready, EndpointState::NotReady),
        ] {
            let list = path.field(field);
            for (index, At { value: mirror, .. }) in addresses.iter().enumerate() {
                let Some(address) = subset_address(cx, mirror, &list.index(index)) else { continue };
                endpoints.push(SliceEndpoint {
                    address,
                    pod: pod_name(mirror.target.as_ref(), namespace),
                    node: some(mirror.node.as_ref()),
                    state,
                });
            }
        }
        EndpointSubset { endpoints, ports: subset_ports(cx, &subset.ports, &path.field("ports")) }
    });
    cluster::EndpointSlice {
        namespace: namespace.to_string(),
        name: name.to_string(),
        kind: SliceKind::Endpoints,
        service: name.to_string(),
        subsets: subsets.collect(),
    }
}

fn subset_address(cx: &mut Context, mirror: &SubsetAddress, path: &Path<'_>) -> Option<IpAddr> {
    let ip = path.field("ip");
    let address = address(cx, &mirror.ip, &ip);
    if cx.creates() {
        if !mirror.hostname.value.is_empty() {
            check_host_name(cx, &mirror.hostname, &path.field("hostname"));
        }
        if let Some(text) = &mirror.node {
            check_node_name(cx, text, &path.field("nodeName"));
        }
        if let Some(address) = address {
            check_special(cx, address, &mirror.ip, &ip);
        }
    }
    address
}

/// The pod that an endpoint is said to be, where that is one of its own namespace.
fn pod_name(target: Option<&Target>, namespace: &str) -> Option<String> {
    let target = target.filter(|target| target.kind == "Pod")?;
    let is_here = target.namespace.is_empty() || target.namespace == namespace;
    Some(target.name.clone()).filter(|name| is_here && !name.is_empty())
}

fn some(text: Option<&At<String>>) -> Option<String> {
    text.map(|text| text.value.clone()).filter(|text| !text.is_empty())
}

/// The ports of a slice, whose numbers the API server does not look at.
fn slice_ports(cx: &mut Context, mirror: &EndpointSlice) -> Vec<cluster::EndpointPort> {
    let list = Path::Root.field("ports");
    check_length(cx, &list, mirror.meta.name.at, mirror.ports.len(), MAX_PORTS);
    let mut names = SortedSet::new();
    let mut found = Vec::new();
    for (index, At { value: port, .. }) in mirror.ports.iter().enumerate() {
        let path = list.index(index);
        check_port(cx, port, &path);
        let name = &port.name;
        if cx.creates() && !names.insert(name.value.as_str()) {
            let message = format!("the slice has two ports named {}", quote(&name.value));
            cx.error(Code::DuplicatePortName, &path.field("name"), name.at, message, "rename one of the two");
        }
        let protocol = protocol_of(cx, port, &path);
        let (number, sound) = match port.port {
            None => (None, true),
            Some(number) => {
                let (number, sound) = cx.leniently(|cx| port_number(cx, number, &path.field("port")));
                (number.and_then(NonZeroU16::new), sound)
            }
        };
        // A number that is none is nobody's port, and not the service's own.
        if let Some(protocol) = protocol.filter(|_| sound) {
            found.push(cluster::EndpointPort { name: name.value.clone(), protocol, port: number });
        }
    }
    found
}

fn subset_ports(
    cx: &mut Context,
    mirrors: &[At<EndpointPort>],
    path: &Path<'_>,
) -> Vec<cluster::EndpointPort> {
    let mut found = Vec::new();
    for (index, At { value: port, at }) in mirrors.iter().enumerate() {
        let path = path.index(index);
        check_port(cx, port, &path);
        if cx.creates() && mirrors.len() > 1 && port.name.value.is_empty() {
            let message = "the port has no name, and the subset has several".to_string();
            let help = "give each of the ports a name of its own";
            cx.error(Code::MissingField, &path.field("name"), *at, message, help);
        }
        let protocol = protocol_of(cx, port, &path);
        let number = port_number(cx, port.port.unwrap_or(At::new(0, *at)), &path.field("port"));
        if let (Some(protocol), Some(number)) = (protocol, number) {
            let (name, port) = (port.name.value.clone(), NonZeroU16::new(number));
            found.push(cluster::EndpointPort { name, protocol, port });
        }
    }
    found
}

fn protocol_of(cx: &mut Context, port: &EndpointPort, path: &Path<'_>) -> Option<L4Protocol> {
    match port.protocol.value.as_str() {
        "" => Some(L4Protocol::Tcp),
        _ => protocol(cx, &port.protocol, &path.field("protocol")),
    }
}

/// Checks what the API server insists on, though nothing here depends on it.
fn check_port(cx: &mut Context, port: &EndpointPort, path: &Path<'_>) {
    if !cx.creates() {
        return;
    }
    let EndpointPort { name, app_protocol, .. } = port;
    if !name.value.is_empty() && !is_dns_label(&name.value) {
        let message = format!("{} is no name of a port: it {LABEL_RULE}", quote(&name.value));
        cx.error(Code::InvalidName, &path.field("name"), name.at, message, "rename it");
    }
    if let Some(text) = app_protocol {
        check_qualified_name(cx, text, &path.field("appProtocol"));
    }
}
