//! Reads assertions from texts: every problem at once, each with its line.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ends::EndName;
use super::{API_VERSION, AskedPort, Assertion, Assertions, Carries, KIND};
use crate::api::label_selector;
use crate::decision::Verdict;
use crate::label::is_dns_label;
use crate::manifest::decode::similar::similar;
use crate::manifest::decode::{At, Context, Fields, Path, Strength, describe, quote};
use crate::manifest::kinds::LabelSelector;
use crate::manifest::text::{self, Limits};
use crate::manifest::tree::{Node, Position, Value};
use crate::manifest::{Code, Problem, Severity, sort_by_place};
use crate::net::{L4Protocol, PortName, PortRange};
use crate::policy::{NamespaceMatch, PodMatch};
use crate::profile::Profile;
use crate::source::Origin;

/// What a document has to say to be worth a look.
const MARKS: [&str; 2] = [KIND, "portcullis.dev"];

impl Assertions {
    /// Reads the assertions of texts, each with its name, among whatever else is in them; `namespace` is that of names that have none, where
    /// their document says no other.
    ///
    /// # Errors
    /// Every problem of documents that hold assertions: text that does not parse, fields that are not known, values of the
    /// wrong kind.
    ///
    /// # Complexity
    /// Linear in the texts.
    pub fn read<'t>(
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
        namespace: Option<&str>,
    ) -> Result<Self, Vec<Problem>> {
        let (read, problems) = Self::read_each(texts, namespace);
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }

    /// As [`Assertions::read`], for those who go on with the assertions that can be read: these, and every problem of the
    /// others.
    ///
    /// # Complexity
    /// Linear in the texts.
    pub fn read_each<'t>(
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
        namespace: Option<&str>,
    ) -> (Self, Vec<Problem>) {
        let mut read = Reader { namespace, all: Vec::new(), problems: Vec::new() };
        for (name, text) in texts {
            if MARKS.iter().any(|mark| text.contains(mark)) {
                read.text(name, text);
            }
        }
        (Self { all: read.all }, read.problems)
    }
}

struct Reader<'a> {
    namespace: Option<&'a str>,
    all: Vec<Assertion>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn text(&mut self, name: &str, text: &str) {
        let parsed = text::parse(text, &Limits::default());
        let file: Arc<str> = name.into();
        let mut cx = Context::new(file, Strength::Create);
        let mut starts = Vec::new();
        for document in &parsed.documents {
            let is_ours = self.document(&mut cx, &document.root);
            starts.push((document.root.at, is_ours));
        }
        // What loading only warns of, such as a key that is there twice, is a slip in an assertion.
        let is_ours = |at: Position| {
            let before = starts.partition_point(|(start, _)| *start <= at);
            before.checked_sub(1).and_then(|place| starts.get(place)).is_none_or(|(_, is_ours)| *is_ours)
        };
        let of_text = parsed
            .problems
            .iter()
            .filter(|problem| problem.severity() == text::Severity::Error || is_ours(problem.at));
        let mut found: Vec<Problem> = of_text
            .map(|problem| Problem {
                code: Code::Text(problem.code),
                severity: Severity::Error,
                object: None,
                field: problem.field.clone(),
                file: name.to_string(),
                line: problem.at.line,
                column: problem.at.column,
                message: problem.message.clone(),
                help: String::new(),
            })
            .collect();
        found.extend(cx.problems);
        sort_by_place(&mut found);
        self.problems.extend(found);
    }

    /// Reads a document; whether it holds assertions.
    fn document(&mut self, cx: &mut Context, root: &Node) -> bool {
        let text_of = |node: &Node, key: &str| match &node.value {
            Value::Mapping(fields) => {
                let field = fields.iter().find(|field| field.key == key)?;
                match &field.node.value {
                    Value::String(text) => Some(At::new(text.clone(), field.node.at)),
                    _ => None,
                }
            }
            _ => None,
        };
        let kind = text_of(root, "kind").unwrap_or_default();
        let version = text_of(root, "apiVersion").unwrap_or_default();
        let group = version.value.split('/').next().unwrap_or_default();
        let is_near = group == "portcullis.dev" && similar(&kind.value, &[KIND]).is_some();
        if kind.value != KIND && !is_near {
            return false;
        }
        cx.start(Some(KIND.to_string()));
        if kind.value != KIND {
            let message = format!("{} is no kind", quote(&kind.value));
            let help = format!("did you mean `{KIND}`?");
            cx.error(Code::UnknownKind, &Path::Root.field("kind"), kind.at, message, help);
            return true;
        }
        if version.value != API_VERSION {
            let message = format!("there is no {KIND} in {}", quote(&version.value));
            let at = if version.value.is_empty() { root.at } else { version.at };
            let help = format!("write `apiVersion: {API_VERSION}`");
            cx.error(Code::ApiVersionUnknown, &Path::Root.field("apiVersion"), at, message, help);
            return true;
        }
        let fields = Fields::of(cx, root, Path::Root);
        fields.refuse_unknown(cx, &["apiVersion", "assertions", "kind", "metadata"]);
        let (name, own) = fields.object(cx, "metadata", |cx, metadata| {
            (metadata.string(cx, "name"), metadata.string(cx, "namespace"))
        });
        let object = name.map_or(KIND.to_string(), |name| format!("{KIND} {}", name.value));
        cx.start(Some(object.clone()));
        let namespace = own.map(|own| own.value).or(self.namespace.map(str::to_string));
        let file = cx.file.clone();
        let mut number = 0_usize;
        let read = fields.objects(cx, "assertions", |cx, fields| {
            let field = format!("assertions[{number}]");
            number = number.saturating_add(1);
            let place = Place { namespace: namespace.as_deref(), object: &object, field };
            place.assertion(cx, fields, Origin { file: Some(file.clone()), at: fields.at() })
        });
        match read {
            Some(read) if !read.is_empty() => self.all.extend(read.into_iter().flatten()),
            _ => {
                let message = "the document holds no assertion, so that it tests nothing".to_string();
                let help = "list some under `assertions`, or remove the document";
                cx.error(Code::MissingField, &Path::Root.field("assertions"), root.at, message, help);
            }
        }
        true
    }
}

/// Where an assertion stands.
struct Place<'a> {
    namespace: Option<&'a str>,
    object: &'a str,
    field: String,
}

/// The fields of an assertion.
const ASSERTION: [&str; 7] = ["expect", "from", "name", "ports", "profile", "protocol", "to"];
/// The fields of an end that is a selector.
const SELECTED: [&str; 3] = ["namespace", "namespaceSelector", "podSelector"];

impl Place<'_> {
    fn assertion(&self, cx: &mut Context, fields: &Fields<'_, '_>, origin: Origin) -> Option<Assertion> {
        let errors = cx.errors();
        fields.refuse_unknown(cx, &ASSERTION);
        let from = self.ends(cx, fields, "from");
        let to = self.ends(cx, fields, "to");
        let carries = carries(cx, fields);
        let profile = fields.string(cx, "profile").map(|text| match Profile::find(&text.value) {
            Ok(profile) => Some(profile),
            Err(error) => {
                let (message, help) = (error.to_string(), "name a profile, or leave it out");
                cx.error(Code::UnknownValue, &fields.path().field("profile"), text.at, message, help);
                None
            }
        });
        let expect = expect(cx, fields);
        let name = fields.string(cx, "name").map(|name| name.value);
        if cx.errors() != errors {
            return None;
        }
        let (from, to) = (from?, to?);
        let words = |ends: &[At<EndName>]| {
            let ends: Vec<String> = ends.iter().map(|end| end.value.to_string()).collect();
            ends.join(", ")
        };
        Some(Assertion {
            name: name.unwrap_or_else(|| format!("{} -> {}", words(&from), words(&to))),
            expect: expect?,
            profile: match profile {
                Some(found) => Some(found?),
                None => None,
            },
            origin,
            object: self.object.to_string(),
            field: self.field.clone(),
            from,
            to,
            carries: carries?,
        })
    }

    /// One end, or a list of them.
    fn ends(&self, cx: &mut Context, fields: &Fields<'_, '_>, name: &str) -> Option<Vec<At<EndName>>> {
        let Some(node) = fields.node(name) else {
            let message = format!("an assertion needs `{name}`");
            let help = "name an end, such as `shop/web`";
            cx.error(Code::MissingField, &fields.path().field(name), fields.at(), message, help);
            return None;
        };
        let path = fields.path().field(name);
        match &node.value {
            Value::Sequence(items) if items.is_empty() => {
                let message = "there is no end in the list".to_string();
                cx.error(Code::EmptyList, &path, node.at, message, "name at least one end");
                None
            }
            Value::Sequence(items) => {
                let read: Vec<Option<At<EndName>>> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| self.end(cx, item, path.index(index)))
                    .collect();
                read.into_iter().collect()
            }
            _ => self.end(cx, node, path).map(|end| alloc::vec![end]),
        }
    }

    fn end(&self, cx: &mut Context, node: &Node, path: Path<'_>) -> Option<At<EndName>> {
        match &node.value {
            Value::String(text) => match EndName::parse(text, self.namespace) {
                Ok(end) => Some(At::new(end, node.at)),
                Err((message, help)) => {
                    cx.error(Code::UnknownValue, &path, node.at, message, help);
                    None
                }
            },
            Value::Mapping(_) => {
                let errors = cx.errors();
                let fields = Fields::of(cx, node, path);
                let selected = self.selected(cx, &fields);
                (cx.errors() == errors).then(|| At::new(EndName::Selected(selected), node.at))
            }
            other => {
                let message = format!("found {}, must be a text or a selector", describe(other));
                let help = "write `ns/name`, or `podSelector` with `namespace`";
                cx.error(Code::WrongType, &path, node.at, message, help);
                None
            }
        }
    }

    fn selected(&self, cx: &mut Context, fields: &Fields<'_, '_>) -> PodMatch {
        fields.refuse_unknown(cx, &SELECTED);
        let selector = |cx: &mut Context, name: &str| {
            let read = LabelSelector::read_optional(cx, fields, name)?;
            Some(label_selector(cx, &read, &fields.path().field(name)))
        };
        let pods = selector(cx, "podSelector");
        let by_labels = selector(cx, "namespaceSelector");
        let own = fields.string(cx, "namespace");
        if own.is_some() && by_labels.is_some() {
            let message = "`namespace` and `namespaceSelector` both say which namespace".to_string();
            cx.error(
                Code::ForbiddenField,
                &fields.path().field("namespace"),
                fields.at(),
                message,
                "leave one out",
            );
        }
        let named = own.map(|own| own.value).or(self.namespace.map(str::to_string));
        let namespaces = match (by_labels, named) {
            (Some(selector), _) => NamespaceMatch::Selected(selector),
            (None, Some(name)) => NamespaceMatch::Named(name),
            (None, None) => {
                let message = "the selector says no namespace".to_string();
                let help =
                    "give `namespace` or `namespaceSelector`; `namespaceSelector: {}` means all of them";
                cx.error(Code::MissingField, &fields.path().field("namespace"), fields.at(), message, help);
                NamespaceMatch::Named(String::new())
            }
        };
        PodMatch { namespaces, pods: pods.unwrap_or_default() }
    }
}

fn expect(cx: &mut Context, fields: &Fields<'_, '_>) -> Option<Verdict> {
    let help = "write `expect: allow` or `expect: deny`";
    let path = fields.path().field("expect");
    let Some(text) = fields.string(cx, "expect") else {
        if fields.node("expect").is_none() {
            let message = "an assertion needs `expect`".to_string();
            cx.error(Code::MissingField, &path, fields.at(), message, help);
        }
        return None;
    };
    match text.value.as_str() {
        "allow" => Some(Verdict::Allow),
        "deny" => Some(Verdict::Deny),
        other => {
            let message = format!("{} is no verdict", quote(other));
            cx.error(Code::UnknownValue, &path, text.at, message, help);
            None
        }
    }
}

fn carries(cx: &mut Context, fields: &Fields<'_, '_>) -> Option<At<Carries>> {
    let at = fields.node("ports").or(fields.node("protocol")).map_or(fields.at(), |node| node.at);
    let protocol = match fields.node("protocol") {
        None => None,
        Some(node) => Some(protocol(cx, node, &fields.path().field("protocol"))?),
    };
    let errors = cx.errors();
    let ports = fields.list(cx, "ports", |cx, node, path| port(cx, node, &path));
    if cx.errors() != errors {
        return None;
    }
    let (Some(ports), path) = (ports, fields.path().field("ports")) else {
        let carries = match protocol {
            None => Carries::AllPorts(L4Protocol::ALL.to_vec()),
            Some(Ok(protocol)) => Carries::AllPorts(alloc::vec![protocol]),
            Some(Err(number)) => Carries::Other(number),
        };
        return Some(At::new(carries, at));
    };
    let mut refuse = |code, message: &str, help| {
        cx.error(code, &path, at, message.to_string(), help);
        None
    };
    match protocol {
        Some(Err(_)) => refuse(Code::ForbiddenField, "the protocol has no ports", "leave `ports` out"),
        _ if ports.is_empty() => {
            refuse(Code::EmptyList, "there is no port in the list", "leave `ports` out to mean all of them")
        }
        protocol => {
            let protocol = protocol.and_then(Result::ok).unwrap_or(L4Protocol::Tcp);
            let ports = ports.into_iter().collect::<Option<Vec<AskedPort>>>()?;
            Some(At::new(Carries::Ports(protocol, ports), at))
        }
    }
}

/// A protocol that has ports, or the number of one that has none.
fn protocol(cx: &mut Context, node: &Node, path: &Path<'_>) -> Option<Result<L4Protocol, u8>> {
    let of_number = |number: u8| match crate::net::Protocol::from_number(number) {
        crate::net::Protocol::L4(protocol) => Ok(protocol),
        crate::net::Protocol::Other(number) => Err(number),
    };
    let found = match &node.value {
        Value::Integer(number) => u8::try_from(*number).ok().map(of_number),
        Value::String(text) => {
            let known = L4Protocol::ALL.into_iter().find(|it| it.as_str().eq_ignore_ascii_case(text));
            match (known, text.to_ascii_lowercase().as_str()) {
                (Some(protocol), _) => Some(Ok(protocol)),
                (None, "icmp") => Some(Err(1)),
                (None, "icmpv6" | "ipv6-icmp") => Some(Err(58)),
                (None, _) => None,
            }
        }
        _ => None,
    };
    if found.is_none() {
        let message = format!("found {}, which is no protocol", describe(&node.value));
        let help = "write TCP, UDP, SCTP, ICMP, ICMPv6 or a number from 0 to 255";
        cx.error(Code::UnknownProtocol, path, node.at, message, help);
    }
    found
}

fn port(cx: &mut Context, node: &Node, path: &Path<'_>) -> Option<AskedPort> {
    let help = "write a number from 1 to 65535, a range such as `8000-8010`, or a port's name";
    let number = |number: i128| u16::try_from(number).ok().filter(|number| *number != 0);
    let mut refuse = |code, message: String| {
        cx.error(code, path, node.at, message, help);
        None
    };
    match &node.value {
        Value::Integer(given) => match number(*given).and_then(|number| PortRange::single(number).ok()) {
            Some(range) => Some(AskedPort::Numbers(range)),
            None => refuse(Code::PortOutOfRange, format!("`{given}` is no port")),
        },
        Value::String(text) if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
            let ends = text.split_once('-').unwrap_or((text, text));
            let read = |text: &str| text.parse::<i128>().ok().and_then(number);
            match (read(ends.0), read(ends.1)) {
                (Some(first), Some(last)) => match PortRange::new(first, last) {
                    Ok(range) => Some(AskedPort::Numbers(range)),
                    Err(_) => {
                        refuse(Code::PortRangeReversed, format!("{} ends before it starts", quote(text)))
                    }
                },
                _ => refuse(Code::PortOutOfRange, format!("{} is no port", quote(text))),
            }
        }
        Value::String(text) => match PortName::try_from(text.as_str()) {
            Ok(name) => Some(AskedPort::Name(name)),
            // The ports of services may have longer names than those of containers.
            Err(_) if is_dns_label(text) => Some(AskedPort::ServiceName(text.clone())),
            Err(error) => {
                refuse(Code::InvalidPortName, format!("{} is no port: a name {error}", quote(text)))
            }
        },
        other => refuse(Code::WrongType, format!("found {}, must be a port", describe(other))),
    }
}
