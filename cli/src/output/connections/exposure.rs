//! Exposure: which pods that are not there could reach a workload, or be reached, for people and for programs.

use std::fmt::Write as _;

use portcullis::analyze::{Exposed, Exposure, PeerCondition, PeerTerm};
use portcullis::policy::NamespaceMatch;
use portcullis::selector::{Requirement, Selector};
use serde::Serialize;
use serde_json::Value;

use super::escape;
use crate::output::style;

/// Text: the workloads that are exposed alike, then a line for each kind of peer.
pub(crate) fn exposure_text(all: &[Exposure]) -> String {
    let mut out = String::from("exposed to pods that are not in the input:\n");
    for exposure in all {
        let names: Vec<String> = exposure.workloads.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "{}", names.join(",\n"));
        for (word, lines) in [("from", &exposure.ingress), ("to", &exposure.egress)] {
            if lines.is_empty() {
                let _ = writeln!(out, "  {word:<4} none");
            }
            for line in lines {
                let _ = writeln!(out, "  {word:<4} {}: {}", term(&line.peers), style::quiet(&line.ports));
            }
        }
    }
    out
}

/// Markdown: a table.
pub(crate) fn exposure_markdown(all: &[Exposure]) -> String {
    let mut out = String::from(
        "\nExposed to pods that are not in the input:\n\n| workloads | side | peers | ports |\n|---|---|---|---|\n",
    );
    for exposure in all {
        let names: Vec<String> = exposure.workloads.iter().map(ToString::to_string).collect();
        let names = names.join("<br>");
        for (word, lines) in [("from", &exposure.ingress), ("to", &exposure.egress)] {
            if lines.is_empty() {
                let _ = writeln!(out, "| {names} | {word} | none | |");
            }
            for line in lines {
                let peers = escape::markdown(&term(&line.peers));
                let _ = writeln!(out, "| {names} | {word} | {peers} | {} |", line.ports);
            }
        }
    }
    out
}

/// Which pods a term holds, in words.
fn term(term: &PeerTerm) -> String {
    let mut text = conditions(&term.all_of);
    for (at, list) in term.none_of.iter().enumerate() {
        text.push_str(if at == 0 { ", but not " } else { ", nor " });
        text.push_str(&conditions(list));
    }
    text
}

fn conditions(list: &[PeerCondition]) -> String {
    if list.is_empty() {
        return "any pod".to_string();
    }
    list.iter().map(condition).collect::<Vec<_>>().join(" that are also ")
}

fn condition(condition: &PeerCondition) -> String {
    match condition {
        PeerCondition::Pods(pods) => {
            let who = match selector(&pods.pods) {
                None => "any pod".to_string(),
                Some(labels) => format!("pods with {labels}"),
            };
            match &pods.namespaces {
                NamespaceMatch::Named(name) => format!("{who} in namespace {name}"),
                NamespaceMatch::Selected(namespaces) => match selector(namespaces) {
                    None => format!("{who} in any namespace"),
                    Some(labels) => format!("{who} in namespaces with {labels}"),
                },
            }
        }
        PeerCondition::Address(block) => {
            let holes: Vec<String> = block.except().iter().map(ToString::to_string).collect();
            let except =
                if holes.is_empty() { String::new() } else { format!(" except {}", holes.join(", ")) };
            format!("pods with an address in {}{except}", block.cidr())
        }
        PeerCondition::PortName { protocol, name } => format!("pods that call the {protocol} port `{name}`"),
        _ => "pods of a kind that this version does not know".to_string(),
    }
}

/// A selector in words; nothing where it selects everything.
fn selector(selector: &Selector) -> Option<String> {
    let texts: Vec<String> = selector.requirements().iter().map(requirement).collect();
    (!texts.is_empty()).then(|| texts.join(" and "))
}

fn requirement(requirement: &Requirement) -> String {
    let list = |values: &portcullis::selector::Values| {
        values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    match requirement {
        Requirement::Exists(key) => format!("the label {key}"),
        Requirement::DoesNotExist(key) => format!("no label {key}"),
        Requirement::In(key, values) if values.iter().count() == 1 => format!("{key}={}", list(values)),
        Requirement::In(key, values) => format!("{key} in ({})", list(values)),
        Requirement::NotIn(key, values) => format!("{key} not in ({})", list(values)),
    }
}

/// Exposure as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ExposureJson {
    workloads: Vec<String>,
    ingress: Vec<ExposedJson>,
    egress: Vec<ExposedJson>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExposedJson {
    /// Each has to hold; an empty list is every pod.
    all_of: Vec<ConditionJson>,
    /// Of each list, one at least must not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    none_of: Vec<Vec<ConditionJson>>,
    ports: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum ConditionJson {
    #[serde(rename_all = "camelCase")]
    Pods {
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace_selector: Option<SelectorJson>,
        pod_selector: SelectorJson,
    },
    IpBlock {
        cidr: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        except: Vec<String>,
    },
    PortName {
        protocol: &'static str,
        name: String,
    },
}

/// A `LabelSelector`, in the one form that says everything.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SelectorJson {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    match_expressions: Vec<RequirementJson>,
}

#[derive(Debug, Serialize)]
struct RequirementJson {
    key: String,
    operator: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

impl ExposureJson {
    pub(crate) fn new(exposure: &Exposure) -> Self {
        let lines = |lines: &[Exposed]| lines.iter().map(ExposedJson::new).collect();
        Self {
            workloads: exposure.workloads.iter().map(ToString::to_string).collect(),
            ingress: lines(&exposure.ingress),
            egress: lines(&exposure.egress),
        }
    }
}

impl ExposedJson {
    fn new(line: &Exposed) -> Self {
        let list = |list: &Vec<PeerCondition>| list.iter().filter_map(ConditionJson::new).collect();
        Self {
            all_of: list(&line.peers.all_of),
            none_of: line.peers.none_of.iter().map(list).collect(),
            ports: line.ports.to_json(),
        }
    }
}

impl ConditionJson {
    fn new(condition: &PeerCondition) -> Option<Self> {
        match condition {
            PeerCondition::Pods(pods) => {
                let (namespace, namespace_selector) = match &pods.namespaces {
                    NamespaceMatch::Named(name) => (Some(name.clone()), None),
                    NamespaceMatch::Selected(selector) => (None, Some(SelectorJson::new(selector))),
                };
                Some(Self::Pods {
                    namespace,
                    namespace_selector,
                    pod_selector: SelectorJson::new(&pods.pods),
                })
            }
            PeerCondition::Address(block) => Some(Self::IpBlock {
                cidr: block.cidr().to_string(),
                except: block.except().iter().map(ToString::to_string).collect(),
            }),
            PeerCondition::PortName { protocol, name } => {
                Some(Self::PortName { protocol: protocol.as_str(), name: name.to_string() })
            }
            _ => None,
        }
    }
}

impl SelectorJson {
    fn new(selector: &Selector) -> Self {
        let one = |requirement: &Requirement| {
            let (operator, values) = match requirement {
                Requirement::DoesNotExist(_) => ("DoesNotExist", None),
                Requirement::Exists(_) => ("Exists", None),
                Requirement::In(_, values) => ("In", Some(values)),
                Requirement::NotIn(_, values) => ("NotIn", Some(values)),
            };
            RequirementJson {
                key: requirement.key().to_string(),
                operator,
                values: values
                    .map(|values| values.iter().map(ToString::to_string).collect())
                    .unwrap_or_default(),
            }
        };
        Self { match_expressions: selector.requirements().iter().map(one).collect() }
    }
}
