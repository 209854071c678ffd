//! Lines of flows, answered as `portcullis replay` does.

use portcullis::ask::answer::{Answer, Judge, Outcome};
use portcullis::ask::failure::Failure;
use portcullis::ask::question::Question;
use portcullis::cluster::PodIdentity;
use portcullis::flow::End;
use portcullis::policy::{Direction, RuleId, Tier};
use portcullis::{Side, Verdict};
use serde_json::{Map, Value, json};

use crate::Session;

impl Session {
    /// A line for each line that is not empty.
    #[must_use]
    pub fn replay(&self, lines: &str) -> String {
        let judge = Judge::new(&self.engine);
        let namespace = self.settings.namespace.as_deref();
        let mut answers = String::new();
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let asked = Question::from_line(line, namespace).and_then(|question| judge.answer(&question));
            let answer = match &asked {
                Ok(answer) => Said { session: self, answer }.whole(),
                Err(Failure { code, message }) => json!({ "error": { "code": code, "message": message } }),
            };
            answers.push_str(&answer.to_string());
            answers.push('\n');
        }
        answers
    }
}

struct Said<'a> {
    session: &'a Session,
    answer: &'a Answer,
}

impl Said<'_> {
    fn whole(&self) -> Value {
        let answer = self.answer;
        let outcome = answer.outcome();
        let mut said = Map::new();
        let mut say = |key: &str, value: Value| said.insert(key.to_string(), value);
        match outcome {
            Outcome::Allowed => say("allowed", true.into()),
            Outcome::Denied => say("allowed", false.into()),
            Outcome::Some | Outcome::Unknown => say("allowed", Value::Null),
        };
        let is_split = matches!(outcome, Outcome::Some | Outcome::Unknown);
        if is_split {
            say("verdict", outcome.as_str().into());
        }
        for direction in [Direction::Egress, Direction::Ingress] {
            say(direction.as_str(), self.common(direction));
        }
        if is_split && answer.passage.is_none() {
            let pairs = answer.cells.iter().map(|cell| {
                json!({
                    "from": answer.source_name(cell),
                    "to": answer.destination_name(cell),
                    "allowed": cell.decision.verdict().is_allow(),
                })
            });
            say("pairs", pairs.collect());
        }
        if let Some(passage) = &answer.passage {
            say("service", passage.service.as_str().into());
            say("paths", self.paths());
            let is_several = answer.from.members.len() > 1;
            let refused: Vec<Value> = passage
                .refusals
                .iter()
                .map(|(from, refusal)| {
                    let mut object = Map::new();
                    if let Some(member) = answer.from.members.get(*from).filter(|_| is_several) {
                        object.insert("from".to_string(), member.name.as_str().into());
                    }
                    object.insert("code".to_string(), refusal.as_str().into());
                    object.insert("rule".to_string(), refusal.rule().into());
                    object.insert("message".to_string(), refusal.to_string().into());
                    object.into()
                })
                .collect();
            if !refused.is_empty() {
                say("refused", refused.into());
            }
        }
        let rules = answer.rules();
        if !rules.is_empty() {
            say("rules", rules.into_iter().collect());
        }
        said.into()
    }

    fn common(&self, direction: Direction) -> Value {
        match self.answer.side(direction) {
            Some(side) => self.side(side),
            None => json!({
                "allowed": self.answer.side_verdict(direction).map(Verdict::is_allow),
                "reason": self.answer.reason(direction).map(|reason| reason.as_str()),
                "rule": null,
            }),
        }
    }

    fn side(&self, side: Side) -> Value {
        json!({
            "allowed": side.verdict().is_allow(),
            "reason": side.reason.as_str(),
            "rule": side.rule.map(|id| self.rule(id)),
        })
    }

    fn rule(&self, id: RuleId) -> Value {
        let Some(rule) = self.session.engine.policies().rule(id) else { return Value::Null };
        let rank = rule.policy.rank;
        let mut object = Map::new();
        let mut say = |key: &str, value: Value| object.insert(key.to_string(), value);
        say("kind", rank.kind().as_str().into());
        if rank.tier() != Tier::NetworkPolicy {
            say("tier", rank.tier().as_str().into());
        }
        if let Some(priority) = rank.priority() {
            say("priority", priority.into());
        }
        let (texts, _) = self.session.answered();
        let origin = texts.origin(&rule.policy.origin.with_position(rule.rule.at));
        say("policy", rule.policy.to_string().into());
        say("path", rule.path().into());
        say("file", origin.file.as_deref().into());
        say("line", (origin.at.line != 0).then_some(origin.at.line).into());
        object.into()
    }

    fn paths(&self) -> Value {
        let answer = self.answer;
        let is_several = answer.from.members.len() > 1;
        let paths = answer.cells.iter().filter_map(|cell| {
            let path = cell.path?;
            let mut object = Map::new();
            let mut say = |key: &str, value: Value| object.insert(key.to_string(), value);
            if is_several {
                say("from", self.end(path.sent.source()));
            }
            let end = path.sent.destination();
            say("endpoint", self.end(end));
            say("address", end.address().map(|address| address.to_string()).into());
            say("port", path.port().into());
            say("source", self.end(path.seen.source()));
            say("allowed", cell.decision.verdict().is_allow().into());
            say("egress", self.side(cell.decision.egress));
            say("ingress", self.side(cell.decision.ingress));
            Some(Value::Object(object))
        });
        paths.collect()
    }

    /// An end as lines have it; null where its address is not known.
    fn end(&self, end: End) -> Value {
        match end.pod().and_then(|id| self.session.engine.cluster().pod(id)) {
            Some(pod) => match pod.identity {
                PodIdentity::Named(_) => json!({ "pod": pod.to_string() }),
                PodIdentity::Template(_) => json!({ "workload": pod.to_string() }),
            },
            None => end.address().map_or(Value::Null, |address| json!({ "ip": address.to_string() })),
        }
    }
}
