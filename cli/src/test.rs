//! `portcullis test`: whether assertions hold.

use std::path::Path;

use portcullis::analyze::assertions::{Assertions, init};
use portcullis::ask::failure::Failure;
use portcullis::manifest::{Problem, Report};

use crate::args::{TestArgs, TestFormat};
use crate::exit::Exit;
use crate::input::{self, Document};
use crate::output::assertions::{Results, json, junit, tap, text};
use crate::session::{self, Session};

pub(crate) fn run(args: &TestArgs) -> Exit {
    let stdin = Path::new("-");
    let named = args.input.paths().into_iter().chain(args.tests.iter().cloned());
    if named.filter(|file| file == stdin).count() > 1 {
        let message =
            "manifests and assertions cannot both come from standard input; name a file for one of them";
        return session::fail(&Failure::new("stdin-twice", message));
    }
    let session = match Session::open(&args.input, &args.decide, args.output.of_problems()) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    if args.init {
        session::print(&init(&session.engine));
        return Exit::Yes;
    }
    let more = if args.tests.is_empty() { Ok(Vec::new()) } else { input::read_all(&args.tests) };
    let more = match more {
        Ok(documents) => documents,
        Err(failure) => return session::fail(&failure),
    };
    let own = session.documents.iter();
    let known = |document: &&Document| own.clone().all(|other| other.name != document.name);
    let documents: Vec<&Document> = own.clone().chain(more.iter().filter(known)).collect();
    if let Some(document) = documents.iter().find(|document| document.text.is_err()) {
        let message = format!("`{}` is no text; save it as UTF-8", document.name);
        return session::fail(&Failure::new("unreadable", message));
    }
    let texts = documents
        .iter()
        .filter_map(|document| Some((document.name.as_str(), document.text.as_deref().ok()?)));
    let refuse = |problems: Vec<Problem>| {
        let report = Report { problems, ..Report::default() };
        let documents = documents.iter().copied();
        session::print_problems(&report, documents, args.output.of_problems());
        Exit::Usage
    };
    let assertions = match Assertions::read(texts, args.input.namespace.as_deref()) {
        Ok(assertions) => match &session.profile {
            Some(profile) => assertions.with_profile(profile),
            None => assertions,
        },
        Err(problems) => return refuse(problems),
    };
    if assertions.is_empty() {
        let message = "there are no assertions (`kind: PolicyTest`) in these files; name others with `--tests`, or have \
                       some written with `--init`";
        return session::fail(&Failure::new("no-assertions", message));
    }
    let checked = match assertions.check(&session.engine) {
        Ok(checked) => checked,
        Err(problems) => return refuse(problems),
    };
    let results = Results::new(&checked);
    match args.output {
        TestFormat::Json => session::print_json(&json::results(&results)),
        TestFormat::Junit => session::print(&junit::results(&results)),
        TestFormat::Tap => session::print(&tap::results(&results)),
        TestFormat::Text => session::print(&text::results(&results)),
    }
    if checked.holds() { Exit::Yes } else { Exit::No }
}
