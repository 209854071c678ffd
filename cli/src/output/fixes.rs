//! Fixes as text, as patches and as JSON.

use std::fmt::Write;
use std::path::{Component, Path};

use portcullis::analyze::fix::Fix;
use portcullis::manifest::Source;
use serde::Serialize;
use similar::TextDiff;

use super::connections::{DifferenceJson, Explain, Row, render};
use super::style;
use crate::args::{FixFormat, ListFormat};
use crate::session::{self, print_json};

/// A fix with its patch.
pub(crate) struct Candidate<'a> {
    pub(crate) fix: &'a Fix,
    patch: String,
}

impl<'a> Candidate<'a> {
    /// A fix of some texts.
    pub(crate) fn new(fix: &'a Fix, sources: &[Source]) -> Self {
        let old = |name: &str| sources.iter().find(|source| source.name == name);
        let patch = fix.texts.iter().filter_map(|new| Some(patch(&old(&new.name)?.text, new))).collect();
        Self { fix, patch }
    }
}

/// What `git apply` takes.
fn patch(old: &str, new: &Source) -> String {
    let name = in_patch(&new.name);
    TextDiff::from_lines(old, &new.text)
        .unified_diff()
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}

/// A file's name as patches have it: below the folder in which the command runs, where the file is there.
fn in_patch(name: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = Path::new(name);
    let path = path.strip_prefix(&here).unwrap_or(path);
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    let parts: Vec<String> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

#[derive(Serialize)]
struct FixesJson<'a> {
    candidates: Vec<CandidateJson<'a>>,
}

#[derive(Serialize)]
struct CandidateJson<'a> {
    steps: &'a [String],
    files: Vec<&'a str>,
    patch: &'a str,
    changes: DifferenceJson,
}

/// Prints that there is nothing to show, and why.
pub(crate) fn print_none(format: FixFormat, why: &str) {
    match format {
        FixFormat::Json => print_json(&FixesJson { candidates: Vec::new() }),
        FixFormat::Patch => {}
        FixFormat::Text => session::print(&format!("{why}\n")),
    }
}

/// Prints candidates, which are numbered from `first`.
pub(crate) fn print(format: FixFormat, candidates: &[Candidate<'_>], first: usize) {
    match format {
        FixFormat::Json => {
            let candidates = candidates.iter().map(|candidate| CandidateJson {
                steps: &candidate.fix.steps,
                files: candidate.fix.texts.iter().map(|text| text.name.as_str()).collect(),
                patch: &candidate.patch,
                changes: DifferenceJson::new(&candidate.fix.difference, None, None, &Explain::No),
            });
            print_json(&FixesJson { candidates: candidates.collect() });
        }
        FixFormat::Patch => candidates.iter().for_each(|candidate| session::print(&candidate.patch)),
        FixFormat::Text => {
            for (number, candidate) in (first..).zip(candidates) {
                session::print(&text(number, candidate));
            }
        }
    }
}

fn text(number: usize, candidate: &Candidate<'_>) -> String {
    let mut text = format!("{number}. {}\n", candidate.fix.title());
    let _ = writeln!(text, "   {}", style::quiet("all that it changes:"));
    let rows = Row::of_difference(&candidate.fix.difference, &[]);
    for line in render(&rows, ListFormat::Text, &Explain::No).lines() {
        let _ = writeln!(text, "   {line}");
    }
    if rows.is_empty() {
        let _ = writeln!(text, "   nothing between whole workloads, only between some of their pods");
    }
    text.push_str(&candidate.patch);
    text.push('\n');
    text
}
