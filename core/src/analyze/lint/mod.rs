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
use crate::manifest::{LoadOptions, Loaded, Source, Workspace};
use crate::profile::Profile;
use crate::source::{Origin, Position};
use crate::{Engine, Options};
pub use checks::{Check, Level};
use context::Context;
pub use finding::Finding;
pub use remedy::{Remedy, remedies};
pub use texts::Outlines;
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
    let mut findings = found(&engine, &texts, profiles);
    let problem = |problem| {
        let finding = Finding::of_problem(problem);
        let rendered_from = texts.rendered_from(&finding.file, finding.line).map(Into::into);
        Finding { rendered_from, ..finding }
    };
    findings.extend(report.problems.iter().map(problem));
    sort(&mut findings);
    findings
}

/// As [`lint`], of texts that were loaded before, without what their load had to say: the engine is what was made of them,
/// and decides by the specification. Documents that were outlined before are not read again.
///
/// # Complexity
/// That of the checks, and reading of documents that are new.
#[must_use]
pub fn lint_in(
    texts: &Workspace,
    engine: &Engine,
    outlines: &mut Outlines,
    profiles: &[Profile],
) -> Vec<Finding> {
    let read = outlines.follow(texts, texts.options().namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE));
    let mut findings = found(engine, &read, profiles);
    for finding in &mut findings {
        let at = Position { line: finding.line, column: finding.column };
        let place = texts.origin(&Origin { file: Some(finding.file.as_str().into()), at });
        finding.line = place.at.line;
        finding.file = place.file.as_deref().unwrap_or_default().into();
        finding.message = texts.placed(&finding.message);
        finding.help = texts.placed(&finding.help);
    }
    sort(&mut findings);
    findings
}

/// What the checks find.
fn found(engine: &Engine, texts: &Texts, profiles: &[Profile]) -> Vec<Finding> {
    let mut cx = Context::new(engine, texts);
    form::check(&mut cx);
    selectors::check(&mut cx);
    labels::check(&mut cx);
    blocks::check(&mut cx);
    ports::check(&mut cx);
    coverage::check(&mut cx);
    needs::check(&mut cx);
    plugins::check(&mut cx, profiles);
    let mut findings = cx.findings();
    for finding in &mut findings {
        finding.rendered_from = texts.rendered_from(&finding.file, finding.line).map(Into::into);
    }
    findings
}

fn sort(findings: &mut Vec<Finding>) {
    findings
        .sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)).then_with(|| a.cmp(b)));
    findings.dedup();
}
