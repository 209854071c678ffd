//! Names and namespaces of objects.

use alloc::format;
use alloc::string::{String, ToString};

use super::LoadOptions;
use crate::label::{LabelValue, is_dns_label, is_dns_subdomain};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Kind, ObjectMeta};
use crate::manifest::problem::{Problem, Severity};

/// The namespace of objects that name none.
pub(super) const DEFAULT_NAMESPACE: &str = "default";
/// The most bytes of a prefix that go into a name.
const MAX_GENERATED_PREFIX: usize = 58;
/// The rule for a namespace's name, to follow "it".
pub(super) const LABEL_RULE: &str =
    "must be at most 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit";
/// The rule for most names, to follow "it".
pub(super) const SUBDOMAIN_RULE: &str = "must be at most 253 lower-case letters, digits, `-` or `.`, beginning and ending with a letter or digit, also around each `.`";

/// What an object's name is.
pub(super) enum Name {
    /// It has this one.
    Own(String),
    /// The API server would make one that begins like this.
    Generated(String),
    /// It has none, or none that an API server would hold; reported.
    Bad,
}

/// Reads and checks an object's name.
pub(super) fn name(cx: &mut Context, kind: Kind, meta: &ObjectMeta) -> Name {
    let meta_path = Path::Root.field("metadata");
    let check = |cx: &mut Context, text: &str, shown: &At<String>, field: &str| {
        let (valid, rule) = match kind {
            Kind::Namespace | Kind::Service => (is_dns_label(text), LABEL_RULE),
            _ => (is_dns_subdomain(text), SUBDOMAIN_RULE),
        };
        if !valid {
            let message = format!("{} is no name of a {}: it {rule}", quote(&shown.value), kind.as_str());
            let help = "rename it; upper case, `_` and spaces are not allowed";
            cx.error(Code::InvalidName, &meta_path.field(field), shown.at, message, help);
        }
        valid
    };
    let prefix = &meta.generate_name;
    let prefix_is_sound =
        prefix.value.is_empty() || check(cx, &without_dash(&prefix.value), prefix, "generateName");
    if !meta.name.value.is_empty() {
        if !check(cx, &meta.name.value, &meta.name, "name") {
            return Name::Bad;
        }
        warn_host_name(cx, kind, &meta.name, &meta_path);
        return Name::Own(meta.name.value.clone());
    }
    if !prefix.value.is_empty() {
        let name_is_sound = check(cx, &sample(&prefix.value), prefix, "name");
        return if prefix_is_sound && name_is_sound {
            Name::Generated(prefix.value.clone())
        } else {
            Name::Bad
        };
    }
    let message = format!("the {} has no name", kind.as_str());
    cx.error(Code::MissingName, &meta_path.field("name"), meta.name.at, message, "add `metadata.name`");
    Name::Bad
}

/// A prefix as the API server checks it: a dash at the end, and what is before it, are taken for one letter.
fn without_dash(prefix: &str) -> String {
    let mut characters = prefix.chars();
    if characters.next_back() == Some('-') && characters.next_back().is_some() {
        return format!("{}a", characters.as_str());
    }
    prefix.to_string()
}

/// A name that the API server may make of a prefix: as much of it as fits into a label with five characters more.
fn sample(prefix: &str) -> String {
    let mut end = prefix.len().min(MAX_GENERATED_PREFIX);
    while !prefix.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    format!("{}xxxxx", prefix.get(..end).unwrap_or_default())
}

/// A pod's name is its host name, which dots and length spoil: the API server warns when one is made.
fn warn_host_name(cx: &mut Context, kind: Kind, name: &At<String>, meta_path: &Path<'_>) {
    if kind == Kind::Pod && cx.creates() && !is_dns_label(&name.value) {
        let message =
            format!("{} is the pod's host name too, which should be a DNS label", quote(&name.value));
        let help = "use at most 63 characters and no `.`";
        cx.warning(Code::PodHostname, &meta_path.field("name"), name.at, message, help);
    }
}

/// Checks a namespace's name as the value of the label that the API server gives it.
pub(super) fn check_as_label(cx: &mut Context, meta: &ObjectMeta, labels: &Path<'_>) {
    let name = &meta.name;
    if let Err(error) = LabelValue::try_from(name.value.as_str())
        && cx.creates()
    {
        let message =
            format!("the name {} is a label too, and not valid as one: {error}", quote(&name.value));
        cx.error(Code::InvalidLabelValue, labels, name.at, message, "rename the namespace");
    }
}

/// Reads and checks an object's namespace; empty for kinds that live in none.
pub(super) fn namespace(cx: &mut Context, kind: Kind, meta: &ObjectMeta, options: &LoadOptions) -> String {
    if !kind.is_namespaced() {
        return String::new();
    }
    let own = &meta.namespace;
    let wanted = options.namespace.as_deref();
    if own.value.is_empty() {
        return wanted.unwrap_or(DEFAULT_NAMESPACE).to_string();
    }
    let meta_path = Path::Root.field("metadata");
    let path = meta_path.field("namespace");
    if !is_dns_label(&own.value) {
        let message = format!("{} is no name of a namespace: it {LABEL_RULE}", quote(&own.value));
        cx.error(Code::InvalidNamespace, &path, own.at, message, "write the name of a namespace");
    } else if let Some(wanted) = wanted.filter(|wanted| cx.creates() && *wanted != own.value) {
        let message = format!("the object is of namespace {}, not of {}", quote(&own.value), quote(wanted));
        let help = "remove `metadata.namespace`, or ask for the object's own namespace with `-n`";
        cx.error(Code::NamespaceMismatch, &path, own.at, message, help);
    }
    own.value.clone()
}

/// What is wrong with the namespace that was asked for.
pub(super) fn check_option(namespace: &str) -> Option<Problem> {
    if is_dns_label(namespace) {
        return None;
    }
    Some(Problem {
        code: Code::InvalidNamespace,
        severity: Severity::Error,
        object: None,
        field: String::new(),
        file: String::new(),
        line: 0,
        column: 0,
        message: format!("the namespace that was asked for, {}, {LABEL_RULE}", quote(namespace)),
        help: "write the name of a namespace after `-n`".to_string(),
    })
}
