//! `portcullis list --watch`: the connections of a running cluster, then each change as it comes.

use portcullis::analyze::{Certainty, Connectivity, Difference, Shift, difference};
use portcullis::ask::failure::Failure;

use crate::args::{ListArgs, ListFormat};
use crate::cluster;
use crate::decider::Decider;
use crate::exit::Exit;
use crate::input;
use crate::list;
use crate::output::connections::{DifferenceJson, Explain, ListJson, Row, render};
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
    let decider = match Decider::read(&args.decide) {
        Ok(decider) => decider,
        Err(failure) => return session::fail(&failure),
    };
    let mut before: Option<Session> = None;
    let changed = |documents: &[input::Document]| {
        let format = args.output.of_problems();
        let session = Session::of(documents.to_vec(), &args.input, &decider, format);
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
    let rows = Row::of_list(&connections, &unknown);
    let text =
        if rows.is_empty() { "no connections\n".to_string() } else { render(&rows, format, &Explain::No) };
    let open = if session.profile.is_some() { ", `?` nobody knows" } else { "" };
    let legend = format!("watching; changes follow, `+` allowed now, `-` no more{open}");
    Some(format!("{text}{}\n", style::quiet(legend)))
}

/// What has changed: where connections are now that were elsewhere before.
fn change(before: &Session, now: &Session, format: ListFormat) -> Option<String> {
    let shifted = shift(before, now).map_err(|failure| session::warn(&failure.to_string())).ok()?;
    if shifted.is_nothing() {
        return None;
    }
    let Shift { allowed, denied, unknown } = shifted;
    let difference = Difference { added: allowed, removed: denied };
    if format == ListFormat::Json {
        let unknown = now.profile.is_some().then_some(unknown.as_slice());
        return json(&DifferenceJson::new(&difference, unknown, None, &Explain::No));
    }
    Some(format!("\n{}", render(&Row::of_difference(&difference, &unknown), format, &Explain::No)))
}

fn shift(before: &Session, now: &Session) -> Result<Shift, Failure> {
    match &now.profile {
        Some(profile) => Ok(Shift::of(&before.ways_of(profile)?, &now.ways_of(profile)?)),
        None => {
            let Difference { added, removed } = difference(&before.engine, &now.engine);
            Ok(Shift { allowed: added, denied: removed, unknown: Vec::new() })
        }
    }
}

fn json<T: serde::Serialize>(value: &T) -> Option<String> {
    serde_json::to_string(value).ok().map(|text| format!("{text}\n"))
}
