use alloc::string::{String, ToString};

use super::{Edit, Fresh, Layout, Step, apply};
use crate::source::Position;

/// A text after an edit that a function finds in its first object.
fn edited(text: &str, edit: impl FnOnce(&Layout<'_>, &super::Part) -> Option<Edit>) -> String {
    let layout = Layout::of(text);
    let root = layout.first().unwrap();
    match edit(&layout, root) {
        Some(edit) => apply(text, &[edit]).unwrap(),
        None => "no edit".to_string(),
    }
}

fn port(number: u16) -> Fresh {
    Fresh::map([("port", Fresh::Number(number))])
}

fn appended(text: &str) -> String {
    edited(text, |layout, root| layout.append_under(root, "ports", &port(81)))
}

#[test]
fn an_item_is_put_in_as_the_others_are_written() {
    let cases = [
        ("ports:\n- port: 80 # http\nrest: 1\n", "ports:\n- port: 80 # http\n- port: 81\nrest: 1\n"),
        (
            "ports:\n  - port: 80\n    # below\n# end\n",
            "ports:\n  - port: 80\n    # below\n  - port: 81\n# end\n",
        ),
        ("ports:\n- {port: 80}", "ports:\n- {port: 80}\n- {port: 81}"),
        ("ports: [{port: 80}] # x\n", "ports: [{port: 80}, {port: 81}] # x\n"),
        ("ports: [ {port: 80}, ]\n", "ports: [ {port: 80}, {port: 81} ]\n"),
        ("ports: []\n", "ports: [{port: 81}]\n"),
        ("ports:\nrest: 1\n", "ports:\n- port: 81\nrest: 1\n"),
        ("ports: # none\nrest: 1\n", "ports: # none\n- port: 81\nrest: 1\n"),
        ("ports: null\n", "ports: [{port: 81}]\n"),
        ("a: 1\n", "a: 1\nports:\n- port: 81\n"),
        ("{a: 1}\n", "{a: 1, ports: [{port: 81}]}\n"),
        ("{\"a\": 1}\n", "{\"a\": 1, \"ports\": [{\"port\": 81}]}\n"),
        ("a: 1\r\nports:\r\n- port: 80\r\n", "a: 1\r\nports:\r\n- port: 80\r\n- port: 81\r\n"),
        ("ports:\n- note: |\n    text\n\nrest: 1\n", "ports:\n- note: |\n    text\n- port: 81\n\nrest: 1\n"),
        (
            "{\n  \"ports\": [\n    {\"port\": 80}\n  ]\n}\n",
            "{\n  \"ports\": [\n    {\"port\": 80},\n    {\"port\": 81}\n  ]\n}\n",
        ),
        ("ports: &p\n- port: 80\nother: *p\n", "ports: &p\n- port: 80\n- port: 81\nother: *p\n"),
        ("other: &p [{port: 80}]\nports: *p\n", "no edit"),
        ("ports: text\n", "no edit"),
    ];
    for (text, expected) in cases {
        assert_eq!(appended(text), expected, "{text}");
    }
}

#[test]
fn an_item_is_taken_out_with_its_lines_and_nothing_else() {
    let remove = |text: &str, index| {
        edited(text, |layout, root| {
            let list = root.go(&[Step::Key("ports")])?;
            layout.remove_item(list, index)
        })
    };
    let block = "ports:\n# first\n- port: 80 # http\n# second\n- port: 81\n  protocol: UDP\nrest: 1\n";
    assert_eq!(remove(block, 0), "ports:\n# first\n# second\n- port: 81\n  protocol: UDP\nrest: 1\n");
    assert_eq!(remove(block, 1), "ports:\n# first\n- port: 80 # http\n# second\nrest: 1\n");
    assert_eq!(remove("ports: [80, 81, 82] # x\n", 1), "ports: [80, 82] # x\n");
    assert_eq!(remove("ports: [80, 81, 82] # x\n", 2), "ports: [80, 81] # x\n");
    assert_eq!(remove("ports: [80]\n", 0), "no edit");
    assert_eq!(remove("ports:\n- 80\n- 81", 1), "ports:\n- 80\n");
    assert_eq!(remove("ports: [80, # why\n  81]\n", 0), "no edit");
    let empty = |text: &str| edited(text, |layout, root| layout.empty_under(root, "ports"));
    assert_eq!(empty("ports:\n- port: 80\nrest: 1\n"), "ports: []\nrest: 1\n");
    assert_eq!(empty("ports: [80] # x\n"), "ports: [] # x\n");
    assert_eq!(empty("ports: # x\n- 80\n"), "no edit");
}

#[test]
fn a_key_is_taken_out_with_its_lines_and_nothing_else() {
    let remove = |text: &str, key| edited(text, |layout, root| layout.remove_entry(root, key));
    let block = "a: 1 # one\nb:\n- 2\n# three\nc: 3\n";
    assert_eq!(remove(block, "b"), "a: 1 # one\n# three\nc: 3\n");
    assert_eq!(remove(block, "c"), "a: 1 # one\nb:\n- 2\n# three\n");
    assert_eq!(remove("a: 1\nb: 2\n", "a"), "b: 2\n");
    assert_eq!(remove("a: 1 # one\nb: 2\n", "a"), "no edit");
    assert_eq!(remove("a: 1\n", "a"), "no edit");
    assert_eq!(remove("a: 1\n", "b"), "no edit");
    assert_eq!(remove("{a: 1, b: 2, c: 3} # x\n", "b"), "{a: 1, c: 3} # x\n");
    assert_eq!(remove("{a: 1, b: 2}\n", "b"), "{a: 1}\n");
    let item = |text: &str, key| {
        edited(text, |layout, root| layout.remove_entry(root.go(&[Step::Key("l"), Step::Item(0)])?, key))
    };
    assert_eq!(item("l:\n- from: []\n  ports: [80]\n", "from"), "l:\n- ports: [80]\n");
    assert_eq!(item("l:\n- from: []\n  ports: [80]\n", "ports"), "l:\n- from: []\n");
}

#[test]
fn an_item_joins_the_one_before_it_where_both_are_mappings_of_one_style() {
    let join = |text: &str| edited(text, |layout, root| layout.join_item(root.go(&[Step::Key("l")])?, 1));
    assert_eq!(join("l:\n- a: 1 # one\n- b: 2 # two\n"), "l:\n- a: 1 # one\n  b: 2 # two\n");
    assert_eq!(
        join("l:\n  - a: 1\n  # two\n  - b:\n      c: 2\n"),
        "l:\n  - a: 1\n  # two\n    b:\n      c: 2\n"
    );
    assert_eq!(join("l: [{a: 1}, {b: 2}] # x\n"), "l: [{a: 1, b: 2}] # x\n");
    assert_eq!(join("l:\n- {a: 1}\n- {b: 2}\n"), "l:\n- {a: 1, b: 2}\n");
    for text in
        ["l:\n- {a: 1}\n- b: 2\n", "l:\n- a: 1\n- 2\n", "l:\n- {a: 1} # one\n- {b: 2}\n", "l:\n- a: 1\n"]
    {
        assert_eq!(join(text), "no edit", "{text}");
    }
}

#[test]
fn the_object_around_a_place_is_a_document_or_an_item_of_a_list() {
    let text = "a: 1\n---\nkind: List\nitems:\n- kind: Pod\n  b: 2\n- kind: Pod\n  c: 3\n";
    let layout = Layout::of(text);
    let around =
        |line, column| layout.around(Position { line, column }).map(|part| layout.source(part).trim());
    assert_eq!(around(1, 4), Some("a: 1"));
    assert_eq!(around(6, 3), Some("kind: Pod\n  b: 2"));
    assert_eq!(around(8, 6), Some("kind: Pod\n  c: 3"));
    assert!(around(3, 1).is_some_and(|text| text.starts_with("kind: List")));
}

#[test]
fn texts_are_quoted_only_where_they_would_be_read_as_something_else() {
    let cases = [
        ("web", "web"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("::/0", "\"::/0\""),
        ("on", "\"on\""),
        ("8080", "\"8080\""),
        ("1e3", "\"1e3\""),
        ("", "\"\""),
        ("app.kubernetes.io/name", "app.kubernetes.io/name"),
        ("a b", "\"a b\""),
        ("-", "\"-\""),
    ];
    for (text, expected) in cases {
        assert_eq!(Fresh::text(text).flow(false), expected);
    }
    assert_eq!(Fresh::text("web").flow(true), "\"web\"");
}

#[test]
fn objects_are_found_by_place_and_by_name_in_lists_too() {
    let text = "\u{feff}# a\n---\nkind: List\nitems:\n- kind: Pod\n  metadata: {name: a, namespace: s}\n---\nkind: Pod\nmetadata: {name: b}\n";
    let layout = Layout::of(text);
    let source = |part: Option<&super::Part>| part.map(|part| layout.source(part).to_string());
    let pod = source(layout.object(Position { line: 5, column: 3 })).unwrap();
    assert!(pod.starts_with("kind: Pod\n  metadata") && pod.ends_with("namespace: s}"), "{pod}");
    assert_eq!(source(layout.named("Pod", "s", "a")), Some(pod));
    assert!(source(layout.named("Pod", "default", "b")).unwrap().ends_with("{name: b}"));
    assert_eq!(layout.named("Pod", "s", "b"), None);
}

#[test]
fn lists_of_new_documents_are_indented_as_the_others() {
    let value = Fresh::map([("kind", Fresh::text("X")), ("items", Fresh::List(alloc::vec![port(80)]))]);
    let add = |text: &str| {
        let layout = Layout::of(text);
        apply(text, &[layout.append_document(&value).unwrap()]).unwrap()
    };
    assert_eq!(add("a:\n- b: 1"), "a:\n- b: 1\n---\nkind: X\nitems:\n- port: 80\n");
    assert_eq!(add("a:\n  - b: 1\n"), "a:\n  - b: 1\n---\nkind: X\nitems:\n  - port: 80\n");
    assert!(Layout::of("{\"a\": 1}").append_document(&value).is_none());
}

#[test]
fn edits_that_overlap_are_refused() {
    let edit = |start, end| Edit { start, end, text: String::new() };
    assert_eq!(apply("abcd", &[edit(0, 2), edit(1, 3)]), None);
    assert_eq!(apply("abcd", &[edit(3, 9)]), None);
    assert_eq!(apply("abcd", &[edit(2, 3), edit(0, 1)]).unwrap(), "bd");
}
