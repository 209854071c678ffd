//! The policy model that every API lowers to, with illegal states left out.

mod deciding;
mod rank;
mod set;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub(crate) use deciding::Deciding;
pub use rank::{ClusterTier, PolicyKind, Rank, Tier};
pub use set::{PolicyId, PolicySet, PolicySetError, RuleId, RuleRef};

use crate::net::{Cidr, DomainPattern, IpBlock, L4Protocol, PortName, PortRange};
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

    /// The name of a rule's list of peers in the direction.
    #[must_use]
    pub const fn peers_field(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
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
    /// What kind of object it was, and when it is asked.
    pub rank: Rank,
    /// The namespace's name; empty where policies of the kind belong to the cluster.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Which pods it selects.
    pub subject: PodMatch,
    /// The ingress rules; nothing when the policy does not apply to ingress. An empty list isolates, in a policy of a
    /// namespace (NP-003, NP-004), and does nothing in one of the cluster (CNP-004).
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
    /// `namespace/name`; the name alone of a policy of the cluster.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rank.kind().is_namespaced() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}

/// What a rule does with the flows that match it (CNP-003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Lets them pass, whatever later rules and tiers say; what rules of namespaces do.
    Allow,
    /// Drops them, whatever later rules and tiers say.
    Deny,
    /// Leaves them to the next tier.
    Pass,
}

impl Action {
    /// A number of its own.
    pub(crate) const fn number(self) -> u32 {
        match self {
            Self::Allow => 0,
            Self::Deny => 1,
            Self::Pass => 2,
        }
    }
}

/// A rule: a flow matches when its peer and its traffic match (NP-006).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name that its policy gives it.
    pub name: Option<String>,
    /// What becomes of flows that match.
    pub action: Action,
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

impl Rule {
    /// A rule of a namespace's policy: it allows.
    #[must_use]
    pub const fn allow(peers: Peers, traffic: Traffic, at: Position) -> Self {
        Self { name: None, action: Action::Allow, peers, traffic, at }
    }
}

/// One peer (NP-010, CNP-007).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// The addresses that names are known to have (CNP-012).
    DomainNames(Vec<DomainPattern>),
    /// By address (NP-014).
    IpBlock(IpBlock),
    /// By address, in any of these (CNP-008).
    Networks(Vec<Cidr>),
    /// Nodes by their labels: the addresses of their objects (CNP-009).
    Nodes(Selector),
    /// Pods by their labels and their namespace's.
    Pods(PodMatch),
    /// Something that only a newer API knows: the rule fails closed (CNP-010).
    Unknown,
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
    /// A port by its name on the destination pod, whatever its protocol there (CNP-011).
    Name(PortName),
    /// Something that only a newer API knows: the rule fails closed (CNP-010).
    Unknown,
}
