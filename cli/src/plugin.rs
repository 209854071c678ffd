//! `--profile`: what a plugin says of a flow, beside what the specification says.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use portcullis::Engine;
use portcullis::flow::Flow;
use portcullis::path::Path;
use portcullis::profile::{Behaviour, Comparison, Judgement, Profile};

use crate::answer::Answer;
use crate::session::Session;

/// The plugin that decides.
#[derive(Debug)]
pub(crate) struct Plugin {
    profile: Profile,
    comparison: Comparison,
    /// The comparison to which a pod of a workload is another pod than itself; made when the first such flow comes.
    between_siblings: OnceCell<Comparison>,
}

impl Plugin {
    /// The plugin of a session; the specification is none.
    pub(crate) fn of(session: &Session) -> Option<Self> {
        let (profile, comparison) = (session.profile.clone()?, session.comparison()?);
        Some(Self { profile, comparison, between_siblings: OnceCell::new() })
    }

    /// The profile's name, with its version where that is not the newest known.
    pub(crate) fn name(&self) -> String {
        self.profile.to_string()
    }

    /// Decides as the specification says.
    pub(crate) fn upstream(&self) -> &Engine {
        self.comparison.upstream()
    }

    /// What both say of a flow; between siblings, where a pod of a workload asks another one.
    pub(crate) fn judge(&self, flow: &Flow, between_siblings: bool) -> Judgement {
        self.comparison_of(between_siblings).judge(flow)
    }

    /// What both say of a path through a service.
    pub(crate) fn judge_path(&self, path: &Path, between_siblings: bool) -> Judgement {
        self.comparison_of(between_siblings).judge_path(path)
    }

    fn comparison_of(&self, between_siblings: bool) -> &Comparison {
        if !between_siblings {
            return &self.comparison;
        }
        self.between_siblings.get_or_init(|| {
            let upstream = self.comparison.upstream();
            let (cluster, policies) = (upstream.cluster().clone(), upstream.policies().clone());
            Comparison::between_siblings(cluster, policies, &self.profile)
        })
    }

    /// The behaviours that make an answer differ from the specification's, in the order of ids.
    pub(crate) fn differs(&self, answer: &Answer) -> Vec<&Behaviour> {
        self.named(answer, |judgement| &judgement.differs)
    }

    /// The behaviours that an answer hangs on and nobody knows.
    pub(crate) fn unknown(&self, answer: &Answer) -> Vec<&Behaviour> {
        self.named(answer, |judgement| &judgement.unknown)
    }

    fn named(&self, answer: &Answer, ids: impl Fn(&Judgement) -> &Vec<&'static str>) -> Vec<&Behaviour> {
        let judgements = answer.cells.iter().filter_map(|cell| cell.plugin.as_ref());
        let wanted: BTreeSet<&str> = judgements.flat_map(ids).copied().collect();
        let behaviours = self.comparison.behaviours().iter();
        behaviours.filter(|behaviour| wanted.contains(behaviour.id)).collect()
    }
}
