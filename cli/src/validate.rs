//! `portcullis validate`: would the newest API server accept these objects?

use portcullis::manifest::{Report, Severity, Strength};
use portcullis::sorted::SortedMap;

use crate::args::{Format, ValidateArgs};
use crate::exit::Exit;
use crate::input;
use crate::load::load_documents;
use crate::output::problems;
use crate::session::{fail, print, print_json};

pub(crate) fn run(args: &ValidateArgs) -> Exit {
    let documents = match input::read_manifests(&args.input.paths()) {
        Ok(documents) => documents,
        Err(failure) => return fail(&failure),
    };
    let namespace = args.input.namespace.as_deref();
    let report = match load_documents(&documents, namespace, Strength::Create) {
        Ok(loaded) => loaded.report,
        Err(report) => report,
    };
    match args.output {
        Format::Json => print_json(&report.to_json()),
        Format::Text => {
            print(&problems::all_to_text(&report, &documents));
            print(&summary(&report));
        }
    }
    if report.has_errors() { Exit::No } else { Exit::Yes }
}

fn summary(report: &Report) -> String {
    let errors = report.problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let warnings = report.problems.len().saturating_sub(errors);
    let verdict = if errors == 0 { "valid" } else { "not valid" };
    let mut text = format!("{verdict}: {}", counted(report.objects, "object"));
    if errors > 0 {
        text.push_str(&format!(", {}", counted(errors, "error")));
    }
    if warnings > 0 {
        text.push_str(&format!(", {}", counted(warnings, "warning")));
    }
    text.push_str(&skipped(&report.skipped));
    text.push('\n');
    text
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn skipped(kinds: &SortedMap<String, usize>) -> String {
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if kinds.is_empty() {
        String::new()
    } else {
        format!("; skipped, because not read: {}", kinds.join(", "))
    }
}
