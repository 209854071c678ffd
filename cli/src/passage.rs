//! Questions whose destination is a service: the paths through it, each decided.

use std::collections::BTreeSet;
use std::net::IpAddr;

use portcullis::cluster::ServiceId;
use portcullis::flow::{Flow, Transport};
use portcullis::net::L4Protocol;
use portcullis::path::{Call, Carries, Door, Front, Path, PathError, PathNote, Paths, PortAsked, Refusal};
use portcullis::{Decide, Decision};

use crate::answer::{Answer, Cell, Judge};
use crate::ends::EndName;
use crate::failure::Failure;
use crate::names::{Found, Member};
use crate::question::{Carried, Question};

/// What a service made of a question.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    /// The service that translates, as `namespace/name`.
    pub(crate) service: String,
    /// The rules of the network model that shaped the paths.
    pub(crate) rules: BTreeSet<&'static str>,
    pub(crate) notes: BTreeSet<PathNote>,
    /// The members of the source that have no path, and why.
    pub(crate) refusals: Vec<(usize, Refusal)>,
}

/// A service that a question names, and how.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    service: ServiceId,
    door: Door,
}

impl Judge<'_> {
    /// The service that a question's destination is, if it is one.
    pub(crate) fn target_of(&self, question: &Question) -> Result<Option<Target>, Failure> {
        match &question.to {
            EndName::Service { namespace, name } => {
                let service = self.names().service(namespace, name)?;
                Ok(Some(Target { service, door: Door::Name }))
            }
            EndName::Address(address) => self.target_at(*address, &question.carried),
            EndName::Any { .. } | EndName::Pod { .. } | EndName::Workload { .. } => Ok(None),
        }
    }

    fn target_at(&self, address: IpAddr, carried: &Carried) -> Result<Option<Target>, Failure> {
        let Some((protocol, _, port)) = port_of(carried) else { return Ok(None) };
        match Front::of(self.engine().cluster(), address, protocol, &port) {
            Ok(Front::Service(service, door)) => Ok(Some(Target { service, door })),
            Ok(Front::Address) => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    }

    /// Decides every path from every member of the source.
    pub(crate) fn pass(&self, question: &Question, from: Found, target: Target) -> Result<Answer, Failure> {
        if self.is_sandboxed() {
            // A record of a flow does not say in which family a path is, nor that nobody knows its source.
            let message = "the guest is not asked about paths through services; leave `--engine wasm` out";
            return Err(Failure::new("no-paths-in-guest", message));
        }
        let cluster = self.engine().cluster();
        let carries = match &question.carried {
            Carried::Known(Transport::Other { protocol, icmp }) => {
                Carries::Other { protocol: *protocol, icmp: *icmp }
            }
            other => match port_of(other) {
                Some((protocol, source_port, port)) => Carries::Port { protocol, source_port, port },
                None => return Err(failure(&PathError::Unknown)),
            },
        };
        let asked = cluster.service(target.service).map(ToString::to_string).unwrap_or_default();
        let name = match target.door.address() {
            Some(address) => format!("{address} ({asked})"),
            None => asked,
        };
        let mut to = Found { name, members: Vec::new(), notes: Vec::new() };
        let mut passage = Passage {
            service: String::new(),
            rules: BTreeSet::new(),
            notes: BTreeSet::new(),
            refusals: Vec::new(),
        };
        let (mut cells, mut no_family) = (Vec::new(), None);
        for (index, member) in from.members.iter().enumerate() {
            let (source, service, door) = (member.endpoint, target.service, target.door);
            let call = Call { source, service, door, carries: carries.clone() };
            let paths = match Paths::of(cluster, &call) {
                Ok(paths) => paths,
                Err(error @ PathError::NoSharedFamily { .. }) => {
                    no_family = Some(failure(&error));
                    continue;
                }
                Err(error) => return Err(failure(&error)),
            };
            let service = cluster.service(paths.service);
            passage.service = service.map(|it| format!("{}/{}", it.namespace, it.name)).unwrap_or_default();
            passage.rules.extend(paths.rules);
            passage.notes.extend(paths.notes);
            passage.refusals.extend(paths.refusal.map(|refusal| (index, refusal)));
            for path in paths.paths {
                let path = path.with_connection(question.connection);
                self.decide_path(index, member, path, &mut to, &mut cells);
            }
        }
        match no_family {
            Some(failure) if cells.is_empty() && passage.refusals.is_empty() => Err(failure),
            _ => Ok(Answer { from, to, cells, passage: Some(passage) }),
        }
    }

    fn decide_path(&self, from: usize, source: &Member, path: Path, to: &mut Found, cells: &mut Vec<Cell>) {
        let member = self.names().member_of(path.sent.destination());
        let is_itself = self.is_template_to_itself(source, &member);
        let known = to.members.iter().position(|other| other.name == member.name);
        let to_index = known.unwrap_or_else(|| {
            to.members.push(member);
            to.members.len().saturating_sub(1)
        });
        for sibling in [false, true].into_iter().filter(|sibling| !sibling || is_itself) {
            let plugin = self.plugin().map(|plugin| plugin.judge_path(&path, sibling));
            let decision = match &plugin {
                Some(judgement) => judgement.actual,
                None => path.decide(&Deciding { judge: self, sibling }),
            };
            let (flow, path) = (path.sent, Some(path));
            cells.push(Cell { from, to: to_index, flow, decision, sibling, path, plugin });
        }
    }
}

/// Whoever decides for a judge; between siblings, where a pod of a workload asks another one.
struct Deciding<'j, 'a> {
    judge: &'j Judge<'a>,
    sibling: bool,
}

impl Decide for Deciding<'_, '_> {
    fn decide(&self, flow: &Flow) -> Decision {
        self.judge.decide(flow, self.sibling)
    }
}

/// The port that a question asks for, where its protocol has ports.
fn port_of(carried: &Carried) -> Option<(L4Protocol, Option<u16>, PortAsked)> {
    match carried {
        Carried::Named { protocol, name, source_port } => {
            Some((*protocol, *source_port, PortAsked::Name(name.clone())))
        }
        Carried::Known(Transport::Ports { protocol, source_port, port }) => {
            Some((*protocol, *source_port, PortAsked::Number(*port)))
        }
        Carried::Known(Transport::Other { .. }) => None,
    }
}

fn failure(error: &PathError) -> Failure {
    let code = match error {
        PathError::NoSharedFamily { .. } => "no-shared-family",
        PathError::NoSuchPort { .. } => "no-such-port",
        PathError::NoPorts { .. } => "port-without-meaning",
        _ => "no-such-end",
    };
    Failure::new(code, error.to_string())
}
