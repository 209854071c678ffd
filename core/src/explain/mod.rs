//! Explanations: why a flow is allowed or denied, and what it lacks.
//!
//! A [`Trace`] walks the policies themselves, not the compiled tables, so that it can say of each rule what matched and
//! what did not; a property test holds it to the decision.

#[cfg(feature = "manifest")]
mod json;
mod nearest;
mod notes;
mod packet;
mod peers;
mod tiers;
mod traffic;

use alloc::vec::Vec;

pub use nearest::Nearest;
pub use notes::{Note, OptionThatMatters};
pub use peers::{PeerMiss, PeersOutcome};
pub use tiers::TierOutcome;
pub use traffic::{PortMiss, TrafficOutcome};

use crate::cluster::PodId;
use crate::compile::{Resolved, effect, fails_closed};
use crate::decision::{Decide, Decision, Side};
use crate::engine::Engine;
use crate::flow::{End, Flow};
use crate::options::HandOver;
use crate::policy::{Action, Direction, Policy, PolicyId, RuleId, Tier};

/// The whole story of one decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The answer.
    pub decision: Decision,
    /// The source's side.
    pub egress: SideTrace,
    /// The destination's side.
    pub ingress: SideTrace,
    /// What the answer rests on that the input did not say, or that a reader may not expect.
    pub notes: Vec<Note>,
}

impl Trace {
    /// The side of a direction.
    #[must_use]
    pub fn side(&self, direction: Direction) -> &SideTrace {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// The story of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideTrace {
    /// Which side.
    pub direction: Direction,
    /// What it decided.
    pub side: Side,
    /// The pod whose policies were asked; nothing for an end that is no pod to policies.
    pub subject: Option<PodId>,
    /// The pod that the other end is to policies.
    pub peer: Option<PodId>,
    /// The policies that select the subject and speak of this direction, of all tiers, in the order in which they are
    /// asked, with what each of their rules says; those of namespaces isolate it.
    pub policies: Vec<PolicyTrace>,
    /// The policies that select the subject and do not apply to this direction (NP-003).
    pub other_direction: Vec<PolicyId>,
    /// Whether no tier was asked.
    is_exempt: bool,
    /// Whether the options make the tier of namespaces the last one here (CNP-006).
    ends_with_namespaces: bool,
}

impl SideTrace {
    /// Every rule that was considered, in order.
    pub fn rules(&self) -> impl Iterator<Item = &RuleTrace> {
        self.policies.iter().flat_map(|policy| &policy.rules)
    }
}

/// What a policy's rules say of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTrace {
    /// The policy.
    pub policy: PolicyId,
    /// Its tier.
    pub tier: Tier,
    /// Its rules of the direction, in order.
    pub rules: Vec<RuleTrace>,
}

/// What a rule says of a flow: both halves have to match (NP-006).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTrace {
    /// The rule.
    pub rule: RuleId,
    /// What becomes of flows that match; a rule that fails closed denies, unless it is to allow (CNP-010).
    pub action: Action,
    /// Whether the rule holds something that is not known, and fails closed: it matches nothing if it is to allow, else
    /// everything (CNP-010).
    pub fails_closed: bool,
    /// The other end.
    pub peers: PeersOutcome,
    /// Protocol and port.
    pub traffic: TrafficOutcome,
}

impl RuleTrace {
    /// Whether the rule says what becomes of the flow.
    #[must_use]
    pub fn matches(&self) -> bool {
        if self.fails_closed {
            return self.action != Action::Allow;
        }
        self.peers.matches() && self.traffic.matches()
    }
}

impl Engine {
    /// Decides a flow and says why.
    ///
    /// # Complexity
    /// Linear in the policies and in the rules that concern the two ends; allocates the trace.
    #[must_use]
    pub fn explain(&self, flow: &Flow) -> Trace {
        let decision = self.decide(flow);
        let source = Seen { end: flow.source(), resolved: self.resolve(flow.source()) };
        let destination = Seen { end: flow.destination(), resolved: self.resolve(flow.destination()) };
        let egress = self.trace_side(flow, Direction::Egress, decision.egress, source, destination);
        let ingress = self.trace_side(flow, Direction::Ingress, decision.ingress, destination, source);
        let notes = notes::collect(self, flow, &egress, &ingress);
        Trace { decision, egress, ingress, notes }
    }

    /// The policies that isolate a pod in a direction (NP-004).
    pub(crate) fn isolating(&self, pod: PodId, direction: Direction) -> Vec<PolicyId> {
        let policies = self.enforced_policies().policies();
        let isolates = |policy: &Policy| {
            policy.rank.tier() == Tier::NetworkPolicy
                && policy.rules(direction).is_some()
                && peers::selects(self.enforced_cluster(), &policy.subject, pod)
        };
        policies.filter(|(_, policy)| isolates(policy)).map(|(id, _)| id).collect()
    }

    /// The policies that select a pod, whatever their directions (NP-001, CNP-007).
    pub(crate) fn selecting(&self, pod: PodId) -> Vec<PolicyId> {
        let policies = self.enforced_policies().policies();
        let selects = |policy: &Policy| peers::selects(self.enforced_cluster(), &policy.subject, pod);
        policies.filter(|(_, policy)| selects(policy)).map(|(id, _)| id).collect()
    }

    fn trace_side(
        &self,
        flow: &Flow,
        direction: Direction,
        side: Side,
        subject: Seen,
        peer: Seen,
    ) -> SideTrace {
        let options = self.options();
        let mut trace = SideTrace {
            direction,
            side,
            subject: subject.identity(),
            peer: peer.identity(),
            policies: Vec::new(),
            other_direction: Vec::new(),
            is_exempt: true,
            ends_with_namespaces: false,
        };
        let Some(subject_id) = trace.subject else { return trace };
        if let (Some(subject), Some(resolved)) = (subject.resolved, peer.resolved) {
            trace.is_exempt = self.exemption(flow, direction, subject, resolved, peer.end).is_some();
        }
        let destination = match direction {
            Direction::Ingress => trace.subject,
            Direction::Egress => trace.peer,
        };
        let policies = self.enforced_policies();
        let is_subject =
            |policy: &Policy| peers::selects(self.enforced_cluster(), &policy.subject, subject_id);
        let selecting = policies.policies().filter(|(_, policy)| is_subject(policy));
        let mut selecting: Vec<PolicyId> = selecting.map(|(id, _)| id).collect();
        policies.sort(&mut selecting, options);
        for id in selecting {
            let Some(policy) = policies.policy(id) else { continue };
            let tier = policy.rank.tier();
            trace.ends_with_namespaces |= tier == Tier::NetworkPolicy && options.hand_over == HandOver::Pod;
            let Some(rules) = policy.rules(direction) else {
                trace.other_direction.push(id);
                continue;
            };
            let numbered = (0..).filter_map(|index| policies.rule_id(id, direction, index));
            let rules = rules.iter().zip(numbered).map(|(rule, number)| RuleTrace {
                rule: number,
                action: effect(rule, options).action,
                fails_closed: fails_closed(rule, options),
                peers: peers::outcome(self, &rule.peers, trace.peer, peer.end.address()),
                traffic: traffic::outcome(self, &rule.traffic, flow.transport(), destination),
            });
            trace.policies.push(PolicyTrace { policy: id, tier, rules: rules.collect() });
        }
        trace
    }
}

/// An end, and what it is to policies.
#[derive(Clone, Copy)]
struct Seen {
    end: End,
    resolved: Option<Resolved>,
}

impl Seen {
    fn identity(self) -> Option<PodId> {
        self.resolved.and_then(|resolved| resolved.identity)
    }
}
