//! Answers: a question decided for everything that its ends stand for.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::failure::{Failure, listed};
use super::names::{Found, Member, Names};
use super::passage::Passage;
use super::question::{Carried, Question};
use crate::cluster::{ContainerPort, PodId, PodIdentity};
use crate::explain::Trace;
use crate::flow::{Endpoint, Flow, Transport};
use crate::net::{L4Protocol, PortName};
use crate::options::Loopback;
use crate::path::{Path, Refusal};
use crate::policy::Direction;
use crate::profile::Comparison;
use crate::{Decide, Decision, Engine, Reason, Side, Verdict};

/// Decides questions about one cluster.
#[derive(Debug)]
pub struct Judge<'a> {
    engine: &'a Engine,
    names: Names<'a>,
    /// The engine to which a pod of a workload is another pod than itself; made when the first such flow comes.
    between_siblings: OnceCell<Engine>,
    /// What the plugin is known to do, where one decides.
    plugin: Option<&'a Comparison>,
}

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
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// Which member of the source.
    pub from: usize,
    /// Which member of the destination.
    pub to: usize,
    /// The flow; on a path, as the source's policies see it.
    pub flow: Flow,
    /// What was decided.
    pub decision: Decision,
    /// What of the decision is known.
    pub known: Known,
    /// Whether the destination is another pod of the workload that stands for both ends.
    pub sibling: bool,
    /// The path through a service.
    pub path: Option<Path>,
}

/// What of a decision is known: all of the specification's, and not always all of a plugin's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Whether the source's side is.
    pub egress: bool,
    /// Whether the destination's side is.
    pub ingress: bool,
}

impl Known {
    /// All of it.
    pub(super) const ALL: Self = Self { egress: true, ingress: true };
}

impl Cell {
    /// What a side says; nothing where nobody knows.
    #[must_use]
    pub const fn side(&self, direction: Direction) -> Option<Side> {
        let is_known = match direction {
            Direction::Egress => self.known.egress,
            Direction::Ingress => self.known.ingress,
        };
        if is_known { Some(self.decision.side(direction)) } else { None }
    }

    /// The verdict; nothing where nobody knows.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let sides = [self.side(Direction::Egress), self.side(Direction::Ingress)];
        if sides.into_iter().flatten().any(|side| !side.verdict().is_allow()) {
            return Some(Verdict::Deny);
        }
        sides.iter().all(Option::is_some).then_some(Verdict::Allow)
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

/// What a plugin makes of an answer, against the specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginView {
    /// What the specification says.
    pub ideal: Outcome,
    /// The ids of the behaviours that make a side differ from what the specification says.
    pub differs: BTreeSet<&'static str>,
    /// The ids of the behaviours that nobody knows and on which the answer hangs.
    pub unknown: BTreeSet<&'static str>,
}

impl<'a> Judge<'a> {
    /// Decides as an engine does.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        let names = Names::new(engine.cluster());
        Self { engine, names, between_siblings: OnceCell::new(), plugin: None }
    }

    /// Decides as a plugin does, as far as that is known.
    #[must_use]
    pub fn of_plugin(plugin: &'a Comparison) -> Self {
        Self { plugin: Some(plugin), ..Self::new(plugin.base()) }
    }

    /// Decides a flow; between siblings, where a pod of a workload asks another one.
    #[must_use]
    pub fn decide(&self, flow: &Flow, between_siblings: bool) -> Decision {
        if between_siblings { self.sibling_engine().decide(flow) } else { self.engine.decide(flow) }
    }

    /// The engine that decides.
    #[must_use]
    pub const fn engine(&self) -> &'a Engine {
        self.engine
    }

    /// The names of the cluster.
    #[must_use]
    pub const fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// What is known of a decision on a flow, or on a path.
    pub(super) fn known(&self, flow: &Flow, path: Option<&Path>, sibling: bool) -> Known {
        let Some(plugin) = self.plugin else { return Known::ALL };
        if sibling {
            // The ways in which a plugin could be are not followed for pods that stand for others.
            let is_known = !plugin.behaviours().iter().any(crate::profile::Behaviour::is_unknown);
            return Known { egress: is_known, ingress: is_known };
        }
        let judged = path.map_or_else(|| plugin.judge(flow), |path| plugin.judge_path(path));
        Known { egress: judged.egress.is_some(), ingress: judged.ingress.is_some() }
    }

    /// What the plugin makes of an answer; nothing where the specification decides.
    ///
    /// # Errors
    /// When the specification cannot answer the question.
    pub fn plugin_view(&self, question: &Question, answer: &Answer) -> Result<Option<PluginView>, Failure> {
        let Some(plugin) = self.plugin else { return Ok(None) };
        let ideal = Self::new(plugin.upstream()).answer(question)?.outcome();
        let mut view = PluginView { ideal, differs: BTreeSet::new(), unknown: BTreeSet::new() };
        for cell in answer.cells.iter().filter(|cell| !cell.sibling) {
            let path = cell.path.as_ref();
            let judged = path.map_or_else(|| plugin.judge(&cell.flow), |path| plugin.judge_path(path));
            view.differs.extend(judged.differs);
            view.unknown.extend(judged.unknown);
        }
        if answer.cells.iter().any(|cell| cell.sibling && cell.known != Known::ALL) {
            let unknown = plugin.behaviours().iter().filter(|behaviour| behaviour.is_unknown());
            view.unknown.extend(unknown.map(|behaviour| behaviour.id));
        }
        Ok(Some(view))
    }

    /// Why a cell was decided as it was: a path's sides each by the flow that its policies see.
    #[must_use]
    pub fn explain(&self, cell: &Cell) -> Trace {
        let engine = self.engine_of(cell);
        let mut trace = engine.explain(&cell.flow);
        if let Some(path) = cell.path.filter(Path::is_rewritten) {
            let seen = engine.explain(&path.seen);
            trace.decision.ingress = seen.decision.ingress;
            trace.ingress = seen.ingress;
            let new: Vec<_> = seen.notes.into_iter().filter(|note| !trace.notes.contains(note)).collect();
            trace.notes.extend(new);
        }
        trace
    }

    /// The engine that decided a cell.
    #[must_use]
    pub fn engine_of(&self, cell: &Cell) -> &Engine {
        if cell.sibling { self.sibling_engine() } else { self.engine }
    }

    /// Decides a question for every pair of what its ends stand for.
    ///
    /// # Errors
    /// When the question names what is not there, or its ends share no address family.
    pub fn answer(&self, question: &Question) -> Result<Answer, Failure> {
        let from = self.names.find(&question.from)?;
        if let Some(target) = self.target_of(question)? {
            return self.pass(question, from, target);
        }
        let to = self.names.find(&question.to)?;
        let mut cells = Vec::new();
        let mut no_family = None;
        for (to_index, destination) in to.members.iter().enumerate() {
            let transport = self.transport(&question.carried, destination)?;
            for (from_index, source) in from.members.iter().enumerate() {
                let flow = Flow::new(self.engine.cluster(), source.endpoint, destination.endpoint, transport);
                let flow = match flow {
                    Ok(flow) => flow.with_connection(question.connection),
                    Err(error) => {
                        no_family = Some(Failure::new("no-shared-family", error.to_string()));
                        continue;
                    }
                };
                // A workload stands for several pods: one may call itself, or another one.
                let is_itself = self.is_template_to_itself(source, destination);
                for sibling in [false, true].into_iter().filter(|sibling| !sibling || is_itself) {
                    let (from, to) = (from_index, to_index);
                    let decision = self.decide(&flow, sibling);
                    let known = self.known(&flow, None, sibling);
                    cells.push(Cell { from, to, flow, decision, known, sibling, path: None });
                }
            }
        }
        match no_family {
            Some(failure) if cells.is_empty() => Err(failure),
            _ => Ok(Answer { from, to, cells, passage: None }),
        }
    }

    pub(super) fn is_template_to_itself(&self, source: &Member, destination: &Member) -> bool {
        let Endpoint::Pod(id) = source.endpoint else { return false };
        source.endpoint == destination.endpoint
            && self
                .engine
                .cluster()
                .pod(id)
                .is_some_and(|pod| matches!(pod.identity, PodIdentity::Template(_)))
    }

    fn sibling_engine(&self) -> &Engine {
        self.between_siblings.get_or_init(|| {
            let mut options = self.engine.options();
            options.loopback = Loopback::Evaluated;
            Engine::new(self.engine.cluster().clone(), self.engine.policies().clone(), options)
        })
    }

    /// What the flow carries to one destination, whose pod gives names to its ports (NP-008).
    fn transport(&self, carried: &Carried, destination: &Member) -> Result<Transport, Failure> {
        let (protocol, name, source_port) = match carried {
            Carried::Known(transport) => return Ok(*transport),
            Carried::Named { protocol, name, source_port } => (*protocol, name.as_str(), *source_port),
        };
        let pod = self.pod_behind(destination).ok_or_else(|| {
            let message = format!(
                "`{}` is no pod, so that port name `{name}` has no number there; give the number",
                destination.name
            );
            Failure::new("port-name-without-pod", message)
        })?;
        let numbers = PortName::try_from(name).map(|name| self.engine.port_numbers(pod, protocol, &name));
        match numbers.unwrap_or_default().as_slice() {
            [port] => Ok(Transport::Ports { protocol, source_port, port: *port }),
            [] => Err(self.no_such_port(pod, protocol, name, destination)),
            several => {
                let several = listed(several);
                let message = format!(
                    "port name `{name}` stands for {several} on `{}`; give the number",
                    destination.name
                );
                Err(Failure::new("ambiguous-port", message))
            }
        }
    }

    /// The pod whose containers name the ports of a destination.
    fn pod_behind(&self, destination: &Member) -> Option<PodId> {
        match destination.endpoint {
            Endpoint::Pod(id) => Some(id),
            endpoint => {
                let probe = Transport::new(L4Protocol::Tcp, 1);
                let flow = Flow::new(self.engine.cluster(), endpoint, endpoint, probe).ok()?;
                self.engine.pod_of(flow.destination())
            }
        }
    }

    fn no_such_port(&self, pod: PodId, protocol: L4Protocol, name: &str, to: &Member) -> Failure {
        let ports = self.engine.cluster().pod(pod).map(|pod| pod.ports.as_slice()).unwrap_or_default();
        let named = |port: &ContainerPort| {
            let port_name = port.name.as_ref()?;
            Some(format!("{port_name} ({} {})", port.protocol, port.port))
        };
        let mut known: Vec<String> = ports.iter().filter_map(named).collect();
        known.dedup();
        let hint = if known.is_empty() {
            "none of its ports has a name; give the number".to_string()
        } else {
            format!("its named ports are {}", listed(known))
        };
        let message = format!("`{}` has no {protocol} port named `{name}`; {hint}", to.name);
        Failure::new("no-such-port", message)
    }
}

impl Answer {
    /// The answer for the whole question.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.refusals().iter().any(|(_, refusal)| !refusal.is_denial()) {
            return Outcome::Unknown;
        }
        let verdicts: BTreeSet<Option<Verdict>> = self.cells.iter().map(Cell::verdict).collect();
        let has = |verdict| verdicts.contains(&verdict);
        let (allowed, denied) = (has(Some(Verdict::Allow)), has(Some(Verdict::Deny)));
        match (allowed, denied || !self.refusals().is_empty(), has(None)) {
            (true, true, _) => Outcome::Some,
            (_, _, true) => Outcome::Unknown,
            (true, false, false) => Outcome::Allowed,
            (false, _, false) => Outcome::Denied,
        }
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

    /// The pair that tells most: the first that is denied, else the first; nothing where a service has no path.
    #[must_use]
    pub fn telling_cell(&self) -> Option<&Cell> {
        let denied = self.cells.iter().find(|cell| cell.verdict() == Some(Verdict::Deny));
        denied.or(self.cells.first())
    }

    /// The name of a pair's source.
    #[must_use]
    pub fn source_name(&self, cell: &Cell) -> String {
        self.from.member_name(cell.from)
    }

    /// The name of a pair's destination.
    #[must_use]
    pub fn destination_name(&self, cell: &Cell) -> String {
        let name = self.to.member_name(cell.to);
        if cell.sibling { format!("another pod of {name}") } else { name }
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
    pub fn rules(&self) -> BTreeSet<&'static str> {
        let mut rules: BTreeSet<&str> = self.passage.iter().flat_map(|it| it.rules.iter().copied()).collect();
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
