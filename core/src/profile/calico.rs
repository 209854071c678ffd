//! Calico: on Linux, on Windows, and for policy only beside kubenet.

use alloc::vec::Vec;

use super::{
    Behaviour, Confidence, Effect, Evidence, Plugin, PluginOption, Profile, Setting, Touches, unknown_admin,
    unknown_cluster, unknown_hairpin,
};

const VERSIONS: &[&str] = &["3.32", "3.31", "3.30", "3.29", "3.28"];
const OPTIONS: &[PluginOption] = &[
    PluginOption { key: "dataplane", values: &["iptables", "bpf"], own_name: "linuxDataplane" },
    PluginOption {
        key: "endpoint-to-host",
        values: &["accept", "drop"],
        own_name: "defaultEndpointToHostAction",
    },
];

pub(super) const LINUX: Plugin = Plugin {
    name: "calico",
    summary: "Calico on Linux: addresses are addresses, and it has labels of its own.",
    versions: VERSIONS,
    options: OPTIONS,
    behaviours: linux,
};
pub(super) const WITH_KUBENET: Plugin = Plugin {
    name: "kubenet+calico",
    summary: "Calico for policy only, beside kubenet: as `calico`, but what leaves a node has the node's address.",
    versions: VERSIONS,
    options: OPTIONS,
    behaviours: linux,
};
pub(super) const WINDOWS: Plugin = Plugin {
    name: "calico-windows",
    summary: "Calico on Windows: what the host's network service cannot say is left out of rules.",
    versions: &[],
    options: &[],
    behaviours: |_| {
        [
            LABELS,
            unknown_admin("calico-windows/admin-network-policy"),
            unknown_cluster("calico-windows/cluster-network-policy"),
            SKIPPED_NAMES,
            SKIPPED_EXCEPTS,
            TO_POD,
            unknown_hairpin("calico-windows/pod-to-itself-via-service", NO_SOURCE),
            TO_NODE,
            NO_IPV6,
            LIVE_FLOWS,
        ]
        .to_vec()
    },
};

const RUN: Evidence = Evidence {
    source: "Calico 3.28.5 and master of 2026-08 (3.32), converter and dataplane rules run on 22,267 random flows \
             and hand-made ones",
    confidence: Confidence::Run,
};
const WINDOWS_CODE: &str = "Calico, felix/dataplane/windows/policysets, read";
const WINDOWS_DOCS: &str = "Calico, limitations of Calico for Windows, documentation";
const HAIRPIN: &str =
    "none: the source is rewritten to the pod's own address or its node's, as the mode of kube-proxy has it";
const NO_SOURCE: &str = "none: nobody has run or read this version";

const HOST: Behaviour = RUN.sets(
    "CAL-2",
    "traffic from a pod to its own node is under the pod's egress policies alone",
    "the node drops it, because `defaultEndpointToHostAction` is `Drop`",
    Touches::Nothing,
    &[("pod-to-own-node", "denied")],
);
const TUNNELS: Behaviour = RUN.sets(
    "CAL-3",
    "what a pod sends is decided as policies say, whatever it carries",
    "VXLAN (UDP 4789) and IP in IP (protocol 4) from a pod are dropped",
    Touches::Vxlan,
    &[("tunnels", "dropped")],
);
const TUNNELS_OF_BPF: Behaviour = Behaviour {
    actual: "IP in IP (protocol 4) from a pod is dropped",
    touches: Touches::Nothing,
    effect: Effect::Sets(&[("tunnels", "ip-in-ip-dropped")]),
    ..TUNNELS
};
const SCTP_OF_BPF: Behaviour = RUN.sets(
    "CAL-4",
    "an SCTP item of `ports` holds the ports that it says",
    "it holds SCTP to any port, and one with a port name holds nothing",
    Touches::Sctp,
    &[("sctp", "any-port")],
);
const LABELS: Behaviour = RUN.sets(
    "CAL-5",
    "selectors see the labels that objects have",
    "they see Calico's, too: `projectcalico.org/…` and `pcns.…`, which pods cannot forge",
    Touches::Labels,
    &[("label-domain", "calico")],
);
const NO_INIT_NAMES: Behaviour = RUN.sets(
    "CAL-7",
    "a port name means what any container of the pod calls so",
    "names of init containers and sidecars mean nothing before 3.32",
    Touches::NamesOfOddPorts,
    &[("init-container-ports", "ignored")],
);
const CLUSTER_PEERS: Behaviour = Behaviour {
    source: "Calico, master of 2026-08, conversion of ClusterNetworkPolicy, read",
    confidence: Confidence::Read,
    ..RUN.sets(
        "calico/cluster-peers",
        "nodes and domain names are peers of a policy of the cluster",
        "a rule with one of them is dropped where it accepts, and denies everything where it denies or passes",
        Touches::ClusterPeers,
        &[("cluster-peers", "pods-and-networks")],
    )
};
const LIVE: Behaviour = Behaviour {
    source: "Calico, documentation of policy and established connections",
    confidence: Confidence::Documented,
    ..RUN.sets(
        "calico/live-flow-cut",
        "a connection is decided anew when policies change",
        "it lives on",
        Touches::Nothing,
        &[("established", "kept")],
    )
};

/// What was seen before and after a version that nobody has looked at.
const fn unseen(behaviour: Behaviour, ways: &'static [&'static [Setting]]) -> Behaviour {
    Behaviour {
        effect: Effect::Unknown(ways),
        source: NO_SOURCE,
        confidence: Confidence::Inferred,
        ..behaviour
    }
}

fn linux(profile: &Profile) -> Vec<Behaviour> {
    let is = |key: &str, value: &str| profile.value(key) == Some(value);
    let (is_bpf, is_seen) = (is("dataplane", "bpf"), matches!(profile.version(), Some("3.32" | "3.28")));
    let tunnels = match (is_bpf, is_seen) {
        (false, true) => TUNNELS,
        (true, true) => TUNNELS_OF_BPF,
        (false, false) => unseen(TUNNELS, &[&[("tunnels", "dropped")], &[]]),
        (true, false) => unseen(TUNNELS_OF_BPF, &[&[("tunnels", "ip-in-ip-dropped")], &[]]),
    };
    let sctp = if is_seen { SCTP_OF_BPF } else { unseen(SCTP_OF_BPF, &[&[], &[("sctp", "any-port")]]) };
    let labels = if is_seen { LABELS } else { unseen(LABELS, &[&[], &[("label-domain", "calico")]]) };
    let names = if is_seen {
        NO_INIT_NAMES
    } else {
        unseen(NO_INIT_NAMES, &[&[("init-container-ports", "ignored")], &[]])
    };
    let chosen = [
        (is("endpoint-to-host", "drop"), HOST),
        (true, tunnels),
        (is_bpf, sctp),
        (true, labels),
        (profile.version() != Some("3.32"), names),
        (matches!(profile.version(), Some("3.32" | "3.28")), unknown_admin("calico/admin-network-policy")),
        (profile.version() != Some("3.32"), unknown_cluster("calico/cluster-network-policy")),
        (true, unknown_hairpin("calico/pod-to-itself-via-service", HAIRPIN)),
        (profile.version() == Some("3.32"), CLUSTER_PEERS),
        (true, LIVE),
    ];
    chosen.into_iter().filter(|(holds, _)| *holds).map(|(_, behaviour)| behaviour).collect()
}

const fn on_windows(behaviour: Behaviour, source: &'static str, confidence: Confidence) -> Behaviour {
    Behaviour { source, confidence, ..behaviour }
}

const SKIPPED_NAMES: Behaviour = on_windows(
    Behaviour {
        effect: Effect::Unknown(&[&[("port-names", "spoil-protocol")], &[("port-names", "ignored")]]),
        ..RUN.sets(
            "calico-windows/named-port",
            "a port name means what the destination pod calls so",
            "a rule with one is left out; whether ports by number of its protocol go with it is not known",
            Touches::Names,
            &[],
        )
    },
    WINDOWS_CODE,
    Confidence::Read,
);
const SKIPPED_EXCEPTS: Behaviour = on_windows(
    RUN.sets(
        "calico-windows/except",
        "an `ipBlock` holds the addresses outside its exceptions",
        "a rule with exceptions is left out, so that the block holds nothing",
        Touches::Excepts,
        &[("excepts", "ignored")],
    ),
    WINDOWS_CODE,
    Confidence::Read,
);
const TO_POD: Behaviour = on_windows(
    Behaviour {
        effect: Effect::Unknown(&[&[("node-to-own-pod", "policed")], &[]]),
        ..RUN.sets(
            "calico-windows/node-to-local-pod",
            "a pod's own node always reaches it",
            "not known",
            Touches::Nothing,
            &[],
        )
    },
    NO_SOURCE,
    Confidence::Inferred,
);
const TO_NODE: Behaviour = on_windows(
    Behaviour {
        effect: Effect::Unknown(&[&[("pod-to-own-node", "denied")], &[("pod-to-own-node", "exempt")], &[]]),
        ..RUN.sets(
            "calico-windows/pod-to-own-node",
            "traffic from a pod to its own node is under the pod's egress policies alone",
            "not known",
            Touches::Nothing,
            &[],
        )
    },
    NO_SOURCE,
    Confidence::Inferred,
);
const NO_IPV6: Behaviour = on_windows(
    RUN.sets(
        "calico-windows/ipv6",
        "policies decide IPv6 as they decide IPv4",
        "IPv6 is not under policy",
        Touches::Ipv6Blocks,
        &[("ipv6", "ignored")],
    ),
    WINDOWS_DOCS,
    Confidence::Documented,
);
const LIVE_FLOWS: Behaviour = on_windows(
    Behaviour {
        effect: Effect::Unknown(&[&[], &[("established", "kept")]]),
        ..RUN.sets(
            "calico-windows/live-flow-cut",
            "a connection is decided anew when policies change",
            "new rules may reset TCP connections, or may not",
            Touches::Nothing,
            &[],
        )
    },
    WINDOWS_CODE,
    Confidence::Read,
);
