//! Effects: what a rule does once it is known whether all of it is understood.

use alloc::vec::Vec;

use crate::options::{DenyDomainNames, Options, UnknownFields};
use crate::policy::{Action, Peer, Peers, PortMatch, Rule, Traffic};

/// A rule as it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effect<'a> {
    pub(crate) action: Action,
    pub(crate) peers: &'a Peers,
    pub(crate) traffic: &'a Traffic,
}

static NOBODY: Peers = Peers::Of(Vec::new());

/// What a rule does.
pub(crate) fn effect(rule: &Rule, options: Options) -> Effect<'_> {
    let Rule { action, peers, traffic, .. } = rule;
    match action {
        _ if !fails_closed(rule, options) => Effect { action: *action, peers, traffic },
        // CNP-010: what is not understood allows nothing.
        Action::Allow => Effect { action: Action::Allow, peers: &NOBODY, traffic },
        // CNP-010: and what was to keep traffic away, or to leave it to others, denies all of it.
        Action::Deny | Action::Pass => {
            Effect { action: Action::Deny, peers: &Peers::Any, traffic: &Traffic::Any }
        }
    }
}

/// Whether a rule holds something that makes it fail closed.
pub(crate) fn fails_closed(rule: &Rule, options: Options) -> bool {
    let unknown = options.unknown_fields == UnknownFields::FailClosed;
    // CNP-012: domain names are for rules that allow.
    let names = options.deny_domain_names == DenyDomainNames::FailClosed && rule.action != Action::Allow;
    let is_fatal = |peer: &Peer| match peer {
        Peer::Unknown => unknown,
        Peer::DomainNames(_) => names,
        Peer::IpBlock(_) | Peer::Networks(_) | Peer::Nodes(_) | Peer::Pods(_) => false,
    };
    let by_peer = matches!(&rule.peers, Peers::Of(peers) if peers.iter().any(is_fatal));
    let by_traffic = matches!(&rule.traffic, Traffic::Of(items) if items.contains(&PortMatch::Unknown));
    by_peer || unknown && by_traffic
}
