//! The forms of the API: what each kind calls things, and how many it allows.

use alloc::format;

use crate::manifest::Code;
use crate::manifest::decode::{Context, Fields};
use crate::manifest::tree::{Node, Value};
use crate::policy::{Action, Direction, PolicyKind};

/// What differs from kind to kind.
pub(super) struct Form {
    pub(super) kind: PolicyKind,
    pub(super) spec_names: &'static [&'static str],
    /// The most rules, peers and ports of a list.
    pub(super) max: usize,
    pub(super) actions: &'static [(&'static str, Action)],
    /// The name of a rule's list of protocols and ports, and of a port by name in it.
    pub(super) ports: &'static str,
    pub(super) named_port: &'static str,
    /// The peers of an egress rule that are no pods.
    pub(super) addresses: &'static [&'static str],
}

impl Form {
    pub(super) const fn of(kind: PolicyKind) -> Self {
        match kind {
            PolicyKind::ClusterNetworkPolicy | PolicyKind::NetworkPolicy => Self {
                kind,
                spec_names: &["egress", "ingress", "priority", "subject", "tier"],
                max: 25,
                actions: &[("Accept", Action::Allow), ("Deny", Action::Deny), ("Pass", Action::Pass)],
                ports: "protocols",
                named_port: "destinationNamedPort",
                addresses: &["networks", "nodes", "domainNames"],
            },
            PolicyKind::AdminNetworkPolicy => Self {
                kind,
                spec_names: &["egress", "ingress", "priority", "subject"],
                max: 100,
                actions: &[("Allow", Action::Allow), ("Deny", Action::Deny), ("Pass", Action::Pass)],
                ports: "ports",
                named_port: "namedPort",
                addresses: &["networks", "nodes", "domainNames"],
            },
            PolicyKind::BaselineAdminNetworkPolicy => Self {
                kind,
                spec_names: &["egress", "ingress", "subject"],
                max: 100,
                // ANP-002: there is nothing to pass a flow on to.
                actions: &[("Allow", Action::Allow), ("Deny", Action::Deny)],
                ports: "ports",
                named_port: "namedPort",
                addresses: &["networks", "nodes"],
            },
        }
    }

    /// Whether it is the newer of the two versions.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self.kind, PolicyKind::ClusterNetworkPolicy)
    }

    pub(super) const fn rule_names(&self, direction: Direction) -> &'static [&'static str] {
        match (self.is_new(), direction) {
            (true, Direction::Ingress) => &["action", "from", "name", "protocols"],
            (true, Direction::Egress) => &["action", "name", "protocols", "to"],
            (false, Direction::Ingress) => &["action", "from", "name", "ports"],
            (false, Direction::Egress) => &["action", "name", "ports", "to"],
        }
    }

    /// What a peer can be.
    pub(super) const fn peer_names(&self, direction: Direction) -> &'static [&'static str] {
        match (self.kind, direction) {
            (_, Direction::Ingress) => &["namespaces", "pods"],
            (PolicyKind::BaselineAdminNetworkPolicy, Direction::Egress) => {
                &["namespaces", "networks", "nodes", "pods"]
            }
            (_, Direction::Egress) => &["domainNames", "namespaces", "networks", "nodes", "pods"],
        }
    }

    /// Reports port names beside peers that have none, as the API server does when such an object is made.
    pub(super) fn check_names(&self, cx: &mut Context, rule: &Fields<'_, '_>, direction: Direction) {
        let has = |list: &str, names: &[&str]| {
            items(rule, list).any(|item| names.iter().any(|name| is_set(item, name)))
        };
        if direction == Direction::Ingress
            || !has("to", self.addresses)
            || !has(self.ports, &[self.named_port])
        {
            return;
        }
        let message =
            format!("`{}` stands beside peers that are no pods, which have no port names", self.named_port);
        let help = "write the number, or make two rules of it";
        if cx.creates() {
            cx.error(Code::NamedPortBesideAddress, rule.path(), rule.at(), message, help);
        } else {
            // Not every definition of the resource has this check.
            cx.warning(Code::NamedPortBesideAddress, rule.path(), rule.at(), message, help);
        }
    }
}

fn items<'a>(fields: &Fields<'a, '_>, list: &str) -> impl Iterator<Item = &'a Node> {
    match fields.node(list).map(|node| &node.value) {
        Some(Value::Sequence(items)) => items.iter(),
        _ => [].iter(),
    }
}

fn is_set(item: &Node, name: &str) -> bool {
    match &item.value {
        Value::Mapping(fields) => {
            fields.iter().any(|field| field.key == name && field.node.value != Value::Null)
        }
        _ => false,
    }
}

/// Which of some fields are set.
pub(super) enum Present {
    None,
    One(&'static str),
    Many,
}

pub(super) fn only_one(fields: &Fields<'_, '_>, names: &'static [&'static str]) -> Present {
    let mut set = names.iter().filter(|name| fields.node(name).is_some());
    match (set.next(), set.next()) {
        (None, _) => Present::None,
        (Some(name), None) => Present::One(name),
        (Some(_), Some(_)) => Present::Many,
    }
}
