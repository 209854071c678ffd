//! Writes assertions of what a cluster allows now.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::Assertions;
use crate::analyze::connectivity::Connectivity;
use crate::analyze::ends::WorkloadName;
use crate::analyze::entries::{Entry, Group};
use crate::analyze::ports::PortSet;
use crate::decision::Verdict;
use crate::engine::Engine;
use crate::manifest::Problem;
use crate::net::{L4Protocol, PortRange};
use crate::sorted::{SortedMap, SortedSet};

const HEADER: &str = "\
# What these manifests allow and deny. Each assertion is about every pair of its ends; `portcullis test` checks them.
# Where some ports are allowed between two ends, their other ports are not asserted.
apiVersion: portcullis.dev/v1
kind: PolicyTest
metadata: {name: connections}
assertions:
";
/// Longer lists have a line for each of their items.
const WIDTH: usize = 100;

/// Writes assertions that hold now: what each workload can reach, and be reached by, and which pairs have no connection.
///
/// Nothing is written of what differs between pods that one name means; a comment says so.
///
/// ```
/// use portcullis::analyze::assertions::{Assertions, init};
/// use portcullis::cluster::{ClusterBuilder, Pod};
/// use portcullis::policy::PolicySet;
/// use portcullis::{Engine, Options};
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
/// let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
/// let text = init(&engine);
/// let assertions = Assertions::read([("tests.yaml", text.as_str())], None).unwrap();
/// assert!(!assertions.is_empty() && assertions.check(&engine).unwrap().holds());
/// ```
///
/// # Complexity
/// That of [`Connectivity::of`], and of checking what is written, twice at most.
#[must_use]
pub fn init(engine: &Engine) -> String {
    let connectivity = Connectivity::of(engine);
    let names = Names::of(&connectivity);
    let (mut drafts, mut left_out) = (Vec::new(), SortedSet::new());
    for (entries, expect) in
        [(connectivity.entries(), Verdict::Allow), (connectivity.unconnected(), Verdict::Deny)]
    {
        for entry in entries {
            drafts.extend(names.drafts(&entry, expect, &mut left_out));
        }
    }
    let (mut kept, broken) = sort_out(engine, drafts);
    // Of a group that does not hold whole, the pairs that do are written.
    let (pairs, broken) = sort_out(engine, broken.iter().flat_map(Draft::pairs).collect());
    kept.extend(pairs);
    left_out.extend(broken.iter().map(Draft::words));
    let mut text = HEADER.to_string();
    for draft in &kept {
        text.push_str(&draft.to_yaml());
    }
    if kept.is_empty() {
        text.truncate(text.len().saturating_sub("assertions:\n".len()));
        text.push_str("assertions: []\n");
    }
    if !left_out.is_empty() {
        text.push_str("# Not written, because it is not the same for all pods of these names:\n");
    }
    for words in left_out {
        text.push_str(&format!("#   {words}\n"));
    }
    text
}

/// An assertion that may be written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Draft {
    expect: Verdict,
    from: Vec<String>,
    to: Vec<String>,
    /// Nothing for all ports of all protocols, else a protocol with its ports; none for all.
    carries: Option<(L4Protocol, Vec<PortRange>)>,
}

/// The names of workloads whose pods have different labels, with how many sets there are.
struct Names {
    variants: SortedMap<String, usize>,
}

impl Names {
    fn of(connectivity: &Connectivity) -> Self {
        let mut variants: SortedMap<String, usize> = SortedMap::new();
        for name in connectivity.workloads().into_iter().filter(|name| name.variant > 0) {
            let count = variants.entry(name_of(name)).or_default();
            *count = count.saturating_add(1);
        }
        Self { variants }
    }

    fn drafts(&self, entry: &Entry, expect: Verdict, left_out: &mut SortedSet<String>) -> Vec<Draft> {
        let (from, to) = (self.ends(&entry.from, left_out), self.ends(&entry.to, left_out));
        if from.is_empty() || to.is_empty() {
            return Vec::new();
        }
        let draft = |carries| Draft { expect, from: from.clone(), to: to.clone(), carries };
        if entry.ports.is_all() {
            return alloc::vec![draft(None)];
        }
        let of_protocol = |protocol| {
            let ranges = entry.ports.ranges(protocol);
            let ranges = if ranges == [PortRange::ALL] {
                Some(Vec::new())
            } else {
                Some(ranges).filter(|it| !it.is_empty())
            };
            ranges.map(|ranges| draft(Some((protocol, ranges))))
        };
        L4Protocol::ALL.into_iter().filter_map(of_protocol).collect()
    }

    /// The ends of a group; workloads of which only some pods are in it have no name.
    fn ends(&self, group: &Group, left_out: &mut SortedSet<String>) -> Vec<String> {
        let workloads = match group {
            Group::Cidrs(cidrs) => return cidrs.iter().map(ToString::to_string).collect(),
            Group::Workloads(workloads) => workloads,
        };
        let mut found: SortedMap<String, usize> = SortedMap::new();
        for name in workloads {
            let count = found.entry(name_of(name)).or_default();
            *count = count.saturating_add(1);
        }
        let mut ends = Vec::new();
        for (name, count) in found {
            match self.variants.get(&name) {
                Some(all) if *all != count => {
                    left_out.insert(format!("{name}: its pods have different labels"));
                }
                _ => ends.push(name),
            }
        }
        ends
    }
}

/// The name of a workload without that of its set of labels.
fn name_of(name: &WorkloadName) -> String {
    WorkloadName { variant: 0, ..name.clone() }.to_string()
}

/// The drafts that hold, and those that do not.
fn sort_out(engine: &Engine, drafts: Vec<Draft>) -> (Vec<Draft>, Vec<Draft>) {
    if drafts.is_empty() {
        return (drafts, Vec::new());
    }
    let broken = match check(engine, &drafts) {
        Ok(broken) => broken,
        Err(problems) => {
            // What cannot be asked, such as a pair without an address family in common, is no assertion either.
            let unasked: SortedSet<usize> = problems.iter().filter_map(place_of).collect();
            if unasked.is_empty() {
                return (Vec::new(), drafts);
            }
            let of = |wanted: bool| {
                let all = drafts.iter().enumerate().filter(|(at, _)| unasked.contains(at) == wanted);
                all.map(|(_, draft)| draft.clone()).collect::<Vec<_>>()
            };
            let (kept, more) = sort_out(engine, of(false));
            let mut broken = of(true);
            broken.extend(more);
            return (kept, broken);
        }
    };
    let (broken, kept): (Vec<_>, Vec<_>) =
        drafts.into_iter().enumerate().partition(|(at, _)| broken.contains(at));
    let bare = |numbered: Vec<(usize, Draft)>| numbered.into_iter().map(|(_, draft)| draft).collect();
    (bare(kept), bare(broken))
}

/// The places of those that do not hold.
fn check(engine: &Engine, drafts: &[Draft]) -> Result<SortedSet<usize>, Vec<Problem>> {
    let text: String =
        core::iter::once(HEADER.to_string()).chain(drafts.iter().map(Draft::to_yaml)).collect();
    let assertions = Assertions::read([("", text.as_str())], None)?;
    let checked = assertions.check(engine)?;
    let outcomes = checked.outcomes().iter().enumerate();
    Ok(outcomes.filter(|(_, outcome)| !outcome.holds()).map(|(at, _)| at).collect())
}

/// The place of the assertion that a problem is of.
fn place_of(problem: &Problem) -> Option<usize> {
    problem.field.strip_prefix("assertions[")?.split_once(']')?.0.parse().ok()
}

impl Draft {
    /// Each pair by itself; none of a pair, which has been asked already.
    fn pairs(&self) -> Vec<Self> {
        if self.from.len() == 1 && self.to.len() == 1 {
            return alloc::vec![self.clone()];
        }
        let pair = |from: &String, to: &String| Self {
            from: alloc::vec![from.clone()],
            to: alloc::vec![to.clone()],
            ..self.clone()
        };
        let pairs = self.from.iter().flat_map(|from| self.to.iter().map(move |to| pair(from, to)));
        // A workload with itself is in no list of connections.
        pairs.filter(|pair| pair.from != pair.to).collect()
    }

    fn words(&self) -> String {
        let many = |ends: &[String]| match ends {
            [one] => one.clone(),
            [v4, v6] if v4 == "0.0.0.0/0" && v6 == "::/0" => "any address outside".to_string(),
            [first, ..] if first.starts_with(|c: char| c.is_ascii_digit()) || first.contains(':') => {
                format!("{} ranges of addresses", ends.len())
            }
            several => format!("{} workloads", several.len()),
        };
        let is_many = self.from.len() > 1 && many(&self.from) != "any address outside";
        let verb = match (self.expect, is_many) {
            (Verdict::Allow, false) => "reaches",
            (Verdict::Allow, true) => "reach",
            (Verdict::Deny, false) => "does not reach",
            (Verdict::Deny, true) => "do not reach",
        };
        let on = match &self.carries {
            None => String::new(),
            Some((protocol, ranges)) if ranges.is_empty() => format!(" on {protocol}"),
            Some((protocol, ranges)) => {
                let one = |range: &PortRange| PortSet::of(*protocol, *range);
                let set = ranges.iter().map(one).fold(PortSet::nothing(), |all, one| all.or(&one));
                format!(" on {set}")
            }
        };
        format!("{} {verb} {}{on}", many(&self.from), many(&self.to))
    }

    fn to_yaml(&self) -> String {
        let mut text = format!("- name: {}\n", scalar(&self.words()));
        for (key, ends) in [("from", &self.from), ("to", &self.to)] {
            let ends: Vec<String> = ends.iter().map(|end| scalar(end)).collect();
            text.push_str(&list(key, &ends));
        }
        if let Some((protocol, ranges)) = &self.carries {
            text.push_str(&format!("  protocol: {protocol}\n"));
            let ports: Vec<String> = ranges.iter().map(ToString::to_string).collect();
            if !ports.is_empty() {
                text.push_str(&format!("  ports: [{}]\n", ports.join(", ")));
            }
        }
        let expect = if self.expect.is_allow() { "allow" } else { "deny" };
        text.push_str(&format!("  expect: {expect}\n"));
        text
    }
}

fn list(key: &str, items: &[String]) -> String {
    if let [one] = items {
        return format!("  {key}: {one}\n");
    }
    let line = format!("  {key}: [{}]\n", items.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let lines: String = items.iter().map(|item| format!("  - {item}\n")).collect();
    format!("  {key}:\n{lines}")
}

/// A text that is read as the same text.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(',')
        && !text.contains(':');
    if is_plain { text.to_string() } else { format!("\"{text}\"") }
}
