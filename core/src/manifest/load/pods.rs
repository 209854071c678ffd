//! Pods, templates of pods and nodes: from their mirrors to the model.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::num::NonZeroU16;

use super::names::LABEL_RULE;
use crate::api::{label_selector, labels, port_number, protocol, rule_of_port_names};
use crate::cluster::{self, ContainerKind, Phase, PodIdentity, WorkloadKind};
use crate::label::{LabelKey, LabelValue, is_dns_label};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Container, ContainerPort, Node, Pod, PodSpec, PodStatus, Workload};
use crate::net::{CidrError, L4Protocol, PortName, parse_address};

/// A node with its addresses.
pub(super) fn node(cx: &mut Context, mirror: &Node, name: &str) -> cluster::Node {
    let metadata = Path::Root.field("metadata");
    let status = Path::Root.field("status");
    let list = status.field("addresses");
    let labels = labels(cx, &mirror.meta.labels, &metadata.field("labels"));
    let mut addresses = Vec::new();
    for (index, (kind, text)) in mirror.addresses.iter().enumerate() {
        // The other types are names.
        if matches!(kind.value.as_str(), "InternalIP" | "ExternalIP") {
            addresses.extend(address(cx, text, &list.index(index).field("address")));
        }
    }
    cluster::Node { name: name.to_string(), labels, addresses }
}

/// A pod.
pub(super) fn pod(cx: &mut Context, mirror: &Pod, namespace: &str, name: &str) -> cluster::Pod {
    let metadata = Path::Root.field("metadata");
    let mut pod = cluster::Pod::new(namespace, name);
    pod.labels = labels(cx, &mirror.meta.labels, &metadata.field("labels"));
    fill_spec(cx, &mut pod, &mirror.spec, &Path::Root.field("spec"));
    let node = &mirror.spec.value.node_name.value;
    pod.node = (!node.is_empty()).then(|| node.clone());
    pod.terminating = mirror.meta.terminating;
    pod.created.clone_from(&mirror.meta.created);
    // The API server drops the status of an object that is made.
    if !cx.creates() {
        fill_status(cx, &mut pod, &mirror.status);
    }
    pod
}

/// The pods that a workload makes, as one without address (NP-026).
pub(super) fn template(cx: &mut Context, mirror: &Workload, namespace: &str, name: &str) -> cluster::Pod {
    let workload = cluster::Workload { kind: mirror.kind, name: name.to_string() };
    let path = Workload::template_path(mirror.kind);
    let path = Path::Root.field(path);
    let mut pod = cluster::Pod::new(namespace, "");
    pod.identity = PodIdentity::Template(workload.clone());
    pod.workload = Some(workload);
    if !mirror.has_template {
        let message = "the workload has no template for its pods".to_string();
        let help = "add `template` with the labels and containers of the pods; look at the indentation";
        cx.error(Code::MissingField, &path, mirror.meta.name.at, message, help);
        return pod;
    }
    let metadata = path.field("metadata");
    pod.labels = labels(cx, &mirror.template_meta.labels, &metadata.field("labels"));
    if mirror.kind == WorkloadKind::Job {
        label_as_job(&mut pod, name);
    }
    fill_spec(cx, &mut pod, &mirror.template, &path.field("spec"));
    check_selector(cx, mirror, &pod);
    pod
}

/// The control plane labels a job's pods with its name.
fn label_as_job(pod: &mut cluster::Pod, name: &str) {
    for key in ["batch.kubernetes.io/job-name", "job-name"] {
        if let (Ok(key), Ok(value)) = (LabelKey::try_from(key), LabelValue::try_from(name))
            && pod.labels.get(&key).is_none()
        {
            pod.labels.insert(key, value);
        }
    }
}

/// A workload of `apps/v1` has to select its own pods: labels that went astray would else go unnoticed.
fn check_selector(cx: &mut Context, mirror: &Workload, pod: &cluster::Pod) {
    if matches!(mirror.kind, WorkloadKind::CronJob | WorkloadKind::Job) {
        return;
    }
    let spec = Path::Root.field("spec");
    let path = spec.field("selector");
    let errors = cx.errors();
    let Some(selector) = &mirror.selector else {
        if cx.creates() {
            let help = "add `selector.matchLabels` with the labels of the template";
            cx.error(
                Code::MissingField,
                &path,
                mirror.template.at,
                "there is no `selector`".to_string(),
                help,
            );
        }
        return;
    };
    let lowered = label_selector(cx, selector, &path);
    if cx.errors() == errors && !lowered.matches(&pod.labels) {
        let template = spec.field("template");
        let metadata = template.field("metadata");
        let message = "the labels of the template are not what `spec.selector` asks for".to_string();
        let help = "give both the same labels; look at the indentation under `template`";
        cx.error(Code::SelectorMismatch, &metadata.field("labels"), mirror.template.at, message, help);
    }
}

fn fill_spec(cx: &mut Context, pod: &mut cluster::Pod, spec: &At<PodSpec>, path: &Path<'_>) {
    let At { value: spec, at } = spec;
    // NP-019: a host-network pod has its node's address.
    pod.host_network = spec.host_network;
    let containers = path.field("containers");
    let init_containers = path.field("initContainers");
    if cx.creates() && spec.containers.is_empty() {
        let message = "the pod has no containers".to_string();
        cx.error(Code::ContainersMissing, &containers, *at, message, "add at least one container");
    }
    let mut names = BTreeSet::new();
    // Regular containers first: where only the first port of a name counts, theirs is it (NP-008, NP-028).
    for (list, list_path, is_init) in
        [(&spec.containers, containers, false), (&spec.init_containers, init_containers, true)]
    {
        for (index, container) in list.iter().enumerate() {
            let container_path = list_path.index(index);
            check_container(cx, container, &mut names, &container_path);
            let kind = match (is_init, container.value.restart_policy.value.as_str()) {
                (false, _) => ContainerKind::Regular,
                (true, "Always") => ContainerKind::Sidecar,
                (true, _) => ContainerKind::Init,
            };
            let ports = container_ports(cx, &container.value.ports, kind, spec.host_network, &container_path);
            pod.ports.extend(ports);
        }
    }
}

/// Checks what the API server insists on when a pod is made, though nothing here depends on it.
fn check_container<'a>(
    cx: &mut Context,
    container: &'a At<Container>,
    names: &mut BTreeSet<&'a str>,
    path: &Path<'_>,
) {
    if !cx.creates() {
        return;
    }
    let At { value: Container { name, image, .. }, at } = container;
    let name_path = path.field("name");
    if name.value.is_empty() {
        let message = "the container has no name".to_string();
        cx.error(Code::MissingField, &name_path, *at, message, "add `name`");
    } else if !is_dns_label(&name.value) {
        let message = format!("{} is no name of a container: it {LABEL_RULE}", quote(&name.value));
        cx.error(Code::InvalidName, &name_path, name.at, message, "rename it");
    } else if !names.insert(&name.value) {
        let message = format!("there are two containers {}", quote(&name.value));
        cx.error(Code::DuplicateContainerName, &name_path, name.at, message, "rename one of the two");
    }
    if image.value.is_empty() {
        let message = "the container has no image".to_string();
        cx.error(Code::MissingField, &path.field("image"), *at, message, "add `image`");
    }
}

fn container_ports(
    cx: &mut Context,
    mirrors: &[At<ContainerPort>],
    container: ContainerKind,
    host_network: bool,
    container_path: &Path<'_>,
) -> Vec<cluster::ContainerPort> {
    let path = container_path.field("ports");
    let mut names = BTreeSet::new();
    let mut ports = Vec::new();
    for (index, mirror) in mirrors.iter().enumerate() {
        let path = path.index(index);
        let name = port_name(cx, &mirror.value.name, &mut names, &path.field("name"));
        let protocol = if mirror.value.protocol.value.is_empty() {
            Some(L4Protocol::Tcp)
        } else {
            protocol(cx, &mirror.value.protocol, &path.field("protocol"))
        };
        let number_path = path.field("containerPort");
        let number = match mirror.value.container_port.filter(|port| port.value != 0) {
            Some(number) => port_number(cx, number, &number_path),
            None => {
                let message = "the port has no `containerPort`".to_string();
                let help = "add the number that the container listens on";
                cx.error(Code::ContainerPortMissing, &number_path, mirror.at, message, help);
                None
            }
        };
        check_host_port(cx, &mirror.value, number, host_network, &path.field("hostPort"));
        if let (Some(protocol), Some(port)) = (protocol, number.and_then(NonZeroU16::new)) {
            ports.push(cluster::ContainerPort { name, protocol, port, container });
        }
    }
    ports
}

fn port_name<'a>(
    cx: &mut Context,
    text: &'a At<String>,
    names: &mut BTreeSet<&'a str>,
    path: &Path<'_>,
) -> Option<PortName> {
    if text.value.is_empty() {
        return None;
    }
    let name = PortName::try_from(text.value.as_str()).ok();
    if name.is_none() {
        let message = format!("{} is no port name: it {}", quote(&text.value), rule_of_port_names());
        cx.error(Code::InvalidPortName, path, text.at, message, "rename it, or leave the name out");
    } else if !names.insert(&text.value) {
        let message = format!("the container has two ports named {}", quote(&text.value));
        cx.error(Code::DuplicatePortName, path, text.at, message, "rename one of the two");
    }
    name
}

fn check_host_port(
    cx: &mut Context,
    mirror: &ContainerPort,
    number: Option<u16>,
    host_network: bool,
    path: &Path<'_>,
) {
    let Some(host_port) = mirror.host_port.filter(|port| port.value != 0) else { return };
    let host_number = port_number(cx, host_port, path);
    if let (Some(number), Some(host_number)) = (number, host_number)
        && cx.creates()
        && host_network
        && number != host_number
    {
        let message = format!("`hostPort` {host_number} differs from `containerPort` {number}");
        let help = "on the host's network both are the same port: remove `hostPort`";
        cx.error(Code::HostPortMismatch, path, host_port.at, message, help);
    }
}

fn fill_status(cx: &mut Context, pod: &mut cluster::Pod, status: &PodStatus) {
    let path = Path::Root.field("status");
    // NP-027: all of a pod's addresses are its own; the primary one comes first.
    pod.addresses = addresses(cx, &status.pod_ip, &status.pod_ips, &path, ["podIP", "podIPs"]);
    pod.host_addresses = addresses(cx, &status.host_ip, &status.host_ips, &path, ["hostIP", "hostIPs"]);
    // NP-025: what is finished neither selects nor is selected. Without a phase the pod is answered as it will run.
    pod.phase = match status.phase.value.as_str() {
        "" | "Running" => Phase::Running,
        "Failed" => Phase::Failed,
        "Pending" => Phase::Pending,
        "Succeeded" => Phase::Succeeded,
        "Unknown" => Phase::Unknown,
        other => {
            let message = format!("{} is no phase of a pod", quote(other));
            let help = "use `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`, or leave it out";
            cx.error(Code::UnknownPhase, &path.field("phase"), status.phase.at, message, help);
            Phase::Unknown
        }
    };
}

fn addresses(
    cx: &mut Context,
    primary: &At<String>,
    all: &[At<String>],
    status: &Path<'_>,
    [primary_field, all_field]: [&str; 2],
) -> Vec<IpAddr> {
    let list_path = status.field(all_field);
    let mut found = Vec::new();
    if !primary.value.is_empty() {
        found.extend(address(cx, primary, &status.field(primary_field)));
    }
    for (index, text) in all.iter().enumerate().filter(|(_, text)| !text.value.is_empty()) {
        let item_path = list_path.index(index);
        let address = address(cx, text, &item_path.field("ip"));
        found.extend(address.filter(|address| !found.contains(address)));
    }
    found
}

fn address(cx: &mut Context, text: &At<String>, path: &Path<'_>) -> Option<IpAddr> {
    match parse_address(&text.value) {
        Ok(address) => Some(address),
        Err(error) => {
            let (code, message) = match error {
                CidrError::LeadingZeros => (Code::LeadingZeros, format!("{} {error}", quote(&text.value))),
                CidrError::Ipv4Mapped => (Code::Ipv4Mapped, format!("{} {error}", quote(&text.value))),
                _ => (Code::InvalidAddress, format!("{} is no IP address", quote(&text.value))),
            };
            let help = "write an address such as `10.0.0.1` or `2001:db8::1`";
            cx.error(code, path, text.at, message, help);
            None
        }
    }
}
