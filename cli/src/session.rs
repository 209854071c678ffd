//! What the commands that decide flows share: load, compile, report problems.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::IpAddr;

use portcullis::manifest::{Loaded, Report, Strength};
use portcullis::net::{DomainName, parse_address};
use portcullis::{Delta, Engine, Options};
use serde::Serialize;

use crate::args::{DecideArgs, Format, InputArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input::{self, Document};
use crate::load::load_documents;
use crate::output::json::LineJson;
use crate::output::{problems, style};

/// The profiles that exist.
const PROFILES: [&str; 1] = ["upstream"];

/// A loaded and compiled cluster.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) documents: Vec<Document>,
    pub(crate) report: Report,
    pub(crate) engine: Engine,
}

impl Session {
    /// Reads, loads and compiles what the arguments name; problems go to standard error.
    pub(crate) fn open(input: &InputArgs, decide: &DecideArgs, format: Format) -> Result<Self, Exit> {
        // What is wrong with the arguments is said before anything is read.
        options(decide).map_err(|failure| fail(&failure))?;
        let documents = input::read_all(&input.paths()).map_err(|failure| fail(&failure))?;
        Self::of(documents, input, decide, format)
    }

    /// Loads and compiles documents; problems go to standard error.
    pub(crate) fn of(
        documents: Vec<Document>,
        input: &InputArgs,
        decide: &DecideArgs,
        format: Format,
    ) -> Result<Self, Exit> {
        let options = options(decide).map_err(|failure| fail(&failure))?;
        match load_documents(&documents, input.namespace.as_deref(), Strength::Stored) {
            Ok(Loaded { cluster, policies, report }) => {
                print_problems(&report, &documents, format);
                let mut engine = Engine::new(cluster, policies, options);
                resolve(&mut engine, decide).map_err(|failure| fail(&failure))?;
                Ok(Self { documents, report, engine })
            }
            Err(report) => {
                print_problems(&report, &documents, format);
                Err(Exit::Usage)
            }
        }
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

fn options(args: &DecideArgs) -> Result<Options, Failure> {
    if !PROFILES.contains(&args.profile.as_str()) {
        let message =
            format!("there is no profile `{}`; profiles are `{}`", args.profile, PROFILES.join("`, `"));
        return Err(Failure::new("unknown-profile", message));
    }
    let mut options = Options::default();
    for setting in &args.settings {
        let Some((key, value)) = setting.split_once('=') else {
            let message = format!("`--set {setting}` has no value; write `--set {setting}=VALUE`");
            return Err(Failure::new("bad-setting", message));
        };
        options.set(key, value).map_err(|error| Failure::new("bad-setting", error.to_string()))?;
    }
    Ok(options)
}

/// Tells the engine which addresses domain names have (CNP-012).
fn resolve(engine: &mut Engine, args: &DecideArgs) -> Result<(), Failure> {
    let mut names: BTreeMap<DomainName, Vec<IpAddr>> = BTreeMap::new();
    for resolved in &args.resolved {
        let bad = |why: &str| Failure::new("bad-name", format!("`--resolve {resolved}`: {why}"));
        let (name, address) = resolved.split_once('=').ok_or_else(|| bad("write `NAME=ADDRESS`"))?;
        let name = DomainName::try_from(name).map_err(|error| bad(&format!("the name {error}")))?;
        let address = parse_address(address).map_err(|error| bad(&error.to_string()))?;
        names.entry(name).or_default().push(address);
    }
    let deltas = names.into_iter().map(|(name, addresses)| Delta::Resolved { name, addresses });
    // Whatever a name has, there is room for it.
    engine.apply_all(deltas).map_err(|error| Failure::new("bad-name", error.to_string()))?;
    Ok(())
}

fn print_problems(report: &Report, documents: &[Document], format: Format) {
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

/// Says why a flow has no answer, in JSON on standard output too where that is the format.
pub(crate) fn refuse(format: Format, engine: &Engine, failure: &Failure) -> Exit {
    let exit = fail(failure);
    if format == Format::Json {
        print_json(&LineJson::new(engine, Err(failure)));
    }
    exit
}

/// Prints a result.
pub(crate) fn print(text: &str) {
    print_to(&mut anstream::stdout().lock(), text);
}

/// Prints a part of a result; whether somebody still reads.
pub(crate) fn goes_on(text: &str) -> bool {
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
