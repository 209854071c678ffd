//! The command line's arguments.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use portcullis::analyze::lint::Level;

use crate::input;

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

#[derive(Args, Debug)]
pub(crate) struct FlowArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Source: `ns/name` (a pod, else the only workload of that name), `ns/kind/name`, or an address
    #[arg(long, value_name = "END")]
    pub(crate) from: String,

    /// Destination: as `--from`, or a service: `svc/ns/name`, or one of its addresses
    #[arg(long, value_name = "END")]
    pub(crate) to: String,

    /// Destination port: a number, or the name that the destination's pod or service gives it
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<String>,

    /// TCP, UDP, SCTP, ICMP or an IP protocol number
    #[arg(long, value_name = "NAME|NUMBER", default_value = "TCP")]
    pub(crate) protocol: String,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,
}

#[derive(Args, Debug)]
pub(crate) struct EvalArgs {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

/// Who decides.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct EngineArgs {
    /// What decides: this program, or the WebAssembly guest that dataplanes embed
    #[arg(long, value_name = "ENGINE", default_value = "native")]
    pub(crate) engine: EngineKind,
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineKind {
    /// This program
    Native,
    /// The WebAssembly guest, under wasmtime
    Wasm,
}

#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Flows, one JSON object a line; `-` for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) flows: PathBuf,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,

    /// Format of load problems; answers are always JSON
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,

    /// Write one flow, with the fewest objects that still give its answer, as a corpus case
    #[arg(long, value_name = "FILE")]
    pub(crate) save_case: Option<PathBuf>,

    /// Which line of the flows `--save-case` means, from 1
    #[arg(long, value_name = "N", default_value_t = 1, requires = "save_case")]
    pub(crate) line: usize,
}

#[derive(Args, Debug)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  portcullis list -f manifests/
  portcullis list -f manifests/ --focus shop/web -o md
  portcullis list --cluster --watch
  portcullis list -f manifests/ --explain
  portcullis list -f manifests/ -o svg > connections.svg
  kubectl get -o yaml -A namespaces,pods,networkpolicies | portcullis list -f - -o json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Only connections of this workload: `ns/name` or `ns/kind/name`; may be repeated
    #[arg(long, value_name = "WORKLOAD")]
    pub(crate) focus: Vec<String>,

    /// Go on with a running cluster: print what changes as it changes
    #[arg(long, conflicts_with_all = ["focus", "explain", "exposure", "services"])]
    pub(crate) watch: bool,

    /// Say which rule on each side lets each connection through, in any format
    #[arg(long)]
    pub(crate) explain: bool,

    /// Say too which pods that are not in the input could reach each workload, or be reached (text, json, md)
    #[arg(long)]
    pub(crate) exposure: bool,

    /// Say too from whom each service leads to which workloads and ports (text, json, md)
    #[arg(long)]
    pub(crate) services: bool,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ListFormat,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Exit codes: 0 the same (with --contains: NEW allows nothing that OLD does not; with --approved: nothing that nobody
approved), 1 different.

Examples:
  portcullis diff before/ after/
  portcullis diff main.yaml branch.yaml -o md
  portcullis diff agreed/ proposed/ --contains
  portcullis diff main/ branch/ --approved approved.yaml")]
pub(crate) struct DiffArgs {
    /// Manifests as they were: a file, a folder, or `-` for standard input
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// Manifests as they are now
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// Namespace of objects that have none
    #[arg(short, long, value_name = "NS", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) namespace: Option<String>,

    /// Ask only whether both allow the same, which is what is asked without it too
    #[arg(long, conflicts_with = "contains")]
    pub(crate) equiv: bool,

    /// Ask whether OLD allows all that NEW allows
    #[arg(long)]
    pub(crate) contains: bool,

    /// Leave out which rules let each connection through or stop it, in OLD and in NEW
    #[arg(long)]
    pub(crate) brief: bool,

    /// Differences that are allowed, each with a reason and a last day (`kind: Approved`)
    #[arg(long, value_name = "FILE")]
    pub(crate) approved: Option<PathBuf>,

    /// The day for which approvals are asked, such as 2027-03-31; today in UTC where it is not given
    #[arg(long, value_name = "DATE", requires = "approved")]
    pub(crate) on: Option<jiff::civil::Date>,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: ListFormat,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Each candidate was applied and decided again before it is shown; the one that changes least else comes first.
Exit codes: 0 there is one, or it is as wanted already, 1 nothing that was tried brings it about.

Examples:
  portcullis fix -f manifests/ --from shop/report --to data/db --port 5433 --want allow
  portcullis fix -f manifests/ --from shop/web --to data/db --port 5432 --want deny -o patch | git apply
  portcullis fix -f manifests/ --from shop/web --to shop/cart --port 80 --want allow --candidate 2 --write")]
pub(crate) struct FixArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Source: `ns/name` (a pod, else the only workload of that name), `ns/kind/name`, or an address
    #[arg(long, value_name = "END")]
    pub(crate) from: String,

    /// Destination: as `--from`, or a service: `svc/ns/name`, or one of its addresses
    #[arg(long, value_name = "END")]
    pub(crate) to: String,

    /// Destination port: a number, or the name that the destination's pod or service gives it
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<String>,

    /// TCP, UDP, SCTP, ICMP or an IP protocol number
    #[arg(long, value_name = "NAME|NUMBER", default_value = "TCP")]
    pub(crate) protocol: String,

    /// The verdict that is wanted
    #[arg(long, value_name = "VERDICT")]
    pub(crate) want: Want,

    /// Show this candidate only, from 1; with `--write` and `-o patch` it is the first where none is given
    #[arg(long, value_name = "N")]
    pub(crate) candidate: Option<usize>,

    /// Change the files
    #[arg(long)]
    pub(crate) write: bool,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: FixFormat,
}

/// A verdict that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Want {
    /// Allowed
    Allow,
    /// Denied
    Deny,
}

/// Format of fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixFormat {
    /// JSON, for programs
    Json,
    /// A patch, for `git apply`
    Patch,
    /// Text, for people
    Text,
}

impl FixFormat {
    /// The format of load problems beside it.
    pub(crate) const fn of_problems(self) -> Format {
        match self {
            Self::Json => Format::Json,
            _ => Format::Text,
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
A line of flows is one of `replay`, and may have a `count`:
  {\"from\": {\"workload\": \"shop/deployment/web\"}, \"to\": {\"pod\": \"data/db-0\"}, \"port\": 5432, \"count\": 120}

Exit codes: 0 the policies allow just what was seen, 1 some of it cannot be allowed exactly and is left out.

Examples:
  portcullis suggest -f manifests/ --flows seen.jsonl
  portcullis suggest -f manifests/ --flows seen.jsonl --for shop/web --for data > policies.yaml")]
pub(crate) struct SuggestArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Flows that were seen, one JSON object a line; `-` for standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) flows: PathBuf,

    /// Only policies for this: a namespace, `ns/name` or `ns/kind/name`; may be repeated; else for all that was seen
    #[arg(long = "for", value_name = "NS|WORKLOAD")]
    pub(crate) subjects: Vec<String>,

    #[command(flatten)]
    pub(crate) decide: DecideArgs,

    /// Format of the result
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    pub(crate) output: SuggestFormat,
}

/// Format of suggestions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SuggestFormat {
    /// JSON, for programs
    Json,
    /// Manifests
    Yaml,
}

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

/// Format of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// A line a pair, for spreadsheets
    Csv,
    /// A graph for Graphviz
    Dot,
    /// JSON, for programs
    Json,
    /// A table in Markdown, for pull requests
    Md,
    /// A graph that Markdown viewers draw
    Mermaid,
    /// A drawing, for browsers and documents
    Svg,
    /// Text, for people
    Text,
}

impl ListFormat {
    /// The format of load problems beside it.
    pub(crate) const fn of_problems(self) -> Format {
        match self {
            Self::Json => Format::Json,
            _ => Format::Text,
        }
    }
}

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

#[derive(Args, Debug)]
#[command(after_help = "\
Exit codes: 0 nothing that counts, 1 findings (see --fail-on), 2 usage or input error, objects that are refused included.

Examples:
  portcullis lint -f manifests/
  portcullis lint -f manifests/ -o sarif > lint.sarif
  portcullis lint -f manifests/ --skip single-address,wide-port-range --fail-on error
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

#[derive(Args, Debug)]
pub(crate) struct PlaygroundArgs {
    /// Manifests to begin with: a file, a folder (with all below it), or `-` for standard input; may be repeated
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    pub(crate) files: Vec<PathBuf>,

    /// Port on this machine; 0 for a free one
    #[arg(long, value_name = "PORT", default_value_t = 7788)]
    pub(crate) port: u16,

    /// The built site, in place of the one in the program
    #[arg(long, value_name = "DIR")]
    pub(crate) site: Option<PathBuf>,
}

/// Format of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON, for programs
    Json,
    /// Text, for people
    Text,
}
