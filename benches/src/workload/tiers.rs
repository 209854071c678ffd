//! Policies of the cluster, over a synthetic cluster: what a platform's people lay above and below the namespaces' own.

use portcullis::label::LabelValue;
use portcullis::net::Cidr;
use portcullis::policy::{
    Action, ClusterTier, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicySet, Rank, Rule, Traffic,
};
use portcullis::selector::Selector;
use portcullis::source::{Origin, Position};

use super::Family;
use super::Workload;
use super::blocks::random_cidr;
use super::labels::{key, matching};
use super::policies::{PORTS, tcp, udp};
use crate::random::Random;

/// Whom those policies select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// A team's namespaces; four policies select every pod, with peers that are few, or whole environments.
    Mild,
    /// As mild, and one of a hundred more selects every pod and names a team as its peer: each of these costs a slot for
    /// every pair of a subject's class and a class of that team.
    Broad,
}

/// Priorities that there are.
const PRIORITIES: usize = 1_000;

/// The workload with so many `ClusterNetworkPolicy` objects above and below its own policies.
#[must_use]
pub fn with_cluster_policies(workload: &Workload, count: usize, breadth: Breadth, seed: u64) -> Workload {
    let mut maker = Maker { random: Random::new(seed), teams: teams(workload) };
    let mut policies: Vec<Policy> = workload.policies.policies().map(|(_, policy)| policy.clone()).collect();
    for number in 0..count {
        policies.push(maker.policy(number, breadth));
    }
    let suffix = match breadth {
        Breadth::Mild => "cnp",
        Breadth::Broad => "cnp-broad",
    };
    Workload {
        name: format!("{}/{suffix}", workload.name),
        cluster: workload.cluster.clone(),
        policies: PolicySet::new(policies).expect("names are given once"),
    }
}

/// The teams that namespaces are labelled with.
fn teams(workload: &Workload) -> Vec<LabelValue> {
    let team = key("team");
    let all = workload.cluster.namespaces();
    let mut teams: Vec<LabelValue> =
        all.filter_map(|(_, namespace)| namespace.labels.get(&team).cloned()).collect();
    teams.sort_unstable();
    teams.dedup();
    teams
}

/// Makes policies.
struct Maker {
    random: Random,
    teams: Vec<LabelValue>,
}

impl Maker {
    fn policy(&mut self, number: usize, breadth: Breadth) -> Policy {
        let tier = if number.is_multiple_of(2) { ClusterTier::Admin } else { ClusterTier::Baseline };
        let (subject, ingress, egress) = match number {
            0..=3 => self.of_everyone(number),
            _ if breadth == Breadth::Broad && number % 100 == 50 => {
                let rules = vec![rule(Action::Deny, vec![self.of_a_team()], vec![self.port()])];
                (everything(), Some(rules), None)
            }
            _ => self.of_team(),
        };
        Policy {
            rank: Rank::ClusterNetworkPolicy { tier, priority: (number % PRIORITIES) as u16 },
            namespace: String::new(),
            name: format!("cluster-{number:05}"),
            subject,
            ingress,
            egress,
            unlisted: Vec::new(),
            origin: Origin::default(),
        }
    }

    /// What holds for every pod: name resolution, monitoring, the address that clouds keep secrets at, environments.
    fn of_everyone(&mut self, number: usize) -> (PodMatch, Option<Vec<Rule>>, Option<Vec<Rule>>) {
        let ports = vec![udp(53), tcp(53)];
        let named = |namespace: &str, pods: &[(&str, &str)]| {
            Peer::Pods(PodMatch {
                namespaces: selected(&[("kubernetes.io/metadata.name", namespace)]),
                pods: matching(pods),
            })
        };
        let secrets = Cidr::parse("169.254.169.254/32").expect("the CIDR is valid").cidr;
        match number {
            0 => {
                let peer = named("kube-system", &[("k8s-app", "kube-dns")]);
                (everything(), None, Some(vec![rule(Action::Allow, vec![peer], ports)]))
            }
            1 => {
                let environment = Peer::Pods(PodMatch {
                    namespaces: selected(&[("env", "dev")]),
                    pods: Selector::everything(),
                });
                (everything(), Some(vec![rule(Action::Deny, vec![environment], vec![tcp(5432)])]), None)
            }
            2 => {
                let rules = vec![rule(Action::Deny, vec![Peer::Networks(vec![secrets])], Vec::new())];
                (everything(), None, Some(rules))
            }
            _ => {
                let peer = named("monitoring", &[("app", "prometheus")]);
                (everything(), Some(vec![rule(Action::Allow, vec![peer], vec![tcp(9100)])]), None)
            }
        }
    }

    /// What one team's people, or those above them, say of its namespaces.
    fn of_team(&mut self) -> (PodMatch, Option<Vec<Rule>>, Option<Vec<Rule>>) {
        let team = self.team();
        let own = |pods: Selector| PodMatch { namespaces: selected(&[("team", &team)]), pods };
        let tier = format!("tier-{}", self.random.below(super::synthetic::TIERS));
        let subject =
            own(if self.random.percent(50) { Selector::everything() } else { matching(&[("tier", &tier)]) });
        let inside = Peer::Pods(own(Selector::everything()));
        match self.random.below(4) {
            0 => (subject, Some(vec![rule(Action::Pass, vec![inside], vec![self.port()])]), None),
            1 => {
                let other = self.of_a_team();
                let rules = vec![
                    rule(Action::Allow, vec![inside], vec![self.port()]),
                    rule(Action::Deny, vec![other], vec![self.port()]),
                ];
                (subject, Some(rules), None)
            }
            2 => {
                let networks = (0..3).map(|_| random_cidr(&mut self.random, Family::V4)).collect();
                let rules = vec![rule(Action::Deny, vec![Peer::Networks(networks)], Vec::new())];
                (subject, None, Some(rules))
            }
            _ => {
                let other = self.of_a_team();
                (subject, None, Some(vec![rule(Action::Deny, vec![other], vec![self.port()])]))
            }
        }
    }

    fn of_a_team(&mut self) -> Peer {
        let team = self.team();
        let tier = format!("tier-{}", self.random.below(super::synthetic::TIERS));
        Peer::Pods(PodMatch { namespaces: selected(&[("team", &team)]), pods: matching(&[("tier", &tier)]) })
    }

    fn team(&mut self) -> String {
        self.random.pick(&self.teams).to_string()
    }

    fn port(&mut self) -> portcullis::policy::PortMatch {
        tcp(*self.random.pick(&PORTS))
    }
}

fn everything() -> PodMatch {
    PodMatch { namespaces: NamespaceMatch::Selected(Selector::everything()), pods: Selector::everything() }
}

fn selected(pairs: &[(&str, &str)]) -> NamespaceMatch {
    NamespaceMatch::Selected(matching(pairs))
}

/// A rule; without ports it is about all traffic.
fn rule(action: Action, peers: Vec<Peer>, ports: Vec<portcullis::policy::PortMatch>) -> Rule {
    let traffic = if ports.is_empty() { Traffic::Any } else { Traffic::Of(ports) };
    Rule { name: None, action, peers: Peers::Of(peers), traffic, at: Position::default() }
}
