//! `replay --save-case`: one flow with the fewest objects that still give its answer, as a corpus case.

mod objects;
mod shrink;

use std::path::Path;

use portcullis::ask::answer::{Answer, Cell, Judge};
use portcullis::ask::failure::Failure;
use portcullis::ask::names::Member;
use portcullis::cluster::PodIdentity;
use portcullis::corpus::{Case, ExpectedSide, Probe, ProbeEnd, ProbePort, Scenario};
use portcullis::explain::{PeersOutcome, SideTrace, TrafficOutcome};
use portcullis::flow::{Endpoint, Transport};
use portcullis::manifest::tree::{Node, Value};
use portcullis::policy::Direction;
use portcullis::{Decide, Engine, Options};

use crate::session::Session;

/// Writes the case of an answer; where pods differ, that of the pair that tells most.
pub(crate) fn save(
    path: &Path,
    session: &Session,
    judge: &Judge<'_>,
    answer: &Answer,
    namespace: Option<&str>,
) -> Result<(), Failure> {
    if answer.cells.iter().any(|cell| cell.verdict().is_none()) {
        return Err(cannot_save("nobody knows what the plugin does"));
    }
    let Some(cell) = answer.telling_cell() else {
        return Err(cannot_save("the service has no path, so there is nothing that policies decide"));
    };
    if cell.path.is_some_and(|path| path.is_rewritten()) {
        return Err(cannot_save(
            "its two sides see different sources; ask about the endpoint, from either of them",
        ));
    }
    let (Some(from), Some(to)) = (answer.source(cell), answer.destination(cell)) else {
        return Err(cannot_save("the flow has no ends"));
    };
    let mut case = unshrunk(judge, from, to, cell);
    case.objects = objects::of_documents(&session.documents, namespace);
    let Some(core) = Core::of(&case) else {
        return Err(cannot_save("read again from a case, the objects give another answer"));
    };
    shrink::shrink(&mut case, |smaller| Core::of(smaller).as_ref() == Some(&core));
    state_rules(&mut case);
    std::fs::write(path, case.to_yaml())
        .map_err(|error| Failure::new("unwritable", format!("cannot write `{}`: {error}", path.display())))
}

/// The flow with the reasons of both sides, which have to stay while objects are dropped.
fn unshrunk(judge: &Judge<'_>, from: &Member, to: &Member, cell: &Cell) -> Case {
    let engine = judge.engine_of(cell);
    let end = |endpoint: Endpoint, name: &str| match endpoint {
        Endpoint::Pod(id) => {
            let pod = engine.cluster().pod(id);
            match pod.map(|pod| &pod.identity) {
                Some(PodIdentity::Template(_)) => ProbeEnd::Workload(name.to_string()),
                _ => ProbeEnd::Pod(name.to_string()),
            }
        }
        Endpoint::Address(address) => ProbeEnd::Ip(address),
        _ => ProbeEnd::Pod(name.to_string()),
    };
    let transport = cell.flow.transport();
    let mut probe =
        Probe::new(end(from.endpoint, &from.name), end(to.endpoint, &to.name), transport.protocol(), None);
    match transport {
        Transport::Ports { port, source_port, .. } => {
            probe.port = Some(ProbePort::Number(port));
            probe.source_port = source_port;
        }
        Transport::Other { icmp, .. } => probe.icmp = icmp,
    }
    probe.connection = cell.flow.connection();
    probe.verdict = Some(cell.decision.verdict());
    let side = |direction| {
        let reason = cell.decision.side(direction).reason;
        ExpectedSide { verdict: Some(reason.verdict()), reason: Some(reason), rule: None }
    };
    probe.egress = side(Direction::Egress);
    probe.ingress = side(Direction::Ingress);
    Case {
        name: case_name(&probe),
        options: changed_options(engine.options()),
        probes: vec![probe],
        ..Case::default()
    }
}

fn case_name(probe: &Probe) -> String {
    let verdict = probe.verdict.map(|verdict| verdict.to_string()).unwrap_or_default();
    let text = format!("{probe} is {verdict}").replace('→', "to");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn changed_options(options: Options) -> Vec<(String, String)> {
    let defaults = Options::default().entries();
    let changed =
        options.entries().into_iter().zip(defaults).filter(|(set, default)| set.value != default.value);
    changed.map(|(set, _)| (set.key.to_string(), set.value.to_string())).collect()
}

/// What an answer rests on, and what has to stay the same while a case shrinks: on each side the policy that decides,
/// or what the nearest rule lacks. Without the latter, a denied flow would shrink to "isolated, and no rules".
#[derive(Debug, PartialEq, Eq)]
struct Core {
    sides: [(Option<String>, Option<String>); 2],
}

impl Core {
    /// What a case rests on, read back; nothing when it does not pass.
    fn of(case: &Case) -> Option<Self> {
        let scenario = Scenario::load(case, |_| None).ok()??;
        let flow = *scenario.flows(case.probes.first()?).ok()?.first()?;
        let engine = Engine::new(scenario.cluster.clone(), scenario.policies.clone(), scenario.options);
        if !scenario.check(case, &engine).is_empty() {
            return None;
        }
        let trace = engine.explain(&flow);
        let side = |side: &SideTrace| {
            let policy = |id| engine.policies().rule(id).map(|rule| rule.policy.to_string());
            let nearest = side.nearest().map(|nearest| {
                let peer = match (&nearest.rule.peers, nearest.peer) {
                    (PeersOutcome::Missed(misses), Some(index)) => misses.get(index).cloned(),
                    _ => None,
                };
                let port = match (&nearest.rule.traffic, nearest.port) {
                    (TrafficOutcome::Missed(misses), Some(index)) => misses.get(index).cloned(),
                    _ => None,
                };
                format!("{:?} {peer:?} {port:?}", policy(nearest.rule.rule))
            });
            (side.side.rule.and_then(policy), nearest)
        };
        Some(Self { sides: [side(&trace.egress), side(&trace.ingress)] })
    }
}

/// Adds the deciding rules, by the places that they have in the objects that are left.
fn state_rules(case: &mut Case) {
    let Ok(Some(scenario)) = Scenario::load(case, |_| None) else { return };
    let Some(probe) = case.probes.first_mut() else { return };
    let Ok(flows) = scenario.flows(probe) else { return };
    let engine = Engine::new(scenario.cluster, scenario.policies, scenario.options);
    let [flow] = flows.as_slice() else { return };
    let decision = engine.decide(flow);
    for (direction, expected) in
        [(Direction::Egress, &mut probe.egress), (Direction::Ingress, &mut probe.ingress)]
    {
        let rule = decision.side(direction).rule.and_then(|id| engine.policies().rule(id));
        expected.rule = Some(rule.map(|rule| rule.to_string()));
    }
}

fn cannot_save(why: &str) -> Failure {
    Failure::new("cannot-save-case", format!("the case cannot be saved: {why}"))
}

/// The value of a field of a mapping.
fn field<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    match &node.value {
        Value::Mapping(fields) => fields.iter().find(|field| field.key == key).map(|field| &field.node),
        _ => None,
    }
}

/// The text in a field of a mapping.
fn text_field<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    match &field(node, key)?.value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
