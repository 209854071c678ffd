//! `portcullis lint`: findings as text, JSON and SARIF; what counts, what is known, what is approved.

use expect_test::expect;
use serde_json::Value;

use crate::run::{folder, run, run_with, run_words};
use crate::sarif;

/// One error, two warnings and a note.
const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
  - from: []
    ports: [{protocol: TCP, port: 22}]
  egress:
  - to: [{podSelector: {matchLabels: {app: db}}}]
";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn ids(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|it| it["check"].as_str().unwrap().to_string()).collect()
}

fn file(folder: &std::path::Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn findings_stand_by_check_the_worst_first_each_with_its_line() {
    expect![[r#"
        rules-without-type (1): rules of a direction that `policyTypes` does not name do nothing

        error[rules-without-type]: NetworkPolicy shop/web: spec.egress: there are rules in `egress`, and `policyTypes` does not name `Egress`: they do nothing
          --> -:10:3
           |
        10 |   egress:
           |   ^^^^^^^
           |
           = help: add `Egress` to `policyTypes`, or remove the rules

        empty-peer-list (1): an empty `from` or `to` holds every peer

        warning[empty-peer-list]: NetworkPolicy shop/web: spec.ingress[0].from: `from: []` holds every peer, as a rule without `from` does
         --> -:8:5
          |
        8 |   - from: []
          |     ^^^^
          |
          = help: to allow nobody remove the rule; to allow everybody leave `from` out

        sensitive-port-open (1): a port for administration is open to everybody

        warning[sensitive-port-open]: NetworkPolicy shop/web: spec.ingress[0]: port 22, which is that of SSH, is open to everybody
         --> -:8:5
          |
        8 |   - from: []
          |     ^^^^
          |
          = help: allow it to those who administer, by address or by label

        ingress-from-anywhere (1): everybody may connect

        info[ingress-from-anywhere]: NetworkPolicy shop/web: spec.ingress[0]: everybody, in the cluster and outside, may connect to the port of the rule
         --> -:8:5
          |
        8 |   - from: []
          |     ^^^^
          |
          = help: name the peers that are meant

        1 object: 1 error, 2 warnings, 1 info; `portcullis lint --explain ID` says more about a check
        exit 1
    "#]].assert_eq(&run_with("lint -f -", POLICY).all());
}

#[test]
fn json_has_every_finding_with_its_place() {
    let ran = run_with("lint -f - -o json", POLICY);
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.lines().count()), (1, "", 1));
    let report = json(&ran.stdout);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&report), ["complete", "objects", "findings", "approved", "known"]);
    let wanted =
        ["check", "level", "object", "field", "file", "line", "column", "message", "help", "rendered_from"];
    for finding in report["findings"].as_array().unwrap() {
        assert_eq!(keys(finding), wanted);
        assert!(finding["line"].as_u64().unwrap() > 0, "{finding}");
    }
    assert_eq!(
        ids(&report["findings"]),
        ["empty-peer-list", "ingress-from-anywhere", "sensitive-port-open", "rules-without-type"]
            .map(String::from)
            .to_vec(),
        "{}",
        ran.stdout
    );
}

fn check_sarif(log: &Value) {
    assert_eq!(sarif::problems(log), Vec::<String>::new());
    assert!(!log["runs"][0]["results"].as_array().unwrap().is_empty());
}

#[test]
fn sarif_has_what_its_schema_requires() {
    let folder = folder("lint-sarif");
    let policy = file(&folder, "a policy.yaml", POLICY);
    let ran = run_words(&["lint", "-f", &policy, "-o", "sarif"], b"");
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let log = json(&ran.stdout);
    check_sarif(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    let first = &results[0]["locations"][0];
    assert!(
        first["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().ends_with("a%20policy.yaml")
    );
    assert_eq!(first["physicalLocation"]["region"]["startLine"], 8);
    assert_eq!(
        first["logicalLocations"][0]["fullyQualifiedName"],
        "NetworkPolicy shop/web spec.ingress[0].from"
    );
}

#[test]
fn what_counts_is_said_by_level_and_by_check() {
    let code = |args: &str| run_with(&format!("lint -f - {args}"), POLICY).code;
    assert_eq!((code("--fail-on error"), code("--fail-on info"), code("--fail-on never")), (1, 1, 0));
    assert_eq!(code("--skip rules-without-type --fail-on error"), 0);
    assert_eq!(code("--check ingress-from-anywhere"), 0);
    assert_eq!(code("--check ingress-from-anywhere --fail-on info"), 1);
    let ran = run_with("lint -f - --check rules-without-type,empty-peer-list -o json", POLICY);
    assert_eq!(ids(&json(&ran.stdout)["findings"]), ["empty-peer-list", "rules-without-type"]);
    let nothing = "{apiVersion: v1, kind: List, items: []}";
    assert_eq!(run_with("lint -f -", nothing).all(), "0 objects: nothing found\nexit 0\n");
}

#[test]
fn a_baseline_takes_what_was_there_before_and_no_more() {
    let folder = folder("lint-baseline");
    let baseline = folder.join("lint.json").display().to_string();
    let lint = |more: &[&str], text: &str| {
        let words: Vec<&str> = ["lint", "-f", "-", "--baseline", &baseline]
            .iter()
            .copied()
            .chain(more.iter().copied())
            .collect();
        run_words(&words, text.as_bytes())
    };
    let missing = lint(&[], POLICY);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("write one with `--write-baseline`"), "{}", missing.stderr);
    let written = lint(&["--write-baseline"], POLICY);
    assert_eq!((written.code, written.stderr.as_str()), (0, ""));
    // Lines may move.
    let moved = format!("# moved\n{POLICY}");
    let known = lint(&["-o", "json"], &moved);
    let report = json(&known.stdout);
    assert_eq!((known.code, ids(&report["findings"]).len(), ids(&report["known"]).len()), (0, 0, 4));
    assert_eq!(lint(&[], &moved).stdout, "1 object: nothing found, 4 in the baseline\n");
    let more = POLICY.replace("to: [{podSelector: {matchLabels: {app: db}}}]", "to: []");
    let new = json(&lint(&["-o", "json"], &more).stdout);
    assert!(ids(&new["findings"]).contains(&"empty-peer-list".to_string()), "{new}");
    std::fs::write(&baseline, "{}").unwrap();
    let broken = lint(&[], POLICY);
    assert_eq!(broken.code, 2);
    assert!(broken.stderr.contains("is no baseline"), "{}", broken.stderr);
}

fn approved(name: &str, entries: &str) -> String {
    let text = format!("apiVersion: portcullis.dev/v1\nkind: Approved\nfindings:\n{entries}");
    file(&folder(name), "approved.yaml", &text)
}

#[test]
fn what_is_approved_does_not_count_until_its_last_day() {
    let entry = |id: &str, day: &str| {
        format!("- {{id: {id}, object: NetworkPolicy shop/web, reason: agreed, expires: {day}}}\n")
    };
    let all = |day: &str| {
        ["empty-peer-list", "sensitive-port-open", "rules-without-type"].map(|id| entry(id, day)).concat()
    };
    let path = approved("lint-approved", &all("9999-12-31"));
    let ran = run_words(&["lint", "-f", "-", "--approved", &path], POLICY.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(
        ran.stdout.ends_with(
            "1 object: 1 info, 3 approved; `portcullis lint --explain ID` says more about a check\n"
        ),
        "{}",
        ran.stdout
    );
    let sarif =
        json(&run_words(&["lint", "-f", "-", "--approved", &path, "-o", "sarif"], POLICY.as_bytes()).stdout);
    check_sarif(&sarif);
    let suppressed =
        sarif["runs"][0]["results"].as_array().unwrap().iter().filter(|it| it.get("suppressions").is_some());
    assert_eq!(suppressed.count(), 3);

    let over = approved("lint-approval-over", &all("2020-01-31"));
    let ran = run_words(&["lint", "-f", "-", "--approved", &over], POLICY.as_bytes());
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("approved until 2020-01-31"), "{}", ran.stdout);
    assert!(ran.stdout.contains("which is over: agreed"), "{}", ran.stdout);
}

#[test]
fn approvals_are_as_narrow_as_they_say_and_are_named_when_nothing_matches() {
    let path = approved(
        "lint-approval-narrow",
        "- {id: rules-without-type, field: 'spec.ingress', reason: other field, expires: 9999-12-31}\n",
    );
    let ran = run_words(&["lint", "-f", "-", "--approved", &path, "--fail-on", "error"], POLICY.as_bytes());
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("approved.yaml:4 matches nothing that was found; remove it"),
        "{}",
        ran.stderr
    );
}

#[test]
fn objects_that_are_refused_are_findings_and_exit_2_whatever_else_is_said() {
    let broken = POLICY.replace("port: 22", "port: 70000");
    for args in ["lint -f - -o json", "lint -f - -o json --fail-on never --skip port-out-of-range"] {
        let ran = run_with(args, &broken);
        let report = json(&ran.stdout);
        assert_eq!((ran.code, &report["complete"]), (2, &false.into()), "{}", ran.all());
        assert_eq!(ids(&report["findings"]), ["port-out-of-range"]);
    }
    let text = run_with("lint -f -", &broken);
    assert!(
        text.stdout.ends_with("1 error; objects are refused, so that nothing else was looked at\n"),
        "{}",
        text.stdout
    );
    check_sarif(&json(&run_with("lint -f - -o sarif", &broken).stdout));
    let kept = folder("lint-refused").join("b.json").display().to_string();
    let ran = run_words(&["lint", "-f", "-", "--baseline", &kept, "--write-baseline"], broken.as_bytes());
    assert!(ran.code == 2 && ran.stderr.contains("run `portcullis validate`"), "{}", ran.all());
}

#[test]
fn warnings_of_the_load_are_findings_like_others() {
    let unknown = POLICY.replace("policyTypes:", "policyTypess: [Ingress]\n  policyTypes:");
    let ran = run_with("lint -f - --check unknown-field", &unknown);
    assert!(ran.code == 1 && ran.stdout.contains("warning[unknown-field]"), "{}", ran.all());
}

#[test]
fn rendered_objects_are_traced_to_the_file_they_came_from() {
    let helm = format!("---\n# Source: shop/templates/policy.yaml\n{POLICY}");
    let ran = run_with("lint -f - --check rules-without-type", &helm);
    assert!(ran.stdout.contains("rendered from shop/templates/policy.yaml"), "{}", ran.stdout);
    let sarif = json(&run_with("lint -f - --check rules-without-type -o sarif", &helm).stdout);
    check_sarif(&sarif);
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "shop/templates/policy.yaml");
    let kustomize = POLICY.replace(
        "metadata: {name: web, namespace: shop}",
        "metadata:\n  name: web\n  namespace: shop\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../base/policy.yaml",
    );
    let report = json(&run_with("lint -f - --check rules-without-type -o json", &kustomize).stdout);
    assert_eq!(report["findings"][0]["rendered_from"], "../base/policy.yaml");
}

#[test]
fn a_plugin_is_asked_where_it_is_named() {
    let checks = "--check plugin-ignores,plugin-differs,plugin-unknown";
    assert_eq!(
        run(&format!("lint -f examples/plugins {checks}")).all(),
        "7 objects: nothing found\nexit 0\n"
    );
    expect![[r#"
        plugin-ignores (1): a plugin does not enforce a policy

        error[plugin-ignores]: NetworkPolicy shop/api: spec: by the specification policies are enforced; on kubenet they are stored and do nothing (`kubenet/policy-types`)
         --> examples/plugins/policy.yaml:5:1
          |
        5 | spec:
          | ^^^^^
          |
          = help: write it in a way that kubenet enforces, or rely on something else there

        plugin-differs (1): a plugin enforces a part of a policy otherwise than it is written

        warning[plugin-differs]: NetworkPolicy shop/api: spec.ingress[0].from[0].ipBlock: by the specification an `ipBlock` holds pods by their addresses, too; on cilium@1.18 an `ipBlock` never holds a pod, not even its own /32 (`CIL-1`)
         --> examples/plugins/policy.yaml:9:13
          |
        9 |   - from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.9.0.0/16]}}]
          |             ^^^^^^^
          |
          = help: write it in a way that means the same there; `portcullis eval --profile cilium@1.18` decides as it does

        7 objects: 1 error, 1 warning; `portcullis lint --explain ID` says more about a check
        exit 1
    "#]]
    .assert_eq(&run(&format!("lint -f examples/plugins {checks} --profile cilium@1.18 --profile kubenet")).all());
    check_sarif(&json(&run("lint -f examples/plugins --profile cilium -o sarif").stdout));
    let sctp = POLICY.replace("protocol: TCP", "protocol: SCTP");
    let found = |more: &str| {
        let ran = run_with(&format!("lint -f - --profile cilium {checks} -o json {more}"), &sctp);
        let messages = json(&ran.stdout)["findings"].to_string();
        (messages.contains("`CIL-9`"), messages.contains("`CIL-6`"))
    };
    // Egress rules without the type are enforced whatever the option says.
    assert_eq!((found(""), found("--set sctp=on")), ((true, true), (false, true)));
}

#[test]
fn checks_are_listed_and_explained() {
    let list = run("lint --list-checks");
    assert_eq!((list.code, list.stderr.as_str()), (0, ""));
    assert!(list.stdout.lines().count() > 50, "{}", list.stdout);
    let listed = json(&run("lint --list-checks -o json").stdout);
    assert_eq!(listed["checks"].as_array().unwrap().len(), list.stdout.lines().count());
    let explained = run("lint --explain stray-dash-peers");
    assert_eq!(explained.code, 0);
    assert!(explained.stdout.starts_with("stray-dash-peers: warning\n"), "{}", explained.stdout);
    assert!(explained.stdout.contains("Bad:") && explained.stdout.contains("Good:"), "{}", explained.stdout);
    assert_eq!(run("lint --explain unknown-field").code, 0);
}

#[test]
fn wrong_invocations_say_what_to_do() {
    let folder = folder("lint-wrong");
    let other = file(&folder, "other.yaml", "kind: ConfigMap\napiVersion: v1\n");
    let no_id = file(
        &folder,
        "no-id.yaml",
        "apiVersion: portcullis.dev/v1\nkind: Approved\nfindings:\n- {reason: x, expires: 2030-01-01}\n",
    );
    let cases: [(&[&str], &str); 14] = [
        (&["lint"], "--filename <FILE|DIR|->"),
        (&["lint", "-f", "no/such/file"], "there is no file or folder `no/such/file`"),
        (&["lint", "-f", "-", "--check", "stray-dash-pears"], "did you mean `stray-dash-peers`?"),
        (&["lint", "-f", "-", "--check", "quite-another"], "`portcullis lint --list-checks` names them all"),
        (
            &["lint", "-f", "-", "--skip", "Stray-Dash-Peers"],
            "`--skip Stray-Dash-Peers`: there is no such check",
        ),
        (&["lint", "-f", "-", "--fail-on", "warn"], "[possible values: error, warning, info, never]"),
        (&["lint", "-f", "-", "-o", "yaml"], "[possible values: json, sarif, text]"),
        (&["lint", "-f", "-", "--write-baseline"], "--baseline <FILE>"),
        (&["lint", "-f", "-", "--baseline", "no/such.json"], "write one with `--write-baseline`"),
        (&["lint", "-f", "-", "--approved", "no/such.yaml"], "there is no file or folder `no/such.yaml`"),
        (&["lint", "-f", "-", "--approved", &other], "write `apiVersion: portcullis.dev/v1`"),
        (&["lint", "-f", "-", "--approved", &no_id], "`id` is missing; name the check"),
        (&["lint", "--explain", "redundant-rules"], "did you mean `redundant-rule`?"),
        (&["lint", "-f", "-", "-n", ""], "--namespace <NS>"),
    ];
    for (args, expected) in cases {
        let ran = run_words(args, b"");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.all());
        assert!(ran.stderr.contains(expected), "{args:?}: {}", ran.stderr);
    }
}
