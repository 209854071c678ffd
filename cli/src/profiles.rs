//! `portcullis profiles`: what network plugins enforce of policies, and what changes from one to another.

use portcullis::analyze::{Difference, Entry, Migration};
use portcullis::ask::failure::Failure;
use portcullis::profile::{Finding, Profile, review};

use crate::args::{DecideArgs, InputArgs, ListFormat, ProfilesArgs, ProfilesFormat};
use crate::decider::{find_profile, find_profiles, set_all};
use crate::exit::Exit;
use crate::output::connections::{DifferenceJson, Explain, Row, render};
use crate::output::profiles as output;
use crate::session::{self, Session};

/// A plugin with what it makes of each policy.
pub(crate) type Reviewed = (Profile, Vec<Finding>);

pub(crate) fn run(args: &ProfilesArgs) -> Exit {
    let done = match (&args.from_profile, &args.to_profile) {
        (Some(from), Some(to)) => migrate(args, from, to),
        _ => chosen(args).map_err(|failure| session::fail(&failure)).and_then(|profiles| {
            if args.files.is_empty() { Ok(describe(args, &profiles)) } else { table(args, profiles) }
        }),
    };
    done.unwrap_or_else(|exit| exit)
}

/// The plugins that are asked about: all, or those that are named.
fn chosen(args: &ProfilesArgs) -> Result<Vec<Profile>, Failure> {
    if args.profile.is_empty() {
        if let Some(setting) = args.settings.first() {
            let message = format!("`--set {setting}` is an option of one plugin; name it with `--profile`");
            return Err(Failure::new("bad-setting", message));
        }
        return Ok(Profile::plugins().iter().map(Profile::of).collect());
    }
    find_profiles(&args.profile, &args.settings)
}

fn describe(args: &ProfilesArgs, profiles: &[Profile]) -> Exit {
    match args.output {
        ProfilesFormat::Json => session::print_json(&output::ProfilesJson::new(profiles)),
        ProfilesFormat::Md => session::print(&output::description_markdown(profiles)),
        ProfilesFormat::Text => session::print(&output::description(profiles, !args.profile.is_empty())),
    }
    Exit::Yes
}

fn table(args: &ProfilesArgs, profiles: Vec<Profile>) -> Result<Exit, Exit> {
    let session = open(args)?;
    let engine = &session.engine;
    let reviewed: Vec<Reviewed> = profiles
        .into_iter()
        .map(|profile| {
            let findings = review(engine.cluster(), engine.policies(), &profile);
            (profile, findings)
        })
        .collect();
    match args.output {
        ProfilesFormat::Json => session::print_json(&output::TableJson::new(engine.policies(), &reviewed)),
        ProfilesFormat::Md => session::print(&output::table_markdown(engine.policies(), &reviewed)),
        ProfilesFormat::Text => session::print(&output::table(engine.policies(), &reviewed)),
    }
    Ok(Exit::Yes)
}

fn migrate(args: &ProfilesArgs, from: &str, to: &str) -> Result<Exit, Exit> {
    let profile = |name: &str, settings: &[String]| -> Result<Profile, Failure> {
        let mut profile = find_profile(name)?;
        set_all(&mut profile, settings)?;
        Ok(profile)
    };
    let both =
        profile(from, &args.from_settings).and_then(|from| Ok((from, profile(to, &args.to_settings)?)));
    let (from, to) = both.map_err(|failure| session::fail(&failure))?;
    let session = open(args)?;
    let ways = |profile| session.ways_of(profile).map_err(|failure| session::fail(&failure));
    let Migration { added, removed, unknown } = Migration::of(&ways(&from)?, &ways(&to)?);
    let difference = Difference { added, removed };
    if args.output == ProfilesFormat::Json {
        session::print_json(&DifferenceJson::new(&difference, Some(&unknown), None, &Explain::No));
    } else {
        print_migration(args, &difference, &unknown, &from, &to);
    }
    Ok(match (difference.is_nothing(), unknown.is_empty()) {
        (false, _) => Exit::No,
        (true, false) => Exit::Unknown,
        (true, true) => Exit::Yes,
    })
}

fn print_migration(
    args: &ProfilesArgs,
    difference: &Difference,
    unknown: &[Entry],
    from: &Profile,
    to: &Profile,
) {
    let rows = Row::of_difference(difference, unknown);
    let format = if args.output == ProfilesFormat::Md { ListFormat::Md } else { ListFormat::Text };
    if !rows.is_empty() {
        session::print(&render(&rows, format, &Explain::No));
    }
    if format == ListFormat::Text {
        let what = match (difference.added.is_empty(), difference.removed.is_empty()) {
            (true, true) if unknown.is_empty() => "allows the same connections as",
            (true, true) => "may differ from",
            (false, true) => "allows more than",
            (true, false) => "allows less than",
            (false, false) => "allows more and less than",
        };
        let doubt = if unknown.is_empty() { "" } else { "; nobody knows the fate of those with a `?`" };
        session::print(&format!("{to} {what} {from}{doubt}\n"));
    }
}

/// Loads the manifests, as the specification has them.
fn open(args: &ProfilesArgs) -> Result<Session, Exit> {
    let input = InputArgs::of_all(args.files.clone(), args.namespace.clone());
    let decide =
        DecideArgs { profile: "upstream".to_string(), settings: Vec::new(), resolved: args.resolved.clone() };
    Session::open(&input, &decide, args.output.of_problems())
}
