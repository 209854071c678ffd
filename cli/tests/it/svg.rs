//! Drawings: every name is in them, whatever it is made of, and they are XML.

use crate::run::run;

#[test]
fn a_drawing_names_every_end_and_every_port_and_is_the_same_each_time() {
    let ran = run("list -f examples/shop -o svg");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for text in
        ["deployment/web", "statefulset/db", "TCP 8443", "any address outside", "prefers-color-scheme:dark"]
    {
        assert!(ran.stdout.contains(text), "{text}");
    }
    assert_eq!(run("list -f examples/shop -o svg").stdout, ran.stdout);
    let (mut open, mut rest) = (Vec::new(), ran.stdout.as_str());
    // Every element that begins ends, in order.
    while let Some((_, from)) = rest.split_once('<') {
        let (tag, after) = from.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn what_changed_is_told_by_sign_and_by_class() {
    let ran = run("diff examples/diff/old examples/diff/new -o svg");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    for text in ["<g class=\"added\">", "<g class=\"removed\">", ">+ TCP 9187<", ">- TCP 5432<"] {
        assert!(ran.stdout.contains(text), "{text}: {}", ran.stdout);
    }
}
