//! What was measured: tables on a terminal, and charts.

mod chart;

pub use chart::{Chart, Line};

/// Prints rows in columns, numbers to the right.
pub fn print_table(header: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(header.get(column).map(|text| text.chars().count())).max().unwrap_or(0)
    };
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        println!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(header.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
}

/// A number with as many digits as mean something.
#[must_use]
pub fn short(value: f64) -> String {
    match value {
        value if !value.is_finite() => "-".to_string(),
        value if value.abs() < 9.95 => format!("{value:.2}"),
        value if value.abs() < 99.5 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// Bytes with a unit.
#[must_use]
pub fn bytes(count: usize) -> String {
    let count = count as f64;
    if count < 1e6 { format!("{} KB", short(count / 1e3)) } else { format!("{} MB", short(count / 1e6)) }
}

/// Nanoseconds with a unit.
#[must_use]
pub fn duration(nanoseconds: f64) -> String {
    match nanoseconds {
        time if time < 1e3 => format!("{} ns", short(time)),
        time if time < 1e6 => format!("{} µs", short(time / 1e3)),
        time if time < 1e9 => format!("{} ms", short(time / 1e6)),
        time => format!("{} s", short(time / 1e9)),
    }
}
