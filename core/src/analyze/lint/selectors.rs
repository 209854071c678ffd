//! Checks on whom selectors select: nobody, everybody, or pods that policies do not see.

use alloc::format;
use alloc::string::String;

use super::checks::Check;
use super::context::{Context, Place, peers_of, subject_path};
use super::labels;
use crate::policy::{Direction, NamespaceMatch, Peer, PodMatch, Policy, Tier};

pub(super) fn check(cx: &mut Context<'_>) {
    for (_, policy) in cx.policies() {
        subject(cx, policy);
    }
    for place in cx.rules() {
        for (index, peer) in peers_of(place.rule).iter().enumerate() {
            match peer {
                Peer::Pods(pods) => peer_pods(cx, &place, index, pods),
                Peer::Nodes(selector) => {
                    let has_nodes = cx.cluster.nodes().next().is_some();
                    let mut nodes = cx.cluster.nodes();
                    if has_nodes && !nodes.any(|(_, node)| selector.matches(&node.labels)) {
                        let message = "the selector matches no node of the input";
                        let help = "compare its labels with those of the nodes";
                        let path = format!("{}.nodes", place.peer(index));
                        cx.add(Check::NodesSelectNothing, place.policy, path, message, help);
                    }
                }
                Peer::DomainNames(_) | Peer::IpBlock(_) | Peer::Networks(_) | Peer::Unknown => {}
            }
        }
    }
}

fn subject(cx: &mut Context<'_>, policy: &Policy) {
    let path = subject_path(policy);
    if let NamespaceMatch::Named(namespace) = &policy.subject.namespaces {
        let is_declared = |name: &str| {
            let id = cx.cluster.find_namespace(name);
            id.and_then(|id| cx.cluster.namespace(id)).is_some_and(|namespace| namespace.declared)
        };
        if cx.declares_namespaces() && !is_declared(namespace) && !cx.has_pods(namespace) {
            let names = cx.cluster.namespaces().filter(|(_, other)| other.declared);
            let near = labels::nearest(namespace, names.map(|(_, other)| other.name.as_str()));
            let help = match near {
                Some(name) => format!("did you mean `{name}`?"),
                None => String::from("declare the namespace beside its policies, or correct the name"),
            };
            let message = format!("the input declares namespaces, and `{namespace}` is none of them");
            cx.add(Check::UnknownNamespace, policy, "metadata.namespace", message, help);
            return;
        }
        if !cx.has_pods(namespace) {
            return;
        }
    }
    if cx.by_namespace().is_empty() {
        return;
    }
    let pods = cx.select(&policy.subject);
    if pods.is_empty() {
        let message = "the selector matches no pod of the input: the policy does nothing";
        let help = hint(cx, &policy.subject, "pods");
        cx.add(Check::PolicySelectsNothing, policy, path, message, help);
        return;
    }
    let on_host = cx.pods(&pods).filter(|pod| pod.host_network).count();
    let names_some = !policy.subject.pods.is_everything();
    let first = cx.pods(&pods).find(|pod| pod.host_network && names_some);
    if let Some(pod) = first {
        let others =
            if on_host > 1 { format!(" and {} more", on_host.saturating_sub(1)) } else { String::new() };
        let message = format!("`{pod}`{others} uses its node's network: policies do not see it");
        let help = "protect such pods on their nodes, or take `hostNetwork` from them";
        cx.add(Check::HostNetworkSubject, policy, path, message, help);
    }
}

fn peer_pods(cx: &mut Context<'_>, place: &Place<'_>, index: usize, pods: &PodMatch) {
    let path = place.peer(index);
    let namespaced = place.policy.rank.tier() == Tier::NetworkPolicy;
    let everywhere =
        matches!(&pods.namespaces, NamespaceMatch::Selected(selector) if selector.is_everything());
    if namespaced && everywhere && pods.pods.is_everything() {
        let message = "the peer is every pod of every namespace";
        let help = "name the namespaces that are meant by a label";
        cx.add(Check::AllNamespaces, place.policy, format!("{path}.namespaceSelector"), message, help);
    }
    if let (NamespaceMatch::Named(namespace), true) =
        (&pods.namespaces, namespaced && pods.pods.is_everything())
    {
        let message =
            format!("the peer is every pod of the policy's own namespace `{namespace}`, and none of another");
        let help =
            "for pods of all namespaces write `namespaceSelector: {}`; for everybody leave the list out";
        cx.add(Check::AllPodsOfNamespace, place.policy, format!("{path}.podSelector"), message, help);
    }
    let has_namespaces = cx.namespaces(&pods.namespaces).next().is_some();
    if !has_namespaces {
        if cx.declares_namespaces() {
            let message = "the selector matches no namespace of the input";
            let help =
                "compare its labels with those of the namespaces; each has `kubernetes.io/metadata.name`";
            cx.add(
                Check::NamespacesSelectNothing,
                place.policy,
                namespaces_path(place, &path),
                message,
                help,
            );
        }
        return;
    }
    // A namespace without a pod in the input says nothing of which pods it will have.
    if !cx.namespaces(&pods.namespaces).any(|namespace| cx.has_pods(&namespace.name)) {
        return;
    }
    let selected = cx.select(pods);
    let end = match place.direction {
        Direction::Ingress => "the rule lets nobody in by it",
        Direction::Egress => "the rule leads to nobody by it",
    };
    if selected.is_empty() {
        let message = format!("the selectors match no pod of the input: {end}");
        let help = hint(cx, pods, "pods");
        cx.add(Check::PeerSelectsNothing, place.policy, path, message, help);
        return;
    }
    let on_host = cx.pods(&selected).filter(|pod| pod.host_network).count();
    let first = cx.pods(&selected).find(|_| on_host == selected.len());
    if let Some(pod) = first {
        let message = format!(
            "all pods that it selects, such as `{pod}`, use their node's network: to policies they are nodes' addresses"
        );
        let help = "allow the nodes' addresses by `ipBlock` instead";
        cx.add(Check::HostNetworkPeer, place.policy, path, message, help);
    }
}

/// Where a peer says which namespaces it means.
pub(super) fn namespaces_path(place: &Place<'_>, peer: &str) -> String {
    if place.policy.rank.tier() == Tier::NetworkPolicy {
        format!("{peer}.namespaceSelector")
    } else {
        format!("{peer}.namespaces")
    }
}

/// What to do about a selection that holds no pod: where the same labels are, if anywhere.
fn hint(cx: &Context<'_>, wanted: &PodMatch, what: &str) -> String {
    let elsewhere =
        PodMatch { namespaces: NamespaceMatch::Selected(Default::default()), pods: wanted.pods.clone() };
    let found = cx.select(&elsewhere);
    match cx.pods(&found).next() {
        Some(pod) if !wanted.pods.is_everything() => {
            format!("`{pod}` has these labels, in a namespace that is not meant; compare the namespaces")
        }
        _ => format!("compare its labels with those of the {what} that are meant"),
    }
}
