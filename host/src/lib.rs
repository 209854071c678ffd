//! Runs the WebAssembly guest of Portcullis under wasmtime, so that whatever happens in it stays in it.
//!
//! ```text
//! Engine ──► Template ──► Worker, one a thread      the process │ a checked module │ an instance and its functions
//!                 │          ▲
//!                 └► Images ─┘                      images and patches, tried in a canary before any worker has them
//! ```
//!
//! - [`Engine`]: wasmtime with limits, guard pages and deadlines ([`Settings`]).
//! - [`Template`]: a module that was checked (known by its digest, no imports, the right interface) and has shown in an
//!   instance that it does what it should.
//! - [`Images`]: what is decided by. A new image, or a patch, is first used in a canary and compared with the native
//!   engine's answers; then workers take it between two batches. One that traps where the one before did not is
//!   quarantined, and the one before comes back.
//! - [`Worker`]: decides batches. When the guest traps, runs out of time, or answers what cannot be, the instance is
//!   replaced and the batch is asked again; then packet by packet, so that only those that the guest cannot answer get
//!   the answer of the [`FailurePolicy`]: denied, unless told otherwise.
//! - [`Control`]: the full module, which loads manifests and decides flows as the engine does.
//! - `Component`, with the feature `component`: the full module as a component.
//!
//! With the feature `map-images`, on Linux, instances share the pages of their image ([`SharedImage`]); with `huge-pages`
//! images that are copied lie in large pages.
//!
//! ```
//! use portcullis::cluster::ClusterBuilder;
//! use portcullis::policy::PolicySet;
//! use portcullis::{Engine as Native, Options, Packet, PacketDecision, net::Protocol};
//! use portcullis_host::{Engine, FailurePolicy, Images, Settings, Template, Worker};
//!
//! # fn main() -> Result<(), portcullis_host::HostError> {
//! let native = Native::new(ClusterBuilder::new().build().unwrap(), PolicySet::default(), Options::default());
//! let engine = Engine::new(Settings::default())?;
//! let template = Template::decide(&engine)?;
//! let images = Images::new(&template, native.image().as_bytes())?;
//! let mut worker = Worker::new(&images, FailurePolicy::Deny)?;
//!
//! let packet = Packet::new("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), Protocol::TCP, 80);
//! let mut decisions = [PacketDecision::default()];
//! assert_eq!(worker.decide_batch(&[packet], &mut decisions), 0, "packets that the guest did not answer");
//! assert_eq!(decisions[0].verdict, 1);
//! # Ok(())
//! # }
//! ```

mod breaker;
mod cache;
#[cfg(feature = "component")]
mod component;
mod control;
mod engine;
mod failure;
mod fault;
mod huge;
mod images;
mod instance;
#[cfg_attr(not(all(feature = "map-images", target_os = "linux")), path = "copied.rs")]
mod mapped;
mod metrics;
mod probes;
mod settings;
mod template;
mod worker;

pub use cache::CodeCache;
#[cfg(feature = "component")]
pub use component::Component;
pub use control::Control;
pub use engine::Engine;
pub use failure::{FALLBACK, FailurePolicy};
pub use fault::{Fault, HostError, TrapKind};
pub use images::Images;
pub use instance::Instance;
pub use mapped::SharedImage;
pub use metrics::Metrics;
pub use settings::{Deadlines, Modules, Settings};
pub use template::Template;
pub use worker::{DecidePackets, Worker};
