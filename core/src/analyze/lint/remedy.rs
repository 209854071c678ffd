//! Remedies: small changes of a text after which a finding is gone.
//!
//! Not every finding has some: what is meant is known to people only. Where there are several, each is one by itself.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::checks::Check;
use super::finding::Finding;
use super::texts::steps;
use crate::manifest::edit::{Edit, Fresh, Layout, Part, Step};
use crate::source::Position;

/// A change of the text that a finding is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What is done, in words.
    pub title: String,
    /// How, in bytes of the text.
    pub edits: Vec<Edit>,
}

/// The remedies of a finding, in the text that it is in; `is_taken` says whether there is a policy `namespace/name` already.
///
/// ```
/// use portcullis::analyze::lint::{lint, remedies};
/// use portcullis::manifest::edit::{Layout, apply};
/// use portcullis::manifest::{LoadOptions, Source, load};
///
/// let text = "\
/// apiVersion: networking.k8s.io/v1
/// kind: NetworkPolicy
/// metadata: {name: web, namespace: shop}
/// spec:
///   podSelector: {}
///   ingress:
///   - from:
///     - namespaceSelector: {matchLabels: {team: a}}
///     - podSelector: {matchLabels: {app: a}}   # a dash too many
/// ";
/// let sources = [Source { name: "web.yaml".into(), text: text.into() }];
/// let loaded = load(&sources, &LoadOptions::default()).unwrap();
/// let findings = lint(&sources, &LoadOptions::default(), loaded, &[]);
/// let finding = findings.iter().find(|finding| finding.check == "stray-dash-peers").unwrap();
/// let remedies = remedies(finding, &Layout::of(text), &|_| false);
/// let mended = apply(text, &remedies[0].edits).unwrap();
/// assert!(mended.ends_with("      podSelector: {matchLabels: {app: a}}   # a dash too many\n"));
/// ```
///
/// # Complexity
/// Linear in the parts of the text.
#[must_use]
pub fn remedies(finding: &Finding, layout: &Layout<'_>, is_taken: &dyn Fn(&str) -> bool) -> Vec<Remedy> {
    let at = Position { line: finding.line, column: finding.column };
    let (Some(check), Some(object)) = (Check::find(finding.check), layout.around(at)) else {
        return Vec::new();
    };
    let ailing = Ailing { finding, layout, object, is_taken };
    ailing.remedy(check).into_iter().collect()
}

/// A finding with its text.
struct Ailing<'a, 't> {
    finding: &'a Finding,
    layout: &'a Layout<'t>,
    object: &'a Part,
    is_taken: &'a dyn Fn(&str) -> bool,
}

impl Ailing<'_, '_> {
    fn remedy(&self, check: Check) -> Option<Remedy> {
        let field = self.finding.field.as_str();
        match check {
            Check::StrayDashPeers => self.joined("make one peer of the two"),
            Check::StrayDashPorts => self.joined("make one rule of the two"),
            Check::DuplicatePeer
            | Check::DuplicatePort
            | Check::PeerInsidePeer
            | Check::PortInsideRange
            | Check::RedundantRule
            | Check::ShadowedRule => {
                let (list, index) = self.item()?;
                one(format!("remove `{field}`"), self.layout.remove_item(list, index)?)
            }
            Check::EmptyPeerList | Check::EmptyPortList | Check::EndPortEqualsPort => {
                let (above, key) = field.rsplit_once('.')?;
                one(format!("leave `{key}` out"), self.layout.remove_entry(self.part(above)?, key)?)
            }
            Check::RulesWithoutType => {
                let name = if field == "spec.egress" { "Egress" } else { "Ingress" };
                let edit = self.layout.append_under(self.part("spec")?, "policyTypes", &Fresh::text(name))?;
                one(format!("add `{name}` to `policyTypes`"), edit)
            }
            Check::PolicyTypesMissing => self.types(),
            Check::PortProtocolMissing => self.entry(field, "protocol", "TCP"),
            Check::NamespaceMissing => self.entry("metadata", "namespace", self.namespace()?),
            Check::DnsOneProtocol => {
                let (rule, _) = field.rsplit_once(".ports[")?;
                let has_tcp =
                    self.text(&format!("{field}.protocol")).is_none_or(|protocol| protocol == "TCP");
                let lacks = if has_tcp { "UDP" } else { "TCP" };
                let edit = self.layout.append_under(self.part(rule)?, "ports", &port(lacks))?;
                one(format!("add {lacks} 53"), edit)
            }
            Check::DnsMissing => {
                let edit = self.layout.append_under(self.part("spec")?, "egress", &names())?;
                one("let it ask the name servers in `kube-system`".to_owned(), edit)
            }
            Check::NamespaceWithoutPolicy | Check::NoDefaultDeny => self.default_deny(),
            _ => None,
        }
    }

    /// The value of a field.
    fn part(&self, field: &str) -> Option<&Part> {
        let of = |step| match str::parse(step) {
            Ok(index) => Step::Item(index),
            Err(_) => Step::Key(step),
        };
        let steps: Vec<Step<'_>> = steps(field).into_iter().map(of).collect();
        self.object.go(&steps)
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.part(field).map(|part| self.layout.source(part))
    }

    /// The list that the finding's field is an item of, and its place there.
    fn item(&self) -> Option<(&Part, usize)> {
        let (list, index) = self.finding.field.strip_suffix(']')?.rsplit_once('[')?;
        Some((self.part(list)?, index.parse().ok()?))
    }

    fn joined(&self, title: &str) -> Option<Remedy> {
        let (list, index) = self.item()?;
        one(title.to_owned(), self.layout.join_item(list, index)?)
    }

    fn entry(&self, field: &str, key: &str, value: &str) -> Option<Remedy> {
        let edit = self.layout.insert_entry(self.part(field)?, key, &Fresh::text(value))?;
        one(format!("write `{key}: {value}`"), edit)
    }

    /// The types that a policy without any has by its rules (NP-003).
    fn types(&self) -> Option<Remedy> {
        let spec = self.part("spec")?;
        if spec.go(&[Step::Key("policyTypes")]).is_some() {
            return None;
        }
        let egress = self.part("spec.egress").and_then(|rules| self.layout.length(rules)).unwrap_or_default();
        let types: &[&str] = if egress > 0 { &["Ingress", "Egress"] } else { &["Ingress"] };
        let list = Fresh::List(types.iter().map(|name| Fresh::text(*name)).collect());
        let edit = self.layout.insert_entry(spec, "policyTypes", &list)?;
        one(format!("write `policyTypes: [{}]`", types.join(", ")), edit)
    }

    /// The namespace of the finding's object: that which the object is in, or is.
    fn namespace(&self) -> Option<&str> {
        let (kind, name) = self.finding.object.as_deref()?.split_once(' ')?;
        match name.split_once('/') {
            Some((namespace, _)) => Some(namespace),
            None => (kind == "Namespace").then_some(name),
        }
    }

    fn default_deny(&self) -> Option<Remedy> {
        let namespace = self.namespace()?;
        let names = ["default-deny", "default-deny-all", "deny-by-default"];
        let name = names.into_iter().find(|name| !(self.is_taken)(&format!("{namespace}/{name}")))?;
        let metadata = Fresh::map([("name", Fresh::text(name)), ("namespace", Fresh::text(namespace))]);
        let types = Fresh::List(alloc::vec![Fresh::text("Ingress"), Fresh::text("Egress")]);
        let policy = Fresh::map([
            ("apiVersion", Fresh::text("networking.k8s.io/v1")),
            ("kind", Fresh::text("NetworkPolicy")),
            ("metadata", metadata),
            ("spec", Fresh::map([("podSelector", Fresh::Map(Vec::new())), ("policyTypes", types)])),
        ]);
        one(format!("add policy `{namespace}/{name}`"), self.layout.append_document(&policy)?)
    }
}

fn one(title: String, edit: Edit) -> Option<Remedy> {
    Some(Remedy { title, edits: alloc::vec![edit] })
}

fn port(protocol: &str) -> Fresh {
    Fresh::map([("protocol", Fresh::text(protocol)), ("port", Fresh::Number(53))])
}

/// A rule that lets pods ask the name servers where clusters have them.
fn names() -> Fresh {
    let labels = |key, value| Fresh::map([("matchLabels", Fresh::map([(key, Fresh::text(value))]))]);
    let servers = Fresh::map([
        ("namespaceSelector", labels("kubernetes.io/metadata.name", "kube-system")),
        ("podSelector", labels("k8s-app", "kube-dns")),
    ]);
    Fresh::map([
        ("to", Fresh::List(alloc::vec![servers])),
        ("ports", Fresh::List(alloc::vec![port("UDP"), port("TCP")])),
    ])
}
