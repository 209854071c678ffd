//! The arguments of `portcullis eval` and `portcullis why`: one flow, and who decides it.

use clap::{Args, ValueEnum};
use portcullis::ask::ends::EndName;
use portcullis::ask::failure::Failure;
use portcullis::ask::question::{Parts, Question};

use super::shared::{DecideArgs, Format, InputArgs};

/// The flow that is asked about.
#[derive(Args, Debug)]
pub(crate) struct AskedArgs {
    /// Source: `ns/name` (a pod, else the only workload of that name), `ns/kind/name`, or an address
    #[arg(long, value_name = "END")]
    from: String,

    /// Destination: as `--from`, or a service: `svc/ns/name`, or one of its addresses
    #[arg(long, value_name = "END")]
    to: String,

    /// Destination port: a number, or the name that the destination's pod or service gives it
    #[arg(long, value_name = "PORT")]
    port: Option<String>,

    /// TCP, UDP, SCTP, ICMP or an IP protocol number
    #[arg(long, value_name = "NAME|NUMBER", default_value = "TCP")]
    protocol: String,
}

impl AskedArgs {
    /// The question; ends without a namespace are in `namespace`.
    pub(crate) fn question(&self, namespace: Option<&str>) -> Result<Question, Failure> {
        let (from, to) = (EndName::parse(&self.from, namespace)?, EndName::parse(&self.to, namespace)?);
        let parts = Parts { protocol: Some(&self.protocol), port: self.port.as_deref(), ..Parts::default() };
        Question::between(from, to, &parts)
    }
}

#[derive(Args, Debug)]
pub(crate) struct FlowArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) asked: AskedArgs,

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
