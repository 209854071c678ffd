//! Steps towards denying what is allowed.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::allow::short_name;
use super::places::{Move, Place, Scene};
use super::values;
use crate::cluster::Pod;
use crate::decision::Reason;
use crate::explain::{PeersOutcome, RuleTrace, SideTrace, TrafficOutcome};
use crate::flow::Flow;
use crate::manifest::edit::{Edit, Fresh, Step};
use crate::policy::{Action, Direction, RuleRef, Tier};

/// A side that allows, and the other end as its rules see it.
struct Allowed<'s, 'a> {
    scene: &'s Scene<'a>,
    side: &'s SideTrace,
    peer: Option<&'a Pod>,
    address: Option<IpAddr>,
}

/// Steps that bring a side nearer to denying a flow.
pub(super) fn moves(scene: &Scene<'_>, side: &SideTrace, flow: &Flow) -> Vec<Move> {
    let address = match side.direction {
        Direction::Egress => flow.destination().address(),
        Direction::Ingress => flow.source().address(),
    };
    let peer = side.peer.and_then(|id| scene.engine.cluster().pod(id));
    let allowed = Allowed { scene, side, peer, address };
    match side.side.reason {
        Reason::Rule => allowed.narrowed(),
        Reason::NoPolicy => allowed.isolated().into_iter().collect(),
        _ => Vec::new(),
    }
}

impl Allowed<'_, '_> {
    /// Ways to keep the first rule that matches from doing so.
    fn narrowed(&self) -> Vec<Move> {
        let Some(trace) = self.side.matching().find(|rule| rule.action == Action::Allow) else {
            return Vec::new();
        };
        let Some(rule) = self.scene.engine.policies().rule(trace.rule) else { return Vec::new() };
        let mut moves = Vec::new();
        if rule.policy.rank.tier() == Tier::NetworkPolicy {
            moves.extend(self.without_port(&rule, trace));
            moves.extend(self.without_peer(&rule, trace));
            moves.extend(self.narrower_peer(&rule, trace));
        }
        moves.extend(without_rule(self.scene, &rule));
        moves
    }

    fn without_port(&self, rule: &RuleRef<'_>, trace: &RuleTrace) -> Option<Move> {
        let TrafficOutcome::Matched(index) = trace.traffic else { return None };
        self.without_item(rule, "ports", index, "port")
    }

    fn without_peer(&self, rule: &RuleRef<'_>, trace: &RuleTrace) -> Option<Move> {
        let PeersOutcome::Matched(index) = trace.peers else { return None };
        self.without_item(rule, rule.direction.peers_field(), index, "peer")
    }

    fn without_item(&self, rule: &RuleRef<'_>, field: &str, index: usize, what: &str) -> Option<Move> {
        let place = self.scene.rule(rule.policy, rule.direction, rule.index)?;
        let list = place.go(&[Step::Key(field)])?;
        let edit = list.layout.remove_item(&list.part, index)?;
        let title = format!("remove {what} {} {}.{field}[{index}]", quoted(rule), rule.path());
        Some(place.change(title, alloc::vec![edit]))
    }

    /// Takes the other end out of the peer that holds it.
    fn narrower_peer(&self, rule: &RuleRef<'_>, trace: &RuleTrace) -> Vec<Move> {
        let field = rule.direction.peers_field();
        let Some(place) = self.scene.rule(rule.policy, rule.direction, rule.index) else { return Vec::new() };
        let name = format!("{} {}", quoted(rule), rule.path());
        let label =
            self.peer.and_then(|pod| values::ways_to_select(pod).into_iter().next()?.into_iter().next());
        let PeersOutcome::Matched(index) = trace.peers else {
            if trace.peers != PeersOutcome::Any || place.part.go(&[Step::Key(field)]).is_some() {
                return Vec::new();
            }
            let pod = self.peer.zip(label.as_ref());
            if self.peer.is_some() && pod.is_none() {
                return Vec::new();
            }
            let peers = values::everybody_but(pod, self.address.filter(|_| pod.is_none()));
            let edit = place.layout.insert_entry(&place.part, field, &peers);
            let title = format!("give {name} all peers but this one");
            return edit.map(|edit| place.change(title, alloc::vec![edit])).into_iter().collect();
        };
        let Some(peer) = place.go(&[Step::Key(field), Step::Item(index)]) else { return Vec::new() };
        let mut moves = Vec::new();
        if let (Some(block), Some(address)) = (peer.go(&[Step::Key("ipBlock")]), self.address) {
            let hole = Fresh::text(values::single(address));
            let edit = block.layout.append_under(&block.part, "except", &hole);
            let title = format!("except {address} from {name}.{field}[{index}]");
            moves.extend(edit.map(|edit| place.change(title, alloc::vec![edit])));
        } else if let Some(label) = label {
            let edit = other_pods(&peer, &label);
            let title = format!("leave `{}: {}` out of {name}.{field}[{index}]", label.0, label.1);
            moves.extend(edit.map(|edit| place.change(title, alloc::vec![edit])));
        }
        moves
    }

    /// Isolates the pod, and allows everybody but the other end.
    fn isolated(&self) -> Option<Move> {
        let direction = self.side.direction;
        let subject = self.side.subject.and_then(|id| self.scene.engine.cluster().pod(id))?;
        let label =
            self.peer.and_then(|pod| values::ways_to_select(pod).into_iter().next()?.into_iter().next());
        let pod = self.peer.zip(label.as_ref());
        let peers = match (self.peer, pod) {
            (Some(_), None) => return None,
            (_, pod) => values::everybody_but(pod, self.address.filter(|_| pod.is_none())),
        };
        let rule = Fresh::map([(direction.peers_field(), peers)]);
        let namespace = &subject.namespace;
        let place = self.scene.behind(None, namespace)?;
        let name = self.scene.free_name(namespace, &format!("limit-{direction}-{}", short_name(subject)));
        let labels = values::ways_to_select(subject).pop().unwrap_or_default();
        let policy = values::policy(namespace, &name, &labels, direction, alloc::vec![rule]);
        let edit = place.layout.append_document(&policy)?;
        let title = format!("add policy `{namespace}/{name}`, which allows all peers but this one");
        Some(place.change(title, alloc::vec![edit]))
    }
}

/// Makes a peer that selects pods select only those without a label.
fn other_pods(peer: &Place<'_>, label: &(String, String)) -> Option<Edit> {
    let other = values::other_than(label);
    match peer.go(&[Step::Key("podSelector")]) {
        Some(selector) => selector.layout.append_under(&selector.part, "matchExpressions", &other),
        None => {
            let selector = Fresh::map([("matchExpressions", Fresh::List(alloc::vec![other]))]);
            peer.layout.insert_entry(&peer.part, "podSelector", &selector)
        }
    }
}

/// Takes a rule out of its policy, which stays as strict as it was.
pub(super) fn without_rule(scene: &Scene<'_>, rule: &RuleRef<'_>) -> Option<Move> {
    let place = scene.policy(rule.policy)?.go(&[Step::Key("spec")])?;
    let list = place.go(&[Step::Key(rule.direction.as_str())])?;
    let title = format!("remove rule {} {}", quoted(rule), rule.path());
    if let Some(edit) = list.layout.remove_item(&list.part, rule.index) {
        return Some(place.change(title, alloc::vec![edit]));
    }
    if list.layout.length(&list.part) != Some(1) {
        return None;
    }
    let mut edits = alloc::vec![place.layout.empty_under(&place.part, rule.direction.as_str())?];
    let is_namespaced = rule.policy.rank.tier() == Tier::NetworkPolicy;
    if is_namespaced && place.go(&[Step::Key("policyTypes")]).is_none() {
        // NP-003: without types and without egress rules a policy says nothing of egress.
        let mut types = alloc::vec![Fresh::text("Ingress")];
        if rule.policy.egress.is_some() {
            types.push(Fresh::text("Egress"));
        }
        edits.push(place.layout.insert_entry(&place.part, "policyTypes", &Fresh::List(types))?);
    }
    Some(place.change(title, edits))
}

/// The policy of a rule, in backticks; of a policy of the cluster with its kind.
fn quoted(rule: &RuleRef<'_>) -> String {
    let kind = rule.policy.rank.kind();
    if kind.is_namespaced() { format!("`{}`", rule.policy) } else { format!("{kind} `{}`", rule.policy) }
}
