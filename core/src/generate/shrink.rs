//! Shrinking: the smallest world and probe that still fail.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::vocabulary::DEFAULT_ACCOUNT;
use super::{Probe, World};
use crate::cluster::{Phase, Pod};
use crate::flow::Connection;
use crate::label::Labels;
use crate::net::IpBlock;
use crate::options::Options;
use crate::policy::{NamespaceMatch, Peer, Peers, PodMatch, Policy, Rule, Traffic};
use crate::selector::Selector;

/// Takes things away from a world, and plainer options, as long as `fails` still says so.
///
/// The result fails, if the start does, and nothing more can be taken from it alone.
///
/// # Complexity
/// Calls `fails` as often as the square of the number of things in the world at worst.
#[must_use]
pub fn shrink(world: World, probe: Probe, fails: &mut dyn FnMut(&World, &Probe) -> bool) -> (World, Probe) {
    let mut best = (world, probe);
    'again: loop {
        for (world, probe) in smaller(&best.0, &best.1) {
            if fails(&world, &probe) {
                best = (world, probe);
                continue 'again;
            }
        }
        return best;
    }
}

/// Every world that has one thing less.
fn smaller(world: &World, probe: &Probe) -> Vec<(World, Probe)> {
    let mut worlds = Vec::new();
    let mut keep = |world: World| worlds.push((world, probe.clone()));
    without_each(&world.policies, |policies| keep(World { policies, ..world.clone() }));
    without_each(&world.pods, |pods| keep(World { pods, ..world.clone() }));
    without_each(&world.nodes, |nodes| keep(World { nodes, ..world.clone() }));
    without_each(&world.namespaces, |namespaces| keep(World { namespaces, ..world.clone() }));
    without_each(&world.resolved, |resolved| keep(World { resolved, ..world.clone() }));
    with_each(&world.policies, smaller_policies, |policies| keep(World { policies, ..world.clone() }));
    with_each(&world.pods, smaller_pods, |pods| keep(World { pods, ..world.clone() }));
    for entry in world.options.entries() {
        let plain = entry.values.first().copied().filter(|plain| *plain != entry.value);
        let mut options: Options = world.options;
        if plain.is_some_and(|plain| options.set(entry.key, plain).is_ok()) {
            keep(World { options, ..world.clone() });
        }
    }
    for (index, namespace) in world.namespaces.iter().enumerate() {
        if !namespace.labels.is_empty() {
            let mut world = world.clone();
            if let Some(namespace) = world.namespaces.get_mut(index) {
                namespace.labels = Labels::new();
            }
            worlds.push((world, probe.clone()));
        }
    }
    if probe.connection != Connection::New {
        worlds.push((world.clone(), Probe { connection: Connection::New, ..probe.clone() }));
    }
    if probe.via_service {
        worlds.push((world.clone(), Probe { via_service: false, ..probe.clone() }));
    }
    worlds
}

fn smaller_policies(policy: &Policy) -> Vec<Policy> {
    let mut found = Vec::new();
    if policy.ingress.is_some() && policy.egress.is_some() {
        found.push(Policy { ingress: None, ..policy.clone() });
        found.push(Policy { egress: None, ..policy.clone() });
    }
    for subject in smaller_matches(&policy.subject) {
        found.push(Policy { subject, ..policy.clone() });
    }
    if let Some(rules) = &policy.ingress {
        without_each(rules, |rules| found.push(Policy { ingress: Some(rules), ..policy.clone() }));
        with_each(rules, smaller_rules, |rules| {
            found.push(Policy { ingress: Some(rules), ..policy.clone() })
        });
    }
    if let Some(rules) = &policy.egress {
        without_each(rules, |rules| found.push(Policy { egress: Some(rules), ..policy.clone() }));
        with_each(rules, smaller_rules, |rules| found.push(Policy { egress: Some(rules), ..policy.clone() }));
    }
    found
}

fn smaller_rules(rule: &Rule) -> Vec<Rule> {
    let mut found = Vec::new();
    if let Peers::Of(peers) = &rule.peers {
        found.push(Rule { peers: Peers::Any, ..rule.clone() });
        let mut keep = |peers: Vec<Peer>| {
            if !peers.is_empty() {
                found.push(Rule { peers: Peers::Of(peers), ..rule.clone() });
            }
        };
        without_each(peers, &mut keep);
        with_each(peers, smaller_peers, keep);
    }
    if let Traffic::Of(items) = &rule.traffic {
        found.push(Rule { traffic: Traffic::Any, ..rule.clone() });
        without_each(items, |items| {
            if !items.is_empty() {
                found.push(Rule { traffic: Traffic::Of(items), ..rule.clone() });
            }
        });
    }
    found
}

fn smaller_peers(peer: &Peer) -> Vec<Peer> {
    let mut found = Vec::new();
    match peer {
        Peer::IpBlock(block) => without_each(block.except(), |except| {
            found.extend(IpBlock::new(block.cidr(), except).map(Peer::IpBlock));
        }),
        Peer::Pods(pods) => found.extend(smaller_matches(pods).into_iter().map(Peer::Pods)),
        Peer::Nodes(selector) => without_each(selector.requirements(), |kept| {
            found.push(Peer::Nodes(Selector::written([], kept)));
        }),
        Peer::Networks(networks) => without_each(networks, |kept| found.push(Peer::Networks(kept))),
        Peer::DomainNames(names) => without_each(names, |kept| found.push(Peer::DomainNames(kept))),
        Peer::Unknown => {}
    }
    found
}

fn smaller_matches(pods: &PodMatch) -> Vec<PodMatch> {
    let mut found = Vec::new();
    without_each(pods.pods.requirements(), |kept| {
        found.push(PodMatch { pods: Selector::written([], kept), ..pods.clone() });
    });
    if let NamespaceMatch::Selected(selector) = &pods.namespaces {
        without_each(selector.requirements(), |kept| {
            let namespaces = NamespaceMatch::Selected(Selector::written([], kept));
            found.push(PodMatch { namespaces, ..pods.clone() });
        });
    }
    found
}

fn smaller_pods(pod: &Pod) -> Vec<Pod> {
    let mut found = Vec::new();
    without_each(&pod.ports, |ports| found.push(Pod { ports, ..pod.clone() }));
    without_each(&pod.addresses, |addresses| found.push(Pod { addresses, ..pod.clone() }));
    for (key, _) in pod.labels.iter() {
        let mut labels = pod.labels.clone();
        labels.remove(key);
        found.push(Pod { labels, ..pod.clone() });
    }
    let plainer = [
        Pod { host_addresses: Vec::new(), ..pod.clone() },
        Pod { node: None, ..pod.clone() },
        Pod { service_account: Some(DEFAULT_ACCOUNT.to_string()), ..pod.clone() },
        Pod { phase: Phase::Running, ..pod.clone() },
        Pod { terminating: false, ..pod.clone() },
        Pod { created: None, ..pod.clone() },
        Pod { host_network: false, ..pod.clone() },
    ];
    found.extend(plainer.into_iter().filter(|plainer| plainer != pod));
    found
}

/// Calls `keep` with the list without each of its items.
fn without_each<T: Clone>(items: &[T], mut keep: impl FnMut(Vec<T>)) {
    for index in 0..items.len() {
        let rest = items.iter().enumerate().filter(|(place, _)| *place != index);
        keep(rest.map(|(_, item)| item.clone()).collect());
    }
}

/// Calls `keep` with the list with each of its items replaced by each smaller one.
fn with_each<T: Clone>(items: &[T], smaller: impl Fn(&T) -> Vec<T>, mut keep: impl FnMut(Vec<T>)) {
    for (index, item) in items.iter().enumerate() {
        for replacement in smaller(item) {
            let mut changed = items.to_vec();
            if let Some(place) = changed.get_mut(index) {
                *place = replacement;
            }
            keep(changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::{Case, Scope};

    #[test]
    fn what_is_not_needed_for_the_failure_is_gone() {
        let case = (0..).map(|seed| Case::from_seed(seed, Scope::V1Valid, 1));
        let case = case.into_iter().find(|case| case.world.policies.len() > 3 && !case.flows.is_empty());
        let case = case.unwrap();
        let probe = Probe::new(&case.cluster, &case.flows[0]).unwrap();
        let mut fails = |world: &World, probe: &Probe| {
            let Ok(cluster) = world.cluster() else { return false };
            probe.flow(&cluster).is_some() && world.policies.iter().any(|policy| policy.ingress.is_some())
        };
        let (world, probe) = shrink(case.world, probe, &mut fails);
        assert!(fails(&world, &probe));
        assert_eq!((world.policies.len(), world.namespaces.len(), world.nodes.len()), (1, 0, 0));
        assert_eq!(world.policies[0].ingress.as_deref(), Some(&[][..]));
        assert_eq!((world.policies[0].egress.clone(), world.options), (None, Options::default()));
        assert!(world.pods.len() <= 2 && world.pods.iter().all(|pod| pod.labels.is_empty()));
    }
}
