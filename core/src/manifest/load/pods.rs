//! Pods, templates of pods and nodes: from their mirrors to the model.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::containers::{Holder, container_ports};
use super::values::check_node_name;
use crate::api::{label_selector, labels};
use crate::cluster::{self, Phase, PodIdentity, WorkloadKind};
use crate::label::{LabelKey, LabelValue};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Node, Pod, PodSpec, PodStatus, Workload};
use crate::net::{CidrError, parse_address};

/// A node with its addresses.
pub(super) fn node(cx: &mut Context, mirror: &Node, name: &str) -> cluster::Node {
    let metadata = Path::Root.field("metadata");
    let status = Path::Root.field("status");
    let list = status.field("addresses");
    let labels = labels(cx, &mirror.meta.labels, &metadata.field("labels"));
    let mut addresses = Vec::new();
    let mut internal = 0_usize;
    for (index, (kind, text)) in mirror.addresses.iter().enumerate() {
        // The other types are names.
        let place = match kind.value.as_str() {
            // SVC-013: the first of a family is the one that the node sends from.
            "InternalIP" => internal,
            "ExternalIP" => addresses.len(),
            _ => continue,
        };
        // The API server does not look at them.
        let found = cx.leniently(|cx| address(cx, text, &list.index(index).field("address"))).0;
        if let Some(address) = found {
            addresses.insert(place, address);
            internal = internal.saturating_add(usize::from(kind.value == "InternalIP"));
        }
    }
    cluster::Node { name: name.to_string(), labels, addresses }
}

/// A pod.
pub(super) fn pod(cx: &mut Context, mirror: &Pod, namespace: &str, name: &str) -> cluster::Pod {
    let metadata = Path::Root.field("metadata");
    let mut pod = cluster::Pod::new(namespace, name);
    pod.labels = labels(cx, &mirror.meta.labels, &metadata.field("labels"));
    // NP-019: a host-network pod has its node's address.
    pod.host_network = mirror.spec.value.host_network;
    pod.ports = container_ports(cx, &mirror.spec, Holder::Pod, &Path::Root.field("spec"));
    let node = &mirror.spec.value.node_name.value;
    pod.node = (!node.is_empty()).then(|| node.clone());
    if cx.creates() && !node.is_empty() {
        let spec = Path::Root.field("spec");
        check_node_name(cx, &mirror.spec.value.node_name, &spec.field("nodeName"));
    }
    // The API server allows none to the image of a node's own pod.
    pod.service_account = (!mirror.meta.is_mirror).then(|| service_account(&mirror.spec.value));
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
    pod.host_network = mirror.template.value.host_network;
    pod.service_account = Some(service_account(&mirror.template.value));
    pod.ports = container_ports(cx, &mirror.template, Holder::Template, &path.field("spec"));
    check_selector(cx, mirror, &pod);
    pod
}

/// The control plane gives the account `default` to pods that name none.
fn service_account(spec: &PodSpec) -> String {
    let name = if spec.service_account_name.is_empty() { "default" } else { &spec.service_account_name };
    name.to_string()
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

fn fill_status(cx: &mut Context, pod: &mut cluster::Pod, status: &PodStatus) {
    let path = Path::Root.field("status");
    // NP-027: all of a pod's addresses are its own; the primary one comes first.
    pod.addresses = addresses(cx, &status.pod_ip, &status.pod_ips, &path, ["podIP", "podIPs"]);
    pod.host_addresses = addresses(cx, &status.host_ip, &status.host_ips, &path, ["hostIP", "hostIPs"]);
    // SVC-004: without the condition the pod is answered as it will be.
    pod.ready = status.ready.as_deref() != Some("False");
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

pub(super) fn address(cx: &mut Context, text: &At<String>, path: &Path<'_>) -> Option<IpAddr> {
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
