//! YAML's structure: markers, tabs, keys that repeat, merge keys, anchors, positions.

use super::super::{Limits, parse};
use super::{check, read};
use crate::manifest::tree::{Node, Value};

#[test]
fn structure_reads_as_the_server_reads_it() {
    check(&[
        ("a: b # c", &[r#"{"a":"b"}"#]),
        ("a:\n- b\n- c\nd: e", &[r#"{"a":["b","c"],"d":"e"}"#]),
        ("- - a\n  - b", &[r#"[["a","b"]]"#]),
        ("a:\nb:\n- \n", &[r#"{"a":null,"b":[null]}"#]),
        ("a: {b: c, d}\n", &[r#"{"a":{"b":"c","d":null}}"#]),
        ("{\"a\":b}", &[r#"{"a":"b"}"#]),
        ("[a, b: c,]", &[r#"["a",{"b":"c"}]"#]),
        ("? a\n? b", &[r#"{"a":null,"b":null}"#]),
        ("a: b: c", &["1:5 yaml-syntax"]),
        ("a: - b", &["1:4 yaml-syntax"]),
        ("a: @b", &["1:4 yaml-syntax"]),
        ("a: `b`", &["1:4 yaml-syntax"]),
        ("a: %b", &["1:4 yaml-syntax"]),
        ("a: ? b", &["1:4 yaml-syntax"]),
        ("a: \"b\"c", &["1:7 yaml-syntax"]),
        ("a: 'b", &["1:4 yaml-syntax"]),
    ]);
}

#[test]
fn tabs_separate_after_a_colon_and_nowhere_else_matter() {
    check(&[
        ("name:\tp", &[r#"{"name":"p"}"#]),
        ("name:\t\tp\nb:\tq\nc:\t-1\n", &[r#"{"name":"p","b":"q","c":-1}"#]),
        ("a:\t\n  b:\t1", &[r#"{"a":{"b":1}}"#]),
        ("é:\tx\nb: c: d", &["2:5 yaml-syntax"]),
        ("a:\t- b", &["1:4 yaml-syntax"]),
        // Tabs that belong to a text are kept, also next to ones that do not.
        ("a:\tb\nc: 'd:\te'", &[r#"{"a":"b","c":"d:\te"}"#]),
        ("a:\tb\nc: |\n  d:\te\n", &[r#"{"a":"b","c":"d:\te\n"}"#]),
        ("a:\tb\nc: \"d:\te\"\nf:\tg", &[r#"{"a":"b","c":"d:\te","f":"g"}"#]),
    ]);
}

#[test]
fn positions_are_not_moved_by_tabs() {
    let parsed = parse("a:\tb\nc:\t{d: e}", &Limits::DEFAULT);
    let Value::Mapping(fields) = &parsed.documents[0].root.value else { panic!("{parsed:?}") };
    let places: std::vec::Vec<_> =
        fields.iter().map(|field| (field.at.line, field.at.column, field.node.at.column)).collect();
    assert_eq!(places, [(1, 1, 4), (2, 1, 4)]);
}

#[test]
fn many_tabs_after_colons_end_in_an_answer() {
    let text = "key:\tvalue\n".repeat(300);
    let warnings = read(&text);
    assert_eq!(warnings.len(), 300);
    assert_eq!(warnings[0], r#"{"key":"value"}"#);
    assert_eq!(warnings[299], "300:1 duplicate-key key");
}

#[test]
fn repeated_keys_are_warned_about_and_the_last_wins() {
    check(&[
        ("a: 1\na: 2", &[r#"{"a":2}"#, "2:1 duplicate-key a"]),
        (
            "s:\n- p: 80\n  p: 81\n  p: 82",
            &[r#"{"s":[{"p":82}]}"#, "3:3 duplicate-key s[0].p", "4:3 duplicate-key s[0].p"],
        ),
        ("l: {a.b/c: x, a.b/c: z}", &[r#"{"l":{"a.b/c":"z"}}"#, "1:15 duplicate-key l[a.b/c]"]),
        ("1: a\n'1': b", &[r#"{"1":"b"}"#, "2:1 duplicate-key 1"]),
    ]);
    let parsed = parse("x:\n  a: 1\n  a: 2\n", &Limits::DEFAULT);
    assert_eq!(
        parsed.problems[0].message,
        "key `a` already set in this mapping, at line 2; the last one wins, remove the other"
    );
    // Beyond the size from which mappings have an index.
    let keys: std::string::String = (0..40).map(|key| std::format!("k{key}: {key}\n")).collect();
    assert_eq!(
        read(&std::format!("{keys}k3: x\nk39: y\n"))[1..],
        ["41:1 duplicate-key k3", "42:1 duplicate-key k39"]
    );
}

#[test]
fn merge_keys_apply_in_the_order_they_are_written() {
    check(&[
        ("x: &l {app: db}\nz: {<<: *l, z: 1}", &[r#"{"x":{"app":"db"},"z":{"app":"db","z":1}}"#]),
        ("<<: {a: 2}\na: 1", &[r#"{"a":1}"#]),
        ("a: 1\n<<: {a: 2}", &[r#"{"a":2}"#, "2:1 merge-replaces a"]),
        ("<<: [{a: 1}, {a: 2, b: 3}]", &[r#"{"a":1,"b":3}"#]),
        ("<<: {a: 1}\n<<: {a: 2}", &[r#"{"a":2}"#]),
        ("<<: {<<: {a: 1}, b: 2}", &[r#"{"a":1,"b":2}"#]),
        ("!!merge x: {a: 1}", &[r#"{"x":{"a":1}}"#]),
        ("'<<': {a: 1}", &[r#"{"<<":{"a":1}}"#]),
        ("<<: 1", &["1:1 yaml-merge"]),
        ("<<: ~", &["1:1 yaml-merge"]),
        ("<<: [1]", &["1:1 yaml-merge"]),
        ("a: &s [{b: 1}]\nc: {<<: *s}", &["2:5 yaml-merge c"]),
        ("a: &s {b: 1}\nc: {<<: [*s, {d: 2}]}", &[r#"{"a":{"b":1},"c":{"d":2,"b":1}}"#]),
    ]);
}

#[test]
fn aliases_stand_for_what_their_anchor_names() {
    check(&[
        ("a: &x b\nc: *x", &[r#"{"a":"b","c":"b"}"#]),
        ("a: &x\nb: *x", &[r#"{"a":null,"b":null}"#]),
        ("a: &x 1\nb: &x 2\nc: *x", &[r#"{"a":1,"b":2,"c":2}"#]),
        ("&k k: *k", &[r#"{"k":"k"}"#]),
        ("&k k: 1\n*k : 2", &[r#"{"k":2}"#, "2:1 duplicate-key k"]),
        ("a: &x [1]\n*x : 2", &["2:1 key-type"]),
        ("a: *y", &["1:4 yaml-alias"]),
        ("a: &x [*x]", &["1:8 yaml-alias a[0]"]),
        ("a: &x {b: *x}", &["1:11 yaml-alias a.b"]),
        // Anchors end with their document.
        ("a: &x 1\n---\nb: *x", &[r#"{"a":1}"#, "3:4 yaml-alias"]),
    ]);
}

#[test]
fn every_node_and_key_knows_its_place() {
    fn places(node: &Node, into: &mut std::vec::Vec<std::string::String>) {
        into.push(std::format!("{}:{}", node.at.line, node.at.column));
        match &node.value {
            Value::Sequence(items) => items.iter().for_each(|item| places(item, into)),
            Value::Mapping(fields) => {
                for field in fields {
                    into.push(std::format!("{}@{}:{}", field.key, field.at.line, field.at.column));
                    places(&field.node, into);
                }
            }
            _ => {}
        }
    }
    let cases = [
        ("a: b", "1:1 a@1:1 1:4"),
        (
            "# c\r\nspec:\r\n  x:\r\n  - é: 'y'\r\n    z:\r\n",
            "2:1 spec@2:1 3:3 x@3:3 4:5 4:5 é@4:5 4:8 z@5:5 5:5",
        ),
        ("a: {b: [c]}", "1:1 a@1:1 1:4 b@1:5 1:8 1:9"),
        ("\u{feff}a: 1", "1:1 a@1:1 1:4"),
        ("---\n# c\n---\na: >-\n  x\n", "4:1 a@4:1 5:3"),
        ("{\"é\": [1,\n {\"b\": 2}]}", "1:1 é@1:2 1:7 1:8 2:2 b@2:3 2:8"),
        ("{\"a\":\"é\",\"b\":1}\r\n{\"c\":2}", "1:1 a@1:2 1:6 b@1:10 1:14"),
    ];
    for (text, expected) in cases {
        let parsed = parse(text, &Limits::DEFAULT);
        let mut found = std::vec::Vec::new();
        places(&parsed.documents[0].root, &mut found);
        assert_eq!(found.join(" "), expected, "{text:?}");
    }
}
