//! What becomes of texts when nothing but policies of namespaces is written: a few deltas, and not all objects put
//! together again.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::workspace::Taken;
use super::{Item, Loaded, Model};
use crate::delta::Delta;
use crate::manifest::kinds::Kind;
use crate::manifest::problem::{Problem, Severity};
use crate::manifest::report::{Note, Report};
use crate::policy::Policy;
use crate::sorted::{SortedMap, SortedSet};

/// What has become of texts since they were loaded last.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// All objects, put together.
    Whole(Box<Loaded>),
    /// Policies of namespaces alone have changed.
    Policies {
        /// What leads from the policies that were loaded last to those that are there now.
        deltas: Vec<Delta>,
        /// What there is to say of all texts.
        report: Report,
    },
}

/// What was loaded last: its documents, and what was said of all of them together.
#[derive(Clone, Debug)]
pub(super) struct Last {
    taken: Vec<Taken>,
    count: usize,
    /// The problems that no document has alone, in its own lines.
    common: Vec<Problem>,
    /// All notes, those of single documents, too.
    notes: Vec<Note>,
}

impl Last {
    /// What to keep of documents that were put together without an error; nothing where one had an object of another.
    pub(super) fn new(taken: Vec<Taken>, report: &Report, common: Vec<Problem>) -> Self {
        Self { taken, count: report.objects, common, notes: report.notes.clone() }
    }

    /// What has become of it, where that is policies of namespaces alone: the deltas, and what there is to say.
    ///
    /// # Complexity
    /// Linear in the documents, and in all objects for each policy that is new.
    pub(super) fn follow(&mut self, taken: &[Taken]) -> Option<(Vec<Delta>, Report)> {
        let same = |(old, new): &(&Taken, &Taken)| Arc::ptr_eq(&old.objects, &new.objects);
        let head = self.taken.iter().zip(taken).take_while(same).count();
        let left = self.taken.len().min(taken.len()).checked_sub(head)?;
        let tail = self.taken.iter().rev().zip(taken.iter().rev()).take(left).take_while(same).count();
        let between = |all: &[Taken]| head..all.len().saturating_sub(tail);
        let (old, new) = (self.taken.get(between(&self.taken))?, taken.get(between(taken))?);
        let others = taken.iter().take(head).chain(taken.iter().skip(between(taken).end));
        let deltas = deltas(&objects(old)?, &objects(new)?, others)?;
        let count = |parts: &[Taken]| parts.iter().map(|part| part.objects.count).sum::<usize>();
        self.count = self.count.saturating_sub(count(old)).saturating_add(count(new));
        self.taken = taken.to_vec();
        let problems = taken.iter().flat_map(|part| part.objects.problems_in_order());
        let problems = problems.chain(self.common.iter()).cloned().collect();
        let mut skipped = SortedMap::new();
        for part in taken {
            part.objects.add_skipped_to(&mut skipped);
        }
        Some((deltas, Report { problems, objects: self.count, skipped, notes: self.notes.clone() }))
    }
}

/// The objects of documents, where they are policies of namespaces alone, each once, and nothing is wrong with them.
fn objects(parts: &[Taken]) -> Option<Vec<(&Item, &Policy)>> {
    let mut found = Vec::new();
    for Taken { objects, generated } in parts {
        let has_errors = objects.problems.iter().any(|problem| problem.severity == Severity::Error);
        let is_each_once = objects.places.len() == objects.items.len();
        // What is named in order, or noted, is something of all texts.
        if has_errors || objects.ends_text || !objects.notes.is_empty() || *generated > 0 || !is_each_once {
            return None;
        }
        for item in &objects.items {
            let Model::Policy(policy) = &item.model else { return None };
            if item.kind != Kind::NetworkPolicy {
                return None;
            }
            found.push((&**item, policy));
        }
    }
    Some(found)
}

/// What leads from some policies to others, where no object elsewhere has a name of theirs, and no namespace is spoken of
/// there alone where it comes or goes.
fn deltas<'a>(
    old: &[(&Item, &Policy)],
    new: &[(&Item, &Policy)],
    others: impl Iterator<Item = &'a Taken> + Clone,
) -> Option<Vec<Delta>> {
    let others = others.flat_map(|part| &part.objects.items);
    let namespaces = |all: &[(&Item, &Policy)]| -> SortedSet<String> {
        all.iter().map(|(item, _)| item.namespace.clone()).collect()
    };
    let is_spoken_of = |namespace: &String| {
        let is_its_own = |item: &Item| item.kind == Kind::Namespace && item.name == *namespace;
        others.clone().any(|item| item.namespace == *namespace || is_its_own(item))
    };
    let is_elsewhere = |name: &(String, String)| {
        let mut policies = others.clone().filter(|item| item.kind == Kind::NetworkPolicy);
        policies.any(|item| item.name == name.1 && item.namespace == name.0)
    };
    let name = |item: &Item| (item.namespace.clone(), item.name.clone());
    let were: SortedSet<_> = old.iter().map(|(item, _)| name(item)).collect();
    let are: SortedSet<_> = new.iter().map(|(item, _)| name(item)).collect();
    let (before, after) = (namespaces(old), namespaces(new));
    let stays_whole = before.difference(&after).chain(after.difference(&before)).all(is_spoken_of)
        && are.len() == new.len()
        && !are.difference(&were).any(is_elsewhere);
    if !stays_whole {
        return None;
    }
    let gone = old.iter().filter(|(item, _)| !are.contains(&name(item)));
    let gone = gone.map(|(_, policy)| Delta::RemovePolicy {
        kind: policy.rank.kind(),
        namespace: policy.namespace.clone(),
        name: policy.name.clone(),
    });
    let put = new.iter().map(|(_, policy)| Delta::PutPolicy((*policy).clone()));
    Some(gone.chain(put).collect())
}
