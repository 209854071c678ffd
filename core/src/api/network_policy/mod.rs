//! `networking.k8s.io/v1` `NetworkPolicy`: from its mirror to the model.

mod peers;
mod ports;
#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

pub(super) use peers::parse_cidr;
pub(crate) use peers::read_cidr;
pub(crate) use ports::{port_number, protocol, rule_of_port_names};

use super::label_selector;
use crate::manifest::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{NetworkPolicy, NetworkPolicySpec, Rule as RuleMirror};
use crate::policy::{Direction, NamespaceMatch, PodMatch, Policy, Rank, Rule};
use crate::source::Origin;

/// The most items of `policyTypes`: there are two types.
const MAX_POLICY_TYPES: usize = 2;

/// A policy; what no API server would hold is reported, and the policy is then not to be used.
pub(crate) fn network_policy(
    cx: &mut Context,
    mirror: &NetworkPolicy,
    namespace: String,
    name: String,
    origin: Origin,
) -> Policy {
    let spec_path = Path::Root.field("spec");
    let spec = &mirror.spec;
    let types = policy_types(cx, spec, &spec_path);
    // NP-001: a `podSelector` that is missing, null or `{}` selects every pod of the namespace.
    let pods = label_selector(cx, &spec.pod_selector, &spec_path.field("podSelector"));
    // Both lists are read even when their type is not named: the API server checks them all the same.
    let ingress = rules(cx, &spec.ingress, Direction::Ingress, &namespace, &spec_path);
    let egress = rules(cx, &spec.egress, Direction::Egress, &namespace, &spec_path);
    let unlisted = match (types.ingress, types.egress) {
        (true, false) => egress.clone(),
        (false, true) => ingress.clone(),
        (true, true) | (false, false) => Vec::new(),
    };
    Policy {
        rank: Rank::NetworkPolicy,
        subject: PodMatch { namespaces: NamespaceMatch::Named(namespace.clone()), pods },
        namespace,
        name,
        // NP-003, NP-004: a list counts only when its type is active; then even an empty one isolates.
        ingress: types.ingress.then_some(ingress),
        egress: types.egress.then_some(egress),
        unlisted,
        origin,
    }
}

/// Which directions a policy applies to.
struct Types {
    ingress: bool,
    egress: bool,
}

fn policy_types(cx: &mut Context, spec: &NetworkPolicySpec, spec_path: &Path<'_>) -> Types {
    let path = spec_path.field("policyTypes");
    let items = &spec.policy_types.value;
    if items.is_empty() {
        // NP-002: without types a policy applies to ingress, and to egress if it has an egress rule.
        return Types { ingress: true, egress: !spec.egress.is_empty() };
    }
    if items.len() > MAX_POLICY_TYPES {
        let message =
            format!("there are {} policy types, at most {MAX_POLICY_TYPES} are allowed", items.len());
        cx.error(Code::TooManyPolicyTypes, &path, spec.policy_types.at, message, "name each type once");
    }
    for (index, item) in items.iter().enumerate() {
        let text = item.value.as_str();
        if text != "Ingress" && text != "Egress" {
            let message = format!("{} is no policy type", quote(text));
            let help = match ["Ingress", "Egress"].into_iter().find(|name| name.eq_ignore_ascii_case(text)) {
                Some(name) => format!("write `{name}`"),
                None => String::from("use `Ingress` or `Egress`, or both"),
            };
            cx.error(Code::UnknownPolicyType, &path.index(index), item.at, message, help);
        }
    }
    let has = |name: &str| items.iter().any(|item| item.value == name);
    Types { ingress: has("Ingress"), egress: has("Egress") }
}

fn rules(
    cx: &mut Context,
    mirrors: &[At<RuleMirror>],
    direction: Direction,
    namespace: &str,
    spec_path: &Path<'_>,
) -> Vec<Rule> {
    let path = spec_path.field(direction.as_str());
    let peers_field = direction.peers_field();
    let mirrors = mirrors.iter().enumerate();
    mirrors
        .map(|(index, mirror)| {
            let rule_path = path.index(index);
            Rule::allow(
                peers::peers(cx, &mirror.value.peers, namespace, &rule_path.field(peers_field)),
                ports::traffic(cx, &mirror.value.ports, &rule_path.field("ports")),
                mirror.at,
            )
        })
        .collect()
}
