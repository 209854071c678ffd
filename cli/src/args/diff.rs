//! The arguments of `portcullis diff`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::list::ListFormat;
use super::shared::DecideArgs;

#[derive(Args, Debug)]
#[command(after_help = "\
Exit codes: 0 the same (with --contains: NEW allows nothing that OLD does not; with --approved: nothing that nobody
approved), 1 different.

Examples:
  portcullis diff before/ after/
  portcullis diff main.yaml branch.yaml -o md
  portcullis diff agreed/ proposed/ --contains
  portcullis diff main/ branch/ --approved approved.yaml")]
pub(crate) struct DiffArgs {
    /// Manifests as they were: a file, a folder, or `-` for standard input
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// Manifests as they are now
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// Namespace of objects that have none
    #[arg(short, long, value_name = "NS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) namespace: Option<String>,

    /// Ask only whether both allow the same, which is what is asked without it too
    #[arg(long, conflicts_with = "contains")]
    pub(crate) equiv: bool,

    /// Ask whether OLD allows all that NEW allows
    #[arg(long)]
    pub(crate) contains: bool,

    /// Leave out which rules let each connection through or stop it, in OLD and in NEW
    #[arg(long)]
    pub(crate) brief: bool,

    /// Differences that are allowed, each with a reason and a last day (`kind: Approved`)
    #[arg(long, value_name = "FILE")]
    pub(crate) approved: Option<PathBuf>,

    /// The day for which approvals are asked, such as 2027-03-31; today in UTC where it is not given
    #[arg(long, value_name = "DATE", requires = "approved")]
    pub(crate) on: Option<jiff::civil::Date>,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ListFormat,
}
