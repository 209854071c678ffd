//! Identity classes: pods that give the same answer to every condition are one.

use alloc::vec::Vec;
use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap};

use crate::cluster::Pod;
use crate::label::Labels;
use crate::options::{FinishedPods, HostNetwork, Options};
use crate::selector::{Requirement, Selector};

/// The class of whatever is no pod under policy: addresses, nodes, finished pods.
pub(super) const NO_IDENTITY: u32 = 0;

/// What the pods of a class have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Class {
    /// The numbers of the pod matches that select them, sorted.
    pub(super) matches: Vec<u32>,
    /// The number of what the port names in use stand for.
    pub(super) ports: u32,
    /// Whether they are pods at all; the one class of everything else is not.
    pub(super) is_pod: bool,
    /// Whether their own sides are decided; those of others are skipped.
    pub(super) is_subject: bool,
}

/// Whether policies see a pod as a pod.
pub(crate) fn has_identity(pod: &Pod, options: Options) -> bool {
    // NP-025: a finished pod is neither subject nor peer. NP-019: a host-network pod is its node's address.
    (!pod.is_finished() || options.finished_pods == FinishedPods::Kept)
        && (!pod.host_network || options.host_network == HostNetwork::Pod)
}

/// Selectors by a label that each of them asks for, so that whoever has labels meets few in vain.
///
/// Labels are known by their hash alone: what is found may match, and is asked.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    by_label: HashMap<u64, Vec<u32>>,
    /// Those that ask for no label by value.
    others: Vec<u32>,
}

impl Index {
    /// Adds the number of a selector.
    pub(super) fn add<'a>(&mut self, number: u32, selector: &'a Selector, hasher: &DefaultHashBuilder) {
        let values = |requirement: &'a Requirement| match requirement {
            Requirement::In(key, values) => Some((key, values)),
            Requirement::DoesNotExist(_) | Requirement::Exists(_) | Requirement::NotIn(..) => None,
        };
        let by_value = selector.requirements().iter().filter_map(values);
        match by_value.min_by_key(|(_, values)| values.iter().count()) {
            Some((key, values)) => {
                for value in values.iter() {
                    self.by_label.entry(hasher.hash_one((key, value))).or_default().push(number);
                }
            }
            None => self.others.push(number),
        }
    }

    /// The numbers of the selectors that could match labels, perhaps some more than once.
    pub(super) fn candidates<'a>(
        &'a self,
        labels: &'a Labels,
        hasher: &'a DefaultHashBuilder,
    ) -> impl Iterator<Item = u32> + 'a {
        let asked = labels.iter().filter_map(|label| self.by_label.get(&hasher.hash_one(label)));
        asked.flatten().chain(&self.others).copied()
    }
}
