//! Engine against specification on generated clusters, optimised but with every check on.

use crate::steps::{Steps, cargo};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Run for so many seconds, instead of for a number of decisions
    #[arg(long)]
    seconds: Option<u64>,
    /// Run until so many flows are decided [default: 5000000, and at least 20000 clusters]
    #[arg(long, conflicts_with = "seconds")]
    decisions: Option<u64>,
    /// Compare engines under so many transactions with engines built anew instead
    #[arg(long, conflicts_with_all = ["seconds", "decisions"])]
    updates: Option<u64>,
    /// Compare the paths through the services of so many clusters, and the decisions on them, instead
    #[arg(long, conflicts_with_all = ["seconds", "decisions", "updates"])]
    services: Option<u64>,
    /// Compare the lists of so many clusters, and their differences, with what is decided instead
    #[arg(long, conflicts_with_all = ["seconds", "decisions", "updates", "services"])]
    lists: Option<u64>,
    /// Begin with this seed; without it a fresh one is taken and printed
    #[arg(long)]
    seed: Option<u64>,
}

impl Arguments {
    /// The services of so many clusters.
    pub(crate) fn services(count: u64) -> Self {
        Self { services: Some(count), ..Self::default() }
    }

    /// The lists of so many clusters.
    pub(crate) fn lists(count: u64) -> Self {
        Self { lists: Some(count), ..Self::default() }
    }

    /// Engines under so many transactions.
    pub(crate) fn updates(count: u64) -> Self {
        Self { updates: Some(count), ..Self::default() }
    }
}

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    let mut command = cargo([
        "run",
        "--quiet",
        "--profile",
        "stress",
        "-p",
        "portcullis-spec",
        "--features",
        "differential",
        "--bin",
        "differential",
        "--",
    ]);
    let flags = [
        ("--seconds", arguments.seconds),
        ("--decisions", arguments.decisions),
        ("--seed", arguments.seed),
        ("--updates", arguments.updates),
        ("--services", arguments.services),
        ("--lists", arguments.lists),
        // Whoever asks for fewer decisions does not want the clusters of a whole run.
        ("--clusters", arguments.decisions.map(|decisions| (decisions / 250).min(20_000))),
    ];
    for (flag, value) in flags {
        if let Some(value) = value {
            command.args([flag, &value.to_string()]);
        }
    }
    let name = match (arguments.updates, arguments.services, arguments.lists) {
        (Some(_), ..) => "engine after updates ≡ spec",
        (None, Some(_), _) => "paths through services ≡ spec",
        (None, None, Some(_)) => "lists and differences ≡ spec",
        (None, None, None) => "engine ≡ spec",
    };
    steps.run(name, &mut command);
}
