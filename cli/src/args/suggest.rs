//! The arguments of `portcullis suggest`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{DecideArgs, InputArgs};

#[derive(Args, Debug)]
#[command(after_help = "\
A line of flows is one of `replay`, and may have a `count`:
  {\"from\": {\"workload\": \"shop/deployment/web\"}, \"to\": {\"pod\": \"data/db-0\"}, \"port\": 5432, \"count\": 120}

Exit codes: 0 the policies allow just what was seen, 1 some of it cannot be allowed exactly and is left out.

Examples:
  portcullis suggest -f manifests/ --flows seen.jsonl
  portcullis suggest -f manifests/ --flows seen.jsonl --for shop/web --for data > policies.yaml")]
pub(crate) struct SuggestArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Flows that were seen, one JSON object a line; `-` for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) flows: PathBuf,

    /// Only policies for this: a namespace, `ns/name` or `ns/kind/name`; may be repeated; else for all that was seen
    #[arg(long = "for", value_name = "NS|WORKLOAD")]
    pub(crate) subjects: Vec<String>,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) output: SuggestFormat,
}

/// Format of suggestions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SuggestFormat {
    /// JSON, for programs
    Json,
    /// Manifests
    Yaml,
}
