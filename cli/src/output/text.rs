//! Answers as text, for people.

use std::fmt::Write;

use portcullis::ask::answer::{Answer, Cell, Judge, Outcome};
use portcullis::ask::question::{Carried, Question};
use portcullis::ask::words::{in_words, note_in_words};
use portcullis::explain::{Note, SideTrace, TierOutcome};
use portcullis::flow::Transport;
use portcullis::policy::{PolicyId, RuleRef, Tier};
use portcullis::{Engine, Reason, Verdict};

use super::{plugin, service, style};

/// How many pods or pairs a list names before it is cut.
const LISTED: usize = 20;

/// What `eval` prints.
pub(crate) fn answer(judge: &Judge<'_>, question: &Question, answer: &Answer) -> String {
    let mut text = headline(question, answer);
    text.push('\n');
    text.push_str(&service::paths(answer));
    let Some(cell) = answer.telling_cell() else { return text + &notes(answer) };
    if answer.outcome() == Outcome::Some {
        if answer.passage.is_none() {
            text.push_str(&differing(answer));
        }
        text.push_str(&example(answer, cell));
    }
    let trace = judge.explain(cell);
    for side in [&trace.egress, &trace.ingress] {
        let name = format!("{:<8}", side.direction.as_str());
        let _ = match cell.side(side.direction) {
            Some(_) => {
                writeln!(text, "  {name} {}", side_line(judge.engine(), side, cell.flow.stays_inside()))
            }
            None => writeln!(text, "  {name} {}  {UNKNOWN}", style::outcome(Outcome::Unknown)),
        };
    }
    let ambiguous = trace.notes.iter().filter(|note| matches!(note, Note::Ambiguous(..)));
    for note in ambiguous {
        let _ = writeln!(text, "  {} {}", style::quiet("note:   "), note_in_words(judge.engine(), note));
    }
    if let Some(plugin) = judge.plugin_view(answer) {
        text.push_str(&plugin::lines(&plugin, answer.outcome()));
    }
    text + &notes(answer)
}

fn notes(answer: &Answer) -> String {
    let lines = answer.notes().into_iter().map(|note| format!("  {} {note}\n", style::quiet("note:   ")));
    lines.collect()
}

/// The verdict and the flow, on one line.
pub(crate) fn headline(question: &Question, answer: &Answer) -> String {
    let carried = carried(question, answer);
    format!("{}: {} -> {}, {carried}", style::outcome(answer.outcome()), answer.from.name, answer.to.name)
}

/// The pair that stands for all where pods differ.
pub(crate) fn example(answer: &Answer, cell: &Cell) -> String {
    let to = match cell.path.and_then(|path| path.port()) {
        Some(port) => format!("{}, port {port}", answer.destination_name(cell)),
        None => answer.destination_name(cell),
    };
    format!("  for example {} -> {to}:\n", answer.source_name(cell))
}

fn carried(question: &Question, answer: &Answer) -> String {
    // A service's port is not that of its endpoints.
    let cell = answer.telling_cell().filter(|_| answer.passage.is_none());
    match (&question.carried, cell.map(|cell| cell.flow.transport())) {
        (Carried::Named { name, .. }, Some(Transport::Ports { protocol, port, .. })) => {
            format!("{protocol} {port} (`{name}`)")
        }
        (Carried::Named { protocol, name, .. }, _) => format!("{protocol} `{name}`"),
        (Carried::Known(Transport::Ports { protocol, port, .. }), _) => format!("{protocol} {port}"),
        (Carried::Known(transport), _) => transport.protocol().to_string(),
    }
}

/// Which pods are allowed and which denied, where they differ.
pub(crate) fn differing(answer: &Answer) -> String {
    let mut text = String::new();
    for verdict in [Some(Verdict::Allow), Some(Verdict::Deny), None] {
        let cells = answer.cells.iter().filter(|cell| cell.verdict() == verdict);
        let names: Vec<String> = cells
            .map(|cell| match (answer.from.members.len(), answer.to.members.len()) {
                (1, _) => answer.destination_name(cell),
                (_, 1) => answer.source_name(cell),
                _ => format!("{} -> {}", answer.source_name(cell), answer.destination_name(cell)),
            })
            .collect();
        let label = if answer.from.members.len() > 1 && answer.to.members.len() == 1 { "from" } else { "to" };
        let label = if answer.from.members.len() > 1 && answer.to.members.len() > 1 { "for" } else { label };
        let said = match verdict {
            Some(Verdict::Allow) => "allowed",
            Some(Verdict::Deny) => "denied",
            None if names.is_empty() => continue,
            None => "unknown",
        };
        let _ = writeln!(text, "  {said} {label}");
        for name in names.iter().take(LISTED) {
            let _ = writeln!(text, "    {name}");
        }
        if names.len() > LISTED {
            let _ = writeln!(text, "    and {} more", names.len() - LISTED);
        }
    }
    text
}

/// What is said of a side where a plugin has a way of its own, and nobody knows which.
pub(crate) const UNKNOWN: &str = "nobody knows what the plugin does here";

/// MODEL-001, in words.
pub(crate) const INSIDE: &str = "containers of one pod share its network, where no policy is (MODEL-001)";

/// What one side decided, on one line.
pub(crate) fn side_line(engine: &Engine, side: &SideTrace, stays_inside: bool) -> String {
    let verdict = style::verdict(side.side.verdict());
    if stays_inside && side.side.reason == Reason::Loopback {
        return format!("{verdict}  {INSIDE}");
    }
    match (side.side.reason, side.side.rule.and_then(|id| engine.policies().rule(id))) {
        (Reason::Rule | Reason::DenyRule, Some(rule)) => {
            let place = rule.policy.origin.with_position(rule.rule.at);
            let gap = if side.side.verdict().is_allow() { "  " } else { "   " };
            format!("{verdict}{gap}by {}{rule} ({place}){}", tier_of(&rule), passed(engine, side))
        }
        (Reason::Isolated | Reason::ProtocolDenied, _) => {
            let isolating = side.of_tier(Tier::NetworkPolicy);
            let policies: Vec<String> = isolating.map(|policy| policy_place(engine, policy.policy)).collect();
            let (isolate, their) =
                if policies.len() == 1 { ("isolates", "its") } else { ("isolate", "their") };
            let count = side.of_tier(Tier::NetworkPolicy).map(|policy| policy.rules.len()).sum();
            let rules = match count {
                0 if policies.len() == 1 => "and allows nothing".to_string(),
                0 => "and allow nothing".to_string(),
                1 => format!("and {their} only rule does not match"),
                several => format!("and none of {their} {several} rules matches"),
            };
            format!("{verdict}   {} {isolate} the pod, {rules}{}", joined(&policies), passed(engine, side))
        }
        (reason, _) => {
            let gap = if reason.verdict().is_allow() { "  " } else { "   " };
            format!("{verdict}{gap}{}{}", in_words(reason), passed(engine, side))
        }
    }
}

/// What is said of the tier of a rule, where it is one of the cluster's.
pub(crate) fn tier_of(rule: &RuleRef<'_>) -> String {
    let rank = rule.policy.rank;
    match (rank.tier(), rank.priority()) {
        (Tier::NetworkPolicy, _) => String::new(),
        (tier, Some(priority)) => format!("the tier {tier}, priority {priority}: "),
        (tier, None) => format!("the tier {tier}: "),
    }
}

/// What is said of rules that left the flow to the next tier.
fn passed(engine: &Engine, side: &SideTrace) -> String {
    let mut text = String::new();
    for (tier, outcome) in side.tiers() {
        if let TierOutcome::Passed(passing) = outcome
            && let Some(rule) = engine.policies().rule(passing.rule)
        {
            let place = rule.policy.origin.with_position(rule.rule.at);
            let _ = write!(text, "; the tier {tier} passed it on, by {rule} ({place})");
        }
    }
    text
}

/// A policy with the place where it was read.
pub(crate) fn policy_place(engine: &Engine, id: PolicyId) -> String {
    engine.policies().policy(id).map(|policy| format!("{policy} ({})", policy.origin)).unwrap_or_default()
}

/// Names as one writes them, the first three of many.
pub(crate) fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        [first, second, third, more @ ..] => format!("{first}, {second}, {third} and {} more", more.len()),
    }
}
