//! `portcullis list`: who can reach whom.

use std::mem::ManuallyDrop;

use portcullis::Engine;
use portcullis::analyze::{Certainty, Connectivity, Entry, Exposure, Group};
use portcullis::ask::failure::{Failure, listed, nearest};

use crate::args::{ListArgs, ListFormat};
use crate::exit::Exit;
use crate::output::connections::{
    Explain, Explainer, ListJson, Row, exposure_markdown, exposure_text, render, services_markdown,
    services_text,
};
use crate::progress;
use crate::services::service_paths;
use crate::session::{self, Session};
use crate::watch;

pub(crate) fn run(args: &ListArgs) -> Exit {
    if args.watch {
        return watch::run(args);
    }
    let session = match Session::open(&args.input, &args.decide, args.output.of_problems()) {
        // The process ends after this: nobody needs its memory back piece by piece.
        Ok(session) => ManuallyDrop::new(session),
        Err(exit) => return exit,
    };
    let connectivity = progress::during("working out connections", || Connectivity::of(&session.engine));
    let connectivity = ManuallyDrop::new(connectivity);
    let certainty = progress::during("putting connections together", || certainty(&session, &connectivity));
    let Certainty { connections: mut entries, mut unknown } = match certainty {
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
    let services =
        args.services.then(|| progress::during("following services", || service_paths(&session.engine)));
    let exposure = match exposed(args, &session.engine, &connectivity) {
        Ok(exposure) => exposure,
        Err(failure) => return session::fail(&failure),
    };
    let explain = if args.explain {
        Explain::Of(Box::new(Explainer::new(&session.engine, &connectivity)))
    } else {
        Explain::No
    };
    if args.output == ListFormat::Json {
        session::print_json(&ListJson::new(
            &connectivity,
            &entries,
            &unknown,
            exposure.as_deref(),
            services.as_deref(),
            &explain,
        ));
        return answered;
    }
    let rows = Row::of_list(&entries, &unknown);
    session::print(&render(&rows, args.output, &explain));
    if rows.is_empty() && args.output == ListFormat::Text {
        session::print("no connections\n");
    }
    match (exposure, args.output) {
        (Some(exposure), ListFormat::Md) => session::print(&exposure_markdown(&exposure)),
        (Some(exposure), _) => session::print(&format!("\n{}", exposure_text(&exposure))),
        (None, _) => {}
    }
    match (services, args.output) {
        (Some(services), ListFormat::Md) => session::print(&services_markdown(&services)),
        (Some(services), _) => session::print(&format!("\n{}", services_text(&services))),
        (None, _) => {}
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

/// What pods that are not there could do, where that is asked; with `--focus` of the workloads in it.
fn exposed(
    args: &ListArgs,
    engine: &Engine,
    connectivity: &Connectivity,
) -> Result<Option<Vec<Exposure>>, Failure> {
    for (flag, is_asked) in [("--exposure", args.exposure), ("--services", args.services)] {
        if is_asked && !matches!(args.output, ListFormat::Json | ListFormat::Md | ListFormat::Text) {
            let message =
                format!("`{flag}` is told as `text`, `json` or `md`; choose one of these with `-o`");
            return Err(Failure::new("bad-format", message));
        }
    }
    if !args.exposure {
        return Ok(None);
    }
    let mut all = Exposure::of(engine, connectivity).map_err(|error| {
        let message =
            format!("`--exposure` has no exact answer here: {error}; ask without that option or profile");
        Failure::new("no-exposure", message)
    })?;
    if !args.focus.is_empty() {
        for exposure in &mut all {
            exposure.workloads.retain(|name| {
                let name = name.to_string();
                args.focus.iter().any(|focus| is_named(&name, focus))
            });
        }
        all.retain(|exposure| !exposure.workloads.is_empty());
    }
    Ok(Some(all))
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
pub(crate) fn is_named(name: &str, wanted: &str) -> bool {
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
