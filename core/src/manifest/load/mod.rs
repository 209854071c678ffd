//! From texts to a cluster and its policies.

mod assemble;
mod changes;
mod containers;
mod document;
mod endpoints;
mod names;
mod owners;
mod pods;
mod services;
#[cfg(test)]
mod tests;
mod values;
mod workspace;

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::code::Code;
use super::decode::{Context, Strength};
use super::kinds::{Kind, Object};
use super::problem::{Problem, Severity, sort_by_place};
use super::report::{Note, Report};
use super::text::{self, Limits};
use crate::cluster::{Cluster, EndpointSlice, Node, Pod, Service};
use crate::label::Labels;
use crate::policy::{Policy, PolicySet};
use crate::sorted::SortedMap;
use crate::source::Origin;
pub use changes::Change;
use document::{Documents, Found};
pub use workspace::{Document, Workspace};

/// A text to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name that problems give it, such as a path.
    pub name: String,
    /// YAML or JSON, of any number of documents.
    pub text: String,
}

/// How to load.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// The namespace of objects that name none; without it that is `default`. When objects are made, those of
    /// another namespace are refused.
    pub namespace: Option<String>,
    /// How much is accepted.
    pub strength: Strength,
}

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Namespaces, pods, nodes and services; workloads stand for pods of which none was given.
    pub cluster: Cluster,
    /// The policies.
    pub policies: PolicySet,
    /// Warnings, counts and assumptions.
    pub report: Report,
}

/// Loads texts.
///
/// Kinds that are not read are skipped with a count. A kind that is read has to be one that some API server holds, in
/// its one current version; anything else is an error, never a policy that selects nothing or everything.
///
/// ```
/// use portcullis::manifest::{LoadOptions, Source, load};
///
/// let text = "\
/// apiVersion: networking.k8s.io/v1
/// kind: NetworkPolicy
/// metadata:
///   name: deny-all
///   namespace: shop
/// spec:
///   podSelector: {}
/// ";
/// let source = Source { name: "deny-all.yaml".to_string(), text: text.to_string() };
/// let loaded = load(&[source], &LoadOptions::default()).unwrap();
/// assert_eq!(loaded.policies.len(), 1);
/// ```
///
/// # Errors
/// The whole report, when any problem in it is an error.
///
/// # Complexity
/// Linear in the texts, with a logarithm of the number of objects for each.
pub fn load(sources: &[Source], options: &LoadOptions) -> Result<Loaded, Report> {
    load_texts(sources.iter().map(|source| (source.name.as_str(), source.text.as_str())), options)
}

/// Loads texts, each with its name, as [`load`] does.
///
/// # Errors
/// As those of [`load`].
///
/// # Complexity
/// As that of [`load`].
pub fn load_texts<'a>(
    texts: impl IntoIterator<Item = (&'a str, &'a str)>,
    options: &LoadOptions,
) -> Result<Loaded, Report> {
    let mut objects = Objects::default();
    objects.problems.extend(options.namespace.as_deref().and_then(names::check_option));
    for (name, text) in texts {
        read_text(name, text, options, &mut objects);
    }
    assemble::assemble(objects)
}

/// One object, as its text has it and as the model does.
#[derive(Clone, Debug, PartialEq)]
struct Item {
    kind: Kind,
    namespace: String,
    name: String,
    /// `NetworkPolicy shop/web`.
    label: String,
    origin: Origin,
    mirror: Object,
    model: Model,
}

/// What an object becomes.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Namespace(Labels),
    Node(Node),
    Pod(Pod),
    Policy(Policy),
    Service(Service),
    Slice(EndpointSlice),
}

/// Everything read so far.
#[derive(Debug, Default)]
struct Objects {
    /// Shared, because a workspace keeps what it has read.
    items: Vec<Arc<Item>>,
    /// The place in `items` of each object that has a name of its own.
    places: SortedMap<(Kind, String, String), usize>,
    count: usize,
    generated: usize,
    skipped: SortedMap<String, usize>,
    notes: Vec<Note>,
    problems: Vec<Problem>,
    /// Whether what follows in the last text was not read.
    ends_text: bool,
}

fn read_text(name: &str, text: &str, options: &LoadOptions, objects: &mut Objects) {
    let file: Arc<str> = name.into();
    let mut documents = Documents::new(Context::new(file, options.strength), options, objects);
    // Each tree goes before the next one comes: trees are several times the size of their text.
    let problems = text::parse_each(text, &Limits::default(), |document| documents.read(&document.root));
    let Found { mut found, starts } = documents.finish();
    objects.ends_text = problems.iter().any(|problem| problem.code.ends_text());
    found.extend(problems.iter().map(|problem| {
        let severity = match problem.severity() {
            text::Severity::Error => Severity::Error,
            text::Severity::Warning => Severity::Warning,
        };
        // The last object that starts before a warning is the one that it is about.
        let owner = starts.partition_point(|(at, _)| *at <= problem.at);
        let owner = owner.checked_sub(1).and_then(|index| starts.get(index)).map(|(_, label)| label.clone());
        let (message, help) = message_and_help(problem);
        Problem {
            code: Code::Text(problem.code),
            severity,
            object: owner.filter(|_| severity == Severity::Warning),
            field: in_object(&problem.field).to_string(),
            file: name.to_string(),
            line: problem.at.line,
            column: problem.at.column,
            message: message.to_string(),
            help: help.to_string(),
        }
    }));
    sort_by_place(&mut found);
    objects.problems.extend(found);
}

/// A field path without the way through lists of objects.
fn in_object(field: &str) -> &str {
    let mut field = field;
    while let Some(rest) = field.strip_prefix("items[").and_then(|rest| rest.split_once(']')) {
        field = rest.1.trim_start_matches('.');
    }
    field
}

/// What is wrong with a text, and what to do: the reader says so after the last semicolon, unless it goes for the code.
fn message_and_help(problem: &text::Problem) -> (&str, &str) {
    let fixed = text_help(problem.code);
    match problem.message.rsplit_once("; ") {
        Some((message, _)) if problem.code == text::Code::KeyType => (message, fixed),
        Some(parts) => parts,
        None => (&problem.message, fixed),
    }
}

fn text_help(code: text::Code) -> &'static str {
    match code {
        text::Code::DuplicateKey => "keep one of the two; as it stands the last one counts",
        text::Code::MergeReplaces => "move `<<` above the keys that are to win",
        text::Code::Alias => "name the anchor before its aliases, or write the value out",
        text::Code::JsonSyntax => "look at the commas, quotes and brackets before this place",
        text::Code::KeyType => "put the key in quotes; a template with `{{ }}` has to be rendered first",
        text::Code::Merge => "write the fields out",
        text::Code::Tag => "remove the tag, or write a value that it fits",
        text::Code::TooDeep => "write it flatter",
        text::Code::YamlSyntax => "look at the indentation and the quotes on this line and the one before",
        _ => "",
    }
}
