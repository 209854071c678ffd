//! Connections that may differ, and what of a difference nobody has approved.

use jiff::civil::Date;
use portcullis::analyze::{Difference, Entry, Group, PortSet, WorkloadName};
use portcullis::ask::failure::Failure;
use portcullis::manifest::tree::Node;
use portcullis::net::{Cidr, L4Protocol, PortRange};

use super::fields::{Fields, one_or_more, string, wrong};
use super::subtract::{Cut, cut};
use super::{Approval, Approved};

/// Which connections are approved: from any of these to any of those, on some ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(super) from: Vec<EndPattern>,
    pub(super) to: Vec<EndPattern>,
    pub(super) ports: PortSet,
    change: Option<Way>,
}

/// Which way connections may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Added,
    Removed,
}

/// Ends that are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EndPattern {
    /// Every workload and every address: `*`.
    Anything,
    /// Addresses outside.
    Cidr(Cidr),
    /// Every workload of a namespace: `ns/*`.
    Namespace(String),
    /// A workload: `ns/name`, `ns/kind/name`, either with `#n` for one of its sets of labels.
    Workload(String),
}

/// A difference after what is approved was taken out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waived {
    /// What nobody has approved.
    pub(crate) left: Difference,
    /// What was, each with the number of its approval: added, then removed.
    pub(crate) added: Vec<(usize, Entry)>,
    pub(crate) removed: Vec<(usize, Entry)>,
}

impl Pattern {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Failure> {
        let file = fields.file();
        let help = "name a workload (`ns/name`), `ns/*`, a CIDR, or `*` for everything";
        let ends = |(node, path): (&Node, String)| -> Result<Vec<EndPattern>, Failure> {
            let parts = one_or_more(file, node, &path)?;
            parts.iter().map(|(node, path)| EndPattern::read(file, node, path, help)).collect()
        };
        let from = ends(fields.required("from", help)?)?;
        let to = ends(fields.required("to", help)?)?;
        let ports = match fields.take("ports") {
            None => PortSet::all(),
            Some((node, path)) => {
                let mut set = PortSet::nothing();
                for (node, path) in one_or_more(file, node, &path)? {
                    set = set.or(&ports(file, node, &path)?);
                }
                set
            }
        };
        let change = match fields.take("change") {
            None => None,
            Some((node, path)) => match string(file, node, &path)?.as_str() {
                "added" => Some(Way::Added),
                "removed" => Some(Way::Removed),
                other => {
                    let message = format!("`{other}` is neither `added` nor `removed`");
                    return Err(wrong(file, node, &path, &message));
                }
            },
        };
        Ok(Self { from, to, ports, change })
    }
}

impl EndPattern {
    fn read(file: &str, node: &Node, path: &str, help: &str) -> Result<Self, Failure> {
        let text = string(file, node, path)?;
        if text == "*" {
            return Ok(Self::Anything);
        }
        if let Ok(parsed) = Cidr::parse(&text) {
            return Ok(Self::Cidr(parsed.cidr));
        }
        if let Ok(address) = portcullis::net::parse_address(&text)
            && let Ok(cidr) = Cidr::new(address, if address.is_ipv4() { 32 } else { 128 })
        {
            return Ok(Self::Cidr(cidr));
        }
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            [namespace, "*"] if !namespace.is_empty() => Ok(Self::Namespace((*namespace).to_string())),
            [_, _] | [_, _, _] if !parts.iter().any(|part| part.is_empty()) => Ok(Self::Workload(text)),
            _ => Err(wrong(file, node, path, &format!("`{text}` names no workload and no address; {help}"))),
        }
    }

    /// Whether a workload is meant.
    pub(super) fn holds(&self, name: &WorkloadName) -> bool {
        match self {
            Self::Anything => true,
            Self::Cidr(_) => false,
            Self::Namespace(namespace) => name.namespace == *namespace,
            Self::Workload(wanted) => crate::list::is_named(&name.to_string(), wanted),
        }
    }
}

/// Ports as lists write them: `TCP 80`, `UDP 8000-8100`, `SCTP` for all of a protocol; a number alone is TCP's.
fn ports(file: &str, node: &Node, path: &str) -> Result<PortSet, Failure> {
    let text = match &node.value {
        portcullis::manifest::tree::Value::Integer(number) => number.to_string(),
        _ => string(file, node, path)?,
    };
    let bad = || {
        let message =
            format!("`{text}` is no port; write `TCP 80`, `UDP 8000-8100`, or `SCTP` for all of it");
        wrong(file, node, path, &message)
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let (protocol, range) = match words.as_slice() {
        [only] if only.starts_with(|letter: char| letter.is_ascii_digit()) => ("TCP", *only),
        [protocol] => (*protocol, "1-65535"),
        [protocol, range] => (*protocol, *range),
        _ => return Err(bad()),
    };
    let known = L4Protocol::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(protocol));
    let (start, end) = range.split_once('-').unwrap_or((range, range));
    let range = start.parse().ok().zip(end.parse().ok()).and_then(|(a, b)| PortRange::new(a, b).ok());
    known.zip(range).map(|(protocol, range)| PortSet::of(protocol, range)).ok_or_else(bad)
}

impl Approved {
    /// Takes what is approved on a day out of a difference; each connection goes to the first approval that holds it.
    pub(crate) fn waive(&self, difference: &Difference, day: Date) -> Waived {
        let split = |entries: &[Entry], way: Way| {
            let mut left = entries.to_vec();
            let mut waived = Vec::new();
            for (number, approval) in self.connections.iter().enumerate() {
                if !approval.counts_on(day) || approval.what.change.is_some_and(|only| only != way) {
                    continue;
                }
                let mut rest = Vec::new();
                for entry in left {
                    let Cut { inside, outside } = cut(&entry, &approval.what);
                    waived.extend(inside.map(|entry| (number, entry)));
                    rest.extend(outside);
                }
                left = rest;
            }
            left.sort_unstable();
            (left, waived)
        };
        let (added, waived_added) = split(&difference.added, Way::Added);
        let (removed, waived_removed) = split(&difference.removed, Way::Removed);
        Waived { left: Difference { added, removed }, added: waived_added, removed: waived_removed }
    }

    /// What the reader should know: approvals that no longer count, and those that approve nothing which has changed.
    pub(crate) fn remarks(&self, waived: &Waived, difference: &Difference, day: Date) -> Vec<String> {
        let mut remarks = Vec::new();
        let used =
            |number: usize| waived.added.iter().chain(&waived.removed).any(|(other, _)| *other == number);
        for (number, Approval { what, expires, line, .. }) in self.connections.iter().enumerate() {
            let place = format!("{}:{line}", self.file);
            if day > *expires {
                let meets = |entry: &Entry| cut(entry, what).inside.is_some();
                if difference.added.iter().chain(&difference.removed).any(meets) {
                    remarks.push(format!(
                        "{place}: this approval ended on {expires}, and what it approved is there; renew it or take the change back"
                    ));
                } else {
                    remarks.push(format!("{place}: this approval ended on {expires}; take it out"));
                }
            } else if !used(number) {
                remarks.push(format!("{place}: nothing that has changed needs this approval; take it out"));
            }
        }
        remarks
    }
}

/// Whether an end of an entry has anybody left.
pub(super) fn is_nobody(group: &Group) -> bool {
    match group {
        Group::Cidrs(cidrs) => cidrs.is_empty(),
        Group::Workloads(names) => names.is_empty(),
    }
}
