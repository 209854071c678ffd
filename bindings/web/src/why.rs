//! Explanations: how an answer came about, with the parts of the texts that it rests on.

use portcullis::Reason;
use portcullis::ask::answer::{Answer, Cell, Judge};
use portcullis::ask::lacks::{self, Ends};
use portcullis::ask::words::note_in_words;
use portcullis::explain::{
    Nearest, PeersOutcome, PolicyTrace, RuleTrace, SideTrace, TierOutcome, TrafficOutcome,
};
use portcullis::policy::{Action, Direction, RuleRef, Tier};
use serde_json::{Value, json};

use crate::answer::{Judged, Teller, failed};
use crate::asked::Asked;
use crate::{Session, object, steps};

impl Session {
    /// Answers a question, and says how the answer came about.
    pub fn why(&mut self, asked: &Asked) -> Value {
        let skipped = self.report.skipped.iter().map(|(kind, count)| format!("{count} {kind}"));
        let skipped: Vec<String> = skipped.collect();
        self.judged(asked, |judged, teller| explanation(judged, teller, &skipped))
            .unwrap_or_else(|failure| json!({ "answer": failed(&failure) }))
    }
}

fn explanation(judged: &Judged<'_>, teller: Teller<'_>, skipped: &[String]) -> Value {
    let Judged { judge, answer, plugin } = judged;
    let mut notes = answer.notes();
    let cell = answer.telling_cell();
    let (from, to, egress, ingress) = match cell {
        Some(cell) => {
            let trace = judge.explain(cell);
            let engine = judge.engine_of(cell);
            notes.extend(trace.notes.iter().map(|note| note_in_words(engine, note)));
            let telling = Telling { judge, answer, cell, teller };
            (
                answer.source_name(cell),
                answer.destination_name(cell),
                telling.side(&trace.egress),
                telling.side(&trace.ingress),
            )
        }
        None => (answer.from.name.clone(), answer.to.name.clone(), nothing(), nothing()),
    };
    if !skipped.is_empty() {
        notes.push(format!("objects of kinds that are not read were skipped: {}", skipped.join(", ")));
    }
    object(vec![
        ("answer", teller.answer(answer, plugin.clone())),
        ("from", from.into()),
        ("to", to.into()),
        ("steps", steps::of(answer, cell, teller).into()),
        ("egress", egress),
        ("ingress", ingress),
        ("notes", notes.into()),
    ])
}

/// A side of which nothing was asked: a service gives no path.
fn nothing() -> Value {
    json!({
        "side": { "allowed": null, "reason": null, "rule": null },
        "pod": null, "tiers": [], "policies": [], "notBy": [], "deciding": [], "nearest": null,
    })
}

/// The pair that tells most.
struct Telling<'a> {
    judge: &'a Judge<'a>,
    answer: &'a Answer,
    cell: &'a Cell,
    teller: Teller<'a>,
}

impl Telling<'_> {
    fn side(&self, side: &SideTrace) -> Value {
        let engine = self.judge.engine();
        let teller = self.teller;
        let pod = side.subject.and_then(|id| engine.cluster().pod(id)).map(ToString::to_string);
        let deciding = side.matching().next().and_then(|rule| {
            let at = engine.policies().rule(rule.rule)?;
            Some(
                lacks::matching_fields(&at, rule)
                    .iter()
                    .map(|field| self.part(&at, field))
                    .collect::<Vec<_>>(),
            )
        });
        let nearest = side.nearest().filter(|_| side.side.reason == Reason::Isolated);
        object(vec![
            ("side", teller.side(self.cell.side(side.direction))),
            ("pod", pod.into()),
            ("tiers", side.tiers().iter().map(|(tier, outcome)| self.tier(*tier, *outcome)).collect()),
            ("policies", side.policies.iter().map(|policy| self.policy(policy)).collect()),
            ("notBy", side.other_direction.iter().map(|id| teller.policy(*id)).collect()),
            ("deciding", deciding.unwrap_or_default().into()),
            ("nearest", nearest.map(|nearest| self.nearest(side, &nearest)).into()),
        ])
    }

    fn tier(&self, tier: Tier, outcome: TierOutcome<'_>) -> Value {
        let tier = tier.as_str();
        let ruled = |outcome: &str, rule: &RuleTrace| json!({ "tier": tier, "outcome": outcome, "rule": self.teller.rule(rule.rule) });
        let plain = |outcome: &str| json!({ "tier": tier, "outcome": outcome });
        match outcome {
            TierOutcome::NotAsked => plain("not-asked"),
            TierOutcome::NoPolicy => plain("no-policy"),
            TierOutcome::NoMatch => plain("no-match"),
            TierOutcome::Isolated => plain("isolated"),
            TierOutcome::Passed(rule) => ruled("passed", rule),
            TierOutcome::Decided(rule) if rule.action == Action::Allow => ruled("allowed", rule),
            TierOutcome::Decided(rule) => ruled("denied", rule),
        }
    }

    fn policy(&self, policy: &PolicyTrace) -> Value {
        let mut told = self.teller.policy(policy.policy);
        if let Some(object) = told.as_object_mut() {
            let rules: Vec<Value> = policy.rules.iter().filter_map(|rule| self.rule(rule)).collect();
            object.insert("rules".to_string(), rules.into());
        }
        told
    }

    fn rule(&self, trace: &RuleTrace) -> Option<Value> {
        let rule = self.judge.engine().policies().rule(trace.rule)?;
        let action = match trace.action {
            Action::Allow => "Allow",
            Action::Deny => "Deny",
            Action::Pass => "Pass",
        };
        let half = |list: &str, matched: Option<usize>, missed: usize| match matched {
            Some(at) => json!({ "outcome": "matched", "part": self.item(&rule, list, at) }),
            None if missed == 0 => json!({ "outcome": "any" }),
            None => {
                let parts = (0..missed).map(|at| self.item(&rule, list, at));
                json!({ "outcome": "missed", "missed": parts.collect::<Vec<_>>() })
            }
        };
        let peers = match &trace.peers {
            PeersOutcome::Any => half("", None, 0),
            PeersOutcome::Matched(at) => half(rule.direction.peers_field(), Some(*at), 0),
            PeersOutcome::Missed(misses) => half(rule.direction.peers_field(), None, misses.len()),
        };
        let ports = lacks::ports_field(&rule);
        let traffic = match &trace.traffic {
            TrafficOutcome::Any => half("", None, 0),
            TrafficOutcome::Matched(at) => half(ports, Some(*at), 0),
            TrafficOutcome::Missed(misses) => half(ports, None, misses.len()),
        };
        Some(object(vec![
            ("rule", self.teller.rule(trace.rule)),
            ("action", action.into()),
            ("failsClosed", trace.fails_closed.into()),
            ("matches", trace.matches().into()),
            ("peers", peers),
            ("traffic", traffic),
        ]))
    }

    fn item(&self, rule: &RuleRef<'_>, list: &str, at: usize) -> Value {
        self.part(rule, &format!("{}.{list}[{at}]", rule.path()))
    }

    fn part(&self, rule: &RuleRef<'_>, field: &str) -> Value {
        let span = self.teller.places.of_policy(self.teller.texts, rule.policy, field);
        json!({ "field": field, "span": span })
    }

    fn nearest(&self, side: &SideTrace, nearest: &Nearest<'_>) -> Value {
        let engine = self.judge.engine();
        let Some(rule) = engine.policies().rule(nearest.rule.rule) else { return Value::Null };
        let (from, to) = (self.answer.seen_source_name(self.cell), self.answer.destination_name(self.cell));
        let (peer, end) = match side.direction {
            Direction::Egress => (&to, self.cell.flow.destination()),
            Direction::Ingress => (&from, self.cell.seen().source()),
        };
        let ends = Ends {
            peer,
            peer_address: end.address(),
            destination: &to,
            transport: self.cell.flow.transport(),
        };
        let lacks = lacks::of_nearest(engine, side, nearest, ends).into_iter().map(|lack| {
            let mut part = self.part(&rule, &lack.field);
            part["message"] = lack.message.into();
            part
        });
        json!({ "rule": self.teller.rule(nearest.rule.rule), "lacks": lacks.collect::<Vec<_>>() })
    }
}
