//! What the documents show is what the binary prints.

use std::fs;

use crate::run::{root, run};

/// A command in a `console` block, and the lines below it.
#[derive(Debug)]
struct Shown {
    command: String,
    output: String,
}

fn shown(document: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if !inside {
            continue;
        } else if let Some(command) = line.strip_prefix("$ ") {
            found.push(Shown { command: command.to_string(), output: String::new() });
        } else {
            let output = &mut found.last_mut().unwrap().output;
            output.push_str(line);
            output.push('\n');
        }
    }
    found
}

/// The arguments of a command that runs the binary, one way or the other.
fn arguments(command: &str) -> Option<&str> {
    command.strip_prefix("portcullis ").or_else(|| command.strip_prefix("cargo run --release -- "))
}

/// Writes what the binary prints below its commands, as `UPDATE_EXPECT` asks.
fn updated(document: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in document.lines() {
        let is_fence = line.starts_with("```");
        let arguments = line.strip_prefix("$ ").filter(|_| inside).and_then(arguments);
        if is_fence || !inside || line.starts_with("$ ") {
            text.push_str(line);
            text.push('\n');
        }
        if let Some(arguments) = arguments {
            let ran = run(arguments);
            text.push_str(&format!("{}{}", ran.stdout, ran.stderr));
        }
        inside = if is_fence { line == "```console" } else { inside };
    }
    text
}

#[test]
fn every_command_of_the_documents_prints_what_is_shown() {
    for (name, at_least) in [
        ("README.md", 5),
        ("docs/lint.md", 1),
        ("docs/lists.md", 5),
        ("docs/model-plugin-policy.md", 12),
        ("docs/assertions.md", 1),
        ("examples/mistakes/README.md", 1),
    ] {
        let path = root().join(name);
        let mut document = fs::read_to_string(&path).unwrap();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            document = updated(&document);
            fs::write(&path, &document).unwrap();
        }
        let shown = shown(&document);
        let run_by_us: Vec<_> =
            shown.iter().filter_map(|shown| Some((arguments(&shown.command)?, shown))).collect();
        assert!(run_by_us.len() >= at_least, "{name}: {shown:?}");
        for (arguments, shown) in run_by_us {
            let ran = run(arguments);
            assert_eq!(format!("{}{}", ran.stdout, ran.stderr), shown.output, "{name}: {}", shown.command);
        }
    }
}

#[test]
fn the_first_two_commands_of_the_readme_are_the_ones_to_try() {
    let shown = shown(&fs::read_to_string(root().join("README.md")).unwrap());
    assert!(shown[0].command.starts_with("cargo run --release -- eval -f examples/shop --from "));
    assert_eq!(shown[1].command, "cargo xtask test");
}
