//! The naive evaluator: every rule of the semantics, in order and readable.
//!
//! It is the yardstick, so it is slow and plain: nothing is compiled, cached or indexed, every question is answered
//! by reading the objects. It shares no code with the engine but the public model types; their methods that decide
//! something (`matches`, `contains`) are written anew here, so that one slip cannot hide in both.
//!
//! Read this file from the top: `Spec::side` is the order in which a side is decided. `tiers` has what policies of the
//! cluster add, `identity` says who an end is, `peers` which ends a rule means, `ports` which traffic. Rules that are
//! about reading manifests (NP-002, NP-010, NP-029, CNP-013, ANP-003 to ANP-005, and NP-016 on what a port is) are over
//! before a flow is decided; `core/src/manifest` and `core/src/api` have them.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[cfg(feature = "differential")]
pub mod calls;
#[cfg(feature = "differential")]
pub mod differential;
#[cfg(feature = "differential")]
pub mod exposure;
#[cfg(feature = "differential")]
mod grounds;
mod identity;
#[cfg(feature = "differential")]
pub mod lists;
#[cfg(feature = "differential")]
pub mod migrations;
#[cfg(feature = "differential")]
pub mod node;
mod peers;
mod plugins;
mod ports;
pub mod services;
mod tiers;
#[cfg(feature = "differential")]
pub mod updates;

use portcullis::cluster::{Cluster, Pod, PodId};
use portcullis::flow::{Connection, End, Flow, Transport};
use portcullis::net::{L4Protocol, Protocol};
use portcullis::options::{
    Established, HandOver, Loopback, NodeToOwnPod, Options, OtherProtocols, PodToOwnNode, Sctp,
};
use portcullis::policy::{ClusterTier, Direction, PolicySet, Rank, Rule};
use portcullis::{Decide, Decision, Reason, Side};

/// The specification of one cluster, its policies and how to read what the text leaves open.
///
/// ```
/// use portcullis::cluster::ClusterBuilder;
/// use portcullis::flow::{Endpoint, Flow, Transport};
/// use portcullis::net::L4Protocol;
/// use portcullis::policy::PolicySet;
/// use portcullis::{Decide, Options, Verdict};
///
/// let cluster = ClusterBuilder::new().build().unwrap();
/// let policies = PolicySet::default();
/// let spec = portcullis_spec::Spec::new(&cluster, &policies, Options::default());
/// let end = |text: &str| Endpoint::Address(text.parse().unwrap());
/// let http = Transport::new(L4Protocol::Tcp, 80);
/// let flow = Flow::new(&cluster, end("192.0.2.1"), end("192.0.2.2"), http).unwrap();
/// assert_eq!(spec.decide(&flow).verdict(), Verdict::Allow);
/// ```
///
/// # Complexity
/// A decision reads every pod, node, policy and rule.
#[derive(Clone, Copy, Debug)]
pub struct Spec<'a> {
    cluster: &'a Cluster,
    policies: &'a PolicySet,
    options: Options,
}

impl Decide for Spec<'_> {
    fn decide(&self, flow: &Flow) -> Decision {
        // NP-017: each end's policies decide by themselves; the flow passes if both sides let it.
        Decision {
            egress: self.side(Direction::Egress, flow.source(), flow.destination(), flow),
            ingress: self.side(Direction::Ingress, flow.destination(), flow.source(), flow),
        }
    }
}

impl<'a> Spec<'a> {
    /// The specification of these objects.
    #[must_use]
    pub fn new(cluster: &'a Cluster, policies: &'a PolicySet, options: Options) -> Self {
        Self { cluster, policies, options }
    }

    /// What the policies of one end say: `subject` is the end whose policies are asked, `peer` the other one.
    fn side(&self, direction: Direction, subject: End, peer: End, flow: &Flow) -> Side {
        // CIL-9: a plugin without SCTP carries none, from a pod or to one; a pod to itself never meets the plugin.
        let ends = [self.identity(subject).ok(), self.identity(peer).ok()].map(|pod| pod.map(|(id, _)| id));
        let is_sctp = flow.transport().protocol() == Protocol::L4(L4Protocol::Sctp);
        let to_itself = self.options.loopback == Loopback::Allowed && ends[0].is_some() && ends[0] == ends[1];
        if is_sctp && self.options.sctp == Sctp::Dropped && ends.iter().any(Option::is_some) && !to_itself {
            return Side::without_rule(Reason::Dropped);
        }
        // NP-022: what an allowed connection sends back is part of it.
        if flow.connection() == Connection::Reply {
            return Side::without_rule(Reason::Reply);
        }
        // NP-023: whether a connection outlives the policies it began under is the implementation's choice.
        if flow.connection() == Connection::Established && self.options.established == Established::Kept {
            return Side::without_rule(Reason::Established);
        }

        // NP-019, NP-025: only a pod is subject to policy; nodes, the outside, and pods that count as neither are not.
        let (id, pod) = match self.identity(subject) {
            Ok(identity) => identity,
            Err(reason) => return Side::without_rule(reason),
        };
        let peer_pod = self.identity(peer).ok();

        // MODEL-001: containers of one pod share its network; nothing between them is ever policed.
        if flow.stays_inside() {
            return Side::without_rule(Reason::Loopback);
        }
        // NP-020: a pod cannot block itself. CNP-014: nor can the cluster's policies, unless a service sends it back.
        let to_itself =
            self.options.loopback == Loopback::Allowed && peer_pod.is_some_and(|(peer_id, _)| peer_id == id);
        if to_itself && !flow.via_service() {
            return Side::without_rule(Reason::Loopback);
        }
        // CAL-3: some plugins let no pod open a tunnel.
        if direction == Direction::Egress && self.is_dropped_tunnel(flow.transport()) {
            return Side::without_rule(Reason::Dropped);
        }
        // NP-018: a pod's own node always reaches it; the other way is policed.
        let own_node_is_exempt = match direction {
            Direction::Ingress => self.options.node_to_own_pod == NodeToOwnPod::Exempt,
            Direction::Egress => self.options.pod_to_own_node == PodToOwnNode::Exempt,
        };
        if own_node_is_exempt && peer_pod.is_none() && self.is_own_node(pod, peer) {
            return Side::without_rule(Reason::OwnNode);
        }
        // CAL-2: some nodes take nothing from their own pods.
        let own_node_is_denied =
            direction == Direction::Egress && self.options.pod_to_own_node == PodToOwnNode::Denied;
        if own_node_is_denied && peer_pod.is_none() && self.is_own_node(pod, peer) {
            return Side::without_rule(Reason::Dropped);
        }

        // NP-021: policies speak of TCP, UDP and SCTP; what becomes of the rest is the implementation's choice.
        if self.is_exempt_protocol(flow) {
            return Side::without_rule(Reason::ProtocolExempt);
        }

        let destination = match direction {
            Direction::Ingress => Some(pod),
            Direction::Egress => peer_pod.map(|(_, pod)| pod),
        };
        let question = Question { direction, subject: id, to_itself, peer, destination, flow };
        // CNP-001: the administrator's policies come first, then the namespaces' own, then what holds without them.
        if let Some(side) = self.ask_cluster(ClusterTier::Admin, &question) {
            return side;
        }
        if let Some(side) = self.ask_namespaces(&question) {
            return side;
        }
        if let Some(side) = self.ask_cluster(ClusterTier::Baseline, &question) {
            return side;
        }
        // NP-017, CNP-006: whom no policy isolates, and no rule stops, may do what it likes.
        Side::without_rule(Reason::NoPolicy)
    }

    /// What the policies of namespaces say; nothing where the next tier is asked.
    fn ask_namespaces(&self, question: &Question<'_>) -> Option<Side> {
        let Question { direction, subject, flow, .. } = *question;
        let of_namespaces = self.policies.policies().filter(|(_, policy)| policy.rank == Rank::NetworkPolicy);
        let selecting: Vec<_> =
            of_namespaces.filter(|(_, policy)| self.is_one_of(subject, &policy.subject)).collect();
        // NP-017: a pod is isolated in a direction as soon as one policy selects it there, and by no other policy.
        // NP-003: a policy isolates in the directions that it applies to.
        let isolating: Vec<_> = selecting
            .iter()
            .filter_map(|(id, policy)| Some((*id, policy, self.applied(policy, direction)?)))
            .collect();
        if isolating.is_empty() {
            // CNP-006: the tiers hand over direction by direction, unless the implementation does so pod by pod.
            let is_final = self.options.hand_over == HandOver::Pod && !selecting.is_empty();
            return is_final.then_some(Side::without_rule(Reason::NoPolicy));
        }
        let is_other = matches!(flow.transport(), Transport::Other { .. });
        if is_other && self.options.other_protocols == OtherProtocols::Deny {
            return Some(question.denied(Reason::ProtocolDenied));
        }
        // NP-017: policies add up, so any rule of any of them will do; the first is named.
        for (policy_id, policy, rules) in isolating {
            // NP-006: a rule needs its peers and its ports to match.
            let first = rules.iter().position(|rule| self.holds(rule, &policy.namespace, question));
            if let Some(index) = first {
                return self.policies.rule_id(policy_id, direction, index).map(Side::by_rule);
            }
        }
        // NP-004: isolated, and nothing allows it; an empty list of rules ends here too.
        Some(question.denied(Reason::Isolated))
    }

    /// Whether a rule, of a policy of a namespace or of the cluster, is about a flow.
    fn holds(&self, rule: &Rule, namespace: &str, question: &Question<'_>) -> bool {
        let Question { direction, peer, destination, flow, .. } = *question;
        self.is_a_peer(peer, &rule.peers, !namespace.is_empty())
            && self.is_its_traffic(flow.transport(), rule, direction, namespace, destination)
    }
}

/// One side of a flow, as the policies of one end are asked about it.
struct Question<'q> {
    direction: Direction,
    /// The end whose policies are asked.
    subject: PodId,
    /// Whether the other end is the same pod, which cannot block itself.
    to_itself: bool,
    peer: End,
    /// The pod that ports are on, if it is one.
    destination: Option<&'q Pod>,
    flow: &'q Flow,
}

impl Question<'_> {
    /// The answer of namespaces' policies that deny.
    fn denied(&self, reason: Reason) -> Side {
        // CNP-014: not even by a service are a namespace's policies between a pod and itself.
        Side::without_rule(if self.to_itself { Reason::Loopback } else { reason })
    }
}
