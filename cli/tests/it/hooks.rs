//! The hooks of `.pre-commit-hooks.yaml`, as pre-commit runs them. `cargo xtask hooks` installs it and runs these.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{folder, root};

/// Runs git in a repository; gives whether it went well, and all that was said.
fn git(repository: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("git")
        .current_dir(repository)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .env("PORTCULLIS", env!("CARGO_BIN_EXE_portcullis"))
        .env("PRE_COMMIT_HOME", repository.with_file_name("hooks-cache"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.success(), said.concat())
}

fn copy(from: &str, to: PathBuf) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(root().join(from), to).unwrap();
}

/// A repository with what the hooks are made of, as it is now.
fn program() -> PathBuf {
    let repository = folder("hooks-program");
    for file in [".pre-commit-hooks.yaml", ".github/hook.sh"] {
        copy(file, repository.join(file));
    }
    commit_all(&repository);
    repository
}

fn commit_all(repository: &Path) {
    for arguments in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "first"]] {
        let (is_done, said) = git(repository, arguments);
        assert!(is_done, "git {arguments:?}: {said}");
    }
}

/// What `docs/ci.md` says that `.pre-commit-config.yaml` holds, about a repository in the place of ours.
fn configuration(repository: &Path) -> String {
    let text = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let (_, after) = text.split_once("With [pre-commit]").unwrap();
    let (_, block) = after.split_once("```yaml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let (url, rev) = ("https://github.com/portcullis/portcullis", "rev: main");
    assert!(block.contains(url) && block.contains(rev), "{block}");
    let (_, head) = git(repository, &["rev-parse", "HEAD"]);
    block.replace(url, &repository.display().to_string()).replace(rev, &format!("rev: {}", head.trim()))
}

/// What `manifests/more.yaml` has below, and which hook has to refuse it with which words; nothing for none.
const COMMITS: [(&str, Option<(&str, &str)>); 4] = [
    (
        "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: all}]}",
        Some(("portcullis-validate", "found the text `all`, must be a list")),
    ),
    (
        "{podSelector: {matchLabels: {app: wbe}}, policyTypes: [Ingress]}",
        Some(("portcullis-lint", "policy-selects-nothing")),
    ),
    (
        "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ports: [{port: 22}]}], egress: [{ports: [{port: 22}]}]}",
        Some(("portcullis-test", "FAILED")),
    ),
    ("{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]}", None),
];

#[test]
#[ignore = "needs pre-commit: `cargo xtask hooks`"]
fn a_commit_is_refused_where_a_hook_finds_something_and_made_where_none_does() {
    let pre_commit = std::env::var_os("PORTCULLIS_PRE_COMMIT")
        .expect("PORTCULLIS_PRE_COMMIT names no program: run `cargo xtask hooks`");
    let program = program();
    let user = folder("hooks-user");
    fs::write(user.join(".pre-commit-config.yaml"), configuration(&program)).unwrap();
    for file in ["shop.yaml", "tests.yaml"] {
        copy(&format!("cli/testdata/hooks/{file}"), user.join("manifests").join(file));
    }
    commit_all(&user);
    let installed = Command::new(&pre_commit).current_dir(&user).arg("install").output().unwrap();
    assert!(installed.status.success(), "{installed:?}");
    for (spec, refused) in COMMITS {
        let head = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: more, namespace: shop}\n";
        fs::write(user.join("manifests/more.yaml"), format!("{head}spec: {spec}\n")).unwrap();
        git(&user, &["add", "."]);
        let (is_made, said) = git(&user, &["commit", "-m", "more"]);
        match refused {
            None => assert!(is_made, "{said}"),
            Some((hook, words)) => {
                assert!(!is_made, "{spec}: {said}");
                let (_, of_hook) =
                    said.split_once(&format!("- hook id: {hook}\n")).unwrap_or_else(|| panic!("{said}"));
                assert!(of_hook.contains(words), "{spec}: {said}");
            }
        }
    }
}
