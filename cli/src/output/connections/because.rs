//! What connections rest on: on each side the rule that lets them through or stops them, with its file and line.

use std::collections::BTreeSet;

use portcullis::analyze::{Connectivity, Entry, Ground, Grounds, Group, PortSet, WorkloadName};
use portcullis::ask::words::in_words;
use portcullis::policy::{Direction, PolicyId};
use portcullis::{Engine, Reason};
use serde::Serialize;
use serde_json::Value;

use super::{Change, members};
use crate::output::json::RuleJson;
use crate::output::text::{joined, policy_place, tier_of};

/// Says of entries what they rest on, in one cluster.
#[derive(Debug)]
pub(crate) struct Explainer<'a> {
    engine: &'a Engine,
    grounds: Grounds<'a>,
    known: BTreeSet<&'a WorkloadName>,
}

/// Whether entries are explained, and by which clusters.
#[derive(Debug)]
pub(crate) enum Explain<'a> {
    /// They are not.
    No,
    /// By the one that is listed.
    Of(Box<Explainer<'a>>),
    /// By both that are compared.
    Between {
        /// As it was.
        old: Box<Explainer<'a>>,
        /// As it is.
        new: Box<Explainer<'a>>,
    },
}

/// What an entry rests on in one cluster.
#[derive(Debug)]
pub(crate) struct Because<'a> {
    /// Which one, where two are compared.
    pub(crate) of: Option<&'static str>,
    engine: &'a Engine,
    grounds: Vec<Ground>,
    /// Ends that it does not have.
    absent: Vec<String>,
}

/// One side in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// `old` or `new`, where two are compared.
    pub(crate) of: Option<&'static str>,
    /// Which side; nothing where an end is not there.
    pub(crate) side: Option<Direction>,
    /// What it says.
    pub(crate) text: String,
}

impl<'a> Explainer<'a> {
    /// Explains the entries of a cluster's connectivity, or of its difference from another one's.
    pub(crate) fn new(engine: &'a Engine, connectivity: &'a Connectivity) -> Self {
        let known = connectivity.workloads().into_iter().collect();
        Self { engine, grounds: Grounds::new(engine, connectivity), known }
    }

    fn because(&self, of: Option<&'static str>, entry: &Entry, allowing: bool) -> Because<'a> {
        let grounds = if allowing { self.grounds.allowing(entry) } else { self.grounds.denying(entry) };
        let mut absent = BTreeSet::new();
        for group in [&entry.from, &entry.to] {
            if let Group::Workloads(names) = group {
                absent.extend(names.iter().filter(|name| !self.known.contains(name)));
            }
        }
        let absent = absent.into_iter().map(ToString::to_string).collect();
        Because { of, engine: self.engine, grounds, absent }
    }
}

impl<'a> Explain<'a> {
    /// Whether there is anything to say.
    pub(crate) const fn is_wanted(&self) -> bool {
        !matches!(self, Self::No)
    }

    /// What an entry rests on: a connection that was added passes in the new cluster and was stopped in the old one.
    pub(crate) fn because(&self, change: Option<Change>, entry: &Entry) -> Vec<Because<'a>> {
        match self {
            Self::No => Vec::new(),
            // Of what nobody knows nobody knows why.
            _ if change == Some(Change::Unknown) => Vec::new(),
            Self::Of(explainer) => vec![explainer.because(None, entry, true)],
            Self::Between { old, new } => {
                let is_added = change == Some(Change::Added);
                vec![old.because(Some("old"), entry, !is_added), new.because(Some("new"), entry, is_added)]
            }
        }
    }

    /// The same in words, each side a line.
    pub(crate) fn lines(&self, change: Option<Change>, entry: &Entry) -> Vec<Line> {
        self.because(change, entry).iter().flat_map(|because| because.lines(entry)).collect()
    }
}

impl Because<'_> {
    fn lines(&self, entry: &Entry) -> Vec<Line> {
        let mut lines = Vec::new();
        if !self.absent.is_empty() {
            let text = format!("does not have {}", joined(&self.absent));
            lines.push(Line { of: self.of, side: None, text });
        }
        for ground in &self.grounds {
            let text = format!("{}{}", self.said(ground), whose(ground, entry));
            lines.push(Line { of: self.of, side: Some(ground.direction), text });
        }
        lines
    }

    /// What decides, without whose side it is.
    fn said(&self, ground: &Ground) -> String {
        let verdict = ground.side.verdict();
        let gap = if verdict.is_allow() { "  " } else { "   " };
        let rule = ground.side.rule.and_then(|id| self.engine.policies().rule(id));
        match (ground.side.reason, rule) {
            (Reason::Rule | Reason::DenyRule, Some(rule)) => {
                let place = rule.policy.origin.with_position(rule.rule.at);
                format!("{verdict}{gap}by {}{rule} ({place})", tier_of(&rule))
            }
            (Reason::Isolated | Reason::ProtocolDenied, _) => {
                let places: Vec<String> =
                    ground.isolating.iter().map(|id| policy_place(self.engine, *id)).collect();
                format!("{verdict}{gap}no rule of {} matches", joined(&places))
            }
            (reason, _) => format!("{verdict}{gap}{}", in_words(reason)),
        }
    }
}

/// Whose side it is and for which ports, where it is not all of an entry's.
fn whose(ground: &Ground, entry: &Entry) -> String {
    let group = match ground.direction {
        Direction::Egress => &entry.from,
        Direction::Ingress => &entry.to,
    };
    let of: Vec<String> = ground.of.iter().map(ToString::to_string).collect();
    let mut parts = Vec::new();
    if of != members(group) {
        parts.push(format!("of {}", joined(&of)));
    }
    if ground.ports != entry.ports {
        parts.push(ground.ports.to_string());
    }
    if parts.is_empty() { String::new() } else { format!(" [{}]", parts.join(", ")) }
}

/// What an entry rests on, as JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum BecauseJson {
    Of(SidesJson),
    Between { old: SidesJson, new: SidesJson },
}

#[derive(Debug, Serialize)]
pub(crate) struct SidesJson {
    /// Workloads of the entry that are not in this cluster.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent: Vec<String>,
    sides: Vec<GroundJson>,
}

#[derive(Debug, Serialize)]
struct GroundJson {
    side: &'static str,
    of: Vec<String>,
    ports: Value,
    allowed: bool,
    reason: &'static str,
    rule: Option<RuleJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    isolating: Vec<PolicyJson>,
}

#[derive(Debug, Serialize)]
struct PolicyJson {
    kind: &'static str,
    policy: String,
    file: Option<String>,
    line: Option<u32>,
}

impl BecauseJson {
    /// Nothing where entries are not explained.
    pub(crate) fn new(explain: &Explain<'_>, change: Option<Change>, entry: &Entry) -> Option<Self> {
        let mut sides = explain.because(change, entry).into_iter().map(|because| SidesJson::new(&because));
        match (sides.next(), sides.next()) {
            (Some(old), Some(new)) => Some(Self::Between { old, new }),
            (only, _) => only.map(Self::Of),
        }
    }
}

impl SidesJson {
    fn new(because: &Because<'_>) -> Self {
        let ground = |ground: &Ground| GroundJson {
            side: ground.direction.as_str(),
            of: ground.of.iter().map(ToString::to_string).collect(),
            ports: ground.ports.to_json(),
            allowed: ground.side.verdict().is_allow(),
            reason: ground.side.reason.as_str(),
            rule: ground
                .side
                .rule
                .and_then(|id| because.engine.policies().rule(id))
                .map(|rule| RuleJson::new(&rule)),
            isolating: ground
                .isolating
                .iter()
                .filter_map(|id| PolicyJson::new(because.engine, *id))
                .collect(),
        };
        Self { absent: because.absent.clone(), sides: because.grounds.iter().map(ground).collect() }
    }
}

impl PolicyJson {
    fn new(engine: &Engine, id: PolicyId) -> Option<Self> {
        let policy = engine.policies().policy(id)?;
        let line = policy.origin.at.line;
        Some(Self {
            kind: policy.rank.kind().as_str(),
            policy: policy.to_string(),
            file: policy.origin.file.as_deref().map(str::to_string),
            line: (line != 0).then_some(line),
        })
    }
}

/// Entries of one pair each, for formats with a line a pair; addresses stay together.
pub(crate) fn pairs(entry: &Entry) -> Vec<(String, String, Entry)> {
    let singles = |group: &Group| -> Vec<(Vec<String>, Group)> {
        match group {
            Group::Cidrs(_) => vec![(members(group), group.clone())],
            Group::Workloads(names) => {
                let one =
                    |name: &WorkloadName| (vec![name.to_string()], Group::Workloads(vec![name.clone()]));
                names.iter().map(one).collect()
            }
        }
    };
    let (sources, destinations) = (singles(&entry.from), singles(&entry.to));
    let mut out = Vec::new();
    for (from_names, from) in &sources {
        for (to_names, to) in &destinations {
            let ports: PortSet = entry.ports.clone();
            let pair = Entry { from: from.clone(), to: to.clone(), ports };
            for (from, to) in from_names.iter().flat_map(|from| to_names.iter().map(move |to| (from, to))) {
                if from != to {
                    out.push((from.clone(), to.clone(), pair.clone()));
                }
            }
        }
    }
    out
}
