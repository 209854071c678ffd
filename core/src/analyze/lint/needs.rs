//! Checks on what has no effect: rules and policies whose removal changes no flow, and ties that do change some.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::checks::Check;
use super::context::{Context, Place, label};
use crate::analyze::{Difference, Group, Need, Removal, Removals, difference};
use crate::options::TieBreak;
use crate::policy::{Action, Direction, Policy, PolicyId, RuleId, Tier};
use crate::sorted::SortedSet;
use crate::{Engine, Options};

pub(super) fn check(cx: &mut Context<'_>) {
    ties(cx);
    let mut removals = Removals::of(cx.engine);
    // From the last to the first: of two that do the same, the later one goes.
    let mut gone: SortedSet<PolicyId> = SortedSet::new();
    for (id, policy) in cx.policies().into_iter().rev() {
        let Need::Covered { by, opens, .. } = removals.need(Removal::Policy(id)) else { continue };
        let has_rules =
            [&policy.ingress, &policy.egress].into_iter().flatten().any(|rules| !rules.is_empty());
        if !has_rules && !opens {
            let message =
                "all pods that it selects are isolated by other policies, too; it guards those to come";
            let help = "keep it where it is the default of the namespace";
            cx.add(Check::RedundantIsolation, policy, "metadata.name", message, help);
            continue;
        }
        removals.take(Removal::Policy(id));
        gone.insert(id);
        let default = match opens {
            true => "nothing else isolates the pods, and what it allows is what would be allowed",
            false => "other policies isolate its pods, too, and its rules hold nobody",
        };
        let why = reason(cx, &by, default);
        let message = format!("without the policy every flow of the input is decided alike: {why}");
        cx.add(
            Check::RedundantPolicy,
            policy,
            "metadata.name",
            message,
            "remove it, or what makes it redundant",
        );
    }
    for place in cx.rules().into_iter().rev().filter(|place| !gone.contains(&place.id)) {
        let Some(id) = cx.engine.policies().rule_id(place.id, place.direction, place.index) else { continue };
        match removals.need(Removal::Rule(id)) {
            Need::Needed | Need::Idle => {}
            Need::Covered { by, shadowed, .. } => {
                removals.take(Removal::Rule(id));
                covered(cx, &place, &by, shadowed);
            }
            Need::Blocked { other_ports } if place.rule.action == Action::Allow => {
                blocked(cx, &place, other_ports);
            }
            Need::Blocked { .. } => {}
        }
    }
}

fn covered(cx: &mut Context<'_>, place: &Place<'_>, by: &[RuleId], shadowed: bool) {
    let policies = cx.engine.policies();
    let own = place.policy.rank.tier();
    let is_earlier = |id: &RuleId| {
        policies.rule(*id).is_some_and(|rule| rule.policy.rank.tier() < own || own != Tier::NetworkPolicy)
    };
    let is_shadowed = shadowed && !by.is_empty() && by.iter().all(is_earlier);
    if is_shadowed {
        let why = reason(cx, by, "");
        let message = format!("the rule is never reached: {why}");
        let help = "remove it, or move it before what decides in its place";
        cx.add(Check::ShadowedRule, place.policy, place.path(), message, help);
        return;
    }
    let why = reason(cx, by, "the default is the same");
    let message = format!("without the rule every flow of the input is decided alike: {why}");
    let is_last = place.policy.rules(place.direction).is_some_and(|rules| rules.len() == 1);
    let help = match is_last && own == Tier::NetworkPolicy {
        true => {
            format!("remove it, and leave `{}: []` and the policy's types, which isolate", place.direction)
        }
        false => "remove it, or what makes it redundant".to_string(),
    };
    cx.add(Check::RedundantRule, place.policy, place.path(), message, help);
}

fn blocked(cx: &mut Context<'_>, place: &Place<'_>, other_ports: bool) {
    let (other, verb) = match place.direction {
        Direction::Ingress => ("egress", "send"),
        Direction::Egress => ("ingress", "accept"),
    };
    if other_ports {
        let message = format!(
            "nothing that the rule allows passes: at the other end the {other} rules allow other ports of these pods"
        );
        let help = format!("compare the ports with those that the other pods may {verb}");
        cx.add(Check::OtherSidePorts, place.policy, place.path(), message, help);
        return;
    }
    let message =
        format!("nothing that the rule allows passes: at the other end {other} policies deny all of it");
    let help =
        format!("let the other pods {verb} it, or remove the rule; both ends have to allow a connection");
    cx.add(Check::OtherSideClosed, place.policy, place.path(), message, help);
}

/// Which rules decide in the place of another.
fn reason(cx: &Context<'_>, by: &[RuleId], default: &str) -> String {
    let policies = cx.engine.policies();
    let rules = by.iter().filter_map(|id| policies.rule(*id));
    let names: Vec<String> =
        rules.map(|rule| format!("`{rule}` ({})", rule.policy.origin.with_position(rule.rule.at))).collect();
    match names.as_slice() {
        [] => default.to_string(),
        [one] => format!("{one} decides all that it does"),
        several => format!("{} together decide all that it does", several.join(", ")),
    }
}

/// Finds policies of one priority whose order decides (CNP-005).
fn ties(cx: &mut Context<'_>) {
    let mut tied: Vec<(&Policy, &Policy)> = Vec::new();
    let mut earlier: Option<&Policy> = None;
    for (_, policy) in cx.policies() {
        match earlier.filter(|first| first.rank.place() == policy.rank.place()) {
            Some(first) if policy.rank.tier() != Tier::NetworkPolicy => tied.push((first, policy)),
            _ => earlier = Some(policy),
        }
    }
    if tied.is_empty() {
        return;
    }
    let options = Options { tie_break: TieBreak::ReverseName, ..Options::default() };
    let reversed = Engine::new(cx.cluster.clone(), cx.engine.policies().clone(), options);
    let Difference { added, removed } = difference(cx.engine, &reversed);
    let Some(entry) = added.first().or(removed.first()) else { return };
    let one = |group: &Group| match group {
        Group::Workloads(names) => names.first().map(ToString::to_string),
        Group::Cidrs(cidrs) => cidrs.first().map(ToString::to_string),
    };
    let sample = format!(
        "`{}` to `{}` on {}",
        one(&entry.from).unwrap_or_default(),
        one(&entry.to).unwrap_or_default(),
        entry.ports
    );
    for (first, policy) in tied {
        let rules = [first, policy].into_iter().flat_map(|it| [&it.ingress, &it.egress]).flatten().flatten();
        let mut actions = rules.map(|rule| rule.action.number());
        let one = actions.next();
        if actions.all(|action| Some(action) == one) {
            continue;
        }
        let message = format!(
            "it has the priority of {} ({}), and which of them is asked first decides flows, such as {sample}",
            label(first),
            first.origin
        );
        let help = "give each its own priority, the lower one to the policy that is to win";
        cx.add(Check::TieDecides, policy, "spec.priority", message, help);
    }
}
