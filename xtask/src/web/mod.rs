//! The browser's package: the module, bound to JavaScript and made small, its types and its tests.

mod package;
mod split;
mod test;

use crate::corpus;
use crate::steps::Steps;
use crate::wasm::{Choice, Toolchain};

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Test the package as well, under Node and in Chromium
    #[arg(long)]
    test: bool,
}

pub(crate) use package::{limit, run as build};
pub(crate) use test::run as test;

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    let Some(toolchain) = Toolchain::get(steps, Choice::default()) else { return };
    if !build(steps, &toolchain) || !arguments.test {
        return;
    }
    if let Some(corpus) = corpus::run(steps, &corpus::Arguments::default()) {
        test(steps, &corpus);
    }
}
