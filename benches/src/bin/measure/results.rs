//! What was measured, as files: one CSV, and charts.

use std::fmt::Write as _;
use std::path::Path;

use portcullis_benches::machine;
use portcullis_benches::measure::Samples;
use portcullis_benches::report::Chart;

use crate::run::Measured;

/// Everything that a run has found.
#[derive(Default)]
pub(crate) struct Results {
    rows: String,
    charts: Vec<(&'static str, Chart)>,
    /// What was not measured, and why.
    pub(crate) left_out: Vec<String>,
}

/// Pods, policies and CIDRs.
pub(crate) type About = (usize, usize, usize);

impl Results {
    /// Says that something is not measured, once.
    pub(crate) fn leave_out(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    pub(crate) fn chart(&mut self, name: &'static str, chart: Chart) {
        self.charts.push((name, chart));
    }

    /// Adds repeated measurements of one thing.
    pub(crate) fn row(
        &mut self,
        workload: &str,
        about: About,
        decider: &str,
        what: &str,
        samples: &Samples,
        unit: &str,
    ) {
        let (pods, policies, cidrs) = about;
        let (least, median) = (samples.min(), samples.median());
        // Names may have commas.
        let _ = writeln!(
            self.rows,
            "\"{workload}\",{pods},{policies},{cidrs},\"{decider}\",\"{what}\",{least:.2},{median:.2},{unit}"
        );
    }

    /// Adds one value.
    pub(crate) fn value(
        &mut self,
        workload: &str,
        about: About,
        decider: &str,
        what: &str,
        value: f64,
        unit: &str,
    ) {
        let mut one = Samples::default();
        one.push(value);
        self.row(workload, about, decider, what, &one, unit);
    }

    /// Adds all that was measured of a workload.
    pub(crate) fn add(&mut self, run: &Measured) {
        let about = (run.pods, run.policies, run.cidrs);
        for (kind, mode, samples) in &run.decide {
            let what = format!("decide {} {}", kind.as_str(), mode.as_str());
            self.row(&run.name, about, "portcullis", &what, samples, "ns");
        }
        self.row(&run.name, about, "portcullis", "compile", &run.compile, "ns");
        for (what, bytes) in
            [("peak heap", run.heap.peak), ("kept heap", run.heap.kept), ("image", run.sizes.bytes)]
        {
            self.value(&run.name, about, "portcullis", what, bytes as f64, "bytes");
        }
        for peer in &run.peers {
            self.value(&run.name, about, peer.name, "compile", peer.build, "ns");
            for (kind, samples) in &peer.decide {
                let what = format!("decide {} tput", kind.as_str());
                self.row(&run.name, about, peer.name, &what, samples, "ns");
            }
        }
    }

    /// Writes everything into a folder.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), String> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
        };
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let header = "workload,pods,policies,cidrs,decider,what,minimum,median,unit";
        write("results.csv", &format!("# {}\n{header}\n{}", source(), self.rows))?;
        for (name, chart) in &self.charts {
            if let Some(svg) = chart.to_svg() {
                write(name, &svg)?;
            }
        }
        Ok(())
    }
}

/// Machine, date, commit and build.
pub(crate) fn source() -> String {
    let (machine, date, commit) = (machine::processor(), machine::date(), machine::commit());
    format!("{machine} · {date} · commit {commit} · {}", machine::build())
}
