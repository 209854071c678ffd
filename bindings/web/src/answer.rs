//! Answers, as JavaScript sees them.

use portcullis::ask::answer::{Answer, Cell, Judge, PluginView};
use portcullis::ask::failure::Failure;
use portcullis::ask::question::Question;
use portcullis::path::Path;
use portcullis::policy::{Direction, PolicyId, RuleId};
use portcullis::profile::Behaviour;
use portcullis::{Engine, Verdict};
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::place::Places;
use crate::plugins::{behaviour, full_name};
use crate::settings::Decider;
use crate::{Refusal, Session, object};

/// Says things of one cluster's policies, with their places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Teller<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) texts: &'a portcullis::manifest::Workspace,
    pub(crate) places: &'a Places,
}

impl Teller<'_> {
    pub(crate) fn policy(&self, id: PolicyId) -> Value {
        let Some(policy) = self.engine.policies().policy(id) else { return Value::Null };
        json!({
            "kind": policy.rank.kind().as_str(),
            "policy": policy.to_string(),
            "tier": policy.rank.tier().as_str(),
            "priority": policy.rank.priority(),
            "span": self.places.of_policy(self.texts, policy, ""),
        })
    }

    pub(crate) fn rule(&self, id: RuleId) -> Value {
        let Some(rule) = self.engine.policies().rule(id) else { return Value::Null };
        let path = rule.path();
        json!({
            "kind": rule.policy.rank.kind().as_str(),
            "policy": rule.policy.to_string(),
            "tier": rule.policy.rank.tier().as_str(),
            "priority": rule.policy.rank.priority(),
            "span": self.places.of_policy(self.texts, rule.policy, &path),
            "path": path,
        })
    }

    /// A side, as far as it is known.
    pub(crate) fn side(&self, side: Option<portcullis::Side>) -> Value {
        match side {
            None => json!({ "allowed": null, "reason": null, "rule": null }),
            Some(side) => json!({
                "allowed": side.verdict().is_allow(),
                "reason": side.reason.as_str(),
                "rule": side.rule.map(|id| self.rule(id)),
            }),
        }
    }

    /// A side of a whole answer; what is not the same for every pair is null.
    pub(crate) fn common_side(&self, answer: &Answer, direction: Direction) -> Value {
        match answer.side(direction) {
            Some(side) => self.side(Some(side)),
            None => json!({
                "allowed": answer.side_verdict(direction).map(Verdict::is_allow),
                "reason": answer.reason(direction).map(|reason| reason.as_str()),
                "rule": null,
            }),
        }
    }

    fn pair(&self, answer: &Answer, cell: &Cell) -> Value {
        let side = |direction| self.side(cell.side(direction));
        json!({
            "from": answer.source_name(cell),
            "to": answer.destination_name(cell),
            "allowed": cell.verdict().map(Verdict::is_allow),
            "egress": side(Direction::Egress),
            "ingress": side(Direction::Ingress),
            "path": cell.path.map(|path| service_path(answer, cell, &path)),
        })
    }

    /// The whole answer.
    pub(crate) fn answer(&self, answer: &Answer, plugin: Value) -> Value {
        let outcome = answer.outcome();
        let allowed = match outcome {
            portcullis::ask::answer::Outcome::Allowed => Some(true),
            portcullis::ask::answer::Outcome::Denied => Some(false),
            _ => None,
        };
        let refused = answer.refusals().iter().map(|(from, refusal)| {
            json!({
                "from": answer.from.members.get(*from).map(|member| member.name.as_str()).unwrap_or_default(),
                "code": refusal.as_str(),
                "rule": refusal.rule(),
                "message": refusal.to_string(),
            })
        });
        object(vec![
            ("verdict", outcome.as_str().into()),
            ("allowed", allowed.into()),
            ("egress", self.common_side(answer, Direction::Egress)),
            ("ingress", self.common_side(answer, Direction::Ingress)),
            ("pairs", answer.cells.iter().map(|cell| self.pair(answer, cell)).collect()),
            ("service", answer.passage.as_ref().map(|passage| passage.service.as_str()).into()),
            ("refused", refused.collect()),
            ("rules", json!(answer.rules())),
            ("plugin", plugin),
        ])
    }
}

fn service_path(answer: &Answer, cell: &Cell, path: &Path) -> Value {
    let seen = path.seen.source();
    let source = if path.is_rewritten() {
        seen.address().map(|address| address.to_string())
    } else {
        Some(answer.source_name(cell))
    };
    json!({
        "endpoint": answer.destination_name(cell),
        "address": path.sent.destination().address().map(|address| address.to_string()),
        "port": path.port(),
        "source": source,
    })
}

/// Why a question has no answer.
pub(crate) fn failed(failure: &Failure) -> Value {
    json!({ "verdict": "error", "code": failure.code, "message": failure.message })
}

/// How a plugin comes in.
pub(crate) fn plugin(view: &PluginView<'_>) -> Value {
    let told =
        |behaviours: &[&Behaviour]| -> Vec<Value> { behaviours.iter().map(|it| behaviour(it)).collect() };
    json!({
        "profile": full_name(view.profile),
        "ideal": view.ideal.as_str(),
        "differs": told(&view.differs),
        "unknown": told(&view.unknown),
    })
}

/// A question with its answer, and who gave it.
pub(crate) struct Judged<'a> {
    pub(crate) judge: Judge<'a>,
    pub(crate) answer: Answer,
    /// How the plugin comes in.
    pub(crate) plugin: Value,
}

impl Judged<'_> {
    pub(crate) fn of<'a>(judge: Judge<'a>, question: &Question) -> Result<Judged<'a>, Failure> {
        let answer = judge.answer(question)?;
        let plugin = judge.plugin_view(&answer).map_or(Value::Null, |view| plugin(&view));
        Ok(Judged { judge, answer, plugin })
    }
}

impl Session {
    /// Answers a question.
    pub fn decide(&mut self, asked: &Asked) -> Value {
        self.judged(asked, |judged, teller| teller.answer(&judged.answer, judged.plugin.clone()))
            .unwrap_or_else(|failure| failed(&failure))
    }

    /// Answers a question and has something said of it.
    pub(crate) fn judged(
        &mut self,
        asked: &Asked,
        say: impl FnOnce(&Judged<'_>, Teller<'_>) -> Value,
    ) -> Result<Value, Failure> {
        let question = asked.question(self.settings.namespace.as_deref())?;
        let by = if asked.is_of_another() {
            let profile = asked.profile.as_deref().or(self.settings.profile.as_deref());
            let set = asked.set.clone().unwrap_or_default();
            Decider::read(profile, &set)
                .map_err(|Refusal(message)| Failure::new("unknown-profile", message))?
        } else {
            self.decider.clone()
        };
        let other = match &by {
            Decider::Specification(options) if *options != self.engine.options() => {
                Some(self.engine_with(*options))
            }
            Decider::Specification(_) => None,
            Decider::Plugin(profile) => {
                self.compare_with(profile);
                None
            }
        };
        let judge = match (&by, &other) {
            (Decider::Plugin(profile), _) => match self.compared(profile) {
                Some(comparison) => Judge::of_plugin(comparison),
                None => Judge::new(&self.engine),
            },
            (Decider::Specification(_), Some(engine)) => Judge::new(engine),
            (Decider::Specification(_), None) => Judge::new(&self.engine),
        };
        let (texts, places) = self.answered();
        let teller = Teller { engine: judge.engine(), texts, places };
        let judged = Judged::of(judge, &question)?;
        Ok(say(&judged, teller))
    }
}
