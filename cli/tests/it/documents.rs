//! What the documents and the helps show is what the binary does: each command is run, each flag is known.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::run::{folder, root, run};
use crate::shown::{Shown, arguments, commands, documents};

/// Commands that go on until they are stopped, which their own tests run.
const GO_ON: [&str; 1] = ["portcullis playground --site bindings/playground/dist -f DIR"];

/// Writes what the binary prints below its commands, as `UPDATE_EXPECT` asks.
fn updated(document: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in document.lines() {
        let is_fence = line.starts_with("```");
        let command = line.strip_prefix("$ ").filter(|command| inside && !GO_ON.contains(command));
        let is_kept = is_fence || !inside || line.starts_with("$ ");
        if is_kept {
            text.push_str(line);
            text.push('\n');
        }
        if let Some(arguments) = command.and_then(arguments) {
            let ran = run(arguments);
            text.push_str(&format!("{}{}", ran.stdout, ran.stderr));
        }
        inside = if is_fence { line == "```console" } else { inside };
    }
    text
}

#[test]
fn every_command_of_the_documents_prints_what_is_shown() {
    let mut checked = 0;
    for document in documents() {
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let path = root().join(&document);
            let text = fs::read_to_string(&path).unwrap();
            if commands(&document).iter().any(|shown| shown.output.is_some() && is_run(shown)) {
                fs::write(&path, updated(&text)).unwrap();
            }
        }
        for shown in commands(&document).iter().filter(|shown| is_run(shown)) {
            let (Some(arguments), Some(output)) = (arguments(&shown.command), &shown.output) else {
                continue;
            };
            let ran = run(arguments);
            assert_eq!(&format!("{}{}", ran.stdout, ran.stderr), output, "{document}: {}", shown.command);
            checked += 1;
        }
    }
    assert!(checked >= 40, "{checked}");
}

fn is_run(shown: &Shown) -> bool {
    arguments(&shown.command).is_some() && !GO_ON.contains(&shown.command.as_str())
}

#[test]
fn the_first_two_commands_of_the_readme_are_the_ones_to_try() {
    let shown = commands("README.md");
    assert!(shown[0].command.starts_with("cargo run --release -- eval -f examples/shop --from "));
    assert_eq!(shown[1].command, "cargo xtask test");
}

/// The names of all commands.
fn names() -> Vec<String> {
    let help = run("--help").stdout;
    let (_, list) = help.split_once("\nCommands:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap().to_string()).collect()
}

/// The long flags of a command.
fn flags(command: &str) -> Vec<String> {
    let help = run(&format!("{command} --help")).stdout;
    let flag = |line: &str| {
        let line = line.trim_start();
        let long = line.split("--").nth(1).filter(|_| line.starts_with('-'))?;
        let end = long.find(|c: char| c != '-' && !c.is_ascii_lowercase()).unwrap_or(long.len());
        Some(format!("--{}", &long[..end]))
    };
    help.lines().filter_map(flag).collect()
}

/// The examples of a command's help.
fn examples(command: &str) -> Vec<Shown> {
    let help = run(&format!("{command} --help")).stdout;
    let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_default();
    let mut found: Vec<Shown> = Vec::new();
    for line in examples.lines().take_while(|line| line.starts_with("  ")) {
        match found.last_mut() {
            // The end of a line that was too long for the help.
            Some(above) if !line.contains("portcullis") => {
                above.command.push_str(&format!(" {}", line.trim()))
            }
            _ => found.push(Shown {
                document: format!("portcullis {command} --help"),
                command: line.trim().to_string(),
                output: None,
            }),
        }
    }
    found
}

/// A folder like that of somebody who tries what documents show: manifests in some places, the other programs that are
/// named, and the roots to which files are written.
fn workshop() -> std::path::PathBuf {
    let here = folder("documents");
    let shop = ["manifests", "before", "after", "main", "branch", "agreed", "proposed"];
    for name in shop {
        fs::create_dir(here.join(name)).unwrap();
        for entry in fs::read_dir(root().join("examples/shop")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                fs::copy(&path, here.join(name).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    for (from, to) in [
        ("shop/shop.yaml", "main.yaml"),
        ("shop/shop.yaml", "branch.yaml"),
        ("diff/approved.yaml", "approved.yaml"),
        ("shop/seen.jsonl", "seen.jsonl"),
    ] {
        fs::copy(root().join("examples").join(from), here.join(to)).unwrap();
    }
    for name in ["bin", "tests", "home/.zfunc", "home/.config/fish/completions", "etc/bash_completion.d"] {
        fs::create_dir_all(here.join(name)).unwrap();
    }
    fs::create_dir_all(here.join("local/share/man/man1")).unwrap();
    fs::create_dir_all(here.join("local/bin")).unwrap();
    fs::copy(root().join("examples/shop/tests.yaml"), here.join("tests/tests.yaml")).unwrap();
    symlink(env!("CARGO_BIN_EXE_portcullis"), here.join("bin/portcullis")).unwrap();
    symlink(env!("CARGO_BIN_EXE_portcullis"), here.join("bin/kubectl-portcullis")).unwrap();
    // What other programs would say.
    let stubs = [
        (
            "kubectl",
            "[ \"$1\" = portcullis ] && shift && exec kubectl-portcullis \"$@\"; cat manifests/shop.yaml",
        ),
        ("helm", "echo '# Source: shop/templates/shop.yaml'; cat manifests/shop.yaml"),
        ("kustomize", "cat manifests/shop.yaml"),
        ("man", "cat > /dev/null"),
        ("podman", "[ \"$1\" = build ] && exit; while [ \"$1\" != portcullis ]; do shift; done; exec \"$@\""),
    ];
    for (name, script) in stubs {
        let path = here.join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    here
}

/// Runs a line of a shell, which writes below the folder in place of the system's own.
fn shell(here: &Path, line: &str) -> (i32, String) {
    let here_text = here.display();
    let line = line
        .replace("/etc/", &format!("{here_text}/etc/"))
        .replace("/usr/local/", &format!("{here_text}/local/"));
    let path = format!("{here_text}/bin:{}", std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &line])
        .current_dir(here)
        .env("PATH", path)
        .env("HOME", here.join("home"))
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.code().unwrap(), text.concat())
}

/// Those that ask a running cluster are run by the tests that have one.
fn asks_a_cluster(line: &str) -> bool {
    ["--cluster", "--context", "cluster:"].iter().any(|mark| line.contains(mark))
}

#[test]
fn every_script_of_the_documents_and_every_example_of_the_helps_runs() {
    let here = workshop();
    let of_documents = documents().into_iter().flat_map(|document| commands(&document));
    let scripts = of_documents.filter(|shown| shown.output.is_none());
    let all: Vec<Shown> = scripts.chain(names().iter().flat_map(|name| examples(name))).collect();
    let mut ran = 0;
    for Shown { document, command, .. } in all {
        // Builds of the program are what made the one that runs here.
        if command.starts_with("cargo ") || asks_a_cluster(&command) {
            continue;
        }
        // What the README shows is about the examples where they are.
        let place = if command.contains("examples/") { root() } else { here.clone() };
        let line = if command.contains("examples/") {
            command.replace("portcullis ", &format!("{} ", env!("CARGO_BIN_EXE_portcullis")))
        } else {
            command.clone()
        };
        let (code, text) = shell(&place, &line);
        assert!(code == 0 || code == 1, "{document}: `{command}` ends with {code}: {text}");
        assert!(!text.contains("error: "), "{document}: `{command}`: {text}");
        ran += 1;
    }
    assert!(ran >= 30, "{ran}");
}

#[test]
fn every_flag_that_a_document_names_is_one_of_the_program() {
    let names = names();
    let known: BTreeSet<String> = names.iter().flat_map(|name| flags(name)).collect();
    let mut seen = 0;
    for document in documents() {
        let text = fs::read_to_string(root().join(&document)).unwrap();
        // In backticks, and no program's but ours.
        let spans = text.split('`').skip(1).step_by(2);
        let ours = spans.filter(|span| {
            span.starts_with("--")
                || names.iter().any(|name| span.starts_with(&format!("{name} ")))
                || span.starts_with("portcullis ")
        });
        for word in ours.flat_map(str::split_whitespace).filter(|word| word.starts_with("--")) {
            let end = word.find(|c: char| c != '-' && !c.is_ascii_lowercase()).unwrap_or(word.len());
            assert!(known.contains(&word[..end]), "{document}: `{word}` is no flag");
            seen += 1;
        }
    }
    assert!(seen >= 30, "{seen}");
}
