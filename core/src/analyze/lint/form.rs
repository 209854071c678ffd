//! Checks on how a policy is written: lists that are empty, dashes that are too many, types that are left out.

use alloc::format;
use alloc::vec::Vec;

use super::DIRECTIONS;
use super::checks::Check;
use super::context::{Context, Place, label};
use super::texts::{child, items};
use crate::manifest::tree::{Node, Value};
use crate::policy::{Direction, Peers, Policy, PortMatch, Tier, Traffic};
use crate::sorted::SortedMap;

/// From how many ports on a range is a wide one.
const WIDE: u16 = 1000;

pub(super) fn check(cx: &mut Context<'_>) {
    for (_, policy) in cx.policies() {
        let Some(tree) = cx.tree(policy) else { continue };
        if policy.rank.tier() == Tier::NetworkPolicy {
            types(cx, policy, tree);
            for direction in DIRECTIONS {
                written_rules(cx, policy, tree, direction);
            }
        }
    }
    for place in cx.rules() {
        repeated_peers(cx, &place);
        ports(cx, &place);
    }
    same_policies(cx);
}

fn type_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "Ingress",
        Direction::Egress => "Egress",
    }
}

/// A field of `spec` that is there and not null.
fn spec_field<'a>(tree: &'a Node, name: &str) -> Option<&'a Node> {
    child(child(tree, "spec")?, name).filter(|node| node.value != Value::Null)
}

fn types(cx: &mut Context<'_>, policy: &Policy, tree: &Node) {
    if child(tree, "metadata").is_none_or(|metadata| child(metadata, "namespace").is_none()) {
        let message = format!("there is no `metadata.namespace`; it is read as `{}`", policy.namespace);
        let help = "write the namespace into the object, unless whatever applies it sets it";
        cx.add(Check::NamespaceMissing, policy, "metadata", message, help);
    }
    if items(spec_field(tree, "policyTypes")).is_empty() {
        let applies = match policy.egress {
            Some(_) => "to ingress and, because it has egress rules, to egress",
            None => "to ingress alone",
        };
        let message = format!("there are no `policyTypes`: the policy applies {applies}");
        cx.add(Check::PolicyTypesMissing, policy, "spec", message, "write the types that are meant");
        return;
    }
    for direction in DIRECTIONS {
        let (name, field) = (type_name(direction), direction.as_str());
        let rules = items(spec_field(tree, field));
        match policy.rules(direction) {
            None if !rules.is_empty() => {
                let message = format!(
                    "there are rules in `{field}`, and `policyTypes` does not name `{name}`: they do nothing"
                );
                let help = format!("add `{name}` to `policyTypes`, or remove the rules");
                cx.add(Check::RulesWithoutType, policy, format!("spec.{field}"), message, help);
            }
            Some(_) if spec_field(tree, field).is_none() => {
                let other = match direction {
                    Direction::Ingress => Direction::Egress,
                    Direction::Egress => Direction::Ingress,
                };
                // A policy without any rule is one that denies on purpose.
                if !items(spec_field(tree, other.as_str())).is_empty() {
                    let message = format!(
                        "`policyTypes` names `{name}` and there is no `{field}`: the policy lets no {field} traffic pass"
                    );
                    let help = format!(
                        "add rules to `{field}`, or take `{name}` out of `policyTypes`; where it is meant, write `{field}: []`"
                    );
                    cx.add(Check::TypeWithoutRules, policy, "spec.policyTypes", message, help);
                }
            }
            None | Some(_) => {}
        }
    }
}

/// Which fields an item has.
fn has_only(item: &Node, wanted: &str) -> bool {
    match &item.value {
        Value::Mapping(fields) => {
            let mut set = fields.iter().filter(|field| field.node.value != Value::Null);
            set.next().is_some_and(|field| field.key == wanted) && set.next().is_none()
        }
        _ => false,
    }
}

fn written_rules(cx: &mut Context<'_>, policy: &Policy, tree: &Node, direction: Direction) {
    let (field, peers) = (direction.as_str(), direction.peers_field());
    let rules = items(spec_field(tree, field));
    let is_empty_list = |node: Option<&Node>| matches!(node.map(|node| &node.value), Some(Value::Sequence(items)) if items.is_empty());
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("spec.{field}[{index}]");
        if is_empty_list(child(rule, peers)) {
            let message = format!("`{peers}: []` holds every peer, as a rule without `{peers}` does");
            let help = format!("to allow nobody remove the rule; to allow everybody leave `{peers}` out");
            cx.add(Check::EmptyPeerList, policy, format!("{path}.{peers}"), message, help);
        }
        if is_empty_list(child(rule, "ports")) {
            let help = "to allow no port remove the rule; to allow all leave `ports` out";
            let message = "`ports: []` holds every port, as a rule without `ports` does";
            cx.add(Check::EmptyPortList, policy, format!("{path}.ports"), message, help);
        }
        if items(child(rule, peers)).is_empty() && items(child(rule, "ports")).is_empty() {
            let message = format!("the rule has neither peers nor ports: all {field} traffic passes");
            let help =
                format!("say in `{peers}` and `ports` what is meant; to allow nothing write `{field}: []`");
            cx.add(Check::RuleAllowsEverything, policy, path.clone(), message, help);
        }
        let next = rules.get(index.saturating_add(1));
        if has_only(rule, peers) && next.is_some_and(|next| has_only(next, "ports")) {
            let message = format!(
                "a rule with `{peers}` alone, and after it one with `ports` alone: the first allows every port, the \
                 second every peer"
            );
            let help = "where one rule is meant, remove the dash before `ports`";
            let path = format!("spec.{field}[{}]", index.saturating_add(1));
            cx.add(Check::StrayDashPorts, policy, path, message, help);
        }
        stray_dash(cx, policy, rule, &format!("{path}.{peers}"), peers);
    }
}

fn stray_dash(cx: &mut Context<'_>, policy: &Policy, rule: &Node, path: &str, peers: &str) {
    let list = items(child(rule, peers));
    for (index, pair) in list.windows(2).enumerate() {
        let [first, second] = pair else { continue };
        let (namespaces, pods) = ("namespaceSelector", "podSelector");
        let is_pair = has_only(first, namespaces) && has_only(second, pods)
            || has_only(first, pods) && has_only(second, namespaces);
        if is_pair {
            let message = "two peers: all pods of these namespaces, and besides such pods of the policy's own namespace";
            let help = "where such pods of these namespaces are meant, remove the second dash, so that it is one peer";
            cx.add(
                Check::StrayDashPeers,
                policy,
                format!("{path}[{}]", index.saturating_add(1)),
                message,
                help,
            );
        }
    }
}

fn repeated_peers(cx: &mut Context<'_>, place: &Place<'_>) {
    let Peers::Of(peers) = &place.rule.peers else { return };
    for (index, peer) in peers.iter().enumerate() {
        if let Some(first) = peers.iter().take(index).position(|other| other == peer) {
            let message = format!("the peer is the same as `{}`", place.peer(first));
            cx.add(Check::DuplicatePeer, place.policy, place.peer(index), message, "remove one of the two");
        }
    }
}

/// The ports that an item holds by number.
pub(super) fn numbers(item: &PortMatch) -> Option<(crate::net::L4Protocol, u16, u16)> {
    match item {
        PortMatch::Numbered { protocol, ports } => Some((*protocol, ports.start(), ports.end())),
        PortMatch::Protocol(protocol) => Some((*protocol, 1, u16::MAX)),
        PortMatch::Named { .. } | PortMatch::Name(_) | PortMatch::Unknown => None,
    }
}

fn ports(cx: &mut Context<'_>, place: &Place<'_>) {
    let Traffic::Of(list) = &place.rule.traffic else { return };
    let written = cx.tree(place.policy).map(|tree| items(port_list(tree, place)));
    for (index, item) in list.iter().enumerate() {
        let path = place.port(index);
        let same = list.iter().take(index).position(|other| other == item);
        if let Some(first) = same {
            let message = format!("the port is the same as `{}`", place.port(first));
            cx.add(Check::DuplicatePort, place.policy, path.clone(), message, "remove one of the two");
        }
        let own = numbers(item);
        let inside = own.and_then(|(protocol, first, last)| {
            list.iter().position(|other| {
                let wider = numbers(other).filter(|(other, _, _)| *other == protocol);
                wider.is_some_and(|(_, from, to)| from <= first && last <= to && (from, to) != (first, last))
            })
        });
        if let (None, Some(wider)) = (same, inside) {
            let message = format!("the port lies in `{}`, which holds it already", place.port(wider));
            cx.add(
                Check::PortInsideRange,
                place.policy,
                path.clone(),
                message,
                "remove it, or narrow the other one",
            );
        }
        let node = written.and_then(|written| written.get(index));
        if let PortMatch::Numbered { ports, .. } = item
            && node.is_some_and(|node| child(node, "endPort").is_some())
            && ports.start() == ports.end()
        {
            let message = format!("`endPort` is the port itself, {}", ports.end());
            let path = format!("{path}.endPort");
            cx.add(Check::EndPortEqualsPort, place.policy, path, message, "leave `endPort` out");
        }
        if let PortMatch::Numbered { ports, .. } = item {
            let width = ports.end().saturating_sub(ports.start());
            if width >= WIDE {
                let message = format!("the range {ports} holds {} ports", u32::from(width).saturating_add(1));
                cx.add(
                    Check::WidePortRange,
                    place.policy,
                    path.clone(),
                    message,
                    "name the ports that are meant",
                );
            }
        }
        let names_protocol = node.is_none_or(|node| child(node, "protocol").is_some());
        if !names_protocol && place.policy.rank.tier() == Tier::NetworkPolicy {
            let message = "the port has no `protocol`, which makes it TCP";
            cx.add(
                Check::PortProtocolMissing,
                place.policy,
                path,
                message,
                "write `protocol: TCP`, or the one that is meant",
            );
        }
    }
}

fn port_list<'a>(tree: &'a Node, place: &Place<'_>) -> Option<&'a Node> {
    let rules = items(child(child(tree, "spec")?, place.direction.as_str()));
    child(rules.get(place.index)?, "ports")
}

fn same_policies(cx: &mut Context<'_>) {
    let mut known: SortedMap<_, &Policy> = SortedMap::new();
    let mut same = Vec::new();
    for (_, policy) in cx.policies() {
        let rules = |direction| {
            let rules = policy.rules(direction)?;
            Some(
                rules
                    .iter()
                    .map(|rule| (rule.action.number(), &rule.peers, &rule.traffic))
                    .collect::<Vec<_>>(),
            )
        };
        let key = (policy.rank, &policy.subject, rules(Direction::Ingress), rules(Direction::Egress));
        match known.get(&key) {
            Some(first) => same.push((policy, *first)),
            None => {
                known.insert(key, policy);
            }
        }
    }
    for (policy, first) in same {
        let message = format!("it says the same as {} at {}", label(first), first.origin);
        cx.add(Check::DuplicatePolicy, policy, "metadata.name", message, "remove one of the two");
    }
}
