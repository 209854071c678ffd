//! Checks on what policies cover: pods that none selects, namespaces without a default, names that cannot be looked up.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::checks::Check;
use super::context::Context;
use super::ports::holds;
use crate::cluster::{Pod, PodId, PodIdentity};
use crate::manifest::kinds::Kind;
use crate::net::L4Protocol;
use crate::policy::{Action, NamespaceMatch, Policy, PolicyId, PortMatch, Rule, Tier, Traffic};
use crate::sorted::{SortedMap, SortedSet};

/// The ports of name servers: by the standard, and where OpenShift's pods listen.
const DNS: [u16; 2] = [53, 5353];

/// What policies say of a pod.
#[derive(Clone, Copy, Debug, Default)]
struct Cover {
    selected: bool,
    ingress: bool,
    egress: bool,
}

pub(super) fn check(cx: &mut Context<'_>) {
    let covers = covers(cx);
    let namespaces: Vec<(String, Vec<PodId>)> =
        cx.by_namespace().iter().map(|(name, pods)| ((*name).to_string(), pods.clone())).collect();
    for (namespace, ids) in namespaces {
        let seen: Vec<PodId> =
            ids.into_iter().filter(|id| cx.cluster.pod(*id).is_some_and(|pod| !pod.host_network)).collect();
        let cover = |id: &PodId| covers.get(id).copied().unwrap_or_default();
        let Some(first) = seen.first().and_then(|id| cx.cluster.pod(*id)) else { continue };
        if !seen.iter().any(|id| cover(id).selected) {
            let message =
                format!("no policy selects any of the pods in `{namespace}`: everybody reaches them");
            let help =
                "begin with a policy that denies by default: `podSelector: {}` and both types, without rules";
            let (kind, name) = object_of(first);
            let objects = [("Namespace", "", namespace.as_str()), (kind, namespace.as_str(), name)];
            cx.add_object(Check::NamespaceWithoutPolicy, &objects, message, help);
            continue;
        }
        let mut workloads: SortedMap<(&str, &str), Vec<PodId>> = SortedMap::new();
        for id in &seen {
            let Some(pod) = cx.cluster.pod(*id) else { continue };
            workloads.entry(object_of(pod)).or_default().push(*id);
        }
        for ((kind, name), pods) in workloads {
            let objects = [(kind, namespace.as_str(), name)];
            let all = |wanted: fn(Cover) -> bool| pods.iter().all(|id| wanted(cover(id)));
            if all(|cover| !cover.selected) {
                let message = "no policy selects its pods: everybody reaches them, and they reach everybody";
                let help = "select them by a policy, or deny by default with `podSelector: {}`";
                cx.add_object(Check::WorkloadNotSelected, &objects, message, help);
            } else if all(|cover| cover.ingress && !cover.egress)
                || all(|cover| cover.egress && !cover.ingress)
            {
                let (isolated, open) =
                    if all(|cover| cover.ingress) { ("ingress", "egress") } else { ("egress", "ingress") };
                let message =
                    format!("its pods are isolated for {isolated}, and all their {open} traffic passes");
                let help = format!("where that is not meant, add a policy for {open}");
                cx.add_object(Check::WorkloadHalfIsolated, &objects, message, help);
            }
        }
        let has_default = cx.policies().into_iter().any(|(_, policy)| denies_by_default(policy, &namespace));
        if !has_default {
            let message = format!("policies select pods in `{namespace}`, and none isolates those to come");
            let help =
                "add a policy with `podSelector: {}` and `policyTypes: [Ingress, Egress]`, without rules";
            let (kind, name) = object_of(first);
            let objects = [("Namespace", "", namespace.as_str()), (kind, namespace.as_str(), name)];
            cx.add_object(Check::NoDefaultDeny, &objects, message, help);
        }
    }
    names(cx);
}

fn denies_by_default(policy: &Policy, namespace: &str) -> bool {
    let is_here = match &policy.subject.namespaces {
        NamespaceMatch::Named(name) => name == namespace,
        NamespaceMatch::Selected(_) => false,
    };
    is_here && policy.subject.pods.is_everything() && policy.ingress.is_some()
}

/// The object that a pod belongs to: its workload, or itself.
fn object_of(pod: &Pod) -> (&'static str, &str) {
    match (&pod.workload, &pod.identity) {
        (Some(workload), _) | (None, PodIdentity::Template(workload)) => {
            (Kind::Workload(workload.kind).as_str(), &workload.name)
        }
        (None, PodIdentity::Named(name)) => ("Pod", name),
    }
}

fn covers(cx: &Context<'_>) -> SortedMap<PodId, Cover> {
    let mut covers: SortedMap<PodId, Cover> = SortedMap::new();
    for (_, policy) in cx.policies() {
        let isolates = policy.rank.tier() == Tier::NetworkPolicy;
        for id in cx.select(&policy.subject).iter() {
            let cover = covers.entry(*id).or_default();
            cover.selected = true;
            cover.ingress |= isolates && policy.ingress.is_some();
            cover.egress |= isolates && policy.egress.is_some();
        }
    }
    covers
}

/// Finds pods that may connect somewhere, and cannot look up names.
fn names(cx: &mut Context<'_>) {
    let mut with_rules: SortedMap<PodId, PolicyId> = SortedMap::new();
    let mut served: SortedSet<PodId> = SortedSet::new();
    for (id, policy) in cx.policies() {
        let rules = policy.egress.as_deref().unwrap_or_default();
        if rules.is_empty() {
            continue;
        }
        let pods = cx.select(&policy.subject);
        if rules.iter().any(leads_to_names) {
            served.extend(pods.iter().copied());
        }
        if policy.rank.tier() == Tier::NetworkPolicy {
            for pod in pods.iter() {
                with_rules.entry(*pod).or_insert(id);
            }
        }
    }
    let mut cut_off: SortedMap<PolicyId, Vec<PodId>> = SortedMap::new();
    for (pod, policy) in with_rules {
        let is_seen = cx.cluster.pod(pod).is_some_and(|pod| !pod.host_network);
        if is_seen && !served.contains(&pod) {
            cut_off.entry(policy).or_default().push(pod);
        }
    }
    for (id, pods) in cut_off {
        let Some(policy) = cx.engine.policies().policy(id) else { continue };
        let Some(pod) = pods.first().and_then(|pod| cx.cluster.pod(*pod)) else { continue };
        let others = match pods.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "`{pod}`{others} may connect to somebody, and no rule lets it ask a name server (UDP 53)"
        );
        let help = "add an egress rule to the name servers with `{protocol: UDP, port: 53}` and `{protocol: TCP, port: 53}`";
        cx.add(Check::DnsMissing, policy, "spec.egress", message, help);
    }
}

/// Whether a rule allows what may be a query for a name.
fn leads_to_names(rule: &Rule) -> bool {
    let is_dns = |item: &PortMatch| match item {
        PortMatch::Named { protocol: L4Protocol::Udp, name } | PortMatch::Name(name) => {
            name.as_str().contains("dns") || name.as_str().contains("domain")
        }
        item => DNS.iter().any(|port| holds(item, L4Protocol::Udp, *port)),
    };
    let by_traffic = match &rule.traffic {
        Traffic::Any => true,
        Traffic::Of(items) => items.iter().any(is_dns),
    };
    rule.action == Action::Allow && by_traffic
}
