//! Migration: which connections have another fate where something else decides, and of which nobody knows it.

use alloc::vec::Vec;

use super::common::{Combined, common};
use super::connectivity::Connectivity;
use super::distinctions::Distinctions;
use super::entries::{Entry, entries};
use super::matrix::Matrix;
use super::ports::PortSet;
use crate::Engine;

/// What is known of the connections of a cluster that could be decided in several ways.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certainty {
    /// Connections that are allowed in each way.
    pub connections: Vec<Entry>,
    /// Connections that are allowed in some ways and not in all.
    pub unknown: Vec<Entry>,
}

/// What becomes of connections on the way from one plugin, or one cluster, to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migration {
    /// Connections that are certainly denied before, and certainly allowed after.
    pub added: Vec<Entry>,
    /// Connections that are certainly allowed before, and certainly denied after.
    pub removed: Vec<Entry>,
    /// Connections of which nobody knows whether they are allowed, before or after.
    pub unknown: Vec<Entry>,
}

/// What has become of connections that are no more what they were: of each, what is known of it now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Connections that are certainly allowed now, and were not before.
    pub allowed: Vec<Entry>,
    /// Connections that are certainly denied now, and were not before.
    pub denied: Vec<Entry>,
    /// Connections of which nobody knows now whether they are allowed, and which was known before.
    pub unknown: Vec<Entry>,
}

impl Certainty {
    /// What is certain in all ways that a cluster could be decided in.
    ///
    /// ```
    /// use portcullis::analyze::Certainty;
    /// use portcullis::cluster::{ClusterBuilder, Pod};
    /// use portcullis::policy::PolicySet;
    /// use portcullis::{Engine, Options};
    ///
    /// let mut builder = ClusterBuilder::new();
    /// builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
    /// let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
    /// let certainty = Certainty::of(&[engine]);
    /// assert!(!certainty.connections.is_empty() && certainty.unknown.is_empty());
    /// ```
    ///
    /// # Complexity
    /// As a list of connections, for each way.
    #[must_use]
    pub fn of(ways: &[Engine]) -> Self {
        let fates = Fates::of(ways, &[]);
        Self {
            connections: fates.entries(|old, _| old.certain.clone()),
            unknown: fates.entries(|old, _| old.open()),
        }
    }
}

impl Migration {
    /// What changes from a cluster that could be decided in some ways to one that could be decided in others.
    ///
    /// # Complexity
    /// As a list of connections, for each way.
    #[must_use]
    pub fn of(old: &[Engine], new: &[Engine]) -> Self {
        let fates = Fates::of(old, new);
        Self {
            added: fates.entries(|old, new| new.certain.minus(&old.possible)),
            removed: fates.entries(|old, new| old.certain.minus(&new.possible)),
            unknown: fates.entries(|old, new| old.open().or(&new.open())),
        }
    }

    /// Whether it is certain that nothing changes.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.unknown.is_empty()
    }
}

impl Shift {
    /// What changes from a cluster that could be decided in some ways to one that could be decided in others.
    ///
    /// ```
    /// use portcullis::analyze::Shift;
    /// use portcullis::cluster::{ClusterBuilder, Pod};
    /// use portcullis::policy::PolicySet;
    /// use portcullis::{Engine, Options};
    ///
    /// let mut builder = ClusterBuilder::new();
    /// builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
    /// let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
    /// assert!(Shift::of(&[engine.clone()], &[engine]).is_nothing());
    /// ```
    ///
    /// # Complexity
    /// As a list of connections, for each way.
    #[must_use]
    pub fn of(old: &[Engine], new: &[Engine]) -> Self {
        let fates = Fates::of(old, new);
        Self {
            allowed: fates.entries(|old, new| new.certain.minus(&old.certain)),
            denied: fates.entries(|old, new| old.possible.minus(&new.possible)),
            unknown: fates.entries(|old, new| new.open().minus(&old.open())),
        }
    }

    /// Whether all that is known is what it was.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.allowed.is_empty() && self.denied.is_empty() && self.unknown.is_empty()
    }
}

/// What is allowed in every way, and in any.
struct Fate {
    certain: PortSet,
    possible: PortSet,
}

impl Fate {
    fn of(ways: &[PortSet]) -> Self {
        let Some((first, others)) = ways.split_first() else {
            return Self { certain: PortSet::nothing(), possible: PortSet::nothing() };
        };
        let mut fate = Self { certain: first.clone(), possible: first.clone() };
        for way in others {
            fate.certain = fate.certain.and(way);
            fate.possible = fate.possible.or(way);
        }
        fate
    }

    /// What nobody knows.
    fn open(&self) -> PortSet {
        self.possible.minus(&self.certain)
    }
}

/// Clusters, all told apart as far as any of them tells its ends apart: first the old ways, then the new ones.
struct Fates {
    ways: Vec<Connectivity>,
    old: usize,
}

impl Fates {
    fn of(old: &[Engine], new: &[Engine]) -> Self {
        let all = || old.iter().chain(new);
        let distinctions = Distinctions::of(all());
        let ways = all().map(|engine| Connectivity::told_apart(engine, &distinctions)).collect();
        Self { ways, old: old.len() }
    }

    fn entries(&self, combine: impl Fn(&Fate, &Fate) -> PortSet) -> Vec<Entry> {
        let ways: Vec<&Connectivity> = self.ways.iter().collect();
        let (classes, items) = common(&ways);
        let matrices: Vec<&Matrix> = ways.iter().map(|way| &way.matrix).collect();
        let cells = Combined::new(&matrices, &classes, |sets: &[PortSet]| {
            let (old, new) = sets.split_at(self.old.min(sets.len()));
            combine(&Fate::of(old), &Fate::of(new))
        });
        entries(&items, cells)
    }
}
