//! Tests of loading.

mod changes;
mod codes;
mod documents;
mod owners;
mod pods;
mod workspace;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{LoadOptions, Loaded, Source, load};
use crate::manifest::{Problem, Report, Strength};

/// Loads one text.
fn read(text: &str, strength: Strength) -> Result<Loaded, Report> {
    let source = Source { name: "a.yaml".to_string(), text: text.to_string() };
    load(&[source], &LoadOptions { namespace: None, strength })
}

/// Loads one text that is sound.
fn sound(text: &str) -> Loaded {
    read(text, Strength::Stored).unwrap_or_else(|report| panic!("{text}\n{:#?}", report.problems))
}

fn problems(outcome: Result<Loaded, Report>) -> Vec<Problem> {
    match outcome {
        Ok(loaded) => loaded.report.problems,
        Err(report) => report.problems,
    }
}

/// The codes and fields of all problems.
fn codes(outcome: Result<Loaded, Report>) -> Vec<String> {
    problems(outcome).iter().map(|problem| format!("{} {}", problem.code, problem.field)).collect()
}

fn pod_names(loaded: &Loaded) -> Vec<String> {
    loaded.cluster.pods().map(|(_, pod)| pod.to_string()).collect()
}

fn notes(loaded: &Loaded) -> Vec<String> {
    loaded.report.notes.iter().map(ToString::to_string).collect()
}
