//! What was measured, as tables.

use portcullis_benches::measure::{Mode, Samples};
use portcullis_benches::report::{bytes, duration, print_table, short};
use portcullis_benches::workload::{Size, TrafficKind};

use crate::run::Measured;

pub(crate) fn print(measured: &[Measured]) {
    println!("\ndeciding one packet");
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
    print_table(&header, &measured.iter().map(decide).collect::<Vec<_>>());
    println!("\ncompiling, one thread");
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
        "buckets",
        "rows",
        "addresses",
    ];
    print_table(&header, &measured.iter().map(compile).collect::<Vec<_>>());
    let shapes: Vec<_> = measured.iter().filter_map(shape).collect();
    if !shapes.is_empty() {
        println!(
            "\nhow much there is to decide, against the prototype's clusters; ! is off by more than 25 %"
        );
        print_table(&["", "atoms", "subjects", "slots", "port rows"], &shapes);
    }
    if measured.iter().any(|measured| !measured.peers.is_empty()) {
        println!("\npeers, deciding the same (ns, and how many times ours)");
        let header = ["", "", "build", "hot", "mix", "rand"];
        print_table(&header, &measured.iter().flat_map(peers).collect::<Vec<_>>());
    }
}

/// How much longer the other family takes, where both were measured.
pub(crate) fn print_families(measured: &[Measured]) {
    for six in measured {
        let Some(name) = six.name.strip_suffix("/v6") else { continue };
        let Some(four) = measured.iter().find(|found| found.name == name) else { continue };
        let more = |kind, mode| {
            let least = |found: &Measured| found.samples(kind, mode).map_or(f64::NAN, Samples::min);
            format!("{:+.1}", least(six) - least(four))
        };
        println!(
            "\nIPv6 against IPv4 at {name}, ns more: hot {}, mix {}, rand {}; batched mix {}",
            more(TrafficKind::Hot, Mode::Scalar),
            more(TrafficKind::Mixed, Mode::Scalar),
            more(TrafficKind::Random, Mode::Scalar),
            more(TrafficKind::Mixed, Mode::Batch),
        );
    }
}

fn both(samples: Option<&Samples>) -> String {
    samples.map_or_else(String::new, |s| format!("{} / {}", short(s.min()), short(s.median())))
}

fn decide(measured: &Measured) -> Vec<String> {
    let mut row = vec![measured.name.clone()];
    for kind in TrafficKind::ALL {
        row.push(both(measured.samples(kind, Mode::Scalar)));
        row.push(both(measured.samples(kind, Mode::Dependent)));
    }
    for kind in TrafficKind::ALL {
        row.push(both(measured.samples(kind, Mode::Batch)));
    }
    let batch = measured.samples(TrafficKind::Mixed, Mode::Batch).map_or(f64::NAN, Samples::min);
    row.push(short(1e3 / batch));
    row.push(short(measured.allowed));
    row
}

fn compile(measured: &Measured) -> Vec<String> {
    let sizes = measured.sizes;
    vec![
        measured.name.clone(),
        measured.pods.to_string(),
        measured.policies.to_string(),
        measured.rules.to_string(),
        format!("{} / {}", duration(measured.compile.min()), duration(measured.compile.median())),
        bytes(measured.heap.peak),
        bytes(measured.heap.kept),
        bytes(sizes.bytes),
        sizes.atoms.to_string(),
        sizes.slots.to_string(),
        sizes.buckets.to_string(),
        sizes.rows.to_string(),
        bytes(sizes.address_bytes),
    ]
}

fn shape(measured: &Measured) -> Option<Vec<String>> {
    let shape = measured.shape?;
    let prototype = Size::named(measured.name.trim_end_matches("/v6")).and_then(Size::prototype);
    let against = |ours: usize, theirs: Option<usize>| match theirs {
        Some(theirs) => {
            let percent = (ours as f64 / theirs as f64 - 1.0) * 100.0;
            let mark = if percent.abs() > 25.0 { " !" } else { "" };
            format!("{ours} ({theirs}, {percent:+.0} %{mark})")
        }
        None => ours.to_string(),
    };
    Some(vec![
        measured.name.clone(),
        against(shape.atoms, prototype.map(|p| p.atoms)),
        against(shape.subjects, prototype.map(|p| p.subjects)),
        against(shape.slots, prototype.map(|p| p.slots)),
        against(shape.rows, prototype.map(|p| p.rows)),
    ])
}

fn peers(measured: &Measured) -> Vec<Vec<String>> {
    let rows = measured.peers.iter().map(|peer| {
        let mut row = vec![measured.name.clone(), peer.name.to_string(), duration(peer.build)];
        row.extend(peer.decide.iter().map(|(kind, samples)| {
            let ours = measured.samples(*kind, Mode::Scalar).map_or(f64::NAN, Samples::min);
            format!("{} ({}x)", short(samples.min()), short(samples.min() / ours))
        }));
        row
    });
    rows.collect()
}
