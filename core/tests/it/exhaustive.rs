//! Small scope, all of it: every world of a stated grammar, decided alike by engine and specification.
//!
//! The cluster is fixed: namespaces `a` and `b`; pods `a/x`, `a/y` and `b/z` with the labels `l` and `m` in different
//! combinations, neighbouring addresses, and a port name that means 80 on the first, 81 on the second and nothing on
//! the third. Flows are all ordered pairs of the pods and one address outside, on TCP 80 and 81, UDP 80 and ICMP.
//!
//! ```text
//! world   = policy | policy policy
//! policy  = ( "a" | "b" ) subject ( ingress rules | egress rules | ingress rules, egress rules )
//! rules   = none | rule | rule rule
//! rule    = peers traffic
//! subject = selector
//! peers   = any | own selector | namespaces selector | block
//! traffic = any | port
//! ```
//!
//! A policy alone with at most one rule is taken from the wide grammar, one with two rules in either order from the
//! middle one, two policies with at most one rule each from the narrow one. Together they decide more than ten million
//! flows, each of the three numbers being known beforehand.

use std::thread;

use portcullis::cluster::{ContainerKind, ContainerPort, Pod};
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::generate::{Case, World};
use portcullis::label::{LabelKey, LabelValue};
use portcullis::net::{Cidr, IpBlock, L4Protocol, PortName, PortRange};
use portcullis::options::{Loopback, Options};
use portcullis::policy::{NamespaceMatch, Peer, Peers, PodMatch, Policy, PortMatch, Rank, Rule, Traffic};
use portcullis::selector::{Requirement, Selector, Values};
use portcullis::source::{Origin, Position};
use portcullis_spec::differential::{Tally, compare, report};

const THREADS: usize = 2;

/// Flows of one world: all pairs of four ends, each with four kinds of traffic.
const FLOWS: u64 = 4 * 4 * 4;
/// What each test decides.
const ONE_RULE: u64 = 12_096 * FLOWS;
const TWO_RULES: u64 = 127_008 * FLOWS;
const TWO_POLICIES: u64 = 41_616 * FLOWS;
const _: () = assert!(ONE_RULE + TWO_RULES + TWO_POLICIES >= 10_000_000, "fewer flows than promised");

struct Grammar {
    subjects: Vec<Selector>,
    peers: Vec<Option<PeerShape>>,
    traffic: Vec<Traffic>,
}

/// A peer before its policy's namespace is known.
#[derive(Clone, Debug)]
enum PeerShape {
    Block(IpBlock),
    Own(Selector),
    Spaces(Selector, Selector),
}

fn key(text: &str) -> LabelKey {
    LabelKey::try_from(text).unwrap()
}

fn values(texts: &[&str]) -> Values {
    Values::new(texts.iter().map(|text| LabelValue::try_from(*text).unwrap())).unwrap()
}

fn select(requirements: &[Requirement]) -> Selector {
    requirements.iter().cloned().collect()
}

fn one_label(text: &str, value: &str) -> Requirement {
    Requirement::In(key(text), values(&[value]))
}

fn named_space(name: &str) -> Selector {
    select(&[Requirement::In(LabelKey::metadata_name(), values(&[name]))])
}

fn block(cidr: &str, except: &[&str]) -> IpBlock {
    let parse = |text: &str| Cidr::parse(text).unwrap().cidr;
    IpBlock::new(parse(cidr), except.iter().map(|text| parse(text)).collect()).unwrap()
}

fn port(protocol: L4Protocol, first: u16, last: u16) -> Traffic {
    Traffic::Of(vec![PortMatch::Numbered { protocol, ports: PortRange::new(first, last).unwrap() }])
}

impl Grammar {
    fn wide() -> Self {
        let selectors = [
            Selector::everything(),
            select(&[one_label("l", "1")]),
            select(&[one_label("l", "")]),
            select(&[Requirement::NotIn(key("l"), values(&["1"]))]),
            select(&[Requirement::Exists(key("l"))]),
            select(&[Requirement::DoesNotExist(key("m"))]),
            select(&[one_label("l", "1"), Requirement::Exists(key("m"))]),
        ];
        let spaces = [
            Selector::everything(),
            named_space("a"),
            named_space("b"),
            select(&[Requirement::Exists(key("l"))]),
        ];
        let mut peers = vec![None];
        peers.extend(selectors.iter().cloned().map(|pods| Some(PeerShape::Own(pods))));
        for space in &spaces {
            peers.extend(selectors.iter().cloned().map(|pods| Some(PeerShape::Spaces(space.clone(), pods))));
        }
        let blocks = [
            block("0.0.0.0/0", &[]),
            block("10.0.0.0/30", &[]),
            block("10.0.0.0/30", &["10.0.0.2/32"]),
            block("10.0.0.0/29", &["10.0.0.0/30", "10.0.0.2/31"]),
            block("::/0", &[]),
        ];
        peers.extend(blocks.map(|block| Some(PeerShape::Block(block))));
        let named = |protocol| {
            Traffic::Of(vec![PortMatch::Named { protocol, name: PortName::try_from("p").unwrap() }])
        };
        let traffic = vec![
            Traffic::Any,
            Traffic::Of(vec![PortMatch::Protocol(L4Protocol::Tcp)]),
            port(L4Protocol::Tcp, 80, 80),
            port(L4Protocol::Tcp, 81, 65535),
            port(L4Protocol::Udp, 1, 80),
            named(L4Protocol::Tcp),
            named(L4Protocol::Udp),
        ];
        Self { subjects: selectors.to_vec(), peers, traffic }
    }

    fn narrow() -> Self {
        let one = select(&[one_label("l", "1")]);
        let not_one = select(&[Requirement::NotIn(key("l"), values(&["1"]))]);
        let peers = vec![
            None,
            Some(PeerShape::Own(not_one)),
            Some(PeerShape::Spaces(named_space("b"), Selector::everything())),
            Some(PeerShape::Spaces(Selector::everything(), one.clone())),
            Some(PeerShape::Block(block("10.0.0.0/30", &["10.0.0.2/32"]))),
        ];
        let name = PortName::try_from("p").unwrap();
        let traffic = vec![
            Traffic::Any,
            port(L4Protocol::Tcp, 80, 80),
            Traffic::Of(vec![PortMatch::Named { protocol: L4Protocol::Tcp, name }]),
        ];
        let without = select(&[Requirement::DoesNotExist(key("m"))]);
        Self { subjects: vec![Selector::everything(), one, without], peers, traffic }
    }

    fn middle() -> Self {
        let Self { subjects, peers, traffic } = Self::wide();
        let keep = |places: &[usize]| places.iter().map(|place| peers[*place].clone()).collect();
        Self {
            subjects: vec![subjects[0].clone(), subjects[1].clone(), subjects[5].clone()],
            // Everyone; own pods by label and by its absence; namespaces by name and by labels that no pod's answers
            // for; blocks that nest, with exceptions, and of the other family.
            peers: keep(&[0, 1, 2, 6, 8, 16, 23, 36, 37, 38, 39, 40]),
            traffic,
        }
    }

    /// Every rule of the grammar, as policies of a namespace have it.
    fn rules(&self, own: &NamespaceMatch) -> Vec<Rule> {
        let mut rules = Vec::new();
        for shape in &self.peers {
            let peers = match shape {
                None => Peers::Any,
                Some(shape) => Peers::Of(vec![shape.clone().into_peer(own)]),
            };
            let at = Position::default();
            let each = self.traffic.iter().cloned();
            rules.extend(each.map(|traffic| Rule::allow(peers.clone(), traffic, at)));
        }
        rules
    }

    /// Policies with no rule or one.
    fn policies(&self) -> Vec<Policy> {
        self.policies_of(|rules| {
            let mut lists = vec![Vec::new()];
            lists.extend(rules.into_iter().map(|rule| vec![rule]));
            lists
        })
    }

    /// Policies with two rules, in either order.
    fn policies_of_two(&self) -> Vec<Policy> {
        self.policies_of(|rules| {
            let pair =
                |first: &Rule| rules.iter().map(|second| vec![first.clone(), second.clone()]).collect();
            rules.iter().flat_map(|first| -> Vec<Vec<Rule>> { pair(first) }).collect()
        })
    }

    fn policies_of(&self, lists: impl Fn(Vec<Rule>) -> Vec<Vec<Rule>>) -> Vec<Policy> {
        let mut policies = Vec::new();
        for namespace in ["a", "b"] {
            let own = NamespaceMatch::Named(namespace.into());
            let rules = lists(self.rules(&own));
            for pods in &self.subjects {
                let subject = PodMatch { namespaces: own.clone(), pods: pods.clone() };
                for rules in &rules {
                    for (ingress, egress) in [(true, false), (false, true), (true, true)] {
                        policies.push(Policy {
                            rank: Rank::NetworkPolicy,
                            namespace: namespace.into(),
                            name: "p".into(),
                            subject: subject.clone(),
                            ingress: ingress.then(|| rules.clone()),
                            egress: egress.then(|| rules.clone()),
                            unlisted: Vec::new(),
                            origin: Origin::default(),
                        });
                    }
                }
            }
        }
        policies
    }
}

impl PeerShape {
    fn into_peer(self, own: &NamespaceMatch) -> Peer {
        match self {
            Self::Block(block) => Peer::IpBlock(block),
            Self::Own(pods) => Peer::Pods(PodMatch { namespaces: own.clone(), pods }),
            Self::Spaces(spaces, pods) => {
                Peer::Pods(PodMatch { namespaces: NamespaceMatch::Selected(spaces), pods })
            }
        }
    }
}

fn pod(namespace: &str, name: &str, address: &str, labels: &[(&str, &str)], port: Option<u16>) -> Pod {
    let mut pod = Pod::new(namespace, name);
    pod.addresses = vec![address.parse().unwrap()];
    let labels = labels.iter().map(|(name, value)| (key(name), LabelValue::try_from(*value).unwrap()));
    pod.labels = labels.collect();
    pod.ports = port
        .map(|number| ContainerPort {
            name: Some(PortName::try_from("p").unwrap()),
            protocol: L4Protocol::Tcp,
            port: number.try_into().unwrap(),
            container: ContainerKind::Regular,
        })
        .into_iter()
        .collect();
    pod
}

fn world(policies: Vec<Policy>) -> World {
    let pods = vec![
        pod("a", "x", "10.0.0.1", &[("l", "1")], Some(80)),
        pod("a", "y", "10.0.0.2", &[("l", ""), ("m", "1")], Some(81)),
        pod("b", "z", "10.0.0.3", &[], None),
    ];
    // A pod to itself is decided as any other flow, so that such flows say something, too.
    let options = Options { loopback: Loopback::Evaluated, ..Options::default() };
    World { namespaces: Vec::new(), nodes: Vec::new(), pods, policies, resolved: Vec::new(), options }
}

fn decide(policies: Vec<Policy>, tally: &mut Tally) {
    let world = world(policies);
    let (cluster, policies) = (world.cluster().unwrap(), world.policy_set().unwrap());
    let mut ends: Vec<Endpoint> = cluster.pods().map(|(id, _)| Endpoint::Pod(id)).collect();
    ends.push(Endpoint::Address("10.0.0.4".parse().unwrap()));
    let icmp = Transport::Other { protocol: 1, icmp: Some((8, 0)) };
    let tcp = |port| Transport::new(L4Protocol::Tcp, port);
    let mut flows = Vec::new();
    for from in &ends {
        for to in &ends {
            for transport in [tcp(80), tcp(81), Transport::new(L4Protocol::Udp, 80), icmp] {
                flows.push(Flow::new(&cluster, *from, *to, transport).unwrap());
            }
        }
    }
    let case = Case { world, cluster, policies, flows };
    if let Err(mismatch) = compare(&case, tally) {
        panic!("{}", report("small-world", &case, &mismatch));
    }
}

/// Decides every world on as many threads as there are parts.
fn decide_all(worlds: &(impl Fn(usize) -> Vec<Vec<Policy>> + Sync)) -> Tally {
    let mut total = Tally::default();
    thread::scope(|scope| {
        let part = |number| {
            move || {
                let mut tally = Tally::default();
                worlds(number).into_iter().for_each(|policies| decide(policies, &mut tally));
                tally
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(part(number))).collect();
        threads.into_iter().for_each(|thread| total.merge(thread.join().unwrap()));
    });
    total
}

#[test]
fn every_policy_of_the_wide_grammar_is_decided_as_specified() {
    let policies = Grammar::wide().policies();
    let part =
        |number| policies.iter().skip(number).step_by(THREADS).map(|policy| vec![policy.clone()]).collect();
    let tally = decide_all(&part);
    println!("{tally}");
    assert_eq!(tally.worlds.len(), policies.len(), "every world is another: {tally}");
    assert_eq!(tally.decisions, ONE_RULE, "{tally}");
}

#[test]
fn every_two_rules_of_the_middle_grammar_are_decided_as_specified() {
    let policies = Grammar::middle().policies_of_two();
    let part =
        |number| policies.iter().skip(number).step_by(THREADS).map(|policy| vec![policy.clone()]).collect();
    let tally = decide_all(&part);
    println!("{tally}");
    assert_eq!(tally.worlds.len(), policies.len(), "every world is another: {tally}");
    assert_eq!(tally.decisions, TWO_RULES, "{tally}");
}

#[test]
fn every_two_policies_of_the_narrow_grammar_are_decided_as_specified() {
    let policies = Grammar::narrow().policies();
    let second = |policy: &Policy| Policy { name: "q".into(), ..policy.clone() };
    let part = |number| {
        let mut pairs = Vec::new();
        for (index, policy) in policies.iter().enumerate().skip(number).step_by(THREADS) {
            pairs.extend(policies.iter().skip(index).map(|other| vec![policy.clone(), second(other)]));
        }
        pairs
    };
    let tally = decide_all(&part);
    println!("{tally}");
    assert_eq!(tally.worlds.len(), policies.len() * (policies.len() + 1) / 2, "{tally}");
    assert_eq!(tally.decisions, TWO_POLICIES, "{tally}");
}
