//! The synthetic clusters S to XL: namespaces by Zipf, apps in tiers and versions, pods numbered as a network plugin
//! numbers them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU16;

use portcullis::cluster::{ClusterBuilder, ContainerKind, ContainerPort, Node, Pod};
use portcullis::net::{L4Protocol, PortName};
use portcullis::policy::PolicySet;

use super::labels::labels;
use super::policies::PolicyMaker;
use super::{Family, Workload};
use crate::peers::Shape;
use crate::random::{Random, Zipf};

/// Apps of a namespace.
pub(super) const APPS: usize = 12;
/// Tiers; each app is of one.
pub(super) const TIERS: usize = 4;
/// Pods on a node, as many as a kubelet takes by default, less the room that it leaves.
const PODS_PER_NODE: usize = 100;
/// Namespaces that a team has on average, in clusters of many teams.
const NAMESPACES_PER_TEAM: usize = 10;
/// How steeply namespaces' pods fall with their rank.
const PODS_BY_RANK: f64 = 0.88;
/// How steeply namespaces' policies fall with their rank.
const POLICIES_BY_RANK: f64 = 0.05;
/// Teams that every cluster has.
const TEAMS: usize = 14;

/// The environments that namespaces are labelled with; half of them are of the first.
const ENVIRONMENTS: [&str; 4] = ["prod", "prod", "staging", "dev"];

/// The size of a synthetic cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// What it is called.
    pub name: &'static str,
    /// How many pods there are.
    pub pods: usize,
    /// How many policies there are.
    pub policies: usize,
    /// How many CIDRs, exceptions included, the policies' lists hold together; 0 for short lists from one pool.
    pub cidrs: usize,
}

impl Size {
    /// The sizes that goals are set for, and one past today's clusters.
    pub const ALL: [Self; 6] = [
        Self { name: "S", pods: 1_000, policies: 100, cidrs: 0 },
        Self { name: "M", pods: 10_000, policies: 1_000, cidrs: 10_000 },
        Self { name: "L", pods: 100_000, policies: 10_000, cidrs: 0 },
        Self { name: "L+", pods: 100_000, policies: 10_000, cidrs: 100_000 },
        Self { name: "XL", pods: 150_000, policies: 10_000, cidrs: 1_000_000 },
        Self { name: "XXL", pods: 1_000_000, policies: 100_000, cidrs: 1_000_000 },
    ];

    /// How much the prototype of this structure had to decide at this size: what the goals were measured on.
    #[must_use]
    pub fn prototype(self) -> Option<Shape> {
        let shape = |atoms, subjects, slots, rows| Some(Shape { atoms, subjects, slots, rows });
        match self.name {
            "S" => shape(177, 128, 1_400, 44),
            "M" => shape(2_100, 1_400, 37_000, 249),
            "L" => shape(18_800, 13_700, 526_000, 1_323),
            "L+" => shape(35_000, 13_900, 525_000, 1_320),
            "XL" => shape(531_000, 14_200, 2_100_000, 1_438),
            _ => None,
        }
    }

    /// The size of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| size.name.eq_ignore_ascii_case(name))
    }
}

/// A namespace while its pods and policies are made.
pub(super) struct Space {
    pub(super) name: String,
    pub(super) team: String,
    pub(super) environment: &'static str,
}

/// The synthetic cluster of a size.
#[must_use]
pub fn synthetic(size: Size, family: Family, seed: u64) -> Workload {
    let mut random = Random::new(seed);
    let count = (size.policies / 10).max(1);
    let teams = (count / NAMESPACES_PER_TEAM).max(TEAMS);
    let spaces: Vec<Space> = (0..count)
        .map(|number| Space {
            name: format!("ns-{number}"),
            team: format!("team-{}", random.below(teams)),
            environment: ENVIRONMENTS[random.below(ENVIRONMENTS.len())],
        })
        .collect();
    let by_rank = Zipf::new(count, PODS_BY_RANK);
    let policies_by_rank = Zipf::new(count, POLICIES_BY_RANK);

    let mut builder = ClusterBuilder::new();
    for space in &spaces {
        builder.namespace(&*space.name, labels(&[("team", &space.team), ("env", space.environment)]));
    }
    let mut pods = system_pods(size.pods);
    for (space, share) in spaces.iter().zip(by_rank.shares(size.pods - pods.len(), 1)) {
        pods.extend((0..share).map(|number| pod(space, number, &mut random)));
    }
    place(&mut pods, family, &mut random, &mut builder);
    for pod in pods {
        builder.pod(pod);
    }
    let cluster = builder.build().expect("names are given once");

    let mut maker = PolicyMaker::new(size, family, &mut random);
    let mut policies = Vec::new();
    for (space, share) in spaces.iter().zip(policies_by_rank.shares(size.policies, 1)) {
        policies.extend((0..share).map(|number| maker.policy(space, &spaces, number)));
    }
    let policies = PolicySet::new(policies).expect("names are given once");
    let suffix = match family {
        Family::V4 => "",
        Family::V6 => " IPv6",
        Family::Dual => " dual",
    };
    Workload { name: format!("{}{suffix}", size.name), cluster, policies }
}

/// The pods that every cluster has: its DNS and its monitoring.
fn system_pods(pods: usize) -> Vec<Pod> {
    let mut found = Vec::new();
    for number in 0..(pods / 2_000).clamp(2, 100) {
        let mut pod = Pod::new("kube-system", format!("coredns-{number}"));
        pod.labels = labels(&[("k8s-app", "kube-dns")]);
        pod.ports = vec![port("dns", L4Protocol::Udp, 53), port("dns-tcp", L4Protocol::Tcp, 53)];
        found.push(pod);
    }
    for number in 0..(pods / 10_000).clamp(1, 20) {
        let mut pod = Pod::new("monitoring", format!("prometheus-{number}"));
        pod.labels = labels(&[("app", "prometheus")]);
        pod.ports = vec![port("web", L4Protocol::Tcp, 9090)];
        found.push(pod);
    }
    found
}

fn pod(space: &Space, number: usize, random: &mut Random) -> Pod {
    let app = random.below(APPS);
    let version = 1 + random.below(2);
    let mut pod = Pod::new(&*space.name, format!("app-{app}-v{version}-{number}"));
    pod.labels = labels(&[
        ("app", &format!("app-{app}")),
        ("tier", &format!("tier-{}", app % TIERS)),
        ("version", &format!("v{version}")),
    ]);
    // Named ports differ from pod to pod of one app: a new version listens elsewhere.
    let http = if random.percent(15) { 8081 } else { 8080 };
    pod.ports = vec![port("http", L4Protocol::Tcp, http), port("metrics", L4Protocol::Tcp, 9100)];
    pod
}

fn port(name: &str, protocol: L4Protocol, number: u16) -> ContainerPort {
    ContainerPort {
        name: Some(PortName::try_from(name).expect("workloads use valid names")),
        protocol,
        port: NonZeroU16::new(number).expect("workloads use valid ports"),
        container: ContainerKind::Regular,
    }
}

/// Gives pods nodes in random order, and addresses one after another in each node's range, as network plugins do.
pub(super) fn place(pods: &mut [Pod], family: Family, random: &mut Random, builder: &mut ClusterBuilder) {
    let mut order: Vec<usize> = (0..pods.len()).collect();
    random.shuffle(&mut order);
    for (on_node, number) in order.chunks(PODS_PER_NODE).zip(0_u32..) {
        let name = format!("node-{number}");
        // Nodes lie in 172.16.0.0/12, pods in 10.0.0.0/8: a /24 and a /64 a node.
        let node4 = IpAddr::V4(Ipv4Addr::from_bits(0xac10_0001 + number));
        let node6 = IpAddr::V6(Ipv6Addr::from_bits(0xfd00_0172_u128 << 96 | u128::from(number + 1)));
        let mut addresses = Vec::new();
        if family.has_v4() {
            addresses.push(node4);
        }
        if family.has_v6() {
            addresses.push(node6);
        }
        for (pod, host) in on_node.iter().zip(2_u32..) {
            let pod = &mut pods[*pod];
            if family.has_v4() {
                pod.addresses.push(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + (number << 8) + host)));
            }
            if family.has_v6() {
                let network = 0xfd00_0010_u128 << 96 | u128::from(number) << 64;
                pod.addresses.push(IpAddr::V6(Ipv6Addr::from_bits(network + u128::from(host))));
            }
            pod.node = Some(name.clone());
            pod.host_addresses.clone_from(&addresses);
        }
        builder.node(Node { name, labels: labels(&[]), addresses });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::Maps;

    #[test]
    fn clusters_are_as_hard_as_those_that_the_goals_were_measured_on() {
        for size in [Size::ALL[0], Size::ALL[1]] {
            let workload = synthetic(size, Family::V4, 1);
            let (found, wanted) = (Maps::new(&workload).shape(), size.prototype().unwrap());
            let pairs = [
                (found.atoms, wanted.atoms),
                (found.subjects, wanted.subjects),
                (found.slots, wanted.slots),
                (found.rows, wanted.rows),
            ];
            for (found, wanted) in pairs {
                let ratio = found as f64 / wanted as f64;
                assert!((0.75..=1.25).contains(&ratio), "{}: {found} of {wanted}", size.name);
            }
        }
    }

    #[test]
    fn a_seed_makes_the_same_cluster_and_another_seed_another() {
        let of = |seed| synthetic(Size::ALL[0], Family::Dual, seed);
        assert_eq!(of(3).cluster, of(3).cluster);
        assert_eq!(of(3).policies, of(3).policies);
        assert_ne!(of(3).policies, of(4).policies);
    }

    #[test]
    fn every_pod_has_an_address_of_each_family_and_shares_it_with_no_other() {
        for (family, count) in [(Family::V4, 1), (Family::V6, 1), (Family::Dual, 2)] {
            let workload = synthetic(Size::ALL[0], family, 1);
            let mut addresses: Vec<IpAddr> = Vec::new();
            for (_, pod) in workload.cluster.pods() {
                assert_eq!(pod.addresses.len(), count);
                addresses.extend(&pod.addresses);
            }
            addresses.sort_unstable();
            addresses.dedup();
            assert_eq!(addresses.len(), 1_000 * count);
        }
    }
}
