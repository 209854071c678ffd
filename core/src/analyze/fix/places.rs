//! Where in the texts the things stand that a fix can change.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;

use super::port::Naming;
use crate::cluster::{Pod, PodIdentity, WorkloadKind};
use crate::engine::Engine;
use crate::manifest::edit::{Edit, Layout, Part, Step};
use crate::manifest::{Source, Workspace};
use crate::policy::{Direction, Policy};
use crate::sorted::SortedMap;
use crate::source::{Origin, Position};

/// A change of one text, and what it is called.
#[derive(Clone, Debug)]
pub(super) struct Move {
    pub(super) title: String,
    /// The place of the text among the sources.
    pub(super) file: usize,
    pub(super) edits: Vec<Edit>,
}

/// Texts with what was loaded from them.
pub(super) struct Scene<'a> {
    pub(super) engine: &'a Engine,
    pub(super) sources: &'a [Source],
    /// The same texts, which know where policies stand in them.
    texts: &'a Workspace,
    /// What the port that is asked about is called.
    pub(super) naming: Naming,
    layouts: RefCell<SortedMap<usize, Layout<'a>>>,
}

/// A value in one of the texts.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub(super) file: usize,
    pub(super) layout: Layout<'a>,
    pub(super) part: Part,
}

impl Place<'_> {
    /// What some steps lead to.
    pub(super) fn go(&self, steps: &[Step<'_>]) -> Option<Self> {
        Some(Self { part: self.part.go(steps)?.clone(), ..self.clone() })
    }

    /// A change of this text.
    pub(super) fn change(&self, title: String, edits: Vec<Edit>) -> Move {
        Move { title, file: self.file, edits }
    }
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        sources: &'a [Source],
        texts: &'a Workspace,
        naming: Naming,
    ) -> Self {
        Self { engine, sources, texts, naming, layouts: RefCell::new(SortedMap::new()) }
    }

    fn layout(&self, file: usize) -> Option<Layout<'a>> {
        if let Some(known) = self.layouts.borrow().get(&file) {
            return Some(known.clone());
        }
        let layout = Layout::of(&self.sources.get(file)?.text);
        self.layouts.borrow_mut().insert(file, layout.clone());
        Some(layout)
    }

    /// The object of a policy.
    pub(super) fn policy(&self, policy: &Policy) -> Option<Place<'a>> {
        let (file, at) = self.place(policy)?;
        let layout = self.layout(file)?;
        let part = layout.object(at)?.clone();
        Some(Place { file, layout, part })
    }

    /// The text of a policy, and where it stands there.
    fn place(&self, policy: &Policy) -> Option<(usize, Position)> {
        let Origin { file, at } = self.texts.origin(&policy.origin);
        let file = file?;
        Some((self.sources.iter().position(|source| *source.name == *file)?, at))
    }

    /// A rule of a policy.
    pub(super) fn rule(&self, policy: &Policy, direction: Direction, index: usize) -> Option<Place<'a>> {
        let steps = [Step::Key("spec"), Step::Key(direction.as_str()), Step::Item(index)];
        self.policy(policy)?.go(&steps)
    }

    /// The labels of a pod that stands alone, or of the workload that stands for pods.
    pub(super) fn labels(&self, pod: &Pod) -> Option<Place<'a>> {
        let (kind, name) = match (&pod.identity, &pod.workload) {
            (PodIdentity::Template(workload), _) => (kind_of(workload.kind), workload.name.as_str()),
            (PodIdentity::Named(name), None) => ("Pod", name.as_str()),
            // Such a pod is made anew from its workload at any time.
            (PodIdentity::Named(_), Some(_)) => return None,
        };
        for file in 0..self.sources.len() {
            let is_here = self.sources.get(file).is_some_and(|source| source.text.contains(name));
            let Some(layout) = self.layout(file).filter(|_| is_here) else { continue };
            let Some(part) = layout.named(kind, &pod.namespace, name) else { continue };
            let place = Place { file, part: part.clone(), layout };
            let metadata = [Step::Key("metadata"), Step::Key("labels")];
            let spec = [Step::Key("spec"), Step::Key("template")];
            let steps: Vec<Step<'_>> = match kind {
                "Pod" => metadata.to_vec(),
                "CronJob" => [Step::Key("spec"), Step::Key("jobTemplate")]
                    .into_iter()
                    .chain(spec)
                    .chain(metadata)
                    .collect(),
                _ => spec.into_iter().chain(metadata).collect(),
            };
            return place.go(&steps);
        }
        None
    }

    /// Where a new policy of a namespace goes: behind the one that is named, else behind the last of that namespace, else
    /// behind the last text.
    pub(super) fn behind(&self, known: Option<&Policy>, namespace: &str) -> Option<Place<'a>> {
        let of_namespace = || {
            let all = self.engine.policies().policies().map(|(_, policy)| policy);
            all.filter(|policy| policy.namespace == namespace).last()
        };
        let policy = known.or_else(of_namespace);
        let file = policy
            .and_then(|policy| self.place(policy))
            .map(|(file, _)| file)
            .or_else(|| self.sources.len().checked_sub(1))?;
        let layout = self.layout(file)?;
        let part = layout.first()?.clone();
        Some(Place { file, layout, part })
    }

    /// A name that no policy of a namespace has yet.
    pub(super) fn free_name(&self, namespace: &str, wanted: &str) -> String {
        let is_taken = |name: &str| {
            self.engine
                .policies()
                .policies()
                .any(|(_, policy)| policy.namespace == namespace && policy.name == name)
        };
        let numbered = (2_u32..).map(|number| format!("{wanted}-{number}"));
        core::iter::once(wanted.to_string()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
    }
}

const fn kind_of(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::CronJob => "CronJob",
        WorkloadKind::DaemonSet => "DaemonSet",
        WorkloadKind::Deployment => "Deployment",
        WorkloadKind::Job => "Job",
        WorkloadKind::ReplicaSet => "ReplicaSet",
        WorkloadKind::StatefulSet => "StatefulSet",
    }
}
