//! What the ends of assertions stand for in a cluster.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::ends::EndName;
use crate::analyze::addresses::{AddressRange, cut_at, first_free};
use crate::analyze::distinctions::Distinctions;
use crate::analyze::ends::taken;
use crate::ask;
use crate::ask::ends::EndName as Named;
use crate::ask::failure::Failure;
use crate::ask::names::Names;
use crate::cluster::{Cluster, Pod, PodId, ServiceId};
use crate::engine::Engine;
use crate::flow::Endpoint;
use crate::net::Cidr;
use crate::path::Door;
use crate::policy::{NamespaceMatch, PodMatch};
use crate::sorted::SortedSet;

/// One thing that an end stands for.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) endpoint: Endpoint,
    pub(super) name: String,
    /// Whether it stands for one of several pods, so that with itself it is another pod like it.
    pub(super) is_one_of_many: bool,
}

/// What an end is.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Members(Vec<Member>),
    Service(ServiceId, Door),
}

/// Why an end is nothing: what is wrong, and what to do.
pub(super) type Unknown = (String, String);

/// Finds ends in a cluster.
pub(super) struct Directory<'a> {
    cluster: &'a Cluster,
    names: Names<'a>,
    /// The addresses of pods and nodes.
    taken: SortedSet<IpAddr>,
    /// Ranges within which no engine that is asked tells addresses apart.
    ranges: Vec<AddressRange>,
}

impl<'a> Directory<'a> {
    /// A directory for assertions that are decided by some engines of one cluster.
    pub(super) fn new(engine: &'a Engine, others: impl Iterator<Item = &'a Engine>) -> Self {
        let distinctions = Distinctions::of(core::iter::once(engine).chain(others));
        let (cluster, names) = (engine.cluster(), Names::new(engine.cluster()));
        Self { cluster, names, taken: taken(engine), ranges: cut_at(&distinctions.cidrs) }
    }

    pub(super) fn find(&self, end: &EndName) -> Result<Target, Unknown> {
        let members = match end {
            EndName::Named(Named::Service { namespace, name }) => {
                let id = self.names.service(namespace, name).map_err(|failure| unknown(&failure))?;
                return Ok(Target::Service(id, Door::Name));
            }
            EndName::Named(end) => self.named(end)?,
            EndName::Cidr(cidr) => self.outside(*cidr)?,
            EndName::Selected(selected) => self.selected(selected)?,
        };
        Ok(Target::Members(members))
    }

    fn named(&self, end: &Named) -> Result<Vec<Member>, Unknown> {
        let found = self.names.find(end).map_err(|failure| unknown(&failure))?;
        let is_one_of_many = found.is_workload;
        let member = |it: ask::names::Member| Member { endpoint: it.endpoint, name: it.name, is_one_of_many };
        Ok(found.members.into_iter().map(member).collect())
    }

    fn selected(&self, selected: &PodMatch) -> Result<Vec<Member>, Unknown> {
        let is_it = |id: PodId, pod: &Pod| {
            let in_namespace = match &selected.namespaces {
                NamespaceMatch::Named(name) => pod.namespace == *name,
                NamespaceMatch::Selected(selector) => {
                    self.cluster.namespace_of(id).is_some_and(|namespace| selector.matches(&namespace.labels))
                }
            };
            in_namespace && !pod.is_finished() && selected.pods.matches(&pod.labels)
        };
        let pods = self.cluster.pods().filter(|(id, pod)| is_it(*id, pod));
        let members: Vec<Member> = pods.map(|(id, pod)| member(id, pod)).collect();
        if members.is_empty() {
            let message = "no pod has these labels there, so that nothing would be tested".to_string();
            return Err((message, "look at the labels and at the namespace".to_string()));
        }
        Ok(members)
    }

    /// An address of each part of a CIDR that some policy tells from the others.
    fn outside(&self, cidr: Cidr) -> Result<Vec<Member>, Unknown> {
        let whole = AddressRange::of(cidr);
        let parts = self.ranges.iter().filter_map(|range| range.and(whole));
        let free = parts.filter_map(|part| first_free(part, &self.taken));
        let members: Vec<Member> = free.map(address).collect();
        if members.is_empty() {
            let message =
                format!("pods and nodes have all addresses of `{cidr}`, and a CIDR means the others");
            return Err((message, "name the pods, or one address".to_string()));
        }
        Ok(members)
    }
}

fn member(id: PodId, pod: &Pod) -> Member {
    Member { endpoint: Endpoint::Pod(id), name: pod.to_string(), is_one_of_many: true }
}

fn address(address: IpAddr) -> Member {
    Member { endpoint: Endpoint::Address(address), name: address.to_string(), is_one_of_many: false }
}

fn unknown(failure: &Failure) -> Unknown {
    let (what, help) = failure.halves();
    (what.to_string(), help.to_string())
}
