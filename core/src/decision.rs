//! Decisions: the answer, for each side, with its reason and the rule that decided.

use core::fmt;

use crate::flow::Flow;
use crate::policy::{Direction, RuleId};

/// Allowed or denied.
///
/// Exhaustive on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The packet is dropped.
    Deny = 0,
    /// The packet may pass.
    Allow = 1,
}

impl Verdict {
    /// Whether the packet may pass.
    #[must_use]
    pub const fn is_allow(self) -> bool {
        matches!(self, Self::Allow)
    }
}

impl From<bool> for Verdict {
    fn from(allow: bool) -> Self {
        if allow { Self::Allow } else { Self::Deny }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_allow() { "allowed" } else { "denied" })
    }
}

/// Why a side decided as it did.
///
/// Each reason has one verdict. Numbers and texts are stable: they are part of every format and ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Denied: the side was not evaluated, which never means allowed.
    NotEvaluated,
    /// Denied: a policy isolates the pod in this direction and no rule allows the flow (NP-004, NP-017).
    Isolated,
    /// Denied: a rule that denies matches (CNP-003).
    DenyRule,
    /// Denied: the pod is isolated and the protocol is one that the options deny to isolated pods (NP-021).
    ProtocolDenied,
    /// Denied: the plugin drops such packets, whatever policies say ([options](crate::manual::options) `sctp`, `tunnels`,
    /// `pod-to-own-node`).
    Dropped,
    /// Allowed: a rule that allows matches (NP-006, CNP-003).
    Rule,
    /// Allowed: no policy isolates the pod in this direction (NP-017), and no rule of the cluster's policies decides
    /// (CNP-006).
    NoPolicy,
    /// Allowed: this end is no pod, and policies select pods only.
    NotAPod,
    /// Allowed: this end is a host-network pod, which stands for its node (NP-019).
    HostNetwork,
    /// Allowed: this end is a pod that has ended, which no policy selects (NP-025).
    FinishedPod,
    /// Allowed: a pod reaches itself (NP-020).
    Loopback,
    /// Allowed: the pod's own node is at the other end (NP-018).
    OwnNode,
    /// Allowed: the protocol is one that the options exempt (NP-021).
    ProtocolExempt,
    /// Allowed: a reply of an allowed connection (NP-022).
    Reply,
    /// Allowed: the connection was allowed when it began, and the options keep it (NP-023).
    Established,
    /// Allowed here, because the side is decided elsewhere: the caller asked to leave it out, or the pod is another
    /// node's ([`Engine::for_node`](crate::Engine::for_node)).
    Skipped,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 16] = [
        Self::NotEvaluated,
        Self::Isolated,
        Self::DenyRule,
        Self::ProtocolDenied,
        Self::Dropped,
        Self::Rule,
        Self::NoPolicy,
        Self::NotAPod,
        Self::HostNetwork,
        Self::FinishedPod,
        Self::Loopback,
        Self::OwnNode,
        Self::ProtocolExempt,
        Self::Reply,
        Self::Established,
        Self::Skipped,
    ];

    /// The verdict that goes with the reason.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::NotEvaluated | Self::Isolated | Self::DenyRule | Self::ProtocolDenied | Self::Dropped => {
                Verdict::Deny
            }
            Self::Rule
            | Self::NoPolicy
            | Self::NotAPod
            | Self::HostNetwork
            | Self::FinishedPod
            | Self::Loopback
            | Self::OwnNode
            | Self::ProtocolExempt
            | Self::Reply
            | Self::Established
            | Self::Skipped => Verdict::Allow,
        }
    }

    /// The stable number of the reason.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::NotEvaluated => 0,
            Self::Isolated => 1,
            Self::ProtocolDenied => 2,
            Self::Dropped => 4,
            Self::DenyRule => 3,
            Self::Rule => 16,
            Self::NoPolicy => 17,
            Self::NotAPod => 18,
            Self::HostNetwork => 19,
            Self::FinishedPod => 20,
            Self::Loopback => 21,
            Self::OwnNode => 22,
            Self::ProtocolExempt => 23,
            Self::Reply => 24,
            Self::Established => 25,
            Self::Skipped => 26,
        }
    }

    /// The reason of a number; a number that has none was not evaluated.
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|reason| reason.number() == number).unwrap_or(Self::NotEvaluated)
    }

    /// The stable code of the reason.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotEvaluated => "not-evaluated",
            Self::Isolated => "isolated",
            Self::DenyRule => "deny-rule",
            Self::ProtocolDenied => "protocol-denied",
            Self::Dropped => "dropped",
            Self::Rule => "rule",
            Self::NoPolicy => "no-policy",
            Self::NotAPod => "not-a-pod",
            Self::HostNetwork => "host-network",
            Self::FinishedPod => "finished-pod",
            Self::Loopback => "loopback",
            Self::OwnNode => "own-node",
            Self::ProtocolExempt => "protocol-exempt",
            Self::Reply => "reply",
            Self::Established => "established",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The decision of one end's policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side {
    /// Why.
    pub reason: Reason,
    /// The rule that decided, when one did.
    pub rule: Option<RuleId>,
}

impl Side {
    /// A side that no rule decided.
    #[must_use]
    pub const fn without_rule(reason: Reason) -> Self {
        Self { reason, rule: None }
    }

    /// A side that a rule allows.
    #[must_use]
    pub const fn by_rule(rule: RuleId) -> Self {
        Self { reason: Reason::Rule, rule: Some(rule) }
    }

    /// A side that a rule denies.
    #[must_use]
    pub const fn by_deny_rule(rule: RuleId) -> Self {
        Self { reason: Reason::DenyRule, rule: Some(rule) }
    }

    /// The verdict.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        self.reason.verdict()
    }
}

/// The answer to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    /// What the source's egress policies say.
    pub egress: Side,
    /// What the destination's ingress policies say.
    pub ingress: Side,
}

impl Decision {
    /// Allowed only if both sides allow (NP-017).
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        if self.egress.verdict().is_allow() && self.ingress.verdict().is_allow() {
            Verdict::Allow
        } else {
            Verdict::Deny
        }
    }

    /// The side of a direction.
    #[must_use]
    pub const fn side(self, direction: Direction) -> Side {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        }
    }

    /// The decision as packets have it. They know addresses only: that a pod was named which has ended, or which stands
    /// for its node, is not theirs to say.
    #[must_use]
    pub fn as_packets_see_it(mut self) -> Self {
        for side in [&mut self.egress, &mut self.ingress] {
            if matches!(side.reason, Reason::HostNetwork | Reason::FinishedPod) {
                side.reason = Reason::NotAPod;
            }
        }
        self
    }
}

/// Whatever decides flows: the engine, the specification, the engine in a sandbox.
pub trait Decide {
    /// Decides one flow; total, it cannot fail.
    fn decide(&self, flow: &Flow) -> Decision;

    /// Decides flows in order.
    fn decide_batch(&self, flows: &[Flow], decisions: &mut alloc::vec::Vec<Decision>) {
        decisions.extend(flows.iter().map(|flow| self.decide(flow)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn np_017_a_flow_passes_only_if_both_sides_allow_it() {
        let allow = Side::without_rule(Reason::NoPolicy);
        let deny = Side::without_rule(Reason::Isolated);
        let cases = [
            (allow, allow, Verdict::Allow),
            (allow, deny, Verdict::Deny),
            (deny, allow, Verdict::Deny),
            (deny, deny, Verdict::Deny),
        ];
        for (egress, ingress, verdict) in cases {
            let decision = Decision { egress, ingress };
            assert_eq!(decision.verdict(), verdict);
            assert_eq!(
                (decision.side(Direction::Egress), decision.side(Direction::Ingress)),
                (egress, ingress)
            );
        }
    }

    #[test]
    fn reasons_have_codes_of_their_own_and_zero_denies() {
        let mut codes: alloc::vec::Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), reason);
            assert_eq!(reason.number() >= Reason::Rule.number(), reason.verdict().is_allow(), "{reason}");
        }
        assert_eq!(Reason::from_number(255), Reason::NotEvaluated);
        let denying: alloc::vec::Vec<_> =
            Reason::ALL.into_iter().filter(|reason| !reason.verdict().is_allow()).collect();
        assert_eq!(
            denying,
            [
                Reason::NotEvaluated,
                Reason::Isolated,
                Reason::DenyRule,
                Reason::ProtocolDenied,
                Reason::Dropped,
            ]
        );
        assert_eq!(Side::by_rule(RuleId(7)), Side { reason: Reason::Rule, rule: Some(RuleId(7)) });
    }
}
