//! Whether the assertions of the texts hold.

use portcullis::analyze::assertions::{Assertion, Assertions, Outcome};
use portcullis::manifest::{Problem, Workspace};
use serde_json::{Value, json};

use crate::Session;
use crate::place::Places;
use crate::settings::Decider;

/// How many pairs of ends that are not as asserted are told of one assertion.
const TOLD: usize = 5;

impl Session {
    /// What became of each assertion, in the order of the texts.
    #[must_use]
    pub fn test(&self) -> Value {
        let (texts, places) = self.answered();
        let named = texts.names().filter_map(|name| Some((name, texts.text(name)?)));
        let (assertions, unread) = Assertions::read_each(named, self.settings.namespace.as_deref());
        let assertions = match &self.decider {
            Decider::Plugin(profile) => assertions.with_profile(profile),
            Decider::Specification(_) => assertions,
        };
        let (checked, unasked) = assertions.check_each(&self.engine);
        let mut results = Results { texts, places, told: Vec::new() };
        let mut outcomes = checked.outcomes().iter();
        for (place, assertion) in assertions.iter().enumerate() {
            let own: Vec<&Problem> =
                unasked.iter().filter(|(at, _)| *at == place).map(|(_, problem)| problem).collect();
            match own.first() {
                Some(first) => results.error(&assertion.name, results.span(assertion), first, &own),
                None => results.outcome(assertion, outcomes.next()),
            }
        }
        let mut rest = unread.iter().peekable();
        while let Some(first) = rest.next() {
            let mut own = vec![first];
            while let Some(next) = rest.next_if(|next| name_of(next) == name_of(first)) {
                own.push(next);
            }
            results.error(&name_of(first), places.of_problem(texts, first), first, &own);
        }
        results.in_order()
    }
}

struct Results<'a> {
    texts: &'a Workspace,
    places: &'a Places,
    /// Each with its text's place among all, and its line there.
    told: Vec<((usize, u32), Value)>,
}

impl Results<'_> {
    fn outcome(&mut self, assertion: &Assertion, outcome: Option<&Outcome<'_>>) {
        let Some(outcome) = outcome else { return };
        let (name, span) = (&assertion.name, self.span(assertion));
        let result = if outcome.holds() {
            json!({ "name": name, "span": span, "status": "passed" })
        } else {
            json!({ "name": name, "span": span, "status": "failed", "message": failure(outcome) })
        };
        self.put(assertion.origin.file.as_deref().unwrap_or_default(), assertion.origin.at.line, result);
    }

    /// An assertion that cannot be checked, with all that is wrong with it.
    fn error(&mut self, name: &str, span: Value, first: &Problem, all: &[&Problem]) {
        let words: Vec<String> = all.iter().map(|problem| words(problem)).collect();
        let (code, message) = (first.code.as_str(), words.join("; "));
        let result =
            json!({ "name": name, "span": span, "status": "error", "code": code, "message": message });
        self.put(&first.file, first.line, result);
    }

    fn put(&mut self, file: &str, line: u32, result: Value) {
        let text = self.texts.names().position(|name| name == file).unwrap_or_default();
        self.told.push(((text, line), result));
    }

    fn span(&self, assertion: &Assertion) -> Value {
        let file = assertion.origin.file.as_deref().unwrap_or_default();
        self.places.field(self.texts, file, assertion.origin.at.line, &assertion.field, false)
    }

    fn in_order(mut self) -> Value {
        self.told.sort_by_key(|(place, _)| *place);
        self.told.into_iter().map(|(_, result)| result).collect()
    }
}

/// What an assertion is called that cannot be read: its document, and its place there.
fn name_of(problem: &Problem) -> String {
    let Some(object) = &problem.object else { return problem.file.clone() };
    match problem.field.split_once(']') {
        Some((item, _)) if item.starts_with("assertions[") => format!("{object} {item}]"),
        _ => object.clone(),
    }
}

fn words(problem: &Problem) -> String {
    match problem.help.as_str() {
        "" => problem.message.clone(),
        help => format!("{}; {help}", problem.message),
    }
}

/// What was asserted, and what is so.
fn failure(outcome: &Outcome<'_>) -> String {
    let expected = if outcome.assertion.expect.is_allow() { "allowed" } else { "denied" };
    let profile = outcome.assertion.profile.as_ref();
    let profile = profile.map(|profile| format!(" by {profile}")).unwrap_or_default();
    let pairs = match outcome.pairs {
        1 => "the pair".to_string(),
        pairs => format!("all {pairs} pairs"),
    };
    let mut breaches: Vec<String> = outcome.breaches.iter().take(TOLD).map(ToString::to_string).collect();
    if let more @ 1.. = outcome.breaches.len().saturating_sub(TOLD) {
        breaches.push(format!("and {more} more"));
    }
    format!("expected {pairs} to be {expected}{profile}: {}", breaches.join("; "))
}
