//! The policy model that every API lowers to, with illegal states left out.

mod set;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use set::{PolicyId, PolicySet, PolicySetError, RuleId, RuleRef};

use crate::net::{IpBlock, L4Protocol, PortName, PortRange};
use crate::selector::Selector;
use crate::source::{Origin, Position};

/// Which way traffic goes, seen from the pod that a policy selects.
///
/// Exhaustive on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From a peer to the pod.
    Ingress,
    /// From the pod to a peer.
    Egress,
}

impl Direction {
    /// The name of the direction's list in a policy's `spec`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The namespace's name.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Which pods it selects.
    pub subject: PodMatch,
    /// The ingress rules; nothing when the policy does not apply to ingress, an empty list when it isolates and
    /// allows nothing (NP-003, NP-004).
    pub ingress: Option<Vec<Rule>>,
    /// The egress rules; as `ingress`.
    pub egress: Option<Vec<Rule>>,
    /// The rules of the direction that it does not apply to, because its types do not name it: by the specification they
    /// mean nothing (NP-003), and some plugins enforce them all the same (`CIL-6`).
    pub unlisted: Vec<Rule>,
    /// Where it was read.
    pub origin: Origin,
}

impl Policy {
    /// The rules of a direction; nothing when the policy does not apply to it.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }

    /// The rules that are written for a direction, whether the policy applies to it or not.
    #[must_use]
    pub fn written(&self, direction: Direction) -> &[Rule] {
        match (direction, &self.ingress, &self.egress) {
            (Direction::Ingress, Some(rules), _) | (Direction::Egress, _, Some(rules)) => rules,
            // A policy that applies to neither direction has types that name neither, hence no rule of any.
            (Direction::Ingress, None, None) | (Direction::Egress, None, None) => &[],
            (Direction::Ingress, None, Some(_)) | (Direction::Egress, Some(_), None) => &self.unlisted,
        }
    }
}

impl fmt::Display for Policy {
    /// `namespace/name`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// An allow rule: a flow matches when its peer and its traffic match (NP-006).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The other end.
    pub peers: Peers,
    /// Protocol and port.
    pub traffic: Traffic,
    /// Where the rule starts.
    pub at: Position,
}

/// The peers of a rule (NP-005).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peers {
    /// Anything: `from` or `to` missing or empty.
    Any,
    /// Any of these; an empty list matches nothing.
    Of(Vec<Peer>),
}

/// One peer (NP-010).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// By address (NP-014).
    IpBlock(IpBlock),
    /// Pods by their labels and their namespace's.
    Pods(PodMatch),
}

/// Pods by namespace and labels, both of which have to match (NP-011).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodMatch {
    /// The namespaces.
    pub namespaces: NamespaceMatch,
    /// The pods in them.
    pub pods: Selector,
}

/// Namespaces by name or by labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamespaceMatch {
    /// The one of this name: a policy's own, for its subject and for a `podSelector` alone.
    Named(String),
    /// All that a selector matches.
    Selected(Selector),
}

/// The traffic of a rule (NP-006).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Traffic {
    /// Any protocol and port: `ports` missing or empty.
    Any,
    /// Any of these; an empty list matches nothing.
    Of(Vec<PortMatch>),
}

/// One item of a rule's `ports` (NP-007).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortMatch {
    /// A port by its name on the destination pod (NP-008).
    Named {
        /// The protocol, which has to be the named port's own.
        protocol: L4Protocol,
        /// The name.
        name: PortName,
    },
    /// Ports by number (NP-009).
    Numbered {
        /// The protocol.
        protocol: L4Protocol,
        /// The ports.
        ports: PortRange,
    },
    /// Every port of a protocol.
    Protocol(L4Protocol),
}
