//! `portcullis suggest`: the policies that allow just what a log of flows shows.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use portcullis::analyze::suggest::{Seen, Subject, Subjects, Suggestions, suggest};
use portcullis::ask::answer::Judge;
use portcullis::ask::ends::EndName;
use portcullis::ask::failure::{Failure, listed};
use portcullis::ask::question::Question;
use portcullis::cluster::{Cluster, Pod, PodIdentity, WorkloadKind};
use serde::Serialize;

use crate::args::{Format, SuggestArgs, SuggestFormat};
use crate::exit::Exit;
use crate::lines::read_line;
use crate::session::{self, Session, print_json};

/// How many lines that cannot be used are told.
const TOLD: usize = 10;

pub(crate) fn run(args: &SuggestArgs) -> Exit {
    let stdin = Path::new("-");
    if args.flows == stdin && args.input.paths().iter().any(|file| file == stdin) {
        let message = "manifests and flows cannot both come from standard input; name a file for one of them";
        return session::fail(&Failure::new("stdin-twice", message));
    }
    let format = if args.output == SuggestFormat::Json { Format::Json } else { Format::Text };
    let session = match Session::open(&args.input, &args.decide, format) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    match found(args, &session) {
        Ok(suggestions) => print(args.output, &suggestions),
        Err(failure) => session::fail(&failure),
    }
}

fn found(args: &SuggestArgs, session: &Session) -> Result<Suggestions, Failure> {
    let subjects = if args.subjects.is_empty() {
        Subjects::AllSeen
    } else {
        let read = args.subjects.iter().map(|text| subject(text, session.engine.cluster()));
        Subjects::Of(read.collect::<Result<_, _>>()?)
    };
    let flows: Box<dyn Read> = if args.flows == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&args.flows).map_err(|error| {
            Failure::new("unreadable", format!("cannot read `{}`: {error}", args.flows.display()))
        })?)
    };
    let seen = seen(&args.flows.display().to_string(), flows, args, &session.judge())?;
    let suggestions = suggest(&session.engine, &seen, &subjects);
    if suggestions.policies == 0 && suggestions.left_out.is_empty() {
        let message =
            "no pod of these manifests has a part in these flows, so that there is nothing to suggest";
        return Err(Failure::new("nothing-seen", message));
    }
    Ok(suggestions)
}

/// The flows of a log; a line that is none is refused, because a log read in part would make policies that are too strict.
fn seen(
    file: &str,
    flows: Box<dyn Read>,
    args: &SuggestArgs,
    judge: &Judge<'_>,
) -> Result<Vec<Seen>, Failure> {
    let mut flows = BufReader::new(flows);
    let (mut seen, mut line, mut number, mut bad) = (Vec::new(), Vec::new(), 0_usize, Vec::new());
    let unreadable = |error| Failure::new("unreadable", format!("cannot read the flows: {error}"));
    while read_line(&mut flows, &mut line).map_err(unreadable)? {
        number = number.saturating_add(1);
        if line.trim_ascii().is_empty() {
            continue;
        }
        let read = std::str::from_utf8(&line)
            .map_err(|_| Failure::new("bad-line", "the line is no flow: it is not UTF-8"))
            .and_then(|text| Question::counted(text, args.input.namespace.as_deref()))
            .and_then(|(question, count)| Ok((judge.answer(&question)?, count)));
        match read {
            Ok((answer, count)) => seen.extend(answer.cells.iter().map(|cell| match cell.path {
                Some(path) => Seen { sent: path.sent, seen: path.seen, count },
                None => Seen { sent: cell.flow, seen: cell.flow, count },
            })),
            Err(failure) => bad.push(format!("{file}:{number}: {failure}")),
        }
    }
    if bad.is_empty() {
        return Ok(seen);
    }
    let more = match bad.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("\n  and {more} more lines"),
    };
    bad.truncate(TOLD);
    let message = format!("some lines cannot be used\n  {}{more}", bad.join("\n  "));
    Err(Failure::new("bad-line", message))
}

/// A namespace, or a workload as ends are named.
fn subject(text: &str, cluster: &Cluster) -> Result<Subject, Failure> {
    let named = |namespace: &str, kind, name: &str| Subject {
        namespace: namespace.to_string(),
        name: Some((kind, name.to_string())),
    };
    if !text.contains('/') {
        if cluster.pods().any(|(_, pod)| pod.namespace == text) {
            return Ok(Subject { namespace: text.to_string(), name: None });
        }
        let namespaces: std::collections::BTreeSet<&str> =
            cluster.pods().map(|(_, pod)| pod.namespace.as_str()).collect();
        let message =
            format!("`--for {text}`: no pod is in such a namespace; there are {}", listed(namespaces));
        return Err(Failure::new("no-such-end", message));
    }
    let end = EndName::parse(text, None)?;
    let (namespace, kind, name) = match &end {
        EndName::Any { namespace, name } => (namespace, None, name),
        EndName::Workload { namespace, workload } => (namespace, Some(Some(workload.kind)), &workload.name),
        EndName::Pod { namespace, name } => (namespace, Some(None), name),
        EndName::Address(_) | EndName::Service { .. } => {
            let message = format!("`--for {text}`: policies select pods; name a namespace or a workload");
            return Err(Failure::new("bad-end", message));
        }
    };
    let mut kinds: Vec<Option<WorkloadKind>> = cluster
        .pods()
        .map(|(_, pod)| pod)
        .filter(|pod| pod.namespace == *namespace)
        .map(owner)
        .filter(|(own_kind, own)| own == name && kind.is_none_or(|kind| kind == *own_kind))
        .map(|(kind, _)| kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    match kinds.as_slice() {
        [only] => Ok(named(namespace, *only, name)),
        [] => Err(Failure::new("no-such-end", format!("`--for {text}`: there is no such workload"))),
        _ => {
            let message = format!("`--for {text}` is ambiguous; write `ns/kind/name`");
            Err(Failure::new("ambiguous-end", message))
        }
    }
}

fn owner(pod: &Pod) -> (Option<WorkloadKind>, &str) {
    match (&pod.workload, &pod.identity) {
        (Some(workload), _) | (None, PodIdentity::Template(workload)) => {
            (Some(workload.kind), &workload.name)
        }
        (None, PodIdentity::Named(name)) => (None, name),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SuggestionsJson<'a> {
    policies: usize,
    yaml: &'a str,
    left_out: &'a [String],
}

fn print(format: SuggestFormat, suggestions: &Suggestions) -> Exit {
    let Suggestions { text, policies, left_out } = suggestions;
    match format {
        SuggestFormat::Json => print_json(&SuggestionsJson { policies: *policies, yaml: text, left_out }),
        SuggestFormat::Yaml => {
            session::print(text);
            for reason in left_out {
                session::warn(&format!("left out, {reason}"));
            }
        }
    }
    if left_out.is_empty() { Exit::Yes } else { Exit::No }
}
