//! Who answers questions: an engine, a plugin, or somebody in the engine's place.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::OnceCell;
use core::fmt;

use super::answer::{Answer, Cell};
use super::failure::{Failure, listed};
use super::names::{Member, Names};
use super::plugin::PluginView;
use super::question::{Carried, Question};
use crate::cluster::{ContainerPort, PodId, PodIdentity};
use crate::explain::Trace;
use crate::flow::{Endpoint, Flow, Transport};
use crate::net::{L4Protocol, PortName};
use crate::options::Loopback;
use crate::path::Path;
use crate::profile::Comparison;
use crate::{Decide, Decision, Engine};

/// Decides questions about one cluster.
#[derive(Debug)]
pub struct Judge<'a> {
    engine: &'a Engine,
    names: Names<'a>,
    /// The engine to which a pod of a workload is another pod than itself; made when the first such flow comes.
    between_siblings: OnceCell<Engine>,
    /// The plugin that decides, if it is not the specification.
    plugin: Option<&'a Comparison>,
    /// Who decides in place of the engine, if somebody else does.
    deputy: Option<&'a dyn Deputy>,
}

/// Who decides flows in place of an engine that holds the same cluster.
pub trait Deputy: fmt::Debug {
    /// Decides a flow; between siblings, where a pod of a workload asks another one.
    fn decide(&self, flow: &Flow, between_siblings: bool) -> Decision;

    /// Why it is not asked about paths through services.
    fn no_paths(&self) -> Failure;
}

impl<'a> Judge<'a> {
    /// Decides as an engine does.
    #[must_use]
    pub fn new(engine: &'a Engine) -> Self {
        let names = Names::new(engine.cluster());
        Self { engine, names, between_siblings: OnceCell::new(), plugin: None, deputy: None }
    }

    /// Decides as a plugin does, as far as that is known.
    #[must_use]
    pub fn of_plugin(plugin: &'a Comparison) -> Self {
        Self { plugin: Some(plugin), ..Self::new(plugin.base()) }
    }

    /// Has somebody decide in place of an engine, which finds the ends all the same.
    #[must_use]
    pub fn by_deputy(engine: &'a Engine, deputy: &'a dyn Deputy) -> Self {
        Self { deputy: Some(deputy), ..Self::new(engine) }
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

    pub(super) const fn deputy(&self) -> Option<&'a dyn Deputy> {
        self.deputy
    }

    /// What the plugin makes of an answer; nothing where the specification decides.
    #[must_use]
    pub fn plugin_view(&self, answer: &Answer) -> Option<PluginView<'a>> {
        self.plugin.map(|plugin| PluginView::of(plugin, answer))
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

    /// The engine that decided a cell; of a plugin, the one of the first way that it could be.
    #[must_use]
    pub fn engine_of(&self, cell: &Cell) -> &Engine {
        self.engine_between(cell.sibling)
    }

    fn engine_between(&self, siblings: bool) -> &Engine {
        match self.plugin {
            _ if !siblings => self.engine,
            Some(plugin) => plugin.between_siblings().base(),
            None => self.between_siblings.get_or_init(|| {
                let mut options = self.engine.options();
                options.loopback = Loopback::Evaluated;
                Engine::new(self.engine.cluster().clone(), self.engine.policies().clone(), options)
            }),
        }
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
                let pair = (from_index, to_index);
                for sibling in self.ways_between(source, destination) {
                    cells.push(self.cell(pair, flow, None, sibling));
                }
            }
        }
        match no_family {
            Some(failure) if cells.is_empty() => Err(failure),
            _ => Ok(Answer { from, to, cells, passage: None }),
        }
    }

    /// Decides a pair of ends, or a path between them.
    pub(super) fn cell(
        &self,
        (from, to): (usize, usize),
        flow: Flow,
        path: Option<Path>,
        sibling: bool,
    ) -> Cell {
        let plugin = self.plugin.map(|plugin| {
            let plugin = if sibling { plugin.between_siblings() } else { plugin };
            path.map_or_else(|| plugin.judge(&flow), |path| plugin.judge_path(&path))
        });
        let decision = match (&plugin, self.deputy, path) {
            (Some(judgement), ..) => judgement.actual,
            (None, Some(deputy), _) => deputy.decide(&flow, sibling),
            (None, None, Some(path)) => path.decide(self.engine_between(sibling)),
            (None, None, None) => self.engine_between(sibling).decide(&flow),
        };
        Cell { from, to, flow, decision, sibling, path, plugin }
    }

    /// The ways in which one end can ask another, each by whether it asks a sibling: a workload stands for several pods,
    /// of which one may call itself, or another one.
    pub(super) fn ways_between(
        &self,
        source: &Member,
        destination: &Member,
    ) -> impl Iterator<Item = bool> + use<> {
        let is_template = |id: PodId| {
            let pod = self.engine.cluster().pod(id);
            pod.is_some_and(|pod| matches!(pod.identity, PodIdentity::Template(_)))
        };
        let is_itself = source.endpoint == destination.endpoint
            && matches!(source.endpoint, Endpoint::Pod(id) if is_template(id));
        core::iter::once(false).chain(is_itself.then_some(true))
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
        let engine = self.plugin.map_or(self.engine, Comparison::upstream);
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
