//! The corpus holds what the semantics promise: every rule both ways, every reason, every option.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use portcullis::corpus::{Case, read};
use portcullis::{Options, Reason};

use crate::corpus::own_cases;

const MIN_CASES: usize = 600;

/// Rules that decide what can be read at all show in refusals, too.
fn verdicts(case: &Case) -> BTreeSet<&'static str> {
    let refused = (!case.refused.is_empty()).then_some("refused");
    let paths = case.probes.iter().flat_map(|probe| &probe.paths).filter_map(|path| path.verdict);
    let probes = case.probes.iter().filter_map(|probe| probe.verdict).chain(paths);
    // The network model denies, too, and what has no answer is at least not allowed.
    let no_path = case.probes.iter().filter_map(|probe| probe.no_path.as_ref()).map(|_| "denied");
    let verdicts = probes.map(|verdict| if verdict.is_allow() { "allowed" } else { "denied" });
    verdicts.chain(no_path).chain(refused).collect()
}

#[test]
fn there_are_enough_cases_and_each_has_a_name_of_its_own() {
    let cases = own_cases();
    assert!(cases.len() >= MIN_CASES, "{} cases", cases.len());
    let mut names = BTreeSet::new();
    for case in &cases {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(case.name.chars().all(is_plain), "`{}` reads as no sentence", case.name);
        assert!(names.insert(case.title()), "`{}` is there twice", case.title());
    }
}

/// Every rule, with the file of the manual that is its home.
fn rule_ids() -> impl Iterator<Item = (String, &'static str)> {
    let families = [
        ("NP", 29, "semantics.rs"),
        ("CNP", 14, "semantics.rs"),
        ("ANP", 5, "semantics.rs"),
        ("SVC", 19, "network_model.rs"),
        ("MODEL", 1, "network_model.rs"),
    ];
    families.into_iter().flat_map(|(family, last, home)| {
        (1..=last).map(move |number: u32| (format!("{family}-{number:03}"), home))
    })
}

#[test]
fn every_rule_has_cases_both_ways() {
    let mut found: BTreeMap<String, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for case in own_cases() {
        assert!(!case.rules.is_empty(), "`{}` names no rule", case.name);
        for rule in &case.rules {
            let (count, seen) = found.entry(rule.clone()).or_default();
            *count += 1;
            seen.extend(verdicts(&case));
        }
    }
    let ids: BTreeSet<String> = rule_ids().map(|(id, _)| id).collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    for (rule, (count, seen)) in found {
        assert!(count >= 2, "{rule} has {count} case");
        assert!(seen.contains("allowed") && seen.contains("denied"), "{rule} has only {seen:?}");
    }
}

/// The files of a folder and of the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_rule_is_in_the_manual_once_and_named_where_the_code_applies_it() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let manual = sources.join("manual");
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let code: String = files(&sources).iter().filter(|path| !path.starts_with(&manual)).map(read).collect();
    for (id, home) in rule_ids() {
        let rules = read(&manual.join(home));
        assert_eq!(rules.matches(&format!("- **{id}** ")).count(), 1, "{id} in the manual");
        // `CNP-001` holds `NP-001`, but is not it.
        let named = code
            .match_indices(&id)
            .any(|(at, _)| !code.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric)));
        assert!(named, "{id} in the code");
    }
}

#[test]
fn every_answer_is_stated_whole() {
    for case in own_cases() {
        for (index, probe) in case.probes.iter().enumerate() {
            let place = format!("`{}` probes[{index}]", case.title());
            if probe.no_path.is_some() {
                continue;
            }
            let paths = probe.paths.iter().map(|path| (path.verdict, [&path.egress, &path.ingress]));
            let whole = (probe.verdict, [&probe.egress, &probe.ingress]);
            let answers = paths.chain(probe.paths.is_empty().then_some(whole));
            for (verdict, sides) in answers {
                assert!(verdict.is_some(), "{place} states no verdict");
                for side in sides {
                    let reason = side.reason.unwrap_or_else(|| panic!("{place} states no reason"));
                    let names_rule = side.rule.as_ref().is_some_and(Option::is_some);
                    let is_by_rule = matches!(reason, Reason::Rule | Reason::DenyRule);
                    assert_eq!(names_rule, is_by_rule, "{place} on the rule");
                }
            }
        }
    }
}

#[test]
fn every_reason_that_an_answer_can_have_occurs() {
    let cases = own_cases();
    let sides = cases.iter().flat_map(|case| &case.probes).flat_map(|probe| [&probe.egress, &probe.ingress]);
    let found: BTreeSet<_> = sides.filter_map(|side| side.reason).collect();
    // `NotEvaluated` is for flows of another cluster, `Skipped` for packets of a caller who wants one side: no case
    // can ask such a thing.
    let never = [Reason::NotEvaluated, Reason::Skipped];
    let expected: BTreeSet<_> = Reason::ALL.into_iter().filter(|reason| !never.contains(reason)).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_value_of_every_option_occurs() {
    let found: BTreeSet<(String, String)> = own_cases().into_iter().flat_map(|case| case.options).collect();
    for entry in Options::default().entries() {
        for value in entry.values {
            let pair = (entry.key.to_string(), value.to_string());
            assert!(found.contains(&pair), "no case sets `{}={value}`", entry.key);
        }
    }
}

#[test]
fn a_case_with_a_key_that_nobody_checks_is_refused() {
    let error =
        read("case: x\nprobes:\n- {from: {ip: 192.0.2.1}, to: {ip: 192.0.2.2}, port: 80, alowed: true}\n");
    assert_eq!(error.unwrap_err().to_string(), "line 3: probes[0]: there is no key `alowed` here");
}

/// Advisories and fixed bugs of the field that NetworkPolicy can express.
#[test]
fn every_defect_and_advisory_has_a_case() {
    let cases = own_cases();
    let ids = [
        "kube-network-policies: isolation per direction",
        "kube-network-policies: empty list",
        "kube-network-policies: fail-open parsing",
        "kube-network-policies: port 0",
        "kube-network-policies: init containers",
        "kube-network-policies: own node",
        "kube-network-policies: Baseline skipped for both directions (defect 1)",
        "kube-network-policies: fail closed not implemented (defect 4)",
        "kube-network-policies: number and protocol of named ports ignored (defect 6)",
        "kube-network-policies: nodes matched as the pods on them (defect 7)",
        "kube-network-policies: trailing dot never matches (defect 8)",
        "kube-network-policies: case-sensitive names (defect 8)",
        "policy-assistant: panic on equal priorities",
        "policy-assistant: unknown field namespaceSelector",
        "policy-assistant: named ports",
        "policy-assistant: first document",
        "policy-assistant: policyTypes",
        "policy-assistant: peer without address",
        "cyclonus: NotIn",
        "cyclonus: empty value",
        "cyclonus: first document",
        "cyclonus: empty peer",
        "CVE-2023-27594",
        "CVE-2023-39347",
        "CVE-2023-41333",
        "CVE-2024-42488",
        "CVE-2024-47825",
        "CVE-2024-52529",
        "CVE-2021-25740",
        "CVE-2025-30162",
        "CVE-2025-30163",
        "CVE-2025-64715",
        "CVE-2026-25804",
        "CVE-2026-26963",
        "CVE-2026-33726",
        "CVE-2022-28224",
        "CVE-2020-8554",
        "CVE-2026-32254",
        "GHSA-c66w-hq56-4q97",
        "GO-2022-0959",
        "antrea: except of another rule",
        "antrea: conjunctions overwritten",
        "antrea#882",
        "antrea#1767",
        "antrea#2383",
        "antrea#3467",
        "antrea#3809",
        "antrea#4986",
        "antrea#6508",
        "kube-router#85",
        "Azure ACN#2786",
        "Azure NPM: set names",
    ];
    for id in ids {
        let has = |case: &Case| case.source.as_ref().is_some_and(|source| source.contains(id));
        assert!(cases.iter().any(has), "no case has `{id}` in its source");
    }
}
