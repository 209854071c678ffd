//! Looks up the ends of flows among the objects that were loaded.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use super::ends::EndName;
use super::failure::{Failure, listed, nearest};
use crate::cluster::{Cluster, Pod, PodId, PodIdentity, ServiceId, Workload};
use crate::flow::{End, Endpoint};
use crate::sorted::{SortedMap, SortedSet};

/// The names of a cluster's pods and workloads.
#[derive(Debug)]
pub struct Names<'a> {
    cluster: &'a Cluster,
    workloads: SortedMap<(&'a str, &'a Workload), Vec<PodId>>,
}

/// An end that was found: one address, one pod, or the pods of a workload.
#[derive(Clone, Debug)]
pub struct Found {
    /// The end's full name.
    pub name: String,
    /// What it stands for; at least one.
    pub members: Vec<Member>,
    /// Whether it is a workload, of which the members are pods.
    pub is_workload: bool,
    /// What the reader should know about the choice.
    pub notes: Vec<String>,
}

/// One thing that an end stands for.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it is to flows.
    pub endpoint: Endpoint,
    /// Its full name.
    pub name: String,
}

impl Found {
    fn one(endpoint: Endpoint, name: String) -> Self {
        let members = alloc::vec![Member { endpoint, name: name.clone() }];
        Self { name, members, is_workload: false, notes: Vec::new() }
    }
}

impl<'a> Names<'a> {
    /// The names of a cluster.
    #[must_use]
    pub fn new(cluster: &'a Cluster) -> Self {
        let mut workloads: SortedMap<_, Vec<_>> = SortedMap::new();
        for (id, pod) in cluster.pods() {
            if let Some(workload) = workload_of(pod) {
                workloads.entry((pod.namespace.as_str(), workload)).or_default().push(id);
            }
        }
        Self { cluster, workloads }
    }

    /// Finds an end.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn find(&self, end: &EndName) -> Result<Found, Failure> {
        match end {
            EndName::Address(address) => Ok(Found::one(Endpoint::Address(*address), address.to_string())),
            EndName::Any { namespace, name } => match self.pod(namespace, name) {
                Some(id) => Ok(self.one_pod(id)),
                None => self.only_workload(namespace, name),
            },
            EndName::Pod { namespace, name } => match self.pod(namespace, name) {
                Some(id) => Ok(self.one_pod(id)),
                None => Err(self.no_such("pod", end, namespace)),
            },
            EndName::Service { .. } => {
                let message = format!(
                    "`{end}` is a service, and connections come from pods; name a pod or workload behind it"
                );
                Err(Failure::new("service-as-source", message))
            }
            EndName::Workload { namespace, workload } => {
                match self.workloads.get(&(namespace.as_str(), workload)) {
                    Some(pods) => Ok(self.pods_of(end, pods)),
                    None => Err(self.no_such("workload", end, namespace)),
                }
            }
        }
    }

    /// Finds a service.
    ///
    /// # Errors
    /// When there is none.
    pub fn service(&self, namespace: &str, name: &str) -> Result<ServiceId, Failure> {
        self.cluster.find_service(namespace, name).ok_or_else(|| {
            let known: Vec<String> =
                self.cluster.services().map(|(_, service)| service.to_string()).collect();
            let slip = nearest(name, known.iter().map(|other| last_part(other)));
            let wanted = |other: &&String| last_part(other) == name || Some(last_part(other)) == slip;
            let hint = match known.iter().find(wanted) {
                Some(suggestion) => format!("did you mean `{suggestion}`?"),
                None if known.is_empty() => "no service was loaded".to_string(),
                None => format!("services are {}", listed(&known)),
            };
            let message = format!("there is no service `{namespace}/{name}`; {hint}");
            Failure::new("no-such-end", message)
        })
    }

    /// What a path leads to, by name.
    #[must_use]
    pub fn member_of(&self, end: End) -> Member {
        match (end.pod(), end.address()) {
            (Some(id), _) => Member { endpoint: Endpoint::Pod(id), name: self.pod_name(id) },
            // A destination always has one of the two.
            (None, address) => {
                let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
                Member { endpoint: Endpoint::Address(address), name: address.to_string() }
            }
        }
    }

    fn pod_name(&self, id: PodId) -> String {
        self.cluster.pod(id).map(ToString::to_string).unwrap_or_default()
    }

    fn pod(&self, namespace: &str, name: &str) -> Option<PodId> {
        self.cluster.find_pod(namespace, &PodIdentity::Named(name.to_string()))
    }

    fn one_pod(&self, id: PodId) -> Found {
        Found::one(Endpoint::Pod(id), self.pod_name(id))
    }

    fn only_workload(&self, namespace: &str, name: &str) -> Result<Found, Failure> {
        let named: Vec<_> = self
            .workloads
            .iter()
            .filter(|((in_namespace, workload), _)| *in_namespace == namespace && workload.name == name)
            .collect();
        match named.as_slice() {
            [((namespace, workload), pods)] => {
                let end =
                    EndName::Workload { namespace: (*namespace).to_string(), workload: (*workload).clone() };
                Ok(self.pods_of(&end, pods))
            }
            [] => {
                let end = EndName::Any { namespace: namespace.into(), name: name.into() };
                Err(self.no_such("pod or workload", &end, namespace))
            }
            several => {
                let several = listed(several.iter().map(|((namespace, w), _)| format!("{namespace}/{w}")));
                let message =
                    format!("`{namespace}/{name}` is ambiguous: it can be {several}; name one of them");
                Err(Failure::new("ambiguous-end", message))
            }
        }
    }

    /// The pods of a workload that could send or receive: those that have ended are left out, unless all have.
    fn pods_of(&self, end: &EndName, ids: &[PodId]) -> Found {
        let alive = |id: &PodId| self.cluster.pod(*id).is_some_and(|pod| !pod.is_finished());
        let mut kept: Vec<PodId> = ids.iter().copied().filter(alive).collect();
        let mut notes = Vec::new();
        if kept.is_empty() {
            kept = ids.to_vec();
            notes.push(format!("all pods of `{end}` have ended"));
        } else if kept.len() < ids.len() {
            let ended = ids.len().saturating_sub(kept.len());
            notes.push(format!("pods of `{end}` that have ended are left out: {ended}"));
        }
        let members = kept.iter().flat_map(|id| self.one_pod(*id).members).collect();
        Found { name: end.to_string(), members, is_workload: true, notes }
    }

    fn no_such(&self, what: &str, end: &EndName, namespace: &str) -> Failure {
        let mut known: SortedSet<String> = self.cluster.pods().map(|(_, pod)| pod.to_string()).collect();
        known.extend(self.workloads.keys().map(|(namespace, workload)| format!("{namespace}/{workload}")));
        let prefix = format!("{namespace}/");
        let here: Vec<&str> =
            known.iter().map(String::as_str).filter(|name| name.starts_with(&prefix)).collect();
        let text = end.to_string();
        let name = last_part(&text);
        // The same name of another kind, one that differs by a slip of the finger, the same name elsewhere.
        let slip = nearest(name, here.iter().map(|other| last_part(other)));
        let wanted = |other: &&&str| last_part(other) == name || Some(last_part(other)) == slip;
        let elsewhere = || known.iter().map(String::as_str).find(|other| last_part(other) == name);
        let hint = match here.iter().find(wanted).copied().or_else(elsewhere) {
            Some(suggestion) => format!("did you mean `{suggestion}`?"),
            None if !here.is_empty() => format!("namespace `{namespace}` has {}", listed(here)),
            None if known.is_empty() => "nothing that was loaded has pods".to_string(),
            None => {
                let namespaces = self.cluster.pods().map(|(_, pod)| pod.namespace.as_str());
                format!("namespaces with pods are {}", listed(namespaces.collect::<SortedSet<_>>()))
            }
        };
        Failure::new("no-such-end", format!("there is no {what} `{text}`; {hint}"))
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

/// The workload that a pod belongs to or stands for.
fn workload_of(pod: &Pod) -> Option<&Workload> {
    match &pod.identity {
        PodIdentity::Template(workload) => Some(workload),
        PodIdentity::Named(_) => pod.workload.as_ref(),
    }
}
