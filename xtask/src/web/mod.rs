//! The browser's package: the module, bound to JavaScript and made small, its types and its tests.

mod package;
mod test;

use crate::steps::Steps;

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Test the package as well, under Node
    #[arg(long)]
    test: bool,
}

pub(crate) use package::run as build;
pub(crate) use test::run as test;

pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if build(steps) && arguments.test {
        test(steps);
    }
}
