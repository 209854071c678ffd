//! Notes: what an answer rests on that the input did not say, or that a reader may not expect.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::{PeerMiss, PeersOutcome, PolicyTrace, SideTrace, TierOutcome};
use crate::cluster::{NamespaceId, PodId};
use crate::decision::{Decide, Verdict};
use crate::engine::Engine;
use crate::flow::{End, Flow};
use crate::options::Options;
use crate::policy::{PolicyId, Tier};

/// One thing to know about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Note {
    /// The pod has no address, and an `ipBlock` that was considered could hold the one that it gets (NP-026).
    AddressUnknown(PodId),
    /// Both policies are of one tier and priority, match the flow, and do not say the same: the first of them counts here,
    /// elsewhere it may be the second (CNP-005).
    Ambiguous(PolicyId, PolicyId),
    /// The pod has ended: no policy selects it and no selector matches it (NP-025).
    Finished(PodId),
    /// The pod uses its node's network: to policies it is its node's address (NP-019).
    HostNetwork(PodId),
    /// No object declares the namespace: it has the one label that the control plane gives (NP-013).
    NamespaceNotDeclared(NamespaceId),
    /// The address is this pod's, and other pods claim it too (NP-025).
    SharedAddress(IpAddr, PodId),
}

pub(super) fn collect(engine: &Engine, flow: &Flow, egress: &SideTrace, ingress: &SideTrace) -> Vec<Note> {
    let mut notes = Vec::new();
    let ends = [(flow.source(), egress.subject, ingress), (flow.destination(), ingress.subject, egress)];
    for (end, identity, other_side) in ends {
        let Some(id) = end.pod().or(identity) else { continue };
        let Some(pod) = engine.cluster().pod(id) else { continue };
        if identity.is_none() {
            notes.push(if pod.is_finished() { Note::Finished(id) } else { Note::HostNetwork(id) });
        }
        let undeclared =
            |id: &NamespaceId| engine.cluster().namespace(*id).is_some_and(|namespace| !namespace.declared);
        notes.extend(engine.cluster().namespace_id_of(id).filter(undeclared).map(Note::NamespaceNotDeclared));
        if end.address().is_none() && block_was_considered(other_side) {
            notes.push(Note::AddressUnknown(id));
        }
        notes.extend(shared_address(engine, end, id));
    }
    for side in [egress, ingress] {
        notes.extend(ambiguities(engine, side));
    }
    notes.sort_unstable();
    notes.dedup();
    notes
}

/// The policies that could take the place of those that have a say.
fn ambiguities(engine: &Engine, side: &SideTrace) -> Vec<Note> {
    let rank = |id: PolicyId| engine.policies().policy(id).map(|policy| policy.rank.place());
    let first_match = |policy: &PolicyTrace| Some(policy.rules.iter().find(|rule| rule.matches())?.action);
    let mut notes = Vec::new();
    for (tier, outcome) in side.tiers() {
        if tier == Tier::NetworkPolicy || !matches!(outcome, TierOutcome::Decided(_) | TierOutcome::Passed(_))
        {
            continue;
        }
        let mut matching =
            side.of_tier(tier).filter_map(|policy| Some((policy.policy, first_match(policy)?)));
        let Some((first, action)) = matching.next() else { continue };
        let rivals = matching.take_while(|(id, _)| rank(*id) == rank(first));
        let rivals = rivals.filter(|(_, other)| *other != action);
        notes.extend(rivals.map(|(other, _)| Note::Ambiguous(first, other)));
    }
    notes
}

fn block_was_considered(side: &SideTrace) -> bool {
    side.rules().any(|rule| match &rule.peers {
        PeersOutcome::Missed(misses) => misses.iter().flatten().any(|miss| *miss == PeerMiss::NoAddress),
        PeersOutcome::Any | PeersOutcome::Matched(_) => false,
    })
}

fn shared_address(engine: &Engine, end: End, id: PodId) -> Option<Note> {
    let address = end.address()?;
    let other = engine
        .cluster()
        .pods()
        .any(|(other, pod)| other != id && !pod.host_network && pod.addresses.contains(&address));
    let own = engine.cluster().pod(id).is_some_and(|pod| !pod.host_network);
    (other && own).then_some(Note::SharedAddress(address, id))
}

/// An option whose other value would change a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OptionThatMatters {
    /// The option's key.
    pub key: &'static str,
    /// The value that would change the verdict.
    pub value: &'static str,
}

impl Engine {
    /// The options whose other values would change a flow's verdict.
    ///
    /// # Complexity
    /// Compiles the cluster once for every other value of every option.
    #[must_use]
    pub fn options_that_matter(&self, flow: &Flow) -> Vec<OptionThatMatters> {
        self.options_that_change(|engine| engine.decide(flow).verdict())
    }

    /// The options whose other values would change a verdict, such as that on a [path](crate::path::Path).
    ///
    /// # Complexity
    /// As [`Engine::options_that_matter`].
    #[must_use]
    pub fn options_that_change(&self, verdict_of: impl Fn(&Self) -> Verdict) -> Vec<OptionThatMatters> {
        let verdict = verdict_of(self);
        let mut found = Vec::new();
        // What plugins do is a profile's to say, not one option's.
        for entry in self.options().entries().into_iter().filter(|entry| !Options::is_of_plugins(entry.key)) {
            for value in entry.values.iter().copied().filter(|value| *value != entry.value) {
                let mut options: Options = self.options();
                if options.set(entry.key, value).is_err() {
                    continue;
                }
                let other = Self::new(self.cluster().clone(), self.policies().clone(), options);
                if verdict_of(&other) != verdict {
                    found.push(OptionThatMatters { key: entry.key, value });
                }
            }
        }
        found
    }
}
