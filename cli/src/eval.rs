//! `portcullis eval`: one flow.

use crate::answer::{Judge, Outcome};
use crate::args::{EvalArgs, Format};
use crate::exit::Exit;
use crate::output::json::LineJson;
use crate::output::text;
use crate::question::Question;
use crate::session::{self, Session};

pub(crate) fn run(args: &EvalArgs) -> Exit {
    let (args, engine) = (&args.flow, args.engine);
    let session = match Session::open(&args.input, &args.decide, args.output) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let judge = match Judge::with(&session, &args.input, engine) {
        Ok(judge) => judge,
        Err(failure) => return session::refuse(args.output, &failure),
    };
    let question = match Question::from_args(args) {
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
