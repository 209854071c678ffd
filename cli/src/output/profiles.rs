//! Plugins and what they make of policies, for people, for pull requests and for programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use portcullis::policy::PolicySet;
use portcullis::profile::{Difference, Finding, Profile, Status};
use serde::Serialize;

use super::plugin::BehaviourJson;
use super::style;
use crate::profiles::Reviewed;

const STATUSES: [Status; 4] = [Status::Enforced, Status::Partly, Status::Ignored, Status::Unknown];

/// What plugins there are; with every behaviour where some were asked for.
pub(crate) fn description(profiles: &[Profile], in_full: bool) -> String {
    let mut text = String::new();
    for profile in profiles {
        let plugin = profile.plugin();
        let _ = writeln!(text, "{profile}\n  {}", plugin.summary);
        if let Some(version) = profile.version() {
            let _ = writeln!(text, "  versions  {} (this is {version})", plugin.versions.join(", "));
        }
        for option in plugin.options {
            let value = profile.value(option.key).unwrap_or_default();
            let _ = writeln!(
                text,
                "  option    {}={} (this is `{value}`; the plugin calls it `{}`)",
                option.key,
                option.values.join("|"),
                option.own_name
            );
        }
        let behaviours = profile.behaviours();
        if in_full {
            for behaviour in &behaviours {
                let _ = writeln!(text, "  {}: {}", behaviour.id, behaviour.actual);
                let _ = writeln!(text, "    by the specification {}", behaviour.ideal);
                let known = format!("known from: {} ({})", behaviour.source, behaviour.confidence.as_str());
                let _ = writeln!(text, "    {}", style::quiet(known));
            }
            continue;
        }
        let id = |wanted: bool| {
            let ids = behaviours.iter().filter(|behaviour| behaviour.is_unknown() == wanted);
            ids.map(|behaviour| format!("{} ({})", behaviour.id, behaviour.confidence.as_str())).collect()
        };
        for (label, ids) in [("differs ", id(false)), ("unknown ", id(true))] {
            let ids: Vec<String> = ids;
            if !ids.is_empty() {
                let _ = writeln!(text, "  {label}  {}", ids.join(", "));
            }
        }
        let mut sources: Vec<&str> = behaviours.iter().map(|behaviour| behaviour.source).collect();
        sources.sort_unstable();
        sources.dedup();
        for source in sources {
            let _ = writeln!(text, "  source    {source}");
        }
    }
    text
}

/// What plugins there are, as a table of behaviours.
pub(crate) fn description_markdown(profiles: &[Profile]) -> String {
    let mut text = String::from(
        "| profile | behaviour | the specification | the plugin | known from | confidence |\n|---|---|---|---|---|---|\n",
    );
    for profile in profiles {
        for behaviour in profile.behaviours() {
            let _ = writeln!(
                text,
                "| {profile} | {} | {} | {} | {} | {} |",
                behaviour.id,
                behaviour.ideal,
                behaviour.actual,
                behaviour.source,
                behaviour.confidence.as_str()
            );
        }
    }
    text
}

/// Each policy with the plugins that enforce all, some or nothing of it, and why.
pub(crate) fn table(policies: &PolicySet, reviewed: &[Reviewed]) -> String {
    let mut text = String::new();
    for (id, policy) in policies.policies() {
        let _ = writeln!(text, "{} {policy}  {}", policy.rank.kind().as_str(), style::quiet(&policy.origin));
        let findings = || {
            reviewed.iter().filter_map(|(profile, findings)| {
                Some((profile, findings.iter().find(|finding| finding.policy == id)?))
            })
        };
        let enforced: Vec<String> = findings()
            .filter(|(_, finding)| finding.status == Status::Enforced)
            .map(|(profile, _)| profile.to_string())
            .collect();
        if !enforced.is_empty() {
            let _ = writeln!(text, "  enforced  {}", enforced.join(", "));
        }
        for status in STATUSES.into_iter().skip(1) {
            // Plugins that do the same to the same parts are named together.
            let mut alike: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
            for (profile, finding) in findings().filter(|(_, finding)| finding.status == status) {
                let lines = finding.differences.iter().map(difference).collect();
                alike.entry(lines).or_default().push(profile.to_string());
            }
            for (lines, profiles) in alike {
                let _ = writeln!(text, "  {:<8}  {}", status.as_str(), profiles.join(", "));
                for line in lines {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
    }
    if text.is_empty() {
        text.push_str("no policies\n");
    }
    text
}

fn difference(difference: &Difference) -> String {
    let Difference { field, id, ideal, actual, .. } = difference;
    format!("{field} ({id}): {actual}; by the specification {ideal}")
}

/// A table of policies and plugins, with what is not enforced as it is written below it.
pub(crate) fn table_markdown(policies: &PolicySet, reviewed: &[Reviewed]) -> String {
    let mut text = String::from("| policy |");
    for (profile, _) in reviewed {
        let _ = write!(text, " {profile} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(reviewed.len()));
    text.push('\n');
    let mut notes = String::new();
    for (id, policy) in policies.policies() {
        let name = format!("{} `{policy}`", policy.rank.kind().as_str());
        let _ = write!(text, "| {name} |");
        for (profile, findings) in reviewed {
            let found = findings.iter().find(|finding| finding.policy == id);
            let status = found.map_or(Status::Unknown, |finding| finding.status);
            let _ = write!(text, " {} |", status.as_str());
            for it in found.map(|finding| finding.differences.as_slice()).unwrap_or_default() {
                let _ = writeln!(
                    notes,
                    "- {name}, {profile}: `{}` (`{}`): {}; by the specification {}",
                    it.field, it.id, it.actual, it.ideal
                );
            }
        }
        text.push('\n');
    }
    if !notes.is_empty() {
        text.push('\n');
        text.push_str(&notes);
    }
    text
}

/// The object that `profiles -o json` prints for manifests.
#[derive(Debug, Serialize)]
pub(crate) struct TableJson {
    policies: Vec<FindingJson>,
}

#[derive(Debug, Serialize)]
struct FindingJson {
    kind: &'static str,
    policy: String,
    profile: String,
    status: &'static str,
    differences: Vec<DifferenceJson>,
}

#[derive(Debug, Serialize)]
struct DifferenceJson {
    id: &'static str,
    field: String,
    ideal: &'static str,
    actual: &'static str,
}

impl TableJson {
    pub(crate) fn new(policies: &PolicySet, reviewed: &[Reviewed]) -> Self {
        let mut all = Vec::new();
        for (id, policy) in policies.policies() {
            for (profile, findings) in reviewed {
                let found = findings.iter().filter(|finding| finding.policy == id);
                all.extend(found.map(|finding| FindingJson {
                    kind: policy.rank.kind().as_str(),
                    policy: policy.to_string(),
                    profile: profile.to_string(),
                    status: finding.status.as_str(),
                    differences: differences(finding),
                }));
            }
        }
        Self { policies: all }
    }
}

fn differences(finding: &Finding) -> Vec<DifferenceJson> {
    let json = |it: &Difference| DifferenceJson {
        id: it.id,
        field: it.field.clone(),
        ideal: it.ideal,
        actual: it.actual,
    };
    finding.differences.iter().map(json).collect()
}

/// The object that `profiles -o json` prints without manifests.
#[derive(Debug, Serialize)]
pub(crate) struct ProfilesJson {
    profiles: Vec<ProfileJson>,
}

#[derive(Debug, Serialize)]
struct ProfileJson {
    profile: String,
    summary: &'static str,
    version: Option<&'static str>,
    versions: &'static [&'static str],
    options: Vec<OptionJson>,
    behaviours: Vec<BehaviourJson>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OptionJson {
    key: &'static str,
    value: Option<&'static str>,
    values: &'static [&'static str],
    own_name: &'static str,
}

impl ProfilesJson {
    pub(crate) fn new(profiles: &[Profile]) -> Self {
        let json = |profile: &Profile| ProfileJson {
            profile: profile.to_string(),
            summary: profile.plugin().summary,
            version: profile.version(),
            versions: profile.plugin().versions,
            options: profile
                .plugin()
                .options
                .iter()
                .map(|option| OptionJson {
                    key: option.key,
                    value: profile.value(option.key),
                    values: option.values,
                    own_name: option.own_name,
                })
                .collect(),
            behaviours: profile.behaviours().iter().map(BehaviourJson::new).collect(),
        };
        Self { profiles: profiles.iter().map(json).collect() }
    }
}
