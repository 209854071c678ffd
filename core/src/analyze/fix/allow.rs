//! Steps towards allowing what is denied.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::places::{Move, Scene};
use super::port::Port;
use super::values;
use crate::cluster::Pod;
use crate::decision::Reason;
use crate::explain::{PeerMiss, PeersOutcome, RuleTrace, SideTrace};
use crate::flow::Flow;
use crate::manifest::edit::{Fresh, Step};
use crate::policy::{Action, Direction, Policy, RuleRef, Tier};
use crate::selector::Requirement;

/// How many policies of a side are tried.
const POLICIES: usize = 6;
/// How many rules of a policy are tried.
const RULES: usize = 24;

/// A side that denies, and the other end as its rules see it.
struct Denied<'s, 'a> {
    scene: &'s Scene<'a>,
    side: &'s SideTrace,
    flow: &'s Flow,
    peer: Option<&'a Pod>,
    address: Option<IpAddr>,
}

/// Steps that bring a side nearer to allowing a flow.
pub(super) fn moves(scene: &Scene<'_>, side: &SideTrace, flow: &Flow) -> Vec<Move> {
    let address = match side.direction {
        Direction::Egress => flow.destination().address(),
        Direction::Ingress => flow.source().address(),
    };
    let peer = side.peer.and_then(|id| scene.engine.cluster().pod(id));
    let denied = Denied { scene, side, flow, peer, address };
    match side.side.reason {
        Reason::DenyRule => denied.without_rule().into_iter().collect(),
        Reason::Isolated => denied.with_rules(),
        _ => Vec::new(),
    }
}

impl Denied<'_, '_> {
    /// Takes the rule away that denies.
    fn without_rule(&self) -> Option<Move> {
        let deciding = self.side.matching().find(|rule| rule.action == Action::Deny)?;
        let rule = self.scene.engine.policies().rule(deciding.rule)?;
        super::deny::without_rule(self.scene, &rule)
    }

    /// Changes what isolates the pod so that it allows the flow too.
    fn with_rules(&self) -> Vec<Move> {
        let engine = self.scene.engine;
        let mut moves = Vec::new();
        let isolating: Vec<_> = self.side.of_tier(Tier::NetworkPolicy).take(POLICIES).collect();
        for trace in &isolating {
            for rule_trace in trace.rules.iter().take(RULES) {
                let Some(rule) = engine.policies().rule(rule_trace.rule) else { continue };
                match (rule_trace.peers.matches(), rule_trace.traffic.matches()) {
                    (true, false) => moves.extend(self.add_port(&rule)),
                    (false, true) => {
                        moves.extend(self.add_label(&rule, rule_trace));
                        moves.extend(self.add_peer(&rule));
                    }
                    _ => {}
                }
            }
        }
        for trace in &isolating {
            let Some(policy) = engine.policies().policy(trace.policy) else { continue };
            moves.extend(self.add_rule(policy));
        }
        let first = isolating.first().and_then(|trace| engine.policies().policy(trace.policy));
        moves.extend(self.add_policy(first));
        moves
    }

    /// The other end as peers of policies in a namespace, from the shortest way to the surest, and what each is called.
    fn peers(&self, namespace: &str) -> Vec<Fresh> {
        match (self.peer, self.address) {
            (Some(pod), _) => {
                let ways = values::ways_to_select(pod);
                ways.iter().map(|labels| values::pod_peer(pod, labels, namespace)).collect()
            }
            (None, Some(address)) => alloc::vec![values::address_peer(address)],
            (None, None) => Vec::new(),
        }
    }

    /// What the flow carries, as a policy writes it.
    fn port(&self, policy: Option<&Policy>, namespace: &str) -> Option<Port> {
        let policies = self.scene.engine.policies();
        self.scene.naming.port(policies, policy, namespace, self.flow.transport())
    }

    fn add_port(&self, rule: &RuleRef<'_>) -> Option<Move> {
        let place = self.scene.rule(rule.policy, rule.direction, rule.index)?;
        let port = self.port(Some(rule.policy), &rule.policy.namespace)?;
        let edit = place.layout.append_under(&place.part, "ports", &port.item())?;
        let title = format!("add {} to `{}` {}", port.words(), rule.policy, rule.path());
        Some(place.change(title, alloc::vec![edit]))
    }

    fn add_peer(&self, rule: &RuleRef<'_>) -> Vec<Move> {
        let field = rule.direction.peers_field();
        let Some(place) = self.scene.rule(rule.policy, rule.direction, rule.index) else { return Vec::new() };
        let add = |peer: Fresh| {
            let edit = place.layout.append_under(&place.part, field, &peer)?;
            let title = format!("add a peer to `{}` {}.{field}", rule.policy, rule.path());
            Some(place.change(title, alloc::vec![edit]))
        };
        self.peers(&rule.policy.namespace).into_iter().filter_map(add).collect()
    }

    /// Gives the other end a label that a peer of the rule wants.
    fn add_label(&self, rule: &RuleRef<'_>, trace: &RuleTrace) -> Vec<Move> {
        let (PeersOutcome::Missed(peers), Some(pod)) = (&trace.peers, self.peer) else { return Vec::new() };
        let wanted = peers.iter().filter_map(|misses| match misses.as_slice() {
            [PeerMiss::PodLabels(requirements)] => match requirements.as_slice() {
                [Requirement::In(key, values)] if pod.labels.get(key).is_none() => {
                    Some((key.to_string(), values.iter().next()?.to_string()))
                }
                [Requirement::Exists(key)] => Some((key.to_string(), "true".to_string())),
                _ => None,
            },
            _ => None,
        });
        let add = |(key, value): (alloc::string::String, alloc::string::String)| {
            let place = self.scene.labels(pod)?;
            let edit = place.layout.insert_entry(&place.part, &key, &Fresh::text(value.as_str()))?;
            let title =
                format!("label `{pod}` with `{key}: {value}`, which `{}` {} wants", rule.policy, rule.path());
            Some(place.change(title, alloc::vec![edit]))
        };
        wanted.filter_map(add).collect()
    }

    fn add_rule(&self, policy: &Policy) -> Vec<Move> {
        let direction = self.side.direction;
        let spec = self.scene.policy(policy).and_then(|place| place.go(&[Step::Key("spec")]));
        let Some(place) = spec else { return Vec::new() };
        let port = self.port(Some(policy), &policy.namespace).map(|port| port.item());
        let add = |peer: Fresh| {
            let rule = values::rule(direction, peer, port.clone());
            let edit = place.layout.append_under(&place.part, direction.as_str(), &rule)?;
            Some(place.change(format!("add a rule to `{policy}` spec.{direction}"), alloc::vec![edit]))
        };
        self.peers(&policy.namespace).into_iter().filter_map(add).collect()
    }

    fn add_policy(&self, known: Option<&Policy>) -> Vec<Move> {
        let direction = self.side.direction;
        let subject = self.side.subject.and_then(|id| self.scene.engine.cluster().pod(id));
        let Some(subject) = subject else { return Vec::new() };
        let namespace = &subject.namespace;
        let Some(place) = self.scene.behind(known, namespace) else { return Vec::new() };
        let name = self.scene.free_name(namespace, &format!("allow-{direction}-{}", short_name(subject)));
        let labels = values::ways_to_select(subject).pop().unwrap_or_default();
        let port = self.port(None, namespace).map(|port| port.item());
        let add = |peer: Fresh| {
            let rule = values::rule(direction, peer, port.clone());
            let policy = values::policy(namespace, &name, &labels, direction, alloc::vec![rule]);
            let edit = place.layout.append_document(&policy)?;
            Some(place.change(format!("add policy `{namespace}/{name}`"), alloc::vec![edit]))
        };
        self.peers(namespace).into_iter().filter_map(add).collect()
    }
}

/// The name of a pod's workload, else its own.
pub(super) fn short_name(pod: &Pod) -> &str {
    use crate::cluster::PodIdentity;
    match (&pod.workload, &pod.identity) {
        (Some(workload), _) | (None, PodIdentity::Template(workload)) => &workload.name,
        (None, PodIdentity::Named(name)) => name,
    }
}
