//! What generated worlds hold: everything that is interesting, often enough.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Bytes, Scope, World, expand};
use crate::Options;
use crate::cluster::{ContainerKind, ContainerPort, Phase, Pod, PodIdentity};
use crate::net::Cidr;
use crate::policy::{NamespaceMatch, Peer, Peers, PortMatch, Rule, Traffic};
use crate::selector::Requirement;

const WORLDS: u64 = 1_000;

fn worlds(scope: Scope) -> impl Iterator<Item = World> {
    (0..WORLDS).map(move |seed| World::generate(&mut Bytes::new(&expand(seed, 3000)), scope))
}

#[test]
fn any_bytes_make_a_world_and_the_same_bytes_the_same_one() {
    for scope in [Scope::Model, Scope::V1Valid, Scope::Oracle] {
        for length in [0, 1, 7, 50, 400, 4000] {
            for seed in 0..20 {
                let data = expand(seed, length);
                let world = World::generate(&mut Bytes::new(&data), scope);
                assert!(world.cluster().is_ok() && world.policy_set().is_ok(), "{world:?}");
                assert_eq!(world, World::generate(&mut Bytes::new(&data), scope));
            }
        }
    }
}

#[test]
fn every_value_of_every_option_occurs() {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for world in worlds(Scope::V1Valid) {
        for entry in world.options.entries() {
            for value in &entry.values {
                let chosen = u32::from(*value == entry.value);
                *counts.entry((entry.key, value)).or_default() += chosen;
            }
        }
    }
    // What plugins do has many values, and leaves little to find.
    let bound = |key: &str| if Options::is_of_plugins(key) { 2 } else { 40 };
    let rare: Vec<_> = counts.iter().filter(|((key, _), count)| **count < bound(key)).collect();
    assert!(rare.is_empty(), "of {WORLDS} worlds: {rare:?}");
}

fn rules(world: &World) -> Vec<&Rule> {
    let lists = world.policies.iter().flat_map(|policy| [&policy.ingress, &policy.egress]);
    lists.flatten().flatten().collect()
}

fn peers(world: &World) -> Vec<&Peer> {
    rules(world).into_iter().flat_map(peers_of).collect()
}

fn peers_of(rule: &Rule) -> &[Peer] {
    match &rule.peers {
        Peers::Any => &[],
        Peers::Of(peers) => peers,
    }
}

fn port_matches(world: &World) -> Vec<&PortMatch> {
    rules(world).into_iter().flat_map(items_of).collect()
}

fn items_of(rule: &Rule) -> &[PortMatch] {
    match &rule.traffic {
        Traffic::Any => &[],
        Traffic::Of(items) => items,
    }
}

fn requirements(world: &World) -> Vec<&Requirement> {
    let mut selectors: Vec<_> = world.policies.iter().map(|policy| &policy.subject.pods).collect();
    for peer in peers(world) {
        if let Peer::Pods(pods) = peer {
            selectors.push(&pods.pods);
        }
    }
    selectors.into_iter().flat_map(|selector| selector.requirements()).collect()
}

fn has_hole_in_a_hole(peer: &Peer) -> bool {
    let Peer::IpBlock(block) = peer else { return false };
    let holes = block.except();
    let inside = |outer: &Cidr| holes.iter().any(|hole| hole != outer && outer.includes(*hole));
    holes.iter().any(inside)
}

fn repeats_a_port_name(pod: &Pod) -> bool {
    let same = |(a, b): (&ContainerPort, &ContainerPort)| {
        a.name.is_some() && (&a.name, a.protocol) == (&b.name, b.protocol) && a.port != b.port
    };
    let ports = || pod.ports.iter().enumerate();
    ports().any(|(index, a)| ports().any(|(other, b)| other > index && same((a, b))))
}

fn shares_an_address(world: &World) -> bool {
    let pods = || world.pods.iter().filter(|pod| !pod.host_network);
    let shared = |pod: &Pod| {
        pod.addresses
            .iter()
            .any(|address| pods().filter(|other| other.addresses.contains(address)).count() > 1)
    };
    pods().any(shared)
}

type Feature = (&'static str, u32, fn(&World) -> bool);

/// What has to occur, and in how many percent of the worlds at least.
const FEATURES: [Feature; 27] = [
    ("pods without address", 25, |world| world.pods.iter().any(|pod| pod.addresses.is_empty())),
    ("dual stack", 35, |world| world.pods.iter().any(|pod| pod.addresses.len() > 1)),
    ("IPv6 alone", 20, |world| {
        world.pods.iter().any(|pod| !pod.addresses.is_empty() && pod.addresses.iter().all(|a| a.is_ipv6()))
    }),
    ("shared addresses", 20, shares_an_address),
    ("finished pods", 25, |world| world.pods.iter().any(Pod::is_finished)),
    ("pending pods", 15, |world| world.pods.iter().any(|pod| pod.phase == Phase::Pending)),
    ("terminating pods", 20, |world| world.pods.iter().any(|pod| pod.terminating)),
    ("host-network pods", 25, |world| world.pods.iter().any(|pod| pod.host_network)),
    ("workloads without pods", 15, |world| {
        world.pods.iter().any(|pod| matches!(pod.identity, PodIdentity::Template(_)))
    }),
    ("undeclared namespaces", 15, |world| {
        let declared = |name: &String| world.namespaces.iter().any(|namespace| namespace.name == *name);
        world.pods.iter().any(|pod| !declared(&pod.namespace))
    }),
    ("nodes without an object", 15, |world| {
        let exists = |name: &String| world.nodes.iter().any(|node| node.name == *name);
        world.pods.iter().any(|pod| pod.node.as_ref().is_some_and(|name| !exists(name)))
    }),
    ("port names given twice", 20, |world| world.pods.iter().any(repeats_a_port_name)),
    ("ports of init containers", 20, |world| {
        world.pods.iter().flat_map(|pod| &pod.ports).any(|port| port.container == ContainerKind::Init)
    }),
    ("ports of sidecars", 20, |world| {
        world.pods.iter().flat_map(|pod| &pod.ports).any(|port| port.container == ContainerKind::Sidecar)
    }),
    ("empty label values", 50, |world| {
        world.pods.iter().flat_map(|pod| pod.labels.iter()).any(|(_, value)| value.as_str().is_empty())
    }),
    ("NotIn", 25, |world| requirements(world).into_iter().any(|one| matches!(one, Requirement::NotIn(..)))),
    ("DoesNotExist", 15, |world| {
        requirements(world).into_iter().any(|one| matches!(one, Requirement::DoesNotExist(_)))
    }),
    ("holes in holes", 5, |world| peers(world).into_iter().any(has_hole_in_a_hole)),
    ("IPv6 blocks", 10, |world| {
        peers(world).into_iter().any(|peer| matches!(peer, Peer::IpBlock(block) if !block.cidr().is_ipv4()))
    }),
    ("namespace selectors", 40, |world| {
        peers(world).into_iter().any(
            |peer| matches!(peer, Peer::Pods(pods) if matches!(pods.namespaces, NamespaceMatch::Selected(_))),
        )
    }),
    ("any peer", 30, |world| rules(world).into_iter().any(|rule| rule.peers == Peers::Any)),
    ("any traffic", 30, |world| rules(world).into_iter().any(|rule| rule.traffic == Traffic::Any)),
    ("port ranges", 30, |world| {
        port_matches(world)
            .into_iter()
            .any(|item| matches!(item, PortMatch::Numbered { ports, .. } if ports.start() < ports.end()))
    }),
    ("port names", 30, |world| {
        port_matches(world).into_iter().any(|item| matches!(item, PortMatch::Named { .. }))
    }),
    ("empty rule lists", 20, |world| {
        world
            .policies
            .iter()
            .any(|policy| [&policy.ingress, &policy.egress].into_iter().flatten().any(Vec::is_empty))
    }),
    ("both directions", 40, |world| {
        world.policies.iter().any(|policy| policy.ingress.is_some() && policy.egress.is_some())
    }),
    ("stacked policies", 40, |world| {
        let in_namespace =
            |name: &str| world.policies.iter().filter(|policy| policy.namespace == name).count();
        world.policies.iter().any(|policy| in_namespace(&policy.namespace) > 1)
    }),
];

#[test]
fn everything_interesting_occurs_often_enough() {
    let worlds: Vec<World> = worlds(Scope::V1Valid).collect();
    let mut rare = Vec::new();
    for (name, percent, holds) in FEATURES {
        let found = worlds.iter().filter(|world| holds(world)).count() * 100 / worlds.len();
        if found < usize::try_from(percent).unwrap() {
            rare.push((name, found, percent));
        }
    }
    assert!(rare.is_empty(), "in so many percent of the worlds, wanted at least: {rare:?}");
}

#[test]
fn what_manifests_cannot_say_is_left_to_the_model() {
    let empty = |world: &World| {
        rules(world)
            .into_iter()
            .any(|rule| rule.peers == Peers::Of(Vec::new()) || rule.traffic == Traffic::Of(Vec::new()))
    };
    let idle = |world: &World| {
        world.policies.iter().any(|policy| policy.ingress.is_none() && policy.egress.is_none())
    };
    assert!(
        worlds(Scope::Model).any(|world| empty(&world)) && worlds(Scope::Model).any(|world| idle(&world))
    );
    for scope in [Scope::V1Valid, Scope::Oracle] {
        assert!(!worlds(scope).any(|world| empty(&world) || idle(&world)), "{scope:?}");
    }
}
