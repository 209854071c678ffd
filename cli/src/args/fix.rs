//! The arguments of `portcullis fix`.

use clap::{Args, ValueEnum};

use super::flow::AskedArgs;
use super::shared::{DecideArgs, Format, InputArgs};

#[derive(Args, Debug)]
#[command(after_help = "\
Each candidate was applied and decided again before it is shown; the one that changes least else comes first.
Exit codes: 0 there is one, or it is as wanted already, 1 nothing that was tried brings it about.

Examples:
  portcullis fix -f manifests/ --from shop/report --to data/db --port 5433 --want allow
  portcullis fix -f manifests/ --from shop/cart --to data/db --port 5432 --want deny -o patch | git apply
  portcullis fix -f manifests/ --from shop/web --to shop/cart --port 80 --want allow --candidate 2 --write")]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) asked: AskedArgs,

    /// The verdict that is wanted
    #[arg(long, value_name = "VERDICT")]
    pub(crate) want: Want,

    /// Show this candidate only, from 1; with `--write` and `-o patch` it is the first where none is given
    #[arg(long, value_name = "N")]
    pub(crate) candidate: Option<usize>,

    /// Change the files
    #[arg(long)]
    pub(crate) write: bool,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: FixFormat,
}

/// A verdict that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Want {
    /// Allowed
    Allow,
    /// Denied
    Deny,
}

/// Format of fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixFormat {
    /// JSON, for programs
    Json,
    /// A patch, for `git apply`
    Patch,
    /// Text, for people
    Text,
}

impl FixFormat {
    /// The format of load problems beside it.
    pub(crate) const fn of_problems(self) -> Format {
        match self {
            Self::Json => Format::Json,
            _ => Format::Text,
        }
    }
}
