//! Cilium.

use alloc::vec::Vec;

use super::{
    Behaviour, Confidence, Effect, Evidence, Plugin, PluginOption, Profile, Touches, unknown_admin,
    unknown_cluster,
};

pub(super) const CILIUM: Plugin = Plugin {
    name: "cilium",
    summary: "Cilium: pods by identity, made of their labels; addresses are for what is outside.",
    versions: &["1.20", "1.18"],
    options: &[
        PluginOption { key: "allow-localhost", values: &["always", "policy"], own_name: "allow-localhost" },
        PluginOption {
            key: "policy-cidr-match-mode",
            values: &["none", "nodes"],
            own_name: "policy-cidr-match-mode",
        },
        PluginOption { key: "sctp", values: &["off", "on"], own_name: "enable-sctp" },
    ],
    behaviours,
};

const RUN: Evidence = Evidence {
    source: "Cilium 1.18.4 and 1.20.2, policy code run on 22,267 random flows and hand-made ones",
    confidence: Confidence::Run,
};

const fn run(id: &'static str, ideal: &'static str, actual: &'static str, touches: Touches) -> Behaviour {
    RUN.sets(id, ideal, actual, touches, &[])
}

const fn sets(behaviour: Behaviour, settings: &'static [super::Setting]) -> Behaviour {
    Behaviour { effect: Effect::Sets(settings), ..behaviour }
}

const PODS: Behaviour = sets(
    run(
        "CIL-1",
        "an `ipBlock` holds pods by their addresses, too",
        "an `ipBlock` never holds a pod, not even its own /32",
        Touches::BlocksOfPods,
    ),
    &[("ip-block-pods", "ignore")],
);
const NODES: Behaviour = sets(
    run(
        "CIL-2",
        "an `ipBlock` holds nodes and host-network pods by their addresses",
        "an `ipBlock` never holds a node or a host-network pod",
        Touches::BlocksOfNodes,
    ),
    &[("ip-block-nodes", "ignore")],
);
const LOCALHOST: Behaviour = sets(
    Behaviour {
        source: "Cilium's option `allow-localhost=policy`",
        confidence: Confidence::Documented,
        ..run(
            "CIL-3",
            "a pod's own node always reaches it",
            "a pod's own node is decided like any other peer",
            Touches::Nothing,
        )
    },
    &[("node-to-own-pod", "policed")],
);
const NEGATIVE: Behaviour = sets(
    run(
        "CIL-4",
        "a `namespaceSelector` holds pods of the namespaces that it matches",
        "one of nothing but `NotIn` and `DoesNotExist` holds nodes and addresses outside, too",
        Touches::NegativeNamespaces,
    ),
    &[("negative-namespaces", "anything")],
);
const EGRESS_NAMES: Behaviour = sets(
    run(
        "CIL-5",
        "a port name in an egress rule means what each destination pod calls so",
        "it means one number for the whole cluster, outside addresses included; where pods differ, none",
        Touches::EgressNames,
    ),
    &[("egress-port-names", "cluster")],
);
const TYPES: Behaviour = sets(
    run(
        "CIL-6",
        "a list of rules whose type `policyTypes` does not name means nothing",
        "it is enforced all the same",
        Touches::Unlisted,
    ),
    &[("policy-types", "at-least")],
);
const LABELS: Behaviour = sets(
    run(
        "CIL-7",
        "selectors see every label of a pod",
        "they see those that are part of its identity; what the identity filter drops counts as absent",
        Touches::Labels,
    ),
    &[("label-domain", "cilium")],
);
const PORTS: Behaviour = sets(
    run(
        "CIL-8",
        "a port name means what any container of the pod calls so",
        "of containers that use one name the last has it, whatever the protocol; init containers have none",
        Touches::NamesOfOddPorts,
    ),
    &[("duplicate-port-names", "last"), ("init-container-ports", "ignored")],
);
const SCTP: Behaviour = sets(
    run(
        "CIL-9",
        "SCTP is decided as policies say",
        "all SCTP from and to pods is dropped, because `enable-sctp` is off",
        Touches::Sctp,
    ),
    &[("sctp", "dropped")],
);

fn behaviours(profile: &Profile) -> Vec<Behaviour> {
    let is_118 = profile.version() == Some("1.18");
    let is = |key: &str, value: &str| profile.value(key) == Some(value);
    let labels = if is_118 { sets(LABELS, &[("label-domain", "cilium-1.18")]) } else { LABELS };
    let chosen = [
        (true, PODS),
        (is("policy-cidr-match-mode", "none"), NODES),
        (is("allow-localhost", "policy"), LOCALHOST),
        (is_118, NEGATIVE),
        (is_118, EGRESS_NAMES),
        (true, TYPES),
        (true, labels),
        (true, PORTS),
        (is("sctp", "off"), SCTP),
        (true, unknown_admin("cilium/admin-network-policy")),
        (true, unknown_cluster("cilium/cluster-network-policy")),
    ];
    chosen.into_iter().filter(|(holds, _)| *holds).map(|(_, behaviour)| behaviour).collect()
}
