//! `portcullis diff`: which connections two sets of manifests do not have in common.

use std::path::PathBuf;

use portcullis::analyze::{Difference, Entry, Migration, difference};

use crate::args::{DiffArgs, InputArgs, ListFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::connections::{Change, DifferenceJson, Row, render};
use crate::session::{self, Session};

pub(crate) fn run(args: &DiffArgs) -> Exit {
    let open = |file: &PathBuf| {
        let input = InputArgs::of(file.clone(), args.namespace.clone());
        Session::open(&input, &args.decide, args.output.of_problems())
    };
    let (old, new) = match (open(&args.old), open(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    let (difference, unknown) = match compare(&old, &new) {
        Ok(compared) => compared,
        Err(failure) => return session::fail(&failure),
    };
    let (holds, said) = verdict(args, &difference);
    if args.output == ListFormat::Json {
        session::print_json(&DifferenceJson::new(&difference, unknown.as_deref()));
    } else {
        let row = |change| move |entry| Row { change: Some(change), entry };
        let added = difference.added.iter().map(row(Change::Added));
        let open = unknown.iter().flatten().map(row(Change::Unknown));
        let rows: Vec<Row<'_>> =
            added.chain(difference.removed.iter().map(row(Change::Removed))).chain(open).collect();
        if !rows.is_empty() {
            session::print(&render(&rows, args.output));
        }
        if args.output == ListFormat::Text {
            session::print(said);
        }
    }
    match unknown {
        _ if !holds => Exit::No,
        Some(unknown) if !unknown.is_empty() => Exit::Unknown,
        _ => Exit::Yes,
    }
}

/// What differs, and what nobody knows of where a plugin decides.
pub(crate) fn compare(old: &Session, new: &Session) -> Result<(Difference, Option<Vec<Entry>>), Failure> {
    let Some(profile) = &old.profile else { return Ok((difference(&old.engine, &new.engine), None)) };
    let Migration { added, removed, unknown } = Migration::of(&old.ways_of(profile)?, &new.ways_of(profile)?);
    Ok((Difference { added, removed }, Some(unknown)))
}

/// Whether what was asked holds, and how to say so.
fn verdict(args: &DiffArgs, difference: &Difference) -> (bool, &'static str) {
    let (added, removed) = (!difference.added.is_empty(), !difference.removed.is_empty());
    if args.contains {
        let said = if added { "OLD does not contain NEW\n" } else { "OLD contains NEW\n" };
        return (!added, said);
    }
    let said = match (added, removed) {
        (false, false) => "both allow the same connections\n",
        (true, false) => "NEW allows more\n",
        (false, true) => "NEW allows less\n",
        (true, true) => "NEW allows more and less\n",
    };
    (!added && !removed, said)
}
