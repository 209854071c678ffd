//! The arguments of `portcullis replay`.

use std::path::PathBuf;

use clap::Args;

use super::flow::EngineArgs;
use super::shared::{DecideArgs, Format, InputArgs};

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Flows, one JSON object a line; `-` for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) flows: PathBuf,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,

    /// Format of load problems; answers are always JSON
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,

    /// Write one flow, with the fewest objects that still give its answer, as a corpus case
    #[arg(long, value_name = "FILE")]
    pub(crate) save_case: Option<PathBuf>,

    /// Which line of the flows `--save-case` means, from 1
    #[arg(long, value_name = "N", default_value_t = 1, requires = "save_case")]
    pub(crate) line: usize,
}
