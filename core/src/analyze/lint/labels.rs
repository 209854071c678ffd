//! Checks on the labels that selectors ask for: misspelt ones, those of the other kind, those that contradict each other.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::checks::Check;
use super::context::{Context, Place, peers_of, subject_path};
use crate::label::Labels;
use crate::manifest::decode::similar::edits;
use crate::policy::{NamespaceMatch, Peer, PodMatch, Policy, Tier};
use crate::selector::{Requirement, Selector, Values};
use crate::sorted::{SortedMap, SortedSet};

/// The label with a namespace's name, that the control plane sets.
const NAME: &str = "kubernetes.io/metadata.name";
/// What people write for it.
const NAME_SLIPS: [&str; 8] = [
    "k8s.io/metadata.name",
    "kubernetes.io/metadata-name",
    "kubernetes.io/name",
    "kubernetes.io/namespace",
    "metadata.name",
    "metadata/name",
    "name",
    "namespace",
];
/// Labels that controllers give each version of a workload, or each pod, a value of its own.
const GENERATED: [&str; 7] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "controller-revision-hash",
    "controller-uid",
    "pod-template-generation",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Keys with their values, as objects have them.
type Vocabulary<'a> = SortedMap<&'a str, SortedSet<&'a str>>;

/// The labels of a kind of object, and of the other one.
struct Words<'a> {
    pods: Vocabulary<'a>,
    namespaces: Vocabulary<'a>,
}

/// A selector with its place.
struct Asked<'a> {
    policy: &'a Policy,
    path: String,
    selector: &'a Selector,
    /// Whether it is asked of namespaces.
    of_namespaces: bool,
}

pub(super) fn check(cx: &mut Context<'_>) {
    let words = words(cx);
    let mut selectors = Vec::new();
    for (_, policy) in cx.policies() {
        let path = subject_path(policy);
        let namespaced = policy.rank.tier() == Tier::NetworkPolicy;
        let pods_path = if namespaced { path.to_string() } else { format!("{path}.pods.podSelector") };
        let namespaces_path = format!("{path}.namespaces");
        add(&mut selectors, policy, &policy.subject, pods_path, namespaces_path);
    }
    for place in cx.rules() {
        for (index, peer) in peers_of(place.rule).iter().enumerate() {
            if let Peer::Pods(pods) = peer {
                let path = place.peer(index);
                unlabelled(cx, &place, &path, pods);
                let namespaces_path = super::selectors::namespaces_path(&place, &path);
                add(&mut selectors, place.policy, pods, format!("{path}.podSelector"), namespaces_path);
            }
        }
    }
    for asked in &selectors {
        contradiction(cx, asked);
        spelling(cx, asked, &words);
        for requirement in asked.selector.requirements() {
            let key = requirement.key().as_str();
            if !asked.of_namespaces && GENERATED.contains(&key) {
                let message = format!("controllers write `{key}` anew with each version or pod");
                let help = "ask for a label that the workload's template sets";
                cx.add(Check::GeneratedLabel, asked.policy, asked.path.clone(), message, help);
            }
        }
    }
}

fn add<'a>(
    selectors: &mut Vec<Asked<'a>>,
    policy: &'a Policy,
    pods: &'a PodMatch,
    path: String,
    namespaces_path: String,
) {
    selectors.push(Asked { policy, path, selector: &pods.pods, of_namespaces: false });
    if let NamespaceMatch::Selected(selector) = &pods.namespaces {
        selectors.push(Asked { policy, path: namespaces_path, selector, of_namespaces: true });
    }
}

fn words<'a>(cx: &Context<'a>) -> Words<'a> {
    fn learn<'a>(all: &mut Vocabulary<'a>, labels: &'a Labels) {
        for (key, value) in labels.iter() {
            all.entry(key.as_str()).or_default().insert(value.as_str());
        }
    }
    let mut words = Words { pods: Vocabulary::new(), namespaces: Vocabulary::new() };
    cx.cluster.pods().for_each(|(_, pod)| learn(&mut words.pods, &pod.labels));
    cx.cluster.namespaces().for_each(|(_, namespace)| learn(&mut words.namespaces, &namespace.labels));
    words
}

/// The name most like another: two slips of the finger away at most, and most of it the same.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().filter(|other| *other != name && other.len().abs_diff(name.len()) <= 2);
    near.map(|other| (edits(name, other), other))
        .filter(|(slips, other)| *slips <= 2 && slips.saturating_mul(3) <= other.len().min(name.len()))
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, other)| other)
}

fn values(requirement: &Requirement) -> Option<&Values> {
    match requirement {
        Requirement::In(_, values) => Some(values),
        Requirement::NotIn(..) | Requirement::Exists(_) | Requirement::DoesNotExist(_) => None,
    }
}

fn needs_key(requirement: &Requirement) -> bool {
    matches!(requirement, Requirement::In(..) | Requirement::Exists(_))
}

fn spelling(cx: &mut Context<'_>, asked: &Asked<'_>, words: &Words<'_>) {
    let (own, others) = match asked.of_namespaces {
        true => (&words.namespaces, &words.pods),
        false => (&words.pods, &words.namespaces),
    };
    // Where nothing is known of such objects, nothing can be misspelt.
    let is_known = if asked.of_namespaces { cx.declares_namespaces() } else { !own.is_empty() };
    for requirement in asked.selector.requirements().iter().filter(|requirement| needs_key(requirement)) {
        let key = requirement.key().as_str();
        let path = asked.path.clone();
        if asked.of_namespaces && namespace_name(cx, asked, requirement, own) {
            continue;
        }
        if !is_known {
            continue;
        }
        let Some(known) = own.get(key) else {
            if let Some(near) = nearest(key, own.keys().copied()) {
                let message = format!("nobody has the label `{key}`, and somebody has `{near}`");
                cx.add(Check::LabelTypo, asked.policy, path, message, format!("did you mean `{near}`?"));
            } else if others.contains_key(key) {
                let (whose, other, field) = match asked.of_namespaces {
                    true => ("namespace", "pods", "podSelector"),
                    false => ("pod", "namespaces", "namespaceSelector"),
                };
                let message = format!("no {whose} has the label `{key}`, and {other} have it");
                let help = format!("ask for it in `{field}`");
                cx.add(Check::OtherKindsLabel, asked.policy, path, message, help);
            }
            continue;
        };
        let wanted = values(requirement).into_iter().flat_map(Values::iter);
        for value in wanted.map(|value| value.as_str()).filter(|value| !known.contains(value)) {
            if let Some(near) = nearest(value, known.iter().copied()) {
                let message = format!("nobody has `{key}: {value}`, and somebody has `{key}: {near}`");
                cx.add(
                    Check::LabelTypo,
                    asked.policy,
                    path.clone(),
                    message,
                    format!("did you mean `{near}`?"),
                );
            }
        }
    }
}

/// Whether a requirement means a namespace by name, by a label that is another one or of a namespace that there is not.
fn namespace_name(
    cx: &mut Context<'_>,
    asked: &Asked<'_>,
    requirement: &Requirement,
    own: &Vocabulary<'_>,
) -> bool {
    let key = requirement.key().as_str();
    let path = asked.path.clone();
    if key == NAME {
        if !cx.declares_namespaces() {
            return true;
        }
        let names: SortedSet<&str> = own.get(NAME).cloned().unwrap_or_default();
        for value in values(requirement).into_iter().flat_map(Values::iter) {
            let name = value.as_str();
            let is_declared = cx.cluster.find_namespace(name).and_then(|id| cx.cluster.namespace(id));
            if is_declared.is_some_and(|namespace| namespace.declared || cx.has_pods(name)) {
                continue;
            }
            let help = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare the namespace beside its policies, or correct the name".to_string(),
            };
            let message = format!("there is no namespace `{name}` in the input");
            cx.add(Check::NamespaceNameLabel, asked.policy, path.clone(), message, help);
        }
        return true;
    }
    if own.contains_key(key) || !NAME_SLIPS.contains(&key) && nearest(key, [NAME]).is_none() {
        return false;
    }
    // `name` may be a label of namespaces that the input does not declare; of one that it names it is a slip.
    let mut wanted = values(requirement).into_iter().flat_map(Values::iter);
    let is_name = |name: &str| cx.cluster.find_namespace(name).is_some();
    if key.contains("metadata") || wanted.any(|value| is_name(value.as_str())) {
        let message = format!("no namespace has the label `{key}`");
        let help =
            format!("the control plane gives every namespace the label `{NAME}` with its name: write that");
        cx.add(Check::NamespaceNameLabel, asked.policy, path, message, help);
        return true;
    }
    false
}

fn contradiction(cx: &mut Context<'_>, asked: &Asked<'_>) {
    let mut by_key: SortedMap<&str, Vec<&Requirement>> = SortedMap::new();
    for requirement in asked.selector.requirements() {
        by_key.entry(requirement.key().as_str()).or_default().push(requirement);
    }
    for (key, requirements) in by_key {
        if requirements.len() > 1 && !can_hold(&requirements) {
            let message = format!("no value of `{key}` meets all that the selector asks of it");
            let help =
                "selectors join conditions by AND; for OR write two peers, or one `In` with all values";
            cx.add(Check::SelectorContradiction, asked.policy, asked.path.clone(), message, help);
        }
    }
}

/// Whether some value of a key, or that it is absent, meets all requirements about it.
fn can_hold(requirements: &[&Requirement]) -> bool {
    if !requirements.iter().any(|requirement| needs_key(requirement)) {
        return true;
    }
    if requirements.iter().any(|requirement| matches!(requirement, Requirement::DoesNotExist(_))) {
        return false;
    }
    // Values that are asked for by name are few; without such there is always one that nobody named.
    let Some(first) = requirements.iter().find_map(|requirement| values(requirement)) else { return true };
    first.iter().any(|value| {
        requirements.iter().all(|requirement| match requirement {
            Requirement::In(_, values) => values.contains(value),
            Requirement::NotIn(_, values) => !values.contains(value),
            Requirement::Exists(_) => true,
            Requirement::DoesNotExist(_) => false,
        })
    })
}

fn unlabelled(cx: &mut Context<'_>, place: &Place<'_>, path: &str, pods: &PodMatch) {
    for requirement in pods.pods.requirements() {
        let Requirement::NotIn(key, _) = requirement else { continue };
        let selected = cx.select(pods);
        let without = cx.pods(&selected).find(|pod| pod.labels.get(key).is_none());
        if let Some(pod) = without {
            let message = format!("`{pod}` does not have the label `{key}` at all, and `NotIn` selects it");
            let help =
                format!("where only pods with the label are meant, add `{{key: {key}, operator: Exists}}`");
            cx.add(Check::MatchesUnlabelled, place.policy, format!("{path}.podSelector"), message, help);
        }
    }
}
