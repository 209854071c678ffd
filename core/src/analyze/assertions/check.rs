//! What becomes of assertions: those that hold, and the pairs that are not as asserted.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::ask::Ask;
use super::decider::Decider;
use super::members::Directory;
use super::{Assertion, Assertions};
use crate::analyze::ports::PortSet;
use crate::decision::{Decision, Verdict};
use crate::engine::Engine;
use crate::explain::Trace;
use crate::flow::Flow;
use crate::manifest::Problem;
use crate::net::Protocol;
use crate::path::{Path, Refusal};
use crate::profile::Profile;
use crate::sorted::SortedMap;

/// Assertions with what became of each.
#[derive(Debug)]
pub struct Checked<'a> {
    outcomes: Vec<Outcome<'a>>,
    deciders: Vec<Decider<'a>>,
}

/// What became of an assertion.
#[derive(Clone, Debug)]
pub struct Outcome<'a> {
    /// The assertion.
    pub assertion: &'a Assertion,
    /// How many pairs of ends it is about; through a service, how many paths.
    pub pairs: usize,
    /// Everything that is not as asserted.
    pub breaches: Vec<Breach>,
}

/// A pair of ends that is not as asserted.
#[derive(Clone, Debug)]
pub struct Breach {
    /// The source, by name.
    pub from: String,
    /// The destination, by name.
    pub to: String,
    /// The service on the way, where the destination is one.
    pub service: Option<String>,
    /// The protocol, where it has no ports.
    pub other: Option<u8>,
    /// The ports, where it has some; through a service those of its endpoint.
    pub ports: PortSet,
    /// What becomes of it; nothing where nobody knows.
    pub verdict: Option<Verdict>,
    /// The decision on one flow of it; nothing where there is no way through the service.
    pub decision: Option<Decision>,
    /// Why there is no way through the service.
    pub refusal: Option<Refusal>,
    pub(super) way: Option<Path>,
    pub(super) decider: usize,
    pub(super) is_sibling: bool,
}

impl Outcome<'_> {
    /// Whether the assertion holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }
}

impl Breach {
    /// A flow that is not as asserted, as the destination sees it; nothing where there is no way through the service.
    #[must_use]
    pub fn flow(&self) -> Option<Flow> {
        self.way.map(|way| way.seen)
    }
}

impl fmt::Display for Breach {
    /// `shop/web -> shop/db, TCP 5432 is allowed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}, ", self.from, self.to)?;
        match self.other {
            Some(number) => write!(f, "{}", Protocol::from_number(number))?,
            None if self.ports.is_all() => f.write_str("every port")?,
            None => write!(f, "{}", self.ports)?,
        }
        if let Some(service) = &self.service {
            write!(f, " through service {service}")?;
        }
        match (self.verdict, &self.refusal) {
            (None, Some(refusal)) => write!(f, " is not known: {refusal}"),
            (None, None) => f.write_str(" is not known: how the plugin behaves there is not"),
            (Some(_), Some(refusal)) => write!(f, " has no way: {refusal} ({})", refusal.rule()),
            (Some(Verdict::Allow), None) => f.write_str(" is allowed"),
            (Some(Verdict::Deny), None) => f.write_str(" is denied"),
        }
    }
}

impl<'a> Checked<'a> {
    /// What became of each assertion, in order.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome<'a>] {
        &self.outcomes
    }

    /// Whether all of them hold.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.outcomes.iter().all(Outcome::holds)
    }

    /// The engine that decided a breach: that of its profile, in the first way that it could be.
    #[must_use]
    pub fn engine(&self, breach: &Breach) -> Option<&Engine> {
        self.deciders.get(breach.decider)?.engines(breach.is_sibling).first().map(AsRef::as_ref)
    }

    /// Why a flow of a breach is decided as it is; nothing where there is no way through the service.
    #[must_use]
    pub fn explain(&self, breach: &Breach) -> Option<Trace> {
        let (engine, way) = (self.engine(breach)?, breach.way?);
        let mut trace = engine.explain(&way.sent);
        if way.is_rewritten() {
            let seen = engine.explain(&way.seen);
            trace.decision.ingress = seen.decision.ingress;
            trace.ingress = seen.ingress;
        }
        Some(trace)
    }
}

impl Assertions {
    /// Checks all assertions.
    ///
    /// # Errors
    /// Every end, port or pair that the cluster does not have, each with its line: an assertion about what is not there
    /// would hold for no reason.
    ///
    /// # Complexity
    /// Linear in the pairs of ends, each with the bounds of the rows that decide for it; a profile is compiled once.
    pub fn check<'a>(&'a self, engine: &'a Engine) -> Result<Checked<'a>, Vec<Problem>> {
        let (checked, problems) = self.check_each(engine);
        if problems.is_empty() { Ok(checked) } else { Err(problems.into_iter().map(|(_, it)| it).collect()) }
    }

    /// As [`Assertions::check`], for those who go on with the assertions that can be checked: these, and every problem of
    /// the others with the place of its assertion.
    ///
    /// # Complexity
    /// As that of [`Assertions::check`].
    pub fn check_each<'a>(&'a self, engine: &'a Engine) -> (Checked<'a>, Vec<(usize, Problem)>) {
        let own = Decider::new(alloc::vec![Cow::Borrowed(engine)], true);
        let mut deciders = alloc::vec![own];
        let mut by_profile: SortedMap<String, usize> = SortedMap::new();
        for profile in self.all.iter().filter_map(|assertion| assertion.profile.as_ref()) {
            by_profile.entry(key_of(profile)).or_insert_with(|| {
                let ways = profile.worlds(engine.policies());
                // Where more could be than can be followed, nothing is known.
                let is_whole = ways.is_some();
                let ways = ways.unwrap_or_else(|| alloc::vec![profile.options()]).into_iter();
                let (cluster, policies) = (engine.cluster(), engine.policies());
                let world = |options| Cow::Owned(Engine::new(cluster.clone(), policies.clone(), options));
                deciders.push(Decider::new(ways.map(world).collect(), is_whole));
                deciders.len().saturating_sub(1)
            });
        }
        let mut problems: Vec<(usize, Problem)> = Vec::new();
        let mut outcomes = Vec::new();
        let others = deciders.iter().flat_map(|decider| decider.engines(false)).map(AsRef::as_ref);
        let directory = Directory::new(engine, others);
        for (place, assertion) in self.all.iter().enumerate() {
            let profile = assertion.profile.as_ref().map(key_of);
            let number = profile.and_then(|profile| by_profile.get(&profile)).copied().unwrap_or_default();
            let Some(decider) = deciders.get(number) else { continue };
            let mut own = Vec::new();
            let mut ask = Ask {
                engine,
                directory: &directory,
                decider,
                number,
                assertion,
                pairs: 0,
                breaches: Vec::new(),
                problems: &mut own,
            };
            ask.run();
            let (pairs, breaches) = (ask.pairs, ask.breaches);
            if own.is_empty() {
                outcomes.push(Outcome { assertion, pairs, breaches });
            }
            problems.extend(own.into_iter().map(|problem| (place, problem)));
        }
        (Checked { outcomes, deciders }, problems)
    }
}

/// What tells profiles apart: the plugin, its version, and the values of its options.
fn key_of(profile: &Profile) -> String {
    let options = profile.plugin().options.iter().filter_map(|option| profile.value(option.key));
    core::iter::once(profile.to_string())
        .chain(options.map(|value| value.to_string()))
        .collect::<Vec<_>>()
        .join(" ")
}
