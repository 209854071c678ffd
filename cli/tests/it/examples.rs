//! Every example gives the answers that its README states, line by line.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;

use crate::run::{root, run};

/// A row of the table in an example's README.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    from: String,
    to: String,
    carried: String,
    verdicts: Vec<String>,
}

/// The rows of the first table of a text.
fn rows(text: &str) -> Vec<Row> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = lines.map(|line| line.split(" | ").map(|cell| cell.replace('`', "")).collect::<Vec<_>>());
    cells
        .skip_while(|cells| cells[0] != "From")
        .skip(1)
        .map(|cells| Row {
            from: cells[0].clone(),
            to: cells[1].clone(),
            carried: cells[2].clone(),
            verdicts: cells[3..].to_vec(),
        })
        .collect()
}

/// The flows of a file in the form of a table's first three cells.
fn flows(path: &Path) -> Vec<[String; 3]> {
    let text = fs::read_to_string(path).unwrap();
    let end = |end: &serde_json::Value| {
        end.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_string()
    };
    text.lines()
        .map(|line| {
            let flow: serde_json::Value = serde_json::from_str(line).unwrap();
            let protocol = flow.get("protocol").and_then(|p| p.as_str()).unwrap_or("TCP");
            let port = flow.get("port").map(|port| format!(" {}", port.to_string().trim_matches('"')));
            [end(&flow["from"]), end(&flow["to"]), format!("{protocol}{}", port.unwrap_or_default())]
        })
        .collect()
}

/// Replays an example's flows and holds the answers to a column of its table and to the stored answers.
fn check(folder: &str, manifests: &str, answers: &str, column: usize) {
    let path = root().join(folder);
    let table = rows(&fs::read_to_string(path.join("README.md")).unwrap());
    let flows = flows(&path.join("flows.jsonl"));
    let in_table: Vec<_> =
        table.iter().map(|row| [row.from.clone(), row.to.clone(), row.carried.clone()]).collect();
    assert_eq!(flows, in_table, "the table of {folder} has the flows of flows.jsonl, in order");

    let ran = run(&format!("replay {manifests} --flows {folder}/flows.jsonl"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{folder}");
    let verdict = |line: &str| {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        match answer["allowed"].as_bool() {
            Some(true) => "allowed".to_string(),
            Some(false) => "denied".to_string(),
            None => answer["verdict"].as_str().unwrap().to_string(),
        }
    };
    let verdicts: Vec<_> = ran.stdout.lines().map(verdict).collect();
    let stated: Vec<_> = table.iter().map(|row| row.verdicts[column].as_str()).collect();
    assert_eq!(verdicts, stated, "{folder}, column {column}");
    expect_file![path.join(answers)].assert_eq(&ran.stdout);
}

fn mistakes() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("examples/mistakes")).unwrap();
    let mut folders: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn the_shop_answers_as_its_readme_says() {
    check("examples/shop", "-f examples/shop", "answers.jsonl", 0);
}

#[test]
fn the_services_answer_as_their_readme_says() {
    check("examples/services", "-f examples/services", "answers.jsonl", 0);
}

#[test]
fn the_plugins_answer_as_their_readme_says_by_the_specification() {
    check("examples/plugins", "-f examples/plugins", "answers.jsonl", 0);
}

#[test]
fn the_tiers_answer_as_their_readme_says() {
    check("examples/tiers", "-f examples/tiers", "answers.jsonl", 0);
}

#[test]
fn every_mistake_answers_as_its_readme_says_before_and_after() {
    let folders = mistakes();
    assert!(folders.len() >= 12, "{folders:?}");
    for folder in folders {
        let folder = format!("examples/mistakes/{}", folder.file_name().unwrap().to_str().unwrap());
        for (column, moment) in ["before", "after"].into_iter().enumerate() {
            let manifests = format!("-f {folder}/cluster.yaml -f {folder}/{moment}.yaml");
            check(&folder, &manifests, &format!("{moment}.jsonl"), column);
        }
    }
}

#[test]
fn every_mistake_changes_an_answer_when_it_is_put_right() {
    for folder in mistakes() {
        let table = rows(&fs::read_to_string(folder.join("README.md")).unwrap());
        assert!(table.iter().any(|row| row.verdicts[0] != row.verdicts[1]), "{folder:?}");
    }
}

#[test]
fn the_list_of_mistakes_names_each_folder_once() {
    let text = fs::read_to_string(root().join("examples/mistakes/README.md")).unwrap();
    for folder in mistakes() {
        let link = format!("({}/README.md)", folder.file_name().unwrap().to_str().unwrap());
        assert_eq!(text.matches(&link).count(), 1, "{link}");
    }
}

#[test]
fn every_example_is_valid_to_the_newest_api_server() {
    for manifests in [
        "-f examples/shop",
        "-f examples/services",
        "-f examples/plugins",
        "-f examples/tiers",
        "-f examples/mistakes",
    ] {
        let ran = run(&format!("validate {manifests} -o json"));
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let problems = report["problems"].as_array().unwrap();
        // All mistakes together declare objects twice, which is the only thing wrong with them.
        let other: Vec<_> = problems
            .iter()
            .filter(|p| !["duplicate-object", "conflicting-object"].contains(&p["code"].as_str().unwrap()))
            .collect();
        assert!(other.is_empty(), "{other:?}");
    }
}
