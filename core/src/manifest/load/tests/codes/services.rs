//! Problems of services and of what lists their endpoints.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, error, on_create, warning};
use crate::manifest::Code;
use crate::manifest::Strength::{Create, Stored};

fn service(spec: &str) -> String {
    format!("{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{{spec}}}}}")
}

fn port(port: &str) -> String {
    service(&format!("ports: [{{{port}}}]"))
}

fn slice(rest: &str) -> String {
    format!("{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: s}}, {rest}}}")
}

pub(super) fn cases() -> Vec<Case> {
    let sound = || port("port: 80");
    let two = |first: &str, second: &str| service(&format!("ports: [{{{first}}}, {{{second}}}]"));
    let of_type = |kind: &str, rest: &str| service(&format!("type: {kind}, ports: [{{port: 80}}], {rest}"));
    let with = |rest: &str| of_type("ClusterIP", rest);
    let balancer = |rest: &str| of_type("LoadBalancer", rest);
    alloc::vec![
        error(Code::PortOutOfRange, "spec.ports[0].port", port("name: web"), sound()),
        error(
            Code::InvalidName,
            "spec.ports[0].name",
            port("port: 80, name: A"),
            port("port: 80, name: '80'")
        ),
        error(
            Code::InvalidPortName,
            "spec.ports[0].targetPort",
            port("port: 80, targetPort: '80'"),
            port("port: 80, targetPort: http")
        ),
        error(
            Code::DuplicatePortName,
            "spec.ports[1].name",
            two("name: a, port: 1", "name: a, port: 2"),
            two("name: a, port: 1", "name: b, port: 2")
        ),
        error(
            Code::DuplicateServicePort,
            "spec.ports[1]",
            two("name: a, port: 1", "name: b, port: 1"),
            two("name: a, port: 1", "name: b, port: 1, protocol: UDP")
        ),
        error(
            Code::DuplicateServicePort,
            "spec.ports[1]",
            two("name: a, port: 1", "name: b, port: 1"),
            two("name: a, port: 1", "name: b, port: 2")
        ),
        on_create(
            Code::ClusterAddresses,
            "spec.ipFamilyPolicy",
            with("selector: {a: b}, ipFamilies: [IPv4, IPv6]"),
            with("selector: {a: b}, ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack")
        ),
        on_create(
            Code::ClusterAddresses,
            "spec.ipFamilyPolicy",
            with("clusterIP: None, selector: {a: b}, ipFamilies: [IPv4, IPv6]"),
            with("clusterIP: None, ipFamilies: [IPv4, IPv6]")
        ),
        on_create(
            Code::InvalidAddress,
            "spec.clusterIPs[1]",
            with("clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, None], ipFamilyPolicy: PreferDualStack"),
            with("clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, 'fd00::5'], ipFamilyPolicy: PreferDualStack")
        ),
        on_create(
            Code::ForbiddenField,
            "spec.clusterIPs",
            service("type: ExternalName, externalName: a, clusterIP: None"),
            service("type: ExternalName, externalName: a")
        ),
        warning(
            Code::IgnoredField,
            Create,
            "spec.externalIPs",
            with("clusterIP: None, externalIPs: [8.8.8.8]"),
            with("clusterIP: None, externalIPs: []")
        ),
        warning(
            Code::Ipv4Mapped,
            Create,
            "spec.loadBalancerIP",
            balancer("loadBalancerIP: '::ffff:10.0.0.1'"),
            balancer("loadBalancerIP: x")
        ),
        error(
            Code::DuplicateNodePort,
            "spec.ports[1].nodePort",
            two("name: a, port: 1, nodePort: 30000", "name: b, port: 2, nodePort: 30000"),
            two("name: a, port: 1, nodePort: 30000", "name: b, port: 2, nodePort: 30001")
        ),
        error(
            Code::PortOutOfRange,
            "spec.ports[0].nodePort",
            service("type: NodePort, ports: [{port: 80, nodePort: 65536}]"),
            service("type: ExternalName, externalName: a.b, ports: [{port: 80, nodePort: 65536}]")
        ),
        on_create(
            Code::ForbiddenField,
            "spec.ports[0].nodePort",
            port("port: 80, nodePort: 65536"),
            service("type: ExternalName, externalName: a.b, ports: [{port: 80, nodePort: -1}]")
        ),
        on_create(Code::MissingField, "spec.ports", service("type: NodePort"), service("clusterIP: None")),
        on_create(
            Code::MissingField,
            "spec.ports[1].name",
            two("name: a, port: 1", "port: 2"),
            two("name: a, port: 1", "name: b, port: 2")
        ),
        error(
            Code::MissingField,
            "spec.externalName",
            service("type: ExternalName"),
            service("type: ExternalName, externalName: a.b.")
        ),
        error(Code::UnknownValue, "spec.type", service("type: Headless, ports: [{port: 80}]"), sound()),
        error(
            Code::UnknownValue,
            "spec.internalTrafficPolicy",
            with("internalTrafficPolicy: local"),
            with("internalTrafficPolicy: Local")
        ),
        error(
            Code::UnknownValue,
            "addressType",
            slice("addressType: IPv5"),
            slice("addressType: FQDN, endpoints: [{addresses: [a.b]}]")
        ),
        error(
            Code::DuplicateFamily,
            "spec.ipFamilies[1]",
            with("ipFamilies: [IPv4, IPv4]"),
            with("ipFamilies: [IPv6, IPv4]")
        ),
        error(Code::InvalidAddress, "spec.clusterIPs[0]", with("clusterIP: x"), with("clusterIP: ''")),
        error(
            Code::InvalidAddress,
            "endpoints[0].addresses",
            slice("addressType: IPv6, endpoints: [{addresses: [10.0.0.1]}]"),
            slice("addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}]")
        ),
        error(
            Code::InvalidCidr,
            "spec.loadBalancerSourceRanges[0]",
            balancer("loadBalancerSourceRanges: [10.0.0.0]"),
            balancer("loadBalancerSourceRanges: [' 10.0.0.0/8']")
        ),
        on_create(
            Code::ClusterAddresses,
            "spec.clusterIPs",
            with("clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2]"),
            with("clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1'], ipFamilyPolicy: PreferDualStack")
        ),
        on_create(
            Code::ClusterAddresses,
            "spec.clusterIPs[0]",
            with("clusterIP: 10.0.0.1, ipFamilies: [IPv6]"),
            with("clusterIP: 10.0.0.1, ipFamilies: [IPv4]")
        ),
        on_create(
            Code::ClusterAddresses,
            "spec.clusterIPs[0]",
            of_type("NodePort", "clusterIP: None"),
            with("clusterIP: None")
        ),
        on_create(
            Code::ClusterAddresses,
            "spec.ipFamilyPolicy",
            with("ipFamilyPolicy: SingleStack, ipFamilies: [IPv4, IPv6]"),
            with("ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv4, IPv6]")
        ),
        on_create(
            Code::ForbiddenField,
            "spec.externalTrafficPolicy",
            with("externalTrafficPolicy: Local"),
            of_type("NodePort", "externalTrafficPolicy: Local")
        ),
        on_create(
            Code::ForbiddenField,
            "spec.ports[0].nodePort",
            port("port: 80, nodePort: 30000"),
            service("type: NodePort, ports: [{port: 80, nodePort: 30000}]")
        ),
        on_create(
            Code::ForbiddenField,
            "metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]",
            sound().replace(
                "name: s",
                "name: s, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: 10.0.0.0/8}"
            ),
            sound()
        ),
        on_create(
            Code::KubeletPort,
            "spec.ports[0]",
            service("type: LoadBalancer, ports: [{port: 10250}]"),
            service("type: NodePort, ports: [{port: 10250}]")
        ),
        on_create(
            Code::InvalidQualifiedName,
            "spec.ports[0].appProtocol",
            port("port: 80, appProtocol: 'a b'"),
            port("port: 80, appProtocol: kubernetes.io/h2c")
        ),
        on_create(
            Code::AffinityTimeout,
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
            with("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}"),
            with("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86400}}")
        ),
        warning(Code::DeprecatedField, Create, "spec.externalIPs", with("externalIPs: [192.0.2.1]"), sound()),
        warning(
            Code::IgnoredField,
            Create,
            "spec.externalName",
            with("externalName: a.b"),
            service("type: ExternalName, externalName: a.b")
        ),
        warning(
            Code::AddressNotCanonical,
            Create,
            "spec.clusterIPs[0]",
            with("clusterIP: 'FD00::1'"),
            with("clusterIP: 'fd00::1'")
        ),
        warning(
            Code::UnknownField,
            Stored,
            "spec.ports[0].containerPort",
            port("port: 80, containerPort: 80"),
            port("port: 80, targetPort: 80")
        ),
    ]
}

#[test]
fn an_outer_address_that_nobody_can_send_to_is_refused_beside_the_warning() {
    for bad in ["0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.1", "'::1'", "'fe80::1'", "'ff02::1'"] {
        let found = super::problems(super::read(
            &service(&format!("ports: [{{port: 1}}], externalIPs: [{bad}]")),
            Create,
        ));
        let codes: Vec<_> = found.iter().map(|problem| problem.code).collect();
        assert!(codes.contains(&Code::SpecialAddress), "{bad}: {codes:?}");
    }
    let found = super::read(&service("ports: [{port: 1}], externalIPs: [224.1.0.1]"), Create);
    assert!(found.is_ok());
}
