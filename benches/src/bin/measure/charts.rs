//! The charts of the README and the manual.

use portcullis_benches::arguments::Part;
use portcullis_benches::report::{Chart, Line};

use crate::results::{OURS, Row, Rows};

/// Sizes that differ in pods and policies alone.
const BY_PODS: [&str; 3] = ["S", "M", "L"];
/// Kinds of updates that are drawn.
const UPDATES: [&str; 3] =
    ["update pod comes, known class", "update pod comes, new class", "update policy comes"];

/// What a chart shows of us, and of peers.
type Drawn = (&'static [(&'static str, &'static str)], Option<&'static str>);

const DECIDE: Drawn = (
    &[
        ("Portcullis, hot", "decide hot tput"),
        ("Portcullis, mixed", "decide mix tput"),
        ("Portcullis, mixed, batched", "decide mix batch"),
    ],
    Some("decide mix tput"),
);
const COMPILE: Drawn = (&[("Portcullis", "compile")], Some("compile"));

/// All charts, by the names of their files.
pub(crate) fn all(rows: &Rows, source: &str) -> Vec<(&'static str, Chart)> {
    let of = |part, names: Vec<&str>, drawn, at: fn(&Row) -> f64| lines(rows, part, &names, drawn, at);
    let pods = |row: &Row| row.about.0 as f64;
    let policies = |row: &Row| row.about.1 as f64;
    // No CIDRs have no place on a logarithmic axis.
    let cidrs = |row: &Row| row.about.2.max(1_000) as f64;
    let matrix = |is_on: fn(&str) -> bool| {
        rows.workloads(Part::Matrix).into_iter().filter(|name| is_on(name)).collect::<Vec<_>>()
    };
    let of_policies = matrix(|name| name.starts_with("100000/") && name.ends_with("/0"));
    let of_cidrs = matrix(|name| name.starts_with("150000/10000/") && !name.ends_with("/v6"));
    let chart = |title: &str, horizontal: &str, lines: Vec<Line>| Chart {
        title: title.to_string(),
        horizontal: horizontal.to_string(),
        source: source.to_string(),
        lines,
    };
    vec![
        (
            "decide-by-pods.svg",
            chart(
                "One decision, against pods (peers: mixed traffic)",
                "pods (a policy for every ten)",
                of(Part::Sizes, BY_PODS.to_vec(), DECIDE, pods),
            ),
        ),
        (
            "decide-by-policies.svg",
            chart(
                "One decision, against policies (peers: mixed traffic)",
                "policies (100,000 pods)",
                of(Part::Matrix, of_policies, DECIDE, policies),
            ),
        ),
        (
            "decide-by-cidrs.svg",
            chart(
                "One decision, against CIDRs",
                "CIDRs (150,000 pods, 10,000 policies; the first point has none)",
                of(Part::Matrix, of_cidrs, DECIDE, cidrs),
            ),
        ),
        (
            "compile-by-pods.svg",
            chart(
                "Compiling a whole cluster, one thread",
                "pods (a policy for every ten)",
                of(Part::Sizes, BY_PODS.to_vec(), COMPILE, pods),
            ),
        ),
        ("updates-by-pods.svg", chart("One update, in place", "pods", updates(rows))),
    ]
}

fn lines(rows: &Rows, part: Part, names: &[&str], (ours, peers): Drawn, at: fn(&Row) -> f64) -> Vec<Line> {
    let points = |decider: &str, what: &str| {
        let mut points: Vec<(f64, f64)> = names
            .iter()
            .filter_map(|name| rows.find(part, name, decider, what))
            .map(|row| (at(row), row.least))
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points
    };
    let mut lines: Vec<Line> = ours
        .iter()
        .map(|(name, what)| Line { name: (*name).to_string(), is_ours: true, points: points(OURS, what) })
        .collect();
    let mut others: Vec<&str> = Vec::new();
    for peer in names.iter().flat_map(|name| rows.peers(part, name)) {
        if !others.contains(&peer) {
            others.push(peer);
        }
    }
    if let Some(what) = peers {
        lines.extend(others.into_iter().map(|peer| Line {
            name: peer.to_string(),
            is_ours: false,
            points: points(peer, what),
        }));
    }
    lines.retain(|line| !line.points.is_empty());
    lines
}

fn updates(rows: &Rows) -> Vec<Line> {
    let names: Vec<&str> =
        rows.workloads(Part::Updates).into_iter().filter(|name| !name.starts_with("S6")).collect();
    let mut lines = Vec::new();
    for kind in UPDATES {
        for part in ["p50", "p99"] {
            let what = format!("{kind}, {part}");
            let found = names.iter().filter_map(|name| rows.find(Part::Updates, name, OURS, &what));
            let points: Vec<(f64, f64)> = found.map(|row| (row.about.0 as f64, row.least)).collect();
            if !points.is_empty() {
                let name = what.trim_start_matches("update ").to_string();
                lines.push(Line { name, is_ours: part == "p50", points });
            }
        }
    }
    lines
}
