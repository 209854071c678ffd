//! Completions, manual pages, the name that kubectl knows, and what the action runs.

use std::fs;
use std::process::Command;

use crate::run::{folder, root, run};

#[test]
fn each_shell_gets_completions_for_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&format!("completions {shell}"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        for word in ["eval", "list", "diff", "validate", "protocol"] {
            assert!(ran.stdout.contains(word), "{shell} does not know `{word}`");
        }
    }
    let ran = run("completions tcsh");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("possible values: bash, elvish, fish, powershell, zsh"), "{}", ran.stderr);
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = folder("man");
    let ran = run(&format!("man --folder {}", folder.display()));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for page in ["portcullis", "portcullis-eval", "portcullis-why", "portcullis-list", "portcullis-validate"]
    {
        let text = fs::read_to_string(folder.join(format!("{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(&page.replace('-', "\\-")), "{page}:\n{text}");
    }
    assert!(run("man").stdout.contains("portcullis\\-eval"));
}

#[test]
fn called_as_kubectls_plugin_it_names_itself_as_its_user_did() {
    let link = folder("plugin").join("kubectl-portcullis");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_portcullis"), &link).unwrap();
    let output = Command::new(&link).arg("eval").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("Usage: kubectl portcullis eval"), "{text}");
}

/// Runs what the action runs, in a repository with a base and a change.
fn action(repository: &std::path::Path, variables: &[(&str, &str)]) -> (String, String, i32) {
    let summary = repository.join("summary.md");
    let _ = fs::remove_file(&summary);
    let output = Command::new("bash")
        .arg(root().join(".github/action.sh"))
        .current_dir(repository)
        .env("PORTCULLIS", env!("CARGO_BIN_EXE_portcullis"))
        .env("GITHUB_STEP_SUMMARY", &summary)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (text, fs::read_to_string(summary).unwrap_or_default(), output.status.code().unwrap())
}

#[test]
fn the_action_compares_a_change_with_its_base_and_validates_files() {
    let repository = folder("action");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(&repository).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        assert!(command.args(arguments).output().unwrap().status.success(), "git {arguments:?}");
    };
    let copy = |from: &str| {
        fs::create_dir_all(repository.join("manifests")).unwrap();
        for entry in fs::read_dir(root().join("examples/diff").join(from)).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), repository.join("manifests").join(entry.file_name())).unwrap();
        }
    };
    git(&["init", "--quiet"]);
    copy("old");
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "base"]);
    let same = [("COMMAND", "diff"), ("FILES", "manifests\n"), ("BASE", "HEAD")];
    let (text, summary, code) = action(&repository, &same);
    assert_eq!(code, 0, "{text}");
    assert!(summary.contains("No connection changes."), "{summary}");
    copy("new");
    let (text, summary, code) = action(&repository, &same);
    assert_eq!(code, 1, "{text}");
    assert!(summary.contains("| change | from | to | ports |"), "{summary}");
    let (text, summary, code) = action(&repository, &[("COMMAND", "validate"), ("FILES", "manifests")]);
    assert_eq!(code, 0, "{text}");
    assert!(summary.contains("valid:"), "{summary}");
    let hostile = [("COMMAND", "validate"), ("FILES", "$(touch owned)"), ("ARGS", "; touch owned")];
    let (_, _, code) = action(&repository, &hostile);
    assert_eq!(code, 2);
    assert!(!repository.join("owned").exists());
}
