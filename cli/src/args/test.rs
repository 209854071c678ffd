//! The arguments of `portcullis test`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{DecideArgs, Format, InputArgs};

#[derive(Args, Debug)]
#[command(after_help = "\
Exit codes: 0 all hold, 1 one does not, 2 input error: one names what is not there.

Examples:
  portcullis test -f manifests/
  portcullis test -f manifests/ --tests tests/ -o junit > report.xml
  portcullis test -f manifests/ --init > tests.yaml

An assertion:
  apiVersion: portcullis.dev/v1
  kind: PolicyTest
  assertions:
  - {from: shop/web, to: shop/cart, ports: [9000], expect: allow}")]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// More assertions than those among the manifests: a file, a folder or `-`; may be repeated
    #[arg(long, value_name = "FILE|DIR|-")]
    pub(crate) tests: Vec<PathBuf>,

    /// Write assertions of what is allowed and denied now, and check nothing
    #[arg(long, conflicts_with = "tests")]
    pub(crate) init: bool,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: TestFormat,
}

/// Format of what became of assertions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// JSON, for programs
    Json,
    /// JUnit's XML, for CI servers
    Junit,
    /// TAP 14, for test runners
    Tap,
    /// Text, for people
    Text,
}

impl TestFormat {
    /// The format of load problems beside it.
    pub(crate) const fn of_problems(self) -> Format {
        match self {
            Self::Json => Format::Json,
            _ => Format::Text,
        }
    }
}
