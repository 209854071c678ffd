//! Answers, as JSON.

use std::string::ToString;
use std::vec::Vec;

use portcullis::cluster::PodIdentity;
use portcullis::corpus::Probe;
use portcullis::flow::{End, Flow};
use portcullis::path::{Path, Paths};
use portcullis::{Decide, Engine};
use serde_json::{Value, json};

use super::Refusal;

/// The answers to a question: one for each pod that an end stands for, or for each path through a service.
pub(super) fn answers(engine: &Engine, probe: &Probe, explained: bool) -> Result<Value, Refusal> {
    let cluster = engine.cluster();
    let Some(calls) = probe.calls(cluster).map_err(Refusal::request)? else {
        let flows = probe.flows(cluster).map_err(Refusal::request)?;
        let answers: Vec<_> = flows.iter().map(|flow| answer(engine, flow, explained)).collect();
        return Ok(json!({ "answers": answers }));
    };
    let (mut answers, mut refused) = (Vec::new(), Vec::new());
    for call in &calls {
        let paths = Paths::of(cluster, call).map_err(Refusal::request)?;
        refused.extend(paths.refusal.iter().map(|refusal| refusal.as_str()));
        let paths = paths.paths.iter().map(|path| path.with_connection(probe.connection));
        answers.extend(paths.map(|path| answer_of_path(engine, &path, explained)));
    }
    Ok(json!({ "answers": answers, "refused": refused }))
}

/// The answer to one flow: the object that `portcullis replay` prints; explained, with how it came about under `why`.
fn answer(engine: &Engine, flow: &Flow, explained: bool) -> Value {
    if explained { engine.explain(flow).to_json(engine) } else { engine.decide(flow).to_json(engine) }
}

/// The answer to one path: egress as it was sent, ingress as it arrives.
fn answer_of_path(engine: &Engine, path: &Path, explained: bool) -> Value {
    let mut found = path.decide(engine).to_json(engine);
    found["endpoint"] = end(engine, path.sent.destination());
    found["port"] = json!(path.port());
    found["source"] = end(engine, path.seen.source());
    if explained {
        let [mut sent, mut seen] = [&path.sent, &path.seen].map(|flow| answer(engine, flow, true));
        let why = json!({ "egress": sent["why"]["egress"].take(), "ingress": seen["why"]["ingress"].take() });
        found["why"] = why;
    }
    found
}

/// An end as questions name it; null where its address is not known.
fn end(engine: &Engine, end: End) -> Value {
    match end.pod().and_then(|id| engine.cluster().pod(id)) {
        Some(pod) => match pod.identity {
            PodIdentity::Named(_) => json!({ "pod": pod.to_string() }),
            PodIdentity::Template(_) => json!({ "workload": pod.to_string() }),
        },
        None => end.address().map_or(Value::Null, |address| json!({ "ip": address.to_string() })),
    }
}
