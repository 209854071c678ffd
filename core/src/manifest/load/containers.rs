//! Containers: the ports that they declare, and what the API server insists on.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::NonZeroU16;

use super::names::LABEL_RULE;
use super::values::check_value;
use crate::api::{port_number, protocol, rule_of_port_names};
use crate::cluster::{self, ContainerKind};
use crate::label::is_dns_label;
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Container, ContainerPort, PodSpec};
use crate::net::{L4Protocol, PortName};
use crate::sorted::SortedSet;

/// When a container is started again.
const RESTART_POLICIES: [&str; 3] = ["Always", "Never", "OnFailure"];

/// What has containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    Pod,
    /// A workload's template, of which less is checked.
    Template,
}

/// The ports that a pod's containers declare.
pub(super) fn container_ports(
    cx: &mut Context,
    spec: &At<PodSpec>,
    of: Holder,
    path: &Path<'_>,
) -> Vec<cluster::ContainerPort> {
    let At { value: spec, at } = spec;
    let containers = path.field("containers");
    let init_containers = path.field("initContainers");
    if cx.creates() && spec.containers.is_empty() {
        let message = "the pod has no containers".to_string();
        cx.error(Code::ContainersMissing, &containers, *at, message, "add at least one container");
    }
    let mut names = SortedSet::new();
    let mut host_ports = HostPorts { host_network: spec.host_network, taken: SortedSet::new() };
    let mut ports = Vec::new();
    // Regular containers first: where only the first port of a name counts, theirs is it (NP-008, NP-028).
    for (list, list_path, is_init) in
        [(&spec.containers, containers, false), (&spec.init_containers, init_containers, true)]
    {
        for (index, container) in list.iter().enumerate() {
            let container_path = list_path.index(index);
            check_container(cx, container, of, &mut names, &container_path);
            if is_init {
                // Those that run one after the other do not take each other's host ports.
                host_ports.taken = SortedSet::new();
            }
            let policy = container.value.restart_policy.as_ref().map(|policy| policy.value.as_str());
            let kind = match (is_init, policy) {
                (false, _) => ContainerKind::Regular,
                (true, Some("Always")) => ContainerKind::Sidecar,
                (true, _) => ContainerKind::Init,
            };
            let path = container_path.field("ports");
            ports.extend(read_ports(cx, &container.value.ports, kind, &mut host_ports, &path));
        }
    }
    ports
}

/// Checks what the API server insists on when a pod is made, though nothing here depends on it.
fn check_container<'a>(
    cx: &mut Context,
    container: &'a At<Container>,
    of: Holder,
    names: &mut SortedSet<&'a str>,
    path: &Path<'_>,
) {
    if !cx.creates() {
        return;
    }
    let At { value: Container { name, image, restart_policy, .. }, at } = container;
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
    } else if image.value.trim() != image.value && of == Holder::Pod {
        let message = format!("there are blanks around the image {}", quote(&image.value));
        cx.error(Code::InvalidImage, &path.field("image"), image.at, message, "remove them");
    }
    if let Some(policy) = restart_policy {
        check_value(cx, policy, &RESTART_POLICIES, &path.field("restartPolicy"));
    }
}

fn read_ports<'a>(
    cx: &mut Context,
    mirrors: &'a [At<ContainerPort>],
    container: ContainerKind,
    host_ports: &mut HostPorts<'a>,
    path: &Path<'_>,
) -> Vec<cluster::ContainerPort> {
    let mut names = SortedSet::new();
    let mut ports = Vec::new();
    for (index, mirror) in mirrors.iter().enumerate() {
        let path = path.index(index);
        let name = port_name(cx, &mirror.value.name, &mut names, &path.field("name"));
        let protocol = if mirror.value.protocol.value.is_empty() {
            // NP-007: the protocol is TCP unless it is given.
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
        host_ports.check(cx, mirror, protocol, number, &path.field("hostPort"));
        if let (Some(protocol), Some(port)) = (protocol, number.and_then(NonZeroU16::new)) {
            ports.push(cluster::ContainerPort { name, protocol, port, container });
        }
    }
    ports
}

fn port_name<'a>(
    cx: &mut Context,
    text: &'a At<String>,
    names: &mut SortedSet<&'a str>,
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

/// The host ports of a pod, which have to differ from one another.
struct HostPorts<'a> {
    host_network: bool,
    taken: SortedSet<(L4Protocol, &'a str, u16)>,
}

impl<'a> HostPorts<'a> {
    fn check(
        &mut self,
        cx: &mut Context,
        mirror: &'a At<ContainerPort>,
        protocol: Option<L4Protocol>,
        number: Option<u16>,
        path: &Path<'_>,
    ) {
        let own = mirror.value.host_port.filter(|port| port.value != 0);
        let at = own.map_or(mirror.at, |port| port.at);
        let port = match own {
            Some(port) => port_number(cx, port, path),
            // On the host's network every container port is a host port.
            None => number.filter(|_| self.host_network),
        };
        if !cx.creates() {
            return;
        }
        let stated = mirror.value.container_port.map_or(0, |port| port.value);
        match own {
            Some(own) if self.host_network && own.value != stated => {
                let message = format!("`hostPort` {} differs from `containerPort` {stated}", own.value);
                let help = "on the host's network both are the same port: remove `hostPort`";
                cx.error(Code::HostPortMismatch, path, at, message, help);
            }
            None if self.host_network && stated != 0 && number.is_none() => {
                let message = format!("`containerPort` {stated} is the host's port too, and no port");
                cx.error(Code::PortOutOfRange, path, at, message, "correct `containerPort`");
            }
            _ => {}
        }
        let (Some(protocol), Some(port)) = (protocol, port) else { return };
        if !self.taken.insert((protocol, &mirror.value.host_ip.value, port)) {
            let message = format!("two ports of the pod take host port {port} for {protocol}");
            cx.error(Code::DuplicateHostPort, path, at, message, "give one of them another port");
        }
    }
}
