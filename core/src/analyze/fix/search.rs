//! Tries steps until all of a question is as wanted.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::places::{Move, Scene};
use super::port::Naming;
use super::{Fix, FixError, Setting, allow, deny};
use crate::analyze::diff::{Difference, difference};
use crate::analyze::entries::{Entry, Group};
use crate::corpus::Probe;
use crate::decision::{Decision, Reason, Verdict};
use crate::engine::Engine;
use crate::explain::SideTrace;
use crate::flow::Flow;
use crate::manifest::edit::{Edit, apply, compose};
use crate::manifest::{Change, Loaded, Source, Workspace};
use crate::net::L4Protocol;
use crate::path::{Path, Paths};
use crate::policy::{Action, Direction};
use crate::sorted::SortedSet;

/// How many texts are tried.
const TRIED: usize = 160;
/// How many steps a fix has.
const STEPS: usize = 6;
/// How many unfinished texts are followed from one step to the next.
const FOLLOWED: usize = 8;
/// How many fixes are given.
const GIVEN: usize = 8;

/// Finds changes of manifests after which all of a question has the wanted verdict, the one with the fewest side effects
/// first; none where nothing that was tried brings it about.
///
/// A question that stands for several flows, because its ends are several pods or its destination a service, is as wanted
/// when all of them are.
///
/// # Errors
/// When the manifests cannot be loaded, the question has no answer, all of it is as wanted already, or what decides is no
/// policy.
///
/// # Complexity
/// Reads and compiles the manifests once, and goes on as [`fixes_in`].
pub fn fixes(
    sources: &[Source],
    setting: &Setting,
    probe: &Probe,
    want: Verdict,
) -> Result<Vec<Fix>, FixError> {
    let mut texts = Workspace::new(setting.load.clone());
    for source in sources {
        texts.set(&source.name, &source.text);
    }
    let loaded = texts.load().map_err(FixError::NotLoaded)?;
    let cluster = loaded.cluster.with_resolved(setting.resolved.iter().cloned());
    let engine = Engine::new(cluster, loaded.policies, setting.options);
    fixes_in(&texts, &engine, probe, want)
}

/// As [`fixes`], of texts that were read and compiled before: nothing of them is read again but what a change concerns.
///
/// # Errors
/// As [`fixes`], but for what the texts say.
///
/// # Complexity
/// Puts the objects of the manifests together and compares them up to 160 times.
pub fn fixes_in(
    texts: &Workspace,
    engine: &Engine,
    probe: &Probe,
    want: Verdict,
) -> Result<Vec<Fix>, FixError> {
    let source = |name: &str| Some(Source { name: name.to_string(), text: texts.text(name)?.to_string() });
    let sources: Vec<Source> = texts.names().filter_map(source).collect();
    let edits = sources.iter().map(|_| Vec::new()).collect();
    let start = State { steps: Vec::new(), sources, edits, texts: texts.clone(), engine: engine.clone() };
    let ways = ways(engine, probe).map_err(FixError::NoQuestion)?;
    let standing = Standing::of(engine, &ways, want);
    if standing.left == 0 {
        return Err(FixError::AlreadySo);
    }
    if let Some(reason) = standing.fixed {
        return Err(FixError::NotByPolicies(reason));
    }
    let mut search = Search { probe, want, seen: SortedSet::new(), tried: 0, found: Vec::new() };
    let mut open = alloc::vec![(standing.left, start)];
    for _ in 0..STEPS {
        let mut next = Vec::new();
        for (left, state) in &open {
            search.step(*left, state, &mut next);
        }
        next.sort_by_key(|(left, state): &(usize, State)| (*left, state.steps.len(), grown(state)));
        next.truncate(FOLLOWED);
        if next.is_empty() || search.tried >= TRIED {
            break;
        }
        open = next;
    }
    Ok(search.ranked(texts, engine))
}

/// Texts on the way.
struct State {
    steps: Vec<String>,
    sources: Vec<Source>,
    /// What makes each of `sources` of what was given.
    edits: Vec<Vec<Edit>>,
    texts: Workspace,
    engine: Engine,
}

struct Search<'a> {
    probe: &'a Probe,
    want: Verdict,
    /// Texts that were tried before.
    seen: SortedSet<Vec<String>>,
    tried: usize,
    found: Vec<State>,
}

/// How far a question is from what is wanted.
struct Standing {
    /// How much is left to do.
    left: usize,
    /// Why no policy can do it.
    fixed: Option<String>,
}

impl Search<'_> {
    /// Tries every step from a state: what is done is found, what is nearer is followed.
    fn step(&mut self, left: usize, state: &State, next: &mut Vec<(usize, State)>) {
        let Ok(ways) = ways(&state.engine, self.probe) else { return };
        let wrong = ways.iter().find(|way| way.decide(&state.engine).verdict() != self.want);
        let Some(way) = wrong else { return };
        let naming = Naming::of(&state.engine, self.probe, &ways);
        let scene = Scene::new(&state.engine, &state.sources, &state.texts, naming);
        let mut moves: Vec<Move> = Vec::new();
        for direction in [Direction::Egress, Direction::Ingress] {
            let flow = seen(way, direction);
            let trace = state.engine.explain(&flow);
            let side = trace.side(direction);
            if side.side.verdict() == self.want {
                continue;
            }
            moves.extend(match self.want {
                Verdict::Allow => allow::moves(&scene, side, &flow),
                Verdict::Deny => deny::moves(&scene, side, &flow),
            });
        }
        for step in moves {
            if self.tried >= TRIED {
                return;
            }
            let Some((source, edits)) = changed(state, &step) else { continue };
            let of = |(file, old): (usize, &Source)| match file == step.file {
                true => source.text.clone(),
                false => old.text.clone(),
            };
            if !self.seen.insert(state.sources.iter().enumerate().map(of).collect()) {
                continue;
            }
            self.tried = self.tried.saturating_add(1);
            // A text that no API server would hold is no fix.
            let Some((texts, engine)) = compiled(state, &source) else { continue };
            let Ok(ways) = self::ways(&engine, self.probe) else { continue };
            let now = Standing::of(&engine, &ways, self.want).left;
            let mut state = State {
                steps: state.steps.iter().cloned().chain([step.title]).collect(),
                sources: state.sources.clone(),
                edits: state.edits.clone(),
                texts,
                engine,
            };
            let places = state.sources.get_mut(step.file).zip(state.edits.get_mut(step.file));
            let Some((old_source, old_edits)) = places else { continue };
            (*old_source, *old_edits) = (source, edits);
            if now == 0 {
                self.found.push(state);
            } else if now < left {
                next.push((now, state));
            }
        }
    }

    fn ranked(self, texts: &Workspace, old: &Engine) -> Vec<Fix> {
        let before: usize = texts.names().filter_map(|name| texts.text(name)).map(str::len).sum();
        let mut ranked: Vec<((usize, u64, usize, usize), Fix)> = Vec::new();
        for state in self.found {
            let difference = difference(old, &state.engine);
            let (pairs, ports) = extent(&difference);
            let after = grown(&state);
            let rank = (pairs, ports, state.steps.len(), after.abs_diff(before));
            let changed = state.sources.into_iter().zip(state.edits);
            let changed = changed.filter(|(new, _)| texts.text(&new.name) != Some(&new.text));
            let (texts, edits) = changed.unzip();
            ranked.push((rank, Fix { steps: state.steps, texts, edits, difference }));
        }
        ranked.sort_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.steps.cmp(&other.steps)));
        ranked.into_iter().map(|(_, fix)| fix).take(GIVEN).collect()
    }
}

impl Standing {
    fn of(engine: &Engine, ways: &[Path], want: Verdict) -> Self {
        let mut standing = Self { left: 0, fixed: None };
        for way in ways {
            let decision = way.decide(engine);
            if decision.verdict() == want {
                continue;
            }
            let sides = [Direction::Egress, Direction::Ingress].map(|direction| {
                let trace = engine.explain(&seen(way, direction));
                left_of(trace.side(direction), want)
            });
            let left = sides.iter().fold(1, |sum: usize, left| sum.saturating_add(*left));
            standing.left = standing.left.saturating_add(left);
            standing.fixed = standing.fixed.or(beyond(decision, want));
        }
        standing
    }
}

/// How much of a side stands in the way.
fn left_of(side: &SideTrace, want: Verdict) -> usize {
    if side.side.verdict() == want {
        return 0;
    }
    let in_the_way = side.matching().filter(|rule| (rule.action == Action::Allow) != want.is_allow());
    in_the_way.count().saturating_add(1)
}

/// What decides that is no policy, and that no policy can change.
fn beyond(decision: Decision, want: Verdict) -> Option<String> {
    let can = |reason: Reason| match want {
        Verdict::Allow => matches!(reason, Reason::DenyRule | Reason::Isolated) || reason.verdict() == want,
        Verdict::Deny => matches!(reason, Reason::NoPolicy | Reason::Rule),
    };
    let reasons = [decision.egress.reason, decision.ingress.reason];
    let stuck = match want {
        Verdict::Allow => !reasons.into_iter().all(can),
        Verdict::Deny => !reasons.into_iter().any(can),
    };
    let told = reasons.into_iter().find(|reason| !can(*reason));
    told.filter(|_| stuck).map(|reason| reason.as_str().to_string())
}

/// The flow that a side's policies see.
fn seen(way: &Path, direction: Direction) -> Flow {
    match direction {
        Direction::Egress => way.sent,
        Direction::Ingress => way.seen,
    }
}

/// Everything that a question stands for.
fn ways(engine: &Engine, probe: &Probe) -> Result<Vec<Path>, String> {
    let cluster = engine.cluster();
    let mut ways = Vec::new();
    match probe.calls(cluster)? {
        Some(calls) => {
            for call in &calls {
                let paths = Paths::of(cluster, call).map_err(|error| error.to_string())?;
                if let Some(refusal) = paths.refusal {
                    return Err(refusal.to_string());
                }
                ways.extend(paths.paths);
            }
        }
        None => ways.extend(probe.flows(cluster)?.into_iter().map(|flow| Path { sent: flow, seen: flow })),
    }
    // A pod always reaches itself: several pods of one name mean each other.
    let is_other = |way: &Path| {
        let ends = (way.sent.source().pod(), way.sent.destination().pod());
        ends.0.is_none() || ends.0 != ends.1
    };
    ways.retain(is_other);
    if ways.is_empty() {
        return Err("the two ends are one pod, which always reaches itself".to_string());
    }
    Ok(ways)
}

/// The text that a step changes, as it is then, and the edits that lead there from what was given.
fn changed(state: &State, step: &Move) -> Option<(Source, Vec<Edit>)> {
    let source = state.sources.get(step.file)?;
    let text = apply(&source.text, &step.edits)?;
    let edits = compose(state.edits.get(step.file)?, &step.edits)?;
    Some((Source { name: source.name.clone(), text }, edits))
}

/// A state's texts and its engine, with another text in the place of the one of that name.
fn compiled(state: &State, source: &Source) -> Option<(Workspace, Engine)> {
    let mut texts = state.texts.clone();
    texts.set(&source.name, &source.text);
    let change = texts.load_change().ok()?;
    let mut engine = state.engine.clone();
    let deltas = match change {
        Change::Policies { deltas, .. } => deltas,
        Change::Whole(loaded) => {
            let Loaded { cluster, policies, .. } = *loaded;
            let known = engine.cluster().resolved();
            let known = known.map(|(name, addresses)| (name.clone(), addresses.to_vec()));
            engine.deltas_to(&cluster.with_resolved(known), &policies)
        }
    };
    engine.apply_all(deltas).ok()?;
    Some((texts, engine))
}

fn grown(state: &State) -> usize {
    state.sources.iter().map(|source| source.text.len()).sum()
}

/// How many pairs of ends a difference is about, and how many of their ports.
fn extent(difference: &Difference) -> (usize, u64) {
    // Addresses outside are more than any workload: an opening to them comes last.
    const OUTSIDE: usize = 1 << 16;
    let members = |group: &Group| match group {
        Group::Workloads(workloads) => workloads.len(),
        Group::Cidrs(cidrs) if cidrs.iter().all(|cidr| cidr.address() == cidr.last_address()) => cidrs.len(),
        Group::Cidrs(_) => OUTSIDE,
    };
    let ports = |entry: &Entry| -> u64 {
        let ranges = L4Protocol::ALL.into_iter().flat_map(|protocol| entry.ports.ranges(protocol));
        let count =
            |range: crate::net::PortRange| u64::from(range.end().abs_diff(range.start())).saturating_add(1);
        ranges.map(count).fold(0, u64::saturating_add)
    };
    let entries = difference.added.iter().chain(&difference.removed);
    entries.fold((0, 0), |(pairs, all), entry| {
        let here = members(&entry.from).saturating_mul(members(&entry.to));
        let port_pairs = ports(entry).saturating_mul(u64::try_from(here).unwrap_or(u64::MAX));
        (pairs.saturating_add(here), all.saturating_add(port_pairs))
    })
}
