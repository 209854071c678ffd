//! A case made ready: its objects loaded, its probes resolved to flows, its answers compared.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::write::to_json;
use super::{Case, ExpectedSide, Probe};
use crate::cluster::Cluster;
use crate::decision::{Decide, Decision, Side, Verdict};
use crate::flow::Flow;
use crate::manifest::{self, LoadOptions, Report, Severity, Source};
use crate::net::DomainName;
use crate::options::Options;
use crate::policy::{Direction, PolicySet};
use crate::sorted::SortedSet;

/// Where a case and an answer differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The case.
    pub case: String,
    /// The probe's place in the case, from 0; nothing when the case itself did not load as it should.
    pub probe: Option<usize>,
    /// What was expected, and what was found.
    pub message: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.probe {
            Some(probe) => write!(f, "{}: probes[{probe}]: {}", self.case, self.message),
            None => write!(f, "{}: {}", self.case, self.message),
        }
    }
}

/// The objects of a case, loaded.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The cluster.
    pub cluster: Cluster,
    /// The policies.
    pub policies: PolicySet,
    /// How flows are decided.
    pub options: Options,
}

impl Scenario {
    /// Loads a case; `base` gives the text of a base by its name.
    ///
    /// Nothing comes back for a case whose objects are refused, and have to be.
    ///
    /// # Errors
    /// When the objects cannot be loaded and should, can and should not, or not with the problems that are stated.
    pub fn load(case: &Case, base: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Mismatch> {
        let fail = |message| Mismatch { case: case.title(), probe: None, message };
        let mut options = Options::default();
        for (key, value) in &case.options {
            options.set(key, value).map_err(|error| fail(error.to_string()))?;
        }
        let sources = case.sources(base)?;
        let loaded = manifest::load(&sources, &LoadOptions::default());
        let report = match &loaded {
            Ok(loaded) => &loaded.report,
            Err(report) => report,
        };
        expect_problems(case, report).map_err(fail)?;
        let Ok(loaded) = loaded else { return Ok(None) };
        let mut resolved = Vec::new();
        for (name, addresses) in &case.resolved {
            let name = DomainName::try_from(name.as_str()).map_err(|error| fail(error.to_string()))?;
            resolved.push((name, addresses.clone()));
        }
        let cluster = loaded.cluster.with_resolved(resolved);
        Ok(Some(Self { cluster, policies: loaded.policies, options }))
    }

    /// Compares what an implementation says of these objects with the answers that a case states.
    #[must_use]
    pub fn check(&self, case: &Case, implementation: &dyn Decide) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        for (index, probe) in case.probes.iter().enumerate() {
            let mut fail = |message| {
                mismatches.push(Mismatch {
                    case: case.title(),
                    probe: Some(index),
                    message: format!("{probe}: {message}"),
                });
            };
            match probe.calls(&self.cluster) {
                Ok(Some(calls)) => {
                    self.check_calls(probe, &calls, implementation, &mut fail);
                    continue;
                }
                Ok(None) => {}
                Err(message) => {
                    if probe.no_path.as_deref() != Some("error") {
                        fail(message);
                    }
                    continue;
                }
            }
            match self.flows(probe) {
                Ok(flows) => {
                    flows.iter().for_each(|flow| self.compare(probe, flow, implementation, &mut fail))
                }
                Err(message) => fail(message),
            }
        }
        mismatches
    }

    /// The flows that a probe stands for: [`Probe::flows`] of this cluster.
    ///
    /// # Errors
    /// When there is no such pod, workload or port, or the ends share no address family.
    pub fn flows(&self, probe: &Probe) -> Result<Vec<Flow>, String> {
        probe.flows(&self.cluster)
    }

    fn compare(&self, probe: &Probe, flow: &Flow, implementation: &dyn Decide, fail: &mut dyn FnMut(String)) {
        let decision = implementation.decide(flow);
        self.compare_decision(probe.verdict, [&probe.egress, &probe.ingress], decision, fail);
    }

    /// Compares a decision with what is expected of it; egress comes first.
    pub(super) fn compare_decision(
        &self,
        verdict: Option<Verdict>,
        sides: [&ExpectedSide; 2],
        decision: Decision,
        fail: &mut dyn FnMut(String),
    ) {
        if let Some(verdict) = verdict
            && verdict != decision.verdict()
        {
            fail(format!("is {}, expected {verdict}", decision.verdict()));
        }
        for (direction, expected) in [Direction::Egress, Direction::Ingress].into_iter().zip(sides) {
            let side = decision.side(direction);
            let found = self.describe(Some(side.verdict()), Some(side.reason.as_str()), self.rule_of(side));
            if let Some(wanted) = self.difference(side, expected) {
                fail(format!("{direction} is {found}, expected {wanted}"));
            }
        }
    }

    /// What was expected of a side, where it is not what was found.
    fn difference(&self, side: Side, expected: &ExpectedSide) -> Option<String> {
        let rule = self.rule_of(side);
        let same = expected.verdict.is_none_or(|verdict| verdict == side.verdict())
            && expected.reason.is_none_or(|reason| reason == side.reason)
            && expected.rule.as_ref().is_none_or(|wanted| *wanted == rule);
        let reason = expected.reason.map(|reason| reason.as_str());
        (!same).then(|| self.describe(expected.verdict, reason, expected.rule.clone().flatten()))
    }

    fn rule_of(&self, side: Side) -> Option<String> {
        // A rule that is none of this set has to show up as a difference, so it is shown as it is.
        side.rule.map(|id| self.policies.rule(id).map_or(format!("{id:?}"), |rule| rule.to_string()))
    }

    fn describe(&self, verdict: Option<Verdict>, reason: Option<&str>, rule: Option<String>) -> String {
        let parts = [verdict.map(|verdict| verdict.to_string()), reason.map(|reason| format!("({reason})"))];
        let parts = parts.into_iter().flatten().chain(rule.map(|rule| format!("by `{rule}`")));
        parts.collect::<Vec<_>>().join(" ")
    }
}

impl Case {
    /// The texts to load: the base, the manifests, and each object by itself; `base` gives the text of a base by its name.
    ///
    /// # Errors
    /// When there is no such base.
    pub fn sources(&self, base: impl Fn(&str) -> Option<String>) -> Result<Vec<Source>, Mismatch> {
        let mut sources = Vec::new();
        let mut source = |name: String, text: String| sources.push(Source { name, text });
        if let Some(name) = &self.base {
            let message = format!("there is no base `{name}`");
            let text = base(name).ok_or_else(|| Mismatch { case: self.title(), probe: None, message })?;
            source(format!("base {name}"), text);
        }
        if let Some(text) = &self.manifests {
            source("manifests".to_string(), text.clone());
        }
        // One object a source, so that a problem names the object's place.
        for (index, object) in self.objects.iter().enumerate() {
            source(format!("objects[{index}]"), to_json(object));
        }
        Ok(sources)
    }
}

/// Compares the problems of loading with those that a case states.
fn expect_problems(case: &Case, report: &Report) -> Result<(), String> {
    let codes = |severity| {
        let of_severity = report.problems.iter().filter(move |problem| problem.severity == severity);
        of_severity.map(|problem| problem.code.as_str()).collect::<SortedSet<_>>()
    };
    let errors = codes(Severity::Error);
    let expected: SortedSet<_> = case.refused.iter().map(String::as_str).collect();
    if errors != expected {
        let messages =
            report.problems.iter().map(|problem| format!("\n  {}: {}", problem.field, problem.message));
        return Err(format!(
            "loading gives the errors {errors:?}, expected {expected:?}{}",
            messages.collect::<String>()
        ));
    }
    let warnings = codes(Severity::Warning);
    match case.warned.iter().find(|code| !warnings.contains(code.as_str())) {
        Some(missing) => Err(format!("loading does not warn of `{missing}`, but of {warnings:?}")),
        None => Ok(()),
    }
}
