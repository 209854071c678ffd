//! The arguments of `portcullis playground`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct PlaygroundArgs {
    /// Manifests to begin with: a file, a folder (with all below it), or `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    pub(crate) files: Vec<PathBuf>,

    /// Port on this machine; 0 for a free one
    #[arg(long, value_name = "PORT", default_value_t = 7788)]
    pub(crate) port: u16,

    /// The built site, in place of the one in the program
    #[arg(long, value_name = "DIR")]
    pub(crate) site: Option<PathBuf>,
}
