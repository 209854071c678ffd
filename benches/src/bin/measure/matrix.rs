//! Deciding against pods, policies and CIDRs: along each axis by default, all of it with `--full`.

use portcullis_benches::arguments::BenchArguments;
use portcullis_benches::measure::{Mode, Samples};
use portcullis_benches::report::{bytes, duration, print_table, short};
use portcullis_benches::workload::{Family, Size, TrafficKind, synthetic};

use crate::charts;
use crate::results::Results;
use crate::run::{Effort, Measured, measure as run};

const PODS: [usize; 4] = [1_000, 10_000, 100_000, 150_000];
const POLICIES: [usize; 5] = [100, 300, 1_000, 3_000, 10_000];
const CIDRS: [usize; 4] = [0, 10_000, 100_000, 1_000_000];

/// Pods, policies, CIDRs and family.
type Cell = (usize, usize, usize, Family);

pub(crate) fn measure(arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let (packets, repeats) = if arguments.quick { (1 << 16, 3) } else { (1 << 18, 5) };
    let effort = Effort {
        packets,
        repeats,
        check: 0.1,
        compiles: 2,
        ..Effort::new(arguments.seed, &TrafficKind::MATRIX)
    };
    let mut cells = if arguments.full {
        results.leave_out("cells of the matrix with more policies than pods: there is no such cluster");
        whole()
    } else {
        results.leave_out(
            "the matrix but for its axes (pods at 1,000 policies, policies at 100k pods, CIDRs at 150k pods): --full",
        );
        axes()
    };
    if arguments.quick {
        results.leave_out("cells of the matrix with 100,000 pods or more: --quick");
        cells.retain(|(pods, ..)| *pods < 100_000);
    }
    let mut measured: Vec<(Cell, Measured)> = Vec::new();
    for cell in cells {
        let (pods, policies, cidrs, family) = cell;
        let mut workload = synthetic(Size { name: "matrix", pods, policies, cidrs }, family, arguments.seed);
        let name = if family == Family::V4 { "" } else { ", IPv6" };
        workload.name = format!("{} pods, {} policies, {} CIDRs{name}", pods, policies, cidrs);
        // The axis of policies is the one that peers are drawn beside.
        let is_of_chart = (pods, cidrs, family) == (100_000, 0, Family::V4);
        let peers = is_of_chart && !arguments.no_peers;
        let mut found = run(&workload, Effort { peers, ..effort }, results)?;
        found.cidrs = cidrs;
        measured.push((cell, found));
    }
    print(&measured);
    let axis = |is_on: fn(&Cell) -> bool| {
        measured.iter().filter(|(cell, _)| is_on(cell)).map(|(_, found)| found).collect::<Vec<_>>()
    };
    charts::by_policies(&axis(|cell| (cell.0, cell.2, cell.3) == (100_000, 0, Family::V4)), results);
    charts::by_cidrs(&axis(|cell| (cell.0, cell.1, cell.3) == (150_000, 10_000, Family::V4)), results);
    measured.iter().for_each(|(_, found)| results.add(found));
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

fn print(measured: &[(Cell, Measured)]) {
    println!("\n== matrix: ns a packet, one by one and in batches");
    let mut header = vec!["pods", "policies", "CIDRs", ""];
    header.extend(["one", "hot", "pods", "mix", "rand"]);
    header.extend(["batch one", "hot", "pods", "mix", "rand", "compile", "peak heap", "image"]);
    let row = |((pods, policies, cidrs, family), found): &(Cell, Measured)| {
        let family = if *family == Family::V6 { "IPv6" } else { "IPv4" };
        let mut row = vec![pods.to_string(), policies.to_string(), cidrs.to_string(), family.to_string()];
        for mode in [Mode::Scalar, Mode::Batch] {
            let time = |kind| found.samples(kind, mode).map_or(f64::NAN, Samples::min);
            row.extend(TrafficKind::MATRIX.map(|kind| short(time(kind))));
        }
        row.push(duration(found.compile.min()));
        row.extend([bytes(found.heap.peak), bytes(found.sizes.bytes)]);
        row
    };
    print_table(&header, &measured.iter().map(row).collect::<Vec<_>>());
}
