//! Units: what is measured in a process of its own, so that whatever fails or never ends costs that unit and no other.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use portcullis_benches::arguments::{BenchArguments, Part};

use crate::results::{Results, Rows, name};
use crate::{churn, foreign, loads, matrix, node, sizes};

/// The folder of the whole workspace.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// What a unit may take at most.
const UNIT: Duration = Duration::from_secs(300);
/// What is not begun any more, with less time than this left.
const LEAST: Duration = Duration::from_secs(15);
/// How often it is looked whether a unit has ended.
const GLANCE: Duration = Duration::from_millis(20);

/// One measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) part: Part,
    pub(crate) name: String,
    /// Units of lower ranks come first: what goals are set for, before what may be left out.
    pub(crate) rank: u8,
}

impl Unit {
    pub(crate) fn new(part: Part, name: impl Into<String>, rank: u8) -> Self {
        Self { part, name: name.into(), rank }
    }
}

/// The units of a run, in order.
pub(crate) fn all(arguments: &BenchArguments, rows: &mut Rows) -> Vec<Unit> {
    let mut units = Vec::new();
    for part in Part::value_variants().iter().copied().filter(|part| arguments.wants(*part)) {
        units.extend(match part {
            Part::Sizes => sizes::units(arguments, rows),
            Part::Matrix => matrix::units(arguments, rows),
            Part::Loads => loads::units(arguments, rows),
            Part::Node => node::units(arguments),
            Part::Updates => churn::units(arguments, rows),
            Part::Peers => foreign::units(arguments),
        });
    }
    units.sort_by_key(|unit| unit.rank);
    units
}

/// Measures a unit in this process.
pub(crate) fn measure(part: Part, name: &str, arguments: &BenchArguments, path: &Path) -> Result<(), String> {
    let mut results = Results::new(part, path)?;
    match part {
        Part::Sizes => sizes::measure(name, arguments, &mut results),
        Part::Matrix => matrix::measure(name, arguments, &mut results),
        Part::Loads => loads::measure(name, arguments, &mut results),
        Part::Node => node::measure(name, arguments, &mut results),
        Part::Updates => churn::measure(name, arguments, &mut results),
        Part::Peers => foreign::measure(name, arguments, &mut results),
    }
}

/// Measures each unit in a process of its own, for so long at most.
pub(crate) fn run(units: &[Unit], limit: Duration, rows: &mut Rows) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let folder = tempfile::tempdir().map_err(|error| format!("a folder for what is measured: {error}"))?;
    let path = folder.path().join("rows");
    let given: Vec<_> = std::env::args_os().skip(1).collect();
    let started = Instant::now();
    for unit in units {
        let title = format!("{} {}", name(unit.part), unit.name);
        let left = limit.saturating_sub(started.elapsed());
        if left < LEAST {
            rows.leave_out(format!("{title}: the run's {} minutes are over", limit.as_secs() / 60));
            continue;
        }
        let mut command = Command::new(&program);
        command.args(&given).arg("--unit").arg(format!("{}:{}", name(unit.part), unit.name));
        let begun = Instant::now();
        let outcome = match command.arg("--rows").arg(&path).spawn() {
            Ok(child) => wait(child, left.min(UNIT)),
            Err(error) => Err(error.to_string()),
        };
        eprintln!("({title}: {:.0} s)", begun.elapsed().as_secs_f64());
        // Also of one that has failed: it has written what it had found by then.
        rows.read(&std::fs::read_to_string(&path).unwrap_or_default());
        let _ = std::fs::remove_file(&path);
        if let Err(error) = outcome {
            eprintln!("{title}: {error}");
            rows.failed.push(format!("{title}: {error}"));
        }
    }
    Ok(())
}

fn wait(mut child: Child, limit: Duration) -> Result<(), String> {
    let started = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("it ended with {status}")),
            Ok(None) if started.elapsed() < limit => std::thread::sleep(GLANCE),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("it was stopped after {} s", limit.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}
