//! What a cluster does on a bad day, and what the command makes of it.

use crate::played::{Played, Script, Watch, status};
use crate::run::{Running, folder, kubeconfig, run};

fn namespace(name: &str) -> String {
    format!(r#"{{"metadata":{{"name":"{name}","resourceVersion":"1"}}}}"#)
}

fn pod(name: &str, address: &str) -> String {
    format!(
        r#"{{"metadata":{{"namespace":"shop","name":"{name}","labels":{{"app":"{name}"}},"resourceVersion":"1"}},"spec":{{"containers":[{{"name":"a","image":"a"}}]}},"status":{{"phase":"Running","podIP":"{address}","podIPs":[{{"ip":"{address}"}}]}}}}"#
    )
}

fn deny() -> String {
    r#"{"metadata":{"namespace":"shop","name":"deny","resourceVersion":"2"},"spec":{"podSelector":{"matchLabels":{"app":"db"}},"policyTypes":["Ingress"]}}"#.to_string()
}

fn event(kind: &str, object: &str) -> String {
    format!(r#"{{"type":"{kind}","object":{object}}}"#)
}

fn policy_event(kind: &str, version: u32) -> String {
    let object = deny().replace(r#""resourceVersion":"2""#, &format!(r#""resourceVersion":"{version}""#));
    let object = object.replacen('{', r#"{"kind":"NetworkPolicy","apiVersion":"networking.k8s.io/v1","#, 1);
    event(kind, &object)
}

fn shop() -> Vec<(&'static str, Script)> {
    let lists = |items: Vec<String>| Script { lists: vec![items], ..Script::default() };
    vec![
        ("namespaces", lists(vec![namespace("shop")])),
        ("pods", lists(vec![pod("web", "10.0.0.1"), pod("db", "10.0.0.2")])),
    ]
}

#[test]
fn changes_are_seen_over_an_expired_version_and_a_lost_connection() {
    let mut scripts = shop();
    let policies = Script {
        lists: vec![vec![], vec![deny()]],
        watches: vec![
            // The version to watch from has expired: everything is listed again, and a policy has come.
            Watch::Events(vec![event("ERROR", &status(410, "Expired"))]),
            // The connection is lost, after the policy has gone; what comes next comes over a new one.
            Watch::BreaksOff(vec![policy_event("DELETED", 3)]),
            Watch::Events(vec![policy_event("ADDED", 4)]),
        ],
        ..Script::default()
    };
    scripts.push(("networkpolicies", policies));
    let server = Played::start(&scripts);
    let folder = folder("misbehaving-watch");
    let watch = Running::start(&kubeconfig(&folder, &server.address), "list --cluster --watch -o json");
    let first = watch.line();
    assert!(first.contains(r#""workloads":["shop/pod/db","shop/pod/web"]"#), "{first}");
    let mut last = String::new();
    // Two changes in quick succession may be shown as one or as none, but never is a state shown that was not there.
    while !last.contains(r#""added":[],"removed":[{"#) {
        last = watch.line();
    }
    assert!(
        last.contains(r#"{"from":{"workloads":["shop/pod/web"]},"to":{"workloads":["shop/pod/db"]}"#),
        "{last}"
    );
}

#[test]
fn a_resource_that_may_not_be_listed_ends_the_command_and_opens_nothing() {
    let mut scripts = shop();
    scripts.push(("networkpolicies", Script { refuses: Some(403), ..Script::default() }));
    let server = Played::start(&scripts);
    let config = kubeconfig(&folder("misbehaving-403"), &server.address);
    for args in
        ["list --cluster", "list --cluster --watch", "eval --cluster --from shop/web --to shop/db --port 80"]
    {
        let (stdout, stderr, code) = run(&config, args);
        assert_eq!((stdout.as_str(), code), ("", 2), "{args}: {stderr}");
        assert!(
            stderr.contains("does not let you list `networkpolicies.networking.k8s.io`"),
            "{args}: {stderr}"
        );
    }
}

#[test]
fn wrong_ways_to_name_a_cluster_say_what_to_do() {
    let server = Played::start(&shop());
    let folder = folder("misbehaving-names");
    let config = kubeconfig(&folder, &server.address);
    let cases = [
        ("list --context elsewhere", "the kubeconfig has no context `elsewhere`; there are `test`"),
        ("list --cluster --watch -f examples/shop", "follows one running cluster and no files"),
        ("list -f examples/shop --watch", "follows one running cluster and no files"),
        ("list --cluster --watch -o md", "`--watch` prints text or, with `-o json`, one object a line"),
    ];
    for (args, expected) in cases {
        let (_, stderr, code) = run(&config, args);
        assert_eq!(code, 2, "{args}: {stderr}");
        assert!(stderr.contains(expected), "{args}: {stderr}");
    }
    let nowhere = kubeconfig(&folder, "http://127.0.0.1:9");
    let (_, stderr, code) = run(&nowhere, "list --cluster");
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot read `namespaces` from the cluster"), "{stderr}");
    let (_, stderr, code) = run(&folder.join("none"), "list --cluster");
    assert_eq!(code, 2);
    assert!(stderr.contains("no cluster can be found"), "{stderr}");
}

#[test]
fn a_cluster_answers_as_its_objects_in_files_do() {
    let server = Played::start(&shop());
    let config = kubeconfig(&folder("misbehaving-eval"), &server.address);
    for input in ["--cluster", "--context test", "-f cluster:", "-f cluster:test"] {
        let (stdout, stderr, code) =
            run(&config, &format!("eval {input} --from shop/web --to 10.0.0.2 --port 80"));
        assert_eq!(code, 0, "{input}: {stderr}");
        assert!(stdout.starts_with("allowed: shop/web -> 10.0.0.2, TCP 80"), "{input}: {stdout}");
    }
    let (stdout, _, code) = run(&config, "diff cluster: cluster:test");
    assert_eq!((stdout.as_str(), code), ("both allow the same connections\n", 0));
}
