//! Traces as JSON, for programs in other languages.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{PeersOutcome, RuleTrace, SideTrace, Trace, TrafficOutcome};
use crate::cluster::PodId;
use crate::decision::{Decision, Reason, Side};
use crate::engine::Engine;
use crate::policy::{PolicyId, RuleRef, Tier};

impl Trace {
    /// The trace as an object: the answer under the keys that `replay` prints, and how it came about under `why`, for
    /// each side: `pod`, `peer`, the policies of `isolatedBy` and `notBy`, the rules of `matching` with the `fields`
    /// that match, and the `nearest` rule with those that come nearest.
    #[must_use]
    pub fn to_json(&self, engine: &Engine) -> Value {
        let mut object = self.decision.to_json(engine);
        if let Some(object) = object.as_object_mut() {
            let why = json!({ "egress": why(engine, &self.egress), "ingress": why(engine, &self.ingress) });
            object.insert("why".to_string(), why);
        }
        object
    }
}

impl Decision {
    /// The decision of an engine as an object, under the keys that `replay` prints: `allowed`, and `egress` and `ingress`
    /// with the `rule` of each.
    #[must_use]
    pub fn to_json(&self, engine: &Engine) -> Value {
        json!({
            "allowed": self.verdict().is_allow(),
            "egress": side(engine, self.egress),
            "ingress": side(engine, self.ingress),
        })
    }
}

fn side(engine: &Engine, side: Side) -> Value {
    let rule = side.rule.and_then(|id| engine.policies().rule(id));
    json!({
        "allowed": side.verdict().is_allow(),
        "reason": side.reason.as_str(),
        "rule": rule.map(|rule| rule_object(&rule, None)),
    })
}

fn why(engine: &Engine, trace: &SideTrace) -> Value {
    let policies = |ids: &mut dyn Iterator<Item = PolicyId>| -> Vec<Value> {
        ids.filter_map(|id| policy_object(engine, id)).collect()
    };
    let rule = |trace: &RuleTrace, peer, port| {
        let rule = engine.policies().rule(trace.rule)?;
        let fields = fields(&rule, peer, port);
        Some(rule_object(&rule, Some(fields)))
    };
    let matching = trace.matching().filter_map(|matching| {
        let peer = match matching.peers {
            PeersOutcome::Matched(index) => Some(index),
            PeersOutcome::Any | PeersOutcome::Missed(_) => None,
        };
        let port = match matching.traffic {
            TrafficOutcome::Matched(index) => Some(index),
            TrafficOutcome::Any | TrafficOutcome::Missed(_) => None,
        };
        rule(matching, peer, port)
    });
    let nearest = trace.nearest().filter(|_| trace.side.reason == Reason::Isolated);
    json!({
        "pod": pod(engine, trace.subject),
        "peer": pod(engine, trace.peer),
        "isolatedBy": policies(&mut trace.of_tier(Tier::NetworkPolicy).map(|policy| policy.policy)),
        "notBy": policies(&mut trace.other_direction.iter().copied()),
        "matching": matching.collect::<Vec<_>>(),
        "nearest": nearest.and_then(|nearest| rule(nearest.rule, nearest.peer, nearest.port)),
    })
}

fn pod(engine: &Engine, id: Option<PodId>) -> Option<String> {
    id.and_then(|id| engine.cluster().pod(id)).map(ToString::to_string)
}

fn policy_object(engine: &Engine, id: PolicyId) -> Option<Value> {
    let policy = engine.policies().policy(id)?;
    let line = policy.origin.at.line;
    Some(json!({
        "kind": policy.rank.kind().as_str(),
        "policy": policy.to_string(),
        "file": policy.origin.file.as_deref(),
        "line": (line != 0).then_some(line),
    }))
}

fn rule_object(rule: &RuleRef<'_>, fields: Option<Vec<String>>) -> Value {
    let line = rule.rule.at.line;
    let mut object = json!({
        "kind": rule.policy.rank.kind().as_str(),
        "policy": rule.policy.to_string(),
        "path": rule.path(),
        "file": rule.policy.origin.file.as_deref(),
        "line": (line != 0).then_some(line),
    });
    if let (Some(fields), Some(object)) = (fields, object.as_object_mut()) {
        object.insert("fields".to_string(), fields.into());
    }
    object
}

fn fields(rule: &RuleRef<'_>, peer: Option<usize>, port: Option<usize>) -> Vec<String> {
    let peers = rule.direction.peers_field();
    let named = [peer.map(|index| (peers, index)), port.map(|index| ("ports", index))];
    let named = named.into_iter().flatten();
    named.map(|(list, index)| alloc::format!("{}.{list}[{index}]", rule.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{LoadOptions, Source, load};
    use crate::net::Protocol;
    use crate::{Options, Packet};

    #[test]
    fn a_trace_says_who_what_and_which_line_decided_or_came_nearest() {
        let text = "
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, status: {podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: db, labels: {app: db}}, status: {podIP: 10.0.0.2}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
";
        let source = Source { name: "shop.yaml".into(), text: text.into() };
        let loaded = load(&[source], &LoadOptions::default()).unwrap();
        let engine = Engine::new(loaded.cluster, loaded.policies, Options::default());
        let explain = |port| {
            let (from, to) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
            let flow = engine.flow_of(&Packet::new(from, to, Protocol::TCP, port)).unwrap();
            engine.explain(&flow).to_json(&engine)
        };
        let rule = json!({
            "kind": "NetworkPolicy", "policy": "shop/db", "path": "spec.ingress[0]", "file": "shop.yaml", "line": 12,
        });
        let with = |fields: &[&str]| {
            let mut rule = rule.clone();
            rule["fields"] = json!(fields);
            rule
        };
        let allowed = explain(5432);
        assert_eq!(allowed["allowed"], json!(true));
        assert_eq!(allowed["egress"], json!({"allowed": true, "reason": "no-policy", "rule": null}));
        assert_eq!(allowed["ingress"], json!({"allowed": true, "reason": "rule", "rule": rule}));
        let fields = ["spec.ingress[0].from[0]", "spec.ingress[0].ports[0]"];
        assert_eq!(allowed["why"]["ingress"]["matching"], json!([with(&fields)]));
        let denied = explain(22);
        assert_eq!(denied["ingress"], json!({"allowed": false, "reason": "isolated", "rule": null}));
        let why = &denied["why"]["ingress"];
        assert_eq!((&why["pod"], &why["peer"]), (&json!("shop/db"), &json!("shop/web")));
        assert_eq!(why["nearest"], with(&["spec.ingress[0].ports[0]"]));
        assert_eq!(why["isolatedBy"][0]["policy"], json!("shop/db"));
    }
}
