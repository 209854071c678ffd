//! The few names, labels, addresses and ports that everything is made of.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Bytes;
use crate::label::{LabelKey, LabelValue, Labels, POD_NAMESPACE};
use crate::net::PortName;

/// Names of namespaces; the last ones are seldom declared.
pub(super) const NAMESPACES: [&str; 4] = ["a", "b", "c", "d"];
/// Names of nodes; the last one never has an object.
pub(super) const NODES: [&str; 4] = ["n0", "n1", "n2", "gone"];
/// Port numbers that containers, rules and flows share, close together and at the ends of the range.
pub(super) const PORTS: [u16; 10] = [80, 81, 443, 8080, 53, 8081, 82, 1, 65535, 5432];

/// The account of pods that name none.
pub(super) const DEFAULT_ACCOUNT: &str = "default";
/// Keys of labels, and how many of a hundred objects have each.
const KEYS: [(&str, u8); 8] = [
    ("app", 75),
    ("tier", 45),
    ("x.io/env", 25),
    ("pod-template-hash", 8),
    ("pcns.app", 4),
    (POD_NAMESPACE, 4),
    ("projectcalico.org/serviceaccount", 3),
    ("io.cilium.k8s.policy.serviceaccount", 3),
];

/// The labels and port names in use.
pub(super) struct Vocabulary {
    pub(super) keys: Vec<LabelKey>,
    pub(super) values: Vec<LabelValue>,
    pub(super) namespace_names: Vec<LabelValue>,
    pub(super) port_names: Vec<PortName>,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let values =
            |texts: &[&str]| texts.iter().filter_map(|text| LabelValue::try_from(*text).ok()).collect();
        Self {
            keys: KEYS.iter().filter_map(|(text, _)| LabelKey::try_from(*text).ok()).collect(),
            values: values(&["a", "b", ""]),
            namespace_names: values(&NAMESPACES),
            port_names: ["http", "dns", "web-1"]
                .iter()
                .filter_map(|text| PortName::try_from(*text).ok())
                .collect(),
        }
    }

    /// Labels of a pod, a namespace or a node: the same keys for all, so that mixing up their domains shows.
    pub(super) fn labels(&self, bytes: &mut Bytes<'_>) -> Labels {
        let mut labels = Labels::new();
        for (key, (_, percent)) in self.keys.iter().zip(KEYS) {
            if bytes.chance(percent) {
                insert(&mut labels, key.clone(), bytes.pick(&self.values));
            }
        }
        // A pod may carry the label that names namespaces (NP-013); it says nothing about its namespace.
        if bytes.chance(6) {
            insert(&mut labels, LabelKey::metadata_name(), bytes.pick(&self.namespace_names));
        }
        labels
    }
}

fn insert(labels: &mut Labels, key: LabelKey, value: Option<&LabelValue>) {
    if let Some(value) = value {
        labels.insert(key, value.clone());
    }
}

/// The IPv4 address of a pod by number.
pub(super) fn pod_ipv4(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 1, number >> 4, number & 15))
}

/// The IPv6 address of a pod by number.
pub(super) fn pod_ipv6(number: u8) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0xFD00, 1, 0, 0, 0, 0, u16::from(number >> 4), u16::from(number & 15)))
}

/// The IPv4 address of a node by number.
pub(super) fn node_ipv4(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, number))
}

/// The IPv6 address of a node by number.
pub(super) fn node_ipv6(number: u8) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0xFD00, 0, 0, 0, 0, 0, 0, u16::from(number)))
}

/// Addresses outside the cluster, and one inside the pods' range that is nobody's.
pub(super) const OUTSIDE: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, 7)),
    IpAddr::V4(Ipv4Addr::new(10, 1, 15, 255)),
    IpAddr::V4(Ipv4Addr::new(0, 0, 0, 0)),
    IpAddr::V4(Ipv4Addr::new(255, 255, 255, 255)),
];
