//! Suggestions: the policies that allow just what was seen.
//!
//! From flows and a cluster come policies of the kind NetworkPolicy that isolate some workloads and allow them what was
//! seen of them, and nothing else. What one pod of a workload did, its siblings may do: pods of one owner with the same
//! labels are one to policies. Selectors are exact: they hold the workload's pods and no others of the cluster, by as few
//! labels as do. Where no selector is, because another workload has the very same labels, the part is left out, and the
//! reason given.
//!
//! ```
//! use portcullis::analyze::suggest::{Seen, Subjects, suggest};
//! use portcullis::cluster::{ClusterBuilder, Pod, PodIdentity};
//! use portcullis::flow::{Endpoint, Flow, Transport};
//! use portcullis::label::{LabelKey, LabelValue};
//! use portcullis::net::L4Protocol;
//! use portcullis::policy::PolicySet;
//! use portcullis::{Engine, Options};
//!
//! let mut builder = ClusterBuilder::new();
//! for name in ["web", "db"] {
//!     let mut pod = Pod::new("shop", name);
//!     pod.labels.insert(LabelKey::try_from("app").unwrap(), LabelValue::try_from(name).unwrap());
//!     builder.pod(pod);
//! }
//! let cluster = builder.build().unwrap();
//! let pod = |name: &str| Endpoint::Pod(cluster.find_pod("shop", &PodIdentity::Named(name.into())).unwrap());
//! let flow = Flow::new(&cluster, pod("web"), pod("db"), Transport::new(L4Protocol::Tcp, 5432)).unwrap();
//! let engine = Engine::new(cluster, PolicySet::default(), Options::default());
//! let seen = Seen { sent: flow, seen: flow, count: 7 };
//! let found = suggest(&engine, &[seen], &Subjects::AllSeen);
//! assert_eq!((found.policies, found.left_out.len()), (2, 0));
//! assert!(found.text.contains("  # shop/pod/web: 7 flows\n  - from:\n    - podSelector:\n"));
//! ```

mod groups;
mod rules;
mod select;
mod write;

use alloc::string::String;
use alloc::vec::Vec;

use crate::cluster::WorkloadKind;
use crate::engine::Engine;
use crate::flow::Flow;
use groups::Groups;
use rules::Records;

/// A flow that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// As the source's policies see it: behind a service, with the endpoint as its destination.
    pub sent: Flow,
    /// As the destination's policies see it.
    pub seen: Flow,
    /// How often it was seen.
    pub count: u64,
}

/// Whom policies are suggested for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subjects {
    /// Every workload that has a part in some flow.
    AllSeen,
    /// These.
    Of(Vec<Subject>),
}

/// Workloads of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// The namespace.
    pub namespace: String,
    /// The kind and name of one; nothing for all. Of a pod by itself the kind is nothing.
    pub name: Option<(Option<WorkloadKind>, String)>,
}

/// What is suggested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// The policies, as YAML with comments that say what each rule is for.
    pub text: String,
    /// How many policies there are.
    pub policies: usize,
    /// What cannot be allowed exactly and is not, each with the reason.
    pub left_out: Vec<String>,
}

/// Suggests policies for some workloads of a cluster: applied alone, they allow these workloads what was seen and nothing
/// else, but for what no policy decides.
///
/// # Complexity
/// Linear in the flows; for each workload, in the pods of the namespaces that it has to do with, times their labels.
#[must_use]
pub fn suggest(engine: &Engine, seen: &[Seen], subjects: &Subjects) -> Suggestions {
    let groups = Groups::of(engine);
    let records = Records::of(engine, &groups, seen);
    write::write(&groups, &records, subjects)
}
