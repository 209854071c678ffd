//! Several documents in a text, and what surrounds them.

use super::super::{Code, Limits, Severity, parse_bytes};
use super::{check, outcome};

#[test]
fn documents_are_read_one_by_one_and_empty_ones_dropped() {
    check(&[
        ("", &[]),
        ("\n", &[]),
        ("---", &[]),
        ("# only a comment", &[]),
        ("---\n---\n# c\n---\n", &[]),
        ("~", &[]),
        ("...\n", &[]),
        ("a: 1\n---\n", &[r#"{"a":1}"#]),
        ("a: 1\n---\nb: 2", &[r#"{"a":1}"#, r#"{"b":2}"#]),
        ("--- {a: 1}\n--- # c\nb: 2\n---\t\nc: 3", &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]),
        ("a: 1\r---\rb: 2\r\n---\r\nc: 3", &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]),
        ("a: 1\n...\n# c\n...\nb: 2\n...\n", &[r#"{"a":1}"#, r#"{"b":2}"#]),
        ("a: |\n  ---\n  b\n---\nc: ---", &[r#"{"a":"---\nb\n"}"#, r#"{"c":"---"}"#]),
        ("--- |\nx\n---\n", &[r#""x\n""#]),
        ("---a: 1", &[r#"{"---a":1}"#]),
    ]);
}

#[test]
fn a_broken_document_costs_only_itself() {
    check(&[
        (
            "a: [\n---\nb: 2\n---\nc: d: e\n---\nf: 3",
            &[r#"{"b":2}"#, r#"{"f":3}"#, "2:1 yaml-syntax", "5:5 yaml-syntax"],
        ),
        ("a: 'x\n---\nb: 1", &[r#"{"b":1}"#, "1:4 yaml-syntax"]),
        ("{\"a\": }\n---\n{\"b\": 1}", &[r#"{"a":null}"#, r#"{"b":1}"#]),
        ("{\"a\" 1}\n---\n{\"b\": 1}", &[r#"{"b":1}"#, "1:6 json-syntax"]),
        (
            "a: .nan\n~: 1\n---\nb: 1\nb: 2",
            &[r#"{"b":2}"#, "1:4 number a", "2:1 key-type", "5:1 duplicate-key b"],
        ),
    ]);
}

#[test]
fn directives_are_the_servers() {
    check(&[
        ("%YAML 1.1\n---\na: 1", &[r#"{"a":1}"#]),
        ("# c\n%YAML 1.1 # c\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2", &[r#"{"a":1}"#, r#"{"b":2}"#]),
        ("%YAML 1.2\n---\na: 1", &["1:1 yaml-version"]),
        ("%YAML 1.0\n---\na: 1", &["1:1 yaml-version"]),
        ("a: 1\n...\n%YAML 1.2\n---\nb: 2\n---\nc: 3", &[r#"{"a":1}"#, r#"{"c":3}"#, "3:1 yaml-version"]),
        ("%FOO\n---\na: 1", &["1:1 yaml-syntax"]),
    ]);
}

#[test]
fn characters_that_yaml_does_not_take_are_errors() {
    check(&[
        ("a: \0", &["1:4 control-character"]),
        ("a: 1\nb: é\u{7}", &["2:5 control-character"]),
        ("a: \u{7f}", &["1:4 control-character"]),
        ("a: \u{9f}", &["1:4 control-character"]),
        ("a: \u{fffe}", &["1:4 control-character"]),
        // What follows such a character would be another line for the server.
        ("a: b # c\u{2028}d: e", &["1:9 line-break"]),
        ("a: b\u{85}d: e", &["1:5 line-break"]),
        ("a: \"\\u2028\\a\"", &[r#"{"a":"\u{2028}\u{7}"}"#]),
        ("a: é\u{a0}😀", &[r#"{"a":"é\u{a0}😀"}"#]),
        ("{\"a\": \"\u{2028}\u{7f}\"}", &[r#"{"a":"\u{2028}\u{7f}"}"#]),
        ("a: 1\n---\nb: \0\n---\nc: 1", &[r#"{"a":1}"#, r#"{"c":1}"#, "3:4 control-character"]),
    ]);
}

#[test]
fn bytes_are_utf_8_or_utf_16_with_a_mark() {
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| -> std::vec::Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    };
    let read = |bytes: &[u8]| outcome(&parse_bytes(bytes, &Limits::DEFAULT));
    assert_eq!(read("\u{feff}a: é".as_bytes()), [r#"{"a":"é"}"#]);
    assert_eq!(read(&utf16("\u{feff}a: é😀", u16::to_le_bytes)), [r#"{"a":"é😀"}"#]);
    assert_eq!(read(&utf16("\u{feff}a: é😀", u16::to_be_bytes)), [r#"{"a":"é😀"}"#]);
    assert_eq!(read(b"a: 1\nb: \xc3\xa9\xff"), ["2:5 not-utf8"]);
    assert_eq!(read(b"\xff"), ["1:1 not-utf8"]);
    assert_eq!(read(&[0xff, 0xfe, b'a', 0, b'b']), ["1:3 not-utf8"]);
    assert_eq!(read(&[0xfe, 0xff, 0xd8, 0x00, 0x00, b'b']), ["1:2 not-utf8"]);
}

#[test]
fn only_two_codes_are_warnings() {
    let parsed = parse_bytes(b"a: 1\na: 2\n<<: {a: 3}\n---\n*x", &Limits::DEFAULT);
    let codes: std::vec::Vec<_> = parsed.problems.iter().map(|p| (p.code, p.severity())).collect();
    assert_eq!(
        codes,
        [
            (Code::DuplicateKey, Severity::Warning),
            (Code::MergeReplaces, Severity::Warning),
            (Code::Alias, Severity::Error),
        ]
    );
    assert!(parsed.has_errors());
    assert_eq!(
        parsed.problems[0].to_string(),
        std::format!("line 2, column 1: {}", parsed.problems[0].message)
    );
}

use std::string::ToString;
