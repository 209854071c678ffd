//! The arguments of `portcullis lint`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use portcullis::analyze::lint::Level;

#[derive(Args, Debug)]
#[command(after_help = "\
Exit codes: 0 nothing that counts, 1 findings (see --fail-on), 2 usage or input error, objects that are refused included.

Examples:
  portcullis lint -f manifests/
  portcullis lint -f manifests/ -o sarif > lint.sarif
  portcullis lint -f manifests/ --skip single-address,wide-port-range --fail-on error
  portcullis lint -f manifests/ --profile cilium@1.18
  portcullis lint -f manifests/ --baseline lint.json --write-baseline
  portcullis lint -f manifests/ --baseline lint.json --approved approved.yaml
  kustomize build overlays/prod | portcullis lint -f -
  helm template shop ./chart | portcullis lint -f -
  portcullis lint --explain stray-dash-peers")]
pub(crate) struct LintArgs {
    /// Manifests: a file, a folder (with all below it), or `-` for standard input; may be repeated
    #[arg(
        short = 'f',
        long = "filename",
        value_name = "FILE|DIR|-",
        required_unless_present_any = ["list_checks", "explain"]
    )]
    pub(crate) files: Vec<PathBuf>,

    /// Namespace of objects that have none
    #[arg(short, long, value_name = "NS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) namespace: Option<String>,

    /// Only these checks; may be repeated, or parted by commas
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) check: Vec<String>,

    /// All checks but these; may be repeated, or parted by commas
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,

    /// From which level on findings make the exit code 1
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    pub(crate) fail_on: FailOn,

    /// Findings that were there before, which do not count
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Write what is found now into the file of `--baseline`
    #[arg(long, requires = "baseline")]
    pub(crate) write_baseline: bool,

    /// Findings that somebody has approved, with reason and last day, which do not count until then
    #[arg(long, value_name = "FILE")]
    pub(crate) approved: Option<PathBuf>,

    /// Say too what this network plugin would not enforce as it is written: a profile of `portcullis profiles`; may be
    /// repeated
    #[arg(long, value_name = "NAME[@VERSION]")]
    pub(crate) profile: Vec<String>,

    /// Set an option of the plugin; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "profile")]
    pub(crate) settings: Vec<String>,

    /// List all checks, and nothing else
    #[arg(long)]
    pub(crate) list_checks: bool,

    /// Say what a check is about, with a bad and a good example, and nothing else
    #[arg(long, value_name = "ID")]
    pub(crate) explain: Option<String>,

    /// Format of the findings
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: LintFormat,
}

/// Format of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// JSON, for programs
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Text, for people
    Text,
}

/// From which level on findings make a command fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// What is never meant
    Error,
    /// What is seldom meant, and worse
    Warning,
    /// Everything
    Info,
    /// Nothing
    Never,
}

impl FailOn {
    /// The level; that of everything where nothing fails.
    pub(crate) const fn level(self) -> Level {
        match self {
            Self::Error => Level::Error,
            Self::Warning => Level::Warning,
            Self::Info | Self::Never => Level::Info,
        }
    }
}
