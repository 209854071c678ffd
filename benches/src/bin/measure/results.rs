//! What was measured, as files: one CSV, and charts.

use std::fmt::Write as _;
use std::path::Path;

use portcullis_benches::machine;
use portcullis_benches::measure::{Mode, Samples};
use portcullis_benches::report::{Chart, Line};
use portcullis_benches::workload::TrafficKind;

use crate::peers::PeerMeasured;
use crate::run::Measured;

/// Writes everything into a folder.
pub(crate) fn save(measured: &[Measured], folder: &Path) -> Result<(), String> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    write("decide.csv", &csv(measured))?;
    for (name, chart) in charts(measured) {
        if let Some(svg) = chart.to_svg() {
            write(name, &svg)?;
        }
    }
    Ok(())
}

fn source() -> String {
    let (machine, date, commit) = (machine::processor(), machine::date(), machine::commit());
    format!("{machine} · {date} · commit {commit} · {}", machine::build())
}

fn csv(measured: &[Measured]) -> String {
    let mut text = format!("# {}\nworkload,pods,policies,rules,decider,what,minimum,median,unit\n", source());
    for run in measured {
        let mut row = |decider: &str, what: &str, least: f64, median: f64, unit: &str| {
            let (name, pods, policies, rules) = (&run.name, run.pods, run.policies, run.rules);
            let _ = writeln!(
                text,
                "{name},{pods},{policies},{rules},{decider},{what},{least:.2},{median:.2},{unit}"
            );
        };
        for (kind, mode, samples) in &run.decide {
            let what = format!("decide {} {}", kind.as_str(), mode.as_str());
            row("portcullis", &what, samples.min(), samples.median(), "ns");
        }
        row("portcullis", "compile", run.compile.min(), run.compile.median(), "ns");
        for (what, bytes) in
            [("peak heap", run.heap.peak), ("kept heap", run.heap.kept), ("image", run.sizes.bytes)]
        {
            row("portcullis", what, bytes as f64, bytes as f64, "bytes");
        }
        for peer in &run.peers {
            row(peer.name, "compile", peer.build, peer.build, "ns");
            for (kind, samples) in &peer.decide {
                let what = format!("decide {} tput", kind.as_str());
                row(peer.name, &what, samples.min(), samples.median(), "ns");
            }
        }
    }
    text
}

fn charts(measured: &[Measured]) -> Vec<(&'static str, Chart)> {
    let by_pods: Vec<&Measured> = measured.iter().filter(|run| run.of_size).collect();
    let by_policies: Vec<&Measured> = measured.iter().filter(|run| run.of_sweep).collect();
    let chart = |title: &str, horizontal: &str, lines| Chart {
        title: title.to_string(),
        horizontal: horizontal.to_string(),
        source: source(),
        lines,
    };
    let pods = |run: &Measured| run.pods as f64;
    let policies = |run: &Measured| run.policies as f64;
    let pods_title = "A decision, hot and mixed traffic, against pods";
    let policies_title = "A decision, hot and mixed traffic, against policies";
    vec![
        (
            "decide-by-pods.svg",
            chart(pods_title, "pods (a policy for every ten)", decide_lines(&by_pods, pods)),
        ),
        ("decide-by-policies.svg", {
            let pods = by_policies.first().map_or(0, |run| run.pods);
            let lines = decide_lines(&by_policies, policies);
            chart(policies_title, &format!("policies, on {pods} pods"), lines)
        }),
        (
            "compile-by-pods.svg",
            chart("Compiling a cluster, one thread", "pods (a policy for every ten)", {
                let ours = by_pods.iter().map(|run| (pods(run), run.compile.min())).collect();
                let mut lines = vec![Line { name: "Portcullis".to_string(), points: ours }];
                lines.extend(peer_lines(&by_pods, pods, |peer| Some(peer.build), ""));
                lines
            }),
        ),
    ]
}

fn decide_lines(runs: &[&Measured], at: impl Fn(&Measured) -> f64 + Copy) -> Vec<Line> {
    let ours = |name: &str, kind, mode| {
        let point = |run: &&Measured| run.samples(kind, mode).map(|samples| (at(run), samples.min()));
        Line { name: format!("Portcullis, {name}"), points: runs.iter().filter_map(point).collect() }
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
    lines.extend(peer_lines(runs, at, mixed, ", mixed"));
    lines
}

fn peer_lines(
    runs: &[&Measured],
    at: impl Fn(&Measured) -> f64,
    value: impl Fn(&PeerMeasured) -> Option<f64>,
    suffix: &str,
) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for run in runs {
        for peer in &run.peers {
            let name = format!("{}{suffix}", peer.name);
            let Some(point) = value(peer).map(|value| (at(run), value)) else { continue };
            match lines.iter_mut().find(|line| line.name == name) {
                Some(line) => line.points.push(point),
                None => lines.push(Line { name, points: vec![point] }),
            }
        }
    }
    lines
}
