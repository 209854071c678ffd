//! The field's own suites, where their data lies beside the repository.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use portcullis::corpus::{Case, read};
use serde_json::Value;

use crate::corpus::{expect_none, mismatches, mismatches_under_deltas};

/// Options under which the evaluator of kube-network-policies decides.
const KUBE_NETWORK_POLICIES: [(&str, &str); 4] = [
    ("finished-pods", "kept"),
    ("init-container-ports", "ignored"),
    ("loopback", "evaluated"),
    ("node-to-own-pod", "policed"),
];

/// The lines of a data file; nothing when it is not there.
fn lines(name: &str) -> Option<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance").join(name);
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("{} is not there: nothing to compare with", path.display());
            return None;
        }
        opened => opened.unwrap(),
    };
    let text: Box<dyn Read> = match path.extension().is_some_and(|extension| extension == "gz") {
        true => Box::new(GzDecoder::new(file)),
        false => Box::new(file),
    };
    Some(BufReader::new(text).lines().map(Result::unwrap).collect())
}

/// Runs every case, which have to be as many as are known, with as many probes.
fn run(cases: &[Case], expected: (usize, usize)) {
    let found: Vec<_> = cases.iter().flat_map(mismatches).collect();
    expect_none(&found);
    // Each case is also what a cluster becomes after the one before, steps of one story among them.
    expect_none(&mismatches_under_deltas(cases));
    let probes = cases.iter().map(|case| case.probes.len()).sum();
    assert_eq!((cases.len(), probes), expected, "the file is not what it was");
}

fn case(line: &str) -> Case {
    let mut cases = read(line).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(cases.len(), 1);
    cases.remove(0)
}

#[test]
fn the_kubernetes_end_to_end_suite_is_answered_right() {
    if let Some(lines) = lines("e2e.jsonl") {
        run(&lines.iter().map(|line| case(line)).collect::<Vec<_>>(), (65, 4_680));
    }
}

#[test]
fn the_cyclonus_suite_is_answered_right() {
    if let Some(lines) = lines("cyclonus.jsonl.gz") {
        run(&lines.iter().map(|line| case(line)).collect::<Vec<_>>(), (131, 55_620));
    }
}

#[test]
fn kube_network_policies_is_answered_alike_under_its_options() {
    let Some(lines) = lines("plugins.jsonl.gz") else { return };
    let read = |line: &String| {
        let mut case = case(&column(line, "kube-network-policies"));
        case.options = KUBE_NETWORK_POLICIES.map(|(key, value)| (key.into(), value.into())).to_vec();
        case
    };
    run(&lines.iter().map(read).collect::<Vec<_>>(), (157, 12_097));
}

/// A line of several plugins' verdicts with those of one.
fn column(line: &str, plugin: &str) -> String {
    let mut line: Value = serde_json::from_str(line).unwrap();
    for probe in line["probes"].as_array_mut().unwrap() {
        let probe = probe.as_object_mut().unwrap();
        let verdicts = probe.remove(plugin).unwrap();
        probe.retain(|key, _| ["from", "to", "protocol", "port"].contains(&key.as_str()));
        probe.extend(verdicts.as_object().unwrap().clone());
    }
    line.to_string()
}
