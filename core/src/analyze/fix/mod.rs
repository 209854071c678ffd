//! Fixes: the smallest changes of manifests that bring a wanted verdict about.
//!
//! A fix is found by trying: each step changes a rule, a peer, a port, a label or adds a policy, in the text as it is
//! written; the text is loaded again and the question decided again, until all of it is as wanted. What is given is proved
//! that way, together with everything else that it changes.
//!
//! ```
//! use portcullis::Verdict;
//! use portcullis::analyze::fix::{Setting, fixes};
//! use portcullis::corpus::{Probe, ProbeEnd, ProbePort};
//! use portcullis::manifest::Source;
//! use portcullis::net::Protocol;
//!
//! let text = "
//! {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}}
//! ---
//! {apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: db, labels: {app: db}}}
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {namespace: shop, name: db}
//! spec:
//!   podSelector: {matchLabels: {app: db}}
//!   ingress:
//!   - from: [{podSelector: {matchLabels: {app: web}}}]
//!     ports:
//!     - port: 5432 # the database
//! ";
//! let sources = [Source { name: "shop.yaml".into(), text: text.into() }];
//! let pod = |name: &str| ProbeEnd::Pod(format!("shop/{name}"));
//! let probe = Probe::new(pod("web"), pod("db"), Protocol::TCP, Some(ProbePort::Number(5433)));
//! let found = fixes(&sources, &Setting::default(), &probe, Verdict::Allow).unwrap();
//! assert_eq!(found[0].title(), "add port 5433 to `shop/db` spec.ingress[0]");
//! assert!(found[0].texts[0].text.contains("    - port: 5432 # the database\n    - port: 5433\n"));
//! ```

mod allow;
mod deny;
mod places;
mod port;
mod search;
mod values;

use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

pub use search::{fixes, fixes_in};

use super::diff::Difference;
use crate::manifest::edit::Edit;
use crate::manifest::{LoadOptions, Report, Source};
use crate::net::DomainName;
use crate::options::Options;

/// How manifests are loaded and decided.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// How they are loaded.
    pub load: LoadOptions,
    /// How flows are decided.
    pub options: Options,
    /// The addresses that domain names have.
    pub resolved: Vec<(DomainName, Vec<IpAddr>)>,
}

/// A change of manifests that brings the wanted verdict about.
#[derive(Clone, Debug)]
pub struct Fix {
    /// What is done, step by step.
    pub steps: Vec<String>,
    /// The texts that it changes, as they are then.
    pub texts: Vec<Source>,
    /// What makes each of `texts` of the one that was given, in order.
    pub edits: Vec<Vec<Edit>>,
    /// Everything that it changes, what was wanted included.
    pub difference: Difference,
}

impl Fix {
    /// All steps in a sentence.
    #[must_use]
    pub fn title(&self) -> String {
        self.steps.join(", and ")
    }
}

/// Why there can be no fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FixError {
    /// It is as wanted already.
    #[error("all of it is as wanted already")]
    AlreadySo,
    /// No policy can bring the verdict about: something else decides.
    #[error("no policy can change it: {0}")]
    NotByPolicies(String),
    /// The manifests cannot be loaded.
    #[error("the manifests cannot be loaded")]
    NotLoaded(Report),
    /// The question has no answer.
    #[error("{0}")]
    NoQuestion(String),
}
