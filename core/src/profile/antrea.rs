//! Antrea.

use super::{Behaviour, Confidence, Effect, Plugin, Touches};

pub(super) const ANTREA: Plugin = Plugin {
    name: "antrea",
    summary: "Antrea: rules as flows of Open vSwitch, for new connections.",
    versions: &["2.7"],
    options: &[],
    behaviours: |_| [LIVE, OWN_NODE].to_vec(),
};

const LIVE: Behaviour = Behaviour {
    id: "antrea/live-flow-cut",
    ideal: "a connection is decided anew when policies change",
    actual: "it lives on",
    source: "Antrea, design of the Open vSwitch pipeline, documentation",
    confidence: Confidence::Documented,
    effect: Effect::Sets(&[("established", "kept")]),
    touches: Touches::Nothing,
    whole: false,
};
const OWN_NODE: Behaviour = Behaviour {
    id: "antrea/node-to-local-pod",
    ideal: "a pod's own node always reaches it",
    actual: "probes of the kubelet do; whether other traffic of the node does is not known",
    source: "Antrea, design of the Open vSwitch pipeline, documentation, which speaks of probes only",
    confidence: Confidence::Documented,
    effect: Effect::Unknown(&[&[("node-to-own-pod", "policed")], &[]]),
    touches: Touches::Nothing,
    whole: false,
};
