//! What the ends of assertions stand for in a cluster.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::IpAddr;

use super::ends::EndName;
use crate::analyze::addresses::{AddressRange, cut_at, first_free};
use crate::analyze::distinctions::Distinctions;
use crate::analyze::ends::taken;
use crate::cluster::{Cluster, Pod, PodId, PodIdentity, ServiceId, Workload};
use crate::engine::Engine;
use crate::flow::Endpoint;
use crate::manifest::decode::similar::similar;
use crate::net::Cidr;
use crate::path::Door;
use crate::policy::{NamespaceMatch, PodMatch};

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
    /// The addresses of pods and nodes.
    taken: BTreeSet<IpAddr>,
    /// Ranges within which no engine that is asked tells addresses apart.
    ranges: Vec<AddressRange>,
}

impl<'a> Directory<'a> {
    /// A directory for assertions that are decided by some engines of one cluster.
    pub(super) fn new(engine: &'a Engine, others: impl Iterator<Item = &'a Engine>) -> Self {
        let distinctions = Distinctions::of(core::iter::once(engine).chain(others));
        Self { cluster: engine.cluster(), taken: taken(engine), ranges: cut_at(&distinctions.cidrs) }
    }

    pub(super) fn find(&self, end: &EndName) -> Result<Target, Unknown> {
        match end {
            EndName::Address(address) => Ok(Target::Members(alloc::vec![self.address(*address)])),
            EndName::Any { namespace, name } => match self.pod(namespace, name) {
                Some(member) => Ok(Target::Members(alloc::vec![member])),
                None => self.only_workload(namespace, name).map(Target::Members),
            },
            EndName::Cidr(cidr) => self.outside(*cidr).map(Target::Members),
            EndName::Pod { namespace, name } => match self.pod(namespace, name) {
                Some(member) => Ok(Target::Members(alloc::vec![member])),
                None => Err(self.no_such("pod", end, namespace)),
            },
            EndName::Selected(selected) => self.selected(selected).map(Target::Members),
            EndName::Service { namespace, name } => match self.cluster.find_service(namespace, name) {
                Some(id) => Ok(Target::Service(id, Door::Name)),
                None => {
                    let known = self.cluster.services().map(|(_, service)| service);
                    let known = known.map(|service| format!("{}/{}", service.namespace, service.name));
                    Err((format!("there is no service `{namespace}/{name}`"), hint(name, namespace, known)))
                }
            },
            EndName::Workload { namespace, workload } => {
                let is_it = |of: &Workload| of == workload;
                let members = self.pods_where(namespace, &is_it);
                if members.is_empty() {
                    return Err(self.no_such("workload", end, namespace));
                }
                Ok(Target::Members(members))
            }
        }
    }

    fn address(&self, address: IpAddr) -> Member {
        Member { endpoint: Endpoint::Address(address), name: address.to_string(), is_one_of_many: false }
    }

    fn pod(&self, namespace: &str, name: &str) -> Option<Member> {
        let id = self.cluster.find_pod(namespace, &PodIdentity::Named(name.to_string()))?;
        Some(Member {
            endpoint: Endpoint::Pod(id),
            name: format!("{namespace}/{name}"),
            is_one_of_many: false,
        })
    }

    /// The pods that have not ended of workloads in a namespace; where all have, these.
    fn pods_where(&self, namespace: &str, is_it: &dyn Fn(&Workload) -> bool) -> Vec<Member> {
        let of_workload = |pod: &Pod| pod.namespace == namespace && workload_of(pod).is_some_and(is_it);
        let pods: Vec<(PodId, &Pod)> = self.cluster.pods().filter(|(_, pod)| of_workload(pod)).collect();
        let alive: Vec<(PodId, &Pod)> = pods.iter().copied().filter(|(_, pod)| !pod.is_finished()).collect();
        let kept = if alive.is_empty() { pods } else { alive };
        kept.into_iter().map(|(id, pod)| member(id, pod)).collect()
    }

    fn only_workload(&self, namespace: &str, name: &str) -> Result<Vec<Member>, Unknown> {
        let here = self.cluster.pods().filter(|(_, pod)| pod.namespace == namespace);
        let workloads: BTreeSet<&Workload> =
            here.filter_map(|(_, pod)| workload_of(pod)).filter(|workload| workload.name == name).collect();
        let mut workloads = workloads.into_iter();
        match (workloads.next(), workloads.next()) {
            (Some(only), None) => Ok(self.pods_where(namespace, &|of| of == only)),
            (Some(first), Some(second)) => Err((
                format!("`{namespace}/{name}` can be `{namespace}/{first}` or `{namespace}/{second}`"),
                "name one of them".to_string(),
            )),
            (None, _) => {
                let end = EndName::Any { namespace: namespace.to_string(), name: name.to_string() };
                Err(self.no_such("pod or workload", &end, namespace))
            }
        }
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
        let members: Vec<Member> = free.map(|address| self.address(address)).collect();
        if members.is_empty() {
            let message =
                format!("pods and nodes have all addresses of `{cidr}`, and a CIDR means the others");
            return Err((message, "name the pods, or one address".to_string()));
        }
        Ok(members)
    }

    fn no_such(&self, what: &str, end: &EndName, namespace: &str) -> Unknown {
        let mut known: BTreeSet<String> = self.cluster.pods().map(|(_, pod)| pod.to_string()).collect();
        let workloads = self.cluster.pods().filter_map(|(_, pod)| Some((pod, workload_of(pod)?)));
        known.extend(workloads.map(|(pod, workload)| format!("{}/{workload}", pod.namespace)));
        let text = end.to_string();
        let name = text.rsplit('/').next().unwrap_or_default();
        (format!("there is no {what} `{text}`"), hint(name, namespace, known.into_iter()))
    }
}

fn member(id: PodId, pod: &Pod) -> Member {
    Member { endpoint: Endpoint::Pod(id), name: pod.to_string(), is_one_of_many: true }
}

/// The workload that a pod belongs to or stands for.
fn workload_of(pod: &Pod) -> Option<&Workload> {
    match &pod.identity {
        PodIdentity::Template(workload) => Some(workload),
        PodIdentity::Named(_) => pod.workload.as_ref(),
    }
}

/// What may have been meant: the same name elsewhere, one that is much like it, what there is in the namespace.
fn hint(name: &str, namespace: &str, known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.collect();
    let last = |text: &'_ str| text.rsplit('/').next().unwrap_or_default().to_string();
    let prefix = format!("{namespace}/");
    let here: Vec<&String> = known.iter().filter(|text| text.starts_with(&prefix)).collect();
    let names: Vec<String> = here.iter().map(|text| last(text)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let slip = similar(name, &names);
    let is_meant = |text: &&String| last(text) == name || Some(last(text).as_str()) == slip;
    let meant = here.iter().copied().find(is_meant).or_else(|| known.iter().find(|text| last(text) == name));
    match meant {
        Some(text) => format!("did you mean `{text}`?"),
        None if known.is_empty() => "nothing of that sort was loaded".to_string(),
        None if here.is_empty() => format!("nothing of that sort is in namespace `{namespace}`"),
        None => {
            let some: Vec<String> = here.iter().take(8).map(|text| format!("`{text}`")).collect();
            format!("namespace `{namespace}` has {}", some.join(", "))
        }
    }
}
