//! Answers: a question decided for everything that its ends stand for.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

pub use super::judge::{Deputy, Judge};
use super::names::{Found, Member};
use super::passage::Passage;
pub use super::plugin::PluginView;
use crate::flow::Flow;
use crate::path::{Path, Refusal};
use crate::policy::Direction;
use crate::profile::Judgement;
use crate::sorted::SortedSet;
use crate::{Decision, Reason, Side, Verdict};

/// A question with its answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The source.
    pub from: Found,
    /// The destination; of a service, the endpoints that paths lead to.
    pub to: Found,
    /// What was decided, for every pair of what the ends stand for, or for every path; at least one, unless a service
    /// has no path.
    pub cells: Vec<Cell>,
    /// What a service made of it, where the destination is one.
    pub passage: Option<Passage>,
}

/// One decided pair.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Which member of the source.
    pub from: usize,
    /// Which member of the destination.
    pub to: usize,
    /// The flow; on a path, as the source's policies see it.
    pub flow: Flow,
    /// What was decided; by a plugin, in the first way that it could be.
    pub decision: Decision,
    /// Whether the destination is another pod of the workload that stands for both ends.
    pub sibling: bool,
    /// The path through a service.
    pub path: Option<Path>,
    /// What a plugin says, where one decides, and how that differs.
    pub plugin: Option<Judgement>,
}

impl Cell {
    /// What a side says; nothing where nobody knows what the plugin does.
    #[must_use]
    pub fn side(&self, direction: Direction) -> Option<Side> {
        match &self.plugin {
            Some(judgement) => judgement.side(direction),
            None => Some(self.decision.side(direction)),
        }
    }

    /// The verdict; nothing where nobody knows what the plugin does.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.plugin.as_ref().map_or_else(|| Some(self.decision.verdict()), |judgement| judgement.verdict)
    }

    /// The verdict of the specification.
    fn ideal_verdict(&self) -> Verdict {
        self.plugin.as_ref().map_or(self.decision, |judgement| judgement.ideal).verdict()
    }

    /// The flow as the destination's policies see it.
    #[must_use]
    pub fn seen(&self) -> Flow {
        self.path.map_or(self.flow, |path| path.seen)
    }
}

/// The answer for a whole question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was asked is allowed.
    Allowed,
    /// Everything is denied.
    Denied,
    /// It depends on the pod or the path.
    Some,
    /// It depends on what is not known here.
    Unknown,
}

impl Outcome {
    /// The outcome in a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Some => "some",
            Self::Unknown => "unknown",
        }
    }
}

impl Answer {
    /// The answer for the whole question.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome_by(Cell::verdict)
    }

    /// The answer that the specification gives.
    pub(super) fn ideal_outcome(&self) -> Outcome {
        self.outcome_by(|cell| Some(cell.ideal_verdict()))
    }

    fn outcome_by(&self, verdict: impl Fn(&Cell) -> Option<Verdict>) -> Outcome {
        if self.refusals().iter().any(|(_, refusal)| !refusal.is_denial()) {
            return Outcome::Unknown;
        }
        let has = |wanted: Option<Verdict>| self.cells.iter().any(|cell| verdict(cell) == wanted);
        let is_denied = has(Some(Verdict::Deny)) || !self.refusals().is_empty();
        match (has(Some(Verdict::Allow)), is_denied, has(None)) {
            (true, true, _) => Outcome::Some,
            (_, _, true) => Outcome::Unknown,
            (true, false, false) => Outcome::Allowed,
            (false, _, false) => Outcome::Denied,
        }
    }

    /// Whether nobody knows what a plugin does on a side of some pair.
    #[must_use]
    pub fn is_unknown(&self, direction: Direction) -> bool {
        self.cells.iter().any(|cell| cell.side(direction).is_none())
    }

    /// The members of the source that a service gives no path, and why.
    #[must_use]
    pub fn refusals(&self) -> &[(usize, Refusal)] {
        self.passage.as_ref().map(|passage| passage.refusals.as_slice()).unwrap_or_default()
    }

    /// What a side says, where it is known and the same for every pair.
    #[must_use]
    pub fn side(&self, direction: Direction) -> Option<Side> {
        self.common(|cell| cell.side(direction))
    }

    /// The reason of a side, where it is known and the same for every pair.
    #[must_use]
    pub fn reason(&self, direction: Direction) -> Option<Reason> {
        self.common(|cell| cell.side(direction).map(|side| side.reason))
    }

    /// The verdict of a side, where it is known and the same for every pair.
    #[must_use]
    pub fn side_verdict(&self, direction: Direction) -> Option<Verdict> {
        self.common(|cell| cell.side(direction).map(Side::verdict))
    }

    fn common<T: PartialEq>(&self, part: impl Fn(&Cell) -> Option<T>) -> Option<T> {
        let mut parts = self.cells.iter().map(part);
        let first = parts.next().filter(|_| self.refusals().is_empty())?;
        if parts.all(|other| other == first) { first } else { None }
    }

    /// The pair that tells most: the first that is denied, or not known where that is the answer, else the first;
    /// nothing where a service has no path.
    #[must_use]
    pub fn telling_cell(&self) -> Option<&Cell> {
        let wanted = if self.outcome() == Outcome::Unknown { None } else { Some(Verdict::Deny) };
        self.cells.iter().find(|cell| cell.verdict() == wanted).or(self.cells.first())
    }

    /// A pair's source.
    #[must_use]
    pub fn source(&self, cell: &Cell) -> Option<&Member> {
        self.from.members.get(cell.from)
    }

    /// A pair's destination.
    #[must_use]
    pub fn destination(&self, cell: &Cell) -> Option<&Member> {
        self.to.members.get(cell.to)
    }

    /// The name of a pair's source.
    #[must_use]
    pub fn source_name(&self, cell: &Cell) -> String {
        self.source(cell).map(|member| member.name.clone()).unwrap_or_default()
    }

    /// The name of a pair's destination.
    #[must_use]
    pub fn destination_name(&self, cell: &Cell) -> String {
        let name = self.destination(cell).map(|member| member.name.as_str()).unwrap_or_default();
        if cell.sibling { format!("another pod of {name}") } else { name.to_string() }
    }

    /// The name of the source as a pair's destination sees it: a node on the way may have put its address there.
    #[must_use]
    pub fn seen_source_name(&self, cell: &Cell) -> String {
        match cell.path.filter(Path::is_rewritten) {
            Some(path) => {
                path.seen.source().address().map_or("a node".to_string(), |address| address.to_string())
            }
            None => self.source_name(cell),
        }
    }

    /// The numbered rules of the network model, and of what is under no policy, that the answer rests on.
    #[must_use]
    pub fn rules(&self) -> SortedSet<&'static str> {
        let mut rules: SortedSet<&str> =
            self.passage.iter().flat_map(|it| it.rules.iter().copied()).collect();
        for cell in &self.cells {
            if cell.flow.stays_inside() {
                rules.insert("MODEL-001");
                continue;
            }
            let sides = [cell.side(Direction::Egress), cell.side(Direction::Ingress)];
            rules.extend(sides.into_iter().flatten().filter_map(|side| exempting_rule(side.reason)));
        }
        rules
    }

    /// Everything that the reader should know about the choice of the ends.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.from.notes.clone();
        notes.extend(self.to.notes.iter().filter(|note| !self.from.notes.contains(note)).cloned());
        notes.extend(self.passage.iter().flat_map(|passage| &passage.notes).map(ToString::to_string));
        notes
    }
}

/// The rule by which a side is under no policy, whatever policies say.
const fn exempting_rule(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::Loopback => Some("NP-020"),
        Reason::OwnNode => Some("NP-018"),
        Reason::HostNetwork => Some("NP-019"),
        Reason::FinishedPod => Some("NP-025"),
        _ => None,
    }
}
