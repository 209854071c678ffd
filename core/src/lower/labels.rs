//! Labels: which of them selectors see.

use alloc::format;

use crate::cluster::{Cluster, Namespace, Pod};
use crate::label::{LabelKey, LabelValue, Labels, POD_NAMESPACE};
use crate::options::{LabelDomain, Options};
use crate::policy::{NamespaceMatch, PodMatch};
use crate::selector::Selector;

/// A cluster with the labels that a plugin sees.
pub(super) fn lower(cluster: &Cluster, options: Options) -> Cluster {
    match options.label_domain {
        LabelDomain::Own => cluster.clone(),
        LabelDomain::Calico => cluster.relabelled(calico_pod, calico_namespace),
        LabelDomain::Cilium => cluster.relabelled(cilium_pod, cilium_namespace),
        LabelDomain::Cilium118 => cluster.relabelled(cilium_118_pod, cilium_namespace),
    }
}

/// `CAL-5`: what a namespace's labels are called on its pods.
const CALICO_NAMESPACE: &str = "pcns.";
/// `CAL-5`: what a service account's labels are called on its pods.
const CALICO_SERVICE_ACCOUNT: &str = "pcsa.";

/// `CAL-5`: where a pod has its service account's name, unless that is as long as a label's value may just be, or longer.
const CALICO_ACCOUNT_NAME: &str = "projectcalico.org/serviceaccount";
const LONGEST_ACCOUNT_NAME: usize = 62;

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
    if let Some(account) = &pod.service_account {
        put(&mut labels, "pcsa.projectcalico.org/name", account);
        if account.len() <= LONGEST_ACCOUNT_NAME {
            put(&mut labels, CALICO_ACCOUNT_NAME, account);
        }
    }
    labels
}

fn calico_namespace(namespace: &Namespace) -> Labels {
    let mut labels = namespace.labels.clone();
    put(&mut labels, CALICO_NAMESPACE_NAME, &namespace.name);
    labels
}

/// `CIL-7`: prefixes of keys that stay although one of [`CILIUM_IGNORED`] is a prefix, too.
const CILIUM_KEPT: [&str; 2] = [POD_NAMESPACE, "app.kubernetes.io"];
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
/// `CIL-7`: what stands before each key of Kubernetes.
const CILIUM_SOURCE: &str = "k8s.";
/// How long the prefix of a key can be, and how long its name.
const LONGEST_PREFIX: usize = 253;
const LONGEST_NAME: usize = 63;
/// `CIL-7`: where a pod has its cluster's name, and the name that a cluster has unless it is told another.
const CILIUM_CLUSTER: (&str, &str) = ("io.cilium.k8s.policy.cluster", "default");
/// `CIL-7`: where a pod has its service account's name.
const CILIUM_ACCOUNT_NAME: &str = "io.cilium.k8s.policy.serviceaccount";
/// `CIL-7`: the prefix that is Cilium's own; what a pod calls so cannot be selected.
const CILIUM_RESERVED: &str = "io.cilium.k8s";

fn cilium_pod(pod: &Pod, namespace: &Namespace) -> Labels {
    cilium(pod, namespace, |_| true)
}

fn cilium_118_pod(pod: &Pod, namespace: &Namespace) -> Labels {
    cilium(pod, namespace, |prefix| prefix != CILIUM_IGNORED_SINCE_120)
}

fn cilium(pod: &Pod, namespace: &Namespace, counts: fn(&str) -> bool) -> Labels {
    let mut labels = kept(&pod.labels, |key| is_of_identity(key.as_str(), counts));
    for (key, value) in cilium_namespace(namespace).iter() {
        put(&mut labels, &format!("{CILIUM_NAMESPACE}{key}"), value.as_str());
    }
    put(&mut labels, POD_NAMESPACE, &namespace.name);
    put(&mut labels, CILIUM_CLUSTER.0, CILIUM_CLUSTER.1);
    if let Some(account) = &pod.service_account {
        put(&mut labels, CILIUM_ACCOUNT_NAME, account);
    }
    labels
}

fn cilium_namespace(namespace: &Namespace) -> Labels {
    kept(&namespace.labels, |key| is_of_namespace(key.as_str()))
}

/// `CIL-7`: of a namespace's labels, which its pods have under a prefix that stays, only the pattern that may begin
/// anywhere reaches far enough to drop some.
fn is_of_namespace(key: &str) -> bool {
    !key.contains(CILIUM_IGNORED_ANYWHERE)
}

fn is_of_identity(key: &str, counts: fn(&str) -> bool) -> bool {
    let kept = CILIUM_KEPT.iter().filter(|prefix| key.starts_with(**prefix)).map(|prefix| prefix.len()).max();
    let prefixes = CILIUM_IGNORED.iter().filter(|prefix| counts(prefix) && key.starts_with(**prefix));
    let anywhere = key.rfind(CILIUM_IGNORED_ANYWHERE);
    let anywhere = anywhere.map(|at| at.saturating_add(CILIUM_IGNORED_ANYWHERE.len()));
    let ignored = prefixes.map(|prefix| prefix.len()).chain(anywhere).min();
    // CIL-7: of what matches from the start of the key, the longer of the two wins.
    ignored.is_none_or(|ignored| kept.is_some_and(|kept| kept > ignored)) && !key.starts_with(CILIUM_RESERVED)
}

/// Whether a plugin answers otherwise than the objects' own labels do when a selector asks for a key.
pub(crate) fn is_special(key: &str, domain: LabelDomain, of_namespaces: bool) -> bool {
    let is_cilium = |counts| {
        if of_namespaces {
            return !is_of_namespace(key);
        }
        !is_of_identity(key, counts) || key == POD_NAMESPACE
    };
    match domain {
        LabelDomain::Own => false,
        LabelDomain::Calico if of_namespaces => key == CALICO_NAMESPACE_NAME,
        LabelDomain::Calico => {
            let own = ["projectcalico.org/namespace", "projectcalico.org/orchestrator", CALICO_ACCOUNT_NAME];
            key.starts_with(CALICO_NAMESPACE) || key.starts_with(CALICO_SERVICE_ACCOUNT) || own.contains(&key)
        }
        LabelDomain::Cilium => is_cilium(|_| true),
        LabelDomain::Cilium118 => {
            is_cilium(|prefix| prefix != CILIUM_IGNORED_SINCE_120) || is_overlong(key, of_namespaces)
        }
    }
}

/// `CIL-7`: whether a selector asks for a key that is none once 1.18 has put before it where the label comes from, so that
/// it refuses the whole policy.
pub(super) fn has_overlong_key(wanted: &PodMatch) -> bool {
    let asks = |selector: &Selector, of_namespaces| {
        let mut keys = selector.requirements().iter().map(|requirement| requirement.key().as_str());
        keys.any(|key| is_overlong(key, of_namespaces))
    };
    let in_namespaces = match &wanted.namespaces {
        NamespaceMatch::Named(_) => false,
        NamespaceMatch::Selected(selector) => asks(selector, true),
    };
    in_namespaces || asks(&wanted.pods, false)
}

fn is_overlong(key: &str, of_namespaces: bool) -> bool {
    let (first, longest) = match key.split_once('/') {
        Some((prefix, _)) => (prefix, LONGEST_PREFIX),
        None => (key, LONGEST_NAME),
    };
    let namespace = if of_namespaces { CILIUM_NAMESPACE } else { "" };
    [CILIUM_SOURCE, namespace, first].map(str::len).iter().sum::<usize>() > longest
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
    use crate::selector::Requirement;
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
            ("io.cilium.k8s.other", false, false),
            ("io.cilium.k8sx", false, false),
            ("io.cilium.other", true, true),
            ("io.kubernetes.pod.namespaces", true, true),
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
    fn cil_7_pods_carry_ciliums_labels_and_those_of_their_namespace_that_the_filter_leaves() {
        let own = ["io.cilium.k8s.policy.cluster", "io.cilium.k8s.policy.serviceaccount"];
        let forged = labels(&["app", own[0], own[1], "io.kubernetes.pod.namespace"]);
        let service_account = Some("till".to_string());
        let mut pod = Pod { labels: forged, service_account, ..Pod::new("shop", "web") };
        let of = namespace(&["env", "kubernetes.io/metadata.name", "x.beta.kubernetes.io/y"]);
        let seen = cilium_pod(&pod, &of);
        assert_eq!(
            keys(&seen),
            [
                "app",
                "io.cilium.k8s.namespace.labels.env",
                "io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name",
                "io.cilium.k8s.policy.cluster",
                "io.cilium.k8s.policy.serviceaccount",
                "io.kubernetes.pod.namespace",
            ]
        );
        let value = |key: &str| seen.get(&LabelKey::try_from(key).unwrap()).unwrap().as_str();
        assert_eq!(value("io.cilium.k8s.policy.cluster"), "default");
        assert_eq!(value("io.kubernetes.pod.namespace"), "shop");
        assert_eq!(value("io.cilium.k8s.policy.serviceaccount"), "till");
        pod.service_account = None;
        assert!(!keys(&cilium_pod(&pod, &of)).contains(&own[1]));
        assert_eq!(keys(&cilium_namespace(&of)), ["env", "kubernetes.io/metadata.name"]);
    }

    #[test]
    fn cil_7_keys_that_a_namespace_selector_asks_for_in_vain_are_said_to_be_special() {
        assert!(is_special("x.beta.kubernetes.io/y", LabelDomain::Cilium, true));
        assert!(!is_special("kubernetes.io/metadata.name", LabelDomain::Cilium, true));
        assert!(!is_special("pod-template-hash", LabelDomain::Cilium118, true));
    }

    #[test]
    fn cil_7_a_key_is_overlong_by_what_1_18_puts_before_it() {
        let asks = |length: usize, with: &str| {
            let key = LabelKey::try_from(format!("{with}{}", "k".repeat(length)).as_str()).unwrap();
            [Requirement::Exists(key)].into_iter().collect::<Selector>()
        };
        let of_pods = |pods| PodMatch { namespaces: NamespaceMatch::Named("shop".to_string()), pods };
        let of_namespaces = |selector| PodMatch {
            namespaces: NamespaceMatch::Selected(selector),
            pods: Selector::everything(),
        };
        assert!(!has_overlong_key(&of_pods(asks(59, ""))));
        assert!(has_overlong_key(&of_pods(asks(60, ""))));
        assert!(!has_overlong_key(&of_pods(asks(63, "example.com/"))));
        assert!(!has_overlong_key(&of_namespaces(asks(28, ""))));
        assert!(has_overlong_key(&of_namespaces(asks(29, ""))));
        assert!(is_special(&"k".repeat(29), LabelDomain::Cilium118, true));
        assert!(!is_special(&"k".repeat(29), LabelDomain::Cilium, true));
        assert!(!has_overlong_key(&of_namespaces(asks(63, "example.com/"))));
    }

    #[test]
    fn cal_5_pods_carry_calicos_labels_and_cannot_forge_them() {
        let forged =
            labels(&["app", "pcns.team", "pcsa.x", "projectcalico.org/namespace", CALICO_ACCOUNT_NAME]);
        let service_account = Some("till".to_string());
        let mut pod = Pod { labels: forged, service_account, ..Pod::new("shop", "web") };
        let seen = calico_pod(&pod, &namespace(&["env", "x.io/y"]));
        assert_eq!(
            keys(&seen),
            [
                "app",
                "pcns.env",
                "pcns.projectcalico.org/name",
                "pcns.x.io/y",
                "pcsa.projectcalico.org/name",
                "projectcalico.org/namespace",
                "projectcalico.org/orchestrator",
                "projectcalico.org/serviceaccount"
            ]
        );
        let own = seen.get(&LabelKey::try_from("projectcalico.org/namespace").unwrap()).unwrap();
        assert_eq!(own.as_str(), "shop");
        // A name of 63 letters is a value of a label, and yet Calico leaves it out.
        let of = |pod: &Pod| {
            let seen = calico_pod(pod, &namespace(&[]));
            seen.get(&LabelKey::try_from(CALICO_ACCOUNT_NAME).unwrap()).map(ToString::to_string)
        };
        for (account, expected) in
            [("till".to_string(), true), ("a".repeat(62), true), ("a".repeat(63), false)]
        {
            let expected = if expected { account.clone() } else { "v".to_string() };
            pod.service_account = Some(account);
            assert_eq!(of(&pod), Some(expected));
        }
        assert_eq!(keys(&calico_namespace(&namespace(&["env"]))), ["env", "projectcalico.org/name"]);
    }
}
