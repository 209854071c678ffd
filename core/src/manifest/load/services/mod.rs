//! Services: from their mirror to the model.

mod checks;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU16;

use super::pods::address;
use super::values::check_value;
use crate::api::{port_number, protocol, read_cidr, rule_of_port_names, selector_of_labels};
use crate::cluster::{self, AddressFamily, ServiceKind, TargetPort, TrafficPolicy};
use crate::label::{is_dns_label, is_dns_subdomain};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, IntOrString, Path, quote};
use crate::manifest::kinds::{Service, ServicePort, ServiceSpec};
use crate::net::{Cidr, L4Protocol, PortName};
use crate::sorted::SortedSet;
use crate::source::Position;

/// The value of `clusterIP` that makes a service headless.
const NONE: &str = "None";
/// The types of services.
const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/// A service.
pub(super) fn service(cx: &mut Context, mirror: &Service, namespace: &str, name: &str) -> cluster::Service {
    let At { value: spec, at } = &mirror.spec;
    let path = Path::Root.field("spec");
    let mut service = cluster::Service::new(namespace, name);
    service.kind = kind(cx, spec, &path);
    service.headless = addresses_of_cluster(spec).iter().any(|text| text.value == NONE);
    // SVC-002: an empty selector is none.
    let selector = selector_of_labels(cx, &spec.selector, &path.field("selector"));
    service.selector = (!spec.selector.is_empty()).then_some(selector);
    service.ports = ports(cx, &spec.ports, &service.kind, &path.field("ports"));
    let is_external_name = matches!(service.kind, ServiceKind::ExternalName(_));
    if spec.ports.is_empty() && !service.headless && !is_external_name && cx.creates() {
        let message = "the service has no ports".to_string();
        let help = "add at least one port; only a headless service does without";
        cx.error(Code::MissingField, &path.field("ports"), *at, message, help);
    }
    service.cluster_addresses = cluster_addresses(cx, spec, &path);
    let list = path.field("externalIPs");
    let external = spec.external_ips.iter().enumerate();
    service.external_addresses =
        external.filter_map(|(index, text)| checks::address(cx, text, &list.index(index))).collect();
    service.families = families(cx, &spec.ip_families, &path.field("ipFamilies"));
    service.source_ranges = source_ranges(cx, spec, &path);
    service.publishes_not_ready = spec.publish_not_ready;
    service.keeps_clients =
        one_of(cx, &spec.session_affinity, &["None", "ClientIP"], &path.field("sessionAffinity"))
            == Some("ClientIP");
    service.external_traffic =
        traffic_policy(cx, &spec.external_traffic_policy, &path.field("externalTrafficPolicy"));
    if let Some(text) = &spec.internal_traffic_policy {
        let path = path.field("internalTrafficPolicy");
        service.internal_traffic = traffic_policy(cx, text, &path);
        if text.value.is_empty() {
            check_value(cx, text, &["Cluster", "Local"], &path);
        }
    }
    if cx.creates() {
        checks::check(cx, mirror, &service);
    } else {
        service.ingress_addresses = ingress_addresses(cx, mirror);
    }
    service
}

fn kind(cx: &mut Context, spec: &ServiceSpec, path: &Path<'_>) -> ServiceKind {
    match one_of(cx, &spec.kind, &TYPES, &path.field("type")) {
        Some("ExternalName") => {
            // SVC-008: a dot at the end says that the name is whole.
            let text = &spec.external_name;
            let name = text.value.strip_suffix('.').unwrap_or(&text.value);
            let path = path.field("externalName");
            if name.is_empty() {
                let message = "a service of type `ExternalName` has no `externalName`".to_string();
                cx.error(Code::MissingField, &path, text.at, message, "add the DNS name that it stands for");
            } else if !is_dns_subdomain(name) {
                let message = format!("{} is no DNS name", quote(&text.value));
                let help = "write lower-case letters, digits, `-` and `.`, such as `db.example.com`";
                cx.error(Code::InvalidName, &path, text.at, message, help);
            }
            ServiceKind::ExternalName(name.to_string())
        }
        Some("LoadBalancer") => ServiceKind::LoadBalancer,
        Some("NodePort") => ServiceKind::NodePort,
        _ => ServiceKind::ClusterIp,
    }
}

/// The value of a text that can have only some; empty texts and others have none, and the others are reported.
fn one_of(
    cx: &mut Context,
    text: &At<String>,
    values: &[&'static str],
    path: &Path<'_>,
) -> Option<&'static str> {
    let found = values.iter().copied().find(|value| *value == text.value);
    if !text.value.is_empty() {
        check_value(cx, text, values, path);
    }
    found
}

fn traffic_policy(cx: &mut Context, text: &At<String>, path: &Path<'_>) -> TrafficPolicy {
    match one_of(cx, text, &["Cluster", "Local"], path) {
        Some("Local") => TrafficPolicy::Local,
        _ => TrafficPolicy::Cluster,
    }
}

fn ports(
    cx: &mut Context,
    mirrors: &[At<ServicePort>],
    kind: &ServiceKind,
    path: &Path<'_>,
) -> Vec<cluster::ServicePort> {
    let mut seen = Seen {
        // Of other types nobody looks at them.
        takes_node_ports: matches!(kind, ServiceKind::LoadBalancer | ServiceKind::NodePort),
        ..Seen::default()
    };
    let ports = mirrors.iter().enumerate();
    ports
        .filter_map(|(index, mirror)| port(cx, mirror, mirrors.len() > 1, &mut seen, &path.index(index)))
        .collect()
}

/// Whether ports of a service are taken on nodes, and what they must not share.
#[derive(Default)]
struct Seen {
    takes_node_ports: bool,
    names: SortedSet<String>,
    numbers: SortedSet<(Option<L4Protocol>, i32)>,
    node_ports: SortedSet<(Option<L4Protocol>, i32)>,
}

fn port(
    cx: &mut Context,
    mirror: &At<ServicePort>,
    is_one_of_several: bool,
    seen: &mut Seen,
    path: &Path<'_>,
) -> Option<cluster::ServicePort> {
    let At { value: port, at } = mirror;
    let name_path = path.field("name");
    if port.name.value.is_empty() {
        if is_one_of_several && cx.creates() {
            let message = "the port has no name, and the service has several".to_string();
            cx.error(
                Code::MissingField,
                &name_path,
                *at,
                message,
                "give each of the ports a name of its own",
            );
        }
    } else if !is_dns_label(&port.name.value) {
        let message = format!("{} is no name of a service's port", quote(&port.name.value));
        let help =
            "write at most 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit";
        cx.error(Code::InvalidName, &name_path, port.name.at, message, help);
    } else if !seen.names.insert(port.name.value.clone()) {
        let message = format!("the service has two ports named {}", quote(&port.name.value));
        cx.error(Code::DuplicatePortName, &name_path, port.name.at, message, "rename one of the two");
    }
    let protocol = if port.protocol.value.is_empty() {
        Some(L4Protocol::Tcp)
    } else {
        protocol(cx, &port.protocol, &path.field("protocol"))
    };
    let number = port_number(cx, port.port.unwrap_or(At::new(0, *at)), &path.field("port"));
    let own = port.port.map_or(0, |number| number.value);
    if !seen.numbers.insert((protocol, own)) {
        let message = format!("two ports of the service have number {own}");
        cx.error(Code::DuplicateServicePort, path, *at, message, "remove one of the two");
    }
    let node_port = port.node_port.filter(|number| number.value != 0);
    let node_path = path.field("nodePort");
    if let Some(number) = node_port.filter(|number| !seen.node_ports.insert((protocol, number.value))) {
        let message = format!("two ports of the service take node port {}", number.value);
        cx.error(Code::DuplicateNodePort, &node_path, number.at, message, "give one of them another number");
    }
    let node_port =
        node_port.filter(|_| seen.takes_node_ports).and_then(|number| port_number(cx, number, &node_path));
    let port_number = number.and_then(NonZeroU16::new);
    let target = target_port(cx, port, port_number, *at, &path.field("targetPort"));
    Some(cluster::ServicePort {
        name: port.name.value.clone(),
        protocol: protocol?,
        port: port_number?,
        target: target?,
        node_port: node_port.and_then(NonZeroU16::new),
    })
}

/// SVC-006: without `targetPort` it is the service's own number.
fn target_port(
    cx: &mut Context,
    port: &ServicePort,
    own: Option<NonZeroU16>,
    at: Position,
    path: &Path<'_>,
) -> Option<TargetPort> {
    let is_left_out = match &port.target_port {
        None => true,
        Some(At { value: IntOrString::Int(number), .. }) => *number == 0,
        Some(At { value: IntOrString::String(text), .. }) => text.is_empty(),
    };
    if is_left_out {
        if own.is_none() && cx.creates() {
            // The API server copies the number, and refuses it a second time.
            let at = port.port.map_or(at, |number| number.at);
            let message = "there is no `targetPort`, and `port` is none".to_string();
            cx.error(Code::PortOutOfRange, path, at, message, "correct `port`");
        }
        return own.map(TargetPort::Number);
    }
    match &port.target_port {
        None => None,
        Some(At { value: IntOrString::Int(number), at }) => {
            port_number(cx, At::new(*number, *at), path).and_then(NonZeroU16::new).map(TargetPort::Number)
        }
        Some(At { value: IntOrString::String(text), at }) => {
            let name = PortName::try_from(text.as_str()).ok();
            if name.is_none() {
                let message = format!("{} is no port name: it {}", quote(text), rule_of_port_names());
                let is_number = text.bytes().all(|b| b.is_ascii_digit());
                let help = if is_number {
                    "remove the quotes to mean the number"
                } else {
                    "write the name of a container's port, or its number"
                };
                cx.error(Code::InvalidPortName, path, *at, message, help);
            }
            name.map(TargetPort::Named)
        }
    }
}

/// The texts of `clusterIPs`, or that of `clusterIP` where there are none.
fn addresses_of_cluster(spec: &ServiceSpec) -> &[At<String>] {
    if spec.cluster_ips.is_empty() { core::slice::from_ref(&spec.cluster_ip) } else { &spec.cluster_ips }
}

fn cluster_addresses(cx: &mut Context, spec: &ServiceSpec, path: &Path<'_>) -> Vec<IpAddr> {
    // An API server copies `clusterIP` to the list, and speaks of the list.
    let list = path.field("clusterIPs");
    let mut found = Vec::new();
    for (index, text) in addresses_of_cluster(spec).iter().enumerate() {
        let is_left_out = text.value.is_empty() && spec.cluster_ips.is_empty();
        if text.value != NONE && !is_left_out {
            found.extend(checks::address(cx, text, &list.index(index)));
        }
    }
    found
}

fn ingress_addresses(cx: &mut Context, mirror: &Service) -> Vec<IpAddr> {
    let status = Path::Root.field("status");
    let balancer = status.field("loadBalancer");
    let list = balancer.field("ingress");
    let mut found = Vec::new();
    for (index, text) in mirror.ingress.iter().enumerate().filter(|(_, text)| !text.value.is_empty()) {
        found.extend(address(cx, text, &list.index(index).field("ip")));
    }
    found
}

fn families(cx: &mut Context, texts: &[At<String>], path: &Path<'_>) -> Vec<AddressFamily> {
    let mut families = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let path = path.index(index);
        let family = match text.value.as_str() {
            "IPv4" => AddressFamily::V4,
            "IPv6" => AddressFamily::V6,
            _ => {
                check_value(cx, text, &["IPv4", "IPv6"], &path);
                continue;
            }
        };
        if families.contains(&family) {
            let message = format!("family {} is there twice", quote(&text.value));
            cx.error(Code::DuplicateFamily, &path, text.at, message, "remove one of the two");
        } else {
            families.push(family);
        }
    }
    families
}

/// SVC-016: the field, or the annotation that came before it.
fn source_ranges(cx: &mut Context, spec: &ServiceSpec, path: &Path<'_>) -> Vec<Cidr> {
    let mut ranges = Vec::new();
    let mut read = |cx: &mut Context, text: &str, at, path: &Path<'_>| {
        // Spaces around them are as old as the annotation.
        let text = At::new(text.trim().to_string(), at);
        ranges.extend(read_cidr(cx, &text, Code::InvalidCidr, path));
    };
    let list = path.field("loadBalancerSourceRanges");
    for (index, text) in spec.load_balancer_source_ranges.iter().enumerate() {
        read(cx, &text.value, text.at, &list.index(index));
    }
    if let Some(text) =
        spec.source_ranges_annotation.as_ref().filter(|_| spec.load_balancer_source_ranges.is_empty())
        && !text.value.trim().is_empty()
    {
        let metadata = Path::Root.field("metadata");
        let annotations = metadata.field("annotations");
        for part in text.value.split(',') {
            read(cx, part, text.at, &annotations.key(checks::SOURCE_RANGES));
        }
    }
    ranges
}
