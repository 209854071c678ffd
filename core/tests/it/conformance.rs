//! The field's own suites, where their data lies beside the repository.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use expect_test::expect_file;
use flate2::read::GzDecoder;
use portcullis::Decision;
use portcullis::corpus::{Case, Scenario, read};
use portcullis::profile::{Behaviour, Comparison, Profile, Touches};
use serde_json::Value;

use crate::corpus::{base, expect_none, mismatches, mismatches_under_deltas};

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
fn the_network_policy_api_suite_is_answered_right() {
    if let Some(lines) = lines("cnp.jsonl.gz") {
        run(&lines.iter().map(|line| case(line)).collect::<Vec<_>>(), (96, 301));
    }
}

#[test]
fn kube_network_policies_is_answered_alike() {
    plugin("kube-network-policies", "kube-network-policies", &[], (157, 12_097));
}

#[test]
fn cilium_is_answered_alike() {
    plugin("cilium", "cilium", &[("sctp", "on")], (156, 11_199));
}

#[test]
fn cilium_118_is_answered_alike() {
    plugin("cilium-1.18", "cilium@1.18", &[("sctp", "on")], (156, 11_199));
}

#[test]
fn calico_is_answered_alike() {
    plugin("calico", "calico", &[("endpoint-to-host", "accept")], (156, 11_199));
}

/// Runs what a plugin's own code says against its profile; what that code does not determine is not asked.
fn plugin(name: &str, profile: &str, settings: &[(&str, &str)], expected: (usize, usize)) {
    let Some(lines) = lines("plugins.jsonl.gz") else { return };
    let mut profile = Profile::find(profile).unwrap();
    for (key, value) in settings {
        profile.set(key, value).unwrap();
    }
    // Neither a pod by a service to itself nor an API of the cluster's policies is in these lines.
    let matters = |behaviour: &Behaviour| {
        behaviour.is_unknown() && !behaviour.is_about_hairpins() && !is_about_apis(behaviour)
    };
    assert!(!profile.behaviours().iter().any(matters));
    let entries = profile.options().entries().into_iter();
    let options: Vec<(String, String)> =
        entries.map(|entry| (entry.key.to_string(), entry.value.to_string())).collect();
    let read = |line: &String| {
        let line = column(line, name)?;
        Some(Case { options: options.clone(), ..case(&line) })
    };
    run(&lines.iter().filter_map(read).collect::<Vec<_>>(), expected);
}

const fn is_about_apis(behaviour: &Behaviour) -> bool {
    matches!(behaviour.touches, Touches::AdminNetworkPolicies | Touches::ClusterNetworkPolicies)
}

#[test]
fn behaviours_are_named_exactly_where_a_plugins_verdict_differs_from_the_specifications() {
    let Some(lines) = lines("plugins.jsonl.gz") else { return };
    let columns = [
        ("cilium", "cilium", Some(("sctp", "on"))),
        ("cilium-1.18", "cilium@1.18", Some(("sctp", "on"))),
        ("calico", "calico", None),
        ("kube-network-policies", "kube-network-policies", None),
    ];
    let (mut edges, mut named) = (String::new(), 0_usize);
    for line in &lines {
        for (name, profile, setting) in columns {
            let Some(text) = column(line, name) else { continue };
            let mut profile = Profile::find(profile).unwrap();
            if let Some((key, value)) = setting {
                profile.set(key, value).unwrap();
            }
            let case = case(&text);
            let scenario = Scenario::load(&case, base).unwrap().unwrap();
            let comparison = Comparison::new(scenario.cluster.clone(), scenario.policies.clone(), &profile);
            let mut ids = BTreeSet::new();
            for flow in case.probes.iter().flat_map(|probe| scenario.flows(probe).unwrap()) {
                let judgement = comparison.judge(&flow);
                assert!(judgement.unknown.is_empty(), "{name}: {}: {flow:?}: {judgement:?}", case.name);
                let sides = |decision: Decision| (decision.egress.verdict(), decision.ingress.verdict());
                let differs = sides(judgement.ideal) != sides(judgement.actual);
                assert_eq!(differs, !judgement.differs.is_empty(), "{name}: {}: {flow:?}", case.name);
                named += judgement.differs.len();
                ids.extend(judgement.differs);
            }
            if case.tags.iter().any(|tag| tag == "edge") && !ids.is_empty() {
                let ids: Vec<_> = ids.into_iter().collect();
                edges.push_str(&format!("{} under {name}: {}\n", case.name, ids.join(", ")));
            }
        }
    }
    assert!(named > 1_000, "{named}");
    expect_file!["../../testdata/profiles/differs-on-edges.txt"].assert_eq(&edges);
}

/// A line of several plugins' verdicts with those of one; nothing where it has none.
fn column(line: &str, plugin: &str) -> Option<String> {
    let mut line: Value = serde_json::from_str(line).unwrap();
    let probes = line["probes"].as_array_mut().unwrap();
    probes.retain(|probe| !probe[plugin].is_null());
    for probe in probes.iter_mut() {
        let probe = probe.as_object_mut().unwrap();
        let verdicts = probe.remove(plugin).unwrap();
        probe.retain(|key, _| ["from", "to", "protocol", "port"].contains(&key.as_str()));
        probe.extend(verdicts.as_object().unwrap().clone());
    }
    (!probes.is_empty()).then(|| line.to_string())
}
