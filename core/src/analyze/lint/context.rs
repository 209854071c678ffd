//! What checks look at, and where they leave what they find.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;

use hashbrown::HashMap;

use super::DIRECTIONS;
use super::checks::Check;
use super::finding::Finding;
use super::texts::{Texts, position};
use crate::Engine;
use crate::cluster::{Cluster, Namespace, Pod, PodId};
use crate::manifest::tree::Node;
use crate::policy::{Direction, NamespaceMatch, Peer, Peers, PodMatch, Policy, PolicyId, Rule};
use crate::sorted::SortedMap;
use crate::source::Position;

/// The pods that a selection holds.
pub(super) type Pods = Rc<[PodId]>;

/// Everything that checks look at.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) engine: &'a Engine,
    pub(super) cluster: &'a Cluster,
    texts: &'a Texts,
    /// The pods that have not ended, by namespace.
    by_namespace: SortedMap<&'a str, Vec<PodId>>,
    selected: RefCell<HashMap<PodMatch, Pods>>,
    found: Vec<Finding>,
}

/// A rule with its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) id: PolicyId,
    pub(super) policy: &'a Policy,
    pub(super) direction: Direction,
    pub(super) index: usize,
    pub(super) rule: &'a Rule,
}

impl Place<'_> {
    /// The rule's path, such as `spec.ingress[0]`.
    pub(super) fn path(&self) -> String {
        format!("spec.{}[{}]", self.direction, self.index)
    }

    /// The path of one of its peers.
    pub(super) fn peer(&self, index: usize) -> String {
        format!("{}.{}[{index}]", self.path(), self.direction.peers_field())
    }

    /// The path of one of its ports.
    pub(super) fn port(&self, index: usize) -> String {
        format!("{}.ports[{index}]", self.path())
    }

    /// Its peers; none where it holds every one.
    pub(super) fn peers(&self) -> &[Peer] {
        peers_of(self.rule)
    }
}

/// The peers of a rule; none where it holds every one.
pub(super) fn peers_of(rule: &Rule) -> &[Peer] {
    match &rule.peers {
        Peers::Any => &[],
        Peers::Of(peers) => peers,
    }
}

/// What a policy is called.
pub(super) fn label(policy: &Policy) -> String {
    format!("{} {policy}", policy.rank.kind())
}

/// The path of a policy's subject.
pub(super) fn subject_path(policy: &Policy) -> &'static str {
    if policy.rank.kind().is_namespaced() { "spec.podSelector" } else { "spec.subject" }
}

impl<'a> Context<'a> {
    pub(super) fn new(engine: &'a Engine, texts: &'a Texts) -> Self {
        let cluster = engine.cluster();
        let mut by_namespace: SortedMap<&str, Vec<PodId>> = SortedMap::new();
        for (id, pod) in cluster.pods().filter(|(_, pod)| !pod.is_finished()) {
            by_namespace.entry(&pod.namespace).or_default().push(id);
        }
        let selected = RefCell::new(HashMap::new());
        Self { engine, cluster, texts, by_namespace, selected, found: Vec::new() }
    }

    pub(super) fn findings(self) -> Vec<Finding> {
        self.found
    }

    /// The policies.
    pub(super) fn policies(&self) -> Vec<(PolicyId, &'a Policy)> {
        self.engine.policies().policies().collect()
    }

    /// The rules that count, with their places.
    pub(super) fn rules(&self) -> Vec<Place<'a>> {
        let mut places = Vec::new();
        for (id, policy) in self.engine.policies().policies() {
            for direction in DIRECTIONS {
                let rules = policy.rules(direction).unwrap_or_default();
                let of = |(index, rule)| Place { id, policy, direction, index, rule };
                places.extend(rules.iter().enumerate().map(of));
            }
        }
        places
    }

    /// The tree of a policy.
    pub(super) fn tree(&self, policy: &Policy) -> Option<&'a Node> {
        self.texts.policy(policy.origin.file.as_deref()?, policy.origin.at)
    }

    /// The pods of each namespace that have not ended.
    pub(super) fn by_namespace(&self) -> &SortedMap<&'a str, Vec<PodId>> {
        &self.by_namespace
    }

    /// Whether a namespace has pods.
    pub(super) fn has_pods(&self, namespace: &str) -> bool {
        self.by_namespace.contains_key(namespace)
    }

    /// Whether the input says which namespaces there are.
    pub(super) fn declares_namespaces(&self) -> bool {
        self.cluster.namespaces().any(|(_, namespace)| namespace.declared)
    }

    /// The namespaces that a selection holds.
    pub(super) fn namespaces<'b>(
        &'b self,
        wanted: &'b NamespaceMatch,
    ) -> impl Iterator<Item = &'a Namespace> + 'b {
        let namespaces = self.cluster.namespaces().map(|(_, namespace)| namespace);
        namespaces.filter(move |namespace| match wanted {
            NamespaceMatch::Named(name) => *name == namespace.name,
            NamespaceMatch::Selected(selector) => selector.matches(&namespace.labels),
        })
    }

    /// The pods that a selection holds.
    pub(super) fn select(&self, wanted: &PodMatch) -> Pods {
        if let Some(pods) = self.selected.borrow().get(wanted) {
            return pods.clone();
        }
        let mut found = Vec::new();
        for namespace in self.namespaces(&wanted.namespaces) {
            let pods = self.by_namespace.get(namespace.name.as_str()).into_iter().flatten();
            found.extend(
                pods.copied()
                    .filter(|id| self.cluster.pod(*id).is_some_and(|pod| wanted.pods.matches(&pod.labels))),
            );
        }
        let pods: Pods = found.into();
        self.selected.borrow_mut().insert(wanted.clone(), pods.clone());
        pods
    }

    /// The pods of some ids.
    pub(super) fn pods<'b>(&'b self, ids: &'b [PodId]) -> impl Iterator<Item = &'a Pod> + 'b {
        ids.iter().filter_map(|id| self.cluster.pod(*id))
    }

    /// Leaves a finding about a field of a policy.
    pub(super) fn add(
        &mut self,
        check: Check,
        policy: &Policy,
        field: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let field = field.into();
        let at = self.tree(policy).map_or(policy.origin.at, |tree| position(tree, &field));
        let file = policy.origin.file.as_deref().unwrap_or_default().to_string();
        self.put(check, label(policy), field, (file, at), (message.into(), help.into()));
    }

    /// Leaves a finding about another object: the first of some that has a text, by kind, namespace and name.
    pub(super) fn add_object(
        &mut self,
        check: Check,
        objects: &[(&str, &str, &str)],
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let Some((kind, namespace, name)) = objects.first() else { return };
        let label = if namespace.is_empty() {
            format!("{kind} {name}")
        } else {
            format!("{kind} {namespace}/{name}")
        };
        let mut places =
            objects.iter().filter_map(|(kind, namespace, name)| self.texts.object(kind, namespace, name));
        let (file, at) = places.next().unwrap_or_default();
        let file = file.to_string();
        self.put(check, label, String::new(), (file, at), (message.into(), help.into()));
    }

    fn put(
        &mut self,
        check: Check,
        object: String,
        field: String,
        (file, at): (String, Position),
        (message, help): (String, String),
    ) {
        self.found.push(Finding {
            check: check.as_str(),
            level: check.level(),
            object: Some(object),
            field,
            file,
            line: at.line,
            column: at.column,
            message,
            help,
            rendered_from: None,
        });
    }
}
