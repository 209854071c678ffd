//! What became of assertions, as text, JSON, TAP and JUnit's XML.

pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod tap;
pub(crate) mod text;

use portcullis::analyze::assertions::{Breach, Checked, Outcome};
use portcullis::ask::lacks::{self, Lack};
use portcullis::explain::SideTrace;
use portcullis::policy::Direction;
use portcullis::{Engine, Reason};

use crate::output::text::side_line;

/// How many breaches of an assertion are told.
const TOLD: usize = 5;

/// What became of assertions, with how to say why.
pub(crate) struct Results<'c, 'a> {
    checked: &'c Checked<'a>,
}

impl<'c, 'a> Results<'c, 'a> {
    pub(crate) fn new(checked: &'c Checked<'a>) -> Self {
        Self { checked }
    }

    fn outcomes(&self) -> &'c [Outcome<'a>] {
        self.checked.outcomes()
    }

    fn failed(&self) -> usize {
        self.outcomes().iter().filter(|outcome| !outcome.holds()).count()
    }

    /// What is not as asserted, and why, in lines; the rest of many is only counted.
    fn lines(&self, outcome: &Outcome<'_>) -> Vec<String> {
        let mut lines = Vec::new();
        for breach in outcome.breaches.iter().take(TOLD) {
            lines.push(breach.to_string());
            lines.extend(self.reasons(breach).into_iter().map(|line| format!("  {line}")));
        }
        if outcome.breaches.len() > TOLD {
            lines.push(format!("and {} more", outcome.breaches.len() - TOLD));
        }
        lines
    }

    /// What each side says, and of one that denies what the nearest rule lacks.
    fn reasons(&self, breach: &Breach) -> Vec<String> {
        let (Some(engine), Some(trace), Some(flow)) =
            (self.checked.engine(breach), self.checked.explain(breach), breach.flow())
        else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        for side in [&trace.egress, &trace.ingress] {
            let name = format!("{:<8}", side.direction.as_str());
            lines.push(format!("{name} {}", side_line(engine, side, flow.stays_inside())));
            for (rule, lack) in self.lacks(engine, side, breach) {
                lines.push(format!("         nearest is {rule}: {}: {}", lack.field, lack.message));
            }
        }
        lines
    }

    /// What the nearest rule of a side that isolates its pod lacks, each with the rule and its place.
    fn lacks(&self, engine: &Engine, side: &SideTrace, breach: &Breach) -> Vec<(String, Lack)> {
        let Some(nearest) = side.nearest().filter(|_| side.side.reason == Reason::Isolated) else {
            return Vec::new();
        };
        let (Some(rule), Some(flow)) = (engine.policies().rule(nearest.rule.rule), breach.flow()) else {
            return Vec::new();
        };
        let (peer, end) = match side.direction {
            Direction::Egress => (&breach.to, flow.destination()),
            Direction::Ingress => (&breach.from, flow.source()),
        };
        let ends = lacks::Ends {
            peer,
            peer_address: end.address(),
            destination: &breach.to,
            transport: flow.transport(),
        };
        let place = rule.policy.origin.with_position(rule.rule.at);
        let lacks = lacks::of_nearest(engine, side, &nearest, ends);
        lacks.into_iter().map(|lack| (format!("{} ({place})", rule.policy), lack)).collect()
    }
}

/// What was asserted, in words.
fn expected(outcome: &Outcome<'_>) -> String {
    let expect = if outcome.assertion.expect.is_allow() { "allowed" } else { "denied" };
    let profile = outcome.assertion.profile.as_ref();
    let profile = profile.map(|profile| format!(" by {profile}")).unwrap_or_default();
    let pairs = if outcome.pairs == 1 { "pair".to_string() } else { format!("{} pairs", outcome.pairs) };
    let all = if outcome.pairs == 1 { "the" } else { "all" };
    format!("expected {all} {pairs} to be {expect}{profile}")
}
