//! The texts of objects: where each field is, and which file a renderer made it from.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::manifest::tree::{Node, Value};
use crate::manifest::{Source, Workspace, text};
use crate::sorted::SortedMap;
use crate::source::Position;

/// The annotations in which kustomize leaves where an object came from.
const ORIGIN: &str = "config.kubernetes.io/origin";
const PATHS: [&str; 3] =
    ["config.kubernetes.io/path", "internal.config.kubernetes.io/path", "config.k8s.io/path"];
/// How helm says it, in a comment above each document.
const SOURCE: &str = "# Source: ";

/// The kind, the namespace and the name of an object.
type Name = (String, String, String);

/// What one text, or one document of it, says of its objects.
#[derive(Debug, Default)]
struct Outline {
    /// The trees of policies, by place.
    policies: HashMap<Position, Node>,
    /// Where objects are, in order.
    objects: Vec<(Name, Position)>,
    /// What renderers say of each line on which an object starts, and of those after it.
    rendered: SortedMap<u32, Option<String>>,
}

/// The texts of all objects.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// By file.
    outlines: HashMap<String, Arc<Outline>>,
    objects: HashMap<Name, (String, Position)>,
}

/// What lint has read of the documents of a workspace, for the next time: it reads those that are new.
#[derive(Clone, Debug, Default)]
pub struct Outlines {
    namespace: String,
    /// By what stands for the document's file in origins.
    known: HashMap<String, Arc<Outline>>,
}

impl Outlines {
    /// Follows a workspace; gives what all of it says.
    pub(super) fn follow(&mut self, workspace: &Workspace, namespace: &str) -> Texts {
        if self.namespace != namespace {
            *self = Self { namespace: namespace.to_string(), known: HashMap::new() };
        }
        let mut texts = Texts::default();
        for (file, text) in workspace.parts() {
            let known = self.known.remove(&file);
            texts.add(file, known.unwrap_or_else(|| Arc::new(Outline::read(text, namespace))));
        }
        self.known.clone_from(&texts.outlines);
        texts
    }
}

impl Texts {
    pub(super) fn read(sources: &[Source], namespace: &str) -> Self {
        let mut texts = Self::default();
        for source in sources {
            texts.add(source.name.clone(), Arc::new(Outline::read(&source.text, namespace)));
        }
        texts
    }

    fn add(&mut self, file: String, outline: Arc<Outline>) {
        for (name, at) in &outline.objects {
            self.objects.insert(name.clone(), (file.clone(), *at));
        }
        self.outlines.insert(file, outline);
    }

    /// The tree of a policy.
    pub(super) fn policy(&self, file: &str, at: Position) -> Option<&Node> {
        self.outlines.get(file)?.policies.get(&at)
    }

    /// Where an object is.
    pub(super) fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<(&str, Position)> {
        let key = (kind.to_string(), namespace.to_string(), name.to_string());
        self.objects.get(&key).map(|(file, at)| (file.as_str(), *at))
    }

    /// The file that the object on a line was rendered from.
    pub(super) fn rendered_from(&self, file: &str, line: u32) -> Option<&str> {
        self.outlines.get(file)?.rendered.last_at_most(&line)?.1.as_deref()
    }
}

impl Outline {
    fn read(text: &str, namespace: &str) -> Self {
        let mut outline = Self::default();
        let comments = comments(text);
        for document in text::parse(text, &text::Limits::default()).documents {
            let at = document.root.at.line;
            let above = comments.last_at_most(&at).and_then(|(_, name)| name.clone());
            outline.add(document.root, above.as_deref(), namespace);
        }
        outline
    }

    fn add(&mut self, node: Node, above: Option<&str>, namespace: &str) {
        let kind = string_at(&node, &["kind"]).unwrap_or_default().to_string();
        if kind.ends_with("List") {
            let Value::Mapping(fields) = node.value else { return };
            for field in fields.into_iter().filter(|field| field.key == "items") {
                if let Value::Sequence(items) = field.node.value {
                    items.into_iter().for_each(|item| self.add(item, above, namespace));
                }
            }
            return;
        }
        let rendered = annotated(&node).or_else(|| above.map(str::to_string));
        self.rendered.insert(node.at.line, rendered);
        let own = string_at(&node, &["metadata", "namespace"]).filter(|name| !name.is_empty());
        let name = string_at(&node, &["metadata", "name"]).unwrap_or_default().to_string();
        let is_namespaced = !matches!(kind.as_str(), "Namespace" | "Node");
        let namespace = if is_namespaced { own.unwrap_or(namespace) } else { "" };
        let is_policy = kind.ends_with("NetworkPolicy");
        self.objects.push(((kind, namespace.to_string(), name), position(&node, "metadata.name")));
        if is_policy {
            self.policies.insert(node.at, node);
        }
    }
}

/// The names that comments give what follows them, by line; nothing from each new document on.
fn comments(text: &str) -> SortedMap<u32, Option<String>> {
    let mut found = SortedMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("---") {
            found.insert(number, None);
        } else if let Some(name) = line.strip_prefix(SOURCE) {
            found.insert(number, Some(name.trim().to_string()));
        }
    }
    found
}

/// The file that an object's annotations name.
fn annotated(node: &Node) -> Option<String> {
    let annotation = |key: &str| string_at(node, &["metadata", "annotations", key]);
    if let Some(origin) = annotation(ORIGIN) {
        let of = |name: &str| {
            let line = origin.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
            line.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let path = of("path").or_else(|| of("configuredIn"))?;
        return Some(match of("repo") {
            Some(repo) => alloc::format!("{repo}/{path}"),
            None => path,
        });
    }
    PATHS.iter().find_map(|key| annotation(key)).map(str::to_string)
}

fn string_at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a str> {
    let mut node = node;
    for key in path {
        node = child(node, key)?;
    }
    match &node.value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A field of a mapping.
pub(super) fn child<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    match &node.value {
        Value::Mapping(fields) => fields.iter().find(|field| field.key == key).map(|field| &field.node),
        _ => None,
    }
}

/// The items of a list; none where it is no list.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Value::Sequence(items)) => items,
        _ => &[],
    }
}

/// Where the field of a path is; where it is not there, the nearest one above it.
pub(super) fn position(node: &Node, path: &str) -> Position {
    let mut node = node;
    let mut at = node.at;
    for step in steps(path) {
        match &node.value {
            Value::Mapping(fields) => {
                let Some(field) = fields.iter().find(|field| field.key == step) else { break };
                node = &field.node;
                // Of a value in lines of its own the key says more.
                let is_whole = matches!(node.value, Value::Mapping(_) | Value::Sequence(_) | Value::Null);
                at = if is_whole { field.at } else { node.at };
            }
            Value::Sequence(items) => {
                let item = step.parse::<usize>().ok().and_then(|index| items.get(index));
                let Some(item) = item else { break };
                node = item;
                at = node.at;
            }
            _ => break,
        }
    }
    at
}

/// The steps of a path: names, numbers of items, and keys in brackets.
pub(super) fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (step, after) = inner.split_once(']').unwrap_or((inner, ""));
            steps.push(step);
            rest = after;
        } else {
            let named = rest.strip_prefix('.').unwrap_or(rest);
            let end = named.find(['.', '[']).unwrap_or(named.len());
            let (step, after) = named.split_at_checked(end).unwrap_or((named, ""));
            steps.push(step);
            rest = after;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Texts {
        Texts::read(&[Source { name: "f.yaml".into(), text: text.into() }], "default")
    }

    #[test]
    fn a_path_leads_to_the_field_or_to_the_nearest_one_above_it() {
        let text = "a:\n  b:\n  - c: 1\n    d: {e.f/g: x}\n";
        let parsed = text::parse(text, &text::Limits::default());
        let node = &parsed.documents.first().unwrap().root;
        let at = |path: &str| {
            let at = position(node, path);
            (at.line, at.column)
        };
        assert_eq!(at("a.b[0].c"), (3, 8));
        assert_eq!(at("a.b[0]"), (3, 5));
        assert_eq!(at("a.b"), (2, 3));
        assert_eq!(at("a.b[0].d[e.f/g]"), (4, 16));
        assert_eq!(at("a.b[7].c"), (2, 3));
        assert_eq!(at("z"), (1, 1));
    }

    #[test]
    fn helm_names_the_template_in_a_comment_and_kustomize_in_an_annotation() {
        let helm = "---\n# Source: shop/templates/a.yaml\nkind: Pod\nmetadata: {name: a}\n---\nkind: Pod\n";
        let found = texts(helm);
        assert_eq!(found.rendered_from("f.yaml", 4), Some("shop/templates/a.yaml"));
        assert_eq!(found.rendered_from("f.yaml", 6), None);
        let kustomize = "kind: Pod\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      \
                         path: base/pod.yaml\n      repo: https://example.org/r\n";
        assert_eq!(texts(kustomize).rendered_from("f.yaml", 3), Some("https://example.org/r/base/pod.yaml"));
        let local =
            "kind: Pod\nmetadata: {annotations: {config.kubernetes.io/origin: \"path: base/pod.yaml\\n\"}}\n";
        assert_eq!(texts(local).rendered_from("f.yaml", 2), Some("base/pod.yaml"));
    }
}
