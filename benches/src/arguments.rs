//! The arguments of `cargo xtask bench`, in the one place that declares them: it reads them to show and check them, and
//! hands them to the runner as they are.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What is measured, and how much of it.
#[derive(Args, Clone, Debug)]
pub struct BenchArguments {
    /// Measure these parts alone
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Sizes of the part `sizes`: S, M, L, L+, XL and XXL, each with `/v6` or `/dual` for other families, `/cnp` or
    /// `/cnp-broad` for a thousand `ClusterNetworkPolicy` objects; S1 to S5 for the field's loads, A1 and A2 for adversarial ones
    /// [default: all but S1 to A2; L/dual and XL/v6 with --full alone]
    #[arg(long = "size", value_delimiter = ',')]
    pub sizes: Vec<String>,
    /// Everything: the whole matrix, all sizes, larger loads; takes an hour or more, which --minutes has to allow
    #[arg(long)]
    pub full: bool,
    /// Fewer packets and repeats
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Measure no peers
    #[arg(long)]
    pub no_peers: bool,
    /// Write a CSV and charts into this folder, and what was measured into the manual and the README
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, default_missing_value = "benches/results")]
    pub save: Option<PathBuf>,
    /// What is not begun in so many minutes is left out
    #[arg(long, default_value_t = 15)]
    pub minutes: u64,
    /// The seed of workloads and traffic
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Measure what stands beside another build: sizes, without peers
    #[arg(long, hide = true)]
    pub beside: bool,
}

/// A part of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// The sizes that goals are set for: deciding, compiling, how hard the cluster is; with the peers that know as much
    Sizes,
    /// Deciding against pods, policies and CIDRs
    Matrix,
    /// The loads that other projects publish figures for, S1 to S6, and adversarial ones
    Loads,
    /// What an agent on one node needs
    Node,
    /// Updates by kind, and readers under a thousand a second
    Updates,
    /// Peers of other kinds: kube-network-policies in Go, nftables and ipset
    Peers,
}

impl BenchArguments {
    /// Whether a part is to be measured.
    #[must_use]
    pub fn wants(&self, part: Part) -> bool {
        let is_named = self.only.is_empty() || self.only.contains(&part);
        is_named && (!self.beside || part == Part::Sizes)
    }
}
