//! The same connections as network-config-analyzer, cell by cell: its answers are kept in `testdata/compare/nca.txt`, and
//! `cargo xtask compare` makes them anew. What differs is written down with who is right, and nothing else may differ.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::net::IpAddr;

use expect_test::expect_file;
use serde_json::Value;

use crate::run::{root, run};

/// Ports by protocol, as ranges.
type Ports = BTreeMap<String, BTreeSet<(u16, u16)>>;

/// An end: a workload, or addresses from a first to a last one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Workload(String),
    Range(IpAddr, IpAddr),
}

/// From, to, ports.
type Connection = (End, End, Ports);

/// A set: its name, its files, and what network-config-analyzer says of it.
struct Set {
    name: String,
    files: Vec<String>,
    answer: Vec<Connection>,
    /// Why it gives no answer.
    refusal: Option<String>,
}

/// Differences of a set that are known: in how many cells, and why.
struct Known {
    set: &'static str,
    cells: usize,
    why: Why,
}

/// Why answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    EmptyEgress,
    OwnNamespace,
}

impl Why {
    const ALL: [Self; 2] = [Self::EmptyEgress, Self::OwnNamespace];

    const fn in_words(self) -> &'static str {
        match self {
            Self::EmptyEgress => {
                "**`egress: []` without `policyTypes`.** It takes the policy for one that isolates for egress. The API server sets\n\
                 `policyTypes` to `Ingress` alone unless there is at least one egress rule (NP-002), so that such a policy says\n\
                 nothing about egress. Portcullis is right; `portcullis why` shows it."
            }
            Self::OwnNamespace => {
                "**`Exists` or `DoesNotExist` in a `podSelector` beside a `namespaceSelector`.** It looks for such pods in the policy's\n\
                 own namespace only, while both selectors together mean the pods that match in the namespaces that match\n\
                 (NP-011). Portcullis is right; the same rule with `In` makes both say the same."
            }
        }
    }
}

const fn known(set: &'static str, cells: usize, why: Why) -> Known {
    Known { set, cells, why }
}

const KNOWN: [Known; 13] = [
    known("generated/03", 7, Why::EmptyEgress),
    known("generated/17", 7, Why::EmptyEgress),
    known("generated/18", 2, Why::OwnNamespace),
    known("generated/20", 7, Why::EmptyEgress),
    known("generated/23", 4, Why::EmptyEgress),
    known("generated/25", 12, Why::EmptyEgress),
    known("generated/32", 14, Why::EmptyEgress),
    known("generated/34", 1, Why::OwnNamespace),
    known("generated/37", 7, Why::EmptyEgress),
    known("generated/38", 1, Why::OwnNamespace),
    known("generated/51", 5, Why::EmptyEgress),
    known("generated/61", 2, Why::EmptyEgress),
    known("mistakes/policy-types-forgotten/before", 3, Why::EmptyEgress),
];

fn sets() -> Vec<Set> {
    let text = fs::read_to_string(root().join("cli/testdata/compare/nca.txt")).unwrap();
    let mut sets: Vec<Set> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix("= ") {
            let (name, files) = head.split_once(" = ").unwrap();
            let files = files.split(' ').map(str::to_string).collect();
            sets.push(Set { name: name.to_string(), files, answer: Vec::new(), refusal: None });
            continue;
        }
        if let Some(refusal) = line.strip_prefix("! ") {
            sets.last_mut().unwrap().refusal = Some(refusal.to_string());
            continue;
        }
        let [to, ports, sources] = line.split(" < ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        for from in sources.split(", ") {
            sets.last_mut().unwrap().answer.push((end(from), end(to), parse_ports(ports)));
        }
    }
    sets
}

fn end(text: &str) -> End {
    match text.split_once('-').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?))) {
        Some((first, last)) => End::Range(first, last),
        None => End::Workload(text.to_string()),
    }
}

/// `TCP:80,443 UDP:1-65535`.
fn parse_ports(text: &str) -> Ports {
    let mut ports = Ports::new();
    for part in text.split(' ') {
        let (protocol, ranges) = part.split_once(':').unwrap();
        for range in ranges.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            ports
                .entry(protocol.to_string())
                .or_default()
                .insert((first.parse().unwrap(), last.parse().unwrap()));
        }
    }
    ports
}

/// What `list -o json` says.
fn ours(set: &Set) -> Vec<Connection> {
    let files: String = set.files.iter().map(|file| format!(" -f {file}")).collect();
    let ran = run(&format!("list -o json{files}"));
    assert_eq!(ran.code, 0, "{}: {}", set.name, ran.all());
    let list: Value = serde_json::from_str(&ran.stdout).unwrap();
    let ends = |group: &Value| -> Vec<End> {
        match group.get("workloads") {
            Some(names) => names.as_array().unwrap().iter().map(|name| End::Workload(text(name))).collect(),
            None => group["cidrs"].as_array().unwrap().iter().map(|cidr| range_of(&text(cidr))).collect(),
        }
    };
    let mut connections = Vec::new();
    for entry in list["connections"].as_array().unwrap() {
        let mut ports = Ports::new();
        for (protocol, ranges) in entry["ports"].as_object().unwrap() {
            let port = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
            let ranges = ranges.as_array().unwrap().iter().map(|range| (port(&range[0]), port(&range[1])));
            ports.insert(protocol.clone(), ranges.collect());
        }
        for from in ends(&entry["from"]) {
            for to in ends(&entry["to"]) {
                if from != to {
                    connections.push((from.clone(), to, ports.clone()));
                }
            }
        }
    }
    connections
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_string()
}

fn range_of(cidr: &str) -> End {
    let cidr = portcullis::net::Cidr::parse(cidr).unwrap().cidr;
    End::Range(cidr.address(), cidr.last_address())
}

/// Where some range begins: between these no answer changes.
fn cuts(connections: &[&Connection]) -> Vec<IpAddr> {
    let mut cuts = BTreeSet::new();
    for (from, to, _) in connections {
        for end in [from, to] {
            if let End::Range(first, last) = end {
                cuts.insert(*first);
                cuts.extend(next(*last));
            }
        }
    }
    cuts.into_iter().collect()
}

fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_add(1).map(|bits| IpAddr::V4(bits.into())),
        IpAddr::V6(address) => address.to_bits().checked_add(1).map(|bits| IpAddr::V6(bits.into())),
    }
}

/// A cell: the ends, an address for all that no answer tells from it.
type Cells = BTreeMap<(String, String), BTreeSet<(String, u16, u16)>>;

fn cells(connections: &[Connection], cuts: &[IpAddr]) -> Cells {
    let mut cells = Cells::new();
    let names = |end: &End| -> Vec<String> {
        match end {
            End::Workload(name) => vec![name.clone()],
            End::Range(first, last) => {
                let inside =
                    |cut: &&IpAddr| cut.is_ipv4() == first.is_ipv4() && first <= *cut && *cut <= last;
                cuts.iter().filter(inside).map(ToString::to_string).collect()
            }
        }
    };
    for (from, to, ports) in connections {
        for from in names(from) {
            for to in names(to) {
                let cell = cells.entry((from.clone(), to)).or_default();
                for (protocol, ranges) in ports {
                    cell.extend(ranges.iter().map(|(first, last)| (protocol.clone(), *first, *last)));
                }
            }
        }
    }
    cells.into_iter().map(|(ends, ports)| (ends, joined(ports))).collect()
}

/// Ranges that touch made one.
fn joined(ports: BTreeSet<(String, u16, u16)>) -> BTreeSet<(String, u16, u16)> {
    let mut out: Vec<(String, u16, u16)> = Vec::new();
    for (protocol, first, last) in ports {
        match out.last_mut() {
            Some((known, _, end)) if *known == protocol && u32::from(first) <= u32::from(*end) + 1 => {
                *end = (*end).max(last);
            }
            _ => out.push((protocol, first, last)),
        }
    }
    out.into_iter().collect()
}

/// How many pairs there are to ask about, allowed or not.
fn pairs(workloads: usize, cuts: usize) -> usize {
    workloads * workloads.saturating_sub(1) + 2 * workloads * cuts
}

#[test]
fn every_cell_is_what_network_config_analyzer_says_but_for_what_is_written_down() {
    let mut page = String::from(
        "# Compared with network-config-analyzer\n\n\
         Both are asked who can reach whom, and the answers are compared cell by cell: each pair of workloads, and each\n\
         workload with each range of addresses that either of them tells apart, with all protocols and ports. The other\n\
         one is [network-config-analyzer](https://pypi.org/project/network-config-analyzer/) 2.1.0, whose answers are kept in\n\
         `cli/testdata/compare/nca.txt`. A test compares with them; `cargo xtask compare` installs it, asks it anew, and\n\
         compares again. This page is written by that test.\n\n\
         | sets | how many | cells | differ |\n|---|---|---|---|\n",
    );
    let mut kinds: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let sets = sets();
    for set in sets.iter().filter(|set| set.refusal.is_none()) {
        let ours = ours(set);
        let all: Vec<&Connection> = ours.iter().chain(&set.answer).collect();
        let cuts = cuts(&all);
        let (mine, theirs) = (cells(&ours, &cuts), cells(&set.answer, &cuts));
        let workloads: BTreeSet<&String> = mine
            .keys()
            .chain(theirs.keys())
            .flat_map(|(from, to)| [from, to])
            .filter(|name| name.parse::<IpAddr>().is_err())
            .collect();
        let ends = mine.keys().chain(theirs.keys()).collect::<BTreeSet<_>>();
        let differing: Vec<_> = ends.into_iter().filter(|ends| mine.get(ends) != theirs.get(ends)).collect();
        let kind = set.name.split('/').next().unwrap().to_string();
        let row = kinds.entry(kind).or_default();
        row.0 += 1;
        row.1 += pairs(workloads.len(), cuts.len());
        row.2 += differing.len();
        let expected = KNOWN.iter().find(|known| known.set == set.name).map_or(0, |known| known.cells);
        if differing.len() != expected {
            let told = differing
                .iter()
                .map(|ends| format!("  {ends:?}: {:?}, it {:?}", mine.get(ends), theirs.get(ends)));
            let told: Vec<String> = told.collect();
            wrong.push(format!("{}: {} differ, not {expected}:\n{}", set.name, told.len(), told.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sets.len() >= 60 + 14, "{}", sets.len());
    for (kind, (count, cells, differ)) in &kinds {
        let _ = writeln!(page, "| {kind} | {count} | {cells} | {differ} |");
    }
    let total = kinds.values().fold((0, 0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1, sum.2 + row.2));
    let _ = writeln!(page, "| **all** | **{}** | **{}** | **{}** |", total.0, total.1, total.2);
    page.push_str("\n## What differs, and who is right\n\n");
    for why in Why::ALL {
        let of: Vec<&Known> = KNOWN.iter().filter(|known| known.why == why).collect();
        let cells: usize = of.iter().map(|known| known.cells).sum();
        let names: Vec<String> =
            of.iter().map(|known| format!("`{}` ({})", known.set, known.cells)).collect();
        let _ = writeln!(page, "{} {cells} cells: {}.\n", why.in_words(), names.join(", "));
    }
    page.push_str("## What it refuses\n\n");
    for set in &sets {
        if let Some(refusal) = &set.refusal {
            let _ = writeln!(page, "- `{}`: \"{refusal}\". The API server takes it.", set.name);
        }
    }
    expect_file![root().join("docs/comparison.md")].assert_eq(&page);
}

#[test]
fn every_set_that_lies_there_is_compared() {
    let compared: BTreeSet<String> = sets().into_iter().flat_map(|set| set.files).collect();
    for folder in ["generated", "recipes"] {
        for file in fs::read_dir(root().join("cli/testdata/compare").join(folder)).unwrap() {
            let name =
                format!("cli/testdata/compare/{folder}/{}", file.unwrap().file_name().to_string_lossy());
            assert!(compared.contains(&name), "{name}");
        }
    }
}
