//! Lint: what is seldom or never meant, found in policies together with the cluster that they are for.
//!
//! Checks look at the text (a dash too many), at the model (a selector that nobody matches) and at all flows at once (a
//! rule whose removal changes nothing). They judge by the specification; what plugins make of it is said of those that are
//! named. What the input does not
//! have is not held against it: where there is no pod at all, no selector is blamed for selecting none.

mod blocks;
mod checks;
mod context;
mod coverage;
mod finding;
mod form;
mod labels;
mod needs;
mod plugins;
mod ports;
mod remedy;
mod selectors;
mod texts;

use alloc::vec::Vec;

use super::removal::DIRECTIONS;
use crate::manifest::{LoadOptions, Loaded, Source};
use crate::profile::Profile;
use crate::{Engine, Options};
pub use checks::{Check, Level};
use context::Context;
pub use finding::Finding;
pub use remedy::{Remedy, remedies};
use texts::Texts;

/// The namespace of objects that name none, where nobody says another.
const DEFAULT_NAMESPACE: &str = "default";

/// All findings about some texts, the warnings of their load included, and what some plugins would not enforce as it is
/// written; by file and place.
///
/// ```
/// use portcullis::analyze::lint::lint;
/// use portcullis::manifest::{LoadOptions, Source, load};
///
/// let text = "\
/// apiVersion: networking.k8s.io/v1
/// kind: NetworkPolicy
/// metadata: {name: web, namespace: shop}
/// spec:
///   podSelector: {}
///   policyTypes: [Ingress]
///   ingress:
///   - from: []
///     ports: [{port: 80}]
/// ";
/// let sources = [Source { name: "web.yaml".into(), text: text.into() }];
/// let loaded = load(&sources, &LoadOptions::default()).unwrap();
/// let findings = lint(&sources, &LoadOptions::default(), loaded, &[]);
/// let found = findings.iter().find(|finding| finding.check == "empty-peer-list").unwrap();
/// assert_eq!((found.field.as_str(), found.line), ("spec.ingress[0].from", 8));
/// ```
///
/// # Complexity
/// Beside that of [`load`](crate::manifest::load) and of compiling, linear in policies times the pods that they can tell
/// apart, and for what turns out to have no effect in the pairs of ends that it concerns.
#[must_use]
pub fn lint(sources: &[Source], options: &LoadOptions, loaded: Loaded, profiles: &[Profile]) -> Vec<Finding> {
    let Loaded { cluster, policies, report } = loaded;
    let engine = Engine::new(cluster, policies, Options::default());
    let texts = Texts::read(sources, options.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE));
    let mut cx = Context::new(&engine, &texts);
    form::check(&mut cx);
    selectors::check(&mut cx);
    labels::check(&mut cx);
    blocks::check(&mut cx);
    ports::check(&mut cx);
    coverage::check(&mut cx);
    needs::check(&mut cx);
    plugins::check(&mut cx, profiles);
    let mut findings = cx.findings();
    findings.extend(report.problems.iter().map(Finding::of_problem));
    for finding in &mut findings {
        finding.rendered_from = texts.rendered_from(&finding.file, finding.line).map(Into::into);
    }
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.file.clone(), finding.line, finding.column);
        key(a).cmp(&key(b)).then_with(|| a.cmp(b))
    });
    findings.dedup();
    findings
}
