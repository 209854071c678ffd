//! What is seldom or never meant, found in the policies together with the cluster that they are for.

use portcullis::sorted::{SortedMap, SortedSet};

use portcullis::Options;
use portcullis::analyze::lint::{Check, Finding, Level, Remedy, lint_in, remedies};
use portcullis::manifest::Workspace;
use portcullis::manifest::edit::Layout;
use serde_json::{Value, json};

use crate::Session;
use crate::place::Places;
use crate::settings::Decider;

impl Session {
    /// What the named checks find; what was wrong with texts was said when they were loaded.
    #[must_use]
    pub fn lint(&self) -> Value {
        let (texts, places) = self.answered();
        if self.generation == 0 {
            return json!([]);
        }
        let profiles = match &self.decider {
            Decider::Plugin(profile) => std::slice::from_ref(profile),
            Decider::Specification(_) => &[],
        };
        // Checks judge by the specification, whatever else decides.
        let own;
        let engine = if self.engine.options() == Options::default() {
            &self.engine
        } else {
            own = self.engine_with(Options::default());
            &own
        };
        let findings = lint_in(texts, engine, &mut self.outlines.borrow_mut(), profiles);
        let names: SortedSet<String> =
            self.engine.policies().policies().map(|(_, policy)| policy.to_string()).collect();
        let is_taken = |name: &str| names.contains(name);
        let mut told = Vec::new();
        let mut layouts: SortedMap<&str, Layout<'_>> = SortedMap::new();
        for finding in findings.iter().filter(|finding| Check::find(finding.check).is_some()) {
            let text = texts.text(&finding.file).unwrap_or_default();
            let layout = layouts.entry(&finding.file).or_insert_with(|| Layout::of(text));
            let fix = |remedy: Remedy| {
                let changes = places.changes(texts, &finding.file, &remedy.edits);
                json!({ "title": remedy.title, "edits": [{ "document": finding.file, "changes": changes }] })
            };
            told.push(json!({
                "code": finding.check,
                "severity": severity(finding.level),
                "object": finding.object,
                "field": finding.field,
                "message": finding.message,
                "help": finding.help,
                "span": span(finding, texts, places),
                "fixes": remedies(finding, layout, &is_taken).into_iter().map(fix).collect::<Vec<_>>(),
            }));
        }
        told.into()
    }
}

const fn severity(level: Level) -> &'static str {
    match level {
        Level::Info => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// The field, else the word that stands where the finding is.
fn span(finding: &Finding, texts: &Workspace, places: &Places) -> Value {
    let Finding { file, line, column, field, .. } = finding;
    match field.as_str() {
        "" => places.word(texts, file, *line, *column),
        field => places.field(texts, file, *line, field, false),
    }
}
