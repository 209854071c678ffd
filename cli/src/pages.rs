//! `portcullis completions` and `portcullis man`: what shells and `man` read, made from the same definition as `--help`.

use std::fs;

use clap::CommandFactory;
use portcullis::ask::failure::Failure;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::exit::Exit;
use crate::session;

pub(crate) fn completions(args: &CompletionsArgs) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "portcullis", &mut text);
    session::print(&String::from_utf8_lossy(&text));
    Exit::Yes
}

pub(crate) fn man(args: &ManArgs) -> Exit {
    let written = match &args.folder {
        None => page().map(|text| session::print(&text)),
        Some(folder) => {
            fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
        }
    };
    match written {
        Ok(()) => Exit::Yes,
        Err(error) => session::fail(&Failure::new("output", format!("cannot write the pages: {error}"))),
    }
}

/// The first page.
fn page() -> std::io::Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
