//! Each flag of each command is run, beside the same command without it, and what it changes is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};

use crate::run::{folder, root, run};
use crate::served::Served;

/// A line of `cli/testdata/flags/flags.txt`.
struct Row<'a> {
    without: &'a str,
    flag: &'a str,
    mark: &'a str,
}

impl<'a> Row<'a> {
    fn of(line: &'a str) -> Self {
        let mut parts = line.splitn(3, " | ");
        let mut part = || parts.next().unwrap_or_else(|| panic!("`{line}` has no three parts"));
        Self { without: part(), flag: part(), mark: part() }
    }

    fn command(&self) -> &'a str {
        self.without.split(' ').next().unwrap()
    }

    fn name(&self) -> &'a str {
        self.flag.split(' ').next().unwrap()
    }

    /// Whether this build has what the flag is about.
    fn is_built(&self) -> bool {
        let of_features = [
            ("--cluster", cfg!(feature = "cluster")),
            ("--context", cfg!(feature = "cluster")),
            ("--engine", cfg!(feature = "wasm")),
        ];
        of_features.into_iter().all(|(flag, is_built)| is_built || flag != self.name())
    }

    /// What is wrong with what the flag does, beside what the command says without it.
    fn problem(&self, without: &str) -> Option<String> {
        let with = said(&format!("{} {}", self.without, self.flag));
        let is_right = match self.mark.split_once(' ') {
            None => self.mark == "=" && with == without,
            Some(("+", text)) => with.contains(text) && !without.contains(text),
            Some(("-", text)) => without.contains(text) && !with.contains(text),
            Some(_) => false,
        };
        (!is_right).then(|| {
            format!("{} | {} | {}\nwithout: {without}\nwith: {with}", self.without, self.flag, self.mark)
        })
    }
}

/// All that a command says, and its exit code; of a server, the page that it serves.
fn said(words: &str) -> String {
    let here = folder("flags");
    fs::create_dir(here.join("site")).unwrap();
    fs::write(here.join("site/index.html"), "<head></head><body>a page of its own</body>").unwrap();
    fs::copy(root().join("examples/shop/shop.yaml"), here.join("shop.yaml")).unwrap();
    let path = here.display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(words.split_whitespace().map(|word| word.replace("{dir}", &path)));
    // Nobody's own cluster is asked.
    command
        .current_dir(root())
        .env("KUBECONFIG", here.join("none"))
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null());
    if words.starts_with("playground")
        && let Ok(served) = Served::start(&mut command)
    {
        return served.get("/").unwrap().1;
    }
    let output = command.stdout(Stdio::piped()).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    format!("{text}exit {}\n", output.status.code().unwrap()).replace(&path, "{dir}")
}

/// The long flags of each command, and the short ones, as the program tells a shell.
fn flags() -> Vec<(String, String, Option<String>)> {
    let ran = run("completions fish");
    let flag = |line: &str| {
        let (_, rest) = line.split_once("_using_subcommand ")?;
        let (command, rest) = rest.split_once('"')?;
        let word =
            |mark: &str| rest.split_once(mark).map(|(_, rest)| rest.split(' ').next().unwrap().to_string());
        Some((
            command.to_string(),
            format!("--{}", word(" -l ")?),
            word(" -s ").map(|short| format!("-{short}")),
        ))
    };
    ran.stdout.lines().filter_map(flag).filter(|(_, long, _)| long != "--help").collect()
}

#[test]
fn every_flag_of_every_command_does_what_its_row_says() {
    let table = fs::read_to_string(root().join("cli/testdata/flags/flags.txt")).unwrap();
    let rows: Vec<Row<'_>> = table.lines().filter(|line| !line.starts_with('#')).map(Row::of).collect();
    let flags = flags();
    assert!(flags.len() >= 100, "{}", flags.len());
    let of_row = |row: &Row<'_>| {
        let known = |(command, long, short): &&(String, String, Option<String>)| {
            command == row.command() && (long == row.name() || short.as_deref() == Some(row.name()))
        };
        let found =
            flags.iter().find(known).unwrap_or_else(|| panic!("`{}` has no {}", row.command(), row.name()));
        (found.0.as_str(), found.1.as_str())
    };
    let rowed: BTreeSet<_> = rows.iter().map(of_row).collect();
    let missing =
        flags.iter().filter(|(command, long, _)| !rowed.contains(&(command.as_str(), long.as_str())));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "no row runs {missing:?}");
    // Many flags of a command are beside the same line without them.
    let mut said_without: BTreeMap<&str, String> = BTreeMap::new();
    let mut problems = Vec::new();
    for row in rows.iter().filter(|row| row.is_built()) {
        let without = said_without.entry(row.without).or_insert_with(|| said(row.without));
        problems.extend(row.problem(without));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
