//! Answers as JSON: the object that `replay` writes a line of and `eval -o json` prints.

use portcullis::ask::answer::{Answer, Cell, Judge, Outcome};
use portcullis::ask::failure::Failure;
use portcullis::policy::{Direction, RuleRef, Tier};
use portcullis::sorted::SortedSet;
use portcullis::{Engine, Side, Verdict};
use serde::Serialize;

use super::plugin::PluginJson;
use super::service::PassageJson;

/// An answer, or why there is none.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum LineJson {
    Answer(Box<AnswerJson>),
    Error { error: FailureJson },
}

#[derive(Debug, Serialize)]
pub(crate) struct AnswerJson {
    allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    egress: SideJson,
    ingress: SideJson,
    /// Every pair of pods with its answer, where they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<PairJson>,
    /// The service and every path through it, where the destination is one.
    #[serde(flatten)]
    passage: Option<PassageJson>,
    /// The numbered rules of the network model and of what is exempt, where the answer rests on some.
    #[serde(skip_serializing_if = "SortedSet::is_empty")]
    rules: SortedSet<&'static str>,
    /// The plugin that decided, and how it differs from the specification.
    #[serde(flatten)]
    plugin: Option<PluginJson>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SideJson {
    allowed: Option<bool>,
    reason: Option<&'static str>,
    rule: Option<RuleJson>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RuleJson {
    kind: &'static str,
    /// The tier and the priority, of policies of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u16>,
    policy: String,
    path: String,
    file: Option<String>,
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
struct PairJson {
    from: String,
    to: String,
    allowed: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FailureJson {
    code: &'static str,
    message: String,
}

impl LineJson {
    pub(crate) fn new(judge: &Judge<'_>, answer: Result<&Answer, &Failure>) -> Self {
        match answer {
            Ok(answer) => Self::Answer(Box::new(AnswerJson::new(judge, answer))),
            Err(failure) => Self::of_failure(failure),
        }
    }

    pub(crate) fn of_failure(failure: &Failure) -> Self {
        Self::Error { error: FailureJson { code: failure.code, message: failure.message.clone() } }
    }
}

impl AnswerJson {
    pub(crate) fn new(judge: &Judge<'_>, answer: &Answer) -> Self {
        let engine = judge.engine();
        let (allowed, verdict) = match answer.outcome() {
            Outcome::Allowed => (Some(true), None),
            Outcome::Denied => (Some(false), None),
            Outcome::Some => (None, Some("some")),
            Outcome::Unknown => (None, Some("unknown")),
        };
        let pair = |cell: &Cell| PairJson {
            from: answer.source_name(cell),
            to: answer.destination_name(cell),
            allowed: cell.verdict().map(Verdict::is_allow),
        };
        let pairs = match verdict {
            Some(_) if answer.passage.is_none() && answer.cells.len() > 1 => {
                answer.cells.iter().map(pair).collect()
            }
            _ => Vec::new(),
        };
        let side = |direction| SideJson::of_answer(engine, answer, direction);
        Self {
            allowed,
            verdict,
            egress: side(Direction::Egress),
            ingress: side(Direction::Ingress),
            pairs,
            passage: PassageJson::new(engine, answer),
            rules: answer.rules(),
            plugin: judge.plugin_view(answer).map(|plugin| PluginJson::new(&plugin)),
        }
    }
}

impl SideJson {
    /// Nobody knows what the plugin does.
    const UNKNOWN: Self = Self { allowed: None, reason: Some("unknown"), rule: None };

    /// A side of one pair.
    pub(crate) fn of_cell(engine: &Engine, cell: &Cell, direction: Direction) -> Self {
        cell.side(direction).map_or(Self::UNKNOWN, |side| Self::new(engine, side))
    }

    /// A side of an answer; what differs from pod to pod is null.
    fn of_answer(engine: &Engine, answer: &Answer, direction: Direction) -> Self {
        match answer.side(direction) {
            Some(side) => Self::new(engine, side),
            None if answer.is_unknown(direction) => Self::UNKNOWN,
            None => Self {
                allowed: answer.side_verdict(direction).map(Verdict::is_allow),
                reason: answer.reason(direction).map(portcullis::Reason::as_str),
                rule: None,
            },
        }
    }

    pub(crate) fn new(engine: &Engine, side: Side) -> Self {
        let rule = side.rule.and_then(|id| engine.policies().rule(id));
        Self {
            allowed: Some(side.verdict().is_allow()),
            reason: Some(side.reason.as_str()),
            rule: rule.map(|rule| RuleJson::new(&rule)),
        }
    }
}

impl RuleJson {
    pub(crate) fn new(rule: &RuleRef<'_>) -> Self {
        let line = rule.rule.at.line;
        let rank = rule.policy.rank;
        Self {
            kind: rank.kind().as_str(),
            tier: (rank.tier() != Tier::NetworkPolicy).then(|| rank.tier().as_str()),
            priority: rank.priority(),
            policy: rule.policy.to_string(),
            path: rule.path(),
            file: rule.policy.origin.file.as_deref().map(str::to_string),
            line: (line != 0).then_some(line),
        }
    }
}
