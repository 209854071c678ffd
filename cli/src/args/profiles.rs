//! The arguments of `portcullis profiles`.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::shared::Format;

#[derive(Args, Debug)]
#[command(after_help = "\
Exit codes: with --from-profile 0 the same, 1 different, 3 nobody knows; else 0.

Examples:
  portcullis profiles
  portcullis profiles --profile cilium@1.18
  portcullis profiles -f manifests/ -o md
  portcullis profiles -f manifests/ --from-profile azure-npm --to-profile cilium")]
pub(crate) struct ProfilesArgs {
    /// Manifests: a file, a folder (with all below it), or `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    pub(crate) files: Vec<PathBuf>,

    /// Namespace of objects that have none
    #[arg(short, long, value_name = "NS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) namespace: Option<String>,

    /// Only this plugin; may be repeated
    #[arg(long, value_name = "NAME[@VERSION]", conflicts_with = "from_profile")]
    pub(crate) profile: Vec<String>,

    /// Set an option of the plugin; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "from_profile")]
    pub(crate) settings: Vec<String>,

    /// Which connections change their fate: the plugin before
    #[arg(long, value_name = "NAME[@VERSION]", requires_all = ["to_profile", "files"])]
    pub(crate) from_profile: Option<String>,

    /// The plugin after
    #[arg(long, value_name = "NAME[@VERSION]", requires = "from_profile")]
    pub(crate) to_profile: Option<String>,

    /// Set an option of the plugin before; may be repeated
    #[arg(long = "from-set", value_name = "KEY=VALUE", requires = "from_profile")]
    pub(crate) from_settings: Vec<String>,

    /// Set an option of the plugin after; may be repeated
    #[arg(long = "to-set", value_name = "KEY=VALUE", requires = "to_profile")]
    pub(crate) to_settings: Vec<String>,

    /// An address that a domain name has, for rules with `domainNames`; may be repeated
    #[arg(long = "resolve", value_name = "NAME=ADDRESS")]
    pub(crate) resolved: Vec<String>,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ProfilesFormat,
}

/// Format of what is said of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfilesFormat {
    /// JSON, for programs
    Json,
    /// A table in Markdown, for pull requests
    Md,
    /// Text, for people
    Text,
}

impl ProfilesFormat {
    /// The format of load problems beside it.
    pub(crate) const fn of_problems(self) -> Format {
        match self {
            Self::Json => Format::Json,
            Self::Md | Self::Text => Format::Text,
        }
    }
}
