//! Answers: a question decided for everything that its ends stand for.

use std::cell::OnceCell;

use portcullis::cluster::{PodId, PodIdentity};
use portcullis::explain::Trace;
use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::net::{L4Protocol, PortName};
use portcullis::options::Loopback;
use portcullis::path::{Path, Refusal};
use portcullis::policy::Direction;
use portcullis::profile::Judgement;
use portcullis::{Decide, Decision, Engine, Reason, Side, Verdict};

use crate::args::{EngineArgs, EngineKind, InputArgs};
use crate::failure::{Failure, listed};
use crate::names::{Found, Member, Names};
use crate::passage::Passage;
use crate::plugin::Plugin;
use crate::question::{Carried, Question};
use crate::sandbox::Sandbox;
use crate::session::Session;

/// Decides questions about one cluster.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    engine: &'a Engine,
    names: Names<'a>,
    /// The engine to which a pod of a workload is another pod than itself; made when the first such flow comes.
    between_siblings: OnceCell<Engine>,
    /// Who decides in place of the engine, if somebody else does.
    sandbox: Option<Sandbox>,
    /// The plugin that decides, if it is not the specification.
    plugin: Option<Plugin>,
}

/// A question with its answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) from: Found,
    pub(crate) to: Found,
    /// What was decided, for every pair of what the ends stand for, or for every path; at least one, unless a service
    /// has no path.
    pub(crate) cells: Vec<Cell>,
    /// What a service made of it, where the destination is one.
    pub(crate) passage: Option<Passage>,
}

/// One decided pair.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// Which member of the source.
    pub(crate) from: usize,
    /// Which member of the destination.
    pub(crate) to: usize,
    pub(crate) flow: Flow,
    pub(crate) decision: Decision,
    /// Whether the destination is another pod of the workload that stands for both ends.
    pub(crate) sibling: bool,
    /// The path through a service; `flow` is as the source's policies see it.
    pub(crate) path: Option<Path>,
    /// What a plugin says, where one decides, and how that differs; `decision` is what it says in the first way that it
    /// could be.
    pub(crate) plugin: Option<Judgement>,
}

/// The answer for a whole question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allowed,
    Denied,
    /// It depends on the pod or the path.
    Some,
    /// It depends on what is not known here.
    Unknown,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(session: &'a Session) -> Self {
        let engine = &session.engine;
        let names = Names::new(engine.cluster());
        let plugin = Plugin::of(session);
        Self { engine, names, between_siblings: OnceCell::new(), sandbox: None, plugin }
    }

    /// Has somebody else than the engine decide, where the arguments ask for that.
    pub(crate) fn with(session: &'a Session, input: &InputArgs, args: EngineArgs) -> Result<Self, Failure> {
        let sandbox = match args.engine {
            EngineKind::Native => None,
            EngineKind::Wasm if session.profile.is_some() => {
                let message = "the guest answers by the specification's options, and is not asked what a plugin does; \
                               leave `--engine wasm` or `--profile` out";
                return Err(Failure::new("no-profiles-in-guest", message));
            }
            EngineKind::Wasm => Some(Sandbox::open(session, input)?),
        };
        Ok(Self { sandbox, ..Self::new(session) })
    }

    /// Decides a flow; between siblings, where a pod of a workload asks another one.
    pub(crate) fn decide(&self, flow: &Flow, between_siblings: bool) -> Decision {
        match &self.sandbox {
            Some(sandbox) => sandbox.decide(flow, between_siblings),
            None if between_siblings => self.sibling_engine().decide(flow),
            None => self.engine.decide(flow),
        }
    }

    /// Decides a pair.
    fn cell(&self, from: usize, to: usize, flow: Flow, sibling: bool) -> Cell {
        let plugin = self.plugin.as_ref().map(|plugin| plugin.judge(&flow, sibling));
        let decision = plugin.as_ref().map_or_else(|| self.decide(&flow, sibling), |judged| judged.actual);
        Cell { from, to, flow, decision, sibling, path: None, plugin }
    }

    /// The plugin that decides; nothing where the specification does.
    pub(crate) fn plugin(&self) -> Option<&Plugin> {
        self.plugin.as_ref()
    }

    /// Whether somebody else than the engine decides.
    pub(crate) fn is_sandboxed(&self) -> bool {
        self.sandbox.is_some()
    }

    pub(crate) fn engine(&self) -> &'a Engine {
        self.engine
    }

    pub(crate) fn names(&self) -> &Names<'a> {
        &self.names
    }

    /// Why a cell was decided as it was: a path's sides each by the flow that its policies see.
    pub(crate) fn explain(&self, cell: &Cell) -> Trace {
        let engine = self.engine_of(cell);
        let mut trace = engine.explain(&cell.flow);
        if let Some(path) = cell.path.filter(Path::is_rewritten) {
            let seen = engine.explain(&path.seen);
            trace.decision.ingress = seen.decision.ingress;
            trace.ingress = seen.ingress;
            trace.notes.extend(
                seen.notes.iter().filter(|note| !trace.notes.contains(note)).cloned().collect::<Vec<_>>(),
            );
        }
        trace
    }

    /// The engine that decided a cell.
    pub(crate) fn engine_of(&self, cell: &Cell) -> &Engine {
        if cell.sibling { self.sibling_engine() } else { self.engine }
    }

    /// Decides a question for every pair of what its ends stand for.
    pub(crate) fn answer(&self, question: &Question) -> Result<Answer, Failure> {
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
                cells.push(self.cell(from_index, to_index, flow, false));
                if self.is_template_to_itself(source, destination) {
                    // A workload stands for several pods: one may call itself, or another one.
                    cells.push(self.cell(from_index, to_index, flow, true));
                }
            }
        }
        match no_family {
            Some(failure) if cells.is_empty() => Err(failure),
            _ => Ok(Answer { from, to, cells, passage: None }),
        }
    }

    pub(crate) fn is_template_to_itself(&self, source: &Member, destination: &Member) -> bool {
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
        // Whatever a plugin makes of names in rules, who asks means what the pod calls so.
        let engine = self.plugin.as_ref().map_or(self.engine, Plugin::upstream);
        let numbers = PortName::try_from(name).map(|name| engine.port_numbers(pod, protocol, &name));
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
        let named = |port: &portcullis::cluster::ContainerPort| {
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

impl Cell {
    /// The verdict; nothing where nobody knows what the plugin does.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        match &self.plugin {
            Some(judgement) => judgement.verdict,
            None => Some(self.decision.verdict()),
        }
    }

    /// What a side says; nothing where nobody knows what the plugin does.
    pub(crate) fn side(&self, direction: Direction) -> Option<Side> {
        match &self.plugin {
            Some(judgement) => judgement.side(direction),
            None => Some(self.decision.side(direction)),
        }
    }
}

impl Answer {
    pub(crate) fn outcome(&self) -> Outcome {
        if self.refusals().iter().any(|(_, refusal)| !refusal.is_denial()) {
            return Outcome::Unknown;
        }
        self.outcome_by(Cell::verdict)
    }

    /// The answer that the specification gives.
    pub(crate) fn ideal_outcome(&self) -> Outcome {
        if self.refusals().iter().any(|(_, refusal)| !refusal.is_denial()) {
            return Outcome::Unknown;
        }
        self.outcome_by(|cell| Some(cell.plugin.as_ref().map_or(cell.decision, |it| it.ideal).verdict()))
    }

    fn outcome_by(&self, verdict: impl Fn(&Cell) -> Option<Verdict>) -> Outcome {
        let count =
            |wanted: Option<Verdict>| self.cells.iter().filter(|cell| verdict(cell) == wanted).count();
        let (allowed, unknown) = (count(Some(Verdict::Allow)), count(None));
        let has_denied = count(Some(Verdict::Deny)) > 0 || !self.refusals().is_empty();
        match (allowed > 0, has_denied, unknown > 0) {
            (true, true, _) => Outcome::Some,
            (_, _, true) => Outcome::Unknown,
            (true, false, false) => Outcome::Allowed,
            (false, _, false) => Outcome::Denied,
        }
    }

    /// Whether nobody knows what a plugin does on a side of some pair.
    pub(crate) fn is_unknown(&self, direction: Direction) -> bool {
        self.cells.iter().any(|cell| cell.side(direction).is_none())
    }

    /// The members of the source that a service gives no path, and why.
    pub(crate) fn refusals(&self) -> &[(usize, Refusal)] {
        self.passage.as_ref().map(|passage| passage.refusals.as_slice()).unwrap_or_default()
    }

    /// What a side says, where it says the same for every pair.
    pub(crate) fn side(&self, direction: Direction) -> Option<Side> {
        self.common(|cell| cell.side(direction)).flatten()
    }

    /// The reason of a side, where it is the same for every pair.
    pub(crate) fn reason(&self, direction: Direction) -> Option<Reason> {
        self.common(|cell| cell.side(direction).map(|side| side.reason)).flatten()
    }

    /// The verdict of a side, where it is the same for every pair.
    pub(crate) fn side_verdict(&self, direction: Direction) -> Option<Verdict> {
        self.common(|cell| cell.side(direction).map(Side::verdict)).flatten()
    }

    fn common<T: PartialEq>(&self, part: impl Fn(&Cell) -> T) -> Option<T> {
        let mut parts = self.cells.iter().map(part);
        let first = parts.next().filter(|_| self.refusals().is_empty())?;
        parts.all(|other| other == first).then_some(first)
    }

    /// The pair that tells most: the first that is denied, or not known where that is the answer, else the first;
    /// nothing where a service has no path.
    pub(crate) fn telling_cell(&self) -> Option<&Cell> {
        let wanted = if self.outcome() == Outcome::Unknown { None } else { Some(Verdict::Deny) };
        self.cells.iter().find(|cell| cell.verdict() == wanted).or(self.cells.first())
    }

    /// A pair's source.
    pub(crate) fn source(&self, cell: &Cell) -> &Member {
        &self.from.members[cell.from]
    }

    /// A pair's destination.
    pub(crate) fn destination(&self, cell: &Cell) -> &Member {
        &self.to.members[cell.to]
    }

    /// The name of a pair's source.
    pub(crate) fn source_name(&self, cell: &Cell) -> String {
        self.source(cell).name.clone()
    }

    /// The name of a pair's destination.
    pub(crate) fn destination_name(&self, cell: &Cell) -> String {
        let name = &self.destination(cell).name;
        if cell.sibling { format!("another pod of {name}") } else { name.clone() }
    }

    /// The name of the source as a pair's destination sees it: a node on the way may have put its address there.
    pub(crate) fn seen_source_name(&self, cell: &Cell) -> String {
        match cell.path.filter(Path::is_rewritten) {
            Some(path) => {
                path.seen.source().address().map_or("a node".to_string(), |address| address.to_string())
            }
            None => self.source_name(cell),
        }
    }

    /// Everything that the reader should know about the choice of the ends.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.from.notes.clone();
        notes.extend(self.to.notes.iter().filter(|note| !self.from.notes.contains(note)).cloned());
        notes.extend(self.passage.iter().flat_map(|passage| &passage.notes).map(ToString::to_string));
        notes
    }
}
