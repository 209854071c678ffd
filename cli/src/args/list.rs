//! The arguments of `portcullis list`, and the formats of connections.

use clap::{Args, ValueEnum};

use super::shared::{DecideArgs, Format, InputArgs};

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  portcullis list -f manifests/
  portcullis list -f manifests/ --focus shop/web -o md
  portcullis list --cluster --watch
  portcullis list -f manifests/ --explain
  portcullis list -f manifests/ -o svg > connections.svg
  kubectl get -o yaml -A namespaces,pods,networkpolicies | portcullis list -f - -o json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Only connections of this workload: `ns/name` or `ns/kind/name`; may be repeated
    #[arg(long, value_name = "WORKLOAD")]
    pub(crate) focus: Vec<String>,

    /// Go on with a running cluster: print what changes as it changes
    #[arg(long, conflicts_with_all = ["focus", "explain", "exposure", "services"])]
    pub(crate) watch: bool,

    /// Say which rule on each side lets each connection through, in any format
    #[arg(long)]
    pub(crate) explain: bool,

    /// Say too which pods that are not in the input could reach each workload, or be reached (text, json, md)
    #[arg(long)]
    pub(crate) exposure: bool,

    /// Say too from whom each service leads to which workloads and ports (text, json, md)
    #[arg(long)]
    pub(crate) services: bool,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ListFormat,
}

/// Format of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A line a pair, for spreadsheets
    Csv,
    /// A graph for Graphviz
    Dot,
    /// JSON, for programs
    Json,
    /// A table in Markdown, for pull requests
    Md,
    /// A graph that Markdown viewers draw
    Mermaid,
    /// A drawing, for browsers and documents
    Svg,
    /// Text, for people
    Text,
}

impl ListFormat {
    /// The format of load problems beside it.
    pub(crate) const fn of_problems(self) -> Format {
        match self {
            Self::Json => Format::Json,
            _ => Format::Text,
        }
    }
}
