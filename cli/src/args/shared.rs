//! What the arguments of several commands share: where objects come from, how flows are decided, formats.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use crate::input;

/// Where objects come from.
#[derive(Args, Debug)]
pub(crate) struct InputArgs {
    /// Manifests: a file, a folder (with all below it), or `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-", required_unless_present_any = ["cluster", "context"])]
    files: Vec<PathBuf>,

    /// The objects of a running cluster, through the kubeconfig; the same as `-f cluster:`
    #[arg(long)]
    cluster: bool,

    /// The cluster of this context of the kubeconfig; the same as `-f cluster:NAME`
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    context: Option<String>,

    /// Namespace of objects and of names that have none
    #[arg(short, long, value_name = "NS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) namespace: Option<String>,
}

impl InputArgs {
    /// Those of one file, folder or cluster.
    pub(crate) fn of(path: PathBuf, namespace: Option<String>) -> Self {
        Self::of_all(vec![path], namespace)
    }

    /// Those of files, folders and clusters.
    pub(crate) const fn of_all(files: Vec<PathBuf>, namespace: Option<String>) -> Self {
        Self { files, cluster: false, context: None, namespace }
    }

    /// All that has to be read.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let mut paths = self.files.clone();
        if self.cluster || self.context.is_some() {
            paths.push(input::cluster_path(self.context.as_deref()));
        }
        paths
    }
}

/// How flows are decided.
#[derive(Args, Debug)]
pub(crate) struct DecideArgs {
    /// Network plugin that decides: a profile of `portcullis profiles`, such as `cilium` or `cilium@1.18`
    #[arg(long, value_name = "NAME[@VERSION]", default_value = "upstream")]
    pub(crate) profile: String,

    /// Decide a point that the specification leaves open in another way, or set an option of the plugin; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) settings: Vec<String>,

    /// An address that a domain name has, for rules with `domainNames`; may be repeated
    #[arg(long = "resolve", value_name = "NAME=ADDRESS")]
    pub(crate) resolved: Vec<String>,
}

/// Format of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON, for programs
    Json,
    /// Text, for people
    Text,
}
