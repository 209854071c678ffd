//! What was measured: rows that a unit's process writes as it finds them, and the one that started it reads.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use clap::ValueEnum;
use portcullis_benches::arguments::Part;
use portcullis_benches::measure::Samples;

use crate::run::Measured;

/// Pods, policies and CIDRs.
pub(crate) type About = (usize, usize, usize);

/// Where a unit writes what it finds.
pub(crate) struct Results {
    part: String,
    file: File,
}

/// One thing that was measured, once or again and again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) part: String,
    pub(crate) workload: String,
    pub(crate) about: About,
    pub(crate) decider: String,
    pub(crate) what: String,
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) unit: String,
}

/// Everything that a run has found.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    /// What was not measured, and why.
    pub(crate) left_out: Vec<String>,
    /// What went wrong.
    pub(crate) failed: Vec<String>,
}

/// What the engine is called among deciders.
pub(crate) const OURS: &str = "portcullis";

impl Results {
    /// A unit of a part writes into a file.
    pub(crate) fn new(part: Part, path: &Path) -> Result<Self, String> {
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { part: name(part), file })
    }

    /// Whatever is found is written at once: a process that fails later has told what it knew.
    fn line(&mut self, line: &str) {
        writeln!(self.file, "{line}").expect("the run's folder takes what is measured");
    }

    /// Says that something is not measured.
    pub(crate) fn leave_out(&mut self, what: impl AsRef<str>) {
        self.line(&format!("left out\t{}", what.as_ref().replace(['\t', '\n'], " ")));
    }

    /// Says that something went wrong, although the rest goes on.
    pub(crate) fn fail(&mut self, what: &str) {
        self.line(&format!("failed\t{}", what.replace(['\t', '\n'], " ")));
    }

    /// Adds repeated measurements of one thing.
    pub(crate) fn row(
        &mut self,
        workload: &str,
        (pods, policies, cidrs): About,
        decider: &str,
        what: &str,
        samples: &Samples,
        unit: &str,
    ) {
        let (least, median) = (samples.min(), samples.median());
        let part = &self.part;
        let line = format!(
            "row\t{part}\t{workload}\t{pods}\t{policies}\t{cidrs}\t{decider}\t{what}\t{least:.2}\t{median:.2}\t{unit}"
        );
        self.line(&line);
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
            self.row(&run.name, about, OURS, &what, samples, "ns");
        }
        self.row(&run.name, about, OURS, "compile", &run.compile, "ns");
        let sizes = run.sizes;
        let bytes = [
            ("peak heap", run.heap.peak),
            ("kept heap", run.heap.kept),
            ("image", sizes.bytes),
            ("addresses", sizes.address_bytes),
        ];
        let counts = [
            ("rules", run.rules),
            ("atoms", sizes.atoms),
            ("slots", sizes.slots),
            ("buckets", sizes.buckets),
        ];
        let counts = counts.into_iter().chain([("rows", sizes.rows)]);
        for (what, count) in bytes {
            self.value(&run.name, about, OURS, what, count as f64, "bytes");
        }
        for (what, count) in counts {
            self.value(&run.name, about, OURS, what, count as f64, "");
        }
        self.value(&run.name, about, OURS, "allowed", run.allowed, "%");
        if let Some(shape) = run.shape {
            let parts = [shape.atoms, shape.subjects, shape.slots, shape.rows];
            for (what, count) in SHAPE.into_iter().zip(parts) {
                self.value(&run.name, about, OURS, what, count as f64, "");
            }
        }
        for peer in &run.peers {
            self.value(&run.name, about, peer.name, "compile", peer.build, "ns");
            for (kind, samples) in &peer.decide {
                let what = format!("decide {} tput", kind.as_str());
                self.row(&run.name, about, peer.name, &what, samples, "ns");
            }
        }
    }
}

/// The rows that say how much there is to decide.
pub(crate) const SHAPE: [&str; 4] = ["shape atoms", "shape subjects", "shape slots", "shape rows"];

impl Rows {
    /// Adds what a unit has written.
    pub(crate) fn read(&mut self, text: &str) {
        for line in text.lines() {
            match line.split_once('\t') {
                Some(("left out", what)) => self.leave_out(what),
                Some(("failed", what)) => self.failed.push(what.to_string()),
                Some(("row", fields)) => self.rows.extend(row(fields)),
                _ => {}
            }
        }
    }

    /// Says that something is not measured, once.
    pub(crate) fn leave_out(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.left_out.contains(&what) {
            self.left_out.push(what);
        }
    }

    /// The least of what was measured of a workload.
    pub(crate) fn least(&self, part: Part, workload: &str, decider: &str, what: &str) -> Option<f64> {
        self.find(part, workload, decider, what).map(|row| row.least).filter(|value| value.is_finite())
    }

    pub(crate) fn find(&self, part: Part, workload: &str, decider: &str, what: &str) -> Option<&Row> {
        self.of(part).find(|row| (&*row.workload, &*row.decider, &*row.what) == (workload, decider, what))
    }

    /// The rows of a part.
    pub(crate) fn of(&self, part: Part) -> impl Iterator<Item = &Row> {
        let part = name(part);
        self.rows.iter().filter(move |row| row.part == part)
    }

    /// The workloads of a part, in the order in which they were measured.
    pub(crate) fn workloads(&self, part: Part) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for row in self.of(part) {
            if !found.contains(&&*row.workload) {
                found.push(&row.workload);
            }
        }
        found
    }

    /// The deciders of a workload but for ours, in order.
    pub(crate) fn peers(&self, part: Part, workload: &str) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for row in self.of(part).filter(|row| row.workload == workload && row.decider != OURS) {
            if !found.contains(&&*row.decider) {
                found.push(&row.decider);
            }
        }
        found
    }

    /// All rows as a CSV file.
    pub(crate) fn to_csv(&self, source: &str) -> String {
        let mut text =
            format!("# {source}\npart,workload,pods,policies,cidrs,decider,what,minimum,median,unit\n");
        for row in &self.rows {
            let Row { part, workload, about: (pods, policies, cidrs), decider, what, least, median, unit } =
                row;
            // Names may have commas.
            let _ = writeln!(
                text,
                "{part},\"{workload}\",{pods},{policies},{cidrs},\"{decider}\",\"{what}\",{least:.2},{median:.2},{unit}"
            );
        }
        text
    }
}

/// What a part is called.
pub(crate) fn name(part: Part) -> String {
    part.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}

fn row(fields: &str) -> Option<Row> {
    let fields: Vec<&str> = fields.split('\t').collect();
    let [part, workload, pods, policies, cidrs, decider, what, least, median, unit] = fields.as_slice()
    else {
        return None;
    };
    Some(Row {
        part: (*part).to_string(),
        workload: (*workload).to_string(),
        about: (pods.parse().ok()?, policies.parse().ok()?, cidrs.parse().ok()?),
        decider: (*decider).to_string(),
        what: (*what).to_string(),
        least: least.parse().ok()?,
        median: median.parse().ok()?,
        unit: (*unit).to_string(),
    })
}
