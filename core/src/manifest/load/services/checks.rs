//! What the API server insists on when a service is made, though little here depends on it.

use alloc::format;
use alloc::string::{String, ToString};
use core::net::IpAddr;

use super::super::values::{check_qualified_name, check_special, check_value};
use super::{NONE, addresses_of_cluster, one_of};
use crate::cluster::{self, AddressFamily, ServiceKind, TrafficPolicy};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Service, ServiceSpec, TOPOLOGY_HINTS, TOPOLOGY_MODE};
use crate::net::{CidrError, parse_address};
use crate::source::Position;

/// The annotation that came before `loadBalancerSourceRanges`.
pub(super) const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
/// The port at which every node's kubelet listens.
const KUBELET_PORT: i32 = 10250;
/// The longest time that a client can stay with an endpoint, in seconds.
const MAX_AFFINITY_SECONDS: i32 = 86400;

/// An address, which is warned about when it is not written in the short form.
pub(super) fn address(cx: &mut Context, text: &At<String>, path: &Path<'_>) -> Option<IpAddr> {
    let address = super::address(cx, text, path)?;
    if cx.creates() && address.to_string() != text.value {
        let message = format!("{} is not in the short form of IPv6", quote(&text.value));
        cx.warning(Code::AddressNotCanonical, path, text.at, message, format!("write `{address}`"));
    }
    Some(address)
}

/// Checks what depends on several fields, and what nothing else reads.
pub(super) fn check(cx: &mut Context, mirror: &Service, service: &cluster::Service) {
    let At { value: spec, at } = &mirror.spec;
    let path = Path::Root.field("spec");
    let check = Check { spec, service, at: *at, path: &path };
    check.addresses_of_cluster(cx);
    check.families(cx);
    check.type_of_service(cx);
    check.ports(cx);
    check.outer_addresses(cx);
    check.traffic(cx);
    check.affinity(cx);
    check.balancer(cx);
    check.names(cx);
    check.topology(cx);
}

/// A service under examination.
struct Check<'a> {
    spec: &'a ServiceSpec,
    service: &'a cluster::Service,
    at: Position,
    path: &'a Path<'a>,
}

impl Check<'_> {
    fn is_external_name(&self) -> bool {
        matches!(self.service.kind, ServiceKind::ExternalName(_))
    }

    fn forbid(&self, cx: &mut Context, path: &Path<'_>, at: Position, message: &str, help: &str) {
        cx.error(Code::ForbiddenField, path, at, message.to_string(), help);
    }

    fn ignored(&self, cx: &mut Context, field: &str, at: Position, why: &str) {
        let message = format!("`{field}` does nothing: {why}");
        cx.warning(Code::IgnoredField, &self.path.field(field), at, message, "remove it");
    }

    fn addresses_of_cluster(&self, cx: &mut Context) {
        let (spec, list) = (self.spec, self.path.field("clusterIPs"));
        let texts = addresses_of_cluster(spec);
        if self.is_external_name() {
            if !spec.cluster_ips.is_empty() || !spec.cluster_ip.value.is_empty() {
                let message = "a service of type `ExternalName` has no address of its own";
                self.forbid(cx, &list, self.at, message, "remove `clusterIP` and `clusterIPs`");
            }
            return;
        }
        let mismatch = |cx: &mut Context, path: &Path<'_>, message: &str, help: &str| {
            cx.error(Code::ClusterAddresses, path, self.at, message.to_string(), help);
        };
        let first = spec.cluster_ips.first().map(|text| &text.value);
        if first.is_some_and(|first| first.is_empty() || *first != spec.cluster_ip.value) {
            mismatch(cx, &list, "the first of `clusterIPs` is not `clusterIP`", "give both the same value");
        }
        if texts.len() > 1 && first.is_some_and(|first| first == NONE) {
            mismatch(cx, &list, "`None` stands beside other addresses", "leave `None` alone, or remove it");
        }
        for (index, text) in texts.iter().enumerate().skip(1).filter(|(_, text)| text.value == NONE) {
            let message = "`None` stands beside other addresses".to_string();
            let help = "leave `None` alone, or remove it";
            cx.error(Code::InvalidAddress, &list.index(index), text.at, message, help);
        }
        if texts.len() > 2 {
            mismatch(cx, &list, "there are more than two addresses", "leave at most one of each family");
        }
        let addresses = &self.service.cluster_addresses;
        if addresses.len() == texts.len() && texts.len() > 1 {
            let of =
                |family| addresses.iter().filter(|address| AddressFamily::of(**address) == family).count();
            if of(AddressFamily::V4) > 1 || of(AddressFamily::V6) > 1 {
                mismatch(cx, &list, "two addresses are of one family", "leave at most one of each family");
            }
        }
        if addresses.len() == texts.len() && self.service.families.len() == spec.ip_families.len() {
            for (index, (address, family)) in addresses.iter().zip(&self.service.families).enumerate() {
                if AddressFamily::of(*address) != *family {
                    let message = format!("`{address}` is not of the family that `ipFamilies[{index}]` says");
                    mismatch(cx, &list.index(index), &message, "correct one of the two");
                }
            }
        }
    }

    fn families(&self, cx: &mut Context) {
        let spec = self.spec;
        let path = self.path.field("ipFamilyPolicy");
        if self.is_external_name() {
            if let Some(first) = spec.ip_families.first() {
                let message = "a service of type `ExternalName` has no address family";
                self.forbid(cx, &self.path.field("ipFamilies"), first.at, message, "remove it");
            }
            if let Some(text) = &spec.ip_family_policy {
                self.forbid(
                    cx,
                    &path,
                    text.at,
                    "a service of type `ExternalName` has no address family",
                    "remove it",
                );
            }
            return;
        }
        let policies = ["SingleStack", "PreferDualStack", "RequireDualStack"];
        let (is_single, at) = match &spec.ip_family_policy {
            // Without a policy it is one family, unless nobody but the owner says what the endpoints are.
            None => (!(self.service.headless && spec.selector.is_empty()), self.at),
            Some(text) => {
                if text.value.is_empty() {
                    check_value(cx, text, &policies, &path);
                }
                (one_of(cx, text, &policies, &path) == Some("SingleStack"), text.at)
            }
        };
        if is_single && (spec.cluster_ips.len() > 1 || spec.ip_families.len() > 1) {
            let message = "there are two addresses or families, and `ipFamilyPolicy` allows one".to_string();
            let help = "write `PreferDualStack` or `RequireDualStack`, or leave one of the two";
            cx.error(Code::ClusterAddresses, &path, at, message, help);
        }
    }

    fn type_of_service(&self, cx: &mut Context) {
        let is_outer = matches!(self.service.kind, ServiceKind::LoadBalancer | ServiceKind::NodePort);
        if is_outer && self.service.headless {
            let kind = self.service.kind.as_str();
            let message = format!("a service of type `{kind}` cannot be headless");
            let list = self.path.field("clusterIPs");
            cx.error(Code::ClusterAddresses, &list.index(0), self.at, message, "remove `clusterIP: None`");
        }
        if !self.is_external_name() && !self.spec.external_name.value.is_empty() {
            self.ignored(cx, "externalName", self.spec.external_name.at, "the type is not `ExternalName`");
        }
    }

    fn ports(&self, cx: &mut Context) {
        let list = self.path.field("ports");
        for (index, At { value: port, at }) in self.spec.ports.iter().enumerate() {
            let path = list.index(index);
            let number = port.port.map(|number| number.value);
            if self.service.kind == ServiceKind::LoadBalancer && number == Some(KUBELET_PORT) {
                let message = format!("port {KUBELET_PORT} is the kubelet's, and must not be exposed");
                cx.error(Code::KubeletPort, &path, *at, message, "give the port another number");
            }
            let node_port = port.node_port.filter(|number| number.value != 0);
            if let Some(number) = node_port.filter(|_| self.service.kind == ServiceKind::ClusterIp) {
                let message = "a service of type `ClusterIP` has no node ports";
                self.forbid(
                    cx,
                    &path.field("nodePort"),
                    number.at,
                    message,
                    "remove it, or write `type: NodePort`",
                );
            }
            if let Some(text) = &port.app_protocol {
                check_qualified_name(cx, text, &path.field("appProtocol"));
            }
        }
    }

    fn outer_addresses(&self, cx: &mut Context) {
        let list = self.path.field("externalIPs");
        for (index, text) in self.spec.external_ips.iter().enumerate() {
            if let Ok(address) = parse_address(&text.value) {
                check_special(cx, address, text, &list.index(index));
            }
        }
        let Some(first) = self.spec.external_ips.first() else { return };
        if self.service.headless {
            self.ignored(cx, "externalIPs", first.at, "the service is headless");
        } else if self.is_external_name() {
            self.ignored(cx, "externalIPs", first.at, "the type is `ExternalName`");
        } else {
            let message = "`externalIPs` is deprecated, and some clusters do not implement it".to_string();
            cx.warning(Code::DeprecatedField, &list, first.at, message, "use a load balancer or a gateway");
        }
    }

    fn traffic(&self, cx: &mut Context) {
        let spec = self.spec;
        let is_outer = match self.service.kind {
            ServiceKind::LoadBalancer | ServiceKind::NodePort => true,
            ServiceKind::ClusterIp => !spec.external_ips.is_empty(),
            ServiceKind::ExternalName(_) => false,
        };
        let text = &spec.external_traffic_policy;
        if !is_outer && !text.value.is_empty() {
            let message = "the service has no address outside the cluster";
            let path = self.path.field("externalTrafficPolicy");
            self.forbid(cx, &path, text.at, message, "remove it, or make the service reachable from outside");
        }
        let is_checked = self.service.kind == ServiceKind::LoadBalancer
            && self.service.external_traffic == TrafficPolicy::Local;
        let path = self.path.field("healthCheckNodePort");
        if let Some(port) = spec.health_check_node_port.filter(|port| port.value != 0) {
            if is_checked {
                super::port_number(cx, port, &path);
            } else {
                let message = "only a load balancer with `externalTrafficPolicy: Local` is checked on a port";
                self.forbid(cx, &path, port.at, message, "remove it");
            }
        }
        if let Some(text) = &spec.traffic_distribution {
            let path = self.path.field("trafficDistribution");
            let values = ["PreferSameZone", "PreferSameNode", "PreferClose"];
            if text.value.is_empty() {
                check_value(cx, text, &values, &path);
            } else if one_of(cx, text, &values, &path) == Some("PreferClose") {
                let message = "`PreferClose` is deprecated".to_string();
                cx.warning(
                    Code::DeprecatedField,
                    &path,
                    text.at,
                    message,
                    "write `PreferSameZone`, which means the same",
                );
            }
        }
    }

    fn affinity(&self, cx: &mut Context) {
        if !self.service.keeps_clients {
            return;
        }
        let seconds = self.spec.affinity_timeout.filter(|it| !(1..=MAX_AFFINITY_SECONDS).contains(&it.value));
        if let Some(seconds) = seconds {
            let config = self.path.field("sessionAffinityConfig");
            let client = config.field("clientIP");
            let message = format!("`{}` is no time that a client can stay", seconds.value);
            let help = format!("write seconds from 1 to {MAX_AFFINITY_SECONDS}");
            cx.error(Code::AffinityTimeout, &client.field("timeoutSeconds"), seconds.at, message, help);
        }
        if self.service.headless {
            self.ignored(cx, "sessionAffinity", self.spec.session_affinity.at, "the service is headless");
        }
    }

    fn balancer(&self, cx: &mut Context) {
        let spec = self.spec;
        if self.service.headless && !spec.load_balancer_ip.value.is_empty() {
            self.ignored(cx, "loadBalancerIP", spec.load_balancer_ip.at, "the service is headless");
        }
        let ip = &spec.load_balancer_ip;
        if matches!(parse_address(&ip.value), Ok(_) | Err(CidrError::LeadingZeros | CidrError::Ipv4Mapped)) {
            // What is no address at all is let through without a word.
            cx.leniently(|cx| address(cx, ip, &self.path.field("loadBalancerIP")));
        }
        if self.service.kind == ServiceKind::LoadBalancer {
            return;
        }
        let metadata = Path::Root.field("metadata");
        let annotations = metadata.field("annotations");
        let ranges = spec.load_balancer_source_ranges.first();
        let annotation = spec.source_ranges_annotation.as_ref().filter(|_| ranges.is_none());
        let fields = [
            (ranges.map(|text| text.at), self.path.field("loadBalancerSourceRanges")),
            (annotation.map(|text| text.at), annotations.key(SOURCE_RANGES)),
            (spec.has_node_port_choice.then_some(self.at), self.path.field("allocateLoadBalancerNodePorts")),
            (spec.load_balancer_class.as_ref().map(|text| text.at), self.path.field("loadBalancerClass")),
        ];
        for (at, path) in fields {
            if let Some(at) = at {
                let message = "only a service of type `LoadBalancer` has this field";
                self.forbid(cx, &path, at, message, "remove it, or write `type: LoadBalancer`");
            }
        }
    }

    fn names(&self, cx: &mut Context) {
        let class = self.spec.load_balancer_class.as_ref();
        if let Some(text) = class.filter(|_| self.service.kind == ServiceKind::LoadBalancer) {
            check_qualified_name(cx, text, &self.path.field("loadBalancerClass"));
        }
    }

    fn topology(&self, cx: &mut Context) {
        let Some(hints) = &self.spec.topology_hints else { return };
        let metadata = Path::Root.field("metadata");
        let annotations = metadata.field("annotations");
        let message = format!("the annotation `{TOPOLOGY_HINTS}` is deprecated");
        let help = format!("use `{TOPOLOGY_MODE}`");
        cx.warning(Code::DeprecatedField, &annotations.key(TOPOLOGY_HINTS), hints.at, message, help);
        if let Some(mode) = self.spec.topology_mode.as_ref().filter(|mode| *mode != hints) {
            let message = format!("it is not what `{TOPOLOGY_HINTS}` says");
            cx.error(
                Code::UnknownValue,
                &annotations.key(TOPOLOGY_MODE),
                mode.at,
                message,
                "remove the older one",
            );
        }
    }
}
