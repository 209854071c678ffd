//! What a plugin makes of an answer, against the specification.

use alloc::vec::Vec;

use super::answer::{Answer, Outcome};
use crate::profile::{Behaviour, Comparison, Judgement, Profile};
use crate::sorted::SortedSet;

/// What a plugin makes of an answer, against the specification.
#[derive(Clone, Debug)]
pub struct PluginView<'a> {
    /// The plugin.
    pub profile: &'a Profile,
    /// What the specification says.
    pub ideal: Outcome,
    /// The behaviours that make a side differ from what the specification says, in the order of ids.
    pub differs: Vec<&'a Behaviour>,
    /// The behaviours that nobody knows and on which the answer hangs.
    pub unknown: Vec<&'a Behaviour>,
}

impl<'a> PluginView<'a> {
    pub(super) fn of(plugin: &'a Comparison, answer: &Answer) -> Self {
        let named = |ids: fn(&Judgement) -> &Vec<&'static str>| {
            let judgements = answer.cells.iter().filter_map(|cell| cell.plugin.as_ref());
            let wanted: SortedSet<&str> = judgements.flat_map(ids).copied().collect();
            plugin.behaviours().iter().filter(|behaviour| wanted.contains(behaviour.id)).collect()
        };
        Self {
            profile: plugin.profile(),
            ideal: answer.ideal_outcome(),
            differs: named(|judgement| &judgement.differs),
            unknown: named(|judgement| &judgement.unknown),
        }
    }
}
