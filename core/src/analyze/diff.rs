//! Differences: the connections that one cluster has and another one has not.

use alloc::vec::Vec;

use super::common::{Combined, common};
use super::connectivity::Connectivity;
use super::distinctions::Distinctions;
use super::entries::{Entry, entries};
use super::ports::PortSet;
use crate::Engine;

/// What has changed from one cluster to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Connections that only the new one has.
    pub added: Vec<Entry>,
    /// Connections that only the old one has.
    pub removed: Vec<Entry>,
}

impl Difference {
    /// Whether both allow the same connections.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// Two clusters, each told apart as far as either tells its ends apart, so that what differs can be explained in both.
#[derive(Debug)]
pub struct Comparison {
    /// The old one.
    pub old: Connectivity,
    /// The new one.
    pub new: Connectivity,
}

impl Comparison {
    /// Compares two clusters: a workload that is in one of them only has no connection in the other.
    ///
    /// # Complexity
    /// Linear in pairs of workloads that the policies of one of them can tell apart.
    #[must_use]
    pub fn of(old: &Engine, new: &Engine) -> Self {
        let distinctions = Distinctions::of([old, new]);
        let told_apart = |engine| Connectivity::told_apart(engine, &distinctions);
        Self { old: told_apart(old), new: told_apart(new) }
    }

    /// What has changed from the old one to the new one.
    #[must_use]
    pub fn difference(&self) -> Difference {
        let (classes, items) = common(&[&self.old, &self.new]);
        let matrices = [&self.old.matrix, &self.new.matrix];
        let surplus = |combine: fn(&PortSet, &PortSet) -> PortSet| {
            let cells = Combined::new(&matrices, &classes, |sets: &[PortSet]| match sets {
                [old, new] => combine(old, new),
                _ => PortSet::nothing(),
            });
            entries(&items, cells)
        };
        Difference { added: surplus(|old, new| new.minus(old)), removed: surplus(|old, new| old.minus(new)) }
    }
}

/// What has changed from one cluster to another.
///
/// ```
/// use portcullis::analyze::difference;
/// use portcullis::cluster::{ClusterBuilder, Pod};
/// use portcullis::policy::PolicySet;
/// use portcullis::{Engine, Options};
///
/// let engine = |names: &[&str]| {
///     let mut builder = ClusterBuilder::new();
///     for name in names {
///         builder.pod(Pod::new("shop", *name));
///     }
///     Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default())
/// };
/// let (old, new) = (engine(&["db", "web"]), engine(&["db"]));
/// assert!(difference(&old, &old).is_nothing());
/// let change = difference(&old, &new);
/// assert!(change.added.is_empty() && !change.removed.is_empty());
/// ```
///
/// # Complexity
/// As [`Comparison::of`].
#[must_use]
pub fn difference(old: &Engine, new: &Engine) -> Difference {
    Comparison::of(old, new).difference()
}
