//! JSON: its grammar, escapes, numbers, several values in a text, and the way back to YAML.

use super::super::{Limits, parse};
use super::{check, read};

#[test]
fn json_reads_as_json() {
    check(&[
        ("{}", &["{}"]),
        ("[]", &["[]"]),
        (
            "{\"a\":[1,-2,0,1.5,1e3,-0,true,false,null,\"x\",{},[]]}",
            &[r#"{"a":[1,-2,0,1.5,1000,0,true,false,null,"x",{},[]]}"#],
        ),
        (" \t\r\n[\t1 ,\n2 ]\n", &["[1,2]"]),
        ("# c\n---\n{\"a\": 1}", &[r#"{"a":1}"#]),
        (r#"["\"\\\/\b\f\n\r\t\u00e9\u0000"]"#, &[r#"["\"\\/\u{8}\u{c}\n\r\té\0"]"#]),
        (r#"["\ud83d\ude00"]"#, &[r#"["😀"]"#]),
        (r#"["\ud83dx", "\ud83d\u0041", "\ude00", "\ud83d\ud83d\ude00"]"#, &[r#"["�x","�A","�","�😀"]"#]),
        // Words that YAML knows are text in quotes.
        (r#"["yes", "1", "~", ".inf", "<<"]"#, &[r#"["yes","1","~",".inf","<<"]"#]),
        (r#"{"<<": {"a": 1}, "": 2}"#, &[r#"{"<<":{"a":1},"":2}"#]),
        (
            r#"{"a": 1, "b": {"a": 1, "a": 2}, "a": 3}"#,
            &[r#"{"a":3,"b":{"a":2}}"#, "1:24 duplicate-key b.a", "1:33 duplicate-key a"],
        ),
        ("[170141183460469231731687303715884105727]", &["[170141183460469231731687303715884105727]"]),
        ("[1701411834604692317316873037158841057280]", &["[1.7014118346046923e39]"]),
        ("[80.0, 80.5, 1e21]", &["[80,80.5,1e21]"]),
    ]);
}

#[test]
fn several_values_are_several_documents() {
    check(&[
        ("{\"a\":1}{\"b\":2}\n[3]", &[r#"{"a":1}"#, r#"{"b":2}"#, "[3]"]),
        ("{\"a\":1}\n{\"b\":2}\n", &[r#"{"a":1}"#, r#"{"b":2}"#]),
        ("{\"a\":1}\n---\n{\"b\":2}\n---\nc: 3", &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]),
        // What was whole before a fault is kept.
        ("{\"a\":1}\n{\"b\":\n", &[r#"{"a":1}"#, "3:1 json-syntax b"]),
    ]);
}

#[test]
fn what_is_not_json_may_be_yaml_in_flow_style() {
    check(&[
        ("{a: b}", &[r#"{"a":"b"}"#]),
        ("{'a': yes, }", &[r#"{"a":true}"#]),
        ("[a, 0x1F]", &["[\"a\",31]"]),
        ("{\"a\": 1} # c", &[r#"{"a":1}"#]),
        ("{\"a\": 010}", &[r#"{"a":8}"#]),
        // Where neither reads it, the one that got farther says why.
        ("{\"a\": \"b\", \"c\" \"d\"}", &["1:16 json-syntax"]),
        ("{a: b, c: d", &["1:12 yaml-syntax"]),
        ("{\"a\": \"\\q\"}", &["1:9 json-syntax a"]),
        ("[1, 2", &["1:6 json-syntax [2]"]),
        ("[1]]", &["[1]", "1:4 json-syntax"]),
    ]);
}

#[test]
fn a_megabyte_on_one_line_takes_linear_time() {
    let item = r#"{"metadata":{"name":"é","labels":{"a":"b","c":"d"}},"spec":{"ports":[80,443]}}"#;
    let text = std::format!("[{}{item}]", std::format!("{item},").repeat(20_000));
    let start = std::time::Instant::now();
    let parsed = parse(&text, &Limits::DEFAULT);
    assert!(!parsed.has_errors());
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
    assert_eq!(read(&std::format!("{text},")).len(), 2);
}
