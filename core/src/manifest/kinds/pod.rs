//! `Pod` and the pod's part of a template.

use alloc::string::String;
use alloc::vec::Vec;

use super::ObjectMeta;
use crate::manifest::decode::{At, Context, Fields, Known};

/// What is read of a pod.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pod {
    pub(crate) meta: ObjectMeta,
    pub(crate) spec: At<PodSpec>,
    pub(crate) status: PodStatus,
}

/// What is read of `spec`, a template's too.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PodSpec {
    pub(crate) containers: Vec<At<Container>>,
    pub(crate) init_containers: Vec<At<Container>>,
    pub(crate) host_network: bool,
    /// Empty when there is none.
    pub(crate) node_name: At<String>,
    /// By its name of today or its older one; empty when there is none.
    pub(crate) service_account_name: String,
}

/// What is read of a container.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Container {
    pub(crate) name: At<String>,
    pub(crate) image: At<String>,
    pub(crate) restart_policy: Option<At<String>>,
    pub(crate) ports: Vec<At<ContainerPort>>,
}

/// An item of a container's `ports`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ContainerPort {
    /// Empty when there is none.
    pub(crate) name: At<String>,
    pub(crate) container_port: Option<At<i32>>,
    pub(crate) host_port: Option<At<i32>>,
    /// Empty when there is none.
    pub(crate) host_ip: At<String>,
    /// Empty when there is none.
    pub(crate) protocol: At<String>,
}

/// What is read of `status`; texts are empty when there are none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PodStatus {
    pub(crate) phase: At<String>,
    /// The status of the condition `Ready`.
    pub(crate) ready: Option<String>,
    pub(crate) pod_ip: At<String>,
    pub(crate) pod_ips: Vec<At<String>>,
    pub(crate) host_ip: At<String>,
    pub(crate) host_ips: Vec<At<String>>,
}

const POD: Known = Known {
    names: &["apiVersion", "kind", "metadata", "spec", "status"],
    hints: &[
        ("containers", "it belongs under `spec`"),
        ("hostNetwork", "it belongs under `spec`"),
        ("labels", "it belongs under `metadata`"),
    ],
    ..Known::NOTHING
};

const SPEC: Known = Known {
    names: &[
        "activeDeadlineSeconds",
        "affinity",
        "automountServiceAccountToken",
        "containers",
        "dnsConfig",
        "dnsPolicy",
        "enableServiceLinks",
        "ephemeralContainers",
        "hostAliases",
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "hostUsers",
        "hostname",
        "hostnameOverride",
        "imagePullSecrets",
        "initContainers",
        "nodeName",
        "nodeSelector",
        "os",
        "overhead",
        "preemptionPolicy",
        "priority",
        "priorityClassName",
        "readinessGates",
        "resourceClaims",
        "resources",
        "restartPolicy",
        "runtimeClassName",
        "schedulerName",
        "schedulingGates",
        "schedulingGroup",
        "securityContext",
        "serviceAccount",
        "serviceAccountName",
        "setHostnameAsFQDN",
        "shareProcessNamespace",
        "subdomain",
        "terminationGracePeriodSeconds",
        "tolerations",
        "topologySpreadConstraints",
        "volumes",
        "workloadRef",
    ],
    hints: &[("ports", "it belongs in an item of `containers`")],
    ..Known::NOTHING
};

const CONTAINER: Known = Known {
    names: &[
        "args",
        "command",
        "env",
        "envFrom",
        "image",
        "imagePullPolicy",
        "lifecycle",
        "livenessProbe",
        "name",
        "ports",
        "readinessProbe",
        "resizePolicy",
        "resources",
        "restartPolicy",
        "restartPolicyRules",
        "securityContext",
        "startupProbe",
        "stdin",
        "stdinOnce",
        "terminationMessagePath",
        "terminationMessagePolicy",
        "tty",
        "volumeDevices",
        "volumeMounts",
        "workingDir",
    ],
    hints: &[("containerPort", "it belongs in an item of `ports`")],
    ..Known::NOTHING
};

const CONTAINER_PORT: Known = Known {
    names: &["containerPort", "hostIP", "hostPort", "name", "protocol"],
    hints: &[("port", "did you mean `containerPort`?"), ("targetPort", "did you mean `containerPort`?")],
    ..Known::NOTHING
};

impl Pod {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &POD);
        Self {
            meta: ObjectMeta::read(cx, fields),
            spec: PodSpec::read(cx, fields),
            status: fields.object(cx, "status", PodStatus::read),
        }
    }
}

impl PodSpec {
    /// Reads the field `spec` of a pod or a template.
    pub(crate) fn read(cx: &mut Context, parent: &Fields<'_, '_>) -> At<Self> {
        parent.object(cx, "spec", |cx, fields| {
            // A newer API server may hold more, in every pod of a dump.
            if cx.creates() {
                fields.warn_unknown(cx, &SPEC);
            }
            let spec = Self {
                containers: fields.objects(cx, "containers", Container::read).unwrap_or_default(),
                init_containers: fields.objects(cx, "initContainers", Container::read).unwrap_or_default(),
                host_network: fields.boolean(cx, "hostNetwork").unwrap_or(false),
                node_name: fields.string_or_empty(cx, "nodeName"),
                service_account_name: service_account_name(cx, fields),
            };
            At::new(spec, fields.at())
        })
    }
}

/// The API server reads the older field where there is no newer one.
fn service_account_name(cx: &mut Context, fields: &Fields<'_, '_>) -> String {
    let older = fields.string_or_empty(cx, "serviceAccount").value;
    let name = fields.string_or_empty(cx, "serviceAccountName").value;
    if name.is_empty() { older } else { name }
}

impl Container {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        if cx.creates() {
            fields.warn_unknown(cx, &CONTAINER);
        }
        let container = Self {
            name: fields.string_or_empty(cx, "name"),
            image: fields.string_or_empty(cx, "image"),
            restart_policy: fields.string(cx, "restartPolicy"),
            ports: fields.objects(cx, "ports", ContainerPort::read).unwrap_or_default(),
        };
        At::new(container, fields.at())
    }
}

impl ContainerPort {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.warn_unknown(cx, &CONTAINER_PORT);
        let port = Self {
            name: fields.string_or_empty(cx, "name"),
            container_port: fields.int32(cx, "containerPort"),
            host_port: fields.int32(cx, "hostPort"),
            host_ip: fields.string_or_empty(cx, "hostIP"),
            protocol: fields.string_or_empty(cx, "protocol"),
        };
        At::new(port, fields.at())
    }
}

impl PodStatus {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        let ips = |cx: &mut Context, name| {
            let read = |cx: &mut Context, item: &Fields<'_, '_>| item.string_or_empty(cx, "ip");
            fields.objects(cx, name, read).unwrap_or_default()
        };
        let conditions = fields.objects(cx, "conditions", |cx, item| {
            (item.string_or_empty(cx, "type").value, item.string_or_empty(cx, "status").value)
        });
        let ready = conditions.into_iter().flatten().find(|(kind, _)| kind == "Ready");
        Self {
            phase: fields.string_or_empty(cx, "phase"),
            ready: ready.map(|(_, status)| status),
            pod_ip: fields.string_or_empty(cx, "podIP"),
            pod_ips: ips(cx, "podIPs"),
            host_ip: fields.string_or_empty(cx, "hostIP"),
            host_ips: ips(cx, "hostIPs"),
        }
    }
}
