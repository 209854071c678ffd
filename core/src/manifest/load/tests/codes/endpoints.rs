//! Problems of what lists the endpoints of services.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Case, on_create, problems, read, warning};
use crate::manifest::Code;
use crate::manifest::Strength::{Create, Stored};

fn slice(rest: &str) -> String {
    format!(
        "{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {{name: s}}, addressType: {rest}}}"
    )
}

fn endpoint(endpoint: &str) -> String {
    slice(&format!("IPv4, endpoints: [{{addresses: [10.0.0.1], {endpoint}}}]"))
}

fn addresses(family: &str, addresses: &str) -> String {
    slice(&format!("{family}, endpoints: [{{addresses: [{addresses}]}}]"))
}

fn port(ports: &str) -> String {
    slice(&format!("IPv4, endpoints: [], ports: [{ports}]"))
}

fn subset(subset: &str) -> String {
    format!("{{apiVersion: v1, kind: Endpoints, metadata: {{name: s}}, subsets: [{{{subset}}}]}}")
}

/// That many numbers, each in a text.
fn many(count: usize, item: &str) -> String {
    let items: Vec<String> = (0..count).map(|index| item.replace('#', &format!("{index}"))).collect();
    items.join(", ")
}

pub(super) fn cases() -> Vec<Case> {
    let of_subset = |rest: &str| subset(&format!("addresses: [{{ip: 10.0.0.1, {rest}}}]"));
    let subset_ports = |ports: &str| subset(&format!("addresses: [{{ip: 10.0.0.1}}], ports: [{ports}]"));
    let zones = |count| endpoint(&format!("hints: {{forZones: [{}]}}", many(count, "{name: z#}")));
    alloc::vec![
        on_create(
            Code::SpecialAddress,
            "endpoints[0].addresses[1]",
            addresses("IPv4", "10.0.0.1, 127.0.0.1"),
            addresses("IPv4", "10.0.0.1, 128.0.0.1")
        ),
        on_create(
            Code::SpecialAddress,
            "endpoints[0].addresses[0]",
            addresses("IPv6", "'ff12::1'"),
            addresses("IPv6", "'ff15::1'")
        ),
        on_create(
            Code::InvalidAddress,
            "endpoints[0].addresses[0]",
            addresses("IPv6", "'FD00::1'"),
            addresses("IPv6", "'fd00::1'")
        ),
        on_create(
            Code::TooManyItems,
            "endpoints[0].addresses",
            addresses("IPv4", &many(101, "10.0.0.#")),
            addresses("IPv4", &many(100, "10.0.0.#"))
        ),
        on_create(
            Code::TooManyItems,
            "endpoints",
            slice(&format!("IPv4, endpoints: [{}]", many(1001, "{addresses: [10.0.0.1]}"))),
            slice(&format!("IPv4, endpoints: [{}]", many(1000, "{addresses: [10.0.0.1]}")))
        ),
        on_create(
            Code::InvalidName,
            "endpoints[0].hostname",
            endpoint("hostname: a.b"),
            endpoint("hostname: ab")
        ),
        on_create(
            Code::InvalidName,
            "endpoints[0].nodeName",
            endpoint("nodeName: a_b"),
            endpoint("nodeName: a.b")
        ),
        on_create(
            Code::InvalidLabelValue,
            "endpoints[0].deprecatedTopology",
            endpoint("deprecatedTopology: {a: b c}"),
            endpoint("deprecatedTopology: {a: b}")
        ),
        on_create(
            Code::InvalidLabelValue,
            "endpoints[0].hints.forZones[0].name",
            endpoint("hints: {forZones: [{name: a b}]}"),
            endpoint("hints: {forZones: [{name: a_b}]}")
        ),
        on_create(
            Code::DuplicateItem,
            "endpoints[0].hints.forNodes[1].name",
            endpoint("hints: {forNodes: [{name: a}, {name: a}]}"),
            endpoint("hints: {forNodes: [{name: a}, {name: b}]}")
        ),
        on_create(Code::TooManyItems, "endpoints[0].hints.forZones", zones(9), zones(8)),
        warning(
            Code::UnknownField,
            Stored,
            "endpoints[0].ready",
            endpoint("ready: false"),
            endpoint("conditions: {ready: false}")
        ),
        // The API server does not look at the numbers of a slice.
        warning(Code::PortOutOfRange, Create, "ports[0].port", port("{port: 65536}"), port("{port: 65535}")),
        on_create(
            Code::DuplicatePortName,
            "ports[1].name",
            port("{port: 1}, {port: 2}"),
            port("{port: 1}, {name: a, port: 2}")
        ),
        on_create(Code::InvalidName, "ports[0].name", port("{name: A}"), port("{name: a}")),
        on_create(
            Code::InvalidQualifiedName,
            "ports[0].appProtocol",
            port("{appProtocol: a b}"),
            port("{appProtocol: a/b}")
        ),
        on_create(Code::MissingField, "subsets[0]", subset("ports: []"), of_subset("nodeName: n1")),
        on_create(
            Code::SpecialAddress,
            "subsets[0].notReadyAddresses[0].ip",
            subset("notReadyAddresses: [{ip: '::1'}]"),
            subset("notReadyAddresses: [{ip: '::2:1'}]")
        ),
        on_create(
            Code::InvalidName,
            "subsets[0].addresses[0].hostname",
            of_subset("hostname: a_b"),
            of_subset("hostname: ''")
        ),
        on_create(
            Code::MissingField,
            "subsets[0].ports[0].name",
            subset_ports("{port: 1}, {name: a, port: 2}"),
            subset_ports("{port: 1}")
        ),
        Case {
            strength: Stored,
            ..on_create(
                Code::PortOutOfRange,
                "subsets[0].ports[0].port",
                subset_ports("{name: a}"),
                subset_ports("{name: a, port: 1}")
            )
        },
    ]
}

#[test]
fn an_endpoint_that_is_a_name_is_warned_about_and_has_at_least_two_parts() {
    let codes = |name: &str| -> Vec<Code> {
        problems(read(&addresses("FQDN", name), Create)).iter().map(|problem| problem.code).collect()
    };
    assert_eq!(codes("localhost"), [Code::DeprecatedField, Code::InvalidName]);
    assert_eq!(codes("localhost.local."), [Code::DeprecatedField]);
}
