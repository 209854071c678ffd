//! The policies of the synthetic clusters, in the proportions in which people write them.

use std::num::NonZeroUsize;

use portcullis::net::{L4Protocol, PortName, PortRange};
use portcullis::policy::{NamespaceMatch, Peer, Peers, PodMatch, Policy, PortMatch, Rule, Traffic};
use portcullis::selector::Selector;
use portcullis::source::{Origin, Position};

use super::Family;
use super::blocks::Blocks;
use super::labels::{matching, one_of};
use super::synthetic::{APPS, Size, Space, TIERS};
use crate::random::Random;

/// Ports that services listen on.
pub(super) const PORTS: [u16; 20] = [
    80, 443, 3000, 3306, 4222, 5000, 5432, 5672, 6379, 7000, 8000, 8080, 8081, 8443, 9000, 9090, 9092, 9100,
    9200, 27017,
];

/// Kinds of policies, and how many of a hundred are of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    AllPods,
    AppToApp,
    Blocks,
    DefaultDeny,
    Dns,
    Environment,
    Internet,
    Monitoring,
    PortRange,
    Team,
}

const WEIGHTS: [(Kind, usize); 10] = [
    (Kind::AppToApp, 44),
    (Kind::Team, 17),
    (Kind::Blocks, 12),
    (Kind::Monitoring, 7),
    (Kind::Internet, 6),
    (Kind::PortRange, 6),
    (Kind::Dns, 3),
    (Kind::DefaultDeny, 3),
    (Kind::AllPods, 1),
    (Kind::Environment, 1),
];

/// Makes policies.
pub(super) struct PolicyMaker<'a> {
    random: &'a mut Random,
    blocks: Blocks,
    family: Family,
}

impl<'a> PolicyMaker<'a> {
    pub(super) fn new(size: Size, family: Family, random: &'a mut Random) -> Self {
        let share = WEIGHTS.iter().find(|(kind, _)| *kind == Kind::Blocks).map_or(1, |(_, share)| *share);
        let lists = NonZeroUsize::new(size.policies * share / 100).unwrap_or(NonZeroUsize::MIN);
        Self { random, blocks: Blocks::new(size.cidrs, lists, family), family }
    }

    /// A policy of a namespace; its first ones are those that people begin with.
    pub(super) fn policy(&mut self, space: &Space, spaces: &[Space], number: usize) -> Policy {
        let kind = match number {
            0 => Kind::DefaultDeny,
            1 => Kind::Dns,
            _ => self.kind(),
        };
        let everyone = Selector::everything();
        let (subject, ingress, egress) = match kind {
            Kind::DefaultDeny => (everyone, Some(vec![]), self.random.percent(60).then(Vec::new)),
            Kind::Dns => (everyone, None, Some(vec![self.dns()])),
            Kind::AppToApp => self.app_to_app(space),
            Kind::Team => (self.tier(), Some(self.teams(spaces)), None),
            Kind::Monitoring => (everyone, Some(vec![self.monitoring()]), None),
            Kind::AllPods => (self.app(), Some(vec![self.all_pods()]), None),
            Kind::Environment => (self.app(), Some(vec![self.environment(spaces)]), None),
            Kind::Blocks => self.lists(),
            Kind::Internet => (self.app(), None, Some(vec![self.internet()])),
            Kind::PortRange => (self.app(), Some(vec![self.range(spaces)]), None),
        };
        Policy {
            rank: portcullis::policy::Rank::NetworkPolicy,
            namespace: space.name.clone(),
            name: format!("policy-{number:05}"),
            subject: PodMatch { namespaces: NamespaceMatch::Named(space.name.clone()), pods: subject },
            ingress,
            egress,
            unlisted: Vec::new(),
            origin: Origin::default(),
        }
    }

    fn kind(&mut self) -> Kind {
        let mut at = self.random.below(WEIGHTS.iter().map(|(_, share)| share).sum());
        for (kind, share) in WEIGHTS {
            if at < share {
                return kind;
            }
            at -= share;
        }
        Kind::AppToApp
    }

    fn app(&mut self) -> Selector {
        matching(&[("app", &format!("app-{}", self.random.below(APPS)))])
    }

    fn tier(&mut self) -> Selector {
        matching(&[("tier", &format!("tier-{}", self.random.below(TIERS)))])
    }

    /// What the rules of one neighbour open of an app, in the order in which people write them: its port, its second
    /// one, more, its named port; a few open everything.
    fn ports_of(&mut self, app: usize) -> Vec<Traffic> {
        if self.random.percent(5) {
            return vec![Traffic::Any];
        }
        // Apps of three kinds: people know a handful of ports, and use them again and again.
        let port = |number: usize| tcp(PORTS[app % 3 + 3 * number]);
        let all = [
            vec![port(0)],
            vec![port(1)],
            vec![port(2), port(3)],
            vec![port(4)],
            vec![named("http")],
            vec![udp(PORTS[app % 3])],
        ];
        let count = *self.random.pick(&[1, 1, 2, 6]);
        all.into_iter().take(count).map(Traffic::Of).collect()
    }

    /// What a rule opens that is about many apps.
    fn web(&mut self) -> Traffic {
        if self.random.percent(70) {
            Traffic::Of(vec![tcp(443)])
        } else {
            Traffic::Of(vec![tcp(80), tcp(443)])
        }
    }

    fn app_to_app(&mut self, space: &Space) -> (Selector, Option<Vec<Rule>>, Option<Vec<Rule>>) {
        let app = self.random.below(APPS);
        let name = format!("app-{app}");
        let subject = if self.random.percent(10) {
            matching(&[("app", &name), ("version", *self.random.pick(&["v1", "v2"]))])
        } else {
            matching(&[("app", &name)])
        };
        let ingress = self.neighbours(space, Some(app));
        let egress = self.random.percent(50).then(|| self.neighbours(space, None));
        (subject, Some(ingress), egress)
    }

    /// Rules about some neighbours, each of a few ports: the listening app's own, which is the given one or the
    /// neighbour.
    fn neighbours(&mut self, space: &Space, listening: Option<usize>) -> Vec<Rule> {
        let mut rules = Vec::new();
        for _ in 0..self.random.between(3, 6) {
            let other = self.random.below(APPS);
            let pods = match self.random.below(10) {
                0 => matching(&[("tier", &format!("tier-{}", other % TIERS))]),
                1 if self.random.percent(50) => {
                    one_of("app", &[&format!("app-{other}"), &format!("app-{}", (other + 5) % APPS)])
                }
                _ => matching(&[("app", &format!("app-{other}"))]),
            };
            for traffic in self.ports_of(listening.unwrap_or(other)) {
                let namespaces = NamespaceMatch::Named(space.name.clone());
                rules.push(rule(vec![Peer::Pods(PodMatch { namespaces, pods: pods.clone() })], traffic));
            }
        }
        rules
    }

    fn teams(&mut self, spaces: &[Space]) -> Vec<Rule> {
        let count = self.random.between(1, 3);
        (0..count).map(|_| rule(vec![self.of_a_team(spaces)], self.web())).collect()
    }

    fn dns(&mut self) -> Rule {
        let namespaces = selected(&[("kubernetes.io/metadata.name", "kube-system")]);
        let pods = matching(&[("k8s-app", "kube-dns")]);
        rule(vec![Peer::Pods(PodMatch { namespaces, pods })], Traffic::Of(vec![udp(53), tcp(53)]))
    }

    fn monitoring(&mut self) -> Rule {
        let namespaces = selected(&[("kubernetes.io/metadata.name", "monitoring")]);
        let pods = matching(&[("app", "prometheus")]);
        rule(vec![Peer::Pods(PodMatch { namespaces, pods })], Traffic::Of(vec![named("metrics")]))
    }

    fn all_pods(&mut self) -> Rule {
        let namespaces = NamespaceMatch::Selected(Selector::everything());
        let traffic = self.web();
        rule(vec![Peer::Pods(PodMatch { namespaces, pods: Selector::everything() })], traffic)
    }

    fn environment(&mut self, spaces: &[Space]) -> Rule {
        let namespaces = selected(&[("env", self.random.pick(spaces).environment)]);
        let traffic = self.web();
        rule(vec![Peer::Pods(PodMatch { namespaces, pods: Selector::everything() })], traffic)
    }

    /// Lists of blocks, in up to three rules with ports of their own.
    fn lists(&mut self) -> (Selector, Option<Vec<Rule>>, Option<Vec<Rule>>) {
        let blocks = self.blocks.list(self.random);
        let parts = if blocks.len() >= 3 { self.random.between(1, 3) } else { 1 };
        let rules = blocks
            .chunks(blocks.len().div_ceil(parts).max(1))
            .map(|part| {
                let traffic = self.web();
                rule(part.iter().cloned().map(Peer::IpBlock).collect(), traffic)
            })
            .collect();
        let subject = self.app();
        if self.random.percent(70) { (subject, None, Some(rules)) } else { (subject, Some(rules), None) }
    }

    fn internet(&mut self) -> Rule {
        let peers = Blocks::internet(self.family).into_iter().map(Peer::IpBlock).collect();
        rule(peers, Traffic::Of(vec![tcp(443), tcp(80)]))
    }

    fn range(&mut self, spaces: &[Space]) -> Rule {
        let first = *self.random.pick(&[20_000, 30_000]);
        let last = first + 2767;
        let ports = PortRange::new(first, last).expect("ranges ascend");
        let traffic = Traffic::Of(vec![PortMatch::Numbered { protocol: L4Protocol::Tcp, ports }]);
        rule(vec![self.of_a_team(spaces)], traffic)
    }

    /// A tier in all namespaces of a team.
    fn of_a_team(&mut self, spaces: &[Space]) -> Peer {
        let team = &self.random.pick(spaces).team;
        Peer::Pods(PodMatch { namespaces: selected(&[("team", team)]), pods: self.tier() })
    }
}

fn selected(pairs: &[(&str, &str)]) -> NamespaceMatch {
    NamespaceMatch::Selected(matching(pairs))
}

pub(super) fn rule(peers: Vec<Peer>, traffic: Traffic) -> Rule {
    Rule::allow(Peers::Of(peers), traffic, Position::default())
}

pub(super) fn tcp(port: u16) -> PortMatch {
    numbered(L4Protocol::Tcp, port)
}

pub(super) fn udp(port: u16) -> PortMatch {
    numbered(L4Protocol::Udp, port)
}

fn numbered(protocol: L4Protocol, port: u16) -> PortMatch {
    PortMatch::Numbered { protocol, ports: PortRange::single(port).expect("workloads use valid ports") }
}

fn named(name: &str) -> PortMatch {
    let name = PortName::try_from(name).expect("workloads use valid names");
    PortMatch::Named { protocol: L4Protocol::Tcp, name }
}
