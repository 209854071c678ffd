//! `portcullis lint`: what is seldom or never meant, in these policies together with their cluster.

mod baseline;
mod choice;
mod page;
mod report;
mod sarif;
mod text;

use portcullis::analyze::lint::{Finding, lint};
use portcullis::ask::failure::Failure;
use portcullis::manifest::{LoadOptions, Source, Strength};

use crate::approved::Approved;
use crate::args::{FailOn, LintArgs, LintFormat};
use crate::decider::find_profiles;
use crate::exit::Exit;
use crate::input;
use crate::load::load_documents;
use crate::session::{self, fail, print, print_json};
use baseline::Baseline;
use choice::Choice;
pub(crate) use choice::known;
use report::Report;

pub(crate) fn run(args: &LintArgs) -> Exit {
    if args.list_checks {
        return page::list(args.output);
    }
    if let Some(id) = &args.explain {
        return page::explain(id);
    }
    match answer(args) {
        Ok(exit) => exit,
        Err(failure) => fail(&failure),
    }
}

fn answer(args: &LintArgs) -> Result<Exit, Failure> {
    let choice = Choice::new(&args.check, &args.skip)?;
    let profiles = find_profiles(&args.profile, &args.settings)?;
    let approved = args.approved.as_deref().map(Approved::open).transpose()?.unwrap_or_default();
    let baseline = match (&args.baseline, args.write_baseline) {
        (Some(path), false) => Baseline::read(path)?,
        _ => Baseline::default(),
    };
    let documents = input::read_manifests(&args.files)?;
    let namespace = args.namespace.as_deref();
    let options = LoadOptions { namespace: namespace.map(str::to_string), strength: Strength::Stored };
    let (mut findings, objects, is_complete) = match load_documents(&documents, namespace, options.strength) {
        Ok(loaded) => {
            let objects = loaded.report.objects;
            let text = |document: &input::Document| document.text.as_ref().ok().cloned();
            let sources: Vec<Source> = documents
                .iter()
                .filter_map(|document| Some(Source { name: document.name.clone(), text: text(document)? }))
                .collect();
            (lint(&sources, &options, loaded, &profiles), objects, true)
        }
        // What no API server would hold has no flows to look at.
        Err(report) => (report.problems.iter().map(Finding::of_problem).collect(), report.objects, false),
    };
    findings.retain(|finding| !is_complete || choice.wants(finding.check));
    if let (Some(path), true) = (&args.baseline, args.write_baseline) {
        if !is_complete {
            let message =
                "some objects are refused, and a baseline has to know them all; run `portcullis validate`";
            return Err(Failure::new("refused", message));
        }
        Baseline::of(&findings).write(path)?;
        let line = format!("{} findings are in the baseline `{}` now\n", findings.len(), path.display());
        print(&line);
        return Ok(Exit::Yes);
    }
    let report = Report::new(findings, &approved, baseline, objects, is_complete);
    for note in report.notes() {
        session::remark(&note);
    }
    match args.output {
        LintFormat::Json => print_json(&report.to_json()),
        LintFormat::Sarif => print_json(&sarif::of(&report)),
        LintFormat::Text => print(&text::of(&report, &documents)),
    }
    Ok(match args.fail_on {
        _ if !is_complete => Exit::Usage,
        FailOn::Never => Exit::Yes,
        fail_on if report.counts_from(fail_on.level()) > 0 => Exit::No,
        _ => Exit::Yes,
    })
}
