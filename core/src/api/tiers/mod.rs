//! `policy.networking.k8s.io`: policies of the cluster, from their trees to the model.
//!
//! The checks are those of the custom resource definitions: what the API server refuses is an error, what it lets
//! through and should not is a warning.

mod form;
mod peers;
mod ports;
mod selectors;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use form::Form;

use crate::manifest::Code;
use crate::manifest::decode::{At, Context, Fields, Known, Path, quote};
use crate::manifest::kinds::TierPolicy;
use crate::policy::{
    Action, ClusterTier, Direction, Peers, PodMatch, Policy, PolicyKind, Rank, Rule, Traffic,
};
use crate::source::Origin;

/// The highest priority, which is the last one to be asked.
const MAX_PRIORITY: u16 = 1000;
/// The longest name of a rule, in characters.
const MAX_RULE_NAME: usize = 100;
/// The name of the one policy without a priority.
const BASELINE_NAME: &str = "default";

/// A policy; what no API server would hold is reported, and the policy is then not to be used.
pub(crate) fn tier_policy(cx: &mut Context, mirror: &TierPolicy, name: String, origin: Origin) -> Policy {
    let form = Form::of(mirror.kind);
    if mirror.kind == PolicyKind::BaselineAdminNetworkPolicy && !name.is_empty() && name != BASELINE_NAME {
        // ANP-002: there is one, and this is what it is called.
        let message = format!("{} is not the name of the one {}", quote(&name), mirror.kind);
        let metadata = Path::Root.field("metadata");
        let help = format!("write `name: {BASELINE_NAME}`: a cluster has one of these");
        cx.error(Code::BaselineName, &metadata.field("name"), mirror.meta.name.at, message, help);
    }
    let spec_path = Path::Root.field("spec");
    let mut policy = Policy {
        rank: Rank::BaselineAdminNetworkPolicy,
        namespace: String::new(),
        name,
        subject: selectors::nobody(),
        ingress: None,
        egress: None,
        unlisted: Vec::new(),
        origin,
    };
    let Some(spec) = &mirror.spec else {
        let at = policy.origin.at;
        let message = format!("the {} has no `spec`", mirror.kind);
        cx.error(Code::MissingField, &spec_path, at, message, "add `spec`, with the `subject` at least");
        return policy;
    };
    let fields = Fields::of(cx, spec, spec_path);
    fields.warn_unknown(cx, &Known { names: form.spec_names, hints: SPEC_HINTS, ..Known::NOTHING });
    policy.rank = rank(cx, &fields, mirror.kind);
    policy.subject = subject(cx, &fields, &form).unwrap_or_else(selectors::nobody);
    // CNP-004: a list that is missing or empty says nothing.
    let list = |rules: Vec<Rule>| (!rules.is_empty()).then_some(rules);
    policy.ingress = list(rules(cx, &fields, Direction::Ingress, &form));
    policy.egress = list(rules(cx, &fields, Direction::Egress, &form));
    policy
}

const SPEC_HINTS: &[(&str, &str)] = &[
    ("podSelector", "the pods that the policy is about go under `subject.pods`"),
    ("from", "it belongs in an item of `spec.ingress`"),
    ("to", "it belongs in an item of `spec.egress`"),
];

fn rank(cx: &mut Context, spec: &Fields<'_, '_>, kind: PolicyKind) -> Rank {
    match kind {
        // CNP-001: the tier is one of two.
        PolicyKind::ClusterNetworkPolicy => {
            Rank::ClusterNetworkPolicy { tier: tier(cx, spec), priority: priority(cx, spec) }
        }
        // ANP-001: the tier is Admin.
        PolicyKind::AdminNetworkPolicy => Rank::AdminNetworkPolicy { priority: priority(cx, spec) },
        // ANP-002: there is no priority.
        PolicyKind::BaselineAdminNetworkPolicy | PolicyKind::NetworkPolicy => {
            Rank::BaselineAdminNetworkPolicy
        }
    }
}

fn tier(cx: &mut Context, spec: &Fields<'_, '_>) -> ClusterTier {
    let help = "write `tier: Admin`, or `tier: Baseline`";
    let Some(text) = required(cx, spec, "tier", help) else { return ClusterTier::Admin };
    match text.value.as_str() {
        "Admin" => ClusterTier::Admin,
        "Baseline" => ClusterTier::Baseline,
        other => {
            let message = format!("{} is no tier", quote(other));
            cx.error(Code::UnknownTier, &spec.path().field("tier"), text.at, message, help);
            ClusterTier::Admin
        }
    }
}

fn priority(cx: &mut Context, spec: &Fields<'_, '_>) -> u16 {
    let path = spec.path().field("priority");
    let help = format!("write a number from 0, which is asked first, to {MAX_PRIORITY}");
    match (spec.node("priority").is_some(), spec.int64(cx, "priority")) {
        (false, _) => {
            let message = "there is no `priority`".to_string();
            cx.error(Code::MissingField, &path, spec.at(), message, help);
            0
        }
        (true, None) => 0,
        (true, Some(number)) => {
            let priority = u16::try_from(number.value).ok().filter(|priority| *priority <= MAX_PRIORITY);
            if priority.is_none() {
                let message = format!("the priority `{}` is not from 0 to {MAX_PRIORITY}", number.value);
                cx.error(Code::PriorityOutOfRange, &path, number.at, message, help);
            }
            priority.unwrap_or(0)
        }
    }
}

/// A text that has to be there.
fn required(
    cx: &mut Context,
    fields: &Fields<'_, '_>,
    name: &str,
    help: impl Into<String>,
) -> Option<At<String>> {
    if fields.node(name).is_none() {
        missing(cx, fields, name, help);
        return None;
    }
    fields.string(cx, name)
}

/// Reports a field that has to be there.
fn missing(cx: &mut Context, fields: &Fields<'_, '_>, name: &str, help: impl Into<String>) {
    let message = format!("there is no `{name}`");
    cx.error(Code::MissingField, &fields.path().field(name), fields.at(), message, help);
}

/// Reports a list with fewer or more items than it may have.
fn check_length(cx: &mut Context, fields: &Fields<'_, '_>, name: &str, length: usize, max: usize) {
    let path = fields.path().field(name);
    let at = fields.node(name).map_or(fields.at(), |node| node.at);
    if length == 0 {
        let message = format!("the list `{name}` is empty");
        cx.error(Code::EmptyList, &path, at, message, "list something, or remove the field");
    }
    check_most(cx, fields, name, length, max);
}

fn check_most(cx: &mut Context, fields: &Fields<'_, '_>, name: &str, length: usize, max: usize) {
    if length > max {
        let path = fields.path().field(name);
        let at = fields.node(name).map_or(fields.at(), |node| node.at);
        let message = format!("the list `{name}` has {length} items, at most {max} are allowed");
        cx.error(Code::TooManyItems, &path, at, message, "split it");
    }
}

fn subject(cx: &mut Context, spec: &Fields<'_, '_>, form: &Form) -> Option<PodMatch> {
    const NAMES: &[&str] = &["namespaces", "pods"];
    let help = "write `namespaces`, all pods of which are meant, or `pods`";
    let Some(node) = spec.node("subject") else {
        missing(cx, spec, "subject", help);
        return None;
    };
    let fields = Fields::of(cx, node, spec.path().field("subject"));
    fields.warn_unknown(cx, &Known { names: NAMES, ..Known::NOTHING });
    match form::only_one(&fields, NAMES) {
        // CNP-007: whom a policy is about has to be known; without it nobody could be denied anything.
        form::Present::None => {
            let message = "the subject is empty: it says nothing of pods".to_string();
            cx.error(Code::EmptySubject, fields.path(), fields.at(), message, help);
            None
        }
        form::Present::Many => {
            too_many_fields(cx, &fields, NAMES);
            // What is wrong with each is reported all the same.
            selectors::namespaces(cx, &fields, "namespaces");
            selectors::pods(cx, &fields, form);
            None
        }
        form::Present::One("namespaces") => {
            Some(selectors::namespaces(cx, &fields, "namespaces")?.into_pods())
        }
        // CNP-013: a selector that is none selects nobody.
        form::Present::One(_) => selectors::pods(cx, &fields, form)?.known(),
    }
}

/// Reports a mapping with more than the one field that it may have.
fn too_many_fields(cx: &mut Context, fields: &Fields<'_, '_>, names: &[&str]) {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("only one of {} may be set here", names.join(", "));
    cx.error(Code::TooManyFields, fields.path(), fields.at(), message, "make them items of their own");
}

fn rules(cx: &mut Context, spec: &Fields<'_, '_>, direction: Direction, form: &Form) -> Vec<Rule> {
    let name = direction.as_str();
    let read = |cx: &mut Context, fields: &Fields<'_, '_>| rule(cx, fields, direction, form);
    let rules = spec.items(cx, name, read).unwrap_or_default();
    check_most(cx, spec, name, rules.len(), form.max);
    rules
}

fn rule(cx: &mut Context, fields: &Fields<'_, '_>, direction: Direction, form: &Form) -> Rule {
    fields.warn_unknown(cx, &Known { names: form.rule_names(direction), ..Known::NOTHING });
    let name = fields.string(cx, "name");
    if let Some(name) = name.as_ref().filter(|name| name.value.chars().count() > MAX_RULE_NAME) {
        let message = format!("the name of the rule has more than {MAX_RULE_NAME} characters");
        cx.error(Code::NameTooLong, &fields.path().field("name"), name.at, message, "write a shorter one");
    }
    let action = action(cx, fields, form);
    let peers_name = direction.peers_field();
    let read = |cx: &mut Context, fields: &Fields<'_, '_>| peers::peer(cx, fields, direction, action, form);
    let peers = match fields.items(cx, peers_name, read) {
        Some(peers) => {
            check_length(cx, fields, peers_name, peers.len(), form.max);
            peers
        }
        None => {
            if fields.node(peers_name).is_none() {
                missing(cx, fields, peers_name, "list who the other end is");
            }
            Vec::new()
        }
    };
    let traffic = ports::traffic(cx, fields, form);
    form.check_names(cx, fields, direction);
    Rule {
        name: name.map(|name| name.value).filter(|name| !name.is_empty()),
        action: action.unwrap_or(Action::Deny),
        // CNP-007: there is no list that means everybody; what was wrong is reported.
        peers: Peers::Of(peers.into_iter().flatten().collect()),
        // CNP-011: without a list it is every protocol and port.
        traffic: traffic.map_or(Traffic::Any, Traffic::Of),
        at: fields.at(),
    }
}

fn action(cx: &mut Context, fields: &Fields<'_, '_>, form: &Form) -> Option<Action> {
    let names: Vec<String> = form.actions.iter().map(|(name, _)| format!("`{name}`")).collect();
    let help = format!("use {}", names.join(", "));
    let text = required(cx, fields, "action", help.clone())?;
    let found = form.actions.iter().find(|(name, _)| *name == text.value);
    if found.is_none() {
        let message = format!("{} is no action", quote(&text.value));
        let near = form.actions.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text.value));
        let help = near.map_or(help, |(name, _)| format!("write `{name}`"));
        cx.error(Code::UnknownAction, &fields.path().field("action"), text.at, message, help);
    }
    found.map(|(_, action)| *action)
}
