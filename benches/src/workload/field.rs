//! Loads that other projects publish figures for, S1 to S6.

use std::net::{IpAddr, Ipv4Addr};

use portcullis::cluster::{Pod, PodIdentity};
use portcullis::net::{Cidr, IpBlock};
use portcullis::policy::{NamespaceMatch, Peer, PodMatch, Policy, Rule, Traffic};
use portcullis::selector::Selector;
use portcullis::source::Origin;

use super::adversarial::workload;
use super::blocks::{public, random_cidr};
use super::labels::{labels, matching};
use super::policies::{PORTS, rule, tcp};
use super::{Family, Workload};
use crate::random::Random;

/// S1: Calico's "production-like" set: 294 policies of 68 rules, 4,838 references to 3,708 sets of 256,000 addresses,
/// the largest of them 54,566.
#[must_use]
pub fn calico_production(seed: u64) -> Workload {
    const SETS: usize = 3_708;
    let mut random = Random::new(seed);
    let sets: Vec<Vec<IpBlock>> = (1..=SETS)
        .map(|rank| {
            let members = (54_566.0 / (rank as f64).powf(1.2)).ceil() as usize;
            (0..members).map(|_| host(public(&mut random, false))).collect()
        })
        .collect();
    let pods = app_pods(20_000, 100, &mut random);
    let policies = (0..294)
        .map(|number| {
            let namespace = format!("ns-{}", number % 100);
            let rules: Vec<Rule> = (0..68)
                .map(|index| {
                    let place = number * 68 + index;
                    let traffic = Traffic::Of(vec![tcp(*random.pick(&PORTS))]);
                    // A quarter of the rules name a set: each set once, and some a second time.
                    if place % 4 == 0 {
                        let set = &sets[place / 4 % SETS];
                        return rule(set.iter().cloned().map(Peer::IpBlock).collect(), traffic);
                    }
                    let pods = matching(&[("app", &format!("app-{}", random.below(12)))]);
                    rule(vec![Peer::Pods(own(&namespace, pods))], traffic)
                })
                .collect();
            let (ingress, egress) = rules.split_at(34);
            let app = format!("app-{}", random.below(12));
            let subject = matching(&[("app", &app)]);
            policy(&namespace, number, subject, Some(ingress.to_vec()), Some(egress.to_vec()))
        })
        .collect();
    workload("S1 Calico production-like", pods, policies, &mut random)
}

/// S2: Antrea's controller benchmark: 25,000 namespaces of four pods and three policies.
#[must_use]
pub fn many_namespaces(seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let mut pods = Vec::new();
    let mut policies = Vec::new();
    for number in 0..25_000 {
        let namespace = format!("ns-{number}");
        for app in 0..4 {
            let mut pod = Pod::new(&*namespace, format!("app-{app}"));
            pod.labels = labels(&[("app", &format!("app-{}", app / 2))]);
            pods.push(pod);
        }
        let app = |number: usize| matching(&[("app", &format!("app-{number}"))]);
        let from = |pods: Selector| rule(vec![Peer::Pods(own(&namespace, pods))], Traffic::Of(vec![tcp(80)]));
        policies.push(policy(&namespace, 0, Selector::everything(), Some(vec![]), None));
        policies.push(policy(&namespace, 1, app(0), Some(vec![from(app(1))]), None));
        policies.push(policy(&namespace, 2, app(1), None, Some(vec![from(app(0))])));
    }
    workload("S2 Antrea 25k namespaces", pods, policies, &mut random)
}

/// S3: Antrea's largest namespace: 10,000 pods, and 10,000 policies from all of them to all of them.
#[must_use]
pub fn all_to_all(seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let pods = app_pods(10_000, 1, &mut random);
    let policies = (0..10_000)
        .map(|number| {
            let everyone = own("ns-0", Selector::everything());
            let port = u16::try_from(1_000 + number).unwrap_or(u16::MAX);
            let ingress = vec![rule(vec![Peer::Pods(everyone)], Traffic::Of(vec![tcp(port)]))];
            policy("ns-0", number, Selector::everything(), Some(ingress), None)
        })
        .collect();
    workload("S3 Antrea all-to-all 10k x 10k", pods, policies, &mut random)
}

/// S4: a deny list of a million CIDRs in Kinvolk's proportions, as exceptions to everywhere.
#[must_use]
pub fn cidr_deny_list(cidrs: usize, seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let pods = app_pods(1_000, 10, &mut random);
    let denied = (0..cidrs).map(|_| random_cidr(&mut random, Family::V4)).collect();
    let everywhere = Cidr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0).expect("the length fits");
    let block = IpBlock::new(everywhere, denied).expect("exceptions lie inside");
    let egress = vec![rule(vec![Peer::IpBlock(block)], Traffic::Any)];
    let policies = vec![policy("ns-0", 0, Selector::everything(), None, Some(egress))];
    workload("S4 a deny list of CIDRs", pods, policies, &mut random)
}

/// S5: a thousand nested CIDRs, each a rule of its own, as in Cilium's policy benchmark.
#[must_use]
pub fn nested_cidrs(seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let pods = app_pods(1_000, 10, &mut random);
    let mut egress = Vec::new();
    for chain in 0..40_u8 {
        for length in 8..33 {
            let address = IpAddr::V4(Ipv4Addr::new(20 + chain, chain, chain, chain));
            let cidr = Cidr::new(address, length).expect("the length fits");
            let block = IpBlock::new(cidr, Vec::new()).expect("there are no exceptions");
            egress.push(rule(vec![Peer::IpBlock(block)], Traffic::Of(vec![tcp(*random.pick(&PORTS))])));
        }
    }
    let policies = vec![policy("ns-0", 0, Selector::everything(), None, Some(egress))];
    workload("S5 a thousand nested CIDRs", pods, policies, &mut random)
}

/// S6: churn over S2: pods that are put again, each with another address or with another app.
#[must_use]
pub fn churn(workload: &Workload, updates: usize, seed: u64) -> Vec<Pod> {
    let mut random = Random::new(seed);
    let pods: Vec<&Pod> = workload.cluster.pods().map(|(_, pod)| pod).collect();
    (0..updates)
        .map(|number| {
            let mut pod = (*random.pick(&pods)).clone();
            if random.percent(80) {
                // From a range that no node of the workload has.
                let bits = 0x0a80_0000 + u32::try_from(number).unwrap_or(0);
                pod.addresses = vec![IpAddr::V4(Ipv4Addr::from_bits(bits))];
            } else {
                pod.labels = labels(&[("app", &format!("app-{}", random.below(4)))]);
            }
            pod.identity = PodIdentity::Named(pod.identity.to_string());
            pod
        })
        .collect()
}

/// A thousand pods in ten namespaces, each namespace with so many policies: what an evaluator that reads a namespace's
/// policies one by one takes longer for.
#[must_use]
pub fn policies_per_namespace(count: usize, seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let pods = app_pods(1_000, 10, &mut random);
    let mut policies = Vec::new();
    for space in 0..10 {
        let namespace = format!("ns-{space}");
        for number in 0..count {
            let app = |random: &mut Random| matching(&[("app", &format!("app-{}", random.below(12)))]);
            let (subject, peers) = (app(&mut random), app(&mut random));
            let traffic = Traffic::Of(vec![tcp(*random.pick(&PORTS))]);
            let rules = vec![rule(vec![Peer::Pods(own(&namespace, peers))], traffic)];
            let (ingress, egress) = if number % 2 == 0 { (Some(rules), None) } else { (None, Some(rules)) };
            policies.push(policy(&namespace, number, subject, ingress, egress));
        }
    }
    workload(&format!("{count} policies a namespace"), pods, policies, &mut random)
}

fn app_pods(count: usize, namespaces: usize, random: &mut Random) -> Vec<Pod> {
    let pod = |number: usize| {
        let mut pod = Pod::new(format!("ns-{}", number % namespaces), format!("pod-{number}"));
        pod.labels = labels(&[("app", &format!("app-{}", random.below(12)))]);
        pod
    };
    (0..count).map(pod).collect()
}

fn host(address: IpAddr) -> IpBlock {
    let cidr = Cidr::new(address, 32).expect("the length fits");
    IpBlock::new(cidr, Vec::new()).expect("there are no exceptions")
}

fn own(namespace: &str, pods: Selector) -> PodMatch {
    PodMatch { namespaces: NamespaceMatch::Named(namespace.to_string()), pods }
}

fn policy(
    namespace: &str,
    number: usize,
    subject: Selector,
    ingress: Option<Vec<Rule>>,
    egress: Option<Vec<Rule>>,
) -> Policy {
    Policy {
        rank: portcullis::policy::Rank::NetworkPolicy,
        namespace: namespace.to_string(),
        name: format!("policy-{number:05}"),
        subject: own(namespace, subject),
        ingress,
        egress,
        unlisted: Vec::new(),
        origin: Origin::default(),
    }
}
