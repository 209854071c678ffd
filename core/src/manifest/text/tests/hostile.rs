//! Texts that mean harm: depth, size, aliases, and bytes at random.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::super::{Limits, parse, parse_bytes};
use super::{Draws, outcome, read};

#[test]
fn depth_is_bounded_for_every_way_to_nest() {
    let cases = [
        "[".repeat(100_000),
        "{".repeat(100_000),
        "{a: ".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "[a, [".repeat(50_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        format!("x: {}", "[\n ".repeat(100_000)),
        (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
        format!("{}{}", "[".repeat(201), "]".repeat(201)),
    ];
    for text in &cases {
        let start: String = text.chars().take(20).collect();
        let outcome = read(text);
        assert_eq!(outcome.len(), 1, "{start}");
        assert!(outcome[0].ends_with("text-too-deep"), "{start}: {}", outcome[0]);
    }
    for text in [format!("{}{}", "[".repeat(200), "]".repeat(200)), "- ".repeat(200)] {
        assert_eq!(read(&text).len(), 1);
        assert!(!read(&text)[0].contains("deep"));
    }
}

#[test]
fn aliases_cannot_exceed_the_depth() {
    let nested = format!("{}{}", "[".repeat(150), "]".repeat(150));
    assert_eq!(
        read(&format!("- &a {nested}\n- {}*a{}", "[".repeat(60), "]".repeat(60))),
        ["2:63 text-too-deep"]
    );
    assert!(read(&format!("- &a {nested}\n- {}*a{}", "[".repeat(40), "]".repeat(40)))[0].starts_with("[[["));
}

#[test]
fn aliases_cannot_multiply_without_bound() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let before = format!("*a{},", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let outcome = read(&text);
    assert_eq!(outcome.len(), 1);
    assert!(outcome[0].contains("text-too-many-aliases"), "{}", outcome[0]);
}

#[test]
fn each_limit_has_its_error_and_holds_for_the_whole_text() {
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::DEFAULT;
        change(&mut limits);
        limits
    };
    let cases: [(&str, Limits, &[&str]); 9] = [
        ("a: 1", limits(|l| l.bytes = 4), &[r#"{"a":1}"#]),
        ("a: 1\n", limits(|l| l.bytes = 4), &["1:1 text-too-large"]),
        ("[[1]]", limits(|l| l.depth = 2), &["[[1]]"]),
        ("[[[1]]]", limits(|l| l.depth = 2), &["1:3 text-too-deep"]),
        ("a: [b]\n", limits(|l| l.nodes = 4), &[r#"{"a":["b"]}"#]),
        ("{\"a\": [1, 2]}", limits(|l| l.nodes = 4), &["1:11 text-too-many-nodes a[1]"]),
        (
            "- a\n---\n- b\n---\n- c",
            limits(|l| l.nodes = 4),
            &["[\"a\"]", "[\"b\"]", "5:1 text-too-many-nodes"],
        ),
        ("- &a x\n- *a\n- *a", limits(|l| l.aliased = 3), &["[\"x\",\"x\",\"x\"]"]),
        ("- &a x\n- *a\n- *a", limits(|l| l.aliased = 2), &["3:3 text-too-many-aliases [2]"]),
    ];
    for (text, limits, expected) in cases {
        assert_eq!(outcome(&parse(text, &limits)), expected, "{text:?}");
    }
    // Reading a text again, after tabs or as YAML, does not count it twice.
    let six = limits(|l| l.nodes = 6);
    assert_eq!(outcome(&parse("a:\tb\nc:\td\ne:\t", &six)).len(), 1);
    assert!(!parse("a:\tb\nc:\td\n", &six).has_errors());
    assert!(!parse("{\"a\": 1, \"b\": c}", &six).has_errors());
}

const SAMPLES: [&str; 6] = [
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name:\tp\n  labels:\n    1: 'b'\nspec:\n  podSelector: &s\n    matchLabels: {app: db}\n  ingress:\n  - from:\n    - podSelector:\n        <<: *s\n    ports:\n    - port: 0x50\n---\n- a\n",
    "{\"apiVersion\": \"v1\", \"items\": [{\"a\": -1.5e3}, {\"b\": \"\\u00e9\\ud83d\\ude00\"}, null, true]}\n{\"c\": [[]]}",
    "%YAML 1.1\n---\na: |2-\n   x\n  y\nb: >+\n p\n\n q\n...\n? [k]\n: !!int '1'\n",
    "a: \"x\\n\\\n  y\"\nb: 'it''s\n\n  z'\nc: [d, e: f, {g: h}, ]\n<<: [{i: 1}, {j: .5}]\n",
    "\u{feff}x: &a [1, &b {k: *a}]\ny: *b\n# é 😀\r\nz: !e!t v\r",
    "- - - a\n    - b\n  - ? c\n    : d\n-\n-\te\n- !!binary aGk=\n- !!float .inf\n",
];

/// Pieces that mutations put in.
const PIECES: [&str; 34] = [
    "[", "]", "{", "}", ":", ": ", "- ", "? ", ", ", "\n", "\r\n", "\t", " ", "  ", "#", " #", "&a ", "*a",
    "!", "!!", "|", ">", "'", "\"", "\\", "%", "@", "---\n", "...\n", "<<: ", "~", "\u{feff}", "é", "\0",
];

#[test]
fn no_text_makes_the_reader_panic() {
    let mut draws = Draws(1);
    for round in 0..20_000_usize {
        let sample = SAMPLES[round % SAMPLES.len()];
        let mut bytes: Vec<u8> = sample.into();
        for _ in 0..=draws.below(6) {
            let at = draws.below(bytes.len() + 1);
            match draws.below(5) {
                0 => {
                    let end = (at + draws.below(12)).min(bytes.len());
                    bytes.drain(at..end);
                }
                1 => {
                    let byte = u8::try_from(draws.below(256)).unwrap();
                    bytes.insert(at, byte);
                }
                2 => {
                    let end = (at + draws.below(40)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    let to = draws.below(bytes.len() + 1);
                    bytes.splice(to..to, copy);
                }
                _ => {
                    let piece = PIECES[draws.below(PIECES.len())];
                    bytes.splice(at..at, piece.bytes());
                }
            }
        }
        let lines = String::from_utf8_lossy(&bytes).split(['\n', '\r']).count();
        let parsed = parse_bytes(&bytes, &Limits::DEFAULT);
        for problem in &parsed.problems {
            // Places lie in the text.
            let line = usize::try_from(problem.at.line).unwrap();
            assert!(line >= 1 && line <= lines, "{problem:?} in {:?}", String::from_utf8_lossy(&bytes));
        }
    }
}
