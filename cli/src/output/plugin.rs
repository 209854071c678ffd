//! What a plugin does otherwise than the specification says, for people and for programs.

use std::fmt::Write;

use portcullis::ask::answer::{Outcome, PluginView};
use portcullis::profile::Behaviour;
use serde::Serialize;

use super::style;

/// The lines of `eval` and `why` about the plugin.
pub(crate) fn lines(plugin: &PluginView<'_>, actual: Outcome) -> String {
    let PluginView { profile: name, differs, unknown, .. } = plugin;
    let ideal = plugin.ideal;
    let said = match (ideal, actual) {
        (Outcome::Unknown, Outcome::Unknown) => {
            format!("{name} leaves this as open as the specification does")
        }
        (_, Outcome::Unknown) => {
            format!("nobody knows what {name} does with this; the specification {}", verb(ideal))
        }
        (ideal, actual) if ideal != actual => {
            format!("{name} {}, and the specification {}", verb(actual), verb(ideal))
        }
        (_, actual) if differs.is_empty() => format!("{name} {}, as the specification does", verb(actual)),
        (_, actual) => {
            format!("{name} {}, as the specification does, but not on the same grounds", verb(actual))
        }
    };
    let mut text = format!("  {} {said}\n", style::quiet("profile:"));
    for behaviour in differs.iter().chain(unknown) {
        let Behaviour { id, actual, ideal, .. } = behaviour;
        let _ = writeln!(text, "    {id}: {actual}; by the specification {ideal}");
    }
    text
}

/// What `why` adds: where each behaviour is known from.
pub(crate) fn sources(plugin: &PluginView<'_>) -> String {
    let mut text = String::new();
    for behaviour in plugin.differs.iter().chain(&plugin.unknown) {
        let confidence = behaviour.confidence.as_str();
        let _ = writeln!(text, "    {} is known from: {} ({confidence})", behaviour.id, behaviour.source);
    }
    text
}

const fn verb(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allows this",
        Outcome::Denied => "denies this",
        Outcome::Some => "allows some of this",
        Outcome::Unknown => "leaves this open",
    }
}

/// What a profile adds to an answer.
#[derive(Debug, Serialize)]
pub(crate) struct PluginJson {
    /// The profile that decided.
    profile: String,
    /// What the specification says; null where that is neither yes nor no.
    ideal: Option<bool>,
    /// The ids of the behaviours that make a side differ from what the specification says.
    differs: Vec<&'static str>,
    /// The ids of the behaviours that nobody knows and the answer hangs on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<&'static str>,
}

impl PluginJson {
    pub(crate) fn new(plugin: &PluginView<'_>) -> Self {
        let ids = |behaviours: &[&Behaviour]| behaviours.iter().map(|behaviour| behaviour.id).collect();
        Self {
            profile: plugin.profile.to_string(),
            ideal: match plugin.ideal {
                Outcome::Allowed => Some(true),
                Outcome::Denied => Some(false),
                Outcome::Some | Outcome::Unknown => None,
            },
            differs: ids(&plugin.differs),
            unknown: ids(&plugin.unknown),
        }
    }
}

/// What `why` says of a behaviour.
#[derive(Debug, Serialize)]
pub(crate) struct BehaviourJson {
    id: &'static str,
    ideal: &'static str,
    actual: &'static str,
    source: &'static str,
    confidence: &'static str,
}

impl BehaviourJson {
    pub(crate) fn new(behaviour: &Behaviour) -> Self {
        let Behaviour { id, ideal, actual, source, confidence, .. } = *behaviour;
        Self { id, ideal, actual, source, confidence: confidence.as_str() }
    }

    /// Those that an answer names.
    pub(crate) fn of(plugin: Option<&PluginView<'_>>) -> Vec<Self> {
        let named = |plugin: &PluginView<'_>| {
            plugin.differs.iter().chain(&plugin.unknown).map(|behaviour| Self::new(behaviour)).collect()
        };
        plugin.map(named).unwrap_or_default()
    }
}
