//! What was measured, as tables on a terminal.

use portcullis_benches::arguments::Part;
use portcullis_benches::report::{bytes, duration, print_table, short};
use portcullis_benches::workload::Size;

use crate::results::{OURS, Row, Rows, SHAPE};

const KINDS: [&str; 3] = ["hot", "mix", "rand"];
const MATRIX: [&str; 5] = ["one", "hot", "pods", "mix", "rand"];

pub(crate) fn print(rows: &Rows) {
    for (part, title) in [
        (Part::Sizes, "sizes"),
        (Part::Loads, "loads of the field (S1 to S5), and adversarial ones (A1, A2)"),
    ] {
        if !rows.workloads(part).is_empty() {
            println!("\n== {title}");
            workloads(rows, part);
        }
    }
    families(rows);
    matrix(rows);
    nodes(rows);
    updates(rows);
    foreign(rows);
}

/// A table of the workloads of a part, if it has any rows.
fn table(rows: &Rows, part: Part, title: &str, header: &[&str], row: impl Fn(&str) -> Option<Vec<String>>) {
    let found: Vec<Vec<String>> = rows.workloads(part).into_iter().filter_map(row).collect();
    if !found.is_empty() {
        println!("\n{title}");
        print_table(header, &found);
    }
}

fn workloads(rows: &Rows, part: Part) {
    let header = [
        "",
        "hot tput",
        "hot lat",
        "mix tput",
        "mix lat",
        "rand tput",
        "rand lat",
        "batch hot",
        "batch mix",
        "batch rand",
        "mix M/s",
        "allowed %",
    ];
    table(rows, part, "deciding one packet", &header, |name| decide(rows, part, name));
    let header = [
        "",
        "pods",
        "policies",
        "rules",
        "compile",
        "peak heap",
        "kept heap",
        "image",
        "atoms",
        "slots",
        "buckets",
        "rows",
        "addresses",
    ];
    table(rows, part, "compiling, one thread", &header, |name| compile(rows, part, name));
    let title = "how much there is to decide, against the prototype's clusters; ! is off by more than 25 %";
    let header = ["", "atoms", "subjects", "slots", "port rows"];
    table(rows, part, title, &header, |name| shape(rows, part, name));
    let peers: Vec<Vec<String>> =
        rows.workloads(part).into_iter().flat_map(|name| peers(rows, part, name)).collect();
    if !peers.is_empty() {
        println!("\npeers, deciding the same (ns, and how many times ours)");
        print_table(&["", "", "build", "hot", "mix", "rand"], &peers);
    }
}

fn both(row: Option<&Row>, unit: impl Fn(f64) -> String) -> String {
    row.map_or_else(String::new, |row| format!("{} / {}", unit(row.least), unit(row.median)))
}

fn one(value: Option<f64>, unit: impl Fn(f64) -> String) -> String {
    value.map_or_else(String::new, unit)
}

fn decide(rows: &Rows, part: Part, name: &str) -> Option<Vec<String>> {
    rows.find(part, name, OURS, "decide hot tput")?;
    let mut row = vec![name.to_string()];
    for kind in KINDS {
        for mode in ["tput", "lat"] {
            row.push(both(rows.find(part, name, OURS, &format!("decide {kind} {mode}")), short));
        }
    }
    for kind in KINDS {
        row.push(both(rows.find(part, name, OURS, &format!("decide {kind} batch")), short));
    }
    row.push(one(rows.least(part, name, OURS, "decide mix batch"), |time| short(1e3 / time)));
    row.push(one(rows.least(part, name, OURS, "allowed"), short));
    Some(row)
}

fn compile(rows: &Rows, part: Part, name: &str) -> Option<Vec<String>> {
    let compile = rows.find(part, name, OURS, "compile")?;
    let value = |what: &str| rows.least(part, name, OURS, what);
    let count = |value: f64| format!("{value:.0}");
    let size = |value: f64| bytes(value as usize);
    let mut row = vec![name.to_string(), compile.about.0.to_string(), compile.about.1.to_string()];
    row.push(one(value("rules"), count));
    row.push(both(Some(compile), duration));
    row.extend(["peak heap", "kept heap", "image"].map(|what| one(value(what), size)));
    row.extend(["atoms", "slots", "buckets", "rows"].map(|what| one(value(what), count)));
    row.push(one(value("addresses"), size));
    Some(row)
}

fn shape(rows: &Rows, part: Part, name: &str) -> Option<Vec<String>> {
    let prototype = Size::named(name.trim_end_matches("/v6")).and_then(Size::prototype);
    let theirs = prototype.map(|p| [p.atoms, p.subjects, p.slots, p.rows]);
    rows.find(part, name, OURS, SHAPE[0])?;
    let mut row = vec![name.to_string()];
    for (what, at) in SHAPE.into_iter().zip(0..) {
        let ours = rows.least(part, name, OURS, what).unwrap_or(f64::NAN);
        row.push(match theirs {
            Some(theirs) => {
                let percent = (ours / theirs[at] as f64 - 1.0) * 100.0;
                let mark = if percent.abs() > 25.0 { " !" } else { "" };
                format!("{ours:.0} ({}, {percent:+.0} %{mark})", theirs[at])
            }
            None => format!("{ours:.0}"),
        });
    }
    Some(row)
}

fn peers(rows: &Rows, part: Part, name: &str) -> Vec<Vec<String>> {
    let of_peer = |peer: &str| {
        let mut row = vec![name.to_string(), peer.to_string()];
        row.push(one(rows.least(part, name, peer, "compile"), duration));
        for kind in KINDS {
            let what = format!("decide {kind} tput");
            let ours = rows.least(part, name, OURS, &what).unwrap_or(f64::NAN);
            let theirs = rows.least(part, name, peer, &what);
            row.push(one(theirs, |theirs| format!("{} ({}x)", short(theirs), short(theirs / ours))));
        }
        row
    };
    rows.peers(part, name).into_iter().map(of_peer).collect()
}

/// How much longer the other family takes, where both were measured.
fn families(rows: &Rows) {
    for six in rows.workloads(Part::Sizes) {
        let Some(four) = six.strip_suffix("/v6") else { continue };
        let more = |what: &str| {
            let time = |name| rows.least(Part::Sizes, name, OURS, what);
            one(time(six).zip(time(four)).map(|(six, four)| six - four), |more| format!("{more:+.1}"))
        };
        println!(
            "\nIPv6 against IPv4 at {four}, ns more: hot {}, mix {}, rand {}; batched mix {}",
            more("decide hot tput"),
            more("decide mix tput"),
            more("decide rand tput"),
            more("decide mix batch"),
        );
    }
}

fn matrix(rows: &Rows) {
    let mut header = vec!["pods/policies/CIDRs"];
    header.extend(MATRIX);
    header.extend(["batch one", "hot", "pods", "mix", "rand", "compile", "peak heap", "image"]);
    let row = |name: &str| {
        rows.find(Part::Matrix, name, OURS, "compile")?;
        let least = |what: String| rows.least(Part::Matrix, name, OURS, &what);
        let mut row = vec![name.to_string()];
        for mode in ["tput", "batch"] {
            row.extend(MATRIX.map(|kind| one(least(format!("decide {kind} {mode}")), short)));
        }
        row.push(one(least("compile".to_string()), duration));
        row.extend(
            ["peak heap", "image"].map(|what| one(least(what.to_string()), |value| bytes(value as usize))),
        );
        Some(row)
    };
    table(rows, Part::Matrix, "== matrix: ns a packet, one by one and in batches", &header, row);
}

fn nodes(rows: &Rows) {
    let row = |name: &str| {
        let middle = |what| rows.find(Part::Node, name, OURS, what).map(|row| row.median);
        Some(vec![
            name.to_string(),
            one(middle("compile"), duration),
            one(middle("peak heap"), |value| bytes(value as usize)),
            one(middle("image"), |value| bytes(value as usize)),
            one(middle("atoms"), |value| format!("{value:.0}")),
        ])
    };
    let title = "== node: of some nodes the one in the middle; they decide for their pods as the whole cluster's does";
    table(rows, Part::Node, title, &["", "compile", "peak heap", "image", "atoms"], row);
}

fn updates(rows: &Rows) {
    for name in rows.workloads(Part::Updates) {
        let mut found: Vec<Vec<String>> = Vec::new();
        for row in rows.of(Part::Updates).filter(|row| row.workload == name) {
            let Some((what, part)) = row.what.rsplit_once(", ") else { continue };
            if found.last().is_none_or(|last| last[0] != what) {
                found.push(vec![what.to_string()]);
            }
            if let Some(last) = found.last_mut() {
                last.push(format!("{part} {}", duration(row.least)));
            }
        }
        println!("\n== updates of {name}");
        print_table(&["", "", "", ""], &found);
        if let Some(made) = rows.least(Part::Updates, name, OURS, "updates made a second") {
            println!(
                "  {made:.0} updates a second were made under two readers of 64 packets, and none was lost"
            );
        }
    }
}

fn foreign(rows: &Rows) {
    let mut found = Vec::new();
    for name in rows.workloads(Part::Peers) {
        for peer in rows.peers(Part::Peers, name) {
            for row in rows.of(Part::Peers).filter(|row| row.workload == name && row.decider == peer) {
                if row.what == "compile" {
                    continue;
                }
                let ours = rows.least(Part::Peers, name, OURS, &row.what).unwrap_or(f64::NAN);
                found.push(vec![
                    name.to_string(),
                    peer.to_string(),
                    one(rows.least(Part::Peers, name, peer, "compile"), duration),
                    both(Some(row), duration),
                    duration(ours),
                    format!("{}x", short(row.median / ours)),
                ]);
            }
        }
    }
    if !found.is_empty() {
        println!(
            "\n== peers of other kinds: kube-network-policies' evaluator inside Go; one look-up of nftables and ipset, \
             where we decide both sides of any pair; same verdicts"
        );
        print_table(&["", "", "load", "least / median", "ours", "of ours"], &found);
    }
}
