//! Fixes: each does what it says when it is applied, and nothing else; comments stay.

#![expect(clippy::arithmetic_side_effects, reason = "tests count and indent")]

use std::collections::BTreeSet;

use portcullis::analyze::difference;
use portcullis::analyze::fix::{Fix, FixError, Setting, fixes};
use portcullis::cluster::PodIdentity;
use portcullis::corpus::{Probe, ProbeEnd, ProbePort};
use portcullis::flow::{Connection, Transport};
use portcullis::generate::{self, Case, Scope, to_objects};
use portcullis::manifest::edit::apply;
use portcullis::manifest::{LoadOptions, Source, load};
use portcullis::net::Protocol;
use portcullis::{Decide, Engine, Options, Verdict};
use portcullis_spec::Spec;
use serde_json::Value;

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_string(), text: text.to_string() }
}

fn engine(sources: &[Source], options: Options) -> Engine {
    let loaded = load(sources, &LoadOptions::default()).unwrap();
    Engine::new(loaded.cluster, loaded.policies, options)
}

/// The sources after a fix.
fn applied(sources: &[Source], fix: &Fix) -> Vec<Source> {
    for (new, edits) in fix.texts.iter().zip(&fix.edits) {
        let old = sources.iter().find(|source| source.name == new.name).unwrap();
        assert_eq!(apply(&old.text, edits).as_ref(), Some(&new.text), "{edits:?}");
    }
    assert_eq!(fix.texts.len(), fix.edits.len());
    let new =
        |source: &Source| fix.texts.iter().find(|text| text.name == source.name).unwrap_or(source).clone();
    sources.iter().map(new).collect()
}

const SHOP: &str = "\
# The shop.
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels:
        app: web # the pages
    spec: {containers: [{name: c, image: i}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: data, labels: {app: db}}, status: {podIP: 10.0.0.7}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {}
  ingress:
  # Those who may write.
  - from:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
      podSelector: {matchLabels: {writes: yes-it-does}} # a label for this
    ports:
    - port: 5432 # postgres
    - {port: 5433}
  # The world, but the neighbours.
  - from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.128/25]}}]
    ports: [{port: 443}]
";

fn titles(from: ProbeEnd, port: u16, want: Verdict) -> Vec<String> {
    let to = ProbeEnd::Pod("data/db".into());
    let probe = Probe::new(from, to, Protocol::TCP, Some(ProbePort::Number(port)));
    let found = fixes(&[source("shop.yaml", SHOP)], &Setting::default(), &probe, want).unwrap();
    found.iter().map(Fix::title).collect()
}

fn web() -> ProbeEnd {
    ProbeEnd::Workload("shop/deployment/web".into())
}

#[test]
fn each_kind_of_step_is_found_where_it_is_the_smallest() {
    let allow = titles(web(), 5432, Verdict::Allow);
    assert!(
        allow.iter().any(|title| title.starts_with("label `shop/deployment/web` with `writes: yes-it-does`")),
        "{allow:?}"
    );
    assert!(allow.iter().any(|title| title == "add a peer to `data/db` spec.ingress[0].from"), "{allow:?}");
    assert!(allow.iter().any(|title| title == "add a rule to `data/db` spec.ingress"), "{allow:?}");
    assert!(allow.iter().any(|title| title == "add policy `data/allow-ingress-db`"), "{allow:?}");
    let outside = ProbeEnd::Ip("192.0.2.7".parse().unwrap());
    let port = titles(outside.clone(), 8443, Verdict::Allow);
    assert!(port.iter().any(|title| title == "add port 8443 to `data/db` spec.ingress[1]"), "{port:?}");
    let deny = titles(outside, 443, Verdict::Deny);
    assert_eq!(deny[0], "except 192.0.2.7 from `data/db` spec.ingress[1].from[0]");
    assert!(deny.iter().any(|title| title == "remove rule `data/db` spec.ingress[1]"), "{deny:?}");
}

/// A shop whose database names its port, with a policy of the database for the port as it is written.
fn named(port: &str, other: &str) -> String {
    let pod = |name: &str, port_name: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: data, labels: {{app: db}}, \
             ownerReferences: [{{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: u, controller: true}}]}}, \
             spec: {{containers: [{{name: c, ports: [{{name: {port_name}, containerPort: 5432}}]}}]}}}}\n---\n"
        )
    };
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: web, namespace: data, labels: {{app: web}}}}}}\n---\n{}{}\
         apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: db, namespace: data}}\nspec:\n  \
         podSelector: {{matchLabels: {{app: db}}}}\n  ingress:\n  - from: [{{podSelector: {{matchLabels: {{app: job}}}}}}]\n    \
         ports: [{{port: {port}}}]\n",
        pod("db-0", "postgres"),
        pod("db-1", other),
    )
}

#[test]
fn a_port_keeps_its_name_where_policies_and_all_pods_of_the_destination_use_it() {
    let name = || ProbePort::Name("postgres".try_into().unwrap());
    let cases = [
        // What the policy has, what the second pod calls the port, what is asked for, what is written.
        ("postgres", "postgres", ProbePort::Number(5432), "postgres"),
        ("metrics", "postgres", ProbePort::Number(5432), "postgres"),
        ("9100", "postgres", ProbePort::Number(5432), "5432"),
        ("9100", "postgres", name(), "postgres"),
        ("metrics", "pg", ProbePort::Number(5432), "5432"),
        ("postgres", "postgres", ProbePort::Number(5433), "5433"),
    ];
    for (policy, other, port, written) in cases {
        let sources = [source("data.yaml", &named(policy, other))];
        let to = ProbeEnd::Workload("data/statefulset/db".into());
        let probe = Probe::new(ProbeEnd::Pod("data/web".into()), to, Protocol::TCP, Some(port.clone()));
        let found = fixes(&sources, &Setting::default(), &probe, Verdict::Allow).unwrap();
        let rules =
            |fix: &&Fix| fix.title().starts_with("add a rule") || fix.title().starts_with("add policy");
        let texts: Vec<&str> = found.iter().filter(rules).map(|fix| fix.texts[0].text.as_str()).collect();
        assert!(texts.len() >= 2, "{policy} {other} {port:?}");
        for text in texts {
            let added = text.matches(&format!("- port: {written}\n")).count();
            assert_eq!(added, 1, "{policy} {other} {port:?}: {text}");
        }
    }
}

#[test]
fn a_step_changes_its_lines_and_no_others() {
    let probe =
        Probe::new(web(), ProbeEnd::Pod("data/db".into()), Protocol::TCP, Some(ProbePort::Number(5432)));
    let sources = [source("shop.yaml", SHOP)];
    let found = fixes(&sources, &Setting::default(), &probe, Verdict::Allow).unwrap();
    let of = |title: &str| &found.iter().find(|fix| fix.title().starts_with(title)).unwrap().texts[0].text;
    let added = |text: &str| -> String {
        let old: BTreeSet<&str> = SHOP.lines().collect();
        text.lines().filter(|line| !old.contains(line)).map(|line| format!("{line}\n")).collect()
    };
    assert_eq!(added(of("label")), "        writes: yes-it-does\n");
    assert!(of("label").contains("app: web # the pages\n        writes: yes-it-does\n    spec:"));
    let expected = "    - namespaceSelector:\n        matchLabels: {kubernetes.io/metadata.name: shop}\n      podSelector:\n        matchLabels: {app: web}\n";
    assert_eq!(of("add a peer").replace(expected, ""), SHOP, "{}", of("add a peer"));
}

#[test]
fn what_cannot_be_fixed_says_why() {
    let sources = [source("shop.yaml", SHOP)];
    let ask = |from: ProbeEnd, to: ProbeEnd, want| {
        let probe = Probe::new(from, to, Protocol::TCP, Some(ProbePort::Number(22)));
        fixes(&sources, &Setting::default(), &probe, want)
    };
    let db = || ProbeEnd::Pod("data/db".into());
    assert_eq!(ask(web(), db(), Verdict::Deny).unwrap_err(), FixError::AlreadySo);
    assert!(matches!(ask(db(), db(), Verdict::Deny), Err(FixError::NoQuestion(_))));
    assert!(matches!(ask(ProbeEnd::Pod("a/b".into()), db(), Verdict::Deny), Err(FixError::NoQuestion(_))));
    let outside = |text: &str| ProbeEnd::Ip(text.parse().unwrap());
    let neither = ask(outside("192.0.2.1"), outside("192.0.2.2"), Verdict::Deny);
    assert!(matches!(neither, Err(FixError::NotByPolicies(_))), "{neither:?}");
    let broken = [source("shop.yaml", "kind: NetworkPolicy\n")];
    let probe = Probe::new(web(), db(), Protocol::TCP, Some(ProbePort::Number(22)));
    let broken = fixes(&broken, &Setting::default(), &probe, Verdict::Deny);
    assert!(matches!(broken, Err(FixError::NotLoaded(_))));
}

/// A comment that no other line has.
fn note(count: &mut usize) -> String {
    *count += 1;
    format!(" # note {count}")
}

/// A value as YAML in block style, with a comment behind every scalar.
fn yaml(value: &Value, indent: usize, count: &mut usize, out: &mut String) {
    let pad = " ".repeat(indent);
    let is_block = |value: &Value| match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let key = serde_json::to_string(key).unwrap();
                if is_block(value) {
                    out.push_str(&format!("{pad}{key}:\n"));
                    yaml(value, indent + 2, count, out);
                } else {
                    out.push_str(&format!("{pad}{key}: {value}{}\n", note(count)));
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                if !is_block(item) {
                    out.push_str(&format!("{pad}- {item}{}\n", note(count)));
                    continue;
                }
                let mut inner = String::new();
                yaml(item, indent + 2, count, &mut inner);
                let rest = inner.get(indent + 2..).unwrap();
                out.push_str(&format!("{pad}- {rest}"));
            }
        }
        scalar => out.push_str(&format!("{pad}{scalar}\n")),
    }
}

fn probe_of(probe: &generate::Probe) -> Option<Probe> {
    let Transport::Ports { protocol, port, .. } = probe.transport else { return None };
    let end = |end: &generate::ProbeEnd| match end {
        generate::ProbeEnd::Address(address) => ProbeEnd::Ip(*address),
        generate::ProbeEnd::Pod(_, PodIdentity::Named(_)) => ProbeEnd::Pod(end.to_string()),
        generate::ProbeEnd::Pod(_, PodIdentity::Template(_)) => ProbeEnd::Workload(end.to_string()),
    };
    let plain = probe.connection == Connection::New && !probe.via_service && probe.from != probe.to;
    let port = Some(ProbePort::Number(port));
    plain.then(|| Probe::new(end(&probe.from), end(&probe.to), Protocol::L4(protocol), port))
}

#[test]
fn applied_to_generated_manifests_each_fix_does_what_it_says_and_nothing_else() {
    let (mut asked, mut fixed, mut given) = (0, 0, 0);
    for seed in 0..24 {
        let case = Case::from_seed(seed, Scope::V1Valid, 8);
        let options = case.world.options;
        let mut count = 0;
        let mut sources = Vec::new();
        for (number, object) in to_objects(&case.world).iter().enumerate() {
            let value: Value = serde_json::from_str(object).unwrap();
            let mut text = format!("# object {number}\n");
            // Half of the objects are JSON as it is dumped.
            if number % 2 == 0 {
                yaml(&value, 0, &mut count, &mut text);
            } else {
                text = format!("{}\n", serde_json::to_string_pretty(&value).unwrap());
            }
            sources.push(source(&format!("{number}.yaml"), &text));
        }
        let old = engine(&sources, options);
        let setting = Setting { options, ..Setting::default() };
        let probes = case.flows.iter().filter_map(|flow| generate::Probe::new(&case.cluster, flow));
        for probe in probes.filter_map(|probe| probe_of(&probe)).take(2) {
            let Ok(flows) = probe.flows(old.cluster()) else { continue };
            let before = Spec::new(old.cluster(), old.policies(), options).decide(&flows[0]).verdict();
            let want = Verdict::from(!before.is_allow());
            let found = match fixes(&sources, &setting, &probe, want) {
                Ok(found) => found,
                Err(FixError::NotByPolicies(_) | FixError::NoQuestion(_)) => continue,
                Err(error) => panic!("seed {seed}: {probe}: {error:?}"),
            };
            asked += 1;
            fixed += usize::from(!found.is_empty());
            for fix in &found {
                given += 1;
                let told = || format!("seed {seed}: {probe}: {}", fix.title());
                let after = applied(&sources, fix);
                let new = engine(&after, options);
                let spec = Spec::new(new.cluster(), new.policies(), options);
                for flow in probe.flows(new.cluster()).unwrap() {
                    assert_eq!(spec.decide(&flow).verdict(), want, "{}", told());
                }
                assert_eq!(difference(&old, &new), fix.difference, "{}", told());
                comments_stay(&sources, &after, want, &told());
            }
        }
    }
    println!("{asked} asked, {fixed} fixed, {given} fixes");
    assert!(fixed > 15 && fixed * 10 > asked * 8, "{fixed} of {asked}");
}

/// What allows more takes no comment away; what takes something away takes no more than the comments inside it.
fn comments_stay(before: &[Source], after: &[Source], want: Verdict, told: &str) {
    let comments = |text: &str| -> BTreeSet<String> {
        text.lines()
            .filter_map(|line| line.split_once("# "))
            .map(|(_, comment)| comment.to_string())
            .collect()
    };
    for (old, new) in before.iter().zip(after).filter(|(old, new)| old.text != new.text) {
        let (mut lost, kept) = (comments(&old.text), comments(&new.text));
        lost.retain(|comment| !kept.contains(comment));
        let heads = lost.iter().filter(|comment| comment.starts_with("object")).count();
        assert!(heads == 0 && (!want.is_allow() || lost.is_empty()), "{told}: {lost:?}");
    }
}
