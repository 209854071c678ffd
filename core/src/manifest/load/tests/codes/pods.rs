//! Problems of pods and workloads.

use alloc::format;
use alloc::vec::Vec;

use super::{Case, deployment, error, on_create, pod, pod_port, twice, warning};
use crate::manifest::Code;
use crate::manifest::Strength::{Create, Stored};

pub(super) fn cases() -> Vec<Case> {
    let first_port = "spec.containers[0].ports[0].containerPort";
    let sound_port = || pod_port("{containerPort: 80}");
    let containers = |list: &str| pod(&format!("spec: {{containers: [{list}]}}"));
    let running = |name: &str, phase: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, status: {{phase: {phase}, podIP: 10.0.0.1}}}}"
        )
    };
    let host_port = |port: &str| {
        pod(&format!(
            "spec: {{hostNetwork: true, containers: [{{name: c, image: i, ports: [{{containerPort: 80, hostPort: {port}}}]}}]}}"
        ))
    };
    let node = |spec: &str| format!("{{apiVersion: v1, kind: Node, metadata: {{name: n1}}, spec: {spec}}}");
    let selecting = |label: &str| {
        deployment(&format!(
            "{{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: {label}}}}}}}}}"
        ))
    };
    alloc::vec![
        error(Code::ContainerPortMissing, first_port, pod_port("{name: web}"), sound_port()),
        error(Code::ContainerPortMissing, first_port, pod_port("{containerPort: 0}"), sound_port()),
        warning(
            Code::UnknownField,
            Create,
            "spec.hostnetwork",
            pod("spec: {hostnetwork: true, containers: [{name: c, image: i}]}"),
            pod("spec: {hostNetwork: true, containers: [{name: c, image: i}]}")
        ),
        warning(
            Code::UnknownField,
            Create,
            "spec.containers[0].port",
            containers("{name: c, image: i, port: 80}"),
            containers("{name: c, image: i, ports: []}")
        ),
        on_create(Code::ContainersMissing, "spec.containers", pod("spec: {}"), sound_port()),
        on_create(
            Code::DuplicateContainerName,
            "spec.containers[1].name",
            containers("{name: c, image: i}, {name: c, image: i}"),
            containers("{name: c, image: i}, {name: d, image: i}")
        ),
        error(
            Code::DuplicatePortName,
            "spec.containers[0].ports[1].name",
            pod_port("{name: a, containerPort: 1}, {name: a, containerPort: 2}"),
            pod_port("{name: a, containerPort: 1}, {containerPort: 2}")
        ),
        on_create(
            Code::DuplicateHostPort,
            "spec.containers[0].ports[1].hostPort",
            pod_port("{containerPort: 80, hostPort: 1}, {containerPort: 81, hostPort: 1}"),
            pod_port(
                "{containerPort: 80, hostPort: 1}, {containerPort: 81, hostPort: 1, protocol: UDP}, {containerPort: 82, hostPort: 1, hostIP: 127.0.0.1}"
            )
        ),
        on_create(
            Code::DuplicateHostPort,
            "spec.containers[0].ports[1].hostPort",
            pod_port("{containerPort: 80}, {containerPort: 80}")
                .replace("{containers", "{hostNetwork: true, containers"),
            pod_port("{containerPort: 80}, {containerPort: 80}")
        ),
        on_create(
            Code::HostPortMismatch,
            "spec.containers[0].ports[0].hostPort",
            host_port("81"),
            host_port("80")
        ),
        on_create(
            Code::HostPortMismatch,
            "spec.containers[0].ports[0].hostPort",
            host_port("81"),
            host_port("0")
        ),
        on_create(
            Code::InvalidName,
            "spec.nodeName",
            pod("spec: {nodeName: a_b, containers: [{name: c, image: i}]}"),
            pod("spec: {nodeName: a.b, containers: [{name: c, image: i}]}")
        ),
        warning(
            Code::InvalidAddress,
            Stored,
            "status.addresses[0].address",
            "{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: x}]}}".into(),
            "{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: Hostname, address: x}]}}".into()
        ),
        error(
            Code::InvalidAddress,
            "status.podIP",
            pod("status: {podIP: 10.0.0}"),
            pod("status: {podIP: ''}")
        ),
        error(
            Code::LeadingZeros,
            "status.hostIP",
            pod("status: {hostIP: 010.0.0.1}"),
            pod("status: {hostIP: 10.0.0.1}")
        ),
        error(
            Code::Ipv4Mapped,
            "status.podIPs[0].ip",
            pod("status: {podIPs: [{ip: '::ffff:a00:1'}]}"),
            pod("status: {podIPs: [{ip: '::a00:1'}]}")
        ),
        error(
            Code::InvalidPortName,
            "spec.containers[0].ports[0].name",
            pod_port("{name: '80', containerPort: 80}"),
            pod_port("{name: '', containerPort: 80}")
        ),
        on_create(
            Code::MissingField,
            "spec.containers[0].image",
            containers("{name: c}"),
            containers("{name: c, image: i}")
        ),
        on_create(
            Code::InvalidImage,
            "spec.initContainers[0].image",
            pod("spec: {initContainers: [{name: b, image: i\u{a0}}], containers: [{name: c, image: i}]}"),
            pod("spec: {initContainers: [{name: b, image: i}], containers: [{name: c, image: i}]}")
        ),
        on_create(
            Code::InvalidImage,
            "spec.containers[0].image",
            containers("{name: c, image: ' i'}"),
            deployment(
                "{selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: ' i'}]}}}"
            )
        ),
        on_create(
            Code::UnknownValue,
            "spec.containers[0].restartPolicy",
            containers("{name: c, image: i, restartPolicy: ''}"),
            containers("{name: c, image: i, restartPolicy: null}")
        ),
        on_create(
            Code::UnknownValue,
            "spec.containers[0].restartPolicy",
            containers("{name: c, image: i, restartPolicy: Sometimes}"),
            containers("{name: c, image: i, restartPolicy: OnFailure}")
        ),
        error(Code::MissingField, "spec.template", deployment("{}"), deployment("{template: {}}")),
        warning(
            Code::PodHostname,
            Create,
            "metadata.name",
            sound_port().replace("name: a", "name: a.b"),
            sound_port()
        ),
        error(
            Code::PortOutOfRange,
            first_port,
            pod_port("{containerPort: 65536}"),
            pod_port("{containerPort: 65535}")
        ),
        error(Code::SelectorMismatch, "spec.template.metadata.labels", selecting("c"), selecting("b")),
        warning(
            Code::SharedAddress,
            Stored,
            "status.podIP",
            twice(&running("a", "Running"), &running("b", "Running")),
            twice(&running("a", "Running"), &running("b", "Succeeded"))
        ),
        error(
            Code::UnknownPhase,
            "status.phase",
            pod("status: {phase: running}"),
            pod("status: {phase: Running}")
        ),
        error(
            Code::UnknownProtocol,
            "spec.containers[0].ports[0].protocol",
            pod_port("{containerPort: 80, protocol: http}"),
            pod_port("{containerPort: 80, protocol: ''}")
        ),
        error(
            Code::WrongType,
            "spec.podCIDR",
            node("{podCIDR: 10}"),
            node("{podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24], unschedulable: true}")
        ),
        error(
            Code::WrongType,
            "spec.taints[0].value",
            node("{taints: [{key: a, value: 1}]}"),
            node("{taints: [{key: a, value: '1', effect: NoSchedule, timeAdded: null}]}")
        ),
        error(
            Code::WrongType,
            "spec.configSource.configMap.name",
            node("{configSource: {configMap: {name: 1}}}"),
            node("{configSource: {configMap: {name: '1'}}}")
        ),
        warning(Code::UnknownField, Create, "spec.podCidr", node("{podCidr: a}"), node("{externalID: a}")),
        error(
            Code::WrongType,
            "spec.hostNetwork",
            pod("spec: {hostNetwork: 'true'}"),
            pod("spec: {hostNetwork: true}")
        ),
    ]
}
