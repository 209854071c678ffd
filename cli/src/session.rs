//! What the commands that decide flows share: load, compile, report problems.

use std::cell::OnceCell;
use std::fmt::Write as _;
use std::io::Write;

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use portcullis::Engine;
use portcullis::ask::answer::Judge;
use portcullis::ask::failure::Failure;
use portcullis::manifest::{Loaded, Report, Strength};
use portcullis::profile::{Comparison, Profile};
use serde::Serialize;

use crate::args::{DecideArgs, Format, InputArgs};
use crate::decider::Decider;
use crate::exit::Exit;
use crate::input::{self, Document};
use crate::load::load_documents;
use crate::output::json::LineJson;
use crate::output::{problems, style};
use crate::progress;
use crate::sandbox::Sandbox;

/// A loaded and compiled cluster.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) documents: Vec<Document>,
    pub(crate) report: Report,
    /// Decides as the specification says, or as the plugin does in the first way that it could be.
    pub(crate) engine: Engine,
    /// The plugin that decides; the specification has none.
    pub(crate) profile: Option<Profile>,
    /// The plugin beside the specification; compiled when somebody asks.
    comparison: OnceCell<Option<Comparison>>,
}

impl Session {
    /// Reads, loads and compiles what the arguments name; problems go to standard error.
    pub(crate) fn open(input: &InputArgs, decide: &DecideArgs, format: Format) -> Result<Self, Exit> {
        // What is wrong with the arguments is said before anything is read.
        let decider = Decider::read(decide).map_err(|failure| fail(&failure))?;
        let documents = progress::during("reading manifests", || input::read_manifests(&input.paths()))
            .map_err(|failure| fail(&failure))?;
        Self::of(documents, input, &decider, format)
    }

    /// Loads and compiles documents; problems go to standard error.
    pub(crate) fn of(
        documents: Vec<Document>,
        input: &InputArgs,
        decider: &Decider,
        format: Format,
    ) -> Result<Self, Exit> {
        let load = || load_documents(&documents, input.namespace.as_deref(), Strength::Stored);
        match progress::during("checking manifests", load) {
            Ok(Loaded { cluster, policies, report }) => {
                if !progress::is_quiet() {
                    print_problems(&report, &documents, format);
                }
                let compile = || Engine::new(cluster, policies, decider.options);
                let mut engine = progress::during("compiling policies", compile);
                decider.resolve(&mut engine).map_err(|failure| fail(&failure))?;
                let (profile, comparison) = (decider.profile.clone(), OnceCell::new());
                Ok(Self { documents, report, engine, profile, comparison })
            }
            Err(report) => {
                print_problems(&report, &documents, format);
                Err(Exit::Usage)
            }
        }
    }

    /// Answers questions, as the plugin does where one decides.
    pub(crate) fn judge(&self) -> Judge<'_> {
        let compared = self.comparison.get_or_init(|| {
            let (cluster, policies) = (self.engine.cluster().clone(), self.engine.policies().clone());
            self.profile.as_ref().map(|profile| Comparison::new(cluster, policies, profile))
        });
        compared.as_ref().map_or_else(|| Judge::new(&self.engine), Judge::of_plugin)
    }

    /// Answers questions as somebody else than this program does, where there is one.
    pub(crate) fn judge_by<'a>(&'a self, deputy: Option<&'a Sandbox>) -> Judge<'a> {
        deputy.map_or_else(|| self.judge(), |deputy| Judge::by_deputy(&self.engine, deputy))
    }

    /// The engines of the ways that a plugin could be.
    pub(crate) fn ways_of(&self, profile: &Profile) -> Result<Vec<Engine>, Failure> {
        let worlds = profile.worlds(self.engine.policies()).ok_or_else(|| {
            let message = format!("too little is known of `{profile}` to say anything; name another version");
            Failure::new("unknown-profile", message)
        })?;
        let engine =
            |options| Engine::new(self.engine.cluster().clone(), self.engine.policies().clone(), options);
        Ok(worlds.into_iter().map(engine).collect())
    }

    /// The engines of the ways that the plugin could be, where there are several.
    pub(crate) fn open_ways(&self) -> Result<Option<Vec<Engine>>, Failure> {
        let ways = self.profile.as_ref().map(|profile| self.ways_of(profile)).transpose()?;
        Ok(ways.filter(|ways| ways.len() > 1))
    }

    /// What the load assumed about more than one flow.
    pub(crate) fn notes(&self) -> Vec<String> {
        let skipped = self.report.skipped.iter().map(|(kind, count)| format!("{count} {kind}"));
        let skipped: Vec<String> = skipped.collect();
        if skipped.is_empty() {
            return Vec::new();
        }
        vec![format!("objects of kinds that are not read were skipped: {}", skipped.join(", "))]
    }
}

/// Says on standard error what a load found.
pub(crate) fn print_problems<'d>(
    report: &Report,
    documents: impl IntoIterator<Item = &'d Document>,
    format: Format,
) {
    if report.problems.is_empty() {
        return;
    }
    let text = match format {
        Format::Json => format!("{}\n", report.to_json()),
        Format::Text => problems::errors_first_to_text(report, documents),
    };
    print_to(&mut anstream::stderr().lock(), &text);
}

/// Says on standard error why a command cannot go on.
pub(crate) fn fail(failure: &Failure) -> Exit {
    let text = format!("{}: {failure}\n", style::error("error"));
    print_to(&mut anstream::stderr().lock(), &text);
    Exit::Usage
}

/// Says on standard error what the reader should know beside the result.
pub(crate) fn remark(text: &str) {
    if progress::is_quiet() {
        return;
    }
    print_to(&mut anstream::stderr().lock(), &format!("{}: {text}\n", style::quiet("note")));
}

/// Says why a flow has no answer, in JSON on standard output too where that is the format.
pub(crate) fn refuse(format: Format, failure: &Failure) -> Exit {
    let exit = fail(failure);
    if format == Format::Json {
        print_json(&LineJson::of_failure(failure));
    }
    exit
}

/// Prints a result.
pub(crate) fn print(text: &str) {
    goes_on(text);
}

/// Prints a part of a result; whether somebody still reads.
pub(crate) fn goes_on(text: &str) -> bool {
    let stdout = std::io::stdout();
    if AutoStream::choice(&stdout) == ColorChoice::Never {
        // A stream that takes colours out writes what is between them piece by piece.
        let mut plain = String::with_capacity(text.len());
        let _ = write!(plain, "{}", strip_str(text));
        return print_to(&mut stdout.lock(), &plain);
    }
    print_to(&mut anstream::stdout().lock(), text)
}

/// Says something on standard error that ends nothing.
pub(crate) fn warn(text: &str) {
    print_to(&mut anstream::stderr().lock(), &format!("{}: {text}\n", style::warning("warning")));
}

/// Prints a result as one line of JSON.
pub(crate) fn print_json<T: Serialize>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => print(&format!("{text}\n")),
        Err(error) => {
            fail(&Failure::new("output", format!("the result cannot be written as JSON: {error}")));
        }
    }
}

/// A reader that goes away before the end is no error of ours.
fn print_to(stream: &mut impl Write, text: &str) -> bool {
    stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).is_ok()
}
