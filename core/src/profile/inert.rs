//! Plugins that store policies and enforce none: kubenet and flannel.

use super::{Behaviour, Confidence, Effect, Plugin, Touches};

pub(super) const KUBENET: Plugin = Plugin {
    name: "kubenet",
    summary: "kubenet: a bridge; policies are stored and do nothing.",
    versions: &[],
    options: &[],
    behaviours: |_| [inert("kubenet/policy-types", "Kubernetes, network plugins, documentation")].to_vec(),
};
pub(super) const FLANNEL: Plugin = Plugin {
    name: "flannel",
    summary: "flannel: an overlay; policies are stored and do nothing.",
    versions: &[],
    options: &[],
    behaviours: |_| [inert("flannel/policy-types", "flannel, README, and k3s issue 445")].to_vec(),
};

const fn inert(id: &'static str, source: &'static str) -> Behaviour {
    Behaviour {
        id,
        ideal: "policies are enforced",
        actual: "they are stored and do nothing",
        source,
        confidence: Confidence::Documented,
        effect: Effect::Sets(&[("enforcement", "none")]),
        touches: Touches::Everything,
        whole: true,
    }
}
