//! Answers, as JSON.

use portcullis::flow::Flow;
use portcullis::{Decide, Engine, Side};
use serde_json::{Value, json};

/// The answer to one flow: the object that `portcullis replay` prints; explained, with how it came about under `why`.
pub(super) fn answer(engine: &Engine, flow: &Flow, explained: bool) -> Value {
    if explained {
        return engine.explain(flow).to_json(engine);
    }
    let decision = engine.decide(flow);
    json!({
        "allowed": decision.verdict().is_allow(),
        "egress": side(engine, decision.egress),
        "ingress": side(engine, decision.ingress),
    })
}

fn side(engine: &Engine, side: Side) -> Value {
    let rule = side.rule.and_then(|id| engine.policies().rule(id)).map(|rule| {
        let line = rule.rule.at.line;
        json!({
            "kind": "NetworkPolicy",
            "policy": rule.policy.to_string(),
            "path": rule.path(),
            "file": rule.policy.origin.file.as_deref(),
            "line": (line != 0).then_some(line),
        })
    });
    json!({ "allowed": side.verdict().is_allow(), "reason": side.reason.as_str(), "rule": rule })
}
