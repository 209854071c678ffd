//! Writes policies with comments that say what each rule is for.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::groups::{Group, Groups};
use super::rules::{Records, Rule};
use super::select::{selector, written};
use super::{Subjects, Suggestions};
use crate::analyze::addresses::{AddressRange, fewest_cidrs};
use crate::analyze::ports::PortSet;
use crate::label::LabelKey;
use crate::manifest::edit::Fresh;
use crate::net::{Cidr, L4Protocol};
use crate::policy::Direction;
use crate::sorted::SortedSet;

const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];
/// The longest name that a policy can have.
const MAX_NAME_BYTES: usize = 253;

/// The rules of a group, ingress first, and what they leave out.
struct Draft {
    rules: [Vec<Rule>; 2],
    left_out: Vec<String>,
}

/// Writes the policies of the subjects.
pub(super) fn write(groups: &Groups, records: &Records, subjects: &Subjects) -> Suggestions {
    let is_wanted = |number: usize, group: &Group| match subjects {
        Subjects::AllSeen => records.seen.contains(&number),
        Subjects::Of(subjects) => subjects.iter().any(|subject| subject.holds(group)),
    };
    let mut suggestions = Suggestions::default();
    let mut done: SortedSet<usize> = SortedSet::new();
    let mut names: SortedSet<(&str, String)> = SortedSet::new();
    for (number, group) in groups.iter().filter(|(number, group)| is_wanted(*number, group)) {
        let alike = groups.alike(group);
        if !done.insert(alike.first().copied().unwrap_or(number)) {
            continue;
        }
        let draft = draft(groups, records, number);
        let other = alike.iter().filter(|other| **other != number).find(|other| {
            let Some(found) = groups.get(**other) else { return false };
            !is_wanted(**other, found) || !is_same(&self::draft(groups, records, **other), &draft)
        });
        if let Some(other) = other.and_then(|other| groups.get(*other)) {
            let why = format!("`{other}` has the very same labels, and should not be under the same policy");
            suggestions.left_out.push(format!("{group}: no policy is written, because {why}"));
            continue;
        }
        let all = alike.iter().filter_map(|other| groups.get(*other)).map(Group::to_string);
        let title = all.collect::<Vec<_>>().join(", ");
        let name = free_name(group, &names);
        names.insert((&group.namespace, name.clone()));
        let left_out: SortedSet<&String> =
            draft.left_out.iter().chain(records.left_out.get(&number).into_iter().flatten()).collect();
        suggestions.left_out.extend(left_out.iter().map(|reason| format!("{group}: {reason}")));
        if suggestions.policies > 0 {
            suggestions.text.push_str("---\n");
        }
        suggestions.policies = suggestions.policies.saturating_add(1);
        suggestions.text.push_str(&policy(groups, group, &title, &name, &draft, &left_out));
    }
    suggestions
}

fn draft(groups: &Groups, records: &Records, number: usize) -> Draft {
    let mut left_out = Vec::new();
    let rules = DIRECTIONS.map(|direction| {
        let (rules, rest) = records.rules(groups, number, direction);
        left_out.extend(rest);
        rules
    });
    Draft { rules, left_out }
}

/// Whether two groups have the same rules, however often each was seen.
fn is_same(one: &Draft, other: &Draft) -> bool {
    let bare = |draft: &Draft| {
        draft.rules.clone().map(|rules| {
            let bare = |rule: Rule| {
                let groups: Vec<usize> = rule.groups.into_iter().map(|(number, ..)| number).collect();
                (rule.ports, groups, rule.addresses)
            };
            rules.into_iter().map(bare).collect::<Vec<_>>()
        })
    };
    bare(one) == bare(other) && one.left_out.is_empty() && other.left_out.is_empty()
}

fn free_name(group: &Group, names: &SortedSet<(&str, String)>) -> String {
    let base: String =
        format!("seen-{}", group.name).chars().take(MAX_NAME_BYTES.saturating_sub(6)).collect();
    let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
    let mut all = core::iter::once(base.clone()).chain(numbered);
    let is_free = |name: &String| !names.contains(&(group.namespace.as_str(), name.clone()));
    all.find(is_free).unwrap_or_default()
}

fn policy(
    groups: &Groups,
    group: &Group,
    title: &str,
    name: &str,
    draft: &Draft,
    left_out: &SortedSet<&String>,
) -> String {
    let mut text = format!("# {title}\n");
    for reason in left_out {
        text.push_str(&format!("# Not allowed: {reason}\n"));
    }
    let [_, egress] = &draft.rules;
    let asks_names =
        |rule: &Rule| rule.ports.contains(L4Protocol::Udp, 53) || rule.ports.contains(L4Protocol::Tcp, 53);
    if !egress.is_empty() && !egress.iter().any(asks_names) {
        text.push_str("# No question to DNS was seen, so that none is allowed.\n");
    }
    text.push_str("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n");
    let metadata =
        Fresh::map([("name", Fresh::text(name)), ("namespace", Fresh::text(group.namespace.as_str()))]);
    push(&mut text, 0, &["metadata:".to_string()]);
    push(&mut text, 2, &metadata.block(0));
    text.push_str("spec:\n");
    let subject = Fresh::map([("podSelector", written(&selector(groups, group)))]);
    push(&mut text, 2, &subject.block(0));
    text.push_str("  policyTypes: [Ingress, Egress]\n");
    for (direction, rules) in DIRECTIONS.into_iter().zip(&draft.rules) {
        if rules.is_empty() {
            continue;
        }
        text.push_str(&format!("  {direction}:\n"));
        for rule in rules {
            for comment in comments(rule) {
                text.push_str(&format!("  # {comment}\n"));
            }
            let rule = Fresh::List(alloc::vec![fresh_rule(groups, group, rule, direction)]);
            push(&mut text, 2, &rule.block(0));
        }
    }
    text
}

fn push(text: &mut String, indent: usize, lines: &[String]) {
    for line in lines {
        text.push_str(&format!("{}{line}\n", " ".repeat(indent)));
    }
}

/// Who is meant by a rule, and how often it was seen.
fn comments(rule: &Rule) -> Vec<String> {
    let count = |flows: u64| if flows == 1 { "1 flow".to_string() } else { format!("{flows} flows") };
    let mut comments: Vec<String> =
        rule.groups.iter().map(|(_, names, flows)| format!("{names}: {}", count(*flows))).collect();
    match rule.addresses.len() {
        0 => {}
        1 => comments.push(format!("one address outside: {}", count(rule.from_addresses))),
        several => comments.push(format!("{several} addresses outside: {}", count(rule.from_addresses))),
    }
    comments
}

fn fresh_rule(groups: &Groups, subject: &Group, rule: &Rule, direction: Direction) -> Fresh {
    let mut peers = Vec::new();
    for peer in rule.groups.iter().filter_map(|(number, ..)| groups.get(*number)) {
        let pods = ("podSelector", written(&selector(groups, peer)));
        if peer.namespace == subject.namespace {
            peers.push(Fresh::map([pods]));
            continue;
        }
        let name = (LabelKey::metadata_name().to_string(), Fresh::text(peer.namespace.as_str()));
        let namespace = Fresh::map([("matchLabels", Fresh::Map(alloc::vec![name]))]);
        peers.push(Fresh::map([("namespaceSelector", namespace), pods]));
    }
    let single = |address| Cidr::new(address, if address.is_ipv4() { 32 } else { 128 }).ok();
    let ranges: Vec<AddressRange> =
        rule.addresses.iter().filter_map(|address| single(*address)).map(AddressRange::of).collect();
    for cidr in fewest_cidrs(&ranges) {
        peers.push(Fresh::map([("ipBlock", Fresh::map([("cidr", Fresh::text(cidr.to_string()))]))]));
    }
    Fresh::map([(direction.peers_field(), Fresh::List(peers)), ("ports", Fresh::List(ports(&rule.ports)))])
}

fn ports(set: &PortSet) -> Vec<Fresh> {
    let mut items = Vec::new();
    for protocol in L4Protocol::ALL {
        for range in set.ranges(protocol) {
            let mut fields = alloc::vec![("port", Fresh::Number(range.start()))];
            if range.end() > range.start() {
                fields.push(("endPort", Fresh::Number(range.end())));
            }
            if protocol != L4Protocol::Tcp {
                fields.push(("protocol", Fresh::text(protocol.as_str())));
            }
            items.push(Fresh::map(fields));
        }
    }
    items
}
