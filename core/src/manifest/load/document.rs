//! Documents: which kind each is, lists of objects, and the objects themselves.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::names::{self, Name};
use super::{Item, LoadOptions, Model, Objects, endpoints, pods, services, values};
use crate::api::{labels, network_policy, tier_policy};
use crate::manifest::code::Code;
use crate::manifest::decode::similar::similar;
use crate::manifest::decode::{Context, Fields, Path, describe, quote};
use crate::manifest::kinds::{Kind, Object};
use crate::manifest::problem::{Problem, Severity};
use crate::manifest::report::Note;
use crate::manifest::tree::{Node, Position, Value};
use crate::source::Origin;

/// The group of documents that are about a cluster and not in it, such as assertions.
const OWN_GROUP: &str = "portcullis.dev";
/// The kind of a list whose items have kinds of their own.
const LIST: &str = "List";

/// Reads the documents of one text.
pub(super) struct Documents<'a> {
    cx: Context,
    options: &'a LoadOptions,
    objects: &'a mut Objects,
    starts: Vec<(Position, String)>,
}

/// What reading a text found besides objects.
pub(super) struct Found {
    /// The problems, in no order.
    pub(super) found: Vec<Problem>,
    /// Where each object starts and what it is called, in the order of the text.
    pub(super) starts: Vec<(Position, String)>,
}

/// The type of an object.
#[derive(Clone, Copy)]
struct Type<'a> {
    api_version: &'a str,
    kind: &'a str,
}

/// What to do with a type.
enum Class {
    /// Report it; the parts are code, message and help.
    Refuse(Code, String, String),
    /// It is none of a cluster's: it is for the programs that check one.
    ForPrograms,
    /// Read the items of `items`, which are of this type unless they say another.
    List(Option<Kind>),
    /// Read it.
    Read(Kind),
    /// Count it.
    Skip,
    /// Count its items, which are of this kind.
    SkipList(String),
}

/// That an object is there twice.
pub(super) struct Twice {
    pub(super) severity: Severity,
    pub(super) code: Code,
    pub(super) at: Position,
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Objects {
    /// Keeps an object, unless there is one of its kind and name.
    pub(super) fn keep_once(&mut self, item: Arc<Item>) -> Result<(), Twice> {
        let key = (item.kind, item.namespace.clone(), item.name.clone());
        let Some(earlier) = self.places.get(&key).and_then(|place| self.items.get(*place)) else {
            self.places.insert(key, self.items.len());
            self.items.push(item);
            return Ok(());
        };
        let at = item.mirror.meta().name.at;
        let (severity, code, content, help) = if earlier.mirror == item.mirror {
            (Severity::Warning, Code::DuplicateObject, "the same", "remove one of the two")
        } else {
            let help = "a cluster holds one object of a name: remove or rename one of the two";
            (Severity::Error, Code::ConflictingObject, "other", help)
        };
        let message = format!("the object is also at {}, with {content} content", earlier.origin);
        Err(Twice { severity, code, at, message, help })
    }
}

impl<'a> Documents<'a> {
    pub(super) fn new(cx: Context, options: &'a LoadOptions, objects: &'a mut Objects) -> Self {
        Self { cx, options, objects, starts: Vec::new() }
    }

    pub(super) fn finish(self) -> Found {
        Found { found: self.cx.problems, starts: self.starts }
    }

    /// Reads a document.
    pub(super) fn read(&mut self, node: &Node) {
        self.read_item(node, None);
    }

    fn read_item(&mut self, node: &Node, inherited: Option<Kind>) {
        self.cx.start(None);
        if !matches!(node.value, Value::Mapping(_)) {
            let message = format!("found {}, must be an object", describe(&node.value));
            let help = "an object has `apiVersion`, `kind` and `metadata`";
            self.cx.error(Code::NotAnObject, &Path::Root, node.at, message, help);
            return;
        }
        let fields = Fields::of(&mut self.cx, node, Path::Root);
        let kind = fields.string(&mut self.cx, "kind").filter(|text| !text.value.is_empty());
        let api_version = fields.string(&mut self.cx, "apiVersion").filter(|text| !text.value.is_empty());
        let kind_text = kind.as_ref().map(|text| text.value.as_str()).or(inherited.map(Kind::as_str));
        let api_text = api_version.as_ref().map(|text| text.value.as_str());
        let api_text = api_text.or(inherited.map(Kind::api_version));
        let (Some(kind_text), Some(api_text)) = (kind_text, api_text) else {
            self.report_missing_type(node.at, kind_text.is_none(), api_text.is_none());
            return;
        };
        let found = Type { api_version: api_text, kind: kind_text };
        match classify(found) {
            Class::Read(kind) => self.read_object(kind, node, &fields),
            Class::ForPrograms => {}
            Class::Skip => {
                // A foreign kind of a name that is read would be taken for it.
                let same_name = Kind::ALL.iter().any(|known| known.as_str() == found.kind);
                let name = if same_name {
                    format!("{} ({})", found.kind, found.api_version)
                } else {
                    found.kind.to_string()
                };
                self.skip(name, 1);
            }
            Class::SkipList(kind) => {
                let count = match fields.node("items").map(|node| &node.value) {
                    Some(Value::Sequence(items)) => items.len(),
                    _ => 0,
                };
                if count > 0 {
                    self.skip(kind, count);
                }
            }
            Class::List(inherited) => self.read_list(&fields, inherited),
            Class::Refuse(code, message, help) => {
                let field = if code == Code::ApiVersionGone || code == Code::ApiVersionUnknown {
                    ("apiVersion", &api_version)
                } else {
                    ("kind", &kind)
                };
                let at = field.1.as_ref().map_or(node.at, |text| text.at);
                self.cx.start(Some(self.label(found.kind, true, node)));
                self.cx.error(code, &Path::Root.field(field.0), at, message, help);
            }
        }
    }

    fn report_missing_type(&mut self, at: Position, kind: bool, api_version: bool) {
        if kind {
            let help =
                "add `kind`, such as `kind: NetworkPolicy`; files that hold no objects do not belong here";
            let message = "the document has no `kind`".to_string();
            self.cx.error(Code::MissingKind, &Path::Root.field("kind"), at, message, help);
        }
        if api_version {
            let help = "add `apiVersion`, such as `apiVersion: networking.k8s.io/v1`";
            let message = "the document has no `apiVersion`".to_string();
            self.cx.error(Code::MissingApiVersion, &Path::Root.field("apiVersion"), at, message, help);
        }
    }

    fn skip(&mut self, kind: String, count: usize) {
        let total = self.objects.skipped.entry(kind).or_default();
        *total = total.saturating_add(count);
    }

    fn read_list(&mut self, fields: &Fields<'_, '_>, inherited: Option<Kind>) {
        let Some(items) = fields.node("items") else { return };
        let Value::Sequence(items) = &items.value else {
            // Reports the type.
            fields.list(&mut self.cx, "items", |_, _, _| ());
            return;
        };
        for item in items {
            self.read_item(item, inherited);
        }
    }

    fn read_object(&mut self, kind: Kind, node: &Node, fields: &Fields<'_, '_>) {
        self.objects.count = self.objects.count.saturating_add(1);
        let label = self.label(kind.as_str(), kind.is_namespaced(), node);
        self.starts.push((fields.at(), label.clone()));
        self.cx.start(Some(label.clone()));
        let cx = &mut self.cx;
        let errors = cx.errors();
        let mirror = Object::read(cx, kind, fields);
        let namespace = names::namespace(cx, kind, mirror.meta(), self.options);
        let found_name = names::name(cx, kind, mirror.meta());
        if cx.creates() {
            values::check_generation(cx, kind, mirror.meta());
        }
        let (name, own) = match found_name {
            Name::Own(name) => (name, true),
            Name::Generated(prefix) => {
                self.objects.generated = self.objects.generated.saturating_add(1);
                let name = format!("{prefix}{:05}", self.objects.generated);
                let kind = kind.as_str().to_string();
                self.objects.notes.push(Note::GeneratedName { kind, name: name.clone() });
                (name, false)
            }
            Name::Bad => (String::new(), false),
        };
        let origin = Origin { file: Some(cx.file.clone()), at: fields.at() };
        let model = lower(cx, &mirror, &namespace, &name, &origin);
        let item = Item { kind, namespace, name, label, origin, mirror, model };
        // Of a broken object only the name is kept, so that a second one of that name is still found out.
        if own {
            self.keep_once(item);
        } else if self.cx.errors() == errors {
            self.objects.items.push(Arc::new(item));
        }
    }

    /// Keeps an object, unless there is one of its kind and name.
    fn keep_once(&mut self, item: Item) {
        let Err(twice) = self.objects.keep_once(Arc::new(item)) else { return };
        let metadata = Path::Root.field("metadata");
        let path = metadata.field("name");
        match twice.severity {
            Severity::Warning => self.cx.warning(twice.code, &path, twice.at, twice.message, twice.help),
            Severity::Error => self.cx.error(twice.code, &path, twice.at, twice.message, twice.help),
        }
    }

    /// What an object is called in messages: kind, namespace and name, as far as they can be read.
    fn label(&self, kind: &str, is_namespaced: bool, node: &Node) -> String {
        let name = metadata_text(node, "name").or_else(|| metadata_text(node, "generateName"));
        let name = name.unwrap_or("(unnamed)");
        if !is_namespaced {
            return format!("{kind} {name}");
        }
        let namespace = metadata_text(node, "namespace").or(self.options.namespace.as_deref());
        format!("{kind} {}/{name}", namespace.unwrap_or(names::DEFAULT_NAMESPACE))
    }
}

/// A text in an object's metadata, if it can be read.
fn metadata_text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    let field = |node: &'a Node, name: &str| match &node.value {
        Value::Mapping(fields) => fields.iter().find(|field| field.key == name).map(|field| &field.node),
        _ => None,
    };
    match &field(field(node, "metadata")?, name)?.value {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn lower(cx: &mut Context, mirror: &Object, namespace: &str, name: &str, origin: &Origin) -> Model {
    let metadata = Path::Root.field("metadata");
    let path = metadata.field("labels");
    match mirror {
        Object::EndpointSlice(object) => {
            let own = labels(cx, &object.meta.labels, &path);
            Model::Slice(endpoints::slice(cx, object, &own, namespace, name))
        }
        Object::Endpoints(object) => {
            labels(cx, &object.meta.labels, &path);
            Model::Slice(endpoints::endpoints(cx, object, namespace, name))
        }
        Object::Namespace(object) => {
            names::check_as_label(cx, &object.meta, &path);
            Model::Namespace(labels(cx, &object.meta.labels, &path))
        }
        Object::NetworkPolicy(object) => {
            // A policy's own labels select nothing, but the API server checks them.
            labels(cx, &object.meta.labels, &path);
            let namespace = namespace.to_string();
            Model::Policy(network_policy(cx, object, namespace, name.to_string(), origin.clone()))
        }
        Object::Node(object) => Model::Node(pods::node(cx, object, name)),
        Object::Pod(object) => Model::Pod(pods::pod(cx, object, namespace, name)),
        Object::Service(object) => {
            labels(cx, &object.meta.labels, &path);
            Model::Service(services::service(cx, object, namespace, name))
        }
        Object::Tier(object) => {
            // A policy's own labels select nothing, but the API server checks them.
            labels(cx, &object.meta.labels, &path);
            Model::Policy(tier_policy(cx, object, name.to_string(), origin.clone()))
        }
        Object::Workload(object) => {
            labels(cx, &object.meta.labels, &path);
            Model::Pod(pods::template(cx, object, namespace, name))
        }
    }
}

/// What to do with objects of a type.
fn classify(found: Type<'_>) -> Class {
    let Type { api_version, kind } = found;
    if api_version.split('/').next() == Some(OWN_GROUP) {
        return Class::ForPrograms;
    }
    if kind == LIST && api_version == "v1" {
        return Class::List(None);
    }
    let stem_length = kind.len().checked_sub(LIST.len()).unwrap_or(kind.len());
    let (stem, suffix) = kind.split_at_checked(stem_length).unwrap_or((kind, ""));
    if !suffix.eq_ignore_ascii_case(LIST) {
        return classify_single(found);
    }
    if stem.is_empty() {
        if !is_own_group(api_version) {
            return Class::Skip;
        }
        let message = format!("there is no kind {} in {}", quote(kind), quote(api_version));
        let code = if kind == LIST { Code::ApiVersionUnknown } else { Code::KindCase };
        return Class::Refuse(code, message, format!("write `apiVersion: v1` and `kind: {LIST}`"));
    }
    // `PodList` and its like; their items need not say what they are.
    match classify_single(Type { api_version, kind: stem }) {
        Class::Read(known) if suffix != LIST => {
            let message = format!("{} is no kind; names of kinds are case-sensitive", quote(kind));
            Class::Refuse(Code::KindCase, message, format!("write `kind: {}{LIST}`", known.as_str()))
        }
        Class::Read(known) => Class::List(Some(known)),
        Class::Skip => Class::SkipList(stem.to_string()),
        other => other,
    }
}

/// Whether the group of a version is one of the API server's own that have kinds which are read.
///
/// Groups without a dot are its own; others are anyone's, and so are the names of kinds in them.
fn is_own_group(api_version: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    !group.contains('.')
        || matches!(group, "discovery.k8s.io" | "networking.k8s.io" | "policy.networking.k8s.io")
}

/// What to do with objects of a type that is no list.
fn classify_single(found: Type<'_>) -> Class {
    let Type { api_version, kind } = found;
    let Some(known) = Kind::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(kind)) else {
        let names = Kind::ALL.map(Kind::as_str);
        // A plural in -ies is farther off than a slip of the finger.
        let singular = kind.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let near = similar(singular.as_deref().unwrap_or(kind), &names);
        return match near.filter(|_| is_own_group(api_version)) {
            Some(name) => {
                let message = format!("{} is no kind", quote(kind));
                Class::Refuse(Code::UnknownKind, message, format!("did you mean `{name}`?"))
            }
            None => Class::Skip,
        };
    };
    let name = known.as_str();
    if api_version == known.api_version() && kind == name {
        return Class::Read(known);
    }
    if !is_own_group(api_version) {
        return Class::Skip;
    }
    let help = format!("write `apiVersion: {}` and `kind: {name}`", known.api_version());
    if kind != name {
        let message = format!("{} is no kind; names of kinds are case-sensitive", quote(kind));
        Class::Refuse(Code::KindCase, message, help)
    } else if known.gone_versions().contains(&api_version) {
        let message = format!("API servers no longer serve {name} in {}", quote(api_version));
        Class::Refuse(Code::ApiVersionGone, message, format!("{help}, and adapt what changed in between"))
    } else {
        let message = format!("there is no {name} in {}", quote(api_version));
        Class::Refuse(Code::ApiVersionUnknown, message, help)
    }
}
