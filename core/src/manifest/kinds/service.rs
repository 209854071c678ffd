//! `Service`.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Entry, ObjectMeta};
use crate::manifest::decode::{At, Context, Fields, IntOrString, Known};

/// A service as the text has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Service {
    pub(crate) meta: ObjectMeta,
    pub(crate) spec: At<ServiceSpec>,
    /// `status.loadBalancer.ingress[].ip`; empty where a host name stands for it.
    pub(crate) ingress: Vec<At<String>>,
}

/// The field `spec`; texts are empty when there are none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServiceSpec {
    pub(crate) kind: At<String>,
    pub(crate) selector: Vec<Entry>,
    pub(crate) ports: Vec<At<ServicePort>>,
    pub(crate) cluster_ip: At<String>,
    pub(crate) cluster_ips: Vec<At<String>>,
    pub(crate) ip_families: Vec<At<String>>,
    pub(crate) ip_family_policy: Option<At<String>>,
    pub(crate) external_ips: Vec<At<String>>,
    pub(crate) external_name: At<String>,
    pub(crate) external_traffic_policy: At<String>,
    pub(crate) internal_traffic_policy: Option<At<String>>,
    pub(crate) health_check_node_port: Option<At<i32>>,
    pub(crate) load_balancer_class: Option<At<String>>,
    pub(crate) load_balancer_ip: At<String>,
    pub(crate) load_balancer_source_ranges: Vec<At<String>>,
    pub(crate) has_node_port_choice: bool,
    pub(crate) publish_not_ready: bool,
    pub(crate) session_affinity: At<String>,
    /// `sessionAffinityConfig.clientIP.timeoutSeconds`.
    pub(crate) affinity_timeout: Option<At<i32>>,
    pub(crate) traffic_distribution: Option<At<String>>,
    /// The value of the annotation that came before `loadBalancerSourceRanges`.
    pub(crate) source_ranges_annotation: Option<At<String>>,
    /// The values of the annotation for routing by topology, and of the one that came before it.
    pub(crate) topology_mode: Option<At<String>>,
    pub(crate) topology_hints: Option<At<String>>,
}

/// An item of `ports`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ServicePort {
    /// Empty when there is none.
    pub(crate) name: At<String>,
    /// Empty when there is none.
    pub(crate) protocol: At<String>,
    pub(crate) app_protocol: Option<At<String>>,
    pub(crate) port: Option<At<i32>>,
    pub(crate) target_port: Option<At<IntOrString>>,
    pub(crate) node_port: Option<At<i32>>,
}

const SERVICE: Known = Known {
    names: &["apiVersion", "kind", "metadata", "spec", "status"],
    hints: &[
        ("ports", "it belongs under `spec`"),
        ("selector", "it belongs under `spec`"),
        ("type", "it belongs under `spec`"),
    ],
    ..Known::NOTHING
};

const SPEC: Known = Known {
    // What older API servers stored.
    stored: &["ipFamily", "topologyKeys"],
    names: &[
        "allocateLoadBalancerNodePorts",
        "clusterIP",
        "clusterIPs",
        "externalIPs",
        "externalName",
        "externalTrafficPolicy",
        "healthCheckNodePort",
        "internalTrafficPolicy",
        "ipFamilies",
        "ipFamilyPolicy",
        "loadBalancerClass",
        "loadBalancerIP",
        "loadBalancerSourceRanges",
        "ports",
        "publishNotReadyAddresses",
        "selector",
        "sessionAffinity",
        "sessionAffinityConfig",
        "trafficDistribution",
        "type",
    ],
    hints: &[("podSelector", "did you mean `selector`? it holds labels, without `matchLabels`")],
    ..Known::NOTHING
};

const PORT: Known = Known {
    names: &["appProtocol", "name", "nodePort", "port", "protocol", "targetPort"],
    hints: &[("containerPort", "did you mean `targetPort`?")],
    ..Known::NOTHING
};

const AFFINITY: Known = Known { names: &["clientIP"], ..Known::NOTHING };
const CLIENT_IP: Known = Known { names: &["timeoutSeconds"], ..Known::NOTHING };

/// The annotation for routing by topology, and the one that came before it.
pub(crate) const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
pub(crate) const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";

/// The annotation that came before `loadBalancerSourceRanges`.
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

impl Service {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &SERVICE);
        let ingress = fields.object(cx, "status", |cx, status| {
            status.object(cx, "loadBalancer", |cx, balancer| {
                balancer.objects(cx, "ingress", |cx, item| item.string_or_empty(cx, "ip"))
            })
        });
        let meta = ObjectMeta::read(cx, fields);
        let spec =
            fields.object(cx, "spec", |cx, fields| At::new(ServiceSpec::read(cx, fields), fields.at()));
        let spec = fields.object(cx, "metadata", |cx, metadata| {
            metadata.object(cx, "annotations", |cx, annotations| {
                let At { value: mut found, at } = spec;
                found.source_ranges_annotation = annotations.string(cx, SOURCE_RANGES);
                found.topology_mode = annotations.string(cx, TOPOLOGY_MODE);
                found.topology_hints = annotations.string(cx, TOPOLOGY_HINTS);
                At::new(found, at)
            })
        });
        Self { meta, spec, ingress: ingress.unwrap_or_default() }
    }
}

impl ServiceSpec {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &SPEC);
        let affinity_timeout = fields.object(cx, "sessionAffinityConfig", |cx, config| {
            config.warn_unknown(cx, &AFFINITY);
            config.object(cx, "clientIP", |cx, client| {
                client.warn_unknown(cx, &CLIENT_IP);
                client.int32(cx, "timeoutSeconds")
            })
        });
        Self {
            kind: fields.string_or_empty(cx, "type"),
            selector: fields.string_map(cx, "selector"),
            ports: fields.objects(cx, "ports", ServicePort::read).unwrap_or_default(),
            cluster_ip: fields.string_or_empty(cx, "clusterIP"),
            cluster_ips: fields.strings(cx, "clusterIPs").unwrap_or_default(),
            ip_families: fields.strings(cx, "ipFamilies").unwrap_or_default(),
            ip_family_policy: fields.string(cx, "ipFamilyPolicy"),
            external_ips: fields.strings(cx, "externalIPs").unwrap_or_default(),
            external_name: fields.string_or_empty(cx, "externalName"),
            external_traffic_policy: fields.string_or_empty(cx, "externalTrafficPolicy"),
            internal_traffic_policy: fields.string(cx, "internalTrafficPolicy"),
            health_check_node_port: fields.int32(cx, "healthCheckNodePort"),
            load_balancer_class: fields.string(cx, "loadBalancerClass"),
            load_balancer_ip: fields.string_or_empty(cx, "loadBalancerIP"),
            load_balancer_source_ranges: fields.strings(cx, "loadBalancerSourceRanges").unwrap_or_default(),
            has_node_port_choice: fields.boolean(cx, "allocateLoadBalancerNodePorts").is_some(),
            publish_not_ready: fields.boolean(cx, "publishNotReadyAddresses").unwrap_or(false),
            session_affinity: fields.string_or_empty(cx, "sessionAffinity"),
            affinity_timeout,
            traffic_distribution: fields.string(cx, "trafficDistribution"),
            source_ranges_annotation: None,
            topology_mode: None,
            topology_hints: None,
        }
    }
}

impl ServicePort {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.warn_unknown(cx, &PORT);
        let port = Self {
            name: fields.string_or_empty(cx, "name"),
            protocol: fields.string_or_empty(cx, "protocol"),
            app_protocol: fields.string(cx, "appProtocol"),
            port: fields.int32(cx, "port"),
            target_port: fields.int_or_string(cx, "targetPort"),
            node_port: fields.int32(cx, "nodePort"),
        };
        At::new(port, fields.at())
    }
}
