//! What `why` prints: each side in full, for people and for programs.

use std::fmt::Write;

use portcullis::ask::answer::{Answer, Cell, Judge, Outcome, PluginView};
use portcullis::ask::lacks::{self, Lack};
use portcullis::ask::question::Question;
use portcullis::ask::words::{in_words, note_in_words};
use portcullis::cluster::PodId;
use portcullis::explain::{OptionThatMatters, RuleTrace, SideTrace, TierOutcome, Trace};
use portcullis::options::Loopback;
use portcullis::policy::{Action, Direction, Tier};
use portcullis::{Decide, Engine, Reason, Verdict};
use serde::Serialize;

use super::excerpt::Excerpts;
use super::json::{AnswerJson, RuleJson};
use super::plugin::{self, BehaviourJson};
use super::text::{INSIDE, UNKNOWN, differing, example, headline};
use super::{service, style};

/// A whole explanation, ready to be printed.
pub(crate) struct Explanation<'a> {
    judge: &'a Judge<'a>,
    question: &'a Question,
    answer: &'a Answer,
    plugin: Option<PluginView<'a>>,
    trace: Trace,
    notes: Vec<String>,
    options: Vec<OptionThatMatters>,
    cell: &'a Cell,
    /// The source by its name, and the destination.
    pair: (String, String),
    /// The source as the destination sees it.
    seen_source: String,
}

impl<'a> Explanation<'a> {
    /// Explains a pair; `notes` are those of the load.
    pub(crate) fn new(
        judge: &'a Judge<'a>,
        question: &'a Question,
        answer: &'a Answer,
        cell: &'a Cell,
        notes: Vec<String>,
    ) -> Self {
        let engine = judge.engine_of(cell);
        let trace = judge.explain(cell);
        let mut all = answer.notes();
        all.extend(trace.notes.iter().map(|note| note_in_words(engine, note)));
        all.extend(notes);
        let plugin = judge.plugin_view(answer);
        // What a plugin does is for its own options to say.
        let mut options = if plugin.is_some() {
            Vec::new()
        } else {
            engine.options_that_change(|engine| match &cell.path {
                Some(path) => path.decide(engine).verdict(),
                None => engine.decide(&cell.flow).verdict(),
            })
        };
        // To another pod of a workload, a pod is no loopback, whatever the option says.
        options.retain(|option| !cell.sibling || option.key != Loopback::KEY);
        Self {
            judge,
            question,
            answer,
            plugin,
            options,
            notes: all,
            cell,
            pair: (answer.source_name(cell), answer.destination_name(cell)),
            seen_source: answer.seen_source_name(cell),
            trace,
        }
    }

    pub(crate) fn to_text(&self, excerpts: &Excerpts<'_>) -> String {
        let mut text = headline(self.question, self.answer);
        text.push('\n');
        text.push_str(&service::paths(self.answer));
        let what = if self.answer.passage.is_some() { "paths" } else { "pairs" };
        if self.answer.outcome() == Outcome::Some {
            if self.answer.passage.is_none() {
                text.push_str(&differing(self.answer));
            }
            text.push_str(&example(self.answer, self.cell));
        } else if self.answer.cells.len() > 1 {
            let (from, to) = &self.pair;
            let _ = writeln!(text, "  explained for {from} -> {to}; the other {what} have the same verdict");
        }
        for (side, name) in [(&self.trace.egress, &self.pair.0), (&self.trace.ingress, &self.pair.1)] {
            let _ = self.side_to_text(&mut text, side, name, excerpts);
        }
        if let Some(plugin) = &self.plugin {
            text.push('\n');
            text.push_str(&plugin::lines(plugin, self.answer.outcome()));
            text.push_str(&plugin::sources(plugin));
        }
        if !self.notes.is_empty() || !self.options.is_empty() {
            text.push_str("\nnotes\n");
        }
        for note in &self.notes {
            let _ = writeln!(text, "  - {note}");
        }
        let other = Verdict::from(!self.trace.decision.verdict().is_allow());
        for OptionThatMatters { key, value } in &self.options {
            let _ = writeln!(text, "  - with `--set {key}={value}` it would be {other}");
        }
        text
    }

    fn side_to_text(
        &self,
        text: &mut String,
        side: &SideTrace,
        name: &str,
        excerpts: &Excerpts<'_>,
    ) -> std::fmt::Result {
        let engine = self.judge.engine();
        let preposition = match side.direction {
            Direction::Egress => "egress of",
            Direction::Ingress => "ingress of",
        };
        let end = match side.subject.and_then(|id| engine.cluster().pod(id)).map(ToString::to_string) {
            Some(pod) if pod != name && !name.ends_with(&pod) => format!("{name}, which is {pod}"),
            _ => name.to_string(),
        };
        if self.cell.side(side.direction).is_none() {
            writeln!(text, "\n{preposition} {end}: {}", style::outcome(Outcome::Unknown))?;
            return writeln!(text, "  {UNKNOWN}");
        }
        let verdict = style::verdict(side.side.verdict());
        writeln!(text, "\n{preposition} {end}: {verdict}")?;
        if !matches!(side.side.reason, Reason::Isolated | Reason::Rule | Reason::DenyRule) {
            let is_inside = self.cell.flow.stays_inside() && side.side.reason == Reason::Loopback;
            writeln!(text, "  {}", if is_inside { INSIDE } else { in_words(side.side.reason) })?;
        }
        self.tiers_to_text(text, side)?;
        if side.of_tier(Tier::NetworkPolicy).next().is_some() {
            writeln!(text, "  isolated by")?;
        }
        for policy in side.of_tier(Tier::NetworkPolicy) {
            let Some(object) = engine.policies().policy(policy.policy) else { continue };
            let rules = match policy.rules.len() {
                0 => "no rule".to_string(),
                1 => "1 rule".to_string(),
                several => format!("{several} rules"),
            };
            writeln!(text, "    {object}  {} {}", object.origin, style::quiet(format!("({rules})")))?;
        }
        for id in &side.other_direction {
            let Some(object) = engine.policies().policy(*id) else { continue };
            let quiet = style::quiet(format!("(not about {})", side.direction.as_str()));
            writeln!(text, "  not by {object}  {} {quiet}", object.origin)?;
        }
        if matches!(side.side.reason, Reason::Rule | Reason::DenyRule) {
            let verb = if side.side.verdict().is_allow() { "allowed" } else { "denied" };
            writeln!(text, "  {verb} by")?;
            for (number, matching) in side.matching().enumerate() {
                let Some(rule) = engine.policies().rule(matching.rule) else { continue };
                let place = rule.policy.origin.with_position(rule.rule.at);
                if number == 0 {
                    writeln!(text, "    {rule}  {place}")?;
                    text.push_str(&excerpts.of_rule(&rule));
                    for field in lacks::matching_fields(&rule, matching) {
                        writeln!(text, "      {field}: matches")?;
                    }
                } else {
                    writeln!(text, "    also {rule}  {place}")?;
                }
            }
        }
        if side.side.reason == Reason::Isolated {
            self.nearest_to_text(text, side, excerpts)?;
        }
        Ok(())
    }

    /// What each tier says, where policies of the cluster have a say.
    fn tiers_to_text(&self, text: &mut String, side: &SideTrace) -> std::fmt::Result {
        let engine = self.judge.engine();
        if side.policies.iter().all(|policy| policy.tier == Tier::NetworkPolicy) {
            return Ok(());
        }
        let place = |id| {
            let rule = engine.policies().rule(id);
            rule.map(|rule| {
                let priority = rule.policy.rank.priority();
                let priority = priority.map(|it| format!(", priority {it}")).unwrap_or_default();
                format!("{rule}  {}{priority}", rule.policy.origin.with_position(rule.rule.at))
            })
        };
        writeln!(text, "  tiers")?;
        for (tier, outcome) in side.tiers() {
            let said = match outcome {
                TierOutcome::NotAsked => "not asked".to_string(),
                TierOutcome::NoPolicy => "no policy speaks of this pod and direction".to_string(),
                TierOutcome::NoMatch => "no rule matches, goes on to the next tier".to_string(),
                TierOutcome::Isolated => "isolates the pod, and no rule allows this".to_string(),
                TierOutcome::Passed(rule) => {
                    format!("passed on to the next tier by {}", place(rule.rule).unwrap_or_default())
                }
                TierOutcome::Decided(rule) => {
                    let closed = if rule.fails_closed { ", which fails closed" } else { "" };
                    let verb = if rule.action == Action::Allow { "allowed" } else { "denied" };
                    format!("{verb} by {}{closed}", place(rule.rule).unwrap_or_default())
                }
            };
            writeln!(text, "    {tier}: {said}")?;
        }
        Ok(())
    }

    fn nearest_to_text(
        &self,
        text: &mut String,
        side: &SideTrace,
        excerpts: &Excerpts<'_>,
    ) -> std::fmt::Result {
        let engine = self.judge.engine();
        let isolating: Vec<_> = side.of_tier(Tier::NetworkPolicy).collect();
        match isolating.iter().map(|policy| policy.rules.len()).sum::<usize>() {
            0 if isolating.len() == 1 => {
                return writeln!(text, "  it has no rule, so nothing is allowed");
            }
            0 => return writeln!(text, "  none of them has a rule, so nothing is allowed"),
            1 => writeln!(text, "  their only rule does not match")?,
            several => writeln!(text, "  none of their {several} rules matches; the nearest is")?,
        }
        let Some(nearest) = side.nearest() else { return Ok(()) };
        if let Some(rule) = engine.policies().rule(nearest.rule.rule) {
            writeln!(text, "    {rule}  {}", rule.policy.origin.with_position(rule.rule.at))?;
            text.push_str(&excerpts.of_rule(&rule));
        }
        for Lack { field, message } in lacks::of_nearest(engine, side, &nearest, self.ends(side)) {
            writeln!(text, "      {field}: {message}")?;
        }
        Ok(())
    }

    /// The names of a side's peer and of the flow's destination.
    fn ends(&self, side: &SideTrace) -> lacks::Ends<'_> {
        let (flow, seen) = (self.cell.flow, self.cell.seen());
        let (peer, peer_end) = match side.direction {
            Direction::Egress => (&self.pair.1, flow.destination()),
            Direction::Ingress => (&self.seen_source, seen.source()),
        };
        lacks::Ends {
            peer,
            peer_address: peer_end.address(),
            destination: &self.pair.1,
            transport: flow.transport(),
        }
    }

    pub(crate) fn to_json(&self) -> ExplanationJson {
        let side = |side: &SideTrace| self.side_to_json(side);
        ExplanationJson {
            answer: AnswerJson::new(self.judge, self.answer),
            why: WhyJson {
                from: self.pair.0.clone(),
                to: self.pair.1.clone(),
                egress: side(&self.trace.egress),
                ingress: side(&self.trace.ingress),
                notes: self.notes.clone(),
                options: self
                    .options
                    .iter()
                    .map(|option| OptionJson { key: option.key, value: option.value })
                    .collect(),
                behaviours: BehaviourJson::of(self.plugin.as_ref()),
            },
        }
    }

    fn side_to_json(&self, side: &SideTrace) -> SideTraceJson {
        let engine = self.judge.engine();
        let rule_json = |id| engine.policies().rule(id).map(|rule| RuleJson::new(&rule));
        let nearest = (side.side.reason == Reason::Isolated).then(|| side.nearest()).flatten();
        SideTraceJson {
            pod: pod_name(engine, side.subject),
            isolated_by: side
                .of_tier(Tier::NetworkPolicy)
                .filter_map(|policy| PolicyJson::new(engine, policy.policy))
                .collect(),
            tiers: side
                .tiers()
                .iter()
                .map(|(tier, outcome)| TierJson::new(engine, *tier, *outcome))
                .collect(),
            not_by: side.other_direction.iter().filter_map(|id| PolicyJson::new(engine, *id)).collect(),
            matching: side.matching().filter_map(|matching| MatchingJson::new(engine, matching)).collect(),
            nearest: nearest.and_then(|nearest| {
                Some(NearestJson {
                    rule: rule_json(nearest.rule.rule)?,
                    lacks: lacks::of_nearest(engine, side, &nearest, self.ends(side)),
                })
            }),
        }
    }
}

fn pod_name(engine: &Engine, id: Option<PodId>) -> Option<String> {
    id.and_then(|id| engine.cluster().pod(id)).map(ToString::to_string)
}

/// The object that `why -o json` prints: the answer, and how it came about.
#[derive(Serialize)]
pub(crate) struct ExplanationJson {
    #[serde(flatten)]
    answer: AnswerJson,
    why: WhyJson,
}

#[derive(Serialize)]
struct WhyJson {
    /// The pair that is explained.
    from: String,
    to: String,
    egress: SideTraceJson,
    ingress: SideTraceJson,
    notes: Vec<String>,
    /// Options that would turn the verdict.
    options: Vec<OptionJson>,
    /// What the plugin does otherwise, or may do, and where that is known from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    behaviours: Vec<BehaviourJson>,
}

#[derive(Serialize)]
struct OptionJson {
    key: &'static str,
    value: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SideTraceJson {
    /// The pod whose policies were asked.
    pod: Option<String>,
    isolated_by: Vec<PolicyJson>,
    /// What each tier says, in the order in which they are asked.
    tiers: Vec<TierJson>,
    /// Policies that select the pod and do not apply to this direction.
    not_by: Vec<PolicyJson>,
    /// The rules that allow the flow, the deciding one first.
    matching: Vec<MatchingJson>,
    nearest: Option<NearestJson>,
}

#[derive(Serialize)]
struct TierJson {
    tier: &'static str,
    outcome: &'static str,
    /// The rule that decides, or passes the flow on.
    rule: Option<RuleJson>,
}

impl TierJson {
    fn new(engine: &Engine, tier: Tier, outcome: TierOutcome<'_>) -> Self {
        let (outcome, rule) = match outcome {
            TierOutcome::NotAsked => ("not-asked", None),
            TierOutcome::NoPolicy => ("no-policy", None),
            TierOutcome::NoMatch => ("no-match", None),
            TierOutcome::Isolated => ("isolated", None),
            TierOutcome::Passed(rule) => ("passed", Some(rule.rule)),
            TierOutcome::Decided(rule) if rule.action == Action::Allow => ("allowed", Some(rule.rule)),
            TierOutcome::Decided(rule) => ("denied", Some(rule.rule)),
        };
        let rule = rule.and_then(|id| engine.policies().rule(id));
        Self { tier: tier.as_str(), outcome, rule: rule.map(|rule| RuleJson::new(&rule)) }
    }
}

#[derive(Serialize)]
struct PolicyJson {
    kind: &'static str,
    policy: String,
    file: Option<String>,
    line: Option<u32>,
}

impl PolicyJson {
    fn new(engine: &Engine, id: portcullis::policy::PolicyId) -> Option<Self> {
        let policy = engine.policies().policy(id)?;
        let line = policy.origin.at.line;
        Some(Self {
            kind: policy.rank.kind().as_str(),
            policy: policy.to_string(),
            file: policy.origin.file.as_deref().map(str::to_string),
            line: (line != 0).then_some(line),
        })
    }
}

#[derive(Serialize)]
struct MatchingJson {
    #[serde(flatten)]
    rule: RuleJson,
    /// The peer and the port of the rule that match, where it names some.
    fields: Vec<String>,
}

impl MatchingJson {
    fn new(engine: &Engine, matching: &RuleTrace) -> Option<Self> {
        let rule = engine.policies().rule(matching.rule)?;
        Some(Self { rule: RuleJson::new(&rule), fields: lacks::matching_fields(&rule, matching) })
    }
}

#[derive(Serialize)]
struct NearestJson {
    rule: RuleJson,
    lacks: Vec<Lack>,
}
