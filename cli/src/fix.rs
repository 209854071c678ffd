//! `portcullis fix`: the smallest changes of manifests that bring a verdict about.

use std::fs;
use std::path::Path;

use portcullis::Verdict;
use portcullis::analyze::fix::{Fix, FixError, Setting, fixes};
use portcullis::ask::answer::Judge;
use portcullis::ask::ends::EndName;
use portcullis::ask::failure::Failure;
use portcullis::ask::question::{Carried, Question};
use portcullis::corpus::{Probe, ProbeEnd, ProbePort};
use portcullis::flow::Transport;
use portcullis::manifest::{LoadOptions, Source, Strength};
use portcullis::net::{PortName, Protocol};

use crate::args::{FixArgs, FixFormat, Want};
use crate::exit::Exit;
use crate::input::Document;
use crate::output::fixes::{self, Candidate};
use crate::session::{self, Session};

pub(crate) fn run(args: &FixArgs) -> Exit {
    let session = match Session::open(&args.input, &args.decide, args.output.of_problems()) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    match answer(args, &session) {
        Ok(exit) => exit,
        Err(failure) => session::fail(&failure),
    }
}

fn answer(args: &FixArgs, session: &Session) -> Result<Exit, Failure> {
    let namespace = args.input.namespace.as_deref();
    let question = args.asked.question(namespace)?;
    let probe = probe(&question, &session.judge())?;
    let sources: Vec<Source> = session.documents.iter().filter_map(source).collect();
    let cluster = session.engine.cluster();
    let setting = Setting {
        load: LoadOptions { namespace: args.input.namespace.clone(), strength: Strength::Stored },
        options: session.engine.options(),
        resolved: cluster.resolved().map(|(name, addresses)| (name.clone(), addresses.to_vec())).collect(),
    };
    let want = match args.want {
        Want::Allow => Verdict::Allow,
        Want::Deny => Verdict::Deny,
    };
    let found = match fixes(&sources, &setting, &probe, want) {
        Ok(found) => found,
        Err(FixError::AlreadySo) => {
            let word = if want.is_allow() { "allowed" } else { "denied" };
            fixes::print_none(args.output, &format!("nothing to do: it is {word} already"));
            return Ok(Exit::Yes);
        }
        Err(error) => return Err(Failure::new("no-fix", error.to_string())),
    };
    if found.is_empty() {
        fixes::print_none(args.output, "no small change of these policies brings it about");
        return Ok(Exit::No);
    }
    let candidates: Vec<Candidate<'_>> = found.iter().map(|fix| Candidate::new(fix, &sources)).collect();
    let number = args.candidate.unwrap_or(1);
    let chosen = number.checked_sub(1).and_then(|at| candidates.get(at));
    let Some(chosen) = chosen else {
        let message = format!("there is no candidate {number}; there are {}", candidates.len());
        return Err(Failure::new("no-candidate", message));
    };
    let only = args.candidate.is_some() || args.write || args.output == FixFormat::Patch;
    let shown = if only { std::slice::from_ref(chosen) } else { &candidates };
    let first = if only { number } else { 1 };
    fixes::print(args.output, shown, first);
    if args.write {
        write(chosen.fix)?;
    }
    Ok(Exit::Yes)
}

fn source(document: &Document) -> Option<Source> {
    let text = document.text.as_deref().ok()?.to_string();
    Some(Source { name: document.name.clone(), text })
}

/// The question as the corpus has it, with the names that the cluster gives its ends.
fn probe(question: &Question, judge: &Judge<'_>) -> Result<Probe, Failure> {
    let from = end(&question.from, judge)?;
    let to = end(&question.to, judge)?;
    let (protocol, port, icmp) = match &question.carried {
        Carried::Known(Transport::Ports { protocol, port, .. }) => {
            (Protocol::L4(*protocol), Some(ProbePort::Number(*port)), None)
        }
        Carried::Known(Transport::Other { protocol, icmp }) => (Protocol::Other(*protocol), None, *icmp),
        Carried::Named { protocol, name, .. } => {
            let name = PortName::try_from(name.as_str());
            let name = name.map_err(|error| Failure::new("bad-port", format!("a port's name {error}")))?;
            (Protocol::L4(*protocol), Some(ProbePort::Name(name)), None)
        }
    };
    Ok(Probe { icmp, ..Probe::new(from, to, protocol, port) })
}

fn end(end: &EndName, judge: &Judge<'_>) -> Result<ProbeEnd, Failure> {
    if let EndName::Service { namespace, name } = end {
        judge.names().service(namespace, name)?;
        return Ok(ProbeEnd::Service(format!("{namespace}/{name}")));
    }
    let found = judge.names().find(end)?;
    Ok(match end {
        EndName::Address(address) => ProbeEnd::Ip(*address),
        _ if found.is_workload => ProbeEnd::Workload(found.name),
        _ => ProbeEnd::Pod(found.name),
    })
}

fn write(fix: &Fix) -> Result<(), Failure> {
    if let Some(text) = fix.texts.iter().find(|text| !Path::new(&text.name).is_file()) {
        let message =
            format!("`{}` is no file that could be changed; use `-o patch`, or name a file", text.name);
        return Err(Failure::new("not-a-file", message));
    }
    for text in &fix.texts {
        fs::write(&text.name, &text.text)
            .map_err(|error| Failure::new("unwritable", format!("cannot write `{}`: {error}", text.name)))?;
    }
    Ok(())
}
