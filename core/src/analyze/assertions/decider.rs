//! Deciders: engines of one cluster, in each way that a plugin could be.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::cell::OnceCell;

use crate::decision::{Decision, Verdict};
use crate::engine::Engine;
use crate::options::Loopback;
use crate::path::Path;

/// Whoever decides, in each way that it could be.
#[derive(Debug)]
pub(super) struct Decider<'a> {
    worlds: Vec<Cow<'a, Engine>>,
    /// Whether these are all ways.
    is_whole: bool,
    /// The same, to which a pod of a workload is another pod than itself; made when the first such flow comes.
    between_siblings: OnceCell<Vec<Cow<'a, Engine>>>,
}

impl<'a> Decider<'a> {
    pub(super) fn new(worlds: Vec<Cow<'a, Engine>>, is_whole: bool) -> Self {
        Self { worlds, is_whole, between_siblings: OnceCell::new() }
    }

    pub(super) fn engines(&self, is_sibling: bool) -> &[Cow<'a, Engine>] {
        if !is_sibling {
            return &self.worlds;
        }
        self.between_siblings.get_or_init(|| {
            let other = |engine: &Cow<'a, Engine>| {
                let mut options = engine.options();
                options.loopback = Loopback::Evaluated;
                Cow::Owned(Engine::new(engine.cluster().clone(), engine.policies().clone(), options))
            };
            self.worlds.iter().map(other).collect()
        })
    }

    /// What becomes of a way, and the decision in the first way that the decider could be.
    pub(super) fn decide(&self, way: &Path, is_sibling: bool) -> Option<(Option<Verdict>, Decision)> {
        let mut decisions = self.engines(is_sibling).iter().map(|engine| way.decide(engine.as_ref()));
        let first = decisions.next()?;
        let is_known = self.is_whole && decisions.all(|other| other.verdict() == first.verdict());
        Some((is_known.then_some(first.verdict()), first))
    }
}
