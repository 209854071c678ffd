//! The arguments of `portcullis completions` and `portcullis man`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  portcullis completions bash > /etc/bash_completion.d/portcullis
  portcullis completions zsh > ~/.zfunc/_portcullis
  portcullis completions fish > ~/.config/fish/completions/portcullis.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  portcullis man | man -l -
  portcullis man --folder /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder, in place of printing the first
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
