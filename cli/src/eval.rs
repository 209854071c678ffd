//! `portcullis eval`: one flow.

use portcullis::ask::answer::Outcome;

use crate::args::{EvalArgs, Format};
use crate::deputy;
use crate::exit::Exit;
use crate::output::json::LineJson;
use crate::output::text;
use crate::session::{self, Session};

pub(crate) fn run(args: &EvalArgs) -> Exit {
    let (args, engine) = (&args.flow, args.engine);
    let session = match Session::open(&args.input, &args.decide, args.output) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let deputy = match deputy::of(&session, &args.input, engine) {
        Ok(deputy) => deputy,
        Err(failure) => return session::refuse(args.output, &failure),
    };
    let judge = session.judge_by(deputy.as_ref());
    let question = match args.asked.question(args.input.namespace.as_deref()) {
        Ok(question) => question,
        Err(failure) => return session::refuse(args.output, &failure),
    };
    let answer = match judge.answer(&question) {
        Ok(answer) => answer,
        Err(failure) => return session::refuse(args.output, &failure),
    };
    let outcome = answer.outcome();
    match args.output {
        Format::Json => session::print_json(&LineJson::new(&judge, Ok(&answer))),
        Format::Text => session::print(&text::answer(&judge, &question, &answer)),
    }
    exit_of(outcome)
}

/// 0 when everything is allowed, 1 when something is denied, 3 when it is not known.
pub(crate) fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Allowed => Exit::Yes,
        Outcome::Denied | Outcome::Some => Exit::No,
        Outcome::Unknown => Exit::Unknown,
    }
}
