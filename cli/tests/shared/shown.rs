//! The commands that documents show.

use std::fs;
use std::path::Path;

use crate::places::root;

/// A command of a document.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) document: String,
    pub(crate) command: String,
    /// The lines below it, in a `console` block; nothing in an `sh` block, which shows none.
    pub(crate) output: Option<String>,
}

/// The arguments of a command that runs the binary, one way or the other.
pub(crate) fn arguments(command: &str) -> Option<&str> {
    command.strip_prefix("portcullis ").or_else(|| command.strip_prefix("cargo run --release -- "))
}

/// The names of all documents for people, below the root.
pub(crate) fn documents() -> Vec<String> {
    let mut found = vec!["README.md".to_string()];
    for folder in ["docs", "examples"] {
        below(folder, &mut found);
    }
    found.sort();
    found
}

fn below(folder: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            below(&name, found);
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            found.push(name);
        }
    }
}

/// The commands of a document.
pub(crate) fn commands(document: &str) -> Vec<Shown> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let mut found: Vec<Shown> = Vec::new();
    let mut block = None;
    for line in text.lines() {
        let shown = |command: &str, output| Shown {
            document: document.to_string(),
            command: command.to_string(),
            output,
        };
        match (block, line.strip_prefix("```")) {
            (None, Some(language)) => block = Some(language),
            (Some(_), Some(_)) => block = None,
            (Some("sh"), None) if !line.trim().is_empty() => found.push(shown(line, None)),
            (Some("console"), None) => match line.strip_prefix("$ ") {
                Some(command) => found.push(shown(command, Some(String::new()))),
                None => {
                    let output = found.last_mut().and_then(|shown| shown.output.as_mut());
                    let output = output.unwrap_or_else(|| panic!("{document}: `{line}` is below no command"));
                    output.push_str(line);
                    output.push('\n');
                }
            },
            _ => {}
        }
    }
    found
}
