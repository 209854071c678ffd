//! What a load found: problems, counts and assumptions.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::problem::{Problem, Severity};
use crate::sorted::SortedMap;

/// Everything that a load has to say besides the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The problems, by file and place; those that only show between objects come last.
    pub problems: Vec<Problem>,
    /// How many objects of kinds that are read were found, broken ones included.
    pub objects: usize,
    /// How many objects of each other kind were skipped; a foreign kind of a name that is read has its
    /// `apiVersion` beside it.
    pub skipped: SortedMap<String, usize>,
    /// What was assumed.
    pub notes: Vec<Note>,
}

impl Report {
    /// Whether any problem is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// The object that `validate -o json` prints.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "valid": !self.has_errors(),
            "objects": self.objects,
            "problems": self.problems,
        })
    }
}

/// Something that a load assumed, which answers may hang on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Note {
    /// An object has `generateName` only; it goes by this name.
    GeneratedName {
        /// The kind.
        kind: String,
        /// The name that it goes by.
        name: String,
    },
    /// No object declares this namespace; it exists with the one label that the control plane gives (NP-013).
    NamespaceNotDeclared(String),
    /// This pod has no address: no `ipBlock` matches it (NP-026).
    PodWithoutAddress(String),
    /// This workload stands for its pods, of which none was given (NP-026).
    WorkloadStandsForPods(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GeneratedName { kind, name } => {
                write!(f, "a {kind} has only `generateName`; it goes by `{name}`")
            }
            Self::NamespaceNotDeclared(name) => write!(
                f,
                "namespace `{name}` is not declared; it is taken to have the one label `kubernetes.io/metadata.name: {name}`"
            ),
            Self::PodWithoutAddress(pod) => {
                write!(f, "pod `{pod}` has no address; no `ipBlock` matches it")
            }
            Self::WorkloadStandsForPods(workload) => {
                write!(
                    f,
                    "`{workload}` stands for its pods, which have no address; no `ipBlock` matches them"
                )
            }
        }
    }
}
