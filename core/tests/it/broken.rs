//! Broken manifests and what is said about each: `testdata/broken/*.yaml`, with the messages in a `.txt` beside it.
//!
//! `UPDATE_EXPECT=1` writes the messages anew.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use portcullis::manifest::{LoadOptions, Source, Strength, load};

fn manifests() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/broken");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut manifests: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    manifests.sort();
    manifests
}

#[test]
fn broken_manifests_are_refused_in_words_that_help() {
    let manifests = manifests();
    assert!(manifests.len() >= 40, "{} manifests", manifests.len());
    for path in manifests {
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        let source = Source { name, text: fs::read_to_string(&path).unwrap() };
        let options = LoadOptions { namespace: Some("shop".into()), strength: Strength::Create };
        let report = match load(&[source], &options) {
            Ok(loaded) => loaded.report,
            Err(report) => report,
        };
        assert!(!report.problems.is_empty(), "{}", path.display());
        let lines: Vec<_> = report.problems.iter().map(|problem| format!("{problem}\n")).collect();
        expect_file![path.with_extension("txt")].assert_eq(&lines.concat());
    }
}

/// Replacements that turn one fault into others: types, brackets, numbers, names.
const SLIPS: [(&str, &str); 12] = [
    (": ", ":"),
    ("- ", ""),
    ("  ", " "),
    ("8", "-9999999999999999999999"),
    ("/", ""),
    (": ", ": !!binary "),
    ("{}", "[{}]"),
    (":\n", ": &a\n"),
    ("Network", "\u{0}"),
    ("name: ", "name: 1e400 #"),
    ("\n", "\r"),
    ("kind: ", "items: [*a]\nkind: "),
];

#[test]
fn no_slip_makes_the_loader_panic() {
    for path in manifests() {
        let text = fs::read_to_string(&path).unwrap();
        for (from, to) in SLIPS {
            for (place, _) in text.match_indices(from) {
                let (before, after) = text.split_at(place);
                let slipped = format!("{before}{}", after.replacen(from, to, 1));
                for strength in [Strength::Create, Strength::Stored] {
                    let source = Source { name: "a".into(), text: slipped.clone() };
                    let outcome = load(&[source], &LoadOptions { namespace: None, strength });
                    assert_eq!(outcome.is_err(), outcome.err().is_some_and(|report| report.has_errors()));
                }
            }
        }
    }
}
