//! What happens to the packet, step by step, as the network model has it.

use portcullis::ask::answer::{Answer, Cell};
use portcullis::ask::words::in_words;
use portcullis::policy::Direction;
use serde_json::{Value, json};

use crate::answer::Teller;

/// The steps of an answer's telling pair, or those up to where a service gives no path.
pub(crate) fn of(answer: &Answer, cell: Option<&Cell>, teller: Teller<'_>) -> Vec<Value> {
    let mut steps = Vec::new();
    let from = cell.map_or_else(|| answer.from.name.clone(), |cell| answer.source_name(cell));
    let address = cell.and_then(|cell| cell.flow.source().address()).map(|address| address.to_string());
    steps.push(json!({
        "step": "source",
        "name": from,
        "address": address,
        "words": match &address {
            Some(address) if *address != from => format!("`{from}` sends from {address}"),
            _ => format!("`{from}` sends"),
        },
    }));
    if let Some(passage) = &answer.passage {
        let words = match cell {
            Some(cell) => {
                let port = cell.path.and_then(|path| path.port()).map(|port| format!(", port {port}"));
                let endpoint = answer.destination_name(cell);
                format!(
                    "service `{}` translates to `{endpoint}`{}",
                    passage.service,
                    port.unwrap_or_default()
                )
            }
            None => format!("service `{}` looks for an endpoint", passage.service),
        };
        let rules = &passage.rules;
        steps.push(json!({ "step": "service", "service": passage.service, "rules": rules, "words": words }));
    }
    let Some(cell) = cell else {
        steps.extend(answer.refusals().iter().map(|(_, refusal)| {
            let words = refusal.to_string();
            json!({ "step": "no-path", "code": refusal.as_str(), "rule": refusal.rule(), "words": words })
        }));
        return steps;
    };
    let to = answer.destination_name(cell);
    steps.push(side(Direction::Egress, &from, cell, teller));
    if let Some(path) = cell.path.filter(|path| path.is_rewritten()) {
        let source = path.seen.source().address().map(|address| address.to_string());
        let words = match &source {
            Some(address) => format!("the node puts its address {address} in place of the source's"),
            None => "a node puts its address, which is not known, in place of the source's".to_string(),
        };
        steps.push(json!({ "step": "source-rewritten", "source": source, "words": words }));
    }
    steps.push(side(Direction::Ingress, &to, cell, teller));
    if cell.verdict().is_some_and(portcullis::Verdict::is_allow) {
        let address = cell.seen().destination().address().map(|address| address.to_string());
        let port = match cell.seen().transport() {
            portcullis::flow::Transport::Ports { port, .. } => Some(port),
            portcullis::flow::Transport::Other { .. } => None,
        };
        let at = port.map(|port| format!(" at port {port}")).unwrap_or_default();
        let words = format!("`{to}` receives it{at}");
        steps.push(
            json!({ "step": "destination", "name": to, "address": address, "port": port, "words": words }),
        );
    }
    steps
}

/// What a side says: whether the packet may leave its source, or enter its destination.
fn side(direction: Direction, name: &str, cell: &Cell, teller: Teller<'_>) -> Value {
    let side = cell.side(direction);
    let passes = match direction {
        Direction::Egress => format!("leave `{name}`"),
        Direction::Ingress => format!("enter `{name}`"),
    };
    let words = match side {
        Some(side) => {
            let may = if side.verdict().is_allow() { "may" } else { "may not" };
            let why = match side.rule.and_then(|id| teller.engine.policies().rule(id)) {
                Some(rule) => format!("`{rule}` says so"),
                None => in_words(side.reason).to_string(),
            };
            format!("it {may} {passes}: {why}")
        }
        None => format!("nobody knows whether it may {passes}"),
    };
    json!({ "step": direction.as_str(), "side": teller.side(side), "words": words })
}
