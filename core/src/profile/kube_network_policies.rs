//! kube-network-policies.

use super::{Behaviour, Confidence, Evidence, Plugin, Touches};

pub(super) const KUBE_NETWORK_POLICIES: Plugin = Plugin {
    name: "kube-network-policies",
    summary: "kube-network-policies: the text, packet by packet, for pods that share an address with nobody.",
    versions: &["1.1"],
    options: &[],
    behaviours: |_| [LOOPBACK, OWN_NODE, FINISHED, BASELINE, INIT_NAMES, UNKNOWN_FIELDS].to_vec(),
};

const RUN: Evidence = Evidence {
    source: "kube-network-policies 1.1.1, evaluator run on 22,267 random flows and hand-made ones",
    confidence: Confidence::Run,
};

const LOOPBACK: Behaviour = RUN.sets(
    "KNP-1",
    "a pod always reaches itself",
    "a pod to itself is decided like any other flow",
    Touches::Nothing,
    &[("loopback", "evaluated")],
);
const OWN_NODE: Behaviour = RUN.sets(
    "KNP-2",
    "a pod's own node always reaches it",
    "a pod's own node is decided like any other peer, but for sockets of user 0",
    Touches::Nothing,
    &[("node-to-own-pod", "policed")],
);
const FINISHED: Behaviour = RUN.sets(
    "KNP-3",
    "a pod that has ended is neither subject nor peer",
    "it stays both as long as no other pod has its address",
    Touches::Nothing,
    &[("finished-pods", "kept")],
);
const TIERS: Evidence = Evidence {
    source: "kube-network-policies 1.1.1, engine run on single cases of tiers",
    confidence: Confidence::Run,
};
const BASELINE: Behaviour = TIERS.sets(
    "kube-network-policies/baseline",
    "Baseline is asked of a direction in which no policy of a namespace isolates the pod",
    "it is not asked of a pod that any policy of its namespace selects, for whatever direction",
    Touches::Nothing,
    &[("hand-over", "pod")],
);
const UNKNOWN_FIELDS: Behaviour = TIERS.sets(
    "kube-network-policies/unknown-fields",
    "a rule with a peer that nobody knows allows nothing, or denies everything",
    "such a peer holds nothing, whatever the rule does",
    Touches::Nothing,
    &[("unknown-fields", "ignored")],
);
const INIT_NAMES: Behaviour = RUN.sets(
    "kube-network-policies/named-port",
    "a port name means what any container of the pod calls so",
    "names of init containers and sidecars mean nothing",
    Touches::NamesOfOddPorts,
    &[("init-container-ports", "ignored")],
);
