//! Identity classes: pods that give the same answer to every condition are one.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::conditions::Conditions;
use super::intern::Interner;
use super::named_ports;
use super::scope::{Scope, selects};
use crate::cluster::{Cluster, ContainerPort, Namespace, NamespaceId, Pod};
use crate::image::place;
use crate::label::{LabelKey, LabelValue, Labels};
use crate::options::{FinishedPods, HostNetwork, Options};
use crate::policy::{NamespaceMatch, PodMatch};
use crate::selector::{Requirement, Selector};

/// The class of whatever is no pod under policy: addresses, nodes, finished pods.
pub(super) const NO_IDENTITY: u32 = 0;

/// What the pods of a class have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Class {
    /// The numbers of the pod matches that select them, sorted.
    pub(super) matches: Vec<u32>,
    /// For each port name in use, the numbers that it stands for.
    pub(super) ports: Vec<Vec<u16>>,
    /// Whether they are pods at all; the one class of everything else is not.
    pub(super) is_pod: bool,
    /// Whether their own sides are decided; those of others are skipped.
    pub(super) is_subject: bool,
}

/// The classes, and the class of every pod.
#[derive(Clone, Debug)]
pub(super) struct Classes {
    classes: Vec<Class>,
    of_pods: Vec<u32>,
}

impl Classes {
    pub(super) fn new(cluster: &Cluster, conditions: &Conditions, options: Options, scope: &Scope) -> Self {
        let mut classes = Interner::new();
        let nothing = named_ports::unresolved(options);
        let no_ports = alloc::vec![nothing; conditions.port_names().len()];
        classes.intern(Class { matches: Vec::new(), ports: no_ports, is_pod: false, is_subject: false });

        let mut candidates = Candidates::new(cluster, conditions);
        let mut known: HashMap<(NamespaceId, &Labels, &[ContainerPort], bool), u32> = HashMap::new();
        let mut of_pods = Vec::new();
        for (id, pod) in cluster.pods() {
            let (true, Some(namespace)) = (has_identity(pod, options), cluster.namespace_id_of(id)) else {
                of_pods.push(NO_IDENTITY);
                continue;
            };
            // Pods of one template are alike in all that a class is made of.
            let is_subject = scope.holds(pod);
            let alike = (namespace, &pod.labels, pod.ports.as_slice(), is_subject);
            let class = known.entry(alike).or_insert_with(|| {
                let resolve = |(protocol, name): &(_, _)| named_ports::resolve(pod, *protocol, name, options);
                let ports = conditions.port_names().iter().map(resolve).collect();
                let matches = candidates.matching(namespace, &pod.labels);
                classes.intern(Class { matches, ports, is_pod: true, is_subject })
            });
            of_pods.push(*class);
        }
        Self { classes: classes.into_values(), of_pods }
    }

    /// The classes, by number.
    pub(super) fn all(&self) -> &[Class] {
        &self.classes
    }

    /// The class of each pod, by its id.
    pub(super) fn of_pods(&self) -> &[u32] {
        &self.of_pods
    }
}

/// Whether policies see a pod as a pod.
pub(super) fn has_identity(pod: &Pod, options: Options) -> bool {
    // NP-025: a finished pod is neither subject nor peer. NP-019: a host-network pod is its node's address.
    (!pod.is_finished() || options.finished_pods == FinishedPods::Kept)
        && (!pod.host_network || options.host_network == HostNetwork::Pod)
}

/// For each namespace, the pod matches that could select a pod in it.
struct Candidates<'a> {
    cluster: &'a Cluster,
    pod_matches: &'a [PodMatch],
    by_name: HashMap<&'a str, Vec<u32>>,
    by_labels: Vec<u32>,
    of_namespaces: HashMap<NamespaceId, Index<'a>>,
}

/// The matches of one namespace by a label that each of them asks for, so that a pod meets few in vain.
#[derive(Default)]
struct Index<'a> {
    by_label: HashMap<(&'a LabelKey, &'a LabelValue), Vec<u32>>,
    /// Those that ask for no label by value.
    others: Vec<u32>,
}

impl<'a> Index<'a> {
    fn add(&mut self, number: u32, pods: &'a Selector) {
        let values = |requirement: &'a Requirement| match requirement {
            Requirement::In(key, values) => Some((key, values)),
            Requirement::DoesNotExist(_) | Requirement::Exists(_) | Requirement::NotIn(..) => None,
        };
        let fewest =
            pods.requirements().iter().filter_map(values).min_by_key(|(_, values)| values.iter().count());
        match fewest {
            Some((key, values)) => {
                for value in values.iter() {
                    self.by_label.entry((key, value)).or_default().push(number);
                }
            }
            None => self.others.push(number),
        }
    }
}

impl<'a> Candidates<'a> {
    fn new(cluster: &'a Cluster, conditions: &'a Conditions) -> Self {
        let mut by_name: HashMap<&str, Vec<u32>> = HashMap::new();
        let mut by_labels = Vec::new();
        for (number, pod_match) in (0..).zip(conditions.pod_matches()) {
            match &pod_match.namespaces {
                NamespaceMatch::Named(name) => by_name.entry(name).or_default().push(number),
                NamespaceMatch::Selected(_) => by_labels.push(number),
            }
        }
        let pod_matches = conditions.pod_matches();
        Self { cluster, pod_matches, by_name, by_labels, of_namespaces: HashMap::new() }
    }

    /// The numbers of the matches that select pods of these labels, sorted.
    fn matching(&mut self, namespace: NamespaceId, labels: &Labels) -> Vec<u32> {
        let (cluster, pod_matches) = (self.cluster, self.pod_matches);
        let (by_name, by_labels) = (&self.by_name, &self.by_labels);
        let index = self.of_namespaces.entry(namespace).or_insert_with(|| {
            let mut index = Index::default();
            let Some(object) = cluster.namespace(namespace) else { return index };
            let named = by_name.get(object.name.as_str()).into_iter().flatten().copied();
            let selected = by_labels.iter().copied();
            for number in
                named.chain(selected.filter(|number| selects_namespace(pod_matches, *number, object)))
            {
                if let Some(pod_match) = pod_matches.get(place(number)) {
                    index.add(number, &pod_match.pods);
                }
            }
            index
        });
        let asked = labels.iter().filter_map(|label| index.by_label.get(&label)).flatten();
        let selects = |number: &u32| {
            pod_matches.get(place(*number)).is_some_and(|pod_match| pod_match.pods.matches(labels))
        };
        let mut found: Vec<u32> = asked.chain(&index.others).copied().filter(selects).collect();
        found.sort_unstable();
        found
    }
}

fn selects_namespace(pod_matches: &[PodMatch], number: u32, namespace: &Namespace) -> bool {
    pod_matches.get(place(number)).is_some_and(|pod_match| selects(pod_match, namespace))
}
