//! Workloads that hurt this structure most.

use portcullis::cluster::{ClusterBuilder, Pod};
use portcullis::policy::{NamespaceMatch, Peer, PodMatch, Policy, PolicySet, Traffic};
use portcullis::selector::Selector;
use portcullis::source::Origin;

use super::labels::{labels, matching};
use super::policies::{PORTS, rule, tcp};
use super::synthetic::place;
use super::{Family, Workload};
use crate::random::Random;

/// 10,000 pods in three namespaces of 20 apps, with 3,333 policies each.
#[must_use]
pub fn many_policies(seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let app = |number: usize| format!("app-{}", number % 20);
    let pods = (0..10_000).map(|number| {
        let mut pod = Pod::new(format!("ns-{}", number % 3), format!("pod-{number}"));
        pod.labels = labels(&[("app", &app(number / 3))]);
        pod
    });
    let pods: Vec<Pod> = pods.collect();
    let mut policies = Vec::new();
    for number in 0..9_999 {
        let namespace = format!("ns-{}", number % 3);
        let subject = matching(&[("app", &app(random.below(20)))]);
        let rules = (0..2)
            .map(|_| {
                let peer = own(&namespace, matching(&[("app", &app(random.below(20)))]));
                rule(vec![Peer::Pods(peer)], Traffic::Of(vec![tcp(*random.pick(&PORTS))]))
            })
            .collect();
        policies.push(policy(&namespace, number, subject, rules));
    }
    workload("adversarial: 3,333 policies a namespace", pods, policies, &mut random)
}

/// 10,000 pods, each with a label and a policy of its own, whose peers are one pod in twelve.
#[must_use]
pub fn own_policy_each(seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let pods = (0..10_000).map(|number| {
        let mut pod = Pod::new("ns", format!("pod-{number}"));
        pod.labels = labels(&[("id", &format!("{number}")), ("app", &format!("app-{}", number % 12))]);
        pod
    });
    let pods: Vec<Pod> = pods.collect();
    let mut policies = Vec::new();
    for number in 0..10_000 {
        let subject = matching(&[("id", &format!("{number}"))]);
        let peer = own("ns", matching(&[("app", &format!("app-{}", random.below(12)))]));
        let traffic = Traffic::Of(vec![tcp(*random.pick(&PORTS))]);
        policies.push(policy("ns", number, subject, vec![rule(vec![Peer::Pods(peer)], traffic)]));
    }
    workload("adversarial: a policy of its own for each pod", pods, policies, &mut random)
}

fn own(namespace: &str, pods: Selector) -> PodMatch {
    PodMatch { namespaces: NamespaceMatch::Named(namespace.to_string()), pods }
}

fn policy(
    namespace: &str,
    number: usize,
    subject: Selector,
    ingress: Vec<portcullis::policy::Rule>,
) -> Policy {
    Policy {
        rank: portcullis::policy::Rank::NetworkPolicy,
        namespace: namespace.to_string(),
        name: format!("policy-{number:05}"),
        subject: own(namespace, subject),
        ingress: Some(ingress),
        egress: None,
        unlisted: Vec::new(),
        origin: Origin::default(),
    }
}

pub(super) fn workload(
    name: &str,
    mut pods: Vec<Pod>,
    policies: Vec<Policy>,
    random: &mut Random,
) -> Workload {
    let mut builder = ClusterBuilder::new();
    place(&mut pods, Family::V4, random, &mut builder);
    for pod in pods {
        builder.pod(pod);
    }
    for policy in &policies {
        builder.mention_namespace(&*policy.namespace);
    }
    Workload {
        name: name.to_string(),
        cluster: builder.build().expect("names are given once"),
        policies: PolicySet::new(policies).expect("names are given once"),
    }
}
