//! What pods of a group have in common, as bytes: comparing them is one run over one piece of memory, where labels lie in
//! as many pieces as there are keys and values.

use alloc::vec::Vec;

use crate::cluster::{ContainerKind, NamespaceId, Pod};

/// A byte that no UTF-8 text has: texts end with it.
const END: u8 = 0xff;

/// Writes down in which namespace a pod is, whether its own sides are decided, and its labels and ports: the same bytes
/// for pods that are alike, and others for all others.
pub(super) fn write(bytes: &mut Vec<u8>, namespace: NamespaceId, pod: &Pod, is_subject: bool) {
    bytes.clear();
    bytes.extend_from_slice(&namespace.0.to_le_bytes());
    bytes.push(u8::from(is_subject));
    for (key, value) in pod.labels.iter() {
        for text in [key.as_str(), value.as_str()] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(END);
        }
    }
    // No key is empty: the labels end here.
    bytes.push(END);
    for port in &pod.ports {
        let [low, high] = port.port.get().to_le_bytes();
        let container = match port.container {
            ContainerKind::Init => 0,
            ContainerKind::Regular => 1,
            ContainerKind::Sidecar => 2,
        };
        bytes.extend_from_slice(&[low, high, port.protocol.number(), container]);
        match &port.name {
            None => bytes.push(END),
            Some(name) => {
                bytes.push(0);
                bytes.extend_from_slice(name.as_str().as_bytes());
                bytes.push(END);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use core::num::NonZeroU16;

    use super::*;
    use crate::cluster::ContainerPort;
    use crate::label::{LabelKey, LabelValue};
    use crate::net::{L4Protocol, PortName};

    fn pod(labels: &[(&str, &str)], ports: &[(Option<&str>, u16)]) -> Pod {
        let mut pod = Pod::new("shop", "web");
        for (key, value) in labels {
            pod.labels.insert(LabelKey::try_from(*key).unwrap(), LabelValue::try_from(*value).unwrap());
        }
        pod.ports = ports
            .iter()
            .map(|(name, port)| ContainerPort {
                name: name.map(|name| PortName::try_from(name).unwrap()),
                protocol: L4Protocol::Tcp,
                port: NonZeroU16::new(*port).unwrap(),
                container: ContainerKind::Regular,
            })
            .collect();
        pod
    }

    #[test]
    fn pods_have_the_same_bytes_just_when_they_are_alike() {
        let mut pods = alloc::vec![
            pod(&[], &[]),
            pod(&[("a", "")], &[]),
            pod(&[("a", "b")], &[]),
            pod(&[("ab", "")], &[]),
            pod(&[("a", "b"), ("c", "")], &[]),
            pod(&[("a", "b"), ("c", "d")], &[]),
            pod(&[("a", "bc"), ("d", "")], &[]),
            pod(&[], &[(None, 80)]),
            pod(&[], &[(None, 80), (None, 81)]),
            pod(&[], &[(None, 81), (None, 80)]),
            pod(&[], &[(Some("http"), 80)]),
            pod(&[], &[(Some("http"), 80), (Some("web"), 80)]),
            pod(&[("a", "")], &[(Some("http"), 80)]),
        ];
        for (container, protocol) in
            [(ContainerKind::Init, L4Protocol::Tcp), (ContainerKind::Sidecar, L4Protocol::Udp)]
        {
            let mut other = pod(&[], &[(None, 80)]);
            for port in &mut other.ports {
                (port.container, port.protocol) = (container, protocol);
            }
            pods.push(other);
        }
        let bytes = |pod: &Pod, namespace: u32, is_subject: bool| {
            let mut bytes = alloc::vec![1, 2, 3];
            write(&mut bytes, NamespaceId(namespace), pod, is_subject);
            bytes
        };
        for (a, at) in pods.iter().zip(0..) {
            for (b, other) in pods.iter().zip(0..) {
                let b = Pod { identity: crate::cluster::PodIdentity::Named(other.to_string()), ..b.clone() };
                assert_eq!(bytes(a, 1, true) == bytes(&b, 1, true), at == other, "{a:?} {b:?}");
            }
            assert_ne!(bytes(a, 1, true), bytes(a, 2, true));
            assert_ne!(bytes(a, 1, true), bytes(a, 1, false));
        }
    }
}
