//! Every spelling of a scalar and what the server makes of it.

use super::{check, read};

#[test]
fn plain_scalars_read_as_the_server_reads_them() {
    let cases = [
        // Booleans, of YAML 1.1, in three spellings each.
        ("true y Y yes Yes YES true True TRUE on On ON", "true"),
        ("false n N no No NO false False FALSE off Off OFF", "false"),
        // Null.
        ("null ~ null Null NULL", "null"),
        // Whole numbers.
        ("0 0 00 +0 -0 0x0 0o0 0b0 0.0 -0.0 0e5", "0"),
        ("1 1 01 +1 001 1.0 1. 0b1 0x1 0x_1 0_1 1e0 10e-1 100E-2 +1.0 1_", "1"),
        ("-1 -1 -01 -0b1 0b-1 -0x1 -1.0 -0o1 -1e0", "-1"),
        ("7 07 0o7 0O7 7 0b111 0B111 0X7", "7"),
        ("8 08 8 010 0o10 8.0 0b1000 8e0 0_8", "8"),
        ("9 09 9 011 0x9 0_0_9", "9"),
        ("10 10 1__0 1_0 0xA 0xa 012 1e1 1E+1 10.0", "10"),
        ("31 0x1F +0x1F 0x1f 0x1_F 31 037", "31"),
        ("80 80 0o120 080 8e1 8_0 080.0 0x50 0120 80.0 800e-1", "80"),
        ("511 0777 0o777 511", "511"),
        ("1000 1_000 1e3 1000 1E3 1.0e3 1000.0", "1000"),
        ("12000 12e03 12_000", "12000"),
        ("65535 65_535 0xFFFF 0xff_ff", "65535"),
        // The ends of what 64 bits hold, and beyond.
        ("i64 9223372036854775807 0x7fffffffffffffff", "9223372036854775807"),
        ("-i64 -9223372036854775808", "-9223372036854775808"),
        ("u64 18446744073709551615 0xffffffffffffffff", "18446744073709551615"),
        ("signed +9223372036854775808", "9223372036854775808"),
        ("over 100000000000000000000 1e20", "100000000000000000000"),
        // Floats that stay floats.
        ("half .5 0.5 +.5 .5_0 5e-1 0_.5 .50", "0.5"),
        ("80.5 80.5 8.05e1 8_0.5 080.5", "80.5"),
        ("1e21 1e21 1000000000000000000000 1e2_1", "1e21"),
    ];
    for (spellings, expected) in cases {
        for text in spellings.split(' ').skip(1) {
            assert_eq!(read(&std::format!("a: {text}")), [std::format!("{{\"a\":{expected}}}")], "{text}");
        }
    }
}

#[test]
fn plain_scalars_that_look_like_something_stay_text() {
    let texts = [
        "tRUE",
        "yEs",
        "oN",
        "nULL",
        "Nan",
        "nan",
        "inf",
        ".Nan",
        "-.nan",
        "1:30",
        "1:20",
        "190:20:30",
        "2001-01-01",
        "2001-01-01T00:00:00Z",
        "=",
        "<<",
        "0x",
        "0o",
        "0b",
        "0o8",
        "0b2",
        "0xG",
        "1e",
        "e3",
        "1e400",
        ".",
        "..",
        "._5",
        ".5_",
        ".5__0",
        "1.2.3",
        "10.0.0.0/8",
        "+",
        "--1",
        "+-1",
        "0x-1",
        "0x1.8p1",
        "1,000",
        "b#c",
        "a:b",
        "tcp",
        "0x1FFFFFFFFFFFFFFFFF",
        "infinity",
        "+.nan",
        "yes-no",
    ];
    for text in texts {
        assert_eq!(read(&std::format!("a: {text}")), [std::format!("{{\"a\":{text:?}}}")], "{text}");
    }
}

#[test]
fn quotes_blocks_and_tags_settle_what_a_scalar_is() {
    check(&[
        ("a: '1'", &[r#"{"a":"1"}"#]),
        ("a: \"yes\"", &[r#"{"a":"yes"}"#]),
        ("a: 'no'", &[r#"{"a":"no"}"#]),
        ("a: ''", &[r#"{"a":""}"#]),
        ("a: |\n  1\n", &[r#"{"a":"1\n"}"#]),
        ("a: |-\n  yes\n", &[r#"{"a":"yes"}"#]),
        ("a: >-\n  b\n  c\n", &[r#"{"a":"b c"}"#]),
        ("a: \"\\u0062\\x63\\n\\0\"", &[r#"{"a":"bc\n\0"}"#]),
        ("a: !!str 1", &[r#"{"a":"1"}"#]),
        ("a: !!str yes", &[r#"{"a":"yes"}"#]),
        ("a: !!str", &[r#"{"a":""}"#]),
        ("a: !!int 1", &[r#"{"a":1}"#]),
        ("a: !!int '0x1F'", &[r#"{"a":31}"#]),
        ("a: !!float 80", &[r#"{"a":80}"#]),
        ("a: !!bool yes", &[r#"{"a":true}"#]),
        ("a: !!null ''", &[r#"{"a":null}"#]),
        ("a: !!binary aGVsbG8=", &[r#"{"a":"hello"}"#]),
        ("a: !!timestamp 2001-01-01", &[r#"{"a":"2001-01-01"}"#]),
        ("a: !!timestamp '2001-1-1 10:00:00'", &[r#"{"a":"2001-1-1 10:00:00"}"#]),
        // Tags that are not YAML's own, or that are not for scalars, leave the text as it is.
        ("a: !foo 1", &[r#"{"a":"1"}"#]),
        ("a: ! 1", &[r#"{"a":"1"}"#]),
        ("a: !!map 1", &[r#"{"a":"1"}"#]),
        ("a: !<tag:yaml.org,2002:str> 1", &[r#"{"a":"1"}"#]),
        ("%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1", &[r#"{"a":"1"}"#]),
        // Tags of lists and mappings say nothing.
        ("a: !!str [1]", &[r#"{"a":[1]}"#]),
        ("a: !!set {b}", &[r#"{"a":{"b":null}}"#]),
        // Tags that do not fit.
        ("a: !!int x", &["1:4 yaml-tag a"]),
        ("a: !!int ''", &["1:4 yaml-tag a"]),
        ("a: !!int 1.0", &["1:4 yaml-tag a"]),
        ("a: !!float x", &["1:4 yaml-tag a"]),
        ("a: !!bool 1", &["1:4 yaml-tag a"]),
        ("a: !!null x", &["1:4 yaml-tag a"]),
        ("a: !!binary x", &["1:4 yaml-tag a"]),
        ("a: !!timestamp x", &["1:4 yaml-tag a"]),
        ("a: !!timestamp 2001-13-01", &["1:4 yaml-tag a"]),
    ]);
}

#[test]
fn numbers_that_json_cannot_hold_are_errors() {
    for text in [".inf", ".Inf", "+.INF", "-.inf", "-.INF", ".nan", ".NaN", ".NAN"] {
        assert_eq!(read(&std::format!("a: [{text}]")), ["1:5 number a[0]"], "{text}");
    }
}

#[test]
fn keys_become_text() {
    let cases = [
        ("1", "1"),
        ("01", "1"),
        ("0x10", "16"),
        ("-0", "0"),
        ("yes", "true"),
        ("off", "false"),
        ("1.5", "1.5"),
        ("1e3", "1000"),
        ("1000000.0", "1e+06"),
        ("1234567.0", "1.234567e+06"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("16777217.0", "1.6777216e+07"),
        ("1e300", ".inf"),
        ("-.inf", "-.inf"),
        (".nan", ".nan"),
        ("2001-01-01", "2001-01-01"),
        ("'~'", "~"),
        ("a.b/c", "a.b/c"),
        ("!!str 1", "1"),
    ];
    for (key, expected) in cases {
        assert_eq!(read(&std::format!("{key}: x")), [std::format!("{{{expected:?}:\"x\"}}")], "{key}");
    }
}

#[test]
fn keys_without_text_are_errors() {
    check(&[
        ("a:\n  ~: b", &["2:3 key-type a"]),
        ("null: b", &["1:1 key-type"]),
        ("9223372036854775808: x", &["1:1 key-type"]),
        ("? [a]\n: 1", &["1:3 key-type"]),
        ("? {a: 1}\n: 1", &["1:3 key-type"]),
        // Each of them is reported.
        ("~: b\nnull: [c]\nd: e", &["1:1 key-type", "2:1 key-type"]),
    ]);
}
