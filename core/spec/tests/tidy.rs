//! The specification names the rules that it decides by, and stays short enough to be read.

use std::fs;
use std::path::Path;

/// Families of rules, and how many each has.
const RULES: [(&str, u32); 3] = [("NP", 29), ("CNP", 14), ("ANP", 5)];
/// Rules that are settled when manifests are read.
const SETTLED_BY_LOADING: [&str; 7] =
    ["NP-002", "NP-010", "NP-029", "CNP-013", "ANP-003", "ANP-004", "ANP-005"];
const MAX_LINES: usize = 2_000;

fn source() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // What compares with the engine decides nothing itself; its programs lie in a folder.
    let compares = |path: &Path| {
        let names = ["calls.rs", "differential.rs", "exposure.rs", "grounds.rs", "lists.rs", "updates.rs"];
        names.iter().any(|name| path.ends_with(name))
    };
    let evaluator = files.filter(|path| path.is_file() && !compares(path));
    evaluator.map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_rule_that_a_flow_is_decided_by_is_named() {
    let source = source();
    // Only the lines of code count: what the head of a file says it leaves out is not named.
    let code: String = source.lines().filter(|line| !line.starts_with("//!")).collect();
    for (family, last) in RULES {
        for id in (1..=last).map(|number| format!("{family}-{number:03}")) {
            // `CNP-001` holds `NP-001`, but is not it.
            let named = code.match_indices(&id).any(|(at, _)| !code[..at].ends_with(char::is_alphanumeric));
            assert_eq!(!named, SETTLED_BY_LOADING.contains(&id.as_str()), "{id}");
        }
    }
}

/// Rules of the network model that say what an address is, before there is a call to look at.
const BEFORE_A_CALL: [u32; 1] = [9];

#[test]
fn every_rule_by_which_a_call_takes_its_paths_is_named() {
    let source = source();
    for number in 1..=19 {
        let id = format!("SVC-{number:03}");
        assert_eq!(!source.contains(&id), BEFORE_A_CALL.contains(&number), "{id}");
    }
}

#[test]
fn it_is_short_and_calls_none_of_the_methods_that_decide() {
    let source = source();
    assert!(source.lines().count() <= MAX_LINES, "{} lines", source.lines().count());
    for method in [".matches(", "contains(address)", ".includes(", "is_finished("] {
        assert!(!source.contains(method), "`{method}` belongs to the engine's side");
    }
}
