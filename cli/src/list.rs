//! `portcullis list`: who can reach whom.

use portcullis::analyze::{Certainty, Connectivity, Entry, Group};

use crate::args::{ListArgs, ListFormat};
use crate::exit::Exit;
use crate::failure::{Failure, listed, nearest};
use crate::output::connections::{Change, ListJson, Row, render};
use crate::session::{self, Session};
use crate::watch;

pub(crate) fn run(args: &ListArgs) -> Exit {
    if args.watch {
        return watch::run(args);
    }
    let session = match Session::open(&args.input, &args.decide, args.output.of_problems()) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let connectivity = Connectivity::of(&session.engine);
    let Certainty { connections: mut entries, mut unknown } = match certainty(&session, &connectivity) {
        Ok(certainty) => certainty,
        Err(failure) => return session::fail(&failure),
    };
    if !args.focus.is_empty() {
        let both = focused(&connectivity, entries, &args.focus)
            .and_then(|left| Ok((left, focused(&connectivity, unknown, &args.focus)?)));
        match both {
            Ok(left) => (entries, unknown) = left,
            Err(failure) => return session::fail(&failure),
        }
    }
    let answered = if unknown.is_empty() { Exit::Yes } else { Exit::Unknown };
    if args.output == ListFormat::Json {
        session::print_json(&ListJson::new(&connectivity, &entries, &unknown));
        return answered;
    }
    let row = |change| move |entry| Row { change, entry };
    let certain = entries.iter().map(row(None));
    let rows: Vec<Row<'_>> = certain.chain(unknown.iter().map(row(Some(Change::Unknown)))).collect();
    session::print(&render(&rows, args.output));
    if rows.is_empty() && args.output == ListFormat::Text {
        session::print("no connections\n");
    }
    answered
}

/// What is allowed, and of what nobody knows whether the plugin allows it.
pub(crate) fn certainty(session: &Session, connectivity: &Connectivity) -> Result<Certainty, Failure> {
    Ok(match session.open_ways()? {
        None => Certainty { connections: connectivity.entries(), unknown: Vec::new() },
        Some(ways) => Certainty::of(&ways),
    })
}

/// The entries that some workload has a part in, narrowed to it.
fn focused(
    connectivity: &Connectivity,
    entries: Vec<Entry>,
    focus: &[String],
) -> Result<Vec<Entry>, Failure> {
    let names: Vec<String> = connectivity.workloads().iter().map(ToString::to_string).collect();
    for wanted in focus {
        if !names.iter().any(|name| is_named(name, wanted)) {
            let hint = match nearest(wanted, names.iter().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("there are {}", listed(&names)),
            };
            let message = format!("`--focus {wanted}` names no workload; {hint}");
            return Err(Failure::new("no-such-end", message));
        }
    }
    let narrow = |group: &Group| match group {
        Group::Cidrs(_) => None,
        Group::Workloads(workloads) => {
            let wanted = |name: &String| focus.iter().any(|focus| is_named(name, focus));
            let left: Vec<_> = workloads.iter().filter(|name| wanted(&name.to_string())).cloned().collect();
            (!left.is_empty()).then_some(Group::Workloads(left))
        }
    };
    let mut out = Vec::new();
    for entry in entries {
        match (narrow(&entry.from), narrow(&entry.to)) {
            (Some(from), None) => out.push(Entry { from, ..entry }),
            (None, Some(to)) => out.push(Entry { to, ..entry }),
            // Both sides hold some: the entry is kept whole, since either end may be the one in focus.
            (Some(_), Some(_)) => out.push(entry),
            (None, None) => {}
        }
    }
    Ok(out)
}

/// Whether a workload is called so: `ns/kind/name`, `ns/name`, or either of one variant (`…#1`).
fn is_named(name: &str, wanted: &str) -> bool {
    let whole = |name: &str| {
        let mut parts = name.split('/');
        let short = match (parts.next(), parts.next(), parts.next()) {
            (Some(namespace), Some(_), Some(last)) => format!("{namespace}/{last}"),
            _ => String::new(),
        };
        name == wanted || short == wanted
    };
    whole(name) || name.split_once('#').is_some_and(|(name, _)| whole(name))
}

#[cfg(test)]
mod tests {
    use super::is_named;

    #[test]
    fn a_focus_may_leave_out_the_kind_and_the_variant() {
        let cases = [
            ("shop/deployment/web", "shop/deployment/web", true),
            ("shop/deployment/web", "shop/web", true),
            ("shop/deployment/web#2", "shop/web", true),
            ("shop/deployment/web#2", "shop/deployment/web#2", true),
            ("shop/deployment/web#2", "shop/deployment/web#1", false),
            ("shop/deployment/web", "web", false),
            ("shop/deployment/web", "data/web", false),
        ];
        for (name, wanted, expected) in cases {
            assert_eq!(is_named(name, wanted), expected, "{name} {wanted}");
        }
    }
}
