//! `portcullis list --watch`: the connections of a running cluster, then each change as it comes.

use portcullis::analyze::{Certainty, Connectivity};

use crate::args::{ListArgs, ListFormat};
use crate::cluster;
use crate::diff;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;
use crate::list;
use crate::output::connections::{Change, DifferenceJson, Explain, ListJson, Row, render};
use crate::output::style;
use crate::session::{self, Session};

pub(crate) fn run(args: &ListArgs) -> Exit {
    let paths = args.input.paths();
    let [path] = paths.as_slice() else { return session::fail(&not_one_cluster()) };
    let Some(context) = input::context_of(path) else { return session::fail(&not_one_cluster()) };
    if !matches!(args.output, ListFormat::Json | ListFormat::Text) {
        let message =
            "`--watch` prints text or, with `-o json`, one object a line; leave out `-o`, or use that";
        return session::fail(&Failure::new("bad-format", message));
    }
    let mut before: Option<Session> = None;
    let changed = |documents: &[input::Document]| {
        let format = args.output.of_problems();
        let session = Session::of(documents.to_vec(), &args.input, &args.decide, format);
        // What cannot be loaded has been said; the last state that could is what later ones are compared with.
        let Ok(session) = session else { return true };
        let said = match &before {
            None => all(&session, args.output),
            Some(before) => change(before, &session, args.output),
        };
        before = Some(session);
        said.is_none_or(|said| session::goes_on(&said))
    };
    let lost = |what: &str| session::warn(what);
    match cluster::watch(context, changed, lost) {
        Ok(()) => Exit::Yes,
        Err(failure) => session::fail(&failure),
    }
}

fn not_one_cluster() -> Failure {
    let message = "`--watch` follows one running cluster and no files: name it by `--cluster` or `--context NAME`, alone";
    Failure::new("not-a-cluster", message)
}

fn all(session: &Session, format: ListFormat) -> Option<String> {
    let connectivity = Connectivity::of(&session.engine);
    let known = list::certainty(session, &connectivity);
    let Certainty { connections, unknown } =
        known.map_err(|failure| session::warn(&failure.to_string())).ok()?;
    if format == ListFormat::Json {
        return json(&ListJson::new(&connectivity, &connections, &unknown, None, None, &Explain::No));
    }
    let row = |change| move |entry| Row { change, entry };
    let open = unknown.iter().map(row(Some(Change::Unknown)));
    let rows: Vec<Row<'_>> = connections.iter().map(row(None)).chain(open).collect();
    let text =
        if rows.is_empty() { "no connections\n".to_string() } else { render(&rows, format, &Explain::No) };
    Some(format!("{text}{}\n", style::quiet("watching; changes follow, `+` allowed now, `-` no more")))
}

fn change(before: &Session, now: &Session, format: ListFormat) -> Option<String> {
    let compared = diff::compare(before, now);
    let (difference, unknown) = compared.map_err(|failure| session::warn(&failure.to_string())).ok()?;
    if difference.added.is_empty() && difference.removed.is_empty() {
        return None;
    }
    if format == ListFormat::Json {
        return json(&DifferenceJson::new(&difference, unknown.as_deref(), None, &Explain::No));
    }
    let row = |change| move |entry| Row { change: Some(change), entry };
    let added = difference.added.iter().map(row(Change::Added));
    let rows: Vec<Row<'_>> = added.chain(difference.removed.iter().map(row(Change::Removed))).collect();
    Some(format!("\n{}", render(&rows, format, &Explain::No)))
}

fn json<T: serde::Serialize>(value: &T) -> Option<String> {
    serde_json::to_string(value).ok().map(|text| format!("{text}\n"))
}
