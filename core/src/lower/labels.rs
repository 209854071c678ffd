//! Labels: which of them selectors see.

use alloc::format;

use crate::cluster::{Cluster, Namespace, Pod};
use crate::label::{LabelKey, LabelValue, Labels};
use crate::options::{LabelDomain, Options};

/// A cluster with the labels that a plugin sees.
pub(super) fn lower(cluster: &Cluster, options: Options) -> Cluster {
    match options.label_domain {
        LabelDomain::Own => cluster.clone(),
        LabelDomain::Calico => cluster.relabelled(calico_pod, calico_namespace),
        LabelDomain::Cilium => cluster.relabelled(cilium_pod, |namespace| namespace.labels.clone()),
        LabelDomain::Cilium118 => cluster.relabelled(cilium_118_pod, |namespace| namespace.labels.clone()),
    }
}

/// `CAL-5`: what a namespace's labels are called on its pods.
const CALICO_NAMESPACE: &str = "pcns.";
/// `CAL-5`: what a service account's labels are called on its pods.
const CALICO_SERVICE_ACCOUNT: &str = "pcsa.";

/// `CAL-5`: where a namespace has its name.
const CALICO_NAMESPACE_NAME: &str = "projectcalico.org/name";

fn calico_pod(pod: &Pod, namespace: &Namespace) -> Labels {
    // CAL-5: what a pod itself calls so is dropped, or anybody could pose as a pod of another namespace.
    let is_own = |key: &LabelKey| {
        !key.as_str().starts_with(CALICO_NAMESPACE) && !key.as_str().starts_with(CALICO_SERVICE_ACCOUNT)
    };
    let mut labels = kept(&pod.labels, is_own);
    for (key, value) in namespace.labels.iter() {
        put(&mut labels, &format!("{CALICO_NAMESPACE}{key}"), value.as_str());
    }
    put(&mut labels, "pcns.projectcalico.org/name", &namespace.name);
    put(&mut labels, "projectcalico.org/namespace", &namespace.name);
    put(&mut labels, "projectcalico.org/orchestrator", "k8s");
    labels
}

fn calico_namespace(namespace: &Namespace) -> Labels {
    let mut labels = namespace.labels.clone();
    put(&mut labels, CALICO_NAMESPACE_NAME, &namespace.name);
    labels
}

/// `CIL-7`: prefixes of keys that stay although one of [`CILIUM_IGNORED`] is a prefix, too.
const CILIUM_KEPT: [&str; 2] = [CILIUM_NAMESPACE_NAME, "app.kubernetes.io"];
/// `CIL-7`: prefixes of keys that are no part of an identity.
const CILIUM_IGNORED: [&str; 14] = [
    "annotation",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "controller-revision-hash",
    "controller-uid",
    "etcd_node",
    "io.kubernetes",
    "k8s.io",
    "kubernetes.io",
    "pod-template-generation",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
    "topology.kubernetes.io",
];
/// `CIL-7`: since when 1.20 ignores it.
const CILIUM_IGNORED_SINCE_120: &str = "topology.kubernetes.io";
/// `CIL-7`: keys with this anywhere are no part of an identity.
const CILIUM_IGNORED_ANYWHERE: &str = "beta.kubernetes.io";
/// `CIL-7`: what a namespace's labels are called on its pods.
const CILIUM_NAMESPACE: &str = "io.cilium.k8s.namespace.labels.";
/// `CIL-7`: where a pod has its namespace's name.
const CILIUM_NAMESPACE_NAME: &str = "io.kubernetes.pod.namespace";
/// `CIL-7`: prefixes that are Cilium's own; what a pod calls so cannot be selected.
const CILIUM_RESERVED: [&str; 2] = ["io.cilium.k8s.policy.", CILIUM_NAMESPACE];

fn cilium_pod(pod: &Pod, namespace: &Namespace) -> Labels {
    cilium(pod, namespace, |_| true)
}

fn cilium_118_pod(pod: &Pod, namespace: &Namespace) -> Labels {
    cilium(pod, namespace, |prefix| prefix != CILIUM_IGNORED_SINCE_120)
}

fn cilium(pod: &Pod, namespace: &Namespace, counts: fn(&str) -> bool) -> Labels {
    let mut labels = kept(&pod.labels, |key| is_of_identity(key.as_str(), counts));
    for (key, value) in namespace.labels.iter() {
        put(&mut labels, &format!("{CILIUM_NAMESPACE}{key}"), value.as_str());
    }
    put(&mut labels, CILIUM_NAMESPACE_NAME, &namespace.name);
    labels
}

fn is_of_identity(key: &str, counts: fn(&str) -> bool) -> bool {
    let kept = CILIUM_KEPT.iter().filter(|prefix| key.starts_with(**prefix)).map(|prefix| prefix.len()).max();
    let prefixes = CILIUM_IGNORED.iter().filter(|prefix| counts(prefix) && key.starts_with(**prefix));
    let anywhere = key.rfind(CILIUM_IGNORED_ANYWHERE);
    let anywhere = anywhere.map(|at| at.saturating_add(CILIUM_IGNORED_ANYWHERE.len()));
    let ignored = prefixes.map(|prefix| prefix.len()).chain(anywhere).min();
    // CIL-7: of what matches from the start of the key, the longer of the two wins.
    ignored.is_none_or(|ignored| kept.is_some_and(|kept| kept > ignored))
        && !CILIUM_RESERVED.iter().any(|prefix| key.starts_with(prefix))
}

/// Whether a plugin answers otherwise than the objects' own labels do when a selector asks for a key.
pub(crate) fn is_special(key: &str, domain: LabelDomain, of_namespaces: bool) -> bool {
    let is_cilium = |counts| !of_namespaces && (!is_of_identity(key, counts) || key == CILIUM_NAMESPACE_NAME);
    match domain {
        LabelDomain::Own => false,
        LabelDomain::Calico if of_namespaces => key == CALICO_NAMESPACE_NAME,
        LabelDomain::Calico => {
            let own = ["projectcalico.org/namespace", "projectcalico.org/orchestrator"];
            key.starts_with(CALICO_NAMESPACE) || key.starts_with(CALICO_SERVICE_ACCOUNT) || own.contains(&key)
        }
        LabelDomain::Cilium => is_cilium(|_| true),
        LabelDomain::Cilium118 => is_cilium(|prefix| prefix != CILIUM_IGNORED_SINCE_120),
    }
}

fn kept(labels: &Labels, is_kept: impl Fn(&LabelKey) -> bool) -> Labels {
    let kept = labels.iter().filter(|(key, _)| is_kept(key));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Sets a label; a key that is too long to be one is one that no selector can ask for.
fn put(labels: &mut Labels, key: &str, value: &str) {
    if let (Ok(key), Ok(value)) = (LabelKey::try_from(key), LabelValue::try_from(value)) {
        labels.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    fn labels(keys: &[&str]) -> Labels {
        let pair = |key: &&str| (LabelKey::try_from(*key).unwrap(), LabelValue::try_from("v").unwrap());
        keys.iter().map(pair).collect()
    }

    fn keys(labels: &Labels) -> Vec<&str> {
        labels.iter().map(|(key, _)| key.as_str()).collect()
    }

    fn namespace(keys: &[&str]) -> Namespace {
        Namespace { name: "shop".to_string(), labels: labels(keys), declared: true }
    }

    #[test]
    fn cil_7_the_identity_filter_takes_keys_by_prefix_and_the_longer_match_wins() {
        let cases = [
            ("app", true, true),
            ("app.kubernetes.io/name", true, true),
            ("app.kubernetes.io/beta.kubernetes.io", false, false),
            ("apps.kubernetes.io/pod-index", false, false),
            ("apps.kubernetes.io/other", true, true),
            ("batch.kubernetes.io/job-name", true, true),
            ("batch.kubernetes.io/job-completion-index", false, false),
            ("batch.kubernetes.io/controller-uid", false, false),
            ("job-name", true, true),
            ("pod-template-hash", false, false),
            ("pod-template-hash-x", false, false),
            ("my-pod-template-hash", true, true),
            ("controller-revision-hash", false, false),
            ("controller-uid", false, false),
            ("annotation.x", false, false),
            ("annotations", false, false),
            ("etcd_node", false, false),
            ("kubernetes.io/x", false, false),
            ("node.kubernetes.io/x", true, true),
            ("x.beta.kubernetes.io/y", false, false),
            ("k8s.io/x", false, false),
            ("example.com/k8s.io", true, true),
            ("io.kubernetes.foo", false, false),
            ("io.cilium.k8s.policy.x", false, false),
            ("io.cilium.k8s.namespace.labels.team", false, false),
            ("io.cilium.other", true, true),
            ("statefulset.kubernetes.io/pod-name", false, false),
            ("topology.kubernetes.io/zone", false, true),
        ];
        for (key, newest, in_118) in cases {
            let pod = Pod { labels: labels(&[key]), ..Pod::new("shop", "web") };
            let has = |labels: &Labels| keys(labels).contains(&key);
            assert_eq!(has(&cilium_pod(&pod, &namespace(&[]))), newest, "{key}");
            assert_eq!(has(&cilium_118_pod(&pod, &namespace(&[]))), in_118, "{key} in 1.18");
        }
    }

    #[test]
    fn cal_5_pods_carry_calicos_labels_and_cannot_forge_them() {
        let forged = labels(&["app", "pcns.team", "pcsa.x", "projectcalico.org/namespace"]);
        let pod = Pod { labels: forged, ..Pod::new("shop", "web") };
        let seen = calico_pod(&pod, &namespace(&["env", "x.io/y"]));
        assert_eq!(
            keys(&seen),
            [
                "app",
                "pcns.env",
                "pcns.projectcalico.org/name",
                "pcns.x.io/y",
                "projectcalico.org/namespace",
                "projectcalico.org/orchestrator"
            ]
        );
        let own = seen.get(&LabelKey::try_from("projectcalico.org/namespace").unwrap()).unwrap();
        assert_eq!(own.as_str(), "shop");
        assert_eq!(keys(&calico_namespace(&namespace(&["env"]))), ["env", "projectcalico.org/name"]);
    }
}
