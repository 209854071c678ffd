//! What plugins do in their own way: which rules of a policy apply, which labels selectors see, which addresses blocks
//! hold, and what port names in egress rules mean.

use std::collections::BTreeSet;
use std::net::IpAddr;

use portcullis::cluster::{Namespace, Phase, Pod};
use portcullis::flow::{End, Flow, Transport};
use portcullis::label::{LabelKey, LabelValue, Labels};
use portcullis::net::{Cidr, IpBlock, L4Protocol, PortName};
use portcullis::options::{
    AnyIpv6Block, EgressPortNames, Enforcement, ExceptScope, Excepts, IpBlockNodes, Ipv6, Ipv6Blocks,
    LabelDomain, NegativeLabels, OtherProtocols, PolicyTypes, PortNames, Sctp, Tunnels,
};
use portcullis::policy::{
    Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PortMatch, Rule, Traffic,
};
use portcullis::selector::{Requirement, Selector};

use crate::Spec;
use crate::peers::{is_in_block, is_in_range};
use crate::ports::numbers_of_name;

impl Spec<'_> {
    /// The rules of a policy that count in a direction; nothing when it does not apply to it.
    pub(crate) fn applied<'p>(&self, policy: &'p Policy, direction: Direction) -> Option<&'p [Rule]> {
        // kubenet/policy-types: policies are stored, and that is all.
        if self.options.enforcement == Enforcement::None || self.is_refused(policy) {
            return None;
        }
        self.listed(policy, direction)
    }

    fn listed<'p>(&self, policy: &'p Policy, direction: Direction) -> Option<&'p [Rule]> {
        // NP-003: a direction that `policyTypes` does not name isolates nobody, whatever its list holds.
        // CIL-6: to some plugins the list itself names it, if it has a rule.
        let unlisted = policy.written(direction);
        match policy.rules(direction) {
            None if self.options.policy_types == PolicyTypes::AtLeast && !unlisted.is_empty() => {
                Some(unlisted)
            }
            rules => rules,
        }
    }

    /// Whether a plugin takes nothing of a policy because of one thing in it.
    fn is_refused(&self, policy: &Policy) -> bool {
        let mut selectors: Vec<&PodMatch> = vec![&policy.subject];
        let (mut blocks, mut items): (Vec<&IpBlock>, Vec<&PortMatch>) = (Vec::new(), Vec::new());
        for direction in [Direction::Ingress, Direction::Egress] {
            for rule in self.listed(policy, direction).unwrap_or_default() {
                if let Peers::Of(peers) = &rule.peers {
                    for peer in peers {
                        match peer {
                            Peer::IpBlock(block) => blocks.push(block),
                            Peer::Pods(pods) => selectors.push(pods),
                            _ => {}
                        }
                    }
                }
                if let Traffic::Of(list) = &rule.traffic {
                    items.extend(list);
                }
            }
        }
        let options = &self.options;
        let has_v6 = blocks.iter().any(|block| block.cidr().address().is_ipv6());
        let has_hole = blocks.iter().any(|block| !block.except().is_empty());
        let has_name = items.iter().any(|item| matches!(item, PortMatch::Named { .. }));
        let has_sctp = items.iter().any(|item| protocol(item) == Some(L4Protocol::Sctp));
        let has_negative = selectors.iter().any(|wanted| {
            let in_namespaces = match &wanted.namespaces {
                NamespaceMatch::Named(_) => false,
                NamespaceMatch::Selected(selector) => selector.requirements().iter().any(is_negative),
            };
            in_namespaces || wanted.pods.requirements().iter().any(is_negative)
        });
        // CIL-7: 1.18 puts its own prefix before each key, and refuses a policy with one that becomes too long.
        let has_long = selectors.iter().any(|wanted| {
            let in_namespaces = match &wanted.namespaces {
                NamespaceMatch::Named(_) => false,
                NamespaceMatch::Selected(selector) => {
                    let with = |key: &str| format!("k8s.io.cilium.k8s.namespace.labels.{key}");
                    selector
                        .requirements()
                        .iter()
                        .any(|it| LabelKey::try_from(with(it.key().as_str()).as_str()).is_err())
                }
            };
            let with = |key: &str| format!("k8s.{key}");
            let mut of_pods = wanted.pods.requirements().iter();
            in_namespaces || of_pods.any(|it| LabelKey::try_from(with(it.key().as_str()).as_str()).is_err())
        });
        (has_v6 && options.ipv6_blocks == Ipv6Blocks::RefusePolicy)
            || (has_hole && options.excepts == Excepts::RefusePolicy)
            || (has_name && options.port_names == PortNames::RefusePolicy)
            || (has_sctp && options.sctp == Sctp::RefusePolicy)
            || (has_negative && options.negative_labels == NegativeLabels::RefusePolicy)
            || (has_long && options.label_domain == LabelDomain::Cilium118)
    }

    /// The labels of a pod that selectors see.
    pub(crate) fn labels_of_pod(&self, pod: &Pod, namespace: &Namespace) -> Labels {
        let mut seen = Labels::new();
        let mut add = |key: String, value: &str| {
            if let (Ok(key), Ok(value)) = (LabelKey::try_from(key.as_str()), LabelValue::try_from(value)) {
                seen.insert(key, value);
            }
        };
        let domain = self.options.label_domain;
        for (key, value) in pod.labels.iter() {
            let key = key.as_str();
            let is_seen = match domain {
                LabelDomain::Own => true,
                // CAL-5: what stands for the namespace's or the account's labels cannot be forged.
                LabelDomain::Calico => !key.starts_with("pcns.") && !key.starts_with("pcsa."),
                LabelDomain::Cilium | LabelDomain::Cilium118 => is_of_identity(key, domain),
            };
            if is_seen {
                add(key.to_string(), value.as_str());
            }
        }
        match domain {
            LabelDomain::Own => {}
            LabelDomain::Calico => {
                for (key, value) in namespace.labels.iter() {
                    add(format!("pcns.{key}"), value.as_str());
                }
                add("pcns.projectcalico.org/name".to_string(), &namespace.name);
                add("projectcalico.org/namespace".to_string(), &namespace.name);
                add("projectcalico.org/orchestrator".to_string(), "k8s");
                // CAL-5: the account's name is a label of its own where it is shorter than 63 letters.
                if let Some(account) = &pod.service_account {
                    add("pcsa.projectcalico.org/name".to_string(), account);
                    if account.len() < 63 {
                        add("projectcalico.org/serviceaccount".to_string(), account);
                    }
                }
            }
            LabelDomain::Cilium | LabelDomain::Cilium118 => {
                for (key, value) in self.labels_of_namespace(namespace).iter() {
                    add(format!("io.cilium.k8s.namespace.labels.{key}"), value.as_str());
                }
                add("io.kubernetes.pod.namespace".to_string(), &namespace.name);
                add("io.cilium.k8s.policy.cluster".to_string(), "default");
                if let Some(account) = &pod.service_account {
                    add("io.cilium.k8s.policy.serviceaccount".to_string(), account);
                }
            }
        }
        seen
    }

    /// What a selector asks of pods.
    pub(crate) fn written_over(&self, wanted: &PodMatch) -> Selector {
        let is_cilium = matches!(self.options.label_domain, LabelDomain::Cilium | LabelDomain::Cilium118);
        let has_own_namespace = matches!(wanted.namespaces, NamespaceMatch::Named(_));
        let asked = wanted.pods.requirements().iter().filter(|requirement| match requirement {
            // CIL-7: the label of the namespace's name is set to the policy's own, whatever `matchLabels` says.
            Requirement::In(key, _) if key.as_str() == "io.kubernetes.pod.namespace" => {
                !(is_cilium && has_own_namespace) || wanted.pods.is_expressed(requirement)
            }
            _ => true,
        });
        asked.cloned().collect()
    }

    /// The labels of a namespace that selectors see.
    pub(crate) fn labels_of_namespace(&self, namespace: &Namespace) -> Labels {
        if matches!(self.options.label_domain, LabelDomain::Cilium | LabelDomain::Cilium118) {
            // CIL-7: beta labels are dropped wherever they stand, on namespaces too.
            let labels =
                namespace.labels.iter().filter(|(key, _)| !key.as_str().contains("beta.kubernetes.io"));
            return labels.map(|(key, value)| (key.clone(), value.clone())).collect();
        }
        let mut seen = namespace.labels.clone();
        // CAL-5: a namespace has its name in Calico's words, too.
        if self.options.label_domain == LabelDomain::Calico
            && let (Ok(key), Ok(name)) =
                (LabelKey::try_from("projectcalico.org/name"), LabelValue::try_from(namespace.name.as_str()))
        {
            seen.insert(key, name);
        }
        seen
    }

    /// Whether a block of a rule, with the other peers of the rule, holds an address.
    pub(crate) fn block_holds(&self, address: IpAddr, block: &IpBlock, peers: &[Peer]) -> bool {
        let options = &self.options;
        // CIL-2: a node is no address that a block could hold.
        if options.ip_block_nodes == IpBlockNodes::Ignore && self.is_of_a_node(address) {
            return false;
        }
        // calico-windows/except: an exception takes its peer with it.
        let is_kept = |block: &IpBlock| options.excepts != Excepts::Ignored || block.except().is_empty();
        if !is_kept(block) || !is_in_block(address, block) {
            return false;
        }
        // kube-router/ip-block: of all IPv6 addresses, those that hosts are given.
        let (global, local) = (Cidr::parse("2000::/3"), Cidr::parse("fd00::/8"));
        let is_any = address.is_ipv6() && block.cidr().prefix_length() == 0;
        let part = match (options.any_ipv6_block, global, local) {
            (AnyIpv6Block::Assigned, Ok(global), Ok(local)) if is_any => {
                [global.cidr, local.cidr].into_iter().find(|part| is_in_range(address, *part))
            }
            _ => Some(block.cidr()),
        };
        let Some(part) = part else { return false };
        let mut holes = peers
            .iter()
            .filter_map(|peer| match peer {
                Peer::IpBlock(other) if is_kept(other) => Some(other.except()),
                _ => None,
            })
            .flatten()
            .filter(|hole| is_in_range(address, **hole));
        // kube-router/except: exceptions are the rule's, as far as no block is narrower.
        match options.except_scope {
            ExceptScope::Peer => true,
            ExceptScope::Rule => holes.next().is_none(),
            ExceptScope::LongestPrefix => !holes.any(|hole| hole.prefix_length() > part.prefix_length()),
        }
    }

    fn is_of_a_node(&self, address: IpAddr) -> bool {
        self.cluster.nodes().any(|(_, node)| node.addresses.contains(&address))
            || self.cluster.pods().any(|(_, pod)| {
                pod.host_addresses.contains(&address)
                    || (pod.host_network && pod.addresses.contains(&address))
            })
    }

    /// Whether an item of an egress rule that names a port holds a port number.
    pub(crate) fn egress_name_holds(
        &self,
        port: u16,
        (protocol, name): (L4Protocol, &PortName),
        peers: &Peers,
        namespace: &str,
    ) -> Option<bool> {
        let given = |in_namespace: Option<&str>| -> BTreeSet<u16> {
            let pods = self.cluster.pods().filter(|(id, pod)| {
                // A pod that still waits for its address is nobody yet.
                let is_there = pod.phase != Phase::Pending || !pod.addresses.is_empty();
                is_there
                    && self.named(*id).is_ok()
                    && in_namespace.is_none_or(|wanted| pod.namespace == wanted)
            });
            pods.flat_map(|(_, pod)| numbers_of_name(protocol, name, pod, &self.options)).collect()
        };
        let blocks = |peers: &[Peer]| peers.iter().filter(|peer| matches!(peer, Peer::IpBlock(_))).count();
        match (self.options.egress_port_names, peers) {
            (EgressPortNames::Destination, _) => None,
            // CIL-5: one number for the whole cluster, or none.
            (EgressPortNames::Cluster, _) => {
                let numbers = given(None);
                Some(numbers.len() == 1 && numbers.contains(&port))
            }
            // kube-router/named-port: names are those of the policy's own namespace where there are no peers, and
            // mean nothing to addresses.
            (EgressPortNames::Namespace | EgressPortNames::NamespaceOrBlock, Peers::Any) => {
                Some(given(Some(namespace)).contains(&port))
            }
            (EgressPortNames::Namespace, Peers::Of(list)) => (blocks(list) > 0).then_some(false),
            (EgressPortNames::NamespaceOrBlock, Peers::Of(list)) => {
                (blocks(list) == list.len()).then_some(false)
            }
        }
    }

    /// Whether a protocol or family passes that the plugin does not police.
    pub(crate) fn is_exempt_protocol(&self, flow: &Flow) -> bool {
        let is_v6 = |end: End| end.address().is_some_and(|address| address.is_ipv6());
        // azure-npm/ipv6: no rule is made for IPv6.
        if self.options.ipv6 == Ipv6::Ignored && (is_v6(flow.source()) || is_v6(flow.destination())) {
            return true;
        }
        // NP-021: policies speak of TCP, UDP and SCTP; what becomes of the rest is the implementation's choice.
        match (flow.transport(), self.options.other_protocols) {
            (Transport::Other { .. }, OtherProtocols::Allow) => true,
            (Transport::Other { protocol, icmp }, OtherProtocols::IcmpBasics) => {
                let kind = icmp.map(|(kind, _)| kind);
                match protocol {
                    1 => [None, Some(3), Some(8), Some(11)].contains(&kind),
                    58 => kind.is_none_or(|kind| [1, 3, 128, 129, 133, 134, 135, 136].contains(&kind)),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether what a pod sends opens a tunnel that the plugin drops.
    pub(crate) fn is_dropped_tunnel(&self, transport: Transport) -> bool {
        // CAL-3: VXLAN and IP in IP are the nodes' business.
        let vxlan = matches!(transport, Transport::Ports { protocol: L4Protocol::Udp, port: 4789, .. });
        let in_ip = matches!(transport, Transport::Other { protocol: 4, .. });
        match self.options.tunnels {
            Tunnels::Policed => false,
            Tunnels::Dropped => vxlan || in_ip,
            Tunnels::IpInIpDropped => in_ip,
        }
    }
}

/// CIL-4: whether something that has no label at all would do.
pub(crate) fn is_open_to_anything(wanted: &PodMatch) -> bool {
    let negative = |selector: &Selector| selector.requirements().iter().all(is_negative);
    match &wanted.namespaces {
        NamespaceMatch::Named(_) => false,
        NamespaceMatch::Selected(namespaces) => {
            !namespaces.requirements().is_empty() && negative(namespaces) && negative(&wanted.pods)
        }
    }
}

fn is_negative(requirement: &Requirement) -> bool {
    match requirement {
        Requirement::NotIn(..) | Requirement::DoesNotExist(_) => true,
        Requirement::In(..) | Requirement::Exists(_) => false,
    }
}

/// The protocol that an item of a namespace's policy is about.
pub(crate) fn protocol(item: &PortMatch) -> Option<L4Protocol> {
    match item {
        PortMatch::Named { protocol, .. } | PortMatch::Numbered { protocol, .. } => Some(*protocol),
        PortMatch::Protocol(protocol) => Some(*protocol),
        PortMatch::Name(_) | PortMatch::Unknown => None,
    }
}

/// CIL-7: whether a key of a pod's label is part of its identity.
fn is_of_identity(key: &str, domain: LabelDomain) -> bool {
    if key.starts_with("io.cilium.k8s") {
        return false;
    }
    let mut out = vec![
        "pod-template-hash",
        "pod-template-generation",
        "controller-revision-hash",
        "controller-uid",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/controller-uid",
        "kubernetes.io",
        "k8s.io",
        "io.kubernetes",
        "annotation",
        "etcd_node",
    ];
    if domain == LabelDomain::Cilium {
        out.push("topology.kubernetes.io");
    }
    let mut shortest_out = out.into_iter().filter(|prefix| key.starts_with(prefix)).map(str::len).min();
    if let Some((before, _)) = key.rsplit_once("beta.kubernetes.io") {
        let length = before.len().saturating_add("beta.kubernetes.io".len());
        shortest_out = Some(shortest_out.map_or(length, |shortest| shortest.min(length)));
    }
    let longest_in = ["app.kubernetes.io", "io.kubernetes.pod.namespace"]
        .into_iter()
        .filter(|prefix| key.starts_with(prefix))
        .map(str::len)
        .max();
    match (longest_in, shortest_out) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(kept), Some(out)) => kept > out,
    }
}
