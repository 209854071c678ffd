//! A real API server as input. `cargo xtask apiserver --test` builds it and runs these.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::{Running, folder, root, run};
use crate::server::Server;

const SHOP: &str = include_str!("shop.yaml");
const DENY: &str = include_str!("deny.yaml");
const TIER: &str = include_str!("tier.yaml");

/// Connections as the command lists them.
fn listed(server: &Server, input: &str) -> Value {
    let (stdout, stderr, code) = run(&server.kubeconfig, &format!("list {input} -o json"));
    assert_eq!(code, 0, "{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// Texts as files that `-f` names.
fn files(folder: &Path, texts: &[(&str, &str)]) -> String {
    let path = |name: &str| -> PathBuf { folder.join(name) };
    let write = |(name, text): &(&str, &str)| {
        fs::write(path(name), text).unwrap();
        format!("-f {}", path(name).display())
    };
    texts.iter().map(write).collect::<Vec<_>>().join(" ")
}

/// Installs the definitions of the policies of clusters, and waits until they are served.
fn define_policies(server: &Server) {
    let folder = std::env::var_os("PORTCULLIS_DEFINITIONS")
        .expect("PORTCULLIS_DEFINITIONS names no folder: run `cargo xtask apiserver --test`");
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        server.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &text).unwrap();
    }
    let started = Instant::now();
    let served =
        || server.ask("GET", "/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies", "").is_ok();
    while !served() {
        assert!(started.elapsed() < Duration::from_secs(60), "the definitions are not served");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
#[ignore = "needs a real API server: `cargo xtask apiserver --test`"]
fn a_cluster_allows_what_its_manifests_allow_tiers_and_services_included() {
    let folder = folder("real-list");
    let server = Server::start(folder.clone());
    server.create(SHOP);
    let without = listed(&server, "--cluster");
    assert_eq!(without, listed(&server, &files(&folder, &[("shop.yaml", SHOP)])));
    define_policies(&server);
    server.create(TIER);
    let with = listed(&server, "--cluster");
    assert_eq!(with, listed(&server, &files(&folder, &[("shop.yaml", SHOP), ("tier.yaml", TIER)])));
    assert_ne!(with, without, "the policy of the cluster denies something");
    let (stdout, stderr, code) =
        run(&server.kubeconfig, "eval --cluster --from shop/web --to svc/data/db --port 5432");
    assert_eq!(code, 1, "{stdout}{stderr}");
    assert!(stdout.contains("no-outside"), "{stdout}");
}

#[test]
#[ignore = "needs a real API server: `cargo xtask apiserver --test`"]
fn changes_of_a_cluster_are_printed_as_they_come_over_a_restart_of_the_server() {
    let mut server = Server::start(folder("real-watch"));
    server.create(SHOP);
    let watch = Running::start(&server.kubeconfig, "list --cluster --watch -o json");
    let first = watch.line();
    assert!(first.starts_with(r#"{"workloads":["data/pod/db","shop/deployment/web"],"#), "{first}");
    server.create(DENY);
    let denied = watch.line();
    assert!(denied.starts_with(r#"{"added":[],"removed":["#), "{denied}");
    server.restart();
    server
        .ask("DELETE", "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/default-deny", "")
        .unwrap();
    let allowed = watch.line();
    assert!(allowed.starts_with(r#"{"added":["#) && allowed.ends_with(r#""removed":[]}"#), "{allowed}");
}

#[test]
#[ignore = "needs a real API server: `cargo xtask apiserver --test`"]
fn the_examples_are_accepted_by_the_server() {
    let server = Server::start(folder("real-examples"));
    let mut accepted = 0;
    for name in ["namespaces.yaml", "shop.yaml", "payments.yaml", "edge.yaml"] {
        let text = fs::read_to_string(root().join("examples/shop").join(name)).unwrap();
        for document in text.split("---\n").filter(|document| document.contains("\nkind: ")) {
            // Each server has this one from the start.
            if document.contains("\n  name: kube-system") {
                continue;
            }
            let path = crate::server::collection(document);
            // Namespaces have to be there for what is in them; the rest is only asked about.
            let query = if path.ends_with("/namespaces") { "" } else { "?dryRun=All&fieldValidation=Strict" };
            server
                .ask("POST", &format!("{path}{query}"), document)
                .unwrap_or_else(|error| panic!("{name}: {error}\n{document}"));
            accepted += 1;
        }
    }
    assert!(accepted >= 19, "{accepted}");
}
