//! What was measured, beside the goals: on a terminal, and as a page of the manual.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use portcullis_benches::report::{print_table, short};

/// What a value should not exceed.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    most: f64,
}

impl Goal {
    pub(crate) const fn at_most(most: f64) -> Self {
        Self { most }
    }
}

/// Everything that a run has found.
pub(crate) struct Report {
    title: String,
    decided: Vec<Vec<String>>,
    goals: Vec<Vec<String>>,
    left_out: Vec<String>,
}

const GOALS: [&str; 4] = ["what", "goal", "measured", ""];
const DECIDED: [&str; 7] = [
    "cluster, traffic, packets a call",
    "native",
    "wasmtime",
    "÷",
    "with deadlines",
    "without SIMD",
    "wazero",
];

impl Report {
    pub(crate) const fn new(title: String) -> Self {
        Self { title, decided: Vec::new(), goals: Vec::new(), left_out: Vec::new() }
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// Says that something is not measured.
    pub(crate) fn leave_out(&mut self, what: impl Into<String>) {
        self.left_out.push(what.into());
    }

    pub(crate) fn goal(&mut self, what: impl Into<String>, goal: Goal, value: f64) {
        let met = if value <= goal.most { "met" } else { "missed" };
        self.goals.push(vec![what.into(), format!("≤ {}", goal.most), short(value), met.to_string()]);
    }

    /// A row of the table of decisions: nanoseconds a packet.
    pub(crate) fn decide(&mut self, place: &str, batch: usize, native: f64, guests: &[f64], go: Option<f64>) {
        let mut cells = vec![format!("{place}, {batch}"), short(native)];
        if let [plain, clock, no_simd] = guests {
            cells.extend([short(*plain), short(plain / native), short(*clock), short(*no_simd)]);
        }
        cells.push(go.map_or_else(|| "-".to_string(), short));
        self.decided.push(cells);
    }

    pub(crate) fn print(&self) {
        println!("\n== nanoseconds a packet");
        print_table(&DECIDED, &self.decided);
        println!("\n== goals");
        print_table(&GOALS, &self.goals);
        for what in &self.left_out {
            println!("left out: {what}");
        }
    }

    /// Writes the page that the manual includes.
    pub(crate) fn save(&self, file: &Path) -> Result<(), String> {
        let mut text = format!(
            "Measured by `cargo xtask bench --embedding --save`: {}. Each number is the least of some passes.\n\n",
            self.title
        );
        table(&mut text, &GOALS, &self.goals);
        text.push_str("\nNanoseconds a packet, with everything that the host does on the way:\n\n");
        table(&mut text, &DECIDED, &self.decided);
        for what in &self.left_out {
            let _ = write!(text, "\nLeft out: {what}.\n");
        }
        fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("wrote {}", file.display());
        Ok(())
    }
}

fn table(text: &mut String, header: &[&str], rows: &[Vec<String>]) {
    let _ = writeln!(text, "| {} |\n|{}", header.join(" | "), "---|".repeat(header.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
}
