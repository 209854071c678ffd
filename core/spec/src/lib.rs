//! The naive evaluator: every rule of the semantics, in order and readable.
//!
//! It is the yardstick, so it is slow and plain: nothing is compiled, cached or indexed, every question is answered
//! by reading the objects. It shares no code with the engine but the public model types; their methods that decide
//! something (`matches`, `contains`) are written anew here, so that one slip cannot hide in both.
//!
//! Read this file from the top: `Spec::side` is the order in which a side is decided. `identity` says who an end
//! is, `peers` which ends a rule means, `ports` which traffic. Rules that are about reading manifests (NP-002,
//! NP-010, NP-029, and NP-016 on what a port is) are over before a flow is decided; `core/src/manifest` has them.

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
mod identity;
#[cfg(feature = "differential")]
pub mod node;
mod peers;
mod plugins;
mod ports;
pub mod services;
#[cfg(feature = "differential")]
pub mod updates;

use portcullis::cluster::{Cluster, Pod, PodId};
use portcullis::flow::{Connection, End, Flow, Transport};
use portcullis::net::{L4Protocol, Protocol};
use portcullis::options::{Established, Loopback, NodeToOwnPod, Options, OtherProtocols, PodToOwnNode, Sctp};
use portcullis::policy::{Direction, Policy, PolicyId, PolicySet, RuleId};
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
        // NP-020: a pod cannot block itself.
        if self.options.loopback == Loopback::Allowed && peer_pod.is_some_and(|(peer_id, _)| peer_id == id) {
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
        let other_protocol = matches!(flow.transport(), Transport::Other { .. });
        if self.is_exempt_protocol(flow) {
            return Side::without_rule(Reason::ProtocolExempt);
        }

        // NP-017: a pod is isolated in a direction as soon as one policy selects it there, and by no other policy.
        let isolating: Vec<_> =
            self.policies.policies().filter(|(_, policy)| self.isolates(policy, direction, id)).collect();
        if isolating.is_empty() {
            return Side::without_rule(Reason::NoPolicy);
        }
        if other_protocol && self.options.other_protocols == OtherProtocols::Deny {
            return Side::without_rule(Reason::ProtocolDenied);
        }

        // NP-017: policies add up, so any rule of any of them will do; the first is named.
        let destination = match direction {
            Direction::Ingress => Some(pod),
            Direction::Egress => peer_pod.map(|(_, pod)| pod),
        };
        for (policy_id, policy) in isolating {
            if let Some(rule) = self.first_match(policy_id, policy, direction, peer, destination, flow) {
                return Side::by_rule(rule);
            }
        }
        // NP-004: isolated, and nothing allows it; an empty list of rules ends here too.
        Side::without_rule(Reason::Isolated)
    }

    /// Whether a policy isolates a pod in a direction.
    fn isolates(&self, policy: &Policy, direction: Direction, pod: PodId) -> bool {
        // NP-003: it has to apply to the direction.
        let applies = self.applied(policy, direction).is_some();
        // NP-001: the subject is chosen among the pods of the policy's own namespace.
        applies && self.is_one_of(pod, &policy.subject)
    }

    /// The first of a policy's rules that allows the flow.
    fn first_match(
        &self,
        policy_id: PolicyId,
        policy: &Policy,
        direction: Direction,
        peer: End,
        destination: Option<&Pod>,
        flow: &Flow,
    ) -> Option<RuleId> {
        let rules = self.applied(policy, direction)?;
        // NP-006: a rule needs its peers and its ports to match.
        let index = rules.iter().position(|rule| {
            self.is_a_peer(peer, &rule.peers)
                && self.is_its_traffic(flow.transport(), rule, direction, &policy.namespace, destination)
        })?;
        self.policies.rule_id(policy_id, direction, index)
    }
}
