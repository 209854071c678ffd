//! Checks on addresses: blocks that hold everybody, pods, services or nobody.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::checks::Check;
use super::context::{Context, Place, label};
use super::form::numbers;
use crate::net::{Cidr, IpBlock, L4Protocol};
use crate::policy::{Action, Direction, NamespaceMatch, Peer, Peers, PortMatch, Traffic};

/// Ports by which machines and clusters are administered, with what listens there.
const SENSITIVE: [(u16, &str); 10] = [
    (22, "SSH"),
    (23, "Telnet"),
    (2375, "the Docker API"),
    (2379, "etcd"),
    (3389, "remote desktops"),
    (5900, "VNC"),
    (6379, "Redis"),
    (6443, "the API server"),
    (10250, "the kubelet"),
    (27017, "MongoDB"),
];
/// The address at which clouds tell machines about themselves, credentials included.
const METADATA: &str = "169.254.169.254";
/// Blocks that no packet between hosts has an address of.
const NOWHERE: [(&str, &str); 5] = [
    ("127.0.0.0/8", "loopback addresses never leave their pod"),
    ("::1/128", "loopback addresses never leave their pod"),
    ("0.0.0.0/32", "no host has this address"),
    ("::/128", "no host has this address"),
    ("255.255.255.255/32", "no host has this address"),
];

pub(super) fn check(cx: &mut Context<'_>) {
    let facts = Facts::of(cx);
    let rules = cx.rules();
    for place in rules.iter().copied() {
        if place.rule.action != Action::Allow {
            continue;
        }
        everybody(cx, &place);
        for (index, peer) in place.peers().iter().enumerate() {
            let path = place.peer(index);
            match peer {
                Peer::IpBlock(block) => {
                    one_block(cx, &place, &format!("{path}.ipBlock"), block, &facts);
                    exceptions(cx, &place, index, block, &rules);
                }
                Peer::Networks(networks) => {
                    for network in networks {
                        let Ok(block) = IpBlock::new(*network, Vec::new()) else { continue };
                        one_block(cx, &place, &format!("{path}.networks"), &block, &facts);
                    }
                }
                Peer::DomainNames(_) | Peer::Nodes(_) | Peer::Pods(_) | Peer::Unknown => {}
            }
        }
        families(cx, &place, &facts);
        inside(cx, &place);
    }
}

/// What the cluster has of addresses.
struct Facts<'a> {
    pods: Vec<(IpAddr, &'a crate::cluster::Pod)>,
    services: Vec<(IpAddr, &'a crate::cluster::Service)>,
    has_both_families: bool,
}

impl<'a> Facts<'a> {
    fn of(cx: &Context<'a>) -> Self {
        let seen =
            cx.cluster.pods().map(|(_, pod)| pod).filter(|pod| !pod.host_network && !pod.is_finished());
        let mut pods: Vec<_> =
            seen.flat_map(|pod| pod.addresses.iter().map(move |address| (*address, pod))).collect();
        pods.sort_by_key(|(address, _)| *address);
        let services = cx.cluster.services().map(|(_, service)| service);
        let services: Vec<_> = services
            .flat_map(|service| service.cluster_addresses.iter().map(move |address| (*address, service)))
            .collect();
        let addresses = || pods.iter().map(|(address, _)| *address).chain(services.iter().map(|(a, _)| *a));
        let has_both_families = addresses().any(|a| a.is_ipv4()) && addresses().any(|a| a.is_ipv6());
        Self { pods, services, has_both_families }
    }
}

fn is_whole(block: &IpBlock) -> bool {
    block.cidr().prefix_length() == 0
}

fn everybody(cx: &mut Context<'_>, place: &Place<'_>) {
    let Place { direction, policy, rule, .. } = *place;
    let whole = place.peers().iter().position(|peer| match peer {
        Peer::IpBlock(block) => is_whole(block),
        Peer::Networks(networks) => networks.iter().any(|network| network.prefix_length() == 0),
        _ => false,
    });
    let any = rule.peers == Peers::Any;
    let path = match whole {
        Some(index) => place.peer(index),
        None if any => place.path(),
        None => return,
    };
    let ports = ports_text(&rule.traffic);
    match direction {
        Direction::Ingress => {
            let message = format!("everybody, in the cluster and outside, may connect to {ports}");
            let help = "name the peers that are meant";
            cx.add(Check::IngressFromAnywhere, policy, path.clone(), message, help);
            let open = SENSITIVE.iter().find(|(port, _)| named_by_number(&rule.traffic, *port));
            if let Some((port, what)) = open {
                let message = format!("port {port}, which is that of {what}, is open to everybody");
                let help = "allow it to those who administer, by address or by label";
                cx.add(Check::SensitivePortOpen, policy, path, message, help);
            }
        }
        Direction::Egress => {
            let message = format!("every address may be reached on {ports}");
            cx.add(Check::EgressToAnywhere, policy, path.clone(), message, "name the peers that are meant");
            let metadata: Option<IpAddr> = METADATA.parse().ok();
            let holds = |peer: &Peer| match peer {
                Peer::IpBlock(block) => metadata.is_some_and(|address| {
                    block.cidr().contains(address)
                        && !block.except().iter().any(|hole| hole.contains(address))
                }),
                _ => false,
            };
            let web = |port| held_by_number(&rule.traffic, port);
            let by_block = place.peers().iter().position(holds);
            if let Some(index) = by_block.filter(|_| web(80)) {
                let message = format!("{METADATA} may be reached, where clouds hand out credentials");
                let help = format!("add `except: [{METADATA}/32]`");
                let path = format!("{}.ipBlock", place.peer(index));
                cx.add(Check::MetadataOpen, policy, path, message, help);
            }
        }
    }
}

fn ports_text(traffic: &Traffic) -> String {
    match traffic {
        Traffic::Any => "all ports".to_string(),
        Traffic::Of(items) if items.len() == 1 => "the port of the rule".to_string(),
        Traffic::Of(items) => format!("the {} ports of the rule", items.len()),
    }
}

/// Whether traffic holds a TCP port by its number.
fn held_by_number(traffic: &Traffic, port: u16) -> bool {
    match traffic {
        Traffic::Any => true,
        Traffic::Of(items) => items.iter().any(|item| match item {
            PortMatch::Numbered { protocol: L4Protocol::Tcp, ports } => ports.contains(port),
            PortMatch::Protocol(protocol) => *protocol == L4Protocol::Tcp,
            _ => false,
        }),
    }
}

/// Whether traffic names a TCP port, or a range that begins near it; not where it is every port.
fn named_by_number(traffic: &Traffic, port: u16) -> bool {
    match traffic {
        Traffic::Any => false,
        Traffic::Of(_) => held_by_number(traffic, port),
    }
}

fn one_block(cx: &mut Context<'_>, place: &Place<'_>, path: &str, block: &IpBlock, facts: &Facts<'_>) {
    let cidr = block.cidr();
    let policy = place.policy;
    let holds =
        |address: IpAddr| cidr.contains(address) && !block.except().iter().any(|hole| hole.contains(address));
    let never =
        NOWHERE.iter().find(|(text, _)| Cidr::parse(text).is_ok_and(|parsed| parsed.cidr.includes(cidr)));
    if let Some((_, why)) = never {
        let message = format!("`{cidr}` matches nothing: {why}");
        cx.add(Check::BlockNeverMatches, policy, path, message, "remove the peer, or correct the block");
        return;
    }
    if cidr.address() == cidr.last_address() {
        let message = format!("`{cidr}` is one address, which may be somebody else's tomorrow");
        cx.add(
            Check::SingleAddress,
            policy,
            path,
            message,
            "where it is a pod's, select the pod by its labels",
        );
    }
    if is_whole(block) {
        return;
    }
    let first = facts.pods.partition_point(|(address, _)| *address < cidr.address());
    let inside = facts.pods.iter().skip(first).take_while(|(address, _)| *address <= cidr.last_address());
    let mut inside = inside.filter(|(address, _)| holds(*address));
    if let Some((address, pod)) = inside.next() {
        let message =
            format!("`{cidr}` holds {address} of the pod `{pod}`: plugins differ on blocks and pods");
        let help = "select pods by their labels, and leave blocks to what is outside the cluster";
        cx.add(Check::BlockCoversPods, policy, path, message, help);
    }
    if let Some((address, service)) = facts.services.iter().find(|(address, _)| holds(*address)) {
        let name = format!("{}/{}", service.namespace, service.name);
        let message = format!(
            "`{cidr}` holds {address} of the service `{name}`, which is translated before any policy"
        );
        let help = "select the pods behind the service by their labels, with the port that they listen on";
        cx.add(Check::BlockCoversServices, policy, path, message, help);
    }
}

fn exceptions(cx: &mut Context<'_>, place: &Place<'_>, index: usize, block: &IpBlock, rules: &[Place<'_>]) {
    for (number, hole) in block.except().iter().enumerate() {
        let Some((other, at)) = allows(cx, place, index, *hole, rules) else { continue };
        let message =
            format!("the exception `{hole}` denies nothing: {other} allows these addresses at `{at}`");
        let help = "rules only add up: narrow the other peer too";
        let path = format!("{}.ipBlock.except[{number}]", place.peer(index));
        cx.add(Check::ExceptAllowedElsewhere, place.policy, path, message, help);
    }
}

/// Another peer of the policies of the same pods that holds a whole exception, on some port of the rule.
fn allows(
    cx: &Context<'_>,
    place: &Place<'_>,
    own: usize,
    hole: Cidr,
    rules: &[Place<'_>],
) -> Option<(String, String)> {
    let wider = |traffic: &Traffic| *traffic == Traffic::Any || *traffic == place.rule.traffic;
    let mut others = rules.iter().filter(|other| {
        other.direction == place.direction
            && other.rule.action == Action::Allow
            && shares_pods(cx, place, other)
    });
    others.find_map(|other| {
        let is_own = (other.id, other.index) == (place.id, place.index);
        // A rule for everybody on a few ports, for name servers say, takes nothing from the exception.
        if other.rule.peers == Peers::Any {
            return wider(&other.rule.traffic).then(|| (label(other.policy), other.path()));
        }
        let found = other.peers().iter().enumerate().find(|(index, peer)| match peer {
            Peer::IpBlock(block) => {
                let apart = |except: &Cidr| !except.includes(hole) && !hole.includes(*except);
                !(is_own && *index == own) && block.cidr().includes(hole) && block.except().iter().all(apart)
            }
            _ => false,
        });
        let (index, _) = found.filter(|_| overlap(&other.rule.traffic, &place.rule.traffic))?;
        Some((label(other.policy), other.peer(index)))
    })
}

/// Whether the policies of two rules select some pod both, or the same pods to come.
fn shares_pods(cx: &Context<'_>, one: &Place<'_>, other: &Place<'_>) -> bool {
    if one.policy.subject == other.policy.subject {
        return true;
    }
    let apart = |one: &NamespaceMatch, other: &NamespaceMatch| matches!((one, other), (NamespaceMatch::Named(one), NamespaceMatch::Named(other)) if one != other);
    if apart(&one.policy.subject.namespaces, &other.policy.subject.namespaces) {
        return false;
    }
    let others = cx.select(&other.policy.subject);
    cx.select(&one.policy.subject).iter().any(|id| others.binary_search(id).is_ok())
}

/// Whether some traffic is in both, as far as numbers say.
fn overlap(one: &Traffic, other: &Traffic) -> bool {
    let (Traffic::Of(one), Traffic::Of(other)) = (one, other) else { return true };
    one.iter().any(|item| {
        other.iter().any(|other| match (numbers(item), numbers(other)) {
            (Some((protocol, first, last)), Some((others, from, to))) => {
                protocol == others && first <= to && from <= last
            }
            _ => item == other,
        })
    })
}

fn families(cx: &mut Context<'_>, place: &Place<'_>, facts: &Facts<'_>) {
    if !facts.has_both_families {
        return;
    }
    let whole = |v4: bool| {
        place.peers().iter().position(
            |peer| matches!(peer, Peer::IpBlock(block) if is_whole(block) && block.cidr().is_ipv4() == v4),
        )
    };
    let (index, has, lacks) = match (whole(true), whole(false)) {
        (Some(index), None) => (index, "0.0.0.0/0", "::/0"),
        (None, Some(index)) => (index, "::/0", "0.0.0.0/0"),
        _ => return,
    };
    let message = format!("`{has}` is every address of one family, and pods have addresses of both");
    let help = format!("add a peer with `{lacks}`");
    let path = format!("{}.ipBlock.cidr", place.peer(index));
    cx.add(Check::OneFamilyOnly, place.policy, path, message, help);
}

/// Peers that hold nothing that another one of the rule does not hold.
fn inside(cx: &mut Context<'_>, place: &Place<'_>) {
    let peers = place.peers();
    for (index, peer) in peers.iter().enumerate() {
        let wider = peers.iter().position(|other| other != peer && includes(other, peer));
        if let Some(wider) = wider {
            let message = format!("all that the peer holds is in `{}`", place.peer(wider));
            let help = "remove it, or narrow the other one";
            cx.add(Check::PeerInsidePeer, place.policy, place.peer(index), message, help);
        }
    }
}

/// Whether one peer holds all of another, as far as their texts show.
fn includes(wider: &Peer, peer: &Peer) -> bool {
    match (wider, peer) {
        (Peer::IpBlock(wider), Peer::IpBlock(block)) => {
            let left_out = |hole: &Cidr| block.except().iter().any(|own| own.includes(*hole));
            let apart = |hole: &Cidr| !hole.includes(block.cidr()) && !block.cidr().includes(*hole);
            wider.cidr().includes(block.cidr())
                && wider.except().iter().all(|hole| apart(hole) || left_out(hole))
        }
        (Peer::Pods(wider), Peer::Pods(pods)) => {
            let all_namespaces =
                matches!(&wider.namespaces, NamespaceMatch::Selected(selector) if selector.is_everything());
            let namespaces = wider.namespaces == pods.namespaces || all_namespaces;
            let asks = |selector: &crate::selector::Selector| selector.requirements().to_vec();
            let narrower = asks(&pods.pods);
            namespaces && asks(&wider.pods).iter().all(|requirement| narrower.contains(requirement))
        }
        _ => false,
    }
}
