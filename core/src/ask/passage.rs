//! Questions whose destination is a service: the paths through it, each decided.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::answer::{Answer, Cell};
use super::ends::EndName;
use super::failure::Failure;
use super::judge::Judge;
use super::names::{Found, Member};
use super::question::{Carried, Question};
use crate::cluster::ServiceId;
use crate::flow::Transport;
use crate::net::L4Protocol;
use crate::path::{Call, Carries, Door, Front, Path, PathError, PathNote, Paths, PortAsked, Refusal};
use crate::sorted::SortedSet;

/// What a service made of a question.
#[derive(Clone, Debug)]
pub struct Passage {
    /// The service that translates, as `namespace/name`.
    pub service: String,
    /// The rules of the network model that shaped the paths.
    pub rules: SortedSet<&'static str>,
    /// What is not known and would narrow the paths down.
    pub notes: SortedSet<PathNote>,
    /// The members of the source that have no path, and why.
    pub refusals: Vec<(usize, Refusal)>,
}

/// A service that a question names, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    service: ServiceId,
    door: Door,
}

impl Judge<'_> {
    /// The service that a question's destination is, if it is one.
    pub(super) fn target_of(&self, question: &Question) -> Result<Option<Target>, Failure> {
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
    pub(super) fn pass(&self, question: &Question, from: Found, target: Target) -> Result<Answer, Failure> {
        if let Some(deputy) = self.deputy() {
            return Err(deputy.no_paths());
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
        let mut to = Found { name, members: Vec::new(), is_workload: false, notes: Vec::new() };
        let mut passage = Passage {
            service: String::new(),
            rules: SortedSet::new(),
            notes: SortedSet::new(),
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
        let ways = self.ways_between(source, &member);
        let known = to.members.iter().position(|other| other.name == member.name);
        let to_index = known.unwrap_or_else(|| {
            to.members.push(member);
            to.members.len().saturating_sub(1)
        });
        cells.extend(ways.map(|sibling| self.cell((from, to_index), path.sent, Some(path), sibling)));
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
