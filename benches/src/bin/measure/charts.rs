//! The charts of the README and the manual.

use portcullis_benches::measure::{Mode, Samples};
use portcullis_benches::report::{Chart, Line};
use portcullis_benches::workload::TrafficKind;

use crate::peers::PeerMeasured;
use crate::results::{Results, source};
use crate::run::Measured;

fn chart(title: &str, horizontal: &str, lines: Vec<Line>) -> Chart {
    Chart { title: title.to_string(), horizontal: horizontal.to_string(), source: source(), lines }
}

/// Deciding and compiling against pods, with a policy for every ten.
pub(crate) fn by_pods(runs: &[&Measured], results: &mut Results) {
    let pods = |run: &Measured| run.pods as f64;
    let horizontal = "pods (a policy for every ten)";
    let lines = decide_lines(runs, pods);
    results.chart(
        "decide-by-pods.svg",
        chart("One decision, against pods (peers: mixed traffic)", horizontal, lines),
    );
    let ours = runs.iter().map(|run| (pods(run), run.compile.min())).collect();
    let mut lines = vec![Line { name: "Portcullis".to_string(), is_ours: true, points: ours }];
    lines.extend(peer_lines(runs, pods, |peer| Some(peer.build)));
    results.chart("compile-by-pods.svg", chart("Compiling a whole cluster, one thread", horizontal, lines));
}

/// Deciding against policies, on as many pods.
pub(crate) fn by_policies(runs: &[&Measured], results: &mut Results) {
    let lines = decide_lines(runs, |run| run.policies as f64);
    let chart =
        chart("One decision, against policies (peers: mixed traffic)", "policies (100,000 pods)", lines);
    results.chart("decide-by-policies.svg", chart);
}

/// Deciding against CIDRs, on as many pods and policies.
pub(crate) fn by_cidrs(runs: &[&Measured], results: &mut Results) {
    // No CIDRs have no place on a logarithmic axis.
    let lines = decide_lines(runs, |run| run.cidrs.max(1_000) as f64);
    let chart = chart(
        "One decision, against CIDRs",
        "CIDRs (150,000 pods, 10,000 policies; the first point has none)",
        lines,
    );
    results.chart("decide-by-cidrs.svg", chart);
}

/// Updates against pods.
pub(crate) fn updates(lines: Vec<Line>, results: &mut Results) {
    let chart = chart("One update, in place", "pods", lines);
    results.chart("updates-by-pods.svg", chart);
}

fn decide_lines(runs: &[&Measured], at: impl Fn(&Measured) -> f64 + Copy) -> Vec<Line> {
    let ours = |name: &str, kind, mode| {
        let point = |run: &&Measured| run.samples(kind, mode).map(|samples| (at(run), samples.min()));
        Line {
            name: format!("Portcullis, {name}"),
            is_ours: true,
            points: runs.iter().filter_map(point).collect(),
        }
    };
    let mut lines = vec![
        ours("hot", TrafficKind::Hot, Mode::Scalar),
        ours("mixed", TrafficKind::Mixed, Mode::Scalar),
        ours("mixed, batched", TrafficKind::Mixed, Mode::Batch),
    ];
    let mixed = |peer: &PeerMeasured| {
        let found = peer.decide.iter().find(|(kind, _)| *kind == TrafficKind::Mixed);
        found.map(|(_, samples)| Samples::min(samples))
    };
    lines.extend(peer_lines(runs, at, mixed));
    lines
}

fn peer_lines(
    runs: &[&Measured],
    at: impl Fn(&Measured) -> f64,
    value: impl Fn(&PeerMeasured) -> Option<f64>,
) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for run in runs {
        for peer in &run.peers {
            let Some(point) = value(peer).map(|value| (at(run), value)) else { continue };
            match lines.iter_mut().find(|line| line.name == peer.name) {
                Some(line) => line.points.push(point),
                None => lines.push(Line { name: peer.name.to_string(), is_ours: false, points: vec![point] }),
            }
        }
    }
    lines
}
