//! The answers of a real API server: `validation.jsonl.gz`, namespaces, pods, policies and services.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use portcullis::cluster::{Cluster, Pod, Service};
use portcullis::manifest::{LoadOptions, Loaded, Problem, Report, Severity, Source, Strength, load};
use portcullis::policy::{Policy, PolicySet};
use portcullis::source::{Origin, Position};
use serde_json::{Value, json};

const KINDS: [&str; 7] = [
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
    "Namespace",
    "NetworkPolicy",
    "Pod",
    "Service",
];

/// What the server lets through of policies of the cluster without a word, and should not.
const UNSAID: [&str; 9] = [
    "cidr-host-bits",
    "domain-names-not-accepted",
    "invalid-label-key",
    "invalid-label-value",
    "invalid-port-name",
    "missing-values",
    "port-range-reversed",
    "unknown-operator",
    "unknown-protocol",
];

/// What older API servers accepted and no reader should: readers disagree on the addresses.
const AMBIGUOUS: [&str; 2] = ["leading-zeros", "ipv4-mapped"];

fn lines() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/validation.jsonl.gz");
    let Ok(file) = File::open(path) else { return Vec::new() };
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| KINDS.contains(&line["kind"].as_str().unwrap())).collect()
}

fn read(text: &str, strength: Strength) -> Result<Loaded, Report> {
    let source = Source { name: "line.yaml".into(), text: text.into() };
    load(&[source], &LoadOptions { namespace: Some("default".into()), strength })
}

fn problems(outcome: &Result<Loaded, Report>) -> &[Problem] {
    match outcome {
        Ok(loaded) => &loaded.report.problems,
        Err(report) => &report.problems,
    }
}

fn explain(line: &Value, outcome: &Result<Loaded, Report>) -> String {
    let found: Vec<_> = problems(outcome).iter().map(ToString::to_string).collect();
    format!("{} {}\n{}\n{}", line["id"], line["group"], line["yaml"].as_str().unwrap(), found.join("\n"))
}

#[test]
fn every_object_gets_the_servers_verdict() {
    let lines = lines();
    let mut accepted = 0;
    for line in &lines {
        let outcome = read(line["yaml"].as_str().unwrap(), Strength::Create);
        let expected = line["accepted"].as_bool().unwrap();
        assert_eq!(outcome.is_ok(), expected, "{}", explain(line, &outcome));
        accepted += usize::from(expected);
    }
    println!("{} lines: {accepted} accepted, {} refused", lines.len(), lines.len() - accepted);
}

#[test]
fn every_field_that_the_server_names_is_reported() {
    let mut fields = 0;
    for line in lines() {
        let outcome = read(line["yaml"].as_str().unwrap(), Strength::Create);
        for cause in line["causes"].as_array().into_iter().flatten() {
            let found = problems(&outcome).iter().any(|problem| {
                problem.severity == Severity::Error && problem.field == cause["field"].as_str().unwrap()
            });
            assert!(found, "{cause}\n{}", explain(&line, &outcome));
            fields += 1;
        }
    }
    println!("{fields} fields named");
}

#[test]
fn every_warning_of_the_server_is_given_with_its_field_and_none_besides() {
    let mut warnings = 0;
    for line in lines().iter().filter(|line| line["accepted"] == true) {
        let outcome = read(line["yaml"].as_str().unwrap(), Strength::Create);
        let expected: Vec<_> = line["warnings"].as_array().into_iter().flatten().collect();
        let is_tier = |problem: &&Problem| {
            line["kind"].as_str().unwrap().ends_with("NetworkPolicy")
                && line["kind"] != "NetworkPolicy"
                && UNSAID.contains(&problem.code.as_str())
        };
        let found: Vec<&Problem> = problems(&outcome).iter().filter(|problem| !is_tier(problem)).collect();
        assert_eq!(found.len(), expected.len(), "{}", explain(line, &outcome));
        for warning in expected {
            let warning = warning.as_str().unwrap();
            assert!(
                found.iter().any(|problem| says(problem, warning)),
                "{warning}\n{}",
                explain(line, &outcome)
            );
            warnings += 1;
        }
    }
    println!("{warnings} warnings given");
}

/// Whether a problem is what the server's warning is about.
fn says(problem: &Problem, warning: &str) -> bool {
    match problem.code.as_str() {
        "unknown-field" => warning == format!("unknown field {:?}", problem.field),
        "duplicate-key" => {
            let key = problem.field.rsplit('.').next().unwrap();
            warning == format!("line {}: key {key:?} already set in map", problem.line)
        }
        "deprecated-field" => warning.starts_with(&format!("{} is deprecated", problem.field)),
        "cidr-not-canonical" | "pod-hostname" => warning.starts_with(&format!("{}: ", problem.field)),
        _ => false,
    }
}

#[test]
fn what_older_servers_hold_is_read_with_a_warning_or_refused_as_ambiguous() {
    let (mut read_with_warning, mut refused) = (0, 0);
    for line in lines().iter().filter(|line| line["acceptedBefore136"] == true) {
        let outcome = read(line["yaml"].as_str().unwrap(), Strength::Stored);
        let codes: Vec<_> = problems(&outcome).iter().map(|problem| problem.code.as_str()).collect();
        match &outcome {
            Ok(_) => {
                let odd = |code: &&str| code.starts_with("cidr-");
                assert!(codes.iter().any(odd), "{}", explain(line, &outcome));
                read_with_warning += 1;
            }
            Err(_) => {
                let ambiguous = |code: &&str| AMBIGUOUS.contains(code);
                assert!(codes.iter().all(ambiguous), "{}", explain(line, &outcome));
                refused += 1;
            }
        }
    }
    println!("{read_with_warning} read with a warning, {refused} refused");
}

#[test]
fn the_text_and_what_the_server_stored_of_it_mean_the_same() {
    let mut by_kind: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines().iter().filter(|line| line["accepted"] == true) {
        let kind = line["kind"].as_str().unwrap();
        let text = line["yaml"].as_str().unwrap();
        let outcome = read(text, Strength::Create);
        let Ok(sent) = &outcome else { panic!("{}", explain(line, &outcome)) };
        let stored_outcome = read(&stored(line, sent).to_string(), Strength::Stored);
        let Ok(stored) = &stored_outcome else { panic!("{}", explain(line, &stored_outcome)) };
        assert_eq!(policies(&sent.policies), policies(&stored.policies), "{}", explain(line, &outcome));
        assert_eq!(pods(&sent.cluster), pods(&stored.cluster), "{}", explain(line, &outcome));
        assert_eq!(services(&sent.cluster), services(&stored.cluster), "{}", explain(line, &outcome));
        let labels =
            |cluster: &Cluster| cluster.namespaces().map(|(_, it)| it.labels.clone()).collect::<Vec<_>>();
        assert_eq!(labels(&sent.cluster), labels(&stored.cluster), "{}", explain(line, &outcome));
        *by_kind.entry(kind.to_string()).or_default() += 1;
    }
    println!("same meaning: {by_kind:?}");
}

/// The object that the server stored, with the name that was read.
fn stored(line: &Value, sent: &Loaded) -> Value {
    let kind = line["kind"].as_str().unwrap();
    let (namespace, name) = match kind {
        kind if kind.ends_with("NetworkPolicy") => {
            let (_, policy) = sent.policies.policies().next().unwrap();
            (policy.namespace.clone(), policy.name.clone())
        }
        "Pod" => {
            let (_, pod) = sent.cluster.pods().next().unwrap();
            (pod.namespace.clone(), pod.identity.to_string())
        }
        "Service" => {
            let (_, service) = sent.cluster.services().next().unwrap();
            (service.namespace.clone(), service.name.clone())
        }
        _ => (String::new(), sent.cluster.namespaces().next().unwrap().1.name.clone()),
    };
    let stored = &line["stored"];
    let spec = if kind == "Pod" {
        let containers: Vec<_> = stored["spec"]["ports"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ports| json!({"name": "c", "image": "i", "ports": ports}))
            .collect();
        json!({"hostNetwork": stored["spec"]["hostNetwork"], "containers": containers})
    } else {
        stored["spec"].clone()
    };
    let mut metadata = json!({"name": name, "labels": stored["labels"]});
    if !namespace.is_empty() {
        metadata["namespace"] = namespace.into();
    }
    let version = match kind {
        "NetworkPolicy" => "networking.k8s.io/v1",
        "ClusterNetworkPolicy" => "policy.networking.k8s.io/v1alpha2",
        "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy" => "policy.networking.k8s.io/v1alpha1",
        _ => "v1",
    };
    json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})
}

/// The policies without their places.
fn policies(set: &PolicySet) -> Vec<Policy> {
    let nowhere = |mut policy: Policy| {
        policy.origin = Origin::default();
        let rules = policy.ingress.iter_mut().chain(&mut policy.egress).flatten();
        for rule in rules.chain(&mut policy.unlisted) {
            rule.at = Position::default();
        }
        policy
    };
    set.policies().map(|(_, policy)| nowhere(policy.clone())).collect()
}

fn pods(cluster: &Cluster) -> Vec<Pod> {
    cluster.pods().map(|(_, pod)| pod.clone()).collect()
}

fn services(cluster: &Cluster) -> Vec<Service> {
    cluster.services().map(|(_, service)| service.clone()).collect()
}
