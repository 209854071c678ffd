//! `portcullis why`: one flow in full.

use crate::args::{FlowArgs, Format};
use crate::eval::exit_of;
use crate::exit::Exit;
use crate::output::excerpt::Excerpts;
use crate::output::json::LineJson;
use crate::output::text;
use crate::output::trace::Explanation;
use crate::session::{self, Session};

pub(crate) fn run(args: &FlowArgs) -> Exit {
    let session = match Session::open(&args.input, &args.decide, args.output) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let judge = session.judge();
    let question = args.asked.question(args.input.namespace.as_deref());
    let asked = question.and_then(|question| Ok((judge.answer(&question)?, question)));
    let (answer, question) = match asked {
        Ok(asked) => asked,
        Err(failure) => return session::refuse(args.output, &failure),
    };
    let Some(cell) = answer.telling_cell() else {
        // A service without a path: there is no side to explain.
        match args.output {
            Format::Json => session::print_json(&LineJson::new(&judge, Ok(&answer))),
            Format::Text => session::print(&text::answer(&judge, &question, &answer)),
        }
        return exit_of(answer.outcome());
    };
    let explanation = Explanation::new(&judge, &question, &answer, cell, session.notes());
    match args.output {
        Format::Json => session::print_json(&explanation.to_json()),
        Format::Text => session::print(&explanation.to_text(&Excerpts::new(&session.documents))),
    }
    exit_of(answer.outcome())
}
