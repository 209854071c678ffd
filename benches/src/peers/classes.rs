//! Classes of pods that no policy tells apart, for the peer of hash maps.

use hashbrown::{HashMap, HashSet};
use portcullis::cluster::{Cluster, ContainerPort, Pod};
use portcullis::label::Labels;
use portcullis::net::{L4Protocol, PortName};
use portcullis::policy::{
    Direction, NamespaceMatch, Peer, Peers, PodMatch, PolicySet, PortMatch, Rule, Traffic,
};

/// What pods of a class have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Class<'a> {
    pub(super) namespace: u32,
    /// The numbers of the matches that select them, sorted.
    pub(super) matches: Vec<u32>,
    /// The ports with names in use.
    pub(super) ports: Vec<&'a ContainerPort>,
}

/// All matches of pods in use, and the classes that they make.
pub(super) struct Classes<'a> {
    pub(super) matches: HashMap<&'a PodMatch, u32>,
    pub(super) all: Vec<Class<'a>>,
    /// The class of each pod.
    pub(super) of_pods: Vec<u32>,
}

/// The rules of a policy set, in order of their numbers.
pub(super) fn rules(policies: &PolicySet) -> impl Iterator<Item = &Rule> {
    let both = [Direction::Ingress, Direction::Egress];
    policies.policies().flat_map(move |(_, policy)| {
        both.into_iter().filter_map(|direction| policy.rules(direction)).flatten()
    })
}

impl<'a> Classes<'a> {
    pub(super) fn new(cluster: &'a Cluster, policies: &'a PolicySet) -> Self {
        let mut list: Vec<&PodMatch> = policies.policies().map(|(_, policy)| &policy.subject).collect();
        let mut names: HashSet<(L4Protocol, &PortName)> = HashSet::new();
        for rule in rules(policies) {
            if let Peers::Of(peers) = &rule.peers {
                list.extend(peers.iter().filter_map(|peer| match peer {
                    Peer::Pods(pods) => Some(pods),
                    _ => None,
                }));
            }
            if let Traffic::Of(ports) = &rule.traffic {
                names.extend(ports.iter().filter_map(|port| match port {
                    PortMatch::Named { protocol, name } => Some((*protocol, name)),
                    _ => None,
                }));
            }
        }
        let mut matches: HashMap<&PodMatch, u32> = HashMap::new();
        for pods in list {
            let next = matches.len() as u32;
            matches.entry(pods).or_insert(next);
        }

        let candidates = candidates(cluster, &matches);
        let mut answers: HashMap<(u32, &Labels), Vec<u32>> = HashMap::new();
        let mut known: HashMap<Class<'a>, u32> = HashMap::new();
        let mut all = Vec::new();
        let mut of_pods = Vec::new();
        for (id, pod) in cluster.pods() {
            let namespace = cluster.namespace_id_of(id).map_or(0, |id| id.0);
            let matching = answers.entry((namespace, &pod.labels)).or_insert_with(|| {
                let selecting = candidates[namespace as usize].iter();
                selecting.filter(|(pods, _)| pods.pods.matches(&pod.labels)).map(|(_, at)| *at).collect()
            });
            let class = Class { namespace, matches: matching.clone(), ports: named_ports(pod, &names) };
            let number = *known.entry(class.clone()).or_insert_with(|| {
                all.push(class);
                all.len() as u32 - 1
            });
            of_pods.push(number);
        }
        Self { matches, all, of_pods }
    }
}

fn named_ports<'a>(pod: &'a Pod, names: &HashSet<(L4Protocol, &PortName)>) -> Vec<&'a ContainerPort> {
    let is_used =
        |port: &&ContainerPort| port.name.as_ref().is_some_and(|name| names.contains(&(port.protocol, name)));
    pod.ports.iter().filter(is_used).collect()
}

/// For each namespace the matches that may select pods in it, by number.
fn candidates<'a>(cluster: &Cluster, matches: &HashMap<&'a PodMatch, u32>) -> Vec<Vec<(&'a PodMatch, u32)>> {
    let mut found = vec![Vec::new(); cluster.namespaces().count()];
    for (pods, number) in matches {
        match &pods.namespaces {
            NamespaceMatch::Named(name) => {
                if let Some(id) = cluster.find_namespace(name) {
                    found[id.0 as usize].push((*pods, *number));
                }
            }
            NamespaceMatch::Selected(selector) => {
                for (id, _) in cluster.namespaces().filter(|(_, space)| selector.matches(&space.labels)) {
                    found[id.0 as usize].push((*pods, *number));
                }
            }
        }
    }
    for list in &mut found {
        list.sort_unstable_by_key(|(_, number)| *number);
    }
    found
}
