//! `portcullis replay`: a stream of flows, answered line by line.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use expect_test::expect;

use crate::run::{folder, root, run, run_with};

const SHOP: &str = "replay -f examples/shop --flows";

#[test]
fn every_line_is_answered_in_order_and_a_bad_one_costs_only_itself() {
    let flows = r#"{"from":{"ip":"192.0.2.1"},"to":{"workload":"edge/deployment/proxy"},"port":8443}
{"from":{"pod":"shop/web"},"to":{"pod":"data/db-0"},"port":5432}

not a flow
{"from":{"ip":"fd00:10:244:1::a"},"to":{"pod":"data/db-1"},"protocol":"tcp","port":"postgres","sourcePort":40000}
{"from":{"service":"shop/web"},"to":{"pod":"data/db-0"},"port":80}
{"from":{"ip":"192.0.2.1"},"to":{"ip":"198.51.100.1"},"protocol":1,"icmpType":8,"icmpCode":0}
{"from":{"ip":"192.0.2.1"},"to":{"ip":"2001:db8::1"},"port":1}
{"from":{"workload":"data/statefulset/db"},"to":{"workload":"data/statefulset/db"},"port":1}
{"from":{"ip":"203.0.113.7"},"to":{"workload":"shop/deployment/web"},"port":8080,"connection":"reply"}
"#;
    let ran = run_with(&format!("{SHOP} -"), flows);
    expect![[r#"
        {"allowed":true,"egress":{"allowed":true,"reason":"not-a-pod","rule":null},"ingress":{"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"edge/proxy","path":"spec.ingress[0]","file":"examples/shop/edge.yaml","line":32}}}
        {"error":{"code":"no-such-end","message":"there is no pod `shop/web`; did you mean `shop/deployment/web`?"}}
        {"error":{"code":"bad-line","message":"the line is no flow: expected ident at line 1 column 2"}}
        {"allowed":true,"egress":{"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"data/db","path":"spec.egress[0]","file":"examples/shop/data.yaml","line":112}},"ingress":{"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"data/db","path":"spec.ingress[0]","file":"examples/shop/data.yaml","line":96}}}
        {"error":{"code":"service-as-source","message":"`shop/service/web` is a service, and connections come from pods; name a pod or workload behind it"}}
        {"allowed":true,"egress":{"allowed":true,"reason":"not-a-pod","rule":null},"ingress":{"allowed":true,"reason":"not-a-pod","rule":null}}
        {"error":{"code":"no-shared-family","message":"`192.0.2.1` and `2001:db8::1` share no address family"}}
        {"allowed":null,"verdict":"some","egress":{"allowed":null,"reason":null,"rule":null},"ingress":{"allowed":null,"reason":null,"rule":null},"pairs":[{"from":"data/db-0","to":"data/db-0","allowed":true},{"from":"data/db-1","to":"data/db-0","allowed":false},{"from":"data/db-0","to":"data/db-1","allowed":false},{"from":"data/db-1","to":"data/db-1","allowed":true}],"rules":["NP-020"]}
        {"allowed":true,"egress":{"allowed":true,"reason":"reply","rule":null},"ingress":{"allowed":true,"reason":"reply","rule":null}}
        exit 3
    "#]].assert_eq(&ran.all());
    assert_eq!(run_with(&format!("{SHOP} -"), "").all(), "exit 0\n", "no flow, no answer");
}

#[test]
fn verdicts_do_not_count_in_the_exit_code() {
    assert_eq!(run(&format!("{SHOP} examples/shop/flows.jsonl")).code, 0);
}

#[test]
fn lines_that_are_no_text_or_have_no_end_are_answered_with_an_error() {
    for line in [&b"\xff\xfe\n"[..], &[b'x'; 3 << 20], b"{}", b"[]\n"] {
        let ran = run_with(&format!("{SHOP} -"), line);
        assert_eq!((ran.code, ran.stdout.lines().count()), (3, 1));
        assert!(ran.stdout.starts_with(r#"{"error":{"code":"bad-line","message":"the line is no flow: "#));
    }
}

#[test]
fn a_line_is_answered_before_the_next_one_comes() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["replay", "-f", "examples/shop", "--flows", "-"])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut flows = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for (port, allowed) in [(8443, true), (8444, false)] {
        writeln!(
            flows,
            r#"{{"from":{{"ip":"192.0.2.1"}},"to":{{"workload":"edge/deployment/proxy"}},"port":{port}}}"#
        )
        .unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert!(answer.starts_with(&format!(r#"{{"allowed":{allowed},"#)), "{answer}");
    }
    drop(flows);
    assert!(child.wait().unwrap().success());
}

#[test]
fn corpus_probes_replay_as_they_are_and_a_misspelt_field_does_not() {
    let probe = r#"{"from":{"pod":"data/db-0"},"to":{"pod":"data/db-1"},"protocol":"TCP","port":5432,"egress":true,"ingress":true,"allowed":true}"#;
    assert_eq!(run_with(&format!("{SHOP} -"), probe).code, 0);
    let ran = run_with(&format!("{SHOP} -"), probe.replace("protocol", "protcol"));
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("unknown field `protcol`"), "{}", ran.stdout);
}

#[test]
fn a_bare_name_takes_the_namespace_of_the_command_line() {
    let line = r#"{"from":{"pod":"db-0"},"to":{"pod":"db-1"},"port":5432}"#;
    assert_eq!(run_with(&format!("{SHOP} - -n data"), line).code, 0);
    assert_eq!(run_with(&format!("{SHOP} -"), line).code, 3);
}

#[test]
fn flows_that_cannot_be_read_exit_2() {
    assert_eq!(
        run("replay -f - --flows -").all(),
        "error: manifests and flows cannot both come from standard input; name a file for one of them\nexit 2\n"
    );
    let missing = folder("replay").join("none.jsonl");
    let ran = run(&format!("{SHOP} {}", missing.display()));
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.starts_with("error: cannot read `"), "{}", ran.stderr);
    assert_eq!(run("replay -f examples/shop").code, 2);
    assert_eq!(run(&format!("{SHOP} - --line 2")).code, 2, "`--line` is for `--save-case`");
}
