//! What runs in Go: the guest under wazero on the same images and packets, and kube-network-policies with its own
//! evaluator and with ours. Both are benchmarks of the Go modules, of which the output is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Measured;
use crate::report::{Goal, Report};

/// Nanoseconds by the name of a benchmark, without `Benchmark`.
#[derive(Default)]
pub(crate) struct Figures {
    found: BTreeMap<String, f64>,
}

/// Policies in a namespace.
const POLICIES: [usize; 4] = [1, 10, 100, 1_000];

pub(crate) fn measure(clusters: &[Measured], quick: bool) -> Result<Figures, String> {
    let version = Command::new("go").arg("version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return Err("Go is missing: install Go 1.26 or later from https://go.dev/dl/".to_string());
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    for cluster in clusters {
        for (title, packets) in &cluster.traffic {
            let place = folder.path().join(cluster.name).join(title);
            let write = |name: &str, bytes: &[u8]| fs::write(place.join(name), bytes);
            fs::create_dir_all(&place)
                .and_then(|()| write("image", &cluster.image))
                .and_then(|()| write("packets", bytemuck::cast_slice(packets)))
                .map_err(|error| format!("{}: {error}", place.display()))?;
        }
    }
    let mut figures = Figures::default();
    let time = if quick { "50ms" } else { "300ms" };
    figures.run("bindings/go", "^Benchmark(Workload|Call)$", time, folder.path())?;
    figures.run("bindings/go/knp", "^BenchmarkPacket$", time, folder.path())?;
    Ok(figures)
}

impl Figures {
    fn run(&mut self, module: &str, benchmark: &str, time: &str, workloads: &Path) -> Result<(), String> {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(module);
        let mut go = Command::new("go");
        go.args(["test", "-run", "^$", "-bench", benchmark, "-benchtime", time, "."]).current_dir(place);
        let output = go.env("PORTCULLIS_WORKLOADS", workloads).output().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("{module}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        }
        let before = self.found.len();
        for line in text.lines().filter(|line| line.starts_with("Benchmark")) {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default().trim_start_matches("Benchmark");
            // Behind the last hyphen stands how many processors there are.
            let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
            let words: Vec<&str> = words.collect();
            let value = |unit: &str| {
                let at = words.iter().position(|word| *word == unit)?.checked_sub(1)?;
                words.get(at)?.parse().ok()
            };
            if let Some(time) = value("ns/decision").or_else(|| value("ns/op")) {
                self.found.insert(name.to_string(), time);
            }
        }
        if self.found.len() == before {
            Err(format!("{module} has measured nothing: {text}"))
        } else {
            Ok(())
        }
    }

    /// A packet under wazero.
    pub(crate) fn decide(&self, size: &str, traffic: &str, batch: usize) -> Option<f64> {
        self.found.get(&format!("Workload/{size}/{traffic}/{batch}")).copied()
    }

    /// A packet alone under wazero: its verdict and reasons, as wasmtime's is measured.
    pub(crate) fn decide_one(&self, size: &str, traffic: &str) -> Option<f64> {
        self.found.get(&format!("Workload/{size}/{traffic}/reasons")).copied()
    }

    /// What calls take that do nothing.
    pub(crate) fn calls(&self, report: &mut Report) {
        if let Some(call) = self.found.get("Call") {
            report.goal("call under wazero that does nothing, ns", Goal::at_most(20.0), *call);
        }
    }

    /// A packet through kube-network-policies.
    pub(crate) fn packets(&self, report: &mut Report) {
        for policies in POLICIES {
            let of = |name: &str| self.found.get(&format!("Packet/{name}/{policies}")).copied();
            if let (Some(own), Some(ours)) = (of("own"), of("portcullis")) {
                let what = format!(
                    "kube-network-policies, {policies} policies a namespace: with ours ÷ with its own \
                     ({ours:.0} and {own:.0} ns a packet)"
                );
                report.goal(what, Goal::at_most(1.0), ours / own);
            }
        }
    }
}
