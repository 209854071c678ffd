//! `portcullis fix`: candidates, patches that git takes, files that are changed.

use std::fs;
use std::process::Command;

use expect_test::{Expect, expect};

use crate::run::{folder, root, run, run_with};

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(args).all());
}

const REPORT: &str = "fix -f examples/shop --from shop/report --to data/db-0 --port 5433";

#[test]
fn candidates_are_shown_with_their_patch_and_all_that_they_change() {
    let opened = run(&format!("{REPORT} --want allow --candidate 1"));
    assert_eq!(opened.code, 0, "{}", opened.stderr);
    let parts =
        ["1. ", "all that it changes:", "+ shop/cronjob/report", "TCP 5433", "--- a/examples/shop/", "\n@@ "];
    for part in parts {
        assert!(opened.stdout.contains(part), "{part}\n{}", opened.stdout);
    }
    let closed =
        run("fix -f examples/shop --from shop/cart --to data/db-0 --port 5432 --want deny --candidate 1");
    assert_eq!(closed.code, 0, "{}", closed.stderr);
    assert!(closed.stdout.contains("- shop/deployment/cart"), "{}", closed.stdout);
}

#[test]
fn what_is_so_already_needs_no_fix() {
    check(
        &format!("{REPORT} --want deny"),
        expect![[r#"
        nothing to do: it is denied already
        exit 0
    "#]],
    );
    check(
        &format!("{REPORT} --want deny -o json"),
        expect![[r#"
        {"candidates":[]}
        exit 0
    "#]],
    );
}

#[test]
fn wrong_invocations_say_what_to_do() {
    check(
        &format!("{REPORT} --want maybe"),
        expect![[r#"
        error: invalid value 'maybe' for '--want <VERDICT>'
          [possible values: allow, deny]

        For more information, try '--help'.
        exit 2
    "#]],
    );
    let beyond = run(&format!("{REPORT} --want allow --candidate 99"));
    assert_eq!(beyond.code, 2);
    assert!(beyond.stderr.starts_with("error: there is no candidate 99; there are "), "{}", beyond.stderr);
    check(
        "fix -f examples/shop --from shop/reprot --to data/db-0 --port 1 --want allow",
        expect![[r#"
        error: there is no pod or workload `shop/reprot`; did you mean `shop/cronjob/report`?
        exit 2
    "#]],
    );
    check(
        "fix -f examples/shop --from data/db-0 --to data/db-0 --port 1 --want deny",
        expect![[r#"
        error: the two ends are one pod, which always reaches itself
        exit 2
    "#]],
    );
    check(
        "fix -f examples/shop --from 192.0.2.1 --to 192.0.2.2 --port 1 --want deny",
        expect![[r#"
        error: no policy can change it: not-a-pod
        exit 2
    "#]],
    );
}

/// A folder that is a repository, with the shop in it.
fn shop(name: &str) -> std::path::PathBuf {
    let folder = folder(name);
    for file in fs::read_dir(root().join("examples/shop")).unwrap() {
        let path = file.unwrap().path();
        fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    folder
}

#[test]
fn git_applies_the_patch_of_every_candidate() {
    let folder = shop("fix-patch");
    let listed = run(&format!("{REPORT} --want allow -o json"));
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let candidates = listed["candidates"].as_array().unwrap();
    assert!(candidates.len() > 1, "{listed}");
    for (number, candidate) in candidates.iter().enumerate() {
        let patch = folder.join(format!("{number}.patch"));
        fs::write(&patch, candidate["patch"].as_str().unwrap()).unwrap();
        let git = Command::new("git").args(["apply", "--check"]).arg(&patch).current_dir(root()).output();
        let git = git.unwrap();
        assert!(git.status.success(), "{candidate}\n{}", String::from_utf8_lossy(&git.stderr));
    }
}

#[test]
fn a_written_fix_brings_the_verdict_about() {
    let folder = shop("fix-write");
    let shop = folder.display();
    let asked = format!("-f {shop} --from shop/report --to data/db-0 --port 5433");
    assert_eq!(run(&format!("eval {asked}")).code, 1);
    let fixed = run(&format!("fix {asked} --want allow --write"));
    assert_eq!(fixed.code, 0, "{}", fixed.stderr);
    assert_eq!(run(&format!("eval {asked}")).code, 0);
    assert_eq!(run(&format!("validate -f {shop}")).code, 0);
}

/// A pod, and a policy of the cluster that lets it reach one name and nothing else outside; a field of it is unknown.
const NAMES: &str = "\
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, status: {podIP: 10.0.0.1}}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: names, notes: x}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Accept, to: [{domainNames: [api.example.com]}]}
  - {action: Deny, to: [{networks: [0.0.0.0/0]}]}
";

#[test]
fn it_is_decided_as_the_arguments_say() {
    let asked = "-f - --from shop/web --to 192.0.2.1 --port 443";
    let resolved = "--resolve api.example.com=192.0.2.1";
    for (more, code) in [("", 1), (resolved, 0)] {
        let why = run_with(&format!("why {asked} {more}"), NAMES);
        assert_eq!(why.code, code, "{}", why.all());
    }
    let already = run_with(&format!("fix {asked} {resolved} --want allow"), NAMES);
    assert_eq!((already.code, already.stdout.as_str()), (0, "nothing to do: it is allowed already\n"));
    assert!(already.stderr.contains("warning[unknown-field]"), "{}", already.stderr);
    let quiet = run_with(&format!("fix {asked} {resolved} --want allow --quiet"), NAMES);
    assert_eq!(quiet.stderr, "");

    let node = "fix -f examples/shop --from 172.18.0.2 --to data/db-0 --port 5432 --want allow";
    assert_eq!(run(node).stdout, "nothing to do: it is allowed already\n");
    let policed = run(&format!("{node} --set node-to-own-pod=policed"));
    assert!(policed.stdout.contains("ipBlock: {cidr: 172.18.0.2/32}"), "{}", policed.stdout);

    let dns =
        run("fix -f examples/shop --from shop/web --to data/db-0 --port 53 --protocol udp --want allow");
    assert!(dns.stdout.contains("-> data/statefulset/db: UDP 53"), "{}", dns.stdout);
}

#[test]
fn a_port_that_was_asked_for_by_its_name_is_written_by_its_name() {
    let fixed =
        run("fix -f examples/shop --from shop/web --to data/db-0 --port postgres --want allow -o patch");
    let added: Vec<&str> = fixed.stdout.lines().filter(|line| line.starts_with("+    - port")).collect();
    assert_eq!(added, ["+    - port: postgres"], "{}", fixed.stdout);
}
