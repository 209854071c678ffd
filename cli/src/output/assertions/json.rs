//! Results as JSON, for programs.

use portcullis::Verdict;
use portcullis::analyze::assertions::{Breach, Outcome};
use serde::Serialize;
use serde_json::Value;

use super::Results;
use crate::output::json::SideJson;

#[derive(Serialize)]
pub(crate) struct ResultsJson {
    passed: usize,
    failed: usize,
    assertions: Vec<OutcomeJson>,
}

#[derive(Serialize)]
struct OutcomeJson {
    name: String,
    file: Option<String>,
    line: u32,
    expect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    passed: bool,
    /// How many pairs of ends it is about, or paths.
    pairs: usize,
    breaches: Vec<BreachJson>,
}

#[derive(Serialize)]
struct BreachJson {
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    /// The number of a protocol without ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ports: Option<Value>,
    /// Null where nobody knows.
    allowed: Option<bool>,
    /// Why a service has no path.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    egress: Option<SideJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingress: Option<SideJson>,
    message: String,
}

pub(crate) fn results(results: &Results<'_, '_>) -> ResultsJson {
    let failed = results.failed();
    ResultsJson {
        passed: results.outcomes().len() - failed,
        failed,
        assertions: results.outcomes().iter().map(|outcome| one(results, outcome)).collect(),
    }
}

fn one(results: &Results<'_, '_>, outcome: &Outcome<'_>) -> OutcomeJson {
    let assertion = outcome.assertion;
    OutcomeJson {
        name: assertion.name.clone(),
        file: assertion.origin.file.as_deref().map(str::to_string),
        line: assertion.origin.at.line,
        expect: if assertion.expect.is_allow() { "allow" } else { "deny" },
        profile: assertion.profile.as_ref().map(ToString::to_string),
        passed: outcome.holds(),
        pairs: outcome.pairs,
        breaches: outcome.breaches.iter().map(|it| breach(results, it)).collect(),
    }
}

fn breach(results: &Results<'_, '_>, breach: &Breach) -> BreachJson {
    let side = |side| results.checked.engine(breach).map(|engine| SideJson::new(engine, side));
    BreachJson {
        from: breach.from.clone(),
        to: breach.to.clone(),
        service: breach.service.clone(),
        protocol: breach.other,
        ports: (!breach.ports.is_nothing()).then(|| breach.ports.to_json()),
        allowed: breach.verdict.map(Verdict::is_allow),
        refused: breach.refusal.as_ref().map(|refusal| refusal.as_str()),
        egress: breach.decision.and_then(|decision| side(decision.egress)),
        ingress: breach.decision.and_then(|decision| side(decision.ingress)),
        message: breach.to_string(),
    }
}
