//! `portcullis diff`: which connections two sets of manifests do not have in common.

use std::path::PathBuf;

use portcullis::analyze::{Comparison, Connectivity, Difference, Entry, Migration};
use portcullis::ask::failure::Failure;
use portcullis::profile::Profile;

use crate::approved::{Approved, Waived, today};
use crate::args::{DiffArgs, InputArgs, ListFormat};
use crate::exit::Exit;
use crate::output::connections::{DifferenceJson, Explain, Explainer, Row, WaivedJson, render, waived_lines};
use crate::progress;
use crate::session::{self, Session};

pub(crate) fn run(args: &DiffArgs) -> Exit {
    let dash = |path: &PathBuf| path.as_os_str() == "-";
    if dash(&args.old) && dash(&args.new) {
        let message =
            "OLD and NEW cannot both be `-`, since there is one standard input; name a file for one of them";
        return session::fail(&Failure::new("two-dashes", message));
    }
    let approved = match args.approved.as_deref().map(Approved::open).transpose() {
        Ok(approved) => approved,
        Err(failure) => return session::fail(&failure),
    };
    let open = |file: &PathBuf| {
        let input = InputArgs::of(file.clone(), args.namespace.clone());
        Session::open(&input, &args.decide, args.output.of_problems())
    };
    let (old, new) = match (open(&args.old), open(&args.new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    let comparison = progress::during("comparing connections", || Comparison::of(&old.engine, &new.engine));
    let compared = match &old.profile {
        None => Ok((comparison.difference(), None)),
        Some(profile) => compare(profile, &old, &new),
    };
    let (difference, unknown) = match compared {
        Ok(compared) => compared,
        Err(failure) => return session::fail(&failure),
    };
    let waived = approved.as_ref().map(|approved| {
        let day = args.on.unwrap_or_else(today);
        let waived = approved.waive(&difference, day);
        for remark in approved.remarks(&waived, &difference, day) {
            session::remark(&remark);
        }
        waived
    });
    let left = waived.as_ref().map_or(&difference, |waived| &waived.left);
    let (holds, said) = verdict(args, left, &difference);
    let explain = if args.brief || left.is_nothing() {
        Explain::No
    } else {
        Explain::Between { old: explainer(&old, &comparison.old), new: explainer(&new, &comparison.new) }
    };
    print(args, left, unknown.as_deref(), approved.as_ref().zip(waived.as_ref()), &explain);
    if args.output == ListFormat::Text {
        session::print(said);
    }
    match unknown {
        _ if !holds => Exit::No,
        Some(unknown) if !unknown.is_empty() => Exit::Unknown,
        _ => Exit::Yes,
    }
}

/// What certainly differs where a plugin decides, and what nobody knows of.
fn compare(
    profile: &Profile,
    old: &Session,
    new: &Session,
) -> Result<(Difference, Option<Vec<Entry>>), Failure> {
    let Migration { added, removed, unknown } = Migration::of(&old.ways_of(profile)?, &new.ways_of(profile)?);
    Ok((Difference { added, removed }, Some(unknown)))
}

fn print(
    args: &DiffArgs,
    left: &Difference,
    unknown: Option<&[Entry]>,
    waived: Option<(&Approved, &Waived)>,
    explain: &Explain<'_>,
) {
    if args.output == ListFormat::Json {
        let waived = waived.map(|(approved, waived)| WaivedJson::new(approved, waived));
        session::print_json(&DifferenceJson::new(left, unknown, waived, explain));
        return;
    }
    let rows = Row::of_difference(left, unknown.unwrap_or_default());
    if !rows.is_empty() {
        session::print(&render(&rows, args.output, explain));
    }
    if let Some((approved, waived)) = waived {
        session::print(&waived_lines(approved, waived, args.output));
    }
}

fn explainer<'a>(session: &'a Session, connectivity: &'a Connectivity) -> Box<Explainer<'a>> {
    Box::new(Explainer::new(&session.engine, connectivity))
}

/// Whether what was asked holds of what nobody has approved, and how to say so.
fn verdict(args: &DiffArgs, left: &Difference, whole: &Difference) -> (bool, &'static str) {
    let (added, removed) = (!left.added.is_empty(), !left.removed.is_empty());
    if args.contains {
        let said = match (added, whole.added.is_empty()) {
            (true, _) => "OLD does not contain NEW\n",
            (false, true) => "OLD contains NEW\n",
            (false, false) => "OLD contains NEW, but for what is approved\n",
        };
        return (!added, said);
    }
    let said = match (added, removed) {
        (false, false) if whole.is_nothing() => "both allow the same connections\n",
        (false, false) => "all that differs is approved\n",
        (true, false) => "NEW allows more\n",
        (false, true) => "NEW allows less\n",
        (true, true) => "NEW allows more and less\n",
    };
    (!added && !removed, said)
}
