//! `portcullis replay`: a stream of flows, one answer a line.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use portcullis::ask::answer::{Answer, Judge, Outcome};
use portcullis::ask::failure::Failure;
use portcullis::ask::question::Question;

use crate::args::ReplayArgs;
use crate::case;
use crate::deputy;
use crate::exit::Exit;
use crate::lines::read_line;
use crate::output::json::LineJson;
use crate::session::{Session, fail};

pub(crate) fn run(args: &ReplayArgs) -> Exit {
    let stdin = Path::new("-");
    if args.flows == stdin && args.input.paths().iter().any(|file| file == stdin) {
        let message = "manifests and flows cannot both come from standard input; name a file for one of them";
        return fail(&Failure::new("stdin-twice", message));
    }
    let session = match Session::open(&args.input, &args.decide, args.output) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let flows: Box<dyn Read> = if args.flows == stdin {
        Box::new(io::stdin())
    } else {
        match File::open(&args.flows) {
            Ok(file) => Box::new(file),
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", args.flows.display());
                return fail(&Failure::new("unreadable", message));
            }
        }
    };
    let deputy = match deputy::of(&session, &args.input, args.engine) {
        Ok(deputy) => deputy,
        Err(failure) => return fail(&failure),
    };
    let judge = session.judge_by(deputy.as_ref());
    let mut stream = Stream { args, judge: &judge, all_answered: true, to_save: None };
    match stream.replay(BufReader::new(flows)) {
        // A reader that goes away has seen what it wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return fail(&Failure::new("unreadable", format!("cannot replay the flows: {error}")));
        }
        _ => {}
    }
    let answered = if stream.all_answered { Exit::Yes } else { Exit::Unknown };
    let Some(path) = &args.save_case else { return answered };
    let Some(answer) = stream.to_save else {
        let message = format!("line {} has no flow with an answer, so there is no case to save", args.line);
        return fail(&Failure::new("nothing-to-save", message));
    };
    match case::save(path, &session, &judge, &answer, args.input.namespace.as_deref()) {
        Ok(()) => answered,
        Err(failure) => fail(&failure),
    }
}

struct Stream<'a> {
    args: &'a ReplayArgs,
    judge: &'a Judge<'a>,
    all_answered: bool,
    /// The flow of the line that `--save-case` means, once it was read.
    to_save: Option<Answer>,
}

impl Stream<'_> {
    fn replay(&mut self, mut flows: BufReader<Box<dyn Read>>) -> io::Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        let mut number: usize = 0;
        let mut line = Vec::new();
        while read_line(&mut flows, &mut line)? {
            number = number.saturating_add(1);
            if line.trim_ascii().is_empty() {
                continue;
            }
            let answered = self.answer(&line);
            let json = LineJson::new(self.judge, answered.as_ref());
            serde_json::to_writer(&mut out, &json)?;
            out.write_all(b"\n")?;
            // Whoever sends flows one by one waits for each answer.
            if flows.buffer().is_empty() {
                out.flush()?;
            }
            if answered.as_ref().is_ok_and(|answer| answer.outcome() == Outcome::Unknown) {
                self.all_answered = false;
            }
            match answered {
                Ok(answer) if self.args.save_case.is_some() && number == self.args.line => {
                    self.to_save = Some(answer);
                }
                Ok(_) => {}
                Err(_) => self.all_answered = false,
            }
        }
        out.flush()
    }

    fn answer(&self, line: &[u8]) -> Result<Answer, Failure> {
        let text = std::str::from_utf8(line)
            .map_err(|_| Failure::new("bad-line", "the line is no flow: it is not UTF-8"))?;
        let question = Question::from_line(text, self.args.input.namespace.as_deref())?;
        self.judge.answer(&question)
    }
}
