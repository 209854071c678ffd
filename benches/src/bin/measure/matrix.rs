//! Deciding against pods, policies and CIDRs: along each axis by default, all of it with `--full`.

use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::workload::{Family, Size, TrafficKind, synthetic};

use crate::results::{Results, Rows};
use crate::run::{Effort, measure as run};
use crate::units::Unit;

const PODS: [usize; 4] = [1_000, 10_000, 100_000, 150_000];
const POLICIES: [usize; 5] = [100, 300, 1_000, 3_000, 10_000];
const CIDRS: [usize; 4] = [0, 10_000, 100_000, 1_000_000];

/// Pods, policies, CIDRs and family.
type Cell = (usize, usize, usize, Family);

pub(crate) fn units(arguments: &BenchArguments, rows: &mut Rows) -> Vec<Unit> {
    let mut cells = if arguments.full {
        rows.leave_out("cells of the matrix with more policies than pods: there is no such cluster");
        whole()
    } else {
        rows.leave_out(
            "the matrix but for its axes (pods at 1,000 policies, policies at 100k pods, CIDRs at 150k pods): --full",
        );
        axes()
    };
    if arguments.quick {
        rows.leave_out("cells of the matrix with 100,000 pods or more: --quick");
        cells.retain(|(pods, ..)| *pods < 100_000);
    }
    // The axis of policies is the one that a goal is set for, and that peers are drawn beside.
    let rank = |cell: &Cell| if is_of_policies(*cell) { 2 } else { 6 };
    cells.iter().map(|cell| Unit::new(Part::Matrix, name(*cell), rank(cell))).collect()
}

fn is_of_policies((pods, _, cidrs, family): Cell) -> bool {
    (pods, cidrs, family) == (100_000, 0, Family::V4)
}

/// A cell's name, which is its workload's.
fn name((pods, policies, cidrs, family): Cell) -> String {
    let suffix = if family == Family::V6 { "/v6" } else { "" };
    format!("{pods}/{policies}/{cidrs}{suffix}")
}

/// The cell of a name.
fn cell(name: &str) -> Option<Cell> {
    let mut parts = name.split('/');
    let mut number = || parts.next()?.parse().ok();
    let (pods, policies, cidrs) = (number()?, number()?, number()?);
    Some((pods, policies, cidrs, if parts.next() == Some("v6") { Family::V6 } else { Family::V4 }))
}

pub(crate) fn measure(unit: &str, arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let (packets, repeats) = if arguments.quick { (1 << 16, 3) } else { (1 << 18, 5) };
    let cell = cell(unit).ok_or_else(|| format!("there is no cell `{unit}`"))?;
    let (pods, policies, cidrs, family) = cell;
    let effort = Effort {
        packets,
        repeats,
        check: 0.1,
        compiles: 2,
        peers: is_of_policies(cell) && !arguments.no_peers,
        ..Effort::new(arguments.seed, &TrafficKind::MATRIX)
    };
    let mut workload = synthetic(Size { name: "matrix", pods, policies, cidrs }, family, arguments.seed);
    workload.name = unit.to_string();
    let mut found = run(&workload, effort, results)?;
    found.cidrs = cidrs;
    results.add(&found);
    Ok(())
}

fn axes() -> Vec<Cell> {
    let pods = PODS.map(|pods| (pods, 1_000, 0, Family::V4));
    let policies = POLICIES.map(|policies| (100_000, policies, 0, Family::V4));
    let cidrs = CIDRS.map(|cidrs| (150_000, 10_000, cidrs, Family::V4));
    let six = [10_000, 100_000].map(|pods| (pods, 1_000, 0, Family::V6));
    let mut cells: Vec<Cell> = Vec::new();
    for cell in pods.into_iter().chain(policies).chain(cidrs).chain(six) {
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    cells
}

fn whole() -> Vec<Cell> {
    let mut cells = Vec::new();
    for family in [Family::V4, Family::V6] {
        for pods in PODS {
            for policies in POLICIES.into_iter().filter(|policies| *policies <= pods) {
                cells.extend(CIDRS.map(|cidrs| (pods, policies, cidrs, family)));
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_cell() {
        for one in whole().into_iter().chain(axes()) {
            assert_eq!(cell(&name(one)), Some(one));
        }
        assert_eq!(cell("1/2"), None);
    }
}
