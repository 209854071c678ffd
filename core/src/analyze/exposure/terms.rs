//! Terms: what rules say of absent pods, and how it is put together.

use alloc::vec::Vec;

use super::{Exposed, PeerCondition, PeerTerm};
use crate::analyze::ports::PortSet;
use crate::cluster::Pod;
use crate::compile::resolve_port_name;
use crate::net::{IpBlock, L4Protocol, PortName, PortRange};
use crate::options::{EndPort, IpBlockPods, Options, Sctp};
use crate::policy::{Action, NamespaceMatch, Peer, Peers, PodMatch, PortMatch, Traffic};

/// One way in which a rule matches: the conditions on the peer, and the ports.
pub(super) type Way = (Vec<PeerCondition>, PortSet);

/// The ways in which a rule matches; `destination` is the workload's pod where the ports are its own.
pub(super) fn of(peers: &Peers, traffic: &Traffic, destination: Option<&Pod>, options: Options) -> Vec<Way> {
    let who: Vec<Vec<PeerCondition>> = match peers {
        // NP-005: anybody.
        Peers::Any => alloc::vec![Vec::new()],
        Peers::Of(list) => {
            let blocks_count = options.ip_block_pods == IpBlockPods::Match;
            let mut who = Vec::new();
            for peer in list {
                match peer {
                    // Every pod is in some namespace.
                    Peer::Pods(pods) if is_anybody(pods) => who.push(Vec::new()),
                    Peer::Pods(pods) => who.push(alloc::vec![PeerCondition::Pods(pods.clone())]),
                    Peer::IpBlock(block) if blocks_count => {
                        who.push(alloc::vec![PeerCondition::Address(block.clone())]);
                    }
                    Peer::Networks(networks) if blocks_count => {
                        let blocks = networks.iter().filter_map(|cidr| IpBlock::new(*cidr, Vec::new()).ok());
                        who.extend(blocks.map(|block| alloc::vec![PeerCondition::Address(block)]));
                    }
                    // An absent pod has no node's address and no name's.
                    Peer::IpBlock(_) | Peer::Networks(_) | Peer::Nodes(_) | Peer::DomainNames(_) => {}
                    Peer::Unknown => {}
                }
            }
            who
        }
    };
    let what = traffic_ways(traffic, destination, options);
    let mut ways = Vec::new();
    for conditions in &who {
        for (names, ports) in &what {
            let mut all = conditions.clone();
            all.extend(names.iter().cloned());
            ways.push((all, ports.clone()));
        }
    }
    ways
}

fn is_anybody(pods: &PodMatch) -> bool {
    let in_any = matches!(&pods.namespaces, NamespaceMatch::Selected(selector) if selector.is_everything());
    in_any && pods.pods.is_everything()
}

/// The ways in which a rule's ports match.
fn traffic_ways(traffic: &Traffic, destination: Option<&Pod>, options: Options) -> Vec<Way> {
    let Traffic::Of(items) = traffic else { return alloc::vec![(Vec::new(), PortSet::all())] };
    let mut plain = PortSet::nothing();
    let mut ways = Vec::new();
    for item in items {
        match item {
            PortMatch::Protocol(protocol) => plain = plain.or(&numbered(*protocol, PortRange::ALL, options)),
            PortMatch::Numbered { protocol, ports } => {
                plain = plain.or(&numbered(*protocol, *ports, options));
            }
            PortMatch::Named { protocol, name } => {
                named(&mut plain, &mut ways, *protocol, name, destination, options);
            }
            // CNP-011: of whatever protocol.
            PortMatch::Name(name) => {
                for protocol in L4Protocol::ALL {
                    named(&mut plain, &mut ways, protocol, name, destination, options);
                }
            }
            PortMatch::Unknown => {}
        }
    }
    if !plain.is_nothing() {
        ways.push((Vec::new(), plain));
    }
    ways
}

fn numbered(protocol: L4Protocol, ports: PortRange, options: Options) -> PortSet {
    if protocol == L4Protocol::Sctp {
        match options.sctp {
            // NP-024: such items hold nothing.
            Sctp::IsolateOnly => return PortSet::nothing(),
            // CAL-4: a number is any port there.
            Sctp::AnyPort => return PortSet::of(protocol, PortRange::ALL),
            Sctp::Dropped | Sctp::Evaluated | Sctp::RefusePolicy => {}
        }
    }
    let first = PortRange::single(ports.start()).unwrap_or(ports);
    PortSet::of(protocol, if options.end_port == EndPort::Ignored { first } else { ports })
}

fn named(
    plain: &mut PortSet,
    ways: &mut Vec<Way>,
    protocol: L4Protocol,
    name: &PortName,
    destination: Option<&Pod>,
    options: Options,
) {
    if protocol == L4Protocol::Sctp && matches!(options.sctp, Sctp::IsolateOnly | Sctp::AnyPort) {
        return;
    }
    match destination {
        // NP-008: the workload's own pod says which number it is.
        Some(pod) => {
            for number in resolve_port_name(Some(pod), protocol, name, options) {
                if let Ok(port) = PortRange::single(number) {
                    *plain = plain.or(&PortSet::of(protocol, port));
                }
            }
        }
        None => {
            let condition = PeerCondition::PortName { protocol, name: name.clone() };
            ways.push((alloc::vec![condition], PortSet::of(protocol, PortRange::ALL)));
        }
    }
}

/// What the rules of a tier allow, in order: of each that allows, what no earlier one keeps from it.
pub(super) fn allowed(rules: &[(Action, Vec<Way>)]) -> Vec<Exposed> {
    let mut lines = Vec::new();
    let mut before: Vec<&Way> = Vec::new();
    for (action, ways) in rules {
        if *action == Action::Allow {
            lines.extend(ways.iter().flat_map(|way| without(line_of(way), &before)));
        } else {
            before.extend(ways);
        }
    }
    lines
}

/// What the rules of a tier leave to the next, and at most what they allow beside it.
pub(super) fn not_denied(rules: &[(Action, Vec<Way>)], everybody: &[Exposed]) -> Vec<Exposed> {
    let mut lines = Vec::new();
    let mut denying: Vec<&Way> = Vec::new();
    for (action, ways) in rules {
        match action {
            // CNP-003: what is passed on is under the rest of this tier no more.
            Action::Pass => lines.extend(ways.iter().flat_map(|way| without(line_of(way), &denying))),
            Action::Deny => denying.extend(ways),
            Action::Allow => {}
        }
    }
    lines.extend(everybody.iter().flat_map(|line| without(line.clone(), &denying)));
    lines
}

fn line_of((conditions, ports): &Way) -> Exposed {
    Exposed { peers: PeerTerm { all_of: conditions.clone(), none_of: Vec::new() }, ports: ports.clone() }
}

/// A line without what some ways match, in as many pieces as their ports cut it.
fn without(line: Exposed, ways: &[&Way]) -> Vec<Exposed> {
    let mut pieces = alloc::vec![line];
    for (conditions, ports) in ways {
        let mut next = Vec::new();
        for piece in pieces {
            let met = piece.ports.and(ports);
            let free = piece.ports.minus(ports);
            // Whoever meets what the line asks anyway is kept away whole.
            let always = conditions.iter().all(|condition| piece.peers.all_of.contains(condition));
            if !met.is_nothing() && !always {
                let mut peers = piece.peers.clone();
                peers.none_of.push(conditions.clone());
                next.push(Exposed { peers, ports: met });
            }
            if !free.is_nothing() {
                next.push(Exposed { peers: piece.peers, ports: free });
            }
        }
        pieces = next;
    }
    pieces
}

/// What is in both of two lists of lines.
pub(super) fn both(a: &[Exposed], b: &[Exposed]) -> Vec<Exposed> {
    let mut lines = Vec::new();
    for one in a {
        for other in b {
            let ports = one.ports.and(&other.ports);
            if ports.is_nothing() {
                continue;
            }
            let mut peers = one.peers.clone();
            peers.all_of.extend(other.peers.all_of.iter().cloned());
            peers.none_of.extend(other.peers.none_of.iter().cloned());
            lines.push(Exposed { peers, ports });
        }
    }
    lines
}

/// The same in fewer lines: what nobody can meet, and what another line says already, is left out.
pub(super) fn fewest(lines: Vec<Exposed>) -> Vec<Exposed> {
    let mut joined: Vec<Exposed> = Vec::new();
    for mut line in lines {
        for conditions in core::iter::once(&mut line.peers.all_of).chain(&mut line.peers.none_of) {
            conditions.sort_unstable();
            conditions.dedup();
        }
        line.peers.none_of.sort_unstable();
        line.peers.none_of.dedup();
        if !can_be(&line.peers) {
            continue;
        }
        match joined.iter_mut().find(|known| known.peers == line.peers) {
            Some(known) => known.ports = known.ports.or(&line.ports),
            None => joined.push(line),
        }
    }
    // Those that ask the least come first, so that others lose what these say already.
    joined.sort_by_key(|line| line.peers.all_of.len().saturating_add(line.peers.none_of.len()));
    let mut kept: Vec<Exposed> = Vec::new();
    for mut line in joined {
        for wider in kept.iter().filter(|wider| is_wider(&wider.peers, &line.peers)) {
            line.ports = line.ports.minus(&wider.ports);
        }
        if !line.ports.is_nothing() {
            kept.push(line);
        }
    }
    kept.sort_unstable();
    kept
}

/// Whether one term asks nothing that the other does not ask.
fn is_wider(wide: &PeerTerm, narrow: &PeerTerm) -> bool {
    wide.all_of.iter().all(|condition| narrow.all_of.contains(condition))
        && wide.none_of.iter().all(|list| narrow.none_of.contains(list))
}

/// Whether some pod may meet a term, as far as that is plain.
fn can_be(term: &PeerTerm) -> bool {
    let mut names = term.all_of.iter().filter_map(|condition| match condition {
        PeerCondition::Pods(pods) => match &pods.namespaces {
            NamespaceMatch::Named(name) => Some(name),
            NamespaceMatch::Selected(_) => None,
        },
        _ => None,
    });
    let first = names.next();
    let in_one_namespace = names.all(|name| Some(name) == first);
    let is_kept_away =
        term.none_of.iter().any(|list| list.iter().all(|condition| term.all_of.contains(condition)));
    in_one_namespace && !is_kept_away
}
