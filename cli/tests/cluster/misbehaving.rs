//! What a cluster does on a bad day, and what the command makes of it.

use crate::played::{Played, Script, Watch, status};
use crate::run::{Running, folder, kubeconfig, run};
use crate::shown::{arguments, commands, documents};

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

/// The scripts of a shop to which a policy of the cluster comes, with its definition.
fn shop_to_which_a_tier_comes() -> Vec<(&'static str, Script)> {
    let tier = r#"{"metadata":{"name":"closed","resourceVersion":"2"},"spec":{"tier":"Admin","priority":1,"subject":{"pods":{"namespaceSelector":{},"podSelector":{"matchLabels":{"app":"db"}}}},"ingress":[{"action":"Deny","from":[{"namespaces":{}}]}]}}"#;
    let definition = Script { lists: vec![vec![tier.to_string()]], comes_after: 1, ..Script::default() };
    let mut scripts = shop();
    scripts.push(("clusternetworkpolicies", definition));
    scripts
}

#[test]
fn a_definition_that_comes_later_is_seen_with_its_policies() {
    let server = Played::start(&shop_to_which_a_tier_comes());
    let config = kubeconfig(&folder("misbehaving-definition"), &server.address);
    let watch = Running::start(&config, "list --cluster --watch -o json");
    let first = watch.line();
    assert!(first.contains(r#""workloads":["shop/pod/db","shop/pod/web"]"#), "{first}");
    let change = watch.line();
    assert!(
        change.starts_with(
            r#"{"added":[],"removed":[{"from":{"workloads":["shop/pod/web"]},"to":{"workloads":["shop/pod/db"]}"#
        ),
        "{change}"
    );
}

#[test]
fn a_change_after_which_nobody_knows_is_printed_too() {
    // Nobody knows what Cilium makes of policies of the cluster.
    let config = |name| {
        let server = Played::start(&shop_to_which_a_tier_comes());
        kubeconfig(&folder(name), &server.address)
    };
    let args = "list --cluster --watch --profile cilium";
    let watch = Running::start(&config("misbehaving-unknown-json"), &format!("{args} -o json"));
    let first = watch.line();
    assert!(!first.contains("unknown"), "{first}");
    let change = watch.line();
    let expected = r#"{"added":[],"removed":[],"unknown":[{"from":{"workloads":["shop/pod/web"]},"to":{"workloads":["shop/pod/db"]}"#;
    assert!(change.starts_with(expected), "{change}");
    let watch = Running::start(&config("misbehaving-unknown-text"), args);
    let mut line = watch.line();
    while !line.starts_with('?') {
        line = watch.line();
    }
    assert_eq!(line, "? shop/pod/web -> shop/pod/db: TCP UDP");
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

#[test]
fn every_command_that_reads_manifests_reads_a_cluster() {
    let server = Played::start(&shop());
    let folder = folder("misbehaving-commands");
    let config = kubeconfig(&folder, &server.address);
    let flows = folder.join("flows.jsonl");
    let flow = r#"{"from":{"pod":"shop/web"},"to":{"pod":"shop/db"},"port":80}"#;
    std::fs::write(&flows, format!("{flow}\n")).unwrap();
    let flows = flows.display();
    let asked = "--from shop/web --to shop/db --port 80";
    for input in ["--cluster", "--context test"] {
        let cases = [
            (format!("why {input} {asked}"), "allowed: shop/web -> shop/db, TCP 80"),
            (format!("replay {input} --flows {flows}"), r#"{"allowed":true,"#),
            (format!("suggest {input} --flows {flows}"), "# shop/pod/db\n"),
            (format!("fix {input} {asked} --want allow"), "nothing to do: it is allowed already"),
            (format!("test {input} --init"), "kind: PolicyTest"),
            (format!("validate {input}"), "valid: "),
        ];
        for (args, expected) in cases {
            let (stdout, stderr, code) = run(&config, &args);
            assert_eq!(code, 0, "{args}: {stdout}{stderr}");
            assert!(stdout.contains(expected), "{args}: {stdout}");
        }
    }
}

#[test]
fn what_the_documents_show_of_clusters_runs() {
    let server = Played::start(&shop());
    let folder = folder("misbehaving-documents");
    let config = std::fs::read_to_string(kubeconfig(&folder, &server.address)).unwrap();
    // The documents have a context of this name, and a pod of a namespace that this cluster does not have.
    let staging = config.replace("- name: test\n  context:", "- name: staging\n  context:");
    let staging = staging.replace("current-context: test", "current-context: staging");
    let config = folder.join("kubeconfig");
    std::fs::write(&config, staging).unwrap();
    let documents = documents().into_iter().flat_map(|document| commands(&document));
    let mut ran = 0;
    for shown in documents.filter(|shown| shown.output.is_none()) {
        let asks = ["--cluster", "--context", "cluster:"].iter().any(|mark| shown.command.contains(mark));
        let command = shown.command.strip_prefix("kubectl ").unwrap_or(&shown.command);
        let Some(arguments) = arguments(command).filter(|_| asks) else { continue };
        let arguments = arguments.replace("manifests/", "examples/shop").replace("data/db", "shop/db");
        if arguments.contains("--watch") {
            let line = Running::start(&config, &arguments).line();
            assert!(line.contains("->"), "{}: {arguments}: {line}", shown.document);
        } else {
            let (stdout, stderr, code) = run(&config, &arguments);
            assert!(code < 2, "{arguments}: {stdout}{stderr}");
        }
        ran += 1;
    }
    assert!(ran >= 5, "{ran}");
}
