//! The command line's arguments, a file a command.

mod diff;
mod fix;
mod flow;
mod lint;
mod list;
mod pages;
mod playground;
mod profiles;
mod replay;
mod shared;
mod suggest;
mod test;
mod validate;

use clap::{Parser, Subcommand};

pub(crate) use diff::DiffArgs;
pub(crate) use fix::{FixArgs, FixFormat, Want};
pub(crate) use flow::{EngineArgs, EngineKind, EvalArgs, FlowArgs};
pub(crate) use lint::{FailOn, LintArgs, LintFormat};
pub(crate) use list::{ListArgs, ListFormat};
pub(crate) use pages::{CompletionsArgs, ManArgs};
pub(crate) use playground::PlaygroundArgs;
pub(crate) use profiles::{ProfilesArgs, ProfilesFormat};
pub(crate) use replay::ReplayArgs;
pub(crate) use shared::{DecideArgs, Format, InputArgs};
pub(crate) use suggest::{SuggestArgs, SuggestFormat};
pub(crate) use test::{TestArgs, TestFormat};
pub(crate) use validate::ValidateArgs;

/// Decides Kubernetes network policy: who may talk to whom, and which rule says so.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 yes or valid, 1 no, 2 usage or input error, 3 unknown.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Say nothing but results and errors: no warnings, no notes, no progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// One flow: allowed or denied, and the rule that decided on each side
    Eval(EvalArgs),
    /// A stream of flows, one JSON answer a line, in the same order
    Replay(ReplayArgs),
    /// One flow in full: isolating policies, deciding rules with their lines, near misses, assumptions
    Why(FlowArgs),
    /// Who can reach whom, over all flows: workloads, addresses outside, ports
    List(ListArgs),
    /// Which connections two sets of manifests do not have in common
    Diff(DiffArgs),
    /// The smallest changes of manifests that allow or deny a flow, as patches, with all else that they change
    Fix(FixArgs),
    /// The policies that allow just what a log of flows shows
    Suggest(SuggestArgs),
    /// Whether assertions beside the policies hold: what has to be allowed and what denied
    Test(TestArgs),
    /// What is seldom or never meant: rules without effect, selectors that select nobody, dashes too many
    Lint(LintArgs),
    /// Whether the newest API server would accept these objects; every problem with its line and what to do
    Validate(ValidateArgs),
    /// What network plugins there are, what each enforces of policies and what not, and what changes between two of them
    Profiles(ProfilesArgs),
    /// The visual playground in the browser, with these objects in it; nothing leaves this machine
    Playground(PlaygroundArgs),
    /// What a shell reads to complete commands, options and values
    Completions(CompletionsArgs),
    /// The manual pages
    Man(ManArgs),
}
